"""What a work item says, as lines: why it is here, what it costs to wait, the figures behind it, its story."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from ubtui.domain.dates import format_day, local
from ubtui.domain.holds import held_for
from ubtui.domain.money import format_money
from ubtui.domain.ranking import BASE, HELD_BILL_LIFT, STATUTORY_LIFT, money_points
from ubtui.services.worklist import ItemView
from ubtui.widgets.panel import Line

# What a figure of the evidence is called, where its name alone does not say it.
NAMES = {
    "average": "average of six reads",
    "apn": "APN",
    "business_days": "office days",
    "cents": "amount",
    "expires_on": "expires",
    "from_on": "from",
    "if_rollover": "use if past zero",
    "last_year": "last year's use",
    "live": "on record at",
    "median": "cycle's median",
    "on": "",
    "point_state": "the point is",
    "previous": "read before",
    "prior_held": "held before",
    "prior_on": "read before",
    "promise_on": "promised for",
    "since_seal": "use since the seal",
    "source": "",
    "value": "reads",
}
HIDDEN = {"reads", "seq", "prior_seq", "protection", "staged"}  # keys of the record, told elsewhere by name
SOURCES = {"A": "actual read", "E": "estimated read", "C": "customer's read", "K": "computed read"}
DAY = re.compile(r"\d{4}-\d\d-\d\d")
DUE = {"bill date": "the office day before the bill"}


def heading(view: ItemView) -> str:
    """What and whom the item is about: "120871-9  Read below the one before (R09:point:SP-00012)"."""
    parts = [view.account or "", view.title, f"({named(view)})"]
    return "  ".join(part for part in parts if part)


def named(view: ItemView) -> str:
    """The item's key; of one about a text the code alone, since no person reads the rest."""
    return view.key.code if view.key.subject.type == "text" else str(view.key)


def lines(view: ItemView, today: date, zone: str) -> tuple[Line, ...]:
    """Why, by when, what if not, who has it, and the evidence; instants by the clock of `zone`."""
    return tuple(_lines(view, today, zone))


def _lines(view: ItemView, today: date, zone: str) -> Iterator[Line]:
    tone = "danger" if view.priority >= 90 else "warning" if view.priority >= 80 else None
    yield Line("why", view.why, tone)
    if where := " · ".join(part for part in (view.who, view.place) if part):
        yield Line("who / where", where)
    terms = []
    if view.due_on:
        terms.append(
            f"due {format_day(view.due_on, today)}"
            + (f" ({DUE.get(view.due_source, view.due_source)})" if view.due_source else "")
        )
    if view.money_cents:
        terms.append(f"{format_money(view.money_cents)} at stake")
    if view.units:
        terms.append(f"{view.units:,} units")
    yield Line("if it waits", " · ".join([view.consequence, *terms]))
    if view.state == "claimed":
        until = f" until {clock(view.lease_until, zone)}" if view.holder and view.lease_until else ""
        yield Line(
            "has it", f"{view.holder}{until}" if view.holder else f"{view.assignee}, whose lease has ended", "accent"
        )
    if view.state == "waiting":
        woken = f" until {format_day(view.wake_on, today)}" if view.wake_on else ""
        yield Line("waiting", f"{view.wait_for or 'for a day'}{woken} ({view.assignee})")
    for read in view.evidence.get("reads", ()):
        yield Line("read", _read(read, today))
    if figures := figures_of(view.evidence, today):
        yield Line("evidence", figures)
    for event in view.events[-3:]:
        if event.note and event.note != view.why:
            yield Line(event.kind, f"{event.note} ({event.actor}, {moment(event.at, zone)})")


def _read(read: Mapping[str, Any], today: date) -> str:
    """A read of the evidence: its day, what the register showed, the use."""
    value, use = read.get("value"), read.get("use")
    parts = [
        format_day(date.fromisoformat(read["on"]), today),
        f"{value:,}" if isinstance(value, int) else "",
        f"use {use:,}" if isinstance(use, int) else "no use yet" if value is not None else "",
    ]
    return "  ".join(part for part in parts if part)


def clock(instant: str, zone: str) -> str:
    """An instant as the district's clock shows it: "14:05"."""
    return moment(instant, zone)[-5:]


def moment(instant: str, zone: str) -> str:
    """Day and time of an instant by the district's clock: "2026-11-23 14:05"."""
    return local(instant, zone).strftime("%Y-%m-%d %H:%M")


def figures_of(evidence: Mapping[str, Any], today: date) -> str:
    """The flat figures of an item on one line, as people say them."""
    hidden = HIDDEN | ({"read_on", "value", "use", "previous"} if evidence.get("reads") else set())
    shown = ((name, _day(value, today)) for name, value in evidence.items() if name not in hidden and value != "")
    return " · ".join(_figure(name, value) for name, value in shown if name != "lacks_paper" or value)


def _day(value: Any, today: date) -> Any:
    """A day of the record as it is written near today; anything else as it is."""
    return format_day(date.fromisoformat(value), today) if isinstance(value, str) and DAY.fullmatch(value) else value


def _figure(name: str, value: Any) -> str:
    if name in ("source", "previous_source"):
        said = SOURCES.get(value, str(value))
        return said if name == "source" else f"before it an {said}".replace("an c", "a c")
    if name == "held":
        return f"held: {held_for(str(value))}"
    if name == "lacks_paper":
        return "lacks its paper"
    if name in ("limit", "median") and isinstance(value, str):
        return f"{label(name)} {value} ×"
    return f"{label(name)} {told(value, name)}".strip()


def label(name: str) -> str:
    """The name of a figure in words: `amount` for `amount_cents`, `class limit` for `class_limit`."""
    return NAMES.get(name, name.removesuffix("_cents").replace("_", " "))


def told(value: Any, name: str = "") -> str:
    """A value of evidence as a person reads it: cents as money, rows as their values."""
    if (name == "cents" or name.endswith("_cents")) and isinstance(value, int):
        return format_money(value)
    if isinstance(value, Mapping):
        return "  ".join(f"{label(key)} {told(each, key)}".strip() for key, each in value.items() if each is not None)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "  ".join(told(each) for each in value)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "—"}[value]
    return f"{value:,}" if isinstance(value, int) else str(value)


def explanation(view: ItemView, zone: str) -> tuple[Line, ...]:
    """How the priority came about and what happened to the item, for the key that explains."""
    story = [Line(event.kind, f"{moment(event.at, zone)}  {event.actor}  {event.note}") for event in view.events]
    head = [
        Line("priority", f"{view.priority}" + (f" by hand: {view.override_reason}" if view.override_reason else "")),
        Line("as computed", _sum(view)),
        Line("found", f"{view.detected_on}, seen {_times(view.seen_count)}, last {moment(view.last_seen_at, zone)}"),
        Line("raised by", view.raised_by),
        Line("reopened", _times(view.reopen_count)),
        Line("closes", "by hand" if view.key.code == "X05" else "by itself, when its cause is gone"),
    ]
    return (*head, *(Line(name, text) for name, text in _pairs(view)), *story)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _pairs(view: ItemView) -> Iterator[tuple[str, str]]:
    for name, value in view.evidence.items():
        if name == "reads":
            yield from (("read", told(each)) for each in value)
        elif name in ("source", "previous_source", "held"):
            yield name.replace("_", " "), _figure(name, value)
        else:
            yield label(name) or name, told(value, name)


def _sum(view: ItemView) -> str:
    """The computed priority as a sum: base, money, days past due; or the deadline that lifts it."""
    base = view.evidence.get("priority", 50) if view.key.code == "X05" else BASE.get(view.key.code, 0)
    money = money_points(view.money_cents)
    parts = [f"{base} for its kind"]
    if money:
        parts.append(f"{money} for {format_money(view.money_cents)} at stake")
    rest = view.priority_calc - base - money
    if view.priority_calc == STATUTORY_LIFT and view.due_source == "statute" and rest > 0:
        lift = f", lifted to {STATUTORY_LIFT}: the law's deadline is within 2 office days"
    elif view.priority_calc == HELD_BILL_LIFT and "held" in view.evidence and rest > 0:
        lift = f", lifted to {HELD_BILL_LIFT}: the read is held and its bill is within 2 office days"
    else:
        lift = ""
        if rest > 0:
            parts.append(
                f"{rest} for {rest if rest < 10 else '10 or more'} office day{'s' if rest > 1 else ''} past due"
            )
    return f"{view.priority_calc} = {' + '.join(parts)}{lift}" if not lift else f"{' + '.join(parts)}{lift}"

"""What a work item says, as lines: why it is here, what it costs to wait, the figures behind it, its story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from ubtui.domain.dates import format_day
from ubtui.domain.money import format_money
from ubtui.services.worklist import ItemView
from ubtui.widgets.panel import Line


def heading(view: ItemView) -> str:
    """What and whom the item is about: "120871-9  Read below the one before (R09 point:SP-00012)"."""
    parts = [view.account or "", view.title, f"({view.key})"]
    return "  ".join(part for part in parts if part)


def lines(view: ItemView, today: date) -> tuple[Line, ...]:
    """Why, by when, what if not, who has it, and the evidence."""
    return tuple(_lines(view, today))


def _lines(view: ItemView, today: date) -> Iterator[Line]:
    tone = "danger" if view.priority >= 90 else "warning" if view.priority >= 80 else None
    yield Line("why", view.why, tone)
    if where := " · ".join(part for part in (view.who, view.place) if part):
        yield Line("who / where", where)
    terms = []
    if view.due_on:
        terms.append(f"due {format_day(view.due_on, today)}" + (f" ({view.due_source})" if view.due_source else ""))
    if view.money_cents:
        terms.append(f"{format_money(view.money_cents)} at stake")
    if view.units:
        terms.append(f"{view.units:,} units")
    yield Line("if it waits", " · ".join([view.consequence, *terms]))
    if view.state == "claimed":
        yield Line("has it", view.holder or f"{view.assignee}, whose lease has ended", "accent")
    if view.state == "waiting":
        woken = f" until {format_day(view.wake_on, today)}" if view.wake_on else ""
        yield Line("waiting", f"{view.wait_for or 'for a day'}{woken} ({view.assignee})")
    if figures := figures_of(view.evidence):
        yield Line("evidence", figures)
    for read in view.evidence.get("reads", ()):
        yield Line("", told(read))
    for event in view.events[-3:]:
        if event.note:
            yield Line(event.kind, f"{event.note} ({event.actor}, {event.at[:10]})")


def figures_of(evidence: Mapping[str, Any]) -> str:
    """The flat figures of an item on one line."""
    return " · ".join(
        f"{name.replace('_', ' ')} {told(value, name)}"
        for name, value in evidence.items()
        if name not in ("reads", "seq")
    )


def told(value: Any, name: str = "") -> str:
    """A value of evidence as a person reads it: cents as money, rows as their values."""
    if name.endswith("_cents") and isinstance(value, int):
        return format_money(value)
    if isinstance(value, Mapping):
        return "  ".join(f"{key} {told(each, key)}" for key, each in value.items() if each is not None)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "  ".join(told(each) for each in value)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "—"}[value]
    return f"{value:,}" if isinstance(value, int) else str(value)


def explanation(view: ItemView) -> tuple[Line, ...]:
    """How the priority came about and what happened to the item, for the key that explains."""
    story = [
        Line(event.kind, f"{event.at[:16].replace('T', ' ')}  {event.actor}  {event.note}") for event in view.events
    ]
    head = [
        Line("priority", f"{view.priority}" + (f" by hand: {view.override_reason}" if view.override_reason else "")),
        Line("as computed", f"{view.priority_calc}: its kind's base, the money at stake, and business days past due"),
        Line("found", f"{view.detected_on}, seen {view.seen_count} times, last {view.last_seen_at[:10]}"),
        Line("raised by", view.raised_by),
        Line("reopened", f"{view.reopen_count} times"),
        Line("closes", "by hand" if view.group == "X" else "by itself, when its cause is gone"),
    ]
    return (*head, *(Line(name.replace("_", " "), told(value, name)) for name, value in view.evidence.items()), *story)

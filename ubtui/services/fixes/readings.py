"""Offers on a read: confirm, correct, roll over, strike; the service behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from ubtui.act import Look
from ubtui.db.calendars import office
from ubtui.detectors.readings.facts import CARRIED_BEFORE
from ubtui.detectors.readings.summaries import CLEARS, Usual
from ubtui.domain.dates import format_day
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.register import carried
from ubtui.domain.triage import Cause, unswapped
from ubtui.services import reads
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.reads import expecting
from ubtui.services.triage import Triaged, triaged
from ubtui.services.worklist import ItemView
from ubtui.services.worklist.export import fixes_of

TITLES: Final[dict[str, str]] = {
    "read.cancel_estimates": "Cancel the estimates before it",
    "read.review": "Review the read",
    "read.swap": "Change the reads of two neighbours",
    "service.activate": "Put the service in a customer's name",
    "service.seasonal": "It rests by season",
}


_JUDGED = (
    "SELECT r.register_id, m.maker, m.serial, g.n, r.prev_value, r.value, r.rollover_use, r.rollover, r.avg_milli,"
    " r.ly_milli, r.usage, r.point_id, r.prev_on,"
    " (SELECT c.ratio_ppm FROM cycle_median c WHERE c.period = r.period), r.held_code,"
    f" {CARRIED_BEFORE} FROM read_summary r"
    " JOIN register g ON g.id = r.register_id JOIN meter m ON m.id = g.meter_id"
    " WHERE r.point_id = ? AND r.read_on = ? AND r.seq = ?"
    " ORDER BY COALESCE(ABS(r.raw_use), r.usage, 0) DESC, r.register_id"
)


def _reviews(look: Look, item: ItemView) -> Iterator[Draft]:
    if "checked_on" in item.evidence:  # somebody looked: there is no read of it
        return
    if (found := triaged(look, item)) is not None:
        yield from _causes(look, item, found)
    elif item.key.code == "R17":
        yield from _of_read(look, item, item.evidence.get("prior_on"), item.evidence.get("prior_seq", 1))
    else:
        yield from _of_read(look, item, item.evidence.get("read_on"), item.evidence.get("seq", 1))


def _of_read(look: Look, item: ItemView, on: str | None, seq: int) -> Iterator[Draft]:
    """The decisions on one read, with a value where two digits changed back explain it."""
    base: dict[str, object] = {"read_on": on, "seq": seq}
    judged = look.db.rows(_JUDGED, [item.point_id, on, seq]) if on and item.point_id else []
    if not judged:
        yield from (Draft("read.review", {**base, "decision": each}, _DECISIONS[each]) for each in _DECISIONS)
        return
    meant = item.evidence.get("register")
    row = next((row for row in judged if row[3] == meant), judged[0])
    register, maker, serial, n, prev, value, if_rolled, rollover, average, last_year, use, point = row[:12]
    prev_on, ratio, held, carry = row[12:]
    if len(judged) > 1:
        base["meter"] = f"{maker}/{serial}"
        base["register"] = n if sum(1 for row in judged if row[1:3] == (maker, serial)) > 1 else 0
    if item.key.code in ("R17", "R25"):  # what holds the read decides by which code it is let go
        base["code"] = CLEARS.get(held or "", ("R09",))[0]
    title = f"{{}} of {format_day(date.fromisoformat(on or ''), look.today)}" if item.key.code == "R17" else "{}"
    expected = Usual(last_year or None, average, ratio_ppm=ratio).expected or 0
    expected_use = (
        expecting.of_read(look, register, on or "", seq) if item.key.code not in NO_USE else expecting.Range()
    )
    shown = _shown(look, prev, prev_on, value, expected_use)
    if rollover and if_rolled is not None and prev is not None:
        said = f"counter passed zero: {prev:,} to {value:,} is {if_rolled:,}"
        known = {**base, "decision": "rollover", "reason": said}
        yield Draft("read.review", known, "It passed zero", True, said)
    if prev is not None and value is not None and item.key.code not in NO_USE:
        (face, unit), over = reads.faces(look.db, {register: point})[register], carried(carry)
        merely_low = value >= prev and face.usage(prev, value, unit, carry=over) * 1000 < expected
        right = unswapped(face, unit, prev, value, expected, merely_low, over)
        if right is not None:
            use_then = face.usage(prev, right, unit, carry=over)
            said = f"two digits swapped: {right:,} for {value:,}, use {use_then:,}"
            known = {**base, "decision": "corrected", "value": right, "reason": said}
            yield Draft("read.review", known, f"Correct to {right:,}", True, said, shown=shown)
    said = f"use {use:,} as read" if use is not None else "as read"
    said += f"; {expected_use}" if expected_use.expected is not None else ""
    kept = {**base, "decision": "confirmed"}
    if item.key.code in USE_ALONE:
        kept["reason"] = f"looked at and kept: {item.why}"
    yield Draft("read.review", kept, title.format("Confirm the read"), why=said)
    yield Draft("read.review", {**base, "decision": "corrected"}, title.format("Correct the value"), shown=shown)
    yield Draft("read.review", {**base, "decision": "void"}, title.format("Strike the read"))


NO_USE: Final = frozenset({"R13", "R14"})
"""Where no use is expected at all."""


def _shown(
    look: Look, prev: int | None, prev_on: str | None, value: int | None, usual: expecting.Range
) -> dict[str, dict[str, Any]]:
    """How the value of a correction is asked for: with the read before it, what was read, and what is expected."""
    last = f"last was {prev:,} on {format_day(date.fromisoformat(prev_on), look.today)}" if prev_on else ""
    low, high = usual.low_value, usual.high_value
    shows = f", {low:,} to {high:,} expected" if low is not None and high is not None and low <= high else ""
    return {
        "value": {
            "label": "Register value" + (f" ({last})" if last and prev is not None else ""),
            "required": True,
            "help": f"{f'as read {value:,}; ' if value is not None else ''}what the register shows{shows}",
        }
    }


def _causes(look: Look, item: ItemView, found: Triaged) -> Iterator[Draft]:
    """Of a read below the one before: each cause that gives a use, with the act that follows from it."""
    own: dict[str, object] = {
        "read_on": item.evidence.get("read_on"), "seq": item.evidence.get("seq", 1), "meter": found.meter,
        "register": found.register,
    }  # fmt: skip
    prior: dict[str, object] = {**own, "read_on": found.prev_on, "seq": found.prev_seq}
    shown = _shown(look, found.prev, found.prev_on, found.value, expecting.Range())
    for cause in found.causes:
        if cause.use is None and not cause.point:
            continue
        act, known, asked = "read.review", {**own, "reason": f"{cause.name}: {cause.reason}"}, {}
        if cause.kind == "rollover":
            known["decision"] = "rollover"
        elif cause.kind in ("transposed", "misread"):
            known |= {"decision": "corrected", "value": cause.value}
            asked = shown
        elif cause.kind in ("neighbour", "elsewhere"):
            act, known = "read.swap", {**known, "other": cause.point}
        elif cause.kind == "exchange":
            act, known = "order.create", _look_there(look, item, cause)
        elif cause.kind == "over-estimate" and found.cancellable and "read.cancel_estimates" in fixes_of(item.key.code):
            act = "read.cancel_estimates"
        elif cause.kind == "prior-misread" and not found.prev_billed:
            known |= {**prior, "decision": "corrected", "value": cause.value}
            label = f"Right value of {format_day(date.fromisoformat(found.prev_on), look.today)}"
            asked = {"value": {"label": label, "required": True, "help": f"it says {found.prev:,}; this read stands"}}
        else:  # it stands as read and bills nothing: what was billed too much or too little is an adjustment's
            known["decision"] = "confirmed"
        yield Draft(act, known, cause.name, cause.likelihood == "likely", cause.said(), asked, cause.likelihood)
    yield Draft("read.review", {**own, "decision": "corrected"}, "Correct the value", shown=shown)
    yield Draft("read.review", {**own, "decision": "confirmed"}, "Confirm the read", why="it bills no use")
    yield Draft("read.review", {**own, "decision": "void"}, "Strike the read")


def _look_there(look: Look, item: ItemView, cause: Cause) -> dict[str, object]:
    """The order that sends somebody to see which meter hangs there."""
    due = office(look.db, look.today, look.today).add(look.today, 3)
    said = f"Which meter hangs there, and what does it show? {cause.name}: {cause.reason}"
    return {"kind": "verify", "due_on": due, "instructions": said[:500]}


def _with_reviews(look: Look, item: ItemView) -> Iterator[Draft]:
    """Nothing by itself: these come with the causes, in their order."""
    yield from ()


# The read itself is in no doubt, its use is: to keep it takes no more than having looked at it.
USE_ALONE: Final = frozenset({"R04", "R05", "R06", "R07", "R26"})
_DECISIONS: Final = {
    "confirmed": "Confirm the read",
    "corrected": "Correct the value",
    "rollover": "It passed zero",
    "void": "Strike the read",
}


_HOLDER = (
    "SELECT q.name FROM account a JOIN account_role r ON r.account_id = a.id JOIN party q ON q.id = r.party_id"
    " WHERE a.number = ? AND r.to_on IS NULL AND r.role IN ('owner', 'payer')"
    " ORDER BY CASE r.role WHEN 'owner' THEN 0 ELSE 1 END, r.id LIMIT 1"
)


def _activate(look: Look, item: ItemView) -> Iterator[Draft]:
    before = item.evidence.get("reads") or []
    start = before[1]["on"] if len(before) > 1 and before[1].get("value") is not None else None
    known: dict[str, object] = {"from_on": start or item.evidence.get("read_on")}
    last = look.db.value(
        "SELECT a.number FROM live_service s JOIN account a ON a.id = s.account_id WHERE s.point_id = ?"
        " AND a.state = 'active' ORDER BY s.from_on DESC, s.id DESC LIMIT 1",
        [item.point_id],
    )
    number = item.account or (format_account(last) if last else "")
    if not number:
        yield Draft("service.activate", known)
        return
    holder = look.db.value(_HOLDER, [parse_account(number)]) or "nobody's by name"
    shown = {"account": {"help": f"{number} is {holder}: the account that will be billed"}}
    yield Draft("service.activate", {**known, "account": number}, why=f"last served {number}, {holder}", shown=shown)


def _seasonal(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("service.seasonal", {"seasonal": True})


MAKERS: Final[dict[str, Maker]] = {
    "read.cancel_estimates": _with_reviews,
    "read.review": _reviews,
    "read.swap": _with_reviews,
    "service.activate": _activate,
    "service.seasonal": _seasonal,
}

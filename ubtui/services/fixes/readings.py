"""Offers on a read: confirm, correct, roll over, strike; the service behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from ubtui.act import Look
from ubtui.domain.dates import format_day
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.register import Register
from ubtui.domain.volume import Unit
from ubtui.services import reads
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {
    "read.cancel_estimates": "Cancel the estimates before it",
    "read.days": "Settle the days of the route's reads",
    "read.enter": "Enter a read",
    "read.estimate": "Estimate what is missing",
    "read.review": "Review the read",
    "read.skip": "Note why it was not read",
    "read.swap": "Change the reads of two neighbours",
    "service.activate": "Put the service in a customer's name",
    "service.seasonal": "It rests by season",
}


def suggestion(face: Register, unit: Unit, prev: int, value: int, expected_milli: int, low: bool = False) -> int | None:
    """The value with two neighbouring digits changed back, where that and only that makes the use believable.

    `expected_milli` is the use to expect, in thousandths of billing units; believable is 0.7 to 1.4 of it. A use that
    is merely `low` may be true: there the changed value must fit twice as well as the one that was read.
    """

    def off(candidate: int) -> int:
        return abs(face.usage(prev, candidate, unit) * 1000 - expected_milli)

    def believable(candidate: int) -> bool:
        use = face.usage(prev, candidate, unit) * 10_000
        return candidate >= prev and 7 * expected_milli <= use <= 14 * expected_milli

    if expected_milli <= 0 or believable(value):
        return None
    digits = str(value).zfill(face.dials)
    swapped = {
        int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :])
        for i in range(len(digits) - 1)
        if digits[i] != digits[i + 1]
    }
    best = min((c for c in swapped if believable(c)), key=lambda c: (off(c), c), default=None)
    return None if best is None or (low and 2 * off(best) > off(value)) else best


_JUDGED = (
    "SELECT r.register_id, m.maker, m.serial, g.n, r.prev_value, r.value, r.rollover_use, r.rollover, r.avg_milli,"
    " r.ly_milli, r.usage, r.point_id, r.prev_on,"
    " (SELECT c.ratio_ppm FROM cycle_median c WHERE c.period = r.period) FROM read_summary r"
    " JOIN register g ON g.id = r.register_id JOIN meter m ON m.id = g.meter_id"
    " WHERE r.point_id = ? AND r.read_on = ? AND r.seq = ?"
    " ORDER BY COALESCE(ABS(r.raw_use), r.usage, 0) DESC, r.register_id"
)


def _reviews(look: Look, item: ItemView) -> Iterator[Draft]:
    on, seq = item.evidence.get("read_on"), item.evidence.get("seq", 1)
    base: dict[str, object] = {"read_on": on, "seq": seq}
    judged = look.db.rows(_JUDGED, [item.point_id, on, seq]) if on and item.point_id else []
    if not judged:
        yield from (Draft("read.review", {**base, "decision": each}, _DECISIONS[each]) for each in _DECISIONS)
        return
    register, maker, serial, n, prev, value, if_rolled, rollover, average, last_year, use, point = judged[0][:12]
    prev_on, ratio = judged[0][12:]
    if len(judged) > 1:
        base["meter"] = f"{maker}/{serial}"
        base["register"] = n if sum(1 for row in judged if row[1:3] == (maker, serial)) > 1 else 0
    expected = last_year * (ratio or 1_000_000) // 1_000_000 if last_year else average or 0
    low = item.key.code in ("R09", "R10")
    last = f"last was {prev:,} on {format_day(date.fromisoformat(prev_on), look.today)}" if prev_on else ""
    right_value = {
        "value": {
            "label": "Register value" + (f" ({last})" if last else ""),
            "required": True,
            "help": f"{f'as read {value:,}; ' if value is not None else ''}what the register shows",
        }
    }
    rolled = None
    if if_rolled is not None and prev is not None and low:
        said = f"counter passed zero: {prev:,} to {value:,} is {if_rolled:,}"
        known = {**base, "decision": "rollover", "reason": said}
        rolled = Draft("read.review", known, "It passed zero", bool(rollover) and item.key.code == "R10", said)
        if rolled.likely:
            yield rolled
    if prev is not None and value is not None and item.key.code not in ("R13", "R14"):  # there no use is expected
        face, unit = reads.faces(look.db, {register: point})[register]
        merely_low = value >= prev and face.usage(prev, value, unit) * 1000 < expected
        right = suggestion(face, unit, prev, value, expected, merely_low)
        if right is not None:
            said = f"two digits swapped: {right:,} for {value:,}, use {face.usage(prev, right, unit):,}"
            known = {**base, "decision": "corrected", "value": right, "reason": said}
            yield Draft("read.review", known, f"Correct to {right:,}", True, said, shown=right_value)
    said = f"use {use:,} as read" if use is not None else "as read"
    confirm = Draft("read.review", {**base, "decision": "confirmed"}, "Confirm the read", why=said)
    correct = Draft("read.review", {**base, "decision": "corrected"}, "Correct the value", shown=right_value)
    yield from (correct, confirm) if low else (confirm, correct)
    yield Draft("read.review", {**base, "decision": "void"}, "Strike the read")
    if rolled is not None and not rolled.likely:
        yield rolled


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
    "read.review": _reviews,
    "service.activate": _activate,
    "service.seasonal": _seasonal,
}

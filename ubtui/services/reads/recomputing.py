"""Billed use derived once more from the raw reads, bill by bill: what was billed against what the counters showed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Final

import msgspec

from ubtui.act import Look
from ubtui.db.session import Row, Session
from ubtui.detectors.base import marks
from ubtui.detectors.readings.summaries import faces
from ubtui.domain.register import RESTART, carried

_MANY: Final = 500
_BILLED: Final = (
    "SELECT b.number, b.period, l.trace FROM bill b JOIN bill_line l ON l.bill_id = b.id"
    " WHERE b.id NOT IN (SELECT z.replaces FROM bill z WHERE z.replaces IS NOT NULL){}"
    " ORDER BY b.account_id, b.period, b.version, l.n"
)
_READS: Final = (
    "SELECT p.number, r.register_id, r.point_id, r.period, r.value, r.usage, r.kind, r.rolled, r.carry, r.status"
    " FROM service_point p JOIN register g ON g.meter_id IN (SELECT i.meter_id FROM live_install i"
    " WHERE i.point_id = p.id) JOIN live_read r ON r.register_id = g.id AND r.point_id = p.id"
    " WHERE p.number IN ({}) AND r.status <> 'void' AND r.kind NOT IN ('control', 'reread')"
    " ORDER BY r.register_id, r.read_on, r.seq"
)


class Difference(msgspec.Struct, frozen=True):
    """A bill's use at a point that its reads do not say; `reads` is None where the point has no billed read of then."""

    bill: str
    point: str
    period: str
    billed: int
    reads: int | None


class Recomputed(msgspec.Struct, frozen=True):
    """How many bills' uses were derived again, by bill and point, and those that differ."""

    uses: int
    differences: list[Difference]


def recompute(look: Look, period: str = "") -> Recomputed:
    """Derive the use of every bill that stands, or of those of one period, once more from the raw reads."""
    uses, found = 0, []
    for wrong in _each(look.db, period):
        uses += 1
        found += [wrong] if wrong.billed != (wrong.reads or 0) else []
    return Recomputed(uses, found)


def differences(db: Session) -> Iterator[Difference]:
    """Every bill's use that its reads do not say, in constant memory."""
    return (each for each in _each(db, "") if each.billed != (each.reads or 0))


def _each(db: Session, period: str) -> Iterator[Difference]:
    """Each bill and point with the use it was billed for, beside the one that its reads say."""
    part: dict[tuple[str, str, str, int], None] = {}  # a bill's lines name one use a point
    only, params = (" AND b.period = ?", [period]) if period else ("", [])
    last = ""
    for number, of, trace in db.stream(_BILLED.format(only), params, size=5000):
        if number != last and len(part) >= _MANY:
            yield from _compared(db, part)
            part = {}
        last = number
        facts = _facts(trace)
        if facts is not None:
            part[number, facts[0], of, facts[1]] = None
    yield from _compared(db, part)


def _facts(trace: str) -> tuple[str, int] | None:
    """Point and counted use of a bill line: what meters behind its own one counted is theirs, and was taken off."""
    if '"use"' not in trace:
        return None
    try:
        facts: Any = json.loads(trace)
        return str(facts["point"]), int(facts["use"]) + int(facts.get("behind", 0))
    except (ValueError, KeyError, TypeError):
        return None


def _compared(db: Session, part: Iterable[tuple[str, str, str, int]]) -> Iterator[Difference]:
    points = sorted({point for _, point, _, _ in part})
    said = _said(db, points) if points else {}
    for number, point, period, billed in part:
        yield Difference(number, point, period, billed, said.get((point, period)))


def _said(db: Session, points: list[str]) -> dict[tuple[str, str], int]:
    """The use of these points by period, from the values of billed reads alone; what came without a value as it is."""
    rows = db.rows(_READS.format(marks(points)), points)
    known = faces(db, {row[1]: row[2] for row in rows})
    uses: dict[tuple[str, str], int] = defaultdict(int)
    before: Row | None = None
    for row in rows:
        point, register, _, period, value, usage, kind, rolled, carry, status = row
        prev = before if before is not None and before[1] == register and before[4] is not None else None
        before = row
        if status != "billed":
            continue
        use = usage
        if value is not None and kind not in RESTART and prev is not None:
            face, unit = known[register]
            was: Fraction = carried(prev[8])
            use = face.between(prev[4], value, unit, kind, bool(rolled), True, was, carried(carry)).units
        if use is not None:
            uses[point, period] += use
    return dict(uses)

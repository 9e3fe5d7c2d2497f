"""Why the read of an item may stand below the one before: the record asked for everything that its triage weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ubtui.act import Look
from ubtui.db.session import Row
from ubtui.detectors.base import marks
from ubtui.detectors.readings.facts import CARRIED_BEFORE, CARRIES
from ubtui.detectors.readings.summaries import READS, Usual, days_between, faces
from ubtui.detectors.readings.summaries import expected as expected_of
from ubtui.domain.register import NOTHING, carried
from ubtui.domain.triage import Case, Cause, Neighbour, Other, triage
from ubtui.services.worklist import ItemView

CODES: Final = ("R09", "R10", "R11")
_NEAR = 2
_FAR = 6  # times the average of all seasons that a season may well be
_MOST = 20  # meters of the route that the value may go on from

_ROW = (
    "SELECT r.register_id, r.point_id, r.period, r.read_on, r.seq, r.avg_milli, r.ly_milli, r.days, m.maker, m.serial,"
    " g.n, (SELECT c.ratio_ppm FROM cycle_median c WHERE c.period = r.period) FROM read_summary r"
    " JOIN register g ON g.id = r.register_id JOIN meter m ON m.id = g.meter_id"
    " WHERE r.point_id = ? AND r.read_on = ? AND r.seq = ? AND r.raw_use IS NOT NULL ORDER BY r.raw_use, r.register_id"
)
_NEXT_DOOR = (
    "SELECT q.number, r.register_id, r.point_id, r.prev_value, r.value, r.ly_milli, r.avg_milli,"
    f" {CARRIED_BEFORE} FROM service_point p"
    " JOIN service_point q ON q.route_id = p.route_id AND q.id <> p.id AND q.sequence {side} p.sequence"
    " JOIN read_summary r ON r.point_id = q.id AND r.period = ? AND r.status <> 'billed' AND r.kind = 'regular'"
    " AND r.prev_value IS NOT NULL AND r.value IS NOT NULL WHERE p.id = ? ORDER BY q.sequence {way}, q.id LIMIT ?"
)

# Further along the route, where the value goes on from the read before: the nearest below it.
_ALONG = (
    "SELECT q.number, r.register_id, r.point_id, r.prev_value, r.value, r.ly_milli, r.avg_milli,"
    f" {CARRIED_BEFORE} FROM service_point p"
    " JOIN service_point q ON q.route_id = p.route_id AND q.id <> p.id AND q.state = 'active'"
    " JOIN read_summary r ON r.point_id = q.id AND r.period = ? AND r.status <> 'billed' AND r.kind = 'regular'"
    " AND r.value IS NOT NULL AND r.prev_value <= ? WHERE p.id = ? ORDER BY r.prev_value DESC, q.id LIMIT ?"
)
# Meters that miss a read of the period: of the route, or of almost the same serial.
_MISSING = (
    f"SELECT q.number, r.register_id, r.point_id, r.value, r.avg_milli, {CARRIES} FROM {{}}"
    " JOIN read_summary r ON r.point_id = q.id"
    " AND r.newest = 1 AND r.period < ? AND r.period >= ? AND r.status <> 'held' AND r.value <= ?"
    " WHERE q.id <> ? AND q.state = 'active' AND {} AND EXISTS(SELECT 1 FROM register g JOIN install i"
    " ON i.meter_id = g.meter_id AND i.off_date IS NULL WHERE g.id = r.register_id AND i.point_id = q.id)"
    " ORDER BY r.value DESC, q.id LIMIT ?"
)
_OF_ROUTE = _MISSING.format("service_point p JOIN service_point q ON q.route_id = p.route_id", "p.id = ?")
_BY_SERIAL = _MISSING.format(
    "meter m JOIN install n ON n.meter_id = m.id AND n.off_date IS NULL JOIN service_point q ON q.id = n.point_id",
    "m.maker = ? AND m.serial IN ({})",
)


@dataclass(frozen=True)
class Triaged:
    """The read that was judged, its causes the likeliest first, and the read before it.

    `cancellable`: unbilled estimates stand before it that can be cancelled.
    """

    causes: tuple[Cause, ...]
    value: int
    prev: int
    prev_on: str
    prev_seq: int
    prev_billed: bool
    cancellable: bool
    meter: str
    register: int


def triaged(look: Look, item: ItemView) -> Triaged | None:
    """The triage of an item about a read below the one before; None where it is about none (any more)."""
    on, seq = item.evidence.get("read_on"), item.evidence.get("seq", 1)
    if item.key.code not in CODES or item.point_id is None or on is None:
        return None
    rows = look.db.rows(_ROW, [item.point_id, on, seq])
    if not rows:
        return None
    register, point, period, _, _, average, last_year, days, maker, serial, n, ratio = rows[0]
    chain = look.db.rows(READS.format("?"), [register])
    at = next(i for i, row in enumerate(chain) if (row[1], row[2]) == (on, seq))
    row, prev = chain[at], chain[at - 1]
    expected = Usual(last_year or None, _usual(chain[: at - 1], days) or average, ratio_ppm=ratio).expected
    before = chain[at - 2] if at > 1 and chain[at - 2][5] is not None else None
    actual = next((r for r in reversed(chain[:at]) if r[9] != "E" and r[5] is not None), None)
    face, unit = faces(look.db, {register: point})[register]
    case = Case(
        face, unit, prev[5], row[5], days, expected, average, prev[9] == "E", prev[10] == "billed", prev[6],
        days_between(before[1], prev[1]) if before else prev[7], *_value(before, on), *_value(actual, on),
        _next_door(look, point, period, row[5]), _others(look, point, period, on, row[5], (maker, serial)),
        *(carried(each[14]) if each else NOTHING for each in (prev, before, actual)),
    )  # fmt: skip
    several = len(rows) > 1
    return Triaged(
        triage(case), row[5], prev[5], prev[1], prev[2], prev[10] == "billed",
        prev[9] == "E" and prev[10] != "billed", f"{maker}/{serial}" if several else "",
        n if sum(1 for r in rows if r[8:10] == (maker, serial)) > 1 else 0,
    )  # fmt: skip


def _usual(chain: Sequence[Row], days: int | None) -> int | None:
    """The average without the read before, which may be the wrong one: thousandths for so many days."""
    some = [
        (row[6], row[7] or days_between(before[1], row[1]))
        for before, row in pairwise(chain)
        if row[6] is not None and row[6] >= 0 and row[9] != "E" and row[10] != "held"
    ][-6:]
    span = sum(length for _, length in some)
    return sum(use for use, _ in some) * 1000 * days // span if span and days else None


def _value(row: Row | None, on: str) -> tuple[int | None, int | None]:
    """What a read showed, and the days from it to the read under judgement."""
    return (None, None) if row is None else (row[5], days_between(row[1], on))


def _next_door(look: Look, point: int, period: str, value: int) -> tuple[Neighbour, ...]:
    """The unbilled reads of the period beside this point, and those along the route where its value goes on."""
    rows = [
        row
        for side, way in (("<", "DESC"), (">", "ASC"))
        for row in look.db.rows(_NEXT_DOOR.format(side=side, way=way), [period, point, _NEAR])
    ]
    rows = list(dict.fromkeys([*rows, *look.db.rows(_ALONG, [period, value, point, _MOST])]))
    registers = faces(look.db, {row[1]: row[2] for row in rows})
    return tuple(
        Neighbour(number, *registers[register], prev, value, last_year or average, carried(carry))
        for number, register, _, prev, value, last_year, average, carry in rows
    )


def _others(look: Look, point: int, period: str, on: str, value: int, meter: tuple[str, str]) -> tuple[Other, ...]:
    """Meters that miss a read of the period and may have shown the value: of the route, or of a like serial."""
    cycle, like = f"{period.rpartition('/')[0]}/", _like(meter[1])
    rows = look.db.rows(_OF_ROUTE, [period, cycle, value, point, point, _MOST])
    near = dict.fromkeys((row[1] for row in rows), "on this route")
    if like:
        found = look.db.rows(_BY_SERIAL.format(marks(like)), [period, cycle, value, point, meter[0], *like, _MOST])
        rows += [row for row in found if row[1] not in near]
        near |= dict.fromkeys((row[1] for row in found), f"of a serial like {meter[1]}")
    registers = faces(look.db, {row[1]: row[2] for row in rows})
    others = []
    for number, register, _, prev, average, carry in rows:
        (face, unit), over = registers[register], carried(carry)
        if average is not None and face.usage(prev, value, unit, carry=over) * 1000 > _FAR * average:
            continue  # it is asked in vain
        usual = expected_of(look.db, register, period, on)
        others.append(Other(number, near[register], face, unit, prev, usual, over))
    return tuple(others)


def _like(serial: str) -> list[str]:
    """Serials that differ from one by a digit, or by two neighbouring digits changed round."""
    one = {
        serial[:i] + digit + serial[i + 1 :]
        for i, was in enumerate(serial)
        for digit in "0123456789"
        if was.isdigit() and digit != was
    }
    two = {serial[:i] + serial[i + 1] + serial[i] + serial[i + 2 :] for i in range(len(serial) - 1)}
    return sorted((one | two) - {serial})

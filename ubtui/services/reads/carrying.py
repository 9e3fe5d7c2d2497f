"""Reads whose use hangs on other registers: those of one meter together, and those of meters that followed it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from ubtui.db.session import Row, Session
from ubtui.detectors.base import marks
from ubtui.detectors.readings.summaries import CLEARS, READS, faces
from ubtui.domain.metering import Reading, in_step
from ubtui.domain.register import BELOW, RESTART, Register, Use, carried, kept
from ubtui.domain.volume import Unit

LINKED = (
    "SELECT register_id FROM read WHERE carry IS NOT NULL"
    " UNION SELECT id FROM register WHERE meter_id IN (SELECT meter_id FROM register WHERE n > 1)"
)
"""Registers whose reads are not measured by themselves: some carry a fraction, some count beside another."""
_POINTS = (
    "SELECT DISTINCT i.point_id FROM live_install i JOIN register g ON g.meter_id = i.meter_id WHERE g.id = ?"
    " AND (EXISTS(SELECT 1 FROM register h WHERE h.meter_id = g.meter_id AND h.n <> g.n)"
    " OR EXISTS(SELECT 1 FROM live_install j WHERE j.point_id = i.point_id AND j.id <> i.id)"
    " OR EXISTS(SELECT 1 FROM read r WHERE r.register_id = g.id AND (r.carry IS NOT NULL OR r.rolled = 1)))"
)
_HUNG = (
    "SELECT i.id, i.meter_id, i.on_date, i.off_date FROM live_install i WHERE i.point_id = ? ORDER BY i.on_date, i.id"
)


class Step(NamedTuple):
    """An unbilled read (a row of READS), the one it is measured against, and what it carries."""

    row: Row
    prev: Row | None
    face: Register
    unit: Unit
    right: bool
    carry: Fraction


def confirmed(db: Session, ids: Sequence[int]) -> set[tuple[Any, ...]]:
    """Reads of these registers that a person said are right though they stand lower."""
    return {
        tuple(row)
        for row in db.rows(
            f"SELECT register_id, read_on, seq FROM read_review WHERE register_id IN ({marks(ids)})"
            f" AND decision = 'confirmed' AND code IN ({marks(CLEARS[BELOW])})",
            [*ids, *CLEARS[BELOW]],
        )
    }


def steps(db: Session, register: int, since: str) -> list[Step] | None:
    """The unbilled reads from a day on of all meters at the register's points, each with what it carries; None if it
    counts alone.

    What is billed stays as it was billed, and so does what a billed read was measured against.
    """
    points = [row[0] for row in db.rows(_POINTS, [register])]
    return [step for point in points for step in _at(db, point, since)] if points else None


def _at(db: Session, point: int, since: str) -> Iterator[Step]:
    hung = db.rows(_HUNG, [point])
    meters = sorted({row[1] for row in hung})
    registers = {
        id: (meter, n)
        for id, meter, n in db.rows(f"SELECT id, meter_id, n FROM register WHERE meter_id IN ({marks(meters)})", meters)
    }
    ids = sorted(registers)
    known, right = faces(db, dict.fromkeys(ids, point)), confirmed(db, ids)
    rows: dict[int, list[tuple[str, int, int, Row]]] = defaultdict(list)
    seen: Counter[tuple[int, str, bool]] = Counter()  # first and last reads of a register on a day so far
    for row in db.rows(READS.format(marks(ids)), ids):
        if row[3] == point:
            (meter, n), first = registers[row[0]], row[8] in RESTART
            rows[_which(hung, meter, row, seen[row[0], row[1], first])].append((row[1], n, row[2], row))
            seen[row[0], row[1], first] += first or row[8] == "removal"
    billed: dict[int, tuple[str, int]] = {}
    for some in rows.values():
        for _, _, _, row in some:
            if row[10] == "billed":
                billed[row[0]] = max(billed.get(row[0], ("", 0)), (row[1], row[2]))
    for chain in _one_after_another(hung):
        ordered = [(at, row) for at in chain for _, _, _, row in sorted(rows.get(at, ()))]
        if not ordered:
            continue
        unit = known[ordered[0][1][0]][1]
        readings = [
            Reading(
                at, registers[row[0]][1], known[row[0]][0], row[5], row[8], bool(row[12]), row[:3] in right,
                Use(row[6], None, bool(row[12]), carried(row[14]))
                if row[1] < since or (row[1:3] <= billed.get(row[0], ("", 0)) and row[10] != "held") else None,
            )
            for at, row in ordered
        ]  # fmt: skip
        before: dict[int, Row] = {}
        for (_, row), reading, use in zip(ordered, readings, in_step(readings, unit), strict=True):
            if use is not None and reading.fixed is None:
                yield Step(row, before.get(row[0]), reading.face, unit, reading.right, use.carry)
            before[row[0]] = row if use is None else (*row[:14], kept(use.carry))


def _which(hung: Sequence[Row], meter: int, row: Row, nth: int) -> int:
    """Which of the installs a read is of. On a day that the meter came off and went on again the order tells: `nth`
    counts the first reads of that day before a first read, and the last reads before any other."""
    some = [at for at, each in enumerate(hung) if each[1] == meter]
    on: str = row[1]
    held = [at for at in some if hung[at][2] <= on and (hung[at][3] is None or hung[at][3] >= on)]
    if row[8] in RESTART:
        held = [at for at in held if hung[at][2] == on] or held[-1:]
    if held:
        return held[min(nth, len(held) - 1)]
    return ([at for at in some if hung[at][2] <= on] or some)[-1]


def _one_after_another(hung: Sequence[Row]) -> Iterator[list[int]]:
    """The installs of a point in rows that follow each other; those that hang side by side are apart."""
    chain: list[int] = []
    for at, (_, _, on, _) in enumerate(hung):
        if chain and (hung[at - 1][3] is None or hung[at - 1][3] > on):
            yield chain
            chain = []
        chain.append(at)
    if chain:
        yield chain

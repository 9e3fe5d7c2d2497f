"""Reads around an exchange: those that were the new meter's all along, and a last read that nobody can take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ubtui.act import Refused, Work
from ubtui.db.session import Row, Session
from ubtui.detectors.base import METERED_KINDS, marks
from ubtui.detectors.readings.summaries import READS, expected, faces
from ubtui.domain.register import BELOW, OVER, Register, Use
from ubtui.domain.volume import Unit
from ubtui.services.reads.placing import add, advanced, decided, write


def since(db: Session, chains: Mapping[int, Iterable[Row]], on: date) -> tuple[Row, ...]:
    """Reads (rows of READS) of these registers after a day, oldest first; Refused where one of them is billed."""
    later = sorted((r for rows in chains.values() for r in rows if r[1] > on.isoformat()), key=lambda r: (r[1], r[0]))
    billed = next((r for r in later if r[10] == "billed"), None)
    if billed is not None:
        raise Refused(
            f"the read of {billed[1]} is billed as the old meter's", rule="billed reads are fixed",
            cure="give that day or a later one, and propose an adjustment of the bill",
        )  # fmt: skip
    return tuple(later)


def moved(work: Work, rows: Sequence[Row], onto: Mapping[int, int], meter: str, why: str) -> None:
    """Void reads of the old registers with a review, and enter the same of the new ones, to be measured there.

    A guess of what the old counter shows says nothing of the new one: its period is to be read.
    """
    known = faces(work.db, {onto[row[0]]: row[3] for row in rows if row[0] in onto})
    for row in rows:
        if row[9] == "E":
            write(work.db, row[0], row[1], row[2], status="void")
            decided(work, row, "R20", "void", f"guessed of a meter that was gone: {why}"[:500], None)
            continue
        register = onto.get(row[0])
        if register is None:
            raise Refused(
                f"the read of {row[1]} is of a second register, and {meter} has one", rule="exchanges",
                cure="void that read first, or check the day",
            )  # fmt: skip
        if row[5] is not None and row[5] >= known[register][0].limit:
            raise Refused(
                f"{row[5]} of {row[1]} does not fit {known[register][0].dials} dials of {meter}", rule="register face",
                cure="correct that read first, or check the face and the day",
            )  # fmt: skip
        write(work.db, row[0], row[1], row[2], status="void")
        decided(work, row, "R20", "void", f"it is of {meter}: {why}"[:500], None)
        like = (register, *row[1:10])
        add(work, like, row[1], row[5], Use(None if row[5] is not None else row[6]), trouble_code=row[13])


def used(db: Session, registers: Sequence[int], on: date, kind: str) -> int | None:
    """What reads of one kind from a day on bill together, of last reads each register's newest alone; None where one
    is held or none bills."""
    rows = db.rows(READS.format(marks(registers)), list(registers)) if registers else []
    some = [r for r in rows if r[1] >= on.isoformat() and r[8] == kind]
    if kind == "removal":
        some = list({r[0]: r for r in some}.values())
    if not some or any(r[10] == "held" or r[6] is None for r in some):
        return None
    return sum(int(r[6]) for r in some)


_CLASS = (
    "SELECT s.customer_class FROM live_service s WHERE s.point_id = ?"
    f" AND s.kind IN {METERED_KINDS} ORDER BY s.to_on IS NOT NULL, s.from_on DESC, s.id DESC LIMIT 1"
)


def doubts(
    work: Work, point_id: int, gone: Sequence[int], hung: Sequence[int], on: date
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What cannot be: of the last reads of registers that came off on a day, and of the reads since of those that hang
    there now. A read below the one before it, or a use above the limit of its class.
    """
    most = work.district.use_limits.get(work.db.value(_CLASS, [point_id]) or "")
    found: dict[bool, list[str]] = {False: [], True: []}
    for register in (*gone, *hung):
        new, prev = register in hung, None
        for row in work.db.rows(READS.format("?"), [register]):
            if row[1] >= on.isoformat() and row[8] == ("regular" if new else "removal") and prev is not None:
                meter = "the new meter" if new else "the old meter"
                if row[10] == "held" and row[11] == BELOW:
                    found[new].append(f"{row[5]:,} of {row[1]} is below {prev[5]:,} of {prev[1]}, by {meter}")
                elif row[6] is not None and most is not None and row[6] > most:
                    used_up = f"{row[6]:,} used by {meter} from {prev[1]} to {row[1]}"
                    found[new].append(f"{used_up} is above the limit of {most:,}")
                elif row[10] == "held" and row[11] == OVER:
                    found[new].append(f"{prev[5]:,} to {row[5]:,} of {row[1]} is no use, by {meter}")
            prev = row
    return tuple(found[False]), tuple(found[True])


def told(row: Row) -> str:
    """What a read says: its value, or its use where it has none; a guess is struck."""
    said = f"{row[5]:,}" if row[5] is not None else f"{row[6]:,} used"
    return f"{said} guessed, struck" if row[9] == "E" else said


def guessed(work: Work, prev: Row, face: Register, unit: Unit, period: str, on: date) -> tuple[int, Use]:
    """What the old meter most likely showed on its last day and used, as is to be expected of these days; none if
    unknown."""
    milli = expected(work.db, prev[0], period, on.isoformat()) or 0
    return advanced(face, unit, prev, (milli + 500) // 1000)

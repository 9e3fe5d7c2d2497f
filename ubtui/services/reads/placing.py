"""Where a read stands: written against the read before it, with the read after it brought in step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from ubtui.act import Refused, Work
from ubtui.db.models.reads import Read, ReadReview
from ubtui.db.session import Row, Session
from ubtui.detectors.base import marks
from ubtui.detectors.heal import hold
from ubtui.detectors.readings.summaries import CHUNK, CLEARS, READS, days_between, summarise
from ubtui.domain.holds import PRIOR
from ubtui.domain.register import BELOW, MOST_USE, OVER, RESTART, Register, Use, carried, kept
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit
from ubtui.services.reads.carrying import confirmed as confirmed
from ubtui.services.reads.carrying import steps


def parts(some: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The same, some hundred at a time."""
    return (some[at : at + CHUNK] for at in range(0, len(some), CHUNK))


def billable(units: int | None) -> int:
    """Refuse a use that no bill can hold."""
    if units is None or not 0 <= units <= MOST_USE:
        raise Refused(
            f"that is no use: {MOST_USE:,} units are the most between two reads",
            rule="use limit",
            cure="correct the read",
        )
    return units


def write(db: Session, register: int, on: str, seq: int, **columns: Any) -> None:
    """Change columns of one read; what may not change the record itself refuses."""
    sets = ", ".join(f"{name} = ?" for name in columns)
    db.run(
        f"UPDATE read SET {sets} WHERE register_id = ? AND read_on = ? AND seq = ?",
        [*columns.values(), register, on, seq],
    )


def add(work: Work, like: Row, on: str, value: int | None, use: Use, **columns: Any) -> int:
    """Insert a read of the register, point, period and kind of `like` (a row of READS) on a day; its number there."""
    last = work.db.value("SELECT MAX(seq) FROM read WHERE register_id = ? AND read_on = ?", [like[0], on])
    seq = int(last or 0) + 1
    row = {
        "register_id": like[0], "read_on": date.fromisoformat(on), "seq": seq, "point_id": like[3], "period": like[4],
        "value": value, "usage": use.units, "kind": like[8], "source": like[9],
        "status": "held" if use.hold else "released", "held_code": use.hold, "rolled": int(use.rolled),
        "carry": kept(use.carry),
        "entered_by": work.actor.name, "entered_at": work.now,
    }  # fmt: skip
    work.db.insert(Read, **{**row, **columns})
    return seq


def decided(work: Work, row: Row, code: str, decision: str, why: str, usage: int | None) -> None:
    """Append a review of a read (a row of READS); `usage` is the use it speaks of, None for any."""
    work.db.insert(
        ReadReview, register_id=row[0], read_on=date.fromisoformat(row[1]), seq=row[2], code=code, decision=decision,
        reason=why, by_staff=work.actor.name, at=work.now, usage=usage,
    )  # fmt: skip


def follow(db: Session, register: int, face: Register, unit: Unit, on: str, seq: int) -> int | None:
    """Bring the following unbilled read's use in step; one held for standing lower goes or comes with it.

    Of a register that does not count alone all are brought in step, this read too.
    """
    if step(db, register, on):
        return next((r[6] for r in db.rows(READS.format("?"), [register]) if (r[1], r[2]) > (on, seq)), None)
    chain = db.rows(READS.format("?"), [register])
    after = next((n for n, r in enumerate(chain) if (r[1], r[2]) > (on, seq)), None)
    if after is None:
        return None
    row, prev = chain[after], chain[after - 1] if after else None
    if row[10] == "billed":
        return int(row[6]) if row[6] is not None else None
    return place(db, row, prev, face, unit, row[:3] in confirmed(db, [register]))


def step(db: Session, register: int, since: str) -> bool:
    """Bring unbilled reads from a day on in step that hang on a register's; False if it counts alone."""
    found = steps(db, register, since)
    for each in found or ():
        place(db, each.row, each.prev, each.face, each.unit, each.right, each.carry)
    if beside := {each.row[0] for each in found or ()} - {register}:  # the caller summarises its own
        summarise(db, beside)
    return found is not None


def stands(db: Session, register: int, on: str, seq: int) -> int | None:
    """The use of a read as it stands now, with those that hang on it in step."""
    units: int | None = db.value(
        "SELECT usage FROM read WHERE register_id = ? AND read_on = ? AND seq = ?", [register, on, seq]
    )
    return units


def settled(work: Work, point: str, register: int, on: str, seq: int) -> tuple[str, str | None]:
    """What a read is, and what holds it, once its point is judged: as the healing after the act will find it."""
    hold(work.db, work.today, work.now, point)
    sql = "SELECT status, held_code FROM read WHERE register_id = ? AND read_on = ? AND seq = ?"
    status, held = work.db.rows(sql, [register, on, seq])[0]
    return status, held if status == "held" else None


def let_go(db: Session, reads: Sequence[Sequence[Any]], code: str) -> None:
    """Release those of some reads (register, day, number first) whose use is known and which are held for a code.

    One that is held with the read before it goes with that one alone.
    """
    holds = [held for held, codes in CLEARS.items() if code in codes and held != PRIOR]
    for register, on, seq, *_ in reads if holds else ():
        db.run(
            "UPDATE read SET status = 'released', held_code = NULL WHERE register_id = ? AND read_on = ? AND seq = ?"
            f" AND status = 'held' AND usage IS NOT NULL AND held_code IN ({marks(holds)})",
            [register, on, seq, *holds],
        )


def measured(face: Register, unit: Unit, prev: Row | None, value: int | None, kind: str = "regular") -> Use:
    """What a new read bills against the one before (a row of READS)."""
    return face.between(prev[5] if prev else None, value, unit, kind, carry=carried(prev[14] if prev else None))


def advanced(face: Register, unit: Unit, prev: Row, use: int) -> tuple[int, Use]:
    """What a counter shows after a use since a read (a row of READS), and what that bills; Refused beyond one turn."""
    carry = carried(prev[14])
    counts = face.reached(prev[5], billable(use), unit, carry)
    if counts - prev[5] >= face.limit:
        raise Refused(
            f"{use:,} is more than {face.dials} dials turn through once", rule="one rollover a period",
            cure="look at the face, or give a smaller use",
        )  # fmt: skip
    value = counts % face.limit
    return value, face.between(prev[5], value, unit, rolled=True, carry=carry)


def place(
    db: Session, row: Row, prev: Row | None, face: Register, unit: Unit, right: bool, onto: Fraction | None = None
) -> int | None:
    """Write an unbilled read as it stands against the read before it now; its use. What holds it goes or comes.

    `right`: a person said that it is right though it stands lower; `onto`: what it carries, if that does not follow
    from the read before.
    """
    usage: int | None = row[6]
    days, status, held = row[7], row[10], row[11]
    if row[5] is None:  # use without a value is measured by nothing
        return usage
    carry = carried(prev[14] if prev else None)
    found = face.between(prev[5] if prev else None, row[5], unit, row[8], bool(row[12]), right, carry, onto)
    if prev is not None and row[8] not in RESTART:
        days = days_between(prev[1], row[1])
    if found.hold is not None:
        status, held = "held", found.hold
    elif status == "held" and held == BELOW:
        status, held = "released", None
    if prev is None or prev[5] is not None or status == "held":
        usage = found.units
    if status == "held" and held not in (BELOW, OVER) and held in CLEARS and usage != row[6]:
        status, held = "released", None  # it was held for another use: this one is judged anew
    now = {"usage": usage, "days": days, "status": status, "held_code": held, "rolled": int(found.rolled),
           "carry": kept(found.carry)}  # fmt: skip
    if tuple(now.values()) != (row[6], row[7], row[10], row[11], row[12], row[14]):
        write(db, row[0], row[1], row[2], **now)
    return usage


def reason(text: str) -> str:
    """A reason as it is kept: cleaned, 500 characters at most; refused where nothing of it is left."""
    kept = clean_text(text, 500).strip()
    if len(kept) < 3:
        raise Refused("the reason is missing", rule="decisions have their reason", cure="say why in a few words")
    return kept

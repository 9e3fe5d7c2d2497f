"""Reads: the rows under judgement kept beside them, and the review of an unbilled read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.reads import Read, ReadReview
from ubtui.db.session import Row, Session
from ubtui.detectors.base import marks
from ubtui.detectors.heal import medians, run
from ubtui.detectors.registry import CODES
from ubtui.domain.numbers import format_account
from ubtui.domain.register import BELOW, MOST_USE, RESTART, Register, below
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit
from ubtui.services.summaries import CHUNK, CLEARS, READS, SUMMARY, days_between, faces, judged, summarise

__all__ = [
    "CHUNK",
    "SUMMARY",
    "Review",
    "Reviewed",
    "faces",
    "judged",
    "released",
    "review",
    "summarise",
]

_CONCERNED = {
    "point": "SELECT p.number FROM service_point p JOIN read r ON r.point_id = p.id WHERE r.batch_id = ?"
    " UNION SELECT p.number FROM service_point p JOIN staged_row s ON s.point_id = p.id WHERE s.batch_id = ?"
    " UNION SELECT p.number FROM service_point p JOIN install i ON i.point_id = p.id WHERE i.batch_id = ?"
    " UNION SELECT p.number FROM service_point p WHERE p.batch_id = ?",
    "account": "SELECT a.number FROM account a WHERE a.batch_id = ?",
}


def released(work: Work, batch_id: int) -> None:
    """Judge a batch of any kind that was just released: summaries, medians, and the subjects it concerns.

    Call it once, inside the act that releases, after the batch's own row says so and everything else is touched:
    the act's healing is then done, and the audit does not name every point of a large file.
    """
    db = work.db
    _rechecked(db, batch_id)
    summarise(db, [r[0] for r in db.rows("SELECT DISTINCT register_id FROM read WHERE batch_id = ?", [batch_id])])
    moved = medians(db, work.today)
    keys = {kind: {row[0] for row in db.rows(sql, [batch_id] * sql.count("?"))} for kind, sql in _CONCERNED.items()}
    keys["account"] = {format_account(number) for number in keys["account"]}
    if moved:
        keys["point"] |= {
            row[0]
            for row in db.rows(
                "SELECT DISTINCT p.number FROM read_summary r JOIN service_point p ON p.id = r.point_id"
                f" WHERE r.period IN ({marks(moved)})",
                moved,
            )
        }
    for subject in work.subjects:
        keys.setdefault(subject.type, set()).add(subject.key)
    subjects: dict[str, Sequence[str]] = {kind: sorted(found) for kind, found in keys.items()}
    work.healed = run(db, work.today, work.now, subjects, by="import.release", actor=work.actor.name)


def _rechecked(db: Session, batch_id: int) -> None:
    """Measure the batch's reads, and reads behind them, anew where other acts came between staging and release.

    While it was staged each read was judged against the newest one its register had then.
    """
    points = _touched_since(db, db.value("SELECT control FROM batch WHERE id = ?", [batch_id]))
    which = "SELECT DISTINCT r.register_id, r.point_id FROM read r"
    value = "r.batch_id = ? AND r.value IS NOT NULL"
    if points is None:
        found = db.rows(f"{which} WHERE {value}", [batch_id])
    else:
        found = []
        for part in _parts(sorted(points)):
            there = f"JOIN service_point p ON p.id = r.point_id WHERE p.number IN ({marks(part)}) AND {value}"
            found += db.rows(f"{which} {there}", [*part, batch_id])
    for part in _parts(found):
        at: dict[int, int] = dict(part)
        ids = list(at)
        own = db.rows(
            f"SELECT register_id, read_on, seq FROM read WHERE batch_id = ? AND register_id IN ({marks(ids)})",
            [batch_id, *ids],
        )
        mine, registers, confirmed = set(map(tuple, own)), faces(db, at), _confirmed(db, ids)
        before: Row | None = None
        for row in db.rows(READS.format(marks(ids)), ids):
            prev = before if before is not None and before[0] == row[0] else None
            if row[10] != "billed" and (row[:3] in mine or (prev is not None and prev[:3] in mine)):
                _place(db, row, prev, *registers[row[0]], row[:3] in confirmed)
            before = row


def _touched_since(db: Session, control: str) -> set[str] | None:
    """Points that acts concerned since a batch began to be staged; None where any may have been."""
    begun = json.loads(control).get("seq")
    if begun is None:
        return None
    points: set[str] = set()
    for name, about in db.rows("SELECT act, object FROM audit WHERE seq > ? AND outcome = 'done'", [begun]):
        if name == "import.release":  # it does not name the points of its file
            return None
        points |= {key.partition(":")[2] for key in json.loads(about) if key.startswith("point:")}
    return points


def _confirmed(db: Session, ids: Sequence[int]) -> set[tuple[Any, ...]]:
    """Reads of these registers that a person said are right though they stand lower."""
    return {
        tuple(row)
        for row in db.rows(
            f"SELECT register_id, read_on, seq FROM read_review WHERE register_id IN ({marks(ids)})"
            f" AND decision = 'confirmed' AND code IN ({marks(CLEARS[BELOW])})",
            [*ids, *CLEARS[BELOW]],
        )
    }


def _parts(some: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (some[at : at + CHUNK] for at in range(0, len(some), CHUNK))


class Review(Form, frozen=True, kw_only=True):
    """A decision on one unbilled read, for one code of the worklist."""

    point: Annotated[str, msgspec.Meta(description="service point, SP-00012")]
    read_on: Annotated[date, msgspec.Meta(description="day of the read")]
    seq: Annotated[int, msgspec.Meta(description="number of the read on its day")] = 1
    code: Annotated[str, msgspec.Meta(description="worklist code that is decided, R04")]
    decision: Annotated[
        Literal["confirmed", "corrected", "rollover", "void"],
        msgspec.Meta(description="confirmed, corrected, rollover or void"),
    ]
    value: Annotated[int | None, msgspec.Meta(description="the right value, when corrected")] = None
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]
    meter: Annotated[str, msgspec.Meta(description="maker/serial, where the point has several meters")] = ""
    register: Annotated[int, msgspec.Meta(description="which counter of a compound meter; 0 where there is one")] = 0


class Reviewed(msgspec.Struct, frozen=True):
    """What the read is now; `usage` in billing units, None while it is held; `next_usage` of the read after it."""

    point: str
    read_on: date
    seq: int
    decision: str
    status: str
    value: int | None
    usage: int | None
    next_usage: int | None


_FIND = (
    "SELECT r.register_id, r.seq, r.period, r.value, r.usage, r.days, r.kind, r.source, r.status, r.held_code,"
    " r.rolled, r.point_id, m.maker, m.serial, g.n, r.read_on FROM live_point p JOIN install i ON i.point_id = p.id"
    " JOIN register g ON g.meter_id = i.meter_id JOIN meter m ON m.id = g.meter_id"
    " JOIN live_read r ON r.register_id = g.id AND r.point_id = p.id WHERE p.number = ? AND r.read_on = ? AND r.seq = ?"
)


@act("read.review")
def review(work: Work, form: Review) -> Reviewed:
    """Confirm, correct, take as a rollover or void an unbilled read; its use and the next read's follow.

    A confirmed read below its previous bills no use; what was billed too much before is an adjustment's matter.
    """
    why = reason(form.reason)
    row = _the_read(work, form)
    register, seq, status, value, usage = row[0], row[1], row[8], row[3], row[4]
    if form.code not in CODES or form.code[0] != "R":
        raise Refused(f"{form.code} is no code of readings", rule="worklist codes", cure="use the item's own code")
    if status == "billed":
        raise Refused("this read is billed", rule="billed reads are fixed", cure="propose an adjustment of the bill")
    if status == "void":
        raise Refused("this read is void", rule="a void read stays void", cure="review the read that replaced it")
    if (form.value is not None) != (form.decision == "corrected"):
        raise Refused(
            "a value goes with a correction, and only with it",
            rule="read review",
            cure="give the right value, or choose another decision",
        )
    chain = work.db.rows(READS.format("?"), [register])
    place = next((n for n, r in enumerate(chain) if r[1] == row[15] and r[2] == seq), None)
    prev = chain[place - 1] if place else None
    face, unit = faces(work.db, {register: row[11]})[register]
    before = {"status": status, "value": value, "usage": usage}
    if form.decision == "confirmed":
        status, usage = _as_read(form, row, prev, face, unit)
        _set(work.db, register, row[15], seq, status=status, usage=usage)
    elif form.decision == "rollover":
        if prev is None or not below(prev[5], value):
            raise Refused(
                "the counter did not pass zero: the read is not below the one before",
                rule="one rollover a period",
                cure="confirm, correct or void it",
            )
        status, usage = "released", _billable(face.between(prev[5], value, unit, rolled=True).units)
        _set(work.db, register, row[15], seq, status=status, usage=usage, rolled=1)
    else:
        _set(work.db, register, row[15], seq, status="void")
        status, usage, value = "void", None, None
        if form.decision == "corrected":
            seq, status, value, usage = _corrected(work, form, row, prev, face, unit)
    work.db.insert(
        ReadReview,
        register_id=register,
        read_on=form.read_on,
        seq=form.seq,
        code=form.code,
        decision=form.decision,
        reason=why,
        by_staff=work.actor.name,
        at=work.now,
        usage=usage,
    )
    follower = _next(work.db, register, face, unit, row[15], seq)
    summarise(work.db, [register])
    work.touch("point", form.point)
    work.fact(point=form.point, read_on=form.read_on.isoformat(), code=form.code, decision=form.decision)
    work.detail(before=before, after={"status": status, "value": value, "usage": usage}, reason=why)
    return Reviewed(form.point, form.read_on, seq, form.decision, status, value, usage, follower)


def _the_read(work: Work, form: Review) -> Row:
    rows = list(dict.fromkeys(work.db.rows(_FIND, [form.point, form.read_on.isoformat(), form.seq])))
    rows = [r for r in rows if form.meter in ("", f"{r[12]}/{r[13]}") and form.register in (0, r[14])]
    if not rows:
        raise Refused(
            f"{form.point} has no read {form.seq} of {form.read_on}", rule="reads", cure="see ubtui meter history"
        )
    if len(rows) > 1:
        several = ", ".join(f"{r[12]}/{r[13]} register {r[14]}" for r in rows)
        raise Refused(
            f"{form.point} was read {len(rows)} times that day: {several}", rule="reads", cure="name meter and register"
        )
    return rows[0]


def _as_read(form: Review, row: Row, prev: Row | None, face: Register, unit: Unit) -> tuple[str, int | None]:
    """Status and use of a read that a person says is right."""
    value, usage, kind, status, held, past_zero = row[3], row[4], row[6], row[8], row[9], bool(row[10])
    before = prev[5] if prev else None
    if form.code in CLEARS[BELOW] and status != "held" and not below(before, value, kind):
        raise Refused("the read is not below the one before", rule="read review", cure="nothing to do")
    if status == "held" and form.code in CLEARS.get(held or "", (form.code,)):
        status = "released"
        if usage is None and value is not None:
            found = face.between(before, value, unit, kind, past_zero, confirmed=True)
            usage = _billable(found.units) if found.hold else found.units
    return status, None if usage is None else max(0, usage)


def _billable(units: int | None) -> int:
    """Refuse a use that no bill can hold."""
    if units is None or not 0 <= units <= MOST_USE:
        raise Refused(
            f"that is no use: {MOST_USE:,} units are the most between two reads",
            rule="use limit",
            cure="correct the read",
        )
    return units


def _set(db: Session, register: int, on: str, seq: int, **columns: Any) -> None:
    sets = ", ".join(f"{name} = ?" for name in columns)
    db.run(
        f"UPDATE read SET {sets} WHERE register_id = ? AND read_on = ? AND seq = ?",
        [*columns.values(), register, on, seq],
    )


def _corrected(
    work: Work, form: Review, row: Row, prev: Row | None, face: Register, unit: Unit
) -> tuple[int, str, int | None, int | None]:
    """The new read in place of a void one: number, status, value and use."""
    value = form.value
    assert value is not None
    if value < 0 or (row[3] is not None and value >= face.limit):
        raise Refused(
            f"{value} does not fit {face.dials} dials", rule="register face", cure="read the turning digits only"
        )
    if value == (row[3] if row[3] is not None else row[4]):
        raise Refused("that is the value it has", rule="read review", cure="confirm it, or give the right one")
    status, held = "released", None
    if row[3] is None:
        usage: int | None = _billable(value)
    else:
        found = face.between(prev[5] if prev else None, value, unit, row[6])
        usage = found.units
        if found.hold is not None:
            status, held = "held", found.hold
    last = work.db.value(
        "SELECT MAX(seq) FROM read WHERE register_id = ? AND read_on = ?", [row[0], form.read_on.isoformat()]
    )
    work.db.insert(
        Read,
        register_id=row[0],
        read_on=form.read_on,
        seq=int(last) + 1,
        point_id=row[11],
        period=row[2],
        value=None if row[3] is None else value,
        usage=usage,
        days=row[5],
        kind=row[6],
        source=row[7],
        status=status,
        held_code=held,
        rolled=0,
        entered_by=work.actor.name,
        entered_at=work.now,
    )
    return int(last) + 1, status, None if row[3] is None else value, usage


def _next(db: Session, register: int, face: Register, unit: Unit, on: str, seq: int) -> int | None:
    """Bring the following unbilled read's use in step; one held for standing lower goes or comes with it."""
    chain = db.rows(READS.format("?"), [register])
    place = next((n for n, r in enumerate(chain) if (r[1], r[2]) > (on, seq)), None)
    if place is None:
        return None
    row, prev = chain[place], chain[place - 1] if place else None
    if row[10] == "billed":
        return int(row[6]) if row[6] is not None else None
    return _place(db, row, prev, face, unit, row[:3] in _confirmed(db, [register]))


def _place(db: Session, row: Row, prev: Row | None, face: Register, unit: Unit, confirmed: bool) -> int | None:
    """Write an unbilled read as it stands against the read before it now; its use. What holds it goes or comes."""
    usage: int | None = row[6]
    days, status, held = row[7], row[10], row[11]
    if row[5] is None:  # use without a value is measured by nothing
        return usage
    found = face.between(prev[5] if prev else None, row[5], unit, row[8], bool(row[12]), confirmed)
    if prev is not None and row[8] not in RESTART:
        days = days_between(prev[1], row[1])
    if found.hold is not None:
        status, held = "held", found.hold
    elif status == "held" and held == BELOW:
        status, held = "released", None
    if prev is None or prev[5] is not None or status == "held":
        usage = found.units
    now = {"usage": usage, "days": days, "status": status, "held_code": held, "rolled": int(found.rolled)}
    if tuple(now.values()) != (row[6], row[7], row[10], row[11], row[12]):
        _set(db, row[0], row[1], row[2], **now)
    return usage


def reason(text: str) -> str:
    """A reason as it is kept: cleaned, 500 characters at most; refused where nothing of it is left."""
    kept = clean_text(text, 500).strip()
    if len(kept) < 3:
        raise Refused("the reason is missing", rule="decisions have their reason", cure="say why in a few words")
    return kept

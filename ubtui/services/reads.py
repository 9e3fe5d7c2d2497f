"""Reads: the rows under judgement kept beside them, and the review of an unbilled read."""

from __future__ import annotations

from collections.abc import Sequence
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
from ubtui.domain.register import Register
from ubtui.domain.volume import Unit
from ubtui.services.summaries import CHUNK, READS, RESTART, SUMMARY, days_between, faces, judged, summarise

__all__ = [
    "CHUNK",
    "HELD_BELOW",
    "HELD_OVER",
    "SUMMARY",
    "Review",
    "Reviewed",
    "faces",
    "judged",
    "released",
    "review",
    "summarise",
]

HELD_BELOW, HELD_OVER = "below-previous", "over-limit"
CLEARS = {HELD_BELOW: ("R09", "R10"), HELD_OVER: ("R06",)}
"""What holds a read, and the codes whose review lets it go; any other hold goes with any review."""

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
    summarise(db, [r[0] for r in db.rows("SELECT DISTINCT register_id FROM read WHERE batch_id = ?", [batch_id])])
    moved = medians(db, work.now)
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
    work.full_refresh = run(db, work.today, work.now, subjects, by="import.release", actor=work.actor.name)


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
    work.db.insert(
        ReadReview,
        register_id=register,
        read_on=form.read_on,
        seq=seq,
        code=form.code,
        decision=form.decision,
        reason=form.reason,
        by_staff=work.actor.name,
        at=work.now,
    )
    face, unit = faces(work.db, {register: row[11]})[register]
    before = {"status": status, "value": value, "usage": usage}
    if form.decision == "confirmed":
        if status == "held" and form.code in CLEARS.get(row[9] or "", (form.code,)):
            status = "released"
            usage = max(0, usage or 0) if usage is not None or prev is None else _use(face, unit, prev, value)
        _set(work.db, register, row[15], seq, status=status, usage=None if usage is None else max(0, usage))
        usage = None if usage is None else max(0, usage)
    elif form.decision == "rollover":
        if prev is None or prev[5] is None or value is None or value >= prev[5]:
            raise Refused(
                "the counter did not pass zero: the read is not below the one before",
                rule="one rollover a period",
                cure="confirm, correct or void it",
            )
        status, usage = "released", face.usage(prev[5], value, unit, rolled=True)
        _set(work.db, register, row[15], seq, status=status, usage=usage, rolled=1)
    else:
        _set(work.db, register, row[15], seq, status="void")
        status, usage, value = "void", None, None
        if form.decision == "corrected":
            seq, status, value, usage = _corrected(work, form, row, prev, face, unit)
    follower = _next(work.db, register, face, unit, row[15], seq)
    summarise(work.db, [register])
    work.touch("point", form.point)
    work.fact(point=form.point, read_on=form.read_on.isoformat(), code=form.code, decision=form.decision)
    work.detail(before=before, after={"status": status, "value": value, "usage": usage}, reason=form.reason)
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


def _use(face: Register, unit: Unit, prev: Row | None, value: int | None) -> int | None:
    if prev is None or prev[5] is None or value is None:
        return None
    return max(0, face.usage(prev[5], value, unit))


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
    status, held, usage = "released", None, value if row[3] is None else None
    if row[3] is not None and prev is not None and prev[5] is not None:
        usage = face.usage(prev[5], value, unit)
        if usage < 0 or value < prev[5]:
            status, held, usage = "held", HELD_BELOW, None
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
    if row[5] is None or row[8] in RESTART or row[10] == "billed" or prev is None or prev[5] is None:
        return int(row[6]) if row[6] is not None else None
    if row[5] < prev[5] and not row[12]:
        _set(db, register, row[1], row[2], status="held", held_code=HELD_BELOW, usage=None)
        return None
    rolled = bool(row[12]) and row[5] < prev[5]
    usage = face.usage(prev[5], row[5], unit, rolled=rolled)
    free = row[10] == "held" and row[11] == HELD_BELOW
    _set(
        db, register, row[1], row[2], status="released" if free else row[10], usage=usage, rolled=int(rolled),
        days=days_between(prev[1], row[1]),
    )  # fmt: skip
    return usage

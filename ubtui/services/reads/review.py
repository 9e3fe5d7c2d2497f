"""The review of an unbilled read: confirm, correct, take as a rollover, void; two reads changed for each other."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Protocol

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.session import Row
from ubtui.detectors.readings.summaries import CLEARS, READS, faces, summarise
from ubtui.detectors.registry import CODES
from ubtui.domain.holds import PRIOR
from ubtui.domain.register import BELOW, Register, Use, below, carried
from ubtui.domain.volume import Unit
from ubtui.services.reads.entering import Enter, enter
from ubtui.services.reads.placing import (
    add,
    billable,
    decided,
    follow,
    measured,
    reason,
    settled,
    stands,
    step,
    write,
)


class Which(Protocol):
    """A form that names a read."""

    @property
    def point(self) -> str: ...
    @property
    def read_on(self) -> date: ...
    @property
    def seq(self) -> int: ...
    @property
    def meter(self) -> str: ...
    @property
    def register(self) -> int: ...


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
    " r.rolled, r.point_id, m.maker, m.serial, g.n, r.read_on, r.trouble_code"
    " FROM live_point p JOIN install i ON i.point_id = p.id"
    " JOIN register g ON g.meter_id = i.meter_id JOIN meter m ON m.id = g.meter_id"
    " JOIN live_read r ON r.register_id = g.id AND r.point_id = p.id WHERE p.number = ? AND r.read_on = ? AND r.seq = ?"
)


@act("read.review")
def review(work: Work, form: Review) -> Reviewed:
    """Confirm, correct, take as a rollover or void an unbilled read; its use and the next read's follow.

    A confirmed read below its previous bills no use; what was billed too much before is an adjustment's matter. What
    held the read lets it go by this; where another kind finds it too, that one holds it from then on.
    """
    why = reason(form.reason)
    row = the_read(work, form)
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
    if form.code == PRIOR and form.decision in ("confirmed", "rollover") and prev is not None and prev[10] == "held":
        raise Refused(f"the read of {prev[1]} before it is held", rule=PRIOR, cure="decide that one first")
    face, unit = faces(work.db, {register: row[11]})[register]
    before = {"status": status, "value": value, "usage": usage}
    if form.decision == "confirmed":
        status, usage = _as_read(form, row, prev, face, unit)
        # Of a read below the one before, to confirm is to say that the counter did not pass zero.
        rolled = 0 if form.code in CLEARS[BELOW] else row[10]
        held = row[9] if status == "held" else None
        write(work.db, register, row[15], seq, status=status, usage=usage, rolled=rolled, held_code=held)
    elif form.decision == "rollover":
        if prev is None or not below(prev[5], value):
            raise Refused(
                "the counter did not pass zero: the read is not below the one before",
                rule="one rollover a period",
                cure="confirm, correct or void it",
            )
        past_zero = face.between(prev[5], value, unit, rolled=True, carry=carried(prev[14]))
        status, usage = "released", billable(past_zero.units)
        write(work.db, register, row[15], seq, status=status, usage=usage, rolled=1, held_code=None)
    else:
        write(work.db, register, row[15], seq, status="void")
        status, usage, value = "void", None, None
        if form.decision == "corrected":
            seq, status, value, usage = _corrected(work, form, row, prev, face, unit)
    if usage is not None and form.decision != "confirmed" and step(work.db, register, row[15]):
        usage = stands(work.db, register, row[15], seq)
    decided(work, (register, row[15], form.seq), form.code, form.decision, why, usage)
    follower = follow(work.db, register, face, unit, row[15], seq)
    summarise(work.db, [register])
    if status != "void":
        status, _ = settled(work, form.point, register, row[15], seq)
    work.touch("point", form.point)
    work.fact(point=form.point, read_on=form.read_on.isoformat(), code=form.code, decision=form.decision)
    work.detail(before=before, after={"status": status, "value": value, "usage": usage}, reason=why)
    return Reviewed(form.point, form.read_on, seq, form.decision, status, value, usage, follower)


def the_read(work: Work, form: Which) -> Row:
    """The one read that a form names, in columns of `_FIND`; Refused where there is none or more than one."""
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
    before, carry = prev[5] if prev else None, carried(prev[14] if prev else None)
    if form.code in CLEARS[BELOW] and past_zero:
        past_zero, usage = False, billable(face.between(before, value, unit, kind, False, True, carry).units)
    if form.code in CLEARS[BELOW] and status != "held" and not below(before, value, kind):
        raise Refused("the read is not below the one before", rule="read review", cure="nothing to do")
    if status == "held" and form.code in CLEARS.get(held or "", (form.code,)):
        status = "released"
        if usage is None and value is not None:
            found = face.between(before, value, unit, kind, past_zero, True, carry)
            usage = billable(found.units) if found.hold else found.units
    return status, None if usage is None else max(0, usage)


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
    found = Use(billable(value)) if row[3] is None else measured(face, unit, prev, value, row[6])
    like = (row[0], row[15], row[1], row[11], row[2], row[3], row[4], row[5], row[6], row[7])
    kept = None if row[3] is None else value
    seq = add(work, like, row[15], kept, found, days=row[5], trouble_code=row[16])
    return seq, "held" if found.hold else "released", kept, found.units


class Swap(Form, frozen=True, kw_only=True):
    """Two points whose reads were written down for each other, or a read that was written down for another point."""

    point: Annotated[str, msgspec.Meta(description="service point, SP-00012")]
    read_on: Annotated[date, msgspec.Meta(description="day of its read")]
    seq: Annotated[int, msgspec.Meta(description="number of the read on its day")] = 1
    other: Annotated[str, msgspec.Meta(description="the point whose read this is")]
    code: Annotated[str, msgspec.Meta(description="worklist code that is decided")] = "R09"
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


class Swapped(msgspec.Struct, frozen=True):
    """Both reads as they are now."""

    one: Reviewed
    other: Reviewed


@act("read.swap")
def swap(work: Work, form: Swap) -> Swapped:
    """Give each of two points the value that was written down for the other, in the same period; both unbilled.

    Where the other has no read of the period, it gets this one, and here none stays: this meter is still to be read.
    """
    one = Review(
        point=form.point, read_on=form.read_on, seq=form.seq, code=form.code, decision="confirmed", reason=form.reason
    )
    row = the_read(work, one)
    others = work.db.rows(
        "SELECT DISTINCT r.read_on, r.seq, r.value FROM read_summary r JOIN live_point p ON p.id = r.point_id"
        " WHERE p.number = ? AND r.period = ? AND r.kind = 'regular' AND r.value IS NOT NULL",
        [form.other, row[2]],
    )
    if form.other != form.point and not others and row[3] is not None:
        return _moved(work, form, row)
    if form.other == form.point or len(others) != 1 or row[3] is None:
        raise Refused(
            f"{form.other} has no one read of {row[2]} to change for", rule="read review", cure="correct each by itself"
        )
    on, seq, value = others[0]
    both = (
        Review(
            point=form.point, read_on=form.read_on, seq=form.seq, code=form.code, decision="corrected", value=value,
            reason=form.reason,
        ),
        Review(
            point=form.other, read_on=date.fromisoformat(on), seq=seq, code=form.code, decision="corrected",
            value=row[3], reason=form.reason,
        ),
    )  # fmt: skip
    done = [review(work, each) for each in both]
    work.fact(point=form.point, other=form.other)
    work.detail(before={form.point: row[3], form.other: value}, after={form.point: value, form.other: row[3]})
    return Swapped(done[0], done[1])


def _moved(work: Work, form: Swap, row: Row) -> Swapped:
    """The read struck here and entered, of the same day, where it was taken."""
    struck = Review(
        point=form.point, read_on=form.read_on, seq=form.seq, code=form.code, decision="void", reason=form.reason
    )
    here = review(work, struck)
    there = enter(
        work,
        Enter(point=form.other, value=row[3], on=form.read_on, by_customer=row[7] == "C", trouble=row[16] or ""),
    )
    work.fact(point=form.point, other=form.other)
    work.detail(before={form.point: row[3]}, after={form.other: row[3]})
    return Swapped(
        here,
        Reviewed(form.other, there.read_on, there.seq, "entered", there.status, there.value, there.usage, None),
    )

"""Several reads put right at once: estimates that were too high, and a route that was read off its days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.session import Row, Session
from ubtui.detectors.readings.summaries import READS, days_between, faces, summarise
from ubtui.domain.estimating import up_to
from ubtui.domain.register import Register
from ubtui.domain.volume import Unit
from ubtui.services.reads.placing import add, confirmed, decided, follow, place, reason, settled, step, write
from ubtui.services.reads.review import the_read


class Cancel(Form, frozen=True, kw_only=True):
    """A read that shows that the unbilled estimates before it were too high."""

    point: Annotated[str, msgspec.Meta(description="service point, SP-00012")]
    read_on: Annotated[date, msgspec.Meta(description="day of the read")]
    seq: Annotated[int, msgspec.Meta(description="number of the read on its day")] = 1
    spread: Annotated[bool, msgspec.Meta(description="yes: the use is shared out over their periods by days")] = True
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]
    meter: Annotated[str, msgspec.Meta(description="maker/serial, where the point has several meters")] = ""
    register: Annotated[int, msgspec.Meta(description="which counter of a compound meter; 0 where there is one")] = 0


class Cancelled(msgspec.Struct, frozen=True):
    """How many estimates were cancelled, and the uses now: of each period shared out, then of the read."""

    point: str
    estimates: int
    usages: list[int | None]
    status: str


@act("read.cancel_estimates")
def cancel_estimates(work: Work, form: Cancel) -> Cancelled:
    """Void the unbilled estimates before a read, and measure it against the last read that stands; their periods get
    their share of its use by days, or none."""
    why = reason(form.reason)
    found = the_read(work, form)
    register = found[0]
    if found[8] in ("billed", "void"):
        raise Refused(
            f"this read is {found[8]}", rule="billed reads are fixed", cure="propose an adjustment of the bill"
        )
    chain = work.db.rows(READS.format("?"), [register])
    end = next(n for n, r in enumerate(chain) if (r[1], r[2]) == (found[15], found[1]))
    begin = end
    while begin and chain[begin - 1][9] == "E" and chain[begin - 1][10] != "billed":
        begin -= 1
    row, base, guesses = chain[end], chain[begin - 1] if begin else None, chain[begin:end]
    if not guesses or base is None or base[5] is None or row[5] is None:
        raise Refused(
            "no unbilled estimate stands before this read", rule="billed reads are fixed",
            cure="confirm the read, which bills nothing, and propose an adjustment of the bill",
        )  # fmt: skip
    if row[5] < base[5]:
        raise Refused(
            f"{row[5]} is below {base[5]} of {base[1]} too", rule="reads", cure="look for another cause, or correct it"
        )
    face, unit = faces(work.db, {register: row[3]})[register]
    since, until = date.fromisoformat(base[1]), date.fromisoformat(row[1])
    for guess in guesses:
        write(work.db, register, guess[1], guess[2], status="void")
        share = base[5] + up_to(row[5] - base[5], since, date.fromisoformat(guess[1]), until)
        decided(work, guess, "R11", "corrected" if form.spread else "void", why, None)
        if form.spread:  # its use is written below, measured as any other
            add(work, guess, guess[1], share, face.between(None, None, unit))
    uses = _measured(work.db, register, face, unit, base, row)
    follow(work.db, register, face, unit, row[1], row[2])
    summarise(work.db, [register])
    status, _ = settled(work, form.point, register, row[1], row[2])
    work.touch("point", form.point)
    work.fact(point=form.point, read_on=row[1], estimates=len(guesses))
    work.detail(reason=why, before=[g[5] for g in guesses], usages=uses)
    return Cancelled(form.point, len(guesses), uses, status)


def _measured(db: Session, register: int, face: Register, unit: Unit, base: Row, last: Row) -> list[int | None]:
    """Measure each read after `base` up to `last` against the one before; their uses."""
    right, prev, uses = confirmed(db, [register]), base, []
    for row in db.rows(READS.format("?"), [register]):
        if base[1:3] < row[1:3] <= last[1:3]:
            uses.append(place(db, row, prev, face, unit, row[:3] in right))
            prev = row
    if step(db, register, base[1]):
        between = (row for row in db.rows(READS.format("?"), [register]) if base[1:3] < row[1:3] <= last[1:3])
        uses = [row[6] for row in between]
    return uses


class Days(Form, frozen=True, kw_only=True):
    """A route that was read early or late: its days are right, or the file said a wrong day."""

    route: Annotated[str, msgspec.Meta(description="route code")]
    period: Annotated[str, msgspec.Meta(description="read window, B2/2026-11")]
    decision: Annotated[Literal["confirmed", "corrected"], msgspec.Meta(description="confirmed or corrected")]
    was: Annotated[date | None, msgspec.Meta(description="the wrong day, when corrected")] = None
    right: Annotated[date | None, msgspec.Meta(description="the right day, when corrected")] = None
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


class Dated(msgspec.Struct, frozen=True):
    """How many reads were decided."""

    route: str
    period: str
    decision: str
    reads: int


_OF_ROUTE = (
    "SELECT r.register_id, r.read_on, r.seq, r.usage, p.number FROM route t JOIN service_point p ON p.route_id = t.id"
    " JOIN read_summary r ON r.point_id = p.id WHERE t.code = ? AND r.period = ? AND r.newest = 1"
    " AND r.kind = 'regular' AND r.status <> 'billed' ORDER BY p.sequence, p.number, r.register_id"
)


@act("read.days")
def days(work: Work, form: Days) -> Dated:
    """Confirm the days between the reads of a route and period, or move those of one wrong day to the right one."""
    why = reason(form.reason)
    rows = work.db.rows(_OF_ROUTE, [form.route, form.period])
    if form.decision == "corrected":
        if form.was is None or form.right is None or form.was == form.right or form.right > work.today:
            raise Refused(
                "a correction needs the wrong day and the right one", rule="reads", cure="give both, by today"
            )
        rows = [row for row in rows if row[1] == form.was.isoformat()]
    elif form.was or form.right:
        raise Refused("days go with a correction, and only with it", rule="reads", cure="leave them empty")
    if not rows:
        raise Refused(
            f"route {form.route} has no unbilled read of {form.period}" + (f" on {form.was}" if form.was else ""),
            rule="reads", cure="check route, period and day",
        )  # fmt: skip
    for register, on, seq, usage, point in rows:
        if form.right is None:
            decided(work, (register, on, seq), "R16", "confirmed", why, usage)
        else:
            _moved(work, register, on, seq, form.right.isoformat(), why, point)
        work.touch("point", point)
    summarise(work.db, [row[0] for row in rows])
    work.fact(route=form.route, period=form.period, reads=len(rows), decision=form.decision)
    work.detail(reason=why, was=form.was, right=form.right)
    return Dated(form.route, form.period, form.decision, len(rows))


def _moved(work: Work, register: int, on: str, seq: int, right: str, why: str, point: str) -> None:
    """Put a read on its right day: the wrong one void, the same value anew, days measured again."""
    chain = work.db.rows(READS.format("?"), [register])
    at = next(n for n, r in enumerate(chain) if (r[1], r[2]) == (on, seq))
    row, prev = chain[at], chain[at - 1] if at else None
    after = chain[at + 1] if at + 1 < len(chain) else None
    if (prev is not None and right <= prev[1]) or (after is not None and right >= after[1]):
        raise Refused(
            f"{point} has a read of {prev[1] if prev and right <= prev[1] else after and after[1]}", rule="reads",
            cure="give a day between its neighbours",
        )  # fmt: skip
    face, unit = faces(work.db, {register: row[3]})[register]
    write(work.db, register, on, seq, status="void")
    decided(work, row, "R16", "corrected", why, row[6])
    keep = {"status": row[10], "held_code": row[11], "rolled": row[12], "usage": row[6], "trouble_code": row[13]}
    days = days_between(prev[1], right) if prev is not None else row[7]
    made = add(work, row, right, row[5], face.between(None, None, unit), **keep, days=days)
    follow(work.db, register, face, unit, right, made)

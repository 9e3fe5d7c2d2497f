"""What the face of a register says, put right before a bill has used it."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Annotated

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.makers import spellings
from ubtui.detectors.readings.summaries import READS, faces, summarise
from ubtui.domain.errors import BadValue
from ubtui.domain.register import parse_multiplier
from ubtui.domain.volume import Unit
from ubtui.services import points
from ubtui.services.reads import reason
from ubtui.services.reads.carrying import confirmed
from ubtui.services.reads.placing import place, step


class Face(Form, frozen=True, kw_only=True):
    """The face of a meter's register as it really is; what is left empty stays."""

    meter: Annotated[str, msgspec.Meta(description="maker/serial, badger/12345678")]
    register: Annotated[int, msgspec.Meta(ge=1, description="which counter of a compound meter")] = 1
    dials: Annotated[Annotated[int, msgspec.Meta(ge=3, le=12)] | None, msgspec.Meta(description="turning digits")] = (
        None
    )
    fixed_zeros: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=6)] | None, msgspec.Meta(description="painted zeros")
    ] = None
    multiplier: Annotated[str, msgspec.Meta(description="counts times this: 10, 1/10", max_length=20)] = ""
    unit: Annotated[str, msgspec.Meta(description="unit of one count: ccf, cf, gal", max_length=20)] = ""
    reason: Annotated[str, msgspec.Meta(description="who looked, and when", min_length=3, max_length=500)]


class Faced(msgspec.Struct, frozen=True):
    """What the register counts now, and the uses of its reads before and after."""

    meter: str
    was: str
    now: str
    reads: int
    usage_before: int
    usage: int


_FIND = (
    "SELECT g.id, i.point_id, p.number, g.dials, g.fixed_zeros, g.mult_num, g.mult_den, g.unit FROM meter m"
    " JOIN live_install i ON i.meter_id = m.id JOIN register g ON g.meter_id = m.id"
    " JOIN live_point p ON p.id = i.point_id WHERE m.serial = ? AND m.maker{} AND g.n = ?"
    " ORDER BY i.off_date IS NOT NULL, i.on_date DESC, i.id DESC LIMIT 1"
)


@act("meter.face")
def face(work: Work, form: Face) -> Faced:
    """Put a register's dials, zeros, multiplier or unit right; its reads are measured anew, and none may be billed."""
    why = reason(form.reason)
    maker, _, serial = form.meter.strip().partition("/")
    made, makers = spellings(work.db, maker, serial)
    found = work.db.one(_FIND.format(made), [serial, *makers, form.register])
    if found is None:
        raise Refused(f"no meter {form.meter[:60]} hangs anywhere", rule="meters", cure="give maker/serial")
    id, point, number, *stood = found
    billed = work.db.one(
        "SELECT read_on FROM read WHERE register_id = ? AND status = 'billed' ORDER BY read_on DESC LIMIT 1", [id]
    )
    if billed is not None:
        raise Refused(
            f"the read of {billed[0]} is billed by this face", rule="billed reads are fixed",
            cure="propose an adjustment; for what comes, exchange the meter in the record on the day it was found",
        )  # fmt: skip
    now = _wanted(form, stood)
    if now == tuple(stood):
        raise Refused("that is the face it has", rule="register face", cure="give what differs")
    chain = work.db.rows(READS.format("?"), [id])
    no = next((row for row in chain if row[5] is not None and row[5] >= 10 ** now[0]), None)
    if no is not None:
        raise Refused(
            f"{no[5]} of {no[1]} does not fit {now[0]} dials", rule="register face", cure="count the turning digits"
        )
    before = sum(row[6] or 0 for row in chain)
    work.db.run(
        "UPDATE register SET dials = ?, fixed_zeros = ?, mult_num = ?, mult_den = ?, unit = ? WHERE id = ?", [*now, id]
    )
    dial, unit = faces(work.db, {id: point})[id]
    right = confirmed(work.db, [id])
    for prev, row in pairwise(chain):
        place(work.db, row, prev, dial, unit, row[:3] in right)
    if chain:
        step(work.db, id, chain[0][1])
    summarise(work.db, [id])
    after = sum(row[6] or 0 for row in work.db.rows(READS.format("?"), [id]))
    points.touch(work, number)
    work.touch("meter", form.meter.strip())
    work.fact(meter=form.meter.strip(), register=form.register)
    work.detail(reason=why, before=told(*stood), after=told(*now), usage_before=before, usage=after)
    return Faced(form.meter.strip(), told(*stood), told(*now), len(chain), before, after)


def _wanted(form: Face, stood: list[object]) -> tuple[int, int, int, int, str]:
    dials, zeros, num, den, unit = stood
    try:
        times = parse_multiplier(form.multiplier) if form.multiplier.strip() else Fraction(int(str(num)), int(str(den)))
        counted = str(Unit.parse(form.unit)) if form.unit.strip() else str(unit)
    except BadValue as exc:
        raise Refused(f"the face: {exc}", rule="register face", cure="take it from the dial") from exc
    return (
        int(str(dials)) if form.dials is None else form.dials,
        int(str(zeros)) if form.fixed_zeros is None else form.fixed_zeros,
        times.numerator, times.denominator, counted,
    )  # fmt: skip


def told(dials: int, zeros: int, num: int, den: int, unit: str) -> str:
    """A face in words: `6 dials, ccf`; `5 dials, 10 gal`."""
    each = Fraction(num, den) * 10**zeros
    return f"{dials} dials, {f'{each} ' if each != 1 else ''}{unit}"

"""Meters that were bought and wait in the store: an exchange takes them as they are written down here."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.makers import spellings
from ubtui.db.models.record import Meter, Register
from ubtui.domain.errors import BadValue
from ubtui.domain.register import parse_multiplier
from ubtui.domain.sizes import inches
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit


class Stock(Form, frozen=True, kw_only=True):
    """A meter that was bought, with the face of its register."""

    maker: Annotated[str, msgspec.Meta(description="its maker", min_length=1, max_length=40)]
    serial: Annotated[str, msgspec.Meta(description="its serial", min_length=1, max_length=40)]
    size: Annotated[str, msgspec.Meta(description="its size in inches: 5/8, 1-1/2", max_length=20)]
    dials: Annotated[int, msgspec.Meta(description="turning digits", ge=3, le=12)]
    unit: Annotated[str, msgspec.Meta(description="unit of one count: ccf, cf, gal", max_length=20)]
    multiplier: Annotated[str, msgspec.Meta(description="counts times this: 10, 1/10", max_length=20)] = "1"
    fixed_zeros: Annotated[int, msgspec.Meta(description="painted zeros", ge=0, le=6)] = 0
    model: Annotated[str, msgspec.Meta(description="its model", max_length=40)] = ""
    bought_on: Annotated[date | None, msgspec.Meta(description="day it was bought; today unless given")] = None


class Stocked(msgspec.Struct, frozen=True):
    """The meter, its size and its face."""

    meter: str
    size: str
    face: str
    bought_on: date


@act("meter.stock")
def stock(work: Work, form: Stock) -> Stocked:
    """Write a bought meter down, once by maker and serial; it waits in the store until an exchange sets it."""
    maker, serial, model = (" ".join(clean_text(text, 40).split()) for text in (form.maker, form.serial, form.model))
    if not maker or not serial or "/" in maker:
        raise Refused("maker and serial name a meter", rule="meters", cure="take them from its plate")
    made, makers = spellings(work.db, maker, serial)
    known = work.db.value(
        f"SELECT COUNT(*) FROM meter WHERE serial = ? AND maker{made} AND placeholder = 0", [serial, *makers]
    )
    if known:
        raise Refused(f"{maker}/{serial} is here already", rule="one meter, one serial", cure="see ubtui meter life")
    if inches(form.size) is None:
        raise Refused(f"{form.size!r} is no meter size", rule="meters", cure="write inches: 5/8, 1, 1-1/2")
    on = form.bought_on or work.today
    if on > work.today:
        raise Refused(f"{on} is still to come", rule="meters", cure="give today or a day before")
    try:
        times, unit = parse_multiplier(form.multiplier), str(Unit.parse(form.unit))
    except BadValue as exc:
        raise Refused(f"the face: {exc}", rule="register face", cure="take it from the dial") from exc
    size = clean_text(form.size, 20).strip()
    meter = work.db.insert(Meter, maker=maker, serial=serial, size=size, bought_on=on)
    if model:  # `model` is a word of insert's own
        work.db.run("UPDATE meter SET model = ? WHERE id = ?", [model, meter])
    work.db.insert(
        Register, meter_id=meter, n=1, dials=form.dials, fixed_zeros=form.fixed_zeros, mult_num=times.numerator,
        mult_den=times.denominator, unit=unit,
    )  # fmt: skip
    work.touch("meter", f"{maker}/{serial}")
    work.fact(meter=f"{maker}/{serial}", bought_on=on.isoformat())
    zeros = f", {form.fixed_zeros} fixed zeros" if form.fixed_zeros else ""
    face = f"{form.dials} dials{zeros}{'' if times == 1 else f' × {times}'} {unit}"
    return Stocked(f"{maker}/{serial}", size, face, on)

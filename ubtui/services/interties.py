"""Interties: which points they are, what the other agency states of each period, and what both agreed on."""

from __future__ import annotations

import re
from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated, Final

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models.connections import Intertie, IntertieStatement
from ubtui.detectors.readings.interties import MICRO, Delivery, decimal_of, deliveries
from ubtui.domain.errors import BadValue
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit
from ubtui.services import points
from ubtui.services.points import Point, Reason
from ubtui.services.reads import reason

_QUANTITY: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?", re.ASCII)
_ALL: Final = 366 * 100
Quantity = Annotated[str, msgspec.Meta(description="water of the period, as 12.345", max_length=20)]
Measure = Annotated[str, msgspec.Meta(description="its unit: af, ccf, kgal; empty: the agency's", max_length=20)]
Period = Annotated[str, msgspec.Meta(description="our period, M1/2026-11; empty: the newest we read", max_length=30)]
Shown = Annotated[Annotated[int, msgspec.Meta(ge=0, lt=10**12)] | None, msgspec.Meta(description="their meter's read")]


class Set(Form, frozen=True, kw_only=True):
    """A service point where water passes to or from another agency."""

    point: Point
    agency: Annotated[str, msgspec.Meta(description="the other agency", min_length=2, max_length=120)]
    unit: Annotated[str, msgspec.Meta(description="the unit of its statements: af, ccf, kgal", max_length=20)] = "af"
    from_on: Annotated[date | None, msgspec.Meta(description="reads after this day count; empty: today")] = None


class Tie(msgspec.Struct, frozen=True):
    """An intertie."""

    point: str
    agency: str
    unit: str
    from_on: date
    to_on: date | None


@act("intertie.set")
def set_intertie(work: Work, form: Set) -> Tie:
    """Say that a point is an intertie, with whom and in which unit; said again it puts that right."""
    point, unit = points.found(work, form.point), _unit(form.unit, "")
    agency, since = clean_text(form.agency, 120).strip(), form.from_on or work.today
    if len(agency) < 2:
        raise Refused("no agency is named", rule="interties", cure="name it")
    if since > work.today:
        raise Refused(f"{since} is still to come", rule="interties", cure="give today or a day before")
    if work.db.value("SELECT 1 FROM intertie WHERE point_id = ?", [point[0]]) is None:
        work.db.insert(Intertie, point_id=point[0], agency=agency, unit=unit.value, from_on=since)
    else:
        work.db.run(
            "UPDATE intertie SET agency = ?, unit = ?, from_on = ?, to_on = NULL, version = version + 1"
            " WHERE point_id = ?",
            [agency, unit.value, since.isoformat(), point[0]],
        )
    return _done(work, form.point)


class End(Form, frozen=True, kw_only=True):
    """An intertie that is none any more."""

    point: Point
    to_on: Annotated[date, msgspec.Meta(description="its last day")]
    reason: Reason


@act("intertie.end")
def end(work: Work, form: End) -> Tie:
    """End an intertie: what is read after that day has no statement."""
    point, why = _tied(work, form.point), reason(form.reason)
    tie = interties(work, form.point)[0]
    if not tie.from_on <= form.to_on <= work.today:
        raise Refused(f"it runs since {tie.from_on}", rule="interties", cure=f"give a day up to {work.today}")
    work.db.run(
        "UPDATE intertie SET to_on = ?, version = version + 1 WHERE point_id = ?", [form.to_on.isoformat(), point]
    )
    work.detail(reason=why)
    return _done(work, form.point)


class Statement(Form, frozen=True, kw_only=True):
    """What the other agency states of a period."""

    point: Point
    period: Period = ""
    quantity: Quantity
    unit: Measure = ""
    begin: Shown = None
    end: Shown = None
    stated_on: Annotated[date | None, msgspec.Meta(description="the day it came; empty: today")] = None
    source: Annotated[str, msgspec.Meta(description="its number, or who said it", max_length=120)] = "statement"


class Agree(Form, frozen=True, kw_only=True):
    """Both agencies stand by one figure of a period."""

    point: Point
    period: Period = ""
    quantity: Quantity
    unit: Measure = ""
    reason: Reason


class Delivered(msgspec.Struct, frozen=True):
    """A period of an intertie: our water and theirs in the agency's unit, and the percent between them."""

    point: str
    agency: str
    period: str
    read_on: date
    ours_billing: int | None
    ours: str | None
    theirs: str | None
    unit: str
    percent: str | None
    state: str
    stated_on: date | None
    estimated: bool


@act("intertie.statement")
def statement(work: Work, form: Statement) -> Delivered:
    """Keep a statement as it came; a corrected one stands in the place of the one before, which is kept too."""
    if form.begin is not None and form.end is not None and form.end < form.begin:
        raise Refused(f"{form.end} is below {form.begin}", rule="interties", cure="give its reads in their order")
    on = form.stated_on or work.today
    if on > work.today:
        raise Refused(f"{on} is still to come", rule="interties", cure="give today or a day before")
    return _said(
        work, form.point, form.period, form.quantity, form.unit, "stated", on, form.source, form.begin, form.end
    )


@act("intertie.agree")
def agree(work: Work, form: Agree) -> Delivered:
    """Write down the figure of a period that both agencies stand by: it is not compared any more."""
    why = reason(form.reason)
    work.detail(reason=why)
    return _said(work, form.point, form.period, form.quantity, form.unit, "agreed", work.today, why)


def interties(look: Look, point: str = "") -> tuple[Tie, ...]:
    """Interties in order of their points, or the one at a point."""
    only, values = (" WHERE p.number = ?", [point]) if point else ("", [])
    return tuple(
        Tie(
            row[0],
            clean_text(row[1]),
            row[2],
            date.fromisoformat(row[3]),
            date.fromisoformat(row[4]) if row[4] else None,
        )
        for row in look.db.rows(
            "SELECT p.number, t.agency, t.unit, t.from_on, t.to_on FROM intertie t JOIN service_point p"
            f" ON p.id = t.point_id{only} ORDER BY p.number",
            values,
        )
    )


def log(look: Look, point: str = "", back: int = _ALL) -> tuple[Delivered, ...]:
    """The delivery log: every period of the last `back` days of an intertie, or of all of them."""
    since = date.fromordinal(max(1, (look.today - timedelta(days=min(back, _ALL))).toordinal()))
    found = deliveries(look.db, look.district.billing_unit, since, [point] if point else None)
    return tuple(_shown(each) for each in found)


def _shown(d: Delivery) -> Delivered:
    state = "agreed" if d.agreed else "stated" if d.theirs is not None else "missing"
    return Delivered(
        d.point, clean_text(d.agency), d.period, d.read_on, d.ours, decimal_of(d.own()), decimal_of(d.theirs),
        d.unit.value, decimal_of(d.variance()), state, d.stated_on, d.estimated,
    )  # fmt: skip


def _said(
    work: Work, point: str, period: str, quantity: str, unit: str, kind: str, on: date, source: str,
    begin: int | None = None, end: int | None = None,
) -> Delivered:  # fmt: skip
    point_id, known = _tied(work, point), log(work, point)
    if not _QUANTITY.fullmatch(quantity.strip()):
        raise Refused(
            f"{quantity[:20]!r} is no quantity", rule="interties", cure="write it as 12.345, at most six decimals",
            bad_input=True,
        )  # fmt: skip
    meant = next((each for each in reversed(known) if period.strip() in ("", each.period)), None)
    if meant is None:
        periods = ", ".join(each.period for each in known[-3:])
        raise Refused(
            f"we read nothing of {period or 'it'} at {point}", rule="a statement stands beside our read",
            cure=f"name one of {periods}" if periods else "enter our read first",
        )  # fmt: skip
    work.db.insert(
        IntertieStatement, point_id=point_id, period=meant.period, kind=kind,
        micro=int(Fraction(quantity.strip()) * MICRO), unit=_unit(unit, interties(work, point)[0].unit).value,
        begin_value=begin, end_value=end, stated_on=on, source=clean_text(source, 500).strip() or kind,
        entered_by=work.actor.name, entered_at=work.now,
    )  # fmt: skip
    points.touch(work, point)
    work.fact(point=point, period=meant.period, kind=kind)
    return next(each for each in log(work, point) if each.period == meant.period)


def _unit(text: str, otherwise: str) -> Unit:
    try:
        return Unit.parse(text.strip() or otherwise)
    except BadValue as exc:
        raise Refused(str(exc), rule="units", cure="write af, ccf or kgal", bad_input=True) from exc


def _tied(work: Work, point: str) -> int:
    found = points.found(work, point)
    if work.db.value("SELECT 1 FROM intertie WHERE point_id = ?", [found[0]]) is None:
        raise Refused(f"{point} is no intertie", rule="interties", cure="say so first: ubtui intertie set")
    return int(found[0])


def _done(work: Work, point: str) -> Tie:
    made = interties(work, point)[0]
    points.touch(work, point)
    work.fact(point=point, unit=made.unit)
    work.detail(agency=made.agency)
    return made

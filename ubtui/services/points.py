"""Service points: taking a seal off, putting a point back into service, letting a service rest by season."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.record import Seal, Service, ServicePoint
from ubtui.db.session import Row
from ubtui.domain.numbers import format_account, parse_account
from ubtui.services.reads import reason

Point = Annotated[str, msgspec.Meta(description="service point, SP-00012")]
Reason = Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


class Remove(Form, frozen=True, kw_only=True):
    """A seal comes off a service point."""

    point: Point
    removed_on: Annotated[date, msgspec.Meta(description="day on which it came off or was found off")]
    value: Annotated[Annotated[int, msgspec.Meta(ge=0)] | None, msgspec.Meta(description="read of that day")] = None
    number: Annotated[str, msgspec.Meta(description="number of the seal, where several are on")] = ""
    reason: Reason


class Removed(msgspec.Struct, frozen=True):
    """The seal that came off and where it hung."""

    point: str
    seal: str
    removed_on: date


@act("seal.remove")
def remove(work: Work, form: Remove) -> Removed:
    """Take a seal off: from that day the point is unlocked and its service bills in full.

    Lock, reason and rate of the seal stay as they were while it was on.
    """
    point, why = _point(work, form.point), reason(form.reason)
    if form.value is not None and not 0 <= form.value < 10**12:
        raise Refused(f"{form.value} is no read of a meter", rule="seals", cure="read the turning digits only")
    seals = work.db.rows(
        "SELECT id, number, placed_on, version, placed_value FROM seal WHERE point_id = ? AND removed_on IS NULL"
        " ORDER BY placed_on",
        [point[0]],
    )
    seals = [row for row in seals if form.number in ("", row[1])]
    if not seals:
        raise Refused(
            f"{form.point} has no seal {form.number}".rstrip() + " on it", rule="seals", cure="see its meter card"
        )
    if len(seals) > 1:
        numbers = ", ".join(row[1] for row in seals)
        raise Refused(f"{form.point} has {len(seals)} seals on: {numbers}", rule="seals", cure="name the one")
    seal, number, placed_on, version, _ = seals[0]
    if not date.fromisoformat(placed_on) <= form.removed_on <= work.today:
        raise Refused(
            f"seal {number} was placed on {placed_on}",
            rule="seals",
            cure=f"give a day from then up to {work.today}",
        )
    work.db.update(Seal, seal, version, removed_on=form.removed_on, removed_value=form.value, removed_reason=why)
    work.touch("point", form.point)
    work.fact(point=form.point, seal=number, removed_on=form.removed_on.isoformat())
    work.detail(reason=why, value=form.value)
    return Removed(form.point, number, form.removed_on)


class Activate(Form, frozen=True, kw_only=True):
    """A point that nobody is billed for gets a customer."""

    point: Point
    account: Annotated[str, msgspec.Meta(description="account that will be billed, 120440-3")]
    from_on: Annotated[date, msgspec.Meta(description="first day that it is billed for")]
    rate: Annotated[str, msgspec.Meta(description="rate code; empty keeps the last service's rate")] = ""


class Activated(msgspec.Struct, frozen=True):
    """The point and the account now billed for it; `rate` in force."""

    point: str
    account: str
    rate: str


@act("service.activate")
def activate(work: Work, form: Activate) -> Activated:
    """Make an inactive or closed point active, billed to an open account as its last service was."""
    point = _point(work, form.point)
    number = parse_account(form.account)
    account = work.db.one("SELECT id, state, customer_class FROM live_account WHERE number = ?", [number])
    if account is None or account[1] != "active":
        raise Refused(
            f"{form.account} is no open account here", rule="services", cure="use an open account or open one first"
        )
    if point[1] == "active":
        raise Refused(f"{form.point} is active", rule="services", cure="nothing to do")
    if form.from_on > work.today:
        raise Refused(f"{form.from_on} is still to come", rule="services", cure="give today or a day before")
    known = {rate.code for rate in work.district.rates}
    if form.rate and form.rate not in known:
        raise Refused(f"rate {form.rate} is not known", rule="rates", cure=f"use one of {', '.join(sorted(known))}")
    last = work.db.one(
        "SELECT id, account_id, kind, rate_code, unit, customer_class, to_on, version, dwellings, edu_milli, from_on"
        " FROM live_service WHERE point_id = ? ORDER BY to_on IS NULL DESC, from_on DESC, id DESC LIMIT 1",
        [point[0]],
    )
    work.db.update(ServicePoint, point[0], point[2], state="active")
    rate = _served(work, form, point[0], account, last)
    shown = format_account(number)
    work.touch("point", form.point)
    work.touch("account", shown)
    work.fact(point=form.point, account=shown, rate=rate)
    work.detail(before={"state": point[1]}, after={"state": "active", "from_on": form.from_on.isoformat()})
    return Activated(form.point, shown, rate)


def _served(work: Work, form: Activate, point_id: int, account: Row, last: Row | None) -> str:
    """Keep the account's running service, else end another's and begin one like the last; its rate code."""
    if last is not None and last[6] is None:
        if last[1] == account[0] and form.rate in ("", last[3]):
            return str(last[3])
        if date.fromisoformat(last[10]) >= form.from_on:
            raise Refused(f"the point's service runs since {last[10]}", rule="services", cure="give a later first day")
        work.db.update(Service, last[0], last[7], to_on=form.from_on)
        work.touch("account", format_account(work.db.value("SELECT number FROM account WHERE id = ?", [last[1]])))
    if last is None and not form.rate:
        raise Refused("the point was never served", rule="services", cure="name its rate")
    kind, rate, unit, kept, dwellings, edu = (
        (last[2], last[3], last[4], last[5], last[8], last[9])
        if last is not None
        else ("potable", form.rate, work.district.billing_unit, account[2], 1, 1000)
    )
    rate = form.rate or rate
    work.db.insert(
        Service,
        account_id=account[0],
        point_id=point_id,
        kind=kind,
        rate_code=rate,
        unit=unit,
        customer_class=kept,
        dwellings=dwellings,
        edu_milli=edu,
        from_on=form.from_on,
    )
    return str(rate)


class Seasonal(Form, frozen=True, kw_only=True):
    """Whether a point's water service rests for a season."""

    point: Point
    seasonal: Annotated[bool, msgspec.Meta(description="yes if it lawfully rests part of the year")] = True
    reason: Reason


class Resting(msgspec.Struct, frozen=True):
    """The point and whether its services rest by season."""

    point: str
    seasonal: bool


@act("service.seasonal")
def seasonal(work: Work, form: Seasonal) -> Resting:
    """Mark the running services of a point as seasonal, or not: no use is then no trouble."""
    point, why = _point(work, form.point), reason(form.reason)
    running = work.db.rows(
        "SELECT id, version FROM live_service WHERE point_id = ? AND to_on IS NULL AND seasonal <> ?"
        " AND kind IN ('potable', 'irrigation', 'raw', 'recycled')",
        [point[0], int(form.seasonal)],
    )
    if not running:
        raise Refused(
            f"{form.point} has no running service that is not so already", rule="services", cure="see its account"
        )
    for service, version in running:
        work.db.update(Service, service, version, seasonal=int(form.seasonal))
    work.touch("point", form.point)
    work.fact(point=form.point, seasonal=int(form.seasonal))
    work.detail(reason=why)
    return Resting(form.point, form.seasonal)


def _point(work: Work, number: str) -> Row:
    row = work.db.one("SELECT id, state, version FROM live_point WHERE number = ?", [number])
    if row is None:
        raise Refused(f"no service point {number[:40]}", rule="service points", cure="read its number again")
    return row

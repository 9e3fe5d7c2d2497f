"""Service points: put back into service, at which rate, and resting by season."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.record import Service, ServicePoint
from ubtui.db.session import Row
from ubtui.detectors.base import METERED_KINDS
from ubtui.domain.numbers import format_account, parse_account
from ubtui.services.reads import reason

Point = Annotated[str, msgspec.Meta(description="service point, SP-00012")]
Reason = Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


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
    point = found(work, form.point)
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
    touch(work, form.point)
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
    point, why = found(work, form.point), reason(form.reason)
    running = work.db.rows(
        "SELECT id, version FROM live_service WHERE point_id = ? AND to_on IS NULL AND seasonal <> ?"
        f" AND kind IN {METERED_KINDS}",
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


class Rerate(Form, frozen=True, kw_only=True):
    """A point's water service is billed by another rate."""

    point: Point
    rate: Annotated[str, msgspec.Meta(description="rate code from then on")]
    from_on: Annotated[date, msgspec.Meta(description="first day that it is billed by this rate")]
    kind: Annotated[str, msgspec.Meta(description="kind of service, where several run")] = ""
    reason: Reason


class Rerated(msgspec.Struct, frozen=True):
    """The rate before and after."""

    point: str
    before: str
    rate: str
    from_on: date


@act("service.rate")
def rerate(work: Work, form: Rerate) -> Rerated:
    """Bill a point's running water service by another rate from a day; what was billed since is an adjustment's."""
    point, why = found(work, form.point), reason(form.reason)
    if form.rate not in {rate.code for rate in work.district.rates}:
        known = ", ".join(sorted({rate.code for rate in work.district.rates}))
        raise Refused(f"rate {form.rate[:40]} is not known", rule="rates", cure=f"use one of {known}")
    if form.from_on > work.today:
        raise Refused(f"{form.from_on} is still to come", rule="services", cure="give today or a day before")
    running = work.db.rows(
        "SELECT id, account_id, kind, rate_code, unit, customer_class, version, dwellings, edu_milli, from_on, seasonal"
        " FROM live_service WHERE point_id = ? AND to_on IS NULL"
        f" AND kind IN {METERED_KINDS} ORDER BY id",
        [point[0]],
    )
    running = [row for row in running if form.kind in ("", row[2])]
    if len(running) != 1:
        kinds = ", ".join(row[2] for row in running) or "no water service"
        raise Refused(f"{form.point} has {kinds} running", rule="services", cure="name the one")
    [(service, account, kind, before, unit, kept, version, dwellings, edu, since, rests)] = running
    if before == form.rate:
        raise Refused(f"{form.point} is billed by {before} already", rule="rates", cure="nothing to do")
    if form.from_on.isoformat() < since:
        raise Refused(f"the service runs since {since}", rule="services", cure="give that day or a later one")
    if form.from_on.isoformat() == since:
        work.db.update(Service, service, version, rate_code=form.rate)
    else:
        work.db.update(Service, service, version, to_on=form.from_on)
        work.db.insert(
            Service, account_id=account, point_id=point[0], kind=kind, rate_code=form.rate, unit=unit,
            customer_class=kept, dwellings=dwellings, edu_milli=edu, seasonal=rests, from_on=form.from_on,
        )  # fmt: skip
    number = work.db.value("SELECT number FROM account WHERE id = ?", [account])
    touch(work, form.point)
    work.touch("account", format_account(number))
    work.fact(point=form.point, rate=form.rate, from_on=form.from_on.isoformat())
    work.detail(before=before, reason=why)
    return Rerated(form.point, before, form.rate, form.from_on)


def touch(work: Work, point: str) -> None:
    """A point's service or meter changed: what its parcel is allowed is judged again with it."""
    work.touch("point", point)
    apn = work.db.value(
        "SELECT x.apn FROM service_point p JOIN premise m ON m.id = p.premise_id JOIN parcel x ON x.id = m.parcel_id"
        " WHERE p.number = ?",
        [point],
    )
    if apn:
        work.touch("parcel", apn)


def found(work: Work, number: str) -> Row:
    """Id, state and version of a service point. Refused where there is none."""
    row = work.db.one("SELECT id, state, version FROM live_point WHERE number = ?", [number])
    if row is None:
        raise Refused(f"no service point {number[:40]}", rule="service points", cure="read its number again")
    return row

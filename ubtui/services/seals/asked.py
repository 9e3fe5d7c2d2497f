"""Requests to seal and to unseal: written down, an order sent out for them, taken back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.calendars import office
from ubtui.db.models.field import SealRequest
from ubtui.domain.text import clean_text
from ubtui.services import orders, points
from ubtui.services.points import Point, Reason
from ubtui.services.reads import reason
from ubtui.services.seals import rows

SLA_DAYS = 3
"""Business days in which a request to seal or unseal is done."""


class Request(Form, frozen=True, kw_only=True):
    """An owner asks to have a meter sealed, or unsealed."""

    point: Point
    kind: Annotated[Literal["seal", "unseal"], msgspec.Meta(description="seal or unseal")]
    asked_by: Annotated[str, msgspec.Meta(description="who asked for it", min_length=2, max_length=120)]
    asked_on: Annotated[date | None, msgspec.Meta(description="the day of the request; empty: today")] = None
    order: Annotated[bool, msgspec.Meta(description="yes sends the crew out")] = True


class Requested(msgspec.Struct, frozen=True):
    """The request, and the order that was sent out for it."""

    point: str
    kind: str
    asked_on: date
    order: str


@act("seal.request")
def request(work: Work, form: Request) -> Requested:
    """Write a request down and send an order out for it; the seal on or off the meter closes both."""
    point, on = points.found(work, form.point), form.asked_on or work.today
    if on > work.today:
        raise Refused(f"{on} is still to come", rule="seals", cure="give today or a day before")
    asked = clean_text(form.asked_by, 120).strip()
    if len(asked) < 2:
        raise Refused("nobody asked for it", rule="seals", cure="name who did")
    orders.sensible(work, point[0], form.point, form.kind)
    if rows.asked(work, point[0], form.kind) is not None:
        raise Refused(f"a request to {form.kind} {form.point} is open", rule="seals", cure="do it, or withdraw it")
    number, order_id = "", None
    if form.order:
        due = office(work.db, work.today, work.today).add(work.today, SLA_DAYS)
        open_one = next((each for each in orders.open_at(work, point[0]) if each.kind == form.kind), None)
        made = open_one or orders.sent(work, point[0], form.point, form.kind, due, f"asked for by {asked}")
        number = made.order
        order_id = work.db.value("SELECT id FROM field_order WHERE number = ?", [number])
    work.db.insert(SealRequest, point_id=point[0], kind=form.kind, asked_by=asked, asked_on=on, order_id=order_id)
    work.touch("point", form.point)
    work.fact(point=form.point, kind=form.kind)
    work.detail(asked_by=asked)
    return Requested(form.point, form.kind, on, number)


class Withdraw(Form, frozen=True, kw_only=True):
    """The owner does not want it any more."""

    point: Point
    kind: Annotated[Literal["seal", "unseal"], msgspec.Meta(description="the request: seal or unseal")]
    reason: Reason


@act("seal.withdraw")
def withdraw(work: Work, form: Withdraw) -> Requested:
    """Take a request back; its order, if it is still open, is cancelled."""
    point, why = points.found(work, form.point), reason(form.reason)
    row = rows.asked(work, point[0], form.kind)
    if row is None:
        raise Refused(f"no request to {form.kind} {form.point} is open", rule="seals", cure="see its meter card")
    number = work.db.value("SELECT number FROM field_order WHERE id = ? AND state = 'open'", [row[2]])
    if number:
        orders.cancel(work, orders.Cancel(order=number, reason=why))
    rows.close(work, row, "withdrawn", work.today, why)
    work.touch("point", form.point)
    work.fact(point=form.point, kind=form.kind, state="withdrawn")
    work.detail(reason=why)
    return Requested(form.point, form.kind, date.fromisoformat(row[3]), number or "")

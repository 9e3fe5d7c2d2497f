"""Seals: asked for, placed, verified, their rate, and taken off; lock, reason and rate are three facts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.calendars import office
from ubtui.db.models.field import SealRequest
from ubtui.db.models.record import Seal
from ubtui.db.session import Row
from ubtui.detectors.meters import seal_round
from ubtui.domain.periods import ReadCycle
from ubtui.domain.text import clean_text
from ubtui.services import orders, points
from ubtui.services.points import Point, Reason
from ubtui.services.reads import reason
from ubtui.services.reads.shown import may_have_shown
from ubtui.services.shutoffs import no_shutoff

Effect = Literal["same_day", "next_cycle", "month_of_use", "never"]
SLA_DAYS = 3
"""Business days in which a request to seal or unseal is done."""
Value = Annotated[Annotated[int, msgspec.Meta(ge=0, lt=10**12)] | None, msgspec.Meta(description="read of that day")]


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
    if _request(work, point[0], form.kind) is not None:
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
    row = _request(work, point[0], form.kind)
    if row is None:
        raise Refused(f"no request to {form.kind} {form.point} is open", rule="seals", cure="see its meter card")
    number = work.db.value("SELECT number FROM field_order WHERE id = ? AND state = 'open'", [row[2]])
    if number:
        orders.cancel(work, orders.Cancel(order=number, reason=why))
    _close(work, row, "withdrawn", work.today, why)
    work.touch("point", form.point)
    work.fact(point=form.point, kind=form.kind, state="withdrawn")
    work.detail(reason=why)
    return Requested(form.point, form.kind, date.fromisoformat(row[3]), number or "")


class Place(Form, frozen=True, kw_only=True):
    """A seal goes on: is the water locked, why, and what is billed from when."""

    point: Point
    number: Annotated[str, msgspec.Meta(description="number on the seal", min_length=1, max_length=40)]
    placed_on: Annotated[date, msgspec.Meta(description="day on which it went on")]
    value: Value = None
    lock: Annotated[Literal["locked", "unlocked"], msgspec.Meta(description="locked, or unlocked: occasional use")] = (
        "locked"
    )
    why: Annotated[
        Literal["owner_request", "vacant", "nonpayment", "other"], msgspec.Meta(description="why it went on")
    ] = "owner_request"
    rate: Annotated[
        Literal["sealed", "occasional", "full"], msgspec.Meta(description="what the owner pays while it is on")
    ] = "sealed"
    effect: Annotated[Effect, msgspec.Meta(description="from when: same_day, next_cycle, month_of_use, never")] = (
        "same_day"
    )
    requested_by: Annotated[str, msgspec.Meta(description="who asked for it", max_length=120)] = ""


class Placed(msgspec.Struct, frozen=True):
    """The seal, and from when its rate holds; None where no day brings it. `billed` tells what is billed already."""

    point: str
    seal: str
    placed_on: date
    rate_from: date | None
    billed: str = ""


@act("seal.place")
def place(work: Work, form: Place) -> Placed:
    """Put a seal on. A lock for nonpayment bills in full; an unlocked seal is one for occasional use."""
    point, number = points.found(work, form.point), clean_text(form.number, 40).strip()
    if form.placed_on > work.today:
        raise Refused(f"{form.placed_on} is still to come", rule="seals", cure="give today or a day before")
    if (form.why == "nonpayment" and form.rate != "full") or (form.effect == "never") != (form.rate == "full"):
        raise Refused(
            f"a seal for {form.why.replace('_', ' ')} with rate {form.rate}, {form.effect.replace('_', ' ')}",
            rule="lock, reason and rate are three facts",
            cure="nonpayment bills in full; full goes with never, and only with it",
        )
    if (form.lock == "unlocked") != (form.rate == "occasional"):
        raise Refused("an unlocked seal is for occasional use", rule="seals", cure="choose occasional, or lock it")
    if form.why == "nonpayment":
        account = "SELECT MIN(account_id) FROM live_service WHERE point_id = ? AND to_on IS NULL"
        no_shutoff(work, work.db.value(account, [point[0]]))
    orders.sensible(work, point[0], form.point, "seal")
    before = work.db.value("SELECT MAX(removed_on) FROM seal WHERE point_id = ?", [point[0]])
    if before and form.placed_on.isoformat() < before:
        raise Refused(f"its last seal came off on {before}", rule="seals", cure="give that day or a later one")
    if work.db.value("SELECT 1 FROM seal WHERE number = ?", [number]):
        raise Refused(f"seal {number} was used before", rule="a seal is used once", cure="read its number again")
    may_have_shown(work, point[0], form.placed_on, form.value)
    asked = _request(work, point[0], "seal")
    starts = _rate_from(work, point[0], form.effect, form.placed_on)
    work.db.insert(
        Seal, point_id=point[0], number=number, lock_state=form.lock, lock_reason=form.why, rate_status=form.rate,
        rate_effect=form.effect, rate_from=starts, placed_on=form.placed_on, placed_value=form.value,
        requested_by=clean_text(form.requested_by, 120).strip() or (asked[4] if asked else None),
        verified_on=form.placed_on,
    )  # fmt: skip
    if asked:
        _close(work, asked, "done", form.placed_on, f"seal {number}")
    orders.finish(work, point[0], form.point, "seal", form.placed_on, f"seal {number}")
    work.touch("point", form.point)
    touch_round(work)
    work.fact(point=form.point, seal=number, rate=form.rate)
    return Placed(form.point, number, form.placed_on, starts, _billed(work, point[0], starts))


class Verify(Form, frozen=True, kw_only=True):
    """A seal was looked at."""

    point: Point
    verified_on: Annotated[date, msgspec.Meta(description="day on which it was looked at")]
    found: Annotated[Literal["on", "off"], msgspec.Meta(description="on: it holds; off: broken or gone")] = "on"
    value: Value = None
    number: Annotated[str, msgspec.Meta(description="number of the seal, where several are on")] = ""
    note: Annotated[str, msgspec.Meta(description="what else was seen", max_length=500)] = ""


class Verified(msgspec.Struct, frozen=True):
    """The seal and how it was found."""

    point: str
    seal: str
    found: str
    verified_on: date


@act("seal.verify")
def verify(work: Work, form: Verify) -> Verified:
    """Say that a seal holds; one that is broken or gone is taken off the record that day."""
    point = points.found(work, form.point)
    row = _on(work, point[0], form.point, form.number)
    _between(work, row, form.verified_on)
    may_have_shown(work, point[0], form.verified_on, form.value)
    note = clean_text(form.note, 500).strip()
    if form.found == "off":
        remove(
            work,
            Remove(
                point=form.point, removed_on=form.verified_on, value=form.value, number=row[1],
                reason=f"found off{': ' if note else ''}{note}",
            ),
        )  # fmt: skip
    else:
        work.db.run(
            "UPDATE seal SET verified_on = ?, version = version + 1 WHERE id = ?"
            " AND COALESCE(verified_on, placed_on) < ?",
            [form.verified_on.isoformat(), row[0], form.verified_on.isoformat()],
        )
    orders.finish(work, point[0], form.point, "seal_check", form.verified_on, note or f"seal {row[1]} {form.found}")
    work.touch("point", form.point)
    touch_round(work)
    work.fact(point=form.point, seal=row[1], found=form.found)
    work.detail(note=note, value=form.value)
    return Verified(form.point, row[1], form.found, form.verified_on)


class Rate(Form, frozen=True, kw_only=True):
    """What is billed while a seal is on was written down wrong."""

    point: Point
    rate: Annotated[Literal["sealed", "occasional", "full"], msgspec.Meta(description="what the owner pays")]
    effect: Annotated[Effect, msgspec.Meta(description="from when: same_day, next_cycle, month_of_use, never")]
    number: Annotated[str, msgspec.Meta(description="number of the seal, where several are on")] = ""
    reason: Reason


@act("seal.rate")
def rate(work: Work, form: Rate) -> Placed:
    """Put the rate of a seal right; which rate code the service has is its own act."""
    point, why = points.found(work, form.point), reason(form.reason)
    row = _on(work, point[0], form.point, form.number)
    if (form.effect == "never") != (form.rate == "full"):
        raise Refused(
            f"rate {form.rate} from {form.effect.replace('_', ' ')}", rule="seals", cure="full goes with never"
        )
    placed = date.fromisoformat(row[2])
    starts = _rate_from(work, point[0], form.effect, placed)
    work.db.update(Seal, row[0], row[3], rate_status=form.rate, rate_effect=form.effect, rate_from=starts)
    work.touch("point", form.point)
    work.fact(point=form.point, seal=row[1], rate=form.rate)
    work.detail(before=[row[5], row[6]], reason=why)
    return Placed(form.point, row[1], placed, starts, _billed(work, point[0], starts))


class Remove(Form, frozen=True, kw_only=True):
    """A seal comes off a service point."""

    point: Point
    removed_on: Annotated[date, msgspec.Meta(description="day on which it came off or was found off")]
    value: Value = None
    number: Annotated[str, msgspec.Meta(description="number of the seal, where several are on")] = ""
    reason: Reason


class Removed(msgspec.Struct, frozen=True):
    """The seal that came off and where it hung; `billed` tells what is billed already."""

    point: str
    seal: str
    removed_on: date
    billed: str = ""


@act("seal.remove")
def remove(work: Work, form: Remove) -> Removed:
    """Take a seal off: the point is unlocked, and its service bills in full from then or from the next cycle.

    Lock, reason and rate of the seal stay as they were while it was on.
    """
    point, why = points.found(work, form.point), reason(form.reason)
    row = _on(work, point[0], form.point, form.number)
    _between(work, row, form.removed_on)
    may_have_shown(work, point[0], form.removed_on, form.value)
    effect = "next_cycle" if row[6] == "next_cycle" else "same_day"
    full_from = _rate_from(work, point[0], effect, form.removed_on)
    work.db.update(
        Seal, row[0], row[3], removed_on=form.removed_on, removed_value=form.value, removed_reason=why,
        full_from=full_from,
    )  # fmt: skip
    if (asked := _request(work, point[0], "unseal")) is not None:
        _close(work, asked, "done", form.removed_on, f"seal {row[1]} off")
    for kind in ("unseal", "seal_check"):  # nobody need look at what is off
        orders.finish(work, point[0], form.point, kind, form.removed_on, f"seal {row[1]} off")
    work.touch("point", form.point)
    touch_round(work)
    work.fact(point=form.point, seal=row[1], removed_on=form.removed_on.isoformat())
    work.detail(reason=why, value=form.value)
    return Removed(form.point, row[1], form.removed_on, _billed(work, point[0], full_from))


def touch_round(work: Work) -> None:
    """A seal changed: the month's round may have one less, or one more."""
    run = seal_round(work.today)
    work.touch(run.type, run.key)


def _on(work: Work, point_id: int, point: str, number: str) -> Row:
    """The seal that is on: id, number, placed_on, version, placed_value, rate_status, rate_effect."""
    seals = work.db.rows(
        "SELECT id, number, placed_on, version, placed_value, rate_status, rate_effect FROM seal"
        " WHERE point_id = ? AND removed_on IS NULL ORDER BY placed_on",
        [point_id],
    )
    seals = [row for row in seals if number in ("", row[1])]
    if not seals:
        raise Refused(f"{point} has no seal {number}".rstrip() + " on it", rule="seals", cure="see its meter card")
    if len(seals) > 1:
        numbers = ", ".join(row[1] for row in seals)
        raise Refused(f"{point} has {len(seals)} seals on: {numbers}", rule="seals", cure="name the one")
    return seals[0]


def _between(work: Work, row: Row, day: date) -> None:
    if not date.fromisoformat(row[2]) <= day <= work.today:
        raise Refused(
            f"seal {row[1]} was placed on {row[2]}", rule="seals", cure=f"give a day from then up to {work.today}"
        )


def _request(work: Work, point_id: int, kind: str) -> Row | None:
    return work.db.one(
        "SELECT id, version, order_id, asked_on, asked_by FROM seal_request"
        " WHERE point_id = ? AND kind = ? AND state = 'open'",
        [point_id, kind],
    )


def _close(work: Work, row: Row, state: str, on: date, why: str) -> None:
    work.db.update(SealRequest, row[0], row[1], state=state, closed_on=on, closed_by=work.actor.name, reason=why)


def _rate_from(work: Work, point_id: int, effect: str, day: date) -> date | None:
    """The first day of another rate: that day, the next read day of its cycle, or none that is known."""
    if effect in ("never", "month_of_use"):
        return None
    if effect == "next_cycle":
        row = work.db.one(
            "SELECT c.code, c.months, c.first_month, c.read_day, c.bill_day FROM live_service s"
            " JOIN account a ON a.id = s.account_id JOIN cycle c ON c.id = a.cycle_id WHERE s.point_id = ?"
            " ORDER BY s.to_on IS NULL DESC, s.from_on DESC, s.id LIMIT 1",
            [point_id],
        )
        if row is not None:
            return ReadCycle(*row).coming(day)[1]
    return day


def _billed(work: Work, point_id: int, starts: date | None) -> str:
    """That another rate begins in what is billed: a bill that went out stays as it is; empty where it does not."""
    to = starts and work.db.value(
        "SELECT MAX(b.to_on) FROM bill b WHERE b.to_on > ? AND b.account_id = (SELECT s.account_id FROM live_service s"
        " WHERE s.point_id = ? ORDER BY s.to_on IS NULL DESC, s.from_on DESC, s.id LIMIT 1)",
        [starts.isoformat(), point_id],
    )
    return f"billed to {to}: the rate from {starts} on is for an adjustment to bring" if to else ""

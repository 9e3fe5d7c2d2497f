"""The seal itself: put on, its rate, another in its place, and off again; what it cost is proposed with it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.record import Seal
from ubtui.domain.seals import Effect
from ubtui.domain.text import clean_text
from ubtui.services import orders, points
from ubtui.services.points import Point, Reason
from ubtui.services.reads import reason
from ubtui.services.reads.shown import may_have_shown
from ubtui.services.seals import fees, rates, rows
from ubtui.services.seals.fees import Fee
from ubtui.services.seals.rows import Value, Which, touch_round
from ubtui.services.shutoffs import no_shutoff

RateStatus = Literal["sealed", "occasional", "full"]
Begins = Annotated[
    Literal["policy", "same_day", "next_cycle", "month_of_use", "never"],
    msgspec.Meta(description="from when: policy, same_day, next_cycle, month_of_use, never"),
]


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
    rate: Annotated[RateStatus, msgspec.Meta(description="what the owner pays while it is on")] = "sealed"
    effect: Begins = "policy"
    requested_by: Annotated[str, msgspec.Meta(description="who asked for it", max_length=120)] = ""
    fee_cents: Fee = None


class Placed(msgspec.Struct, frozen=True):
    """The seal, and from when its rate holds; None where no day brings it.

    `billed` tells what is billed already, `fee` names the proposal of the fee; it `waits` where the desk charges it.
    """

    point: str
    seal: str
    placed_on: date
    rate_from: date | None
    billed: str = ""
    fee: str = ""
    waits: bool = False


def _effect(work: Work, rate: RateStatus, said: str) -> Effect:
    """From when a rate holds: as it was said, else by the district's terms."""
    if said != "policy":
        return said  # type: ignore[return-value]  # what is left of the literal
    terms = work.district.seals
    return "never" if rate == "full" else terms.occasional if rate == "occasional" else terms.effect


@act("seal.place")
def place(work: Work, form: Place) -> Placed:
    """Put a seal on. A lock for nonpayment bills in full; an unlocked seal is one for occasional use.

    The fee of a seal at the owner's request is proposed with it, for another person to approve; it waits for the desk
    where who acts may propose nothing.
    """
    point, number = points.found(work, form.point), clean_text(form.number, 40).strip()
    effect = _effect(work, form.rate, form.effect)
    if not number:
        raise Refused("the seal has no number", rule="seals", cure="read its number again")
    if form.placed_on > work.today:
        raise Refused(f"{form.placed_on} is still to come", rule="seals", cure="give today or a day before")
    if (form.why == "nonpayment" and form.rate != "full") or (effect == "never") != (form.rate == "full"):
        raise Refused(
            f"a seal for {form.why.replace('_', ' ')} with rate {form.rate}, {effect.replace('_', ' ')}",
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
    rows.unused(work, number)
    may_have_shown(work, point[0], form.placed_on, form.value)
    asked = rows.asked(work, point[0], "seal")
    starts = rates.starts(work, point[0], effect, form.placed_on)
    usual = work.district.seals.seal_cents if form.why == "owner_request" else 0
    said = f"seal {number} put on at {form.point} on {form.placed_on}"
    fee = fees.charged(work, fees.payer(work, point[0], form.placed_on), usual, form.fee_cents, said)
    made = work.db.insert(
        Seal, point_id=point[0], number=number, lock_state=form.lock, lock_reason=form.why, rate_status=form.rate,
        rate_effect=effect, rate_from=starts, placed_on=form.placed_on, placed_value=form.value,
        requested_by=clean_text(form.requested_by, 120).strip() or (asked[4] if asked else None),
        fee_cents=(usual if form.fee_cents is None else form.fee_cents) if fee else 0, verified_on=form.placed_on,
    )  # fmt: skip
    due = usual if form.fee_cents is None else form.fee_cents
    waits = fees.wait(work, point[0], made, "put on", form.placed_on, due)
    if asked:
        rows.close(work, asked, "done", form.placed_on, f"seal {number}")
    orders.finish(work, point[0], form.point, "seal", form.placed_on, f"seal {number}")
    work.touch("point", form.point)
    touch_round(work)
    work.fact(point=form.point, seal=number, rate=form.rate)
    return Placed(form.point, number, form.placed_on, starts, rates.billed(work, point[0], starts), fee, waits)


class Rate(Form, frozen=True, kw_only=True):
    """What is billed while a seal is on was written down wrong."""

    point: Point
    rate: Annotated[RateStatus, msgspec.Meta(description="what the owner pays")]
    effect: Begins = "policy"
    number: Which = ""
    reason: Reason


@act("seal.rate")
def rate(work: Work, form: Rate) -> Placed:
    """Put the rate of a seal right; which rate code the service has is its own act."""
    point, why = points.found(work, form.point), reason(form.reason)
    row, effect = rows.on(work, point[0], form.point, form.number), _effect(work, form.rate, form.effect)
    if (effect == "never") != (form.rate == "full"):
        raise Refused(f"rate {form.rate} from {effect.replace('_', ' ')}", rule="seals", cure="full goes with never")
    if (row[7] == "unlocked") != (form.rate == "occasional"):
        raise Refused(f"seal {row[1]} is {row[7]}", rule="seals", cure="an unlocked seal is for occasional use")
    placed = date.fromisoformat(row[2])
    starts = rates.starts(work, point[0], effect, placed)
    work.db.update(Seal, row[0], row[3], rate_status=form.rate, rate_effect=effect, rate_from=starts)
    work.touch("point", form.point)
    work.fact(point=form.point, seal=row[1], rate=form.rate)
    work.detail(before=[row[5], row[6]], reason=why)
    return Placed(form.point, row[1], placed, starts, rates.billed(work, point[0], starts))


class Replace(Form, frozen=True, kw_only=True):
    """Another number is on the meter than the record has."""

    point: Point
    on: Annotated[date, msgspec.Meta(description="day on which it went on, or was found")]
    new: Annotated[str, msgspec.Meta(description="number of the seal that is on", min_length=1, max_length=40)]
    how: Annotated[
        Literal["replaced", "misread"],
        msgspec.Meta(description="replaced: a new one went on; misread: it was written down wrong"),
    ] = "replaced"
    value: Value = None
    number: Which = ""
    reason: Reason


@act("seal.replace")
def replace(work: Work, form: Replace) -> Placed:
    """Put another seal in one's place, or its number right: lock, reason and rate go on as they are."""
    point, why, new = points.found(work, form.point), reason(form.reason), clean_text(form.new, 40).strip()
    row = rows.on(work, point[0], form.point, form.number)
    rows.between(work, row[1], row[2], form.on)
    if not new or new == row[1]:
        raise Refused(f"seal {row[1]} is on {form.point}", rule="seals", cure="give the number that was found")
    rows.unused(work, new)
    may_have_shown(work, point[0], form.on, form.value)
    begins = row[9]
    if form.how == "misread":
        work.db.update(Seal, row[0], row[3], number=new)
        rows.seen(work, row[0], form.on)
    else:
        begins = row[9] if row[9] is None or row[9] > form.on.isoformat() else form.on.isoformat()
        work.db.update(
            Seal, row[0], row[3], removed_on=form.on, removed_value=form.value, removed_reason=why, full_from=form.on
        )
        old = work.db.one("SELECT requested_by FROM seal WHERE id = ?", [row[0]])
        work.db.insert(
            Seal, point_id=point[0], number=new, lock_state=row[7], lock_reason=row[8], rate_status=row[5],
            rate_effect=row[6], rate_from=begins, placed_on=form.on, placed_value=form.value,
            requested_by=old[0] if old else None, fee_cents=0, verified_on=form.on,
        )  # fmt: skip
    orders.finish(work, point[0], form.point, "seal_check", form.on, f"seal {new} is on")
    work.touch("point", form.point)
    touch_round(work)
    work.fact(point=form.point, seal=new, before=row[1])
    work.detail(reason=why, how=form.how, value=form.value)
    return Placed(form.point, new, form.on, date.fromisoformat(begins) if begins else None)


class Remove(Form, frozen=True, kw_only=True):
    """A seal comes off a service point."""

    point: Point
    removed_on: Annotated[date, msgspec.Meta(description="day on which it came off or was found off")]
    value: Value = None
    number: Which = ""
    fee_cents: Fee = None
    reason: Reason


class Removed(msgspec.Struct, frozen=True):
    """The seal that came off and where it hung; `billed` tells what is billed already, `fee` names the fee's proposal.

    `full_from` is the first day that is billed in full again; the fee `waits` where the desk charges it.
    """

    point: str
    seal: str
    removed_on: date
    billed: str = ""
    full_from: date | None = None
    fee: str = ""
    waits: bool = False


@act("seal.remove")
def remove(work: Work, form: Remove) -> Removed:
    """Take a seal off: the point is unlocked, and its service bills in full again by the district's terms.

    Lock, reason and rate of the seal stay as they were while it was on. A fee is due where the owner asked for it.
    """
    point, why = points.found(work, form.point), reason(form.reason)
    row = rows.on(work, point[0], form.point, form.number)
    rows.between(work, row[1], row[2], form.removed_on)
    may_have_shown(work, point[0], form.removed_on, form.value)
    full_from = rates.ends(work, point[0], row[6], form.removed_on)
    work.db.update(
        Seal, row[0], row[3], removed_on=form.removed_on, removed_value=form.value, removed_reason=why,
        full_from=full_from,
    )  # fmt: skip
    asked = rows.asked(work, point[0], "unseal")
    usual = work.district.seals.unseal_cents if asked else 0
    said = f"seal {row[1]} taken off at {form.point} on {form.removed_on}"
    fee = fees.charged(work, fees.payer(work, point[0], form.removed_on), usual, form.fee_cents, said)
    due = usual if form.fee_cents is None else form.fee_cents
    waits = fees.wait(work, point[0], row[0], "taken off", form.removed_on, due)
    if asked is not None:
        rows.close(work, asked, "done", form.removed_on, f"seal {row[1]} off")
    for kind in ("unseal", "seal_check"):  # nobody need look at what is off
        orders.finish(work, point[0], form.point, kind, form.removed_on, f"seal {row[1]} off")
    work.touch("point", form.point)
    touch_round(work)
    work.fact(point=form.point, seal=row[1], removed_on=form.removed_on.isoformat())
    work.detail(reason=why, value=form.value)
    billed = rates.billed(work, point[0], full_from)
    return Removed(form.point, row[1], form.removed_on, billed, full_from, fee, waits)

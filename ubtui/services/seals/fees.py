"""What the district charges around a seal: an ordinary proposal on the account that the point serves."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from ubtui.act import Cents, Form, Look, Refused, Work, act, permissions
from ubtui.db.models.field import SealFee
from ubtui.db.models.record import Seal
from ubtui.domain.numbers import format_account
from ubtui.services import adjustments, points
from ubtui.services.points import Point
from ubtui.services.reads import reason

What = Literal["put on", "taken off"]
Fee = Annotated[
    Annotated[Cents, msgspec.Meta(ge=0, le=1_000_00)] | None,
    msgspec.Meta(description="fee; empty: as the district's terms have it"),
]
_PAID = "s.from_on <= ? AND (s.to_on IS NULL OR s.to_on >= ?)"
_PAYS = (
    "SELECT a.id, a.number, a.state FROM live_service s JOIN account a ON a.id = s.account_id WHERE s.point_id = ?"
    f" AND (a.state = 'active' OR ({_PAID})) ORDER BY ({_PAID}) DESC, a.state = 'active' DESC, s.to_on IS NULL DESC,"
    " s.from_on DESC, s.id LIMIT 1"
)


def payer(look: Look, point_id: int, on: date | None = None) -> str:
    """The open account that pays at a point on a day (today), or paid last, as it is printed; empty where none does.

    Who left and is done with his account is asked for nothing since, nor is who came after him.
    """
    found = _payer(look, point_id, on)
    return format_account(found[1]) if found else ""


def _payer(look: Look, point_id: int, on: date | None) -> tuple[int, str] | None:
    day = (on or look.today).isoformat()
    found = look.db.one(_PAYS, [point_id, day, day, day, day])
    return (int(found[0]), str(found[1])) if found and found[2] == "active" else None


def may_charge(look: Look) -> bool:
    """Whether who acts may propose a charge: a crew brings seals in, and makes no money with it."""
    return look.actor.role in permissions()["adjust.propose"]


def charged(
    work: Work, account: str, usual: int, asked: int | None, note: str, cure: str = "leave the fee empty"
) -> str:
    """Propose a fee for an account; the proposal's number, empty where nothing is charged.

    `usual` is the fee by the district's terms, `asked` the one that was typed. Refused where that one can be charged
    to nobody, or for no reason. Nothing is charged by who may not propose: `wait` keeps it for the desk.
    """
    cents, why = usual if asked is None else asked, work.district.seals.fee_reason
    if asked and not (account and why):
        raise Refused(
            "the district names no reason (seals.fee_reason)" if account else "no open account pays at this point",
            rule="seals", cure=cure,
        )  # fmt: skip
    if not cents or not account or not why or not may_charge(work):
        return ""
    form = adjustments.Propose(account=account, reason=why, amount_cents=cents, note=note)
    return adjustments.propose(work, form).number


def wait(work: Work, point_id: int, seal_id: int, what: What, on: date, usual: int) -> bool:
    """Keep a fee that who acts may not propose for the desk, on the account that pays on the day; whether one waits."""
    pays = _payer(work, point_id, on)
    if not usual or may_charge(work) or pays is None or not work.district.seals.fee_reason:
        return False
    work.db.insert(
        SealFee, seal_id=seal_id, what=what, account_id=pays[0], cents=usual, noted_on=work.today,
        noted_by=work.actor.name, why="",
    )  # fmt: skip
    return True


class Charge(Form, frozen=True, kw_only=True):
    """The fee of a seal that the crew put on or took off: charged by the desk, or not at all for a reason."""

    point: Point
    number: Annotated[str, msgspec.Meta(description="number of the seal, where several fees wait", max_length=40)] = ""
    fee_cents: Annotated[
        Annotated[Cents, msgspec.Meta(ge=0, le=1_000_00)] | None,
        msgspec.Meta(description="fee; empty: as it was noted, 0: none is charged"),
    ] = None
    reason: Annotated[str, msgspec.Meta(description="why another fee than noted, or none", max_length=500)] = ""


def closed(look: Look, point: str, number: str) -> str:
    """The account that is to pay the oldest fee of this seal that waits, where it is closed; else empty."""
    row = look.db.one(
        "SELECT a.number, a.state FROM seal_fee f JOIN seal z ON z.id = f.seal_id JOIN account a ON a.id = f.account_id"
        " JOIN live_point p ON p.id = z.point_id WHERE p.number = ? AND z.number = ? AND f.settled_on IS NULL"
        " ORDER BY f.id LIMIT 1",
        [point, number],
    )
    return format_account(row[0]) if row and row[1] != "active" else ""


class Charged(msgspec.Struct, frozen=True):
    """The seal whose fee is settled, and the proposal that charges it; empty where nothing is charged."""

    point: str
    seal: str
    fee_cents: int
    proposal: str


_WAITING = (
    "SELECT f.id, f.version, f.cents, f.what, z.id, z.version, z.number, z.fee_cents, a.number, a.state FROM seal_fee f"
    " JOIN seal z ON z.id = f.seal_id JOIN account a ON a.id = f.account_id"
    " WHERE z.point_id = ? AND f.settled_on IS NULL ORDER BY f.id"
)


@act("seal.fee")
def charge(work: Work, form: Charge) -> Charged:
    """Propose a seal's fee that waits for the desk, or say why none is charged; the oldest first.

    It goes to the account that paid at the point when the crew was there, whoever pays there now. The district's terms
    say what a seal at the owner's request costs. Refused where none waits.
    """
    point = points.found(work, form.point)
    waiting = [row for row in work.db.rows(_WAITING, [point[0]]) if form.number.strip() in ("", row[6])]
    if not waiting:
        raise Refused(f"no fee of a seal waits at {form.point}", rule="seals", cure="see its meter card")
    id, version, noted, what, seal_id, seal_version, number, before, account, state = waiting[0]
    cents = noted if form.fee_cents is None else form.fee_cents
    why = reason(form.reason) if cents != noted else form.reason.strip()
    pays, none = format_account(account), "fee 0, with a reason: none is charged"
    if cents and state != "active":
        raise Refused(f"{pays}, which is to pay, is {state}", rule="seals", cure=none)
    said = f"seal {number} {what} at {form.point}"
    proposal = charged(work, pays, noted, cents, said, f"name it in the settings, or {none}")
    work.db.update(
        SealFee, id, version, settled_on=work.today, settled_by=work.actor.name, proposal=proposal or None, why=why
    )
    work.db.update(Seal, seal_id, seal_version, fee_cents=before + cents)
    work.touch("point", form.point)
    work.fact(point=form.point, seal=number, cents=cents)
    work.detail(reason=why, noted=noted)
    return Charged(form.point, number, cents, proposal)

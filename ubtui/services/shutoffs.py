"""Shutoffs for nonpayment: what bars one, and the orders that are out for one when something comes to bar it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ubtui.act import Look, Refused, Work
from ubtui.db.models.field import FieldOrder
from ubtui.detectors.collections import HOLDERS
from ubtui.domain.delinquency import shutoff_not_before
from ubtui.domain.text import clean_text

_RULE = "no shutoff"


def barred(look: Look, account_id: int) -> Refused | None:
    """Why no water may stop for nonpayment: a protection or a plan bars it, or no debt is old enough; None if it may.

    The floor of 60 full days delinquent (HSC 116908); contacts and notices come on top. A former owner's debt counts
    only where the new one took it over.
    """
    protection = look.db.one(
        "SELECT kind, expires_on FROM protection WHERE account_id = ? AND ended_on IS NULL AND from_on <= ?"
        " ORDER BY expires_on, id LIMIT 1",
        [account_id, look.today.isoformat()],
    )
    if protection is not None:
        cure = "leave the water on; end the protection first where it no longer holds"
        return Refused(f"{protection[0]} protects the account until {protection[1]}", _RULE, cure)
    plan = look.db.value("SELECT number FROM arrangement WHERE account_id = ? AND ended_on IS NULL", [account_id])
    if plan is not None:
        return Refused(f"plan {plan} runs", _RULE, "leave the water on while the plan is kept")
    due = look.db.value(f"SELECT MIN(o.due_on) FROM open_item o WHERE o.account_id = ? AND {HOLDERS}", [account_id])
    if due is not None and look.today >= shutoff_not_before(date.fromisoformat(due)):
        return None
    first = f"before {shutoff_not_before(date.fromisoformat(due))}" if due else "while nothing is past due"
    if due is None and look.db.value("SELECT 1 FROM open_item WHERE account_id = ? LIMIT 1", [account_id]):
        cure = "the new owner's water stays on; say who answers for the debt"
        return Refused("what is open was charged to a former owner", _RULE, cure)
    return Refused(f"no water stops for nonpayment {first}", _RULE, "wait, and remind")


def no_shutoff(look: Look, account_id: int | None) -> None:
    """Refuse to stop an account's water for nonpayment where that is barred."""
    if account_id is not None and (no := barred(look, account_id)) is not None:
        raise no


def stand_down(work: Work, accounts: Iterable[int]) -> None:
    """Take back the orders to stop the water of these accounts where it is barred by now: paid, arranged, protected."""
    for account_id in accounts:
        out = work.db.rows(
            "SELECT o.id, o.number, o.version, p.number FROM field_order o JOIN service_point p ON p.id = o.point_id"
            " WHERE o.account_id = ? AND o.kind = 'shutoff' AND o.state = 'open' ORDER BY o.id",
            [account_id],
        )
        no = barred(work, account_id) if out else None
        if no is None:
            continue
        for order_id, number, version, point in out:
            work.db.update(
                FieldOrder, order_id, version, state="cancelled", done_on=work.today, done_by=work.actor.name,
                note=clean_text(no.reason, 500),
            )  # fmt: skip
            work.touch("order", number)
            work.touch("point", point)
            work.fact(called_off=number)

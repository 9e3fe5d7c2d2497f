"""Giving a payment back that nobody is known for: the plan of its return, and what posting it settles."""

from __future__ import annotations

from datetime import date

from ubtui.act import Look, Refused, Work
from ubtui.db.models.payments import SuspenseLine
from ubtui.detectors.payments import line_of
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.services import ledger
from ubtui.services.adjustments.plans import Plan, whole
from ubtui.services.adjustments.tiers import ASKER, Aside
from ubtui.services.ledger import Entry, Leg
from ubtui.settings import Reason

RETURN = "payment-return"
UNPAID = "payment-unpaid"
# What a processor, a lockbox or the bank itself takes in is at the bank from the start: it is in no deposit.
_BANKED = "SELECT deposit_id FROM deposit_batch WHERE batch_id = ?"
RETURNS = {RETURN: "Payment returned to its payer", UNPAID: "Payment returned by the bank"}


def returning(look: Look, item: str, aside: Aside = ASKER, day: date | None = None, unpaid: bool = False) -> Plan:
    """What returning the payment of this item (`P01:payment:17/3`) would do: suspense to refunds payable.

    What the bank returned `unpaid` goes out of cash instead, item by item, whatever became of the others of its
    deposit; a check that is in no deposit yet was at no bank. It concerns no account; who signs a refund signs what
    goes to the payer. Raises Refused.
    """
    key, cents, state, kind = _line(look, item)
    if state != "suspense":
        cure = "reverse its match first" if state == "matched" else ""
        raise Refused(f"payment {key} is {state}", rule="a payment leaves suspense once", cure=cure)
    use = ledger.chart(look.db).use
    if unpaid:
        if kind == "cash":
            raise Refused(f"payment {key} is cash", rule="no bank returns cash", cure="give it back to its payer")
        if kind == "check" and look.db.value(_BANKED, [int(key.partition("/")[0])]) is None:
            raise Refused(
                f"payment {key} is in no deposit yet", rule="the bank returns what it was given",
                cure="make the deposit first; where the check never came, reverse its batch",
            )  # fmt: skip
        legs = [Leg(use["suspense"], cents), Leg(use["cash"], -cents)]
        entry = Entry("", "ADJ", day or look.today, f"payment {key} returned by the bank", legs)
        reason = Reason(code=UNPAID, title=RETURNS[UNPAID], effect="credit", gl=use["cash"], charge_code="")
        return whole(look, "", "ADJ", reason, cents, entry, (), aside)
    legs = [Leg(use["suspense"], cents), Leg(use["refunds"], -cents)]
    entry = Entry("", "REFUND", day or look.today, f"payment {key} returned to its payer", legs)
    reason = Reason(code=RETURN, title=RETURNS[RETURN], effect="refund", gl=use["refunds"], charge_code="")
    return whole(look, "", "REFUND", reason, cents, entry, (), aside)


def returned(work: Work, item: str, journal_id: int) -> None:
    """Say that the payment of this item has left suspense by this journal."""
    key, *_ = _line(work, item)
    line = line_of(key)
    assert line is not None
    line_id = work.db.value("SELECT id FROM suspense_line WHERE batch_id = ? AND line = ?", list(line))
    work.db.update(
        SuspenseLine, int(line_id), state="returned", settled_journal_id=journal_id, settled_by=work.actor.name,
        settled_at=work.now,
    )  # fmt: skip
    work.touch("payment", key)


def taken_back(work: Work, journal_id: int, by: int) -> None:
    """What a journal did to payments in suspense is undone: journal `by` reverses it.

    A payment that it matched or gave back is in suspense again; one that it brought in never came.
    """
    for line_id, batch, line, came in work.db.rows(
        "SELECT id, batch_id, line, journal_id FROM suspense_line WHERE settled_journal_id = ? OR journal_id = ?"
        " ORDER BY id",
        [journal_id, journal_id],
    ):
        if came == journal_id:
            work.db.update(
                SuspenseLine, line_id, state="void", settled_journal_id=by, settled_by=work.actor.name,
                settled_at=work.now,
            )  # fmt: skip
        else:
            work.db.update(
                SuspenseLine, line_id, state="suspense", receipt_id=None, settled_journal_id=None, settled_by=None,
                settled_at=None,
            )  # fmt: skip
        work.touch("payment", f"{batch}/{line}")


def _line(look: Look, item: str) -> tuple[str, int, str, str]:
    """Key, cents, state and kind of the payment that an item is about. Raises Refused."""
    try:
        subject = ItemKey.parse(item).subject
    except BadValue as exc:
        raise Refused(str(exc), rule="suspense", cure="name the payment as batch/line", bad_input=True) from exc
    line = line_of(subject.key) if subject.type == "payment" else None
    sql = "SELECT cents, state, kind FROM suspense_line WHERE batch_id = ? AND line = ?"
    row = line and look.db.one(sql, list(line))
    if not row:
        raise Refused(f"no payment {subject.key}", rule="suspense", cure="see `ubtui payment list`", bad_input=True)
    return subject.key, int(row[0]), str(row[1]), str(row[2])

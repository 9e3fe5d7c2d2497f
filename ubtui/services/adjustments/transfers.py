"""Moving a credit to another account: the plan of it, and what posting it does there."""

from __future__ import annotations

from datetime import date

from ubtui.act import Look, Refused, Work, linked
from ubtui.domain.money import LIMIT_CENTS, format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import Subject
from ubtui.services import ledger
from ubtui.services.adjustments.plans import Plan, find_account, whole
from ubtui.services.adjustments.tiers import ASKER, Aside
from ubtui.services.ledger import Entry, Leg
from ubtui.settings import Reason

TRANSFER = "credit-transfer"


def transferring(look: Look, account: str, to: str, cents: int, aside: Aside = ASKER, day: date | None = None) -> Plan:
    """What moving so much of an account's credit to another would do. Raises Refused.

    Neither account is one's own: whoever proposes it, and whoever decides it.
    """
    (account_id, number), (other_id, other) = find_account(look, account), find_account(look, to)
    if (no := linked(look, [Subject("account", format_account(n)) for n in (number, other)])) is not None:
        raise no
    if account_id == other_id:
        raise Refused("it is the same account", rule="transfers", cure="name another", bad_input=True)
    if cents <= 0:
        said = "the amount is not above zero"
        raise Refused(said, rule="no negative transfers", cure="propose it from the other account", bad_input=True)
    credit = ledger.balance(look, account_id).credit
    if cents > min(credit, LIMIT_CENTS):
        raise Refused(
            f"{format_account(number)} has a credit of {format_money(max(credit, 0))}",
            rule="a transfer never exceeds the credit",
            cure=f"at most {format_money(max(credit, 0))}",
        )
    gl = ledger.chart(look.db).use["credit"]
    legs = [Leg(gl, cents, account_id), Leg(gl, -cents, other_id)]
    said = f"credit of {format_account(number)} to {format_account(other)}"
    reason = Reason(code=TRANSFER, title=title(look, account_id, other_id), effect="credit", gl=gl, charge_code="")
    return whole(
        look, number, "ADJ", reason, cents, Entry("", "ADJ", day or look.today, said, legs, account_id), (), aside
    )


def title(look: Look, account_id: int, other_id: int) -> str:
    """What a checker reads: where the credit goes, to whom, and whether he has no part in the account it comes from."""
    row = look.db.one(
        "SELECT c.number, COALESCE((SELECT MIN(q.name) FROM account_role r JOIN party q ON q.id = r.party_id"
        " WHERE r.account_id = c.id AND r.role = 'owner' AND r.to_on IS NULL), 'nobody'),"
        " EXISTS(SELECT 1 FROM account_role r JOIN account_role s ON s.party_id = r.party_id AND s.account_id = c.id"
        " AND s.to_on IS NULL AND s.role IN ('owner', 'payer') WHERE r.account_id = ? AND r.role IN ('owner', 'payer'))"
        " FROM account c WHERE c.id = ?",
        [account_id, other_id],
    )
    assert row is not None
    return f"Credit moved to {format_account(row[0])}, {row[1]}{'' if row[2] else ': another owner'}"


def target(look: Look, proposal_id: int, account_id: int) -> tuple[int, str]:
    """Id and stored number of the account that a proposal moves a credit to."""
    row = look.db.one(
        "SELECT c.id, c.number FROM proposal_leg l JOIN account c ON c.id = l.account_id WHERE l.proposal_id = ?"
        " AND l.account_id <> ? LIMIT 1",
        [proposal_id, account_id],
    )
    assert row is not None
    return row[0], row[1]


def arrived(work: Work, proposal_id: int, account_id: int, key: str) -> None:
    """Spend the credit where it came to: on what is open there, the oldest first."""
    other_id, number = target(work, proposal_id, account_id)
    ledger.apply_credit(work, other_id, f"{key}:apply", work.today)
    work.touch("account", format_account(number))

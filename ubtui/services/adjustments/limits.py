"""What a reason allows one account: how often in so many months, and how much of what was charged."""

from __future__ import annotations

from datetime import date
from typing import Final

from ubtui.act import Look, Refused
from ubtui.domain.instalments import later
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.services.adjustments.tiers import Aside
from ubtui.settings import Reason

Given = tuple[str, date, int]
"""A proposal that was posted for the same reason, or waits before this one: its number, day and cents."""

_GIVEN: Final = (
    "SELECT p.number, p.submitted_on, p.amount_cents FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id"
    " LEFT JOIN journal j ON j.approval_id = a.id WHERE p.account_id = ? AND p.reason = ? AND p.state = 'submitted'"
    " AND p.id <> ? AND (a.decision = 'approved' OR a.id IS NULL AND (? = 0 OR p.id < ?))"
    " AND NOT EXISTS(SELECT 1 FROM journal v WHERE v.reverses = j.id) ORDER BY p.id"
)
_CHARGED: Final = (
    "SELECT i.effective_on, i.cents, EXISTS(SELECT 1 FROM open_item o WHERE o.item_id = i.id) FROM receivable_item i"
    " JOIN charge_code c ON c.id = i.charge_code_id WHERE i.account_id = ? AND c.code = ?"
    " AND NOT EXISTS(SELECT 1 FROM journal v WHERE v.reverses = i.journal_id)"
)


def given(look: Look, account_id: int, reason: Reason, proposal_id: int) -> tuple[Given, ...]:
    """What the account was given for this reason within its months and was not taken back, the oldest first."""
    if not reason.once_months:
        return ()
    rows = look.db.rows(_GIVEN, [account_id, reason.code, proposal_id, proposal_id, proposal_id])
    found = [(number, date.fromisoformat(day), cents) for number, day, cents in rows]
    return tuple(each for each in found if later(each[1], reason.once_months) > look.today)


def told(reason: Reason, before: tuple[Given, ...]) -> str:
    """The earlier ones in a sentence, for the form and for who decides; empty where there is none."""
    ones = ", ".join(f"{format_money(cents)} on {day} ({number})" for number, day, cents in before)
    return f"once in {reason.once_months} months, and given {ones}" if ones else ""


def within(look: Look, account_id: int, number: str, reason: Reason, cents: int, before: tuple[Given, ...]) -> None:
    """Refuse more than the reason's charge: of what was charged within its months, or is open still."""
    if reason.limit == "none":
        return
    charged = [
        amount
        for day, amount, is_open in look.db.rows(_CHARGED, [account_id, reason.charge_code])
        if is_open or later(date.fromisoformat(day), reason.once_months) > look.today
    ]
    title = next((c.title for c in look.district.charge_codes if c.code == reason.charge_code), reason.charge_code)
    rule = reason.article or "no more than was charged"
    if not charged:
        said = f"{format_account(number)} was charged nothing for {title} in the last {reason.once_months} months"
        raise Refused(said, rule=rule, cure="choose another reason")
    left = max(sum(charged) - sum(amount for _, _, amount in before), 0)
    most = min(max(charged), left) if reason.limit == "one-charge" else left
    if cents > most:
        after = f" less {format_money(sum(charged) - left)} given before" if left < sum(charged) else ""
        what = "of one charge" if reason.limit == "one-charge" else "charged"
        said = f"{format_money(cents)} is more than the {format_money(most)} {what} for {title}{after}"
        raise Refused(said, rule=rule, cure=f"at most {format_money(most)}" if most else "choose another reason")


def limited(look: Look, account_id: int, number: str, reason: Reason, cents: int, aside: Aside) -> str:
    """Refuse what is above the reason's limit; else say what was given earlier, so that its tier is raised."""
    before = given(look, account_id, reason, aside.proposal_id)
    within(look, account_id, number, reason, cents, before)
    return told(reason, before)

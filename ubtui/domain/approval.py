"""Who must approve an adjustment: tiers by amount, raised by what kind of act it is and by its company."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the district's approval rules; bounds in cents include their upper end."""

    version: str
    tier_0_to: int
    tier_1_to: int
    tier_2_to: int
    manager_above: int
    refund_to: int
    auto_a_day: int
    auto_cents_a_day: int
    auto_a_year_on_account: int

    def __post_init__(self) -> None:
        bounds = (self.tier_0_to, self.tier_1_to, self.tier_2_to, self.manager_above)
        if list(bounds) != sorted(bounds) or self.tier_0_to < 0:
            raise BadValue(f"Approval policy {self.version}: bounds {bounds} do not rise; list them in order.")


@dataclass(frozen=True, slots=True)
class Decision:
    """What an adjustment needs: each entry of `approvals` is one approval, by any role of its set.

    Tier 0 needs none: the policy decides. `why` is one sentence for the form.
    """

    tier: int
    approvals: tuple[frozenset[str], ...]
    document_needed: bool
    why: str

    @property
    def roles(self) -> frozenset[str]:
        """Every role that may give one of the approvals."""
        return frozenset().union(*self.approvals)


_LEAD = frozenset({"lead"})
_FINANCE = frozenset({"finance"})
_MANAGER = frozenset({"manager"})


def tier(
    cents: int,
    *,
    policy: Policy,
    refund: bool = False,
    write_off: bool = False,
    lien: bool = False,
    own_or_linked: bool = False,
    back_dated: bool = False,
    account_30_day_sum: int = 0,
    maker_account_30_day_sum: int = 0,
    policy_reason: bool = False,
    day_count: int = 0,
    day_sum: int = 0,
    year_count_on_account: int = 0,
) -> Decision:
    """Decide the tier of an amount (either sign), with what stands already, this one not counted.

    The two 30-day sums stop splitting: the amount judged is this one plus the larger of them. Tier 0 needs a
    policy reason and stays within the technician's day (`day_count`, `day_sum`) and the account's year. A lead
    decides refunds of tier 1 only.
    """
    amount = abs(cents)
    before = max(abs(account_30_day_sum), abs(maker_account_30_day_sum))
    judged = amount + before
    shown = format_money(judged) + (" within 30 days" if before else "")
    finance = [
        reason
        for holds, reason in (
            (refund and judged > policy.refund_to, f"a refund above {format_money(policy.refund_to)}"),
            (write_off, "a write-off"),
            (lien, "a change to a lien"),
            (own_or_linked, "an employee's own or linked account"),
            (back_dated, "dated back into a closed period's month"),
        )
        if holds
    ]
    if judged > policy.manager_above:
        why = f"{shown} is above {format_money(policy.manager_above)}: finance and the manager"
        return Decision(3, (_FINANCE, _MANAGER), True, why)
    if finance:
        return Decision(3, (_FINANCE,), True, f"{', '.join(finance)}: finance")
    if judged > policy.tier_2_to:
        return Decision(3, (_FINANCE,), True, f"{shown} is above {format_money(policy.tier_2_to)}: finance")
    if judged > policy.tier_1_to and refund:
        why = f"a refund of {shown} is above {format_money(policy.tier_1_to)}: finance, with a document"
        return Decision(2, (_FINANCE,), True, why)
    if judged > policy.tier_1_to:
        why = f"{shown} is above {format_money(policy.tier_1_to)}: lead or finance, with a document"
        return Decision(2, (_LEAD | _FINANCE,), True, why)
    if judged > policy.tier_0_to:
        return Decision(1, (_LEAD,), False, f"{shown} is above {format_money(policy.tier_0_to)}: lead")
    stop = _not_automatic(amount, policy, refund, policy_reason, day_count, day_sum, year_count_on_account)
    if stop:
        return Decision(1, (_LEAD,), False, f"{stop}: lead")
    return Decision(0, (), False, f"{shown} with a policy reason: decided by policy {policy.version}")


def tier_up(found: Decision, why: str, *, by_policy: bool) -> Decision:
    """The decision on what the rule allows no more, because of `why`: a tier above `found`, at most finance.

    Of a policy's reason (`by_policy`) only what the policy would have decided goes up, to the lead.
    """
    if found.tier == 0:
        return Decision(1, (_LEAD,), found.document_needed, f"{why}: lead")
    if found.tier == 1 and not by_policy:
        return Decision(2, (_LEAD | _FINANCE,), True, f"{why}: lead or finance, with a document")
    if found.tier == 2 and not by_policy:
        return Decision(3, (_FINANCE,), True, f"{why}: finance")
    return replace(found, why=f"{why}; {found.why}")


def _not_automatic(
    amount: int,
    policy: Policy,
    refund: bool,
    policy_reason: bool,
    day_count: int,
    day_sum: int,
    year_count: int,
) -> str:
    """Why a small amount still needs a person, or nothing."""
    if refund:
        return "a refund is never automatic"
    if not policy_reason:
        return "the reason is not one of the policy's"
    if day_count + 1 > policy.auto_a_day:
        return f"already {day_count} automatic ones today"
    if abs(day_sum) + amount > policy.auto_cents_a_day:
        return f"automatic ones would exceed {format_money(policy.auto_cents_a_day)} today"
    if year_count + 1 > policy.auto_a_year_on_account:
        return f"already {year_count} automatic ones on this account in a year"
    return ""

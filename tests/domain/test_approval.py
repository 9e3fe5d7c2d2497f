"""Approval tiers at every limit, and what raises them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain import approval
from ubtui.domain.approval import Decision, Policy
from ubtui.domain.errors import BadValue

POLICY = Policy("7", 25_00, 250_00, 2_500_00, 10_000_00, 1_000_00, 5, 100_00, 2)
LEAD, FINANCE, MANAGER = frozenset({"lead"}), frozenset({"finance"}), frozenset({"manager"})
FLAGS = ("refund", "write_off", "lien", "own_or_linked", "back_dated")


def tier(cents: int, **more: Any) -> Decision:
    return approval.tier(cents, **{"policy": POLICY, **more})


@pytest.mark.parametrize(
    ("cents", "number", "approvals", "document"),
    [
        (25_00, 0, (), False),
        (25_01, 1, (LEAD,), False),
        (250_00, 1, (LEAD,), False),
        (250_01, 2, (LEAD | FINANCE,), True),
        (2_500_00, 2, (LEAD | FINANCE,), True),
        (2_500_01, 3, (FINANCE,), True),
        (10_000_00, 3, (FINANCE,), True),
        (10_000_01, 3, (FINANCE, MANAGER), True),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_bounds_include_their_upper_end(
    cents: int, number: int, approvals: tuple[frozenset[str], ...], document: bool, sign: int
) -> None:
    decision = tier(sign * cents, policy_reason=True)
    assert (decision.tier, decision.approvals, decision.document_needed) == (number, approvals, document)
    assert decision.roles == frozenset().union(*approvals)


@pytest.mark.parametrize("sums", ["account_30_day_sum", "maker_account_30_day_sum"])
def test_splitting_does_not_lower_the_tier(sums: str) -> None:
    assert tier(20_00, policy_reason=True, **{sums: 5_00}).tier == 0
    assert tier(20_00, policy_reason=True, **{sums: 5_01}).tier == 1
    assert tier(20_00, policy_reason=True, **{sums: -2_480_01}).tier == 3
    assert tier(1, **{sums: 10_000_00}).approvals == (FINANCE, MANAGER)


@pytest.mark.parametrize("flag", FLAGS[1:])
def test_some_acts_go_to_finance_whatever_the_amount(flag: str) -> None:
    decision = tier(1, policy_reason=True, **{flag: True})
    assert (decision.tier, decision.approvals, decision.document_needed) == (3, (FINANCE,), True)
    assert tier(10_000_01, **{flag: True}).approvals == (FINANCE, MANAGER)


def test_refunds_go_to_finance_above_a_thousand_and_are_never_automatic() -> None:
    assert tier(10_00, refund=True, policy_reason=True).tier == 1
    assert tier(1_000_00, refund=True).tier == 2
    assert tier(1_000_01, refund=True).tier == 3
    assert tier(600_00, refund=True, account_30_day_sum=400_01).tier == 3


def test_a_lead_decides_refunds_of_tier_1_only() -> None:
    assert tier(250_00, refund=True).approvals == (LEAD,)
    decision = tier(250_01, refund=True)
    assert (decision.tier, decision.approvals, decision.document_needed) == (2, (FINANCE,), True)
    assert tier(200_00, refund=True, account_30_day_sum=50_01).approvals == (FINANCE,)


def test_the_caps_of_automatic_ones() -> None:
    assert tier(10_00).tier == 1
    assert tier(10_00, policy_reason=True, day_count=4, day_sum=90_00, year_count_on_account=1).tier == 0
    assert tier(10_00, policy_reason=True, day_count=5).tier == 1
    assert tier(10_00, policy_reason=True, day_sum=90_01).tier == 1
    assert tier(10_00, policy_reason=True, year_count_on_account=2).tier == 1


SUMS = st.integers(0, 20_000_00)


@given(SUMS, SUMS, SUMS, st.sets(st.sampled_from(FLAGS)), st.booleans(), st.integers(0, 8))
def test_more_money_or_more_flags_never_need_less(
    cents: int, account: int, more: int, flags: set[str], reason: bool, day_count: int
) -> None:
    def need(amount: int, before: int, on: set[str]) -> tuple[int, int]:
        decision = tier(
            amount,
            account_30_day_sum=before,
            policy_reason=reason,
            day_count=day_count,
            **dict.fromkeys(on, True),
        )
        assert decision.why
        assert (decision.tier == 0) == (not decision.approvals)
        assert decision.document_needed == (decision.tier >= 2)
        return decision.tier, len(decision.approvals)

    least = need(cents, account, set())
    assert least <= need(cents + more, account, set())
    assert least <= need(cents, account + more, set())
    assert least <= need(cents, account, flags)


def test_a_district_sets_its_own_bounds() -> None:
    strict = replace(POLICY, version="2026-07", tier_0_to=0, tier_1_to=100_00)
    assert tier(1, policy=strict, policy_reason=True).tier == 1
    assert tier(100_01, policy=strict).tier == 2
    assert "policy 7" in tier(1, policy_reason=True).why
    with pytest.raises(BadValue, match=r"do not rise"):
        replace(POLICY, version="bad", tier_0_to=300_00)

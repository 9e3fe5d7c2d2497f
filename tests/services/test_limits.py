"""What a reason allows one account: a late fee waived once in twelve months, a leak relieved once in 24."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.services import office
from tests.services.test_adjustments import ONE, PAPER
from ubtui.desk import Desk
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments as adj

NONE = format_account(account_number(2))


@pytest.fixture
def ana(backend: str) -> Iterator[Desk]:
    office.found(backend, limits=True)
    with office.desk(backend) as made:
        account = office.account(made.session)
        office.bill(made, account, 400_00, date(2024, 10, 1))
        office.bill(made, account, 90_00, date(2026, 9, 1))
        for day in (date(2026, 9, 20), date(2026, 10, 20)):
            office.bill(made, account, 10_00, day, charge="PEN")
        office.pay(made, account, 490_00, date(2026, 9, 10))
        yield made


def propose(at: Desk, cents: int, reason: str, **more: Any) -> Any:
    facts: dict[str, Any] = {"account": ONE, "reason": reason, "amount_cents": cents}
    form = adj.Propose(**facts | more)
    return at.perform(adj.propose, form)


def test_a_late_fee_that_was_never_charged_is_not_waived(ana: Desk) -> None:
    no = office.refused(propose(ana, 5_00, "courtesy-waiver", account=NONE))
    assert f"{NONE} was charged nothing for Late penalty in the last 12 months" in no.reason


def test_a_waiver_is_at_most_one_late_fee_and_the_second_is_the_leads(ana: Desk, backend: str) -> None:
    no = office.refused(propose(ana, 10_01, "courtesy-waiver"))
    assert "10.01 is more than the 10.00 of one charge for Late penalty" in no.reason
    first = office.done(propose(ana, 10_00, "courtesy-waiver"))
    assert (first.state, first.tier) == ("approved", 0)
    second = office.done(propose(ana, 10_00, "courtesy-waiver"))
    assert (second.state, second.tier, second.approvers) == ("pending", 1, ("lead",))
    assert f"once in 12 months, and given 10.00 on {office.DAY} ({first.number})" in second.why
    with office.desk(backend, "ben") as ben:
        seen = ben.ask(adj.proposal, second.number)
        assert seen.plan is not None and first.number in seen.plan.why
        office.done(ben.perform(adj.approve, adj.Approve(proposal=second.number, amount_cents=10_00)))
    no = office.refused(propose(ana, 1, "courtesy-waiver"))
    assert "more than the 0.00 of one charge for Late penalty less 20.00 given before" in no.reason


def test_a_leak_is_relieved_once_in_its_months_and_of_what_was_charged_in_them(ana: Desk, backend: str) -> None:
    no = office.refused(propose(ana, 90_01, "leak", documents=[PAPER]))
    assert "90.01 is more than the 90.00 charged for Water use" in no.reason, "the bill of 2024 is older"
    first = office.done(propose(ana, 40_00, "leak", documents=[PAPER]))
    assert (first.tier, first.approvers) == (1, ("lead",))
    second = office.done(propose(ana, 30_00, "leak", documents=[PAPER], effective_on=office.DAY - timedelta(days=1)))
    assert (second.tier, second.approvers) == (2, ("finance", "lead"))
    assert f"once in 24 months, and given 40.00 on {office.DAY} ({first.number})" in second.why
    no = office.refused(propose(ana, 20_01, "leak", documents=[PAPER]))
    assert "20.01 is more than the 20.00 charged for Water use less 70.00 given before" in no.reason
    with office.desk(backend, "ben") as ben:
        assert ben.ask(adj.proposal, first.number).plan is not None, "what came later does not stop it"
        office.done(ben.perform(adj.approve, adj.Approve(proposal=second.number, amount_cents=30_00)))
        late = ben.ask(adj.proposal, first.number).plan
        assert late is not None and second.number in late.why, "now it is the second"
        office.done(ben.perform(adj.reject, adj.Reject(proposal=first.number, reason="no leak")))
    third = office.done(propose(ana, 60_00, "leak", documents=[PAPER]))
    assert first.number not in third.why and second.number in third.why


def test_what_waits_and_came_later_stops_no_decision(ana: Desk, backend: str) -> None:
    small = office.done(propose(ana, 30_00, "read-correction"))
    huge = office.done(propose(ana, 999_999_00, "read-correction", documents=[PAPER]))
    assert huge.tier == 3
    with office.desk(backend, "ben") as ben:
        office.done(ben.perform(adj.approve, adj.Approve(proposal=small.number, amount_cents=30_00)))

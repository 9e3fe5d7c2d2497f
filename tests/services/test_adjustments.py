"""Adjustments from plan to proposal on both databases: what a plan says, tiers, papers, floors and ceilings."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from tests.services import office
from ubtui.db.models import record
from ubtui.desk import Desk
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments as adj
from ubtui.services import documents, ledger

ONE, BENS, ANAS = (format_account(account_number(n)) for n in (1, 3, 4))
PAPER = documents.Paper(name="repair.pdf", media="application/pdf", content=base64.b64encode(b"paid 312.00").decode())


@dataclass
class Office:
    """Four people at their desks: ana technician, ben lead, cho finance, eve manager."""

    ana: Desk
    ben: Desk
    cho: Desk
    eve: Desk

    @property
    def account(self) -> int:
        return office.account(self.ana.session)

    def propose(self, cents: int, reason: str = "read-correction", who: str = "ana", **more: Any) -> adj.Proposed:
        form = adj.Propose(**{"account": ONE, "reason": reason, "amount_cents": cents} | more)
        return office.done(getattr(self, who).perform(adj.propose, form))

    def approve(self, number: str, cents: int, who: str = "ben") -> Any:
        return getattr(self, who).perform(adj.approve, adj.Approve(proposal=number, amount_cents=cents))

    def balance(self) -> tuple[int, int]:
        found = self.ana.ask(ledger.balance, self.account)
        return found.receivable, found.credit

    def journals(self) -> int:
        return int(self.ana.session.value("SELECT COUNT(*) FROM journal"))


def replace_form(form: adj.Propose, **changes: Any) -> adj.Propose:
    changed: adj.Propose = msgspec.structs.replace(form, **changes)
    return changed


@pytest.fixture
def at(backend: str) -> Iterator[Office]:
    office.found(backend)
    with ExitStack() as stack:
        desks = [stack.enter_context(office.desk(backend, who)) for who in ("ana", "ben", "cho", "eve")]
        made = Office(*desks)
        office.bill(made.ana, made.account, 60_00, date(2026, 8, 1), charge="SVC")
        office.bill(made.ana, made.account, 40_00, date(2026, 9, 1))
        office.bill(made.ana, made.account, 12_00, date(2026, 10, 1), charge="PEN")
        yield made


# -- the plan -----------------------------------------------------------------------------------------------------


def test_a_credit_pays_its_own_charge_first_then_the_oldest_and_leaves_the_rest_as_credit(at: Office) -> None:
    made = at.ana.ask(adj.plan, adj.Propose(account=ONE, reason="read-correction", amount_cents=120_00))
    assert [(t.charge, t.open_before, t.open_after) for t in made.touched] == [
        ("USE", 40_00, 0),
        ("SVC", 60_00, 0),
        ("PEN", 12_00, 0),
    ]
    assert [(leg.gl, leg.cents) for leg in made.legs] == [
        ("4920", 120_00),
        ("1100", -40_00),
        ("1100", -60_00),
        ("1110", -12_00),
        ("2100", -8_00),
    ]
    assert (made.before.balance, made.after.balance) == (112_00, -8_00)
    assert (made.after.receivable, made.after.credit) == (0, 8_00)
    assert (made.tier, made.approvers, made.needs_document) == (1, ("lead",), False)
    assert at.journals() == 3, "a plan writes nothing"


def test_a_debit_opens_an_item_due_with_the_cycle(at: Office) -> None:
    number = at.propose(75_00, "charge-by-hand", documents=[PAPER]).number
    made = at.ben.ask(adj.proposal, number).plan
    assert made is not None
    assert [(t.item_id, t.charge, t.due_on, t.open_after) for t in made.touched] == [
        (None, "USE", office.DAY + timedelta(days=30), 75_00)
    ]
    office.done(at.approve(number, 75_00))
    newest = at.ana.ask(ledger.items, at.account)[-1]
    assert (newest.cents, newest.due_on, newest.open_cents) == (75_00, date(2026, 12, 23), 75_00)
    assert at.balance() == (187_00, 0)


def test_a_refund_takes_at_most_the_credit(at: Office) -> None:
    office.pay(at.ana, at.account, 130_00, office.DAY)
    refused = office.refused(
        at.ana.perform(adj.propose, adj.Propose(account=ONE, reason="credit-to-refunds-payable", amount_cents=18_01))
    )
    assert "more than the credit of 18.00" in refused.reason
    made = at.propose(18_00, "credit-to-refunds-payable")
    assert made.tier == 1, "a refund is never automatic"
    office.done(at.approve(made.number, 18_00))
    assert at.balance() == (0, 0)
    refunds = (
        "SELECT CAST(SUM(p.cents) AS bigint) FROM posting p JOIN gl_account g ON g.id = p.gl_id WHERE g.code = '2150'"
    )
    assert at.ana.session.value(refunds) == -18_00


def test_one_credit_is_not_refunded_from_two_seats(at: Office) -> None:
    office.pay(at.ana, at.account, 130_00, office.DAY)
    first = at.propose(18_00, "credit-to-refunds-payable")
    second = at.propose(18_00, "credit-to-refunds-payable")
    office.done(at.approve(first.number, 18_00))
    assert "more than the credit" in office.refused(at.approve(second.number, 18_00)).reason


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": "gift"}, "no adjustment reason"),
        ({"amount_cents": 0}, "not above zero"),
        ({"amount_cents": -5}, "not above zero"),
        ({"account": "000001-1"}, "check digit"),
        ({"account": account_number(999)}, "no account"),
        ({"effective_on": date(2026, 11, 24)}, "after today"),
        ({"item": "nonsense"}, "not an item"),
        ({"note": "card 4111 1111 1111 1111 please"}, "card number"),
        ({"account": ANAS}, "linked to you"),
    ],
)
def test_a_proposal_is_refused_in_words(at: Office, change: dict[str, Any], words: str) -> None:
    form: dict[str, Any] = {"account": ONE, "reason": "read-correction", "amount_cents": 1_00}
    refused = office.refused(at.ana.perform(adj.propose, adj.Propose(**form | change)))
    assert words in refused.reason
    assert at.ana.session.value("SELECT COUNT(*) FROM proposal") == 0


def test_a_card_number_is_kept_nowhere(at: Office) -> None:
    form = adj.Propose(account=ONE, reason="leak", amount_cents=1, note="4111-1111-1111-1111")
    office.refused(at.ana.perform(adj.propose, form))
    kept = at.ana.session.rows("SELECT body FROM audit_personal") + at.ana.session.rows("SELECT body FROM audit")
    assert not [body for (body,) in kept if re.search(r"4111\D?1111", body)]


# -- tiers ----------------------------------------------------------------------------------------------------------


def test_a_small_policy_waiver_posts_at_once(at: Office) -> None:
    made = at.propose(12_00, "courtesy-waiver")
    assert (made.state, made.tier, made.approvers) == ("approved", 0, ())
    assert at.balance() == (100_00, 0)
    row = at.ana.session.one("SELECT decided_by FROM approval")
    assert row == ("policy:1",)
    maker, by = at.ana.session.one("SELECT maker, posted_by FROM journal WHERE kind = 'ADJ'") or ("", "")
    assert (maker, by) == ("ana", "ana")


def test_splitting_under_a_tier_does_not_help(at: Office) -> None:
    assert [at.propose(cents).tier for cents in (20_00, 200_00)] == [1, 1]
    third = office.refused(
        at.ana.perform(adj.propose, adj.Propose(account=ONE, reason="read-correction", amount_cents=31_00))
    )
    assert "needs a document" in third.reason
    made = at.propose(31_00, documents=[PAPER])
    assert (made.tier, made.approvers) == (2, ("finance", "lead"))
    assert "251.00 within 30 days" in made.why


def test_automatic_waivers_have_their_count(at: Office) -> None:
    at.propose(6_00, "courtesy-waiver")
    at.propose(5_00, "courtesy-waiver")
    third = at.propose(1_00, "courtesy-waiver")
    assert (third.tier, third.state) == (1, "pending")
    assert "2 automatic ones on this account" in third.why


def test_rejected_amounts_do_not_count_against_the_next(at: Office) -> None:
    number = at.propose(240_00).number
    office.done(at.ben.perform(adj.reject, adj.Reject(proposal=number, reason="not the meter")))
    assert at.propose(20_00).tier == 1


def test_a_lead_may_not_decide_what_finance_must(at: Office) -> None:
    number = at.propose(2_600_00, documents=[PAPER]).number
    assert "not a lead's to decide" in office.refused(at.approve(number, 2_600_00)).reason
    office.done(at.approve(number, 2_600_00, "cho"))


def test_an_employees_account_goes_to_finance(at: Office) -> None:
    made = at.propose(5_00, account=BENS, documents=[PAPER])
    assert (made.tier, made.approvers) == (3, ("finance",))
    assert "your own account" in office.refused(at.approve(made.number, 5_00)).reason
    office.done(at.approve(made.number, 5_00, "cho"))


def test_a_leads_own_proposal_has_finance_to_decide_it(at: Office) -> None:
    made = at.propose(50_00, who="ben")
    assert made.approvers == ("finance", "lead")
    assert "your own proposal" in office.refused(at.approve(made.number, 50_00)).reason
    office.done(at.approve(made.number, 50_00, "cho"))


def test_a_back_dated_act_into_a_closed_month_goes_to_finance(at: Office) -> None:
    at.ana.session.run("UPDATE period SET status = 'closed' WHERE ym = 202610")
    made = at.propose(5_00, effective_on=date(2026, 10, 5), documents=[PAPER])
    assert made.approvers == ("finance",)
    office.done(at.approve(made.number, 5_00, "cho"))
    assert at.ana.session.one("SELECT effective_on, period_ym FROM journal WHERE kind = 'ADJ'") == (
        "2026-10-05",
        202611,
    )


def test_a_refund_above_tier_1_is_not_a_leads_to_decide(at: Office) -> None:
    office.pay(at.ana, at.account, 1_012_00, office.DAY)
    made = at.propose(900_00, "credit-to-refunds-payable", documents=[PAPER])
    assert (made.tier, made.approvers) == (2, ("finance",))
    assert "not a lead's to decide" in office.refused(at.approve(made.number, 900_00)).reason
    office.done(at.approve(made.number, 900_00, "cho"))


def test_bills_taken_back_one_by_one_rise_through_the_tiers(at: Office) -> None:
    two = office.account(at.ana.session, 2)
    for _ in range(12):
        office.bill(at.ana, two, 250_00, date(2026, 10, 1))
    found = []
    for (journal,) in at.ana.session.rows("SELECT journal_id FROM bill WHERE account_id = ? ORDER BY id", [two]):
        made = office.done(at.ana.perform(adj.reverse, adj.Reverse(journal=journal, note="cancelled")))
        who = "ben" if "lead" in made.approvers else "cho"
        office.done(at.approve(made.number, 250_00, who))
        found.append((made.tier, made.approvers))
    assert found == [(1, ("lead",))] + [(2, ("finance", "lead"))] * 9 + [(3, ("finance",))] * 2
    assert at.ana.ask(ledger.balance, two).total == 0
    credit = office.done(
        at.ana.perform(
            adj.propose,
            adj.Propose(account=account_number(2), reason="read-correction", amount_cents=1_00, documents=[PAPER]),
        )
    )
    assert credit.tier == 3, "what was taken back counts with adjustments"


def test_a_returned_payment_does_not_count_as_an_adjustment(at: Office) -> None:
    for _ in range(2):
        office.pay(at.ana, at.account, 240_00, office.DAY)
    for (journal,) in at.ana.session.rows("SELECT journal_id FROM receipt ORDER BY id DESC"):
        made = office.done(at.ana.perform(adj.reverse, adj.Reverse(journal=journal, note="returned")))
        assert made.tier == 1
    assert at.propose(1_00).tier == 1


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (date(1, 1, 1), "the ledger begins on 2021-01-01"),
        (date(2020, 12, 31), "the ledger begins on 2021-01-01"),
        (date(2026, 11, 24), "after today"),
    ],
)
@pytest.mark.parametrize("reverses", [False, True])
def test_an_effective_day_has_its_floor_and_its_ceiling(at: Office, day: date, says: str, reverses: bool) -> None:
    if reverses:
        says = says if "today" in says else "what it takes back happened on 2026-08-01"
        answer: Any = at.ana.perform(adj.reverse, adj.Reverse(journal=1, note="x", effective_on=day))
    else:
        form = adj.Propose(account=ONE, reason="read-correction", amount_cents=1_00, effective_on=day)
        answer = at.ana.perform(adj.propose, form)
    no = office.refused(answer)
    assert says in no.reason and no.rule == "effective date"


def test_nothing_counts_from_before_the_account_opened(at: Office) -> None:
    at.ana.session.run("UPDATE account SET opened_on = '2026-09-15' WHERE id = ?", [at.account])
    form = adj.Propose(account=ONE, reason="read-correction", amount_cents=1_00, effective_on=date(2026, 9, 14))
    no = office.refused(at.ana.perform(adj.propose, form))
    assert ("the account opened on 2026-09-15" in no.reason, no.cure) == (True, "2026-09-15 or later")
    at.propose(1_00, effective_on=date(2026, 9, 15))


def test_a_back_dated_charge_falls_due_after_it_was_made(at: Office) -> None:
    number = at.propose(200_00, "charge-by-hand", effective_on=date(2026, 6, 1), documents=[PAPER]).number
    office.done(at.approve(number, 200_00))
    newest = at.ana.ask(ledger.items, at.account)[-1]
    assert (newest.effective_on, newest.due_on) == (date(2026, 6, 1), office.DAY + timedelta(days=30))
    found = at.ana.ask(ledger.balance, at.account)
    assert (found.past_due, found.not_due) == (100_00, 200_00), "nothing unmailed is past due"


def test_what_is_not_mailed_is_not_past_due(at: Office) -> None:
    item = at.ana.ask(ledger.items, at.account)[0]
    assert ledger.age([item], office.DAY) == (item.open_cents, 0, 0, 0)
    assert ledger.age([replace(item, mailed_on=None)], office.DAY) == (0, 0, item.open_cents, 0)


def test_approval_looks_at_the_tier_again(at: Office) -> None:
    number = at.propose(40_00).number
    later = at.propose(240_00, "charge-by-hand", documents=[PAPER])
    assert (later.tier, at.ben.ask(adj.proposal, number).moved) == (2, ""), "it came later, and only waits"
    office.done(at.approve(later.number, 240_00))
    assert "tier 1; by now 280.00 within 30 days" in at.ben.ask(adj.proposal, number).moved
    no = office.refused(at.approve(number, 40_00))
    assert ("submitted for tier 1" in no.reason, no.cure) == (True, "ask ana to revise it")
    no = office.refused(at.ana.perform(adj.revise, adj.Revise(proposal=number)))
    assert "needs a document" in no.reason
    made = office.done(at.ana.perform(adj.revise, adj.Revise(proposal=number, documents=[PAPER])))
    assert made.tier == 2
    office.done(at.approve(made.number, 40_00))


def test_an_account_that_became_an_employees_goes_to_finance(at: Office) -> None:
    number = at.propose(20_00).number
    at.ana.session.insert(record.StaffAccount, staff="eve", account_number=account_number(1), relation="own")
    assert "own or linked account: finance" in office.refused(at.approve(number, 20_00)).reason


def test_two_people_sign_a_large_amount(at: Office) -> None:
    made = at.propose(10_000_01, "charge-by-hand", documents=[PAPER])
    assert made.approvers == ("finance", "manager")
    first = office.done(at.approve(made.number, 10_000_01, "cho"))
    assert (first.journal_id, first.waits_for) == (None, ("manager",))
    assert at.balance() == (112_00, 0)
    assert "has signed" in office.refused(at.approve(made.number, 10_000_01, "cho")).reason
    assert office.done(at.approve(made.number, 10_000_01, "eve")).journal_id is not None
    assert at.balance() == (10_112_01, 0)

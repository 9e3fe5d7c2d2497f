"""Adjustments from plan to ledger on both databases: tiers, papers, second persons, moved plans, reversals, drafts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from tests.services import office
from ubtui.act import Refused
from ubtui.db.models import record
from ubtui.db.models.reads import Read
from ubtui.desk import Desk
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments as adj
from ubtui.services import documents, drafts, ledger, reads
from ubtui.services.office import MoveClock, move_clock

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


# -- decisions --------------------------------------------------------------------------------------------------------


def test_the_checker_types_the_amount_and_approval_posts(at: Office) -> None:
    number = at.propose(30_00, note="digits swapped").number
    assert "is for 30.00, not 30.01" in office.refused(at.approve(number, 30_01)).reason
    assert "technician may not" in office.refused(at.approve(number, 30_00, "ana")).reason
    view = at.ben.ask(adj.proposal, number)
    assert (view.standing, view.may_decide, view.note) == ("pending", "", "digits swapped")
    assert view.plan is not None and view.plan.after.balance == 82_00
    done = office.done(at.approve(number, 30_00))
    assert done.balance_cents == 82_00
    assert at.balance() == (82_00, 0)
    view = at.ben.ask(adj.proposal, number)
    assert (view.standing, view.decided_by, view.journal_id) == ("approved", "ben", done.journal_id)
    assert "is approved" in office.refused(at.approve(number, 30_00)).reason


def test_what_was_planned_is_what_is_posted(at: Office) -> None:
    form = adj.Propose(account=ONE, reason="read-correction", amount_cents=110_00)
    made = at.ana.ask(adj.plan, form)
    number = office.done(at.ana.perform(adj.propose, form)).number
    done = office.done(at.approve(number, 110_00))
    posted = at.ana.session.rows(
        "SELECT g.code, p.cents, p.item_id FROM posting p JOIN gl_account g ON g.id = p.gl_id"
        " WHERE p.journal_id = ? ORDER BY p.id",
        [done.journal_id],
    )
    assert posted == [(leg.gl, leg.cents, leg.item_id) for leg in made.legs]
    assert at.balance() == (made.after.receivable, made.after.credit)


def test_a_dry_run_says_the_same_and_keeps_nothing(at: Office) -> None:
    number = at.propose(30_00).number
    before = at.ana.session.value("SELECT COUNT(*) FROM audit")
    dry = at.ben.perform(adj.approve, adj.Approve(proposal=number, amount_cents=30_00), dry_run=True)
    assert office.done(dry).balance_cents == 82_00
    assert (at.balance(), at.journals()) == ((112_00, 0), 3)
    assert at.ana.session.value("SELECT COUNT(*) FROM audit") == before
    assert office.done(at.approve(number, 30_00)).balance_cents == 82_00


def test_a_plan_that_moved_is_refused_and_revised(at: Office) -> None:
    number = at.propose(30_00).number
    office.pay(at.ana, at.account, 70_00, office.DAY)
    assert "has moved" in at.ben.ask(adj.proposal, number).moved
    assert "has moved" in office.refused(at.approve(number, 30_00)).reason
    made = office.done(at.ana.perform(adj.revise, adj.Revise(proposal=number)))
    assert at.ana.ask(adj.proposal, number).replaced_by == made.number
    office.done(at.approve(made.number, 30_00))


def test_what_was_shown_is_what_is_posted_at_once(at: Office) -> None:
    form = adj.Propose(account=ONE, reason="courtesy-waiver", amount_cents=12_00)
    shown = at.ana.ask(adj.preview, form)
    assert shown.tier == 0
    office.pay(at.ben, at.account, 112_00, office.DAY)
    no = office.refused(at.ana.perform(adj.propose, replace_form(form, plan=shown.hash)))
    assert no.rule == "what was shown is what is done"
    assert "last on 000001-8 is journal 4, RECEIPT -112.00 by ben" in no.reason
    assert at.journals() == 4 and at.ana.session.value("SELECT COUNT(*) FROM proposal") == 0
    again = at.ana.ask(adj.preview, form)
    made = office.done(at.ana.perform(adj.propose, replace_form(form, plan=again.hash)))
    assert (made.state, at.balance()) == ("approved", (0, 12_00))


def test_a_moved_plan_names_the_items_it_finds(at: Office) -> None:
    form = adj.Propose(account=ONE, reason="read-correction", amount_cents=50_00)
    shown = at.ana.ask(adj.preview, form)
    office.pay(at.ben, at.account, 70_00, office.DAY)
    no = office.refused(at.ana.perform(adj.propose, replace_form(form, plan=shown.hash)))
    assert "USE due 2026-09-01 is 30.00 open, PEN due 2026-10-01 is 12.00 open" in no.reason


def test_drafts_and_revisions_hold_to_the_plan_that_was_shown(at: Office) -> None:
    number = at.propose(30_00, draft=True).number
    submit, revise = adj.Submit(proposal=number), adj.Revise(proposal=number, amount_cents=40_00)
    shown = [at.ana.ask(adj.preview, form).hash for form in (submit, revise)]
    office.pay(at.ben, at.account, 70_00, office.DAY)
    no = office.refused(at.ana.perform(adj.submit, adj.Submit(proposal=number, plan=shown[0])))
    assert no.rule == "what was shown is what is done"
    no = office.refused(at.ana.perform(adj.revise, adj.Revise(proposal=number, amount_cents=40_00, plan=shown[1])))
    assert no.rule == "what was shown is what is done"
    assert at.ana.ask(adj.proposal, number).standing == "draft"
    fresh = adj.Revise(proposal=number, amount_cents=40_00, plan=at.ana.ask(adj.preview, revise).hash)
    made = office.done(at.ana.perform(adj.revise, fresh))
    assert at.ana.ask(adj.proposal, made.number).amount_cents == 40_00


def test_a_preview_of_a_revision_does_not_count_what_it_replaces(at: Office) -> None:
    number = at.propose(200_00).number
    assert at.ana.ask(adj.preview, adj.Revise(proposal=number, amount_cents=240_00)).tier == 1


def test_a_retry_that_was_shown_a_newer_plan_gets_the_first_answer(at: Office) -> None:
    form = adj.Propose(account=ONE, reason="read-correction", amount_cents=50_00)
    first = at.ana.perform(adj.propose, replace_form(form, plan=at.ana.ask(adj.preview, form).hash), "form-key-1")
    office.pay(at.ben, at.account, 70_00, office.DAY)
    again = at.ana.perform(adj.propose, replace_form(form, plan=at.ana.ask(adj.preview, form).hash), "form-key-1")
    assert office.done(first) == office.done(again)


def test_a_payment_on_another_item_does_not_move_the_plan(at: Office) -> None:
    number = at.propose(30_00).number
    office.pay(at.ana, at.account, 60_00, office.DAY)
    office.done(at.approve(number, 30_00))
    assert at.balance() == (22_00, 0)


def test_a_rejection_has_its_reason_and_is_acknowledged_or_revised(at: Office) -> None:
    number = at.propose(30_00).number
    assert (
        "needs a reason" in office.refused(at.ben.perform(adj.reject, adj.Reject(proposal=number, reason=" "))).reason
    )
    office.done(at.ben.perform(adj.reject, adj.Reject(proposal=number, reason="wrong meter")))
    view = at.ana.ask(adj.proposal, number)
    assert (view.standing, view.decision_reason, view.acknowledged) == ("rejected", "wrong meter", False)
    assert "only the maker" in office.refused(at.ben.perform(adj.acknowledge, adj.Acknowledge(proposal=number))).rule
    office.done(at.ana.perform(adj.acknowledge, adj.Acknowledge(proposal=number)))
    assert at.ana.ask(adj.proposal, number).acknowledged
    assert "already" in office.refused(at.ana.perform(adj.acknowledge, adj.Acknowledge(proposal=number))).reason
    made = office.done(at.ana.perform(adj.revise, adj.Revise(proposal=number, amount_cents=20_00)))
    assert (made.amount_cents, at.ana.ask(adj.proposal, made.number).revises) == (20_00, number)
    again = office.refused(at.ana.perform(adj.revise, adj.Revise(proposal=number)))
    assert f"replaced by {made.number}" in again.reason


def test_a_draft_waits_for_its_document_and_revision_takes_papers_along(at: Office) -> None:
    number = at.propose(30_00, "leak", draft=True).number
    assert at.ana.ask(adj.proposal, number).standing == "draft"
    assert "needs a document" in office.refused(at.ana.perform(adj.submit, adj.Submit(proposal=number))).reason
    attach = documents.Attach(subject=f"proposal:{number}", paper=PAPER, title="plumber")
    office.done(at.ana.perform(documents.attach, attach))
    assert "only the maker" in office.refused(at.ben.perform(adj.submit, adj.Submit(proposal=number))).rule
    assert office.done(at.ana.perform(adj.submit, adj.Submit(proposal=number))).state == "pending"
    assert "is submitted" in office.refused(at.ana.perform(documents.attach, attach)).reason
    made = office.done(at.ana.perform(adj.revise, adj.Revise(proposal=number, amount_cents=29_00)))
    assert [d.name for d in at.ana.ask(adj.proposal, made.number).documents] == ["repair.pdf"]
    assert at.ana.ask(adj.proposal, number).standing == "withdrawn"


def test_a_draft_is_planned_anew_when_submitted(at: Office) -> None:
    number = at.propose(30_00, draft=True).number
    office.pay(at.ana, at.account, 70_00, office.DAY)
    office.done(at.ana.perform(adj.submit, adj.Submit(proposal=number)))
    office.done(at.approve(number, 30_00))
    assert at.balance() == (12_00, 0)


def test_withdrawn_is_withdrawn(at: Office) -> None:
    number = at.propose(30_00).number
    assert "only the maker" in office.refused(at.ben.perform(adj.withdraw, adj.Withdraw(proposal=number))).rule
    office.done(at.ana.perform(adj.withdraw, adj.Withdraw(proposal=number, reason="mine")))
    assert "is withdrawn" in office.refused(at.approve(number, 30_00)).reason
    assert "decided once" in office.refused(at.ana.perform(adj.withdraw, adj.Withdraw(proposal=number))).rule


def test_old_proposals_lapse_by_the_policy(at: Office) -> None:
    number = at.propose(30_00).number
    for days, lapsed in ((7, 0), (8, 1)):
        day = office.DAY + timedelta(days=days)
        office.done(at.ana.perform(move_clock, MoveClock(to=day)))
        assert office.doing(at.ana, adj.expire, day=day) == lapsed
    view = at.ana.ask(adj.proposal, number)
    assert (view.standing, view.decided_by) == ("expired", "policy:1")
    assert "is expired" in office.refused(at.approve(number, 30_00)).reason


def test_pending_lists_what_waits_and_what_is_mine(at: Office) -> None:
    first, second = at.propose(30_00).number, at.propose(2_600_00, documents=[PAPER]).number
    assert [p.number for p in at.ben.ask(adj.pending)] == [first, second]
    assert [p.number for p in at.ben.ask(adj.pending, mine=True)] == [first]
    assert [p.number for p in at.cho.ask(adj.pending, mine=True)] == [second]
    assert at.ana.ask(adj.pending, mine=True) == ()


def test_the_same_key_answers_again_and_another_request_under_it_is_refused(at: Office) -> None:
    number = at.propose(30_00).number
    form = adj.Approve(proposal=number, amount_cents=30_00)
    first = at.ben.perform(adj.approve, form, "approve-key-1")
    again = at.ben.perform(adj.approve, form, "approve-key-1")
    assert office.done(first) == office.done(again)
    assert at.journals() == 4
    other = at.ben.perform(adj.reject, adj.Reject(proposal=number, reason="x"), "approve-key-1")
    assert "another request" in office.refused(other).reason


# -- reversals --------------------------------------------------------------------------------------------------------


def test_a_reversal_restores_every_balance_and_happens_once(at: Office) -> None:
    number = at.propose(120_00).number
    before = at.balance(), [i.open_cents for i in at.ana.ask(ledger.items, at.account)]
    journal = office.done(at.approve(number, 120_00)).journal_id
    made = office.done(at.ana.perform(adj.reverse, adj.Reverse(journal=journal or 0, note="wrong account")))
    assert (
        "proposes that already"
        in office.refused(at.ana.perform(adj.reverse, adj.Reverse(journal=journal or 0, note="again"))).reason
    )
    office.done(at.approve(made.number, 120_00))
    assert (at.balance(), [i.open_cents for i in at.ana.ask(ledger.items, at.account)]) == before
    again = office.refused(at.ana.perform(adj.reverse, adj.Reverse(journal=journal or 0, note="again")))
    assert "is reversed" in again.reason
    last = at.ana.session.value("SELECT MAX(id) FROM journal")
    assert "not reversed" in office.refused(at.ana.perform(adj.reverse, adj.Reverse(journal=last, note="again"))).reason


def test_a_bill_that_was_paid_is_not_reversed_before_its_payment(at: Office) -> None:
    office.pay(at.ana, at.account, 60_00, office.DAY)
    bill, receipt = at.ana.ask(ledger.statement, at.account)[0], at.ana.ask(ledger.statement, at.account)[-1]
    refused = office.refused(at.ana.perform(adj.reverse, adj.Reverse(journal=bill.journal_id, note="cancelled")))
    assert "60.00 has been paid" in refused.reason
    for journal, cents in ((receipt.journal_id, 60_00), (bill.journal_id, 60_00)):
        made = office.done(at.ana.perform(adj.reverse, adj.Reverse(journal=journal, note="cancelled")))
        office.done(at.approve(made.number, cents))
    assert at.balance() == (52_00, 0)


def test_a_receipt_whose_credit_was_used_is_not_reversed_before_that(at: Office) -> None:
    office.pay(at.ana, at.account, 130_00, office.DAY)
    receipt = at.ana.ask(ledger.statement, at.account)[-1].journal_id
    refund = at.propose(18_00, "credit-to-refunds-payable").number
    office.done(at.approve(refund, 18_00))
    refused = office.refused(at.ana.perform(adj.reverse, adj.Reverse(journal=receipt, note="bounced")))
    assert "has been used" in refused.reason


# -- drafts of forms ---------------------------------------------------------------------------------------------------


def test_a_form_is_kept_as_typed_and_leaves_no_event(at: Office) -> None:
    events = at.ana.session.value("SELECT COUNT(*) FROM audit")
    body = json.dumps({"amount": "12.", "note": "[bold]x\x1b"})
    assert at.ana.save(drafts.save, "form-key-1", "adjust", ONE, body) == 1
    assert at.ana.save(drafts.save, "form-key-1", "adjust", ONE, body + " ", 1) == 2
    (kept,) = at.ana.ask(drafts.kept)
    assert (kept.body, kept.version) == (body + " ", 2)
    with pytest.raises(Refused, match="another window"):
        at.ana.save(drafts.save, "form-key-1", "adjust", ONE, "{}", 1)
    with pytest.raises(Refused, match="another window"):
        at.ben.save(drafts.save, "form-key-1", "adjust", ONE, "{}", 2)
    assert at.ben.ask(drafts.kept) == ()
    assert [d.key for d in at.ana.ask(drafts.kept)] == ["form-key-1"]
    at.ben.save(drafts.drop, "form-key-1")
    assert [d.key for d in at.ana.ask(drafts.kept)] == ["form-key-1"]
    at.ana.save(drafts.drop, "form-key-1")
    assert at.ana.ask(drafts.kept) == ()
    assert at.ana.session.value("SELECT COUNT(*) FROM audit") == events


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"note": "4111 1111 1111 1111"}),
        json.dumps({"note": "４１１１ 1111 1111 1111"}),
        "4111-1111-1111-1111, not JSON",
    ],
)
def test_a_card_number_typed_into_a_form_is_not_kept(at: Office, body: str) -> None:
    assert at.ana.save(drafts.save, "form-key-1", "adjust", ONE, '{"note": "411"}') == 1
    with pytest.raises(Refused, match="card number"):
        at.ana.save(drafts.save, "form-key-1", "adjust", ONE, body, 1)
    with pytest.raises(Refused, match="card number"):
        at.ana.save(drafts.save, "form-key-2", "adjust", ONE, body)
    assert at.ana.session.rows("SELECT body FROM draft") == [('{"note": "411"}',)]


# -- the item a proposal settles ------------------------------------------------------------------------------


def test_posting_settles_the_read_its_item_names(at: Office) -> None:
    session = at.ana.session
    with session.writing():
        premise = session.insert(record.Premise, address="1 A St")
        route = session.insert(record.Route, code="1", title="")
        point = session.insert(record.ServicePoint, number="SP-1", premise_id=premise, route_id=route, sequence=1)
        session.insert(
            record.Service,
            account_id=at.account,
            point_id=point,
            kind="potable",
            rate_code="R1",
            unit="ccf",
            customer_class="residential",
            from_on=date(2020, 1, 1),
        )
        meter = session.insert(record.Meter, maker="M", serial="1", size="3/4")
        register = session.insert(record.Register, meter_id=meter, dials=6, mult_num=1, mult_den=1, unit="ccf")
        session.insert(record.Install, meter_id=meter, point_id=point, on_date=date(2020, 1, 1))
        session.insert(
            Read,
            register_id=register,
            read_on=date(2026, 11, 20),
            seq=1,
            point_id=point,
            period="B2/2026-11",
            value=100,
            usage=50,
            days=60,
            kind="regular",
            source="A",
            status="held",
            held_code="R05",
            entered_by="ana",
            entered_at=office.NOW,
        )
        reads.summarise(session, [register])
    made = at.propose(30_00, item="R05:point:SP-1@B2/2026-11")
    assert session.value("SELECT COUNT(*) FROM read_review") == 0
    answer = at.approve(made.number, 30_00)
    office.done(answer)
    assert "point:SP-1" in [str(subject) for subject in answer.touched]
    row = session.one("SELECT code, decision, reason, by_staff, proposal_id FROM read_review")
    assert row is not None
    assert row[:4] == ("R05", "adjusted", "read-correction", "ben")
    assert "R05" in session.value("SELECT decided FROM read_summary")
    assert session.rows("SELECT status, held_code FROM read") == [("released", None)], "what was decided holds no bill"
    form = adj.Propose(
        account=account_number(2), reason="read-correction", amount_cents=5_00, item="R05:point:SP-1@B2/2026-11"
    )
    assert "is not about this account" in office.refused(at.ana.perform(adj.propose, form)).reason
    assert session.value("SELECT COUNT(*) FROM read_review") == 1


def test_a_waiver_that_settles_an_item_is_seen_by_a_person(at: Office) -> None:
    plain = at.ana.ask(adj.preview, adj.Propose(account=ONE, reason="courtesy-waiver", amount_cents=5_00))
    named = adj.Propose(account=ONE, reason="courtesy-waiver", amount_cents=5_00, item="P07:account:000001-8")
    assert (plain.tier, at.ana.ask(adj.preview, named).tier) == (0, 1)
    made = office.done(at.ana.perform(adj.propose, named))
    assert at.ana.ask(adj.proposal, made.number).standing == "pending"


def test_what_answers_a_rejection_does_not_post_unseen(at: Office) -> None:
    number = at.propose(32_00, reason="courtesy-waiver").number
    office.done(at.ben.perform(adj.reject, adj.Reject(proposal=number, reason="not the first")))
    form = adj.Revise(proposal=number, amount_cents=16_00)
    assert at.ana.ask(adj.preview, form).tier == 1
    made = office.done(at.ana.perform(adj.revise, form))
    assert at.ana.ask(adj.proposal, made.number).standing == "pending"
    office.done(at.approve(made.number, 16_00))

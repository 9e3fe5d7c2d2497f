"""Decisions on adjustments, on both databases: second persons, moved plans, reversals, drafts, what is settled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta

import pytest

from tests.services import office
from tests.services.test_adjustments import ONE, PAPER, Office, replace_form
from ubtui.act import Refused
from ubtui.db.models import record
from ubtui.db.models.reads import Read
from ubtui.domain.numbers import account_number
from ubtui.services import adjustments as adj
from ubtui.services import documents, drafts, ledger, reads
from ubtui.services.office import MoveClock, move_clock


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

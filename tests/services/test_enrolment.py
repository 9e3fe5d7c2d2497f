"""Autopay, e-bills and escrow demands: what is kept of a bank account, what ends a draft, what a statement says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.services import office
from tests.services.office import DAY
from ubtui.act import Act
from ubtui.db.models import record
from ubtui.desk import Desk
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments, billing, contacts, documents, enrolment, escrow, ledger, owners, worklist
from ubtui.services.accounts import account
from ubtui.services.enrolment import ByMail, Enrol, Stop
from ubtui.services.escrow import Demand

ONE, LINKED = (format_account(account_number(n)) for n in (1, 4))
_keys = iter(range(10_000_000))


def key() -> str:
    return f"test-enrol-{next(_keys):08d}"


@pytest.fixture
def data(backend: str) -> str:
    office.found(backend)
    return backend


@pytest.fixture
def ana(data: str) -> Iterator[Desk]:
    with office.desk(data) as desk:
        yield desk


def does(desk: Desk, act: Act[Any, Any], form: Any) -> Any:
    return office.done(desk.perform(act, form, key()))


def no(desk: Desk, act: Act[Any, Any], form: Any) -> str:
    return office.refused(desk.perform(act, form, key())).sentence()


def enrol(desk: Desk, **more: Any) -> Any:
    return does(desk, enrolment.enrol, Enrol(**{"account": ONE, "last4": "1234", "token": "tok_9zK2", **more}))


def test_the_screen_says_when_what_is_drafted(ana: Desk) -> None:
    id = office.account(ana.session)
    assert enrol(ana).next_draft is None, "nothing is open"
    office.bill(ana, id, 60_00, DAY - timedelta(days=10), due=DAY + timedelta(days=12))
    around = ana.ask(account, ONE).around
    assert around.autopay and around.autopay.told == "bank ending 1234" and around.draft_on == DAY + timedelta(days=12)
    for day, next_one in ((23, DAY), (28, date(2026, 11, 28)), (5, date(2026, 12, 5))):
        assert enrol(ana, draft_day=day).next_draft == next_one
    due = date(2026, 12, 5)
    (drafted,) = ana.ask(lambda look: list(enrolment.register(look, due)))
    assert (drafted.account, drafted.on, drafted.cents) == (ONE, due, 60_00)
    assert ana.ask(lambda look: list(enrolment.register(look, due - timedelta(days=1)))) == []
    assert ana.session.value("SELECT COUNT(*) FROM autopay WHERE until IS NULL") == 1
    does(ana, enrolment.stop, Stop(account=ONE, reason="asked by phone"))
    assert ana.ask(account, ONE).around.autopay is None
    assert "is not drafted" in no(ana, enrolment.stop, Stop(account=ONE, reason="again"))


def test_a_full_number_is_not_kept(ana: Desk) -> None:
    def refused(**more: Any) -> str:
        return no(ana, enrolment.enrol, Enrol(**{"account": ONE, "last4": "1234", "token": "tok_9zK2", **more}))

    assert "not four digits" in refused(last4="001234") and "not four digits" in refused(last4="12a4")
    assert "looks like an account number" in refused(token="0012 345-678")
    assert "card number" in refused(token="x 4111 1111 1111 1111")
    assert "linked to you" in refused(account=LINKED)
    assert ana.session.value("SELECT COUNT(*) FROM autopay") == 0


def test_a_bill_goes_by_e_mail(ana: Desk) -> None:
    assert does(ana, enrolment.ebill, ByMail(account=ONE, address="ann@x.org")).what == "ann@x.org"
    assert ana.ask(account, ONE).around.ebill == "ann@x.org"
    does(ana, enrolment.ebill, ByMail(account=ONE, address="b@y.com"))
    for wrong in ("ann", "a@b", "a b@c.de", "a@b.c, d@e.fg"):
        assert "no e-mail address" in no(ana, enrolment.ebill, ByMail(account=ONE, address=wrong))
    does(ana, enrolment.ebill_stop, Stop(account=ONE, reason="wants paper"))
    assert ana.ask(account, ONE).around.ebill == ""
    assert "on paper" in no(ana, enrolment.ebill_stop, Stop(account=ONE, reason="wants paper"))
    rows = "SELECT address, until IS NULL FROM ebill ORDER BY id"
    assert [bool(live) for _, live in ana.session.rows(rows)] == [False, False]


def test_two_returned_drafts_within_a_year_end_it(data: str, ana: Desk) -> None:
    id = office.account(ana.session)
    enrol(ana)
    for n, lives in ((1, True), (2, False)):
        office.bill(ana, id, 50_00, DAY - timedelta(days=40 - n))
        draft = ledger.ReceiptDraft(
            key=f"draft-{n:06d}", number=f"A{n}", account_id=id, received_on=DAY - timedelta(days=3), cents=50_00,
            source="Draft", kind="ach",
        )  # fmt: skip
        office.doing(ana, lambda work, draft=draft: ledger.post_receipts(work, [draft]))  # type: ignore[misc]
        journal = ana.session.value("SELECT journal_id FROM receipt WHERE number = ?", [f"A{n}"])
        made = does(ana, adjustments.reverse, adjustments.Reverse(journal=journal, note="R01"))
        with office.desk(data, "ben") as ben:
            approve = adjustments.Approve(proposal=made.number, amount_cents=made.amount_cents)
            does(ben, adjustments.approve, approve)
        assert (ana.ask(account, ONE).around.autopay is not None) is lives, n
    assert ana.session.one("SELECT ended_how, ended_why FROM autopay") == (
        "returned", "2 drafts came back within a year",
    )  # fmt: skip


def test_drafts_of_a_former_owner_that_came_back_do_not_end_the_new_ones(data: str, ana: Desk) -> None:
    id = office.account(ana.session)
    change = owners.Change(
        account=ONE, name="Cy Vale", on=DAY - timedelta(days=1), line1="1 A St", city="Rincon", state="CA", zip="95945",
        source="deed",
    )  # fmt: skip
    for n, on in ((1, DAY - timedelta(days=9)), (2, DAY)):
        office.bill(ana, id, 50_00, DAY - timedelta(days=40 - n))
        draft = ledger.ReceiptDraft(
            key=f"draft-{n:06d}", number=f"A{n}", account_id=id, received_on=on, cents=50_00, source="Draft",
            kind="ach",
        )  # fmt: skip
        office.doing(ana, lambda work, draft=draft: ledger.post_receipts(work, [draft]))  # type: ignore[misc]
        journal = ana.session.value("SELECT journal_id FROM receipt WHERE number = ?", [f"A{n}"])
        made = does(ana, adjustments.reverse, adjustments.Reverse(journal=journal, note="R01"))
        with office.desk(data, "ben") as ben:
            approve = adjustments.Approve(proposal=made.number, amount_cents=made.amount_cents)
            does(ben, adjustments.approve, approve)
        if n == 1:
            does(ana, owners.change, change)
            enrol(ana)
    assert ana.ask(account, ONE).around.autopay is not None


def test_a_new_owner_is_not_drafted_at_the_former_ones_bank(ana: Desk) -> None:
    enrol(ana)
    does(ana, enrolment.ebill, ByMail(account=ONE, address="ann@x.org"))
    change = owners.Change(
        account=ONE, name="Cy Vale", on=DAY, line1="1 A St", city="Rincon", state="CA", zip="95945", source="deed",
        note="deed 2026-77",
    )  # fmt: skip
    does(ana, owners.change, change)
    around = ana.ask(account, ONE).around
    assert around.autopay is None and around.ebill == ""
    assert ana.session.value("SELECT ended_how FROM autopay") == "owner"


def test_a_closed_account_is_not_drafted(data: str, ana: Desk) -> None:
    session = office.admin(data)
    with session.writing():
        session.run("UPDATE account SET state = 'closed', closed_on = ?", [DAY.isoformat()])
    session.database.close()
    assert "is closed" in no(ana, enrolment.enrol, Enrol(account=ONE, last4="1234", token="tok_9zK2"))


def test_autopay_drafts_the_final_bill_and_ends_with_it(data: str, ana: Desk) -> None:
    session = office.admin(data)
    id, other = office.account(session), office.account(session, 2)
    with session.writing():
        for each in (id, other):
            session.insert(
                record.Service, account_id=each, kind="standby", rate_code="R1", unit="ccf",
                customer_class="residential", from_on=date(2020, 1, 1),
            )  # fmt: skip
    session.database.close()
    enrol(ana)
    enrol(ana, account=format_account(account_number(2)))
    stop = billing.Stop(account=ONE, last_on=DAY, reason="moved out")
    assert does(ana, billing.stop, stop).autopay == "bank ending 1234 ends with the final bill"
    live = "SELECT account_id FROM autopay WHERE until IS NULL ORDER BY account_id"
    does(ana, worklist.refresh, worklist.Refresh())
    assert ana.session.rows(live) == [(id,), (other,)], "the final bill is still to come"
    office.bill(ana, id, 60_00, DAY, due=DAY + timedelta(days=12))
    does(ana, worklist.refresh, worklist.Refresh())
    (drafted,) = ana.ask(lambda look: list(enrolment.register(look, DAY + timedelta(days=20))))
    assert (drafted.account, drafted.cents) == (ONE, 60_00)
    office.pay(ana, id, 60_00, DAY)
    does(ana, worklist.refresh, worklist.Refresh())
    assert ana.session.rows(live) == [(other,)], "who is still served goes on"
    assert ana.session.one("SELECT ended_how, ended_why FROM autopay WHERE account_id = ?", [id]) == (
        "closed", "its last bill is paid",
    )  # fmt: skip
    again = office.done(ana.perform(worklist.refresh, worklist.Refresh(), key()))
    assert (again.opened, again.closed) == (0, 0)
    paid = billing.Stop(account=format_account(account_number(2)), last_on=date(2020, 1, 1), reason="never billed")
    assert does(ana, billing.stop, paid).autopay.endswith("ends with the final bill")


def demand(**more: Any) -> Demand:
    given = {
        "account": ONE, "number": "E-771", "closes_on": DAY + timedelta(days=30), "asked_by": "Sierra Title, Ms. Ray",
        "good_through": DAY + timedelta(days=40),
    }  # fmt: skip
    return Demand(**{**given, **more})


def test_a_demand_is_written_kept_and_noted(ana: Desk) -> None:
    id = office.account(ana.session)
    office.bill(ana, id, 60_00, DAY - timedelta(days=80))
    office.bill(ana, id, 45_50, DAY - timedelta(days=20), charge="SVC", due=DAY + timedelta(days=10))
    got = does(ana, escrow.demand, demand())
    assert got.cents == 105_50
    for said in ("Demand", "105.50", "Water use", "Service charge", "E-771", "December 23, 2026", "Owner 1",
                 "No charge is added a day", "January 2, 2027"):  # fmt: skip
        assert said in got.text, said
    view = ana.ask(account, ONE)
    assert [each.name for each in view.documents] == ["demand-E-771.txt"]
    assert ana.ask(documents.content, view.documents[0].id) == got.text.encode()
    said = ana.ask(contacts.contacts, id)[0].text
    assert (
        said == f"Demand of 105.50 for escrow E-771, closing {DAY + timedelta(days=30)}: sent to Sierra Title, Ms. Ray"
    )
    assert "is here" in no(ana, escrow.demand, demand())
    assert "good through" in no(ana, escrow.demand, demand(number="2", good_through=DAY))
    past = DAY - timedelta(days=1)
    assert f"closes on {past}, and that is past" in no(ana, escrow.demand, demand(number="2", closes_on=past))
    gone = demand(number="2", closes_on=DAY, good_through=past)
    assert f"is good through {past}, and that is past" in no(ana, escrow.demand, gone)
    assert "linked to you" in no(ana, escrow.demand, demand(account=LINKED, number="3"))


def test_a_credit_lessens_it_and_what_is_expected_is_no_part_of_it(ana: Desk) -> None:
    id = office.account(ana.session)
    lines = [ledger.BillLine("SVC", "Service", 30_00), ledger.BillLine("USE", "Use", 60_00)]
    bill = ledger.BillDraft(
        key="bill-000001", number="1", account_id=id, period="B2/2026-10", from_on=DAY - timedelta(days=60), to_on=DAY,
        billed_on=DAY, mailed_on=DAY, due_on=DAY + timedelta(days=30), lines=lines,
    )  # fmt: skip
    office.doing(ana, lambda work: ledger.post_bills(work, [bill]))
    plain = does(ana, escrow.demand, demand()).text
    assert "Service charge, 2026-11-23 to 2026-12-23" in plain and "15.00" in plain and "estimated" not in plain
    guessed = does(ana, escrow.demand, demand(number="E-772", estimate=True)).text
    assert "2026-12-23, estimated" in guessed and "30.00" in guessed
    office.pay(ana, id, 100_00, DAY)
    got = does(ana, escrow.demand, demand(number="E-773", closes_on=DAY))
    assert got.cents == 0 and "credit on the account" in got.text and "Not billed yet" not in got.text


def test_a_party_of_its_own_is_drafted(ana: Desk) -> None:
    with ana.session.writing():
        payer = ana.session.insert(record.Party, name="Payer", search_name="payer")
        ana.session.insert(
            record.AccountRole, account_id=office.account(ana.session), party_id=payer, role="payer", from_on=DAY
        )
    enrol(ana)
    assert ana.session.value("SELECT party_id FROM autopay") == payer

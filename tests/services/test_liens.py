"""Liens and the county's roll: what goes there, what stays out, what releases it, and what verify finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.services import office
from ubtui.cli.account import text
from ubtui.db.models import record
from ubtui.desk import Desk
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import accounts, adjustments, ledger, owners
from ubtui.services.documents import Paper
from ubtui.services.lien_checks import LIENS
from ubtui.services.liens import Certificate, Release, liens, release
from ubtui.services.liens import record as record_lien
from ubtui.services.verify import broken

NUMBER = format_account(account_number(1))
OLD, LATE = date(2026, 7, 1), date(2026, 10, 20)
RECORDED = date(2026, 9, 15)
PAPER = Paper(name="list.txt", media="text/plain", content="bGlzdA==")


@pytest.fixture
def cho(backend: str) -> Iterator[Desk]:
    """Finance's desk; account 1 owes 80.00 of July, a fee for a returned check, and 30.00 of October."""
    office.found(backend)
    session = office.admin(backend)
    with session.writing():
        parcel = session.insert(record.Parcel, apn="123456789", county="Nevada", legal="", situs="1 Main St")
        session.insert(record.AccountParcel, account_id=office.account(session), parcel_id=parcel)
    session.database.close()
    with office.desk(backend, "cho") as desk:
        who = office.account(desk.session)
        office.bill(desk, who, 80_00, OLD)
        office.bill(desk, who, 25_00, OLD, charge="NSF")
        office.bill(desk, who, 30_00, LATE)
        yield desk


def certificate(cents: int, number: str = "2026-0012345", on: date = RECORDED) -> Certificate:
    return Certificate(account=NUMBER, number=number, recorded_on=on, amount_cents=cents)


def wrong(desk: Desk) -> list[str]:
    return [found.wrong for check in LIENS for found in broken(desk.session, check)]


def test_a_certificate_states_what_was_past_due_and_lienable_and_is_released_when_paid(cho: Desk) -> None:
    answer = office.refused(cho.perform(record_lien, certificate(105_00)))
    assert "80.00" in answer.reason and "105.00" in answer.reason  # no fee for a returned check, nothing of October
    made = office.done(cho.perform(record_lien, certificate(80_00)))
    assert (made.items, made.owner, made.expires_on) == (1, "Owner 1", date(2036, 9, 15))
    assert "already" in office.refused(cho.perform(record_lien, certificate(80_00))).reason
    kept = accounts.account(cho.look(), NUMBER).liens[0]
    told = "\n".join(text(accounts.account(cho.look(), NUMBER)))
    assert "2026-0012345, recorded 2026-09-15, 80.00 of it open" in told
    assert (kept.apn, kept.cents, kept.open_cents, kept.released_on) == ("123456789", 80_00, 80_00, None)
    gone = Release(number=made.number, release_number="2026-0013000", released_on=office.DAY)
    assert "80.00" in office.refused(cho.perform(release, gone)).reason
    office.pay(cho, office.account(cho.session), 105_00, office.DAY)  # the fee first: it is as old
    early = Release(number=made.number, release_number="2026-0013000", released_on=RECORDED - timedelta(days=1))
    assert office.refused(cho.perform(release, early)).rule == "liens"
    before = Release(number=made.number, release_number="2026-0013000", released_on=office.DAY - timedelta(days=1))
    assert f"settled on {office.DAY}" in office.refused(cho.perform(release, before)).reason
    office.done(cho.perform(release, gone))
    assert "released" in office.refused(cho.perform(release, gone)).reason
    (kept,) = liens(cho.look(), office.account(cho.session))
    assert (kept.open_cents, kept.released_on, kept.release_number) == (0, office.DAY, "2026-0013000")
    assert wrong(cho) == []


def test_what_an_occupant_owes_binds_no_owner_and_only_finance_records(cho: Desk, backend: str) -> None:
    with office.desk(backend) as ana:
        assert office.refused(ana.perform(record_lien, certificate(80_00))).rule == "permission matrix"
    session = office.admin(backend)
    with session.writing():
        session.run("UPDATE account SET holder_kind = 'statutory-tenant' WHERE number = ?", [account_number(1)])
    session.database.close()
    assert "tenant" in office.refused(cho.perform(record_lien, certificate(80_00))).reason


def test_one_debt_stands_on_one_lien(cho: Desk) -> None:
    made = office.done(cho.perform(record_lien, certificate(80_00)))
    again = office.refused(cho.perform(record_lien, certificate(80_00, "2026-0099999")))
    assert "on no lien" in again.reason and " 0.00" in again.reason
    later = office.done(cho.perform(record_lien, certificate(30_00, "2026-0099999", office.DAY)))
    assert later.items == 1 and made.items == 1
    assert wrong(cho) == []


def test_what_a_former_owner_owes_binds_no_buyer(cho: Desk, backend: str) -> None:
    change = owners.Change(
        account=NUMBER, name="Cy Vale", on=date(2026, 8, 15), line1="1 A St", city="Rincon", state="CA", zip="95945",
        source="deed",
    )  # fmt: skip
    with office.desk(backend) as ana:
        office.done(ana.perform(owners.change, change))
        assert "80.00" in office.refused(cho.perform(record_lien, certificate(80_00))).reason
        roll = adjustments.Propose(account=NUMBER, reason="to-tax-roll", amount_cents=30_01, documents=[PAPER])
        assert "30.00" in office.refused(ana.perform(adjustments.propose, roll)).reason
        office.done(ana.perform(owners.debt, owners.Debt(account=NUMBER, decision="assumed", reason="in the deed")))
    made = office.done(cho.perform(record_lien, certificate(80_00)))
    assert (made.owner, made.cents) == ("Cy Vale", 80_00)


def test_what_goes_to_the_roll_is_owed_to_the_county_and_may_come_back(cho: Desk, backend: str) -> None:
    def move(reason: str, cents: int) -> adjustments.Propose:
        return adjustments.Propose(account=NUMBER, reason=reason, amount_cents=cents, documents=[PAPER])

    with office.desk(backend) as ana:
        assert "110.00" in office.refused(ana.perform(adjustments.propose, move("to-tax-roll", 110_01))).reason
        made = office.done(ana.perform(adjustments.propose, move("to-tax-roll", 80_00)))
        assert set(made.approvers) == {"finance"}
        approve = adjustments.Approve(proposal=made.number, amount_cents=80_00)
        office.done(cho.perform(adjustments.approve, approve))
        stands = accounts.account(ana.look(), NUMBER).balance
        assert any(
            line.split()[:4] == ["on", "the", "roll", "80.00"] for line in text(accounts.account(ana.look(), NUMBER))
        )
        assert (stands.roll, stands.total, stands.receivable) == (80_00, 55_00, 55_00)
        assert "80.00" in office.refused(ana.perform(adjustments.propose, move("from-tax-roll", 80_01))).reason
        back = office.done(ana.perform(adjustments.propose, move("from-tax-roll", 30_00)))
        office.done(cho.perform(adjustments.approve, adjustments.Approve(proposal=back.number, amount_cents=30_00)))
        assert ledger.balance(ana.look(), office.account(ana.session)).roll == 50_00
        there = ana.session.value(
            "SELECT j.id FROM journal j JOIN approval d ON d.id = j.approval_id JOIN proposal p ON p.id = d.proposal_id"
            " WHERE p.number = ?",
            [made.number],
        )
        undo = adjustments.Reverse(journal=there, note="listed in error")
        told = office.refused(ana.perform(adjustments.reverse, undo)).reason
        assert "80.00" in told and "50.00" in told, "30.00 of it came back already"
        assert wrong(ana) == []


def test_a_lien_moved_to_the_roll_stands_until_the_county_has_paid(cho: Desk, backend: str) -> None:
    made = office.done(cho.perform(record_lien, certificate(80_00)))
    gone = Release(number=made.number, release_number="2026-0013000", released_on=office.DAY)

    def move(desk: Desk, reason: str, cents: int) -> str:
        form = adjustments.Propose(account=NUMBER, reason=reason, amount_cents=cents, documents=[PAPER])
        number = office.done(desk.perform(adjustments.propose, form)).number
        office.done(cho.perform(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=cents)))
        return number

    with office.desk(backend) as ana:
        there = move(ana, "to-tax-roll", 80_00)
        (kept,) = liens(cho.look(), office.account(cho.session))
        assert kept.left == "80.00 of it open, 80.00 of that on the county's roll"
        no = office.refused(cho.perform(release, gone))
        assert "80.00 of it is on the county's tax roll" in no.reason and "county paid it over" in no.cure
        assert "80.00 of it open, 80.00 of that" in "\n".join(text(accounts.account(cho.look(), NUMBER)))
        move(ana, "from-tax-roll", 30_00)
        assert liens(cho.look(), office.account(cho.session))[0].open_cents == 80_00, "it came back, and is owed here"
        journal = ana.session.value(
            "SELECT j.id FROM journal j JOIN approval d ON d.id = j.approval_id JOIN proposal p ON p.id = d.proposal_id"
            " WHERE p.number = ?",
            [there],
        )
        office.refused(ana.perform(adjustments.reverse, adjustments.Reverse(journal=journal, note="listed in error")))
    office.pay(cho, office.account(cho.session), 85_00, office.DAY)
    left = liens(cho.look(), office.account(cho.session))[0].open_cents
    back = cho.session.value(
        "SELECT COALESCE(CAST(SUM(o.cents) AS bigint), 0) FROM open_item o JOIN receivable_item i ON i.id = o.item_id"
        " WHERE i.bill_line_id IS NULL"
    )
    assert (left, back) == (50_00, 0), "what came back is paid, the rest is the county's to collect"
    early = Release(
        number=made.number, release_number="2026-0013000", released_on=office.DAY,
        county_paid_on=RECORDED - timedelta(days=1),
    )  # fmt: skip
    assert "no day on which" in office.refused(cho.perform(release, early)).reason
    paid = Release(number=made.number, release_number="2026-0013000", released_on=office.DAY, county_paid_on=office.DAY)
    office.done(cho.perform(release, paid))
    (kept,) = liens(cho.look(), office.account(cho.session))
    assert (kept.open_cents, kept.roll_cents, kept.released_on) == (0, 0, office.DAY)
    assert wrong(cho) == []


def to_roll(desk: Desk, cho: Desk, reason: str, cents: int) -> None:
    form = adjustments.Propose(account=NUMBER, reason=reason, amount_cents=cents, documents=[PAPER])
    number = office.done(desk.perform(adjustments.propose, form)).number
    office.done(cho.perform(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=cents)))


def test_what_the_county_pays_is_brought_back_and_taken_in(cho: Desk, backend: str) -> None:
    who = office.account(cho.session)
    made = office.done(cho.perform(record_lien, certificate(80_00)))
    with office.desk(backend) as ana:
        to_roll(ana, cho, "to-tax-roll", 80_00)
        gone = Release(
            number=made.number, release_number="2026-0013000", released_on=office.DAY, county_paid_on=office.DAY
        )
        office.done(cho.perform(release, gone))
        assert ledger.balance(cho.look(), who).roll == 80_00, "a release moves no money"
        to_roll(ana, cho, "from-tax-roll", 80_00)
    before = ledger.balance(cho.look(), who)
    assert (before.roll, before.receivable) == (0, 135_00)
    office.pay(cho, who, 135_00, office.DAY)
    after = ledger.balance(cho.look(), who)
    assert (after.roll, after.receivable, after.credit) == (0, 0, 0)
    assert liens(cho.look(), who)[0].open_cents == 0
    assert wrong(cho) == []


def test_what_is_paid_of_the_roll_pays_the_oldest_lien_first(cho: Desk, backend: str) -> None:
    who = office.account(cho.session)
    old = office.done(cho.perform(record_lien, certificate(80_00)))
    new = office.done(cho.perform(record_lien, certificate(30_00, "2026-0019999", office.DAY)))

    def left() -> dict[str, int]:
        return {each.number: each.roll_cents for each in liens(cho.look(), who)}

    with office.desk(backend) as ana:
        to_roll(ana, cho, "to-tax-roll", 110_00)
        assert left() == {old.number: 80_00, new.number: 30_00}
        to_roll(ana, cho, "from-tax-roll", 80_00)
        assert left() == {old.number: 80_00, new.number: 30_00}, "it came back, and is owed here"
        office.pay(cho, who, 105_00, office.DAY)
        assert left() == {old.number: 0, new.number: 30_00}, "once only, not against each"
        gone = Release(number=old.number, release_number="2026-0020001", released_on=office.DAY)
        office.done(cho.perform(release, gone))
        no = office.refused(cho.perform(release, Release(number=new.number, release_number="2026-0020002",
                                                         released_on=office.DAY)))  # fmt: skip
        assert no.reason.startswith("30.00 of it is on the county's tax roll")
        assert left() == {old.number: 0, new.number: 30_00}
    assert wrong(cho) == []


def test_no_county_pays_what_it_never_had(cho: Desk) -> None:
    made = office.done(cho.perform(record_lien, certificate(80_00)))
    office.pay(cho, office.account(cho.session), 105_00, office.DAY)
    form = Release(number=made.number, release_number="2026-0013000", released_on=office.DAY, county_paid_on=office.DAY)
    assert "nothing of it is on the county's roll" in office.refused(cho.perform(release, form)).reason


def test_verify_finds_liens_that_do_not_hold(cho: Desk, backend: str) -> None:
    office.done(cho.perform(record_lien, certificate(80_00)))
    session = office.admin(backend)
    with session.writing():
        parcel = session.insert(record.Parcel, apn="987654321", county="Nevada", legal="", situs="2 Main St")
        values = [parcel, *session.rows("SELECT account_id, party_id FROM lien")[0]]
        session.run(
            "INSERT INTO lien(number, parcel_id, account_id, party_id, recorded_on, expires_on, cents, recorded_by,"
            " recorded_at) VALUES ('other', ?, ?, ?, '2026-07-01', '2036-07-01', 900, 'cho', '2026-11-23T16:00:00Z')",
            values,
        )
        lien = session.value("SELECT id FROM lien WHERE number = 'other'")
        fee = session.value("SELECT id FROM receivable_item WHERE cents = 2500")
        session.run("INSERT INTO lien_item(lien_id, item_id, cents) VALUES (?, ?, 800)", [lien, fee])
    session.database.close()
    told = wrong(cho)
    assert len(told) == 3 and all(each.startswith("other") for each in told)
    assert "900" in told[0] and "not lienable" in told[1] and "none of its account's" in told[2]

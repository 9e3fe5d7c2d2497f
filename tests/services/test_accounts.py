"""One account's screen: what it says, from rows planted on both databases; and the mailing address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from tests.services import office
from ubtui.act import Refused
from ubtui.cli.account import text
from ubtui.db.models import ledger, record
from ubtui.db.models import reads as read_models
from ubtui.desk import Desk
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import accounts, adjustments, figures, parties

NUMBER = format_account(account_number(1))
SHORT = (" cycle", " charge_code")
"""Tables that stay short."""


@pytest.fixture
def data(backend: str) -> str:
    office.found(backend)
    session = office.admin(backend)
    with session.writing():
        who = office.account(session)
        parcel = session.insert(record.Parcel, apn="123456789", county="Nevada", legal="", situs="114 Alder Ct")
        premise = session.insert(record.Premise, parcel_id=parcel, address="114 Alder Ct", city="Rincon", zip="95945")
        route = session.insert(record.Route, code="12", title="Alder")
        point = session.insert(
            record.ServicePoint, number="SP-00001", premise_id=premise, route_id=route, sequence=34, state="active"
        )
        session.insert(
            record.Service,
            account_id=who,
            point_id=point,
            kind="potable",
            rate_code="R1",
            unit="ccf",
            customer_class="residential",
            from_on=date(2020, 1, 1),
        )
        session.insert(record.AccountParcel, account_id=who, parcel_id=parcel)
        meter = session.insert(record.Meter, maker="BADGER", serial="123", size="3/4")
        register = session.insert(record.Register, meter_id=meter, dials=6, mult_num=1, mult_den=1, unit="ccf")
        session.insert(record.Install, meter_id=meter, point_id=point, on_date=date(2020, 1, 1))
        for n, (month, use) in enumerate([(9, 11), (11, 8)], 1):
            for year in (2025, 2026):
                session.insert(
                    read_models.Read,
                    register_id=register,
                    read_on=date(year, month, 20),
                    seq=1,
                    point_id=point,
                    period=f"B2/{year}-{month:02d}",
                    value=100 * n + year - 2000,
                    usage=use + year - 2025,
                    days=61,
                    kind="regular",
                    source="A",
                    status="held" if (year, month) == (2026, 11) else "billed",
                    entered_by="ana",
                    entered_at=office.NOW,
                )
        session.insert(
            record.Seal,
            point_id=point,
            number="4471",
            lock_state="locked",
            lock_reason="owner_request",
            rate_status="sealed",
            placed_on=date(2026, 10, 1),
        )
    session.database.close()
    return backend


@pytest.fixture
def at(data: str) -> Iterator[Desk]:
    with office.desk(data) as desk:
        yield desk


def test_account_shows_place_meter_reads_money_and_what_is_open(at: Desk) -> None:
    who = office.account(at.session)
    office.bill(at, who, 60_00, date(2026, 8, 25), due=date(2026, 9, 24))
    office.pay(at, who, 10_00, date(2026, 9, 1))
    office.bill(at, who, 40_00, date(2026, 10, 25), due=date(2026, 11, 24))
    number = office.done(
        at.perform(
            adjustments.propose,
            adjustments.Propose(account=NUMBER, reason="read-correction", amount_cents=30_00),
        )
    ).number
    view = at.ask(accounts.account, NUMBER)
    assert (view.number, view.owner, view.cycle, view.state) == (NUMBER, "Owner 1", "B2", "active")
    assert (view.premise, view.apns) == ("114 Alder Ct, Rincon", ("123-456-789",))
    point = view.points[0]
    assert (point.route_seq, point.meter, point.size, point.dials) == ("12-0034", "BADGER/123", "3/4", 6)
    assert (point.seal, point.lock_state, point.rate_status, point.rate) == ("4471", "locked", "sealed", "R1")
    assert [(r.period, r.use, r.year_ago, r.kind) for r in point.reads] == [
        ("B2/2026-11", 9, 8, "regular"),
        ("B2/2026-09", 12, 11, "regular"),
        ("B2/2025-11", 8, None, "regular"),
        ("B2/2025-09", 11, None, "regular"),
    ]
    money = view.balance
    assert (money.total, money.past_due, money.current, money.penalty) == (90_00, 50_00, 40_00, 0)
    assert view.due_on == date(2026, 9, 24)
    assert [(p.cents, p.source, p.tender, p.applied_cents) for p in view.payments] == [
        (10_00, "counter", "check", 10_00)
    ]
    assert view.coming == (("next read", date(2026, 12, 20)), ("next bill", date(2026, 12, 25)))
    assert [(p.number, p.standing, p.amount_cents) for p in view.proposals] == [(number, "pending", 30_00)]
    assert "past due 60 days" in view.alerts
    assert any("a read is held" in alert for alert in view.alerts)
    assert any("seal 4471" in alert for alert in view.alerts)


def test_a_record_made_from_uses_shows_them_however_old_and_no_stand_in_meter(at: Desk) -> None:
    db = at.session
    with db.writing():
        point = db.insert(record.ServicePoint, number="SP-00002", premise_id=1, route_id=1, sequence=35, state="active")
        db.insert(
            record.Service,
            account_id=office.account(db),
            point_id=point,
            kind="irrigation",
            rate_code="R1",
            unit="ccf",
            customer_class="irrigation",
            from_on=date(2015, 1, 1),
        )
        meter = db.insert(record.Meter, maker="PLACEHOLDER", serial="7-1", size='5/8"', placeholder=1)
        register = db.insert(record.Register, meter_id=meter, dials=6, mult_num=1, mult_den=1, unit="ccf")
        db.insert(record.Install, meter_id=meter, point_id=point, on_date=date(2015, 1, 1))
        for year, month, use in ((2015, 9, 11), (2015, 11, 8), (2016, 9, 12), (2016, 11, 9)):
            db.insert(
                read_models.Read,
                register_id=register,
                read_on=date(year, month, 20),
                seq=1,
                point_id=point,
                period=f"B2/{year}-{month:02d}",
                value=None,
                usage=use,
                days=61,
                kind="regular",
                source="A",
                status="released",
                entered_by="ana",
                entered_at=office.NOW,
            )
    view = at.ask(accounts.account, NUMBER)
    made = view.points[1]
    assert [(r.read_on.year, r.value, r.use, r.year_ago) for r in made.reads] == [
        (2016, None, 9, 8),
        (2016, None, 12, 11),
        (2015, None, 8, None),
        (2015, None, 11, None),
    ]
    assert (made.meter, made.size, made.dials, made.meter_unit) == ("", "", None, "")
    shown = list(text(view))
    assert "  no meter known" in shown and not any("PLACEHOLDER" in line for line in shown)
    assert "  2016-11-20    use only  use      9  regular A released  year ago 8" in shown
    assert '  meter BADGER/123  3/4"  6 dials ccf' in shown
    inches = replace(view, points=tuple(replace(p, size='5/8"') for p in view.points))
    assert '  meter BADGER/123  5/8"  6 dials ccf' in list(text(inches))


def test_a_closed_account_has_its_final_bill_before_it_and_then_nothing(at: Desk) -> None:
    who = office.account(at.session)
    admin = office.admin(at.data)
    with admin.writing():
        admin.run("UPDATE account SET state = 'closed', closed_on = '2026-11-10' WHERE id = ?", [who])
        admin.run("UPDATE service SET to_on = '2026-11-10'")
    office.bill(at, who, 60_00, date(2026, 10, 25), due=date(2026, 11, 24))
    view = at.ask(accounts.account, NUMBER)
    assert view.coming == (("final bill", date(2026, 12, 25)),)
    assert "final bill 2026-12-25" in text(view)
    office.bill(at, who, 20_00, date(2026, 11, 20), due=date(2026, 12, 20))
    view = at.ask(accounts.account, NUMBER)
    assert view.coming == () and "nothing more to read or bill" in text(view)
    told = dict(at.ask(figures.explain, NUMBER, "dates").rows)
    assert told["next"] == "nothing: closed 2026-11-10" and "next bill" not in told
    with admin.writing():
        admin.run("UPDATE account SET state = 'active', closed_on = NULL WHERE id = ?", [who])
    assert at.ask(accounts.account, NUMBER).coming == (), "nothing runs on it"
    admin.database.close()


def test_bills_and_receipts_tell_what_is_open_and_reversed(at: Desk) -> None:
    who = office.account(at.session)
    office.bill(at, who, 60_00, date(2026, 8, 25))
    office.bill(at, who, 20_00, date(2026, 10, 25))
    office.pay(at, who, 70_00, date(2026, 11, 1))
    assert [(b.total_cents, b.open_cents) for b in at.ask(accounts.bills, who)] == [(20_00, 10_00), (60_00, 0)]
    receipt = at.ask(accounts.receipts, who)[0]
    assert (receipt.applied_cents, receipt.reversed) == (70_00, False)
    made = office.done(
        at.perform(adjustments.reverse, adjustments.Reverse(journal=receipt.journal_id, note="check came back"))
    )
    with office.desk(at.data, "ben") as ben:
        office.done(ben.perform(adjustments.approve, adjustments.Approve(proposal=made.number, amount_cents=70_00)))
    assert at.ask(accounts.receipts, who)[0].reversed
    assert [b.open_cents for b in at.ask(accounts.bills, who)] == [20_00, 60_00]


def test_unknown_and_mistyped_accounts_are_refused_in_words(at: Desk) -> None:
    for number, words in (
        (account_number(999_999), "no account 999999"),
        ("000001-1", "check digit"),
        ("x", "is not a number"),
    ):
        with pytest.raises(Refused, match=words):
            at.ask(accounts.account, number)


def test_next_day_of_a_cycle_crosses_the_year() -> None:
    assert accounts._next(date(2026, 11, 21), 2, 1, 20) == date(2027, 1, 20)
    assert accounts._next(date(2026, 11, 20), 2, 1, 20) == date(2026, 11, 20)
    assert accounts._next(date(2026, 12, 31), 12, 7, 1) == date(2027, 7, 1)


def test_address_changes_where_the_mail_goes_with_its_reason(at: Desk) -> None:
    at.session.run("UPDATE party SET mail_line1 = NULL, mail_returned = 1")
    form = parties.Address(
        account=NUMBER, line1="9 Quarry Rd", city="Grass Valley", state="ca", zip="95945", reason="owner's letter"
    )
    result = office.done(at.perform(parties.address, form))
    assert result.accounts == (NUMBER,)
    party = at.ask(accounts.account, NUMBER).parties[0]
    assert party.address == ("9 Quarry Rd", "Grass Valley CA 95945")
    assert not party.returned
    for field, value, words in (
        ("zip", "9594", "state and ZIP"),
        ("line1", " ", "missing"),
        ("reason", "", "reason"),
        ("role", "agent", "no agent"),
        ("name", "Somebody Else", "this party is"),
    ):
        bad = {name: getattr(form, name) for name in form.__struct_fields__} | {field: value}
        assert words in office.refused(at.perform(parties.address, parties.Address(**bad))).reason
    linked = parties.Address(account=account_number(4), line1="1", city="x", state="CA", zip="95945", reason="mine")
    assert "linked to you" in office.refused(at.perform(parties.address, linked)).reason


def test_a_placeholder_gets_its_name_with_its_address(at: Desk) -> None:
    at.session.run("UPDATE party SET kind = 'placeholder', name = 'Unknown' WHERE name = 'Owner 2'")
    number = format_account(account_number(2))
    form = parties.Address(
        account=number, name="José Vale", line1="1 A St", city="X", state="CA", zip="95945", reason="deed"
    )
    office.done(at.perform(parties.address, form))
    assert at.session.one("SELECT kind, name, search_name FROM party WHERE id = 2") == (
        "person",
        "José Vale",
        "jose vale",
    )
    assert at.ask(accounts.account, number).owner == "José Vale"


def test_models_name_every_column_the_record_has(at: Desk) -> None:
    for model in (ledger.Proposal, ledger.Signature, ledger.Journal, ledger.Posting, ledger.ReceivableItem):
        names = ", ".join(model._meta.columns)
        assert at.session.rows(f"SELECT {names} FROM {model._meta.table_name} LIMIT 1") is not None


def test_an_account_is_asked_by_indexes_alone(sample_folder: str) -> None:
    """However long the record is: no question about one account walks through a whole table."""
    with Desk(sample_folder) as desk:
        asked: list[str] = []
        desk.session.on_statement = asked.append
        desk.ask(accounts.account, format_account(account_number(120_012)))
        desk.session.on_statement = None
        told = {sql for sql in asked if sql.startswith(("SELECT", "WITH"))}
        assert len(told) > 20
        walked = [
            (step, sql[:90])
            for sql in told
            for *_, step in desk.session.rows(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?"))
            if re.match(r"(SCAN|SEARCH) \w+$", step) and not step.endswith(SHORT)
        ]
    assert walked == []

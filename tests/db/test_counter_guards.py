"""Drawers, deposits, drafts, e-bills and liens: what the record itself refuses, whoever asks it past the acts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests import postgres
from tests.services import office
from tests.services.office import DAY
from ubtui.db.errors import RuleBroken
from ubtui.db.models import record
from ubtui.db.session import Session
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments, counter, deposits, drawers, enrolment, liens, payments
from ubtui.services.counter import Take
from ubtui.services.drawers import Close

ONE = format_account(account_number(1))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """The scene once for each database, on a connection without the seat's authorizer: triggers alone must hold."""
    if request.param == "sqlite":
        data = str(tmp_path_factory.mktemp("guards") / "district")
        yield from _scene(data)
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = server.create()
    yield from _scene(server.url(name))
    server.drop(name)


def _scene(data: str) -> Iterator[Session]:
    """A receipt in ana's open drawer, ben's closed and deposited with a batch; an autopay, an e-bill and a lien."""
    office.found(data)
    session = office.admin(data)
    with session.writing():
        parcel = session.insert(record.Parcel, apn="123456789", county="Nevada", legal="", situs="1 Main St")
        session.insert(record.AccountParcel, account_id=office.account(session), parcel_id=parcel)
    with office.desk(data) as ana, office.desk(data, "ben") as ben, office.desk(data, "cho") as cho:
        office.bill(ana, office.account(session), 80_00, date(2026, 7, 1))
        certificate = liens.Certificate(account=ONE, number="L-1", recorded_on=date(2026, 9, 15), amount_cents=80_00)
        office.done(cho.perform(liens.record, certificate, "guard-lien-1"))
        office.done(ben.perform(counter.take, Take(account=ONE, kind="cash", amount_cents=5_00), "guard-take-1"))
        office.done(ben.perform(drawers.close, Close(cash_cents=5_00), "guard-close-1"))
        staged = office.done(ana.perform(payments.stage, came("check", 7_00), "guard-stage-1"))
        approve = adjustments.Approve(proposal=staged.proposal, amount_cents=7_00)
        office.done(ben.perform(adjustments.approve, approve, "guard-approve-1"))
        office.done(ben.perform(deposits.make, deposits.Make(), "guard-deposit-1"))
        office.done(ana.perform(payments.stage, came("cash", 9_00), "guard-stage-2"))
        office.done(ana.perform(counter.take, Take(account=ONE, kind="cash", amount_cents=3_00), "guard-take-2"))
        drafted = enrolment.Enrol(account=ONE, last4="1234", token="tok_9zK2")
        office.done(ana.perform(enrolment.enrol, drafted, "guard-enrol-1"))
        mailed = enrolment.ByMail(account=ONE, address="ann@x.org")
        office.done(ana.perform(enrolment.ebill, mailed, "guard-ebill-1"))
    yield session
    session.database.close()


def came(kind: Any, cents: int) -> payments.Stage:
    lines = [payments.Came(cents=cents)]
    return payments.Stage(source="Mail", kind=kind, received_on=DAY, lines=lines, control_cents=cents)


MINE, BENS = "(SELECT id FROM drawer WHERE staff = 'ana')", "(SELECT id FROM drawer WHERE staff = 'ben')"
COUNTED = "expected_cash = 300, expected_checks = 0, expected_cards = 0, checks = 0, cards = 0, counted_by = 'ana'"
AT = "counted_at = '2026-11-23T16:00:00.000000Z'"
ENDED = f"until = '{DAY}', ended_by = 'ana'"


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (f"UPDATE drawer SET staff = 'cho' WHERE id = {MINE}", "one person's of one day"),
        (f"UPDATE drawer SET reason = 'x' WHERE id = {BENS}", "a closed drawer stays"),
        (f"UPDATE drawer SET last_n = last_n + 2 WHERE id = {MINE}", "nothing goes into a counted drawer"),
        (f"UPDATE drawer SET {COUNTED}, cash = 200, {AT}, closed_on = '{DAY}' WHERE id = {MINE}", "closes with the"),
        (f"DELETE FROM drawer WHERE id = {MINE}", "drawers are kept"),
        (
            f"INSERT INTO counter_receipt(receipt_id, drawer_id, n) SELECT MIN(receipt_id), {BENS}, 1"
            " FROM counter_receipt",
            "next number of an open drawer",
        ),
        (f"UPDATE counter_receipt SET payer = 'x' WHERE drawer_id = {MINE}", "what was taken stays"),
        (f"UPDATE counter_receipt SET void = 1 WHERE drawer_id = {MINE}", "leaves its drawer with the journal"),
        (f"DELETE FROM counter_receipt WHERE drawer_id = {MINE}", "receipts are kept"),
        (f"INSERT INTO deposit_drawer(drawer_id, deposit_id) SELECT {MINE}, MIN(id) FROM deposit", "only a closed"),
        (
            "INSERT INTO deposit_batch(batch_id, deposit_id) SELECT (SELECT MAX(id) FROM batch), MIN(id) FROM deposit",
            "only a released batch",
        ),
        ("UPDATE deposit SET cash = 0", "deposits are kept"),
        ("DELETE FROM deposit_drawer", "a drawer goes into one deposit"),
        ("DELETE FROM deposit_batch", "a batch goes into one deposit"),
        ("UPDATE autopay SET token = 'tok_other'", "what was agreed stays"),
        ("DELETE FROM autopay", "agreements are kept"),
        ("UPDATE ebill SET address = 'b@y.com'", "what was agreed stays"),
        ("DELETE FROM ebill", "agreements are kept"),
        ("UPDATE lien SET cents = 1", "what was recorded stays"),
        ("DELETE FROM lien", "liens are kept"),
        ("UPDATE lien_item SET cents = 1", "what a certificate states is fixed"),
        ("DELETE FROM lien_item", "what a certificate states is fixed"),
        (
            "UPDATE suspense_line SET journal_id = (SELECT MIN(id) FROM journal) WHERE state = 'suspense'",
            "into suspense by one journal",
        ),
        (
            "UPDATE suspense_line SET state = 'returned', journal_id = (SELECT MIN(id) FROM journal),"
            " settled_journal_id = (SELECT MIN(id) FROM journal) WHERE state = 'staged'",
            "wait for their release",
        ),
    ],
)  # fmt: skip
def test_the_record_refuses(session: Session, sql: str, says: str) -> None:
    with pytest.raises(RuleBroken, match=says):
        run(session, sql)


def run(session: Session, sql: str) -> None:
    with session.writing():
        session.run(sql)


def test_what_has_ended_stays_ended(session: Session) -> None:
    for table, more in (("autopay", ", ended_how = 'asked'"), ("ebill", "")):
        run(session, f"UPDATE {table} SET {ENDED}{more}")
        with pytest.raises(RuleBroken, match="it has ended"):
            run(session, f"UPDATE {table} SET ended_why = 'other'")
    run(session, f"UPDATE lien SET released_on = '{DAY}', release_number = 'R-1', released_by = 'cho'")
    with pytest.raises(RuleBroken, match="it is released"):
        run(session, "UPDATE lien SET release_number = 'R-2'")


def test_a_count_is_made_once_unless_it_was_refused(session: Session) -> None:
    run(session, f"UPDATE drawer SET {COUNTED}, cash = 200, {AT}, proposal = 'P-999999' WHERE id = {MINE}")
    with pytest.raises(RuleBroken, match="only when its over or short was refused"):
        run(session, f"UPDATE drawer SET cash = 300 WHERE id = {MINE}")
    with pytest.raises(RuleBroken, match="nothing goes into a counted drawer"):
        run(session, f"UPDATE drawer SET last_n = last_n + 1 WHERE id = {MINE}")

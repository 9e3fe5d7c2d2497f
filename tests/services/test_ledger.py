"""The ledger on both databases: bills, receipts, credits, the statement, and aging against a slow count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services import office
from ubtui.act import Work
from ubtui.desk import Desk
from ubtui.services import ledger
from ubtui.services.demo.books import COLUMNS, Books, Rows
from ubtui.services.demo.fill import KEPT, facts
from ubtui.services.demo.story import BillStory, LineStory, ReceiptStory

D = date


@pytest.fixture
def at(backend: str) -> Iterator[Desk]:
    office.found(backend)
    with office.desk(backend) as desk:
        yield desk


def test_bill_opens_one_item_a_line_and_credits_revenue(at: Desk) -> None:
    who = office.account(at.session)
    lines = [
        ledger.BillLine("SVC", "Service", 48_60),
        ledger.BillLine("USE", "12 ccf", 22_20),
        ledger.BillLine("USE", "-", 0),
    ]
    draft = ledger.BillDraft(
        "bill-key-1",
        "B-1",
        who,
        "B2/2026-10",
        D(2026, 8, 1),
        D(2026, 9, 30),
        D(2026, 10, 1),
        D(2026, 10, 31),
        lines,
        mailed_on=D(2026, 10, 1),
    )
    assert office.doing(at, lambda work: ledger.post_bills(work, [draft])) == 1
    assert [(i.charge, i.cents, i.open_cents) for i in at.ask(ledger.open_items, who)] == [
        ("SVC", 48_60, 48_60),
        ("USE", 22_20, 22_20),
    ]
    assert dict(
        at.session.rows(
            "SELECT g.code, SUM(p.cents) FROM posting p JOIN gl_account g ON g.id = p.gl_id GROUP BY g.code"
        )
    ) == {"1100": 70_80, "4010": -48_60, "4020": -22_20}
    found = at.ask(ledger.balance, who)
    assert (found.total, found.past_due, found.current, found.not_due) == (70_80, 70_80, 0, 0)
    assert at.session.one("SELECT total_cents, journal_id IS NOT NULL FROM bill")[0] == 70_80


def test_bill_of_nothing_is_kept_without_a_journal_and_a_negative_line_is_refused(at: Desk) -> None:
    who = office.account(at.session)
    office.bill(at, who, 0, D(2026, 10, 1))
    assert at.session.rows("SELECT total_cents, journal_id FROM bill") == [(0, None)]
    with pytest.raises(ValueError, match="negative"):
        office.bill(at, who, -5, D(2026, 10, 1))
    assert at.session.value("SELECT COUNT(*) FROM bill") == 1


def test_receipt_pays_oldest_first_and_the_rest_is_credit(at: Desk) -> None:
    who = office.account(at.session)
    office.bill(at, who, 10_00, D(2026, 8, 1))
    office.bill(at, who, 3_00, D(2026, 9, 1), charge="PEN")
    office.bill(at, who, 20_00, D(2026, 10, 1), due=D(2026, 12, 1))
    office.pay(at, who, 11_00, D(2026, 10, 5))
    assert [(i.charge, i.open_cents) for i in at.ask(ledger.open_items, who)] == [("PEN", 2_00), ("USE", 20_00)]
    found = at.ask(ledger.balance, who)
    assert (found.past_due, found.current, found.penalty) == (0, 20_00, 2_00)
    office.pay(at, who, 30_00, D(2026, 10, 6))
    found = at.ask(ledger.balance, who)
    assert (found.receivable, found.credit, found.total) == (0, 8_00, -8_00)
    office.bill(at, who, 5_00, D(2026, 11, 1))
    assert office.doing(at, lambda work: ledger.apply_credit(work, who, "apply-key-1", office.DAY)) == 5_00
    found = at.ask(ledger.balance, who)
    assert (found.receivable, found.credit) == (0, 3_00)
    assert office.doing(at, lambda work: ledger.apply_credit(work, who, "apply-key-2", office.DAY)) == 0


def test_statement_runs_to_the_balance(at: Desk) -> None:
    who = office.account(at.session)
    office.bill(at, who, 10_00, D(2026, 8, 1))
    office.pay(at, who, 25_00, D(2026, 8, 9))
    lines = at.ask(ledger.statement, who)
    assert [(x.kind, x.cents, x.balance, x.document) for x in lines] == [
        ("BILL", 10_00, 10_00, "000001"),
        ("RECEIPT", -25_00, -15_00, "000001"),
    ]
    assert lines[-1].balance == at.ask(ledger.balance, who).total


def test_closed_month_takes_nothing_more(at: Desk) -> None:
    who = office.account(at.session)
    at.session.run("UPDATE period SET status = 'closed' WHERE ym IN (202608, 202609)")
    office.bill(at, who, 10_00, D(2026, 8, 1))
    assert at.session.rows("SELECT effective_on, period_ym FROM journal") == [("2026-08-01", 202610)]


STEPS = st.tuples(
    st.integers(0, 2), st.sampled_from(["USE", "SVC", "PEN"]), st.integers(1, 90_00), st.integers(-90, 30)
)


@given(steps=st.lists(STEPS, max_size=25))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_aging_sums_to_the_balance(at: Desk, steps: list[tuple[int, str, int, int]]) -> None:
    """Parts and credit are what a slow ledger in plain Python says, whatever came in."""
    who = office.account(at.session, 2)
    at_start = at.ask(ledger.balance, who)
    owed = [[i.due_on, i.priority, i.id, i.charge, i.open_cents] for i in at.ask(ledger.open_items, who)]
    credit = at_start.credit
    for what, charge, cents, days in steps:
        day = office.DAY + timedelta(days=days)
        if what:
            office.bill(at, who, cents, office.DAY, charge=charge, due=day)
            newest = at.session.value("SELECT MAX(id) FROM receivable_item")
            owed.append([day, {"PEN": 1, "SVC": 2, "USE": 3}[charge], newest, charge, cents])
        else:
            office.pay(at, who, cents, office.DAY)
            for item in sorted(owed):
                taken = min(cents, item[4])
                item[4] -= taken
                cents -= taken
            credit += cents
    found = at.ask(ledger.balance, who)
    late = sum(i[4] for i in owed if i[3] != "PEN" and i[0] < office.DAY)
    pens = sum(i[4] for i in owed if i[3] == "PEN")
    assert (found.credit, found.past_due, found.penalty) == (credit, late, pens)
    assert found.receivable == sum(i[4] for i in owed) == found.past_due + found.current + found.not_due + found.penalty
    assert (
        found.total
        == found.receivable - found.credit
        == at.session.value(
            "SELECT COALESCE(CAST(SUM(p.cents) AS bigint), 0) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
            " WHERE p.account_id = ? AND g.use IN ('receivable', 'credit')",
            [who],
        )
    )


def test_a_past_in_bulk_is_what_its_bills_and_receipts_post_one_by_one(at: Desk) -> None:
    """The sample's books against the ledger: the same items, applications and lines, account by account."""
    day, numbers = D(2026, 1, 5), count(1)
    bills, receipts = [], []
    for month in range(1, 9):
        on = D(2026, month, 5)
        lines = [LineStory(0, "USE", "use", 30_00 + month, "", ""), LineStory(0, "PEN", "late", 5_00, "", "")]
        lines += [LineStory(0, "USE", "nothing", 0, "", "")]
        bills.append(
            BillStory(f"past-{month}", f"B2/2026-{month:02d}", day, on, on, on, on + timedelta(days=30), tuple(lines))
        )
        if month % 3:
            paid = 47_00 if month % 2 else 91_00
            receipts.append(ReceiptStory(f"past-{month}", on + timedelta(days=3), paid, "Mail", "check", None))
    first, second = (office.account(at.session, n) for n in (1, 2))
    service = at.session.value("SELECT MIN(id) FROM service")

    def in_bulk(work: Work) -> None:
        known = facts(work.db, work.now)
        rows: Rows = defaultdict(list)
        Books(known.chart, dict(known.last), known.now, work.actor.name).past(rows, first, bills, receipts, [service])
        for table, columns in COLUMNS.items():
            if table != KEPT:
                work.db.load(table, columns.split(), rows[table])
        kept = work.db.rows("SELECT item_id, account_id, due_on, cents FROM open_item WHERE account_id = ?", [first])
        assert sorted(rows[KEPT]) == sorted((item, who, str(due), cents) for item, who, due, cents in kept)

    def one_by_one(work: Work) -> None:
        days = {id(s): s.received_on if isinstance(s, ReceiptStory) else s.billed_on for s in [*bills, *receipts]}
        for story in sorted([*bills, *receipts], key=lambda s: days[id(s)]):
            key = f"singly-{next(numbers)}"
            if isinstance(story, BillStory):
                lines = [ledger.BillLine(x.charge, x.label, x.cents, x.quantity, x.rate, service) for x in story.lines]
                dates = (story.from_on, story.to_on, story.billed_on, story.due_on)
                draft = ledger.BillDraft(key, key, second, story.period, *dates, lines, story.mailed_on)
                ledger.post_bills(work, [draft])
            else:
                came = ledger.ReceiptDraft(
                    key, key, second, story.received_on, story.cents, story.source, story.kind, story.reference
                )
                ledger.post_receipts(work, [came])

    office.doing(at, in_bulk)
    office.doing(at, one_by_one)
    stand = [
        [(i.charge, i.due_on, i.cents, i.open_cents) for i in at.ask(ledger.items, who)] for who in (first, second)
    ]
    assert stand[0] == stand[1] and len(stand[0]) == 16
    assert at.ask(ledger.balance, first) == at.ask(ledger.balance, second)
    lines = [[(line.kind, line.cents, line.balance) for line in at.ask(ledger.statement, w)] for w in (first, second)]
    assert lines[0] == lines[1]
    postings = [
        at.session.rows(
            "SELECT j.effective_on, p.gl_id, p.charge_code_id, p.fund_id, p.cents, p.item_id IS NULL FROM posting p"
            " JOIN journal j ON j.id = p.journal_id WHERE j.id IN (SELECT journal_id FROM posting WHERE account_id = ?)"
            " ORDER BY j.effective_on, j.kind, p.id",
            [who],
        )
        for who in (first, second)
    ]
    assert postings[0] == postings[1] and len(postings[0]) > 50

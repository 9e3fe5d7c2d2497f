"""Bills and receipts, one or a hundred thousand, and spending a credit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from ubtui.act import Work
from ubtui.domain.allocation import OpenItem, allocate
from ubtui.services.ledger.journals import POSTING, Application, Chart, Entry, Leg, chart, period_for, post, posting_row
from ubtui.services.ledger.standing import Item, balance, open_items, open_of, payable

CHUNK = 500


@dataclass(frozen=True)
class BillLine:
    """A line of a bill: whole cents, not negative; quantity and rate as printed, `trace` how it came about."""

    charge: str
    label: str
    cents: int
    quantity: str = ""
    rate: str = ""
    service_id: int | None = None
    trace: str = "{}"


@dataclass(frozen=True)
class BillDraft:
    """A bill to post: one receivable item for each line that has an amount."""

    key: str
    number: str
    account_id: int
    period: str
    from_on: date
    to_on: date
    billed_on: date
    due_on: date
    lines: Sequence[BillLine]
    mailed_on: date | None = None
    version: int = 1
    replaces: int | None = None


@dataclass(frozen=True)
class ReceiptDraft:
    """Money received for one account: pays its open items oldest first, the rest becomes customer credit.

    `kind` is the tender: cash, check, card, ach, lockbox or web.
    """

    key: str
    number: str
    account_id: int
    received_on: date
    cents: int
    source: str
    kind: str
    reference: str | None = None
    batch_id: int | None = None
    trace: str | None = None


@dataclass
class _Load:
    """Rows of many journals, gathered so that each table is filled once, ids given out beforehand."""

    work: Work
    books: Chart
    next_id: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    periods: dict[tuple[int, int], int] = field(default_factory=dict)

    COLUMNS = {
        "journal": "id idem_key kind effective_on period_ym posted_at maker posted_by reason",
        "bill": "id number account_id period version from_on to_on billed_on mailed_on due_on total_cents journal_id"
        " replaces",
        "bill_line": "id bill_id n service_id charge_code_id label quantity rate cents trace",
        "receipt": "id number batch_id account_id journal_id received_on cents source trace",
        "tender": "receipt_id kind reference cents",
        "receivable_item": "id journal_id account_id service_id charge_code_id bill_line_id effective_on due_on"
        " mailed_on cents",
        "application": "journal_id item_id account_id cents",
        "posting": " ".join(POSTING),
        "journal_seal": "journal_id n total_dr",
    }

    def new(self, table: str) -> int:
        if table not in self.next_id:
            self.next_id[table] = int(self.work.db.value(f"SELECT COALESCE(MAX(id), 0) FROM {table}"))
        self.next_id[table] += 1
        return self.next_id[table]

    def journal(self, key: str, kind: str, on: date, reason: str, legs: Sequence[Leg], items: Sequence[int]) -> int:
        month = (on.year, on.month)
        if month not in self.periods:
            self.periods[month] = period_for(self.work.db, on)
        who, journal_id = self.work.actor.name, self.new("journal")
        self.rows["journal"].append(
            (journal_id, key, kind, on.isoformat(), self.periods[month], self.work.now, who, who, reason)
        )
        self.rows["posting"] += [posting_row(self.books, journal_id, leg, items) for leg in legs]
        total = sum(leg.cents for leg in legs if leg.cents > 0)
        self.rows["journal_seal"].append((journal_id, len(legs), total))
        return journal_id

    def write(self) -> None:
        db = self.work.db
        for table, columns in self.COLUMNS.items():
            if rows := self.rows.pop(table, None):
                db.load(table, columns.split(), rows)
        if db.kind == "postgres":
            for table, last in self.next_id.items():
                db.rows("SELECT setval(pg_get_serial_sequence(?, 'id'), ?)", [table, last])
        self.next_id.clear()


def post_bills(work: Work, bills: Iterable[BillDraft]) -> int:
    """Post bills in bulk: Dr receivable (one item a line), Cr the charge code's revenue; the number posted.

    A bill of no amount is kept without a journal. Raises ValueError for a negative line: credits are adjustments.
    """
    books, count, source = chart(work.db), 0, iter(bills)
    while part := list(islice(source, CHUNK)):
        load = _Load(work, books)
        for bill in part:
            _bill(load, bill)
        load.write()
        count += len(part)
    return count


def _bill(load: _Load, bill: BillDraft) -> None:
    """Gather a bill's rows."""
    if any(line.cents < 0 for line in bill.lines):
        raise ValueError(f"bill {bill.number}: a line is negative; credit the account by an adjustment instead")
    bill_id, who = load.new("bill"), bill.account_id
    dates = (bill.from_on, bill.to_on, bill.billed_on, bill.mailed_on, bill.due_on)
    days = [day.isoformat() if day else None for day in dates]
    legs, items = [], []
    for n, line in enumerate(bill.lines, 1):
        charge, line_id = load.books.charges[line.charge], load.new("bill_line")
        printed = (line.label, line.quantity, line.rate, line.cents, line.trace)
        load.rows["bill_line"].append((line_id, bill_id, n, line.service_id, charge.id, *printed))
        if line.cents:
            items.append((load.new("receivable_item"), line, charge, line_id))
            legs.append(Leg(charge.receivable, line.cents, who, None, charge.code, new_item=len(items) - 1))
            legs.append(Leg(charge.revenue, -line.cents, who, None, charge.code))
    journal_id = None
    if items:
        journal_id = load.journal(
            bill.key, "BILL", bill.billed_on, f"bill {bill.number}", legs, [item[0] for item in items]
        )
    for item_id, line, charge, line_id in items:
        load.rows["receivable_item"].append(
            (item_id, journal_id, who, line.service_id, charge.id, line_id, days[2], days[4], days[3], line.cents)
        )
    total = sum(line.cents for line in bill.lines)
    load.rows["bill"].append(
        (bill_id, bill.number, who, bill.period, bill.version, *days, total, journal_id, bill.replaces)
    )


def post_receipts(work: Work, receipts: Iterable[ReceiptDraft]) -> int:
    """Post receipts in bulk, in the order given, each against what is open then; the number posted.

    Dr cash, Cr receivable items by the allocation order, Cr customer credit for the rest.
    """
    books, count, source = chart(work.db), 0, iter(receipts)
    while part := list(islice(source, CHUNK)):
        load = _Load(work, books)
        accounts = sorted({receipt.account_id for receipt in part})
        owed: dict[int, list[Item]] = defaultdict(list)
        for item in open_of(work.db, accounts):
            owed[item.account_id].append(item)
        paid: dict[int, int] = defaultdict(int)
        for receipt in part:
            _receipt(load, receipt, owed[receipt.account_id], paid)
        load.write()
        count += len(part)
    return count


def _receipt(load: _Load, receipt: ReceiptDraft, owed: Sequence[Item], paid: dict[int, int]) -> None:
    books, who = load.books, receipt.account_id
    left = [
        OpenItem(i.id, i.priority, i.due_on, i.open_cents - paid[i.id], i.former)
        for i in owed
        if i.open_cents > paid[i.id]
    ]
    shares, rest = allocate(receipt.cents, left)
    by_id = {item.id: item for item in owed}
    legs = paying(books, who, [(by_id[int(item_id)], cents) for item_id, cents in shares], books.use["cash"])
    if rest:
        legs += [Leg(books.use["cash"], rest), Leg(books.use["credit"], -rest, who)]
    journal_id = load.journal(
        receipt.key, "RECEIPT", receipt.received_on, f"{receipt.source} {receipt.number}", legs, ()
    )
    for item_id, cents in shares:
        paid[int(item_id)] += cents
        load.rows["application"].append((journal_id, item_id, who, cents))
    receipt_id = load.new("receipt")
    load.rows["receipt"].append(
        (
            receipt_id,
            receipt.number,
            receipt.batch_id,
            who,
            journal_id,
            receipt.received_on.isoformat(),
            receipt.cents,
            receipt.source,
            receipt.trace,
        )
    )
    load.rows["tender"].append((receipt_id, receipt.kind, receipt.reference, receipt.cents))


def paying(books: Chart, account_id: int, shares: Sequence[tuple[Item, int]], gl: str, own: bool = False) -> list[Leg]:
    """Legs that pay items from `gl`: one debit a fund, one credit an item.

    `own` puts the account on the debit too (customer credit is kept by account).
    """
    by_fund: dict[int, int] = defaultdict(int)
    for item, cents in shares:
        by_fund[books.charges[item.charge].fund_id] += cents
    debits = [Leg(gl, cents, account_id if own else None, fund_id=fund) for fund, cents in sorted(by_fund.items())]
    return debits + [
        Leg(books.charges[item.charge].receivable, -cents, account_id, item.id, item.charge) for item, cents in shares
    ]


def apply_credit(
    work: Work, account_id: int, key: str, effective_on: date, *, before: date | None = None, most: int | None = None
) -> int:
    """Spend the account's credit on its open items, oldest first; the cents applied (0: nothing to do).

    `before`: only on what was charged before a day; `most`: not more of it than so many cents.
    """
    books, credit = chart(work.db), balance(work, account_id).credit
    credit = max(0, credit if most is None else min(credit, most))
    owed = {item.id: item for item in open_items(work, account_id) if before is None or item.effective_on < before}
    shares, rest = allocate(credit, [payable(item) for item in owed.values()])
    if not shares:
        return 0
    legs = paying(books, account_id, [(owed[int(i)], cents) for i, cents in shares], books.use["credit"], own=True)
    applications = [Application(int(i), cents) for i, cents in shares]
    post(work, Entry(key, "APPLY", effective_on, "credit applied", legs, account_id, applications=applications))
    return credit - rest

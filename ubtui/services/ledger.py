"""The ledger: posts balanced journals with their items and applications, and says what an account owes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from ubtui.act import Look, Refused, Work
from ubtui.db.models import ledger
from ubtui.db.session import Session
from ubtui.domain.allocation import OpenItem, allocate

CHUNK = 500
PENALTY = "PEN"


@dataclass(frozen=True)
class Gl:
    """A general ledger account; `kind` A asset, L liability, R revenue, X expense."""

    id: int
    code: str
    title: str
    kind: str
    use: str


@dataclass(frozen=True)
class Charge:
    """A charge code with its accounts and its place in the order of payment."""

    id: int
    code: str
    title: str
    revenue: str
    receivable: str
    fund_id: int
    priority: int


@dataclass(frozen=True)
class Chart:
    """The chart of accounts by code; `use` names the control accounts, `fund_id` is the first fund."""

    gl: dict[str, Gl]
    charges: dict[str, Charge]
    use: dict[str, str]
    fund_id: int


_charts: WeakKeyDictionary[Session, Chart] = WeakKeyDictionary()


def chart(db: Session) -> Chart:
    """The record's chart of accounts; read once a session, because only the district's set-up writes it."""
    if (known := _charts.get(db)) is not None:
        return known
    gl = {row[1]: Gl(*row) for row in db.rows("SELECT id, code, title, kind, use FROM gl_account ORDER BY code")}
    charges = {
        row[1]: Charge(*row)
        for row in db.rows(
            "SELECT c.id, c.code, c.title, r.code, a.code, c.fund_id, c.priority FROM charge_code c"
            " JOIN gl_account r ON r.id = c.revenue_gl_id JOIN gl_account a ON a.id = c.receivable_gl_id"
        )
    }
    use = {g.use: g.code for g in gl.values() if g.use in ("credit", "cash", "refunds", "suspense")}
    made = Chart(gl, charges, use, int(db.value("SELECT MIN(id) FROM fund") or 0))
    if charges:
        _charts[db] = made
    return made


@dataclass(frozen=True)
class Leg:
    """One posting: debit positive, credit negative; `new_item` is the place of an item in the same entry."""

    gl: str
    cents: int
    account_id: int | None = None
    item_id: int | None = None
    charge: str | None = None
    new_item: int | None = None
    fund_id: int | None = None


@dataclass(frozen=True)
class NewItem:
    """A receivable item that an entry opens."""

    charge: str
    cents: int
    due_on: date
    mailed_on: date | None
    effective_on: date
    service_id: int | None = None
    bill_line_id: int | None = None


@dataclass(frozen=True)
class Application:
    """A credit applied to an item, or (negative, naming what it `reverses`) taken off again."""

    item_id: int
    cents: int
    reverses: int | None = None


@dataclass(frozen=True)
class Entry:
    """A journal to post; `items` and `applications` belong to `account_id`."""

    key: str
    kind: str
    effective_on: date
    reason: str
    legs: Sequence[Leg]
    account_id: int | None = None
    items: Sequence[NewItem] = ()
    applications: Sequence[Application] = ()
    maker: str = ""
    posted_by: str = ""
    approval_id: int | None = None
    reverses: int | None = None


@dataclass(frozen=True)
class Posted:
    """The journal that stands now, and the items it opened in the entry's order."""

    journal_id: int
    item_ids: tuple[int, ...]


def period_for(db: Session, day: date) -> int:
    """The ledger month that a fact of `day` lands in: its own while open, else the next open one. Refused if none."""
    found = db.value(
        "SELECT MIN(ym) FROM period WHERE ym >= ? AND ym % 100 <= 12 AND status = 'open'", [day.year * 100 + day.month]
    )
    if found is None:
        raise Refused(f"no open ledger month from {day:%Y-%m} on", rule="period", cure="ask finance to open the year")
    return int(found)


def post(work: Work, entry: Entry) -> Posted:
    """Write one journal with its items, applications, postings and seal; the database checks it all at the seal.

    Maker and poster default to who acts. Raises RuleBroken (from the database) when a rule is broken.
    """
    db, books = work.db, chart(work.db)
    journal_id = db.insert(
        ledger.Journal,
        idem_key=entry.key,
        kind=entry.kind,
        effective_on=entry.effective_on,
        period_ym=period_for(db, entry.effective_on),
        posted_at=work.now,
        maker=entry.maker or work.actor.name,
        posted_by=entry.posted_by or work.actor.name,
        approval_id=entry.approval_id,
        reverses=entry.reverses,
        reason=entry.reason,
    )
    items = tuple(
        db.insert(
            ledger.ReceivableItem,
            journal_id=journal_id,
            account_id=entry.account_id,
            service_id=item.service_id,
            charge_code_id=books.charges[item.charge].id,
            bill_line_id=item.bill_line_id,
            effective_on=item.effective_on,
            due_on=item.due_on,
            mailed_on=item.mailed_on,
            cents=item.cents,
        )
        for item in entry.items
    )
    if entry.applications:
        db.load(
            "application",
            ["journal_id", "item_id", "account_id", "cents", "reverses"],
            [(journal_id, a.item_id, entry.account_id, a.cents, a.reverses) for a in entry.applications],
        )
    db.load("posting", _POSTING, [_posting(books, journal_id, leg, items) for leg in entry.legs])
    db.run(
        "INSERT INTO journal_seal(journal_id, n, total_dr) VALUES (?, ?, ?)",
        [journal_id, len(entry.legs), sum(leg.cents for leg in entry.legs if leg.cents > 0)],
    )
    return Posted(journal_id, items)


def posting_rows(look: Look, journal_id: int, entry: Entry) -> list[tuple[Any, ...]]:
    """The entry's legs as rows: journal, GL, account, item (none yet for a new one), charge code, fund, cents."""
    return [_posting(chart(look.db), journal_id, leg, ()) for leg in entry.legs]


_POSTING = ["journal_id", "gl_id", "account_id", "item_id", "charge_code_id", "fund_id", "cents"]


def _posting(books: Chart, journal_id: int, leg: Leg, items: Sequence[int]) -> tuple[Any, ...]:
    item_id = items[leg.new_item] if items and leg.new_item is not None else leg.item_id
    charge = books.charges[leg.charge] if leg.charge else None
    fund = leg.fund_id or (charge.fund_id if charge else books.fund_id)
    return journal_id, books.gl[leg.gl].id, leg.account_id, item_id, charge and charge.id, fund, leg.cents


# -- what an account owes -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """A receivable item as it stands: its charge, days, and what is still open, in cents."""

    id: int
    account_id: int
    charge: str
    priority: int
    effective_on: date
    due_on: date
    mailed_on: date | None
    service_id: int | None
    bill_line_id: int | None
    cents: int
    open_cents: int


_ITEMS = """SELECT i.id, i.account_id, c.code, c.priority, i.effective_on, i.due_on, i.mailed_on, i.service_id,
  i.bill_line_id, i.cents,
  i.cents - COALESCE((SELECT CAST(SUM(a.cents) AS bigint) FROM application a WHERE a.item_id = i.id), 0)
  FROM receivable_item i JOIN charge_code c ON c.id = i.charge_code_id"""


def _items(db: Session, where: str, params: Sequence[Any]) -> Iterator[Item]:
    for row in db.rows(f"{_ITEMS} WHERE {where} ORDER BY i.due_on, c.priority, i.id", params):
        yield Item(
            row[0],
            row[1],
            row[2],
            row[3],
            date.fromisoformat(row[4]),
            date.fromisoformat(row[5]),
            date.fromisoformat(row[6]) if row[6] else None,
            row[7],
            row[8],
            row[9],
            row[10],
        )


def items(look: Look, account_id: int) -> tuple[Item, ...]:
    """Every receivable item of an account, oldest due day first, paid ones too."""
    return tuple(_items(look.db, "i.account_id = ?", [account_id]))


def open_items(look: Look, account_id: int) -> tuple[Item, ...]:
    """The account's items that are not fully paid, in the order in which money pays them."""
    return tuple(item for item in items(look, account_id) if item.open_cents)


def payable(item: Item) -> OpenItem:
    """The item as the allocation rule sees it."""
    return OpenItem(item.id, item.priority, item.due_on, item.open_cents)


@dataclass(frozen=True)
class Balance:
    """An account's balance in cents: receivable less credit; the four parts sum to the receivable."""

    receivable: int
    credit: int
    past_due: int
    current: int
    not_due: int
    penalty: int

    @property
    def total(self) -> int:
        """What the account owes; negative when the district owes it."""
        return self.receivable - self.credit


def balance(look: Look, account_id: int) -> Balance:
    """What the account owes, from its postings, split by its items' days.

    Past due: due before today. Current: mailed and due from today on. Not due: not mailed yet or effective
    later. Penalties stand apart whatever their day.
    """
    sums: dict[str, int] = dict(
        look.db.rows(
            "SELECT g.use, CAST(SUM(p.cents) AS bigint) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
            " WHERE p.account_id = ? AND g.use IN ('receivable', 'credit') GROUP BY g.use",
            [account_id],
        )
    )
    parts = age(open_items(look, account_id), look.today)
    return Balance(sums.get("receivable", 0), -sums.get("credit", 0), *parts)


def age(open_now: Iterable[Item], today: date) -> tuple[int, int, int, int]:
    """Open cents past due, current, not due, and penalties."""
    past = current = later = penalty = 0
    for item in open_now:
        if item.charge.startswith(PENALTY):
            penalty += item.open_cents
        elif item.due_on < today:
            past += item.open_cents
        elif item.effective_on > today or item.mailed_on is None:
            later += item.open_cents
        else:
            current += item.open_cents
    return past, current, later, penalty


@dataclass(frozen=True)
class Line:
    """One journal as the account sees it: its change of the balance and the balance after it, in cents."""

    journal_id: int
    effective_on: date
    posted_at: str
    kind: str
    reason: str
    cents: int
    balance: int
    maker: str
    posted_by: str
    reverses: int | None
    reversed_by: int | None
    document: str


def statement(look: Look, account_id: int) -> tuple[Line, ...]:
    """The account's ledger lines in the order they were posted, with the running balance.

    `document` is the bill, receipt or proposal number behind the line.
    """
    rows = look.db.rows(
        "SELECT j.id, j.effective_on, j.posted_at, j.kind, j.reason, CAST(SUM(p.cents) AS bigint), j.maker,"
        " j.posted_by, j.reverses, (SELECT r.id FROM journal r WHERE r.reverses = j.id),"
        " COALESCE((SELECT MIN(b.number) FROM bill b WHERE b.journal_id = j.id AND b.account_id = ?),"
        " (SELECT MIN(t.number) FROM receipt t WHERE t.journal_id = j.id AND t.account_id = ?),"
        " (SELECT q.number FROM approval a JOIN proposal q ON q.id = a.proposal_id WHERE a.id = j.approval_id), '')"
        " FROM posting p JOIN gl_account g ON g.id = p.gl_id JOIN journal j ON j.id = p.journal_id"
        " WHERE p.account_id = ? AND g.use IN ('receivable', 'credit')"
        " GROUP BY j.id, j.effective_on, j.posted_at, j.kind, j.reason, j.maker, j.posted_by, j.reverses, j.approval_id"
        " ORDER BY j.id",
        [account_id, account_id, account_id],
    )
    out, running = [], 0
    for row in rows:
        running += row[5]
        out.append(Line(row[0], date.fromisoformat(row[1]), row[2], row[3], row[4], row[5], running, *row[6:]))
    return tuple(out)


# -- bills and receipts, one or a hundred thousand ------------------------------------------------------------------


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
        "posting": " ".join(_POSTING),
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
        self.rows["posting"] += [_posting(self.books, journal_id, leg, items) for leg in legs]
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
        marks = ", ".join("?" * len(accounts))
        owed: dict[int, list[Item]] = defaultdict(list)
        for item in _items(work.db, f"i.account_id IN ({marks})", accounts):
            if item.open_cents:
                owed[item.account_id].append(item)
        paid: dict[int, int] = defaultdict(int)
        for receipt in part:
            _receipt(load, receipt, owed[receipt.account_id], paid)
        load.write()
        count += len(part)
    return count


def _receipt(load: _Load, receipt: ReceiptDraft, owed: Sequence[Item], paid: dict[int, int]) -> None:
    books, who = load.books, receipt.account_id
    left = [OpenItem(i.id, i.priority, i.due_on, i.open_cents - paid[i.id]) for i in owed if i.open_cents > paid[i.id]]
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


def apply_credit(work: Work, account_id: int, key: str, effective_on: date) -> int:
    """Spend the account's credit on its open items, oldest first; the cents applied (0: nothing to do)."""
    books, credit = chart(work.db), balance(work, account_id).credit
    owed = {item.id: item for item in open_items(work, account_id)}
    shares, rest = allocate(max(credit, 0), [payable(item) for item in owed.values()])
    if not shares:
        return 0
    legs = paying(books, account_id, [(owed[int(i)], cents) for i, cents in shares], books.use["credit"], own=True)
    applications = [Application(int(i), cents) for i, cents in shares]
    post(work, Entry(key, "APPLY", effective_on, "credit applied", legs, account_id, applications=applications))
    return credit - rest

"""Journals: the chart of accounts, and posting one balanced entry with its items and applications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from ubtui.act import Look, Refused, Work
from ubtui.db.models import ledger
from ubtui.db.session import Session
from ubtui.domain.canonical import canonical, sha256_hex


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
    use = {g.use: g.code for g in gl.values() if g.use in ("credit", "cash", "refunds", "suspense", "over_short")}
    made = Chart(gl, charges, use, int(db.value("SELECT MIN(id) FROM fund") or 0))
    if charges:
        _charts[db] = made
    return made


class Leg(NamedTuple):
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


def period_for(db: Session, day: date) -> int:
    """The ledger month that a fact of `day` lands in: its own while open, else the next open one. Refused if none."""
    found = db.value(
        "SELECT MIN(ym) FROM period WHERE ym >= ? AND ym % 100 <= 12 AND status = 'open'", [day.year * 100 + day.month]
    )
    if found is None:
        raise Refused(f"no open ledger month from {day:%Y-%m} on", rule="period", cure="run `ubtui worklist refresh`")
    return int(found)


def open_months(db: Session, day: date) -> int:
    """Open the ledger months that come, to the end of the second year after `day`'s; how many. Closed ones stay so."""
    last = int(db.value("SELECT COALESCE(MAX(ym) / 100, ?) FROM period", [day.year - 1]))
    new = [(year * 100 + month,) for year in range(last + 1, day.year + 3) for month in range(1, 14)]
    db.load("period", ["ym"], new)
    return len(new)


def post(work: Work, entry: Entry) -> int:
    """Write one journal with its items, applications, postings and seal; its id. The database checks all at the seal.

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
    db.load("posting", POSTING, [posting_row(books, journal_id, leg, items) for leg in entry.legs])
    db.run(
        "INSERT INTO journal_seal(journal_id, n, total_dr) VALUES (?, ?, ?)",
        [journal_id, len(entry.legs), sum(leg.cents for leg in entry.legs if leg.cents > 0)],
    )
    return int(journal_id)


def posting_rows(look: Look, journal_id: int, entry: Entry) -> list[tuple[Any, ...]]:
    """The entry's legs as rows: journal, GL, account, item (none yet for a new one), charge code, fund, cents."""
    return [posting_row(chart(look.db), journal_id, leg, ()) for leg in entry.legs]


def posted_hash(db: Session, journal_id: int) -> str:
    """SHA-256 over a journal's postings as they stand, in their order: what the audit chain holds of it."""
    rows = db.rows(
        "SELECT g.code, COALESCE(p.account_id, 0), COALESCE(p.item_id, 0), COALESCE(c.code, ''), p.fund_id, p.cents"
        " FROM posting p JOIN gl_account g ON g.id = p.gl_id LEFT JOIN charge_code c ON c.id = p.charge_code_id"
        " WHERE p.journal_id = ? ORDER BY p.id",
        [journal_id],
    )
    return sha256_hex(canonical([list(row) for row in rows]))


POSTING = ["journal_id", "gl_id", "account_id", "item_id", "charge_code_id", "fund_id", "cents"]


def posting_row(books: Chart, journal_id: int, leg: Leg, items: Sequence[int]) -> tuple[Any, ...]:
    item_id = items[leg.new_item] if items and leg.new_item is not None else leg.item_id
    charge = books.charges[leg.charge] if leg.charge else None
    fund = leg.fund_id or (charge.fund_id if charge else books.fund_id)
    return journal_id, books.gl[leg.gl].id, leg.account_id, item_id, charge and charge.id, fund, leg.cents

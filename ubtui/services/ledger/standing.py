"""What an account owes: its items, its balance by age, and its ledger lines, all from what is posted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ubtui.act import Look
from ubtui.db.session import Session
from ubtui.domain.allocation import OpenItem

PENALTY = "PEN"


@dataclass(frozen=True)
class Item:
    """A receivable item as it stands: its charge, days, and what is still open, in cents.

    `former`: it was charged to a former owner, and the present one has not taken it over.
    """

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
    former: bool = False


_ITEMS = """SELECT i.id, i.account_id, c.code, c.priority, i.effective_on, i.due_on, i.mailed_on, i.service_id,
  i.bill_line_id, i.cents,
  i.cents - COALESCE((SELECT CAST(SUM(a.cents) AS bigint) FROM application a WHERE a.item_id = i.id), 0),
  EXISTS(SELECT 1 FROM ownership_transfer t WHERE t.account_id = i.account_id AND t.on_date > i.effective_on
    AND COALESCE(t.debt, 'former') = 'former')
  FROM receivable_item i JOIN charge_code c ON c.id = i.charge_code_id"""


_OPEN = "i.id IN (SELECT o.item_id FROM open_item o WHERE o.account_id IN ({}))"


def open_of(db: Session, accounts: Sequence[int]) -> Iterator[Item]:
    """The items of some accounts that are not fully paid, whatever lies behind them; the oldest due day first."""
    return select_items(db, _OPEN.format(", ".join("?" * len(accounts))), accounts)


def select_items(db: Session, where: str, params: Sequence[Any]) -> Iterator[Item]:
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
            bool(row[11]),
        )


def items(look: Look, account_id: int) -> tuple[Item, ...]:
    """Every receivable item of an account, oldest due day first, paid ones too."""
    return tuple(select_items(look.db, "i.account_id = ?", [account_id]))


def open_items(look: Look, account_id: int) -> tuple[Item, ...]:
    """The account's items that are not fully paid, oldest due day first."""
    return tuple(open_of(look.db, [account_id]))


def lienable(look: Look, account_id: int) -> tuple[Item, ...]:
    """The account's open items that were mailed, are past due and may go on a lien or the county's roll.

    A former owner's debt binds no buyer (WAT 25806), but where he took it over.
    """
    may = {code for (code,) in look.db.rows("SELECT code FROM charge_code WHERE lienable = 1")}
    return tuple(
        item
        for item in open_items(look, account_id)
        if item.charge in may and item.mailed_on is not None and item.due_on < look.today and not item.former
    )


def payable(item: Item) -> OpenItem:
    """The item as the allocation rule sees it."""
    return OpenItem(item.id, item.priority, item.due_on, item.open_cents, item.former)


@dataclass(frozen=True)
class Balance:
    """An account's balance in cents: receivable less credit; the four parts sum to the receivable.

    `roll` stands beside it: what was transferred to the county, who collects it with the taxes.
    """

    receivable: int
    credit: int
    past_due: int
    current: int
    not_due: int
    penalty: int
    roll: int = 0

    @property
    def total(self) -> int:
        """What the account owes; negative when the district owes it."""
        return self.receivable - self.credit


def balance(look: Look, account_id: int) -> Balance:
    """What the account owes, from its postings, split by its items' days.

    Past due: mailed and due before today. Current: mailed and due from today on. Not due: not mailed yet or
    effective later. Penalties stand apart whatever their day.
    """
    sums: dict[str, int] = dict(
        look.db.rows(
            "SELECT g.use, CAST(SUM(p.cents) AS bigint) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
            " WHERE p.account_id = ? AND g.use IN ('receivable', 'credit', 'roll') GROUP BY g.use",
            [account_id],
        )
    )
    parts = age(open_items(look, account_id), look.today)
    return Balance(sums.get("receivable", 0), -sums.get("credit", 0), *parts, sums.get("roll", 0))


def age(open_now: Iterable[Item], today: date) -> tuple[int, int, int, int]:
    """Open cents past due, current, not due, and penalties."""
    past = current = later = penalty = 0
    for item in open_now:
        if item.charge.startswith(PENALTY):
            penalty += item.open_cents
        elif item.effective_on > today or item.mailed_on is None:
            later += item.open_cents
        elif item.due_on < today:
            past += item.open_cents
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

"""Deposits: closed drawers and released batches taken to the bank together, each once, and the slip of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models import counter as models
from ubtui.documents import slip as paper
from ubtui.domain.drawer import Money
from ubtui.domain.money import format_money
from ubtui.services.adjustments.overshort import Counted, drawers


class Make(Form, frozen=True, kw_only=True):
    """What is closed and released, and not deposited yet, is taken to the bank; refused where that is not `total`."""

    total_cents: Annotated[int | None, msgspec.Meta(description="cash and checks as they were shown, if they were")] = (
        None
    )


class Made(msgspec.Struct, frozen=True):
    """The deposit: what is taken to the bank (cash and checks), the card slips, what it is made of, what is missing.

    `left_open` are drawers that are not closed, so not in it.
    """

    deposit: str
    total_cents: int
    cash_cents: int
    checks_cents: int
    cards_cents: int
    drawers: tuple[str, ...]
    batches: tuple[int, ...]
    left_open: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """A released batch of cash or checks, in cents."""

    id: int
    source: str
    kind: str
    payments: int
    cents: int

    @property
    def money(self) -> Money:
        """Where it lies on the slip."""
        return Money(cash=self.cents) if self.kind == "cash" else Money(checks=self.cents)


@dataclass(frozen=True)
class Ready:
    """What a deposit would be made of now, and the drawers that are not closed."""

    drawers: tuple[Counted, ...]
    batches: tuple[Batch, ...]
    left_open: tuple[Counted, ...]

    @property
    def money(self) -> Money:
        """The sum, slot by slot."""
        parts = [each.counted for each in self.drawers if each.counted] + [each.money for each in self.batches]
        return Money(sum(p.cash for p in parts), sum(p.checks for p in parts), sum(p.cards for p in parts))


_BATCHES = (
    "SELECT b.id, b.source, MIN(l.kind), COUNT(*), CAST(SUM(l.cents) AS bigint) FROM batch b"
    " JOIN suspense_line l ON l.batch_id = b.id AND l.kind IN ('cash', 'check')"
    " WHERE b.kind = 'receipts' AND b.released_at IS NOT NULL AND {}"
    " GROUP BY b.id, b.source ORDER BY b.id"
)


_FREE = (
    "b.id NOT IN (SELECT d.batch_id FROM deposit_batch d)"
    " AND l.journal_id IS NOT NULL AND NOT EXISTS(SELECT 1 FROM journal v WHERE v.reverses = l.journal_id)"
)


def ready(look: Look) -> Ready:
    """What is closed or released and in no deposit yet; what a processor or the bank itself settles is not in it."""
    closed = drawers(look, "closed_on IS NOT NULL AND id NOT IN (SELECT drawer_id FROM deposit_drawer)", [])
    batches = look.db.rows(_BATCHES.format(_FREE))
    return Ready(tuple(closed), tuple(Batch(*row) for row in batches), tuple(drawers(look, "closed_on IS NULL", [])))


@act("deposit.make")
def make(work: Work, form: Make) -> Made:
    """Put all that is closed and released, and in no deposit yet, into one deposit; drawers still open are told."""
    found = ready(work)
    if not found.drawers and not found.batches:
        left = ", ".join(each.key for each in found.left_open)
        raise Refused(
            "nothing is ready for the bank", rule="deposits", cure=f"close {left} first" if left else "all is deposited"
        )
    money = found.money
    if form.total_cents is not None and form.total_cents != money.cash + money.checks:
        raise Refused(
            f"it is {format_money(money.cash + money.checks)} by now, not {format_money(form.total_cents)}",
            rule="what was shown is what is done",
            cure="look again at what goes to the bank",
        )
    work.db.run(
        "INSERT INTO counter(name, value) VALUES ('deposit', 1) ON CONFLICT(name) DO UPDATE SET"
        " value = counter.value + 1"
    )
    number = "D-{:06d}".format(work.db.value("SELECT value FROM counter WHERE name = 'deposit'"))
    made = work.db.insert(
        models.Deposit, number=number, day=work.today, made_by=work.actor.name, made_at=work.now, cash=money.cash,
        checks=money.checks, cards=money.cards,
    )  # fmt: skip
    for each in found.drawers:
        work.db.insert(models.DepositDrawer, drawer_id=each.id, deposit_id=made)
        work.touch("run", f"drawer/{each.key}")
    for batch in found.batches:
        work.db.insert(models.DepositBatch, batch_id=batch.id, deposit_id=made)
    bank = money.cash + money.checks
    work.fact(deposit=number, cents=bank, drawers=len(found.drawers), batches=len(found.batches))
    return Made(
        number, bank, money.cash, money.checks, money.cards, tuple(each.key for each in found.drawers),
        tuple(each.id for each in found.batches), tuple(each.key for each in found.left_open),
    )  # fmt: skip


@dataclass(frozen=True)
class Deposit:
    """A deposit as it was made."""

    number: str
    day: date
    made_by: str
    cash_cents: int
    checks_cents: int
    cards_cents: int


def deposits(look: Look, most: int = 30) -> tuple[Deposit, ...]:
    """The deposits, the newest first."""
    return tuple(
        Deposit(row[0], date.fromisoformat(row[1]), *row[2:])
        for row in look.db.rows(
            "SELECT number, day, made_by, cash, checks, cards FROM deposit ORDER BY id DESC LIMIT ?", [most]
        )
    )


def slip(look: Look, number: str) -> str:
    """The slip of a deposit as text: its cash, each check, its parts. Raises Refused."""
    row = look.db.one(
        "SELECT id, number, day, made_by, cash, checks, cards FROM deposit WHERE number = ?", [number.strip().upper()]
    )
    if row is None:
        said = f"no deposit {number[:20]}"
        raise Refused(said, rule="deposits", cure="see `ubtui deposit list`", bad_input=True)
    inside = "id IN (SELECT drawer_id FROM deposit_drawer WHERE deposit_id = ?)"
    parts: list[tuple[str, Money]] = [
        (f"Drawer {each.key}", each.counted or Money()) for each in drawers(look, inside, [row[0]])
    ]
    batches = look.db.rows(
        _BATCHES.format("b.id IN (SELECT d.batch_id FROM deposit_batch d WHERE d.deposit_id = ?)"), [row[0]]
    )
    parts += [(f"Batch {each.id}, {each.source}", each.money) for each in (Batch(*b) for b in batches)]
    return paper.render(
        look.district.name, row[1], date.fromisoformat(row[2]), row[3], Money(*row[4:7]), parts, _checks(look, row[0])
    )


def _checks(look: Look, deposit: int) -> list[tuple[str, str, int]]:
    """Each check and money order in a deposit: its number, its receipt or payment, its cents."""
    rows: list[tuple[Any, ...]] = look.db.rows(
        "SELECT COALESCE(t.reference, ''), r.number, t.cents FROM deposit_drawer d"
        " JOIN counter_receipt c ON c.drawer_id = d.drawer_id AND c.void = 0 JOIN receipt r ON r.id = c.receipt_id"
        " JOIN tender t ON t.receipt_id = r.id AND t.kind IN ('check', 'money_order') WHERE d.deposit_id = ?"
        " ORDER BY d.drawer_id, c.n",
        [deposit],
    )
    rows += look.db.rows(
        "SELECT COALESCE(l.reference, ''), CAST(l.batch_id AS text) || '/' || CAST(l.line AS text), l.cents"
        " FROM deposit_batch d JOIN suspense_line l ON l.batch_id = d.batch_id AND l.kind = 'check'"
        " WHERE d.deposit_id = ? ORDER BY l.batch_id, l.line",
        [deposit],
    )
    return [(row[0], row[1], row[2]) for row in rows]

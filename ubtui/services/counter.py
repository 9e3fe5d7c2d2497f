"""The counter: a payment taken from a person, posted as every receipt is, into the drawer of who took it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models import counter as models
from ubtui.documents import receipt as paper
from ubtui.domain.allocation import allocate
from ubtui.domain.canonical import canonical, sha256_hex
from ubtui.domain.money import LIMIT_CENTS, format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.services import ledger
from ubtui.services.adjustments.plans import Shown, find_account, unguarded
from ubtui.services.adjustments.rows import not_linked
from ubtui.services.ledger import ReceiptDraft
from ubtui.services.shutoffs import stand_down

SOURCE: Final = "Counter"
TENDERS: Final = (("check", "check"), ("cash", "cash"), ("money_order", "money order"), ("card", "card slip"))


class Take(Form, frozen=True, kw_only=True):
    """A payment over the counter; with the `plan` that was shown it is refused once the account has moved."""

    account: Annotated[str, msgspec.Meta(description="account number, as 120440-3")]
    kind: Annotated[
        Literal["check", "cash", "money_order", "card"], msgspec.Meta(description="what is handed over")
    ] = "check"
    reference: Annotated[
        str, msgspec.Meta(description="number of the check, money order or card slip", max_length=80)
    ] = ""
    amount_cents: Annotated[int | None, msgspec.Meta(description="amount; what is due unless given")] = None
    payer: Annotated[str, msgspec.Meta(description="who pays, where it is not the account's own", max_length=120)] = ""
    plan: Shown = ""

    def request(self) -> Any:
        return unguarded(self)


@dataclass(frozen=True)
class Taking:
    """What a payment would do: the items it pays (title, due day, cents), what is left as credit, what is owed after.

    `hash` is over what the account owes now, item by item: it tells whether the account moved since.
    """

    account_id: int
    account: str
    name: str
    due_cents: int
    owes_cents: int
    cents: int
    shares: tuple[tuple[str, date, int], ...]
    credit_cents: int
    after_cents: int
    hash: str


class Taken(msgspec.Struct, frozen=True):
    """The receipt, the drawer it lies in, and what the account owes now."""

    receipt: str
    account: str
    cents: int
    kind: str
    drawer: str
    journal_id: int
    balance_cents: int


def due(balance: ledger.Balance) -> int:
    """What is asked for at the counter, in cents: past due, current and penalties less the credit, not below zero."""
    return max(0, balance.past_due + balance.current + balance.penalty - max(balance.credit, 0))


def asked(look: Look, account: str) -> int:
    """What is due on an account now, in cents: what the form begins with. Raises Refused."""
    return due(ledger.balance(look, find_account(look, account)[0]))


def taking(look: Look, form: Take) -> Taking:
    """What taking this payment would do, before anything is written. Raises Refused."""
    account_id, number = find_account(look, form.account)
    shown, now = format_account(number), ledger.balance(look, account_id)
    cents = due(now) if form.amount_cents is None else form.amount_cents
    if not 0 < cents <= LIMIT_CENTS:
        said = f"{shown} owes nothing now" if form.amount_cents is None else "a payment is above zero"
        raise Refused(said, rule="receipts", cure="say the amount that is handed over", bad_input=True)
    items = {item.id: item for item in ledger.open_items(look, account_id)}
    shares, rest = allocate(cents, [ledger.payable(item) for item in items.values()])
    titles = {each.code: each.title for each in look.district.charge_codes}
    paid = tuple(
        (titles.get(items[int(i)].charge, items[int(i)].charge), items[int(i)].due_on, part) for i, part in shares
    )
    stands = canonical([account_id, now.credit, [[item.id, item.open_cents] for item in items.values()]])
    return Taking(
        account_id, shown, _name(look, account_id), due(now), now.total, cents, paid, rest, now.total - cents,
        sha256_hex(stands),
    )  # fmt: skip


@act("payment.take")
def take(work: Work, form: Take) -> Taken:
    """Take a payment at the counter: posted to the open items oldest first, into the taker's drawer of today."""
    made = taking(work, form)
    not_linked(work, made.account.replace("-", ""))
    if form.plan and form.plan != made.hash:
        raise Refused(
            f"{made.account} has moved since it was shown: it owes {format_money(made.owes_cents)}",
            rule="what was shown is what is done",
            cure="look at the account again",
        )
    reference, payer = clean_text(form.reference, 80).strip(), clean_text(form.payer, 120).strip()
    if form.kind != "cash" and not reference:
        raise Refused(f"the {_said(form.kind)} has no number", rule="receipts", cure="its number goes on the receipt")
    month = work.today.year * 100 + work.today.month
    if work.db.value("SELECT status FROM period WHERE ym = ?", [month]) != "open":
        raise Refused(f"{work.today:%Y-%m} is closed", rule="period", cure="ask finance which day is open")
    drawer, drawer_number, n = _next(work)
    if form.kind != "cash":
        _once(work, made, form.kind, reference)
    number = f"C{drawer_number:05d}-{n}"
    draft = ReceiptDraft(
        key=f"{work.key}:take", number=number, account_id=made.account_id, received_on=work.today, cents=made.cents,
        source=SOURCE, kind=form.kind, reference=reference or None,
    )  # fmt: skip
    ledger.post_receipts(work, [draft])
    row = work.db.one("SELECT id, journal_id FROM receipt WHERE number = ?", [number])
    assert row is not None
    work.db.insert(models.CounterReceipt, receipt_id=row[0], drawer_id=drawer, n=n, payer=payer, void=0)
    work.touch("account", made.account)
    stand_down(work, [made.account_id])
    work.fact(account=made.account, cents=made.cents, receipt=number, journal=row[1], drawer=drawer)
    work.detail(payer=payer, reference=reference)
    owes = ledger.balance(work, made.account_id).total
    return Taken(number, made.account, made.cents, form.kind, f"{work.actor.name}/{work.today}", row[1], owes)


def _next(work: Work) -> tuple[int, int, int]:
    """The taker's drawer of today, its own number, and the next one in it; the first payment opens it."""
    row = work.db.one(
        "SELECT id, number, last_n, counted_at FROM drawer WHERE staff = ? AND day = ?",
        [work.actor.name, work.today.isoformat()],
    )
    if row is None:
        number = int(work.db.value("SELECT COALESCE(MAX(number), 0) + 1 FROM drawer"))
        made = work.db.insert(models.Drawer, number=number, staff=work.actor.name, day=work.today, opened_at=work.now)
        row = (made, number, 0, None)
    if row[3] is not None:
        raise Refused(
            f"{work.actor.name}'s drawer of {work.today} is counted",
            rule="nothing goes into a counted drawer",
            cure="a colleague takes it, or it is taken tomorrow",
        )
    work.db.update(models.Drawer, row[0], last_n=row[2] + 1)
    return row[0], row[1], row[2] + 1


def _once(work: Work, made: Taking, kind: str, reference: str) -> None:
    """Refuse the same paper for the same account and amount a second time today."""
    again = work.db.value(
        "SELECT r.number FROM receipt r JOIN tender t ON t.receipt_id = r.id WHERE r.account_id = ?"
        " AND r.received_on = ? AND r.cents = ? AND t.kind = ? AND t.reference = ?"
        " AND NOT EXISTS(SELECT 1 FROM journal v WHERE v.reverses = r.journal_id)",
        [made.account_id, work.today.isoformat(), made.cents, kind, reference],
    )
    if again:
        raise Refused(
            f"{_said(kind)} {reference} is taken: receipt {again}", rule="a paper is taken once", cure="look at it"
        )


def _said(kind: str) -> str:
    return dict(TENDERS).get(kind, kind)


_PAYS = "CASE r.role WHEN 'payer' THEN 0 WHEN 'owner' THEN 1 WHEN 'occupant' THEN 2 ELSE 3 END"


def _name(look: Look, account_id: int) -> str:
    found = look.db.value(
        "SELECT q.name FROM account_role r JOIN party q ON q.id = r.party_id WHERE r.account_id = ?"
        f" AND r.to_on IS NULL ORDER BY {_PAYS}, r.id LIMIT 1",
        [account_id],
    )
    return str(found or "")


def receipt(look: Look, number: str) -> tuple[str, str]:
    """The account of a receipt and its text, to be printed. Raises Refused."""
    row = look.db.one(
        "SELECT r.id, a.number, r.account_id, r.journal_id, r.received_on, r.cents, t.kind, COALESCE(t.reference, ''),"
        " COALESCE(c.payer, ''), j.posted_by, (SELECT v.id FROM journal v WHERE v.reverses = r.journal_id)"
        " FROM receipt r JOIN account a ON a.id = r.account_id JOIN journal j ON j.id = r.journal_id"
        " JOIN tender t ON t.receipt_id = r.id LEFT JOIN counter_receipt c ON c.receipt_id = r.id WHERE r.number = ?",
        [number.strip().upper()],
    )
    if row is None:
        raise Refused(f"no receipt {number[:20]}", rule="receipts", cure="see the account's payments", bad_input=True)
    paid = [
        (title, date.fromisoformat(on), cents)
        for title, on, cents in look.db.rows(
            "SELECT c.title, i.due_on, x.cents FROM application x JOIN receivable_item i ON i.id = x.item_id"
            " JOIN charge_code c ON c.id = i.charge_code_id WHERE x.journal_id = ? ORDER BY i.due_on, x.id",
            [row[3]],
        )
    ]
    after = look.db.value(
        "SELECT CAST(SUM(p.cents) AS bigint) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
        " WHERE p.account_id = ? AND p.journal_id <= ? AND g.use IN ('receivable', 'credit')",
        [row[2], row[3]],
    )
    shown = format_account(row[1])
    return shown, paper.render(
        look.district.name, number.strip().upper(), date.fromisoformat(row[4]), row[9], shown,
        row[8] or _name(look, row[2]), row[6], row[7], row[5], paid, row[5] - sum(part[2] for part in paid),
        int(after or 0), row[10] is not None,
    )  # fmt: skip

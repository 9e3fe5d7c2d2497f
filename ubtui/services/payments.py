"""Payments: what comes in for nobody waits in suspense until it is matched to an account or given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models.office import Batch
from ubtui.db.models.payments import CreditKept, SuspenseLine
from ubtui.db.session import Row
from ubtui.detectors.payments import line_of
from ubtui.domain.allocation import allocate
from ubtui.domain.canonical import canonical, sha256_hex
from ubtui.domain.money import LIMIT_CENTS, format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.services import ledger
from ubtui.services.adjustments.batches import BATCH, first_of, taking_in
from ubtui.services.adjustments.plans import effective, find_account
from ubtui.services.adjustments.proposals import Proposed, put
from ubtui.services.adjustments.returns import returning
from ubtui.services.adjustments.rows import not_linked
from ubtui.services.adjustments.transfers import transferring
from ubtui.services.documents import Paper
from ubtui.services.ledger import Application, Entry, Leg
from ubtui.services.ledger.bulk import paying
from ubtui.services.shutoffs import stand_down

LONGEST_KEPT = timedelta(days=370)
Payment = Annotated[str, msgspec.Meta(description="payment, batch and line, as 17/3")]
Why = Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]
Tender = Literal["cash", "check", "card", "ach", "lockbox", "web"]


class Came(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One payment of a batch: its amount in cents, who paid by his own words, and what he wrote on it."""

    cents: int
    payer: str = ""
    reference: str = ""
    trace: str = ""


class Stage(Form, frozen=True, kw_only=True):
    """Payments that no account is known for, with the total that somebody counted apart from them."""

    source: Annotated[str, msgspec.Meta(description="where they came from, as Lockbox", min_length=1, max_length=60)]
    kind: Annotated[Tender, msgspec.Meta(description="what was received")]
    received_on: Annotated[date, msgspec.Meta(description="the day they were received")]
    lines: list[Came]
    control_cents: Annotated[int, msgspec.Meta(description="their total, counted apart")]


class Staged(msgspec.Struct, frozen=True):
    """The batch, its payments' keys and their sum, and the proposal by which another person releases it."""

    batch: int
    payments: tuple[str, ...]
    total_cents: int
    proposal: str
    approvers: tuple[str, ...]


@act("payment.stage")
def stage(work: Work, form: Stage) -> Staged:
    """Stage payments line by line, refused unless they tie to their total; another person releases them to suspense."""
    total = sum(line.cents for line in form.lines)
    if not form.lines or any(line.cents <= 0 for line in form.lines):
        raise Refused("a payment is above zero", rule="receipts", cure="a payment that came back is a return")
    if total > LIMIT_CENTS:
        said = f"{format_money(total)} is more than a journal holds"
        raise Refused(said, rule="receipts", cure=f"at most {format_money(LIMIT_CENTS)} a batch", bad_input=True)
    if total != form.control_cents:
        raise Refused(
            f"the payments are {format_money(total)}, their total {format_money(form.control_cents)}",
            rule="control totals",
            cure="count again before anything is posted",
        )
    effective(work, None, form.received_on)
    batch = work.db.insert(
        Batch, kind="receipts", source=clean_text(form.source, 60), profile="by hand",
        sha256=_new_content(work, form), rows_in=len(form.lines), accepted=len(form.lines), total_cents=total,
        control=canonical({"cents": form.control_cents}), created_by=work.actor.name, created_at=work.now,
    )  # fmt: skip
    keys = []
    for n, line in enumerate(form.lines, 1):
        work.db.insert(
            SuspenseLine, batch_id=batch, line=n, cents=line.cents, payer=clean_text(line.payer, 120),
            reference=clean_text(line.reference, 80) or None, trace=clean_text(line.trace, 80) or None,
            received_on=form.received_on, source=clean_text(form.source, 60), kind=form.kind, state="staged",
        )  # fmt: skip
        keys.append(f"{batch}/{n}")
        work.touch("payment", keys[-1])
    item = first_of(batch)
    put_in = put(work, taking_in(work, item), f"{len(keys)} from {clean_text(form.source, 60)}", item, [])
    work.fact(batch=batch, lines=len(keys), cents=total)
    return Staged(batch, tuple(keys), total, put_in.number, put_in.approvers)


_SAME = (
    "SELECT b.id, (SELECT MIN(l.state) FROM suspense_line l WHERE l.batch_id = b.id AND l.state = 'void') FROM batch b"
    " WHERE b.kind = 'receipts' AND b.sha256 = ?"
)


def _new_content(work: Work, form: Stage) -> str:
    """The digest of what came in; refused where the same is in already, but for what was taken back."""
    said = [form.source, form.kind, form.received_on.isoformat(), msgspec.to_builtins(form.lines)]
    content, again = sha256_hex(canonical(said)), 0
    while (known := work.db.one(_SAME, [content])) is not None:
        if known[1] is None:
            raise Refused(
                f"these payments came in as batch {known[0]}", rule="a file comes in once", cure="look at that batch"
            )
        again += 1
        content = sha256_hex(canonical([*said, again]))
    return content


class Match(Form, frozen=True, kw_only=True):
    """A payment in suspense and the account that it was meant for."""

    payment: Payment
    account: Annotated[str, msgspec.Meta(description="account it was meant for, as 120440-3")]
    note: Annotated[str, msgspec.Meta(description="how it was found out")] = ""


class Matched(msgspec.Struct, frozen=True):
    """The receipt that a payment became, and what the account owes now."""

    payment: str
    account: str
    receipt: str
    journal_id: int
    cents: int
    balance_cents: int


@act("payment.match")
def match(work: Work, form: Match) -> Matched:
    """Post a payment in suspense to its account: the open items oldest first, the rest as customer credit."""
    line = find(work, form.payment)
    account_id, number = find_account(work, form.account)
    not_linked(work, number)
    books, owed = ledger.chart(work.db), {item.id: item for item in ledger.open_items(work, account_id)}
    shares, rest = allocate(line.cents, [ledger.payable(item) for item in owed.values()])
    pays = [(owed[int(item)], cents) for item, cents in shares]
    legs = paying(books, account_id, pays, books.use["suspense"])
    if rest:
        legs += [Leg(books.use["suspense"], rest), Leg(books.use["credit"], -rest, account_id)]
    before = "SELECT COUNT(*) FROM receipt WHERE number = ? OR number LIKE ?"  # it was matched once, and taken back
    n = int(work.db.value(before, [line.receipt, f"{line.receipt}-%"]))
    number_of = f"{line.receipt}-{n + 1}" if n else line.receipt
    entry = Entry(
        f"{work.key}:match", "RECEIPT", work.today, f"{line.source} {number_of}", legs, account_id,
        applications=[Application(item.id, cents) for item, cents in pays],
    )  # fmt: skip
    journal = ledger.post(work, entry)
    receipt = work.db.rows(
        "INSERT INTO receipt(number, batch_id, account_id, journal_id, received_on, cents, source, trace)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        [
            number_of,
            line.batch,
            account_id,
            journal,
            line.received_on.isoformat(),
            line.cents,
            line.source,
            line.trace,
        ],
    )[0][0]
    work.db.run(
        "INSERT INTO tender(receipt_id, kind, reference, cents) VALUES (?, ?, ?, ?)",
        [receipt, line.kind, line.reference or None, line.cents],
    )
    work.db.update(
        SuspenseLine, line.id, state="matched", receipt_id=receipt, settled_journal_id=journal,
        settled_by=work.actor.name, settled_at=work.now,
    )  # fmt: skip
    shown = format_account(number)
    work.touch("payment", line.key)
    work.touch("account", shown)
    stand_down(work, [account_id])
    work.fact(payment=line.key, account=shown, cents=line.cents, journal=journal, receipt=number_of)
    work.detail(payer=line.payer, note=clean_text(form.note, 500))
    owes = ledger.balance(work, account_id).total
    return Matched(line.key, shown, number_of, journal, line.cents, owes)


class Return(Form, frozen=True, kw_only=True):
    """A payment in suspense to give back."""

    payment: Payment
    note: Annotated[str, msgspec.Meta(description="what was tried, and to whom it goes back", min_length=3)]
    unpaid: Annotated[bool, msgspec.Meta(description="the bank returned it unpaid: it goes out of cash")] = False
    documents: list[Paper] = []


@act("payment.return")
def give_back(work: Work, form: Return) -> Proposed:
    """Propose to give a payment back; another person approves it as he would a refund, which posts it.

    What the bank returned unpaid goes back to nobody: it leaves suspense and cash.
    """
    line = find(work, form.payment)
    item = f"P01:payment:{line.key}"
    work.touch("payment", line.key)
    return put(work, returning(work, item, unpaid=form.unpaid), form.note, item, form.documents)


class Transfer(Form, frozen=True, kw_only=True):
    """A credit, or a part of it, that belongs to another account of its owner."""

    account: Annotated[str, msgspec.Meta(description="account that has the credit, as 120440-3")]
    to: Annotated[str, msgspec.Meta(description="account that it goes to")]
    amount_cents: Annotated[int, msgspec.Meta(description="amount, at most the credit")]
    note: Annotated[str, msgspec.Meta(description="who asked for it, and why", min_length=3)]
    item: Annotated[str | None, msgspec.Meta(description="the worklist item that it settles")] = None
    documents: list[Paper] = []


@act("credit.transfer")
def transfer(work: Work, form: Transfer) -> Proposed:
    """Propose to move a credit to another account; another person approves it, which pays what is open there."""
    made = transferring(work, form.account, form.to, form.amount_cents)
    work.touch("account", format_account(find_account(work, form.to)[1]))
    return put(work, made, form.note, form.item, form.documents)


class Keep(Form, frozen=True, kw_only=True):
    """A credit that its owner wants left where it is."""

    account: Annotated[str, msgspec.Meta(description="account number, as 120440-3")]
    code: Annotated[Literal["P03", "P08"], msgspec.Meta(description="P03 paid twice, P08 large credit")]
    until: Annotated[date, msgspec.Meta(description="asked again after this day")]
    reason: Why


class Kept(msgspec.Struct, frozen=True):
    """The credit that stays, and until when."""

    account: str
    cents: int
    until: date


@act("credit.keep")
def keep(work: Work, form: Keep) -> Kept:
    """Keep a credit at its owner's wish, as large as it is now, until a day within a year."""
    account_id, number = find_account(work, form.account)
    credit = ledger.balance(work, account_id).credit
    if credit <= 0:
        raise Refused(f"{format_account(number)} has no credit", rule="credits", cure="nothing to keep")
    if not work.today < form.until <= work.today + LONGEST_KEPT:
        raise Refused(f"{form.until} is not within a year", rule="credits", cure="ask the owner again in a year")
    work.db.insert(
        CreditKept, account_id=account_id, code=form.code, cents=credit, until_on=form.until,
        reason=clean_text(form.reason, 500), by_staff=work.actor.name, at=work.now,
    )  # fmt: skip
    shown = format_account(number)
    work.touch("account", shown)
    work.fact(account=shown, cents=credit, until=form.until.isoformat())
    work.detail(reason=form.reason)
    return Kept(shown, credit, form.until)


@dataclass(frozen=True)
class Line:
    """A payment in suspense, or one that was; `receipt` is the number it gets when it is matched."""

    id: int
    batch: int
    line: int
    cents: int
    payer: str
    reference: str
    trace: str | None
    received_on: date
    source: str
    kind: str
    state: str

    @property
    def key(self) -> str:
        return f"{self.batch}/{self.line}"

    @property
    def receipt(self) -> str:
        return f"S{self.batch:05d}-{self.line}"


_LINE = (
    "SELECT id, batch_id, line, cents, payer, COALESCE(reference, ''), trace, received_on, source, kind, state"
    " FROM suspense_line"
)


def waiting(look: Look) -> tuple[Line, ...]:
    """The payments in suspense, the oldest first."""
    return tuple(map(_read, look.db.rows(f"{_LINE} WHERE state = 'suspense' ORDER BY received_on, batch_id, line")))


def unreleased(look: Look) -> tuple[tuple[str, int], ...]:
    """Batches that wait for their release: the proposal of each and its cents, the oldest first."""
    return tuple(
        (row[0], row[1])
        for row in look.db.rows(
            "SELECT p.number, p.amount_cents FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id"
            " WHERE p.reason = ? AND p.state = 'submitted' AND a.id IS NULL ORDER BY p.id",
            [BATCH],
        )
    )


def find(look: Look, payment: str) -> Line:
    """The payment of this key, in suspense and with no proposal to give it back. Raises Refused."""
    line = one(look, payment)
    if line.state != "suspense":
        raise Refused(f"payment {line.key} is {line.state}", rule="a payment leaves suspense once")
    if number := look.db.value(
        "SELECT p.number FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id WHERE p.item = ?"
        " AND a.id IS NULL",
        [f"P01:payment:{line.key}"],
    ):
        raise Refused(f"{number} proposes to give it back", rule="suspense", cure=f"have {number} decided or withdrawn")
    return line


def one(look: Look, payment: str) -> Line:
    """The payment of this key, whatever became of it. Raises Refused."""
    pair = line_of(payment.strip())
    row = pair and look.db.one(f"{_LINE} WHERE batch_id = ? AND line = ?", list(pair))
    if not row:
        raise Refused(f"no payment {payment[:40]}", rule="suspense", cure="see `ubtui payment list`", bad_input=True)
    return _read(row)


def _read(row: Row) -> Line:
    return Line(row[0], row[1], row[2], row[3], row[4], row[5], row[6], date.fromisoformat(row[7]), *row[8:])

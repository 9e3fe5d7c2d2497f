"""Money that went back, is held or is the county's to collect: returned checks, credits, deposits, liens, the roll."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from ubtui.domain.numbers import format_account
from ubtui.services import adjustments, payments
from ubtui.services.demo.office import Office
from ubtui.services.documents import Paper
from ubtui.services.liens import Certificate, Release, record, release

FEE_CENTS, DEPOSIT_CENTS = 2_500, 110_000
_DEPOSITS = 20
_ONE_IN = 150
"""Of so many accounts one has a check that came back lately."""
_COUNTY_IN = 200
"""Of so many accounts one owes what is on the county's roll, or under a lien."""
_ROLL = b"Delinquent charges delivered with the assessment book; resolution and list attached\n"
_NOTICE = b"Rincon Vista Bank\nItem returned unpaid: not sufficient funds\n"
_CARD = b"Construction meter handed out against this deposit\n"


def write(
    office: Office, day: date, today: date, planted: Collection[str], accounts: int, refunds: bool = True
) -> None:
    """All of it on one day, by ana, ben and cho, on accounts that carry no plant and are nobody's of the staff."""
    office.acts = 2_000
    back = _checks(office, day, today, planted, accounts // _ONE_IN)
    for account, journal in back:
        taken = adjustments.Reverse(journal=journal, note="returned by the bank: not sufficient funds")
        _approve(office, day, office.does("ana", day, adjustments.reverse, taken))
        _adjust(office, day, account, "returned-check-fee", FEE_CENTS, _NOTICE)
    _repaid(office, day, [account for account, _ in back][::2])
    for account, cents in _credits(office, planted) if refunds else ():
        _adjust(office, day, account, "credit-to-refunds-payable", cents, _NOTICE)
    for account in [each for each in _hydrants(office) if each not in planted][:_DEPOSITS]:
        _adjust(office, day, account, "hydrant-deposit", DEPOSIT_CENTS, _CARD)
        came = payments.Came(cents=DEPOSIT_CENTS, payer="contractor", reference=f"deposit {account}")
        form = payments.Stage(
            source="Counter", kind="check", received_on=day, lines=[came], control_cents=DEPOSIT_CENTS
        )
        batch = office.does("cho", day, payments.stage, form)
        approve = adjustments.Approve(proposal=batch.proposal, amount_cents=DEPOSIT_CENTS)
        office.does("ben", day, adjustments.approve, approve)
        key = batch.payments[0]
        office.does("ana", day, payments.match, payments.Match(payment=key, account=account, note="hydrant deposit"))

    _county(office, day, planted, accounts)


def _repaid(office: Office, day: date, accounts: Sequence[str]) -> None:
    """Some whose check came back pay again, the fee with it, by money order."""
    owed = [(account, _balance(office, account)) for account in accounts]
    paid = [(account, cents) for account, cents in owed if cents > 0]
    if paid:
        _paid(office, day, paid, "Mail", "pays for a returned check")


def _paid(office: Office, day: date, paid: Sequence[tuple[str, int]], source: str, note: str) -> None:
    """One batch of checks in the mail, released by another person, each matched to its account."""
    lines = [payments.Came(cents=cents, payer="owner", reference=f"MO {account}") for account, cents in paid]
    total = sum(cents for _, cents in paid)
    form = payments.Stage(source=source, kind="check", received_on=day, lines=lines, control_cents=total)
    batch = office.does("cho", day, payments.stage, form)
    office.does("ben", day, adjustments.approve, adjustments.Approve(proposal=batch.proposal, amount_cents=total))
    for key, (account, _) in zip(batch.payments, paid, strict=True):
        office.does("ana", day, payments.match, payments.Match(payment=key, account=account, note=note))


def _balance(office: Office, account: str) -> int:
    return int(
        office.db.value(
            "SELECT COALESCE(CAST(SUM(o.cents) AS bigint), 0) FROM open_item o JOIN account a ON a.id = o.account_id"
            " WHERE a.number = ?",
            [account.replace("-", "")],
        )
    )


def _county(office: Office, day: date, planted: Collection[str], accounts: int) -> None:
    """What is old goes to the county: some amounts to the tax roll, for some a lien is recorded; a third is paid."""
    recorded = day - timedelta(days=40)
    owing = _owing(office, recorded, planted, max(2, accounts // _COUNTY_IN))
    for account, cents in owing[::2]:
        _adjust(office, day, account, "to-tax-roll", cents, _ROLL)
    liens = [(f"{recorded.year}-{9_000 + n:07d}", account, cents) for n, (account, cents) in enumerate(owing[1::2])]
    for number, account, cents in liens:
        form = Certificate(account=account, number=number, recorded_on=recorded, amount_cents=cents)
        office.does("cho", day, record, form)
    paid = liens[2::3]
    if paid:
        _paid(office, day, [(account, cents) for _, account, cents in paid], "Mail", "pays the lien")
    for number, _, _ in paid:
        gone = Release(number=number, release_number=f"{number}-R", released_on=day)
        office.does("cho", day, release, gone)


def _owing(office: Office, day: date, planted: Collection[str], most: int) -> list[tuple[str, int]]:
    """Accounts of owners with charges long past due and under no plan: what a lien may state, in cents."""
    old, before = (day - timedelta(days=60)).isoformat(), day.isoformat()
    rows = office.db.rows(
        "SELECT a.number, CAST(SUM(o.cents) AS bigint) FROM open_item o JOIN receivable_item i ON i.id = o.item_id"
        " AND i.mailed_on IS NOT NULL JOIN charge_code c ON c.id = i.charge_code_id AND c.lienable = 1"
        " JOIN account a ON a.id = o.account_id AND a.state = 'active' AND a.holder_kind = 'owner'"
        " AND a.customer_class = 'residential' WHERE o.due_on < ? AND NOT EXISTS(SELECT 1 FROM arrangement r"
        " WHERE r.account_id = a.id) AND NOT EXISTS(SELECT 1 FROM protection p WHERE p.account_id = a.id)"
        " GROUP BY a.number HAVING MIN(o.due_on) < ? ORDER BY a.number LIMIT ?",
        [before, old, most + len(planted)],
    )
    found = [(format_account(number), cents) for number, cents in rows]
    return [pair for pair in found if pair[0] not in planted][:most]


def _adjust(office: Office, day: date, account: str, reason: str, cents: int, paper: bytes) -> None:
    papers = [Paper(name="paper.txt", media="text/plain", content=base64.b64encode(paper).decode())]
    form = adjustments.Propose(account=account, reason=reason, amount_cents=cents, documents=papers)
    _approve(office, day, office.does("ana", day, adjustments.propose, form))


def _approve(office: Office, day: date, made: adjustments.Proposed) -> None:
    who = "ben" if "lead" in made.approvers else "cho"
    form = adjustments.Approve(proposal=made.number, amount_cents=made.amount_cents)
    office.does(who, day, adjustments.approve, form)


def _checks(office: Office, day: date, due: date, planted: Collection[str], most: int) -> list[tuple[str, int]]:
    """Account and journal of the newest checks that paid bills not due before a day."""
    rows = office.db.rows(
        "SELECT a.number, r.journal_id FROM receipt r JOIN tender t ON t.receipt_id = r.id AND t.kind = 'check'"
        " JOIN account a ON a.id = r.account_id AND a.state = 'active' AND a.customer_class = 'residential'"
        " WHERE r.received_on BETWEEN ? AND ? AND r.id = (SELECT MAX(q.id) FROM receipt q WHERE q.account_id = a.id)"
        " AND NOT EXISTS(SELECT 1 FROM application x JOIN receivable_item i ON i.id = x.item_id"
        " WHERE x.journal_id = r.journal_id AND i.due_on < ?) ORDER BY r.received_on DESC, a.number LIMIT ?",
        [*(day.isoformat() for day in (day - timedelta(days=60), day - timedelta(days=1), due)), most + len(planted)],
    )
    found = [(format_account(number), journal) for number, journal in rows]
    return [pair for pair in found if pair[0] not in planted][:most]


def _credits(office: Office, planted: Collection[str]) -> list[tuple[str, int]]:
    """Closed accounts that the district owes, and how much."""
    rows = office.db.rows(
        "SELECT a.number, CAST(SUM(-p.cents) AS bigint) FROM account a JOIN posting p ON p.account_id = a.id"
        " AND p.gl_id IN (SELECT g.id FROM gl_account g WHERE g.use = 'credit') WHERE a.state = 'closed'"
        " GROUP BY a.number HAVING SUM(p.cents) < 0 ORDER BY a.number"
    )
    found = [(format_account(number), cents) for number, cents in rows]
    return [pair for pair in found if pair[0] not in planted]


def _hydrants(office: Office) -> list[str]:
    """Accounts of construction meters."""
    rows = office.db.rows(
        "SELECT a.number FROM account a JOIN service s ON s.account_id = a.id AND s.kind = 'hydrant'"
        " AND s.to_on IS NULL ORDER BY a.number"
    )
    return [format_account(number) for (number,) in rows]

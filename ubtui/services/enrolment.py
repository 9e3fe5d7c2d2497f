"""Autopay and e-bills: who is drafted on which day, by the processor's token alone, and who is billed by e-mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final, Literal

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models import counter as models
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text
from ubtui.services import ledger
from ubtui.services.adjustments.plans import find_account
from ubtui.services.adjustments.rows import not_linked
from ubtui.services.counter import due
from ubtui.services.documents import Paper, keep

Account = Annotated[str, msgspec.Meta(description="account number, as 120440-3")]
Why = Annotated[str, msgspec.Meta(description="who asked for it, and how", min_length=3, max_length=500)]
_EMAIL: Final = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]{2,}")


class Enrol(Form, frozen=True, kw_only=True):
    """An account to be drafted, by the token that the processor or bank gave for it; never its number."""

    account: Account
    method: Annotated[Literal["bank", "card"], msgspec.Meta(description="what is drafted")] = "bank"
    last4: Annotated[str, msgspec.Meta(description="last four digits of it, for the customer to know it by")]
    token: Annotated[str, msgspec.Meta(description="the processor's token", min_length=4, max_length=80)]
    draft_day: Annotated[
        int, msgspec.Meta(description="day of the month, 1 to 28; 0: on the day the bill is due", ge=0, le=28)
    ] = 0
    documents: list[Paper] = []


class Stop(Form, frozen=True, kw_only=True):
    """An autopay, or an e-bill, to end."""

    account: Account
    reason: Why


class Enrolled(msgspec.Struct, frozen=True):
    """The account, what is drafted or where the bill goes, and the next draft (none while no bill is open)."""

    account: str
    what: str
    next_draft: date | None = None


@act("autopay.enrol")
def enrol(work: Work, form: Enrol) -> Enrolled:
    """Draft an account from now on; what was drafted before is replaced. A full account number is not kept."""
    account_id, shown = _account(work, form.account)
    last4, token = form.last4.strip(), clean_text(form.token, 80).strip()
    if not re.fullmatch(r"[0-9]{4}", last4):
        raise Refused(f"{last4[:20]!r} is not four digits", rule="autopay", cure="the last four alone", bad_input=True)
    if re.fullmatch(r"[0-9 -]{5,}", token):
        raise Refused(
            "this looks like an account number", rule="full bank numbers are never kept",
            cure="enter the processor's token", bad_input=True,
        )  # fmt: skip
    party = work.db.value(
        "SELECT party_id FROM account_role WHERE account_id = ? AND to_on IS NULL AND role IN ('payer', 'owner',"
        " 'occupant') ORDER BY CASE role WHEN 'payer' THEN 0 WHEN 'owner' THEN 1 ELSE 2 END, id LIMIT 1",
        [account_id],
    )
    if party is None:
        raise Refused(f"nobody pays for {shown} now", rule="autopay", cure="record the owner first")
    _end(work, "autopay", account_id, "asked", "replaced")
    work.db.insert(
        models.Autopay, account_id=account_id, party_id=party, method=form.method, token=token, last4=last4,
        draft_day=form.draft_day, since=work.today, enrolled_by=work.actor.name, enrolled_at=work.now,
    )  # fmt: skip
    for paper in form.documents:
        keep(work, Subject("account", shown), paper, "Authorization to draft")
    work.touch("account", shown)
    work.fact(account=shown, method=form.method, draft_day=form.draft_day)
    found = autopay(work, account_id)
    assert found is not None
    return Enrolled(shown, found.told, next_draft(work, account_id, found))


@act("autopay.stop")
def stop(work: Work, form: Stop) -> Enrolled:
    """End an account's autopay."""
    account_id, shown = _account(work, form.account)
    found = autopay(work, account_id)
    if found is None:
        raise Refused(f"{shown} is not drafted", rule="autopay", cure="nothing to end")
    _end(work, "autopay", account_id, "asked", form.reason)
    work.touch("account", shown)
    work.fact(account=shown)
    work.detail(reason=form.reason)
    return Enrolled(shown, found.told)


class ByMail(Form, frozen=True, kw_only=True):
    """An account whose bills go out by e-mail."""

    account: Account
    address: Annotated[str, msgspec.Meta(description="e-mail address", max_length=120)]


@act("ebill.enrol")
def ebill(work: Work, form: ByMail) -> Enrolled:
    """Send an account's bills by e-mail from now on; an address before is replaced."""
    account_id, shown = _account(work, form.account)
    address = clean_text(form.address, 120).strip()
    if not _EMAIL.fullmatch(address):
        raise Refused(f"{address[:60]!r} is no e-mail address", rule="e-bills", cure="as ann@x.org", bad_input=True)
    _end(work, "ebill", account_id, "asked", "replaced")
    work.db.insert(
        models.Ebill, account_id=account_id, address=address, since=work.today, enrolled_by=work.actor.name,
        enrolled_at=work.now,
    )  # fmt: skip
    work.touch("account", shown)
    work.fact(account=shown)
    work.detail(address=address)
    return Enrolled(shown, address)


@act("ebill.stop")
def ebill_stop(work: Work, form: Stop) -> Enrolled:
    """Send an account's bills on paper again."""
    account_id, shown = _account(work, form.account)
    address = emailed(work, account_id)
    if not address:
        raise Refused(f"{shown} is billed on paper", rule="e-bills", cure="nothing to end")
    _end(work, "ebill", account_id, "asked", form.reason)
    work.touch("account", shown)
    work.fact(account=shown)
    work.detail(reason=form.reason)
    return Enrolled(shown, address)


def ended(work: Work, account_id: int, how: Literal["asked", "owner"], why: str) -> list[str]:
    """End what an account has of both inside another act; which of them it had."""
    return [table for table in ("autopay", "ebill") if _end(work, table, account_id, how, why)]


# Nothing runs, no final bill is owed (none reaches the last day), and nothing is open: there is nothing to draft.
_FINISHED = (
    "SELECT p.account_id, a.number FROM autopay p JOIN live_account a ON a.id = p.account_id WHERE p.until IS NULL{}"
    " AND (a.state = 'closed' OR (EXISTS(SELECT 1 FROM live_service s WHERE s.account_id = a.id)"
    " AND NOT EXISTS(SELECT 1 FROM live_service s WHERE s.account_id = a.id AND s.to_on IS NULL)))"
    " AND COALESCE((SELECT MAX(b.to_on) FROM bill b WHERE b.account_id = a.id), '0001-01-01')"
    " >= COALESCE((SELECT MAX(s.to_on) FROM live_service s WHERE s.account_id = a.id), '0001-01-01')"
    " AND NOT EXISTS(SELECT 1 FROM open_item o WHERE o.account_id = a.id) ORDER BY p.account_id"
)


def finish(work: Work, account_id: int | None = None) -> int:
    """End the autopay of accounts whose last bill is paid, inside any act: of one account, or of all; how many.

    An authorization to draft is for the account's bills (Regulation E): the final one is drafted, and nothing after.
    """
    done = work.db.rows(_FINISHED.format("" if account_id is None else " AND p.account_id = ?"),
                        [] if account_id is None else [account_id])  # fmt: skip
    for id, number in done:
        _end(work, "autopay", id, "closed", "its last bill is paid")
        work.touch("account", format_account(number))
    return len(done)


def _end(work: Work, table: str, account_id: int, how: str, why: str) -> bool:
    said = [work.today.isoformat(), work.actor.name, clean_text(why, 500)]
    more = ", ended_how = ?" if table == "autopay" else ""
    sql = f"UPDATE {table} SET until = ?, ended_by = ?, ended_why = ?{more}, version = version + 1"
    values = [*said, *([how] if more else []), account_id]
    return work.db.run(f"{sql} WHERE account_id = ? AND until IS NULL", values) > 0


def _account(work: Work, account: str) -> tuple[int, str]:
    account_id, number = find_account(work, account)
    not_linked(work, number)
    shown = format_account(number)
    if work.db.value("SELECT state FROM account WHERE id = ?", [account_id]) == "closed":
        raise Refused(f"{shown} is closed", rule="autopay and e-bills", cure="nothing is drafted or billed there")
    return account_id, shown


@dataclass(frozen=True)
class Draft:
    """What is drafted for an account: its last four digits, since when, and on which day (0: when the bill is due)."""

    method: str
    last4: str
    since: date
    draft_day: int

    @property
    def told(self) -> str:
        """In words: `bank ••1234`."""
        return f"{self.method} ending {self.last4}"


def autopay(look: Look, account_id: int) -> Draft | None:
    """The autopay that an account has now."""
    row = look.db.one(
        "SELECT method, last4, since, draft_day FROM autopay WHERE account_id = ? AND until IS NULL", [account_id]
    )
    return Draft(row[0], row[1], date.fromisoformat(row[2]), row[3]) if row else None


def emailed(look: Look, account_id: int) -> str:
    """Where an account's bills are e-mailed to; "" where they go on paper."""
    return str(look.db.value("SELECT address FROM ebill WHERE account_id = ? AND until IS NULL", [account_id]) or "")


def next_draft(look: Look, account_id: int, found: Draft) -> date | None:
    """The day on which an account is drafted next; None while no bill that is due then is open."""
    days = [item.due_on for item in ledger.open_items(look, account_id) if item.mailed_on is not None]
    if not days:
        return None
    if found.draft_day == 0:
        return max(min(days), look.today)
    day = look.today.replace(day=found.draft_day)
    return day if day >= look.today else (day.replace(day=1) + timedelta(days=32)).replace(day=found.draft_day)


@dataclass(frozen=True)
class Drafted:
    """A line of the draft register."""

    account: str
    told: str
    on: date
    cents: int


def register(look: Look, through: date) -> Iterator[Drafted]:
    """The drafts that are due through a day, by account; what is in dispute or on a plan is for the person to see."""
    for account_id, number in look.db.rows(
        "SELECT p.account_id, a.number FROM autopay p JOIN live_account a ON a.id = p.account_id"
        " WHERE p.until IS NULL ORDER BY a.number"
    ):
        found = autopay(look, account_id)
        on = found and next_draft(look, account_id, found)
        cents = due(ledger.balance(look, account_id))
        if found and on and on <= through and cents:
            yield Drafted(format_account(number), found.told, on, cents)

"""What customers said, kept as it was said, and what they promised, settled by a person."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from ubtui.act import Cents, Form, Look, Refused, Work, act
from ubtui.db.models.contacts import Contact
from ubtui.domain.dates import format_day
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.promise import FURTHEST_DAYS
from ubtui.domain.text import clean_text
from ubtui.services import ledger
from ubtui.services.adjustments.plans import find_account
from ubtui.services.adjustments.rows import not_linked

Kind = Literal["call", "counter", "mail", "email", "field", "note"]
Role = Literal["owner", "payer", "occupant", "mailing", "agent", "third_party", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ROLE_NAMES: tuple[Role, ...] = get_args(Role)
ROLES: dict[str, str] = {
    "owner": "owner",
    "payer": "payer",
    "occupant": "occupant",
    "mailing": "mail to",
    "agent": "agent",
    "third_party": "3rd party",
    "other": "someone else",
}
"""The roles of people on an account in the words that every screen and letter uses."""


@dataclass(frozen=True)
class ContactLine:
    """One contact: with whom in which role, what was said, and its promise; `name` is who has that role now.

    `received_cents` came in from the contact's day on, less what was reversed, as far as the promised day is open.
    """

    key: str
    account: str
    at: str
    on: date
    by: str
    kind: str
    with_role: str
    name: str
    text: str
    item: str | None
    promise_on: date | None
    promise_cents: int | None
    promise: str | None
    settled_on: date | None
    settled_by: str | None
    settled_why: str | None
    received_cents: int
    version: int

    def promised(self, today: date) -> str:
        """The promise in words: `120.00 by Nov 27, open`; empty without one."""
        if self.promise_on is None:
            return ""
        what = format_money(self.promise_cents) if self.promise_cents else "call back"
        return f"{what} by {format_day(self.promise_on, today)}, {self.promise}"


_LINES = (
    "SELECT c.key, a.number, c.at, c.on_day, c.by_staff, c.kind, c.with_role,"
    " COALESCE((SELECT q.name FROM account_role r JOIN party q ON q.id = r.party_id"
    " WHERE r.account_id = c.account_id AND r.role = c.with_role AND r.from_on <= c.on_day"
    " AND (r.to_on IS NULL OR r.to_on > c.on_day) ORDER BY r.id LIMIT 1), ''),"
    " c.text, c.item, c.promise_on, c.promise_cents, c.promise, c.settled_on, c.settled_by, c.settled_why,"
    " CASE WHEN c.promise = 'open' THEN COALESCE((SELECT CAST(SUM(t.cents) AS bigint) FROM receipt t"
    " WHERE t.account_id = c.account_id AND t.received_on >= c.on_day"
    " AND NOT EXISTS(SELECT 1 FROM journal j WHERE j.reverses = t.journal_id)), 0) ELSE 0 END, c.version"
    " FROM contact c JOIN account a ON a.id = c.account_id"
)


def contacts(look: Look, account_id: int, most: int = 1000) -> tuple[ContactLine, ...]:
    """The account's contacts, the newest first."""
    rows = look.db.rows(f"{_LINES} WHERE c.account_id = ? ORDER BY c.id DESC LIMIT ?", [account_id, most])
    return tuple(map(_line, rows))


def promises(look: Look, account_id: int) -> tuple[ContactLine, ...]:
    """The account's open promises, the nearest first."""
    rows = look.db.rows(
        f"{_LINES} WHERE c.account_id = ? AND c.promise = 'open' ORDER BY c.promise_on, c.id", [account_id]
    )
    return tuple(map(_line, rows))


def contact(look: Look, key: str) -> ContactLine:
    """One contact by its key. Raises Refused when there is none."""
    row = look.db.one(f"{_LINES} WHERE c.key = ?", [key.strip().removeprefix("text:")])
    if row is None:
        raise Refused(f"no contact {key[:60]}", rule="contacts", cure="look at the account's contacts", bad_input=True)
    return _line(row)


def _line(row: tuple[Any, ...]) -> ContactLine:
    key, number, at, on, by, kind, role, name, text, item, promise_on, cents, promise, settled_on, *rest = row
    return ContactLine(
        key, format_account(number), at, date.fromisoformat(on), by, kind, role, name, text, item, _day(promise_on),
        cents, promise, _day(settled_on), *rest,
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


class Note(Form, frozen=True, kw_only=True):
    """What was said on an account, by whom, and what was promised."""

    account: Annotated[str, Meta(description="account number, as 120440-3")]
    text: Annotated[str, Meta(min_length=1, max_length=2000, description="what was said")]
    kind: Annotated[Kind, Meta(description="how: a call, at the counter, by mail")] = "call"
    with_role: Annotated[Role, Meta(description="with whom: the role on the account")] = "owner"
    promise_on: Annotated[date | None, Meta(description="the day promised")] = None
    promise_cents: Annotated[Cents | None, Meta(description="the money promised by then; none: a call back")] = None
    item: Annotated[str | None, Meta(description="the worklist item it was about")] = None


class Noted(msgspec.Struct, frozen=True):
    """The contact kept, and its promise."""

    contact: str
    account: str
    promise_on: date | None = None
    promise_cents: int | None = None


@act("contact.note")
def note(work: Work, form: Note) -> Noted:
    """Keep what was said; with a promised day it comes back to the worklist on that day."""
    account_id, number = find_account(work, form.account)
    not_linked(work, number)
    if form.promise_cents is not None and (form.promise_on is None or form.promise_cents <= 0):
        raise Refused(
            "promised money needs a day and an amount above zero",
            rule="promises",
            cure="give both or neither",
            bad_input=True,
        )
    if form.promise_on is not None:
        _ahead(work, form.promise_on)
    if form.promise_cents is not None:
        _owed(work, account_id, format_account(number), form.promise_cents)
    key = _keep(work, account_id, form, form.text, form.promise_on, form.promise_cents)
    work.touch("account", format_account(number))
    work.fact(contact=key, kind=form.kind, with_role=form.with_role)
    return Noted(key, format_account(number), form.promise_on, form.promise_cents)


def _ahead(work: Work, day: date) -> None:
    if not 0 <= (day - work.today).days <= FURTHEST_DAYS:
        said = f"{day} is {'past' if day < work.today else f'more than {FURTHEST_DAYS} days ahead'}"
        raise Refused(said, rule="promises", cure="name a day from today on", bad_input=True)


def _owed(work: Work, account_id: int, account: str, cents: int) -> None:
    """Refuse a promise of more than the account owes, billed or not due yet: it was mistyped, or is for another."""
    stands = ledger.balance(work, account_id)
    if cents > (owed := max(0, stands.total + stands.roll)):
        raise Refused(
            f"{format_money(cents)} is promised and {account} owes {format_money(owed)}", rule="promises",
            cure=f"promise at most {format_money(owed)}" if owed else "keep it as a note, with a day and no money",
            bad_input=True,
        )  # fmt: skip


def _keep(
    work: Work, account_id: int, about: Note | ContactLine, text: str, day: date | None, cents: int | None,
    follows: int | None = None,
) -> str:  # fmt: skip
    """Write a contact; its key comes from the act's, so that a retry names the same one."""
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, f"contact:{work.key}"))
    work.db.insert(
        Contact, key=key, account_id=account_id, at=work.now, on_day=work.today, by_staff=work.actor.name,
        kind=about.kind, with_role=about.with_role, text=clean_text(text, multiline=True), item=about.item,
        follows=follows, promise_on=day, promise_cents=cents, promise="open" if day else None,
    )  # fmt: skip
    if day is not None:
        work.touch("text", key)
    return key


class Promise(Form, frozen=True, kw_only=True):
    """How a promise ended."""

    contact: Annotated[str, Meta(description="the contact that holds the promise")]
    decision: Annotated[Literal["kept", "moved", "broken"], Meta(description="kept, moved to another day, or broken")]
    to: Annotated[date | None, Meta(description="the new day, where it is moved")] = None
    why: Annotated[str, Meta(max_length=500, description="what happened")] = ""


class Settled(msgspec.Struct, frozen=True):
    """The promise as it ended; `moved_to` is the contact that holds it now."""

    contact: str
    account: str
    decision: str
    moved_to: str | None = None


@act("contact.promise")
def promise(work: Work, form: Promise) -> Settled:
    """Settle an open promise: kept, broken, or moved to a later day, which is a promise of its own."""
    found = contact(work, form.contact)
    not_linked(work, found.account)
    if found.promise != "open":
        said = "there is none" if found.promise is None else f"it was {found.promise} on {found.settled_on}"
        raise Refused(f"no open promise: {said}", rule="a promise is settled once", cure="look at the contacts")
    if (form.decision == "moved") != (form.to is not None):
        raise Refused(
            "a moved promise has a new day, no other has", rule="promises", cure="give the day", bad_input=True
        )
    row_id, account_id = work.db.one("SELECT id, account_id FROM contact WHERE key = ?", [found.key]) or (0, 0)
    why = clean_text(form.why, 500).strip()
    work.db.update(
        Contact, row_id, found.version, promise=form.decision, settled_on=work.today, settled_by=work.actor.name,
        settled_why=why or None,
    )  # fmt: skip
    moved_to = None
    if form.to is not None:
        _ahead(work, form.to)
        text = why or f"promise of {found.on} moved"
        moved_to = _keep(work, account_id, found, text, form.to, found.promise_cents, row_id)
    work.touch("text", found.key)
    work.touch("account", found.account)
    work.fact(contact=found.key, decision=form.decision)
    return Settled(found.key, found.account, form.decision, moved_to)

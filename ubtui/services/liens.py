"""Liens: a certificate recorded for what an account owes, item by item, and its release once that is paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models import liens as models
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.services import ledger
from ubtui.services.adjustments.plans import find_account

YEARS: Final = 10
"""How long a recorded certificate binds (WAT 25806: force of a judgment lien)."""
Account = Annotated[str, msgspec.Meta(description="account number, as 120440-3")]


class Certificate(Form, frozen=True, kw_only=True):
    """A certificate of lien as the county recorder took it."""

    account: Account
    number: Annotated[str, msgspec.Meta(description="the recorder's number", min_length=3, max_length=40)]
    recorded_on: Annotated[date, msgspec.Meta(description="the day it was recorded")]
    amount_cents: Annotated[int, msgspec.Meta(description="the amount it states")]


class Recorded(msgspec.Struct, frozen=True):
    """The lien that stands, what it states, whose property it binds, and until when."""

    number: str
    account: str
    owner: str
    cents: int
    items: int
    expires_on: date


_HELD = (
    "SELECT x.item_id FROM lien l JOIN lien_item x ON x.lien_id = l.id WHERE l.account_id = ? AND l.released_on IS NULL"
)


@act("lien.record")
def record(work: Work, form: Certificate) -> Recorded:
    """Keep a recorded certificate of lien: it states what is past due and lienable, item by item, and binds the owner.

    Refused where the amount differs from those items; fees for returned payments are none of them (GC 6157(b)), nor
    what stands on another lien, and what an occupant or a former owner owes binds no owner.
    """
    account_id, stored = find_account(work, form.account)
    shown, number = format_account(stored), clean_text(form.number, 40).strip()
    if not date(1900, 1, 1) <= form.recorded_on <= work.today:
        raise Refused(f"{form.recorded_on} is no day it was recorded on", rule="liens", cure=f"at most {work.today}")
    if work.db.value("SELECT 1 FROM lien WHERE number = ?", [number]):
        raise Refused(f"lien {number} is kept already", rule="each certificate once", cure="read the number again")
    holder = work.db.value("SELECT holder_kind FROM account WHERE id = ?", [account_id])
    if holder != "owner":
        raise Refused(f"{shown} is held by a {holder}", rule="a lien binds its owner's debt alone", cure="write it off")
    bound = work.db.one(
        "SELECT r.party_id, p.name, a.parcel_id FROM account_role r JOIN party p ON p.id = r.party_id"
        " JOIN account_parcel a ON a.account_id = r.account_id WHERE r.account_id = ? AND r.role = 'owner'"
        " AND r.to_on IS NULL ORDER BY r.id, a.parcel_id",
        [account_id],
    )
    if bound is None:
        raise Refused(f"{shown} has no owner with a parcel", rule="liens", cure="record owner and parcel first")
    held = {item for (item,) in work.db.rows(_HELD, [account_id])}
    stated = [
        item for item in ledger.lienable(work, account_id) if item.due_on < form.recorded_on and item.id not in held
    ]
    total = sum(item.open_cents for item in stated)
    if total != form.amount_cents or not stated:
        raise Refused(
            f"{shown} owes {format_money(total)} that was past due, lienable and on no lien on {form.recorded_on},"
            f" the certificate says {format_money(form.amount_cents)}",
            rule="a certificate states its items", cure="look at the items",
        )  # fmt: skip
    try:
        expires = form.recorded_on.replace(year=form.recorded_on.year + YEARS)
    except ValueError:
        expires = date(form.recorded_on.year + YEARS, 3, 1)
    lien = work.db.insert(
        models.Lien, number=number, account_id=account_id, parcel_id=bound[2], party_id=bound[0],
        recorded_on=form.recorded_on, expires_on=expires, cents=total, recorded_by=work.actor.name,
        recorded_at=work.now,
    )  # fmt: skip
    work.db.load("lien_item", ["lien_id", "item_id", "cents"], [(lien, item.id, item.open_cents) for item in stated])
    work.touch("account", shown)
    work.fact(account=shown, lien=number, cents=total, items=len(stated))
    return Recorded(number, shown, clean_text(bound[1]), total, len(stated), expires)


class Release(Form, frozen=True, kw_only=True):
    """The recorded release of a lien."""

    number: Annotated[str, msgspec.Meta(description="the lien's recorded number")]
    release_number: Annotated[str, msgspec.Meta(description="the recorder's number of the release", min_length=3)]
    released_on: Annotated[date, msgspec.Meta(description="the day the release was recorded")]
    county_paid_on: Annotated[
        date | None, msgspec.Meta(description="the day the county paid what was moved to its roll; empty: nothing was")
    ] = None


class Released(msgspec.Struct, frozen=True):
    """The lien that is released."""

    number: str
    account: str
    released_on: date


@act("lien.release")
def release(work: Work, form: Release) -> Released:
    """Keep the recorded release of a lien. Refused while an item that it states is open.

    What was moved to the county's tax roll is not paid by that: it is still owed until the county has paid it over
    (PUC 12811.1: a release follows full payment), or it came back and is paid here. The county's money itself goes in
    as any other: the amount is brought back from the roll, and the remittance is taken in as the account's payment.
    """
    row = work.db.one(
        "SELECT l.id, l.number, a.number, l.recorded_on, l.released_on, l.version FROM lien l"
        " JOIN account a ON a.id = l.account_id WHERE l.number = ?",
        [form.number.strip()],
    )
    if row is None:
        raise Refused(f"no lien {clean_text(form.number, 40)}", rule="liens", cure="read the number again")
    lien, number, account, recorded_on, released_on, version = row
    if released_on is not None:
        raise Refused(f"lien {number} was released on {released_on}", rule="a lien is released once")
    if not date.fromisoformat(recorded_on) <= form.released_on <= work.today:
        raise Refused(f"{form.released_on} is no day of its release", rule="liens", cure=f"{recorded_on} or later")
    due, *rolled = work.db.rows(f"SELECT {_OPEN}, {_ROLLED} FROM lien l WHERE l.id = ?", [lien])[0]
    roll = _rolled(*rolled)
    if due:
        raise Refused(f"{format_money(due)} of it is open", rule="a lien is released when it is paid", cure="pay first")
    if (settled := work.db.value(_SETTLED, [lien]) or recorded_on) > form.released_on.isoformat():
        raise Refused(
            f"the last of it was settled on {settled}", rule="a lien is released when it is paid",
            cure=f"read the release's day again: {settled} or later",
        )  # fmt: skip
    paid_on = form.county_paid_on
    if roll and paid_on is None:
        raise Refused(
            f"{format_money(roll)} of it is on the county's tax roll", rule="a lien is released when it is paid",
            cure="give the day on which the county paid it over; or bring it back, and take in what is paid",
        )  # fmt: skip
    if paid_on is not None and not (roll and date.fromisoformat(recorded_on) <= paid_on <= form.released_on):
        raise Refused(
            f"{paid_on} is no day on which the county paid it" if roll else "nothing of it is on the county's roll",
            rule="liens", cure=f"{recorded_on} to {form.released_on}" if roll else "leave county_paid_on empty",
        )  # fmt: skip
    work.db.update(
        models.Lien, lien, version, released_on=form.released_on, county_paid_on=paid_on,
        release_number=clean_text(form.release_number, 40).strip(), released_by=work.actor.name,
    )  # fmt: skip
    work.touch("account", format_account(account))
    work.fact(account=format_account(account), lien=number)
    return Released(number, format_account(account), form.released_on)


_ON_ROLL = (
    "EXISTS(SELECT 1 FROM posting p JOIN gl_account g ON g.id = p.gl_id AND g.use = 'roll' WHERE p.journal_id = {})"
)
_OPEN = (
    "(SELECT CAST(COALESCE(SUM(o.cents), 0) AS bigint) FROM lien_item x JOIN open_item o ON o.item_id = x.item_id"
    " WHERE x.lien_id = l.id)"
)
_SETTLED = (
    "SELECT MAX(j.effective_on) FROM lien_item x JOIN application a ON a.item_id = x.item_id"
    " JOIN journal j ON j.id = a.journal_id WHERE x.lien_id = ?"
)
_MOVED = (
    "(SELECT CAST(COALESCE(SUM(a.cents), 0) AS bigint) FROM lien_item x JOIN application a ON a.item_id = x.item_id"
    f" WHERE x.lien_id = l.id AND {_ON_ROLL.format('a.journal_id')})"
)
# What the account has on the roll now, and what came back from it and is open here.
_OWED = (
    "(SELECT CAST(COALESCE(SUM(p.cents), 0) AS bigint) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
    " AND g.use = 'roll' WHERE p.account_id = l.account_id)"
    " + (SELECT CAST(COALESCE(SUM(o.cents), 0) AS bigint) FROM open_item o JOIN receivable_item i ON i.id = o.item_id"
    f" WHERE o.account_id = l.account_id AND {_ON_ROLL.format('i.journal_id')})"
)
# What later certificates of the account state and have there: it is paid after this one's.
_LATER = (
    "(SELECT CAST(COALESCE(SUM(a.cents), 0) AS bigint) FROM lien n JOIN lien_item x ON x.lien_id = n.id"
    " JOIN application a ON a.item_id = x.item_id WHERE n.account_id = l.account_id AND n.released_on IS NULL"
    " AND (n.recorded_on > l.recorded_on OR (n.recorded_on = l.recorded_on AND n.id > l.id))"
    f" AND {_ON_ROLL.format('a.journal_id')})"
)
_ROLLED = f"{_MOVED}, {_OWED}, {_LATER}"


def _rolled(moved: int, owed: int, later: int) -> int:
    """Of a lien, what was moved to the county's roll and is owed still: there, or come back and open.

    What is paid of the account's debt there pays the oldest certificate first.
    """
    return max(0, min(moved, owed - later))


@dataclass(frozen=True)
class Lien:
    """A recorded lien: its amount and what of it is not paid, in cents; `roll_cents` of that went to the tax roll."""

    number: str
    apn: str
    owner: str
    recorded_on: date
    expires_on: date
    cents: int
    open_cents: int
    released_on: date | None
    release_number: str | None
    roll_cents: int = 0

    @property
    def left(self) -> str:
        """What of it is not paid, in words: `80.00 of it open, 30.00 of that on the county's roll`."""
        roll = f", {format_money(self.roll_cents)} of that on the county's roll" if self.roll_cents else ""
        return f"{format_money(self.open_cents)} of it open{roll}"


def liens(look: Look, account_id: int) -> tuple[Lien, ...]:
    """The liens of an account, those that stand first."""
    return tuple(
        Lien(
            row[0], row[1], clean_text(row[2]), date.fromisoformat(row[3]), date.fromisoformat(row[4]), row[5],
            row[6] + (roll := 0 if row[7] else _rolled(*row[9:])), date.fromisoformat(row[7]) if row[7] else None,
            row[8], roll,
        )
        for row in look.db.rows(
            f"SELECT l.number, p.apn, o.name, l.recorded_on, l.expires_on, l.cents, {_OPEN}, l.released_on,"
            f" l.release_number, {_ROLLED} FROM lien l JOIN parcel p ON p.id = l.parcel_id"
            " JOIN party o ON o.id = l.party_id WHERE l.account_id = ?"
            " ORDER BY l.released_on IS NOT NULL, l.recorded_on, l.id",
            [account_id],
        )
    )  # fmt: skip

"""Mail that comes back: whose address is in doubt by it, and what became of looking for a better one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models import collections as models
from ubtui.detectors.quality import MAIL_ORDER, MAIL_ROLES
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.services.adjustments.plans import find_account

Account = Annotated[str, msgspec.Meta(description="account number, as 120440-3")]


class Back(Form, frozen=True, kw_only=True):
    """A piece of mail that came back."""

    account: Account
    what: Annotated[Literal["bill", "notice", "letter"], msgspec.Meta(description="bill, notice or letter")]
    returned_on: Annotated[date, msgspec.Meta(description="the day it came back")]
    reason: Annotated[
        Literal["moved", "unknown", "unclaimed", "insufficient", "vacant", "other"],
        msgspec.Meta(description="what the post office wrote: moved, unknown, unclaimed, insufficient, vacant, other"),
    ]


class Returned(msgspec.Struct, frozen=True):
    """Whose mail came back, and how often by now."""

    account: str
    name: str
    times: int


@act("mail.returned")
def mail_returned(work: Work, form: Back) -> Returned:
    """Record that mail came back; it is the address of who gets the mail that is in doubt."""
    account_id, number = find_account(work, form.account)
    if form.returned_on > work.today:
        raise Refused(f"{form.returned_on} is after today", rule="returned mail", cure=f"at most {work.today}")
    party, name, times = _mailed(work, account_id, number)
    work.db.insert(
        models.ReturnedMail, account_id=account_id, party_id=party, what=form.what, returned_on=form.returned_on,
        reason=form.reason, recorded_by=work.actor.name, recorded_at=work.now,
    )  # fmt: skip
    work.db.run("UPDATE party SET mail_returned = mail_returned + 1, version = version + 1 WHERE id = ?", [party])
    _touch_party(work, party)
    work.fact(account=format_account(number), what=form.what, reason=form.reason)
    return Returned(format_account(number), name, times + 1)


class Researched(Form, frozen=True, kw_only=True):
    """What became of looking for where returned mail should go."""

    account: Account
    outcome: Annotated[
        Literal["address-right", "not-found"],
        msgspec.Meta(description="address-right: it is good as it stands; not-found: no better one is known"),
    ]
    note: Annotated[str, msgspec.Meta(description="where it was looked for, who was asked", min_length=3)]


class Settled(msgspec.Struct, frozen=True):
    """The account and how many pieces were settled."""

    account: str
    pieces: int
    outcome: str


@act("mail.researched")
def researched(work: Work, form: Researched) -> Settled:
    """Settle returned mail: the address is right, or no better one is found. A new address is a change of address."""
    account_id, number = find_account(work, form.account)
    pieces = work.db.rows(
        "SELECT id, party_id FROM returned_mail WHERE account_id = ? AND outcome IS NULL ORDER BY id", [account_id]
    )
    if not pieces:
        raise Refused("no mail of it came back", rule="returned mail", cure="nothing to settle")
    for piece, party in pieces:
        work.db.update(
            models.ReturnedMail, piece, outcome=form.outcome, settled_on=work.today, settled_by=work.actor.name,
            note=clean_text(form.note, 500),
        )  # fmt: skip
        if form.outcome == "address-right":
            work.db.run("UPDATE party SET mail_returned = 0, version = version + 1 WHERE id = ?", [party])
        _touch_party(work, party)
    work.touch("account", format_account(number))
    work.fact(account=format_account(number), pieces=len(pieces), outcome=form.outcome)
    work.detail(note=form.note)
    return Settled(format_account(number), len(pieces), form.outcome)


def _mailed(work: Work, account_id: int, number: str) -> tuple[int, str, int]:
    """Who gets the account's mail: the party's id, name, and how often it came back."""
    row = work.db.one(
        "SELECT q.id, q.name, q.mail_returned FROM account_role r JOIN party q ON q.id = r.party_id"
        f" WHERE r.account_id = ? AND r.to_on IS NULL AND r.role IN {MAIL_ROLES} ORDER BY {MAIL_ORDER.format('r')}",
        [account_id],
    )
    if row is None:
        raise Refused(f"{format_account(number)} has no owner now", rule="roles", cure="record the owner first")
    return row[0], row[1], row[2]


def _touch_party(work: Work, party: int) -> None:
    """Touch every account that this party gets mail for."""
    for (number,) in work.db.rows(
        "SELECT DISTINCT a.number FROM account_role r JOIN live_account a ON a.id = r.account_id"
        " WHERE r.party_id = ? AND r.to_on IS NULL ORDER BY a.number",
        [party],
    ):
        work.touch("account", format_account(number))

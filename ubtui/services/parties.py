"""Parties: the mailing address of one, changed with its reason and kept before and after."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models import record
from ubtui.detectors.quality import MAIL_ORDER, MAIL_ROLES, released_on
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text, fold
from ubtui.services.adjustments.plans import find_account
from ubtui.services.adjustments.rows import not_linked

_COLUMNS = ("mail_line1", "mail_line2", "mail_city", "mail_state", "mail_zip", "mail_country")


class Address(Form, frozen=True, kw_only=True):
    """The mailing address of the party in one role on an account; a name too where it was a placeholder."""

    account: Annotated[str, msgspec.Meta(description="account number, as 120440-3")]
    line1: Annotated[str, msgspec.Meta(description="street or box")]
    city: Annotated[str, msgspec.Meta(description="city")]
    state: Annotated[str, msgspec.Meta(description="state, two letters")]
    zip: Annotated[str, msgspec.Meta(description="ZIP code")]
    line2: Annotated[str, msgspec.Meta(description="unit, care of")] = ""
    country: Annotated[str, msgspec.Meta(description="country, two letters")] = "US"
    name: Annotated[str, msgspec.Meta(description="the party's name, where it is a placeholder")] = ""
    role: Annotated[str, msgspec.Meta(description="whose address; where the mail goes unless given")] = ""
    reason: Annotated[str, msgspec.Meta(description="who said so, or which paper")]


class Addressed(msgspec.Struct, frozen=True):
    """The party changed."""

    party_id: int
    accounts: tuple[str, ...]


@act("party.address")
def address(work: Work, form: Address) -> Addressed:
    """Change a party's mailing address on every account it stands on; returned mail is settled by it."""
    account_id, number = find_account(work, form.account)
    not_linked(work, number)
    row = work.db.one(
        "SELECT q.id, q.kind, q.name, q.mail_line1, q.mail_line2, q.mail_city, q.mail_state, q.mail_zip,"
        " q.mail_country, q.batch_id FROM account_role r JOIN party q ON q.id = r.party_id"
        " WHERE r.account_id = ? AND r.to_on IS NULL"
        f" AND (r.role = ? OR (? = '' AND r.role IN {MAIL_ROLES})) ORDER BY {MAIL_ORDER.format('r')}",
        [account_id, form.role, form.role],
    )
    if row is None:
        raise Refused(
            f"{format_account(number)} has no {form.role or 'owner'} now", rule="roles", cure="name another role"
        )
    new = [clean_text(t, 80).strip() for t in (form.line1, form.line2, form.city, form.state, form.zip, form.country)]
    new[3], new[5] = new[3].upper(), new[5].upper()
    fit(new, form.reason)
    changes: dict[str, Any] = dict(zip(_COLUMNS, [value or None for value in new], strict=True))
    name = clean_text(form.name, 120).strip()
    if row[1] == "placeholder" and name:
        changes |= {"name": name, "search_name": fold(name), "kind": "person"}
    elif name and name != row[2]:
        raise Refused(f"this party is {row[2]}", rule="a new holder is a new party", cure="leave the name out")
    changes |= {"mail_returned": 0, "mail_changed_on": work.today}
    work.db.update(record.Party, row[0], None, **changes)
    numbers = [
        format_account(n)
        for (n,) in work.db.rows(
            "SELECT DISTINCT a.number FROM account_role r JOIN live_account a ON a.id = r.account_id"
            " WHERE r.party_id = ? AND r.to_on IS NULL ORDER BY a.number",
            [row[0]],
        )
    ]
    for account in numbers:
        work.touch("account", account)
    if row[1] == "placeholder" and row[9] is not None and (day := released_on(work.db, row[9])):
        work.touch("run", f"import/{day}")
    work.fact(party=row[0], accounts=len(numbers))
    work.detail(before=list(row[2:9]), after=[name or row[2], *new], reason=clean_text(form.reason, 500).strip())
    return Addressed(row[0], tuple(numbers))


def fit(new: list[str], reason: str) -> None:
    """Refuse a mailing address that mail cannot reach, or a change without its reason; parts in a party's order."""
    if not clean_text(reason, 500).strip():
        raise Refused("an address change needs its reason", rule="address changes", cure="say who asked, or the paper")
    for value, what in ((new[0], "street or box"), (new[2], "city"), (new[4], "ZIP code")):
        if not value:
            raise Refused(f"the {what} is missing", rule="mailing addresses", cure="fill it in")
    if new[5] == "US":
        code = new[4].replace("-", "")
        if not (code.isascii() and code.isdigit() and len(code) in (5, 9)) or len(new[3]) != 2:
            raise Refused(
                f"{new[3]} {new[4]} is not a state and ZIP code", rule="mailing addresses", cure="as CA 95945"
            )

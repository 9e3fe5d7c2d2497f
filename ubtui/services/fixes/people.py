"""Offers on who is served and written to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ubtui.act import Look
from ubtui.detectors.quality import MAIL_ORDER, MAIL_ROLES
from ubtui.services.adjustments.plans import find_account
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.fixes.field import soon
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {"party.address": "Correct the mailing address"}

_MAILED = (
    "SELECT y.mail_line1, y.mail_line2, y.mail_city, y.mail_state, y.mail_zip, y.mail_country"
    " FROM account_role o JOIN party y ON y.id = o.party_id WHERE o.account_id = ? AND o.to_on IS NULL"
    f" AND o.role IN {MAIL_ROLES} ORDER BY {MAIL_ORDER.format('o')} LIMIT 1"
)
_SERVED = (
    "SELECT m.address, m.city, m.zip FROM live_service s JOIN service_point p ON p.id = s.point_id"
    " JOIN premise m ON m.id = p.premise_id WHERE s.account_id = ? ORDER BY s.to_on IS NOT NULL, s.id LIMIT 1"
)
_FIELDS = ("line1", "line2", "city", "state", "zip", "country")


def mailed(look: Look, account_id: int) -> dict[str, str]:
    """Where the account's mail goes now, as the fields of an address; what is unknown is not in it."""
    row = look.db.one(_MAILED, [account_id]) or (None,) * 6
    return {name: part for name, part in zip(_FIELDS, row, strict=True) if part}


def served(look: Look, account_id: int) -> dict[str, str]:
    """Where the account's water goes, as the fields of an address; water districts here are California's."""
    row = look.db.one(_SERVED, [account_id]) or (None,) * 3
    found = {name: part for name, part in zip(("line1", "city", "zip"), row, strict=True) if part}
    return {**found, "state": "CA"} if found else {}


def _address(look: Look, item: ItemView) -> Iterator[Draft]:
    """What is known of the mailing address; what is missing in it, from the address that is served."""
    if item.account_id is None:  # stand-ins of a whole import
        yield Draft("party.address", {})
        return
    known, there = mailed(look, item.account_id), served(look, item.account_id)
    guessed = [
        name for name in ("line1", "city", "zip")
        if name in there and name not in known and not (name == "line1" and "line2" in known)
    ]  # fmt: skip
    why = f"{' and '.join(guessed)} from the address that is served" if guessed else ""
    yield Draft("party.address", {**known, **{name: there[name] for name in guessed}}, why=why)


MAKERS: Final[dict[str, Maker]] = {"party.address": _address}


def beginning(look: Look, account: str, act: str) -> dict[str, str]:
    """What the fields of an act begin with: what is on record, or where the water goes."""
    account_id, _ = find_account(look, account)
    if act == "party.address":
        return mailed(look, account_id)
    if act == "owner.change":
        return {**served(look, account_id), "on": look.today.isoformat()}
    if act == "arrangement.make":
        return {"count": "3", "first_on": soon(look, 10).isoformat()}
    if act == "protection.set":
        return {"kind": "extension"}
    return {"returned_on": look.today.isoformat()} if act == "mail.returned" else {}

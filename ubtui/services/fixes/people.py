"""Offers on who is served and written to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ubtui.act import Look
from ubtui.detectors.quality import MAIL_ORDER, MAIL_ROLES
from ubtui.services.fixes.draft import Draft, Maker
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
    """Where the account's water goes, as the fields of an address."""
    row = look.db.one(_SERVED, [account_id]) or (None,) * 3
    return {name: part for name, part in zip(("line1", "city", "zip"), row, strict=True) if part}


def _address(look: Look, item: ItemView) -> Iterator[Draft]:
    """What is known of the mailing address; what is missing in it, from the address that is served."""
    row = look.db.one(_MAILED, [item.account_id]) or (None,) * 6
    served = look.db.one(_SERVED, [item.account_id]) or (None,) * 3
    known: dict[str, object] = dict(zip(("line1", "line2", "city", "state", "zip", "country"), row, strict=False))
    guessed = []
    for name, part in zip(("line1", "city", "zip"), served, strict=True):
        if not known[name] and part and not (name == "line1" and known["line2"]):
            known[name] = part
            guessed.append(name)
    why = f"{' and '.join(guessed)} from the address that is served" if guessed else ""
    yield Draft("party.address", {k: v for k, v in known.items() if v}, why=why)


MAKERS: Final[dict[str, Maker]] = {"party.address": _address}

"""The people of an account as lines: each with every role he has, in words, so that none is taken for another."""

from __future__ import annotations

from collections.abc import Iterator

from ubtui.services.accounts import AccountView, PartyLine
from ubtui.services.contacts import ROLES
from ubtui.widgets.panel import Line


def people(view: AccountView, most: int = 4, email: bool = True) -> Iterator[Line]:
    """One line a person, the owner first, with phone, language and returned mail; those above `most` are counted."""
    held: dict[int, list[PartyLine]] = {}
    for party in view.parties:
        if party.to_on is None:
            held.setdefault(party.party_id, []).append(party)
    for same in list(held.values())[:most]:
        first = same[0]
        spoken = "" if first.language in ("", "en") else f"speaks {first.language}"
        back = "mail came back" if first.returned else ""
        also = f"also {roles(same[1:])}" if len(same) > 1 else ""
        shown = " · ".join(filter(None, (first.name, also, first.phone, spoken, back, first.email if email else "")))
        yield Line(roles(same[:1]), shown, "warning" if first.returned else None)
    if len(held) > most:
        yield Line("", f"and {len(held) - most} more")


def roles(parties: list[PartyLine]) -> str:
    """The roles of one person in words: `owner, payer`."""
    return ", ".join(dict.fromkeys(ROLES.get(each.role, each.role.replace("_", " ")) for each in parties))

"""The forms that a person left unfinished, and where each of them opens again."""

from __future__ import annotations

import msgspec

from ubtui.act import Look
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.screens.base import Place
from ubtui.services import drafts, worklist

LIVE = ("open", "claimed", "waiting")


class KeptForm(msgspec.Struct, frozen=True):
    """A form that this person left unfinished: where it is opened, and its name."""

    place: Place
    told: str


def kept_forms(look: Look) -> list[KeptForm]:
    """The person's kept adjustments and fixes, the newest first; a fix whose item is closed waits for nothing."""
    found = []
    for each in drafts.kept(look):
        kind, _, key = each.subject.partition(":")
        if each.form == "adjust" and kind == "proposal":
            from ubtui.services import adjustments  # few forms are one that came back

            account = adjustments.proposal(look, key).account
            found.append(KeptForm(Place("adjust", account, draft=key), f"adjustment of {account}, revising {key}"))
        elif each.form == "adjust":
            found.append(KeptForm(Place("adjust", key), f"adjustment of {key}"))
        elif each.form == "fix":
            try:
                item = worklist.item(look, ItemKey.parse(each.subject))
            except BadValue:  # its item is no longer on record
                continue
            if item.state in LIVE:
                about = f" of {item.account}" if item.account else ""
                found.append(KeptForm(Place("fix", item=item.id), f"fix{about}, {item.title}"))
    return found

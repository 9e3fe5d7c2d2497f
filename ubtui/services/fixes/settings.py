"""Offers for a change of the district's settings that waits for another person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ubtui.act import Look
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.worklist import ItemView

CHANGE: Final = "settings change"
"""Under which an item's evidence names the change."""
TITLES: Final[dict[str, str]] = {
    "settings.approve": "Put the settings in force",
    "settings.reject": "Say no to the change",
    "settings.withdraw": "Take the change back",
}


def _decide(act: str, likely: bool = False, own: bool = False) -> Maker:
    """For its maker where it is his `own` to do, else for everybody but him."""

    def drafts(look: Look, item: ItemView) -> Iterator[Draft]:
        if (item.evidence.get("by") == look.actor.name) == own:
            yield Draft(act, {"number": item.evidence[CHANGE]}, likely=likely)

    return drafts


MAKERS: Final[dict[str, Maker]] = {
    "settings.approve": _decide("settings.approve", likely=True),
    "settings.reject": _decide("settings.reject"),
    "settings.withdraw": _decide("settings.withdraw", own=True),
}

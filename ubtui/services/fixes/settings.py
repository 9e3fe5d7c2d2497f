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
}


def _decide(act: str, likely: bool = False) -> Maker:
    def drafts(look: Look, item: ItemView) -> Iterator[Draft]:
        if (number := item.evidence.get(CHANGE)) is not None and item.evidence.get("by") != look.actor.name:
            yield Draft(act, {"number": number}, likely=likely)

    return drafts


MAKERS: Final[dict[str, Maker]] = {
    "settings.approve": _decide("settings.approve", likely=True),
    "settings.reject": _decide("settings.reject"),
}

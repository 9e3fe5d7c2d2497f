"""Offers that any item has: wait, dismiss, add one of your own; settled, for those closed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ubtui.act import Look
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.fixes.settings import CHANGE
from ubtui.services.worklist import ItemView

ALWAYS: Final = ("worklist.answer", "worklist.wait", "worklist.dismiss", "worklist.add")
TITLES: Final[dict[str, str]] = {
    "worklist.add": "Add an item of your own",
    "worklist.dismiss": "Dismiss with a reason and an end",
    "worklist.resolve": "Settled",
    "worklist.wait": "Put it away until a day",
}


def _wait(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("worklist.wait", {"until": look.today + timedelta(days=7)})


def _dismiss(look: Look, item: ItemView) -> Iterator[Draft]:
    if item.due_source != "statute":
        yield Draft("worklist.dismiss", {"until": look.today + timedelta(days=60)})


def _resolve(look: Look, item: ItemView) -> Iterator[Draft]:
    if CHANGE not in item.evidence:  # that one is decided
        yield Draft("worklist.resolve", {}, likely=True)


MAKERS: Final[dict[str, Maker]] = {
    "worklist.dismiss": _dismiss,
    "worklist.resolve": _resolve,
    "worklist.wait": _wait,
}

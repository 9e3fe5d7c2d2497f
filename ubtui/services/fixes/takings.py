"""Offers on takings: the drawer counted and closed, the deposit made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ubtui.act import Look
from ubtui.services import deposits
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {"deposit.make": "Make the deposit", "drawer.close": "Count it and close it"}


def _close(look: Look, item: ItemView) -> Iterator[Draft]:
    """While it is not closed; the count is the counter's own."""
    if "closed_on" not in item.evidence:
        shown = {"cash_cents": {"value": "", "required": True}}
        yield Draft(
            "drawer.close", {"staff": item.evidence.get("staff"), "day": item.evidence.get("day")}, likely=True,
            shown=shown,
        )  # fmt: skip


def _deposit(look: Look, item: ItemView) -> Iterator[Draft]:
    """Once it is closed, with all else that is ready."""
    if "closed_on" in item.evidence:
        money = deposits.ready(look).money
        yield Draft("deposit.make", {"total_cents": money.cash + money.checks}, likely=True, why=item.why)


MAKERS: Final[dict[str, Maker]] = {"deposit.make": _deposit, "drawer.close": _close}

"""Spreading a credit over open receivable items, in the order the district's policy names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ubtui.domain.errors import BadValue

KEYS = ("due", "priority")


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An unpaid receivable item; a lower charge priority is paid first, what is `another`'s debt after all others."""

    id: int | str
    charge_priority: int
    due: date
    open_cents: int
    another: bool = False


def allocate(
    credit_cents: int, items: Sequence[OpenItem], order: Sequence[str] = KEYS
) -> tuple[list[tuple[int | str, int]], int]:
    """Pay items in full, in `order` (of "due", "priority"), and return the shares and the remainder.

    What another owes is paid when nothing else is left.

    Ties go to the lower id. Only items that get something are listed; shares and remainder sum to the credit.
    """
    if credit_cents < 0:
        raise BadValue(f"Credit of {credit_cents} cents is negative: reverse applications instead.")
    for key in order:
        if key not in KEYS:
            raise BadValue(f"Allocation order {key!r} is not known: use {' and '.join(KEYS)}.")
    for item in items:
        if item.open_cents < 0:
            raise BadValue(f"Item {item.id} is open for {item.open_cents} cents: reverse what over-paid it.")
    shares: list[tuple[int | str, int]] = []
    left = credit_cents
    for item in sorted(items, key=lambda item: _rank(item, order)):
        cents = min(left, item.open_cents)
        if cents:
            shares.append((item.id, cents))
            left -= cents
    return shares, left


def _rank(item: OpenItem, order: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, int, str]]:
    keys = (item.due.toordinal() if key == "due" else item.charge_priority for key in order)
    return (int(item.another), *keys), (0, item.id, "") if isinstance(item.id, int) else (1, 0, item.id)

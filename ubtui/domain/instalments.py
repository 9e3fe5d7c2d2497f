"""Instalments of a plan to pay: equal shares, their days, and which of them is not paid."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from ubtui.domain.errors import BadValue

Instalment = tuple[date, int]
"""A day and the cents due on it."""


def equal(cents: int, count: int) -> list[int]:
    """`cents` in `count` shares that differ by a cent at most, the larger ones first."""
    if count < 1 or cents < count:
        raise BadValue(f"{cents} cents make no {count} instalments: each is at least a cent.")
    each, rest = divmod(cents, count)
    return [each + (n < rest) for n in range(count)]


def later(day: date, months: int) -> date:
    """The same day so many months later, the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def monthly(cents: int, count: int, first: date, months: int = 1) -> list[Instalment]:
    """Equal instalments from `first` on, so many months between."""
    return [(later(first, n * months), share) for n, share in enumerate(equal(cents, count))]


def unpaid(instalments: Sequence[Instalment], paid: int) -> tuple[int, date, int] | None:
    """The first instalment that `paid` cents do not reach: its number from 1, its day, and the cents it lacks."""
    for n, (day, cents) in enumerate(instalments, 1):
        if paid < cents:
            return n, day, cents - max(paid, 0)
        paid -= cents
    return None

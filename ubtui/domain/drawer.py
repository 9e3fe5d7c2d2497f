"""A drawer against what was taken into it: cash, checks and card slips apart, over and short in cents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money

SLOTS = {"cash": "cash", "check": "checks", "money_order": "checks", "card": "cards"}
"""Where each tender of the counter lies: a money order goes to the bank as a check does."""


@dataclass(frozen=True, slots=True)
class Money:
    """What lies in a drawer, in cents: cash, checks with money orders, and card slips."""

    cash: int = 0
    checks: int = 0
    cards: int = 0

    @property
    def total(self) -> int:
        return self.cash + self.checks + self.cards

    def less(self, other: Money) -> Money:
        """The difference, over positive, short negative."""
        return Money(self.cash - other.cash, self.checks - other.checks, self.cards - other.cards)

    @property
    def largest(self) -> int:
        """The largest difference by itself: a check in the place of cash shows here, though nothing is missing."""
        return max(abs(self.cash), abs(self.checks), abs(self.cards), abs(self.total))

    @property
    def swapped(self) -> int:
        """Of a difference, what is over in one slot and short in another: cents of one tender in place of another."""
        parts = (self.cash, self.checks, self.cards)
        return min(sum(max(0, part) for part in parts), sum(max(0, -part) for part in parts))

    def said(self) -> str:
        """A difference in words: `cash 40.00 short, checks 40.00 over`; empty where there is none."""
        parts = (("cash", self.cash), ("checks", self.checks), ("card slips", self.cards))
        return ", ".join(f"{name} {format_money(abs(c))} {'over' if c > 0 else 'short'}" for name, c in parts if c)


def taken(tenders: Iterable[tuple[str, int]]) -> Money:
    """What the tenders (kind, cents) of a drawer sum to. Raises BadValue for a tender that no counter takes."""
    sums = {"cash": 0, "checks": 0, "cards": 0}
    for kind, cents in tenders:
        if kind not in SLOTS:
            raise BadValue(f"Tender {kind[:40]!r} is not taken at the counter: use {', '.join(SLOTS)}.")
        sums[SLOTS[kind]] += cents
    return Money(**sums)

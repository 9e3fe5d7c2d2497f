"""The tariff engine: a fixed charge and increasing blocks, billed exactly and rounded once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from ubtui.domain.errors import BadValue
from ubtui.domain.money import round_cents, split_lines


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: quantity in billing units, rate in dollars a unit, exact and whole cents."""

    code: str
    label: str
    quantity: Fraction
    rate: Fraction
    exact: Fraction
    cents: int


@dataclass(frozen=True, slots=True)
class Bill:
    """A computed bill; its lines sum to its total, in cents."""

    lines: tuple[Line, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """A rate in force from a day: fixed charge and block prices in dollars, all for one billing period.

    `tier_starts` are the first unit of each block (Open Water Rate Specification, `Tiered`): 0, 15, 41
    means 14 units, then 26, then the rest; half a unit past 14 is in the second block. Two equal starts make an
    empty block, as some published files have.
    """

    code: str
    effective: date
    fixed: Fraction
    tier_starts: tuple[Fraction | int, ...]
    tier_prices: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        starts = self.tier_starts
        if len(starts) != len(self.tier_prices):
            raise BadValue(f"Tariff {self.code}: {len(starts)} tier starts, {len(self.tier_prices)} prices; pair them.")
        if any(after < before for before, after in pairwise(starts)):
            raise BadValue(f"Tariff {self.code}: tier starts fall; list the first unit of each tier.")
        if any(start < 0 for start in starts):
            raise BadValue(f"Tariff {self.code}: a tier starts below zero; the first tier starts at 0.")

    def units(self, usage: Fraction | int) -> tuple[Fraction, ...]:
        """The part of `usage` (billing units, fractions allowed) that falls in each tier."""
        if usage < 0:
            raise BadValue(f"Tariff {self.code}: use of {usage} is negative; settle the read first.")
        if usage and not self.tier_starts:
            raise BadValue(f"Tariff {self.code}: has no price for use; add a tier.")
        placed = Fraction(0)
        parts = []
        for i in range(len(self.tier_starts)):
            part = Fraction(usage) - placed
            if i + 1 < len(self.tier_starts):
                part = max(Fraction(0), min(part, self.tier_starts[i + 1] - 1 - placed))
            parts.append(part)
            placed += part
        return tuple(parts)

    def bill(self, usage: Fraction | int) -> Bill:
        """Bill a period's use; lines of nothing are left out."""
        priced = [("fixed", "Fixed charge", Fraction(1), self.fixed)] if self.fixed else []
        for i, part in enumerate(self.units(usage)):
            if part:
                label = f"Tier {i + 1}" if len(self.tier_starts) > 1 else "Water use"
                priced.append((f"tier{i + 1}", label, part, self.tier_prices[i]))
        exact = [quantity * price * 100 for _, _, quantity, price in priced]
        lines = tuple(
            Line(*parts, amount, cents) for parts, amount, cents in zip(priced, exact, split_lines(exact), strict=True)
        )
        return Bill(lines, round_cents(sum(exact, Fraction(0))))

"""Registers of meters: what a read means, what two reads bill, what is carried on, and when a counter passed zero."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from ubtui.domain.errors import BadValue
from ubtui.domain.volume import Unit, convert

MOST_USE: Final = 1_000_000_000
"""Billing units between two reads beyond which nothing is a use: a hundred reservoirs, and sums of it stay exact."""
RESTART: Final = ("opening", "installation")
BELOW: Final = "below-previous"
OVER: Final = "over-limit"
_TIMES: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}|/[0-9]{1,9})?", re.ASCII)


NOTHING: Final = Fraction(0)


class Use(NamedTuple):
    """What a read bills: whole units, None where nothing is known; why it is held, if it is; if zero was passed.

    `carry` is what the read stands for beyond its own count, in billing units: the fraction that a meter before, a
    pass of zero, or the registers beside it left.
    """

    units: int | None
    hold: str | None = None
    rolled: bool = False
    carry: Fraction = NOTHING


def parse_multiplier(text: str) -> Fraction:
    """Read by what a count is multiplied: 10, 0.01, 1/100. BadValue where it is none, or finer than a billionth."""
    try:
        found = Fraction(text.strip()) if _TIMES.fullmatch(text.strip()) else NOTHING
    except ZeroDivisionError:
        found = NOTHING
    if found <= 0 or max(found.as_integer_ratio()) > 10**9:
        raise BadValue(f"{text[:40]!r} is not a multiplier above zero: write 10, 0.01 or 1/100.")
    return found


def carried(text: str | None) -> Fraction:
    """The carry of a read as it is kept (`7/20`); none is nothing."""
    return Fraction(text) if text else NOTHING


def kept(carry: Fraction) -> str | None:
    """A carry as it is kept with its read."""
    return str(carry) if carry else None


def left(exact: Fraction) -> Fraction:
    """What of an exact volume no whole unit holds."""
    return exact - exact.__floor__()


def below(prev: int | None, value: int | None, kind: str = "regular") -> bool:
    """Whether a read stands below the one it is measured against; an opening or installation begins anew."""
    return prev is not None and value is not None and kind not in RESTART and value < prev


@lru_cache(maxsize=1024)
def _ratio(fixed_zeros: int, multiplier: Fraction, counted: Unit, unit: Unit) -> tuple[int, int]:
    """What one count stands for in `unit`, exactly: numerator and denominator."""
    return convert(multiplier * 10**fixed_zeros, counted, unit).as_integer_ratio()


@dataclass(frozen=True, slots=True)
class Register:
    """A counting element: turning dials, printed fixed zeros, multiplier, and the unit of one count."""

    dials: int
    fixed_zeros: int
    multiplier: Fraction
    unit: Unit
    _ratios: dict[Unit, tuple[int, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= self.dials <= 12:
            raise BadValue(f"Register with {self.dials} dials: count the turning digits, 1 to 12.")
        if not 0 <= self.fixed_zeros <= 6:
            raise BadValue(f"Register with {self.fixed_zeros} fixed zeros: count the painted zeros, 0 to 6.")
        if self.multiplier <= 0:
            raise BadValue(f"Register multiplier {self.multiplier} is not above zero: take it from the face.")

    @property
    def limit(self) -> int:
        """The first value that the dials cannot show."""
        return int(10**self.dials)

    def shown(self, volume: Fraction, unit: Unit) -> int:
        """The value that the dials show at a volume, truncated."""
        return int(convert(volume, unit, self.unit) / (self.multiplier * 10**self.fixed_zeros))

    def in_unit(self, value: int, unit: Unit) -> Fraction:
        """The exact volume that a read value stands for."""
        return convert(value * self.multiplier * 10**self.fixed_zeros, self.unit, unit)

    def billed(self, value: int, unit: Unit, carry: Fraction = NOTHING) -> int:
        """A read with what it carries, truncated to whole billing units; the rest stays in it for the next bill."""
        ratio = self._ratios.get(unit)
        if ratio is None:
            ratio = self._ratios[unit] = _ratio(self.fixed_zeros, self.multiplier, self.unit, unit)
        if not carry:
            return value * ratio[0] // ratio[1]  # the floor of the exact volume, at a tenth of a fraction's cost
        return (value * ratio[0] * carry.denominator + carry.numerator * ratio[1]) // (ratio[1] * carry.denominator)

    def usage(
        self,
        prev: int,
        value: int,
        unit: Unit,
        rolled: bool = False,
        carry: Fraction = NOTHING,
        onto: Fraction | None = None,
    ) -> int:
        """Billed use between two reads, each truncated before subtracting; negative if value is below prev.

        With `rolled` the counter passed zero once. `carry` is what the read before carries and `onto` what this one
        does, by itself the same and what a pass of zero leaves: so the parts of an exchange or of a compound meter
        add up to their exact sum, truncated.
        """
        now = (self.past_zero(carry, unit) if rolled else carry) if onto is None else onto
        over = self.billed(self.limit, unit) if rolled else 0
        return self.billed(value, unit, now) + over - self.billed(prev, unit, carry)

    def past_zero(self, carry: Fraction, unit: Unit) -> Fraction:
        """What a read carries after the counter passed zero: the full range may be no whole number of units."""
        return carry + left(self.in_unit(self.limit, unit))

    def reached(self, prev: int, use: int, unit: Unit, carry: Fraction = NOTHING) -> int:
        """The lowest count from `prev` on that bills at least `use`; at `limit` and above the counter passed zero."""
        want = self.billed(prev, unit, carry) + use - carry
        num, den = self._ratios[unit]
        return max(prev, -(-want.numerator * den // (want.denominator * num)))

    def between(
        self,
        prev: int | None,
        value: int | None,
        unit: Unit,
        kind: str = "regular",
        rolled: bool = False,
        confirmed: bool = False,
        carry: Fraction = NOTHING,
        onto: Fraction | None = None,
    ) -> Use:
        """What a read bills against the one before, wherever it is asked: the one rule of use.

        A lower read is held, but for a counter past zero (`rolled`), or where a person confirmed it
        (`confirmed`): then it bills nothing, and what was billed too much before is an adjustment's matter.
        `carry` is what the read before carries, `onto` what this one does where that does not follow from it.
        """
        now = carry if onto is None else onto
        if prev is None or value is None or kind in RESTART:
            return Use(None, carry=now)
        lower = below(prev, value, kind)
        if lower and not rolled:
            return Use(0, carry=now) if confirmed else Use(None, BELOW, carry=now)
        if lower and onto is None:
            now = self.past_zero(carry, unit)
        units = self.usage(prev, value, unit, lower, carry, now)
        return Use(None, OVER, lower, now) if units > MOST_USE else Use(units, None, lower, now)

    def raw_usage(self, prev: int, value: int, unit: Unit, rolled: bool = False) -> Fraction:
        """Exact use between two reads, for parts that are added before they are truncated."""
        return self.in_unit(value + (self.limit if rolled else 0) - prev, unit)


def rolled(prev: int, value: int, dials: int) -> int:
    """Counts between two reads when the counter passed zero once."""
    return int(10**dials) - prev + value


def is_rollover(
    prev: int,
    value: int,
    dials: int,
    use: Fraction | int,
    average: Fraction | int | None,
    over_estimated_prior: bool,
) -> bool:
    """Whether a lower read is a counter past zero: the only judgement of it.

    prev at 90 % or more and value at 10 % or less of 10^dials, `use` (with the rollover) at most three
    times `average` (both of one unit and one span of days), and no over-estimated read before. Without an
    average nothing can be accepted.
    """
    if over_estimated_prior or average is None:
        return False
    limit = int(10**dials)
    return prev * 10 >= limit * 9 and value * 10 <= limit and use <= 3 * average


def may_show(before: int | None, value: int, after: int | None, dials: int) -> bool:
    """Whether a counter can have shown a value between two reads of it, None where there is none.

    Where the later read stands lower, zero was passed on the way. With one read alone zero may have been passed from
    90 % or more of 10^dials to 10 % or less of it.
    """
    limit = int(10**dials)
    if not 0 <= value < limit:
        return False
    if before is not None and after is not None:
        return before <= value <= after if before <= after else value >= before or value <= after
    low, high = (value, after) if before is None else (before, value)
    return high is None or low <= high or passed(low, high, dials)


def passed(before: int, value: int, dials: int) -> bool:
    """Whether a lower value may be a counter past zero, by the dials alone: where no average can tell more."""
    limit = int(10**dials)
    return value < before and before * 10 >= limit * 9 and value * 10 <= limit

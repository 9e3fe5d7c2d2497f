"""How well a meter counts: its error at each flow, the verdict, and what a fast meter charged too much."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ubtui.domain.errors import BadValue
from ubtui.domain.money import round_cents

FLOWS: Final = ("low", "mid", "high")
_NUMBER: Final = r"([0-9]{1,3}(?:,[0-9]{3}){1,2}|[0-9]{1,9})(\.[0-9]{1,3})?"
_SAID: Final = re.compile(rf"{_NUMBER}\s*(?:of|/)\s*{_NUMBER}(?:\s*(?:at|@)\s*{_NUMBER}(?:\s*gpm)?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a flow is tested, in thousandths of a gallon a minute, and what share of the water a meter may count.

    `lowest` and `highest`, both allowed, are thousandths of a percent.
    """

    gpm: int
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What ran through at one flow, by the meter and by the standard: thousandths of one unit, any that both share."""

    gpm: int
    registered: int
    standard: int

    @property
    def error(self) -> Fraction:
        """Percent of the standard's volume that the meter counts too much, negative for too little."""
        return Fraction(100 * (self.registered - self.standard), self.standard)

    def within(self, limits: Limits) -> bool:
        """Whether the meter counts a share that is allowed."""
        counted = 100_000 * self.registered
        return limits.lowest * self.standard <= counted <= limits.highest * self.standard


def measured(text: str, usual: Limits) -> Measured:
    """Read `9.87 of 10` (the meter's volume of the standard's), with `at 0.25` (gpm) where it was not the usual flow.

    At most three decimals. BadValue says what to type.
    """
    match = _SAID.fullmatch(text.strip())
    if match is None:
        raise BadValue(f"{text[:40]!r} is no test: type the meter's volume of the standard's, as 9.87 of 10.")
    registered, standard = _milli(match[1], match[2]), _milli(match[3], match[4])
    gpm = _milli(match[5], match[6]) if match[5] else usual.gpm
    if not standard or not gpm:
        raise BadValue(f"{text[:40]!r}: nothing ran through; the standard's volume and the flow are above zero.")
    return Measured(gpm, registered, standard)


def billing_error(flows: Mapping[str, Measured]) -> Fraction | None:
    """What bills were wrong by in percent: the mean at mid and high flow, where customers draw most of their water.

    So Maryland's rule (COMAR), which takes about a tenth and a half of the greatest flow. None where one of them was
    not measured.
    """
    return (flows["mid"].error + flows["high"].error) / 2 if "mid" in flows and "high" in flows else None


def overcharge(cents: int, error: Fraction) -> int:
    """What charges for use, in cents, hold too much by a meter that is `error` percent fast: rounded once.

    The charges are of 1 + e; what was really used is 1, so that e / (1 + e) of them comes back.
    """
    return round_cents(Fraction(cents) * error / (100 + error)) if error > 0 else 0


def percent(error: Fraction) -> str:
    """An error with its sign and two decimals, half away from zero: `+2.35 %`."""
    hundredths = round_cents(error * 100)
    sign = "-" if hundredths < 0 else "+" if hundredths else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d} %"


def milli(text: str) -> int:
    """A decimal of a setting (`98.5`) in thousandths. BadValue where it is none, or finer than thousandths."""
    match = re.fullmatch(_NUMBER, text.strip())
    if match is None:
        raise BadValue(f"{text[:20]!r} is no number with at most three decimals, as 98.5")
    return _milli(match[1], match[2])


def thousandths(value: int) -> str:
    """Thousandths as the shortest decimal: 250 gives 0.25."""
    return f"{value // 1000:,}" + (f".{value % 1000:03d}".rstrip("0") if value % 1000 else "")


def _milli(whole: str, rest: str | None) -> int:
    return int(whole.replace(",", "")) * 1000 + int((rest or ".")[1:].ljust(3, "0"))

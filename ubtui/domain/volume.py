"""Volumes of water: the units a district meets and exact conversion between them."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from ubtui.domain.errors import BadValue


class Unit(StrEnum):
    """A unit of volume; `ccf` and `hcf` are both 100 cubic feet."""

    CF = "cf"
    CCF = "ccf"
    GAL = "gal"
    KGAL = "kgal"
    AF = "af"
    M3 = "m3"
    L = "l"

    @classmethod
    def parse(cls, text: str) -> Unit:
        """Read a unit in any common spelling (`HCF`, `CUBIC_FEET`, `acre-feet`, `gallons`)."""
        key = "".join(c for c in text.casefold().replace("³", "3") if c.isalnum())
        unit = _SPELLINGS.get(key)
        if unit is None:
            raise BadValue(f"Unit {text[:40]!r} is not known: use one of {', '.join(cls)}.")
        return unit


_INCHES_A_METRE = Fraction(10_000, 254)
_CUBIC_INCHES = {
    Unit.CF: Fraction(1728),
    Unit.CCF: Fraction(172_800),
    Unit.GAL: Fraction(231),
    Unit.KGAL: Fraction(231_000),
    Unit.AF: Fraction(43_560 * 1728),
    Unit.M3: _INCHES_A_METRE**3,
    Unit.L: _INCHES_A_METRE**3 / 1000,
}

_NAMES = {
    Unit.CF: "cf cuft cft ft3 cubicfoot cubicfeet",
    Unit.CCF: "ccf hcf 100cf 100cuft hundredcubicfeet centumcubicfeet",
    Unit.GAL: "g gal gals gallon gallons usgal",
    Unit.KGAL: "kgal kgals kg tgal 1000gal 1000gallons thousandgallons kilogallon kilogallons",
    Unit.AF: "af acft acreft acrefoot acrefeet",
    Unit.M3: "m3 cum cubicmeter cubicmeters cubicmetre cubicmetres kl kiloliter kilolitre",
    Unit.L: "l liter liters litre litres",
}
_SPELLINGS = {name: unit for unit, names in _NAMES.items() for name in names.split()}


def convert(amount: Fraction | int, source: Unit, target: Unit) -> Fraction:
    """Convert exactly: 1 gal = 231 in³, 1 cf = 1728 in³, 1 AF = 43,560 cf, 1 in = 0.0254 m."""
    return Fraction(amount) * _CUBIC_INCHES[source] / _CUBIC_INCHES[target]

"""Units of volume: exact factors and the spellings found in files."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.errors import BadValue
from ubtui.domain.volume import Unit, convert

UNITS = st.sampled_from(list(Unit))


@given(st.fractions(-(10**9), 10**9), UNITS, UNITS, UNITS)
def test_conversion_is_exact_by_any_way(amount: Fraction, a: Unit, b: Unit, c: Unit) -> None:
    assert convert(convert(amount, a, b), b, c) == convert(amount, a, c)
    assert convert(convert(amount, a, b), b, a) == amount


@pytest.mark.parametrize(
    ("amount", "source", "target", "result"),
    [
        (1, Unit.CF, Unit.GAL, Fraction(1728, 231)),
        (1, Unit.AF, Unit.CCF, Fraction(4356, 10)),
        (1, Unit.AF, Unit.CF, Fraction(43560)),
        (1, Unit.KGAL, Unit.GAL, Fraction(1000)),
        (1, Unit.M3, Unit.L, Fraction(1000)),
        (Fraction("0.028316846592"), Unit.M3, Unit.CF, Fraction(1)),
        (Fraction("3.785411784"), Unit.L, Unit.GAL, Fraction(1)),
    ],
)
def test_known_factors(amount: Fraction, source: Unit, target: Unit, result: Fraction) -> None:
    assert convert(amount, source, target) == result


def test_an_acre_foot_in_gallons() -> None:
    assert round(convert(1, Unit.AF, Unit.GAL), 2) == Fraction("325851.43")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("HCF", Unit.CCF),
        ("ccf", Unit.CCF),
        ("CUBIC_FEET", Unit.CF),
        ("Cubic Feet", Unit.CF),
        ("ft³", Unit.CF),
        ("GAL", Unit.GAL),
        ("gallons", Unit.GAL),
        ("KGAL", Unit.KGAL),
        ("acre-feet", Unit.AF),
        ("CUBIC_METER", Unit.M3),
        ("m³", Unit.M3),
        ("LITER", Unit.L),
        ("kilolitre", Unit.M3),
    ],
)
def test_spellings(text: str, unit: Unit) -> None:
    assert Unit.parse(text) is unit


def test_an_unknown_unit_names_the_known() -> None:
    with pytest.raises(BadValue, match="'furlong' is not known: use one of cf, ccf, gal"):
        Unit.parse("furlong")

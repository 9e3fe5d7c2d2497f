"""Meter tests: errors exact, limits inclusive, billing errors and refunds by their formulas."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.accuracy import Limits, Measured, billing_error, measured, milli, overcharge, percent, thousandths
from ubtui.domain.errors import BadValue

MID = Limits(2_000, 98_500, 101_500)
volumes = st.integers(1, 10**9)


@pytest.mark.parametrize(
    ("registered", "standard", "passes"),
    [(985, 1000, True), (984, 1000, False), (1015, 1000, True), (1016, 1000, False), (0, 1000, False)],
)
def test_a_limit_itself_passes(registered: int, standard: int, passes: bool) -> None:
    assert Measured(2_000, registered, standard).within(MID) is passes


@given(st.integers(0, 10**9), volumes)
def test_a_flow_passes_as_its_error_says(registered: int, standard: int) -> None:
    found = Measured(2_000, registered, standard)
    assert found.within(MID) is (Fraction(-3, 2) <= found.error <= Fraction(3, 2))


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_what_was_typed_is_what_is_kept(registered: int, standard: int, gpm: int) -> None:
    said = f"{thousandths(registered)} of {thousandths(standard)} at {thousandths(gpm)} gpm"
    assert measured(said, MID) == Measured(gpm, registered, standard)
    assert milli(thousandths(registered)) == registered


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9.87 of 10", Measured(2_000, 9_870, 10_000)),
        ("1,000.5/1,000", Measured(2_000, 1_000_500, 1_000_000)),
        (" 10.1 OF 10 @ .5".replace(".5", "0.5"), Measured(500, 10_100, 10_000)),
        ("0 of 10", Measured(2_000, 0, 10_000)),
    ],
)
def test_volumes_as_people_type_them(text: str, found: Measured) -> None:
    assert measured(text, MID) == found


@pytest.mark.parametrize(
    "text", ["", "9.87", "9.8777 of 10", "9 of 0", "9 of 10 at 0", "-1 of 10", "٣ of 10", "1e3 of 2"]
)
def test_what_is_no_test_is_told(text: str) -> None:
    with pytest.raises(BadValue):
        measured(text, MID)


def test_bills_were_wrong_by_the_mean_of_mid_and_high() -> None:
    flows = {"low": Measured(250, 80, 100), "mid": Measured(2_000, 103, 100), "high": Measured(15_000, 102, 100)}
    assert billing_error(flows) == Fraction(5, 2)
    del flows["high"]
    assert billing_error(flows) is None


@given(st.integers(0, 10**8), st.integers(1, 400))
def test_a_refund_is_what_was_charged_less_what_the_true_use_costs(cents: int, tenths: int) -> None:
    error = Fraction(tenths, 10)
    true = Fraction(cents) / (1 + error / 100)
    assert abs(cents - true - overcharge(cents, error)) <= Fraction(1, 2)
    assert overcharge(cents, -error) == 0 == overcharge(cents, Fraction(0))


def test_figures_of_a_refund() -> None:
    assert overcharge(102_50, Fraction(5, 2)) == 2_50
    assert [percent(Fraction(n, 1000)) for n in (2346, -2345, 4, 0)] == ["+2.35 %", "-2.35 %", "0.00 %", "0.00 %"]

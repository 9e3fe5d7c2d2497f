"""Registers: reads truncated before subtracting, and the one judgement of rollover."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.errors import BadValue
from ubtui.domain.register import (
    BELOW,
    MOST_USE,
    OVER,
    RESTART,
    Register,
    Use,
    below,
    is_rollover,
    may_show,
    parse_multiplier,
    rolled,
)
from ubtui.domain.volume import Unit

FEET = Register(6, 0, Fraction(1), Unit.CF)
TENTHS = Register(5, 0, Fraction(1, 10), Unit.CCF)
REGISTERS = st.builds(
    Register,
    st.integers(3, 8),
    st.integers(0, 3),
    st.sampled_from([Fraction(1), Fraction(1, 10), Fraction(1, 100), Fraction(10)]),
    st.sampled_from(list(Unit)),
)


def test_a_read_is_truncated_before_it_is_subtracted() -> None:
    assert (FEET.billed(81_710, Unit.CCF), FEET.billed(82_999, Unit.CCF)) == (817, 829)
    assert FEET.usage(81_710, 82_999, Unit.CCF) == 12
    assert FEET.raw_usage(81_710, 82_999, Unit.CCF) == Fraction("12.89")


def test_the_rest_is_carried_by_the_read() -> None:
    assert [TENTHS.usage(0, 29, Unit.CCF), TENTHS.usage(29, 58, Unit.CCF)] == [2, 3]


@given(REGISTERS, st.integers(-(10**12), 10**15), st.sampled_from(list(Unit)))
def test_what_is_billed_is_the_floor_of_the_exact_volume(register: Register, value: int, unit: Unit) -> None:
    assert register.billed(value, unit) == floor(register.in_unit(value, unit))


def test_parts_of_an_exchange_are_added_raw() -> None:
    parts = TENTHS.raw_usage(0, 7, Unit.CCF) + TENTHS.raw_usage(0, 8, Unit.CCF)
    assert parts == Fraction("1.5")
    assert TENTHS.usage(0, 7, Unit.CCF) + TENTHS.usage(0, 8, Unit.CCF) == 0


@given(REGISTERS, st.lists(st.integers(0, 10**8), min_size=2, max_size=8), st.sampled_from(list(Unit)))
def test_bills_over_a_span_sum_to_the_span(register: Register, reads: list[int], unit: Unit) -> None:
    reads.sort()
    parts = [register.usage(a, b, unit) for a, b in itertools.pairwise(reads)]
    assert sum(parts) == register.usage(reads[0], reads[-1], unit)
    assert all(part >= 0 for part in parts)
    assert abs(register.raw_usage(reads[0], reads[-1], unit) - sum(parts)) < 1


@given(REGISTERS, st.data())
def test_a_rolled_counter_bills_what_passed(register: Register, data: st.DataObject) -> None:
    prev = data.draw(st.integers(0, register.limit - 1))
    value = data.draw(st.integers(0, prev))
    counts = rolled(prev, value, register.dials)
    assert counts == register.limit - prev + value > 0
    exact = register.in_unit(counts, Unit.GAL)
    assert register.raw_usage(prev, value, Unit.GAL, rolled=True) == exact
    assert abs(register.usage(prev, value, Unit.GAL, rolled=True) - exact) < 1


def test_a_value_below_the_last_is_negative_use_unless_rolled() -> None:
    assert FEET.usage(999_900, 300, Unit.CCF) == -9996
    assert FEET.usage(999_900, 300, Unit.CCF, rolled=True) == 4


@pytest.mark.parametrize(
    ("prev", "value", "use", "average", "estimate", "verdict"),
    [
        (9000, 1000, 30, 10, False, True),
        (8999, 1000, 30, 10, False, False),
        (9000, 1001, 30, 10, False, False),
        (9000, 1000, 31, 10, False, False),
        (9000, 1000, 30, 10, True, False),
        (9000, 1000, 30, None, False, False),
        (9000, 1000, Fraction(301, 10), Fraction(10), False, False),
    ],
)
def test_each_limit_of_rollover(
    prev: int, value: int, use: Fraction, average: Fraction | None, estimate: bool, verdict: bool
) -> None:
    assert is_rollover(prev, value, 4, use, average, estimate) is verdict


@pytest.mark.parametrize(
    ("prev", "value", "kind", "past_zero", "confirmed", "says"),
    [
        (100, 112, "regular", False, False, Use(12)),
        (100, 100, "regular", False, False, Use(0)),
        (None, 112, "regular", False, False, Use(None)),
        (100, None, "regular", False, False, Use(None)),
        (100, 99, "regular", False, False, Use(None, BELOW)),
        (100, 99, "regular", False, True, Use(0)),
        (999_999, 4, "regular", True, False, Use(5, None, True)),
        (999_999, 4, "regular", True, True, Use(5, None, True)),
        (4, 999_999, "regular", True, False, Use(999_995)),  # not below: zero was not passed after all
        (100, 112, "installation", False, False, Use(None)),
        (100, 99, "opening", False, False, Use(None)),
        (100, 99, "removal", False, False, Use(None, BELOW)),
    ],
)
def test_the_one_rule_of_use(
    prev: int | None, value: int | None, kind: str, past_zero: bool, confirmed: bool, says: Use
) -> None:
    register = Register(6, 0, Fraction(1), Unit.CCF)
    assert register.between(prev, value, Unit.CCF, kind, past_zero, confirmed) == says


def test_what_no_bill_can_hold_is_held() -> None:
    wide = Register(12, 0, Fraction(1), Unit.CCF)
    assert wide.between(0, MOST_USE, Unit.CCF) == Use(MOST_USE)
    assert wide.between(0, MOST_USE + 1, Unit.CCF, confirmed=True) == Use(None, OVER)


@given(
    REGISTERS, st.integers(0, 10**8), st.integers(0, 10**8), st.booleans(), st.booleans(),
    st.sampled_from(["regular", "final", *RESTART]), st.sampled_from(list(Unit)),
)  # fmt: skip
def test_a_use_is_never_negative_and_held_ones_have_none(
    register: Register, prev: int, value: int, past_zero: bool, confirmed: bool, kind: str, unit: Unit
) -> None:
    prev, value = prev % register.limit, value % register.limit
    found = register.between(prev, value, unit, kind, past_zero, confirmed)
    assert (found.hold is None) or found.units is None
    assert found.units is None or 0 <= found.units <= MOST_USE
    assert below(prev, value, kind) or not found.rolled
    if kind in RESTART:
        assert found == Use(None)


@pytest.mark.parametrize("parts", [(0, 0, 1), (13, 0, 1), (6, -1, 1), (6, 7, 1), (6, 0, 0)])
def test_an_impossible_register_is_refused(parts: tuple[int, int, int]) -> None:
    with pytest.raises(BadValue, match="Register"):
        Register(parts[0], parts[1], Fraction(parts[2]), Unit.CF)


@given(st.integers(1, 10**9 - 1), st.integers(1, 10**9 - 1))
def test_a_multiplier_is_read_exactly(num: int, den: int) -> None:
    times = Fraction(num, den)
    assert parse_multiplier(f" {times} ") == times
    assert parse_multiplier(f"0.{num:09d}") == Fraction(num, 10**9)


@pytest.mark.parametrize(
    "text",
    ["", "0", "1/0", "-1", "1e9", "1e999999999", "10**9", "1/3/4", "٣", "1234567890", "999999999.5"],
)
def test_what_is_no_multiplier_is_told_at_once(text: str) -> None:
    with pytest.raises(BadValue, match="write 10"):
        parse_multiplier(text)


@given(st.integers(3, 9), st.data())
def test_what_a_counter_went_through_it_may_have_shown(dials: int, data: st.DataObject) -> None:
    limit = 10**dials
    before = data.draw(st.integers(0, limit - 1))
    steps = [data.draw(st.integers(0, limit - 1)) for _ in range(2)]
    at, to = sorted(min(step, limit - 1) for step in steps)
    value, after = (before + at) % limit, (before + to) % limit
    assert may_show(before, value, after, dials)
    assert not may_show(before, limit, after, dials)
    if value != after and value != before:
        assert not may_show(value, before, after, dials), "it would have turned back"

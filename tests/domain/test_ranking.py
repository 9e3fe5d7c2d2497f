"""Priority: the base table, money in integers, lateness, lifts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.errors import BadValue
from ubtui.domain.ranking import BASE, money_points, priority

CODES = st.sampled_from(sorted(BASE))
COUNTS = {"R": 28, "B": 15, "P": 15, "A": 5, "C": 13, "M": 14, "Q": 4, "X": 6}


def test_every_code_of_the_catalogue_has_a_base_but_x05() -> None:
    catalogue = {f"{group}{n:02d}" for group, count in COUNTS.items() for n in range(1, count + 1)}
    assert set(BASE) == catalogue - {"X05"}


@pytest.mark.parametrize(
    ("code", "base"),
    [
        ("R13", 85),
        ("P02", 80),
        ("R23", 75),
        ("A05", 70),
        ("R04", 60),
        ("X03", 55),
        ("B15", 50),
        ("P15", 45),
        ("X04", 40),
        ("Q03", 30),
        ("M14", 30),
        ("C06", 85),
    ],
)
def test_some_bases(code: str, base: int) -> None:
    assert priority(code) == base


@pytest.mark.parametrize(
    ("cents", "points"),
    [
        (0, 0),
        (216, 0),
        (217, 1),
        (899, 1),
        (900, 2),
        (9_899, 3),
        (9_900, 4),
        (-9_900, 4),
        (9_999_900, 10),
        (10**12, 10),
    ],
)
def test_points_for_money_at_their_limits(cents: int, points: int) -> None:
    assert money_points(cents) == points


@given(CODES, st.integers(0, 10**11), st.integers(-50, 500))
def test_the_score_is_base_money_and_lateness_up_to_100(code: str, cents: int, late: int) -> None:
    score = priority(code, cents, late)
    assert score == min(100, BASE[code] + money_points(cents) + min(10, max(0, late)))
    assert BASE[code] <= score <= 100


@given(CODES, st.integers(0, 10**8), st.integers(0, 30), st.integers(-5, 9), st.integers(-5, 9))
def test_deadlines_lift_and_never_lower(code: str, cents: int, late: int, statute: int, bill: int) -> None:
    plain = priority(code, cents, late)
    assert priority(code, cents, late, statutory_within=statute) == max(plain, 95 if statute <= 2 else 0)
    assert priority(code, cents, late, held_bill_within=bill) == max(plain, 90 if bill <= 2 else 0)


def test_a_typed_item_has_the_base_a_person_gave() -> None:
    assert priority("X05", typed=33) == 33
    assert priority("X05", cents=9_900, days_past_due=3, typed=33) == 40
    assert priority("R13", typed=1) == 85
    for bad in (None, -1, 101):
        with pytest.raises(BadValue, match="type its priority"):
            priority("X05", typed=bad)
    with pytest.raises(BadValue, match="use a code"):
        priority("Z99")

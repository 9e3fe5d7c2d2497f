"""Instalments share a sum to the cent, a month apart whatever its length, and money pays the earliest first."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.errors import BadValue
from ubtui.domain.instalments import equal, later, monthly, unpaid

CENTS, COUNT = st.integers(60, 10_000_000), st.integers(1, 60)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(CENTS, COUNT)
def test_shares_sum_to_the_cent(cents: int, count: int) -> None:
    shares = equal(cents, count)
    assert sum(shares) == cents and len(shares) == count
    assert shares == sorted(shares, reverse=True) and shares[0] - shares[-1] <= 1


@given(DAYS, st.integers(0, 400))
def test_a_month_later_is_the_same_day_or_the_months_last(day: date, months: int) -> None:
    found = later(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


@given(CENTS, COUNT, DAYS, st.integers(1, 12))
def test_days_follow_each_other(cents: int, count: int, first: date, months: int) -> None:
    days = [day for day, _ in monthly(cents, count, first, months)]
    assert days[0] == first and days == sorted(set(days))


@given(CENTS, COUNT, DAYS, st.integers(-100, 10_000_000))
def test_money_pays_the_earliest_first(cents: int, count: int, first: date, paid: int) -> None:
    plan = monthly(cents, count, first)
    found = unpaid(plan, paid)
    if found is None:
        assert paid >= cents
        return
    n, day, lacks = found
    before = sum(share for _, share in plan[: n - 1])
    assert before <= max(paid, 0) < before + plan[n - 1][1] and day == plan[n - 1][0]
    assert max(paid, 0) + lacks == before + plan[n - 1][1]


@pytest.mark.parametrize(("cents", "count"), [(5, 0), (5, 6), (0, 1)])
def test_less_than_a_cent_is_no_instalment(cents: int, count: int) -> None:
    with pytest.raises(BadValue, match="at least a cent"):
        equal(cents, count)

"""A promise as it is typed on the phone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.duties import MONTHS, due_days
from ubtui.domain.errors import BadValue
from ubtui.domain.promise import near_day, parse_promise

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "day", "cents"),
    [
        ("fri 120", date(2026, 11, 27), 120_00),
        ("Friday", date(2026, 11, 27), None),
        ("mon", date(2026, 11, 30), None),
        ("+7 $88.50", date(2026, 11, 30), 88_50),
        ("+0", MONDAY, None),
        ("today", MONDAY, None),
        ("tomorrow 1,200.00", date(2026, 11, 24), 1_200_00),
        ("12/4", date(2026, 12, 4), None),
        ("1/4", date(2027, 1, 4), None),
        ("11/23", MONDAY, None),
        ("2026-12-04 5", date(2026, 12, 4), 5_00),
    ],
)
def test_it_is_read_the_short_way(text: str, day: date, cents: int | None) -> None:
    assert parse_promise(text, MONDAY) == (day, cents)


@pytest.mark.parametrize(
    "text", ["", "2026-11-22", "+401", "13/1", "2/30", "soon", "fri -5", "fri 0", "fri five", "2028-01-01", "120.00"]
)
def test_what_is_no_promise_is_said(text: str) -> None:
    with pytest.raises(BadValue):
        parse_promise(text, MONDAY)


@given(st.dates(date(2010, 1, 1), date(2039, 1, 1)), st.integers(0, 6))
def test_a_weekday_is_the_next_one_after_today(today: date, weekday: int) -> None:
    day = near_day(("mon", "tue", "wed", "thu", "fri", "sat", "sun")[weekday], today)
    assert day.weekday() == weekday and 1 <= (day - today).days <= 7


def test_a_leap_day_waits_for_its_year_or_is_too_far() -> None:
    assert near_day("2/29", date(2027, 6, 1)) == date(2028, 2, 29)
    with pytest.raises(BadValue, match="days ahead"):
        near_day("2/29", date(2025, 3, 1))


@given(
    st.sampled_from(sorted(MONTHS)), st.integers(1, 12), st.integers(1, 31),
    st.dates(date(2012, 1, 1), date(2030, 1, 1)), st.integers(0, 1500),
)  # fmt: skip
def test_a_duty_falls_due_once_in_each_of_its_months(every: str, month: int, day: int, first: date, span: int) -> None:
    last = first + timedelta(days=span)
    found = list(due_days(every, month, day, first, last))  # type: ignore[arg-type]
    step = MONTHS[every]  # type: ignore[index]
    expected = []
    here = first.replace(day=1)
    while here <= last:
        after = (here + timedelta(days=31)).replace(day=1)
        end = after - timedelta(days=1)
        if (here.month - month) % step == 0:
            due = min(end, here + timedelta(days=day - 1))
            expected += [due] if first <= due <= last else []
        here = after
    assert found == expected

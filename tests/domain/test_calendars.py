"""Business days, and the seeded holidays against lists made by others."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.calendars import SEEDS, Calendar, seed
from ubtui.domain.errors import BadValue

LISTS = Path(__file__).parents[3] / "shared/data/reference/holidays_2018_2025.json"
NAMES = st.sampled_from(SEEDS)
INSIDE = st.dates(date(2012, 1, 1), date(2038, 12, 31))


@given(NAMES, INSIDE, st.integers(0, 300))
def test_between_counts_the_working_days_one_by_one(name: str, day: date, span: int) -> None:
    calendar, end = seed(name), day + timedelta(days=span)
    counted = sum(calendar.is_business(day + timedelta(days=i)) for i in range(1, span + 1))
    assert calendar.between(day, end) == counted
    assert calendar.between(end, day) == -counted


@given(NAMES, INSIDE, st.integers(1, 60))
def test_adding_lands_on_the_nth_working_day(name: str, day: date, n: int) -> None:
    calendar = seed(name)
    after, before = calendar.add(day, n), calendar.add(day, -n)
    assert calendar.is_business(after) and calendar.between(day, after) == n
    assert calendar.is_business(before) and calendar.between(before - timedelta(days=1), day - timedelta(days=1)) == n
    assert calendar.add(day, 0) == day


@given(NAMES, INSIDE)
def test_next_business_rolls_forward_and_stays_where_it_may(name: str, day: date) -> None:
    calendar = seed(name)
    rolled = calendar.next_business(day)
    assert calendar.is_business(rolled)
    assert not any(calendar.is_business(day + timedelta(days=i)) for i in range((rolled - day).days))


def test_nothing_is_said_outside_the_seeded_years() -> None:
    office = seed("OFFICE")
    last, outside = date(2040, 12, 31), date(2041, 1, 1)
    assert office.is_business(last)
    for ask in (
        lambda: office.is_business(outside),
        lambda: office.add(last, 1),
        lambda: office.add(date(2010, 1, 1), -1),
        lambda: office.between(last, outside),
        lambda: office.next_business(date(2009, 12, 31)),
    ):
        with pytest.raises(BadValue, match="calendar OFFICE, 2010 to 2040: add the year's holidays"):
            ask()


def test_an_unknown_seed_names_the_known() -> None:
    with pytest.raises(BadValue, match="OFFICE, LEGAL, BANK"):
        seed("MOON")


def test_a_district_s_own_list_decides() -> None:
    own = Calendar("OWN", {date(2026, 11, 23): "Founders' Day"}, 2026, 2026)
    assert not own.is_business(date(2026, 11, 23))
    assert own.add(date(2026, 11, 20), 1) == date(2026, 11, 24)
    assert own.is_business(date(2026, 11, 26))


def test_november_2026() -> None:
    office = seed("OFFICE")
    assert [d.day for d in sorted(office.holidays) if (d.year, d.month) == (2026, 11)] == [11, 26, 27]
    assert office.add(date(2026, 11, 23), 3) == date(2026, 11, 30)
    assert seed("BANK").add(date(2026, 11, 23), 3) == date(2026, 11, 27)


def test_weekend_holidays() -> None:
    for name in SEEDS:
        calendar = seed(name)
        assert calendar.is_business(date(2026, 7, 3)), "4 July 2026 is a Saturday: the Friday is not given"
        assert not calendar.is_business(date(2027, 7, 5)), "4 July 2027 is a Sunday: the Monday is"
    assert [seed(name).is_business(date(2028, 11, 10)) for name in SEEDS] == [False, False, True]
    assert not seed("BANK").is_business(date(2023, 1, 2))
    assert not seed("BANK").is_business(date(2012, 1, 2))


def test_law_days_that_offices_work() -> None:
    for day in ("2026-02-12", "2026-09-09", "2026-10-12", "2026-04-24"):
        assert not seed("LEGAL").is_business(date.fromisoformat(day))
        assert seed("OFFICE").is_business(date.fromisoformat(day))
    assert seed("LEGAL").is_business(date(2026, 11, 27)), "the day after Thanksgiving is the offices' own"


def _listed(name: str) -> dict[date, str]:
    if not LISTS.exists():
        pytest.skip(f"no holiday lists at {LISTS}")
    return {date.fromisoformat(day): title for day, title in json.loads(LISTS.read_text())[name].items()}


def _weekdays(days: object, years: range) -> set[date]:
    return {d for d in days if d.weekday() < 5 and d.year in years}  # type: ignore[attr-defined]


def test_bank_holidays_agree_with_the_published_list() -> None:
    """The list moves Saturday holidays to Friday; the Federal Reserve does not."""
    years = range(2018, 2026)
    listed, ours = _listed("workalendar_federal_reserve"), _weekdays(seed("BANK").holidays, years)
    fridays = {d for d, title in listed.items() if d.weekday() == 4 and "(Observed)" in title}
    assert _weekdays(listed, years) - fridays == ours


def test_office_holidays_agree_with_the_published_lists() -> None:
    years = range(2018, 2026)
    listed = _listed("workalendar_california") | _listed("us_california")
    ours = _weekdays(seed("OFFICE").holidays, years)
    assert ours <= _weekdays(listed, years)
    left_out = {listed[d] for d in _weekdays(listed, years) - ours}
    allowed = ("Susan B. Anthony", "(observed)", "(Observed)")
    assert all(any(word in title for word in allowed) for title in left_out), left_out
    assert not any("Veterans" in title for title in left_out)

"""Reads find the period of their cycle, by the nearest read day and within its window."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ubtui.domain.periods import ReadCycle

MONTHLY = ReadCycle("M", 1, 1, 20, 25)
EVEN = ReadCycle("B2", 2, 2, 20, 25)
EARLY = ReadCycle("E", 1, 1, 25, 5)


@pytest.mark.parametrize(
    ("cycle", "day", "period"),
    [
        (EVEN, "2026-10-20", "B2/2026-10"),
        (EVEN, "2026-10-01", "B2/2026-10"),
        (EVEN, "2026-09-30", "B2/2026-10"),
        (EVEN, "2026-09-29", None),
        (EVEN, "2026-11-09", "B2/2026-10"),
        (EVEN, "2026-11-10", None),
        (EVEN, "2027-01-01", "B2/2026-12"),
        (MONTHLY, "2026-02-28", "M/2026-02"),
        (MONTHLY, "2026-03-04", "M/2026-02"),
        (MONTHLY, "2026-12-31", "M/2026-12"),
        (MONTHLY, "2027-01-05", "M/2027-01"),
        (EARLY, "2026-12-25", "E/2027-01"),
        (EARLY, "2026-12-31", "E/2027-01"),
    ],
)
def test_the_period_of_a_read(cycle: ReadCycle, day: str, period: str | None) -> None:
    assert cycle.period_of(date.fromisoformat(day)) == period


@pytest.mark.parametrize("cycle", [MONTHLY, EVEN, EARLY, ReadCycle("Q", 3, 3, 1, 5), ReadCycle("Y", 12, 6, 28, 28)])
def test_periods_follow_one_another(cycle: ReadCycle) -> None:
    days = [date(2024, 1, 1) + timedelta(n) for n in range(1500)]
    periods = [p for p in map(cycle.period_of, days) if p]
    assert periods == sorted(periods)
    assert len(set(periods)) >= 48 // cycle.months


@pytest.mark.parametrize("cycle", [MONTHLY, EVEN, EARLY, ReadCycle("Q", 3, 3, 1, 5), ReadCycle("Y", 12, 6, 28, 28)])
def test_an_open_window_is_the_newest_or_the_coming_one_and_between_two_there_is_none(cycle: ReadCycle) -> None:
    for day in (date(2024, 1, 1) + timedelta(n) for n in range(1500)):
        before, after = cycle.newest(day), cycle.coming(day)
        near = [each for each in (before, after) if abs((each[1] - day).days) <= cycle.window]
        assert cycle.open_on(day) == min(near, key=lambda each: abs((each[1] - day).days), default=None)

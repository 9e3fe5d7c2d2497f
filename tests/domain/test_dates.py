"""Days, periods, instants and clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.dates import (
    Clock,
    FixedDayClock,
    FrozenClock,
    LiveClock,
    format_day,
    format_instant,
    local,
    parse_day,
    parse_instant,
    period,
)
from ubtui.domain.errors import BadValue

PACIFIC = ZoneInfo("America/Los_Angeles")
DAYS = st.dates(date(1970, 1, 1), date(2090, 12, 31))
MOMENTS = st.datetimes(datetime(1970, 1, 3), datetime(2090, 12, 31), timezones=st.sampled_from([UTC, PACIFIC]))


def test_periods() -> None:
    assert period("B2", date(2026, 11, 23)) == "B2/2026-11"


@given(DAYS)
def test_a_day_reads_back(day: date) -> None:
    assert parse_day(f" {day.isoformat()} ") == day


@pytest.mark.parametrize(
    "text",
    ["", "11/23/2026", "2026-02-29", "20261123", "2026-W48-1", "2026-1-3", "２０２６-11-23", "0000-01-01", "today"],
)
def test_other_spellings_of_a_day_are_refused(text: str) -> None:
    with pytest.raises(BadValue, match="type year-month-day"):
        parse_day(text)


def test_a_near_day_is_short() -> None:
    today = date(2026, 11, 23)
    assert format_day(today, today) == "Nov 23"
    assert format_day(today - timedelta(days=180), today) == "May 27"
    assert format_day(today - timedelta(days=181), today) == "2026-05-26"
    assert format_day(date(2027, 1, 3), today) == "Jan 3"
    assert format_day(date(2027, 11, 23), today) == "2027-11-23"


@given(MOMENTS)
def test_an_instant_reads_back_and_sorts_as_text(moment: datetime) -> None:
    text = format_instant(moment)
    assert parse_instant(text) == moment.astimezone(UTC)
    assert text < format_instant(moment.astimezone(UTC) + timedelta(microseconds=1))


@pytest.mark.parametrize(
    "text", ["2026-11-23", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00.000000+00:00", "2026-13-23T10:00:00.000000Z"]
)
def test_other_spellings_of_an_instant_are_refused(text: str) -> None:
    with pytest.raises(BadValue, match="Instant"):
        parse_instant(text)


def test_an_instant_needs_a_zone() -> None:
    with pytest.raises(BadValue, match="no time zone"):
        format_instant(datetime(2026, 11, 23))


def test_the_live_day_is_the_district_s() -> None:
    late = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    clock: Clock = LiveClock(PACIFIC, lambda: late)
    assert clock.today() == date(2026, 10, 31)
    assert clock.now() == "2026-11-01T06:30:00.000000Z"
    with pytest.raises(BadValue, match="no time zone"):
        LiveClock(PACIFIC, lambda: datetime(2026, 1, 1)).today()


@given(MOMENTS, DAYS)
def test_a_kept_day_has_the_real_time_of_day(moment: datetime, day: date) -> None:
    clock: Clock = FixedDayClock(day, lambda: moment)
    assert clock.today() == day
    shown = parse_instant(clock.now()).astimezone(moment.tzinfo)
    if moment.tzinfo is UTC:
        assert (shown.date(), shown.time()) == (day, moment.time())
    else:
        assert abs(shown.replace(tzinfo=None) - datetime.combine(day, moment.time())) <= timedelta(hours=1)


def test_a_kept_evening_stays_on_its_day() -> None:
    evening = datetime(2026, 8, 1, 20, 15, tzinfo=timezone(timedelta(hours=-8)))
    clock = FixedDayClock(date(2026, 11, 23), lambda: evening)
    assert (clock.today(), clock.now()) == (date(2026, 11, 23), "2026-11-24T04:15:00.000000Z")


def test_an_instant_is_shown_by_the_clock_on_the_wall() -> None:
    evening = local("2026-11-24T04:15:00.000000Z", "America/Los_Angeles")
    assert f"{evening:%Y-%m-%d %H:%M}" == "2026-11-23 20:15"
    assert f"{local('2026-07-01T06:59:00.000000Z', 'America/Los_Angeles'):%Y-%m-%d %H:%M}" == "2026-06-30 23:59"


def test_a_frozen_clock_stands() -> None:
    clock: Clock = FrozenClock(date(2026, 11, 23), "2026-11-23T16:00:00.000000Z")
    assert (clock.today(), clock.now()) == (date(2026, 11, 23), "2026-11-23T16:00:00.000000Z")

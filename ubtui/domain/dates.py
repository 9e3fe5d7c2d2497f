"""Days, periods, instants, and the clocks that alone may say what day it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from ubtui.domain.errors import BadValue

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_INSTANT_FORMAT = "%Y-%m-%dT%H:%M:%S.%f%z"
_NEAR_DAYS = 180


def period(cycle: str, day: date) -> str:
    """The period of a cycle by its bill date: `B2/2026-11`."""
    return f"{cycle}/{day.year:04d}-{day.month:02d}"


def parse_day(text: str) -> date:
    """Read an ISO day, `2026-11-23`, and no other spelling."""
    if _DAY.fullmatch(text.strip()):
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            pass
    raise BadValue(f"Day {text[:40]!r} is not a day of the calendar: type year-month-day, as 2026-11-23.")


def format_day(day: date, today: date) -> str:
    """Write a day short, `Nov 23`, within 180 days of today, else in ISO."""
    near = abs((day - today).days) <= _NEAR_DAYS
    return f"{_MONTHS[day.month - 1]} {day.day}" if near else day.isoformat()


def parse_instant(text: str) -> datetime:
    """Read an instant in its one spelling, `2026-11-23T16:04:05.000000Z`."""
    if _INSTANT.fullmatch(text):
        try:
            return datetime.strptime(text, _INSTANT_FORMAT)
        except ValueError:
            pass
    raise BadValue(f"Instant {text[:40]!r} is not UTC as 2026-11-23T16:04:05.000000Z.")


def format_instant(moment: datetime) -> str:
    """Write an instant, whatever its zone, in UTC with microseconds."""
    if moment.tzinfo is None:
        raise BadValue(f"Instant {moment.isoformat()} has no time zone: give the zone it was read in.")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def local(instant: str, zone: str) -> datetime:
    """An instant of the record by the clock of a time zone, as it is shown; the record itself keeps UTC."""
    return parse_instant(instant).astimezone(ZoneInfo(zone))


class Clock(Protocol):
    """Where the desk's business day and instant come from; nothing else may ask the machine."""

    def today(self) -> date:
        """The business day."""
        ...

    def now(self) -> str:
        """The instant, as `format_instant` writes it."""
        ...


class FixedDayClock(NamedTuple):
    """A kept business day with the real time of day, for sample and training districts.

    `real_time` returns the present in the district's zone.
    """

    day: date
    real_time: Callable[[], datetime]

    def today(self) -> date:
        """The kept day."""
        return self.day

    def now(self) -> str:
        """The kept day at the real time of day, in UTC."""
        real = self.real_time()
        return format_instant(datetime.combine(self.day, real.time(), tzinfo=real.tzinfo))


class LiveClock:
    """The real day and instant of a live district, in its time zone; `now` returns an aware present."""

    __slots__ = ("_now", "_zone")

    def __init__(self, zone: tzinfo, now: Callable[[], datetime]) -> None:
        self._zone, self._now = zone, now

    def today(self) -> date:
        """The day in the district's zone."""
        moment = self._now()
        if moment.tzinfo is None:
            raise BadValue("The present has no time zone: read it as an instant of UTC.")
        return moment.astimezone(self._zone).date()

    def now(self) -> str:
        """The present instant."""
        return format_instant(self._now())


class FrozenClock(NamedTuple):
    """A day and an instant that do not move."""

    day: date
    instant: str

    def today(self) -> date:
        """The day."""
        return self.day

    def now(self) -> str:
        """The instant."""
        return self.instant

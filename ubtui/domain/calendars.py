"""Business calendars, and the holidays of California offices, California law and the banks by rule."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, cached_property
from types import MappingProxyType

from ubtui.domain.errors import BadValue

SEEDS = ("OFFICE", "LEGAL", "BANK")
FIRST_YEAR, LAST_YEAR = 2010, 2040
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True)
class Calendar:
    """The business days of an office: weekdays that are not its holidays, within its seeded years.

    A day outside the years raises BadValue, so that a computed deadline never runs past what is known.
    """

    name: str
    holidays: Mapping[date, str] = field(hash=False)
    first_year: int
    last_year: int

    @cached_property
    def _business(self) -> list[int]:
        first, last = date(self.first_year, 1, 1).toordinal(), date(self.last_year, 12, 31).toordinal()
        closed = {day.toordinal() for day in self.holidays}
        return [n for n in range(first, last + 1) if (n - 1) % 7 < _SATURDAY and n not in closed]

    def _known(self, day: date) -> int:
        if not self.first_year <= day.year <= self.last_year:
            raise BadValue(
                f"Day {day} is outside calendar {self.name}, {self.first_year} to {self.last_year}: "
                "add the year's holidays first."
            )
        return day.toordinal()

    def is_business(self, day: date) -> bool:
        """Whether the office works on the day."""
        self._known(day)
        return day.weekday() < _SATURDAY and day not in self.holidays

    def add(self, day: date, n: int) -> date:
        """The n-th business day after `day` (before it, if n is negative); 0 gives the day itself."""
        known = self._known(day)
        if n == 0:
            return day
        days = self._business
        place = bisect_right(days, known) + n - 1 if n > 0 else bisect_left(days, known) + n
        if not 0 <= place < len(days):
            raise BadValue(
                f"{n} business days from {day} leave calendar {self.name}, "
                f"{self.first_year} to {self.last_year}: add the year's holidays first."
            )
        return date.fromordinal(days[place])

    def between(self, a: date, b: date) -> int:
        """Business days after `a` up to and with `b`; negative where b is before a."""
        start, end = self._known(a), self._known(b)
        return bisect_right(self._business, end) - bisect_right(self._business, start)

    def next_business(self, day: date) -> date:
        """The day itself if the office works on it, else the next day on which it does."""
        return day if self.is_business(day) else self.add(day, 1)


@cache
def seed(name: str) -> Calendar:
    """A default calendar for 2010 to 2040; the district's own list, once edited, decides.

    OFFICE: state holidays as offices keep them (GC 19853 with Juneteenth). LEGAL: the holidays of
    GC 6700-6701 that follow a rule of the solar calendar. BANK: Federal Reserve holidays.
    """
    rules = {"OFFICE": _office, "LEGAL": _legal, "BANK": _bank}
    if name not in rules:
        raise BadValue(f"Calendar {name[:40]!r} has no seed: use one of {', '.join(SEEDS)}.")
    holidays: dict[date, str] = {}
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for day, title in rules[name](year):
            holidays[day] = f"{holidays[day]}; {title}" if day in holidays else title
    return Calendar(name, MappingProxyType(dict(sorted(holidays.items()))), FIRST_YEAR, LAST_YEAR)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th weekday (Monday 0) of a month; n = -1 is the last."""
    if n < 0:
        end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _common(year: int) -> list[tuple[date, str]]:
    return [
        (date(year, 1, 1), "New Year's Day"),
        (_nth(year, 1, 0, 3), "Martin Luther King Jr. Day"),
        (_nth(year, 2, 0, 3), "Presidents' Day"),
        (_nth(year, 5, 0, -1), "Memorial Day"),
        (date(year, 7, 4), "Independence Day"),
        (_nth(year, 9, 0, 1), "Labor Day"),
        (date(year, 11, 11), "Veterans Day"),
        (_nth(year, 11, 3, 4), "Thanksgiving Day"),
        (date(year, 12, 25), "Christmas Day"),
    ]


def _observed(days: list[tuple[date, str]], veterans_friday: bool) -> list[tuple[date, str]]:
    """Add the Monday after a Sunday holiday and, in California, the Friday before a Saturday Veterans Day."""
    moved = []
    for day, title in days:
        if day.weekday() == _SUNDAY:
            moved.append((day + timedelta(days=1), f"{title} (observed)"))
        elif day.weekday() == _SATURDAY and veterans_friday and title == "Veterans Day":
            moved.append((day - timedelta(days=1), f"{title} (observed)"))
    return days + moved


def _juneteenth(year: int, since: int) -> list[tuple[date, str]]:
    return [(date(year, 6, 19), "Juneteenth")] if year >= since else []


def _office(year: int) -> list[tuple[date, str]]:
    days = _common(year) + _juneteenth(year, 2022)
    days.append((date(year, 3, 31), "Cesar Chavez Day"))
    days.append((_nth(year, 11, 3, 4) + timedelta(days=1), "Day after Thanksgiving"))
    return _observed(days, veterans_friday=True)


def _legal(year: int) -> list[tuple[date, str]]:
    days = _common(year) + _juneteenth(year, 2023)
    days += [
        (date(year, 2, 12), "Lincoln Day"),
        (date(year, 3, 31), "Cesar Chavez Day"),
        (date(year, 9, 9), "Admission Day"),
        (_nth(year, 9, 4, 4), "Native American Day"),
        (_nth(year, 10, 0, 2), "Columbus Day"),
    ]
    if year >= 2023:
        days.append((date(year, 4, 24), "Genocide Remembrance Day"))
    return _observed(days, veterans_friday=True)


def _bank(year: int) -> list[tuple[date, str]]:
    days = _common(year) + _juneteenth(year, 2022)
    days.append((_nth(year, 10, 0, 2), "Columbus Day"))
    return _observed(days, veterans_friday=False)

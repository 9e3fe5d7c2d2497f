"""When the sample's cycles were read, billed and due: windows back from a day, by the district's own settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from ubtui.domain.calendars import seed
from ubtui.domain.dates import period
from ubtui.settings import Cycle, District

LAST_DAY = 28
READ_DAYS = 2
"""Business days that a cycle's routes take, one after another."""


@dataclass(frozen=True)
class Window:
    """One read window of a cycle: its period, the days its routes are read, and its bill's days."""

    period: str
    reads: tuple[date, ...]
    bill_on: date
    mailed_on: date
    due_on: date
    billed: bool


@dataclass(frozen=True)
class Almanac:
    """The windows of every cycle, oldest first, and which cycle waits for its bill run."""

    today: date
    windows: dict[str, tuple[Window, ...]]
    a_year: dict[str, int]
    unbilled: str


@lru_cache(maxsize=50_000)
def business_day(day: date, after: int = 0) -> date:
    """The first business day of the office from `day` on, or the `after`-th one behind that."""
    return seed("OFFICE").add(day - timedelta(days=1), 1 + after)


def office_day(today: date, back: int) -> date:
    """The latest day after which `back` office days have gone by until today."""
    day = today
    while seed("OFFICE").between(day, today) < back:
        day -= timedelta(days=1)
    return day


def almanac(district: District, today: date, years: int) -> Almanac:
    """Read windows that closed by `today`: of each cycle `years` years of periods, the year's first once more, and
    the read they start from. The newest window of the longer cycle read last waits for its bill run."""
    made = {cycle.code: _windows(cycle, today, years * 12 // cycle.months + 2) for cycle in district.cycles}
    longest = max(cycle.months for cycle in district.cycles)
    waits = [cycle.code for cycle in district.cycles if cycle.months == longest]
    unbilled = max(waits, key=lambda code: (made[code][-1].reads[-1], code))
    made[unbilled] = (*made[unbilled][:-1], replace(made[unbilled][-1], billed=False))
    return Almanac(today, made, {cycle.code: 12 // cycle.months for cycle in district.cycles}, unbilled)


def read_day(today: date) -> tuple[int, int]:
    """Read day and bill day of the longer cycles: one of them was read by yesterday and waits for its bill run."""
    for back in range(6, 16):
        day = today - timedelta(days=back)
        if day.day <= LAST_DAY and business_day(day + timedelta(days=1), READ_DAYS) < today:
            return day.day, min(LAST_DAY, day.day + 8)
    raise AssertionError(f"no three office days in the fortnight before {today}")


def _windows(cycle: Cycle, today: date, count: int) -> tuple[Window, ...]:
    found: list[Window] = []
    year, month = today.year, today.month
    while len(found) < count:
        if (month - cycle.first_month) % cycle.months == 0:
            window = _window(cycle, year, month, today)
            if window.reads[-1] <= today:
                found.append(window)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return tuple(reversed(found))


def _window(cycle: Cycle, year: int, month: int, today: date) -> Window:
    first = date(year, month, cycle.read_day)
    reads = tuple(business_day(first, n) for n in range(READ_DAYS))
    bill_on = business_day(max(date(year, month, cycle.bill_day), reads[-1] + timedelta(days=1)))
    mailed_on = business_day(bill_on, 1)
    return Window(
        period(cycle.code, date(year, month, cycle.bill_day)),
        reads,
        bill_on,
        mailed_on,
        bill_on + timedelta(days=cycle.due_days),
        mailed_on <= today,
    )

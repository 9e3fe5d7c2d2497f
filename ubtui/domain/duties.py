"""The days on which a district's recurring duties fall due."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import Final, Literal

Every = Literal["month", "quarter", "half-year", "year"]
MONTHS: Final[dict[Every, int]] = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
LAST_DAY: Final = 31


def due_days(every: Every, month: int, day: int, first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last`, both included, on which a duty falls due.

    `month` is any month in which it does (1 to 12), `day` its day of the month; a month that is shorter has its
    last day, so that 31 means the end of every month.
    """
    n = first.year * 12 + first.month - 1
    while (n % 12 + 1 - month) % MONTHS[every]:
        n += 1
    while n <= last.year * 12 + last.month - 1:
        year, here = divmod(n, 12)
        found = date(year, here + 1, min(day, monthrange(year, here + 1)[1]))
        if first <= found <= last:
            yield found
        n += MONTHS[every]

"""The district's own calendars as the record keeps them: holidays that the office entered, not those of a rule."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from ubtui.db.session import Session
from ubtui.domain.calendars import Calendar


def office(db: Session, a: date, b: date) -> Calendar:
    """The office's calendar over the years of these days, and a year more on either side."""
    first, last = max(a.year - 1, date.min.year), min(b.year + 1, date.max.year)
    days = db.rows(
        "SELECT day FROM calendar_day WHERE calendar = 'OFFICE' AND day BETWEEN ? AND ? ORDER BY day",
        [f"{first}-01-01", f"{last}-12-31"],
    )
    return _calendar(tuple(row[0] for row in days), first, last)


@lru_cache(maxsize=64)
def _calendar(holidays: tuple[str, ...], first: int, last: int) -> Calendar:
    return Calendar("OFFICE", {date.fromisoformat(day): "" for day in holidays}, first, last)

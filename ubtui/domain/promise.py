"""A promise as it is typed on the phone: a day named the short way, and money where money was promised."""

from __future__ import annotations

import re
from datetime import date, timedelta

from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.money import parse_money

FURTHEST_DAYS = 400
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
_DAYS_ON = re.compile(r"\+([0-9]{1,3})")


def parse_promise(text: str, today: date) -> tuple[date, int | None]:
    """Day and cents of `fri 120`, `+7`, `12/4 88.50`, `tomorrow` or `2026-12-04`; money in dollars, None without.

    A weekday is the next one after today, a month and day the next such day. BadValue for a day that is past or
    more than 400 days ahead, and for money that is none.
    """
    word, _, money = text.strip().partition(" ")
    day = near_day(word, today)
    cents = parse_money(money.strip().removeprefix("$")) if money.strip() else None
    if cents is not None and cents <= 0:
        raise BadValue(f"Promised {money.strip()[:20]!r}: type an amount above zero, or none.")
    return day, cents


def near_day(word: str, today: date) -> date:
    """The day that a short word names, today or later."""
    plain = word.strip().casefold()
    if plain in ("today", "tomorrow"):
        return today + timedelta(days=int(plain == "tomorrow"))
    if plain[:3] in _WEEKDAYS and plain.isalpha():
        ahead = (_WEEKDAYS.index(plain[:3]) - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    if found := _DAYS_ON.fullmatch(plain):
        day = today + timedelta(days=int(found[1]))
    elif found := _MONTH_DAY.fullmatch(plain):
        day = _next(int(found[1]), int(found[2]), today)
    else:
        try:
            day = parse_day(plain)
        except BadValue:
            raise BadValue(f"Day {word[:20]!r} is none: type fri, +7, 12/4, tomorrow or 2026-12-04.") from None
    if day < today:
        raise BadValue(f"{day} is past: a promise lies ahead.")
    if (day - today).days > FURTHEST_DAYS:
        raise BadValue(f"{day} is more than {FURTHEST_DAYS} days ahead: name a nearer day.")
    return day


def _next(month: int, day: int, today: date) -> date:
    """The next day of that month and day, today among them; in a leap year where it needs one."""
    for year in range(today.year, today.year + 9):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    raise BadValue(f"{month}/{day} is no day of the calendar: type month/day, as 12/4.")

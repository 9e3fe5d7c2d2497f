"""Estimates: what a meter that nobody could read has used, and how the next read puts it right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Final, Literal, NamedTuple, get_args

Method = Literal["last-year", "recent", "class"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)
"""In the order in which they are tried: the same period a year before, the last actual reads, customers alike."""
RECENT: Final = 3
"""Actual reads whose mean the second method takes, or fewer where there are no more."""
YEARS: Final = 3
"""Years that the first method goes back to find a period that was read."""
ALIKE: Final = 3
"""Meters of the class that must be read in the period before their mean tells anything of another one."""


class Past(NamedTuple):
    """A read that was: its use in billing units over `days`; `actual` where somebody read the meter."""

    period: str
    use: int
    days: int
    actual: bool


class Alike(NamedTuple):
    """Customers of one class who were read in the period: how many, their use together, over their days together."""

    meters: int
    use: int
    days: int


class Guessed(NamedTuple):
    """A use in whole billing units, by which method, and what it rests on, in words."""

    use: int
    method: Method
    basis: str


def guess(
    past: Sequence[Past],
    period: str,
    days: int,
    ratio: Fraction,
    alike: Alike | None,
    methods: Iterable[Method] = METHODS,
) -> Guessed | str:
    """The use of `days` that ended in `period`, by the first method that can tell; else why none can.

    Same period a year before, moved by `ratio` (the cycle's use against last year's; of older years none is known);
    mean of the last actual reads; mean of the class in the period. Each by the day, exactly, rounded once, a half up.
    The order is that of Oracle Utilities' estimation; an estimate is never made of estimates.
    """
    no = []
    for method in methods:
        found = _TELLS[method](past, period, days, ratio, alike)
        if not isinstance(found, str):
            use, basis = found
            return Guessed(_whole(use), method, basis)
        no.append(found)
    return "; ".join(no)


def _last_year(
    past: Sequence[Past], period: str, days: int, ratio: Fraction, alike: Alike | None
) -> tuple[Fraction, str] | str:
    for years in range(1, YEARS + 1):
        wanted = before(period, years)
        then = [each for each in past if each.period == wanted]
        span = sum(each.days for each in then)
        if span > 0 and all(each.actual for each in then):
            moved = ratio if years == 1 else Fraction(1)
            use = sum(each.use for each in then)
            mille = _whole(moved * 1000)
            told = f" × {mille // 1000}.{mille % 1000:03d} of the cycle" if moved != 1 else ""
            return Fraction(use * days, span) * moved, f"{use:,} in {span} days of {wanted}{told}"
    return f"{before(period, 1) or period} was not read, nor the years before"


def _recent(
    past: Sequence[Past], period: str, days: int, ratio: Fraction, alike: Alike | None
) -> tuple[Fraction, str] | str:
    last = [each for each in past if each.actual and each.days > 0][-RECENT:]
    if not last:
        return "no actual read with a use stands before"
    use, span = sum(each.use for each in last), sum(each.days for each in last)
    return Fraction(use * days, span), f"{use:,} in {span} days of the last {len(last)} actual reads"


def _class(
    past: Sequence[Past], period: str, days: int, ratio: Fraction, alike: Alike | None
) -> tuple[Fraction, str] | str:
    if alike is None or alike.meters < ALIKE or alike.days <= 0:
        return f"fewer than {ALIKE} meters of its class were read in {period}"
    told = f"{alike.use:,} in {alike.days:,} days of {alike.meters:,} meters of its class"
    return Fraction(alike.use * days, alike.days), told


_TELLS: Final = {"last-year": _last_year, "recent": _recent, "class": _class}


def _whole(use: Fraction) -> int:
    return (2 * use.numerator + use.denominator) // (2 * use.denominator)


def before(period: str, years: int) -> str:
    """The same period some years before, "" where the text is no period: B2/2026-10 is B2/2025-10."""
    head, _, month = period.rpartition("/")
    if len(month) != 7 or not month[:4].isdigit():
        return ""
    return f"{head}/{int(month[:4]) - years:04d}{month[4:]}"


class Taken(NamedTuple):
    """A read of a span: its day and period, the use it stands with (None while it is not known), if it was guessed."""

    on: date
    period: str
    use: int | None
    estimated: bool


class Share(NamedTuple):
    """A read of a span, the days it covers, the use it stands with, and its share of what was really used."""

    on: date
    period: str
    days: int
    use: int
    share: int


class Span(NamedTuple):
    """What was used from one actual read to the next, over the estimates between them."""

    since: date
    on: date
    days: int
    total: int
    shares: tuple[Share, ...]


def up_to(total: int, since: date, day: date, end: date) -> int:
    """What of a total used from `since` to `end` was used by a day between them, by days, cut to a whole."""
    return total * (day - since).days // max(1, (end - since).days)


def shared(total: int, since: date, ends: Iterable[date]) -> dict[date, int]:
    """A use of the days after `since`, shared out over the periods that end on these days, by days; their sum is it.

    What is used up to any day is cut to whole units, as a counter shows it, so that two neighbours together have what
    one period of both would have; no order of the days changes anything.
    """
    days = sorted(set(ends))
    out, reached = {}, 0
    for day in days:
        now = up_to(total, since, day, days[-1])
        out[day], reached = now - reached, now
    return out


def span(since: date, taken: Sequence[Taken]) -> Span | None:
    """The span that the last of these reads closes, the first of them after the actual read of `since`.

    None where it puts no estimate right: none stands before it, it is one itself, or a use is not known yet. Tiers
    are rated anew with each period's share (Oracle Utilities: estimates of a counter that goes on put themselves
    right at the next actual read).
    """
    if not taken or taken[-1].estimated or not any(each.estimated for each in taken):
        return None
    if taken[0].on <= since or any(each.use is None for each in taken):
        return None
    total = sum(each.use or 0 for each in taken)
    parts = shared(total, since, (each.on for each in taken))
    shares, last = [], since
    for each in taken:
        mine = parts.pop(each.on, 0)  # of two reads on one day the first bears the day's share
        shares.append(Share(each.on, each.period, (each.on - last).days, each.use or 0, mine))
        last = each.on
    return Span(since, taken[-1].on, (taken[-1].on - since).days, total, tuple(shares))

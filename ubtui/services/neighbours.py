"""What a meter's neighbours on the route used in the same period, by the day, and the middle of them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Final

from ubtui.act import Look
from ubtui.detectors.readings.facts import METERED
from ubtui.domain.dates import parse_day
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text

BESIDE: Final = 8  # points on each side
APART: Final = 45  # days around a read in which others of its period are looked for


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One point of the walk: its use of the period in its own billing unit over `days`, None where it has none.

    `side` counts places of the walk from the point that was asked for, 0 itself, below 0 before it.
    """

    point: str
    side: int
    walk: str
    address: str
    account: str
    on: date | None
    use: int | None
    days: int | None
    unit: str
    source: str
    status: str

    @property
    def daily(self) -> Fraction | None:
        """Exact use of a day."""
        return Fraction(self.use, self.days) if self.use is not None and self.days else None


@dataclass(frozen=True, slots=True)
class Beside:
    """The walk around a point in one period, and of the whole route: how many were read, their median use of a day.

    The median is of meters of the same billing unit whose read is neither held nor estimated, the point's own left
    out; None where there is none.
    """

    route: str
    period: str
    unit: str
    read: int
    median: Fraction | None
    rows: tuple[Neighbour, ...]


# A point's registers count together; those of a meter that was exchanged in the period are added to it.
_WALK: Final = (
    "SELECT p.id, p.number, p.sequence, m.address, (SELECT MIN(a.number) FROM live_service x JOIN account a"
    f" ON a.id = x.account_id WHERE x.point_id = p.id AND {METERED}), (SELECT MIN(x.unit) FROM live_service x"
    f" WHERE x.point_id = p.id AND {METERED}), r.read_on, r.usage, r.days, r.source, r.status"
    " FROM service_point p JOIN premise m ON m.id = p.premise_id"
    " LEFT JOIN live_install i ON i.point_id = p.id AND (i.off_date IS NULL OR i.off_date >= ?)"
    " LEFT JOIN register g ON g.meter_id = i.meter_id LEFT JOIN live_read r ON r.register_id = g.id"
    " AND r.point_id = p.id AND r.read_on BETWEEN ? AND ? AND r.period = ? AND r.status <> 'void'"
    " AND r.kind NOT IN ('control', 'reread', 'opening', 'installation')"
    " WHERE p.route_id = ? AND p.state = 'active' ORDER BY p.sequence IS NULL, p.sequence, p.number, p.id, r.read_on"
)
_NEWEST: Final = (
    "SELECT r.period, r.read_on FROM read_summary r WHERE r.point_id = ? AND r.newest = 1 AND r.kind = 'regular'"
    " ORDER BY r.read_on DESC LIMIT 1"
)


def beside(look: Look, point: str, most: int = BESIDE) -> Beside | None:
    """The walk around a point in the period of its newest read; None where it is on no route or was never read."""
    found = look.db.one(
        "SELECT p.id, p.route_id, t.code FROM live_point p JOIN route t ON t.id = p.route_id WHERE p.number = ?",
        [point],
    )
    newest = look.db.one(_NEWEST, [found[0]]) if found else None
    if found is None or newest is None:
        return None
    period, on = newest
    first, last = (str(parse_day(on) + timedelta(days=days)) for days in (-APART, APART))
    rows = look.db.rows(_WALK, [first, first, last, period, found[1]])
    walked = [list(parts) for _, parts in groupby(rows, key=lambda row: row[0])]
    here = next((n for n, parts in enumerate(walked) if parts[0][0] == found[0]), None)
    if here is None:  # it is not walked to any more
        return None
    all_of_it = [_neighbour(parts, n - here, found[2], look) for n, parts in enumerate(walked)]
    unit = all_of_it[here].unit
    daily = sorted(
        each.daily
        for each in all_of_it
        if each.daily is not None and each.side and each.unit == unit and each.source != "E" and each.status != "held"
    )
    middle = len(daily) // 2
    median = None if not daily else daily[middle] if len(daily) % 2 else (daily[middle - 1] + daily[middle]) / 2
    shown = tuple(each for each in all_of_it if abs(each.side) <= most)
    return Beside(found[2], period, unit, len(daily), median, shown)


def _neighbour(parts: list[tuple[object, ...]], side: int, route: str, look: Look) -> Neighbour:
    """A point's reads of the period as one."""
    point, sequence, address, account, unit = parts[0][1:6]
    read = [row for row in parts if row[6] is not None]
    known = [row for row in read if isinstance(row[7], int)]
    days: dict[object, int] = {row[6]: row[8] for row in known if isinstance(row[8], int)}  # a day is read once
    statuses, sources = {row[10] for row in read}, {row[9] for row in read}
    return Neighbour(
        str(point), side, route if sequence is None else f"{route}-{sequence:04d}", clean_text(str(address)),
        format_account(str(account)) if account else "", parse_day(str(read[-1][6])) if read else None,
        sum(row[7] for row in known if isinstance(row[7], int)) if known else None, sum(days.values()) or None,
        str(unit or look.district.billing_unit), "E" if "E" in sources else str(read[-1][9]) if read else "",
        "held" if "held" in statuses else str(read[-1][10]) if read else "unread",
    )  # fmt: skip

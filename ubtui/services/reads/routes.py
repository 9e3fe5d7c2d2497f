"""A route as it is walked: every register that is to be read in its window, what it has, what its next read may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from ubtui.act import Look
from ubtui.db.session import Row
from ubtui.detectors.base import marks
from ubtui.detectors.quality import MAIL_ORDER, MAIL_ROLES
from ubtui.detectors.readings.facts import METERED
from ubtui.domain.dates import format_day
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account
from ubtui.domain.periods import ReadCycle, later
from ubtui.domain.register import Register
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit
from ubtui.services.listing import Column, Listing
from ubtui.services.listing import Row as ListRow

_FROM: Final = (
    " FROM route t JOIN service_point p ON p.route_id = t.id AND p.state = 'active'"
    " JOIN premise m ON m.id = p.premise_id JOIN live_install i ON i.point_id = p.id AND i.off_date IS NULL"
    " JOIN meter e ON e.id = i.meter_id AND e.placeholder = 0 JOIN register g ON g.meter_id = e.id"
    f" JOIN live_service x ON x.point_id = p.id AND {METERED} JOIN account a ON a.id = x.account_id"
    " JOIN cycle c ON c.id = a.cycle_id LEFT JOIN read_summary r ON r.register_id = g.id AND r.newest = 1"
    " WHERE t.code = ? ORDER BY p.sequence IS NULL, p.sequence, p.number, e.id, g.n, r.read_on DESC, r.seq DESC"
)
_TALLY: Final = (
    "SELECT p.number, p.sequence, g.id, c.code, c.months, c.first_month, c.read_day, c.bill_day, r.read_on, r.period,"
    f" r.status, r.source, r.kind{_FROM}"
)
_LINES: Final = (
    "SELECT t.code, p.sequence, p.number, p.location_note, m.address, m.city, e.maker, e.serial, e.size, g.n, g.id,"
    " g.dials, g.fixed_zeros, g.mult_num, g.mult_den, g.unit, x.unit, a.number, c.code, c.months, c.first_month,"
    " c.read_day, c.bill_day, (SELECT COUNT(*) FROM register h WHERE h.meter_id = e.id),"
    " (SELECT d.radio FROM endpoint d WHERE d.meter_id = e.id AND d.to_on IS NULL ORDER BY d.id DESC LIMIT 1),"
    " (SELECT z.number FROM seal z WHERE z.point_id = p.id AND z.removed_on IS NULL ORDER BY z.placed_on DESC LIMIT 1),"
    f" (SELECT y.name FROM account_role o JOIN party y ON y.id = o.party_id WHERE o.account_id = a.id"
    f" AND o.to_on IS NULL AND o.role IN {MAIL_ROLES} ORDER BY {MAIL_ORDER.format('o')} LIMIT 1),"
    " r.read_on, r.seq, r.value, r.period, r.usage, r.status, r.held_code, r.source, r.kind, r.prev_on, r.prev_value,"
    " x.customer_class"
    f"{_FROM}"
)
_SKIPS: Final = (
    "SELECT p.number, k.period, k.why FROM read_skip k JOIN service_point p ON p.id = k.point_id"
    " JOIN route t ON t.id = p.route_id WHERE t.code = ? AND k.period IN ({marks})"
)
_STARTS: Final = ("opening", "installation")


@dataclass(frozen=True)
class Stop:
    """One register on the walk: where it is, the read before its window's, and what the window has so far.

    `position` counts registers from 1; `jump` is how many stops are missing before it, by the step that the route's
    numbers mostly have, or -1 where its number stands at two points. `state` is open, read, held, estimated or skipped.
    """

    route: str
    cycle: str
    period: str
    read_on: date
    position: int
    sequence: int | None
    jump: int
    point: str
    account: str
    address: str
    city: str
    name: str
    maker: str
    serial: str
    size: str
    register: int
    registers: int
    register_id: int
    face: Register
    unit: Unit
    radio: str
    seal: str
    note: str
    last_on: date | None
    prior: int | None
    state: str
    value: int | None
    usage: int | None
    why: str
    customer_class: str


def _route_row(look: Look, cells: tuple[Any, ...]) -> ListRow:
    rows = {row[2]: row for row in reversed(look.db.rows(_TALLY, [cells[0]]))}.values()
    windows, skips = _windows(look, cells[0], {row[3:8] for row in rows})
    states = Counter(
        _state(windows[row[3:8]][0], *row[8:], skipped=bool(skips.get((row[0], windows[row[3:8]][0])))) for row in rows
    )
    odd = sum(jump != 0 for jump in _jumps([row[:2] for row in reversed(rows)]).values())
    figures = [len(rows), *(states[each] for each in ("open", "read", "held", "estimated", "skipped")), odd]
    day = format_day(min(on for _, on in windows.values()), look.today)
    tone = "warning" if states["held"] else None
    return ListRow((cells[0], day, *(f"{n:,}" if n else "" for n in figures)), tone)


_METERED_ROUTE: Final = (
    "EXISTS(SELECT 1 FROM service_point p JOIN live_install i ON i.point_id = p.id AND i.off_date IS NULL"
    " JOIN meter e ON e.id = i.meter_id AND e.placeholder = 0 JOIN live_service x ON x.point_id = p.id"
    f" WHERE p.route_id = t.id AND p.state = 'active' AND {METERED})"
)
ROUTES: Final = Listing(
    name="routes",
    columns=(
        Column("route", "Route", 12), Column("day", "Read day", 10), Column("meters", "Meters", 7, "right"),
        Column("open", "Open", 6, "right"), Column("read", "Read", 6, "right"), Column("held", "Held", 6, "right"),
        Column("estimated", "Estim.", 6, "right"), Column("skipped", "Skipped", 7, "right"),
        Column("odd", "Gaps", 5, "right"),
    ),
    source="route t", id="t.id", cells="t.code", row=_route_row, order=(("t.code", False),),
    sorts={"route": (("t.code", False),)}, words={"title": "t.code"}, where=_METERED_ROUTE,
)  # fmt: skip


def routes(look: Look) -> list[str]:
    """The routes that have a meter to read."""
    return [str(row[0]) for row in look.db.rows(f"SELECT t.code FROM route t WHERE {_METERED_ROUTE} ORDER BY 1")]


def walk(look: Look, route: str) -> list[Stop]:
    """Every register of a route in walk order, in the read window that is open or comes next; BadValue if unknown."""
    rows = look.db.rows(_LINES, [route])
    if not rows:
        known = ", ".join(routes(look)[:20])
        raise BadValue(f"Route {route[:40]!r} has no meter to read: routes are {known}.")
    windows, skips = _windows(look, route, {row[18:23] for row in rows})
    kept = {row[10]: row for row in reversed(rows)}  # several services at a point are read once, the first
    jumps = _jumps([(row[2], row[1]) for row in reversed(kept.values())])
    out: list[Stop] = []
    for row in reversed(kept.values()):
        window = windows[row[18:23]]
        jump = jumps.pop(row[2], 0)  # the first register of a point bears it
        out.append(_stop(row, len(out) + 1, jump, window, skips.get((row[2], window[0]), "")))
    return out


def _windows(
    look: Look, route: str, cycles: set[tuple[Any, ...]]
) -> tuple[dict[tuple[Any, ...], tuple[str, date]], dict[tuple[str, str], str]]:
    """The window of each cycle with its read day; why points of the route were skipped in them, by point and period."""
    windows = {cycle: _window(ReadCycle(*cycle), look.today) for cycle in cycles}
    periods = sorted({period for period, _ in windows.values()})
    skips = look.db.rows(_SKIPS.format(marks=marks(periods)), [route, *periods])
    return windows, {(point, period): why for point, period, why in skips}


def _jumps(numbered: Sequence[tuple[str, int | None]]) -> dict[str, int]:
    """What `Stop.jump` is, by point: points and their numbers in walk order."""
    numbers = {point: number for point, number in numbered if number is not None}
    steps = Counter(after - before for before, after in pairwise(numbers.values()) if after > before)
    usual = steps.most_common(1)[0][0] if steps else 1
    return {
        point: -1 if after == before else max(0, (after - before) // usual - 1)
        for (_, before), (point, after) in pairwise(numbers.items())
    }


def _state(
    window: str, on: str | None, period: str | None, status: str | None, source: str | None, kind: str | None,
    *, skipped: bool,
) -> str:  # fmt: skip
    """What `Stop.state` is, from the newest read of a register."""
    if on is not None and period is not None and (later(window, period) if kind in _STARTS else period == window):
        return "held" if status == "held" else "estimated" if source == "E" else "read"
    return "skipped" if skipped else "open"


def _stop(row: Row, position: int, jump: int, at: tuple[str, date], skipped: str) -> Stop:
    (code, sequence, number, note, address, city, maker, serial, size, n, register_id, dials, zeros, num, den, counted,
     unit, account, cycle, _, _, _, _, registers, radio, seal, name, on, _, value, period, usage, status, held, source,
     kind, prev_on, prev_value, customer_class) = row  # fmt: skip
    window, read_on = at
    state = _state(window, on, period, status, source, kind, skipped=bool(skipped))
    taken = state in ("read", "held", "estimated")
    prior_on, prior = (prev_on, prev_value) if taken else (on, value)
    return Stop(
        code, cycle, window, read_on, position, sequence, jump, number,
        format_account(account), clean_text(address), clean_text(city or ""), clean_text(name or ""), maker, serial,
        size, n, registers, register_id, _face(dials, zeros, num, den, counted), _unit(unit),
        radio or "", seal or "", clean_text(note or ""), date.fromisoformat(prior_on) if prior_on else None, prior,
        state, value if taken else None, usage if taken else None, (held if taken else skipped) or "", customer_class,
    )  # fmt: skip


_unit = lru_cache(maxsize=20)(Unit)


@lru_cache(maxsize=1000)
def _face(dials: int, zeros: int, num: int, den: int, counted: str) -> Register:
    return Register(dials, zeros, Fraction(num, den), Unit(counted))


def _window(cycle: ReadCycle, today: date) -> tuple[str, date]:
    """The period whose read window holds today, or comes next, and its read day."""
    period = cycle.period_of(today)
    for found, read_on in (cycle.newest(today), cycle.coming(today)):
        if found == period:
            return found, read_on
    return cycle.coming(today)

"""A route as it is walked: every register that is to be read in its window, what it has, what its next read may be."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any, Final

from ubtui.act import Look
from ubtui.db.session import Row
from ubtui.detectors.base import marks, parts
from ubtui.detectors.quality import MAIL_ORDER, MAIL_ROLES
from ubtui.detectors.readings.facts import METERED
from ubtui.detectors.readings.summaries import READS
from ubtui.domain.dates import format_day
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account
from ubtui.domain.periods import ReadCycle, later
from ubtui.domain.register import Register
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit
from ubtui.services.listing import Column, Listing
from ubtui.services.listing import Row as ListRow

_METERED: Final = f"EXISTS(SELECT 1 FROM live_service x WHERE x.point_id = {{point}}.id AND {METERED})"
_WALKED: Final = (  # to a point that is in use
    "EXISTS(SELECT 1 FROM live_install j JOIN meter f ON f.id = j.meter_id AND f.placeholder = 0"
    f" WHERE j.point_id = {{point}}.id AND j.off_date IS NULL) AND {_METERED}"
)
_HANGS: Final = (
    " JOIN live_install i ON i.point_id = p.id AND i.off_date IS NULL JOIN meter e ON e.id = i.meter_id"
    " AND e.placeholder = 0 JOIN register g ON g.meter_id = e.id"
)
_ON: Final = "p.route_id = (SELECT t.id FROM route t WHERE t.code = ?) AND p.state = 'active'"
_IDS: Final = (
    f"SELECT g.id FROM service_point p{_HANGS} WHERE {_ON} AND {_METERED.format(point='p')}"
    " ORDER BY p.sequence NULLS LAST, p.number, e.id, g.n"
)
_AT: Final = f"SELECT g.id FROM service_point p{_HANGS} WHERE p.number = ? ORDER BY e.id, g.n"
# Several services at a point are read once, by the first.
_JUDGED: Final = (
    " JOIN service x ON x.id = (SELECT MIN(x.id) FROM live_service x WHERE x.point_id = p.id AND"
    f" {METERED}) JOIN account a ON a.id = x.account_id JOIN cycle c ON c.id = a.cycle_id"
    " LEFT JOIN read_summary r ON r.register_id = g.id AND r.newest = 1 AND NOT EXISTS(SELECT 1 FROM read_summary w"
    " WHERE w.register_id = r.register_id AND w.newest = 1 AND (w.read_on, w.seq) > (r.read_on, r.seq))"
)
_BY_REGISTER: Final = (
    " FROM register g JOIN meter e ON e.id = g.meter_id AND e.placeholder = 0 JOIN live_install i ON i.meter_id = e.id"
    f" AND i.off_date IS NULL JOIN service_point p ON p.id = i.point_id{_JUDGED}"
)
_SKIP: Final = "(SELECT k.why FROM read_skip k WHERE k.point_id = p.id AND k.period = {window})"
_LIKE: Final = "r.read_on IS NOT NULL, r.period, r.status, r.source, r.kind, {skip} IS NOT NULL"
_TALLY: Final = (
    f"SELECT c.id, {_LIKE}, CAST(COUNT(*) AS bigint) FROM service_point p{_HANGS}{_JUDGED} WHERE {_ON}"
    " GROUP BY 1, 2, 3, 4, 5, 6, 7"
)
_HUNG_SINCE: Final = (
    f"SELECT g.id FROM service_point p{_HANGS}{_JUDGED} WHERE {_ON} AND r.kind IN ('opening', 'installation')"
)
_OPEN: Final = f"SELECT g.id, c.id, {_LIKE}{_BY_REGISTER} WHERE g.id IN ({{ids}})"
_BEFORE: Final = (
    "(SELECT q.sequence FROM service_point q WHERE q.route_id = p.route_id AND q.state = 'active' AND (q.sequence,"
    f" q.number) < (p.sequence, p.number) AND {_WALKED.format(point='q')}"
    " ORDER BY q.sequence DESC, q.number DESC LIMIT 1)"
)
_LINES: Final = (
    "SELECT g.id, t.code, p.sequence, p.number, p.location_note, m.address, m.city, e.maker, e.serial, e.size, g.n,"
    " g.dials, g.fixed_zeros, g.mult_num, g.mult_den, g.unit, x.unit, a.number, c.id, c.code,"
    " (SELECT COUNT(*) FROM register h WHERE h.meter_id = e.id),"
    " (SELECT d.radio FROM endpoint d WHERE d.meter_id = e.id AND d.to_on IS NULL ORDER BY d.id DESC LIMIT 1),"
    " (SELECT z.number FROM seal z WHERE z.point_id = p.id AND z.removed_on IS NULL ORDER BY z.placed_on DESC LIMIT 1),"
    f" (SELECT y.name FROM account_role o JOIN party y ON y.id = o.party_id WHERE o.account_id = a.id"
    f" AND o.to_on IS NULL AND o.role IN {MAIL_ROLES} ORDER BY {MAIL_ORDER.format('o')} LIMIT 1),"
    " r.read_on, r.value, r.period, r.usage, r.status, r.held_code, r.source, r.kind, r.prev_on, r.prev_value,"
    f" x.customer_class, {{skip}}, {_BEFORE}, g.id = (SELECT h.id FROM live_install j JOIN meter f"
    " ON f.id = j.meter_id AND f.placeholder = 0 JOIN register h ON h.meter_id = f.id WHERE j.point_id = p.id"
    " AND j.off_date IS NULL ORDER BY f.id, h.n LIMIT 1)"
    f"{_BY_REGISTER} JOIN premise m ON m.id = p.premise_id JOIN route t ON t.id = p.route_id WHERE g.id IN ({{ids}})"
)
_STEP: Final = (
    "SELECT p.sequence FROM service_point p WHERE " + _ON + " AND p.sequence IS NOT NULL ORDER BY 1 LIMIT 101"
)
_ODD: Final = (
    "SELECT COALESCE(SUM(CASE WHEN n - before >= 2 * ? THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN n = before"
    " THEN 1 ELSE 0 END), 0) FROM (SELECT p.sequence AS n, LAG(p.sequence) OVER (ORDER BY p.sequence, p.number)"
    f" AS before FROM service_point p WHERE {_ON} AND p.sequence IS NOT NULL AND {_WALKED.format(point='p')}) w"
)
_GONE: Final = (
    "SELECT r.register_id, r.read_on, r.seq FROM service_point p JOIN live_read r ON r.point_id = p.id JOIN register g"
    " ON g.id = r.register_id WHERE p.number = ? AND g.n = ? AND r.period = ? AND r.kind = 'regular'"
    " AND r.status <> 'void' ORDER BY r.read_on DESC, r.register_id DESC LIMIT 1"
)
_STARTS: Final = ("opening", "installation")
_NEXT: Final = 20
STATES: Final = ("open", "read", "held", "estimated", "skipped")


@dataclass(frozen=True)
class Stop:
    """One register on the walk: where it is, the read before its window's, and what the window has so far.

    `position` counts registers from 1 where the whole route is walked, and is 0 elsewhere; `jump` is how many stops
    are missing before it, by the step that the route's first hundred numbers mostly have, or -1 where its number
    stands at two points. `state` is open, read, held, estimated or skipped.
    """

    route: str
    cycle: str
    period: str
    read_on: date
    position: int = field(compare=False)
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


@dataclass(frozen=True)
class Tally:
    """How many registers of a route are in each state; periods and first read day of their windows; how many of its
    points have numbers missing before them, or another's number."""

    states: Counter[str]
    periods: tuple[str, ...]
    read_on: date
    gaps: int
    twins: int


def _route_row(look: Look, cells: tuple[Any, ...]) -> ListRow:
    found = tally(look, cells[0])
    states = found.states
    figures = [states.total(), *(states[each] for each in STATES), found.gaps + found.twins]
    day = format_day(found.read_on, look.today)
    tone = "warning" if states["held"] else None
    return ListRow((cells[0], day, *(f"{n:,}" if n else "" for n in figures)), tone)


_METERED_ROUTE: Final = (
    "EXISTS(SELECT 1 FROM service_point p WHERE p.route_id = t.id AND p.state = 'active'"
    f" AND {_WALKED.format(point='p')})"
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
    return stops(look, ids(look, route), 1)


def ids(look: Look, route: str, most: int | None = None) -> array[int]:
    """The registers of a route in walk order, eight bytes each; no more than `most`. BadValue where it has none."""
    found = array("q", (id for (id,) in look.db.rows(_IDS + (f" LIMIT {most:d}" if most else ""), [route])))
    if not found:
        known = ", ".join(routes(look)[:20])
        raise BadValue(f"Route {route[:40]!r} has no meter to read: routes are {known}.")
    return found


def at(look: Look, point: str) -> list[Stop]:
    """The registers that hang at a service point."""
    return stops(look, [id for (id,) in look.db.rows(_AT, [point])])


def stops(look: Look, registers: Sequence[int], position: int = 0) -> list[Stop]:
    """These registers in this order; `position` is that of the first. One that is no longer read is left out."""
    windows = _windows(look)
    steps: dict[str, int] = {}
    found: dict[int, Row] = {}
    for part in parts(registers):
        sql, before = _skipping(_LINES, windows, part)
        found.update((row[0], row) for row in look.db.rows(sql, before + part))
    out: list[Stop] = []
    for row in filter(None, map(found.get, registers)):
        if row[1] not in steps:
            steps[row[1]] = _step(look, row[1])
        if row[31] in _STARTS and row[26] is not None and later(windows[row[18]][0], row[26]):
            row = (*row[:24], *_before_it(look, row, windows[row[18]][0]), *row[34:])
        out.append(_stop(row, position and position + len(out), steps[row[1]], windows[row[18]]))
    return out


def _before_it(look: Look, row: Row, window: str) -> Row:
    """What a meter that was hung since has of a window: the read that the one before it had, as `_LINES` gives it."""
    found = look.db.one(_GONE, [row[3], row[10], window])
    if found is None:
        return (row[24], None, row[26], None, *row[28:32], None, None)
    past = look.db.rows(READS.format("?"), [found[0]])
    at = next(n for n, each in enumerate(past) if each[1:3] == found[1:])
    (_, on, _, _, period, value, use, _, kind, source, status, held, *_), prev = past[at], past[at - 1] if at else None
    return (on, value, period, use, status, held, source, kind, prev and prev[1], prev and prev[5])


def first_open(look: Look, registers: Sequence[int]) -> int | None:
    """The first of these registers whose window has nothing yet."""
    windows = _windows(look)
    for part in chain(parts(registers[:_NEXT]), parts(registers[_NEXT:])):  # mostly it is among the next few
        sql, before = _skipping(_OPEN, windows, part)
        rows = look.db.rows(sql, before + part)
        left: set[int] = {id for id, cycle, *read in rows if _state(windows[cycle][0], *read) == "open"}
        found: int | None = next((id for id in part if id in left), None)
        if found is not None:
            return found
    return None


def tally(look: Look, route: str) -> Tally:
    """What a route has of its windows so far; its cost grows with the route."""
    windows = _windows(look)
    states: Counter[str] = Counter()
    seen: set[int] = set()
    sql, before = _skipping(_TALLY, windows)
    for cycle, *read, count in look.db.rows(sql, [*before, route]):
        seen.add(cycle)
        states[_state(windows[cycle][0], *read)] += count
    hung = [id for (id,) in look.db.rows(_HUNG_SINCE, [route])]
    for stop in stops(look, hung) if hung else ():  # counted as read, for the meter that hung before has the window's
        if stop.state in ("held", "estimated"):
            states.subtract(["read"])
            states[stop.state] += 1
    ((gaps, twins),) = look.db.rows(_ODD, [_step(look, route), route])
    at_hand = [windows[cycle] for cycle in seen]
    days = [on for _, on in at_hand] or [look.today]
    return Tally(states, tuple(sorted({period for period, _ in at_hand})), min(days), int(gaps), int(twins))


def _windows(look: Look) -> dict[int, tuple[str, date]]:
    """The window of each cycle, by its id, that is open or comes next, with its read day."""
    rows = look.db.rows("SELECT id, code, months, first_month, read_day, bill_day FROM cycle")
    made = {id: ReadCycle(*cycle) for id, *cycle in rows}
    return {id: cycle.open_on(look.today) or cycle.coming(look.today) for id, cycle in made.items()}


def _skipping(sql: str, windows: Mapping[int, tuple[str, date]], ids: Sequence[int] = ()) -> tuple[str, list[Any]]:
    """The question with the skip of the window of each register's cycle, and what it asks with for that."""
    window = f"CASE c.id {'WHEN ? THEN ? ' * len(windows)}END" if windows else "NULL"
    asked = [value for id, (period, _) in windows.items() for value in (id, period)]
    return sql.format(skip=_SKIP.format(window=window), ids=marks(ids)), asked


def _step(look: Look, route: str) -> int:
    """How far apart the first hundred numbers of a route mostly are."""
    numbers = [number for (number,) in look.db.rows(_STEP, [route])]
    steps = Counter(after - before for before, after in pairwise(numbers) if after > before)
    return steps.most_common(1)[0][0] if steps else 1


def _state(
    window: str, has: bool, period: str | None, status: str | None, source: str | None, kind: str | None,
    skipped: bool,
) -> str:  # fmt: skip
    """What `Stop.state` is, from the newest read of a register, where it has one."""
    if has and period is not None and (later(window, period) if kind in _STARTS else period == window):
        return "held" if status == "held" else "estimated" if source == "E" else "read"
    return "skipped" if skipped else "open"


def _stop(row: Row, position: int, step: int, at: tuple[str, date]) -> Stop:
    (register_id, code, sequence, number, note, address, city, maker, serial, size, n, dials, zeros, num, den, counted,
     unit, account, _, cycle, registers, radio, seal, name, on, value, period, usage, status, held, source, kind,
     prev_on, prev_value, customer_class, skipped, before, leads) = row  # fmt: skip
    window, read_on = at
    state = _state(window, on is not None, period, status, source, kind, skipped is not None)
    taken = state in ("read", "held", "estimated")
    prior_on, prior = (prev_on, prev_value) if taken else (on, value)
    jump = 0
    if leads and before is not None:  # the first register of a point bears it
        jump = -1 if sequence == before else max(0, (sequence - before) // step - 1)
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

"""A route as it is walked: every register that is to be read in its window, what it has, what its next read may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from ubtui.act import Look
from ubtui.db.session import Row
from ubtui.detectors.heal import parameters
from ubtui.detectors.quality import MAIL_ORDER, MAIL_ROLES
from ubtui.detectors.readings.facts import METERED
from ubtui.detectors.registry import CODES
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account
from ubtui.domain.periods import ReadCycle
from ubtui.domain.register import Register
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit
from ubtui.services.summaries import expected

_LINES: Final = (
    "SELECT t.code, p.sequence, p.number, p.location_note, m.address, m.city, e.maker, e.serial, e.size, g.n, g.id,"
    " g.dials, g.fixed_zeros, g.mult_num, g.mult_den, g.unit, x.unit, a.number, c.code, c.months, c.first_month,"
    " c.read_day, c.bill_day, (SELECT COUNT(*) FROM register h WHERE h.meter_id = e.id),"
    " (SELECT d.radio FROM endpoint d WHERE d.meter_id = e.id AND d.to_on IS NULL ORDER BY d.id DESC LIMIT 1),"
    " (SELECT z.number FROM seal z WHERE z.point_id = p.id AND z.removed_on IS NULL ORDER BY z.placed_on DESC LIMIT 1),"
    f" (SELECT y.name FROM account_role o JOIN party y ON y.id = o.party_id WHERE o.account_id = a.id"
    f" AND o.to_on IS NULL AND o.role IN {MAIL_ROLES} ORDER BY {MAIL_ORDER.format('o')} LIMIT 1),"
    " r.read_on, r.seq, r.value, r.period, r.usage, r.status, r.held_code, r.source, r.kind, r.prev_on, r.prev_value,"
    " k.why FROM route t JOIN service_point p ON p.route_id = t.id AND p.state = 'active'"
    " JOIN premise m ON m.id = p.premise_id JOIN live_install i ON i.point_id = p.id AND i.off_date IS NULL"
    " JOIN meter e ON e.id = i.meter_id AND e.placeholder = 0 JOIN register g ON g.meter_id = e.id"
    f" JOIN live_service x ON x.point_id = p.id AND {METERED} JOIN account a ON a.id = x.account_id"
    " JOIN cycle c ON c.id = a.cycle_id LEFT JOIN read_summary r ON r.register_id = g.id AND r.newest = 1"
    " LEFT JOIN read_skip k ON k.point_id = p.id AND k.skipped_on = (SELECT MAX(l.skipped_on) FROM read_skip l"
    " WHERE l.point_id = p.id) AND (r.read_on IS NULL OR k.skipped_on > r.read_on)"
    " WHERE t.code = ? ORDER BY p.sequence IS NULL, p.sequence, p.number, e.id, g.n"
)
_STARTS: Final = ("opening", "installation")


@dataclass(frozen=True)
class Stop:
    """One register on the walk: where it is, the read before its window's, and what the window has so far.

    `position` counts registers from 1; `jump` is by how much the sequence misses or repeats the one before it: above 0
    numbers are missing, -1 a number stands twice at two points. `state` is open, read, held, estimated or skipped.
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


def routes(look: Look) -> list[str]:
    """The routes that have an active point."""
    sql = "SELECT t.code FROM route t WHERE EXISTS(SELECT 1 FROM service_point p WHERE p.route_id = t.id) ORDER BY 1"
    return [str(row[0]) for row in look.db.rows(sql)]


def walk(look: Look, route: str) -> list[Stop]:
    """Every register of a route in walk order, in the read window that is open or comes next; BadValue if unknown."""
    rows = look.db.rows(_LINES, [route])
    if not rows:
        known = ", ".join(routes(look)[:20])
        raise BadValue(f"Route {route[:40]!r} has no meter to read: routes are {known}.")
    out: list[Stop] = []
    seen: set[int] = set()
    for row in rows:
        if row[10] not in seen:  # several services at a point are read once
            seen.add(row[10])
            out.append(_stop(look, row, out))
    return out


def _stop(look: Look, row: Row, before: Sequence[Stop]) -> Stop:
    (code, sequence, number, note, address, city, maker, serial, size, n, register_id, dials, zeros, num, den, counted,
     unit, account, *cycle, registers, radio, seal, name, on, _, value, period_, usage, status, held, source, kind,
     prev_on, prev_value, skipped) = row  # fmt: skip
    made = ReadCycle(*cycle)
    window, read_on = _window(made, look.today)
    last = before[-1] if before else None
    jump = 0
    if last is not None and last.point != number and sequence is not None and last.sequence is not None:
        jump = -1 if sequence == last.sequence else sequence - last.sequence - 1
    taken = on is not None and period_ == window and kind not in _STARTS
    state = "open"
    if taken:
        state = "held" if status == "held" else "estimated" if source == "E" else "read"
    elif skipped:
        state = "skipped"
    prior_on, prior = (prev_on, prev_value) if taken else (on, value)
    return Stop(
        code, made.code, window, read_on, (last.position if last else 0) + 1, sequence, jump, number,
        format_account(account), clean_text(address), clean_text(city or ""), clean_text(name or ""), maker, serial,
        size, n, registers, register_id, Register(dials, zeros, Fraction(num, den), Unit(counted)), Unit(unit),
        radio or "", seal or "", clean_text(note or ""), date.fromisoformat(prior_on) if prior_on else None, prior,
        state, value if taken else None, usage if taken else None, (held if taken else skipped) or "",
    )  # fmt: skip


def _window(cycle: ReadCycle, today: date) -> tuple[str, date]:
    """The period whose read window holds today, or comes next, and its read day."""
    period = cycle.period_of(today)
    for found, read_on in (cycle.newest(today), cycle.coming(today)):
        if found == period:
            return found, read_on
    return cycle.coming(today)


def limits(look: Look, stop: Stop) -> tuple[int | None, int | None]:
    """The lowest and highest value that the next read may show unasked, by what R07 and R04 call low and high."""
    milli = expected(look.db, stop.register_id, stop.period, max(stop.read_on, look.today).isoformat())
    if milli is None or stop.prior is None:
        return None, None
    own = parameters(look.db)
    low, high = (CODES[code].values(own.get(code, {})) for code in ("R07", "R04"))
    most = max(Fraction(high["times"]) * milli / 1000, Fraction(high["least"]))
    counts = [
        stop.face.reached(stop.prior, int(units), stop.unit) for units in (Fraction(low["times"]) * milli / 1000, most)
    ]
    return counts[0], counts[1]

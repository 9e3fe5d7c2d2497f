"""Whether a cycle's period may be billed: what of its routes is read, and what stands in the way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from ubtui.act import Look
from ubtui.db.session import Row
from ubtui.detectors.readings.facts import METERED
from ubtui.domain.errors import BadValue
from ubtui.domain.estimating import Span
from ubtui.domain.numbers import format_account
from ubtui.domain.periods import ReadCycle, billed_on
from ubtui.services.reads.estimating import spans

WAYS: Final = ("missing", "skipped", "held", "staged")
"""What keeps a period from being billed."""
_PART: Final = 500


class Counts(msgspec.Struct, frozen=True):
    """Registers to be read, by what they have: each stands in one of read, estimated, skipped, held, missing.

    `staged` are rows of files that wait for a person; `trued` reads that put estimates before them right.
    """

    meters: int = 0
    read: int = 0
    estimated: int = 0
    skipped: int = 0
    held: int = 0
    missing: int = 0
    staged: int = 0
    trued: int = 0

    @property
    def ready(self) -> bool:
        """Whether nothing stands in the way."""
        return not (self.missing or self.skipped or self.held or self.staged)

    def told(self) -> str:
        """In words: "142 meters: 130 read, 3 estimated; 2 held, 7 missing"."""
        have = [f"{n:,} {what}" for what in ("read", "estimated") if (n := getattr(self, what))]
        lack = [f"{n:,} {what}" for what in WAYS if (n := getattr(self, what))]
        return "; ".join(filter(None, (f"{self.meters:,} meters: {', '.join(have) or 'none read'}", ", ".join(lack))))


class Route(Counts, frozen=True, kw_only=True):
    """A route's part of a cycle; "" for points that are on no route."""

    route: str


class Trued(msgspec.Struct, frozen=True):
    """A read whose use is of more than its own period: tiers are rated anew with each period's share of the total.

    `shares` are (period, days, use it stands with, share), `total` in billing units over `days`.
    """

    point: str
    account: str
    since: date
    on: date
    days: int
    total: int
    shares: tuple[tuple[str, int, int, int], ...]


class Ready(msgspec.Struct, frozen=True):
    """A cycle's period: `ready` where each register has a read or an estimate that bills and no row waits; `billed`
    where all that is read was billed."""

    cycle: str
    period: str
    read_on: date
    bill_on: date
    ready: bool
    billed: bool
    verdict: str
    total: Counts
    routes: tuple[Route, ...]
    true_ups: tuple[Trued, ...]


_REGISTERS: Final = (
    "SELECT DISTINCT COALESCE(t.code, ''), g.id, p.number, a.number, i.on_date, x.from_on, r.seq, r.read_on, r.status,"
    " r.source, k.why, CASE WHEN r.source <> 'E' AND EXISTS(SELECT 1 FROM live_read e WHERE e.register_id = g.id"
    " AND e.read_on < r.read_on AND e.source = 'E' AND e.status <> 'void') THEN 1 ELSE 0 END, g.n"
    " FROM cycle c JOIN live_account a ON a.cycle_id = c.id JOIN live_service x ON x.account_id = a.id"
    f" AND {METERED} JOIN live_point p ON p.id = x.point_id AND p.state = 'active' LEFT JOIN route t"
    " ON t.id = p.route_id JOIN live_install i ON i.point_id = p.id AND i.off_date IS NULL"
    " JOIN meter m ON m.id = i.meter_id AND m.placeholder = 0 JOIN register g ON g.meter_id = m.id"
    " LEFT JOIN read_skip k ON k.point_id = p.id AND k.period = ? LEFT JOIN live_read r ON r.register_id = g.id"
    " AND r.read_on BETWEEN ? AND ? AND r.period = ? AND r.status <> 'void'"
    " AND r.kind NOT IN ('opening', 'installation', 'control', 'reread') WHERE c.code = ? ORDER BY 1, g.id, 8, 7"
)
# What meters that came off since have of the period: their read, or the part that an exchange left to its bill.
_OFF: Final = (
    "SELECT DISTINCT COALESCE(t.code, ''), p.number, g.n, r.kind, r.status, r.source FROM live_install i"
    " JOIN live_point p ON p.id = i.point_id LEFT JOIN route t ON t.id = p.route_id"
    " JOIN register g ON g.meter_id = i.meter_id JOIN live_read r ON r.register_id = g.id AND r.point_id = p.id"
    " AND r.period = ? AND r.status <> 'void' AND r.kind NOT IN ('opening', 'installation', 'control', 'reread')"
    " WHERE i.off_date >= ? ORDER BY 2, 3, 4"
)
_STAGED: Final = (
    "SELECT COALESCE(t.code, ''), CAST(COUNT(*) AS bigint) FROM staged_row s JOIN batch b ON b.id = s.batch_id"
    " LEFT JOIN service_point p ON p.id = s.point_id LEFT JOIN route t ON t.id = p.route_id"
    " WHERE s.kind IN ('reads', 'usage') AND s.state = 'staged'"
    " AND b.released_at IS NOT NULL AND COALESCE(s.period, b.period) = ? GROUP BY 1"
)


def cycle(look: Look, code: str, period: str = "", guessed: Iterable[str] = ()) -> Ready:
    """How far a cycle's period is; without one that whose window is open, else the newest that was to be read.

    A register is looked for as R01 does: where it hung and its service ran before the read day. `guessed` are points,
    once for each register that counts as estimated though the record has no read of it: what a trial would leave.
    BadValue if unknown.
    """
    made = _cycle(look, code)
    name, read_on = _window(made, look.today, period)
    near = timedelta(days=made.window)
    bounds = [(read_on - near).isoformat(), (read_on + near).isoformat()]
    rows = look.db.rows(_REGISTERS, [name, *bounds, name, code])
    of = {row[1]: row for row in rows if row[8] is not None or max(row[4], row[5]) < read_on.isoformat()}
    true_ups = _true_ups(look, [row for row in of.values() if row[11]], name)
    tried = Counter(guessed)
    stands = {(row[2], row[12], row[1]): (row[0], _state(row, tried)) for row in of.values()}
    hangs = {key[:2]: key for key in stands}
    since = read_on - near - timedelta(days=31 * made.months)  # the window before
    for route, point, n, kind, status, source in look.db.rows(_OFF, [name, since.isoformat()]):
        after = hangs.get((point, n), (point, n, 0))
        state = _told(status, source)
        if state == "held" or (kind == "regular" and stands.get(after, ("", "missing"))[1] in ("missing", "skipped")):
            stands[after] = route, state
    states: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for route, state in stands.values():
        states[route]["meters"] += 1
        states[route][state] += 1
    for row in of.values():
        states[row[0]]["trued"] += row[1] in true_ups
    for route, count in look.db.rows(_STAGED, [name]):
        states[route]["staged"] += count
    routes = tuple(Route(route=route, **counts) for route, counts in sorted(states.items()))
    fields = Counts.__struct_fields__
    bill_on = billed_on(name, made.bill_day)
    assert bill_on is not None
    total = Counts(*(sum(getattr(each, field) for each in routes) for field in fields))
    have = {row[8] for row in of.values() if row[8] is not None}
    billed = have == {"billed"}
    may = total.ready and total.meters > 0 and not billed
    says = "is billed" if billed else "is ready to bill" if may else "is not ready to bill"
    return Ready(
        code, name, read_on, bill_on, may, billed,
        f"{name} {says}, {total.told()}", total, routes, tuple(true_ups.values()),
    )  # fmt: skip


def cycles(look: Look) -> list[str]:
    """The cycles that have a meter to read, the first to be read first."""
    rows = look.db.rows(
        "SELECT c.code, c.months, c.first_month, c.read_day, c.bill_day FROM cycle c WHERE EXISTS(SELECT 1"
        " FROM live_account a JOIN live_service x ON x.account_id = a.id JOIN live_install i ON i.point_id = x.point_id"
        f" WHERE a.cycle_id = c.id AND {METERED}) ORDER BY c.code"
    )
    return [row[0] for row in sorted(rows, key=lambda row: _window(ReadCycle(*row), look.today, "")[1])]


def _cycle(look: Look, code: str) -> ReadCycle:
    row = look.db.one("SELECT code, months, first_month, read_day, bill_day FROM cycle WHERE code = ?", [code])
    if row is None:
        known = ", ".join(row[0] for row in look.db.rows("SELECT code FROM cycle ORDER BY code LIMIT 20"))
        raise BadValue(f"No cycle is named {code[:20]!r}: cycles are {known}.")
    return ReadCycle(*row)


def _window(made: ReadCycle, today: date, period: str) -> tuple[str, date]:
    """A period and its read day; without a name that whose window holds today, else the newest."""
    if period:
        if (read_on := made.named(period)) is None:
            raise BadValue(f"{period[:20]!r} is no period of cycle {made.code}: {made.newest(today)[0]} is the newest.")
        return period, read_on
    return made.open_on(today) or made.newest(today)


def _state(row: Row, tried: Counter[str]) -> str:
    if row[8] is None and tried[row[2]]:
        tried[row[2]] -= 1
        return "estimated"
    if row[8] is None:
        return "skipped" if row[10] is not None else "missing"
    return _told(row[8], row[9])


def _told(status: str, source: str) -> str:
    """What a read of the period comes to."""
    if status in ("held", "entered"):
        return "held"
    return "estimated" if source == "E" else "read"


def _true_ups(look: Look, rows: list[Row], period: str) -> dict[int, Trued]:
    """The spans that these registers' reads close, over the estimates before them."""
    out: dict[int, Trued] = {}
    for start in range(0, len(rows), _PART):
        part = {row[1]: row for row in rows[start : start + _PART]}
        for register, found in spans(look, list(part), period).items():
            out[register] = _trued(found, *part[register][2:4])
    return out


def _trued(found: Span, point: str, account: Any) -> Trued:
    shares = tuple((each.period, each.days, each.use, each.share) for each in found.shares)
    return Trued(point, format_account(account), found.since, found.on, found.days, found.total, shares)

"""Whether reads come as they should: missing, skipped or estimated too often, off their day, or with a trouble code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ubtui.db.session import Row
from ubtui.detectors.base import Ask, Detector, Found, Parameter, marks
from ubtui.detectors.readings.facts import ACCOUNT, JOINED, METERED, found_read, rows
from ubtui.domain.dates import format_day
from ubtui.domain.periods import ReadCycle, later

_SHOWN = 12
_MANY = 500
_RECENT_DAYS = 400
_NEVER = "9999-99"  # after every month of a period


@dataclass(frozen=True)
class Window:
    """The newest read window of a cycle: its period, read day, and the office day on which it ended."""

    cycle_id: int
    code: str
    months: int
    period: str
    read_on: date
    ended_on: date

    @property
    def span(self) -> tuple[str, str]:
        """The periods of the cycle from this one on, as two bounds of text."""
        return self.period, f"{self.code}/{_NEVER}"


def windows(ask: Ask, after: int | None) -> list[Window]:
    """Of every cycle the newest window that ended before today, `after` office days after its read day.

    With None the newest whose read day has come.
    """
    found = []
    for cycle_id, *cycle in ask.db.rows("SELECT id, code, months, first_month, read_day, bill_day FROM cycle"):
        made = ReadCycle(*cycle)
        period, read_on = made.newest(ask.today)
        ended_on = read_on if after is None else ask.add_business(read_on, after)
        if after is not None and ended_on >= ask.today:
            period, read_on = made.newest(read_on - timedelta(days=1))
            ended_on = ask.add_business(read_on, after)
        found.append(Window(cycle_id, made.code, made.months, period, read_on, ended_on))
    return found


# A read that only starts a meter is none of the period's.
_REGULAR = "{0}.newest = 1 AND {0}.kind NOT IN ('opening', 'installation')"
_SERVED = (
    " WHERE {only} AND m.id = g.meter_id AND m.placeholder = 0 AND i.meter_id = g.meter_id AND i.off_date IS NULL"
    " AND p.id = i.point_id AND p.state = 'active' AND t.id = p.route_id AND x.point_id = p.id AND a.id = x.account_id"
    f" AND {METERED}"
)
# First the registers that may lack a read, by few tables: of a route nearly always none; then what is known of them.
_OF_ROUTES = (
    "SELECT DISTINCT g.id FROM route t CROSS JOIN service_point p CROSS JOIN live_install i CROSS JOIN register g"
    " WHERE t.code IN ({routes}) AND p.route_id = t.id AND p.state = 'active' AND i.point_id = p.id"
    " AND i.off_date IS NULL AND g.meter_id = i.meter_id AND NOT EXISTS(SELECT 1 FROM read_summary r"
    f" WHERE r.register_id = g.id AND {_REGULAR.format('r')} AND ({{fresh}}))"
)
_OF_ALL = (
    "SELECT n.id FROM register n EXCEPT SELECT r.register_id FROM read_summary r"
    f" WHERE {_REGULAR.format('r')} AND ({{fresh}}) ORDER BY 1"
)
_KNOWN = (
    "SELECT DISTINCT t.code, a.cycle_id, p.sequence, p.number, p.id, g.id, i.on_date, x.from_on, z.read_on, z.period,"
    " (SELECT MAX(s.period) FROM live_read s WHERE s.register_id = g.id AND s.kind IN ('opening', 'installation'))"
    " FROM register g CROSS JOIN meter m CROSS JOIN live_install i CROSS JOIN service_point p CROSS JOIN route t"
    f" CROSS JOIN live_service x CROSS JOIN account a LEFT JOIN read_summary z ON z.register_id = g.id"
    f" AND {_REGULAR.format('z')}"
)


def missing_points(ask: Ask, due: Sequence[Window]) -> list[tuple[str, int, int, str]]:
    """Route, cycle id, sequence and number of every active metered point without a read in its window, as walked.

    A register whose newest read is of an older cycle of its account is looked for when that cycle's window ends.
    """
    keys = ask.keys("route")
    if not due or (keys is not None and not keys):
        return []
    fresh = " OR ".join("r.period BETWEEN ? AND ?" for _ in due)
    spans = [bound for w in due for bound in w.span]
    if keys is None:
        ids = [row[0] for row in ask.db.rows(_OF_ALL.format(fresh=fresh), spans)]
    else:
        ids = [row[0] for row in ask.db.rows(_OF_ROUTES.format(routes=marks(keys), fresh=fresh), [*keys, *spans])]
    found: set[tuple[str, int, int, str]] = set()
    for start in range(0, len(ids), _MANY):
        found |= _lacking(ask, due, ids[start : start + _MANY])
    return sorted(found)


def _lacking(ask: Ask, due: Sequence[Window], ids: Sequence[int]) -> set[tuple[str, int, int, str]]:
    """Of these registers the points that were to be read in their account's window and have neither read nor skip."""
    rows = ask.db.rows(f"{_KNOWN}{_SERVED.format(only=f'g.id IN ({marks(ids)})')}", ids)
    points = sorted({row[4] for row in rows})
    skips = set()
    if points:
        sql = f"SELECT point_id, period FROM read_skip WHERE point_id IN ({marks(points)}) AND period IN ({marks(due)})"
        skips = set(map(tuple, ask.db.rows(sql, [*points, *(w.period for w in due)])))
    of = {w.cycle_id: w for w in due}
    read = set()
    for _, cycle, _, _, _, register, _, _, on, period, begins in rows:
        own = of.get(cycle)
        if on is not None and (
            any(w.span[0] <= period <= w.span[1] for w in due) or (own is not None and on > own.read_on.isoformat())
        ):
            read.add(register)
        if own is not None and begins is not None and later(own.period, begins):
            read.add(register)  # set after its point was read
    return {
        (route, cycle, sequence or 0, number)
        for route, cycle, sequence, number, point, register, hung, served, *_ in rows
        if (w := of.get(cycle)) is not None
        and max(hung, served) < w.read_on.isoformat()
        and register not in read
        and (point, w.period) not in skips
    }


def _expected(ask: Ask, due: Sequence[Window], routes: Sequence[str]) -> dict[tuple[str, int], int]:
    """How many points of these routes were to be read, by route and cycle."""
    each = " OR ".join("(a.cycle_id = ? AND i.on_date < ? AND x.from_on < ?)" for _ in due)
    params = [part for w in due for part in (w.cycle_id, w.read_on.isoformat(), w.read_on.isoformat())]
    sql = (
        "SELECT t.code, a.cycle_id, CAST(COUNT(DISTINCT p.id) AS bigint) FROM route t CROSS JOIN service_point p"
        " CROSS JOIN live_install i CROSS JOIN register g CROSS JOIN meter m CROSS JOIN live_service x"
        f" CROSS JOIN account a{_SERVED.format(only=f't.code IN ({marks(routes)})')} AND ({each}) GROUP BY 1, 2"
    )
    return {(route, cycle): count for route, cycle, count in ask.db.rows(sql, [*routes, *params])}


def missing(ask: Ask) -> Iterable[Found]:
    """R01: one item a route and period, for the meters that were to be read by now and have neither read nor skip."""
    due = windows(ask, ask.whole("after"))
    by_route: dict[tuple[str, int], list[str]] = defaultdict(list)
    for route, cycle, _, number in missing_points(ask, due):
        by_route[route, cycle].append(number)
    if not by_route:
        return
    of = {w.cycle_id: w for w in due}
    expected = _expected(ask, due, sorted({route for route, _ in by_route}))
    for (route, cycle), points in by_route.items():
        window, total = of[cycle], expected[route, cycle]
        told = "no meter is" if len(points) == total else f"{len(points):,} of {total:,} meters are not"
        why = f"route {route}: {told} read, the window ended {format_day(window.ended_on, ask.today)}"
        yield Found(
            route, window.period, "Reads are missing", why,
            {
                "route": route, "missing": len(points), "expected": total, "read_day": window.read_on.isoformat(),
                "window_ended": window.ended_on.isoformat(), "points": " ".join(points[:_SHOWN]), "reads": [],
            },
            due_source="bill date",
        )  # fmt: skip


def skipped(ask: Ask) -> Iterable[Found]:
    """R02: nobody could read the meter, period after period; nothing was read since."""
    if (narrow := ask.only("point", "p.number")) is None:
        return
    only, keys = narrow
    read = (
        "EXISTS(SELECT 1 FROM live_install i JOIN register g ON g.meter_id = i.meter_id JOIN live_read r"
        " ON r.register_id = g.id WHERE i.point_id = k.point_id AND (r.read_on > k.skipped_on OR r.period = k.period)"
        " AND r.source <> 'E' AND r.status <> 'void' AND r.kind NOT IN ('control', 'reread'))"
    )
    asked = (
        "EXISTS(SELECT 1 FROM field_order o WHERE o.point_id = k.point_id AND o.state = 'open' AND o.item LIKE 'R02:%')"
    )
    sql = (
        "SELECT p.number, k.point_id, k.period, k.skipped_on, k.why FROM read_skip k JOIN service_point p"
        f" ON p.id = k.point_id AND p.state = 'active' WHERE k.skipped_on >= ?{only} AND NOT {read} AND NOT {asked}"
        " ORDER BY k.point_id, k.skipped_on"
    )
    since = (ask.today - timedelta(days=_RECENT_DAYS)).isoformat()
    by_point: dict[str, list[Row]] = defaultdict(list)
    for row in ask.db.rows(sql, [since, *keys]):
        by_point[row[0]].append(row)
    least = ask.whole("periods")
    for number, skips in by_point.items():
        if len(skips) < least:
            continue
        _, point, period, on, why = skips[-1]
        said = f"not read {len(skips)} periods in a row, last {format_day(date.fromisoformat(on), ask.today)}: {why}"
        evidence = {
            "skips": len(skips), "limit": ask.parameters["periods"], "last_skip": on,
            "because": ", ".join(dict.fromkeys(row[4] for row in skips)), "reads": [],
        }  # fmt: skip
        yield Found(number, period, "Not read again", said, evidence, point_id=point, due_source="bill date")


def estimated(ask: Ask) -> Iterable[Found]:
    """R03: bills rest on guesses for too long."""
    months = f"(SELECT c.months FROM cycle c JOIN account a ON a.cycle_id = c.id WHERE a.id = {ACCOUNT})"
    where = (
        "r.newest = 1 AND r.est_run > 1 AND r.est_run >= ? AND r.est_run >="
        f" CASE WHEN {months} = 1 THEN CAST(? AS bigint) ELSE CAST(? AS bigint) END"
    )
    longer, monthly = ask.whole("periods_longer"), ask.whole("periods_monthly")
    for r, (run,) in rows(ask, "R03", where, [min(longer, monthly), monthly, longer], ", r.est_run"):
        why = f"estimated {run} periods in a row"
        yield found_read(ask, "Estimated again", why, r, 0, periods=run)


def off_their_days(ask: Ask) -> Iterable[Found]:
    """R16: a route was read early or late, so that its periods are too long or too short."""
    keys = ask.keys("route")
    if keys is not None and not keys:
        return
    now = windows(ask, None)
    bands, each, params = {}, [], []
    for w in now:
        if w.months == 1:
            band = ask.whole("monthly_least"), ask.whole("monthly_most")
        else:
            band = w.months * ask.whole("longer_least"), w.months * ask.whole("longer_most")
        bands[w.code] = band
        each.append("r.period BETWEEN ? AND ? AND (r.days < ? OR r.days > ?)")
        params += [*w.span, *band]
    judged = "r.newest = 1 AND r.kind = 'regular' AND r.prev_on IS NOT NULL AND r.days IS NOT NULL"
    odd = f" AND r.status <> 'billed' AND r.decided NOT LIKE '%R16%' AND ({' OR '.join(each)})"
    if keys is None:
        source, only, first = "read_summary r CROSS JOIN service_point p CROSS JOIN route t", "", []
    else:
        source = "route t CROSS JOIN service_point p CROSS JOIN read_summary r"
        only, first = f"t.code IN ({marks(keys)}) AND ", [*keys]
    joined = f"{JOINED} AND t.id = p.route_id"
    found = ask.db.rows(
        "SELECT t.code, r.period, CAST(COUNT(*) AS bigint), MIN(r.days), MAX(r.days), MIN(r.read_on), MAX(r.read_on)"
        f" FROM {source} WHERE {only}{judged}{odd}{joined} GROUP BY t.code, r.period",
        [*first, *params],
    )
    for route, period, count, shortest, longest, earliest, latest in found:
        if count < ask.whole("least"):
            continue
        read = ask.db.value(
            "SELECT COUNT(*) FROM route t CROSS JOIN service_point p CROSS JOIN read_summary r WHERE t.code = ?"
            f" AND r.period = ? AND {judged}{joined}",
            [route, period],
        )
        if count * 100 < ask.whole("share") * read:
            continue
        low, high = bands[period.rpartition("/")[0]]
        span = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
        why = f"route {route}: {count:,} of {read:,} reads span {span} days; {low} to {high} are usual"
        yield Found(
            route, period, "Read off its days", why,
            {
                "route": route, "odd": count, "of": read, "shortest": shortest, "longest": longest, "least": low,
                "most": high, "first_read": earliest, "last_read": latest, "reads": [],
            },
            due_source="bill date",
        )  # fmt: skip


ORDERED = {
    "stuck": "exchange", "fogged": "exchange", "broken": "exchange", "leak": "leak", "buried": "locate",
    "dog": "access", "locked": "access", "seal-missing": "seal_check",
}  # fmt: skip
"""The order that follows a trouble code; any other is looked at."""


def reader_code(ask: Ask) -> Iterable[Found]:
    """R22: the reader reports a trouble that was not reported the time before, or another one."""
    codes = ask.parameters["codes"].split()
    said = "REPLACE(LOWER({}), ' ', '-')"
    where = (
        "r.newest = 1 AND r.trouble_code IS NOT NULL"
        f" AND {said.format('r.trouble_code')} IS DISTINCT FROM {said.format('r.prev_trouble')}"
        f" AND {said.format('r.trouble_code')} IN ({marks(codes)})"
        " AND NOT EXISTS(SELECT 1 FROM field_order o WHERE o.point_id = r.point_id AND o.state <> 'cancelled'"
        " AND o.item = 'R22:point:' || p.number || '@' || r.period)"
    )
    for r, (code, before) in rows(ask, "R22", where, codes, ", r.trouble_code, r.prev_trouble") if codes else ():
        why = f"the reader says {code}" + (f", last time {before}" if before else "")
        request = ORDERED.get(code.lower().replace(" ", "-"), "verify")
        yield found_read(ask, "Reader's trouble code", why, r, 0, trouble=code, trouble_before=before, request=request)


_UNKNOWN = "What was used is not known, and the bill cannot be computed."

DETECTORS = (
    Detector(
        "R01", "Reads are missing", ("route",),
        "an active metered point of the route has neither a read nor a skip in the newest window of its cycle, which"
        " ended, after office days after the read day, before today", _UNKNOWN,
        ("read.enter", "read.estimate", "read.skip"),
        "consumption audits of Caselle: active, no reading; one item a route is this program's own rule", missing,
        parameters={"after": Parameter("3", "office days", "time that reading a cycle's routes takes")},
    ),
    Detector(
        "R02", "Not read again", ("point",),
        "skipped in the last periods, not read since, and no order of this item is open",
        _UNKNOWN,
        ("read.enter", "order.create"), "SAP IS-U: a limit of successive non-reads", skipped,
        parameters={"periods": Parameter("2", "periods", "skips in a row")},
    ),
    Detector(
        "R03", "Estimated again", ("point",), "the last reads are all estimates",
        "Bills rest on guesses; what was really used comes as one large bill.",
        ("read.enter", "read.review", "order.create"),
        "consumption audits of Tyler: too many estimates; two for bi-monthly cycles is this program's own limit",
        estimated,
        parameters={
            "periods_longer": Parameter("2", "periods", "where bills are two months or more apart"),
            "periods_monthly": Parameter("3", "periods", "where bills are monthly"),
        },
    ),
    Detector(
        "R16", "Read off its days", ("route",),
        "of the route's regular reads of the period, at least share % and at least least span too few or too many days,"
        " and are not billed", "Tiers and fixed charges are those of a period of the usual length.", ("read.days",),
        "Tyler: days between reads; one item a route is this program's own rule", off_their_days,
        parameters={
            "monthly_least": Parameter("26", "days", "shortest month between reads"),
            "monthly_most": Parameter("35", "days", "longest month between reads"),
            "longer_least": Parameter("27", "days a month", "shortest period of two months or more"),
            "longer_most": Parameter("34", "days a month", "longest period of two months or more"),
            "share": Parameter("50", "%", "fewer are matters of single accounts"),
            "least": Parameter("3", "reads", "fewer are matters of single accounts"),
        },
    ),
    Detector(
        "R22", "Reader's trouble code", ("point",),
        "the newest read carries one of the codes, the one before it not the same, and no order was made of it",
        "A stuck, fogged or buried meter is billed as if nothing were wrong.", ("order.create", "read.review"),
        "information codes of Caselle; only new or changed codes count, this program's own rule", reader_code,
        parameters={
            "codes": Parameter(
                "stuck fogged leak tamper buried dog locked broken seal-missing", "codes", "what an order may follow"
            ),
        },
    ),
)  # fmt: skip

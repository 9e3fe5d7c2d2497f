"""Readings: high, low, none, below the previous, past zero, behind a seal, with nobody billed, twice in a period."""

# Length: ten predicates, each beside its words and its evidence, read as one table.
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from ubtui.db.session import Row
from ubtui.detectors.base import Ask, Detector, Found, Parameter, decimal, marks
from ubtui.domain.register import MOST_USE, Register
from ubtui.domain.volume import Unit

_NAMES = (
    "register_id read_on seq point_id period value usage days source status held_code prev_on prev_value prev_usage"
    " prev_source raw_use rollover_use ly_on ly_usage ly_milli avg_milli zero_run before_zero number"
)
_COLUMNS = _NAMES.split()
_FACTS = ", ".join(f"r.{name}" for name in _COLUMNS[:-1]) + ", p.number"
# CROSS JOIN keeps SQLite to this order: from the rows under judgement when all are asked for, else from the points.
_ALL = "read_summary r CROSS JOIN service_point p"
_SOME = "service_point p CROSS JOIN read_summary r"
_METERED = "x.to_on IS NULL AND x.kind IN ('potable', 'irrigation', 'raw', 'recycled')"
_ACCOUNT = f"(SELECT MIN(x.account_id) FROM live_service x WHERE x.point_id = r.point_id AND {_METERED})"


def _rows(
    ask: Ask,
    code: str,
    where: str,
    params: Sequence[Any],
    more: str = "",
    selected: Sequence[Any] = (),
    sources: tuple[str, str] = (_ALL, _SOME),
) -> Iterator[tuple[dict[str, Any], Row]]:
    """Rows under judgement that fulfil `where` and are not reviewed for `code`: facts by name, then `more`.

    `selected` are the parameters of `more`; `sources` are the FROM of all and of some points.
    """
    keys = ask.keys("point")
    only, source = "", sources[0]
    if keys is not None:
        if not keys:
            return
        only, source = f"p.number IN ({marks(keys)}) AND ", sources[1]
    sql = (
        f"SELECT {_FACTS}{more} FROM {source} WHERE {only}p.id = r.point_id AND {where}"
        f" AND r.decided NOT LIKE '%{code}%'"
    )
    for row in ask.db.rows(sql, [*selected, *(keys or ()), *params]):
        yield dict(zip(_COLUMNS, row, strict=False)), row[len(_COLUMNS) :]


def _found(ask: Ask, title: str, why: str, r: dict[str, Any], units: int, **evidence: Any) -> Found:
    """An item about a read: due the office day before its bill date, the reads concerned as evidence."""
    reads: list[dict[str, Any]] = [{"on": r["read_on"], "value": r["value"], "use": r["usage"]}]
    if r["prev_on"]:
        reads.append({"on": r["prev_on"], "value": r["prev_value"], "use": r["prev_usage"]})
    if r["ly_on"]:
        reads.append({"on": r["ly_on"], "value": None, "use": r["ly_usage"]})
    found = Found(r["number"], r["period"], title, why, {}, point_id=r["point_id"], units=abs(units))
    found.evidence = {
        "read_on": r["read_on"], "seq": r["seq"], "value": r["value"], "use": r["usage"], "days": r["days"],
        "source": r["source"], **evidence, "reads": reads,
    }  # fmt: skip
    found.due_source = "bill date"
    if r["status"] == "held":
        found.evidence["held"] = r["held_code"] or "held"
    return found


def _day(text: str) -> str:
    return date.fromisoformat(text).strftime("%b %-d, %Y")


# Use is at most 10^9 units and what it is measured by 10^12 thousandths: divided before anything is multiplied, no
# step leaves 64 bits on either database.
_ABOVE = "(r.usage > 0 AND (r.usage * CAST(1000000 AS bigint) - 1) / ? >= {})"
_UNDER = "(r.usage * CAST(1000000 AS bigint) / ? < {})"


def _expected(ratio: str) -> str:
    """Last year's use in thousandths, moved by a ratio in millionths."""
    return f"(r.ly_milli / 1000000 * {ratio} + r.ly_milli % 1000000 * {ratio} / 1000000)"


def _times(ask: Ask) -> int:
    """How many times, in thousandths: at least one of them, and no more than a comparison can hold."""
    return max(1, min(ask.milli("times"), 10**15))


def high_against_last_year(ask: Ask) -> Iterable[Found]:
    """R04: above twice the expected use, last year's moved by the whole cycle's median."""
    median = "(SELECT m.ratio_ppm FROM cycle_median m WHERE m.period = r.period)"
    # Against the least median of all first: most rows are let go without looking theirs up.
    least = "(SELECT COALESCE(MIN(m.ratio_ppm), 1000000) FROM cycle_median m WHERE m.ratio_ppm < 1000000)"
    where = (
        f"r.usage >= ? AND r.ly_milli IS NOT NULL AND {_ABOVE.format(_expected(least))}"
        f" AND {_ABOVE.format(_expected(f'COALESCE({median}, 1000000)'))}"
    )
    params = [ask.whole("least"), _times(ask), _times(ask)]
    for r, (ratio,) in _rows(ask, "R04", where, params, f", {median}"):
        ratio = 1_000_000 if ratio is None else ratio
        expected = r["ly_milli"] * ratio // 1_000_000
        times = f", {decimal(r['usage'] * 1_000_000 // expected)} × expected" if expected else ""
        why = f"{r['usage']:,} against {decimal(expected)} expected from {_day(r['ly_on'])}{times}"
        yield _found(
            ask, "High against last year", why, r, r["usage"] - expected // 1000, expected=decimal(expected),
            last_year=r["ly_usage"], median=decimal(ratio // 1000), limit=ask.parameters["times"],
        )  # fmt: skip


def high_against_average(ask: Ask) -> Iterable[Found]:
    """R05: no use a year ago to compare with, so its own average; a new owner's first cycle is let pass."""
    fresh = (
        f"EXISTS(SELECT 1 FROM account a WHERE a.id = {_ACCOUNT} AND a.opened_on >= r.prev_on)"
        f" OR EXISTS(SELECT 1 FROM account_role o WHERE o.account_id = {_ACCOUNT} AND o.role = 'owner'"
        " AND o.to_on IS NULL AND o.from_on >= r.prev_on)"
    )
    where = (
        "r.ly_milli IS NULL AND r.usage >= ? AND r.avg_milli IS NOT NULL"
        f" AND {_ABOVE.format('r.avg_milli')} AND NOT ({fresh})"
    )
    for r, _ in _rows(ask, "R05", where, [ask.whole("least"), _times(ask)]):
        why = f"{r['usage']:,} against its average of {decimal(r['avg_milli'])}; no read a year ago"
        yield _found(
            ask, "High against average", why, r, r["usage"] - r["avg_milli"] // 1000, average=decimal(r["avg_milli"]),
            limit=ask.parameters["times"],
        )  # fmt: skip


def extreme(ask: Ask) -> Iterable[Found]:
    """R06: beyond what a customer of this class uses, or five times its own average."""
    limits = sorted(ask.district.use_limits.items())
    times, least = _times(ask), ask.whole("least")
    cases = "CASE (SELECT MIN(x.customer_class) FROM live_service x WHERE x.point_id = r.point_id"
    cases += f" AND {_METERED})" + " WHEN CAST(? AS text) THEN CAST(? AS bigint)" * len(limits) + " END"
    pairs = [part for pair in limits for part in pair]
    over, above, wide = "", [], []
    if limits:
        over = f"(r.usage > ? AND r.usage > {cases}) OR "
        above, wide = [min(n for _, n in limits), *pairs], pairs
    where = (
        f"({over}(r.usage >= ? AND r.avg_milli IS NOT NULL AND {_ABOVE.format('r.avg_milli')})"
        " OR (r.status = 'held' AND r.held_code = 'over-limit'))"
    )
    more = f", {cases}" if limits else ", NULL"
    for r, (limit,) in _rows(ask, "R06", where, [*above, least, times], more, wide):
        use = r["usage"] if r["usage"] is not None else MOST_USE  # held without a use: more than there can be
        against = (
            f"over the class limit of {limit:,}"
            if limit is not None and use > limit
            else f"its average is {decimal(r['avg_milli'])}"
        )
        yield _found(
            ask, "Extreme use", f"{use:,} in {r['days'] or 'unknown'} days; {against}", r, use, class_limit=limit,
            average=decimal(r["avg_milli"]), limit=ask.parameters["times"],
        )  # fmt: skip


def low_against_last_year(ask: Ask) -> Iterable[Found]:
    """R07: some use, but far below what last year and the whole cycle lead one to expect: a slowing meter."""
    median = "(SELECT m.ratio_ppm FROM cycle_median m WHERE m.period = r.period)"
    most = "(SELECT COALESCE(MAX(m.ratio_ppm), 1000000) FROM cycle_median m WHERE m.ratio_ppm > 1000000)"
    where = (
        f"r.usage > 0 AND r.ly_milli >= ? AND {_UNDER.format(_expected(most))}"
        f" AND {_UNDER.format(_expected(f'COALESCE({median}, 1000000)'))}"
    )
    params = [ask.milli("base"), _times(ask), _times(ask)]
    for r, (ratio,) in _rows(ask, "R07", where, params, f", {median}"):
        ratio = 1_000_000 if ratio is None else ratio
        expected = r["ly_milli"] * ratio // 1_000_000
        why = f"{r['usage']:,} against {decimal(expected)} expected from {_day(r['ly_on'])}"
        yield _found(
            ask, "Low against last year", why, r, expected // 1000 - r["usage"], expected=decimal(expected),
            last_year=r["ly_usage"], median=decimal(ratio // 1000), limit=ask.parameters["times"],
        )  # fmt: skip


def none_on_active(ask: Ask) -> Iterable[Found]:
    """R08: a meter in use fell to nothing and stayed there; seasonal services and sealed points rest lawfully."""
    months = (
        "(SELECT c.months FROM cycle c JOIN account a ON a.cycle_id = c.id"
        f" WHERE a.id = {_ACCOUNT})"
    )  # fmt: skip
    seasonal = f"EXISTS(SELECT 1 FROM live_service x WHERE x.point_id = r.point_id AND x.seasonal = 1 AND {_METERED})"
    sealed = "EXISTS(SELECT 1 FROM seal z WHERE z.point_id = r.point_id AND z.removed_on IS NULL)"
    few = min(ask.whole("periods_monthly"), ask.whole("periods_longer"))
    where = (
        "r.zero_run > 1 AND r.usage = 0 AND r.zero_run >= ? AND r.before_zero >= ? AND p.state = 'active'"
        f" AND r.zero_run >= CASE WHEN {months} = 1 THEN CAST(? AS bigint) ELSE CAST(? AS bigint) END"
        f" AND NOT {seasonal} AND NOT {sealed}"
    )
    params = [few, ask.whole("before"), ask.whole("periods_monthly"), ask.whole("periods_longer")]
    for r, _ in _rows(ask, "R08", where, params):
        why = f"no use for {r['zero_run']} periods, {r['before_zero']:,} before"
        yield _found(
            ask, "No use on active meter", why, r, r["before_zero"], periods=r["zero_run"], before=r["before_zero"],
        )  # fmt: skip


def _below(ask: Ask, code: str, rollover: int) -> Iterator[dict[str, Any]]:
    # A read taken as a rollover is settled for both codes, whatever its average says later.
    where = f"r.raw_use IS NOT NULL AND r.rolled = 0 AND r.rollover = {rollover}"
    for r, _ in _rows(ask, code, where, []):
        yield r


def below_previous(ask: Ask) -> Iterable[Found]:
    """R09: lower than the read before, and no counter past zero explains it."""
    for r in _below(ask, "R09", 0):
        estimated = "estimate " if r["prev_source"] == "E" else ""
        why = f"{r['prev_value']:,} → {r['value']:,}, below the {estimated}of {_day(r['prev_on'])}".replace(
            "the of", "the read of"
        )
        yield _found(
            ask, "Read below previous", why, r, r["raw_use"], previous=r["prev_value"],
            previous_source=r["prev_source"], difference=r["raw_use"],
            if_rollover=r["rollover_use"], average=decimal(r["avg_milli"]),
        )  # fmt: skip


def past_zero(ask: Ask) -> Iterable[Found]:
    """R10: the counter most likely passed zero once."""
    for r in _below(ask, "R10", 1):
        why = f"{r['prev_value']:,} → {r['value']:,}: {r['rollover_use']:,} if past zero"
        why += f", average {decimal(r['avg_milli'])}"
        yield _found(
            ask, "Counter past zero?", why, r, r["rollover_use"], previous=r["prev_value"],
            if_rollover=r["rollover_use"], average=decimal(r["avg_milli"]),
        )  # fmt: skip


def use_while_sealed(ask: Ask) -> Iterable[Found]:
    """R13: use behind a closed lock; occasional use is sold unlocked, and use before the seal is not counted."""
    more = (
        ", z.number, z.placed_on, z.placed_value, (SELECT g.unit FROM register g WHERE g.id = r.register_id),"
        " (SELECT MIN(x.unit) FROM live_service x WHERE x.point_id = r.point_id AND x.to_on IS NULL), g.dials,"
        " g.fixed_zeros, g.mult_num, g.mult_den"
    )
    where = (
        "g.id = r.register_id AND z.point_id = p.id AND z.removed_on IS NULL AND z.lock_state = 'locked'"
        " AND z.rate_status = 'sealed' AND r.usage > ? AND r.read_on > z.placed_on"
        " AND (r.prev_on >= z.placed_on OR z.placed_value IS NOT NULL)"
        " AND (z.batch_id IS NULL OR z.batch_id IN (SELECT b.id FROM batch b WHERE b.released_at IS NOT NULL))"
    )
    sources = (
        "seal z CROSS JOIN service_point p CROSS JOIN read_summary r CROSS JOIN register g",
        "service_point p CROSS JOIN seal z CROSS JOIN read_summary r CROSS JOIN register g",
    )
    least = ask.whole("more_than")
    for r, extra in _rows(ask, "R13", where, [least], more, sources=sources):
        seal, placed_on, placed_value, unit, billing, dials, zeros, num, den = extra
        use = r["usage"]
        if r["prev_on"] is None or r["prev_on"] < placed_on:
            if r["value"] is None:
                continue
            face = Register(dials, zeros, Fraction(num, den), Unit.parse(unit))
            use = face.usage(placed_value, r["value"], Unit.parse(billing or ask.district.billing_unit))
        if use <= least:
            continue
        yield _found(
            ask, "Use on sealed meter", f"{use:,} since seal {seal} of {_day(placed_on)}", r, use, seal=seal,
            sealed_on=placed_on, since_seal=use,
        )  # fmt: skip


def use_with_nobody_billed(ask: Ask) -> Iterable[Found]:
    """R14: water runs where no service is active."""
    where = "p.state <> 'active' AND r.usage > ?"
    for r, (state,) in _rows(ask, "R14", where, [ask.whole("more_than")], ", p.state", sources=(_SOME, _SOME)):
        why = f"{r['usage']:,} on a point that is {state}"
        yield _found(ask, "Use with nobody billed", why, r, r["usage"], point_state=state)


def second_read(ask: Ask) -> Iterable[Found]:
    """R15: another regular read of the same point and period waits in an import."""
    keys = ask.keys("point")
    if keys is not None and not keys:
        return
    only = "" if keys is None else f" AND p.number IN ({marks(keys)})"
    sql = (
        "SELECT p.number, s.point_id, s.period, CAST(COUNT(*) AS bigint), MIN(s.id), MIN(b.source), MIN(s.row_no),"
        " (SELECT MAX(r.usage) FROM read_summary r WHERE r.point_id = s.point_id AND r.period = s.period)"
        " FROM staged_row s JOIN batch b ON b.id = s.batch_id AND b.released_at IS NOT NULL"
        " JOIN service_point p ON p.id = s.point_id WHERE s.state = 'staged' AND s.kind IN ('reads', 'usage')"
        f" AND s.reason = 'duplicate-read' AND s.period IS NOT NULL{only} GROUP BY p.number, s.point_id, s.period"
    )
    for number, point, period, count, staged, source, row_no, use in ask.db.rows(sql, list(keys or ())):
        rows = "1 more read is" if count == 1 else f"{count} more reads are"
        yield Found(
            number, period, "Two reads in a period", f"{rows} staged from {source}, row {row_no}",
            {"staged": staged, "rows": count, "source": source, "row": row_no, "use": use, "reads": []},
            point_id=point, due_source="bill date",
        )  # fmt: skip


def due_before_bill(ask: Ask, found: Found, bill_day: int | None) -> None:
    """Give a reading's item its due day, the office day before the bill date of its period."""
    _, _, month = found.period.rpartition("/")
    if bill_day is None or len(month) != 7:
        found.due_source = None
        return
    bill = date(int(month[:4]), int(month[5:]), bill_day)
    found.due_on = ask.add_business(bill, -1)
    if "held" in found.evidence:
        found.bill_on = bill


_HIGH = "A bill this high goes out, is disputed, and a leak runs on."
_REVIEW = ("read.review", "adjust.propose")

DETECTORS = (
    Detector(
        "R04", "High against last year", ("point",),
        "use > times × last year's use of the period × the cycle's median ratio, and use ≥ least", _HIGH, _REVIEW,
        "municipal read audits; cycle median after practice", high_against_last_year,
        parameters={
            "times": Parameter("2", "×", "how far above the expected use"),
            "least": Parameter("10", "billing units", "smaller use is not worth a look"),
        },
    ),
    Detector(
        "R05", "High against average", ("point",),
        "no read a year ago, use > times × mean of six actual reads, use ≥ least, holder not new this cycle", _HIGH,
        _REVIEW, "municipal read audits", high_against_average,
        parameters={
            "times": Parameter("2", "×", "how far above its own average"),
            "least": Parameter("5", "billing units", "smaller use is not worth a look"),
        },
    ),
    Detector(
        "R06", "Extreme use", ("point",),
        "use over the class limit of the district, or > times × its own average and ≥ least, or held as over the limit",
        "A misread or a burst is billed as it stands.", _REVIEW, "practice", extreme,
        parameters={
            "times": Parameter("5", "×", "how far above its own average"),
            "least": Parameter("10", "billing units", "smaller use is judged by the class limit alone"),
        },
    ),
    Detector(
        "R07", "Low against last year", ("point",),
        "0 < use < times × last year's use × the cycle's median ratio, and last year's use ≥ base",
        "A slowing meter gives water away.", _REVIEW, "municipal read audits; base after practice",
        low_against_last_year,
        parameters={
            "times": Parameter("0.35", "×", "how far below the expected use"),
            "base": Parameter("20", "billing units", "last year's use that makes a fall worth a look"),
        },
    ),
    Detector(
        "R08", "No use on active meter", ("point",),
        "no use for the last periods after a use ≥ before, on an active point that is neither sealed nor seasonal",
        "A stopped meter gives water away.", ("read.review", "service.seasonal"), "municipal read audits",
        none_on_active,
        parameters={
            "periods_longer": Parameter("2", "periods", "where bills are two months or more apart"),
            "periods_monthly": Parameter("3", "periods", "where bills are monthly"),
            "before": Parameter("10", "billing units", "use of the period before the fall"),
        },
    ),
    Detector(
        "R09", "Read below previous", ("point",),
        "value below the previous value, and not a counter past zero as R10 judges it",
        "The bill cannot be computed.", ("read.review",), "every read audit", below_previous,
    ),
    Detector(
        "R10", "Counter past zero?", ("point",),
        "value below the previous value; previous ≥ 90 % and value ≤ 10 % of the dials' range, use past zero ≤ 3 ×"
        " average, previous read no over-estimate", "The bill cannot be computed.", ("read.review",),
        "one rollover a period", past_zero,
    ),
    Detector(
        "R13", "Use on sealed meter", ("point",),
        "use since the seal > more_than, lock closed and sealed rate in force",
        "Water is taken behind a seal, or the seal is gone and nobody bills for it.",
        ("seal.remove", "read.review"), "seal rounds of irrigation districts", use_while_sealed,
        parameters={"more_than": Parameter("0", "billing units", "use that a seal still allows")},
    ),
    Detector(
        "R14", "Use with nobody billed", ("point",), "use > more_than on a point that is inactive or closed",
        "Water is used and nobody pays.", ("service.activate", "read.review"), "municipal read audits",
        use_with_nobody_billed, parameters={"more_than": Parameter("1", "billing units", "use taken for a test")},
    ),
    Detector(
        "R15", "Two reads in a period", ("point",),
        "an import holds a second regular read of the point's period", "The wrong one of two reads may be billed.",
        ("staged.decide",), "meter data imports", second_read,
    ),
)  # fmt: skip

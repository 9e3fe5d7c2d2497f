"""How much was used: far above or below what is expected, beyond a class, nothing, or the same over and over."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ubtui.detectors.base import Ask, Detector, Found, Parameter, decimal
from ubtui.detectors.readings.facts import ACCOUNT, CLASS, METERED, Facts, day, found_read, milli, rows, steps
from ubtui.domain.register import MOST_USE, OVER
from ubtui.domain.scales import Scales, plain

# Use is at most 10^9 units and what it is measured by 10^12 thousandths: divided before anything is multiplied, no
# step leaves 64 bits on either database.
ABOVE = "(r.usage > 0 AND (r.usage * CAST(1000000 AS bigint) - 1) / ({}) >= {})"
UNDER = "(r.usage * CAST(1000000 AS bigint) / ({}) < {})"
MEDIAN = "(SELECT m.ratio_ppm FROM cycle_median m WHERE m.period = r.period)"
_SEASON = "(r.ly_milli / 1000000 * COALESCE({0}, 1000000) + r.ly_milli % 1000000 * COALESCE({0}, 1000000) / 1000000)"
EXPECTED = _SEASON.format(MEDIAN)
# Against the least and the greatest median of all first: most rows are let go without looking theirs up.
LEAST = _SEASON.format("(SELECT MIN(m.ratio_ppm) FROM cycle_median m WHERE m.ratio_ppm < 1000000)")
MOST = _SEASON.format("(SELECT MAX(m.ratio_ppm) FROM cycle_median m WHERE m.ratio_ppm > 1000000)")


def against(r: Facts, expected: int | None, used: int | None = None) -> str:
    """The use of a read beside what was expected of it: `120 against 36 expected from Nov 20, 2025, 3.3 × expected`."""
    use = "unknown use" if r["usage"] is None else f"{r['usage']:,}"
    since = f" from {day(r['ly_on'])}" if r["ly_on"] else ""
    times = f", {decimal(used * 1_000_000 // expected)} × expected" if expected and used else ""
    return f"{use} against {decimal(expected)} expected{since}{times}"


def season(r: Facts, ratio: int | None) -> int | None:
    """Last year's use moved by the cycle's median, in thousandths."""
    return None if r["ly_milli"] is None else int(r["ly_milli"] * (1_000_000 if ratio is None else ratio) // 1_000_000)


def _in_force(scales: Scales, size: int | None, customer_class: str | None) -> str:
    """The figure that a read was held against."""
    return plain(scales.at(Fraction(size or 0, 1000), customer_class))


def high_against_last_year(ask: Ask) -> Iterable[Found]:
    """R04: above twice the expected use, last year's moved by the whole cycle's median."""
    scales = ask.scales("times")
    where = (
        f"(r.usage >= ? AND r.ly_milli IS NOT NULL AND {ABOVE.format(milli(min(scales.figures)), LEAST)}"
        f" AND {ABOVE.format(steps(scales, EXPECTED), EXPECTED)})"
    )
    for r, (ratio, kind) in rows(ask, "R04", where, [ask.whole("least")], f", {MEDIAN}, {_class(scales)}"):
        expected = season(r, ratio)
        use = r["usage"] or 0
        yield found_read(
            ask, "High against last year", against(r, expected, use), r, use - (expected or 0) // 1000,
            expected=decimal(expected), last_year=r["ly_usage"],
            median=decimal((1_000_000 if ratio is None else ratio) // 1000), limit=_in_force(scales, expected, kind),
        )  # fmt: skip


def _class(scales: Scales) -> str:
    """SQL of the class, where a scale asks for it."""
    return CLASS if scales.of else "NULL"


def high_against_average(ask: Ask) -> Iterable[Found]:
    """R05: no use a year ago to compare with, so its own average; a new owner's first cycle is let pass."""
    fresh = (
        f"EXISTS(SELECT 1 FROM account a WHERE a.id = {ACCOUNT} AND a.opened_on >= r.prev_on)"
        f" OR EXISTS(SELECT 1 FROM account_role o WHERE o.account_id = {ACCOUNT} AND o.role = 'owner'"
        " AND o.to_on IS NULL AND o.from_on >= r.prev_on)"
    )
    scales = ask.scales("times")
    where = (
        "(r.ly_milli IS NULL AND r.usage >= ? AND r.avg_milli IS NOT NULL AND r.avg_est <= ?"
        f" AND {ABOVE.format(steps(scales, 'r.avg_milli'), 'r.avg_milli')} AND NOT ({fresh}))"
    )
    params = [ask.whole("least"), ask.whole("estimated")]
    for r, (kind,) in rows(ask, "R05", where, params, f", {_class(scales)}"):
        use = "unknown use" if r["usage"] is None else f"{r['usage']:,}"
        why = f"{use} against its average of {decimal(r['avg_milli'])}; no read a year ago"
        yield found_read(
            ask, "High against average", why, r, (r["usage"] or 0) - (r["avg_milli"] or 0) // 1000,
            average=decimal(r["avg_milli"]), limit=_in_force(scales, r["avg_milli"], kind),
        )  # fmt: skip


def extreme(ask: Ask) -> Iterable[Found]:
    """R06: beyond what a customer of this class uses, or five times its own average."""
    limits = sorted(ask.district.use_limits.items())
    scales, least = ask.scales("times"), ask.whole("least")
    cases = f"CASE {CLASS}" + " WHEN CAST(? AS text) THEN CAST(? AS bigint)" * len(limits) + " END"
    pairs = [part for pair in limits for part in pair]
    over, above, wide = "", [], []
    if limits:
        over = f"(r.usage > ? AND r.usage > {cases}) OR "
        above, wide = [min(n for _, n in limits), *pairs], pairs
    where = (
        f"({over}(r.usage >= ? AND r.avg_milli IS NOT NULL AND r.avg_est <= ?"
        f" AND {ABOVE.format(steps(scales, 'r.avg_milli'), 'r.avg_milli')})"
        f" OR (r.status = 'held' AND r.held_code = '{OVER}'))"
    )
    more = f", {cases if limits else 'NULL'}, {_class(scales)}"
    for r, (limit, kind) in rows(ask, "R06", where, [*above, least, ask.whole("estimated")], more, wide):
        use = r["usage"] if r["usage"] is not None else MOST_USE  # held without a use: more than there can be
        against = (
            f"over the class limit of {limit:,}"
            if limit is not None and use > limit
            else f"its average is {decimal(r['avg_milli'])}"
        )
        yield found_read(
            ask, "Extreme use", f"{use:,} in {r['days'] or 'unknown'} days; {against}", r, use, class_limit=limit,
            average=decimal(r["avg_milli"]), limit=_in_force(scales, r["avg_milli"], kind),
        )  # fmt: skip


def low_against_last_year(ask: Ask) -> Iterable[Found]:
    """R07: some use, but far below what last year and the whole cycle lead one to expect: a slowing meter."""
    scales = ask.scales("times")
    where = (
        f"(r.usage > 0 AND r.ly_milli >= ? AND {UNDER.format(milli(max(scales.figures)), MOST)}"
        f" AND {UNDER.format(steps(scales, EXPECTED), EXPECTED)})"
    )
    for r, (ratio, kind) in rows(ask, "R07", where, [ask.milli("base")], f", {MEDIAN}, {_class(scales)}"):
        expected = season(r, ratio)
        yield found_read(
            ask, "Low against last year", against(r, expected), r, (expected or 0) // 1000 - (r["usage"] or 0),
            expected=decimal(expected), last_year=r["ly_usage"],
            median=decimal((1_000_000 if ratio is None else ratio) // 1000), limit=_in_force(scales, expected, kind),
        )  # fmt: skip


def none_on_active(ask: Ask) -> Iterable[Found]:
    """R08: a meter in use fell to nothing and stayed there; seasonal services and sealed points rest lawfully."""
    months = (
        "(SELECT c.months FROM cycle c JOIN account a ON a.cycle_id = c.id"
        f" WHERE a.id = {ACCOUNT})"
    )  # fmt: skip
    seasonal = f"EXISTS(SELECT 1 FROM live_service x WHERE x.point_id = r.point_id AND x.seasonal = 1 AND {METERED})"
    sealed = "EXISTS(SELECT 1 FROM seal z WHERE z.point_id = r.point_id AND z.removed_on IS NULL)"
    few = min(ask.whole("periods_monthly"), ask.whole("periods_longer"))
    run = "r.zero_run > 1 AND " if few > 1 else ""  # the rows that are kept at hand; one zero is found among all
    where = (
        f"{run}r.usage = 0 AND r.zero_run >= ? AND r.before_zero >= ? AND p.state = 'active'"
        f" AND r.zero_run >= CASE WHEN {months} = 1 THEN CAST(? AS bigint) ELSE CAST(? AS bigint) END"
        f" AND NOT {seasonal} AND NOT {sealed}"
    )
    params = [few, ask.whole("before"), ask.whole("periods_monthly"), ask.whole("periods_longer")]
    for r, _ in rows(ask, "R08", where, params):
        periods = f"{r['zero_run']} periods" if r["zero_run"] > 1 else "a period"
        why = f"no use for {periods}, {r['before_zero']:,} before"
        yield found_read(
            ask, "No use on active meter", why, r, r["before_zero"], periods=r["zero_run"], before=r["before_zero"],
        )  # fmt: skip


def same_again(ask: Ask) -> Iterable[Found]:
    """R12: the same use read after read where a person walks to the meter: written down, perhaps never looked at."""
    by_hand = (
        "NOT EXISTS(SELECT 1 FROM endpoint e JOIN register g ON g.meter_id = e.meter_id"
        " WHERE g.id = r.register_id AND e.to_on IS NULL)"
    )
    where = f"r.newest = 1 AND r.same_run > 1 AND r.same_run >= ? AND r.usage >= ? AND {by_hand}"
    for r, (run,) in rows(ask, "R12", where, [ask.whole("periods"), ask.whole("least")], ", r.same_run"):
        why = f"{r['usage']:,} in each of {run} periods, read by hand"
        yield found_read(ask, "Same use again", why, r, r["usage"], periods=run, limit=ask.parameters["periods"])


_HIGH = "A bill this high goes out, is disputed, and a leak runs on."
_REVIEW = ("read.review", "order.create", "adjust.propose")

DETECTORS = (
    Detector(
        "R04", "High against last year", ("point",),
        "use > times × last year's use of the period × the cycle's median ratio, and use ≥ least; last year's as it was"
        " read, where it was estimated that of the year before, up to three years back; or held for this", _HIGH,
        _REVIEW,
        "Springbrook: same period last year; Current: 200 % and a least use; the median is this program's own",
        high_against_last_year, holds=True,
        parameters={
            "times": Parameter("2", "×", "how far above the expected use", scale=True),
            "least": Parameter("10", "billing units", "smaller use is not worth a look"),
        },
    ),
    Detector(
        "R05", "High against average", ("point",),
        "no actual read of the period in three years, use > times × mean of six actual reads, use ≥ least, holder not"
        " new this cycle, at most estimated % of the reads back to the first of the six estimated; or held for this",
        _HIGH, _REVIEW, "Oracle and Current: 200 % of the own average and at least 5 units", high_against_average,
        holds=True,
        parameters={
            "times": Parameter("2", "×", "how far above its own average", scale=True),
            "least": Parameter("5", "billing units", "smaller use is not worth a look"),
            "estimated": Parameter("50", "%", "how much of the average's history may be estimated"),
        },
    ),
    Detector(
        "R06", "Extreme use", ("point",),
        "use over the class limit of the district, or > times × its own average (of which at most estimated % is"
        " estimated) and ≥ least, or held for this",
        "A misread or a burst is billed as it stands.", _REVIEW,
        "class limits of the district file; five times the own average is this program's own limit", extreme,
        holds=True,
        parameters={
            "times": Parameter("5", "×", "how far above its own average", scale=True),
            "least": Parameter("10", "billing units", "smaller use is judged by the class limit alone"),
            "estimated": Parameter("50", "%", "how much of the average's history may be estimated"),
        },
    ),
    Detector(
        "R07", "Low against last year", ("point",),
        "0 < use < times × last year's use × the cycle's median ratio, and last year's use ≥ base; last year's as with"
        " R04; or held for this",
        "A slowing meter gives water away.", _REVIEW,
        "Current and SAP IS-U: low tests; 0.35 and the base are this program's own",
        low_against_last_year, holds=True,
        parameters={
            "times": Parameter("0.35", "×", "how far below the expected use", scale=True),
            "base": Parameter("20", "billing units", "last year's use that makes a fall worth a look"),
        },
    ),
    Detector(
        "R08", "No use on active meter", ("point",),
        "no use for the last periods after a use ≥ before, on an active point that is neither sealed nor seasonal",
        "A stopped meter gives water away.", ("read.review", "service.seasonal", "order.create"),
        "consumption audits of Tyler and Caselle: active, no usage; the use before is this program's own",
        none_on_active,
        parameters={
            "periods_longer": Parameter("2", "periods", "where bills are two months or more apart"),
            "periods_monthly": Parameter("3", "periods", "where bills are monthly"),
            "before": Parameter("10", "billing units", "use of the period before the fall"),
        },
    ),
    Detector(
        "R12", "Same use again", ("point",),
        "the same use ≥ least in the last periods, none of them estimated, at a meter without a radio",
        "Reads may be made up; what was really used comes as one large bill.", _REVIEW,
        "consumption audits of Caselle: exact same usage",
        same_again,
        parameters={
            "periods": Parameter("3", "periods", "how often in a row"),
            "least": Parameter("10", "billing units", "smaller uses repeat by chance"),
        },
    ),
)  # fmt: skip

"""Meters that changed: another face than the last bill's, parts that cannot be, a first read, an odd compound meter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ubtui.detectors.base import Ask, Detector, Found, Parameter, decimal
from ubtui.detectors.readings.facts import day, found_read, rows
from ubtui.detectors.readings.use import MEDIAN, season

_OPEN: Final = "r.newest = 1 AND r.status <> 'billed'"


def _from(first: str) -> tuple[str, str]:
    """FROM of all and of some points: CROSS JOIN keeps SQLite to this order, from the few rows that are so at all."""
    some = f"{first} CROSS JOIN read_summary r"
    return f"{some} CROSS JOIN service_point p", f"service_point p CROSS JOIN {some}"


_NEW: Final = _from("live_install j CROSS JOIN live_install i CROSS JOIN register g")
_CAME: Final = (
    "j.off_date IS NOT NULL AND i.point_id = j.point_id AND i.point_id = p.id AND i.id <> j.id"
    " AND i.on_date >= j.off_date AND i.off_date IS NULL AND g.meter_id = i.meter_id AND r.register_id = g.id"
    " AND NOT EXISTS(SELECT 1 FROM live_install k WHERE k.point_id = i.point_id AND k.id <> i.id"
    " AND k.off_date <= i.on_date AND (k.off_date, k.id) > (j.off_date, j.id))"
)
_LAST_BILLED: Final = (
    "(SELECT h.id FROM register h JOIN read b ON b.register_id = h.id WHERE h.meter_id = j.meter_id AND h.n = g.n"
    " AND b.point_id = r.point_id AND b.status = 'billed' ORDER BY b.read_on DESC, b.seq DESC LIMIT 1)"
)
_GIVEN: Final = (
    "EXISTS(SELECT 1 FROM read_review v WHERE v.register_id = r.register_id AND v.read_on = r.read_on"
    " AND v.decision = 'corrected')"
)
_FACE: Final = ("dials", "fixed_zeros", "mult_num", "mult_den", "unit")


def _face(dials: int, zeros: int, num: int, den: int, unit: str) -> str:
    times = f"{num * 10**zeros}/{den} " if den != 1 else f"{num * 10**zeros} " if num * 10**zeros != 1 else ""
    return f"{dials} dials, {times}{unit}"


def other_face(ask: Ask) -> Iterable[Found]:
    """R19: the next bill comes from another face than the last one."""
    differ = " OR ".join(f"o.{part} <> g.{part}" for part in _FACE)
    where = (
        f"{_CAME} AND {_OPEN} AND r.kind = 'regular'"
        " AND NOT EXISTS(SELECT 1 FROM read b WHERE b.register_id = g.id AND b.status = 'billed')"
        f" AND EXISTS(SELECT 1 FROM register o WHERE o.id = {_LAST_BILLED} AND ({differ}))"
    )
    more = "".join(f", (SELECT o.{part} FROM register o WHERE o.id = {_LAST_BILLED})" for part in _FACE)
    meter = ", g.n, (SELECT m.maker || '/' || m.serial FROM meter m WHERE m.id = g.meter_id)"
    shown = "".join(f", g.{part}" for part in _FACE)
    for r, told in rows(ask, "R19", where, [], f"{shown}{more}{meter}", sources=_NEW):
        now, before = _face(*told[:5]), _face(*told[5:10])
        yield found_read(
            ask, "Face differs from the last bill's", f"{now}; the last bill's meter had {before}", r, r["usage"] or 0,
            face=now, last_face=before, register=told[10], meter=told[11],
        )  # fmt: skip


def odd_part(ask: Ask) -> Iterable[Found]:
    """R20: a part of an exchange that is far from what its days lead one to expect, or that nobody read."""
    high, low = ask.milli("times"), ask.milli("low")
    least, base = ask.whole("least"), ask.milli("base")
    seen = set()
    removed = "r.kind = 'removal' AND r.register_id = g.id AND g.meter_id = j.meter_id AND j.off_date = r.read_on"
    gone = _from("live_install j CROSS JOIN register g")
    for where, sources, part in (
        (f"j.off_date IS NOT NULL AND j.point_id = p.id AND {removed} AND {_OPEN}", gone, "old"),
        (f"{_CAME} AND {_OPEN} AND r.kind = 'regular' AND r.prev_on = i.on_date", _NEW, "new"),
    ):
        for r, (ratio, given) in rows(ask, "R20", where, [], f", {MEDIAN}, {_GIVEN}", sources=sources):
            if (r["number"], r["period"]) in seen or r["usage"] is None:
                continue
            moved = season(r, ratio)
            expected = r["avg_milli"] if moved is None else moved
            use = r["usage"] * 1_000_000
            if r["source"] == "E" and part == "old" and not given:
                why = f"the old meter could not be read: {r['usage']:,} of its last days is an estimate"
            elif expected is None:
                continue
            elif r["usage"] >= least and use > high * expected:
                why = f"{part} meter: {r['usage']:,} in {r['days'] or 'unknown'} days, {decimal(expected)} expected"
            elif expected >= base and use < low * expected:
                why = (
                    f"{part} meter: only {r['usage']:,} in {r['days'] or 'unknown'} days, {decimal(expected)} expected"
                )
            else:
                continue
            seen.add((r["number"], r["period"]))
            yield found_read(
                ask, "Part of an exchange to check", why, r, r["usage"], part=part, expected=decimal(expected),
                limit=ask.parameters["times"],
            )  # fmt: skip


def first_read(ask: Ask) -> Iterable[Found]:
    """R21: the first read of a meter that was set where none hung before: nothing else proves its start read."""
    where = (
        f"{_OPEN} AND r.kind = 'regular' AND r.prev_usage IS NULL AND r.prev_value IS NOT NULL"
        " AND EXISTS(SELECT 1 FROM read b WHERE b.register_id = r.register_id AND b.read_on = r.prev_on"
        " AND b.kind = 'installation' AND b.status <> 'void')"
        " AND NOT EXISTS(SELECT 1 FROM live_install j JOIN register g ON g.meter_id <> j.meter_id"
        " WHERE g.id = r.register_id AND j.point_id = r.point_id AND j.on_date <= r.prev_on)"
    )
    for r, _ in rows(ask, "R21", where, []):
        why = f"first read of a new meter: {r['value']:,}, set at {r['prev_value']:,} on {day(r['prev_on'])}"
        yield found_read(ask, "First read of a meter", why, r, r["usage"] or 0, start=r["prev_value"])


def odd_sides(ask: Ask) -> Iterable[Found]:
    """R27: of a compound meter the low side stands still, or the high side's share of the use moved."""
    where = (
        "g.n = 2 AND r.register_id = g.id AND h.meter_id = g.meter_id AND h.n = 1 AND f.register_id = h.id"
        f" AND f.period = r.period AND f.newest = 1 AND f.kind = 'regular' AND {_OPEN} AND r.kind = 'regular'"
        " AND r.usage IS NOT NULL AND f.usage IS NOT NULL AND f.usage + r.usage >= ?"
    )
    of_all, _ = _from("register g CROSS JOIN register h CROSS JOIN read_summary f")
    # Of some points from their own reads: whoever looks at one meter looks at no other.
    some = "service_point p CROSS JOIN read_summary r CROSS JOIN register g CROSS JOIN register h"
    sources = of_all, f"{some} CROSS JOIN read_summary f"
    points = ask.whole("points")
    more = ", f.usage, f.avg_milli"
    for r, (fast, fast_usual) in rows(ask, "R27", where, [ask.whole("least")], more, sources=sources):
        slow, usual = r["usage"], r["avg_milli"]
        total = fast + slow
        share = 100 * fast // total
        if slow == 0 and (usual is None or usual > 0):
            why = f"low side: nothing, high side {fast:,}"
        elif usual is not None and fast_usual is not None and usual + fast_usual > 0:
            before = 100 * fast_usual // (usual + fast_usual)
            if abs(fast * (usual + fast_usual) - fast_usual * total) * 100 <= points * total * (usual + fast_usual):
                continue
            why = f"high side {share} % of {total:,}, {before} % as a rule"
        else:
            continue
        yield found_read(
            ask, "Compound meter's sides", why, r, total, register=2, high=fast, low=slow, share=share,
            limit=ask.parameters["points"],
        )  # fmt: skip


_LOOK = ("read.review", "order.create")
_MONEY = "One part is billed wrongly, or not at all."

DETECTORS = (
    Detector(
        "R19", "Face differs from the last bill's", ("point",),
        "the newest unbilled read is of a meter whose dials, fixed zeros, multiplier or unit differ from those of the"
        " meter that the last bill used", "A bill is ten or a hundred times too high or too low.",
        ("meter.face", "read.review", "order.create"), "consumption audits of Tyler: multiplier modified", other_face,
    ),
    Detector(
        "R20", "Part of an exchange to check", ("point",),
        "an unbilled part of an exchange, old or new meter's, of use ≥ least and > times × what its days lead one to"
        " expect (last year's use moved by the cycle's median, else its average), or < low × an expected use ≥ base;"
        " or the old meter's part is an estimate", _MONEY, (*_LOOK, "adjust.propose"),
        "consumption audits of Tyler: exchange in the cycle; only those whose parts are odd, this program's own",
        odd_part,
        parameters={
            "times": Parameter("2", "×", "how far above the expected use of its days"),
            "least": Parameter("4", "billing units", "a smaller part is not worth a look"),
            "low": Parameter("0.35", "×", "how far below it"),
            "base": Parameter("10", "billing units", "expected use of its days that makes a fall worth a look"),
        },
    ),
    Detector(
        "R21", "First read of a meter", ("point",),
        "the first unbilled read of a meter set where none hung before", "A start read taken wrong is billed as use.",
        _LOOK, "checks of RDA before a run: first reads of new meters", first_read,
    ),
    Detector(
        "R27", "Compound meter's sides", ("point",),
        "of a compound meter's newest unbilled reads, together ≥ least, the low side used nothing, or the high side's"
        " share moved by > points from its average (register 1 is the high side, 2 the low)",
        "One side has stopped and gives water away.", (*_LOOK, "meter.exchange"),
        "AWWA M6: tests of compound meters at their change-over", odd_sides,
        parameters={
            "points": Parameter("30", "percentage points", "that the high side's share may move"),
            "least": Parameter("10", "billing units", "smaller use says nothing about its sides"),
        },
    ),
)  # fmt: skip

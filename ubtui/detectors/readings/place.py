"""Where and how often was read: behind a seal, with nobody billed, twice in a period."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ubtui.detectors.base import METERED_KINDS, Ask, Detector, Found, Parameter
from ubtui.detectors.readings.behind import moved
from ubtui.detectors.readings.facts import CARRIED_BEFORE, CARRIES, SOME, day, found_read, rows
from ubtui.domain.register import Register, carried
from ubtui.domain.volume import Unit


def use_while_sealed(ask: Ask) -> Iterable[Found]:
    """R13: use behind a closed lock; occasional use is sold unlocked, and use before the seal is not counted."""
    more = (
        ", z.number, z.placed_on, z.placed_value, (SELECT g.unit FROM register g WHERE g.id = r.register_id),"
        " (SELECT MIN(x.unit) FROM live_service x WHERE x.point_id = r.point_id AND x.to_on IS NULL), g.dials,"
        f" g.fixed_zeros, g.mult_num, g.mult_den, r.rolled, {CARRIES}, {CARRIED_BEFORE}"
    )
    where = (
        "g.id = r.register_id AND z.point_id = p.id AND z.removed_on IS NULL AND z.lock_state = 'locked'"
        " AND r.usage > ? AND r.read_on > z.placed_on"
        " AND (r.prev_on >= z.placed_on OR (z.placed_value IS NOT NULL AND g.n = 1))"
        " AND (z.batch_id IS NULL OR z.batch_id IN (SELECT b.id FROM batch b WHERE b.released_at IS NOT NULL))"
    )
    sources = (
        "seal z CROSS JOIN service_point p CROSS JOIN read_summary r CROSS JOIN register g",
        "service_point p CROSS JOIN seal z CROSS JOIN read_summary r CROSS JOIN register g",
    )
    least = ask.whole("more_than")
    read: set[tuple[str, str]] = set()
    for r, extra in rows(ask, "R13", where, [least], more, sources=sources):
        seal, placed_on, placed_value, unit, billing, dials, zeros, num, den, rolled, now, before = extra
        use = r["usage"]
        if r["prev_on"] is None or r["prev_on"] < placed_on:
            if r["value"] is None:
                continue
            face = Register(dials, zeros, Fraction(num, den), Unit.parse(unit))
            bills, onto = Unit.parse(billing or ask.district.billing_unit), carried(now)
            passed = bool(rolled) and r["value"] < placed_value  # else zero was passed before the seal was on
            use = face.usage(placed_value, r["value"], bills, passed, carried(before) if passed else onto, onto)
        if use <= least:
            continue
        read.add((r["number"], r["period"]))
        yield found_read(
            ask, "Use on sealed meter", f"{use:,} since seal {seal} of {day(placed_on)}", r, use, seal=seal,
            sealed_on=placed_on, since_seal=use,
        )  # fmt: skip
    yield from moved(ask, least, read)


def use_with_nobody_billed(ask: Ask) -> Iterable[Found]:
    """R14: water runs where no service is active; what was used up to the last day of a service is on its bills."""
    where = (
        "p.state <> 'active' AND r.usage > ? AND NOT EXISTS(SELECT 1 FROM live_service x WHERE x.point_id = p.id"
        f" AND x.kind IN {METERED_KINDS} AND x.from_on <= r.read_on AND x.to_on >= r.read_on)"
    )
    for r, (state,) in rows(ask, "R14", where, [ask.whole("more_than")], ", p.state", sources=(SOME, SOME)):
        why = f"{r['usage']:,} on a point that is {state}"
        yield found_read(ask, "Use with nobody billed", why, r, r["usage"], point_state=state)


def second_read(ask: Ask) -> Iterable[Found]:
    """R15: another regular read of the same point and period waits in an import."""
    if (narrow := ask.only("point", "p.number")) is None:
        return
    only, keys = narrow
    sql = (
        "SELECT p.number, s.point_id, s.period, CAST(COUNT(*) AS bigint), MIN(s.id), MIN(b.source), MIN(s.row_no),"
        " (SELECT MAX(r.usage) FROM read_summary r WHERE r.point_id = s.point_id AND r.period = s.period)"
        " FROM staged_row s JOIN batch b ON b.id = s.batch_id AND b.released_at IS NOT NULL"
        " JOIN service_point p ON p.id = s.point_id WHERE s.state = 'staged' AND s.kind IN ('reads', 'usage')"
        f" AND s.reason = 'duplicate-read' AND s.period IS NOT NULL{only} GROUP BY p.number, s.point_id, s.period"
    )
    for number, point, period, count, staged, source, row_no, use in ask.db.rows(sql, keys):
        rows = "1 more read is" if count == 1 else f"{count} more reads are"
        yield Found(
            number, period, "Two reads in a period", f"{rows} staged from {source}, row {row_no}",
            {"staged": staged, "rows": count, "source": source, "row": row_no, "use": use, "reads": []},
            point_id=point, due_source="bill date",
        )  # fmt: skip


DETECTORS = (
    Detector(
        "R13", "Use on sealed meter", ("point",),
        "use since the seal > more_than behind a closed lock, by a read or as whoever looked at the seal saw it",
        "Water is taken behind a seal, or the seal is gone and nobody bills for it.",
        ("seal.remove", "adjust.propose", "read.review"), "seal rounds of irrigation districts", use_while_sealed,
        holds=True,
        parameters={"more_than": Parameter("0", "billing units", "use that a seal still allows")},
    ),
    Detector(
        "R14", "Use with nobody billed", ("point",),
        "use > more_than on a point that is inactive or closed, read after its service ended",
        "Water is used and nobody pays.", ("service.activate", "read.review"),
        "consumption audits of Tyler and Caselle: usage on inactive",
        use_with_nobody_billed, parameters={"more_than": Parameter("1", "billing units", "use taken for a test")},
    ),
    Detector(
        "R15", "Two reads in a period", ("point",),
        "an import holds a second regular read of the point's period", "The wrong one of two reads may be billed.",
        ("staged.decide",), "meter data imports", second_read,
    ),
)  # fmt: skip

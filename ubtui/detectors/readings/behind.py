"""Use behind a seal as whoever looked at it saw it: the meter moved, before any read says so."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from fractions import Fraction

from ubtui.detectors.base import Ask, Found
from ubtui.detectors.meters.looks import BASE, CARRIED, HELD, LOOKS, REACHED, newest
from ubtui.detectors.readings.facts import METERED, day
from ubtui.domain.periods import ReadCycle
from ubtui.domain.register import Register, carried, passed
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit

_SEEN = (
    "SELECT p.number, p.id, z.number, z.placed_on, CASE WHEN i.on_date <= z.placed_on THEN z.placed_value END,"
    " k.checked_on, k.value, k.checked_by, g.dials,"
    f" g.fixed_zeros, g.mult_num, g.mult_den, g.unit, {BASE}, (SELECT MIN(x.unit) FROM live_service x"
    " WHERE x.point_id = p.id AND x.to_on IS NULL), c.code, c.months, c.first_month, c.read_day, c.bill_day,"
    f" {CARRIED}, {HELD}"
    f" FROM {LOOKS} JOIN live_install i ON i.point_id = p.id AND i.off_date IS NULL AND i.on_date <= k.checked_on"
    " JOIN register g ON g.meter_id = i.meter_id"
    " LEFT JOIN account a ON a.id = (SELECT MIN(x.account_id) FROM live_service x WHERE x.point_id = p.id"
    f" AND {METERED})"
    " LEFT JOIN cycle c ON c.id = a.cycle_id"
    f" WHERE z.lock_state = 'locked' AND k.id = {newest('AND y.value IS NOT NULL')} AND NOT {REACHED}"
    " AND (SELECT COUNT(*) FROM live_install j JOIN register h ON h.meter_id = j.meter_id WHERE j.point_id = p.id"
    " AND j.off_date IS NULL) = 1"
)


def moved(ask: Ask, more_than: int, known: Collection[tuple[str, str]]) -> Iterable[Found]:
    """R13 from the newest look at a seal with a value; `known` are points and periods whose reads say it already."""
    if (narrow := ask.only("point", "p.number")) is None:
        return
    only, keys = narrow
    for row in ask.db.rows(f"{_SEEN}{only} ORDER BY p.number, z.id", keys):
        number, point, seal, placed, placed_value, on, value, by = row[:8]
        dials, zeros, num, den, unit, before, billing = row[8:15]
        base, (carry, held) = placed_value if before is None else before, row[-2:]
        if base is None:
            continue
        if held is not None and (held > base or passed(base, held, dials)):
            base = held
        if value <= base and not passed(base, value, dials):
            continue
        face = Register(dials, zeros, Fraction(num, den), Unit.parse(unit))
        bills = Unit.parse(billing or ask.district.billing_unit)
        use = face.usage(base, value, bills, value < base, carried(carry))
        period = ReadCycle(*row[15:20]).coming(date.fromisoformat(on))[0] if row[15] else ""
        if use <= more_than or (number, period) in known:
            continue
        yield Found(
            number, period, "Use on sealed meter", f"{use:,} since {base:,} behind seal {seal}, seen on {day(on)}",
            {
                "read_on": on, "checked_on": on, "value": value, "before": base, "use": use, "seal": seal,
                "sealed_on": placed, "since_seal": use, "seen_by": clean_text(by, 60), "reads": [],
            },
            point_id=point, units=use, due_source="bill date",
        )  # fmt: skip

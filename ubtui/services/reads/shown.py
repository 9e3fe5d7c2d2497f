"""What a meter can have shown on a day: a value noted beside its reads lies between those around it."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from ubtui.act import Refused, Work
from ubtui.domain.register import may_show

# On the day of an exchange either meter may be meant; what is in doubt or estimated bounds nothing.
_AROUND = (
    "SELECT m.maker || '/' || m.serial, g.n, g.dials, r.read_on, r.value FROM live_install i"
    " JOIN meter m ON m.id = i.meter_id JOIN register g ON g.meter_id = m.id LEFT JOIN live_read r"
    " ON r.register_id = g.id AND r.value IS NOT NULL AND r.status IN ('released', 'billed') AND r.source <> 'E'"
    " AND r.kind NOT IN ('control', 'reread') AND r.read_on <> ?"
    " WHERE i.point_id = ? AND i.on_date <= ? AND (i.off_date IS NULL OR i.off_date >= ?)"
    " ORDER BY m.id, g.n, r.read_on, r.seq"
)


def may_have_shown(work: Work, point_id: int, on: date, value: int | None) -> None:
    """Refuse a value that no register at the point can have shown on a day; a day's own reads bound nothing."""
    if value is None:
        return
    day, why = on.isoformat(), ""
    for (meter, _, dials), rows in groupby(work.db.rows(_AROUND, [day, point_id, day, day]), lambda row: row[:3]):
        reads = [(row[3], row[4]) for row in rows if row[3] is not None]
        before = next((read for read in reversed(reads) if read[0] < day), None)
        after = next((read for read in reads if read[0] > day), None)
        if may_show(before and before[1], value, after and after[1], dials):
            return
        told = " and ".join(f"{read[1]:,} on {read[0]}" for read in (before, after) if read is not None)
        why = why or (
            f"{meter} has {dials} dials: {value:,} does not fit"
            if value >= 10**dials
            else f"{meter} showed {told}: {value:,} on {day} is not between"
            if before and after
            else f"{meter} showed {told}: not {value:,} on {day}"
        )
    if why:
        raise Refused(
            why, rule="a counter only goes up", cure="read it again; where a read is wrong, put that right first"
        )

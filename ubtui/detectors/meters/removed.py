"""Meters that came off, and nothing went on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ubtui.detectors.base import METERED_KINDS, Ask, Detector, Found, Parameter


def half_exchange(ask: Ask) -> Iterable[Found]:
    """M06: the meter of a point in use was taken off, and none was set."""
    if (narrow := ask.only("point", "p.number")) is None:
        return
    only, keys = narrow
    order = "live_install i CROSS JOIN live_point p" if not only else "live_point p CROSS JOIN live_install i"
    limit = ask.whole("business_days")
    for number, point, off, maker, serial in ask.db.rows(
        f"SELECT p.number, p.id, i.off_date, m.maker, m.serial FROM {order} JOIN meter m ON m.id = i.meter_id"
        f" WHERE p.id = i.point_id AND i.off_date IS NOT NULL AND p.state = 'active'{only}"
        " AND NOT EXISTS(SELECT 1 FROM live_install j WHERE j.point_id = p.id AND j.id <> i.id"
        " AND (j.off_date IS NULL OR (j.off_date, j.id) > (i.off_date, i.id)))"
        " AND EXISTS(SELECT 1 FROM live_service s WHERE s.point_id = p.id AND s.to_on IS NULL"
        f" AND s.kind IN {METERED_KINDS}) ORDER BY p.number",
        keys,
    ):
        since = date.fromisoformat(off)
        if since >= ask.today or (waited := ask.business_days(since, ask.today)) <= limit:
            continue
        yield Found(
            number, "", "Meter removed, none set",
            f"{maker}/{serial} came off {since:%b %-d, %Y}, {waited} office days ago; nothing counts the use",
            {"meter": f"{maker}/{serial}", "off": off, "limit": limit, "reads": []}, point_id=point, units=waited,
            due_on=ask.add_business(since, limit), due_source="office days",
        )  # fmt: skip


DETECTORS = (
    Detector(
        "M06", "Meter removed, none set", ("point",),
        "an active metered point whose last meter came off > business_days office days ago, and none was set",
        "Water is used that nothing counts.", ("meter.exchange", "order.create"),
        "Oracle: removal and installation of a device are two steps, and one may be missing", half_exchange,
        parameters={"business_days": Parameter("1", "office days", "in which the new meter is set")},
    ),
)  # fmt: skip

"""Interties: what we read where water passes to or from another agency, against what that agency states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from ubtui.db.session import Session
from ubtui.detectors.base import Ask, Detector, Found, Parameter, marks
from ubtui.domain.dates import format_day
from ubtui.domain.money import round_cents
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit, convert

MICRO = 1_000_000


@dataclass(frozen=True)
class Delivery:
    """A period of an intertie: our use in billing units (None while a read of it is held), and theirs, exact.

    `theirs` is the newest statement in its `unit`, None where there is none; `agreed` once both stand by a figure.
    """

    point_id: int
    point: str
    agency: str
    period: str
    read_on: date
    ours: int | None
    ours_unit: Unit
    theirs: Fraction | None
    unit: Unit
    agreed: bool
    stated_on: date | None
    estimated: bool

    def own(self, unit: Unit | None = None) -> Fraction | None:
        """Our use in the agency's unit, or in another."""
        return None if self.ours is None else convert(self.ours, self.ours_unit, unit or self.unit)

    def variance(self) -> Fraction | None:
        """How far theirs is from ours, in percent of ours, of at least one billing unit; None where one is missing."""
        if self.theirs is None or self.ours is None:
            return None
        theirs = convert(self.theirs, self.unit, self.ours_unit)
        return abs(self.ours - theirs) / max(self.ours, 1) * 100


_READ = (
    "SELECT t.point_id, p.number, t.agency, t.unit, r.period, MAX(r.read_on), CAST(SUM(r.usage) AS bigint),"
    " COUNT(*) FILTER (WHERE r.usage IS NULL OR r.status = 'held'), MAX(CASE r.source WHEN 'E' THEN 1 ELSE 0 END),"
    " (SELECT MIN(x.unit) FROM live_service x WHERE x.point_id = t.point_id AND x.to_on IS NULL)"
    " FROM intertie t CROSS JOIN service_point p CROSS JOIN live_install i CROSS JOIN register g CROSS JOIN live_read r"
    " WHERE p.id = t.point_id AND i.point_id = t.point_id AND g.meter_id = i.meter_id AND r.register_id = g.id"
    " AND r.point_id = t.point_id AND r.status <> 'void' AND r.kind NOT IN ('opening', 'installation', 'control',"
    " 'reread') AND r.read_on >= ? AND r.read_on > t.from_on AND r.read_on <= COALESCE(t.to_on, '9999-12-31'){}"
    " GROUP BY t.point_id, p.number, t.agency, t.unit, r.period ORDER BY p.number, MAX(r.read_on)"
)
_STATED = (
    "SELECT s.point_id, s.period, s.kind, s.micro, s.unit, s.stated_on FROM intertie_statement s"
    " WHERE s.point_id IN ({}) ORDER BY s.id"
)


_NOTHING = (0, "", "", None, "", None)


def deliveries(
    db: Session, billing: str, since: date, points: Sequence[str] | None = None
) -> list[Delivery]:  # fmt: skip
    """The periods of interties that were read since a day, each with its newest statement, in their order."""
    only = "" if points is None else f" AND p.number IN ({marks(points)})"
    rows = db.rows(_READ.format(only), [since.isoformat(), *(points or ())])
    ids = sorted({row[0] for row in rows})
    stated: dict[tuple[int, str], tuple[Any, ...]] = {}
    if ids:
        stated = {(row[0], row[1]): tuple(row) for row in db.rows(_STATED.format(marks(ids)), ids)}
    out = []
    for id, number, agency, unit, period, on, use, unknown, guessed, served in rows:
        kind, micro, stated_unit, stated_on = stated.get((id, period), _NOTHING)[2:]
        theirs = None if micro is None else Fraction(micro, MICRO)
        day = date.fromisoformat(stated_on) if stated_on else None
        ours, own = None if unknown else int(use), Unit(served or billing)
        out.append(
            Delivery(
                id, number, agency, period, date.fromisoformat(on), ours, own, theirs, Unit(stated_unit or unit),
                kind == "agreed", day, bool(guessed),
            )
        )  # fmt: skip
    return out


def decimal_of(amount: Fraction | None) -> str | None:
    """An amount with three decimals: 1234/1000 gives 1.234."""
    if amount is None:
        return None
    milli = round_cents(amount * 1000)
    return f"{milli // 1000}.{milli % 1000:03d}"


def variance(ask: Ask) -> Iterable[Found]:
    """R28: the agency's statement of a period is far from our reads, or did not come within days of them."""
    keys = ask.keys("point")
    if keys is not None and not keys:
        return
    limit, days = Fraction(ask.parameters["percent"]), ask.whole("days")
    since = ask.today - timedelta(days=ask.whole("back"))
    for d in deliveries(ask.db, ask.district.billing_unit, since, keys):
        if d.ours is None or d.agreed:
            continue
        agency = clean_text(d.agency, 60)
        evidence: dict[str, Any] = {
            "agency": agency, "unit": str(d.unit), "ours": decimal_of(d.own()), "theirs": decimal_of(d.theirs),
            "ours_billing": d.ours, "read_on": d.read_on.isoformat(), "estimated": d.estimated or None,
            "stated_on": d.stated_on.isoformat() if d.stated_on else None, "reads": [],
        }  # fmt: skip
        off = d.variance()
        if off is None:
            late = d.read_on + timedelta(days=days)
            if ask.today > late:
                why = f"{agency} stated nothing for {d.period}, which we read {format_day(d.read_on, ask.today)}"
                yield Found(
                    d.point, d.period, "Intertie: no statement", why, {**evidence, "limit": days},
                    point_id=d.point_id, due_on=late, due_source="intertie",
                )  # fmt: skip
        elif off > limit:
            assert d.stated_on is not None
            why = f"ours {evidence['ours']} {d.unit}, {agency} {evidence['theirs']}: {decimal_of(off)} % apart"
            yield Found(
                d.point, d.period, "Intertie: two figures", why,
                {**evidence, "percent": decimal_of(off), "limit": ask.parameters["percent"]}, point_id=d.point_id,
                units=abs(d.ours - int(convert(d.theirs or 0, d.unit, d.ours_unit))),
                due_on=d.stated_on + timedelta(days=days), due_source="intertie",
            )  # fmt: skip


DETECTORS = (
    Detector(
        "R28", "Intertie differs", ("point",),
        "of a period of an intertie read within back days the agency's newest statement differs from our reads by more"
        " than percent of them (at least one billing unit), or none came within days of our read; periods on which both"
        " agree are not judged, nor those with a held read",
        "Water is paid for, or sold, that the other side counts differently.",
        ("intertie.statement", "intertie.agree", "read.review", "order.create"),
        "AWWA M36: meters of imported and exported water are checked against each other", variance,
        parameters={
            "percent": Parameter("2", "%", "how far two agencies' meters may be apart"),
            "days": Parameter("5", "days", "that a statement may take after our read"),
            "back": Parameter("400", "days", "how far back periods are judged"),
        },
    ),
)  # fmt: skip

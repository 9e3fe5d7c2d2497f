"""Offers where reads do not come: enter one, estimate it, note why not; the days of a route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ubtui.act import Look
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.reads.missing import listed
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {
    "read.days": "Settle the days of the route's reads",
    "read.enter": "Enter a read",
    "read.estimate": "Estimate what is missing",
    "read.skip": "Note why it was not read",
}
_FEW = 3


_COUNTERS = (
    "SELECT m.maker || '/' || m.serial, g.n FROM live_point p JOIN live_install i ON i.point_id = p.id"
    " AND i.off_date IS NULL JOIN meter m ON m.id = i.meter_id AND m.placeholder = 0 JOIN register g"
    " ON g.meter_id = m.id WHERE p.number = ? ORDER BY m.id, g.n"
)


def _enter(look: Look, item: ItemView) -> Iterator[Draft]:
    """A read of the item's point, or of the first points that a route still lacks; of each counter there."""
    if item.key.subject.type == "point":
        some = [(item.key.subject.key, "a read takes the place of an estimate that is not billed")]
    else:
        some = listed(look, item)[:_FEW]
    for point, why in some:
        counters = look.db.rows(_COUNTERS, [point])
        for meter, n in counters if len(counters) > 1 else [("", 0)]:
            which = f", {meter} register {n}" if meter else ""
            known: dict[str, object] = {"point": point, "meter": meter, "register": n}
            yield Draft("read.enter", known, f"Enter the read of {point}{which}", why=why)


def _estimate(look: Look, item: ItemView) -> Iterator[Draft]:
    """All that the route lacks at once, else one by one."""
    missing = listed(look, item)
    route, period = item.key.subject.key, item.key.period
    if len(missing) > 1:
        known: dict[str, object] = {"route": route, "period": period}
        yield Draft("read.estimate", known, f"Estimate all {len(missing)} that are missing", why=f"route {route}")
    for point, address in missing[:_FEW]:
        known = {"point": point, "route": "", "period": period}
        yield Draft("read.estimate", known, f"Estimate {point}", len(missing) == 1, address)


def _skip(look: Look, item: ItemView) -> Iterator[Draft]:
    missing = listed(look, item)
    for point, address in missing[:_FEW]:
        known: dict[str, object] = {"point": point, "route": "", "period": item.key.period}
        yield Draft("read.skip", known, f"Note why {point} was not read", why=address)
    if len(missing) > 1:
        known = {"route": item.key.subject.key, "period": item.key.period}
        yield Draft("read.skip", known, f"Note why none of the {len(missing)} was read", why="snow, a flood, a fire")


def _days(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    known: dict[str, object] = {"route": item.key.subject.key, "period": item.key.period}
    said = f"{facts.get('shortest')} to {facts.get('longest')} days"
    yield Draft("read.days", {**known, "decision": "confirmed"}, "The days are right", why=said)
    wrong = {"was": facts.get("first_read")}
    shown = {"was": {"required": True}, "right": {"required": True}}
    why = "the file or the book has a wrong date"
    yield Draft("read.days", {**known, **wrong, "decision": "corrected"}, "The day is wrong", why=why, shown=shown)


MAKERS: Final[dict[str, Maker]] = {
    "read.days": _days,
    "read.enter": _enter,
    "read.estimate": _estimate,
    "read.skip": _skip,
}

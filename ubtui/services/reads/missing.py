"""The points that an item about missing reads stands for, as the route is walked."""

from __future__ import annotations

from ubtui.act import Look
from ubtui.db.calendars import office
from ubtui.detectors.base import Ask, marks
from ubtui.detectors.heal import parameters
from ubtui.detectors.readings.coming import missing_points, windows
from ubtui.detectors.registry import CODES
from ubtui.services.worklist import ItemView


def listed(look: Look, item: ItemView) -> list[tuple[str, str]]:
    """Number and address of each point of the item's route that has neither read nor skip in its window."""
    numbers = on_route(look, item.key.subject.key, item.key.period) if item.key.code == "R01" else []
    if not numbers:
        return []
    address: dict[str, str] = dict(
        look.db.rows(
            "SELECT p.number, m.address FROM service_point p JOIN premise m ON m.id = p.premise_id"
            f" WHERE p.number IN ({marks(numbers)})",
            numbers,
        )
    )
    return [(number, address[number]) for number in numbers]


def on_route(look: Look, route: str, period: str) -> list[str]:
    """The numbers of the points that a route lacks a read of in the newest window that ended, as it is walked."""
    limits = CODES["R01"].values(parameters(look.db).get("R01", {}))
    ask = Ask(
        look.db, look.today, look.now, look.district, {"route": [route]}, limits, lambda a, b: office(look.db, a, b)
    )
    due = [w for w in windows(ask, ask.whole("after")) if w.period == period]
    return list(dict.fromkeys(row[3] for row in missing_points(ask, due)))

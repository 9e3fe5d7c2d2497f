"""Plants on connections: what the crew found, services asked and paid for, rights without a paper."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Final

from ubtui.services.demo import desk
from ubtui.services.demo.calendar import Almanac, office_day
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.plants.field import serial_number
from ubtui.services.demo.plants.plant import Plant, Planting, flat

_SINCE = date(2012, 3, 1)


def _bare(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    """A right whose paper is named and not kept (near: it is presumed, and claims none)."""
    status = "presumed" if plant.near else "verified"
    d.rows.append(desk.right("potable", "1", 1, status, _SINCE, bare=True))


def _found(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    """The crew found another serial, size or place than the card has (near: the same, in other words)."""
    own = serial_number(d.index, 0)
    found = (
        {"found_serial": f"{int(own) + 5}", "note": "lid is stamped with another number"},
        {"found_size": "1-1/2", "note": "larger than the card says"},
        {"found_location": "behind the pump house", "note": "box was moved"},
        {"found_serial": own},
    )[plant.n - 1]
    seen = almanac.today - timedelta(days=4 + plant.n)
    if not d.note:
        d.note = "front yard, left of the drive"
    if plant.near:
        found["found_location"] = f"{d.note.upper()}  "
    d.rows.append(
        desk.order(
            d.index, 0, "verify", seen - timedelta(days=3), seen, "check the card", state="done", done_on=seen,
            done_by="Luz", **found,
        )
    )  # fmt: skip


def _stalled(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    """A larger meter, paid for so many office days ago (near: as many as the crew may take), and not set."""
    paid = office_day(almanac.today, 20 if plant.near else 20 + plant.n)
    d.rows.append(desk.asked_for(d.index, "larger", "1", paid - timedelta(days=3), 1_450_00, paid))


def _unpaid(d: Draft, plant: Plant, almanac: Almanac, rng: random.Random) -> None:
    """A meter set a few weeks after it was asked for, its fee charged by nobody (near: paid elsewhere)."""
    flat(d, 17, rng, 2)
    d.opened_at = len(d.uses) - 4
    asked = d.windows[d.opened_at].reads[0] - timedelta(days=20 + plant.n)
    paid = asked + timedelta(days=2) if plant.near else None
    d.rows.append(desk.asked_for(d.index, "new", "3/4", asked, (2_150 + 100 * plant.n) * 100, paid))


TROUBLE: Final[dict[str, Planting]] = {"M09": _found, "M11": _stalled, "M12": _unpaid, "M14": _bare}

"""Plants on connections: what the crew found, services asked and paid for, rights without a paper."""

from __future__ import annotations

import random
from datetime import date
from typing import Final

from ubtui.services.demo import desk
from ubtui.services.demo.calendar import Almanac
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.plants.plant import Plant, Planting

_SINCE = date(2012, 3, 1)


def _bare(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    """A right whose paper is named and not kept (near: it is presumed, and claims none)."""
    status = "presumed" if plant.near else "verified"
    d.rows.append(desk.right("potable", "1", 1, status, _SINCE, bare=True))


TROUBLE: Final[dict[str, Planting]] = {"M14": _bare}

"""Plants on what waits: rereads not back, held reads before a bill, large meters that fade."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Final

from ubtui.services.demo import desk
from ubtui.services.demo.calendar import Almanac, office_day
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.names import LARGE_FACE
from ubtui.services.demo.plants.plant import Plant, Planting, flat
from ubtui.services.demo.points import point_number
from ubtui.services.demo.story import ReadStory


def _reread_late(d: Draft, plant: Plant, almanac: Almanac, rng: random.Random) -> None:
    """A reader was sent out by an item of a read that is settled since, and nothing came back (near: due today)."""
    flat(d, 23, rng, 3)
    due = almanac.today if plant.near else office_day(almanac.today, 3 + plant.n)
    item = f"R04:point:{point_number(d.index)}@{d.windows[-1].period}"
    why = "high use; read it again"
    d.rows.append(desk.order(d.index, 0, "reread", due - timedelta(days=4), due, why, item=item))


def _held(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """The newest read waits by somebody's word alone (near: it was let go since), and its bill with it."""
    flat(d, 26, rng, 3)

    def change(reads: list[ReadStory]) -> list[ReadStory]:
        word = ("waits for the owner", "meter is looked at", "two tenants dispute it")[min(plant.n, 3) - 1]
        last = reads[-1] if plant.near else replace(reads[-1], status="held", held=word)
        return [*reads[:-1], last]

    d.twist = change


def _fades(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """A wide meter registers two thirds of last year's (near: five sixths)."""
    flat(d, 160, rng)
    d.face, d.size = LARGE_FACE, "2"
    d.uses[-1] = 134 if plant.near else 104 + plant.n


TROUBLE: Final[dict[str, Planting]] = {"R24": _reread_late, "R25": _held, "R26": _fades}

"""Plants on meters: exchanged, changed in their face, read for the first time, compound, or gone."""

from __future__ import annotations

import random
from typing import Final

from ubtui.services.demo.calendar import Almanac, office_day
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.names import FACES
from ubtui.services.demo.plants.plant import Plant, Planting, flat


def _other_face(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """Since the last bill another meter hangs there, which counts otherwise (near: as the one before)."""
    flat(d, 14, rng, 2)
    d.face, d.exchanged_at = FACES[0], len(d.uses) - 1
    d.new_face = FACES[0] if plant.near else FACES[plant.n]


def _odd_part(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """What the new meter counted is more than twice what was expected, of a small use (near: less than twice)."""
    flat(d, 4, rng)
    d.exchanged_at = len(d.uses) - 1
    d.uses[-1] = 7 if plant.near else 9


def _first(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """The first read of a house whose meter was just set (near: of a house that only has another holder)."""
    flat(d, 11 + plant.n, rng)
    d.opened_at, d.first_set = len(d.uses) - 1, not plant.near


def _sides(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """Of a compound meter the low side stood still (near: it counted one)."""
    flat(d, 56 + plant.n, rng, 1)
    d.compound, d.slow_ends = True, 1 if plant.near else 0


def _gone(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    """The meter came off so many office days ago, and none went on (near: on the last office day)."""
    d.off_on = office_day(almanac.today, 1 if plant.near else 1 + plant.n)


TROUBLE: Final[dict[str, Planting]] = {
    "M06": _gone, "R19": _other_face, "R20": _odd_part, "R21": _first, "R27": _sides,
}  # fmt: skip

"""Plants on what comes from outside: meters nobody knows, too many digits, what another agency says."""

from __future__ import annotations

import random
from typing import Final

from ubtui.services.demo.calendar import Almanac
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.names import LARGE_FACE
from ubtui.services.demo.plants.field import serial_number
from ubtui.services.demo.plants.plant import Plant, Planting, flat
from ubtui.services.demo.story import Stray


def stray_serial(index: int, plant: Plant) -> str:
    """What a file has for the serial of an account's meter: a digit wrong, two swapped, or nothing like it."""
    own = serial_number(index, 0)
    if plant.n == 1:
        return own[:-1] + str((int(own[-1]) + 5) % 10)
    return own[:2] + own[3] + own[2] + own[4:] if plant.n == 2 and own[2] != own[3] else f"{97_000_000 + index}"


def _unknown(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """A serial of the file that hangs nowhere (near: the row was dropped since)."""
    flat(d, 18, rng, 2)
    state = "dropped" if plant.near else "staged"
    rows = 2 if plant.n == 3 else 1
    d.strays = tuple(Stray("unknown-meter", state, stray_serial(d.index, plant), 1_040 + 7 * k) for k in range(rows))


def _too_long(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """A value with a digit more than turn (near: the row was dropped since)."""
    flat(d, 21, rng, 2)
    value = 10 ** d.face[2] * plant.n + 12_345 * plant.n
    d.strays = (Stray("digit-count", "dropped" if plant.near else "staged", value=value),)


def _apart(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """A small intertie whose other agency is far off, or silent (near: as far off as two meters may be)."""
    flat(d, 170 + plant.n, rng, 4)
    d.face = LARGE_FACE
    d.stated = {2: None} if plant.n == 2 else {1: 20 if plant.near else 30 + 10 * plant.n}


TROUBLE: Final[dict[str, Planting]] = {"R18": _unknown, "R23": _too_long, "R28": _apart}

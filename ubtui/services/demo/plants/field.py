"""Plants in the field: rights, seals, requests, orders, meters."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Final

from ubtui.services.demo import desk
from ubtui.services.demo.calendar import Almanac, office_day
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.names import GARDEN_FACE
from ubtui.services.demo.plants.plant import Plant, Planting, flat

LIFE_YEARS, ROUND_DAYS = 20, 180
_SINCE = date(2012, 3, 1)


def month_end(day: date) -> date:
    """The last day of the month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _twin(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """Two houses on a parcel whose card has one connection (near: two)."""
    flat(d, 19, rng, 3)
    d.twin, d.garden = True, [use - 4 for use in d.uses]
    d.rows.append(desk.right("potable", "1", 2 if plant.near else 1, "verified", _SINCE))


def _wide(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    d.size = "1"
    d.rows.append(
        desk.right("potable", "1" if plant.near else ("5/8", "3/4", "3/4")[plant.n - 1], 1, "verified", _SINCE)
    )


def _seal_round(d: Draft, plant: Plant, almanac: Almanac, rng: random.Random) -> None:
    """Looked at so long ago that the month's end finds it overdue (near: on that very day it is not yet)."""
    _rests(d, rng)
    due = month_end(almanac.today) - timedelta(days=ROUND_DAYS)
    d.looked_on = due if plant.near else due - timedelta(days=4 * plant.n)


def _rests(d: Draft, rng: random.Random) -> None:
    flat(d, 0, rng)
    d.sealed_at = 0


def _asked(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    asked = office_day(almanac.today, 3 if plant.near else 3 + plant.n)
    d.rows.append(desk.request("seal", asked))


def _full_rate(d: Draft, plant: Plant, almanac: Almanac, rng: random.Random) -> None:
    """Sealed and billed in full, or the seal gone and billed as sealed; near: the sealed rate begins next week."""
    _rests(d, rng)
    if plant.n == 3:
        d.unsealed_on = almanac.today - timedelta(days=20)
        return
    d.rate = "R1"
    if plant.near:
        d.rate_from = almanac.today + timedelta(days=7)


def _crossed(d: Draft, plant: Plant, almanac: Almanac, rng: random.Random) -> None:
    """The crew read, at one house, the serial that hangs at the other (near: its own)."""
    flat(d, 19, rng, 3)
    d.face = GARDEN_FACE
    d.twin, d.garden = True, [use - 4 for use in d.uses]
    d.rows.append(desk.right("potable", "1", 2, "verified", _SINCE))
    seen = almanac.today - timedelta(days=3 + plant.n)
    serial = serial_number(d.index, 0 if plant.near else 1)
    d.rows.append(
        desk.order(
            d.index,
            0,
            "reread",
            seen - timedelta(days=2),
            seen,
            "high use; read it again",
            state="done",
            done_on=seen,
            done_by="Luz",
            found_serial=serial,
            note="lids look alike",
        )
    )


def _order_late(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    due = almanac.today - timedelta(days=0 if plant.near else 2 * plant.n - 1)
    kind = ("reread", "leak", "test", "locate")[plant.n - 1]
    d.rows.append(desk.order(d.index, 0, kind, due - timedelta(days=4), due, "as asked on the phone"))


def _old(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    """As many years in place as a small meter may be by the end of the year (near: one less)."""
    d.size = "3/4"
    years = LIFE_YEARS - 1 if plant.near else LIFE_YEARS + plant.n - 1
    d.hung_on = date(almanac.today.year - years, 1 if plant.near else 12, 1 + plant.n)


def _nowhere(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    d.note = "in the lawn" if plant.near else ""


def serial_number(index: int, n: int, swapped: int = 0) -> str:
    """The serial of the meter at an account's n-th point, the one `swapped` times after the first."""
    return f"{61_000_000 + (2 * (2 * index + n) + swapped) * 37}"


TROUBLE: Final[dict[str, Planting]] = {
    "M01": _twin,
    "M02": _wide,
    "M03": _seal_round,
    "M04": _asked,
    "M05": _full_rate,
    "M07": _crossed,
    "M08": _order_late,
    "M10": _old,
    "M13": _nowhere,
}

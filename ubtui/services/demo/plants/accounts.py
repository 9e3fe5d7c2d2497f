"""Plants on people: addresses that are bad, promises; and those made later by acts."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any, Final

from ubtui.services.demo.calendar import Almanac
from ubtui.services.demo.desk import contact, contact_key
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.plants.plant import Plant, Planting, untouched


def _address(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    if plant.near:
        d.mail_returned = 1
    elif plant.n == 1:
        d.mail_blank = "line1"
    elif plant.n == 2:
        d.mail_blank = "zip"
    else:
        d.mail_returned = 2


def _promised(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    """Money or a call back promised for today or before (near: for tomorrow)."""
    day = almanac.today + timedelta(days=1 if plant.near else 2 - 2 * plant.n)
    said = day - timedelta(days=6)
    cents = None if plant.n == 2 else 6_500 + 1_500 * plant.n
    text = "wants a call back about the meter move" if cents is None else "pays the rest by then, waits for his check"
    more: dict[str, Any] = {"promise_on": day, "promise_cents": cents, "promise": "open"}
    d.rows.append(contact(contact_key(d.index), said, "call", text, **more))


TROUBLE: Final[dict[str, Planting]] = {
    "Q01": _address,
    "X01": _promised,
    "X02": untouched,
    "X04": untouched,
    "A01": untouched,
    "A02": untouched,
    "A04": untouched,
    "X05": untouched,
}

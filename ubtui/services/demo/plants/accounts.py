"""Plants on accounts: credits that lie, mail that does not arrive."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Final

from ubtui.services.demo.calendar import Almanac, business_day
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.plants.plant import Plant, Planting, untouched


def _credit(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    days = 30 if plant.near else 75 + 20 * plant.n
    d.closed_on = business_day(almanac.today - timedelta(days=days))
    if plant.near:
        d.closed_on = almanac.today - timedelta(days=days)
    d.credit_cents, d.habit = 1_850 + 1_075 * plant.n, "prompt"


def _address(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    if plant.near:
        d.mail_returned = 1
    elif plant.n == 1:
        d.mail_blank = "line1"
    elif plant.n == 2:
        d.mail_blank = "zip"
    else:
        d.mail_returned = 2


TROUBLE: Final[dict[str, Planting]] = {
    "P07": _credit,
    "Q01": _address,
    "A01": untouched,
    "A02": untouched,
    "A04": untouched,
    "X05": untouched,
}

"""Plants on money: credits, payments twice or too late, reminders, plans, protections, owners that changed."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any, Final

from ubtui.services.demo import desk
from ubtui.services.demo.calendar import Almanac, business_day
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.plants.plant import Plant, Planting, untouched
from ubtui.services.demo.story import RowStory


def _days(almanac: Almanac, n: int) -> Any:
    return almanac.today + timedelta(days=n)


def _twice(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    d.again_after = 11 if plant.near else 2 + 4 * (plant.n - 1)


def _after_closing(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    """Autopay ran on after the account closed (near: an escrow that still runs was expected to pay)."""
    d.closed_on = business_day(_days(almanac, -60 - plant.n))
    d.extra = (_days(almanac, -12 - 6 * plant.n if not plant.near else -15), 4_250 + 310 * plant.n)
    if plant.near:
        d.rows.append(escrow(d, almanac, 20))


def escrow(d: Draft, almanac: Almanac, ahead: int) -> RowStory:
    """A title company's demand, good for some days yet."""
    said = _days(almanac, -62)
    return RowStory(
        "escrow_demand",
        {
            "account_id": desk.ACCOUNT, "number": f"E-{d.index:05d}", "closes_on": _days(almanac, -58),
            "good_through": _days(almanac, ahead), "cents": 0, "asked_by": "Sierra Title", "recorded_by": "ana",
            "recorded_at": f"{said}T18:00:00.000000Z",
        },
    )  # fmt: skip


def _closed_credit(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    """A credit older than it may be; near: of 30 days ago, and an escrow explains that it came after the closing."""
    days = 30 if plant.near else 75 + 20 * plant.n
    d.closed_on = _days(almanac, -days) if plant.near else business_day(_days(almanac, -days))
    d.credit_cents = 1_850 + 1_075 * plant.n
    if plant.near:
        d.rows.append(escrow(d, almanac, 20))


def _large_credit(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    d.credit_milli = 3_000 if plant.near else 3_400 + 600 * plant.n


def _unpaid(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    d.leaves = 2_400 if plant.near else -1  # near: less than a letter is worth


def _protected(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    kind, since, until = (
        ("extension", -30, 5),
        ("dispute", -40, -1),
        ("medical", -6, 150),
        ("medical", -5, 150),  # near: the paper may follow until today
    )[plant.n - 1]
    d.rows.append(desk.protection(kind, _days(almanac, since), _days(almanac, until), "told on the phone"))


def _broken(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    d.leaves = -1
    first = -5 if plant.near else -5 - plant.n
    d.plan = tuple(_days(almanac, n) for n in (-21, first, first + 30, first + 61))


def _new_owner(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    d.leaves = 99 if plant.near else -1
    d.changed_on = _days(almanac, -10 - plant.n)


def _not_billed(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    """A fire line that no bill has (near: connected a cycle and a quarter ago)."""
    d.fire, d.fire_since = True, _days(almanac, -76 if plant.near else -200 * plant.n)


def _off_route(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    d.fire = plant.near  # near: a fire line needs no place on a walk
    d.off_route = not plant.near


def _came_back(d: Draft, plant: Plant, almanac: Almanac, _: random.Random) -> None:
    d.mail_returned = 1
    d.rows.append(desk.returned(_days(almanac, -2 * plant.n), "address-right" if plant.near else None))


def _same_step(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    d.spur, d.same_step = plant.spur, not plant.near


def _county(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    d.county = "like" if plant.near else "other"


TROUBLE: Final[dict[str, Planting]] = {
    "B01": _not_billed,
    "B02": _off_route,
    "B15": _came_back,
    "P01": untouched,
    "P03": _twice,
    "P06": _after_closing,
    "P07": _closed_credit,
    "P08": _large_credit,
    "C01": _unpaid,
    "C04": _protected,
    "C05": _broken,
    "C09": _new_owner,
    "Q02": _same_step,
    "Q03": _county,
}

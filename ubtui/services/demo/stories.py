"""The stories of a sample district, account by account: the same seed and day tell the same ones."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from datetime import date

from ubtui.domain.numbers import account_number, format_account
from ubtui.services.demo.calendar import almanac
from ubtui.services.demo.draft import drawn
from ubtui.services.demo.plants import SAFE, SPURS, Plant, kept, places, planted
from ubtui.services.demo.points import point_number
from ubtui.services.demo.story import Entry, Story
from ubtui.services.demo.tell import FIRST_ACCOUNT, Teller, walk
from ubtui.settings import District


def stories(
    district: District,
    seed: int,
    accounts: int,
    years: int,
    today: date,
    skip: Collection[str] = frozenset(),
    first: int = 0,
    count: int | None = None,
) -> Iterator[Story]:
    """Accounts `first` to `first + count` of a district of `accounts`, `years` of them, read and billed by `today`.

    Each account has its own dice, so that leaving out a plant (`skip`, `R04.1`) changes that account alone.
    """
    days = almanac(district, today, years)
    carrying = kept(places(seed, accounts, days, district), skip)
    teller = Teller(district, days)
    for index in range(first, accounts if count is None else min(accounts, first + count)):
        rng = random.Random(f"{seed}:{index}")
        draft = drawn(rng, index, days, district, index in SAFE)
        if (plant := carrying.get(index)) is not None:
            draft.limit = district.use_limits["residential"]
            planted(draft, plant, days)
            draft.plant = plant.name
        yield teller.story(random.Random(f"{seed}:{index}:told"), draft)


def raised(district: District, carrying: dict[int, Plant], skip: Collection[str]) -> list[Entry]:
    """What the plants in the stories themselves must raise; papers and items by hand are not among them."""
    found = []
    for index, plant in kept(carrying, skip).items():
        account = format_account(account_number(FIRST_ACCOUNT + index))
        if plant.near or plant.seat or plant.code[0] in "AX":
            continue
        if plant.code in SPURS:
            found.append(Entry(plant.code, f"route:{walk(district, index, plant.spur)}", None))
            continue
        subject = f"point:{point_number(index)}" if plant.code[0] == "R" else f"account:{account}"
        found.append(Entry(plant.code, subject, None if plant.code == "R14" else account))
    return found

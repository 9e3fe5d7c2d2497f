"""The stories of a sample district, account by account: the same seed and day tell the same ones."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from datetime import date

from ubtui.domain.numbers import account_number, format_account
from ubtui.services.demo.calendar import almanac
from ubtui.services.demo.desk import contact_key, order_number
from ubtui.services.demo.draft import drawn
from ubtui.services.demo.dunning import ladder_day
from ubtui.services.demo.duties import duty_key
from ubtui.services.demo.lively import enliven
from ubtui.services.demo.names import GARDEN_FACE
from ubtui.services.demo.plants import BY_ACTS, SAFE, SPURS, Plant, come, kept, places, planted
from ubtui.services.demo.plants.arrivals import stray_serial
from ubtui.services.demo.plants.field import serial_number
from ubtui.services.demo.points import point_number
from ubtui.services.demo.story import Entry, Story
from ubtui.services.demo.tell import FIRST_ACCOUNT, Teller, apn, walk
from ubtui.services.imports.taking import stranger
from ubtui.settings import District


class Stories:
    """The stories of a district of `accounts`, `years` of them, read and billed by `today`.

    With `lively` reads vary as reads do, and a week's other troubles come at their rates. Each account has its own
    dice, so that leaving out a plant (`skip`, `R04.1`) changes that account alone.
    """

    def __init__(
        self,
        district: District,
        seed: int,
        accounts: int,
        years: int,
        today: date,
        skip: Collection[str] = frozenset(),
        lively: bool = False,
    ) -> None:
        self.district, self.seed, self.accounts, self.lively = district, seed, accounts, lively
        self.days = almanac(district, today, years)
        self.carrying = {} if lively else kept(places(seed, accounts, self.days, district), skip)
        self.teller = Teller(district, self.days)

    def of(self, first: int, count: int) -> Iterator[Story]:
        """Those of the accounts `first` to `first + count`."""
        for index in range(first, min(self.accounts, first + count)):
            rng = random.Random(f"{self.seed}:{index}")
            draft = drawn(rng, index, self.days, self.district, index in SAFE)
            if self.lively:
                enliven(rng, draft, random.Random(f"{self.seed}:{walk(self.district, index)}").random())
            if (plant := come(rng, index) if self.lively else self.carrying.get(index)) is not None:
                draft.limit = self.district.use_limits["residential"]
                planted(draft, plant, self.days)
                draft.plant = plant.name
            yield self.teller.story(random.Random(f"{self.seed}:{index}:told"), draft)


def raised(district: District, carrying: dict[int, Plant], skip: Collection[str], today: date) -> list[Entry]:
    """What the plants in the stories themselves must raise; papers and items by hand are not among them.

    A run or a programme is one item, whichever of its plants stand.
    """
    found = []
    for index, plant in kept(carrying, skip).items():
        if plant.near or plant.seat or plant.code in BY_ACTS:
            continue
        account: str | None = format_account(account_number(FIRST_ACCOUNT + index))
        subject = _subject(district, index, plant, f"{account}", today)
        if plant.code in ("R14", "R18") or subject.startswith(("route:", "run:")) or plant.code == "X04":
            account = None
        found.append(Entry(plant.code, subject, account))
    return list(dict.fromkeys(found))


def _subject(district: District, index: int, plant: Plant, account: str, today: date) -> str:
    code = plant.code
    if code in SPURS:
        return f"route:{walk(district, index, plant.spur)}"
    if code in ("M01", "M02", "M14"):
        return f"parcel:{apn(index)}"
    if code == "M03":
        return f"run:seal-round/{today:%Y-%m}"
    if code == "C01":
        return f"run:ladder/{ladder_day(today)}"
    if code == "M10":
        return f"run:meter-programme/{today:%Y}"
    if code == "M07":
        return f"meter:{GARDEN_FACE[0]}/{serial_number(index, 1)}"
    if code in ("X01", "X04"):
        return f"text:{contact_key(index) if code == 'X01' else duty_key(plant)}"
    if code == "R18":
        return f"text:{stranger('reads', 'unknown-meter', {'serial': stray_serial(index, plant)})}"
    if code == "M08":
        return f"order:{order_number(index)}"
    return f"point:{point_number(index)}" if code[0] in "RM" else f"account:{account}"

"""The trouble planted in the sample: three of each kind, and one just inside its limit that must not be found."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from itertools import product
from typing import Final

from ubtui.services.demo.calendar import Almanac
from ubtui.services.demo.draft import Draft, cycle_of, is_monthly
from ubtui.services.demo.plants import accounts, arrivals, connections, exchanged, field, money, reads, watched
from ubtui.services.demo.plants.plant import TIMES, Plant, Planting, plain
from ubtui.settings import District

__all__ = [
    "A_DAY",
    "BY_ACTS",
    "CODES",
    "ELSEWHERE",
    "RUNS",
    "SAFE",
    "SPURS",
    "TIMES",
    "WORKDAYS",
    "Plant",
    "come",
    "kept",
    "places",
    "planted",
]

_FIRST: Final[dict[str, Planting]] = {**reads.TROUBLE, **accounts.TROUBLE, **field.TROUBLE, **money.TROUBLE}
_LATER: Final[dict[str, Planting]] = {
    **watched.TROUBLE,
    **exchanged.TROUBLE,
    **arrivals.TROUBLE,
    **connections.TROUBLE,
}
"""Placed after all the others, so that these keep their places."""
_TROUBLE: Final[dict[str, Planting]] = {**_FIRST, **_LATER}
COMMON: Final = (
    *("R04", "R05", "R06", "R07", "R08", "R09", "R10", "R13", "R14", "R15"),
    *("P07", "A01", "A02", "A04", "Q01", "X05"),
)
"""What a small sample has first."""
CODES: Final = tuple(_TROUBLE)
SAFE: Final = frozenset({3, 5})
"""Places of accounts that belong to staff: nothing is planted there."""
BY_ACTS: Final = frozenset({"A01", "A02", "A04", "P01", "X02", "X05"})
"""Codes whose trouble is made by people's acts, once the accounts stand."""
RUNS: Final = frozenset({"C01", "M03", "M10"})
"""Codes whose plants come as one item, a list of them."""
SPURS: Final = frozenset({"R01", "R16", "Q02"})
"""Codes whose trouble is a route's."""
ELSEWHERE: Final = frozenset({"R18", "R23", "R24", "R28"})
"""Codes of readings that need no read which waits for its bill."""
_SEATS: Final = {"R16": 3, "Q02": 2}
"""How many accounts a plant needs, where one is not enough."""


def places(seed: int, count: int, almanac: Almanac, district: District) -> dict[int, Plant]:
    """Which account carries which plant: one of every common code first, then the others while there is room.

    Reads are planted in the cycle that waits for its bill run, and so is what is past due: its last bill is old. The
    same whatever is left out later.
    """
    rng = random.Random(f"{seed}:plants")
    order = rng.sample(range(count), count) if count <= 20_000 else rng.sample(range(count), 20_000)
    whole = [i for i in order if i not in SAFE and not is_monthly(i)]
    free = [i for i in whole if i % 10 not in (8, 9)]
    waits = {i for i in whole if cycle_of(district, i) == almanac.unbilled}
    unread, read = [i for i in free if i in waits], [i for i in free if i not in waits]
    # Neighbours of one owner take what is about neither him nor his money.
    pairs = [i for i in whole if i % 10 in (8, 9)]
    last = [*unread, *(i for i in pairs if i in waits)]
    found: dict[int, Plant] = {}
    groups: tuple[tuple[Iterable[str], list[int], list[int]], ...] = (
        (COMMON, free, unread),
        ([code for code in _FIRST if code not in COMMON], [*read, *unread], unread),
        (_LATER, [*read, *(i for i in pairs if i not in waits), *last], last),
    )
    for some, others, waiting in groups:
        for time, code in product(TIMES, some):
            needs = code == "C01" or (code[0] == "R" and code not in ELSEWHERE)
            choice = (i for i in (waiting if needs else others) if i not in found)
            seats = _SEATS.get(code, 1)
            at = [i for _, i in zip(range(seats), choice, strict=False)]
            if len(at) == seats:
                found |= {i: Plant(code, time, seat) for seat, i in enumerate(at)}
    return found


def planted(draft: Draft, plant: Plant, almanac: Almanac) -> None:
    """Change an account's draft so that it has this trouble and no other."""
    plain(draft)
    rng = random.Random(f"{draft.index}:{plant.name}")
    _TROUBLE[plant.code](draft, plant, almanac, rng)


A_DAY: Final = {
    **{"B01": 0.3, "B15": 1, "C05": 0.5, "C09": 0.5, "M01": 0.1, "M05": 0.3, "M08": 2, "P03": 1, "P06": 0.3},
    **{"P07": 1, "P08": 0.2, "Q01": 1, "Q03": 2},
}
"""What comes to 10,000 accounts on a working day beside the reads, as practice counts it."""
WORKDAYS: Final = 20
"""Working days whose troubles come to a lively district."""


def come(rng: random.Random, index: int) -> Plant | None:
    """What may come to an account within some working days, by the rates of practice."""
    dice = rng.random() * 10_000 * 3 / 4
    if index in SAFE or index % 10 in (8, 9) or is_monthly(index):  # a quarter of all
        return None
    for code, rate in A_DAY.items():
        if dice < rate * WORKDAYS:
            return Plant(code, TIMES[index % 3])
        dice -= rate * WORKDAYS
    return None


def kept(found: dict[int, Plant], skip: Collection[str]) -> dict[int, Plant]:
    """The plants without those left out by name."""
    return {i: plant for i, plant in found.items() if plant.name not in skip}

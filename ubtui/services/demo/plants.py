"""The trouble planted in the sample: three of each kind, and one just inside its limit that must not be found."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ubtui.services.demo.calendar import Almanac, business_day
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.names import FACES, GARDEN_FACE, LARGE_FACE

CODES: Final = (
    *("R04", "R05", "R06", "R07", "R08", "R09", "R10", "R13", "R14", "R15"),
    *("P07", "A01", "A02", "A04", "Q01", "X05"),
)
TIMES: Final = ("1", "2", "3", "near")
SAFE: Final = frozenset({3, 5})
"""Places of accounts that belong to staff: nothing is planted there."""


@dataclass(frozen=True)
class Plant:
    """One planted trouble: `R04.1`; the one named `near` stands just inside the limit and raises nothing."""

    code: str
    time: str

    @property
    def name(self) -> str:
        return f"{self.code}.{self.time}"

    @property
    def near(self) -> bool:
        return self.time == "near"

    @property
    def n(self) -> int:
        """1 to 3; the near one counts as 4."""
        return TIMES.index(self.time) + 1


def places(seed: int, accounts: int, almanac: Almanac, cycles: list[str]) -> dict[int, Plant]:
    """Which account carries which plant: one each, first one of every code, then the others while there is room.

    Reads are planted in the cycle that waits for its bill run. The same whatever is left out later.
    """
    rng = random.Random(f"{seed}:plants")
    order = rng.sample(range(accounts), accounts) if accounts <= 20_000 else rng.sample(range(accounts), 20_000)
    free = [i for i in order if i not in SAFE and i % 10 not in (8, 9)]
    unread = [i for i in free if cycles[i % len(cycles)] == almanac.unbilled]
    found: dict[int, Plant] = {}
    for time in TIMES:
        for code in CODES:
            choice = unread if code[0] == "R" else free
            at = next((i for i in choice if i not in found), None)
            if at is not None:
                found[at] = Plant(code, time)
    return found


def planted(draft: Draft, plant: Plant, almanac: Almanac) -> None:
    """Change an account's draft so that it has this trouble and no other."""
    _plain(draft)
    rng = random.Random(f"{draft.index}:{plant.name}")
    _TROUBLE[plant.code](draft, plant, almanac, rng)


def _plain(d: Draft) -> None:
    """An ordinary house of old standing: one point in use, nobody else on the account, every bill paid."""
    if d.customer_class != "residential":
        most = max(d.uses)
        d.uses = [2 + use * 40 // most for use in d.uses]
    d.customer_class, d.opened_at, d.closed_on, d.sealed_at = "residential", None, None, None
    d.garden, d.exchanged_at, d.tenant, d.agent, d.habit = None, None, False, False, "prompt"


def _flat(d: Draft, base: int, rng: random.Random, spread: int = 0) -> None:
    d.uses = [base + (rng.randint(-spread, spread) if spread else 0) for _ in d.uses]


def _high(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _flat(d, 4 if plant.near else 20 + 2 * plant.n, rng)
    # near: more than twice, but under the least use of 10
    d.uses[-1] = 9 if plant.near else d.uses[-1 - d.a_year] * (24 + 2 * plant.n) // 10


def _high_new(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _flat(d, 14, rng)
    d.opened_at = len(d.uses) - 4
    d.uses[-1] = 26 if plant.near else 34 + plant.n


def _extreme(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _flat(d, 180, rng)
    d.face = LARGE_FACE
    d.uses[-1] = d.limit + (0 if plant.near else plant.n)


def _low(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _flat(d, 18 if plant.near else 30 + plant.n, rng)  # near: under the base of 20
    d.uses[-1] = 4 + (plant.n if not plant.near else 1)


def _none(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _flat(d, 9 if plant.near else 13 + plant.n, rng)  # near: it used less than 10 before
    d.uses[-2:] = [0, 0]


def _below(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _flat(d, 20, rng, 1)
    d.uses[-1] = 0 if plant.near else -2 - plant.n


def _rollover(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _flat(d, 20, rng, 1)
    d.face = FACES[0]
    # near: the counter stands at its last number
    d.ends_at = 9_999 if plant.near else 10_005 + plant.n


def _sealed(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _flat(d, 0, rng)
    d.sealed_at = 0
    d.face = GARDEN_FACE
    d.uses[-1] = 0 if plant.near else plant.n  # near: the counter moves, by less than a billing unit
    d.creeps = plant.near


def _inactive(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _flat(d, 15, rng)
    d.ended_at = len(d.uses) - 3
    d.uses[-3:] = [0, 0, 1 if plant.near else 3 + plant.n]


def _twice(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    d.twice = ("dropped",) if plant.near else ("staged",) * (2 if plant.n == 3 else 1)


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


def _paper(d: Draft, plant: Plant, _: Almanac, __: random.Random) -> None:
    """Proposals and items by hand come after the accounts stand."""


_TROUBLE: Final = {
    "R04": _high,
    "R05": _high_new,
    "R06": _extreme,
    "R07": _low,
    "R08": _none,
    "R09": _below,
    "R10": _rollover,
    "R13": _sealed,
    "R14": _inactive,
    "R15": _twice,
    "P07": _credit,
    "Q01": _address,
    "A01": _paper,
    "A02": _paper,
    "A04": _paper,
    "X05": _paper,
}


def kept(found: dict[int, Plant], skip: Collection[str]) -> dict[int, Plant]:
    """The plants without those left out by name."""
    return {i: plant for i, plant in found.items() if plant.name not in skip}

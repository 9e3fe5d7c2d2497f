"""Plants on reads: high, low, none, below the previous, missing, guessed, off their days, with a trouble code."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from ubtui.services.demo.calendar import Almanac
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.names import FACES, GARDEN_FACE, LARGE_FACE
from ubtui.services.demo.plants.plant import Plant, Planting, flat
from ubtui.services.demo.story import ReadStory, Stray


def _high(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 4 if plant.near else 20 + 2 * plant.n, rng)
    # near: more than twice, but under the least use of 10
    d.uses[-1] = 9 if plant.near else d.uses[-1 - d.a_year] * (24 + 2 * plant.n) // 10


def _high_new(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 14, rng)
    d.opened_at = len(d.uses) - 4
    d.uses[-1] = 24 if plant.near else 34 + plant.n


def _extreme(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 180, rng)
    d.face = LARGE_FACE
    d.uses[-1] = d.limit + (0 if plant.near else plant.n)


def _low(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 18 if plant.near else 30 + plant.n, rng)  # near: under the base of 20
    d.uses[-1] = 4 + (plant.n if not plant.near else 1)


def _none(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 9 if plant.near else 13 + plant.n, rng)  # near: it used less than 10 before
    d.uses[-2:] = [0, 0]


def _below(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 20, rng, 1)
    d.uses[-1] = 0 if plant.near else -2 - plant.n


def _rollover(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 20, rng, 1)
    d.face = FACES[0]
    # near: the counter stands at its last number
    d.ends_at = 9_999 if plant.near else 10_005 + plant.n


def _sealed(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 0, rng)
    d.sealed_at = 0
    d.face = GARDEN_FACE
    d.uses[-1] = 0 if plant.near else plant.n  # near: the counter moves, by less than a billing unit
    d.creeps = plant.near


def _inactive(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 15, rng)
    d.ended_at = len(d.uses) - 3
    d.uses[-3:] = [0, 0, 1 if plant.near else 3 + plant.n]


def _twice(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    d.strays = (Stray(state="dropped"),) if plant.near else (Stray(),) * (2 if plant.n == 3 else 1)


def _read_again(d: Draft, change: Callable[[list[ReadStory]], list[ReadStory]]) -> None:
    """Change the reads once they are made; the bills follow what comes out."""
    d.twist = change


def _estimates(*back: int) -> Callable[[list[ReadStory]], list[ReadStory]]:
    """The reads so many places from the newest were estimated."""

    def change(reads: list[ReadStory]) -> list[ReadStory]:
        for n in back:
            reads[-n] = replace(reads[-n], source="E")
        return reads

    return change


def _uneven(d: Draft, base: int, rng: random.Random) -> None:
    """About the same use, but never the same three times at the end, whichever of the last reads comes."""
    flat(d, base, rng, 3)
    d.uses[-4:] = [base - 1, base + 2, base - 2, base + 1]


def _missing(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _uneven(d, 20, rng)
    d.spur = plant.spur
    _read_again(d, lambda reads: reads[:-1])
    if plant.near:  # nobody could read it, and that is noted
        d.skips = ((1, "dog"),)


def _skipped(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    _uneven(d, 22, rng)
    why = ("locked gate", "dog", "buried", "locked gate")[plant.n - 1]
    if plant.near:  # skipped twice, but read in between
        d.skips = ((3, why), (1, why))
        estimate = _estimates(3)
    else:
        d.skips = ((2, why), (1, why))
        estimate = _estimates(2)
    _read_again(d, lambda reads: estimate(reads)[:-1])


def _estimated(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 20 + plant.n, rng, 3)
    _read_again(d, _estimates(1) if plant.near else _estimates(1, 2))


def _over_estimated(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 20, rng, 3)
    d.uses[-2:] = [34 + plant.n, 0 if plant.near else -3 - plant.n]  # near: it stands where the estimate said
    _read_again(d, _estimates(2))


def _same(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 12, rng, 2)
    d.uses[-3:] = [9 if plant.near else 10 + plant.n] * 3  # near: under the least use of 10
    d.uses[-4] = d.uses[-3] + 2
    d.by_hand = True


def _odd_days(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 20 + 2 * plant.seat, rng, 2)
    d.spur = plant.spur
    d.newest_after = 54 if plant.near else 51 - plant.n


def _before_held(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    """A read between the rounds, which nobody has settled (near: settled), then the regular one."""
    flat(d, 24, rng, 3)
    d.uses[-1] = 2
    status, held = ("released", None) if plant.near else ("held", "waits for the owner")

    def change(reads: list[ReadStory]) -> list[ReadStory]:
        before, last = reads[-2], reads[-1]
        on = last.on - timedelta(days=4 + plant.n)
        early = replace(last, on=on, value=before.value, usage=None, days=(on - before.on).days)
        early = replace(early, status=status, held=held, usage=0 if plant.near else None)
        return [*reads[:-1], early, replace(last, days=(last.on - on).days)]

    _read_again(d, change)


def _trouble(d: Draft, plant: Plant, _: Almanac, rng: random.Random) -> None:
    flat(d, 21, rng, 3)
    code = ("stuck", "fogged", "leak", "buried")[plant.n - 1]

    def change(reads: list[ReadStory]) -> list[ReadStory]:
        if plant.near:  # known from the time before
            reads[-2] = replace(reads[-2], trouble=code)
        return [*reads[:-1], replace(reads[-1], trouble=code)]

    _read_again(d, change)


TROUBLE: Final[dict[str, Planting]] = {
    "R01": _missing,
    "R02": _skipped,
    "R03": _estimated,
    "R04": _high,
    "R05": _high_new,
    "R06": _extreme,
    "R07": _low,
    "R08": _none,
    "R09": _below,
    "R10": _rollover,
    "R11": _over_estimated,
    "R12": _same,
    "R13": _sealed,
    "R14": _inactive,
    "R15": _twice,
    "R16": _odd_days,
    "R17": _before_held,
    "R22": _trouble,
}

"""Reads as they really come: uneven, with leaks, empty houses, misreads and guesses at the rates of a district."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ubtui.services.demo import names
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.story import ReadStory, Stray

UNEVEN: Final = 0.22
"""Spread of one period's use about what is usual, as the deviation of its logarithm; two periods differ by more."""
# Chances of one read in a thousand, after the counts of practice for 275 reads a day.
_LEAK, _FALL, _STOP, _FULL_STOP, _MISREAD, _OVER, _TROUBLE, _KNOWN = 11, 28, 6, 3, 6, 1, 26, 10
_GUESS, _CLOSED = 18, 4
_SAME, _TWICE, _GONE, _MISSED = 0.4, 0.4, 0.4, 13
_ODD_ROUTES, _NEW_GARDENS = 0.03, 0.15
"""Of all routes those that were walked ten days early; of new owners those who water a new garden."""
_CODES = ("leak", "leak", "fogged", "buried", "stuck", "dog", "broken", "seal-missing")


def enliven(rng: random.Random, d: Draft, route: float) -> None:
    """Let an ordinary draft's reads vary as reads do, and let its newest one meet with what newest ones meet with.

    `route` is what its route's dice show, from 0 to 1: a route is walked as a whole.
    """
    d.credit_cents = 0  # who left has his credit back, but for those whose trouble it is
    if d.sealed_at is not None:
        if rng.random() < 0.012 and d.uses:
            d.uses[-1], d.plant = rng.randint(1, 6), "-"
        return
    d.uses = [use if use == 0 else max(1, round(use * rng.lognormvariate(0, UNEVEN))) for use in d.uses]
    moved = (d.closed_on, d.opened_at, d.exchanged_at)
    if d.windows[-1].billed or d.occasional or d.compound:
        return
    if d.opened_at is not None and len(d.uses) - d.a_year < d.opened_at < len(d.uses) - 1:
        if rng.random() < _NEW_GARDENS:
            d.uses[-1] = max(20, round(d.uses[-1] * rng.uniform(2.5, 5)))
        return
    if any(at is not None for at in moved):
        return
    if route < _ODD_ROUTES:
        d.newest_after = 50
        return
    dice = rng.random() * 1000
    for chance, change in _NEWEST:
        if dice < chance:
            change(rng, d)
            return
        dice -= chance


def _same(rng: random.Random, d: Draft) -> None:
    d.uses[-3:] = [max(12, d.uses[-3])] * 3
    d.by_hand = True


def _twice(rng: random.Random, d: Draft) -> None:
    d.strays = (Stray(),)


def _gone(rng: random.Random, d: Draft) -> None:
    """Somebody uses water where nobody is billed any more."""
    d.ended_at = len(d.uses) - 3
    d.uses[-3:] = [0, 0, rng.randint(2, 9)]


def _missed(rng: random.Random, d: Draft) -> None:
    d.twist = lambda reads: reads[:-1]


def _leak(rng: random.Random, d: Draft) -> None:
    d.uses[-1] = round(d.uses[-1] * rng.uniform(1.8, 6))


def _fall(rng: random.Random, d: Draft) -> None:
    d.uses[-1] = max(1, round(d.uses[-1] * rng.uniform(0.05, 0.45)))


def _stop(rng: random.Random, d: Draft) -> None:
    d.uses[-2:] = [0, 0]


def _empty(rng: random.Random, d: Draft) -> None:
    d.uses[-1] = 0


def _misread(rng: random.Random, d: Draft) -> None:
    if rng.random() < 0.3 and d.face == names.FACES[0]:
        d.ends_at = 10**4 + rng.randint(0, max(1, d.uses[-1] - 1))
    else:
        d.uses[-1] = -rng.randint(1, 40)


def _estimates(*back: int) -> Callable[[list[ReadStory]], list[ReadStory]]:
    def change(reads: list[ReadStory]) -> list[ReadStory]:
        return [*reads[: -max(back)], *(replace(read, source="E") for read in reads[-max(back) :])]

    return change


def _over(rng: random.Random, d: Draft) -> None:
    d.uses[-2:] = [d.uses[-2] + 30, -rng.randint(2, 20)]
    d.twist = lambda reads: [*reads[:-2], replace(reads[-2], source="E"), reads[-1]]


def _trouble(rng: random.Random, d: Draft) -> None:
    code = rng.choice(_CODES)
    d.twist = lambda reads: [*reads[:-1], replace(reads[-1], trouble=code)]


def _known(rng: random.Random, d: Draft) -> None:
    code = rng.choice(_CODES)
    d.twist = lambda reads: [*reads[:-2], *(replace(read, trouble=code) for read in reads[-2:])]


def _guess(rng: random.Random, d: Draft) -> None:
    d.twist = _estimates(1)


def _guess_again(rng: random.Random, d: Draft) -> None:
    d.twist = _estimates(1, 2)


def _closed(rng: random.Random, d: Draft) -> None:
    """Behind a locked gate: guessed the time before, and now skipped."""
    d.skips = ((2, "locked gate"), (1, "locked gate"))
    d.twist = lambda reads: [*reads[:-2], replace(reads[-2], source="E")]


_NEWEST: Final[tuple[tuple[float, Callable[[random.Random, Draft], None]], ...]] = (
    (_LEAK, _leak),
    (_FALL, _fall),
    (_STOP, _stop),
    (_FULL_STOP, _empty),
    (_MISREAD, _misread),
    (_OVER, _over),
    (_TROUBLE, _trouble),
    (_KNOWN, _known),
    (_GUESS, _guess),
    (_CLOSED, _guess_again),
    (5, _closed),
    (_SAME, _same),
    (_TWICE, _twice),
    (_GONE, _gone),
    (_MISSED, _missed),
)

"""What a plant is: a trouble of one code put on one account, or on the few it needs; and the house it stands on."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ubtui.services.demo.calendar import Almanac
from ubtui.services.demo.draft import Draft

TIMES: Final = ("1", "2", "3", "near")


@dataclass(frozen=True)
class Plant:
    """One planted trouble: `R04.1`; the one named `near` stands just inside the limit and raises nothing."""

    code: str
    time: str
    seat: int = 0
    """Which of its accounts this one is, where a trouble needs several: the first one names it."""

    @property
    def name(self) -> str:
        return f"{self.code}.{self.time}"

    @property
    def spur(self) -> str:
        """Name of the route of its own that it may need."""
        return f"{self.code}-{self.time}"

    @property
    def near(self) -> bool:
        return self.time == "near"

    @property
    def n(self) -> int:
        """1 to 3; the near one counts as 4."""
        return TIMES.index(self.time) + 1


Planting = Callable[[Draft, Plant, Almanac, random.Random], None]
"""Changes a plain draft so that it has the plant's trouble and no other."""


def plain(d: Draft) -> None:
    """An ordinary house of old standing: one point in use, nobody else on the account, every bill paid."""
    if d.customer_class != "residential":
        most = max(d.uses)
        d.uses = [2 + use * 40 // most for use in d.uses]
    if d.occasional:
        d.uses = [max(8, use) + j % 2 for j, use in enumerate(d.uses)]
    d.customer_class, d.opened_at, d.closed_on, d.sealed_at = "residential", None, None, None
    d.garden, d.exchanged_at, d.tenant, d.agent, d.habit = None, None, False, False, "prompt"
    d.fire, d.compound, d.master, d.occasional, d.sold_at = False, False, False, False, None
    d.plan, d.credit_cents, d.stated = None, 0, None


def flat(d: Draft, base: int, rng: random.Random, spread: int = 0) -> None:
    """The same use in every period, or nearly."""
    d.uses = [base + (rng.randint(-spread, spread) if spread else 0) for _ in d.uses]


def untouched(_: Draft, __: Plant, ___: Almanac, ____: random.Random) -> None:
    """What comes after the accounts stand, by acts of people."""

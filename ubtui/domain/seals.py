"""Seals: where a point stands between a seal asked for and taken off, and by which rate it is billed on a day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

Status = Literal["full", "sealed", "occasional"]
Effect = Literal["same_day", "next_cycle", "month_of_use", "never"]
Seen = Literal["on", "broken", "missing", "other"]
State = Literal[
    "unsealed", "seal_requested", "seal_ordered", "sealed", "verify_due", "tampered", "unseal_requested",
    "unseal_ordered",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hung:
    """A seal's days and its rate: `rate_from` is the first day of that rate, `full_from` the first without it."""

    number: str
    rate: Status
    effect: Effect
    placed_on: date
    rate_from: date | None = None
    removed_on: date | None = None
    full_from: date | None = None

    def span(self) -> tuple[date, date | None] | None:
        """The first day of its rate and the first in full again; None where it never has a rate of its own."""
        if self.rate == "full" or self.effect == "never":
            return None
        first, last = self.rate_from or self.placed_on, self.full_from or self.removed_on
        return None if last is not None and last <= first else (first, last)


@dataclass(frozen=True, slots=True)
class RateOn:
    """The rate of a day and the seal behind it (none: in full); `waits`: only the coming read will tell."""

    status: Status
    seal: str = ""
    waits: bool = False


FULL = RateOn("full")


def rate_on(seals: Iterable[Hung], day: date, used: Callable[[date], bool | None]) -> RateOn:
    """The rate of `day`: that of the newest seal whose rate holds then.

    Where the month of use is billed in full, `used` tells whether water ran between the two reads around a day, None
    where the later one is not in (Paradise Irrigation District: a service of occasional use is active in the months
    in which it is used).
    """
    holding = [
        (each.placed_on, each)
        for each in seals
        if (span := each.span()) is not None and span[0] <= day and (span[1] is None or day < span[1])
    ]
    if not holding:
        return FULL
    seal = max(holding, key=lambda one: one[0])[1]
    ran = used(day) if seal.effect == "month_of_use" else False
    return RateOn("full" if ran else seal.rate, seal.number, ran is None)


def state(hung: bool, seen: Seen, overdue: bool, asked: Collection[str] = (), ordered: Collection[str] = ()) -> State:
    """Where a point stands: `seen` is how its seal was last found, `asked` and `ordered` what is open (seal, unseal).

    A broken or missing seal comes before a request to take it off; who asked for it has it taken off in the end.
    """
    if not hung:
        return "seal_ordered" if "seal" in ordered else "seal_requested" if "seal" in asked else "unsealed"
    if seen in ("broken", "missing"):
        return "tampered"
    if "unseal" in ordered:
        return "unseal_ordered"
    if "unseal" in asked:
        return "unseal_requested"
    return "verify_due" if overdue else "sealed"

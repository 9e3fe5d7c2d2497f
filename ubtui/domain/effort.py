"""How long the work takes: minutes per kind of item, measured from what people did, and a day filled with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

LEAST_MEASURED = 5  # fewer say nothing about a kind
LONGEST_MINUTES = 240  # a claim that stands longer was forgotten, not worked on
_GROUP = {"R": 10, "B": 12, "P": 10, "A": 10, "C": 15, "M": 10, "Q": 6, "X": 12}
_CODE = {
    **dict.fromkeys(("R09", "R10", "R11", "R17"), 15),  # a read that was wrong has to be understood
    **dict.fromkeys(("R13", "R14", "R18"), 20),
    **dict.fromkeys(("R01", "R16"), 15),
    **dict.fromkeys(("C01", "M03", "M10"), 45),  # a run: a whole list
    **dict.fromkeys(("P01", "M08"), 5),
}
DEFAULT: Mapping[str, int] = MappingProxyType(_CODE)
"""Minutes of the kinds that differ from their group, until they are measured (estimates of practice)."""


def usual_minutes(code: str) -> int:
    """Minutes of one item of a kind, as long as nothing is measured."""
    return DEFAULT.get(code, _GROUP.get(code[:1], 10))


def median(minutes: Sequence[int]) -> int | None:
    """The median of minutes in whole minutes, at least 1; None where fewer than LEAST_MEASURED were measured."""
    kept = sorted(minutes)
    if len(kept) < LEAST_MEASURED:
        return None
    return max(1, (kept[(len(kept) - 1) // 2] + kept[len(kept) // 2] + 1) // 2)


def spans(events: Iterable[tuple[int, str, int]]) -> list[tuple[int, int]]:
    """(item, minutes from its last claim to its close) of events (item, kind, minute) in the order they happened.

    What was put away, given back or handed on in between was not worked on all the time and is left out, as is a
    claim that stands longer than LONGEST_MINUTES.
    """
    begun: dict[int, int] = {}
    found = []
    for item, kind, minute in events:
        if kind == "claimed":
            begun[item] = minute
        elif kind in ("resolved", "dismissed"):
            start = begun.pop(item, None)
            if start is not None and 0 <= minute - start <= LONGEST_MINUTES:
                found.append((item, minute - start))
        elif kind in ("waiting", "released", "forwarded", "lapsed", "answered"):
            begun.pop(item, None)
    return found


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Minutes of the day: what is done, what is mine, how many of the team's items fill the rest, and the whole."""

    done: int
    mine: int
    team: int
    team_items: int
    day: int

    @property
    def planned(self) -> int:
        """All that is planned, the done included."""
        return self.done + self.mine + self.team

    def said(self) -> str:
        """`7h05 of 7h30 planned`."""
        return f"{hours(self.planned)} of {hours(self.day)} planned"


def fill(done: int, mine: int, team: Iterable[int], day: int) -> DayPlan:
    """A day of `day` minutes: the done and the own in any case, then the team's items in order, while they fit."""
    taken = count = 0
    for minutes in team:
        if done + mine + taken + minutes > day:
            break
        taken, count = taken + minutes, count + 1
    return DayPlan(done, mine, taken, count, day)


def hours(minutes: int) -> str:
    """Minutes as `7h05`."""
    return f"{minutes // 60}h{minutes % 60:02d}"

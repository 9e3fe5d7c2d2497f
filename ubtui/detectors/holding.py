"""What holds a read: a finding that keeps it from the bill until a person has decided, or until its cause is gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from ubtui.db.session import Session
from ubtui.detectors.base import Detector, Found, marks, parts
from ubtui.detectors.readings.summaries import CLEARS, summarise
from ubtui.domain.register import BELOW

_AT_ONCE: Final = 100
_ITSELF: Final = (
    "SELECT r.register_id, r.read_on, r.seq, r.held_code, p.number FROM {source} WHERE p.id = r.point_id"
    " AND r.status = 'held' AND r.held_code IN ({codes}){only}"
)

Read = tuple[int, str, int]
"""Register, day and number on the day."""


@dataclass
class _Standing:
    """A read that was found: its point, what it is, and the holding codes that found it."""

    point: str
    status: str
    held: str | None
    codes: set[str] = field(default_factory=set)

    @property
    def name(self) -> str | None:
        """What holds it from now on; None where that is as it stands.

        The hold that it has keeps its name while it stands; of several others the first by code gives the name. Only
        the measuring itself names a read below the one before.
        """
        if self.status == "billed" or (self.status == "held" and not self._gone):
            return None
        first = min(self.codes)
        return BELOW if first in CLEARS[BELOW] else first

    @property
    def _gone(self) -> bool:
        """Whether what holds it went with its cause."""
        return self.held in _WITH_CAUSE and self.held not in self.codes


_WITH_CAUSE: Final = frozenset({"R13", "R17"})
"""Holds that go with their cause: a seal taken off, the read before settled. Any other waits for a decision."""


class Holding:
    """The unbilled reads that holding detectors found, gathered while they are asked."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self.codes = frozenset(d.code for d in detectors if d.holds)
        self.found: dict[Read, _Standing] = {}

    def add(self, code: str, found: Found) -> None:
        """Note what a detector found."""
        if code in self.codes and found.read is not None:
            at = self.found.setdefault(found.read, _Standing(found.subject_key, *found.stands))
            at.codes.add(code)

    def question(self, points: Sequence[str] | None) -> tuple[str, list[str]]:
        """What asks for the reads, of these points or of all, whose hold goes with its cause."""
        codes = ", ".join(f"'{code}'" for code in sorted(_WITH_CAUSE))
        if points is None:
            return _ITSELF.format(source="read_summary r CROSS JOIN service_point p", codes=codes, only=""), []
        only = f" AND p.number IN ({marks(points)})"
        source = "service_point p CROSS JOIN read_summary r"
        return _ITSELF.format(source=source, codes=codes, only=only), list(points)

    def settle(self, db: Session, asking: Session, points: Sequence[str] | None) -> set[str]:
        """Hold what was found, let go what went with its cause; the points whose reads changed by it.

        `points` are those that were just asked about, None for all: a read of any other has nobody who finds it now.
        """
        if not self.codes or (points is not None and not points):
            return set()
        made: dict[str | None, list[Read]] = defaultdict(list)
        at: set[str] = set()
        for read, standing in self.found.items():
            if (name := standing.name) is not None:
                made[name].append(read)
                at.add(standing.point)
        questions = [self.question(part) for part in ([None] if points is None else parts(points))]
        for register, on, seq, held, point in chain.from_iterable(asking.rows(*each) for each in questions):
            standing = self.found.get((register, on, seq), _Standing(point, "held", held))
            if held in self.codes and not standing.codes:
                made[None].append((register, on, seq))
                at.add(point)
        for name, reads in made.items():
            status = "released" if name is None else "held"
            for part in parts(reads, _AT_ONCE):
                which = " OR ".join("(register_id = ? AND read_on = ? AND seq = ?)" for _ in part)
                db.run(
                    f"UPDATE read SET status = ?, held_code = ? WHERE {which}",
                    [status, name, *(value for read in part for value in read)],
                )
        summarise(db, {read[0] for reads in made.values() for read in reads})
        self.found.clear()
        return at

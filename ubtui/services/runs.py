"""Runs and programmes: one item of the worklist that opens a list, one mechanism for all of them.

A kind of run, or a code of routes, registers its list in RUNS by `module:NAME`, where NAME is a Run; it is imported
when first opened.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ubtui.act import Look
from ubtui.detectors.heal import parameters
from ubtui.detectors.registry import CODES
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.services.listing import Listing

RUNS: Final[dict[str, str]] = {
    "drawer": "ubtui.services.drawers:RUN",
    "ladder": "ubtui.services.ladder:RUN",
    "meter-programme": "ubtui.services.rounds:PROGRAMME",
    "seal-round": "ubtui.services.rounds:SEAL_ROUND",
    "R01": "ubtui.services.reads.lists:MISSING",
    "R16": "ubtui.services.reads.lists:OFF_DAYS",
}


@dataclass(frozen=True)
class Run:
    """A kind of run: what its list is called, the list of one of them, and where a row of it opens.

    `listing` takes what stands behind the kind in the item's subject, a month, a year or a day, or a route with its
    period, `R07@B2/2026-11`; `opens` gives, for
    the id of a row, a place by its name (account, meter) and key. `blanks` are filled in by hand on its printed sheet.
    """

    title: str
    listing: Callable[[Look, str], Listing]
    opens: Callable[[Look, int], tuple[str, str]]
    blanks: tuple[str, ...] = ("Found",)


def run_of(key: ItemKey) -> Run | None:
    """The run behind an item; None where the item opens no list."""
    if key.subject.type not in ("run", "route"):
        return None
    place = RUNS.get(key.code if key.subject.type == "route" else key.subject.key.partition("/")[0])
    if place is None:
        return None
    module, _, name = place.partition(":")
    found: Run = getattr(importlib.import_module(module), name)
    return found


def list_of(look: Look, key: ItemKey) -> Listing:
    """The list that an item opens. Raises BadValue where it opens none."""
    run = run_of(key)
    if run is None:
        raise BadValue(
            f"{key} opens no list: a seal round, the meter programme, a run of the ladder, a drawer and a route's"
            " missing or odd reads do, as M03:run:seal-round/2026-11 or R01:route:301@B2/2026-11."
        )
    about = f"{key.subject.key}@{key.period}" if key.subject.type == "route" else key.subject.key.partition("/")[2]
    return run.listing(look, about)


def limits(look: Look, code: str) -> dict[str, str]:
    """The parameters of a detector as the district has them."""
    return CODES[code].values(parameters(look.db).get(code, {}))

"""The worklist: what is wrong today, who has it, and every step of an item's life.

The queue and its items come at once; the acts come when one of them is first named, so that the first screen does
not wait for them. `export` and `explain` are rooms of their own.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ubtui.services.worklist.items import Event, ItemView, clock_time, held_by_other, item
from ubtui.services.worklist.queue import LIVE, WORKLIST, Tally, tally

if TYPE_CHECKING:
    from ubtui.services.worklist.acts import (
        Add,
        Changed,
        Dismiss,
        Forward,
        Note,
        OnItem,
        Priority,
        Refresh,
        Refreshed,
        Reopen,
        Resolve,
        Wait,
        add,
        claim,
        dismiss,
        forward,
        note,
        refresh,
        release,
        reopen,
        resolve,
        set_priority,
        wait,
    )

__all__ = [
    "LIVE",
    "WORKLIST",
    "Add",
    "Changed",
    "Dismiss",
    "Event",
    "Forward",
    "ItemView",
    "Note",
    "OnItem",
    "Priority",
    "Refresh",
    "Refreshed",
    "Reopen",
    "Resolve",
    "Tally",
    "Wait",
    "add",
    "claim",
    "clock_time",
    "dismiss",
    "forward",
    "held_by_other",
    "item",
    "note",
    "refresh",
    "release",
    "reopen",
    "resolve",
    "set_priority",
    "tally",
    "wait",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("ubtui.services.worklist.acts"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

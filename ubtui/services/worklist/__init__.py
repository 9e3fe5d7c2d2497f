"""The worklist: what is wrong today, who has it, and every step of an item's life.

The queue and its items come at once; the acts come when one of them is first named, so that the first screen does
not wait for them. `board`, `complete`, `explain`, `export` and `whatif` are rooms of their own.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ubtui.services.worklist.items import Event, ItemView, clock_time, ended, held_by_other, item
from ubtui.services.worklist.queue import LIVE, WORKLIST, Tally, next_office_day, reach, tally, worklist_for

if TYPE_CHECKING:
    from ubtui.services.worklist.acts import (
        Dismiss,
        Forward,
        Next,
        Note,
        Priority,
        Reopen,
        Wait,
        claim,
        dismiss,
        forward,
        next_item,
        note,
        release,
        reopen,
        set_priority,
        wait,
    )
    from ubtui.services.worklist.backlog import Promote, promote
    from ubtui.services.worklist.desks import (
        Backup,
        DropView,
        EndBackup,
        LeaveNote,
        SaveView,
        drop_view,
        end_backup,
        leave_note,
        save_view,
        set_backup,
    )
    from ubtui.services.worklist.life import Changed, OnItem
    from ubtui.services.worklist.limits import Adopted, Limits, adopt
    from ubtui.services.worklist.nightly import Refresh, Refreshed, refresh
    from ubtui.services.worklist.own import Add, Resolve, add, resolve
    from ubtui.services.worklist.plan import day_plan
    from ubtui.services.worklist.questions import Answer, answer

# Where the names stand that come when they are first asked for.
_ROOMS = {
    "acts": "Dismiss Forward Next Note Priority Reopen Wait claim dismiss forward next_item note release reopen"
    " set_priority wait",
    "backlog": "Promote promote",
    "desks": "Backup DropView EndBackup LeaveNote SaveView drop_view end_backup leave_note save_view set_backup",
    "life": "Changed OnItem",
    "limits": "Adopted Limits adopt",
    "nightly": "Refresh Refreshed refresh",
    "own": "Add Resolve add resolve",
    "plan": "day_plan",
    "questions": "Answer answer",
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [
    "LIVE",
    "WORKLIST",
    "Add",
    "Adopted",
    "Answer",
    "Backup",
    "Changed",
    "Dismiss",
    "DropView",
    "EndBackup",
    "Event",
    "Forward",
    "ItemView",
    "LeaveNote",
    "Limits",
    "Next",
    "Note",
    "OnItem",
    "Priority",
    "Promote",
    "Refresh",
    "Refreshed",
    "Reopen",
    "Resolve",
    "SaveView",
    "Tally",
    "Wait",
    "add",
    "adopt",
    "answer",
    "claim",
    "clock_time",
    "day_plan",
    "dismiss",
    "drop_view",
    "end_backup",
    "ended",
    "forward",
    "held_by_other",
    "item",
    "leave_note",
    "next_item",
    "next_office_day",
    "note",
    "promote",
    "reach",
    "refresh",
    "release",
    "reopen",
    "resolve",
    "save_view",
    "set_backup",
    "set_priority",
    "tally",
    "wait",
    "worklist_for",
]


def __getattr__(name: str) -> Any:
    if name in _ROOM_OF:
        return getattr(import_module(f"ubtui.services.worklist.{_ROOM_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

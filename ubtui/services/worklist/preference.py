"""What one person prefers, remembered for the next time; nobody else sees it."""

from __future__ import annotations

from ubtui.act import Look
from ubtui.services.listing import Query
from ubtui.services.worklist.queue import worklist_for

_ORDER = "worklist.order"


def order(look: Look) -> Query:
    """The order in which I last looked at the worklist."""
    key, _, reverse = preferred(look, _ORDER).partition(" ")
    known = worklist_for(look.actor.role, look.district.kind).sorts
    return Query("", key if key in known else None, reverse == "reverse")


def keep_order(look: Look, query: Query) -> None:
    """Remember an order for the next time."""
    prefer(look, _ORDER, f"{query.sort or ''}{' reverse' if query.reverse else ''}")


def preferred(look: Look, name: str) -> str:
    """What I prefer, "" where I never said."""
    kept = look.db.value("SELECT value FROM preference WHERE staff = ? AND name = ?", [look.actor.name, name])
    return str(kept or "")


def prefer(look: Look, name: str, value: str) -> None:
    """Keep one preference of the person who sits here; no act, for it changes nothing of the record."""
    look.db.run(
        "INSERT INTO preference(staff, name, value) VALUES (?, ?, ?) ON CONFLICT(staff, name)"
        " DO UPDATE SET value = excluded.value",
        [look.actor.name, name, value],
    )

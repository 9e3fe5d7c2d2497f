"""What happened at the office since a screen last looked: one cheap question, asked every few seconds."""

from __future__ import annotations

from datetime import date

import msgspec

from ubtui.act import Look


class News(msgspec.Struct, frozen=True):
    """The business day, the worklist's newest event, and how many items others changed after the one asked about."""

    today: date
    event: int
    changed: int


def news(look: Look, since: int) -> News:
    """What changed on the worklist after event `since`, by others than who asks."""
    newest = int(look.db.value("SELECT MAX(id) FROM work_event") or 0)
    changed = 0
    if since and newest > since:
        changed = int(
            look.db.value(
                "SELECT COUNT(DISTINCT item_id) FROM work_event WHERE id > ? AND actor <> ?", [since, look.actor.name]
            )
        )
    return News(look.today, newest, changed)

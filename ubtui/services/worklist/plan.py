"""The day in minutes: how long each kind takes here, measured every night, and what fits into the day."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from ubtui.act import Look, Work
from ubtui.domain.dates import parse_instant
from ubtui.domain.effort import DayPlan, fill, median, spans, usual_minutes
from ubtui.services.worklist.queue import LIVE, day_began, reach

WINDOW_DAYS = 90
_MOST = 200  # items of the team that a day is filled with at most


def measure(work: Work) -> None:
    """Keep the median minutes from claim to close of each kind over 90 days, where enough were measured."""
    since = (work.today - timedelta(days=WINDOW_DAYS)).isoformat()
    codes: dict[int, str] = {}
    events: list[tuple[int, str, int]] = []
    for item, code, kind, at in work.db.stream(
        "SELECT e.item_id, w.code, e.kind, e.at FROM work_event e JOIN work_item w ON w.id = e.item_id"
        " WHERE e.at >= ? AND e.kind IN ('claimed', 'resolved', 'dismissed', 'waiting', 'released', 'forwarded',"
        " 'lapsed', 'answered') ORDER BY e.id",
        [f"{since}T00:00:00.000000Z"],
    ):
        codes[item] = code
        events.append((item, kind, int(parse_instant(at).timestamp()) // 60))
    taken: dict[str, list[int]] = defaultdict(list)
    for item, minutes in spans(events):
        taken[codes[item]].append(minutes)
    for code, found in sorted(taken.items()):
        if (usual := median(found)) is not None:
            work.db.run(
                "INSERT INTO kind_minutes(code, minutes, measured, as_of) VALUES (?, ?, ?, ?) ON CONFLICT(code)"
                " DO UPDATE SET minutes = excluded.minutes, measured = excluded.measured, as_of = excluded.as_of",
                [code, usual, len(found), work.today.isoformat()],
            )


def minutes_of(look: Look) -> dict[str, int]:
    """Measured minutes by code; a kind that is not in it takes its usual ones."""
    return dict(look.db.rows("SELECT code, minutes FROM kind_minutes"))


def day_plan(look: Look) -> DayPlan:
    """What I closed today, what is mine, and the team's items by priority that fit into what is left of the day."""
    known = minutes_of(look)

    def minutes(code: str) -> int:
        return known.get(code) or usual_minutes(code)

    names = reach(look)
    marks = ", ".join("?" * len(names))
    done = look.db.rows(
        "SELECT w.code, COUNT(DISTINCT w.id) FROM work_event e JOIN work_item w ON w.id = e.item_id WHERE e.at >= ?"
        " AND e.actor = ? AND e.kind IN ('resolved', 'dismissed') GROUP BY w.code",
        [day_began(look), look.actor.name],
    )
    mine = look.db.rows(
        f"SELECT w.code, COUNT(*) FROM work_item w WHERE {LIVE} AND w.assignee IN ({marks})"
        " AND (w.state = 'open' OR (w.state = 'claimed' AND w.assignee = ?)) GROUP BY w.code",
        [*names, look.actor.name],
    )
    team = look.db.rows(
        f"SELECT w.code FROM work_item w WHERE {LIVE} AND w.state = 'open' AND w.assignee IS NULL AND w.role = ?"
        f" ORDER BY w.priority DESC, w.code, w.subject_type, w.subject_key, w.period LIMIT {_MOST}",
        [look.actor.role],
    )
    return fill(
        sum(minutes(code) * count for code, count in done),
        sum(minutes(code) * count for code, count in mine),
        (minutes(code) for (code,) in team),
        look.district.worklist.day_minutes,
    )

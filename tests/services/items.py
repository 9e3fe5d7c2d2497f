"""Work items put straight into the record, for tests of the list that need no detector."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.services.office import DAY, NOW
from ubtui.db.session import Session

COLUMNS = (
    "code", "grp", "subject_type", "subject_key", "period", "account", "cycle", "route", "customer_class", "title",
    "who", "place", "why", "money_cents", "units", "consequence", "evidence", "due_on", "due_source", "detected_on",
    "detected_at", "last_seen_at", "priority", "priority_calc", "role", "assignee", "lease_until", "state", "raised_by",
    "backlog",
)  # fmt: skip


def made(n: int = 1, **changes: Any) -> dict[str, Any]:
    """The columns of item n, believable unless told otherwise."""
    subject = f"SP-{n:05d}"
    item = {
        "code": "R04", "grp": "R", "subject_type": "point", "subject_key": subject, "period": "B2/2026-11",
        "account": "1204403", "cycle": "B2", "route": "R07", "customer_class": "residential",
        "title": "High use against last year", "who": "Ortiz", "place": f"{n} Alder Ct", "why": "41, last year 12",
        "money_cents": 0, "units": 0, "consequence": "a bill twice as high goes out",
        "evidence": json.dumps({"use": 41, "last_year": 12}, sort_keys=True, separators=(",", ":")),
        "due_on": None, "due_source": None, "detected_on": DAY.isoformat(), "detected_at": NOW, "last_seen_at": NOW,
        "priority": 60, "priority_calc": 60, "role": "technician", "assignee": None, "lease_until": None,
        "state": "open", "raised_by": "R04@1", "backlog": 0,
    }  # fmt: skip
    item |= changes
    if "grp" not in changes:
        item["grp"] = item["code"][0]
    if "priority" in changes and "priority_calc" not in changes:
        item["priority_calc"] = item["priority"]
    return item


def put(session: Session, items: Iterable[dict[str, Any]]) -> None:
    """Insert items in one transaction."""
    with session.writing():
        session.load("work_item", COLUMNS, ([item[name] for name in COLUMNS] for item in items))

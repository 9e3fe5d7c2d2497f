"""A small office for tests of the screens: a district on a frozen clock, a few accounts, trouble on the list."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from ubtui.app import DeskApp
from ubtui.desk import Desk, Seat, open_session
from ubtui.domain.dates import FrozenClock
from ubtui.screens.worklist import EVIDENCE_SECONDS
from ubtui.services import office

DAY = date(2026, 11, 23)
NOW = "2026-11-23T16:00:00.000000Z"
INSTANT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
ITEMS = (
    # code, group, subject type, subject, account, title, who, place, why, cents, priority
    ("R13", "R", "point", "SP-00012", "1311025", "Use on sealed meter", "Vale, Ines", "Lot 7", "6 CCF since seal 4471", 2370, 85),
    ("R09", "R", "point", "SP-00009", "1208719", "Read below the one before", "Park, Jun", "9 Quarry Rd", "8,214 after 8,412", 0, 75),
    ("R04", "R", "point", "SP-00004", "1204403", "Far above last year", "Ortiz, Ana", "114 Alder Ct", "61 CCF, 20 last year", 15400, 62),
    ("Q01", "Q", "account", "140001-8", "1400018", "Placeholder on account", "unknown", "", "name and mailing address", 0, 30),
)  # fmt: skip


def make(folder: Path, items: int = len(ITEMS)) -> str:
    """A sample district in `folder`, with `items` items on its list (the four above, then copies)."""
    folder.mkdir(mode=0o700, exist_ok=True)
    session = open_session(str(folder), admin=True)
    session.database.connect()
    text = resources.files("ubtui.services.demo").joinpath("district.toml").read_text("utf-8")
    office.install(session, text, DAY, NOW, folder)
    rows = []
    for n in range(items):
        code, group, kind, key, account, title, who, place, why, cents, priority = ITEMS[n % len(ITEMS)]
        key = key if n < len(ITEMS) else f"{key}-{n}"
        rows.append((code, group, kind, key, account, title, who, place, why, cents, 6, "it is billed on Wednesday",
                     json.dumps({"present": 8214, "before": 8412, "expected": 22}), "2026-11-25", "bill date", "2026-11-21",
                     NOW, NOW, priority, priority, "technician", "nightly"))  # fmt: skip
    with session.writing():
        session.load(
            "work_item",
            [
                "code",
                "grp",
                "subject_type",
                "subject_key",
                "account",
                "title",
                "who",
                "place",
                "why",
                "money_cents",
                "units",
                "consequence",
                "evidence",
                "due_on",
                "due_source",
                "detected_on",
                "detected_at",
                "last_seen_at",
                "priority",
                "priority_calc",
                "role",
                "raised_by",
            ],
            rows,
        )
    session.database.close()
    return str(folder)


def at_desk(data: str, name: str = "ana") -> Desk:
    """The desk of one person on the frozen clock."""
    return Desk(data, Seat(name), threads=True, clock=FrozenClock(DAY, NOW), utc=lambda: INSTANT)


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until nothing that a key began is still under way; a question on screen waits for a person."""
    from textual.screen import ModalScreen

    from ubtui.widgets.queue_list import QueueList

    for _ in range(4):
        await pilot.pause(EVIDENCE_SECONDS)
        for each in pilot.app.screen.query(QueueList):
            await each.wait_settled()
        while not isinstance(pilot.app.screen, ModalScreen) and any(
            not worker.is_finished for worker in pilot.app.workers
        ):
            await pilot.pause(0.01)


@asynccontextmanager
async def sitting(
    data: str, name: str = "ana", size: tuple[int, int] = (80, 24), environ: dict[str, str] | None = None
) -> AsyncIterator[Pilot[Any]]:
    """The desk on a screen of that size."""
    with at_desk(data, name) as desk:
        app = DeskApp(desk, environ or {"UBTUI_LEAN": "1"})
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            yield pilot

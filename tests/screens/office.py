"""Sitting down at the sample district for tests of the screens: one person, one frozen moment, one window."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

from textual.pilot import Pilot
from textual.screen import ModalScreen

from ubtui.app import DeskApp
from ubtui.desk import Desk, Seat
from ubtui.domain.dates import FrozenClock
from ubtui.widgets.queue_list import QueueList

DAY = date(2026, 11, 23)
NOW = "2026-11-23T16:00:00.000000Z"
INSTANT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


def at_desk(data: str, name: str = "ana") -> Desk:
    """The desk of one person on the frozen clock."""
    return Desk(data, Seat(name), threads=True, clock=FrozenClock(DAY, NOW), utc=lambda: INSTANT)


def _waits(app: DeskApp) -> list[Any]:
    """What is still under way: a key that waits, a timer that fires once, or a question of the record."""
    keys: list[Any] = [*app._typed, *(["a key"] if app._under_way else [])]
    nodes = [app, app.screen, *app.screen.walk_children()]
    timers = [timer for node in nodes for timer in node._timers if timer._repeat == 0 and timer._task]
    asked = [worker for worker in app.workers if not worker.is_finished]
    if isinstance(app.screen, ModalScreen):
        asked = [worker for worker in asked if worker.node is app.screen]
    elif any(isinstance(each, ModalScreen) for each in app.screen_stack):  # a question waits for a person
        asked = []
    return keys + [timer for timer in timers if not timer._task.done()] + asked


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until nothing that a key began is still under way; in a minute it is, or something is stuck."""
    quiet, ends = 0, time.monotonic() + 60
    while quiet < 3:
        assert time.monotonic() < ends, f"never settled: {_waits(pilot.app)}, {[*asyncio.all_tasks()]}"
        await pilot.pause()
        for each in pilot.app.screen.query(QueueList):
            await asyncio.wait_for(each.wait_settled(), 60)
        quiet = 0 if _waits(pilot.app) else quiet + 1
        await asyncio.sleep(0.01 if quiet == 0 else 0)


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

"""The list of routes: whether each cycle may be billed, what misses estimated by a key, the held reads a key away."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from tests.screen_text import screen_text
from tests.screens.office import settled, sitting
from tests.screens.test_states import press
from ubtui.screens.held import HeldScreen
from ubtui.screens.routes import RoutesScreen
from ubtui.services.reads import ready
from ubtui.services.reads.routes import walk

ROUTE = "301"  # monthly, the last of the list: none of its meters is read yet


async def typed(pilot: Pilot[Any], text: str) -> None:
    for key in text:
        await pilot.press("space" if key == " " else key)
    await settled(pilot)


async def test_the_cycles_stand_above_their_routes(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "g r")
        desk, told = pilot.app.desk, screen_text(pilot.app)  # type: ignore[attr-defined]
        for code in desk.ask(ready.cycles):
            found = desk.ask(ready.cycle, code)
            assert found.period in told and found.total.told().split(";")[0] in told
            assert ("billed · " if found.billed else "ready, bill") in told
        assert "not ready, bill" in told


async def test_what_a_route_lacks_is_estimated_by_a_key(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "g r end t")
        assert f"Estimate what route {ROUTE} lacks" in screen_text(pilot.app)
        await typed(pilot, "snow on the road")
        assert "M1/2026-12 is read on 2026-12-05" in screen_text(pilot.app), "its readers come first"
        await press(pilot, "tab tab tab right")
        told = screen_text(pilot.app)
        assert "3 of M1/2026-12, " in told and "last-year 3" in told and "days of M1/2025-12" in told
        assert "the first that can tell" in told, "a method may be chosen"
        await press(pilot, "f5")
        top = pilot.app.screen
        assert isinstance(top, RoutesScreen) and "3 estimated." in screen_text(pilot.app)
        [mine] = [each for each in top.cycles if each.cycle == "M1"]
        assert mine.ready and (mine.total.meters, mine.total.estimated) == (3, 3)
        assert "M1/2026-12  ready, bill Dec 8 · 3 meters: 3 estimated" in screen_text(pilot.app)
        desk = pilot.app.desk  # type: ignore[attr-defined]
        assert {stop.state for stop in desk.ask(walk, ROUTE)} == {"estimated"}
        await press(pilot, "T")
        await typed(pilot, "snow")
        await press(pilot, "tab tab tab right")
        assert "every meter has its read" in screen_text(pilot.app)


async def test_the_held_reads_of_a_route_are_a_key_away(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "g r h")
        assert isinstance(pilot.app.screen, HeldScreen)
        held = pilot.app.desk.ask(ready.cycle, "B1").total.held  # type: ignore[attr-defined]
        assert f"{held} of {held} shown" in screen_text(pilot.app) or "filtered" in screen_text(pilot.app)


async def test_who_may_not_estimate_is_told(district: str) -> None:
    async with sitting(district, "dee") as pilot:
        await press(pilot, "g r end t")
        assert "Estimate what route" not in screen_text(pilot.app)
        assert {stop.state for stop in pilot.app.desk.ask(walk, ROUTE)} == {"open"}  # type: ignore[attr-defined]

"""Pictures of the main screens, compared as SVG; look at one before accepting it (--snapshot-update)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens.office import at_desk
from tests.screens.test_states import STATES, press
from ubtui.app import DeskApp


@pytest.mark.parametrize("name", ["worklist", "account", "meter", "adjust-planned", "approvals"])
def test_picture(name: str, district: str, snap_compare: Any) -> None:
    who, keys = STATES[name]

    async def before(pilot: Pilot[Any]) -> None:
        await press(pilot, keys)

    with at_desk(district, who) as desk:
        asyncio.set_event_loop(asyncio.new_event_loop())
        app = DeskApp(desk, {"COLORTERM": "truecolor"})
        assert snap_compare(app, run_before=before, terminal_size=(80, 24))


def test_the_readme_shows_the_worklist_as_it_is() -> None:
    picture = Path(__file__).parent / "__snapshots__/test_pictures/test_picture[worklist].svg"
    shown = Path(__file__).parent.parent.parent / "docs/worklist.svg"
    assert shown.read_bytes() == picture.read_bytes()

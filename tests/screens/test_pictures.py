"""Pictures of the main screens, compared as SVG; look at one before accepting it (--snapshot-update)."""

from __future__ import annotations

import asyncio
import re
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


ROOT = Path(__file__).parent.parent.parent
SHOWN = {"worklist": "worklist", "account": "account", "meter": "meter", "adjustment": "adjust-planned"}


def test_the_readme_shows_four_screens_as_they_are() -> None:
    named = re.findall(r"\(docs/([a-z]+)\.svg\)", (ROOT / "README.md").read_text("utf-8"))
    assert named == list(SHOWN)
    for page, state in SHOWN.items():
        picture = Path(__file__).parent / f"__snapshots__/test_pictures/test_picture[{state}].svg"
        assert (ROOT / f"docs/{page}.svg").read_bytes() == picture.read_bytes(), page

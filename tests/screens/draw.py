"""`python -m tests.screens.draw FOLDER [STATE …]`: every state of the screens as pictures, to be looked at by a person.

Three sizes (80x24, 120x40, 200x50) in three depths: full colour, the terminal's own sixteen, and none.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path

from tests.screens.office import DAY, at_desk, settled
from tests.screens.test_states import STATES, press
from ubtui.app import DeskApp
from ubtui.services.demo.make import make

SIZES = ((80, 24), (120, 40), (200, 50))
DEPTHS = {"colour": {"COLORTERM": "truecolor"}, "sixteen": {"UBTUI_LEAN": "1"}, "none": {"NO_COLOR": "1"}}


async def draw(district: Path, state: str, size: tuple[int, int], depth: str) -> str:
    """The picture of one state, as SVG."""
    who, keys = STATES[state]
    os.environ.pop("NO_COLOR", None)
    os.environ.update({name: value for name, value in DEPTHS[depth].items() if name == "NO_COLOR"})  # Textual looks too
    with at_desk(str(district), who) as desk:
        app = DeskApp(desk, DEPTHS[depth])
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            await press(pilot, keys)
            return app.export_screenshot()


def main(argv: list[str]) -> None:
    folder, states = Path(argv[0]), argv[1:] or list(STATES)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        made, copy = Path(place) / "made", Path(place) / "copy"
        make(str(made), DAY, 60, 2, 7, lambda line: None)
        for state, size, depth in product(states, SIZES, DEPTHS):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(made, copy)
            copy.chmod(0o700)
            picture = asyncio.run(draw(copy, state, size, depth))
            (folder / f"{state}-{size[0]}x{size[1]}-{depth}.svg").write_text(picture, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

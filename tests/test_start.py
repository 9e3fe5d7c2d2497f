"""What is loaded before the first page of the worklist is drawn, and the bytes of that page and of a cursor key."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.pty import Terminal

# Tells, when the first frame with the worklist has been written, what is loaded by then.
DRAWN = """
import os, sys
from textual.drivers.linux_driver import LinuxDriver
write = LinuxDriver.write
def writing(driver, data):
    write(driver, data)
    if "Worklist" in data:
        LinuxDriver.write = write
        with open(os.environ["LOADED"], "w") as out:
            out.write(" ".join(sys.modules))
LinuxDriver.write = writing
from ubtui.cli import main
main()
"""
SERVICES = {
    "ubtui.services",
    "ubtui.services.listing",
    "ubtui.services.news",
    "ubtui.services.worklist",
    "ubtui.services.worklist.items",
    "ubtui.services.worklist.preference",
    "ubtui.services.worklist.queue",
}
SCREENS = {
    "ubtui.screens",
    "ubtui.screens.base",
    "ubtui.screens.evidence",
    "ubtui.screens.filtering",
    "ubtui.screens.item_acts",
    "ubtui.screens.routing",
    "ubtui.screens.source",
    "ubtui.screens.worklist",
}
LATER = ("ubtui.detectors", "ubtui.documents", "ubtui.exchange", "ubtui.db.find", "ubtui.db.models", "ubtui.db.pg",
         "ubtui.db.migrations.m", "pendulum", "psycopg", "xlsxwriter", "csv",
         "textual.widgets._text_area")  # fmt: skip


def test_nothing_is_loaded_for_the_first_page_that_it_does_not_show(sample_folder: Path, tmp_path: Path) -> None:
    told = tmp_path / "loaded"
    argv = [sys.executable, "-c", DRAWN, "--data", sample_folder]
    with Terminal(argv, env={"LOADED": str(told)}) as terminal:
        terminal.wait_for("Mine")
    loaded = set(told.read_text().split())
    assert {name for name in loaded if name.startswith("ubtui.services")} <= SERVICES
    assert {name for name in loaded if name.startswith("ubtui.screens")} <= SCREENS
    assert sorted(name for name in loaded if name.startswith(LATER)) == []


# Tells whether the collector of what is no longer used is on, when the key after the first page came.
KEPT = """
import gc, os
from ubtui.app import DeskApp
move = DeskApp.on_event
async def moving(app, event):
    if type(event).__name__ == "Key":
        with open(os.environ["LOADED"], "w") as out:
            out.write(str(gc.isenabled()))
    await move(app, event)
DeskApp.on_event = moving
from ubtui.cli import main
main()
"""


def test_memory_is_given_back_again_once_the_first_page_is_drawn(sample_folder: Path, tmp_path: Path) -> None:
    told = tmp_path / "kept"
    with Terminal([sys.executable, "-c", KEPT, "--data", sample_folder], env={"LOADED": str(told)}) as terminal:
        terminal.wait_for(" shown")
        terminal.press("down")
        terminal.wait_until(lambda _: told.exists() and told.read_text() != "")
    assert told.read_text() == "True"


def test_the_first_screen_and_a_cursor_key_take_few_bytes(sample_folder: Path) -> None:
    argv = [sys.executable, "-m", "ubtui", "--data", sample_folder]
    with Terminal(argv, env={"UBTUI_LEAN": "1"}) as terminal:
        terminal.wait_for("Mine")
        terminal.settle(1.0)
        first = len(terminal.log)
        terminal.press("down")
        terminal.wait_until(lambda lines: any(line.startswith("▸") for line in lines[4:5]))
        frame = bytes(terminal.log[first:]).partition(b"\x1b[?2026l")[0]
    assert first <= 4_000
    assert 0 < len(frame) <= 270  # two rows; what the row says follows once the cursor rests

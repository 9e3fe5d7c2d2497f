"""Every screen and state as text, on a frozen clock; UBTUI_SNAPSHOTS=write writes them anew."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screen_text import screen_text
from tests.screens.office import settled, sitting

FOLDER = Path(__file__).parent / "snapshots"
NAMES = {" ": "space", "-": "minus", ".": "full_stop", "/": "slash", ":": "colon", ",": "comma"}

# name: who sits there, the keys; a word in quotes is typed letter by letter
STATES = {
    "worklist": ("ana", "j j"),
    "worklist-claimed": ("ana", "c"),
    "worklist-filtered": ("ana", "/ 'code:R06' enter"),
    "worklist-filter-wrong": ("ana", "/ 'cide:R06' enter"),
    "worklist-wait": ("ana", "space j space w"),
    "worklist-note": ("ana", "n 'called, no answer' enter"),
    "worklist-why": ("ana", "x"),
    "worklist-whole-row": ("ana", "v"),
    "worklist-add": ("ana", "+"),
    "worklist-export": ("ana", "e"),
    "worklist-sorted": ("ana", "s s s S"),
    "help": ("ana", "?"),
    "help-search": ("ana", "? 'wait'"),
    "go": ("ana", "g"),
    "find": ("ana", "f"),
    "find-name": ("ana", "f 'voss'"),
    "find-number": ("ana", "f '12' down down"),
    "find-nothing": ("ana", "f 'zzzz' enter"),
    "find-opened": ("ana", "f '120005-4' enter"),
    "find-refused": ("service", "f 'a'"),
    "account": ("ana", "o"),
    "account-ledger": ("ana", "o tab"),
    "account-items": ("ana", "o tab tab"),
    "account-bills": ("ana", "o tab tab tab"),
    "account-reads": ("ana", "o tab tab tab tab"),
    "account-payments": ("ana", "o tab tab tab tab tab"),
    "account-orders": ("ana", "o tab tab tab tab tab tab"),
    "account-contacts": ("ana", "o n 'asks for a day more' tab 'fri' f5 shift+tab shift+tab shift+tab"),
    "account-documents": ("ana", "o shift+tab shift+tab"),
    "account-history": ("ana", "o shift+tab"),
    "account-why": ("ana", "o j j j x"),
    "account-contact": ("ana", "o n 'asks for a day more' tab 'fri'"),
    "phone": ("ana", "f2"),
    "phone-over-a-form": ("ana", "o a 2 tab '54.30' f2"),
    "bill-why": ("ana", "o tab tab tab x"),
    "meter": ("ana", "m"),
    "meter-why": ("ana", "m x"),
    "meter-months": ("ana", "m tab"),
    "meter-installs": ("ana", "m shift+tab"),
    "held": ("ana", "g e"),
    "held-release": ("ana", "g e space j space l 'looked at'"),
    "held-why": ("ana", "g e x"),
    "fix": ("ana", "enter"),
    "fix-typed": ("ana", "enter 3 enter 'wire cut'"),
    "fix-done": ("ana", "enter f5"),
    "fix-incomplete": ("ana", "enter 3 f5"),
    "adjust": ("ana", "o a"),
    "adjust-planned": ("ana", "o a 2 tab '54.30'"),
    "adjust-wrong": ("ana", "o a 2 tab '0' f5"),
    "adjust-submit": ("ana", "o a 2 tab '54.30' f5"),
    "adjust-submitted": ("ana", "o a 2 tab '54.30' f5 f5"),
    "adjust-needs-paper": ("ana", "o a 1 tab '54.30' f5 f5"),
    "approvals-maker": ("ana", "g a"),
    "approvals": ("ben", "g a"),
    "approvals-amount": ("ben", "g a a '1' f5"),
    "approvals-posted": ("ben", "g a a '39.60' f5"),
    "approvals-reject": ("ben", "g a d 'no photo'"),
    "approval": ("ben", "g a enter"),
    "auditor-refused": ("dee", "c"),
}  # fmt: skip


async def press(pilot: Pilot[Any], keys: str) -> None:
    """Press keys; a word in quotes letter by letter."""
    for typed, key in re.findall(r"'([^']*)'|(\S+)", keys):
        if typed:
            await pilot.press(*(NAMES.get(each, each) for each in typed))
        else:
            await pilot.press({"/": "slash", "+": "plus", "?": "question_mark"}.get(key, key))
        await settled(pilot)


def same(name: str, text: str) -> None:
    """The screen is as it was accepted."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UBTUI_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text + "\n", "utf-8")
    assert path.exists(), f"no accepted screen {path.name}; look at this one:\n{text}"
    assert text + "\n" == path.read_text("utf-8")


@pytest.mark.parametrize("name", STATES)
async def test_state(name: str, district: str) -> None:
    who, keys = STATES[name]
    async with sitting(district, who) as pilot:
        await press(pilot, keys)
        same(name, screen_text(pilot.app))


@pytest.mark.parametrize("name", ["worklist", "account", "adjust-planned", "approvals", "fix", "meter"])
async def test_wide(name: str, district: str) -> None:
    who, keys = STATES[name]
    async with sitting(district, who, (120, 40)) as pilot:
        await press(pilot, keys)
        same(f"{name}-120x40", screen_text(pilot.app))


async def test_too_small(district: str) -> None:
    async with sitting(district, size=(60, 20)) as pilot:
        same("too-small", screen_text(pilot.app))
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert "Worklist" in screen_text(pilot.app)


async def test_no_color(district: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with sitting(district, environ={"NO_COLOR": "1"}) as pilot:
        await press(pilot, "j j")
        text = screen_text(pilot.app)
        assert text + "\n" == (FOLDER / "worklist.txt").read_text("utf-8")

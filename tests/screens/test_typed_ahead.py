"""Keys that come faster than screens open: each does what it does when pressed alone, and none ends the desk."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from tests.pty import Terminal
from tests.screen_text import screen_text
from tests.screens.office import settled, sitting
from tests.screens.test_states import NAMES, press
from ubtui import keys
from ubtui.screens.ask import AskScreen
from ubtui.screens.base import DeskScreen


async def burst(pilot: Pilot[Any], *typed: str) -> None:
    """All keys at once, as a line sends them that was held up."""
    for key in typed:
        character = key if len(key) == 1 else {"enter": "\r", "tab": "\t", "space": " "}.get(key)
        pilot.app.post_message(events.Key(NAMES.get(key, key), character))
    await asyncio.sleep(0.3)
    await settled(pilot)


@pytest.mark.parametrize(
    ("typed", "shows"),
    [
        (("o", "m"), "Meter  "),
        (("o", "tab"), "[Ledger]"),
        (("o", "tab", "tab", "j", "j"), "[Items]"),
        (("enter", "o"), "Account  "),
        (("f", *"120"), "Accounts"),
        (("g", "a", "escape", "o"), "Account  "),
        (("n", *"seen"), "seen"),
        (("o", "a", "escape", "escape", "j"), "Worklist "),
    ],
)
async def test_what_is_typed_ahead_goes_to_what_it_was_meant_for(
    district: str, typed: tuple[str, ...], shows: str
) -> None:
    async with sitting(district) as pilot:
        await burst(pilot, *typed)
        assert shows in screen_text(pilot.app)


async def test_a_filter_typed_in_one_burst_claims_and_opens_nothing(district: str) -> None:
    async with sitting(district) as pilot:
        await burst(pilot, "/", *"code:R10")
        assert pilot.app.screen.query_one("#filter").value == "code:R10"  # type: ignore[attr-defined]
        assert len(pilot.app.screen_stack) == 1 and not pilot.app.claims  # type: ignore[attr-defined]


async def test_an_account_typed_in_one_burst_opens_and_the_next_key_is_for_it(district: str) -> None:
    async with sitting(district) as pilot:
        row = pilot.app.screen.query_one("#list").current_row  # type: ignore[attr-defined]
        number = row.cells[4].replace("-", "")
        await burst(pilot, "f", *number)
        await asyncio.sleep(0.35)  # an enter in a rush of keys is a paste's
        await burst(pilot, "enter", "tab")
        assert "[Ledger]" in screen_text(pilot.app)


async def test_the_second_of_two_enters_is_the_fix_s(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "enter enter")
        slow = screen_text(pilot.app)
    async with sitting(district) as pilot:
        await burst(pilot, "enter", "enter")
        await asyncio.sleep(0.6)
        await settled(pilot)
        assert screen_text(pilot.app) == slow


BEFORE = {
    "worklist": "", "worklist-empty": "/ 'code:Z99' enter", "worklist-filtering": "/",
    "account": "o", **{f"account-{n}": "o" + " tab" * n for n in range(1, 7)},
    "meter": "m", "held": "g e", "adjust": "o a", "fix": "enter", "approvals": "g a", "approval": "g a enter",
    "help": "?",
    "find": "f", "find-hits": "f 'vo'", "views": "g v", "board": "g b", "board-people": "g b p",
}  # fmt: skip


@pytest.mark.parametrize("state", BEFORE)
async def test_no_key_ends_the_desk(district: str, state: str) -> None:
    """Every key of the screen, one after the other; what it opens is left again."""
    async with sitting(district, "ben" if state.startswith("approval") else "ana") as pilot:
        await press(pilot, BEFORE[state])
        top = pilot.app.screen
        assert isinstance(top, DeskScreen)
        name = top.KEYS
        for command in keys.for_screen(name):
            for key in command.keys_on(name):
                if command.id in ("app.back", "app.quit", "worklist.refresh") or key == "escape":
                    continue
                pressed = key.split(" ")
                await pilot.press(*(NAMES.get(part, part) for part in pressed))
                await settled(pilot)
                for _ in range(4):
                    if pilot.app.screen is top or len(pilot.app.screen_stack) == 1:
                        break
                    await pilot.press("escape")
                    await settled(pilot)
                if pilot.app.screen is not top:
                    await press(pilot, BEFORE[state])
                    top = pilot.app.screen
                assert pilot.app._exception is None and pilot.app.is_running, key


async def test_the_summary_keeps_its_order(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "o")
        before = screen_text(pilot.app).splitlines()[2:20]
        for key in "sS":
            await pilot.press(key)
            await settled(pilot)
            assert "keeps its order" in pilot.app.screen.said()  # type: ignore[attr-defined]
            assert screen_text(pilot.app).splitlines()[2:20] == before


@pytest.mark.parametrize("key", ["w", "a", "m", "f", "x", "n", "]"])
async def test_a_flood_behind_a_key_is_told_on_what_that_key_opened(district: str, key: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "o")
        await burst(pilot, key, *"words and " * 120)
        assert pilot.app._exception is None and pilot.app.is_running
        assert "they were dropped" in " ".join(screen_text(pilot.app).split())


async def chord(pilot: Pilot[Any], letter: str) -> None:
    """What a terminal sends for alt and a letter, or for esc and a letter that it has at once."""
    pilot.app.post_message(events.Key(f"alt+{letter}", letter))
    await asyncio.sleep(0.3)
    await settled(pilot)


async def test_a_letter_in_one_piece_with_esc_is_pressed_behind_it_and_never_typed(district: str) -> None:
    async with sitting(district) as pilot:
        before = screen_text(pilot.app)
        await press(pilot, "n")
        await chord(pilot, "j")
        assert not isinstance(pilot.app.screen, AskScreen) and screen_text(pilot.app) != before, "it went down a row"
        await press(pilot, "n 'seen'")
        await chord(pilot, "x")
        text = screen_text(pilot.app)
        assert isinstance(pilot.app.screen, AskScreen) and "esc again leaves it" in text and "seenx" not in text
        await press(pilot, "escape g e l 'seen' tab")
        await chord(pilot, "e")
        text = screen_text(pilot.app)
        assert "esc again leaves it" in text and "it stays held" in text and "estimate it" not in text, "nor chosen"


def opened(district: str) -> Terminal:
    return Terminal([sys.executable, "-m", "ubtui", "--data", district], env={"UBTUI_LEAN": "1"})


def test_bursts_on_a_real_terminal(district: str) -> None:
    with opened(district) as terminal:
        terminal.wait_for(" shown")
        terminal.write(b"om")
        terminal.wait_for("Meter  ")
        terminal.press("escape")
        terminal.wait_for("Account  ")
        terminal.press("escape")
        terminal.wait_for("Team ")
        terminal.write(b"/code:R10")
        terminal.wait_for("code:R10")
        time.sleep(0.4)
        terminal.press("enter")
        terminal.wait_for("filtered: code:R10")
        terminal.write(b"n")
        terminal.wait_for("who said what")
        terminal.write(b"\x1bo")  # esc and o in one piece, as tmux sends them
        terminal.wait_for("[Summary]")
        terminal.write(b"n")
        terminal.wait_for("What was said")
        terminal.write(b"\x1b?")  # and with a sign that is no letter
        terminal.wait_for("Keys of this screen")
        terminal.press("escape")
        terminal.wait_for("[Summary]")
        terminal.press("escape")
        terminal.wait_for("filtered: code:R10")
        terminal.press("q")
        assert terminal.exit_code() == 0


def test_a_flood_of_keys_is_dropped_and_the_desk_is_back_soon(district: str) -> None:
    with opened(district) as terminal:
        terminal.wait_for(" shown")
        terminal.press("o")
        terminal.wait_for("also payer")
        began = time.monotonic()
        terminal.write(b"\x1b[200~\x1b[A line \x1b[201~" + b"words \x1b[B and " * 36_000)
        terminal.wait_for("dropped", timeout=30)
        while "Team " not in "\n".join(terminal.screen()) and time.monotonic() - began < 8:
            time.sleep(1.2)  # what comes close behind a flood is dropped with it
            terminal.press("escape")
        assert time.monotonic() - began < 8

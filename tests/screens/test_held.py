"""The held reads and the meter by keys: marked, previewed, decided, told row by row; each part and what explains it."""

from __future__ import annotations

import re
from typing import Any

from textual.pilot import Pilot

from tests.screen_text import screen_text
from tests.screens.office import sitting
from tests.screens.test_states import press
from ubtui.desk import open_session
from ubtui.screens.ask import AskScreen
from ubtui.widgets.queue_list import QueueList


def held(district: str) -> dict[tuple[str, int], str]:
    """What holds each held read, by its day and register."""
    session = open_session(district, admin=True)
    session.database.connect()
    rows = session.rows("SELECT read_on, register_id, held_code FROM read WHERE status = 'held'")
    session.database.close()
    return {(on, register): code for on, register, code in rows}


def shown(pilot: Pilot[Any]) -> QueueList:
    return pilot.app.screen.query_one("#list", QueueList)


def rows(pilot: Pilot[Any]) -> list[dict[str, str]]:
    found = shown(pilot)
    made = [found.row(id) for id in found.ids]
    return [
        {c.key: cell for c, cell in zip(found.source.columns, row.cells, strict=True)}
        for row in made
        if row is not None
    ]


async def test_marked_reads_are_previewed_and_released_with_one_reason(district: str) -> None:
    before = held(district)
    async with sitting(district) as pilot:
        await press(pilot, "g e")
        listed = rows(pilot)
        assert len(listed) == len(before) >= 3
        text = screen_text(pilot.app)
        assert f"Held {len(before)}" in text and "l release  c correct  t estimate" in text
        marks = " j ".join("space" for _ in listed)
        await press(pilot, f"{marks} l 'looked at'")
        question = pilot.app.screen
        assert isinstance(question, AskScreen)
        text = screen_text(pilot.app)
        assert f"Release {len(listed)} reads" in text and f"of {len(listed)}" in text
        await press(pilot, "f5")
        left = held(district)
        assert len(left) < len(before)
        if left:  # what stayed is told one by one
            assert "stays:" in screen_text(pilot.app)
            await press(pilot, "escape")
        assert len(rows(pilot)) == len(left) and shown(pilot).marks == ()


async def test_what_cannot_be_released_is_estimated_in_the_same_act(district: str) -> None:
    before = held(district)
    async with sitting(district) as pilot:
        await press(pilot, "g e")
        marks = " j ".join("space" for _ in rows(pilot))
        await press(pilot, f"{marks} l 'looked at' tab 'e' tab 'y'")
        text = screen_text(pilot.app)
        assert "extreme: read " in text and ", use " in text and "expected " in text
        found = re.search(r"would be done +(\d+) of (\d+), release (\d+), estimate (\d+)", text)
        assert "estimate it" in text and found is not None, text
        done, of, released, estimated = map(int, found.groups())
        assert done == of == len(before) == released + estimated and released and estimated
        assert "estimated, use " in text and held(district) == before
        await press(pilot, "f5")
        assert held(district) == {}
        told = screen_text(pilot.app)
        assert f"Release: {done} done, release {released}, estimate {estimated}" in told


async def test_extremes_stay_held_unless_they_are_meant_and_each_is_named_with_its_figures(district: str) -> None:
    before = held(district)
    async with sitting(district) as pilot:
        await press(pilot, "g e")
        extremes = {each["point"] for each in rows(pilot) if each["for"] == "R06"}
        marks = " j ".join("space" for _ in rows(pilot))
        await press(pilot, f"{marks} l 'looked at' tab 'e'")
        text = screen_text(pilot.app)
        assert extremes and f"; {len(extremes)} extreme stay" in text and "Extremes too" in text
        for point in extremes:
            assert re.search(rf"{point} +stays: extreme use, read [\d,]+, use [\d,]+, expected", text), text
        await press(pilot, "f5")
        assert len(held(district)) == len(extremes) < len(before)
        assert f"{len(extremes)} extreme stay" in screen_text(pilot.app) and "stay as they are" not in text
        await press(pilot, "escape")
        assert {each["point"] for each in rows(pilot)} == extremes
        await press(pilot, "l 'seen'")
        text = screen_text(pilot.app)
        assert "Extremes too" not in text and "extreme: read " in text, "one read by itself is meant"


async def test_what_is_refused_keeps_what_was_typed(district: str) -> None:
    before = held(district)
    async with sitting(district) as pilot:
        await press(pilot, "g e")
        marks = " j ".join("space" for _ in rows(pilot))
        await press(pilot, f"{marks} l 'ok' tab 'e' f5")
        text = screen_text(pilot.app)
        assert isinstance(pilot.app.screen, AskScreen) and "! " in text and "at least 3 letters" in text, text
        assert "estimate it" in text and len(held(district)) == len(before)
        await press(pilot, "shift+tab 'ay' f5")
        assert len(held(district)) < len(before), "the mended reason is taken, and the rest of the form stood"


async def test_one_read_is_corrected_deferred_and_read_again(district: str) -> None:
    before = held(district)
    async with sitting(district) as pilot:
        await press(pilot, "g e")
        first = rows(pilot)[0]
        await press(pilot, "a 'dial was wet' f5")
        assert "Read again: 1 done" in screen_text(pilot.app)
        await press(pilot, "a 'dial was wet' f5")
        assert "is open for the same" in screen_text(pilot.app), "a second order is refused before it is sent"
        await press(pilot, "escape escape w 'owner calls' tab '+7' f5")
        assert held(district) == before
        await press(pilot, "c '99999999' tab 'misread' f5")
        assert "does not fit" in screen_text(pilot.app) and isinstance(pilot.app.screen, AskScreen)
        await press(pilot, "escape escape")
        value = int(first["value"].replace(",", "")) + 1
        await press(pilot, f"c '{value}' tab 'misread' f5")
        assert "Corrected." in screen_text(pilot.app)
        assert rows(pilot)[0]["point"] == first["point"]
        await press(pilot, "x")
        assert f"Held read of {first['point']}" in screen_text(pilot.app)
        await press(pilot, "escape m")
        assert first["point"] in screen_text(pilot.app) and "[Reads]" in screen_text(pilot.app)


async def test_enter_opens_the_item_that_holds_it_and_a_filter_narrows_the_list(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "g e")
        first = rows(pilot)[0]
        await press(pilot, f"/ '{first['point'].lower()}' enter")
        assert len(rows(pilot)) == 1 and "1 of " in screen_text(pilot.app)
        await press(pilot, "enter")
        text = screen_text(pilot.app)
        assert "What can be done" in text and first["for"] in text


async def test_who_may_not_decide_is_told_so(district: str) -> None:
    async with sitting(district, "dee") as pilot:
        await press(pilot, "g e l")
        assert not isinstance(pilot.app.screen, AskScreen)
        assert "auditor" in screen_text(pilot.app)


async def test_every_part_of_a_meter_is_a_key_away_and_explains_itself(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "g e m")
        for name in ("Months", "Neighbours", "Tests", "Seals", "Orders", "Installs", "Reads"):
            await press(pilot, "tab")
            assert f"[{name}]" in screen_text(pilot.app)
            part = next(each for each in pilot.app.screen.query(QueueList) if each.display)
            assert part.id == f"part-{name.lower()}"
            if len(part.ids):
                await press(pilot, "x")
                assert isinstance(pilot.app.screen, AskScreen), name
                await press(pilot, "escape")
        await press(pilot, "tab tab down enter")
        assert "[Reads]" in screen_text(pilot.app), "a neighbour's row opens that meter"
        await press(pilot, "escape")
        assert "[Neighbours]" in screen_text(pilot.app)
        await press(pilot, "r")
        assert "[Neighbours]" in screen_text(pilot.app) and "median" in screen_text(pilot.app)

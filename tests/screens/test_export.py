"""Writing the list to a file from its screen: nothing that stands is lost, and who took what is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screen_text import screen_text
from tests.screens.office import settled, sitting
from tests.screens.test_states import press
from ubtui.desk import open_session
from ubtui.screens.ask import AskScreen
from ubtui.widgets.field import Form


async def write_to(pilot: Pilot[Any], path: Path) -> str:
    """Export to `path` from the list; what the form or the list then says."""
    await pilot.press("e")
    await settled(pilot)
    form = pilot.app.screen.query_one(Form)
    form.set_value("path", str(path))
    await pilot.press("f5")
    for _ in range(1_000):
        await pilot.pause(0.02)
        if isinstance(pilot.app.screen, AskScreen):
            text = screen_text(pilot.app)
            if "! " in text:
                await pilot.press("escape")
                await settled(pilot)
                return text
        elif said := pilot.app.screen.said():  # type: ignore[attr-defined]
            return str(said)
    raise AssertionError("it said nothing")


async def test_an_export_never_takes_the_place_of_what_stands(district: str, tmp_path: Path) -> None:
    record = Path(district) / "ubtui.db"
    other, link = tmp_path / "letter.txt", tmp_path / "link.csv"
    other.write_text("dear sir")
    link.symlink_to(record)
    size = record.stat().st_size
    async with sitting(district) as pilot:
        for target, says in (
            (record, "own place"),
            (Path(district) / "ubtui.db-wal", "own place"),
            (Path(district) / "list.csv", "own place"),
            (link, "own place"),
            (other, "exists already: choose another"),
            (tmp_path, "exists already: choose another"),
            (tmp_path / "no" / "list.csv", "there is no such folder"),
        ):
            assert says in await write_to(pilot, target), target
        assert other.read_text() == "dear sir" and record.stat().st_size >= size
        mine = tmp_path / "list.csv"
        for _ in range(2):  # its own file may be written again
            assert "items written to" in await write_to(pilot, mine)
        assert mine.read_text().startswith("priority,code")
        acts = await pilot.app.desk.asking(  # type: ignore[attr-defined]
            lambda look: look.db.rows("SELECT outcome FROM audit WHERE act = 'worklist.export'")
        )
    assert acts == [("viewed",)] * 2


async def test_a_name_says_what_is_written_into_it(district: str, tmp_path: Path) -> None:
    async with sitting(district) as pilot:
        for name, says in (
            ("list.pdf", "no pdf is written here: choose one of text, csv, json, jsonl, md, xlsx"),
            ("LIST.PDF", "no pdf is written here"),
            ("list.xls", "no xls is written here"),
            ("list.xlsx", "csv would be written into a file that ends in .xlsx"),
            ("list.txt", "change the ending, or the format to text"),
        ):
            told = " ".join((await write_to(pilot, tmp_path / name)).replace("!", " ").split())
            assert says in told, told
        assert list(tmp_path.glob("[lL]*")) == []
        for name in ("list", "list.2026", "list.CSV"):
            assert "items written to" in await write_to(pilot, tmp_path / name)


async def test_the_name_that_is_proposed_follows_the_format(
    district: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with sitting(district) as pilot:
        await press(pilot, "e tab 'json' f5")
        [file] = tmp_path.glob("worklist*")
        assert file.suffix == ".json" and json.loads(file.read_text())


async def test_a_role_without_the_right_is_asked_for_no_file(district: str) -> None:
    session = open_session(district, admin=True)
    session.connect()
    session.run("INSERT INTO staff(name, full_name, role) VALUES ('finn', 'Finn Moss', 'admin')")
    session.database.close()
    async with sitting(district, "finn") as pilot:
        await pilot.press("e")
        await settled(pilot)
        assert "admin" in pilot.app.screen.said()  # type: ignore[attr-defined]
        assert len(pilot.app.screen_stack) == 1

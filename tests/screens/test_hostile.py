"""Text from outside shows literally on every screen: it clicks nothing, moves nothing, crashes nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.screen_text import screen_styles, screen_text
from tests.screens.office import sitting
from tests.screens.test_states import press

CORPUS = (
    "[/x]",
    "Smith [deceased]",
    "[@click=app.quit()]press[/]",
    "[bold red]loud[/]",
    "\x1b[2Jgone\x1b]0;t\x07",
    "\x9b31m\x00\u202egnp.exe",
    "👩‍👩‍👧‍👦 水道局の職員 مرحبا",
    "e\u0301\u0301\u0301\u0301\u0301",
    "x" * 3000,
    "\\[escaped $text {braces} %s",
)
PLACES = {
    "worklist": "j",
    "whole row": "v",
    "why": "x",
    "fix": "enter",
    "account": "o",
    "ledger": "o tab",
    "meter": "m",
    "neighbours": "m tab tab",
    "held": "g e",
    "adjust": "o a",
    "approvals": "g a",
    "approval": "g a enter",
}


@pytest.fixture
def hostile(district: str) -> str:
    """The district with a corpus in every text that comes from outside."""
    spoil(district, " ".join(CORPUS))
    return district


def spoil(district: str, text: str) -> None:
    """Put a text wherever text comes from outside."""
    with sqlite3.connect(Path(district) / "ubtui.db", isolation_level=None) as db:
        db.execute("PRAGMA foreign_keys=OFF")
        schema = db.execute("SELECT name, sql FROM sqlite_master WHERE type='trigger'").fetchall()
        for name, _ in schema:
            db.execute(f"DROP TRIGGER {name}")
        for table, columns in {
            "work_item": ("title", "who", "place", "why", "consequence"),
            "party": ("name", "phone", "email", "mail_line1", "mail_city"),
            "premise": ("address", "city"),
            "service_point": ("location_note",),
            "proposal": ("note",),
            "journal": ("reason",),
            "meter": ("model",),
            "work_event": ("note",),
        }.items():
            for column in columns:
                db.execute(f"UPDATE {table} SET {column} = ?", [text])
        db.execute("UPDATE work_item SET evidence = json_object('present', ?)", [text.replace("\x00", "")])
        for _, sql in schema:
            db.execute(sql)


@pytest.mark.parametrize("place", PLACES)
async def test_hostile_text(place: str, hostile: str) -> None:
    async with sitting(hostile) as pilot:
        await press(pilot, PLACES[place])
        text = screen_text(pilot.app)
        assert pilot.app.is_running
        assert not [c for c in text if c != "\n" and not c.isprintable() and c not in "\u200d"], "a control reached it"
        assert not [style for style in screen_styles(pilot.app) if "@click" in style or "quit" in style]
        assert "[/x]" in text

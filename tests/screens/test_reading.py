"""Screens read out from the shell: all that is drawn is in the lines, and who may not look hears nothing."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys

import pytest

from tests.screen_text import screen_text
from tests.screens.office import settled, sitting
from ubtui import app
from ubtui.act import Refused
from ubtui.cli import run_command
from ubtui.desk import Desk, Seat
from ubtui.domain.errors import BadValue
from ubtui.screens.reading import place_of
from ubtui.services import worklist
from ubtui.services.listing import Query, ids

WORD = re.compile(r"[A-Za-z]{3,}|\d[\d,.]*\d")


def first_item(district: str) -> tuple[str, str]:
    """The key and account of the first item that is about an account."""
    with Desk(district, Seat("ana")) as desk:
        for id in desk.ask(ids, worklist.WORKLIST, Query("code:R06")):
            view = desk.ask(worklist.item, id)
            if view.account:
                return str(view.key), view.account
    raise AssertionError("the sample has none")


@pytest.mark.parametrize("name", ["worklist", "account", "meter", "fix", "adjust", "approvals", "help"])
async def test_all_that_is_drawn_is_read_out(district: str, name: str) -> None:
    item, account = first_item(district)
    key = {"worklist": "", "approvals": "", "fix": item, "help": "meter"}.get(name, account)
    async with sitting(district, size=(200, 60)) as pilot:
        desk = pilot.app
        assert isinstance(desk, app.DeskApp)
        place = await desk.desk.asking(place_of, name, key)
        if name != "worklist":
            desk.go(place)
        await settled(pilot)
        drawn = screen_text(desk)
    seen = {word for line in drawn.splitlines()[:-1] for word in WORD.findall(line)}
    lines = await asyncio.to_thread(_read_apart, district, name, key)
    heard = " ".join(lines)
    missing = {word for word in seen if word not in heard} - {"choose"}  # how a hand picks one of a few
    assert len(seen) > 15 and not missing, missing
    assert lines[-1].startswith("Keys: ")
    assert not any(re.search("[\x00-\x1f\u2500-\u259f\u202a-\u202e]", line) for line in lines)


def _read_apart(district: str, name: str, key: str) -> list[str]:
    """Read in a process of its own, as the shell does."""
    words = [sys.executable, "-m", "ubtui", "show", name, *([key] if key else []), "--rows", "0", "--data", district]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.splitlines()


def test_every_part_of_an_account_is_read(district: str) -> None:
    _, account = first_item(district)
    heard = "\n".join(app.read(district, Seat("ana"), "account", account, 20, False))
    for word in ("owner", "balance", "Kind BILL", "Charge USE", "Read on", "Receipt"):
        assert word in heard, word
    assert "The first 20 of " in heard


def test_an_ear_hears_each_thing_once_with_its_label_and_no_sign(district: str) -> None:
    item, account = first_item(district)
    heard = app.read(district, Seat("ana"), "account", account, 3, False)
    assert sum("held by" in line for line in heard) == 1, "what stands over the lines is said once"
    assert sum(line.startswith(f"Account {account}") for line in heard) == 1
    assert heard[2].startswith("Parts: Summary, Ledger") and heard[3] == "Part Summary:" and "Part Ledger:" in heard
    assert any(line.startswith("balance: ") for line in heard)
    card = app.read(district, Seat("ana"), "card", account, 3, False)
    reads = [line for line in card if ": value " in line]
    assert reads and all(" use " in line and " days" in line and "a year ago" in line for line in reads)
    fix = app.read(district, Seat("ana"), "fix", item, 0, False)
    proposal = app.read(district, Seat("ben"), "approvals", "", 1, False)
    assert any(re.fullmatch(r"balance: before [-0-9,.]+, after [-0-9,.]+", line) for line in proposal)
    assert not any(sign in line for sign in "→·—" for line in (*heard, *card, *fix, *proposal))
    assert not any("  " in line for line in (*heard, *card, *fix, *proposal))


def test_routes_and_a_route_s_walk_are_read_out(district: str) -> None:
    heard = app.read(district, Seat("ana"), "routes", "", 2, False)
    assert heard[0].startswith("Routes") and any(line.startswith("2. ") for line in heard)
    with Desk(district, Seat("ana")) as desk:
        code = desk.session.value("SELECT MIN(code) FROM route")
    assert any(code in line for line in heard)
    walked = app.read(district, Seat("ana"), "route", code, 2, False)
    assert code in walked[0] and any(line.startswith("1. Seq ") for line in walked)


def test_who_may_not_look_hears_nothing(district: str) -> None:
    _, account = first_item(district)
    with Desk(district, Seat("ana")) as desk, desk.session.writing():
        desk.session.run("INSERT INTO staff(name, full_name, role) VALUES ('finn', 'Finn Moss', 'admin')")
    with pytest.raises(Refused, match=r"may not do account\.show"):
        app.read(district, Seat("finn"), "account", account, 3, False)
    with pytest.raises(Refused, match=r"may not do worklist\.export"):
        app.read(district, Seat("finn"), "worklist", "", 3, True)


@pytest.mark.parametrize(
    ("name", "key", "says"),
    [
        ("cellar", "", "there is no such screen"),
        ("account", "", "ubtui show account 120440-3"),
        ("route", "", "ubtui show route 301"),
        ("drawer", "", "ubtui drawer show"),
        ("fix", "", "name the item"),
        ("fix", "R04", "R04"),
        ("help", "cellar", "name a screen"),
    ],
)
def test_what_there_is_not_is_bad_input(district: str, name: str, key: str, says: str) -> None:
    with pytest.raises(BadValue, match=says):
        app.read(district, Seat("ana"), name, key, 3, False)


def test_a_text_that_leaves_the_terminal_is_an_event(district: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["show", "--rows", "2", "--data", district]) == 0
    out, said = capfd.readouterr()
    assert out.startswith("Worklist") and "2. Pri" in out and "3. Pri" not in out
    assert "ubtui keys worklist" in said
    with Desk(district, Seat("ana")) as desk:
        assert desk.session.value("SELECT COUNT(*) FROM audit WHERE act = 'worklist.export'") == 1

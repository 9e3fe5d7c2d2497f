"""What belongs to every screen: kept forms, explanations, exports, counts, clocks, faults."""

from __future__ import annotations

import csv
import re
import stat
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from textual.containers import VerticalScroll
from textual.pilot import Pilot

from tests.pty import Terminal
from tests.screen_text import screen_text
from tests.screens.office import NOW, settled, sitting
from tests.screens.test_export import write_to
from tests.screens.test_states import press
from ubtui.desk import open_session
from ubtui.domain.dates import FrozenClock
from ubtui.screens.base import Ask, DeskScreen
from ubtui.screens.evidence import clock, moment
from ubtui.services.listing import Query
from ubtui.services.worklist.queue import WORKLIST
from ubtui.widgets.field import Form
from ubtui.widgets.panel import Line
from ubtui.widgets.rows import Column, arrange


def in_view(pilot: Pilot[Any]) -> str:
    """The account of the row under the cursor."""
    return str(pilot.app.screen.query_one("#list").current_row.cells[4])  # type: ignore[attr-defined]


def said(app: Any) -> str:
    assert isinstance(app.screen, DeskScreen)
    return app.screen.said()


async def test_a_kept_form_is_announced_at_the_start_and_a_key_opens_it(district: str) -> None:
    async with sitting(district) as pilot:
        assert said(pilot.app) == ""
        account = in_view(pilot)
        await press(pilot, "g d")
        assert "No form waits" in said(pilot.app)
        await press(pilot, "a tab '54.30' escape")
    async with sitting(district) as pilot:
        assert f"A form waits: adjustment of {account} — g d opens it." in screen_text(pilot.app)
        await press(pilot, "g d")
        text = screen_text(pilot.app)
        assert f"Adjustment  {account}" in text and "54.30" in text
    async with sitting(district, "ben") as pilot:
        assert "waits" not in said(pilot.app)


async def test_a_kept_fix_is_announced_like_a_kept_adjustment(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "enter 3 enter 'wire cut' escape escape f5")
    async with sitting(district) as pilot:
        text = screen_text(pilot.app)
        assert "A form waits: fix of " in text and "g d opens it." in text
        await press(pilot, "g d")
        typed = pilot.app.screen.query_one(Form).values()["reason"]
        assert typed.endswith("wire cut") and "kept as you left it" in said(pilot.app)


async def test_the_hint_of_the_first_run_stays_until_a_key(district: str) -> None:
    async with sitting(district) as pilot:
        pilot.app.hint = True  # type: ignore[attr-defined]
        pilot.app.screen.do_list_refresh()  # type: ignore[attr-defined]
        await settled(pilot)
        assert pilot.app.hint  # type: ignore[attr-defined]
        await press(pilot, "j")
        assert not pilot.app.hint and "if it waits" in screen_text(pilot.app)  # type: ignore[attr-defined]


async def test_a_long_explanation_scrolls_to_its_end(district: str) -> None:
    lines = tuple(Line(f"line {n}", "told") for n in range(60))
    for keys in ("end", "pagedown pagedown pagedown pagedown", "j " * 60, "down " * 60):
        async with sitting(district) as pilot:
            pilot.app.screen.start(pilot.app.asked(Ask("Long", lines=lines, do="")))  # type: ignore[attr-defined]
            await settled(pilot)
            assert "line 59" not in screen_text(pilot.app)
            for key in keys.split():
                await pilot.press(key)
            await settled(pilot)
            assert "line 59" in screen_text(pilot.app), keys
            assert pilot.app.screen.query_one(VerticalScroll).scroll_y > 0


@pytest.mark.parametrize(
    ("who", "keys", "heading"),
    [("ana", "o tab", "Counts from"), ("ana", "m", "Read on"), ("ben", "g a", "Proposal")],
)
async def test_what_a_list_shows_is_exported(district: str, tmp_path: Path, who: str, keys: str, heading: str) -> None:
    target = tmp_path / "list.csv"
    async with sitting(district, who) as pilot:
        await press(pilot, keys)
        shown = pilot.app.screen.shown_list()  # type: ignore[attr-defined]
        first, count = shown.current_row.cells, len(shown.ids)
        assert "rows written to" in await write_to(pilot, target)
        assert f"all {count} shown" in screen_text(pilot.app)
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][0] == heading and len(rows) == count + 1 and rows[1][0] == first[0]


async def test_the_total_is_of_what_the_filter_looks_at(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "d 'known' f5")
        await press(pilot, "/ 'state:dismissed' enter")
        listed = pilot.app.screen.list  # type: ignore[attr-defined]
        everything = await pilot.app.desk.asking(  # type: ignore[attr-defined]
            lambda look: look.db.value("SELECT COUNT(*) FROM work_item")
        )
        live = await pilot.app.desk.asking(  # type: ignore[attr-defined]
            lambda look: look.db.value("SELECT COUNT(*) FROM work_item WHERE state IN ('open','claimed','waiting')")
        )
        assert live < everything
        assert f"of {everything} shown" in listed.counts()
        assert await listed.source.total(Query("code:R06")) == live


async def test_the_clock_is_the_districts(district: str) -> None:
    assert clock("2026-11-23T16:00:00.000000Z", "America/Los_Angeles") == "08:00"
    assert moment("2026-11-23T03:30:00.000000Z", "America/Los_Angeles") == "2026-11-22 19:30"
    async with sitting(district) as pilot:
        await press(pilot, "c")
        assert "Yours for 30 minutes, until 08:30." in screen_text(pilot.app)
        assert "has it       ana until 08:30" in screen_text(pilot.app)
        await press(pilot, "x end")
        assert "2026-11-23 08:00  ana" in screen_text(pilot.app)


async def test_the_state_column_has_a_name(district: str) -> None:
    async with sitting(district) as pilot:
        assert " St " not in screen_text(pilot.app)  # nothing is claimed: the room is for the others
        await press(pilot, "c s s s")
        assert " St " in screen_text(pilot.app) and "by state" in screen_text(pilot.app)
        await press(pilot, "v")
        assert "St " in screen_text(pilot.app)


def test_columns_share_the_room_and_why_is_the_widest() -> None:
    for width in (77, 97, 117, 157):
        wide = {column.key: cells for _, column, cells in arrange(WORKLIST.columns, width)}
        assert max(wide, key=lambda key: wide[key]) == "why"
        assert sum(wide.values()) + len(wide) - 1 == width
    narrow, broad = ({c.key: n for _, c, n in arrange(WORKLIST.columns, width, {2})} for width in (77, 117))
    assert len(broad) > len(narrow) and all(broad[key] > narrow[key] for key in ("item", "who", "why"))
    two = (Column("a", "A", grow=1), Column("b", "B", grow=3), Column("c", "C", 5))
    assert [cells for _, _, cells in arrange(two, 47)] == [15, 25, 5]


async def test_to_do_something_is_found_by_its_name(district: str) -> None:
    async with sitting(district) as pilot:
        account = in_view(pilot)
        await press(pilot, ": 'adj'")
        text = screen_text(pilot.app)
        assert text.startswith(" Do ") and "adjust this item's account" in text
        await press(pilot, "enter")
        assert f"Adjustment  {account}" in screen_text(pilot.app)
        await press(pilot, "escape ? ")
        assert "Keys of this screen" in screen_text(pilot.app)


CRASH = """
import sys
from ubtui.screens.meter import MeterScreen
def fails(self):
    owner = "Pamela Pratt"
    raise LookupError("nothing for " + owner)
MeterScreen.on_mount = fails
from ubtui.app import run
from ubtui.desk import Seat
sys.exit(run(sys.argv[1], Seat("ana", None), False))
"""


def test_a_fault_is_told_in_a_file_and_not_on_the_terminal(district: str) -> None:
    with Terminal([sys.executable, "-c", CRASH, district], env={"UBTUI_LEAN": "1", "COLUMNS": None}) as terminal:
        terminal.wait_for(" shown")
        assert b"\x1b[?1000h" not in terminal.log and b"\x1b[?1003h" not in terminal.log  # the mouse stays free
        terminal.press("m")
        assert terminal.exit_code() == 4
        log = bytes(terminal.log).decode()
    told = log[log.rindex("The desk closed") :]
    assert "LookupError" in told and "fault.log" in told and "nothing for" not in log
    file = Path(district) / "fault.log"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "LookupError: nothing for Pamela Pratt" in file.read_text() and "Traceback" in file.read_text()


async def test_done_today_counts_what_mine_and_team_count(district: str) -> None:
    async with sitting(district) as pilot:
        [team] = re.findall(r"Team (\d+)  Waiting 0  Done today 0", screen_text(pilot.app))
    session = open_session(district, admin=True)
    session.connect()
    counts = [
        session.run(
            "UPDATE work_item SET state = 'resolved', resolved_at = ?, resolved_by = 'detector'"
            " WHERE id IN (SELECT id FROM work_item WHERE state = 'open' AND backlog = 0"
            f" AND role {which} 'technician' LIMIT 2)",
            [NOW],
        )
        for which in ("=", "<>")
    ]
    session.database.close()
    assert counts == [2, 2]
    async with sitting(district) as pilot:
        assert f"Team {int(team) - 2}  Waiting 0  Done today 2" in screen_text(pilot.app)


async def test_what_is_typed_in_a_question_is_left_by_the_second_esc_alone(district: str) -> None:
    async with sitting(district) as pilot:

        def shown() -> str:
            return screen_text(pilot.app).strip()

        await press(pilot, "n 'owner will call' escape")
        assert "owner will call" in shown() and "esc again leaves it" in shown()
        await press(pilot, "'s' escape")
        assert "owner will calls" in shown() and "esc again leaves it" in shown(), "typing on begins anew"
        await press(pilot, "escape")
        assert shown().startswith("Worklist") and "owner will call" not in shown()
        await press(pilot, "n escape")
        assert shown().startswith("Worklist") and "esc again" not in shown(), "nothing was typed"


async def test_the_header_follows_the_business_day_while_the_seat_is_open(district: str) -> None:
    async with sitting(district) as pilot:
        assert "Worklist  Mon Nov 23" in screen_text(pilot.app)
        pilot.app.desk._clock = FrozenClock(date(2026, 12, 16), "2026-12-16T16:00:00.000000Z")  # type: ignore[attr-defined]
        await press(pilot, "r")
        assert "Worklist  Wed Dec 16" in screen_text(pilot.app), "with a refresh"
        pilot.app.desk._clock = FrozenClock(date(2026, 12, 17), "2026-12-17T16:00:00.000000Z")  # type: ignore[attr-defined]
        await pilot.app._poll()  # type: ignore[attr-defined]
        await settled(pilot)
        assert "Worklist  Thu Dec 17" in screen_text(pilot.app), "without any key, where no item changed"

"""A run of the worklist opens its list, and each row of it what it is about."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.screen_text import screen_text
from tests.screens.office import at_desk, settled, sitting
from tests.screens.test_states import press
from tests.services.office import admin, done
from ubtui.db.models import record
from ubtui.domain.subjects import ItemKey
from ubtui.services import runs, worklist
from ubtui.services.listing import Query, ids


def text(pilot: Pilot[Any]) -> str:
    return " ".join(screen_text(pilot.app).split())


def rows(district: str, sql: str) -> list[tuple[Any, ...]]:
    session = admin(district)
    found = session.rows(sql)
    session.database.close()
    return found


def due(district: str) -> list[str]:
    """Points of the seal round in the order of the walk; three more of them than the sample has."""
    session = admin(district)
    with session.writing():
        for n, (point,) in enumerate(session.rows("SELECT id FROM service_point WHERE state = 'active' LIMIT 3")):
            session.insert(
                record.Seal, point_id=point, number=f"T{n}", lock_state="locked", lock_reason="vacant",
                rate_status="full", placed_on=date(2024, 1, 2),
            )  # fmt: skip
    session.database.close()
    with at_desk(district) as desk:
        done(desk.perform(worklist.refresh, worklist.Refresh()))
        key = ItemKey.parse("M03:run:seal-round/2026-11")
        of = desk.ask(runs.list_of, key)
        run = runs.run_of(key)
        assert run is not None
        return [desk.ask(run.opens, id)[1] for id in desk.ask(ids, of, Query())]


async def test_enter_on_a_run_opens_its_list_and_enter_there_a_meter(district: str) -> None:
    points = due(district)
    assert points
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:M03' enter enter")
        shown = text(pilot)
        assert shown.startswith("Seal round M03:run:seal-round/2026-11") and "not looked at for 180 days" in shown
        assert all(point in shown for point in points[:3])
        await press(pilot, "enter")
        assert text(pilot).startswith("Meter") and points[0] in text(pilot)
        await press(pilot, "escape o")
        assert text(pilot).startswith("Account")
        await press(pilot, "escape escape")
        assert text(pilot).startswith("Worklist")


async def test_orders_for_all_go_out_from_the_list(district: str) -> None:
    points = due(district)
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:M03' enter enter f5")
        assert "Send orders out for the list" in text(pilot)
        await press(pilot, "f5")
        await settled(pilot)
        sent = rows(district, "SELECT count(*) FROM field_order WHERE kind = 'seal_check' AND item LIKE 'M03:%'")
        assert sent == [(len(points),)]
        await press(pilot, "escape")
        assert "F-000" in text(pilot), "each row shows its order"


async def test_the_list_is_written_to_a_file(district: str, tmp_path: Path) -> None:
    points = due(district)
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:M03' enter enter e")
        for _ in range(60):
            await pilot.press("backspace")
        for key in str(tmp_path / "round.csv"):
            await pilot.press(key)
        await press(pilot, "enter enter")
        await settled(pilot)
        lines = (tmp_path / "round.csv").read_text().splitlines()
        assert len(lines) == len(points) + 1 and points[0] in lines[1]


def told(district: str, sql: str) -> None:
    session = admin(district)
    with session.writing():
        session.run(sql)
    session.database.close()


async def test_a_round_is_marked_and_brought_in_row_by_row(district: str) -> None:
    """Two hold by one key; one of them is linked to ana and stays; the next has another number."""
    points = due(district)
    told(
        district,
        "INSERT INTO staff_account(staff, account_number, relation) SELECT 'ana', MIN(a.number), 'linked'"
        " FROM account a JOIN service s ON s.account_id = a.id JOIN service_point p ON p.id = s.point_id"
        f" WHERE p.number = '{points[1]}' AND s.to_on IS NULL",
    )
    async with sitting(district, size=(120, 30)) as pilot:
        await press(pilot, "/ 'code:M03' enter enter")
        assert "h holds b broken" in text(pilot)
        await press(pilot, "space down space h")
        assert "Found as recorded: 2 seals" in text(pilot) and "Reading" not in text(pilot)
        assert "1 looked at, 1 hold, 1 not brought in" in text(pilot)
        await press(pilot, "f5")
        await settled(pilot)
        assert "Not brought in: 1" in text(pilot) and "is linked to you" in text(pilot)
        await press(pilot, "escape")
        await settled(pilot)
        await press(pilot, "end b")
        assert "Not as recorded: " in text(pilot) and "‹ broken › 1 of 3" in text(pilot)
        await press(pilot, "right right")
        assert "‹ another number › 3 of 3" in text(pilot) and "which number is on instead of" in text(pilot)
        await press(pilot, "f5")
        assert "Not as it stands" in text(pilot), "it is not brought in without one"
        await press(pilot, "tab tab tab 'Z[red]9'")
        await press(pilot, "f5")
        await settled(pilot)
        assert "1 looked at, 0 hold" in text(pilot)
    found = rows(district, "SELECT found, found_number FROM seal_check ORDER BY id")
    assert found == [("on", None), ("other", "Z[red]9")]


async def test_another_list_is_no_round(district: str) -> None:
    session = admin(district)
    with session.writing():
        session.run("UPDATE meter SET tested_on = '2020-01-02' WHERE size IN ('1-1/2', '2', '3')")
    session.database.close()
    with at_desk(district) as desk:
        done(desk.perform(worklist.refresh, worklist.Refresh()))
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:M10' enter enter h")
        assert "This list is no round of seals." in text(pilot)

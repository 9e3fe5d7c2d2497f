"""The worklist's comforts at the keys: completion, views, one thing to many, next, repeat, windows and names."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.screen_text import screen_text
from tests.screens.office import at_desk, settled, sitting
from tests.screens.test_states import press, same
from tests.services import items, office
from tests.services.office import admin
from ubtui.desk import Desk
from ubtui.domain.calendars import seed
from ubtui.screens.base import DeskScreen
from ubtui.screens.item_acts import FIRST_FEW
from ubtui.screens.worklist import WorklistScreen
from ubtui.services import worklist
from ubtui.services.listing import Query
from ubtui.services.worklist import desks


def said(app: Any) -> str:
    assert isinstance(app.screen, DeskScreen)
    return app.screen.said()


def home(app: Any) -> WorklistScreen:
    assert isinstance(app.home, WorklistScreen)
    return app.home


def asked(data: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    session = admin(data)
    try:
        return session.rows(sql, values)
    finally:
        session.database.close()


def hire(data: str, name: str, role: str) -> None:
    session = admin(data)
    office.hire(session, name, role)
    session.database.close()


# -- the filter ------------------------------------------------------------------------------------------------


async def test_tab_completes_what_is_typed_and_enter_shows_it(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ 'co'")
        text = screen_text(pilot.app)
        assert "tab takes it" in text and "▸  code:" in text and "the kind of trouble, as R04" in text
        await press(pilot, "tab 'r1'")
        assert "Counter past zero?" in screen_text(pilot.app)
        await press(pilot, "tab")
        field: Any = pilot.app.screen.query_one("#filter")
        assert field.value == "code:R10 " and field.cursor_position == len(field.value)
        await press(pilot, "'st' tab down tab")
        assert field.value == "code:R10 state:claimed "
        await press(pilot, "enter")
        assert home(pilot.app).list.asked.filter == "code:R10 state:claimed"
        assert "Nothing matches the filter." in screen_text(pilot.app)
        await press(pilot, "escape")
        assert home(pilot.app).list.asked.filter == "" and "if it waits" in screen_text(pilot.app)


async def test_enter_on_a_half_typed_code_takes_the_only_one_and_loses_no_text(district: str) -> None:
    async with sitting(district) as pilot:
        field: Any
        await press(pilot, "/ 'code:R0' enter")
        field = pilot.app.screen.query_one("#filter")
        assert field.has_focus and field.value == "code:R0", "several codes begin so: nothing is guessed"
        assert "Not whole yet: tab takes code:R0" in screen_text(pilot.app)
        await press(pilot, "tab enter")
        assert home(pilot.app).list.asked.filter.startswith("code:R0")
        await press(pilot, "escape / 'code:B0' backspace '15' backspace enter")  # B1: billed codes have one such
        assert home(pilot.app).list.asked.filter == "code:B15"
        await press(pilot, "escape / 'code:zz' enter")
        field = pilot.app.screen.query_one("#filter")
        assert field.has_focus and field.value == "code:zz" and "a letter and two digits" in screen_text(pilot.app)


async def test_what_bars_an_act_is_said_before_words_are_lost_on_it(district: str) -> None:
    session = admin(district)
    with session.writing():
        session.run("UPDATE work_item SET due_source = 'statute', due_on = '2026-12-01' WHERE code = 'R09'")
    session.database.close()
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:R09' enter d")
        shown = " ".join(screen_text(pilot.app).split())
        assert "refused" in shown and "has a statutory deadline" in shown
        await press(pilot, "'because' f5")
        assert "Not as it stands" in screen_text(pilot.app) and "because" in screen_text(pilot.app)
        await press(pilot, "escape escape F")
        assert "refused" not in screen_text(pilot.app)
        await press(pilot, "'nobody'")
        assert "refused" in screen_text(pilot.app), "there is no such person"
        await press(pilot, "backspace backspace backspace backspace backspace backspace 'ben' f5")
        assert "Forwarded." in screen_text(pilot.app)


async def test_a_day_is_typed_as_people_say_it(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "w 'call back' enter")
        await press(pilot, " ".join(["backspace"] * 10) + " 'fri'")
        assert "= Friday, November 27, 2026" in " ".join(screen_text(pilot.app).split())
        await press(pilot, "enter")
        assert "Put away until then." in screen_text(pilot.app)
        [(day,)] = pilot.app.desk.ask(  # type: ignore[attr-defined]
            lambda look: look.db.rows(
                "SELECT wake_on FROM work_item WHERE state = 'waiting' AND wait_for = 'call back'"
            )
        )
        assert day == "2026-11-27"


async def test_a_bare_code_is_that_kind(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:R09' enter")
        there = list(home(pilot.app).list.ids)
        await press(pilot, "escape / 'r09' enter")
        assert there and list(home(pilot.app).list.ids) == there


async def test_a_point_is_found_by_its_number(district: str) -> None:
    found = asked(
        district,
        "SELECT id, subject_key FROM work_item WHERE subject_type = 'point' AND backlog = 0"
        " AND state IN ('open', 'claimed', 'waiting')",
    )
    point = found[0][1]
    about = {id for id, key in found if key == point}
    async with sitting(district) as pilot:
        everything = len(home(pilot.app).list.ids)
        for typed in (point.lower(), point.removeprefix("SP-")):
            await press(pilot, f"/ '{typed}' enter")
            shown = set(home(pilot.app).list.ids)
            assert about <= shown and len(shown) < everything // 2
            await press(pilot, "/ ctrl+u enter")
            assert len(home(pilot.app).list.ids) == everything


async def test_what_is_refused_stands_in_the_form_again_with_the_reason(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "+ 'Call the county' tab 'the old parcel' tab ctrl+u '999999-9' f5")
        text = screen_text(pilot.app)
        assert "refused" in text and "Call the county" in text and "the old parcel" in text, text
        assert asked(district, "SELECT COUNT(*) FROM work_item WHERE title = 'Call the county'") == [(0,)]
        await press(pilot, "tab tab ctrl+u f5")
        assert "Added." in screen_text(pilot.app)
        assert asked(district, "SELECT COUNT(*) FROM work_item WHERE title = 'Call the county'") == [(1,)]


async def test_a_name_of_a_view_is_kept_to_its_rule(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "V n '<mine>' enter enter")
        assert "letters, digits, blanks, dots, hyphens" in " ".join(screen_text(pilot.app).split())
        await press(pilot, "escape")
        assert pilot.app.desk.ask(desks.views) == []  # type: ignore[attr-defined]


async def test_leaving_the_filter_line_brings_the_evidence_back(district: str) -> None:
    async with sitting(district) as pilot:
        before = screen_text(pilot.app)
        await press(pilot, "/ 'zzz'")
        assert "Nothing known begins so" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert screen_text(pilot.app) == before


# -- memory and views ------------------------------------------------------------------------------------------


async def test_the_order_is_remembered_by_each_person(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "s s S")
        kept = home(pilot.app).list.asked
        assert kept == Query("", "age", True)
        first = list(home(pilot.app).list.ids)
    async with sitting(district) as pilot:
        assert home(pilot.app).list.asked == kept and list(home(pilot.app).list.ids) == first
        assert "by Age reversed" in screen_text(pilot.app)
    async with sitting(district, "ben") as pilot:
        assert home(pilot.app).list.asked == Query()


async def test_a_view_is_kept_used_and_dropped(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ '>80' enter s s V")
        assert "No view is saved yet" in screen_text(pilot.app)
        await press(pilot, "n 'Hot' enter 1 f5")
        assert "Hot" in screen_text(pilot.app) and "everybody" in screen_text(pilot.app)
        await press(pilot, "g w escape")
        assert home(pilot.app).list.asked.filter == ""
        await press(pilot, "g v enter")
        assert home(pilot.app).list.asked == Query(">80", "age")
        assert said(pilot.app) == "View Hot." and pilot.app.screen is home(pilot.app)
        await press(pilot, "V d f5")
        assert "No view is saved yet" in screen_text(pilot.app)


# -- one thing to many -----------------------------------------------------------------------------------------


async def test_bulk_shows_what_and_how_many_and_a_point_does_it_again(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, ".")
        assert "Nothing to repeat yet" in said(pilot.app)
        shown = home(pilot.app).list
        for id in shown.ids[: FIRST_FEW + 2]:
            shown.mark(id)
        await press(pilot, "w")
        text = screen_text(pilot.app)
        assert f"Wait {FIRST_FEW + 2} items" in text and "2 × R" in text and "and 2 more" in text
        await press(pilot, "'the crew' enter f5")
        assert said(pilot.app) == f"wait: {FIRST_FEW + 2} items done."
        where = "SELECT COUNT(*) FROM work_item WHERE state = 'waiting' AND wait_for = 'the crew'"
        assert asked(district, where) == [(FIRST_FEW + 2,)]
        for id in shown.ids[FIRST_FEW + 2 : FIRST_FEW + 4]:
            shown.mark(id)
        await press(pilot, ".")
        text = screen_text(pilot.app)
        assert "Wait 2 items" in text and "the crew" in text
        await press(pilot, "f5")
        assert asked(district, where) == [(FIRST_FEW + 4,)]


async def test_the_day_offered_is_the_offices_own(district: str) -> None:
    tomorrow = seed("OFFICE").add(at_day(district), 1)
    session = admin(district)
    with session.writing():
        session.run("INSERT INTO calendar_day(calendar, day, title) VALUES ('OFFICE', ?, 'Founders')", [str(tomorrow)])
    session.database.close()
    async with sitting(district) as pilot:
        await press(pilot, "w")
        field: Any = pilot.app.screen.query("LineInput").last()
        assert field.value == str(seed("OFFICE").add(tomorrow, 1))


def at_day(district: str) -> Any:
    with at_desk(district) as desk:
        return desk.ask(lambda look: look.today)


async def test_next_claims_the_most_urgent_and_opens_it(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "j j j N")
        assert "Fix  R04" in screen_text(pilot.app) and "ana until" in screen_text(pilot.app)
        assert asked(district, "SELECT code FROM work_item WHERE state = 'claimed' AND assignee = 'ana'") == [("R04",)]
        assert len(pilot.app.claims) == 1  # type: ignore[attr-defined]


# -- windows and names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "beside"), [(80, False), (159, False), (160, True), (200, True)])
async def test_the_evidence_stands_beside_the_list_in_broad_windows(district: str, width: int, beside: bool) -> None:
    async with sitting(district, size=(width, 45)) as pilot:
        shown, evidence = home(pilot.app).list.region, home(pilot.app).query_one("#evidence").region
        assert (evidence.x >= shown.right) is beside and (evidence.y >= shown.bottom) is not beside
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert home(pilot.app).query_one("#evidence").region.x == 0


async def test_who_may_see_no_names_sees_none(district: str) -> None:
    hire(district, "adm", "admin")
    names = {who for (who,) in asked(district, "SELECT who FROM work_item WHERE who <> ''")}
    async with sitting(district, "adm", (160, 45)) as pilot:
        told = screen_text(pilot.app)
        await press(pilot, "v")
        told += screen_text(pilot.app)
        await press(pilot, "escape enter")
        told += screen_text(pilot.app)
        assert "R06" in told and not [name for name in names if name in told]


async def test_the_day_is_planned_in_the_line_above_the_list(district: str) -> None:
    async with sitting(district) as pilot:
        plan = desk_plan(district)
        assert f"{plan} " in screen_text(pilot.app)
        assert " of 7h30 planned" in plan


def desk_plan(district: str) -> str:
    with Desk(district) as desk:
        return desk.ask(worklist.day_plan).said()


async def test_hostile_words_are_shown_as_they_are(plain: str) -> None:
    words = "[/x] [@click=app.quit()]press[/] \u202egnp.exe \x9b31m 水道局"
    with office.desk(plain) as desk:
        office.hire(desk.session, "di", "technician")
        office.done(desk.perform(worklist.leave_note, worklist.LeaveNote(note=words)))
        key = desk.ask(lambda look: worklist.item(look, 1)).key
        office.done(desk.perform(worklist.forward, worklist.Forward(item=str(key), to="di", question=words)))
        with desk.session.writing():
            desk.session.run("UPDATE work_item SET customer_class = ? WHERE id = 2", ["[/x] a b"])
    async with sitting(plain, "di") as pilot:
        text = screen_text(pilot.app)
        for keys in ("j k", "A", "escape g h", "escape / 'class:'", "down tab enter"):
            await press(pilot, keys)
            text += screen_text(pilot.app)
        assert "[/x] [@click=app.quit()]press[/]" in text and 'class:"[/x] a b"' in text
        assert not [c for c in text if c != "\n" and not c.isprintable()]
        assert len(home(pilot.app).list.ids) == 1


# -- pictures, of a list that no sample's dice change ----------------------------------------------------------


@pytest.fixture
def plain(tmp_path: Path) -> str:
    """A district whose worklist stands still: kinds, ages, people, a backlog, two weeks' work, a view, a note."""
    data = str(tmp_path / "district")
    office.found(data, 3)
    rows = []
    for n in range(46):
        code, title = [("R04", "High against last year"), ("R07", "Low against last year"), ("P07", "Credit waits"),
                       ("Q01", "Mailing address bad"), ("M08", "Order late")][n % 5]  # fmt: skip
        state = ["open", "open", "claimed", "open", "waiting", "dismissed"][n % 6]
        rows.append(
            items.made(
                n, code=code, title=title, priority=95 - n, state=state, role="technician", money_cents=n * 1_234,
                who=["Ortiz", "Vale", "Park"][n % 3], period="" if code[0] in "PQM" else "B2/2026-11",
                assignee={"claimed": "ana", "waiting": "ben"}.get(state, "ben" if n % 7 == 0 else None),
                lease_until="2026-11-23T16:30:00.000000Z" if state == "claimed" else None,
                detected_on=str(office.DAY - timedelta(days=n * n % 41)), backlog=int(state == "open" and n % 11 == 3),
                due_on=str(office.DAY - timedelta(days=n % 9 - 4)) if n % 2 else None,
            )
        )  # fmt: skip
    with office.desk(data) as desk:
        items.put(desk.session, rows)
        with desk.session.writing():
            for n in range(40):
                kind = ["resolved", "resolved", "raised", "dismissed"][n % 4]
                at = f"{office.DAY - timedelta(days=n * n % 14)}T{9 + n % 8:02d}:00:00.000000Z"
                desk.session.run(
                    "INSERT INTO work_event(item_id, at, actor, kind) VALUES (?, ?, ?, ?)",
                    [n + 1, at, ["ana", "ben", "service"][n % 3], kind],
                )
        for name, text, shared in (("Reads to judge", "group:R", True), ("Mine, oldest", "assignee:me", False)):
            view = worklist.SaveView(name=name.replace(",", ""), filter=text, sort="age", shared=shared)
            office.done(desk.perform(worklist.save_view, view))
    return data


PICTURES = {
    "queue": ("ana", "j j"),
    "queue-completing": ("ana", "/ 'r' down"),
    "queue-values": ("ana", "/ 'assignee:'"),
    "queue-bulk": ("ana", "space j j space j space d"),
    "queue-backlog": ("ana", "/ 'backlog:yes' enter"),
    "queue-views": ("ana", "V"),
    "queue-keep-view": ("ana", "/ '>60' enter V n"),
    "queue-kind": ("ana", "X f5"),
    "queue-forward": ("ana", "F"),
    "queue-handover": ("ana", "H"),
    "queue-stand-in": ("ana", "B"),
    "board": ("ben", "g b"),
    "board-people": ("ben", "g b p"),
    "board-to-list": ("cho", "g b p enter"),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
async def test_picture(name: str, plain: str) -> None:
    who, keys = PICTURES[name]
    async with sitting(plain, who) as pilot:
        await press(pilot, keys)
        same(name, screen_text(pilot.app))


@pytest.mark.parametrize("name", ["queue", "queue-completing", "board", "board-people"])
async def test_broad_picture(name: str, plain: str) -> None:
    who, keys = PICTURES[name]
    async with sitting(plain, who, (200, 50)) as pilot:
        await press(pilot, keys)
        same(f"{name}-200x50", screen_text(pilot.app))

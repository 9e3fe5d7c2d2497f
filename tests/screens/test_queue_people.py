"""What people owe each other at the keys: questions, stand-ins, handover, the board, what-if."""

from __future__ import annotations

from tests.screen_text import screen_text
from tests.screens.office import at_desk, sitting
from tests.screens.test_queue import asked, hire, home, said
from tests.screens.test_states import press
from ubtui.services.worklist import desks

# -- questions, stand-ins, handover ----------------------------------------------------------------------------


async def test_a_question_is_asked_and_answered_at_the_keys(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "A")
        assert "Nobody asks" in said(pilot.app)
        await press(pilot, "F 'lead' enter enter 'Bill it as it stands?' f5")
        assert said(pilot.app).startswith("Forwarded.")
    async with sitting(district, "ben") as pilot:
        await press(pilot, "A")
        assert "ana asks: Bill it as it stands?" in screen_text(pilot.app)
        await press(pilot, "'Yes.' enter")
        assert said(pilot.app).startswith("Answered.")
    assert asked(district, "SELECT answer, answered_by FROM question") == [("Yes.", "ben")]


async def test_the_next_person_sees_what_was_left_until_the_first_key(district: str) -> None:
    hire(district, "di", "technician")
    async with sitting(district) as pilot:
        await press(pilot, "c H 'Keys are at the counter.' f5")
        assert said(pilot.app).startswith("Left for the next person")
    async with sitting(district, "di") as pilot:
        text = screen_text(pilot.app)
        assert "ana left this, Nov 23 08:00" in text and "Keys are at the counter." in text and "in hand: R04" in text
        await press(pilot, "j")
        assert "Keys are at the counter." not in screen_text(pilot.app)
        await press(pilot, "g h")
        assert "Keys are at the counter." in screen_text(pilot.app)
    async with sitting(district, "di") as pilot:
        assert "Keys are" not in screen_text(pilot.app)
        await press(pilot, "B")
        await press(pilot, "'ana' f5")
        assert said(pilot.app).startswith("Your items reach ana until 2026-11-27.")
    with at_desk(district) as desk:
        assert [(each.person, each.backup) for each in desk.ask(desks.stand_ins)] == [("di", "ana")]


# -- the board and what-if -------------------------------------------------------------------------------------


async def test_the_board_turns_and_opens_the_list_of_a_row(district: str) -> None:
    async with sitting(district, "ben") as pilot:
        await press(pilot, "g b")
        text = screen_text(pilot.app)
        assert "Board: kinds" in text and "0-1 d" in text and "Done each day" in text
        await press(pilot, "p")
        assert "Board: people" in screen_text(pilot.app) and "nobody yet" in screen_text(pilot.app)
        await press(pilot, "p enter")
        assert home(pilot.app).list.asked.filter.startswith("code:") and home(pilot.app).list.ids
    seen = asked(district, "SELECT actor FROM audit WHERE act = 'worklist.board' AND outcome = 'viewed'")
    assert seen == [("ben",)]


async def test_the_board_is_refused_to_who_has_no_leave(district: str) -> None:
    hire(district, "fay", "field")
    async with sitting(district, "fay") as pilot:
        await press(pilot, "g b")
        assert "may not do worklist.board" in said(pilot.app)
        text = screen_text(pilot.app)
        assert "Done each day" not in text and "nobody yet" not in text
    assert asked(district, "SELECT COUNT(*) FROM audit WHERE act = 'worklist.board' AND outcome = 'viewed'") == [(0,)]


async def test_other_limits_are_counted_on_the_explain_screen(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:R04' enter X")
        text = screen_text(pilot.app)
        assert "R04 High against last year" in text and "found when" in text and "minutes each, estimated" in text
        before = asked(district, "SELECT COUNT(*), MAX(seq) FROM work_item, audit")
        await pilot.press("end", *["backspace"] * 4)
        await press(pilot, "'180%' f5")
        assert "At times 1.8 R04 would raise" in screen_text(pilot.app)
        await pilot.press("end", *["backspace"] * 4)
        await press(pilot, "'lots' f5")
        assert "is not a number" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert pilot.app.screen is home(pilot.app)
    assert asked(district, "SELECT COUNT(*), MAX(seq) FROM work_item, audit") == before


async def test_a_lead_adopts_what_was_counted_with_a_reason(district: str) -> None:
    async with sitting(district, "ben") as pilot:
        await press(pilot, "/ 'code:R04' enter X")
        await pilot.press("end", *["backspace"] * 4)
        await press(pilot, "'1.8' f5")
        assert "Adopt these" in screen_text(pilot.app)
        await press(pilot, "tab tab 1 f5")
        assert "give a reason" in screen_text(pilot.app)
        await press(pilot, "tab tab 1 tab 'leaks' f5")
        assert said(pilot.app).startswith("Adopted.")
    kept = asked(district, "SELECT body, adopted_by FROM policy WHERE kind = 'detector:R04'")
    assert kept == [('{"times":"1.8"}', "ben")]

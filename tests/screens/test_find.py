"""Find on screen: as it is typed, over a form, with hands that type fast or slowly, and with what people paste."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from tests.screen_text import screen_text
from tests.screens.office import at_desk, settled, sitting
from tests.screens.test_states import press
from tests.screens.test_typed_ahead import burst
from ubtui.act import Look
from ubtui.screens.find import FindScreen
from ubtui.services import find
from ubtui.widgets.line_input import LineInput
from ubtui.widgets.queue_list import QueueList


def found(pilot: Pilot[Any]) -> FindScreen:
    """The find screen on top."""
    top = pilot.app.screen
    assert isinstance(top, FindScreen)
    return top


async def paste(pilot: Pilot[Any], text: str) -> None:
    """Put text in the box as a paste does."""
    box = found(pilot).query_one("#search", LineInput)
    box.value = text
    await settled(pilot)


async def test_a_word_typed_fast_is_looked_for_once(district: str, monkeypatch: Any) -> None:
    asked: list[str] = []

    def counted(look: Any, text: str, most: int = find.SHOWN) -> find.Found:
        asked.append(text)
        return original(look, text, most)

    original = find.find
    monkeypatch.setattr(find, "find", counted)
    async with sitting(district) as pilot:
        await press(pilot, "f")
        await burst(pilot, *"voss")
        assert asked[-1] == "voss" and len(asked) <= 2
        await pilot.press("backspace")
        await settled(pilot)
        assert asked[-1] == "vos"
        await burst(pilot, "s", "backspace")
        await settled(pilot)
        assert asked.count("vos") == 1, "what stands is not asked for again"


async def test_old_hits_stand_until_there_are_others(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "f 'voss'")
        top = found(pilot)
        before = list(top.hits.values())
        assert before
        top.query_one("#search", LineInput).value = "charles"
        await pilot.pause()
        assert list(top.hits.values()) == before and "Voss" in screen_text(pilot.app)
        await settled(pilot)
        assert all("Charles" in hit.text for hit in top.hits.values())


async def test_the_cursor_is_on_the_best_hit_of_each_answer(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "f '12' down down down")
        listed = found(pilot).query_one(QueueList)
        assert listed.cursor == 3
        await press(pilot, "'0'")
        assert listed.cursor == 0 and listed.current_id in found(pilot).hits


async def test_enter_opens_what_stands_in_the_box_now(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "f 'voss'")
        found(pilot).query_one("#search", LineInput).value = "120005-4"
        await pilot.press("enter")  # before the pause is over
        await settled(pilot)
        assert pilot.app.screen.place.key == "120005-4"  # type: ignore[attr-defined]
        await press(pilot, "escape")
        assert len(pilot.app.screen_stack) == 1, "esc comes back to where the search began"


async def test_from_inside_a_form_and_back_to_its_cursor(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "o a 2 tab '54.3'")
        form, field = pilot.app.screen, pilot.app.focused
        assert isinstance(field, LineInput) and field.value == "54.3"
        await press(pilot, "f3 'voss' enter")
        assert "Account  1200" in screen_text(pilot.app) and "1 parked" in screen_text(pilot.app)
        await press(pilot, "escape '0'")
        assert pilot.app.screen is form and pilot.app.focused is field and field.value == "54.30"


async def test_each_sort_of_hit_opens_where_it_belongs(district: str) -> None:
    def first(look: Look, table: str, column: str = "number") -> str:
        return str(look.db.value(f"SELECT {column} FROM {table} ORDER BY id LIMIT 1"))

    with at_desk(district) as desk:
        point, proposal, receipt = (desk.ask(first, table) for table in ("service_point", "proposal", "receipt"))
        serial = desk.ask(first, "meter", "serial")
    for typed, head in ((point, "Meter  "), (serial, "Meter  "), (proposal, "Approval  "), (receipt, "Account  ")):
        async with sitting(district) as pilot:
            await press(pilot, f"f '{typed}' enter")
            assert screen_text(pilot.app).lstrip().startswith(head), typed


async def test_the_phone_card_is_of_the_hit_under_the_cursor(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "f 'voss' down")
        account = list(found(pilot).hits.values())[1].account
        await press(pilot, "f2")
        assert account in screen_text(pilot.app)


async def test_hostile_text_is_ordinary(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "f")
        for text in (
            '"',
            "NEAR(a b)",
            "a* OR b",
            "[red]x[/red]",
            "王" * 50,
            "x" * 1_999,
            "%_\\",
            "'; DROP TABLE party;--",
        ):
            await paste(pilot, text)
            assert "Find  nothing" in screen_text(pilot.app), text
        await paste(pilot, "x" * 200)
        assert "Only the beginning of this was looked for." in screen_text(pilot.app)


async def test_a_name_that_is_markup_is_text(district: str) -> None:
    with at_desk(district) as desk:
        sql = "UPDATE party SET name = '[b]Vo[/b]', search_name = '[b]vo[/b]' WHERE name = 'Charles Voss'"
        desk.save(lambda look: look.db.run(sql))
    async with sitting(district) as pilot:
        await press(pilot, "f '[b]vo'")
        assert "[b]Vo[/b]" in screen_text(pilot.app)


async def test_who_may_not_see_accounts_finds_nothing_and_that_is_kept(district: str) -> None:
    async with sitting(district, "service") as pilot:
        await press(pilot, "f 'voss' enter")
        assert not found(pilot).hits and "may not do find.search" in screen_text(pilot.app)
    with at_desk(district) as desk:
        kept = desk.ask(lambda look: look.db.rows("SELECT actor, outcome FROM audit WHERE act = 'find.search'"))
    assert kept == [("service", "refused")]

"""Jump: a letter goes to its row or field; any other key changes nothing."""

from __future__ import annotations

from tests.screen_text import screen_text
from tests.screens.office import settled, sitting
from ubtui.screens.jump import JumpScreen
from ubtui.widgets.field import Form
from ubtui.widgets.queue_list import QueueList


async def test_a_letter_goes_to_its_row(district: str) -> None:
    async with sitting(district) as pilot:
        home = pilot.app.screen
        shown = home.query_one("#list", QueueList)
        await pilot.press("'")
        await settled(pilot)
        lines = screen_text(pilot.app).splitlines()
        assert isinstance(pilot.app.screen, JumpScreen)
        first = next(n for n, line in enumerate(lines) if line.startswith("[a]"))
        assert lines[first + 3].startswith("[d]") and "Pri" in lines[first - 1]
        await pilot.press("d")
        await settled(pilot)
        assert pilot.app.screen is home and shown.cursor == 3 and home.focused is shown
        for key in ("escape", "1"):
            await pilot.press("'", key)
            await settled(pilot)
            assert pilot.app.screen is home and shown.cursor == 3
        assert "[a]" not in screen_text(pilot.app)


async def test_a_letter_goes_to_its_field_inside_a_form(district: str) -> None:
    async with sitting(district) as pilot:
        await pilot.press("a")
        await settled(pilot)
        form = pilot.app.screen.query_one(Form)
        await pilot.press("ctrl+o")
        await settled(pilot)
        assert "[b]" in screen_text(pilot.app)
        before = form.values()
        await pilot.press("b")
        await settled(pilot)
        assert pilot.app.focused is form.input("amount_cents") and form.values() == before

"""A question that shows what it would do: what barred it is asked of the record again, not remembered."""

from __future__ import annotations

from tests.screen_text import screen_text
from tests.screens.office import settled, sitting
from ubtui.screens.ask import AskScreen
from ubtui.screens.base import Ask
from ubtui.widgets.field import FieldSpec
from ubtui.widgets.panel import Line


async def test_what_barred_it_is_asked_again_by_f5_though_nothing_more_is_typed(district: str) -> None:
    stands = False

    async def preview(values: dict[str, str]) -> tuple[Line, ...]:
        return (Line("would", "close it"),) if stands else (Line("refused", "another has it", "danger"),)

    answers: list[object] = []
    async with sitting(district) as pilot:
        question = Ask("Take it", (FieldSpec("why", "Why", value="mine"),), do="take it", preview=preview)
        pilot.app.push_screen(AskScreen(question), answers.append)
        await settled(pilot)
        await pilot.press("f5")
        await settled(pilot)
        assert "Not as it stands" in screen_text(pilot.app) and answers == []
        stands = True  # another seat let it go meanwhile
        await pilot.press("f5")
        await settled(pilot)
    assert answers == [{"why": "mine"}]

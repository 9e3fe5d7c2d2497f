"""What explains a row beside its list: asked for where the cursor rests, not for every row it passes."""

from __future__ import annotations

import pytest

from tests.screens.office import settled, sitting
from tests.screens.test_reading import first_item
from ubtui.screens import beside
from ubtui.screens.account import AccountScreen
from ubtui.screens.base import Place


async def test_a_held_arrow_asks_for_the_row_where_it_rests(district: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, number = first_item(district)
    asked: list[int | None] = []
    explained = AccountScreen.explained

    async def counted(self: AccountScreen) -> object:
        shown = self.shown_list()
        asked.append(None if shown is None else shown.current_id)
        return await explained(self)

    monkeypatch.setattr(AccountScreen, "explained", counted)
    monkeypatch.setattr(beside, "PAUSE_SECONDS", 0.5)
    async with sitting(district, size=(180, 40)) as pilot:
        pilot.app.go(Place("account", number))  # type: ignore[attr-defined]
        await settled(pilot)
        await pilot.press("tab")
        await settled(pilot)
        asked.clear()
        await pilot.press(*["down"] * 4)
        await settled(pilot)
        assert len(asked) == 1, "the rows that were passed are not asked for"
        await pilot.press("x")
        await settled(pilot)
        assert len(asked) == 2 and asked[1] == asked[0]

"""Keys of one's own on the screens, and commands that say why they cannot act here."""

from __future__ import annotations

from pathlib import Path

from tests.screen_text import screen_text
from tests.screens.office import settled, sitting
from ubtui.widgets.queue_list import QueueList


def given(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / "config" / "ubtui").mkdir(parents=True)
    (tmp_path / "config" / "ubtui" / "keys.toml").write_text(text)
    return {"UBTUI_LEAN": "1", "XDG_CONFIG_HOME": str(tmp_path / "config")}


async def test_the_changed_keys_act_and_are_shown(district: str, tmp_path: Path) -> None:
    environ = given(
        tmp_path,
        '"item.claim" = "C"\n"item.release" = "c"\n"list.down" = "J"\n"item.note" = "j"\n"go.approvals" = "g p"\n',
    )
    async with sitting(district, environ=environ) as pilot:
        shown = pilot.app.screen.query_one("#list", QueueList)
        assert "C claim" in screen_text(pilot.app)
        await pilot.press("J")
        await settled(pilot)
        assert shown.cursor == 1
        await pilot.press("C")
        await settled(pilot)
        assert "Yours for 30 minutes" in screen_text(pilot.app)
        await pilot.press("c")
        await settled(pilot)
        assert "Given back" in screen_text(pilot.app)
        await pilot.press("j")
        await settled(pilot)
        assert "Note" in screen_text(pilot.app) and shown.cursor == 1
        await pilot.press("escape", "?")
        await settled(pilot)
        await pilot.press(*"claim")
        await settled(pilot)
        assert "C            claim" in screen_text(pilot.app)
        await pilot.press("escape", "g", "p")
        await settled(pilot)
        assert "Approvals" in screen_text(pilot.app)


async def test_a_faulty_file_is_said_at_the_start_and_changes_no_key(district: str, tmp_path: Path) -> None:
    async with sitting(district, environ=given(tmp_path, '"item.claim" = "alt+c"\n')) as pilot:
        text = " ".join(screen_text(pilot.app).split())
        assert "alt+c does not reach every terminal. Its keys are left as they were." in text
        await pilot.press("c")
        await settled(pilot)
        assert "Yours for 30 minutes" in screen_text(pilot.app)


async def test_what_the_role_may_not_do_is_said_greyed_and_in_brackets_below(district: str) -> None:
    async with sitting(district, "dee") as pilot:
        assert "(c claim)" in screen_text(pilot.app)
        await pilot.press("c")
        await settled(pilot)
        told = "The role auditor may not do worklist.claim"
        assert told in screen_text(pilot.app)
        await pilot.press("?")
        await settled(pilot)
        rows = list(pilot.app.screen.query_one("#commands", QueueList).source.table.values())  # type: ignore[attr-defined]
        claim = next(row for row in rows if row.cells[1] == "claim")
        assert claim.tone == "dim" and claim.cells[2].startswith(f"not now: {told}")
        assert next(row for row in rows if row.cells[1] == "filter").tone is None


async def test_without_a_row_a_command_says_so(district: str) -> None:
    async with sitting(district) as pilot:
        await pilot.press("/", *"nothingofthisname", "enter")
        await settled(pilot)
        await pilot.press("c")
        await settled(pilot)
        assert "There is no row here." in screen_text(pilot.app)
        await pilot.press(":")
        await settled(pilot)
        rows = list(pilot.app.screen.query_one("#commands", QueueList).source.table.values())  # type: ignore[attr-defined]
        assert next(row for row in rows if row.cells[1] == "claim").cells[2] == "not now: There is no row here."


async def test_a_changed_key_interrupts_a_question_as_well(district: str, tmp_path: Path) -> None:
    async with sitting(district, environ=given(tmp_path, '"phone.card" = "ctrl+t"\n')) as pilot:
        await pilot.press("n")
        await settled(pilot)
        await pilot.press("f2")
        await settled(pilot)
        assert "Phone" not in screen_text(pilot.app)
        await pilot.press("ctrl+t")
        await settled(pilot)
        assert "Phone" in screen_text(pilot.app)

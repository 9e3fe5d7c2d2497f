"""The phone rings: the card over anything, forms parked at their cursor, contacts in three keys, figures explained."""

from __future__ import annotations

import re
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.screen_text import screen_text
from tests.screens.office import settled, sitting
from tests.screens.test_states import press
from tests.services.office import owes
from ubtui.screens.base import DeskScreen, Place
from ubtui.services import contacts


def said(pilot: Pilot[Any]) -> str:
    assert isinstance(pilot.app.screen, DeskScreen)
    return pilot.app.screen.said()


def cursor(pilot: Pilot[Any]) -> tuple[str | None, str, int]:
    """The field that has the focus, what is in it, and where its cursor stands."""
    field = pilot.app.screen.focused
    assert isinstance(field, Input)
    return field.id, field.value, field.cursor_position


async def asked(pilot: Pilot[Any], question: Any, *args: Any) -> Any:
    return await pilot.app.desk.asking(question, *args)  # type: ignore[attr-defined]


async def account_of(pilot: Pilot[Any]) -> str:
    number = re.search(r"\d{6}-\d", screen_text(pilot.app).splitlines()[0])
    assert number, screen_text(pilot.app)
    return number[0]


def on_row(pilot: Pilot[Any]) -> str:
    """The account of the row under the cursor of the worklist."""
    row = next(line for line in screen_text(pilot.app).splitlines() if line.startswith("▸"))
    number = re.search(r"\d{6}-\d", row)
    assert number, row
    return number[0]


async def test_the_balance_call_takes_one_key(district: str) -> None:
    async with sitting(district) as pilot:
        number = on_row(pilot)
        await press(pilot, "f2")
        text = screen_text(pilot.app)
        for told in (f"Phone  {number}  owner", "balance", "year ago", "why", "a day", "Last bill"):
            assert told in text, text
        assert len(re.findall(r"(?im)^(?: paid| {5}) {5}\S.*(?:lockbox|web|cash|card|check|counter)", text)) == 3
        assert text.count("actual") == 4
        await press(pilot, "escape")
        assert "Worklist" in screen_text(pilot.app)


@pytest.mark.parametrize("keys", ["o", "m", "enter", "o a", "o a tab '54'", "enter enter 'wire'"])
async def test_the_card_is_a_key_away_from_everywhere_and_esc_comes_back(district: str, keys: str) -> None:
    async with sitting(district) as pilot:
        number = on_row(pilot)
        await press(pilot, keys)
        before = screen_text(pilot.app).splitlines()[0]
        await press(pilot, "f2")
        assert f"Phone  {number}" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert screen_text(pilot.app).splitlines()[0] == before


async def test_a_form_is_parked_and_comes_back_at_its_very_cursor(district: str) -> None:
    async with sitting(district) as pilot:
        number = on_row(pilot)
        await press(pilot, "o a 2 tab '54.30' left left tab tab home 'dial misread' left left left")
        before = cursor(pilot)
        assert before[1].startswith("dial misread") and before[2] == 9
        await press(pilot, "f2 n 'asks about the bill' f5")
        assert "Noted." in said(pilot) and "1 parked" in screen_text(pilot.app)
        await press(pilot, "enter")
        assert f"Account  {number}" in screen_text(pilot.app)  # though the same account lies below the form
        await press(pilot, "tab tab escape")
        assert f"Adjustment  {number}" in screen_text(pilot.app) and cursor(pilot) == before
        await press(pilot, "escape escape")
        assert "Worklist" in screen_text(pilot.app)


async def test_a_question_is_parked_too(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "n 'called, no ans' left left f2")
        assert "Phone  " in screen_text(pilot.app)
        await press(pilot, "escape")
        assert cursor(pilot)[1:] == ("called, no ans", 12)
        await press(pilot, "end 'wer' enter")
        assert said(pilot) == "Noted."


async def test_three_forms_wait_and_a_fourth_call_is_told_so(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "o a tab '1'")
        first = await account_of(pilot)
        await press(pilot, "f2 ] a tab '2' f2 ] a tab '3' f2 n 'says'")
        assert pilot.app.parked == 3  # type: ignore[attr-defined]
        await press(pilot, "f2")
        assert "3 forms wait already" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert "esc again leaves it" in screen_text(pilot.app)
        for parked, typed in ((2, "3"), (1, "2"), (0, "1")):
            await press(pilot, "escape escape")
            assert pilot.app.parked == parked  # type: ignore[attr-defined]
            assert cursor(pilot)[1] == typed
        assert await account_of(pilot) == first


async def test_a_form_that_is_parked_is_not_opened_twice(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "a tab '54.30' f2 a")
        assert pilot.app.parked == 0 and cursor(pilot)[1] == "54.30"  # type: ignore[attr-defined]


async def test_going_home_keeps_what_was_parked(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "o a tab '54.30'")
        await press(pilot, "f2 g w")
        assert "Worklist" in screen_text(pilot.app) and "g d opens it again" in said(pilot)
        await press(pilot, "g d")
        assert "Adjustment  " in screen_text(pilot.app) and "54.30" in screen_text(pilot.app)


async def test_home_answers_a_parked_question_with_nothing(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "w f2 g w")
        await press(pilot, "j")
        assert "▸" in screen_text(pilot.app) and "Waiting 0" in screen_text(pilot.app)


async def test_a_contact_with_a_promise_takes_three_keys(district: str) -> None:
    owes(district, 20_00)
    async with sitting(district) as pilot:
        await press(pilot, "o")
        await pilot.press("n")  # one
        await settled(pilot)
        await press(pilot, "'will pay by Friday'")
        await pilot.press("enter")  # two
        await settled(pilot)
        await press(pilot, "'fri 20.00'")
        await pilot.press("f5")  # three
        await settled(pilot)
        assert said(pilot) == "Noted; it comes back on Fri 2026-11-27."
        text = screen_text(pilot.app)
        assert "promise   20.00 by Nov 27, open · will pay by Friday" in text
        account = await asked(pilot, lambda look: look.db.value("SELECT account_id FROM contact ORDER BY id DESC"))
        kept = (await asked(pilot, contacts.contacts, account))[0]
        assert (kept.by, kept.with_role, kept.promise_cents) == ("ana", "owner", 20_00)


async def test_a_promise_that_is_none_is_said_beside_its_field(district: str) -> None:
    async with sitting(district) as pilot:
        before = await asked(pilot, lambda look: look.db.value("SELECT COUNT(*) FROM contact"))
        await press(pilot, "o n 'x' enter 'someday' f5")
        assert "type fri, +7, 12/4" in " ".join(screen_text(pilot.app).split())
        await press(pilot, "escape")
        assert await asked(pilot, lambda look: look.db.value("SELECT COUNT(*) FROM contact")) == before


async def test_every_figure_of_the_summary_is_explained(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "o")
        shown = pilot.app.screen.shown_list()  # type: ignore[attr-defined]
        told = set()
        for place in range(len(shown.ids)):
            shown.move_to(place)
            await settled(pilot)
            label = shown.current_row.cells[0]
            await press(pilot, "x")
            lines = screen_text(pilot.app).splitlines()
            title = next(line for line in lines[::-1] if re.match(r" (What|Read of|Why|When) ", line))
            told.add((label, title.split()[0]))
            await press(pilot, "escape")
        assert {("balance", "What"), ("due", "When"), ("next", "What"), ("paid", "What"), ("read", "Read"),
                ("open", "Why")} <= told  # fmt: skip


@pytest.mark.parametrize(
    ("turns", "wanted"),
    [
        (1, ("counts from", "ledger", "Dr")),
        (2, ("amount", "open", "receipt")),
        (3, ("reckoned from", "Service charge", "×", "total")),
        (4, ("present", "before", "billing unit", "entered by")),
        (5, ("received", "paid", "amount")),
    ],
)
async def test_every_row_of_a_part_is_explained(district: str, turns: int, wanted: tuple[str, ...]) -> None:
    async with sitting(district, size=(80, 40)) as pilot:
        await press(pilot, "o " + "tab " * turns + "x")
        text = screen_text(pilot.app)
        assert all(each in text for each in wanted), text


async def test_enter_leads_from_a_fact_to_where_it_is_whole(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "o")
        shown = pilot.app.screen.shown_list()  # type: ignore[attr-defined]
        labels = [shown.row(id).cells[0] for id in shown.ids]
        for label, wanted in (("paid", "[Payments]"), ("balance", "[Items]"), ("read", "Meter  ")):
            await press(pilot, "o")
            while "[Summary]" not in screen_text(pilot.app):
                await press(pilot, "shift+tab")
            pilot.app.screen.shown_list().move_to(labels.index(label))  # type: ignore[attr-defined]
            await press(pilot, "enter")
            assert wanted in screen_text(pilot.app)
            if label == "read":
                await press(pilot, "escape")


async def test_the_queue_is_stepped_through_from_the_account_and_the_card(district: str) -> None:
    async with sitting(district) as pilot:
        for key in ("o", "f2"):
            await press(pilot, key)
            seen = [await account_of(pilot)]
            for _ in range(3):
                await press(pilot, "]")
                seen.append(await account_of(pilot))
            assert len(set(seen)) == 4
            await press(pilot, "[")
            assert await account_of(pilot) in seen
            await press(pilot, "escape home")


async def test_who_is_who_is_said_in_words(district: str) -> None:
    async with sitting(district) as pilot:
        rows = await asked(
            pilot,
            lambda look: look.db.rows(
                "SELECT a.number, r.role, q.name FROM account a JOIN account_role r ON r.account_id = a.id"
                " JOIN party q ON q.id = r.party_id WHERE r.to_on IS NULL AND r.role IN ('occupant', 'agent')"
            ),
        )
        assert rows, "the sample has tenants"
        number, role, name = rows[0]
        pilot.app.go(Place("account", f"{number[:6]}-{number[6:]}"))  # type: ignore[attr-defined]
        await settled(pilot)
        text = screen_text(pilot.app)
        assert re.search(rf"{role} +{re.escape(name[:20])}", text), text
        assert re.search(r"owner +\S", text)


async def test_a_look_that_is_not_given_shows_nothing(district: str) -> None:
    async with sitting(district, "dee") as pilot:
        await press(pilot, "f2")
        assert "balance" in screen_text(pilot.app) or "may not" in screen_text(pilot.app)

"""The fix form at the keys: what it asks twice, what it keeps, what it refuses before it asks."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Any

import apsw
import pytest
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from tests.screen_text import screen_text
from tests.screens.office import at_desk, settled, sitting
from tests.screens.test_states import press
from ubtui.act import Done
from ubtui.screens.fix import BREATH_SECONDS
from ubtui.services import fixes, forms, worklist
from ubtui.widgets.panel import Panel


def rows(district: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(apsw.Connection(f"{district}/ubtui.db", flags=apsw.SQLITE_OPEN_READONLY)) as db:
        return list(db.execute(sql, values))


def written(district: str, sql: str, *values: Any) -> None:
    with closing(apsw.Connection(f"{district}/ubtui.db")) as db, db:
        db.execute(sql, values)


def text(pilot: Pilot[Any]) -> str:
    return " ".join(screen_text(pilot.app).split())


async def test_a_checker_decides_on_the_proposal_not_in_a_form(district: str) -> None:
    before = rows(district, "SELECT count(*) FROM audit WHERE act = 'adjust.approve' AND actor = 'ben'")
    async with sitting(district, "ben") as pilot:
        await press(pilot, "/ 'code:A01' enter enter")
        assert "opens the proposal with its before and after" in text(pilot)
        await press(pilot, "f5")
        shown = text(pilot)
        assert shown.startswith("Approval P-0000") and "balance" in shown
        assert rows(district, "SELECT count(*) FROM audit WHERE act = 'adjust.approve' AND actor = 'ben'") == before


async def test_what_waits_already_is_said_first(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:P07' enter enter")
        assert "likely" in text(pilot) and "waits for" not in text(pilot)
        await press(pilot, "f5")
        await press(pilot, "f5 f5")
        [(number,)] = rows(
            district, "SELECT number FROM proposal WHERE item LIKE 'P07:%' AND maker = 'ana' ORDER BY id DESC LIMIT 1"
        )
        await press(pilot, "escape")
        shown = text(pilot)
        assert f"already {number} over" in shown
        assert "likely" not in shown


async def test_on_her_own_account_the_form_says_so_and_has_no_key_to_do_it(district: str) -> None:
    [(account,)] = rows(district, "SELECT account FROM work_item WHERE code = 'R09' ORDER BY id LIMIT 1")
    written(
        district, "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ana', ?, 'own')", str(account)
    )
    async with sitting(district) as pilot:
        await press(pilot, f"/ 'account:{account[:-1]}-{account[-1]}' enter enter")
        shown = text(pilot)
        assert "nobody acts on his own or a linked account" in shown
        assert "Nothing here is yours to do" in shown
        assert "(F5 apply)" in shown, "what cannot be done stands in brackets"
        await press(pilot, "f5")
        assert "Nothing here is yours to do: esc goes back." in text(pilot)


async def test_an_auditor_sees_that_nothing_is_his(district: str) -> None:
    async with sitting(district, "dee") as pilot:
        await press(pilot, "enter")
        assert "Nothing here is yours to do: the role auditor decides nothing about it." in text(pilot)
        assert "(F5 apply)" in text(pilot)


async def test_a_correction_begins_at_its_value_which_is_needed(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "enter 2 enter")
        assert "still to do Register value · Reason" in text(pilot)
        assert pilot.app.focused is not None and pilot.app.focused.id == "field-value"
        await press(pilot, "f5")
        assert "! Register value is needed." in text(pilot)


async def test_a_fix_that_opens_trouble_is_asked_for_twice(district: str) -> None:
    [(point,)] = rows(
        district, "SELECT subject_key FROM work_item WHERE code = 'R04' ORDER BY priority DESC, subject_key LIMIT 1"
    )
    async with sitting(district) as pilot:
        await press(pilot, "enter 2 enter '1' enter 'misread' f5")
        shown = text(pilot)
        assert "it opens new trouble" in shown and "would open" in shown and f"point:{point}" in shown
        assert rows(district, "SELECT count(*) FROM read_review WHERE decision = 'corrected' AND by_staff = 'ana'") == [
            (0,)
        ]
        await press(pilot, "escape")
        assert rows(district, "SELECT count(*) FROM read_review WHERE decision = 'corrected' AND by_staff = 'ana'") == [
            (0,)
        ]
        await press(pilot, "f5 f5")
        assert rows(district, "SELECT count(*) FROM read_review WHERE decision = 'corrected' AND by_staff = 'ana'") == [
            (1,)
        ]


async def test_taking_a_proposal_back_needs_a_reason_and_a_second_word(district: str) -> None:
    withdrawn = "SELECT count(*) FROM approval WHERE decision = 'withdrawn'"
    before = rows(district, withdrawn)
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:A01' enter enter")
        assert "▸ 1 Withdraw" not in text(pilot)
        await press(pilot, "4 f5")
        assert "! Reason is needed." in text(pilot)
        await press(pilot, "enter 'typed wrongly' f5")
        assert "F5 withdraw it" in text(pilot) and "balance" in text(pilot)
        assert rows(district, withdrawn) == before
        await press(pilot, "f5")
        assert rows(district, withdrawn) == [(before[0][0] + 1,)]


async def test_what_was_typed_is_kept_when_she_leaves_and_comes_back(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "enter 3 enter 'gate was shut' escape escape")
        assert "Leave this form? What was typed is kept for this item." in text(pilot)
        await press(pilot, "escape")
        assert "Strike the read" in text(pilot) and "gate was shut" in text(pilot)
        await press(pilot, "escape f5")
        assert "Worklist" in text(pilot)
        assert rows(district, "SELECT form, staff FROM draft") == [("fix", "ana")]
        await press(pilot, "enter")
        shown = text(pilot)
        assert (
            "gate was shut" in shown
            and "▸ 3 Strike the read" in shown
            and "kept as you left it (2026-11-23 08:00)" in shown
        )
        await press(pilot, "f5")
        assert "would open Reads are missing (R01:route:" in text(pilot), "a struck read is one that is missing"
        await press(pilot, "f5")
        assert "done Strike the read: done" in text(pilot)
        await settled(pilot)
    assert rows(district, "SELECT count(*) FROM draft") == [(0,)]


async def test_a_digit_takes_a_cause_and_fills_the_form_in(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:R10' enter enter")
        shown = text(pilot)
        assert "▸ 1 The counter passed zero likely use " in shown
        assert "why 9,987 → 6: 19 if past zero, average 20.2 ruled out The estimate before was too high · " in shown
        await press(pilot, "x")
        assert "ruled out The estimate before was too high: the read before was read, not estimated" in text(pilot)
        await press(pilot, "escape")
        await press(pilot, "2 1 enter")
        shown = text(pilot)
        assert shown.startswith("The counter passed zero R10:point:")
        assert "The counter passed zero: " in shown and "would close Counter past zero? (R10:point:" in shown
        await press(pilot, "f5")
        assert "done The counter passed zero: done" in text(pilot)


async def test_digits_in_one_breath_are_a_number_and_take_no_offer(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:R10' enter enter")
        for key in "120026":
            pilot.app.post_message(events.Key(key, key))
        await settled(pilot)
        assert "press enter first" in text(pilot) and "▸ 1 The counter passed zero" in text(pilot)
        await asyncio.sleep(BREATH_SECONDS)
        await press(pilot, "2")
        assert "▸ 2 " in text(pilot)


async def test_marked_items_of_several_kinds_are_refused_before_anything_is_asked(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:R06,R09' enter home space end space enter")
        assert "Marked are items of several kinds, R06, R09: mark one kind." in text(pilot)
        await press(pilot, "enter 'seen' f5")
        assert "mark one kind" in text(pilot) and "do all" not in text(pilot)


async def test_a_failure_in_the_middle_tells_how_far_it_came(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:R06' enter space j space")
        taken = rows(district, "SELECT id FROM work_item WHERE code = 'R06' ORDER BY priority DESC, subject_key")[1][0]
        written(
            district,
            "UPDATE work_item SET state = 'claimed', assignee = 'ben', lease_until = '2026-11-23T23:00:00.000000Z'"
            " WHERE id = ?",
            taken,
        )
        await press(pilot, "enter enter 'tank was filled' f5")
        assert "refused" in text(pilot) and "ben has R06" in text(pilot)
        await press(pilot, "f5")
        assert "1 of 2 done, then R06:" in text(pilot)


async def test_the_priority_is_explained_with_its_numbers(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:A01' enter enter x")
        assert "59 = 55 for its kind + 3 for 39.60 at stake + 1 for 1 office day past due" in text(pilot)
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:R06' enter enter x")
        assert "60 for its kind, lifted to 90: the read is held and its bill is within 2 office days" in text(pilot)


async def test_a_key_that_cannot_act_stands_in_brackets_and_says_why(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "g a")
        assert "enter open (a approve) (d reject) esc back" in text(pilot)
        await press(pilot, "a")
        assert "The role technician may not do adjust.approve" in text(pilot)
        await press(pilot, "escape / 'zzz' enter")
        assert "(enter fix) (c claim) (w wait) (space mark) / filter" in text(pilot)


async def test_no_key_acts_in_a_window_that_shows_nothing(district: str) -> None:
    async with sitting(district) as pilot:
        await pilot.resize_terminal(60, 15)
        await press(pilot, "c enter q")
        assert "no key acts until then" in text(pilot)
        assert rows(district, "SELECT COUNT(*) FROM work_item WHERE state = 'claimed' AND assignee = 'ana'") == [(0,)]
        await pilot.resize_terminal(80, 24)
        await press(pilot, "c")
        assert text(pilot).startswith("Worklist")
        assert rows(district, "SELECT COUNT(*) FROM work_item WHERE state = 'claimed' AND assignee = 'ana'") == [(1,)]


def in_view(pilot: Pilot[Any]) -> bool:
    """Whether the field that has the focus is on the screen, within all that it scrolls in."""
    focused = pilot.app.focused
    assert focused is not None
    around = [each for each in focused.ancestors if isinstance(each, Widget)]
    return bool(focused.region) and all(each.region.contains_region(focused.region) for each in around)


@pytest.mark.parametrize("way", ["enter", "tab"])
async def test_the_field_one_types_into_stays_in_view_when_the_preview_comes(district: str, way: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, f"enter 2 {way} '1' enter")
        result = pilot.app.screen.query_one("#result", Panel)
        result.styles.max_height = result.styles.min_height = 12
        await press(pilot, "'mis'")
        assert "would close" in text(pilot)
        assert pilot.app.focused is not None and pilot.app.focused.id == "field-reason"
        assert in_view(pilot), text(pilot)
        assert "Reason * mis" in text(pilot)


async def test_a_form_of_an_item_that_another_closed_meanwhile_does_nothing_and_tells_who_closed_it(
    district: str,
) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:R09' enter enter")
        assert "would " in text(pilot)
        id = pilot.app.screen.place.item  # type: ignore[attr-defined]
        with at_desk(district, "ben") as desk:
            view = desk.ask(worklist.item, id)
            offer = desk.ask(fixes.offer, view, "read.review", {"decision": "rejected"})
            form = forms.form(offer.act, {**offer.values(), "reason": "misread"})
            answer = desk.perform(fixes.guarded(forms.act_named(offer.act), view), form)
            assert isinstance(answer, Done) and view.key in answer.closed
        before = rows(district, "SELECT count(*) FROM field_order"), rows(district, "SELECT count(*) FROM act_result")
        await press(pilot, "f5")
        shown = text(pilot)
        assert f"{view.key} was changed by ben at 08:00: resolved" in shown and ": done" not in shown
        after = rows(district, "SELECT count(*) FROM field_order"), rows(district, "SELECT count(*) FROM act_result")
        assert after == before


async def test_digits_behind_the_one_that_takes_a_correction_are_its_value(district: str) -> None:
    async with sitting(district) as pilot:
        for key in ("enter", *"2404600"):
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await settled(pilot)
        shown = text(pilot)
        assert shown.startswith("Correct the value") and "* 404600" in shown
        await press(pilot, "enter 'misread'")
        assert "Reason * misread" in text(pilot)
        await press(pilot, "escape")
        assert "▸ 2 Correct the value" in text(pilot), "esc leads back to the offers"
        await press(pilot, "3")
        assert "▸ 3 Strike the read" in text(pilot), "where no figure is waited for, a digit takes an offer"

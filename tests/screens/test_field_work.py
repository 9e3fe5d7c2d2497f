"""Orders, seals and exchanges by real keys, from the account, from the meter and from a round."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from textual.pilot import Pilot

from tests.screen_text import screen_text
from tests.screens.office import DAY, settled, sitting
from tests.screens.test_run import due, rows
from tests.screens.test_states import press
from tests.services.office import admin
from ubtui.db.models.field import FieldOrder
from ubtui.screens.base import Place


def text(pilot: Pilot[Any]) -> str:
    return " ".join(screen_text(pilot.app).split())


def one_point(district: str) -> tuple[str, str]:
    """An account with one service point and no order out there, and that point."""
    [(account, point)] = rows(
        district,
        "SELECT a.number, MIN(p.number) FROM account a JOIN service s ON s.account_id = a.id AND s.to_on IS NULL"
        " JOIN service_point p ON p.id = s.point_id WHERE a.state = 'active' AND NOT EXISTS(SELECT 1 FROM field_order o"
        " WHERE o.point_id = p.id) AND NOT EXISTS(SELECT 1 FROM seal z WHERE z.point_id = p.id)"
        " GROUP BY a.number HAVING COUNT(*) = 1 ORDER BY a.number LIMIT 1",
    )
    return f"{account[:-1]}-{account[-1]}", point


async def opened(pilot: Pilot[Any], name: str, key: str) -> None:
    pilot.app.go(Place(name, key))  # type: ignore[attr-defined]
    await settled(pilot)


async def test_an_order_goes_out_with_three_keys_and_comes_in_with_five(district: str) -> None:
    account, point = one_point(district)
    async with sitting(district) as pilot:
        await opened(pilot, "account", account)
        await press(pilot, "O 3 f5")
        [(number, kind, state)] = rows(district, "SELECT number, kind, state FROM field_order ORDER BY id DESC LIMIT 1")
        assert (kind, state) == ("seal", "open") and number in text(pilot)
        await press(pilot, "I f5")
        assert rows(district, f"SELECT state FROM field_order WHERE number = '{number}'") == [("done",)]
        assert point


async def test_the_form_shows_what_the_order_will_be_and_its_kinds_narrow_by_letters(district: str) -> None:
    account, point = one_point(district)
    async with sitting(district) as pilot:
        await opened(pilot, "account", account)
        await press(pilot, "O 'ex'")
        shown = text(pilot)
        assert "‹ Exchange meter ›" in shown and f"order Exchange meter at {point}" in shown
        assert "due Monday Nov 30, in 3 office days" in shown, "Thanksgiving and the day after are closed"
        assert "on the crew's list with" in shown and "nothing here tells them" in shown
        before = rows(district, "SELECT COUNT(*) FROM field_order")
        await press(pilot, "enter backspace backspace '01' f5")  # November 1st, a Sunday, is past
        shown = text(pilot)
        assert "past" in shown and "refused" in shown and "Not as it stands" in shown
        assert rows(district, "SELECT COUNT(*) FROM field_order") == before
        await press(pilot, "backspace backspace '28'")
        assert "Saturday Nov 28, when the office is closed" in text(pilot)
        await press(pilot, "f5")
        [(number, kind, due)] = rows(district, "SELECT number, kind, due_on FROM field_order ORDER BY id DESC LIMIT 1")
        assert (kind, due) == ("exchange", "2026-11-28")
        await press(pilot, "I")
        shown = text(pilot)
        assert f"{number} Exchange meter" in shown or f"order Exchange meter at {point}, asked Nov 23 by ana" in shown
        assert "meter" in shown and "showed" in shown


async def test_nothing_goes_out_unseen_when_hands_are_faster_than_the_form(district: str) -> None:
    account, _ = one_point(district)
    async with sitting(district) as pilot:
        await opened(pilot, "account", account)
        before = rows(district, "SELECT COUNT(*) FROM field_order")
        await pilot.press("O", "u", "f5")  # to unseal what no seal is on
        await settled(pilot)
        assert "refused" in text(pilot) and rows(district, "SELECT COUNT(*) FROM field_order") == before


async def test_a_meter_is_sealed_with_six_keys(district: str) -> None:
    account, point = one_point(district)
    async with sitting(district) as pilot:
        await opened(pilot, "meter", point)
        await press(pilot, "M 2 '99177' f5")
        assert rows(district, "SELECT lock_state, rate_status FROM seal WHERE number = '99177'") == [
            ("locked", "sealed")
        ]
        assert "99177" in text(pilot), "the card shows it"
        assert account


async def test_what_was_typed_stays_while_it_is_refused(district: str) -> None:
    _, point = one_point(district)
    async with sitting(district) as pilot:
        await opened(pilot, "meter", point)
        await press(pilot, "M 3 f5")
        assert "is needed" in text(pilot)
        await press(pilot, "escape")
        await press(pilot, "I")
        assert "No order is open here." in text(pilot)


async def test_a_row_of_a_round_gets_its_order(district: str) -> None:
    points = due(district)
    async with sitting(district) as pilot:
        await press(pilot, "/ 'code:M03' enter enter")
        await press(pilot, "O f5")
        [(where,)] = rows(
            district,
            "SELECT p.number FROM field_order o JOIN service_point p ON p.id = o.point_id ORDER BY o.id DESC LIMIT 1",
        )
        assert where == points[0]


async def test_an_auditor_sends_nobody(district: str) -> None:
    account, _ = one_point(district)
    async with sitting(district, "dee") as pilot:
        await opened(pilot, "account", account)
        await press(pilot, "M")
        assert "does nothing at a meter" in text(pilot)


async def test_the_orders_are_a_key_away_and_each_result_two(district: str) -> None:
    account, point = one_point(district)
    async with sitting(district) as pilot:
        await opened(pilot, "account", account)
        await press(pilot, "O 3 f5 O 1 f5")
        await press(pilot, "g o")
        shown = text(pilot)
        assert shown.startswith("Field orders") and "Out " in shown
        await press(pilot, f"/ '{point}' enter")
        [first, second] = rows(district, "SELECT number, kind FROM field_order ORDER BY id DESC LIMIT 2")[::-1]
        listed = text(pilot)
        assert first[0] in listed and second[0] in listed
        await press(pilot, "down I f5")  # the second row's own order, not the point's first
        states = rows(district, "SELECT number, state FROM field_order ORDER BY id DESC LIMIT 2")[::-1]
        assert sorted(state for _, state in states) == ["done", "open"]
        await press(pilot, "x")
        assert "asked" in text(pilot) and "by ana" in text(pilot)
        await press(pilot, "escape enter")
        assert text(pilot).startswith("Meter") and point in text(pilot)


async def test_an_order_on_the_worklist_leads_to_its_own_meter(district: str) -> None:
    _, point = one_point(district)
    session = admin(district)
    with session.writing():
        id = session.value("SELECT id FROM service_point WHERE number = ?", [point])
        session.insert(
            FieldOrder, number="F-090000", kind="leak", point_id=id, asked_on=DAY - timedelta(days=9), asked_by="ana",
            due_on=DAY - timedelta(days=2),
        )  # fmt: skip
    session.database.close()
    async with sitting(district) as pilot:
        await press(pilot, "R / 'code:M08' enter")
        assert f"leak at {point} was due 2 days ago" in text(pilot)
        await press(pilot, "end m")
        shown = text(pilot)
        assert shown.startswith("Meter") and "SP-" in shown


async def test_an_exchange_shows_which_of_its_reads_cannot_be(district: str) -> None:
    _, point = one_point(district)
    async with sitting(district) as pilot:
        await opened(pilot, "meter", point)
        await press(pilot, "M")
        await press(pilot, "'exchange' enter")
        await press(pilot, "'badger' enter 'N-1' enter 'age of the meter' enter '1'")
        shown = text(pilot)
        assert "look at" in shown and "by the old meter" in shown


async def test_all_that_can_be_done_at_the_meter_is_in_view_with_its_digit(district: str) -> None:
    account, point = one_point(district)
    async with sitting(district) as pilot:
        await opened(pilot, "account", account)
        await press(pilot, "M")
        told = text(pilot)
        assert "1 The owner asks to seal or unseal 2 The seal is on 3 The seal is off" in told
        assert "7 Exchange the meter" in told and "Write down what the agency states" in told
        await press(pilot, "7")
        assert f"Exchange the meter, {point}" in text(pilot)

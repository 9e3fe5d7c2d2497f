"""A route typed in: two enters a read, the next open meter by itself, what is odd told before it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from msgspec import structs
from textual.events import Key
from textual.pilot import Pilot

from tests.screen_text import screen_text
from tests.screens.office import DAY, NOW, settled, sitting
from tests.screens.test_states import press
from tests.screens.test_typed_ahead import burst
from tests.services.test_routes import fill
from ubtui.act import Look
from ubtui.desk import Desk, Seat
from ubtui.domain.dates import FrozenClock
from ubtui.domain.errors import BadValue
from ubtui.screens.base import Place
from ubtui.screens.route import RouteScreen
from ubtui.services.orders import Create
from ubtui.services.reads.entering import Enter, Skip
from ubtui.services.reads.estimating import Estimate
from ubtui.services.reads.expecting import limits
from ubtui.services.reads.keyed import Day, typed
from ubtui.services.reads.routes import Stop, walk
from ubtui.widgets.line_input import ENTER_HELD_SECONDS, LineInput
from ubtui.widgets.rows import Row


async def on_route(pilot: Pilot[Any], code: str) -> RouteScreen:
    """The screen of a route, opened as the list of routes opens it."""
    pilot.app.go(Place("route", code))  # type: ignore[attr-defined]
    await settled(pilot)
    top = pilot.app.screen
    assert isinstance(top, RouteScreen)
    return top


async def say(pilot: Pilot[Any], text: str) -> None:
    """Type a line as hands do and press enter once."""
    top = pilot.app.screen
    top.query_one("#typed", LineInput).value = text
    await settled(pilot)
    await pilot.press("enter")
    await settled(pilot)


ROUTE = "301"  # monthly: its window is open today


def first_open(look: Look) -> Stop:
    """The first meter that has no read yet, and one before."""
    return next(stop for stop in walk(look, ROUTE) if stop.state == "open" and stop.prior is not None)


async def test_two_enters_a_read_and_the_cursor_goes_on(district: str) -> None:
    async with sitting(district) as pilot:
        desk = pilot.app.desk  # type: ignore[attr-defined]
        stop = desk.ask(first_open)
        assert stop.prior is not None and stop.last_on is not None
        open_before = [each.state for each in desk.ask(walk, ROUTE)].count("open")
        top = await on_route(pilot, ROUTE)
        assert top.stop == stop and f"{open_before} open" in screen_text(pilot.app)
        await say(pilot, "d 11-22")
        assert "typed as of Nov 22" in screen_text(pilot.app)
        await say(pilot, str(stop.prior - 1))
        told = screen_text(pilot.app)
        assert "below what is expected" in told and "held" in told and "enter keeps it" in told
        assert desk.ask(first_open) == stop, "shown is not kept"
        low, high = desk.ask(limits, stop)
        value = (2 * low + high) // 3
        await say(pilot, str(value))
        days = (date(2026, 11, 22) - stop.last_on).days
        told = screen_text(pilot.app)
        assert f"a day in {days} days" in told and "charge" in told and "fixed charge" in told and "tier 1" in told
        await pilot.press("enter")
        await settled(pilot)
        kept = next(each for each in desk.ask(walk, ROUTE) if each.register_id == stop.register_id)
        assert (kept.state, kept.value) == ("read", value)
        assert top.query_one("#typed", LineInput).value == ""
        assert top.stop == desk.ask(first_open), "the next meter without a read is under the cursor"
        assert f"{open_before - 1} open" in screen_text(pilot.app)


async def test_what_changes_after_it_was_shown_is_shown_again(district: str) -> None:
    async with sitting(district) as pilot:
        desk = pilot.app.desk  # type: ignore[attr-defined]
        stop = desk.ask(first_open)
        await on_route(pilot, ROUTE)
        await say(pilot, str((stop.prior or 0) + 1))
        await say(pilot, str((stop.prior or 0) + 2))
        assert desk.ask(first_open) == stop, "another number needs its own two enters"
        await pilot.press("down", "up")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert desk.ask(first_open) == stop, "so does a number after the cursor went elsewhere"


def open_ones(look: Look) -> list[tuple[str, str]]:
    """Point and a read that is expected there, of the meters without a read, in walk order."""
    found = [stop for stop in walk(look, ROUTE) if stop.state == "open" and stop.prior is not None]
    return [(stop.point, str((2 * low + high) // 3)) for stop in found if (low := (at := limits(look, stop))[0])
            is not None and (high := at[1]) is not None]  # fmt: skip


async def test_reads_that_come_in_one_rush_are_all_taken_each_at_its_meter(district: str) -> None:
    async with sitting(district) as pilot:
        desk = pilot.app.desk  # type: ignore[attr-defined]
        todo = desk.ask(open_ones)[:4]
        top = await on_route(pilot, ROUTE)
        await burst(pilot, *(key for _, value in todo for key in (*value, "enter", "enter")))
        await until(lambda: not top.line.value and not top.keys_wait)
        kept = {stop.point: stop.value for stop in desk.ask(walk, ROUTE) if stop.state == "read"}
        assert [str(kept.get(point)) for point, _ in todo] == [value for _, value in todo]


@pytest.mark.parametrize(
    ("wrong", "left", "told"),
    [("x{}", "x{}", "A read"), ("s", "s", "s and why"), ("d 2025-01-02", "d 2025-01-02", "lies")],
)
async def test_behind_a_line_that_is_not_taken_nothing_of_the_rush_is(
    district: str, wrong: str, left: str, told: str
) -> None:
    async with sitting(district) as pilot:
        desk = pilot.app.desk  # type: ignore[attr-defined]
        before, todo = desk.ask(walk, ROUTE), desk.ask(open_ones)[:2]
        top = await on_route(pilot, ROUTE)
        typed = [wrong.format(todo[0][1]), todo[1][1]]
        await burst(pilot, *(key for text in typed for key in (*text, "enter", "enter")))
        assert top.line.value == left.format(todo[0][1]) and told in top.said() and "was not taken" in top.said()
        assert desk.ask(walk, ROUTE) == before, "what was meant for another meter is not taken for this one"
        await asyncio.sleep(2 * ENTER_HELD_SECONDS)  # hands that have read what is said
        await say(pilot, todo[0][1])
        await pilot.press("enter")
        await settled(pilot)
        assert ("read", int(todo[0][1])) in {(stop.state, stop.value) for stop in desk.ask(walk, ROUTE)}


async def test_a_column_of_reads_with_one_enter_each_stops_at_the_first(district: str) -> None:
    async with sitting(district) as pilot:
        desk = pilot.app.desk  # type: ignore[attr-defined]
        before, todo = desk.ask(walk, ROUTE), desk.ask(open_ones)[:3]
        top = await on_route(pilot, ROUTE)
        await burst(pilot, *(key for _, value in todo for key in (*value, "enter")))
        assert top.line.value == todo[0][1] and "is not kept yet. What came behind it was not taken" in top.said()
        assert "enter keeps it" in screen_text(pilot.app) and desk.ask(walk, ROUTE) == before


async def test_keys_behind_an_enter_that_waits_for_another_seat_are_refused_and_said(district: str) -> None:
    async with sitting(district) as pilot:
        desk = pilot.app.desk  # type: ignore[attr-defined]
        (_, value), *_ = desk.ask(open_ones)
        top = await on_route(pilot, ROUTE)
        await say(pilot, value)
        gate, asked = asyncio.Event(), top.perform

        async def held(*of: Any, **how: Any) -> Any:
            await gate.wait()
            return await asked(*of, **how)

        top.perform = held  # type: ignore[method-assign]
        pilot.app.post_message(Key("enter", "\r"))
        pilot.app.post_message(Key("7", "7"))  # a second later the line is asked, and does not take it
        await until(lambda: "still being kept" in top.said())
        assert top.line.value == value
        gate.set()
        await until(lambda: not top.keys_wait)
        assert top.line.value == "" and "was not taken" in top.said() and value in top.said().replace(",", "")


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what comes, ten seconds at most."""
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_a_skip_tells_why_and_goes_on(district: str) -> None:
    async with sitting(district) as pilot:
        desk = pilot.app.desk  # type: ignore[attr-defined]
        stop = desk.ask(first_open)
        await on_route(pilot, ROUTE)
        await say(pilot, "s")
        assert "no-access, locked-gate, dog" in screen_text(pilot.app)
        await say(pilot, "s dog beware")
        await pilot.press("enter")
        await settled(pilot)
        kept = next(each for each in desk.ask(walk, ROUTE) if each.register_id == stop.register_id)
        assert (kept.state, kept.why) == ("skipped", "dog")
        await say(pilot, "")
        await say(pilot, "e")
        await pilot.press("enter")
        await settled(pilot)
        assert "estimated" in [each.state for each in desk.ask(walk, ROUTE)]


async def test_a_route_of_many_pages_is_read_page_by_page(district: str) -> None:
    with Desk(district, Seat("ana"), clock=FrozenClock(DAY, NOW)) as desk:
        fill(desk, 100_001, 330, ROUTE)
        whole = desk.ask(walk, ROUTE)
        with desk.session.writing():
            desk.session.load(
                "read_skip", ["point_id", "period", "skipped_on", "why", "by_staff", "at"],
                [(id, whole[0].period, "2026-11-20", "dog", "ana", NOW) for (id,) in desk.session.rows(
                    "SELECT p.id FROM service_point p JOIN route t ON t.id = p.route_id WHERE t.code = ?"
                    " AND p.number NOT IN (?, ?)", [ROUTE, whole[2].point, whole[300].point])],
            )  # fmt: skip
        places = [place for place, stop in enumerate(desk.ask(walk, ROUTE)) if stop.state == "open"]
    assert places[0] == 2 and 299 <= places[-1] <= 301
    async with sitting(district) as pilot:
        top = await on_route(pilot, ROUTE)
        desk = pilot.app.desk  # type: ignore[attr-defined]
        asked: list[int] = []
        of, rows = top.source, top.source.rows

        async def noted(ids: Sequence[int]) -> Mapping[int, Row]:
            asked.append(len(ids))
            return await rows(ids)

        of.rows = noted  # type: ignore[method-assign]
        assert (top.walk.cursor, len(top.walk.ids)) == (2, len(whole)) and len(of.stops) <= 200, "the first pages only"
        told = screen_text(pilot.app)
        assert f"{len(places)} open" in told and f"{len(whole) - len(places)} skipped" in told
        await say(pilot, "")
        assert top.walk.cursor == places[1], "the next open one, pages further"
        assert top.stop == desk.ask(walk, ROUTE)[places[1]]
        stop, place = top.stop, top.walk.cursor
        await pilot.press(*["up"] * 2, "pageup")
        await settled(pilot)
        assert top.walk.cursor < 300 < place + 2 and top.stop == desk.ask(walk, ROUTE)[top.walk.cursor]
        await pilot.press("pagedown", *["down"] * 2)
        await settled(pilot)
        assert top.stop == stop and stop.point in screen_text(pilot.app)
        asked.clear()
        await say(pilot, "5")
        await pilot.press("enter")
        await settled(pilot)
        kept = desk.ask(walk, ROUTE)[place]
        assert kept.state == "read" and top.source.stops[kept.register_id] == kept
        assert f"{len(places) - 1} open" in screen_text(pilot.app) and "1 read" in screen_text(pilot.app)
        assert top.walk.cursor == (places[2:] or places)[0], "from the top again behind the last one"
        assert max(asked) <= 2, "a read that was kept reads its row again, not the route"


async def test_the_list_of_routes_opens_one(district: str) -> None:
    async with sitting(district) as pilot:
        await press(pilot, "g r")
        assert "Read day" in screen_text(pilot.app) and ROUTE in screen_text(pilot.app)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, RouteScreen)
        await press(pilot, "escape")
        assert "Read day" in screen_text(pilot.app)


async def test_one_line_says_everything(district: str) -> None:
    async with sitting(district) as pilot:
        stop = pilot.app.desk.ask(first_open)  # type: ignore[attr-defined]
    today, point = date(2026, 11, 23), stop.point
    read = Enter(point=point, value=123, meter=f"{stop.maker}/{stop.serial}", register=1)
    assert typed(" 123 ", stop, None, today) == read
    skip = Skip(point=point, period=stop.period, why="locked-gate", note="blue gate", on=today)
    assert typed("s loc blue gate", stop, today, today) == skip
    guess = Estimate(point=point, period=stop.period, reason="estimated on the route: no read could be taken")
    assert typed("e", stop, None, today) == guess
    assert typed("e 34 the owner says so", stop, None, today) == structs.replace(
        guess, use=34, reason="the owner says so"
    )
    assert typed("e class", stop, None, today) == structs.replace(guess, method="class")
    assert typed("e snow", stop, None, today) == structs.replace(guess, reason="snow")
    with pytest.raises(BadValue, match="e 34: so many"):
        typed("e x", stop, None, today)
    reread = typed("r the lid is under gravel", stop, None, today)
    assert isinstance(reread, Create) and (reread.kind, reread.due_on) == ("reread", date(2026, 11, 24))
    assert typed("d 11-20", stop, None, today) == Day(date(2026, 11, 20))
    assert typed("d 12-28", stop, None, today) == Day(date(2025, 12, 28))
    assert typed("d 2026-11-20", stop, None, today) == Day(date(2026, 11, 20))
    for wrong in ("12a", "1 2", "s", "s n", "d", "d 02-30", "d 2026-11-24", "x", "-5", "9" * 13):
        with pytest.raises(BadValue):
            typed(wrong, stop, None, today)


async def test_a_day_far_back_is_told_and_asked_for_once_more(district: str) -> None:
    async with sitting(district) as pilot:
        top = await on_route(pilot, ROUTE)
        await say(pilot, "d 12-16")
        assert "2025-12-16 lies 342 days back: enter again if the reads are of that day." in screen_text(pilot.app)
        assert top.on is None
        await say(pilot, "d 12-17")
        assert "2025-12-17 lies 341 days back" in screen_text(pilot.app) and top.on is None, "another day, asked anew"
        await pilot.press("enter")
        await settled(pilot)
        assert top.on == date(2025, 12, 17)

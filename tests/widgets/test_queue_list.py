"""The long list: what it shows, where the cursor goes, what it counts, and that no source can hold it up."""
# Length: one widget whose keys, pages and strips share one cursor.

from __future__ import annotations

import random
import tracemalloc
from array import array
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.scale import scaled
from tests.screen_text import screen_styles, screen_text
from tests.widgets.desk_app import HOSTILE, DeskApp, Gated, Numbers
from ubtui.domain.text import cell_width, clean_text
from ubtui.widgets.pages import KEPT
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column, ListSource, Query, Row, arrange

SIZE = (80, 24)


async def settle(pilot: Pilot[Any], view: QueueList) -> None:
    await view.wait_settled()
    await pilot.pause()


def lines(app: DeskApp) -> list[str]:
    return screen_text(app).split("\n")


@pytest.mark.parametrize("n", [0, 1, 10, 99, 100, 101, 1_000, 1_000_000])
async def test_any_length_opens_counts_and_ends(n: int) -> None:
    view = QueueList(Numbers(n), empty="Nothing is wrong today.")
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        assert len(view.ids) == n
        assert view.complete
        assert view.counts() == (f"all {n:,} shown" if n else "none")
        await pilot.press("end")
        await settle(pilot, view)
        if n:
            assert view.current_id == n
            assert f"Item {n} " in next(line for line in lines(app) if line.startswith("▸"))
            await pilot.press("enter")
            assert [message.id for message in app.heard(QueueList.Chosen)] == [n]
        else:
            assert "Nothing is wrong today." in lines(app)[1]


async def test_a_million_ids_hold_little_memory() -> None:
    async def held(n: int) -> int:
        source = Numbers(n)
        view = QueueList(source)
        async with DeskApp(view).run_test(size=SIZE) as pilot:
            await settle(pilot, view)
            for _ in range(30):
                await pilot.press("pagedown")
            await settle(pilot, view)
            assert view._pages.held() <= KEPT
            return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        small = await held(1_000)
        large = await held(1_000_000)
    finally:
        tracemalloc.stop()
    assert large - small <= 10_000_000


async def test_first_page_paints_while_counting_and_end_waits_for_the_ids() -> None:
    source = Gated(5_000, closed=["ids"])
    view = QueueList(source)
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "Item 1 " in screen_text(app)
        assert view.counts() == "first 100 shown, counting…"
        await pilot.press("j", "j", "end")
        assert view.current_id == 100
        source.gates["ids"].set()
        await settle(pilot, view)
        assert view.counts() == "all 5,000 shown"
        assert view.current_id == 5_000


async def test_a_slow_source_never_holds_a_key() -> None:
    source = Gated(5_000, closed=["rows"])
    view = QueueList(source)
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for _ in range(20):
            await pilot.press("pagedown")
        await pilot.pause()
        assert view.cursor == 20 * 23
        here = next(line for line in lines(app) if line.startswith("▸"))
        assert here.strip() == "▸  …"
        source.gates["rows"].set()
        await settle(pilot, view)
        assert f"Item {view.current_id} " in next(line for line in lines(app) if line.startswith("▸"))
        assert len(source.asked_rows) <= 500  # what was passed by is not asked for


async def test_the_page_is_turned_by_half_at_the_edge() -> None:
    view = QueueList(Numbers(1_000))
    app = DeskApp(view)
    async with app.run_test(size=(80, 11)) as pilot:  # ten rows
        await settle(pilot, view)
        tops = []
        for _ in range(25):
            await pilot.press("j")
            tops.append(view.scroll_offset.y)
        assert sorted(set(tops)) == [0, 5, 10, 15, 20][: len(set(tops))]
        assert len(set(tops)) == 5
        assert view.cursor == 25
        for _ in range(25):
            await pilot.press("up")
        assert (view.cursor, view.scroll_offset.y) == (0, 0)
        await pilot.press("up", "home")
        assert view.cursor == 0
        await pilot.press("j", "j", "pagedown")
        assert (view.cursor, view.scroll_offset.y) == (12, 10)
        await pilot.press("pageup", "pageup")
        assert (view.cursor, view.scroll_offset.y) == (0, 0)


async def test_a_cursor_key_inside_a_page_paints_two_lines() -> None:
    view = QueueList(Numbers(1_000))
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        painted: list[int] = []
        render_line = view.render_line
        view.render_line = lambda y: painted.append(y) or render_line(y)  # type: ignore[method-assign,func-returns-value]
        await pilot.press("j")
        await pilot.pause()
        assert painted == [1, 2]


async def test_marks_are_kept_by_id_and_counted_also_when_hidden() -> None:
    view = QueueList(Numbers(300))
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        await pilot.press("space", "j", "space", "j", "space", "space")
        assert view.marks == (1, 2)
        assert view.counts() == "all 300 shown · 2 marked"
        view.filter("2")
        await settle(pilot, view)
        assert view.marks == (1, 2)
        assert view.counts() == "150 of 300 shown, filtered: 2 · 2 marked, 1 of them not shown"
        assert lines(app)[1].startswith("▸* ")
        view.clear_marks()
        assert view.counts() == "150 of 300 shown, filtered: 2"


async def test_sort_reverse_and_filter_keep_the_cursor_on_its_id() -> None:
    view = QueueList(Numbers(2_000))
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        view.move_to(29)
        assert view.current_id == 30
        view.reverse()
        await settle(pilot, view)
        assert (view.current_id, view.cursor) == (30, 1_970)
        assert "Item 30 " in next(line for line in lines(app) if line.startswith("▸"))
        assert view.counts() == "all 2,000 shown · reversed"
        view.sort("who")
        await settle(pilot, view)
        assert (view.current_id, view.cursor) == (30, 1_970)
        view.filter("3")
        await settle(pilot, view)
        assert view.current_id == 30
        view.filter("7")
        await settle(pilot, view)
        assert view.cursor == 0
        assert view.counts() == "285 of 2,000 shown, filtered: 7 · by Who / where"
        for _ in range(len(view.source.columns) - 3):
            view.sort()
        assert view.asked == Query("7", None, False)


async def test_a_stale_answer_is_ignored() -> None:
    source = Gated(500, closed=["first"])
    view = QueueList(source)
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        view.filter("5")
        view.filter("50")
        source.gates["first"].set()
        await settle(pilot, view)
        assert list(view.ids) == list(range(50, 501, 50))

        kept = view._generation
        await view._load(kept - 1, [7])
        assert view.row(7) is None


async def test_an_empty_answer_says_so_however_late_its_count_comes() -> None:
    source = Gated(500, closed=["total"])
    view = QueueList(source)
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        view.filter("501")
        await pilot.pause(0.05)
        assert "reading…" in screen_text(app)
        source.gates["total"].set()
        await settle(pilot, view)
        assert "Nothing matches the filter." in screen_text(app) and "reading…" not in screen_text(app)


async def test_rows_of_an_older_query_that_arrive_late_are_ignored() -> None:
    source = Gated(5_000, closed=["rows"])
    view = QueueList(source)
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("end")
        late = view._spawn(view._load(view._generation, [4_999]))
        view.filter("10")
        source.gates["rows"].set()
        await settle(pilot, view)
        assert late.done()
        assert view.row(4_999) is None


async def test_fixed_items_vanish_and_the_cursor_comes_to_the_next() -> None:
    view = QueueList(Numbers(1_000))
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        view.move_to(4)
        view.mark(5)
        view.drop([5])
        await settle(pilot, view)
        assert view.current_id == 6
        assert view.marks == ()
        assert view.counts() == "all 999 shown"
        view.drop(range(1, 21))
        await settle(pilot, view)
        assert (view.current_id, view.cursor) == (21, 0)
        assert "Item 21 " in lines(app)[1]
        assert view.counts() == "all 980 shown"


async def test_drop_counts_places_above_the_cursor_once() -> None:
    for many in (2, 12):
        view = QueueList(Numbers(100))
        async with DeskApp(view).run_test(size=SIZE) as pilot:
            await settle(pilot, view)
            view.move_to(49)
            view.drop(range(10, 10 + many))
            assert view.current_id == 50


async def test_reload_keeps_the_place_and_forgets_what_is_new() -> None:
    source = Numbers(1_000)
    view = QueueList(source)
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        view.move_to(500)
        view.changed = 12
        assert view.counts() == "all 1,000 shown · 12 new"
        assert app.heard(QueueList.Counted) == [] or app.heard(QueueList.Counted)[-1].text != "12 new"
        source.n = 1_012
        view.reload()
        assert view.current_id == 501
        await settle(pilot, view)
        assert (view.current_id, view.counts()) == (501, "all 1,012 shown")


async def test_an_answer_on_its_way_does_not_move_the_cursor_back() -> None:
    source = Gated(1_000)
    view = QueueList(source)
    async with DeskApp(view).run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        view.move_to(500)
        source.gates["ids"].clear()
        view.reload()
        await pilot.press("j", "j")
        assert view.current_id == 503
        source.gates["ids"].set()
        await settle(pilot, view)
        assert (view.current_id, view.cursor) == (503, 502)


async def test_one_row_is_read_again_and_a_gone_one_says_so() -> None:
    source = Numbers(10)
    view = QueueList(source)
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        source.text = "Vale {}".format
        view.refresh_row(3)
        source.missing = {4}
        view.refresh_row(4)
        await settle(pilot, view)
        assert "Vale 3" in lines(app)[3]
        assert "Vale" not in lines(app)[2]
        assert "no longer there" in lines(app)[4]


class Broken(Numbers):
    """Fails where told."""

    failing = "first"

    async def first(self, query: Query, n: int) -> Any:
        if self.failing == "first" or query.filter == "13":
            raise RuntimeError("SELECT secret")
        return await super().first(query, n)

    async def rows(self, ids: Any) -> Any:
        if self.failing == "rows":
            fault = RuntimeError()
            fault.sentence = "The database is busy; press r."  # type: ignore[attr-defined]
            raise fault
        return await super().rows(ids)


async def test_a_failure_is_one_sentence_and_another_try_works() -> None:
    source = Broken(500)
    view = QueueList(source)
    app = DeskApp(view)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        [failed] = app.heard(QueueList.Failed)
        assert failed.sentence == "The list could not be read (RuntimeError). Press r to try again."
        assert "could not be read" in screen_text(app)
        assert "secret" not in screen_text(app)
        assert view.counts() == "not read"
        source.failing = "rows"
        view.ask(Query())
        await settle(pilot, view)
        await pilot.press("end")
        await settle(pilot, view)
        assert "could not be read" in next(line for line in lines(app) if line.startswith("▸"))
        assert {message.sentence for message in app.heard(QueueList.Failed)[1:]} == {"The database is busy; press r."}
        source.failing = ""
        view.reload()
        await settle(pilot, view)
        assert "Item 500 " in next(line for line in lines(app) if line.startswith("▸"))
        view.filter("13")  # what is shown stays the answer to the query before, and says so
        await settle(pilot, view)
        assert view.asked == Query()
        assert view.counts() == "all 500 shown"


async def test_hostile_text_is_literal_and_inert() -> None:
    source = ListSource(
        (Column("n", "[b]N", 3), Column("text", "[@click=app.quit()]Text")),
        {number: Row((str(number), text), "danger") for number, text in enumerate(HOSTILE)},
    )
    view = QueueList(source)
    app = DeskApp(view)
    async with app.run_test(size=(120, 24)) as pilot:
        await settle(pilot, view)
        shown = screen_text(app)
        assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in shown)
        assert "[@click=app.quit()]Text" in shown
        for text in HOSTILE[:5]:
            assert text in shown
        for line, text in zip(lines(app)[1:], HOSTILE, strict=False):
            assert clean_text(text)[:60] in line
            assert cell_width(line) <= 120
        assert not any("click" in style for style in screen_styles(app))
        await pilot.click(view, offset=(10, 4))
        assert app.is_running


async def test_a_resize_storm() -> None:
    view = QueueList(Numbers(5_000))
    app = DeskApp(view)
    dice = random.Random(7)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot, view)
        view.move_to(2_500)
        for _ in range(scaled(30_000, least=300)):
            await pilot.resize_terminal(dice.randint(1, 300), dice.randint(1, 100))
            assert view.scroll_offset.y <= view.cursor < view.scroll_offset.y + max(1, view.size.height - 1)
        await pilot.resize_terminal(*SIZE)
        await settle(pilot, view)
        assert view.current_id == 2_501
        assert "Item 2501 " in next(line for line in lines(app) if line.startswith("▸"))


def test_columns_are_dropped_by_priority_and_flexible_ones_share() -> None:
    columns = Numbers(1).columns
    assert [column.key for _, column, _ in arrange(columns, 110)] == ["pri", "item", "account", "who", "why"]
    assert [column.key for _, column, _ in arrange(columns, 48)] == ["pri", "item", "account", "who"]
    assert [column.key for _, column, _ in arrange(columns, 40)] == ["pri", "item", "who"]
    assert [column.key for _, column, _ in arrange(columns, 5)] == ["pri", "item", "who"]
    for width in range(37, 200):
        assert sum(cells for _, _, cells in arrange(columns, width)) + len(arrange(columns, width)) - 1 == width


def test_only_the_last_column_grows_beyond_what_the_eye_follows() -> None:
    columns = (Column("told", "Told"), Column("who", "Who", 20, grow=1), Column("money", "Money", 10, "right"))
    assert [cells for _, _, cells in arrange(columns, 200)] == [48, 60, 10]
    assert [cells for _, _, cells in arrange(columns[2:] + columns[:2], 200)] == [10, 48, 140]


async def test_a_list_in_memory_filters_by_words_and_sorts() -> None:
    source = ListSource((Column("a", "A"),), {1: Row(("Ortiz Ana",)), 2: Row(("vale",)), 3: Row(("ana",))})
    assert await source.ids(Query("ana")) == array("q", [1, 3])
    assert await source.ids(Query(sort="a")) == array("q", [3, 1, 2])
    assert await source.ids(Query(sort="a", reverse=True)) == array("q", [2, 1, 3])

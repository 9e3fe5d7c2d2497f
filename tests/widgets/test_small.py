"""Status line, hints, panel, sparkline, themes, and the sentence for a window too small."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual.pilot import Pilot

from tests.screen_text import screen_styles, screen_text
from tests.widgets.desk_app import HOSTILE, DeskApp, Numbers
from ubtui import keys
from ubtui.domain.text import cell_width, clean_text
from ubtui.widgets import theme
from ubtui.widgets.hint_bar import HintBar, hint_line
from ubtui.widgets.panel import Line, Panel, before_after, wrapped
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.sparkline import Sparkline, sparkline
from ubtui.widgets.status_bar import StatusBar, two_sides
from ubtui.widgets.too_small import TooSmall, too_small


@given(st.text(), st.text(), st.integers(0, 200))
def test_two_sides_fill_the_line_exactly(left: str, right: str, width: int) -> None:
    assert cell_width(two_sides(clean_text(left), clean_text(right), width)) == width


@example(" 00", 2)
@example(" 000", 2)
@given(st.text(), st.integers(2, 60))
def test_wrapped_text_loses_no_letter_and_fits(text: str, width: int) -> None:
    cleaned = clean_text(text)
    pieces = wrapped(cleaned, width)
    assert "".join(pieces).replace(" ", "") == cleaned.replace(" ", "")
    assert all(cell_width(piece) <= width for piece in pieces)
    assert pieces[0].startswith(" ") or not cleaned.startswith(" ")


def test_hints_are_cut_at_whole_labels_and_keep_help() -> None:
    pairs = keys.hints("worklist")
    full = "enter fix  c claim  w wait  space mark  / filter  ? help"
    assert hint_line(pairs, 80) == full
    for width in range(80):
        line = hint_line(pairs, width)
        assert cell_width(line) <= width
        assert line == "" or all(word in full.split("  ") for word in line.split("  "))
        assert line == "" or line.endswith("? help")
    assert hint_line(pairs, 6) == "? help"


def test_before_and_after_stand_right_aligned() -> None:
    assert before_after([("Balance", "1,204.50", "1,079.50"), ("Due", "0.00", "0.00")]) == (
        Line("Balance", "1,204.50 → 1,079.50", "accent", "before 1,204.50, after 1,079.50"),
        Line("Due", "    0.00 →     0.00", None, "before 0.00, after 0.00"),
    )


def test_a_sparkline_tells_nothing_known_from_nothing_used() -> None:
    assert sparkline([None, 0, 1, 4, 8, -2]) == "·_▁▄█-"
    assert sparkline([]) == ""
    assert sparkline([None, None]) == "··"
    assert sparkline(range(100), width=24) == sparkline(range(100))[-24:]
    assert sparkline([5, 5], 0) == ""


@given(st.lists(st.none() | st.integers(-(10**12), 10**12)))
def test_a_sparkline_is_one_cell_a_value_and_rises_with_it(values: list[int | None]) -> None:
    line = sparkline(values)
    assert len(line) == len(values)
    ranked = [(value, ord(c)) for value, c in zip(values, line, strict=True) if value is not None and value > 0]
    assert all(high >= low for (_, low), (_, high) in zip(sorted(ranked), sorted(ranked)[1:], strict=False))


@pytest.mark.parametrize("theme_name", [theme.NORMAL, theme.LEAN, "textual-dark"])
async def test_hostile_text_is_literal_in_panel_and_status_bar(theme_name: str) -> None:
    for text in HOSTILE:
        panel = Panel([(text, text), Line("Read", text, "danger")], title=text)
        app = DeskApp(StatusBar(text, text[:5]), panel, HintBar(keys.hints("worklist")), theme_name=theme_name)
        async with app.run_test(size=(80, 24)) as pilot:
            panel.show([(text, text), ("Again", text), Line("Read", text, "warning")], title=text)
            app.query_one(StatusBar).say(left=text)
            app.query_one(HintBar).say(text)
            await pilot.pause()
            shown = screen_text(app)
            assert clean_text(text)[:20].rstrip() in shown
            assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in shown)
            assert not any("click" in style for style in screen_styles(app))


async def test_a_panel_tells_that_it_has_more() -> None:
    panel = Panel([("read", str(n)) for n in range(9)], title="Reads")
    panel.styles.height = 4
    app = DeskApp(panel)
    async with app.run_test(size=(80, 24)) as pilot:
        assert screen_text(app).split("\n")[:5] == [" Reads", " read  0", " read  1", " read  2 …", ""]
        panel.styles.height = "auto"
        await pilot.pause()
        assert " read  8" in screen_text(app) and "…" not in screen_text(app)


async def test_a_window_too_small_says_so_and_a_larger_one_goes_on() -> None:
    assert too_small(80, 24) is None
    view = QueueList(Numbers(50))
    app = DeskApp(view, TooSmall())
    async with app.run_test(size=(60, 20)) as pilot:
        await view.wait_settled()
        await pilot.pause()
        assert "This window is 60x20; the desk needs 80x24." in " ".join(screen_text(app).split())
        assert "Item 1 " not in screen_text(app)
        await pilot.resize_terminal(80, 24)
        await drawn(pilot, "Item 1 ")
        assert "This window" not in screen_text(app)
        await pilot.resize_terminal(80, 23)
        await drawn(pilot, "This window")


async def drawn(pilot: Pilot[Any], text: str) -> None:
    """Wait until the screen shows this: after a new size it is drawn a little later."""
    for _ in range(1_000):
        if text in screen_text(pilot.app):
            return
        await pilot.pause(0.01)
    raise AssertionError(screen_text(pilot.app))


async def test_a_resize_storm_over_every_widget() -> None:
    app = DeskApp(
        StatusBar("Worklist  Mon Nov 23", "ana · technician"), QueueList(Numbers(300)),
        Panel([("Read", "8,214 under 8,412 " * 5)], title="Evidence"), Sparkline(range(24)),
        HintBar(keys.hints("worklist")), TooSmall(),
    )  # fmt: skip
    dice = random.Random(3)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(100):
            await pilot.resize_terminal(dice.randint(1, 300), dice.randint(1, 100))
        await pilot.resize_terminal(80, 24)
        await drawn(pilot, "Worklist  Mon Nov 23")
        await drawn(pilot, "enter fix  c claim")


def test_colours_stand_in_the_theme_only() -> None:
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b|\bansi_|\brgb\(|\b(?:red|green|blue|yellow|cyan|magenta|white|black)\b")
    folder = theme.styles_folder()
    package = theme.Path(theme.__file__).parent
    for path in [*folder.glob("*.tcss"), *(path for path in package.glob("*.py") if path.name != "theme.py")]:
        text = re.sub(r"query_one\([^)]*\)|#wrong-", "", path.read_text())
        assert literal.search(text) is None, path


def test_the_lean_theme_is_chosen_by_the_terminal() -> None:
    assert theme.choose_theme({"COLORTERM": "truecolor"}) == theme.NORMAL
    for environ in ({}, {"COLORTERM": "truecolor", "SSH_CONNECTION": "a"}, {"COLORTERM": "24bit", "NO_COLOR": ""}):
        assert theme.choose_theme(environ) == theme.LEAN


async def test_no_color_leaves_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    view = QueueList(Numbers(50))
    app = DeskApp(StatusBar("Worklist", "ana"), view, HintBar(keys.hints("worklist")), theme_name=theme.LEAN)
    async with app.run_test(size=(80, 24)) as pilot:
        await view.wait_settled()
        await pilot.pause()
        colours = {
            colour.name
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour is not None
        }
        assert colours <= {"default"}

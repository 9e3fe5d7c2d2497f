"""The wire layer: the terminal shows what whole frames would show, for fewer bytes."""
# Length: the screen that judges stands beside the frames that it judges.

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyte
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from textual import events
from textual.app import ComposeResult
from textual.widgets import Label

import tests.pty as terminal
from tests.widgets.desk_app import Numbers
from ubtui.widgets import theme, wire
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.wire.cells import PLAIN, change, restyled
from ubtui.widgets.wire.grid import Grid
from ubtui.widgets.wire.parser import Parser

ROOT = Path(__file__).parents[2]

# The screen that judges: pyte, with faint and links, which it lacks, and not losing what follows a joiner

Inked = namedtuple("Inked", (*pyte.screens.Char._fields, "faint", "link"))  # type: ignore[misc]
LINK = re.compile(r"(\x1b\]8;[^\x1b]*\x1b\\)")
SEEN_ON_A_BLANK = ("underscore", "strikethrough", "reverse", "blink", "link")


class Judge(terminal._Screen):
    """A terminal of its own, fed with text."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self.stream = terminal._Stream(self)
        self.feed("\x1b[?7l")

    @property
    def default_char(self) -> Any:
        return Inked(*super().default_char, faint=False, link="")

    def reset(self) -> None:
        super().reset()
        self.cursor.attrs = self.default_char

    def select_graphic_rendition(self, *codes: int, **_: object) -> None:
        faint, link = self.cursor.attrs[-2:]
        super().select_graphic_rendition(*codes)
        rest = iter(codes or (0,))
        for code in rest:
            if code in (38, 48):
                [next(rest) for _ in range({5: 1, 2: 3}[next(rest)])]
            faint = {0: False, 2: True, 22: False}.get(code, faint)
        self.cursor.attrs = self.cursor.attrs._replace(faint=faint, link=link)  # type: ignore[call-arg]

    def draw(self, data: str) -> None:
        for char in data:
            super().draw(char)
        self.last = data[-1:] or self.last

    def delete_lines(self, count: int | None = None) -> None:
        # pyte leaves a line as it is when the one that should come there was never written
        _ = [self.buffer[y] for y in range(self.lines)]
        super().delete_lines(count)

    def feed(self, data: str) -> None:
        for part in LINK.split(data):
            if part.startswith("\x1b]8;"):
                link = part[4:-2].partition(";")[2]
                self.cursor.attrs = self.cursor.attrs._replace(link=link)  # type: ignore[call-arg]
            else:
                self.stream.feed(terminal.UNSEEN.sub(b"", part.encode()))

    def seen(self) -> list[list[tuple[Any, ...]]]:
        """Each cell as a person sees it: on a bare blank only the ground shows."""
        return [[_visible(self.buffer[y][x]) for x in range(self.columns)] for y in range(self.lines)]

    def place(self) -> tuple[int, int]:
        return min(self.cursor.x, self.columns - 1), self.cursor.y


def _visible(char: Any) -> tuple[Any, ...]:
    if char.data == " " and not any(getattr(char, name) for name in SEEN_ON_A_BLANK):
        return (" ", char.bg)
    return tuple(char)


# Frames as Textual paints them

GLYPHS = ("a", "b", "0", " ", " ", " ", "─", "…", "é", "水", "가")
ODD = (*GLYPHS, "e\u0301", "😀")
WIDTH = {"水": 2, "가": 2, "😀": 2, "": 0}
CODES = ("", "", "1", "2", "1;2", "3", "4;31", "7", "9;92", "38;5;200", "48;2;1;2;3", "1;33;44", "39;49", "48;5;7;2")
LINKS = ("", "", "", "id=1;https://a.example/", "id=2;https://b.example/")
Line = list[tuple[str, str, str]]  # of glyph, codes, link; an empty glyph is the second half of a wide one


def random_line(random: Random, width: int) -> Line:
    line: Line = []
    glyphs, blanks = random.choice((GLYPHS, GLYPHS, ODD)), random.choice((0.3, 0.9))
    while len(line) < width:
        codes, link = random.choice(CODES), random.choice(LINKS)
        for _ in range(random.choice((1, 2, 5, 20))):
            glyph = " " if random.random() < blanks else random.choice(glyphs)
            room = width - len(line)
            if room and WIDTH.get(glyph, 1) <= room:
                line.append((glyph, codes, link))
                line.extend([("", codes, link)] * (WIDTH.get(glyph, 1) - 1))
    return line


def painted(y: int, x: int, line: Line) -> str:
    """Part of a line as Textual writes it."""
    out = [f"\x1b[{y + 1};{x + 1}H"]
    at = 0
    while at < len(line):
        end = at
        while end < len(line) and line[end][1:] == line[at][1:]:
            end += 1
        text = "".join(glyph for glyph, _, _ in line[at:end])
        codes, link = line[at][1:]
        text = f"\x1b[{codes}m{text}\x1b[0m" if codes else text
        out.append(f"\x1b]8;{link}\x1b\\{text}\x1b]8;;\x1b\\" if link else text)
        at = end
    return "".join(out)


def whole(lines: list[Line], cursor: tuple[int, int]) -> str:
    body = "\n".join(painted(y, 0, line) for y, line in enumerate(lines))
    return body + f"\x1b[{cursor[1] + 1};{cursor[0] + 1}H"


def part(before: list[Line], after: list[Line], spans: list[tuple[int, int, int]], cursor: tuple[int, int]) -> str:
    """What Textual writes of the changed spans; a span never cuts a wide glyph of either frame in two."""
    body = []
    for y, start, end in spans:
        while start and "" in (before[y][start][0], after[y][start][0]):
            start -= 1
        while end < len(after[y]) and "" in (before[y][end][0], after[y][end][0]):
            end += 1
        body.append(painted(y, start, after[y][start:end]))
        before[y][start:end] = after[y][start:end]
    return "\n".join(body) + f"\x1b[{cursor[1] + 1};{cursor[0] + 1}H"


QUIET = ("\x07", "\x1b]0;title\x07", "\x1b]52;c;aGVsbG8=\x07", "\x1b[?25l", "\x1b[?1000h\x1b[?1003h", "\x1b[>25u")
UPSET = ("\x1b[2J", "\x1b[?1049h", "\x1b[3;5Hx\ty", "\x1b[2;2r\x1b[2H\x1b[M\x1b[r", "\x1b[1;31mred")
KINDS = st.sampled_from(("whole", "part", "part", "scroll", "scroll", "shift", "quiet", "upset", "resize", "repaint"))


def frames(random: Random, steps: list[str], judges: tuple[Judge, Judge], grid: Grid) -> Iterator[str]:
    """Feed the judges, the first with all that is painted and the second through the grid; yields after each step."""
    columns, height = judges[0].columns, judges[0].lines
    lines = [random_line(random, columns) for _ in range(height)]

    def send(data: str) -> None:
        judges[0].feed(data)
        judges[1].feed(grid.take(data))

    def cursor() -> tuple[int, int]:
        return random.randrange(columns), random.randrange(height)

    send(whole(lines, cursor()))
    yield "first"
    for kind in steps:
        wanted = [list(line) for line in lines]
        if kind == "whole":
            for y in random.sample(range(height), random.randint(0, height)):
                wanted[y] = random_line(random, columns)
            send(whole(wanted, cursor()))
            lines = wanted
        elif kind in ("part", "shift"):
            spans = []
            for y in sorted(random.sample(range(height), random.randint(1, height))):
                wanted[y] = random_line(random, columns)
                if kind == "shift":
                    wanted[y] = [(" ", "", "")] * random.randrange(columns) + lines[y]
                    wanted[y] = [*wanted[y][: columns - 1], ("|", "", "")]
                    wanted[y] = wanted[y] if wanted[y][0][0] and wanted[y][-2][0] not in WIDTH else list(lines[y])
                start = random.randrange(columns)
                spans.append((y, start, random.randint(start + 1, columns)))
            send(part(lines, wanted, spans, cursor()))
        elif kind == "scroll":
            top = random.randrange(height)
            bottom = random.randint(top, height)
            by = random.randint(-4, 4)
            band = wanted[top:bottom]
            for y in range(top, bottom):
                source = y - top + by
                wanted[y] = list(band[source]) if 0 <= source < len(band) else random_line(random, columns)
            if random.random() < 0.5 and bottom > top:
                wanted[random.randrange(top, bottom)] = random_line(random, columns)
            send(whole(wanted, cursor()))
            lines = wanted
        elif kind == "quiet":
            send(random.choice(QUIET))
        elif kind == "repaint":
            judges[1].feed(grid.repaint())
        elif kind == "upset":
            send(random.choice(UPSET))
            send("\x1b[?7l\x1b[m")
            send(whole(lines, cursor()))
        else:
            stale = whole(lines, cursor())
            columns, height = random.randint(4, 40), random.randint(2, 14)
            for judge in judges:
                judge.resize(height, columns)
            grid.forget((columns, height))
            if random.random() < 0.5:
                send(stale)  # drawn for the size before, as when the program hears of it late
            lines = [random_line(random, columns) for _ in range(height)]
            send(whole(lines, cursor()))
        yield kind


@settings(deadline=None, max_examples=250)
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(KINDS, max_size=8),
    size=st.tuples(st.integers(4, 40), st.integers(2, 14)),
    term=st.sampled_from(("xterm-256color", "linux", "screen", "tmux-256color", "foot", "xterm-kitty")),
)
@example(seed=1, steps=["scroll"] * 8, size=(40, 14), term="foot")
def test_any_frames_leave_the_screen_that_whole_frames_leave(
    seed: int, steps: list[str], size: tuple[int, int], term: str
) -> None:
    plain, thin = judges = Judge(*size), Judge(*size)
    for kind in frames(Random(seed), steps, judges, grid_of(term, size)):
        assert thin.seen() == plain.seen(), kind
        if kind != "quiet":
            assert thin.place() == plain.place(), kind


def grid_of(term: str = "xterm-256color", size: tuple[int, int] = (80, 24)) -> Grid:
    grid = wire.grid_for(term, *size)
    assert grid is not None
    return grid


def page(first: int, lines: int = 24) -> str:
    rows = [f"{first + y:5d}  \x1b[33mproof\x1b[0m  Ortiz {first + y}".ljust(89) for y in range(lines - 1)]
    return "\n".join(f"\x1b[{y + 1};1H{row}" for y, row in enumerate([*rows, "q quit".ljust(80)])) + "\x1b[1;1H"


def test_a_frame_that_changes_nothing_costs_nothing() -> None:
    grid = grid_of()
    assert grid.take(page(1))
    assert grid.take(page(1)) == ""


@pytest.mark.parametrize("term", ["xterm-256color", "linux", "screen"])
def test_a_line_scrolled_is_a_line_written(term: str) -> None:
    grid = grid_of(term)
    grid.take(page(1))
    assert len(grid.take(page(2))) < 80
    assert len(grid.take(page(1))) < 80


def test_repeated_cells_are_said_once_where_the_terminal_can() -> None:
    rule = "\x1b[1;1H" + "─" * 80 + "\x1b[1;1H"
    assert len(grid_of("foot").take(rule)) < 30
    assert "─" * 80 in grid_of("xterm-256color").take(rule)


def test_what_is_not_painting_passes_and_the_grid_stands() -> None:
    grid = grid_of()
    grid.take(page(1))
    for data in QUIET:
        assert grid.take(data) == data
    assert grid.take(page(1)) == ""


def test_after_what_is_not_understood_all_is_painted() -> None:
    for data in (*UPSET, "\x1b[2;1H\u0301\x1b[1;1H", "\x1b[1;1H\x1b[4:3mcurl\x1b[0m"):
        grid = grid_of()
        first = grid.take(page(1))
        assert grid.take(data) == data
        assert grid.take(page(1)) == first


def test_columns_stand_behind_a_glyph_that_the_terminal_draws_wider() -> None:
    grid, judge = grid_of(size=(40, 3)), Judge(40, 3)
    for name in ("Ann", "Bob"):  # Textual takes the couple for one glyph of two columns, the judge draws two of them
        judge.feed(grid.take(f"\x1b[2;1H👩\u200d👩 {name.ljust(20)}│ due {name.ljust(11)}\x1b[1;1H"))
        assert "".join(judge.buffer[1][x].data for x in range(3, 40)) == f"{name.ljust(20)}│ due {name.ljust(11)}"


CODE = st.sampled_from(("0", "", *map(str, range(1, 10)), "21", "22", "23", "24", "25", "27", "28", "29", "31", "39"))
CODES_ = st.lists(st.one_of(CODE, st.sampled_from(("97", "38;5;7", "38;2;1;2;3", "44", "48;5;9", "49", "53", "55"))))


@given(old=CODES_, new=CODES_)
def test_a_change_of_style_ends_in_the_new_one(old: list[str], new: list[str]) -> None:
    before, after = restyled(PLAIN, ";".join(old)), restyled(PLAIN, ";".join(new))
    assert before is not None and after is not None
    said = change(before, after)
    assert restyled(before, said[2:-1]) == after if said else before == after
    assert len(said) <= len(change(None, after))


def test_the_layer_is_off_by_wish_and_for_terminals_nobody_knows() -> None:
    assert wire.driver_class({"TERM": "xterm-256color"}) is not None
    assert wire.driver_class({"TERM": "xterm-256color", "UBTUI_WIRE": "0"}) is None
    assert wire.driver_class({"TERM": "xterm", "TEXTUAL_DRIVER": "a:b"}) is None
    for term in ("", "dumb", "vt52", "unknown", "emacs"):
        assert wire.driver_class({"TERM": term}) is None


# Through a terminal: the desk's list with the layer and without it


class ListApp(theme.ThemedApp):
    """A list under a title, with names that are hard to draw."""

    CSS_PATH = [theme.styles_folder() / "base.tcss"]
    BINDINGS = [("t", "tell", "tell"), ("r", "ring", "ring"), ("=", "done", "done")]

    def __init__(self, theme_name: str) -> None:
        super().__init__(theme_name)
        self.driver_class = wire.driver_class(os.environ) or self.driver_class

    def compose(self) -> ComposeResult:
        hard = ("Ortiz {}", "水道局の職員 {}", "Jose\u0301 {}", "Lee {} 😀 x")
        yield Label("Worklist")
        yield QueueList(Numbers(10_000, lambda id: hard[id % len(hard) if id % 7 == 0 else 0].format(id)))
        yield Label("q quit")

    def on_mount(self) -> None:
        """As the desk does; it also wakes the loop for a change of size that comes as it falls asleep."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)

    def action_tell(self) -> None:
        """A line grows by one."""
        self.query(Label).last().update("told " * 8)

    def action_ring(self) -> None:
        """What is no painting."""
        self.bell()

    async def action_done(self) -> None:
        """Say over the clipboard when all is drawn."""
        await self.query_one(QueueList).wait_settled()
        self.set_timer(0.2, lambda: self.copy_to_clipboard("done"))  # a resize is drawn in several goes


DONE = b"\x1b]52;c;ZG9uZQ==\x07"
SCRIPT: tuple[tuple[Any, ...], ...] = (
    (), ("down",), ("down", "down", "down"), ("t",), ("end",), ("home",), ("space", "down"), ("pagedown",),
    ("pagedown",), ("up",), ("r",), ("down",), ("down",), ("ctrl+l",), (120, 40), ("pagedown",), (60, 20),
    ("down", "up"),
)  # fmt: skip


def walk(look: str, on: bool, term: str = "xterm-256color") -> tuple[list[Any], bytes]:
    """The screens at each step of the script, and all that was written."""
    environ = {"UBTUI_WIRE": None if on else "0", "PYTHONPATH": str(ROOT)}
    shown: list[Any] = []
    with terminal.Terminal([sys.executable, __file__, look], env=environ, cwd=ROOT, term=term) as desk:
        desk.wait_for("q quit")
        for number, step in enumerate(SCRIPT, 1):
            if step and isinstance(step[0], int):
                desk.resize(*step)
                desk.wait_until(lambda lines: lines[0].startswith("Worklist") and lines[-1].startswith("told"))
            else:
                desk.press(*step)
            desk.press("=")
            desk.wait_until(lambda _, number=number: desk.log.count(DONE) == number)
            cells = [[_visible_pair(*each) for each in row] for row in desk.cells()]
            shown.append((step, cells, desk.cursor))
        return shown, bytes(desk.log)


def _visible_pair(text: str, ink: str, ground: str, bold: bool, reverse: bool) -> tuple[Any, ...]:
    return (text, ground) if text == " " and not reverse else (text, ink, ground, bold, reverse)


@pytest.mark.parametrize("look", [theme.LEAN, theme.NORMAL])
def test_the_desk_shows_the_same_with_the_layer_and_without(look: str) -> None:
    (with_layer, thin), (without, full) = walk(look, on=True), walk(look, on=False)
    for one, other in zip(with_layer, without, strict=True):
        for row, wanted in zip(one[1], other[1], strict=True):
            assert row == wanted, (one[0], "".join(text for text, *_ in row), "".join(text for text, *_ in wanted))
        assert one[2] == other[2], one[0]
    assert len(thin) < 0.5 * len(full)
    costs = dict(zip(SCRIPT, map(len, thin.split(DONE)), strict=False))
    assert costs["ctrl+l",] > 1000
    if look == theme.LEAN:
        assert costs[()] <= 4000
        assert costs["down",] <= 270 and costs["pagedown",] <= 1500


if __name__ == "__main__":
    ListApp(sys.argv[1]).run(mouse=False)


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1bo", ["alt+o"]), ("\x1b/", ["alt+slash"]), ("\x1b ", ["alt+space"]), ("\x1b\r", ["enter"]),
        ("/", ["slash"]), ("\x1b[A", ["up"]), ("\x1b[", ["left_square_bracket"]),
    ],
)  # fmt: skip
def test_an_esc_is_kept_before_a_letter_or_a_sign_in_one_piece(sent: str, keys: list[str]) -> None:
    parser = Parser()
    heard = [*parser.feed(sent)]
    time.sleep(0.15)  # so long it may be the beginning of a longer sequence
    heard += parser.tick()
    assert [each.key for each in heard if isinstance(each, events.Key)] == keys

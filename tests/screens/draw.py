"""`python -m tests.screens.draw FOLDER [STATE …]`: every state of the screens as pictures, to be looked at by a person.

Three sizes (80x24, 120x40, 200x50) in three depths: full colour, the sixteen of the Linux console, and none. A picture
is drawn from the cells of a terminal after the bytes written to it, so that colour, marks and columns are its own; the
text stands beside it. DRAW_SIZES and DRAW_DEPTHS narrow it ("80x24 200x50", "none").
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from html import escape
from itertools import groupby, product
from pathlib import Path
from typing import Any

from rich.console import Console
from textual.strip import Strip

from tests.pty import UNSEEN, _Screen, _Stream
from tests.screens.office import DAY, at_desk, settled
from tests.screens.test_hostile import spoil
from tests.screens.test_states import STATES, press
from ubtui.app import DeskApp
from ubtui.services.demo.make import make
from ubtui.widgets.wire import grid_for

SIZES = ("80x24", "120x40", "200x50")
DEPTHS = {
    "colour": {"COLORTERM": "truecolor", "TERM": "xterm-256color"},
    "sixteen": {"UBTUI_LEAN": "1", "TERM": "linux"},
    "none": {"NO_COLOR": "1", "TERM": "linux"},
}
NAMES = "Þóra Nguyễn-Ó Súilleabháin 水道局 שלום עולם e\u0301\u0302\u0303 " + "Featherstonehaugh-Cholmondeley " * 3


def _fixing(code: str, then: str = "") -> tuple[str, str]:
    return "ana", f"/ 'code:{code}' enter enter {then}".strip()


# Of a district with every kind of trouble; a name that ends in -narrow is drawn in a window that is too small, one that
# begins with names- where every name and address is long, wide, right to left and marked.
WHOLE = {
    "day": ("ana", "j"),
    "day-end": ("ana", "end"),
    "day-empty": ("ana", "/ 'zzzz' enter"),
    "day-marked": ("ana", "space j space j space"),
    "day-dismiss": ("ana", "space j space d"),
    "day-forward": ("ana", "F"),
    "day-question": ("ana", "/ 'code:X02' enter A"),
    "day-completing": ("ana", "/ 'r' down"),
    "day-by-age": ("ana", "s s S"),
    "day-handover": ("ana", "c H"),
    "day-note-read": ("ana", "g h"),
    "day-stand-in": ("ana", "B"),
    "day-kind": ("ana", "/ 'code:R04' enter X f5"),
    "day-policy": ("ana", "P"),
    "day-views": ("ana", "V"),
    "day-view-keep": ("ana", "/ '>60' enter V n"),
    "day-narrow": ("ana", ""),
    "lead": ("ben", ""),
    "finance": ("cho", ""),
    "palette": ("ana", ":"),
    "palette-word": ("ana", ": 'adj'"),
    "jump": ("ana", "'"),
    "jump-account": ("ana", "o '"),
    "board": ("ben", "g b"),
    "board-people": ("ben", "g b p"),
    "orders": ("ana", "g o"),
    "routes": ("ana", "g r"),
    "route": ("ana", "g r end enter"),
    "route-judged": ("ana", "g r end enter '1' enter"),
    "meter-neighbours": ("ana", "/ 'code:R06' enter m tab tab"),
    "meter-neighbour-why": ("ana", "/ 'code:R06' enter m tab tab x"),
    "meter-tests": ("ana", "m tab tab tab"),
    "meter-seals": ("ana", "/ 'code:R13' enter m tab tab tab tab"),
    "meter-seal-why": ("ana", "/ 'code:R13' enter m tab tab tab tab x"),
    "meter-orders": ("ana", "/ 'code:M08' enter m tab tab tab tab tab"),
    "held-reread": ("ana", "g e a"),
    "held-release": ("ana", "g e space j space j space j space j space l 'looked at'"),
    "held-release-one": ("ana", "g e j l 'looked at'"),
    "held-correct": ("ana", "g e c '1'"),
    "held-explained": ("ana", "g e x"),
    "orders-order": ("ana", "o O"),
    "orders-result": ("ana", "g o I"),
    "orders-at-the-meter": ("ana", "o M"),
    "orders-seal": ("ana", "o M 2"),
    "run-seals": ("ana", "/ 'code:M03' enter enter"),
    "run-seals-fix": ("ana", "/ 'code:M03' enter enter f5"),
    "run-meters": ("ana", "/ 'code:M10' enter enter"),
    "run-letters": ("ana", "/ 'code:C01' enter enter"),
    "run-letters-fix": ("ana", "/ 'code:C01' enter enter f5"),
    "run-route": ("ana", "/ 'code:R01' enter enter"),
    "fix-triage": _fixing("R10"),
    "fix-triage-picked": _fixing("R10", "2"),
    "fix-below": _fixing("R09"),
    "fix-high": _fixing("R04"),
    "fix-estimate": _fixing("R11"),
    "fix-trouble": _fixing("R22"),
    "fix-unread": _fixing("R02"),
    "fix-unbilled": _fixing("B02"),
    "fix-mail": _fixing("B15"),
    "fix-plan": _fixing("C05"),
    "fix-owner-debt": _fixing("C09"),
    "fix-suspense": _fixing("P01"),
    "fix-twice": _fixing("P03"),
    "fix-credit": _fixing("P08"),
    "fix-serial": _fixing("M07"),
    "fix-unsealed": _fixing("M05"),
    "fix-address": _fixing("Q01"),
    "fix-owner": _fixing("Q03"),
    "fix-promise": _fixing("X01"),
    "fix-approval": _fixing("A01"),
    "fix-rejected": _fixing("A02"),
    "fix-explained": _fixing("R06", "x"),
    "fix-bulk": ("ana", "/ 'code:R06' enter space j space enter"),
    "fix-refused": _fixing("R09", "2 enter '1' enter 'misread' f5"),
    "owed": ("ana", "/ 'code:P08' enter o"),
    "owed-ledger": ("ana", "/ 'code:C05' enter o tab"),
    "owed-items": ("ana", "/ 'code:C05' enter o tab tab"),
    "owed-bills": ("ana", "/ 'code:C05' enter o tab tab tab"),
    "owed-payments": ("ana", "/ 'code:P03' enter o tab tab tab tab tab"),
    "owed-card": ("ana", "/ 'code:C05' enter f2"),
    "sealed": ("ana", "/ 'code:R13' enter o"),
    "sealed-meter": ("ana", "/ 'code:R13' enter m"),
    "counter": ("ana", "/ 'code:C05' enter o p"),
    "counter-preview": ("ana", "/ 'code:C05' enter o p '20' f5"),
    "drawer": ("ana", "g c"),
    "adjust-paper": ("ana", "o a tab '54.30' f6"),
    "adjust-parked": ("ana", "o a 2 tab '54.30' f3"),
    "names-day": ("ana", "j"),
    "names-row": ("ana", "v"),
    "names-account": ("ana", "o"),
    "names-card": ("ana", "f2"),
    "names-meter": ("ana", "m"),
    "names-fix": ("ana", "enter"),
    "names-adjust": ("ana", "o a"),
    "names-approval": ("ben", "g a enter"),
    "names-find": ("ana", "f '1200'"),
}
ALL = {**STATES, **WHOLE}

# What a colour of the palette looks like: the Linux console's sixteen.
CONSOLE = {
    "black": "#000000", "red": "#aa0000", "green": "#00aa00", "brown": "#aa5500", "blue": "#0000aa",
    "magenta": "#aa00aa", "cyan": "#00aaaa", "white": "#aaaaaa", "brightblack": "#555555", "brightred": "#ff5555",
    "brightgreen": "#55ff55", "brightbrown": "#ffff55", "brightyellow": "#ffff55", "brightblue": "#5555ff",
    "brightmagenta": "#ff55ff", "brightcyan": "#55ffff", "brightwhite": "#ffffff",
}  # fmt: skip
INK, GROUND = "#cccccc", "#000000"
FONT, WIDE, HIGH = 16, 9.633, 20  # a cell of the font in use


def terminal(app: DeskApp, depth: str) -> Any:
    """The cells of a terminal that was written what this app shows: rows of (text, ink, ground, marks)."""
    width, height = app.size
    console = Console(force_terminal=True, width=width, height=height, _environ=DEPTHS[depth])
    shown, grid = _Screen(width, height), grid_for(DEPTHS[depth]["TERM"], width, height)
    assert grid is not None
    stream = _Stream(shown)
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        stream.feed(UNSEEN.sub(b"", grid.take(f"\x1b[{y + 1};1H{Strip(list(strip)).render(console)}").encode()))
    return [[shown.buffer[y][x] for x in range(width)] for y in range(height)]


def seen(cell: Any) -> tuple[str, str, bool, bool]:
    """Ink, ground, bold and underlined, as the eye gets them."""
    ink, ground = (
        default if name == "default" else CONSOLE.get(name, f"#{name}")
        for name, default in ((cell.fg, INK), (cell.bg, GROUND))
    )
    if cell.reverse:
        ink, ground = ground, ink
    return ink, ground, cell.bold, cell.underscore


def svg(cells: Any) -> str:
    """The cells as a picture; each word begins at its own column."""
    wide, high = len(cells[0]) * WIDE, len(cells) * HIGH
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high}" font-family="DejaVu Sans Mono"'
        f' font-size="{FONT}"><rect width="100%" height="100%" fill="{GROUND}"/>'
    ]
    for y, row in enumerate(cells):
        for look, run in groupby(enumerate(row), lambda pair: seen(pair[1])):
            ink, ground, bold, lined = look
            (start, first), *rest = run
            end = (rest[-1][0] if rest else start) + 1
            box = f'x="{start * WIDE:.2f}" width="{(end - start) * WIDE:.2f}"'
            if ground != GROUND:
                parts.append(f'<rect {box} y="{y * HIGH}" height="{HIGH}" fill="{ground}"/>')
            if lined:
                parts.append(f'<rect {box} y="{y * HIGH + HIGH - 2}" height="1" fill="{ink}"/>')
            x, word = start, ""
            for at, cell in [(start, first), *rest, (end, None)]:
                text = cell.data if cell is not None else " "
                if text.isascii() and text not in (" ", ""):
                    x, word = (x if word else at), word + text
                    continue
                for place, piece in ((x, word), (at, text.strip())):
                    if piece:
                        weight = ' font-weight="bold"' if bold else ""
                        where = f'x="{place * WIDE:.2f}" y="{y * HIGH + 15}"'
                        parts.append(f'<text {where} fill="{ink}"{weight}>{escape(piece)}</text>')
                word = ""
    return "\n".join([*parts, "</svg>"])


async def draw(district: Path, state: str, size: tuple[int, int], depth: str) -> Any:
    """The cells of one state."""
    who, keys = ALL[state]
    os.environ.pop("NO_COLOR", None)
    os.environ.update({name: value for name, value in DEPTHS[depth].items() if name == "NO_COLOR"})  # Textual looks too
    with at_desk(str(district), who) as desk:
        app = DeskApp(desk, DEPTHS[depth])
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            await press(pilot, keys)
            return terminal(app, depth)


def main(argv: list[str]) -> None:
    folder, states = Path(argv[0]), argv[1:] or list(ALL)
    folder.mkdir(parents=True, exist_ok=True)
    sizes = os.environ.get("DRAW_SIZES", " ".join(SIZES)).split()
    depths = os.environ.get("DRAW_DEPTHS", " ".join(DEPTHS)).split()
    with tempfile.TemporaryDirectory() as place:
        made = {name: Path(place) / name for name in ("small", "whole", "names")}
        make(str(made["small"]), DAY, 60, 2, 7, lambda line: None)
        make(str(made["whole"]), DAY, 400, 3, 7, lambda line: None)
        shutil.copytree(made["small"], made["names"])
        spoil(str(made["names"]), NAMES)
        copy = Path(place) / "copy"
        for state, size, depth in product(states, sizes, depths):
            of = "small" if state in STATES else "names" if state.startswith("names") else "whole"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(made[of], copy)
            copy.chmod(0o700)
            wide, high = (60, 20) if state.endswith("-narrow") else map(int, size.split("x"))
            try:
                cells = asyncio.run(draw(copy, state, (wide, high), depth))
            except Exception as fault:
                print(f"{state} {size} {depth}: {fault!r}", file=sys.stderr)
                continue
            name = f"{state}-{size}-{depth}"
            (folder / f"{name}.svg").write_text(svg(cells), "utf-8")
            (folder / f"{name}.txt").write_text(
                "\n".join("".join(c.data for c in row).rstrip() for row in cells) + "\n"
            )


if __name__ == "__main__":
    main(sys.argv[1:])

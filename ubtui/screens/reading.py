"""A screen read out: its parts from top to bottom as plain labelled lines, for ears, braille and paper."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

from rich.text import Text
from textual.app import App
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from ubtui import keys
from ubtui.act import Look
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.domain.text import clean_text
from ubtui.screens.base import DeskScreen, Place, Router
from ubtui.screens.routing import ROUTES
from ubtui.services import worklist
from ubtui.widgets.field import Form
from ubtui.widgets.hint_bar import HintBar
from ubtui.widgets.panel import Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column
from ubtui.widgets.sparkline import Sparkline
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.too_small import TooSmall

OF_ITEMS = ("fix", "run")
WHOLE = (
    "approvals",
    "board",
    "views",
    "orders",
    "find",
    "routes",
    "held",
)  # these show all there is; the others one of its kind
KEYED = {
    "account": "120440-3", "card": "120440-3", "meter": "SP-00012", "adjust": "120440-3", "route": "301",
    "approval": "P-000012",
}  # fmt: skip
"""Of the screens of one thing: what names it, by example."""
MOST_TABS = 30
PAGE = 500
_QUIET_STEPS, _STEP_SECONDS = 6, 0.1  # longer than any pause after which a screen asks for more by itself
_PATIENCE = 600  # steps
_PARTS = "Parts: "
_HEAD = ("top", "card", "trend")  # heard with the first part
_HERE = re.compile(r"\[(\w+)\]")
_DRAWN = re.compile("[\u2500-\u259f\u25b8]+ ?")  # lines and bars: numbers stand beside them


def place_of(look: Look, name: str, key: str) -> Place:
    """The place that the shell's words name; the screens of an item take the item's own key."""
    if name == "worklist":
        return Place("worklist")
    if name in ("drawer", "deposit"):
        raise BadValue(f"{name}: it has no screen of its own; read it out with `ubtui {name} show`.")
    if name not in ROUTES or name == "do":
        known = ", ".join(["worklist", *(each for each in ROUTES if each != "do")])
        raise BadValue(f"{name[:40]}: there is no such screen; use one of {known}.")
    if name == "help":
        if key not in keys.SCREENS:
            raise BadValue(f"help: name a screen: one of {', '.join(keys.SCREENS)}.")
    elif name in OF_ITEMS:
        if not key:
            raise BadValue(f"{name}: name the item, as CODE:subject@period.")
        view = worklist.item(look, ItemKey.parse(key))
        return Place(name, str(view.key) if name == "run" else "", item=view.id)
    elif not key and name not in WHOLE:
        raise BadValue(f"{name}: say which one, as `ubtui show {name} {KEYED.get(name, 'KEY')}`.")
    return Place(name, key)


async def settled(app: App[Any]) -> None:
    """Wait until the screen on top has read all that it shows."""
    quiet = 0
    for _ in range(_PATIENCE):
        for each in app.screen.query(QueueList):
            await each.wait_settled()
        busy = any(not worker.is_finished for worker in app.workers)
        quiet = 0 if busy or app.screen.message_queue_size else quiet + 1
        if quiet == _QUIET_STEPS:
            return
        await asyncio.sleep(_STEP_SECONDS)


async def read_out(app: App[Any], most: int) -> AsyncIterator[str]:
    """The lines of the screen on top, part after part where it has several, and its keys at the end.

    Of each list at most so many rows are read (0: all), and how many there are is always said.
    """
    screen = app.screen
    told: set[str] = set()
    for turn in range(MOST_TABS):
        part = [line async for line in _parts(screen, most, turn)]
        new = not told.issuperset(part)
        for line in part if new else ():
            if not line.startswith(_PARTS) or not turn:
                yield _aloud(line)
        told.update(part)
        if not isinstance(screen, DeskScreen) or not new or not _has(screen, "tab.next"):
            break
        screen.action_command("tab.next")
        await settled(app)
    if isinstance(screen, DeskScreen):
        hints, bar = keys.hints(screen.KEYS, cast(Router, app).commands), screen.query_one("#hints", HintBar)
        named = (f"{key} {label}{', not now' if label in bar.off else ''}" for key, label in hints)
        yield f"Keys: {'; '.join(named)}."


def _aloud(line: str) -> str:
    """A line without the signs that only the eye reads."""
    return line.replace(" → ", " to ").replace(". · ", ". ").replace(" · ", ", ").replace("—", "none")


def _has(screen: DeskScreen, id: str) -> bool:
    return any(each.id == id for each in keys.for_screen(screen.KEYS))


async def _parts(screen: Screen[Any], most: int, turn: int = 0) -> AsyncIterator[str]:
    """Each part in view, in the order in which it is drawn; a part's own pieces are not read twice.

    On a later `turn` the same screen is read on: its head was heard.
    """
    waiting: list[Widget] = [each for each in reversed(screen.children) if each.display]
    while waiting:
        widget = waiting.pop()
        if isinstance(widget, TooSmall | HintBar) or (turn and widget.id in _HEAD):
            continue
        if isinstance(widget, QueueList):
            async for line in _list(widget, most):
                yield line
        elif (lines := _lines(widget)) is not None:
            for text in lines:
                if bare := " ".join(clean_text(_DRAWN.sub(" ", text)).split()):
                    yield bare
        else:
            waiting += [each for each in reversed(widget.children) if each.display]


def _lines(widget: Widget) -> Iterator[str] | None:
    """The lines of one part; None where it only holds others."""
    if isinstance(widget, StatusBar):
        return _bar(widget)
    if isinstance(widget, Panel):
        return _panel(widget)
    if isinstance(widget, Form):
        return _form(widget)
    if isinstance(widget, Sparkline):
        return iter(("Month by month: " + ", ".join("none" if n is None else str(n) for n in widget.values) + ".",))
    if isinstance(widget, Input):
        return iter((widget.value or widget.placeholder,))
    if widget.children:
        return None
    drawn = widget.render()
    return iter(drawn.plain.splitlines()) if isinstance(drawn, Text) else iter(str(drawn).splitlines())


def _bar(bar: StatusBar) -> Iterator[str]:
    if bar.id == "parts" and (here := _HERE.search(bar.left)):
        yield f"{_PARTS}{', '.join(bar.left.replace('[', '').replace(']', '').split())}."
        yield f"Part {here[1]}:"
        return
    yield bar.left
    if bar.id != "counts":  # how many are shown is said with the list
        yield bar.right


def _panel(panel: Panel) -> Iterator[str]:
    if panel.heading:
        yield f"{panel.heading}:"
    label = ""
    for line in panel.lines:
        label = line.label.strip() or label  # a line without one goes on with the one before
        told = line.value if line.aloud is None else line.aloud
        if told:
            yield f"{label}: {told}" if label else told


def _form(form: Form) -> Iterator[str]:
    values, wrong = form.values(), form.problems()
    for spec in form.fields:
        shown = dict(spec.choices).get(values[spec.name], values[spec.name])
        needed = ", needed" if spec.required else ""
        fault = f" ({wrong[spec.name]})" if spec.name in wrong else ""
        choices = [title for _, title in spec.choices]
        told = f"; one of {', '.join(choices)}" if choices else ""
        yield f"Field {spec.label}{needed}: {shown or 'empty'}{fault}{told}{f'; {spec.help}' if spec.help else ''}"


async def _list(shown: QueueList, most: int) -> AsyncIterator[str]:
    ids = await shown.source.ids(shown.asked)
    if not ids:
        yield shown.empty
        return
    titled = [column.title for column in shown.source.columns if column.title]
    told = len(titled) < 2  # lines that tell one thing: the only title stands over them all
    if told and titled:
        yield f"{titled[0]}."
    yield f"{'Lines' if told else 'List'}, {shown.counts()}:"
    label = ""
    read = ids[:most] if most else ids
    number = 0
    for start in range(0, len(read), PAGE):
        page = read[start : start + PAGE]
        rows = await shown.source.rows(page)
        for id in page:
            if (row := rows.get(id)) is not None:
                number += 1
                cells = [" ".join(clean_text(_DRAWN.sub(" ", cell)).split()) for cell in row.cells]
                if told:
                    first, *rest = cells if len(cells) > 1 else ["", *cells]
                    label = first or label  # a line without one goes on with the one before
                    yield ": ".join(part for part in (label, " ".join(rest).strip()) if part)
                    continue
                pairs = zip(shown.source.columns, cells, strict=False)
                yield f"{number}. " + "; ".join(
                    f"{_title(column)} {cell}".strip() for column, cell in pairs if cell not in ("", str(number))
                )
    if len(read) < len(ids):
        yield f"The first {len(read):,} of {len(ids):,} were read; --rows 0 reads all."


def _title(column: Column) -> str:
    """What a column is called aloud: its key, where its title is a letter or two."""
    return column.title if len(column.title) != 1 else column.key.replace("_", " ")

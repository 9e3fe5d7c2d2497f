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
from ubtui.widgets.sparkline import Sparkline
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.too_small import TooSmall

OF_ITEMS = ("fix", "run")
WHOLE = ("approvals", "board", "views", "orders", "find")  # these show all there is; the others one of its kind
MOST_TABS = 30
PAGE = 500
_QUIET_STEPS, _STEP_SECONDS = 6, 0.1  # longer than any pause after which a screen asks for more by itself
_PATIENCE = 600  # steps
_DRAWN = re.compile("[\u2500-\u259f\u25b8]+ ?")  # lines and bars: numbers stand beside them


def place_of(look: Look, name: str, key: str) -> Place:
    """The place that the shell's words name; the screens of an item take the item's own key."""
    if name == "worklist":
        return Place("worklist")
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
        raise BadValue(f"{name}: say which one, as `ubtui show {name} KEY`.")
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
        new = False
        async for line in _parts(screen, most):
            if turn == 0 or line not in told:
                new = True
                yield line
            told.add(line)
        if not isinstance(screen, DeskScreen) or not new or not _has(screen, "tab.next"):
            break
        screen.action_command("tab.next")
        await settled(app)
    if isinstance(screen, DeskScreen):
        hints, bar = keys.hints(screen.KEYS, cast(Router, app).commands), screen.query_one("#hints", HintBar)
        named = (f"{key} {label}{', not now' if label in bar.off else ''}" for key, label in hints)
        yield f"Keys: {'; '.join(named)}."


def _has(screen: DeskScreen, id: str) -> bool:
    return any(each.id == id for each in keys.for_screen(screen.KEYS))


async def _parts(screen: Screen[Any], most: int) -> AsyncIterator[str]:
    """Each part in view, in the order in which it is drawn; a part's own pieces are not read twice."""
    waiting: list[Widget] = [each for each in reversed(screen.children) if each.display]
    while waiting:
        widget = waiting.pop()
        if isinstance(widget, TooSmall | HintBar):
            continue
        if isinstance(widget, QueueList):
            async for line in _list(widget, most):
                yield line
        elif (lines := _lines(widget)) is not None:
            for text in lines:
                if bare := clean_text(_DRAWN.sub(" ", text)).strip():
                    yield bare
        else:
            waiting += [each for each in reversed(widget.children) if each.display]


def _lines(widget: Widget) -> Iterator[str] | None:
    """The lines of one part; None where it only holds others."""
    if isinstance(widget, StatusBar):
        return iter((widget.left, widget.right))
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


def _panel(panel: Panel) -> Iterator[str]:
    if panel.heading:
        yield f"{panel.heading}:"
    label = ""
    for line in panel.lines:
        label = line.label.strip() or label  # a line without one goes on with the one before
        yield f"{label}: {line.value}" if label else line.value


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
    yield f"List, {shown.counts()}:"
    read = ids[:most] if most else ids
    number = 0
    for start in range(0, len(read), PAGE):
        page = read[start : start + PAGE]
        rows = await shown.source.rows(page)
        for id in page:
            if (row := rows.get(id)) is not None:
                number += 1
                cells = zip(shown.source.columns, map(clean_text, row.cells), strict=False)
                yield f"{number}. " + "; ".join(
                    f"{column.title} {cell.strip()}".strip() for column, cell in cells if cell.strip()
                )
    if len(read) < len(ids):
        yield f"The first {len(read):,} of {len(ids):,} were read; --rows 0 reads all."

"""A bare app in the desk's theme around the widgets under test, and sources that misbehave on request."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.widget import Widget

from ubtui.widgets import theme
from ubtui.widgets.line_input import NotTaken
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column, FirstPage, Query, Row

COLUMNS = (
    Column("pri", "Pri", 3, "right"),
    Column("item", "Item", 22),
    Column("account", "Account", 8, priority=1),
    Column("who", "Who / where"),
    Column("why", "Why", priority=2),
)


class DeskApp(theme.ThemedApp):
    """Mounts what it is given; keeps every message of the list and of fields that refused something."""

    CSS_PATH = [theme.styles_folder() / "base.tcss"]

    def __init__(self, *widgets: Widget, theme_name: str = theme.NORMAL) -> None:
        super().__init__(theme_name)
        self.given = widgets
        self.said: list[Any] = []

    def compose(self) -> ComposeResult:
        yield from self.given

    def on_queue_list_highlighted(self, message: QueueList.Highlighted) -> None:
        self.said.append(message)

    on_queue_list_chosen = on_queue_list_failed = on_queue_list_counted = on_queue_list_highlighted

    def on_not_taken(self, message: NotTaken) -> None:
        self.said.append(message)

    def heard(self, kind: type[Any]) -> list[Any]:
        return [message for message in self.said if type(message) is kind]


class Numbers:
    """n rows, id 1 to n; a filter keeps the ids it divides, sort by "who" turns the order round."""

    columns = COLUMNS

    def __init__(self, n: int, text: Callable[[int], str] = "Ortiz {}".format) -> None:
        self.n = n
        self.text = text
        self.asked_rows: list[int] = []
        self.missing: set[int] = set()

    def order(self, query: Query) -> array[int]:
        step = int(query.filter or 1)
        ids = array("q", range(step, self.n + 1, step))
        if query.reverse != (query.sort == "who"):
            ids.reverse()
        return ids

    def some(self, ids: Iterable[int]) -> dict[int, Row]:
        return {
            id: Row((str(id % 97), f"Item {id}", "120440-3", self.text(id), "proof due"), (None, "warning")[id % 2])
            for id in ids
            if id not in self.missing
        }

    async def first(self, query: Query, n: int) -> FirstPage:
        ids = self.order(query)[:n]
        return FirstPage(ids, self.some(ids))

    async def ids(self, query: Query) -> array[int]:
        return self.order(query)

    async def rows(self, ids: Sequence[int]) -> Mapping[int, Row]:
        self.asked_rows.extend(ids)
        return self.some(ids)

    async def total(self, query: Query) -> int:
        return self.n


class Gated(Numbers):
    """A source that answers only when its gate for that question is opened."""

    def __init__(self, n: int, closed: Iterable[str] = ()) -> None:
        super().__init__(n)
        self.gates = {name: asyncio.Event() for name in ("first", "ids", "rows", "total")}
        for name, gate in self.gates.items():
            if name not in closed:
                gate.set()

    async def first(self, query: Query, n: int) -> FirstPage:
        await self.gates["first"].wait()
        return await super().first(query, n)

    async def ids(self, query: Query) -> array[int]:
        await self.gates["ids"].wait()
        return await super().ids(query)

    async def rows(self, ids: Sequence[int]) -> Mapping[int, Row]:
        await self.gates["rows"].wait()
        return await super().rows(ids)

    async def total(self, query: Query) -> int:
        await self.gates["total"].wait()
        return await super().total(query)


HOSTILE = (
    "[/x]",
    "[/]",
    "Smith [deceased]",
    "[@click=app.quit()]press[/]",
    "[bold red]loud[/]",
    "\x1b[2Jgone",
    "\x1b]0;title\x07",
    "\x9b31mred",
    "a\x00b",
    "tab\there",
    "line\nbreak",
    "\u202egnp.exe",
    "\u200b\u2066hidden",
    "👩‍👩‍👧‍👦 family",
    "水道局の職員",
    "e\u0301\u0301\u0301\u0301\u0301\u0301",
    "x" * 10_000,
    "مرحبا",
    "\\[escaped",
    "$text {braces} %s",
)

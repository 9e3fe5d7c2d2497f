"""The one list of the house: draws only the lines in view, of a snapshot of ids whose rows arrive page by page.

Opening paints the first page as soon as the source has it; all ids and the count follow. No key waits for the
source: a row that is not there yet is drawn as a placeholder. Each id costs eight bytes, and few rows are held.
"""
# Length: one widget, whose keys, pages and strips share one cursor.

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ubtui import keys
from ubtui.domain.text import clean_text
from ubtui.widgets.pages import PAGE, Pages, place_in
from ubtui.widgets.rows import Query, Row, Source, arrange, cell, line_of

LEAD = 3  # cells before the first column: cursor, mark, gap

Asking = Callable[[int, int], Coroutine[Any, Any, None]]  # of a generation and the cursor's place if its id is gone

_ACTIONS = {
    "list.down": "step(1)",
    "list.up": "step(-1)",
    "list.page_down": "page(1)",
    "list.page_up": "page(-1)",
    "list.first": "first",
    "list.last": "last",
    "list.mark": "mark",
}


def _bindings() -> list[BindingType]:
    found: list[BindingType] = [Binding("enter", "choose", "open", show=False)]
    for id, action in _ACTIONS.items():
        each = keys.command(id)
        found.append(Binding(",".join(each.keys), action, each.label, show=False, id=id))
    return found


class QueueList(ScrollView, can_focus=True):
    """A list of any length with a cursor, marks, sort, filter and truthful counts.

    Posts Highlighted when the cursor stands on another id, Chosen on enter, Counted when `counts()` has changed, and
    Failed when the source could not answer.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "queue--header", "queue--cursor", "queue--accent", "queue--warning", "queue--danger", "queue--dim",
    }  # fmt: skip
    DEFAULT_CSS = """
    QueueList { height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size: 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = _bindings()

    class _About(Message):
        def __init__(self, list: QueueList) -> None:
            super().__init__()
            self.list = list

        @property
        def control(self) -> QueueList:
            """The list it comes from."""
            return self.list

    class Highlighted(_About):
        """The cursor stands on another id; None when the list is empty."""

        def __init__(self, list: QueueList, id: int | None) -> None:
            super().__init__(list)
            self.id = id

    class Chosen(_About):
        """Enter was pressed on an id."""

        def __init__(self, list: QueueList, id: int) -> None:
            super().__init__(list)
            self.id = id

    class Counted(_About):
        """What `counts()` says has changed."""

        def __init__(self, list: QueueList, text: str) -> None:
            super().__init__(list)
            self.text = text

    class Failed(_About):
        """The source failed; `sentence` is for the person, `fault` for the log."""

        def __init__(self, list: QueueList, sentence: str, fault: Exception) -> None:
            super().__init__(list)
            self.sentence = sentence
            self.fault = fault

    def __init__(
        self,
        source: Source,
        *,
        asked: Query | None = None,
        empty: str = "Nothing here.",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.source = source
        self.asked = asked or Query()  # what was asked last; what is drawn may still be the answer before
        self.empty = empty
        self._shown = self.asked
        self._pages = Pages()
        self._reading = True
        self._total: int | None = None
        self._changed = 0
        self._cursor = 0
        self._direction = 1
        self._wanted: int | None = None  # the id the cursor returns to once it is found
        self._to_last = False
        self._said: tuple[str, int | None] | None = None
        self._failure: str | None = None
        self._filled: set[int] = set()  # places of columns that have something in a row that has arrived
        self._generation = 0
        self._opener: asyncio.Task[None] | None = None
        self._loader: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # what others may ask

    @property
    def cursor(self) -> int:
        """The cursor's place, from 0."""
        return self._cursor

    @property
    def current_id(self) -> int | None:
        """The id under the cursor."""
        return self._pages.id_at(self._cursor)

    @property
    def current_row(self) -> Row | None:
        """The row under the cursor, if it has arrived."""
        return self.row(self.current_id)

    def row(self, id: int | None) -> Row | None:
        """A row by id, if it has arrived."""
        return self._pages.row(id)

    @property
    def ids(self) -> array[int]:
        """The ids in the order shown; read it, never change it. Only the first page while `complete` is false."""
        return self._pages.ids

    @property
    def complete(self) -> bool:
        """Whether all ids are known."""
        return self._pages.complete

    @property
    def marks(self) -> tuple[int, ...]:
        """The marked ids in the order of marking, those that the filter hides among them."""
        return tuple(self._pages.marks)

    @property
    def changed(self) -> int:
        """How many rows changed elsewhere since the list was read."""
        return self._changed

    @changed.setter
    def changed(self, count: int) -> None:
        self._changed = count
        self._say()

    def counts(self) -> str:
        """What is shown, in words that are true: "41 of 1,204 shown, filtered: cycle:B2 · 3 marked · 12 new"."""
        shown = len(self._pages.ids)
        if (self._reading and not (self._pages.complete or shown)) or self.asked != self._shown:
            parts = ["reading…"]
        elif not self._pages.complete:
            parts = [f"first {shown:,} shown, {'counting…' if self._reading else 'not counted'}"]
        elif not self._shown.filter:
            parts = [f"all {shown:,} shown" if shown else "none"]
        else:
            of = "counting…" if self._total is None else f"{self._total:,}"
            parts = [f"{shown:,} of {of} shown, filtered: {clean_text(self._shown.filter)}"]
        if self._failure is not None and not shown:
            parts = ["not read"]
        titles = {column.key: column.title for column in self.source.columns if len(column.title) > 2}
        if self._shown.sort is not None:
            parts.append(f"by {titles.get(self._shown.sort, self._shown.sort)}" + (" reversed" * self._shown.reverse))
        elif self._shown.reverse:
            parts.append("reversed")
        if self._pages.marks:
            unseen = self._pages.unseen_marks()
            hidden = f", {unseen:,} of them not shown" if unseen else ""
            parts.append(f"{len(self._pages.marks):,} marked{hidden}")
        if self._changed:
            parts.append(f"{self._changed:,} new")
        return " · ".join(parts)

    async def wait_settled(self) -> None:
        """Return once nothing asked of the source is still open."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    # what others may do

    def ask(self, query: Query) -> None:
        """Show the answer to another query; the cursor stays on its id where that is still shown."""
        self.asked = query
        self._begin(self._open, fallback=0)

    def sort(self, key: str | None = None) -> None:
        """Sort by a column; without one, by the next column, and after the last by the source's own order."""
        order: list[str | None] = [None, *(column.key for column in self.source.columns)]
        if key is None:
            key = order[(order.index(self.asked.sort) + 1) % len(order)]
        self.ask(self.asked.sorted_by(key))

    def reverse(self) -> None:
        """Turn the order round."""
        self.ask(self.asked.reversed())

    def filter(self, expression: str) -> None:
        """Show only what matches the expression; "" shows all."""
        self.ask(self.asked.filtered(expression))

    def reload(self) -> None:
        """Read the same list again; what is shown stays until the new answer is complete."""
        self._begin(self._reread, fallback=self._cursor)

    def refresh_row(self, id: int) -> None:
        """Read one row again."""
        self._spawn(self._load(self._generation, [id]))

    def drop(self, ids: Iterable[int]) -> None:
        """Take rows out that are known to be gone; the cursor comes to the next one."""
        before = len(self._pages)
        place = self._pages.drop(set(ids), self._cursor)
        if self._total is not None:
            self._total -= before - len(self._pages)
        self._place(place)

    def move_to(self, place: int) -> None:
        """Move the cursor; inside the view two lines are drawn again, at its edge half a page is turned."""
        if not self._pages.ids:
            return
        self._to_last = False
        old, place = self._cursor, max(0, min(place, len(self._pages.ids) - 1))
        if place == old:
            return
        self._direction = 1 if place > old else -1
        self._cursor = place
        self._wanted = self.current_id if self._reading else None  # an answer on its way must not move it back
        top = self.scroll_offset.y
        if top <= place < top + self._lines:
            self._draw_places(old, place)
        else:
            self._turn(place - self._lines // 2)
        self._ensure()
        self._say()

    def step(self, by: int) -> int | None:
        """Move the cursor by some rows and return the id it comes to; None when there is no row in that direction."""
        before = self._cursor
        self.move_to(before + by)
        return self.current_id if self._cursor != before else None

    def mark(self, id: int, on: bool | None = None) -> None:
        """Mark a row, or take the mark off; `on` None turns it over."""
        if (id in self._pages.marks) if on is None else not on:
            self._pages.marks.pop(id, None)
        else:
            self._pages.marks[id] = None
        self._draw_id(id)
        self._say()

    def clear_marks(self) -> None:
        """Take all marks off."""
        self._pages.marks.clear()
        self.refresh()
        self._say()

    # keys

    def action_step(self, by: int) -> None:
        """Key: a row up or down."""
        self.move_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Key: a page up or down, the cursor keeping its line."""
        if not self._pages.ids:
            return
        line = self._cursor - self.scroll_offset.y
        place = max(0, min(self._cursor + by * self._lines, len(self._pages.ids) - 1))
        self._turn(place - line)
        self.move_to(place)

    def action_first(self) -> None:
        """Key: the first row."""
        self.move_to(0)

    def action_last(self) -> None:
        """Key: the last row; while ids are still coming, as soon as they are there."""
        self.move_to(len(self._pages.ids) - 1)
        self._to_last = not self._pages.complete

    def action_mark(self) -> None:
        """Key: mark the row, or take the mark off."""
        if (id := self.current_id) is not None:
            self.mark(id)

    def action_choose(self) -> None:
        """Key: open the row."""
        if (id := self.current_id) is not None:
            self.post_message(self.Chosen(self, id))

    # asking the source

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def on_mount(self) -> None:
        """Ask for the first page."""
        self._begin(self._open, fallback=0)

    def on_unmount(self) -> None:
        """Stop what is still being read; a source may stop its own query on that."""
        for task in self._tasks:
            task.cancel()

    def _begin(self, how: Asking, fallback: int) -> None:
        self._generation += 1
        self._wanted = self.current_id if self._wanted is None else self._wanted
        self._reading, self._failure = True, None
        for task in (self._opener, self._loader):
            if task is not None:
                task.cancel()
        self._loader = None
        self._opener = self._spawn(self._guarded(self._generation, how, fallback))
        self._say()

    async def _guarded(self, generation: int, how: Asking, fallback: int) -> None:
        try:
            await how(generation, fallback)
        except Exception as fault:
            if generation == self._generation:
                self.asked = self._shown  # what is drawn is still the answer to the query before
                self._fail(fault)
        finally:
            if generation == self._generation:
                self._reading = False
                if not self._pages.ids:
                    self.refresh()  # "reading…" may have been drawn while the count was still asked for
                self._say()

    async def _open(self, generation: int, fallback: int) -> None:
        asked = self.asked
        first = await self.source.first(asked, PAGE)
        if generation != self._generation:
            return
        self._pages.begin(ids := array("q", first.ids), first.rows)
        self._filled.clear()
        self._fill(first.rows.values())
        if len(ids) < PAGE:
            self._pages.finish(ids)
            self._answered(asked, fallback)
        else:
            self._answered(asked, fallback)
            ids = await self.source.ids(asked)
            if generation != self._generation:
                return
            self._pages.finish(ids)
            self._answered(asked, self._cursor)
        await self._count(generation)

    async def _reread(self, generation: int, fallback: int) -> None:
        asked = self.asked
        ids = await self.source.ids(asked)
        if generation != self._generation:
            return
        found = place_in(ids, self._wanted)
        place = max(0, min(fallback, len(ids) - 1)) if found is None else found
        window = ids[max(0, place - self._lines) : place + self._lines + 1]
        rows = await self.source.rows(window)
        if generation == self._generation:
            self._pages.begin(ids, rows)
            self._filled.clear()
            self._fill(rows.values())
            self._pages.finish(ids)
            self._answered(asked, self._cursor)
            self._changed = 0
            await self._count(generation)

    async def _count(self, generation: int) -> None:
        if not self._shown.filter:
            self._total = len(self._pages.ids)
        else:
            self._total = None
            self._say()
            total = await self.source.total(self._shown)
            if generation == self._generation:
                self._total = total

    def _answered(self, asked: Query, fallback: int) -> None:
        """The ids have changed: go to the id wanted, or to the place given."""
        self._shown = asked
        place = self._pages.place_of(self._wanted)
        if place is not None or self._pages.complete:
            self._wanted = None
        if self._to_last and self._pages.complete:
            self._to_last, place = False, len(self._pages) - 1
        self._place(fallback if place is None else place)

    async def _load(self, generation: int, ids: Sequence[int]) -> None:
        try:
            rows = await self.source.rows(ids)
        except Exception as fault:
            if generation == self._generation:
                self._pages.give_up(ids)
                self._fail(fault)
        else:
            if generation == self._generation:
                self._fill(rows.values())
                self._pages.keep({id: rows.get(id) for id in ids}, self.scroll_offset.y, self._lines)
        finally:
            if self._loader is asyncio.current_task():
                self._loader = None
        if generation == self._generation:
            for id in ids:
                self._draw_id(id)
            self._ensure()

    def _ensure(self) -> None:
        """Ask for the rows in view, then for the page beside it in the direction of travel; one question at a time."""
        if self._loader is None:
            missing = self._pages.missing(self.scroll_offset.y, self._lines, self._direction)
            if missing:
                self._loader = self._spawn(self._load(self._generation, missing))

    def _fail(self, fault: Exception) -> None:
        told = getattr(fault, "sentence", None)
        if not isinstance(told, str):
            key = keys.command("list.refresh").keys[0]
            told = f"The list could not be read ({type(fault).__name__}). Press {key} to try again."
        self._failure = clean_text(told)
        self.refresh()
        self.post_message(self.Failed(self, self._failure, fault))

    # drawing

    @property
    def _lines(self) -> int:
        """Rows in view: all lines but the titles'."""
        return max(1, self.size.height - 1)

    def _turn(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def _place(self, place: int) -> None:
        """Take over changed ids: length, cursor, view."""
        self._cursor = max(0, min(place, len(self._pages.ids) - 1))
        self.virtual_size = Size(1, len(self._pages.ids) + 1)
        self._reveal()
        self.refresh()
        self._ensure()
        self._say()

    def _reveal(self) -> None:
        top = self.scroll_offset.y
        if not top <= self._cursor < top + self._lines:
            self._turn(self._cursor - self._lines // 2)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._reveal()
        self._ensure()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for what came into view."""
        super().watch_scroll_y(old_value, new_value)
        self._ensure()

    def _say(self) -> None:
        counts, id = self.counts(), self.current_id
        before = self._said
        self._said = (counts, id)
        if before is None or before[0] != counts:
            self.post_message(self.Counted(self, counts))
        if before is None or before[1] != id:
            self.post_message(self.Highlighted(self, id))

    def _draw_places(self, *places: int) -> None:
        top, width = self.scroll_offset.y, self.size.width
        self.refresh(*(Region(0, place - top + 1, width, 1) for place in places))

    def _draw_id(self, id: int) -> None:
        top = self.scroll_offset.y
        place = self._pages.place_of(id, top, top + self._lines)
        if place is not None:
            self._draw_places(place)

    def render_line(self, y: int) -> Strip:
        """One line: the titles, a row, a placeholder, or nothing."""
        width = self.size.width
        layout = arrange(self.source.columns, max(1, width - LEAD), self._blank())
        plain = self.rich_style
        if y == 0:
            titles = [column.title for column in self.source.columns]
            text = " " * LEAD + line_of(titles, layout, max(0, width - LEAD))
            return self._strip(width, (text, self._style("header")))
        place = y - 1 + self.scroll_offset.y
        if place >= len(self._pages.ids):
            told = self._failure or ("reading…" if self._reading else self._nothing())
            return self._strip(width, (" " * LEAD + told if y == 1 and not self._pages.ids else "", self._style("dim")))
        id = self._pages.ids[place]
        here = place == self._cursor
        row = self._pages.row(id)
        if row is None:
            text = ("▸" if here else " ") + ("*" if id in self._pages.marks else " ") + " " + self._pages.instead(id)
            return self._strip(width, (text, self._style("cursor" if here else "dim")))
        lead = ("▸" if here else " ") + ("*" if id in self._pages.marks else "~" if row.stale else " ") + " "
        text = line_of(row.cells, layout, max(0, width - LEAD))
        if here:
            return self._strip(width, (lead + text, self._style("cursor")))
        if row.stale or row.tone == "dim":
            return self._strip(width, (lead + text, self._style("dim")))
        if row.tone is None or not layout:
            return self._strip(width, (lead + text, plain))
        place, column, cells = layout[0]  # the colour stands on the first column only, beside its letters
        toned = len(cell(row.cells[place], cells, column.align))
        return self._strip(width, (lead, plain), (text[:toned], self._style(row.tone)), (text[toned:], plain))

    def _blank(self) -> set[int]:
        """Places of columns with nothing in them; none before a row is known."""
        return set(range(len(self.source.columns))) - self._filled if self._filled else set()

    def _fill(self, rows: Iterable[Row | None]) -> None:
        """Learn which columns have something in them; one that gets its first text comes into view."""
        before = len(self._filled)
        for row in rows:
            if row is not None:
                self._filled.update(place for place, text in enumerate(row.cells) if text)
        if len(self._filled) != before:
            self.refresh()

    def _nothing(self) -> str:
        return "Nothing matches the filter." if self._shown.filter else self.empty

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"queue--{part}")

    def _strip(self, width: int, *parts: tuple[str, Style]) -> Strip:
        return Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(width, parts[-1][1])

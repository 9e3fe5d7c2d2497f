"""The filter line of the worklist: what is typed, what it may go on with, and the order that is remembered."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from textual import events

from ubtui.domain.errors import BadValue
from ubtui.domain.filters import open_at, parse
from ubtui.screens.base import DeskScreen
from ubtui.services.listing import Query
from ubtui.services.worklist import preference
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList

TYPING_SECONDS = 0.08  # a word typed at speed asks once


class Filtering(DeskScreen):
    """A list under a filter that is typed with help: tab takes what is offered, the arrows choose another."""

    KEYS = "worklist"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._offers: Any = None  # what the filter may go on with, while it is typed
        self._offer = 0

    @property
    def list(self) -> QueueList:
        """The list."""
        return self.query_one("#list", QueueList)

    def do_list_filter(self) -> None:
        """Type a filter in the place of the counts."""
        self.start(self._open_filter())

    async def _open_filter(self) -> None:
        from ubtui.widgets.line_input import LineInput

        if not self.query("#filter"):
            told = "code:R04 cycle:B2 >90, or words; tab completes, enter shows"
            await self.mount(LineInput(placeholder=told, id="filter"), before="#counts")
        self.add_class("-filtering")
        field = self.query_one("#filter", LineInput)
        field.value = self.list.asked.filter
        field.focus()
        await self._complete()

    def on_input_changed(self) -> None:
        """Another letter: ask what it may go on with, once the hands rest."""
        self.set_timer(TYPING_SECONDS, lambda: self.start(self._complete()))

    async def _complete(self) -> None:
        from ubtui.services.worklist.complete import complete

        if not self.has_class("-filtering"):
            return
        text, cursor = self._typed()
        found = await self.ask(complete, text, cursor)
        if self.has_class("-filtering") and self._typed() == (text, cursor):
            self._offers, self._offer = found, 0
            self._show_offers()

    def _typed(self) -> tuple[str, int]:
        from ubtui.widgets.line_input import LineInput

        field = self.query_one("#filter", LineInput)
        return field.value, field.cursor_position

    def _show_offers(self) -> None:
        lines = [
            Line("▸" if place == self._offer else " ", f"{each.text:<22} {each.says}", _tone(place == self._offer))
            for place, each in enumerate(self._offers.candidates)
        ]
        head = "tab takes it, ↓ ↑ another" if lines else "Nothing known begins so"
        self.query_one("#evidence", Panel).show(lines, head)

    def on_key(self, event: events.Key) -> None:
        """While a filter is typed, tab takes what is offered and the arrows choose."""
        if not self.has_class("-filtering") or event.key not in ("tab", "down", "up"):
            return
        event.stop()
        event.prevent_default()
        if self._offers is None or not self._offers.candidates:
            return
        if event.key == "tab":
            self._take()
        else:
            self._offer = (self._offer + (1 if event.key == "down" else -1)) % len(self._offers.candidates)
            self._show_offers()

    def _take(self) -> None:
        from ubtui.widgets.line_input import LineInput

        field = self.query_one("#filter", LineInput)
        text, cursor = self._offers.applied(field.value, self._offers.candidates[self._offer])
        self._offers = None
        field.value = text
        field.cursor_position = cursor

    def on_input_submitted(self, event: Any) -> None:
        """Enter shows what matches."""
        try:
            parse(event.value)
        except BadValue as fault:
            self.start(self._half_typed(str(fault)))
            return
        self._filter(event.value)

    async def _half_typed(self, fault: str) -> None:
        """Enter on what cannot be read yet: the one thing it can become is taken; of several the first is named."""
        text, cursor = self._typed()
        await self._complete()
        there = self._offers is not None and self._typed() == (text, cursor) and open_at(text, cursor).field
        offers = self._offers.candidates if there else ()
        meant = self._offers.applied(text, offers[0])[0] if offers else ""
        if not offers:
            self.say(fault)
        elif len(offers) == 1 and _stands(meant):
            self._filter(meant)
        else:
            self.say(f"Not whole yet: tab takes {offers[self._offer].text}, ↓ ↑ another. {fault}")

    def _filter(self, text: str) -> None:
        self.close_filter()
        self.list.filter(text.strip())

    def close_filter(self) -> None:
        """Leave the filter line; the evidence has its place again."""
        self.remove_class("-filtering")
        self._offers = None
        self.list.focus()
        self.filter_closed()

    def filter_closed(self) -> None:
        """The line is gone: draw what was under the offers."""

    def do_list_clear(self) -> None:
        """Leave the filter line; else take the filter off; else the marks."""
        if self.has_class("-filtering"):
            self.close_filter()
        elif self.list.asked.filter:
            self.list.filter("")
        elif self.list.marks:
            self.list.clear_marks()

    # the order, and views

    def do_list_sort(self) -> None:
        """Sort by the next column, and remember it."""
        super().do_list_sort()
        self._remember()

    def do_list_reverse(self) -> None:
        """Turn the order round, and remember it."""
        super().do_list_reverse()
        self._remember()

    def _remember(self) -> None:
        self.start(self._keep(self.list.asked))

    async def _keep(self, query: Query) -> None:
        with suppress(Exception):  # while another seat is writing: the order holds here, and is not remembered
            await self.desk.saving(preference.keep_order, query)

    def look_at(self, query: Query) -> None:
        """Show the list under another query."""
        if self.has_class("-filtering"):
            self.close_filter()
        self.list.ask(query)
        self.list.focus()


def _stands(text: str) -> bool:
    try:
        parse(text)
    except BadValue:
        return False
    return True


def _tone(chosen: bool) -> str | None:
    return "accent" if chosen else None

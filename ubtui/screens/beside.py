"""How the row under the cursor came about, beside its list where the window is broad; by the key everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on

from ubtui.screens.base import DeskScreen
from ubtui.widgets import too_small
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList

PAUSE_SECONDS = 0.08  # a held-down arrow does not ask for every row it passes


class Beside(DeskScreen):
    """A screen with a list and a panel `#beside`; `explained` tells what is known of the row."""

    HORIZONTAL_BREAKPOINTS = [*too_small.HORIZONTAL, too_small.BROAD]

    async def explained(self) -> tuple[str, Sequence[Line]] | None:
        """A title and the lines that explain the row under the cursor; None where there is nothing to explain."""
        raise NotImplementedError

    def do_list_explain(self) -> None:
        """How the figure of the row came about."""
        self.start(self._explain())

    async def _explain(self) -> None:
        if (told := await self.explained()) is None:
            self.do_list_cell()
        else:
            await self.show_lines(told[0], tuple(told[1]))

    @on(QueueList.Highlighted)
    def row_beside(self) -> None:
        """Tell beside the list how the row under the cursor came about, once the cursor rests."""
        if (shown := self.shown_list()) is not None and self.has_class("-broad"):
            row = shown, shown.current_id
            if getattr(self.app, "is_read", False):
                self.start(self._tell_beside(*row))
            else:
                self.set_timer(PAUSE_SECONDS, lambda: self._tell_if_there(*row))

    def _tell_if_there(self, shown: QueueList, id: int | None) -> None:
        if self.is_attached and shown is self.shown_list() and shown.current_id == id:
            self.start(self._tell_beside(shown, id))

    async def _tell_beside(self, shown: QueueList, id: int | None) -> None:
        title, lines = (None if id is None else await self.explained()) or ("", ())
        if self.is_attached and shown is self.shown_list() and shown.current_id == id:
            self.query_one("#beside", Panel).show(lines, title)

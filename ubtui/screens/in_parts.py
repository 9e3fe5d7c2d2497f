"""A screen of several lists, a tab away from each other, one in view at a time."""

from __future__ import annotations

from textual import on

from ubtui.screens.beside import Beside
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.status_bar import StatusBar


class InParts(Beside):
    """`PARTS` are the parts' names as shown in `#parts`; the list of one has the id `part-` and its name."""

    PARTS: tuple[str, ...] = ()
    part = 0  # the place in PARTS of the one in view

    async def show_part(self, part: int) -> None:
        """Bring a part into view, read when it is first shown."""
        raise NotImplementedError

    def say_head(self) -> None:
        """Name what is shown, with the counts of the list in view."""
        raise NotImplementedError

    def name_parts(self) -> None:
        """Show the parts' names, the one in view in brackets."""
        told = " ".join(f"[{name}]" if n == self.part else name for n, name in enumerate(self.PARTS))
        self.query_one("#parts", StatusBar).say(told)

    def do_tab_next(self) -> None:
        """The next part."""
        self.turn(self.part + 1)

    def do_tab_previous(self) -> None:
        """The part before."""
        self.turn(self.part - 1)

    def turn(self, part: int) -> None:
        """Turn to a part by its place; behind the last comes the first."""
        self.part = part % len(self.PARTS)
        self.name_parts()
        self.start(self.show_part(self.part))

    def bring(self, made: QueueList, part: int) -> bool:
        """Put a part's list in view and under the keys; False where another was turned to while it was being read."""
        if part != self.part:
            made.display = False
            return False
        for each in self.query(QueueList):
            each.display = each is made
        made.focus()
        self.row_beside()
        return True

    def shown_list(self) -> QueueList | None:
        """The list in view."""
        return next((each for each in self.query(QueueList) if each.display), None)

    @on(QueueList.Counted)
    def _counted(self) -> None:
        self.say_head()

"""From one item of the worklist to the next without going back to it."""

from __future__ import annotations

from ubtui.screens.base import DeskScreen, Place


class Stepping(DeskScreen):
    """A screen of one item, or of what an item is about: `STEPS_TO` in words, `at_item` where it stands."""

    STEPS_TO = "item"

    async def at_item(self, id: int) -> Place | None:
        """Where the step to an item leads; None passes it by."""
        return Place("fix", item=id)

    def do_item_next(self) -> None:
        """The next one."""
        self.start(self.step(1))

    def do_item_previous(self) -> None:
        """The one before."""
        self.start(self.step(-1))

    async def step(self, by: int) -> None:
        """Open the next item (-1: the one before) that leads somewhere; that there is none is said."""
        here = self.place.item
        while (id := self.router.step(by, here)) is not None:
            if (place := await self.at_item(id)) is not None:
                self.router.go(place, instead=True)
                return
            here = id
        self.say(f"There is no further {self.STEPS_TO} on the list.")

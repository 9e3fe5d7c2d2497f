"""Where screens go: a place is opened, comes to the front, or takes another's place; what is interrupted is parked."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from importlib import import_module
from threading import Thread
from typing import Any

from textual.screen import ModalScreen, Screen
from textual.worker import active_worker

from ubtui import keys
from ubtui.screens.base import Ask, DeskScreen, Place, words
from ubtui.widgets.typed_ahead import TypedAhead

MOST_PARKED = 3  # interrupted forms and questions below what is looked at
# A place's screen; imported when it is first opened.
ROUTES: dict[str, str] = {
    "account": "ubtui.screens.account:AccountScreen",
    "card": "ubtui.screens.card:CardScreen",
    "meter": "ubtui.screens.meter:MeterScreen",
    "adjust": "ubtui.screens.adjust:AdjustScreen",
    "fix": "ubtui.screens.fix:FixScreen",
    "find": "ubtui.screens.find:FindScreen",
    "run": "ubtui.screens.run:RunScreen",
    "orders": "ubtui.screens.orders:OrdersScreen",
    "routes": "ubtui.screens.routes:RoutesScreen",
    "route": "ubtui.screens.route:RouteScreen",
    "held": "ubtui.screens.held:HeldScreen",
    "approvals": "ubtui.screens.approvals:ApprovalsScreen",
    "approval": "ubtui.screens.approval:ApprovalScreen",
    "views": "ubtui.screens.views:ViewsScreen",
    "board": "ubtui.screens.board:BoardScreen",
    "help": "ubtui.screens.commands:CommandsScreen",
    "do": "ubtui.screens.commands:CommandsScreen",
}


class Routing(TypedAhead, inherit_bindings=False):
    """The stack of screens, the worklist at its foot; it alone pushes and pops them."""

    def go(self, place: Place, instead: bool = False) -> None:
        """Open a place: one that is open already comes to the front; `instead` takes the place of the one on top.

        What lies below a form that is under way is opened once more instead: the form stays where it is, and esc
        comes back to it.
        """
        if (depth := self._open_at(place)) is not None:
            self._leave_above(depth)
            return
        if (depth := self._parked_at(place)) is not None:
            if any(map(is_task, self.screen_stack[depth + 1 :])):
                self.tell("That form is parked below another one: esc goes back to them.")
            else:
                self._leave_above(depth)
            return
        module, _, name = ROUTES[place.name].partition(":")
        made: DeskScreen = getattr(import_module(module), name)(place)
        if instead and len(self.screen_stack) > 1:
            self.switch_screen(made)
        else:
            self.push_screen(made)

    def load_routes(self) -> None:
        """Import what keys open, on a thread beside them, so that the first of them does not wait for it."""
        Thread(target=_load, name="routes", daemon=True).start()

    def _open_at(self, place: Place) -> int | None:
        """How deep a place is open; the worklist is never out of reach, others only above the topmost task."""
        if place == getattr(self.screen_stack[0], "place", None):
            return 0
        for depth in range(len(self.screen_stack) - 1, -1, -1):
            screen = self.screen_stack[depth]
            if getattr(screen, "place", None) == place:
                return depth
            if is_task(screen):
                break
        return None

    def _parked_at(self, place: Place) -> int | None:
        """How deep a form of the same subject is parked: it is not opened twice, from wherever it was begun."""
        for depth, screen in enumerate(self.screen_stack):
            if is_task(screen) and isinstance(screen, DeskScreen) and screen.KEYS in keys.FORMS:
                own = screen.place
                if (own.name, own.key, own.draft) == (place.name, place.key, place.draft):
                    return depth
        return None

    def _leave_above(self, depth: int) -> None:
        """Leave all screens above a depth; a question among them is answered by nothing."""
        while len(self.screen_stack) - 1 > depth:
            top = self.screen
            if isinstance(top, ModalScreen):
                top.dismiss(None)
            else:
                self.pop_screen()

    def back(self) -> None:
        """Leave the screen on top."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    @property
    def parked(self) -> int:
        """How many forms and questions wait below the screen on top."""
        return sum(map(is_task, self.screen_stack[:-1]))

    def interrupt(self, place: Place) -> None:
        """Open a place over whatever is under way, which is parked: esc comes back to its cursor, three deep."""
        if self.may_interrupt():
            self.go(place)

    def may_interrupt(self) -> bool:
        """Whether what is under way can be parked too; where not, that is said."""
        if self.parked + is_task(self.screen) <= MOST_PARKED:
            return True
        self.tell(f"{MOST_PARKED} forms wait already: esc goes back to the last of them.")
        return False

    def tell(self, sentence: str) -> None:
        """Say a sentence on the screen on top, whatever it is."""
        say = getattr(self.screen, "say", None)
        if say is not None:
            say(sentence)

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something slow for a key of the app itself; what goes wrong is said on the screen on top."""
        self.began(self.run_worker(self._told(work), exit_on_error=False))

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as fault:
            self.log.error(repr(fault))
            self.tell(words(fault))

    async def asked(self, question: Ask) -> dict[str, str] | None:
        """Put a question over the screen on top and wait for its answer; None when cancelled."""
        from ubtui.screens.ask import AskScreen

        answer: asyncio.Future[dict[str, str] | None] = asyncio.get_running_loop().create_future()
        shown, asker = AskScreen(question), active_worker.get(None)

        def told(values: dict[str, str] | None) -> None:
            if not answer.done():
                answer.set_result(values)

        if asker is not None:
            self._begun[asker] = shown
        self.push_screen(shown, told)
        try:
            return await answer
        finally:
            if asker is not None:
                self._begun[asker] = None


def _load() -> None:
    for name in ("fix", *ROUTES):  # most days begin with enter
        with suppress(Exception):  # told when that screen is opened
            import_module(ROUTES[name].partition(":")[0])


def is_task(screen: Screen[Any]) -> bool:
    """Whether work is under way on a screen that must not be lost: a form, or a question with fields."""
    return bool(getattr(screen, "is_task", False))

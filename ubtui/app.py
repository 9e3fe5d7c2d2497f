"""The central controller: routes, keys, session and lifecycle; the only code that pushes a screen."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import Mapping
from datetime import date
from importlib import import_module
from traceback import extract_tb
from typing import Any, ClassVar

from textual import events
from textual.app import App
from textual.screen import Screen

from ubtui import keys
from ubtui.act import Done, Look, Refused, new_key
from ubtui.desk import Desk, Seat
from ubtui.screens.base import Ask, DeskScreen, Place, words
from ubtui.screens.worklist import WorklistScreen
from ubtui.services import listing, news, worklist
from ubtui.services.listing import FirstPage, Query
from ubtui.widgets import theme, too_small, wire
from ubtui.widgets.pages import PAGE

FAULT = 4
POLL_SECONDS = 10.0
STUCK_SECONDS = 1.0  # a key that is not done by then no longer holds up the next
PREFIX = "g"
# A place's screen; imported when it is first opened.
ROUTES: dict[str, str] = {
    "account": "ubtui.screens.account:AccountScreen",
    "meter": "ubtui.screens.meter:MeterScreen",
    "adjust": "ubtui.screens.adjust:AdjustScreen",
    "fix": "ubtui.screens.fix:FixScreen",
    "approvals": "ubtui.screens.approvals:ApprovalsScreen",
    "approval": "ubtui.screens.approval:ApprovalScreen",
    "help": "ubtui.screens.commands:CommandsScreen",
}


def is_lean(environ: Mapping[str, str]) -> bool:
    """Whether the line is dear: over SSH, or by UBTUI_LEAN=1."""
    return "SSH_CONNECTION" in environ or environ.get("UBTUI_LEAN") == "1"


class DeskApp(App[None], inherit_bindings=False):
    """The desk on screen. Routes places to screens; what a screen shows and does is its own business."""

    CSS_PATH: ClassVar[Any] = [theme.styles_folder() / name for name in ("base.tcss", "worklist.tcss")]
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = too_small.HORIZONTAL
    VERTICAL_BREAKPOINTS = too_small.VERTICAL

    def __init__(self, desk: Desk, environ: Mapping[str, str], hint: bool = False) -> None:
        look = theme.LEAN if is_lean(environ) else theme.choose_theme(environ)
        super().__init__(
            driver_class=wire.driver_class(environ),
            ansi_color=True if look == theme.LEAN else None,  # else NO_COLOR would become greys
        )
        self.desk, self.hint, self.lean = desk, hint, is_lean(environ)
        self.day, self._first_page = desk.ask(_first_look)
        self.claims: dict[str, None] = {}  # keys of items, to give them back
        self.fault: Exception | None = None
        self.animation_level = "none"
        self._heard = 0
        self._prefixed = False
        self._typed: deque[events.Key] = deque()  # the first is under way, the others wait for it
        for each in theme.THEMES:
            self.register_theme(each)
        self.theme = look
        desk.on_change(self._changed)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The tokens of the style files."""
        return theme.token_defaults()

    def get_default_screen(self) -> Screen[None]:
        """The day is on the first screen."""
        return WorklistScreen(Place("worklist"), self._first_page)

    # lifecycle

    def on_mount(self) -> None:
        """Leave in order when the line breaks or the machine goes down; look for others' work now and then."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            loop.add_signal_handler(number, self._leave, 128 + number)
            # A flood of keys fills the pipe that wakes the loop, and a signal's byte is lost there: hear it also here.
            signal.signal(number, lambda number, _: loop.call_soon_threadsafe(self._leave, 128 + number))
        self.set_interval(POLL_SECONDS, self._poll)

    def _leave(self, code: int) -> None:
        self.exit(return_code=code)

    async def _poll(self) -> None:
        try:
            told = await self.desk.asking(news.news, self._heard)
        except Exception as fault:  # a busy or lost record is told when something is asked of it
            self.log.error(words(fault))
            return
        self.day = told.today
        if told.changed:
            self.home.changed_elsewhere(told.changed)

    def _changed(self, done: Done[Any]) -> None:
        self.home.healed(done)

    def heard(self, event: int) -> None:
        """The worklist shows everything up to this event."""
        self._heard = event

    def remember_claim(self, item: str, held: bool) -> None:
        """Know which items this seat holds."""
        if held:
            self.claims[item] = None
        else:
            self.claims.pop(item, None)

    def _handle_exception(self, error: Exception) -> None:
        # Textual would print source and values, customers' among them, on the terminal.
        if self.is_headless:
            super()._handle_exception(error)
        else:
            self.fault = self.fault or error
            self.exit(return_code=FAULT)

    # routes

    @property
    def home(self) -> WorklistScreen:
        """The worklist, which is always there."""
        root = self.screen_stack[0]
        assert isinstance(root, WorklistScreen)
        return root

    def go(self, place: Place, instead: bool = False) -> None:
        """Open a place: one that is open already comes to the front; `instead` takes the place of the one on top."""
        for depth, screen in enumerate(self.screen_stack):
            if getattr(screen, "place", None) == place:
                for _ in range(len(self.screen_stack) - 1 - depth):
                    self.pop_screen()
                return
        module, _, name = ROUTES[place.name].partition(":")
        made: DeskScreen = getattr(import_module(module), name)(place)
        if instead and len(self.screen_stack) > 1:
            self.switch_screen(made)
        else:
            self.push_screen(made)

    def back(self) -> None:
        """Leave the screen on top."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def step(self, by: int, here: int | None) -> int | None:
        """The item after `here` on the worklist."""
        return self.home.step(by, here)

    async def asked(self, question: Ask) -> dict[str, str] | None:
        """Put a question over the screen on top and wait for its answer; None when cancelled."""
        from ubtui.screens.ask import AskScreen

        answer: asyncio.Future[dict[str, str] | None] = asyncio.get_running_loop().create_future()

        def told(values: dict[str, str] | None) -> None:
            if not answer.done():
                answer.set_result(values)

        self.push_screen(AskScreen(question), told)
        return await answer

    # keys

    async def on_event(self, event: events.Event) -> None:
        """One key after the other; all else is Textual's.

        Textual sends a key to whoever has the focus when it arrives, so that of keys that come in one rush, as a
        slow line lets go, those behind a tab would go to the field before it. Here a key waits for the one before.
        """
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        if self._typed and event.time - self._typed[0].time > STUCK_SECONDS:
            self._typed.clear()
        self._typed.append(event)
        if len(self._typed) == 1:
            await self._take_key()

    async def _take_key(self) -> None:
        while self._typed:
            event, top = self._typed[0], self.screen if self.screen_stack else None
            if isinstance(top, DeskScreen) and self._is_ours(event, top):
                self._typed.popleft()
                continue
            target = self.focused or top
            await super().on_event(event)
            self._follow(target)
            return

    def _follow(self, node: Any) -> None:
        """Go the way of the key, from the focused widget up to the app, and take the next one behind it."""
        while node is not None and node is not self and not node.call_later(self._follow, node.parent):
            node = node.parent
        if node is None or node is self:
            self.call_later(self.call_later, self._key_done)  # a focus that it moved is one step behind it

    async def _key_done(self) -> None:
        if self._typed:
            self._typed.popleft()
            await self._take_key()

    def _is_ours(self, event: events.Key, top: DeskScreen) -> bool:
        """Two-key commands, and the end of what was said at the last key."""
        top.say(None)
        if self._prefixed:
            self._prefixed = False
            if (each := keys.sequences(PREFIX).get(event.key)) is not None:
                top.action_command(each.id)
            return True
        typing = top.KEYS in keys.FORMS or (self.focused is not None and self.focused.check_consume_key("g", "g"))
        if event.key == PREFIX and not typing:
            self._prefixed = True
            top.say("g then: " + "  ".join(f"{key} {each.label}" for key, each in keys.sequences(PREFIX).items()))
            return True
        if event.key in ("ctrl+c", "ctrl+q"):
            top.say("Nothing was closed: esc goes back, q on the worklist leaves.")
            return True
        return False

    def do_app_quit(self) -> None:
        """Leave from the worklist; elsewhere go back."""
        if len(self.screen_stack) > 1:
            self.back()
        else:
            self.exit(return_code=0)

    def do_app_help(self) -> None:
        """The keys of the screen on top."""
        if isinstance(self.screen, DeskScreen) and self.screen.KEYS != "help":
            self.go(Place("help", self.screen.KEYS))

    do_app_palette = do_app_help

    def do_go_worklist(self) -> None:
        """The worklist."""
        self.go(self.home.place)

    def do_go_approvals(self) -> None:
        """The approvals inbox."""
        self.go(Place("approvals"))

    def do_go_account(self) -> None:
        """An account by its number."""
        self.home.start(self._find_account())

    async def _find_account(self) -> None:
        from ubtui.screens.find import account_question

        if (number := await account_question(self)) is not None:
            self.go(Place("account", number))


def _first_look(look: Look) -> tuple[date, FirstPage]:
    """The day and the first page, read before anything is drawn, so that it is drawn once."""
    return look.today, listing.first(look, worklist.WORKLIST, Query(), PAGE)


def run(data: str, seat: Seat, sample: bool) -> int:
    """Open the desk at `data` on this terminal; the exit code: 0, 4 after a fault, 128+n after signal n.

    Raises DeskError before anything is drawn. What this seat claimed is free again afterwards.
    """
    with Desk(data, seat, threads=True) as desk:
        app = DeskApp(desk, os.environ, hint=sample)
        app.run(mouse=not app.lean)
        for item in app.claims:
            try:
                answer = desk.perform(worklist.release, worklist.OnItem(item=item), key=new_key())
            except Exception:  # the lease ends by itself
                break
            if isinstance(answer, Refused):
                continue
    if app.fault is not None:
        frames = extract_tb(app.fault.__traceback__)
        place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "unknown place"
        kind = type(app.fault).__name__
        os.write(2, f"The desk closed after a fault ({kind} at {place}). What was typed is kept.\n".encode())
    return app.return_code or 0

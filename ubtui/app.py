"""The central controller: keys, session and lifecycle; with its routing the only code that pushes a screen."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from traceback import extract_tb
from typing import Any, ClassVar

from textual import events
from textual.screen import Screen

from ubtui import keyfile, keys
from ubtui.act import Done, Look, Refused, new_key
from ubtui.desk import Desk, Seat
from ubtui.screens.base import DeskScreen, Place, words
from ubtui.screens.routing import Routing
from ubtui.screens.worklist import WorklistScreen
from ubtui.services import listing, news, worklist
from ubtui.services.listing import FirstPage, Query
from ubtui.services.worklist import preference
from ubtui.widgets import theme, too_small, wire
from ubtui.widgets.pages import PAGE

FAULT = 4
POLL_SECONDS = 10.0
SWITCH_SECONDS = 0.0005  # so long a key waits for each turn of what is read or loaded beside it
READ_SIZE = (200, 60)
PREFIX = keyfile.PREFIX


def is_lean(environ: Mapping[str, str]) -> bool:
    """Whether the line is dear: over SSH, or by UBTUI_LEAN=1."""
    return "SSH_CONNECTION" in environ or environ.get("UBTUI_LEAN") == "1"


class DeskApp(Routing, inherit_bindings=False):
    """The desk on screen. Routes places to screens; what a screen shows and does is its own business."""

    TITLE = "ubtui"
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
        own = keyfile.load(desk.folder, environ)
        self.commands, self._own_keys, self.key_faults = own.commands, own.keymap, own.faults
        self._sequences = keys.sequences(PREFIX, own.commands)
        self.claims: dict[str, None] = {}  # keys of items, to give them back
        self.written: set[Path] = set()  # files that this desk wrote, which it may write again
        self.fault: Exception | None = None
        self.is_read = False  # read out for the shell, with no terminal
        self.animation_level = "none"
        self._heard = 0
        self._prefixed = False
        theme.begin(self, look)
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
        self.call_after_refresh(gc.enable)
        self.set_keymap(self._own_keys)
        if self.key_faults:
            self.call_after_refresh(self.home.say, " ".join((*self.key_faults, "Its keys are left as they were.")))
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
        self._is_day(told.today)
        if told.changed:
            self.home.changed_elsewhere(told.changed)

    def _changed(self, done: Done[Any]) -> None:
        self.home.healed(done)

    def heard(self, told: news.News) -> None:
        """The worklist shows everything up to this event, on this business day."""
        self._heard = told.event
        self._is_day(told.today)

    def _is_day(self, today: date) -> None:
        if today != self.day:
            self.day = today
            self.home.name_day()

    def remember_claim(self, item: str, held: bool) -> None:
        """Know which items this seat holds."""
        if held:
            self.claims[item] = None
        else:
            self.claims.pop(item, None)

    def _handle_exception(self, error: Exception) -> None:
        # Textual would print source and values, customers' among them, on the terminal.
        if self.is_headless and not self.is_read:
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

    def step(self, by: int, here: int | None) -> int | None:
        """The item after `here` on the worklist."""
        return self.home.step(by, here)

    # keys

    def dropped(self) -> None:
        """Say that a flood of keys was not taken."""
        self.tell("More keys came at once than hands can press: they were dropped.")

    def is_ours(self, event: events.Key, top: Screen[Any] | None) -> bool:
        """Two-key commands, and the end of what was said at the last key; every key while the window shows nothing."""
        if too_small.too_small(*self.size):
            return True
        if not isinstance(top, DeskScreen):
            return False
        top.say(None)
        if self.hint:
            self.hint = False
            self.home.end_hint()
        if self._prefixed:
            self._prefixed = False
            if (each := self._sequences.get(event.key)) is not None:
                top.action_command(each.id)
            return True
        typing = top.KEYS in keys.FORMS or (self.focused is not None and self.focused.check_consume_key("g", "g"))
        if event.key == PREFIX and not typing:
            self._prefixed = True
            top.say("g then: " + "  ".join(f"{key}\u00a0{each.label}" for key, each in self._sequences.items()))
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

    def do_app_palette(self) -> None:
        """All that can be done here, by its name."""
        if isinstance(self.screen, DeskScreen) and self.screen.KEYS != "help":
            self.go(Place("do", self.screen.KEYS))

    def do_go_worklist(self) -> None:
        """The worklist; what was parked on the way is kept, and said."""
        left = self.parked
        self.go(self.home.place)
        if left:
            self.home.say("What was typed is kept: g d opens it again.")

    def do_phone_card(self) -> None:
        """The phone card of the account in view, over whatever is under way."""
        if not isinstance(self.screen, DeskScreen) or self.screen.KEYS != "card":
            self.beside(self._phone_card())

    async def _phone_card(self) -> None:
        below = next(each for each in reversed(self.screen_stack) if isinstance(each, DeskScreen))
        if (account := await below.account_in_view()) is None:
            self.tell("No account is in view: F3 finds one.")
        else:
            self.interrupt(Place("card", account, below.place.item))

    def look_at(self, query: Query, said: str = "") -> None:
        """Show the worklist under another query."""
        self.go(self.home.place)
        self.home.look_at(query)
        self.home.say(said or None)

    def looked_at(self) -> Query:
        """What the worklist shows."""
        return self.home.list.asked

    def do_go_views(self) -> None:
        """The saved views."""
        self.go(Place("views"))

    def do_go_board(self) -> None:
        """The supervisor's board."""
        self.go(Place("board"))

    def do_handover_read(self) -> None:
        """The note that the person before left."""
        if isinstance(self.screen, DeskScreen):
            self.screen.start(self._read_note(self.screen))

    async def _read_note(self, screen: DeskScreen) -> None:
        from ubtui.screens.handing import read_note

        await read_note(screen)

    def do_go_approvals(self) -> None:
        """The approvals inbox."""
        self.go(Place("approvals"))

    def do_go_routes(self) -> None:
        """Go to the routes."""
        self.go(Place("routes"))

    def do_go_held(self) -> None:
        """The reads that are held."""
        self.go(Place("held"))

    def do_go_orders(self) -> None:
        """The orders that are out there."""
        self.go(Place("orders"))

    def do_go_drawer(self) -> None:
        """Count the drawer of today, then make the deposit."""
        from ubtui.screens.counter import end_day

        if isinstance(self.screen, DeskScreen):
            self.screen.start(end_day(self.screen))

    def do_go_find(self) -> None:
        """Find anything, over whatever is under way."""
        self.interrupt(Place("find"))

    def do_go_jump(self) -> None:
        """Letters over what is in view; the next key goes there."""
        from ubtui.screens.jump import JumpScreen, go_to, spots

        if found := spots(self.screen):
            self.push_screen(JumpScreen(found), go_to)
        else:
            self.tell("There is nothing here to go to.")

    def do_go_draft(self) -> None:
        """The newest form that was kept."""
        self.beside(self._open_kept())

    async def _open_kept(self) -> None:
        from ubtui.screens.kept import kept_forms

        if waiting := await self.desk.asking(kept_forms):
            self.go(waiting[0].place)
        elif isinstance(self.screen, DeskScreen):
            self.screen.say("No form waits: all that was typed is sent.")


def _first_look(look: Look) -> tuple[date, tuple[Query, FirstPage]]:
    """The day and the first page in the order last used, read before anything is drawn, so that it is drawn once."""
    asked = preference.order(look)
    shown = worklist.worklist_for(look.actor.role, look.district.kind)
    return look.today, (asked, listing.first(look, shown, asked, PAGE))


def read(data: str, seat: Seat, name: str, key: str, most: int, leaves: bool) -> list[str]:
    """The screen `name` of `key` read out, for who cannot see it; `leaves`: the text goes to a file or a program.

    At most `most` rows of each list, 0 for all. Raises BadValue for a screen or key that there is not, DeskError, and
    what the screen itself was refused.
    """
    from ubtui.screens.reading import place_of, read_out, settled

    lines: list[str] = []
    with Desk(data, seat, threads=True) as desk:
        place = desk.ask(place_of, name, key)
        if leaves:
            desk.viewed("worklist.export", format="read", screen=name)
        app = DeskApp(desk, {"UBTUI_LEAN": "1"})
        app.is_read = True

        async def reading(pilot: Any) -> None:
            try:
                if name != "worklist":
                    app.go(place)
                await settled(app)
                lines.extend([line async for line in read_out(app, most)])
                app.fault = app.fault or getattr(app.screen, "failure", None)
            except Exception as fault:
                app.fault = app.fault or fault
            app.exit()

        app.run(headless=True, mouse=False, size=READ_SIZE, auto_pilot=reading)
    if app.fault is not None:
        raise app.fault
    return lines


def run(data: str, seat: Seat, sample: bool) -> int:
    """Open the desk at `data` on this terminal; the exit code: 0, 4 after a fault, 128+n after signal n.

    Raises DeskError before anything is drawn. What this seat claimed is free again afterwards.
    """
    gc.freeze()  # modules stay: to look among them for what can go would only hold up the first page and the keys
    sys.setswitchinterval(SWITCH_SECONDS)
    with Desk(data, seat, threads=True) as desk:
        app = DeskApp(desk, os.environ, hint=sample)
        app.run(mouse=False)  # the terminal's own selecting and copying stays
        for item in app.claims:
            try:
                answer = desk.perform(worklist.release, worklist.OnItem(item=item), key=new_key())
            except Exception:  # the lease ends by itself
                break
            if isinstance(answer, Refused):
                continue
    if app.fault is not None:
        from ubtui.faultlog import log_fault

        frames = extract_tb(app.fault.__traceback__)
        place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "unknown place"
        kind = type(app.fault).__name__
        log = log_fault(app.fault, data, "screens")
        told = f"The desk closed after a fault ({kind} at {place}). What was typed is kept; see {log}\n"
        os.write(2, told.encode())
    return app.return_code or 0

"""A thin layer between Textual and the terminal: of each frame only what changed goes over the line."""

from __future__ import annotations

import os
import re
import signal
import sys
from codecs import getincrementaldecoder
from collections.abc import Mapping
from select import select
from threading import RLock
from typing import TYPE_CHECKING, Any

from textual import events

from ubtui.widgets.wire.grid import Grid

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.message import Message

# By TERM: these are known; those without ECH; those that have REP. Many call themselves xterm that lack REP, macOS'
# Terminal and older mosh among them, so that only names of their own count there.
_KNOWN = re.compile(
    r"(xterm|screen|tmux|rxvt|linux|alacritty|foot|kitty|wezterm|ghostty|konsole|gnome|vte|putty|st|contour|mintty)"
    r"([-.+].*)?"
)
_NO_ERASE = re.compile(r"(screen|tmux)([-.+].*)?")
_REPEAT = re.compile(r"(alacritty|foot|kitty|xterm-kitty|wezterm|ghostty|xterm-ghostty|contour)([-.+].*)?")

_SYNC, _SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
REPAINT_KEY = "ctrl+l"
FLOOD_SILENCE = 0.1  # seconds without a byte that end a flood


def grid_for(term: str, columns: int, lines: int) -> Grid | None:
    """A grid with what the terminal of this name can do; None when the name says nothing."""
    if not _KNOWN.fullmatch(term):
        return None
    return Grid(columns, lines, erase=not _NO_ERASE.fullmatch(term), repeat=bool(_REPEAT.fullmatch(term)))


def driver_class(environ: Mapping[str, str]) -> type[Driver] | None:
    """The driver to give to a Textual app; None, Textual's own choice, by UBTUI_WIRE=0 and for unknown terminals."""
    term = environ.get("TERM", "")
    if sys.platform == "win32" or environ.get("UBTUI_WIRE") == "0" or "TEXTUAL_DRIVER" in environ:
        return None
    if not _KNOWN.fullmatch(term):
        return None
    from textual.drivers.linux_driver import LinuxDriver

    from ubtui.widgets.wire.parser import Parser

    class WireDriver(LinuxDriver):
        """Textual's driver, through a grid. A frame inside synchronised output goes out in one piece, or not at all."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            grid = grid_for(term, *self._app.size)
            assert grid is not None
            self._grid = grid
            self._turn = RLock()  # the thread that reads keys writes too
            self._held: list[str] | None = None
            self._resized = False
            self._keys = 0  # handed over so far
            self._is_flood = False

        def write(self, data: str) -> None:
            """Write what changed."""
            with self._turn:
                size = self._app.size
                if self._resized or size != self._grid.size:
                    self._resized = False
                    self._grid.forget(size)
                if data == _SYNC:
                    self._held = []
                elif data == _SYNC_END:
                    held, self._held = self._held, None
                    if held:
                        super().write("".join((_SYNC, *held, _SYNC_END)))
                else:
                    self._send(self._grid.take(data))

        def _send(self, out: str) -> None:
            if out and self._held is not None:
                self._held.append(out)
            elif out:
                super().write(out)

        def start_application_mode(self) -> None:
            """Know of every change of size before Textual draws for it."""
            super().start_application_mode()  # type: ignore[no-untyped-call]
            before = signal.getsignal(signal.SIGWINCH)

            def resized(number: int, frame: Any) -> None:
                self._resized = True
                if callable(before):
                    before(number, frame)

            signal.signal(signal.SIGWINCH, resized)

        def run_input_thread(self) -> None:
            """Read keys as Textual does; a flood is thrown away unread, and a byte that is no text ends nothing."""
            parser = Parser(self._debug)
            decode = getincrementaldecoder("utf-8")("replace").decode
            while not self.exit_event.is_set():
                if select([self.fileno], [], [], 0.1)[0]:
                    if not (data := os.read(self.fileno, 4096)):
                        break  # the line is gone
                    for message in parser.feed(decode(data)):
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
                if self._is_flood:
                    self._is_flood = False
                    parser = Parser(self._debug)  # what it was in the midst of is thrown away too
                    while not self.exit_event.is_set() and select([self.fileno], [], [], FLOOD_SILENCE)[0]:
                        if not os.read(self.fileno, 65536):
                            break

        def process_message(self, message: Message) -> None:
            """Paint all anew when the person comes back to the terminal, or asks for it; no flood of keys goes on."""
            if isinstance(message, events.Key) and (takes := getattr(self._app, "takes_key", None)) is not None:
                if not takes(message.time, self._keys):
                    self._is_flood = True
                    return
                self._keys += 1
            if isinstance(message, events.AppFocus) or (isinstance(message, events.Key) and message.key == REPAINT_KEY):
                with self._turn:
                    self._send(self._grid.repaint())
            super().process_message(message)

    return WireDriver

"""A real terminal for tests: a program on a pty, its screen as text, its bytes, its keys, its signals."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "insert": "\x1b[2~",
    "delete": "\x1b[3~",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
    "f11": "\x1b[23~",
    "f12": "\x1b[24~",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
APPLICATION_KEYS = {name: KEYS[name].replace("[", "O") for name in ("up", "down", "right", "left", "home", "end")}

# Seconds a screen may take that is sure to come: on a machine that others fill, far more than on one's own.
PATIENCE = 60.0

# A lone escape and the key after it would be read as one alt chord; programs wait about 100 ms to tell.
ESCAPE_PAUSE = 0.2

# What pyte would draw as text or misread: sequences with a prefix or an intermediate, and device strings.
UNSEEN = re.compile(rb"\x1b\[[<=>][0-?]*[ -/]*[@-~]|\x1b\[[0-?]*[ -/]+[@-~]|\x1b[P_^X].*?\x1b\\", re.DOTALL)
UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[P_^X](?:(?!\x1b\\).)*)?\Z", re.DOTALL)
QUESTION = re.compile(rb"\x1b\[(?:(\??)([56])n|(>?)0?c|\?([0-9]+)\$p)")


class _Screen(pyte.Screen):
    """pyte's screen and what it lacks: scrolling a band (SU, SD) and repeating a character (REP)."""

    last = " "

    def draw(self, data: str) -> None:
        super().draw(data)
        if data:
            self.last = data[-1]

    def delete_lines(self, count: int | None = None) -> None:
        # pyte leaves a line as it is when the one that should come there was never written
        _ = [self.buffer[y] for y in range(self.lines)]
        super().delete_lines(count)

    def scroll_up(self, count: int = 1, **_: object) -> None:
        self._at_top(self.delete_lines, count)

    def scroll_down(self, count: int = 1, **_: object) -> None:
        self._at_top(self.insert_lines, count)

    def _at_top(self, shift: Callable[[int], None], count: int) -> None:
        x, y = self.cursor.x, self.cursor.y
        self.cursor.y = self.margins.top if self.margins else 0
        shift(count or 1)
        self.cursor.x, self.cursor.y = x, y

    def repeat(self, count: int = 1, **_: object) -> None:
        self.draw(self.last * (count or 1))


class _Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "S": "scroll_up", "T": "scroll_down", "b": "repeat"}
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down", "repeat"}


class Terminal:
    """A program running on a terminal of its own, 80 columns by 24 lines unless told.

    A thread reads all it writes, as a terminal does: `screen()` is what a person would see now, `log` every
    byte. Its environment is this process's less what tells of another terminal, with `env` on top (None
    takes a variable away). Leaving the `with` block hangs up, and kills what does not go.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str | None] | None = None,
        cwd: str | Path | None = None,
        size: tuple[int, int] = (80, 24),
        term: str = "xterm-256color",
    ) -> None:
        settings: dict[str, str | None] = {**os.environ, "TERM": term, "LC_ALL": "C.UTF-8"}
        for name in ("COLORTERM", "COLUMNS", "LINES", "NO_COLOR", "SSH_CONNECTION", "TERM_PROGRAM", "TMUX"):
            settings[name] = None
        settings.update(env or {})
        self.log = bytearray()
        self._grid = _Screen(*size)
        self._stream = _Stream(self._grid)
        self._news = threading.Condition()
        self._rest = b""
        self._ended = False
        self._heard = time.monotonic()
        self._application_keys = False
        self._master, slave = pty.openpty()
        self._wake_read, self._wake_write = os.pipe()
        self._set_size(*size)
        self._process = subprocess.Popen(
            [str(part) for part in argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={name: value for name, value in settings.items() if value is not None},
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    # What a person does

    def press(self, *keys: str) -> None:
        """Press keys one after the other: "down", "f10", "ctrl+p", "a"."""
        for at, key in enumerate(keys):
            if key not in KEYS and len(key) != 1:
                raise ValueError(f"no key is called {key!r}")
            names = {**KEYS, **APPLICATION_KEYS} if self._application_keys else KEYS
            self.write(names.get(key, key).encode())
            if key == "escape" and at + 1 < len(keys):
                time.sleep(ESCAPE_PAUSE)

    def type(self, text: str) -> None:
        """Type text as it stands."""
        self.write(text.encode())

    def write(self, data: bytes) -> None:
        """Send bytes as they are, a paste among them."""
        while data:
            data = data[os.write(self._master, data) :]

    def resize(self, columns: int, lines: int) -> None:
        with self._news:
            self._grid.resize(lines, columns)
        self._set_size(columns, lines)

    def signal(self, number: int) -> None:
        """Send a signal to the program alone."""
        self._process.send_signal(number)

    def close(self) -> None:
        """Hang up: the line is cut and the program gets SIGHUP, as when a connection breaks."""
        if self._master >= 0:
            os.write(self._wake_write, b".")
            self._reader.join()
            for end in (self._master, self._wake_read, self._wake_write):
                os.close(end)
            self._master = -1

    # What a person sees

    def screen(self) -> list[str]:
        """The lines on the screen, top to bottom, padded to the width."""
        with self._news:
            return list(self._grid.display)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and line of the cursor, from 0."""
        with self._news:
            return self._grid.cursor.x, self._grid.cursor.y

    def cells(self) -> list[list[tuple[str, str, str, bool, bool]]]:
        """Each cell of the screen: character, foreground, background, bold, reverse."""
        with self._news:
            rows = [[self._grid.buffer[y][x] for x in range(self._grid.columns)] for y in range(self._grid.lines)]
        return [[(c.data, c.fg, c.bg, c.bold, c.reverse) for c in row] for row in rows]

    def wait_for(self, text: str, timeout: float = PATIENCE) -> list[str]:
        """The screen, once `text` stands on one of its lines; TimeoutError shows what stood there instead."""
        return self.wait_until(lambda lines: any(text in line for line in lines), timeout, f"{text!r}")

    def wait_until(
        self, true: Callable[[list[str]], bool], timeout: float = PATIENCE, what: str = "the screen awaited"
    ) -> list[str]:
        """The screen, once `true` holds of it."""
        end = time.monotonic() + timeout
        with self._news:
            while True:
                lines = list(self._grid.display)
                if true(lines):
                    return lines
                left = end - time.monotonic()
                if left <= 0 or self._ended:
                    why = "the program ended" if self._ended else f"{timeout} s went by"
                    shown = "\n".join(line.rstrip() for line in lines).rstrip()
                    raise TimeoutError(f"{why} without {what} on this screen:\n{shown}")
                self._news.wait(left)

    def settle(self, quiet: float = 0.3, timeout: float = PATIENCE) -> list[str]:
        """The screen, once nothing has been written for `quiet` seconds; for byte counts, not for waiting."""
        end = time.monotonic() + timeout
        with self._news:
            while (silence := time.monotonic() - self._heard) < quiet and not self._ended:
                if time.monotonic() > end:
                    raise TimeoutError(f"still writing after {timeout} s")
                self._news.wait(quiet - silence)
            return list(self._grid.display)

    def exit_code(self, timeout: float = PATIENCE) -> int:
        """What the program ended with; minus the number of the signal that killed it."""
        code = self._process.wait(timeout)
        if self._master >= 0:
            self._reader.join(timeout)
        return code

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    # The terminal's own side

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            try:
                data = os.read(self._master, 65536)
            except OSError:  # Linux's way to say that the last user of the line is gone
                data = b""
            with self._news:
                self._heard = time.monotonic()
                self._ended = not data
                if data:
                    self.log += data
                    self._show(data)
                self._news.notify_all()
            if not data:
                return

    def _show(self, data: bytes) -> None:
        data = self._rest + data
        self._rest = b""
        if tail := UNFINISHED.search(data):
            data, self._rest = data[: tail.start()], data[tail.start() :]
        for switch in re.findall(rb"\x1b\[\?1([hl])", data):
            self._application_keys = switch == b"h"
        questions = list(QUESTION.finditer(data))
        self._stream.feed(UNSEEN.sub(b"", data))
        for question in questions:
            os.write(self._master, self._answer(question))

    def _answer(self, question: re.Match[bytes]) -> bytes:
        private, status, secondary, mode = question.groups()
        if mode is not None:  # synchronised output is known and off; of any other mode nothing is known
            return b"\x1b[?%s;%d$y" % (mode, 2 if mode == b"2026" else 0)
        if status == b"5":
            return b"\x1b[0n"
        if status == b"6":
            return b"\x1b[%s%d;%dR" % (private, self._grid.cursor.y + 1, self._grid.cursor.x + 1)
        return b"\x1b[>0;0;0c" if secondary else b"\x1b[?62;22c"


def _take_terminal() -> None:
    """In the child, leader of a session of its own: make its standard input the controlling terminal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)

"""A day at the office, for journeys: people at terminals, commands at the shell, and what must hold after each step."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.record import assert_at_rest
from tests.pty import ESCAPE_PAUSE, PATIENCE, Terminal
from ubtui.cli import run_command

# An enter so soon behind letters is taken for a paste's.
RUSH_PAUSE = 0.35
UBTUI = [sys.executable, "-m", "ubtui"]


class Told(NamedTuple):
    """What a command said: data on stdout, narration on stderr."""

    out: str
    err: str


def shell(data: str, *words: str, who: str = "ana", code: int = 0, env: Mapping[str, str] | None = None) -> Told:
    """A command line in a process of its own, no terminal near it; the list is at rest behind it."""
    made = subprocess.run(
        [*UBTUI, "--data", data, "--as", who, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8", **(env or {})},
    )
    assert made.returncode == code, f"{' '.join(words)}: exit code {made.returncode}\n{made.stdout}\n{made.stderr}"
    assert "Traceback" not in made.stderr
    if code == 0:
        assert_at_rest(data)
    return Told(made.stdout, made.stderr)


class Here:
    """The same command lines in this process, for the many."""

    def __init__(self, data: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.data, self._capsys = data, capsys

    def __call__(self, *words: str, who: str = "ana", code: int = 0) -> Told:
        self._capsys.readouterr()
        got = run_command(["--data", self.data, "--as", who, *words])
        told = Told(*self._capsys.readouterr())
        assert got == code, f"{' '.join(words)}: exit code {got}\n{told.out}\n{told.err}"
        return told


class Sitting(Terminal):
    """Somebody at the desk's screens."""

    def __init__(self, data: str, who: str, size: tuple[int, int] = (80, 24), **env: str | None) -> None:
        settings = {"UBTUI_DATA": data, "PYTHONUNBUFFERED": "1", **env}
        super().__init__([*UBTUI, "--data", data, "--as", who], size=size, env=settings)
        self.data = data
        self._typed: int | None = None

    def press(self, *keys: str) -> None:
        """Press keys one after the other, with a breath after escape: with the next key it would make a chord.

        Enter behind what was typed waits until that was heard and a rush is over: in one rush it may be a paste's.
        """
        if keys[0] == "enter" and self._typed is not None:
            heard = self._typed
            self.wait_until(lambda _: len(self.log) > heard, what="an echo of what was typed")
            time.sleep(RUSH_PAUSE)
        self._typed = None
        super().press(*keys)
        if keys[-1] == "escape":
            time.sleep(ESCAPE_PAUSE)

    def type(self, text: str) -> None:
        """Type in one rush."""
        self._typed = len(self.log)
        super().type(text)

    def see(self, *texts: str, timeout: float = PATIENCE) -> list[str]:
        """Wait until every one of these stands somewhere on the screen."""
        return self.wait_until(
            lambda lines: all(any(text in line for line in lines) for text in texts), timeout, " and ".join(texts)
        )

    def see_no_more(self, text: str, timeout: float = PATIENCE) -> list[str]:
        """Wait until this has left the screen."""
        return self.wait_until(lambda lines: not any(text in line for line in lines), timeout, f"no {text!r}")

    def filter(self, text: str) -> list[str]:
        """Show only what matches."""
        self.press("/")
        self.see("enter shows")
        self.type(text)
        self.press("enter")
        return self.see("shown, filtered", text)

    def under_cursor(self) -> str:
        """The line the list's cursor is on, once there is one."""
        return next(filter(_has_cursor, self.wait_until(lambda lines: any(map(_has_cursor, lines)), what="a cursor")))

    def down_to(self, text: str) -> None:
        """Bring the cursor down to the row with that text."""
        while text not in (here := self.under_cursor()):
            self.press("down")
            self.wait_until(lambda lines, here=here: here not in lines, what=f"a row below, with {text!r}")

    def leave(self) -> None:
        """Go home: q on the worklist, exit code 0, and the list at rest."""
        self.press("q")
        assert self.exit_code() == 0, "\n".join(self.screen())
        assert_at_rest(self.data)


def _has_cursor(line: str) -> bool:
    return line.lstrip().startswith(("▸", ">"))


@contextmanager
def sitting(data: str, who: str = "ana", size: tuple[int, int] = (80, 24), **env: str | None) -> Iterator[Sitting]:
    """The worklist open before somebody."""
    with Sitting(data, who, size, **env) as desk:
        desk.see("Worklist", "Team ")
        yield desk


def at_rest(data: str) -> None:
    """After a step: a full look for trouble would change nothing."""
    assert_at_rest(data)


STRAY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def paper(folder: Path, name: str = "invoice.pdf") -> Path:
    """A paper that proves something."""
    path = folder / name
    path.write_bytes(b"%PDF-1.4\n% two joints and a valve\n")
    return path

"""Leaving in order on a real terminal: signals, a line that breaks, what is given back and what is kept."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.pty import Terminal


def opened(district: str, *, env: dict[str, str | None] | None = None) -> Terminal:
    return Terminal([sys.executable, "-m", "ubtui", "--data", district], env={"UBTUI_LEAN": "1", **(env or {})})


def states(district: str) -> set[str]:
    with sqlite3.connect(f"file:{district}/ubtui.db?mode=ro", uri=True) as db:
        return {row[0] for row in db.execute("SELECT DISTINCT state FROM work_item")}


def bodies(district: str) -> list[str]:
    with sqlite3.connect(f"file:{district}/ubtui.db?mode=ro", uri=True) as db:
        return [row[0] for row in db.execute("SELECT body FROM draft")]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), ("close", 129), ("q", 0)])
def test_leaving_frees_the_claim_and_says_how(district: str, how: signal.Signals | str, code: int) -> None:
    with opened(district) as terminal:
        terminal.wait_for(" shown")
        terminal.press("c")
        terminal.wait_for("Mine 1")
        assert "claimed" in states(district)
        if how == "close":
            terminal.close()
        elif isinstance(how, str):
            terminal.press(how)
        else:
            terminal.signal(how)
        assert terminal.exit_code() == code
    assert "claimed" not in states(district)


def test_a_broken_line_keeps_what_was_typed(district: str) -> None:
    with opened(district) as terminal:
        terminal.wait_for(" shown")
        terminal.press("o")
        terminal.wait_for("also payer")
        terminal.press("a")
        terminal.wait_for("Counts from")
        terminal.press("2", "tab")
        terminal.type("54.30")
        terminal.wait_for("-54.30")
        terminal.close()
        assert terminal.exit_code() == 129
    assert len(bodies(district)) == 1
    assert "54.30" in bodies(district)[0]


LOCKER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
db.execute("ROLLBACK")
"""


def test_a_lock_held_elsewhere_never_delays_a_key(district: str) -> None:
    with opened(district) as terminal:
        terminal.wait_for(" shown")
        path = Path(district) / "ubtui.db"
        with subprocess.Popen(
            [sys.executable, "-c", LOCKER, str(path), "3"], stdout=subprocess.PIPE, text=True
        ) as locker:
            assert locker.stdout is not None
            assert locker.stdout.readline() == "locked\n"
            terminal.press("c")  # an act: it waits for the lock
            terminal.wait_for("another seat")
            slowest = 0.0
            for place in range(1, 9):
                began = time.monotonic()
                terminal.press("j")
                terminal.wait_until(lambda lines, n=place: lines[3 + n].startswith("▸"), what="the cursor moved")
                slowest = max(slowest, time.monotonic() - began)
            assert locker.poll() is None, "the lock was still held when the last key was answered"
            assert slowest < 1.5  # generous: two busy cores; a key behind the lock would take the whole of it
            terminal.wait_for("Yours for 30 minutes")


def test_no_color_writes_no_colour(district: str) -> None:
    with opened(district, env={"NO_COLOR": "1", "UBTUI_LEAN": None}) as terminal:
        terminal.wait_for(" shown")
        terminal.press("j", "j")
        terminal.settle()
        codes = {part for found in re.findall(rb"\x1b\[([0-9;]*)m", bytes(terminal.log)) for part in found.split(b";")}
        assert not codes & {b"%d" % n for n in (*range(30, 39), *range(40, 49), *range(90, 98), *range(100, 108))}


def test_a_dumb_terminal_is_refused_with_a_way_out(district: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ubtui", "--data", district], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "export" in done.stderr

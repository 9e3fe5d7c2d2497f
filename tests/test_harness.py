"""The test harness itself: databases are empty, separate and sorted alike; the terminal is a real one."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.pty import Terminal


def test_a_database_is_empty_and_sorts_by_code_point(postgres_url: str) -> None:
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        assert tables.fetchone() == (0,)
        settings = connection.execute(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype, rolname, rolsuper "
            "FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE datname = current_database()"
        )
        assert settings.fetchone() == ("UTF8", "C", "C", "ubtui", False)
        names = connection.execute("SELECT n FROM (VALUES ('a'), ('B'), ('é'), ('z')) t(n) ORDER BY n")
        assert [n for (n,) in names] == sorted("aBéz")


def test_two_tests_never_share_a_place(backend: str) -> None:
    """Leaves a mark; the other parameter, and the next run of this one, must not find it."""
    if backend.startswith("postgresql://"):
        import psycopg

        with psycopg.connect(backend) as connection:
            connection.execute("CREATE TABLE mark (n integer)")
    else:
        assert not Path(backend).exists()
        Path(backend).mkdir()


@pytest.mark.parametrize("again", range(2))
def test_a_database_is_gone_after_its_test(postgres_url: str, again: int) -> None:
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE mark (n integer)")


CURSES = """
import curses, signal, sys
def main(window):
    window.addstr(0, 0, "size %d %d" % window.getmaxyx())
    window.refresh()
    window.timeout(100)  # curses sleeps through a new size that comes just before it waits for a key
    while True:
        try:
            key = window.get_wch()
        except curses.error:
            continue
        if key == curses.KEY_RESIZE:
            window.clear()
            window.addstr(0, 0, "size %d %d" % window.getmaxyx())
        elif key == "q":
            return
        else:
            window.addstr(1, 0, f"key {key!r:<12}")
        window.refresh()
curses.wrapper(main)
sys.exit(7)
"""

KEYLOG = """
from textual.app import App
from textual.widgets import Label
class Log(App):
    ENABLE_COMMAND_PALETTE = False
    keys = []
    def compose(self):
        yield Label("ready", markup=False)
    def on_key(self, event):
        self.keys.append(event.key)
        self.query_one(Label).update(" ".join(self.keys))
Log().run()
"""

TEXTUAL = """
import sys
from textual.app import App
from textual.widgets import Input, Label
class Echo(App):
    def compose(self):
        yield Input(placeholder="say")
        yield Label("-", markup=False)
    def on_input_submitted(self, event):
        self.query_one(Label).update("heard " + event.value)
    def on_key(self, event):
        if event.key == "f10":
            self.exit(return_code=3)
app = Echo()
app.run()
sys.exit(app.return_code)
"""


def test_keys_text_size_and_exit_code_go_through_a_curses_program() -> None:
    with Terminal([sys.executable, "-c", CURSES]) as terminal:
        assert terminal.wait_for("size 24 80")[0].rstrip() == "size 24 80"
        terminal.press("up")
        terminal.wait_for("key 259")
        terminal.type("é")
        terminal.wait_for("key 'é'")
        terminal.resize(100, 30)
        terminal.wait_for("size 30 100")
        assert len(terminal.screen()) == 30
        terminal.press("q")
        assert terminal.exit_code() == 7
        assert b"size 24 80" in bytes(terminal.log)


def test_a_textual_program_is_driven_by_its_keys() -> None:
    with Terminal([sys.executable, "-c", TEXTUAL]) as terminal:
        terminal.wait_for("say")
        before = len(terminal.log)
        terminal.type("wörld")
        terminal.press("enter")
        terminal.wait_for("heard wörld")
        assert len(terminal.log) > before
        terminal.press("f10")
        assert terminal.exit_code() == 3
        assert "\x1b" not in "".join(terminal.screen())


def test_an_escape_pressed_before_another_key_stays_an_escape() -> None:
    with Terminal([sys.executable, "-c", KEYLOG]) as terminal:
        terminal.wait_for("ready")
        terminal.press("escape", "b", "ctrl+p", "shift+tab", "pagedown", "f2")
        terminal.wait_for("escape b ctrl+p shift+tab pagedown f2")


def test_a_key_without_a_name_is_refused() -> None:
    with (
        Terminal([sys.executable, "-c", "input()"]) as terminal,
        pytest.raises(ValueError, match="hyper"),
    ):
        terminal.press("hyper")


def test_a_signal_is_told_from_an_exit_code() -> None:
    with Terminal([sys.executable, "-c", "print('ready', flush=True); input()"]) as terminal:
        terminal.wait_for("ready")
        terminal.signal(signal.SIGTERM)
        assert terminal.exit_code() == -signal.SIGTERM


def test_bands_scroll_and_characters_repeat_as_on_xterm() -> None:
    """Lines a-e, the band b-d scrolled up by one and down by two; then =, repeated four times, in the last."""
    draw = r"\x1b[2J\x1b[Ha\r\nb\r\nc\r\nd\r\ne\x1b[2;4r\x1b[1S\x1b[2T\x1b[r\x1b[7;1H=\x1b[4b"
    with Terminal([sys.executable, "-c", f"import sys; sys.stdout.write('{draw}'); sys.stdout.flush(); input()"]) as t:
        assert [line.rstrip() for line in t.wait_for("=====")[:7]] == ["a", "", "", "c", "e", "", "====="]


def test_a_sequence_cut_in_two_is_read_whole_and_a_request_is_answered() -> None:
    program = (
        "import os, sys, time, tty; tty.setraw(0); w = lambda b: os.write(1, b);"
        "w(b'ab\\x1b[>3'); time.sleep(.1); w(b'u\\x1b[?2026'); time.sleep(.1); w(b'$pcd');"
        "w(b'\\r\\n' + os.read(0, 99).replace(b'\\x1b', b'ESC')); os.read(0, 1)"
    )
    with Terminal([sys.executable, "-c", program]) as terminal:
        lines = terminal.wait_for("ESC")
        assert [line.rstrip() for line in lines[:2]] == ["abcd", "ESC[?2026;2$y"]


def test_closing_hangs_up() -> None:
    program = "import sys, time; print('ready', flush=True); time.sleep(60)"
    terminal = Terminal([sys.executable, "-c", program])
    terminal.wait_for("ready")
    terminal.close()
    assert terminal.exit_code() == -signal.SIGHUP


def test_waiting_in_vain_shows_the_screen() -> None:
    with (
        Terminal([sys.executable, "-c", "print('something else', flush=True); input()"]) as terminal,
        pytest.raises(TimeoutError, match="something else"),
    ):
        terminal.wait_for("never", timeout=0.5)


def test_nothing_is_left_running() -> None:
    with Terminal([sys.executable, "-c", "import signal; signal.signal(1, signal.SIG_IGN); input('> ')"]) as terminal:
        terminal.wait_for(">")
        pid = terminal.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

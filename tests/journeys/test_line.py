"""The line: cut, signalled, narrow, black and white, flooded by a paste, fed with hostile names; nothing is lost."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from random import Random

import pytest

from tests.faults.record import asked, assert_clean, look_through
from tests.faults.seats import Hand, sit
from tests.journeys.day import Sitting, shell, sitting
from tests.journeys.test_shell_morning import owing
from tests.scale import SOAK, scaled
from tests.services import office
from ubtui.desk import Desk
from ubtui.domain.numbers import format_account

# -- cut and signalled -----------------------------------------------------------------------------------------


def open_form(ana: Sitting, account: str) -> None:
    """The adjustment form of an account, a reason chosen and half an amount typed."""
    ana.press("f")
    ana.see("Accounts old and new")
    ana.type(format_account(account))
    ana.press("enter")
    ana.see("balance")
    ana.press("a")
    ana.see("Adjustment", "Reason")


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGTERM, "closed"], ids=["SIGHUP", "SIGTERM", "line closed"])
def test_a_broken_line_loses_nothing(sample_folder: str, how: int | str) -> None:
    account = owing(sample_folder)
    with sitting(sample_folder) as ana:
        ana.press("c")
        ana.see("Yours for 30 minutes")
        assert asked(sample_folder, "SELECT assignee FROM work_item WHERE state = 'claimed'") == [("ana",)]
        open_form(ana, account)
        ana.press("2")
        ana.press("tab")
        ana.type("12.3")
        time.sleep(1)  # at most a second of typing may be lost
        if isinstance(how, int):
            ana.signal(how)
        else:
            ana.close()
        assert ana.exit_code() == 128 + (how if isinstance(how, int) else signal.SIGHUP)
    assert asked(sample_folder, "SELECT assignee, lease_until FROM work_item WHERE assignee IS NOT NULL") == []
    with sitting(sample_folder) as ana:
        open_form(ana, account)
        ana.see("Read corrected after billing", "12.3", "kept as you left it")
        ana.press("escape")
        ana.see("balance")
        ana.press("escape")
        ana.see("Team ")
        ana.leave()
    assert_clean(sample_folder)


# -- pasted ----------------------------------------------------------------------------------------------------

LINES = "words\nand 12 more \x03 \x11 "
# An escape inside a paste ends it for the program that reads: all after it comes as keys.
POISON = "line one\n\x1b[A\x11\x03 abc \x1b[201~q\r\x1b[15~dc:quit\r" + "words " * 20


@pytest.mark.parametrize(
    ("text", "size", "bracketed"),
    [(LINES, 50_000_000, True), (POISON, 2_000_000, True), (LINES.replace("\x03 \x11 ", ""), 2_000_000, False)],
    ids=["lines", "escapes", "as keys"],
)
def test_a_huge_paste_runs_nothing(sample_folder: str, text: str, size: int, bracketed: bool) -> None:
    account = owing(sample_folder)
    done = "SELECT COUNT(*) FROM audit WHERE outcome <> 'viewed'"
    before = asked(sample_folder, done)
    flood = text * (scaled(size) // len(text))
    with sitting(sample_folder) as ana:
        open_form(ana, account)
        ana.press("tab", "tab", "tab")
        ana.write((f"\x1b[200~{flood}\x1b[201~" if bracketed else flood).encode())
        if text == LINES:
            started = time.monotonic()
            ana.press("escape")
            ana.see("Account", "balance")
            assert time.monotonic() - started < 5
        ana.settle(0.5, timeout=60)
        ana.signal(signal.SIGTERM)
        assert ana.exit_code(60) == 128 + signal.SIGTERM
    assert asked(sample_folder, done) == before
    assert asked(sample_folder, "SELECT COUNT(*) FROM approval WHERE decided_by = 'ana'") == [(0,)]
    assert_clean(sample_folder)


def test_a_paste_of_lines_into_one_line_is_said(sample_folder: str) -> None:
    with sitting(sample_folder) as ana:
        ana.press("n")
        ana.see("Note", "who said what")
        ana.write(b"\x1b[200~first line\nsecond line\n\x1b[201~")
        lines = ana.wait_until(lambda lines: any("line" in each for each in lines[-12:]), what="a word about lines")
        assert not any("first line" in each for each in lines), "\n".join(lines)
        ana.press("escape")
        ana.see("Team ")
        ana.leave()


# -- hostile names ---------------------------------------------------------------------------------------------

NAMES = (
    "[/]", "[/red]", "[red]Rot[/]", "Smith [deceased]", "[@click=app.quit]Press[/]", "[link=http://e.example]x[/link]",
    "\x1b[2JGone", "\x1b]0;PWN\x07Title", "\x1b]0;open for ever", "\x9b31mRed", "Nul\x00l", "Bell\x07", "Del\x7fete",
    "Tab\tbed", "Two\nlines", "\u202ereversed", "\u2066isolate", "zero\u200bwidth", "fami\u200dly", "a" + "\u0301" * 40,
    "田中 太郎", "مريم", "שלום", "=1+1", "-2+3", "@SUM(A1)", "x" * 10_000, "${jndi:ldap://x}",
    "'; DROP TABLE party; --", "\ufeffBom", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\ud7ff",
    "\ue000private", "\u2028line", "Ω≈ç√",
)  # fmt: skip
# What a program may send: CSI, OSC that end, single shifts of the keypad, and plain text.
SEQUENCES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\](?:52|8|10|11|12|22|4|104|110|111|112);[^\x07\x1b]*(?:\x07|\x1b\\)"
    rb"|\x1bP[^\x1b]*\x1b\\|\x1b[=>78c]|\x1b[()][0AB]"
)


def assert_plain(log: bytes) -> None:
    """No control byte reaches the terminal but in the program's own sequences."""
    left = SEQUENCES.sub(b"", log).decode("utf-8")
    stray = {f"U+{ord(c):04X}" for c in left if c not in "\r\n\x0f\x0e\b" and (ord(c) < 32 or 127 <= ord(c) < 160)}
    assert not stray, stray
    hidden = {
        f"U+{ord(c):04X}"
        for c in left
        if c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200d\u2028\u2029\ufeff"
    }
    assert not hidden, hidden


def name_everybody(data: str, names: tuple[str, ...]) -> list[str]:
    """Put these names on as many accounts that have trouble, past every door; the numbers of the accounts."""
    session = office.admin(data)
    found = session.rows(
        "SELECT DISTINCT o.party_id, w.account FROM work_item w JOIN account_role o ON o.account_id = w.account_id"
        " AND o.to_on IS NULL WHERE w.state = 'open' AND w.account IS NOT NULL ORDER BY w.account"
    )
    with session.writing():
        for (party, _), name in zip(found, names, strict=False):
            session.run(
                "UPDATE party SET name = ?, search_name = ?, mail_line1 = ? WHERE id = ?", [name, name, name, party]
            )
    session.database.close()
    look_through(data)
    return [account for _, account in found[: len(names)]]


def test_hostile_names_show_literally_everywhere(sample_folder: str) -> None:
    accounts = name_everybody(sample_folder, NAMES)
    with sitting(sample_folder, size=(120, 40)) as ana:
        for _ in range(4):
            ana.press("pagedown")
            ana.settle(0.2)
        ana.press("home")
        ana.settle(0.2)
        for n, account in enumerate(accounts if SOAK else accounts[:: max(1, len(accounts) // 8)]):
            ana.press("f")
            ana.see("Accounts old and new")
            ana.type(format_account(account))
            ana.press("enter")
            ana.see("balance")
            if n % 3 == 0:
                for _ in range(7):
                    ana.press("tab")
                    ana.settle(0.1)
                ana.press("a")
                ana.see("Adjustment")
                ana.press("escape")
                ana.see("Account  ", "[Contacts]")
            ana.press("escape")
            ana.see("Team ")
        for key in ("v", "x", "enter", "o", "m"):
            ana.press(key)
            ana.settle(0.4)
            ana.press("escape")
            ana.settle(0.2)
        while not any(" Worklist " in line for line in ana.screen()[:2]):
            ana.press("escape")
            ana.settle(0.2)
        ana.filter("Smith")
        assert "Smith [deceased]" in "\n".join(ana.screen())
        ana.leave()
        assert_plain(bytes(ana.log))
        assert b"PWN" not in b"".join(re.findall(rb"\x1b\][^\x07]*", bytes(ana.log)))
    for form in ("csv", "json", "jsonl", "text"):
        out = shell(sample_folder, "worklist", "export", "--format", form).out
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out.replace("\r\n", "\n")), form
        if form == "csv":
            assert not re.search(r'(?m)(^|,)"?[=@][^,]', out), "a formula"


# -- windows ---------------------------------------------------------------------------------------------------


def test_a_small_window_says_so_and_comes_back(sample_folder: str) -> None:
    with sitting(sample_folder) as ana:
        ana.resize(60, 15)
        ana.wait_until(lambda lines: any("80" in line and "24" in line for line in lines), what="how large it must be")
        ana.resize(120, 40)
        ana.see("Worklist", "Team ", " shown")
        ana.resize(80, 24)
        ana.see("Worklist", "Team ")
        ana.leave()


def test_a_storm_of_sizes(sample_folder: str) -> None:
    chance = Random(39)
    with sitting(sample_folder) as ana:
        ana.settle()
        size = rss(ana.pid)
        for _ in range(scaled(10_000)):
            ana.resize(chance.randint(1, 300), chance.randint(1, 100))
            time.sleep(0.005)
        ana.resize(80, 24)
        ana.see("Worklist", "Team ", " shown", timeout=60)
        ana.press("down")
        ana.press("up")
        assert rss(ana.pid) - size < 20_000
        ana.leave()
        assert_plain(bytes(ana.log))


def rss(pid: int) -> int:
    """Resident memory in kB."""
    return int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0])


def test_no_colour_where_none_is_wanted(sample_folder: str) -> None:
    with sitting(sample_folder, NO_COLOR="1") as ana:
        ana.settle()
        greys = {(fg, bg) for row in ana.cells() for _, fg, bg, _, _ in row}
        assert all(is_grey(fg) and is_grey(bg) for fg, bg in greys), greys
        assert "▸" in ana.under_cursor() or ">" in ana.under_cursor()
        ana.leave()


def is_grey(colour: str) -> bool:
    """Whether a cell's colour has no hue: the terminal's own, a grey by name, or equal parts of red, green and blue."""
    if colour in ("default", "black", "white", "brightblack", "brightwhite"):
        return True
    return len(colour) == 6 and colour[0:2] == colour[2:4] == colour[4:6]


# -- a record that is busy -------------------------------------------------------------------------------------


def hold(desk: Desk, hand: Hand, seconds: float) -> None:
    """A script: write, and think about it."""
    with desk.session.writing():
        desk.session.run("UPDATE meta SET value = value WHERE key = 'name'")
        hand.note("held")
        time.sleep(seconds)


def test_keys_are_heard_while_another_writes(sample: str, tmp_path: Path) -> None:
    seconds = 30 if SOAK else 12.5  # a command waits ten seconds, then says so
    with sitting(sample) as ana:
        ana.press("down")
        ana.settle()
        holder = sit(sample, "ben", tmp_path / "notes", hold, seconds)
        while holder.acknowledged() != ["held"]:
            time.sleep(0.01)
        until = time.monotonic() + seconds - 1.5
        ana.press("c")
        ana.see("Waiting for another seat")
        times: list[float] = []
        busy = ""
        while time.monotonic() < until:
            times.append(key_echo(ana, "down" if len(times) % 2 else "up"))
            if not busy:
                told = shell(sample, "worklist", "note", first_item(sample), "hello", code=3)
                busy = told.err.strip().splitlines()[-1]
            time.sleep(0.05)
        times.sort()
        assert times[len(times) // 2] < 0.1 and times[-1] < 1, (
            f"{times[len(times) // 2]:.3f} s, at most {times[-1]:.3f}"
        )
        assert busy and "writing" in busy and "try again" in busy
        assert holder.ended() == 0
        ana.leave()
    assert_clean(sample)


def key_echo(ana: Sitting, key: str) -> float:
    """Seconds from a key to the cursor's next row on the screen."""
    here, started = ana.under_cursor(), time.monotonic()
    ana.press(key)
    ana.wait_until(lambda lines: here not in lines, 5, "the cursor elsewhere")
    return time.monotonic() - started


def first_item(data: str) -> str:
    code, kind, key, period = asked(
        data, "SELECT code, subject_type, subject_key, period FROM work_item WHERE state = 'open' ORDER BY id LIMIT 1"
    )[0]
    return f"{code}:{kind}:{key}{'@' + period if period else ''}"

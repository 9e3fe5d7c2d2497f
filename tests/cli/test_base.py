"""The shell's base: exit codes that mean something, one sentence for whatever is wrong, never a traceback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import apsw
import click
import pytest

from tests.pty import Terminal
from ubtui import cli as shell
from ubtui.cli import COMMANDS, cli, run_command
from ubtui.cli.common import lines
from ubtui.domain.errors import BadValue
from ubtui.faultlog import log_fault

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "ubtui/services/demo/district.toml"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home with nothing in it, so that default places lie there."""
    for name in ("UBTUI_DATA", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def district(tmp_path: Path, home: Path) -> Path:
    place = tmp_path / "district"
    assert run_command(["init", str(SAMPLE), "--data", str(place), "--today", "2026-11-23"]) == 0
    return place


def ubtui(*argv: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ubtui", *argv], capture_output=True, text=True, cwd=ROOT, timeout=120, **more
    )  # type: ignore[call-overload,no-any-return]


# What each bad line must say, with its exit code. PLACE is a district, EMPTY a folder without one.
BAD: list[tuple[str, int, str]] = [
    ("nosuch", 2, "No such command 'nosuch'"),
    ("verify --nosuch", 2, "No such option"),
    ("verify --format pdf --data PLACE", 2, "'pdf' is not one of"),
    ("verify --data EMPTY", 2, "EMPTY: no district here; make one with `ubtui init"),
    ("verify", 2, "no district here"),
    ("doctor --data EMPTY", 2, "no district here"),
    ("doctor --upgrade --data EMPTY", 2, "no district here"),
    ("clock --data PLACE", 2, "Missing option '--to'"),
    ("clock --to tomorrow --data PLACE", 2, "'tomorrow' is not a day of the calendar"),
    ("clock --to 2026-02-30 --data PLACE", 2, "is not a day of the calendar"),
    ("clock --to 2026-11-01 --data PLACE", 1, "refused: the day is 2026-11-23 already"),
    ("clock --to 2099-01-01 --data PLACE", 2, "calendars know 2010 to 2040"),
    ("clock --to 2026-11-24 --as zed --data PLACE", 2, "--as zed: nobody of that name works here"),
    ("clock --to 2026-11-24 --as dee --data PLACE", 1, "refused: the role auditor may not do clock.move"),
    ("clock --to 2026-11-24 --key short --data PLACE", 2, "use 8 to 200 printable characters"),
    ("backup --data PLACE", 2, "Missing argument"),
    ("backup PLACE/ubtui.db --data PLACE", 2, "the record's own place"),
    ("backup PLACE/ubtui.db-wal --data PLACE", 2, "the record's own place"),
    ("backup SAMPLE --data PLACE", 2, "exists already"),
    ("backup EMPTY/copy --data PLACE", 1, "refused: the role technician may not do record.backup"),
    ("backup EMPTY/copy --data PLACE --as dee", 1, "refused: the role auditor may not do record.backup"),
    ("verify --anchors PLACE/ubtui.db-wal --data PLACE", 2, "the record's own place"),
    ("worklist export -o PLACE/ubtui.db --data PLACE", 2, "the record's own place"),
    ("backup EMPTY/no/such/place --data PLACE", 2, "there is no such folder"),
    ("backup x --data postgresql:///none", 1, "pg_dump"),
    ("init", 2, "Missing argument"),
    ("init EMPTY/none.toml --data NEW", 2, "none.toml: No such file or directory"),
    ("init EMPTY --data NEW", 2, "Is a directory"),
    ("init PLACE/ubtui.db --data NEW", 2, "is not UTF-8"),
    ("init SAMPLE --data PLACE", 2, "holds the district 'Rincon Vista Water District' already"),
    ("init SAMPLE --data FULL", 2, "holds other files (letter.txt)"),
    ("init SAMPLE --data FULL/letter.txt", 2, "is not a folder"),
    ("init SAMPLE --data NEW --today 1999-01-01", 2, "calendars know 2010 to 2040"),
    ("init SAMPLE --data NEW --today never", 2, "is not a day of the calendar"),
    ("init BADTOML --data NEW", 2, "bad.toml: kind: Invalid enum value 'dead'"),
    ("verify --anchors BADTOML --data PLACE", 2, "bad.toml, line 2: not an anchor"),
    ("verify --data postgresql://u:hidden@127.0.0.1:1/x", 2, "the PostgreSQL server cannot be used"),
    ("clock --to 2026-11-24 --data postgresql:///x?no-such-word", 2, "the PostgreSQL server cannot be used"),
    ("verify --data NOTADB", 2, "this file is not a database of this program"),
    ("clock --to 2026-11-24 --data NOTADB", 2, "this file is not a database of this program"),
    ("", 2, "use `ubtui worklist export`"),
    ("--sample", 2, "use `ubtui worklist export`"),
]


@pytest.mark.parametrize(("line", "code", "says"), BAD, ids=[line or "(nothing)" for line, _, _ in BAD])
def test_bad_input_gets_one_sentence(
    line: str, code: int, says: str, district: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    places = {"PLACE": district, "EMPTY": tmp_path / "empty", "NEW": tmp_path / "new", "FULL": tmp_path / "full"}
    places |= {"SAMPLE": SAMPLE, "BADTOML": tmp_path / "bad.toml", "NOTADB": tmp_path / "notadb"}
    for name in ("EMPTY", "FULL", "NOTADB"):
        places[name].mkdir()
    (places["FULL"] / "letter.txt").write_text("dear sir")
    (places["NOTADB"] / "ubtui.db").write_text("hello " * 1000)
    bad = SAMPLE.read_text("utf-8").replace('kind = "sample"', 'kind = "dead"')
    places["BADTOML"].write_text(bad)
    for name, place in places.items():
        line, says = line.replace(name, str(place)), says.replace(name, str(place))
    before = (district / "ubtui.db").read_bytes()
    capfd.readouterr()
    assert run_command(line.split()) == code
    out, err = capfd.readouterr()
    assert says in err and out == "", err
    assert "Traceback" not in err and "fault of the program" not in err and "hidden" not in err
    assert len([text for text in err.splitlines() if not text.startswith("key ")]) <= 2, err
    assert not (places["NEW"] / "ubtui.db").exists(), "nothing is left behind"
    if "PLACE" in line and code == 2:
        assert (district / "ubtui.db").read_bytes() == before


def test_every_fault_of_a_district_file_is_told_at_once(
    tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = SAMPLE.read_text("utf-8").replace('kind = "sample"', 'kind = "dead"\ncolour = "blue"')
    file = tmp_path / "bad.toml"
    file.write_text(text.replace('role = "lead"', 'role = "boss"').replace("zone =", "zones ="))
    assert run_command(["init", str(file), "--data", str(tmp_path / "new")]) == 2
    err = capfd.readouterr().err
    assert all(
        f"{file}: {fault}" in err for fault in ("kind: Invalid", "colour: there is no", "staff[ben].role: Invalid")
    )


@pytest.mark.parametrize("zone", ["Mars/X", "America", "", "../UTC", "a\\u0000b"])
def test_a_wrong_zone_is_told_beside_what_else_is_wrong(
    zone: str, tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    right = SAMPLE.read_text("utf-8")
    wrong = right.replace("America/Los_Angeles", zone)
    assert wrong != right
    file = tmp_path / "bad.toml"
    for text, faults in (
        (wrong, ["zone: "]),
        (wrong.replace('kind = "sample"', 'kind = "trainin"'), ["kind: Invalid enum value 'trainin'", "zone: "]),
        (wrong.replace('fund = "', 'fund = "no', 1), ["zone: ", "no fund"]),
    ):
        file.write_text(text)
        assert run_command(["init", str(file), "--data", str(tmp_path / "new")]) == 2
        err = capfd.readouterr().err
        assert all(fault in err for fault in faults) and err.count("is no time zone") == 1, err
        assert len(err.splitlines()) == len(faults) and not (tmp_path / "new").exists()


def test_a_real_fault_is_logged_not_shown(
    district: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("ubtui.cli.verify.business_day", broken)
    assert run_command(["verify", "--data", str(district)]) == 4
    log = district / "fault.log"
    err = capfd.readouterr().err
    assert len(err.splitlines()) == 1 and str(log) in err and "Traceback" not in err
    assert "Traceback" in log.read_text() and "ZeroDivisionError: by nothing" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "words",
    [
        [b"worklist", b"list", b"--filter", b"\xff"],
        [b"worklist", b"export", b"-o", b"\xe9t\xe9.csv"],
        [b"nosuch\xfe"],
        [b"--data", b"\xff", b"verify"],
    ],
)
def test_words_that_are_no_text_are_bad_input(district: Path, words: list[bytes]) -> None:
    argv = [sys.executable.encode(), b"-m", b"ubtui", b"--data", str(district).encode(), *words]
    done = subprocess.run(argv, capture_output=True, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"ubtui: word ") and b"is not text: write it as UTF-8" in done.stderr
    assert done.stderr.count(b"\n") == 1 and not (district / "fault.log").exists()


def test_a_fault_is_logged_whatever_the_words_were(district: Path) -> None:
    log = log_fault(ZeroDivisionError("\udcff"), str(district), "worklist \udcff")
    assert Path(log).read_text().count("\\udcff") >= 2


def test_a_busy_record_gives_three(
    district: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ubtui.db.connect.BUSY_SECONDS", 0.2)
    other = apsw.Connection(str(district / "ubtui.db"))
    other.execute("BEGIN IMMEDIATE")
    assert run_command(["clock", "--to", "2026-11-24", "--data", str(district)]) == 3
    other.close()
    assert "another seat is writing: try again" in capfd.readouterr().err


def _is_file(opened: Path, path: Path) -> bool:
    """Whether an open file of a process is that one; it may be closed by now."""
    try:
        return opened.samefile(path)
    except OSError:
        return False


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_a_signal_ends_with_its_code_and_keeps_nothing_half_done(district: Path, number: int, code: int) -> None:
    other = apsw.Connection(str(district / "ubtui.db"))
    other.execute("BEGIN IMMEDIATE")
    child = subprocess.Popen(
        [sys.executable, "-m", "ubtui", "clock", "--to", "2026-11-24", "--data", str(district)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # a run in the background ignores some
    )  # fmt: skip
    while not any(_is_file(each, district / "ubtui.db") for each in Path(f"/proc/{child.pid}/fd").iterdir()):
        assert child.poll() is None, "it waits for the other seat's lock"
        time.sleep(0.02)
    child.send_signal(number)
    _, err = child.communicate(timeout=60)
    assert child.returncode == code and "Traceback" not in err, err
    other.execute("ROLLBACK")
    other.close()
    assert ubtui("verify", "--data", str(district)).returncode == 0


def test_a_reader_that_goes_away_ends_quietly(district: Path) -> None:
    bare = apsw.Connection(str(district / "ubtui.db"))
    bare.execute("DROP TRIGGER audit_nu")
    bare.close()
    command = f"{sys.executable} -m ubtui verify --data {district} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode in (141, 1) and "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_help_names_every_command_that_stands_and_imports_none(home: Path) -> None:
    done = ubtui("--help")
    assert done.returncode == 0
    standing = cli.list_commands(click.Context(cli))
    assert {"init", "clock", "backup", "verify", "doctor"} <= set(standing)
    assert all(f"  {name} " in done.stdout for name in standing)
    code = "import sys\nfrom ubtui.cli import run_command\nrun_command(['--help'])\nprint(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert "ubtui.cli.common" not in loaded and "peewee" not in loaded and "msgspec" not in loaded


def test_the_table_says_what_each_command_says_of_itself() -> None:
    ctx = click.Context(cli)
    for name in cli.list_commands(ctx):
        command = cli.get_command(ctx, name)
        assert command is not None, name
        assert command.help, f"{name} says nothing of itself"


def test_a_module_that_is_not_there_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, district: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(COMMANDS, "ghost", ("ubtui.cli.ghost:ghost", "Not installed."))
    assert run_command(["--help"]) == 0
    assert "ghost" not in capfd.readouterr().out
    assert run_command(["ghost"]) == 2
    assert run_command(["verify", "--data", str(district)]) == 0


def test_the_place_is_the_option_then_the_variable_then_the_default(
    district: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["--data", str(district), "verify"]) == 0
    monkeypatch.setenv("UBTUI_DATA", str(district))
    assert run_command(["verify"]) == 0
    assert run_command(["verify", "--data", str(home / "other")]) == 2
    monkeypatch.delenv("UBTUI_DATA")
    capfd.readouterr()
    assert run_command(["verify"]) == 2
    assert str(home / ".local/share/ubtui/district") in capfd.readouterr().err


def test_a_key_makes_a_repeat_the_first_answer(district: Path, capfd: pytest.CaptureFixture[str]) -> None:
    line = ["clock", "--to", "2026-11-24", "--data", str(district), "--format", "json", "--key", "my-own-key-1"]
    assert run_command(line) == 0
    assert json.loads(capfd.readouterr().out) == {"was": "2026-11-23", "day": "2026-11-24"}
    assert run_command(line) == 0
    assert "already done" in capfd.readouterr().err


def test_a_dry_run_keeps_nothing(district: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["clock", "--to", "2026-11-24", "--data", str(district), "--dry-run"]) == 0
    out, err = capfd.readouterr()
    assert "nothing was kept" in err and "2026-11-24" in out
    assert run_command(["clock", "--to", "2026-11-23", "--data", str(district), "--dry-run", "--format", "json"]) == 0
    assert json.loads(capfd.readouterr().out)["was"] == "2026-11-23"


def test_verify_names_and_appends(district: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    anchors = tmp_path / "anchors"
    for _ in range(2):
        assert run_command(["verify", "--data", str(district), "--anchors", str(anchors)]) == 0
    assert len(anchors.read_text().splitlines()) == 1 and anchors.stat().st_mode & 0o777 == 0o600
    assert run_command(["clock", "--to", "2026-11-24", "--data", str(district)]) == 0
    assert run_command(["verify", "--data", str(district), "--anchors", str(anchors)]) == 0
    assert len(anchors.read_text().splitlines()) == 2
    seq, seal, rest = anchors.read_text().split(" ", 2)
    anchors.write_text(f"{seq} {seal[::-1]} {rest}")
    capfd.readouterr()
    assert run_command(["verify", "--data", str(district), "--anchors", str(anchors), "--format", "jsonl"]) == 1
    finding = json.loads(capfd.readouterr().out.splitlines()[0])
    assert list(finding) == ["table", "row", "wrong", "cure"] and finding["table"] == "audit"


def test_a_backup_is_whole_checked_and_private(
    district: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "backup.db"
    capfd.readouterr()
    assert run_command(["backup", str(target), "--data", str(district), "--as", "ben", "--format", "json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["findings"] == 0 and said["bytes"] == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("backup")] == ["backup.db"]
    copy = apsw.Connection(str(target))
    assert copy.execute("SELECT act FROM audit ORDER BY seq DESC LIMIT 1").fetchone() == ("record.backup",)
    copy.close()


def test_a_backup_of_a_damaged_record_says_so(
    district: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bare = apsw.Connection(str(district / "ubtui.db"))
    guard = bare.execute("SELECT sql FROM sqlite_schema WHERE name = 'audit_nu'").fetchone()[0]
    bare.execute("DROP TRIGGER audit_nu")
    bare.execute("UPDATE audit SET act = 'other' WHERE seq = 1")
    bare.execute(guard)
    bare.close()
    assert run_command(["backup", str(tmp_path / "b"), "--data", str(district), "--as", "ben"]) == 1
    assert "audit 1: its columns differ" in capfd.readouterr().err
    assert (tmp_path / "b").exists()


def test_doctor_names_place_cause_and_cure(district: Path, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    assert run_command(["doctor", "--data", str(district)]) == 0, capfd.readouterr()
    (district / "ubtui.db").chmod(0o664)
    district.chmod(0o755)
    (district / "district.toml").write_text("# mine\n")
    assert run_command(["doctor", "--data", str(district)]) == 1
    out = capfd.readouterr().out
    assert f"{district}/ubtui.db: others can write it (0664) — chmod 0600" in out
    assert f"{district}: others can read it (0755) — chmod 0700" in out
    assert "district.toml: differs from the record's own copy" in out


def test_the_screens_need_a_real_terminal(home: Path) -> None:
    with Terminal([sys.executable, "-m", "ubtui"], term="dumb", cwd=ROOT) as terminal:
        assert terminal.exit_code() == 2
        assert "worklist export" in "".join(terminal.screen())


def test_bad_values_anywhere_are_bad_input(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def bad(*_: object, **__: object) -> None:
        raise BadValue("Amount 'x' is not money: type dollars and at most two decimals, as 1,234.56.")

    monkeypatch.setattr(shell.cli, "callback", bad)
    assert run_command([]) == 2
    assert capfd.readouterr().err.startswith("Amount 'x' is not money")


def test_records_of_one_kind_are_a_table_and_no_list_is_printed_raw() -> None:
    rows = [{"name": "ana", "cents": 1250, "n": 7, "note": None}, {"name": "Ríos", "cents": -5, "n": 12, "note": None}]
    assert list(lines(rows)) == ["name  cents   n", "ana   12.50   7", "Ríos  -0.05  12"]
    assert list(lines([])) == []
    assert list(lines({"approvers": ("lead", "finance"), "amount_cents": 100, "reads": rows[:1]})) == [
        "approvers  lead, finance",
        "amount     1.00",
        "reads",
        "  name  cents  n",
        "  ana   12.50  7",
    ]
    assert list(lines({"pairs": [["a", 1], ["b", True]], "limits": {"times": "2"}})) == [
        "pairs", "  a  1", "  b  yes", "limits", "  times  2",
    ]  # fmt: skip
    assert list(lines([{"a": 1, "b": [{"c": 2}]}, {"a": 3, "b": []}])) == ["a  1", "b", "  c", "  2", "", "a  3", "b"]

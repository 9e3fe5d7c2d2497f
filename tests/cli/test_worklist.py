"""The worklist from the shell: every command, what it writes where, and exports to the byte."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pty import Terminal
from tests.services import items, office
from ubtui.cli import run_command
from ubtui.cli.worklist import worklist
from ubtui.domain.text import cell_width
from ubtui.exchange.tables import FORMATS
from ubtui.services.worklist.export import FIELDS

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parent.parent.parent
KEYS = [
    "priority", "code", "group", "subject", "account", "who", "where", "title", "why", "cycle", "period", "route",
    "state", "assignee", "role", "class", "detected_on", "due", "age_days", "money_cents", "units", "consequence",
    "fixes", "parent", "evidence",
]  # fmt: skip
LATER = (office.DAY + timedelta(days=10)).isoformat()

Shell = Callable[..., tuple[int, bytes, str]]


def hostile() -> list[dict[str, Any]]:
    """Items with everything a name or note may bring along."""
    return [
        items.made(1, priority=95, who="=HYPERLINK(\"http://x\",\"click\")", place="12 Main St, Unit 3", due_on=LATER),
        items.made(2, priority=95, code="R10", who="\x1b[31mRed\x1b[0m", place="two\nlines", title='He said "no"'),
        items.made(3, priority=80, who="José Ñandú 東京", place="\u202egnp.exe", why="+1 (555) 010-0000"),
        items.made(4, code="P07", subject_type="account", subject_key="120440-3", period="", priority=58,
                   money_cents=12_345_678, route=None, why="123,456.78 since Aug 1"),
        items.made(5, code="P07", subject_type="account", subject_key="120441-1", period="", priority=58,
                   money_cents=-50, account="1204411", assignee="ana", state="waiting"),
        items.made(6, code="Q01", subject_type="run", subject_key="import/2026-11-20", period="", priority=30,
                   account=None, cycle=None, route=None, customer_class=None, who="", place="",
                   detected_on=(office.DAY - timedelta(days=3)).isoformat()),
        items.made(7, code="R04", priority=60, who="@SUM(A1)", place="-2+3", units=41),
        items.made(8, code="R05", state="dismissed", who="not shown"),
    ]  # fmt: skip


@pytest.fixture
def shell(backend: str, capfdbinary: pytest.CaptureFixture[bytes]) -> Shell:
    """`ubtui worklist …` in this process: exit code, stdout, stderr."""
    office.found(backend, 3)
    with office.desk(backend) as desk:
        items.put(desk.session, hostile())
        with desk.session.writing():
            cause = desk.session.value("SELECT id FROM work_item WHERE code = 'R10'")
            desk.session.run("UPDATE work_item SET parent_id = ? WHERE priority = 80", [cause])

    def run(*argv: str, data: bool = True) -> tuple[int, bytes, str]:
        capfdbinary.readouterr()
        code = run_command(["worklist", *argv, *(["--data", backend] if data else [])])
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return run


def golden(name: str, got: bytes) -> None:
    """`got` is the file of that name; UBTUI_GOLDEN=1 writes it, to be read before it is kept."""
    path = GOLDEN / name
    if os.environ.get("UBTUI_GOLDEN"):
        path.write_bytes(got)
    assert got == path.read_bytes()


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_is_the_same_to_the_byte_on_both_databases_and_in_a_file(
    shell: Shell, form: str, tmp_path: Path
) -> None:
    code, out, said = shell("export", "--format", form)
    assert (code, said) == (0, "7 items\n")
    if form == "xlsx":  # its bytes are also its library's: what is in them is looked at in tests/exchange
        assert out.startswith(b"PK")
    else:
        golden(f"worklist.{form}", out)
    path = tmp_path / "list"
    code, nothing, said = shell("export", "--format", form, "-o", str(path))
    assert (code, nothing, said) == (0, b"", f"7 items to {path}\n")
    assert path.read_bytes() == out
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".list")] == []


def test_exports_keep_the_order_of_keys_and_rows(shell: Shell) -> None:
    assert [field.name for field in FIELDS] == KEYS
    rows = json.loads(shell("export", "--format", "json")[1])
    assert all(list(row) == KEYS for row in rows)
    assert rows == [json.loads(line) for line in shell("export", "--format", "jsonl")[1].splitlines()]
    order = [(-row["priority"], row["code"], row["subject"]) for row in rows]
    assert order == sorted(order)
    assert rows[2]["parent"] == "R10:point:SP-00002@B2/2026-11"
    assert rows[0]["evidence"] == {"last_year": 12, "use": 41}
    table = list(csv.DictReader(io.StringIO(shell("export", "--format", "csv")[1].decode(), newline="")))
    assert list(table[0]) == [{"money_cents": "money", "evidence": "evidence_json"}.get(key, key) for key in KEYS]
    assert [row["money"] for row in table if row["code"] == "P07"] == ["123456.78", "-0.50"]
    assert json.loads(table[0]["evidence_json"]) == rows[0]["evidence"]


def test_nothing_hostile_leaves_the_house(shell: Shell) -> None:
    for form in ("csv", "json", "jsonl", "text", "md"):
        out = shell("export", "--format", form)[1].decode()
        assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\u202a-\u202e]", out)
    table = list(csv.DictReader(io.StringIO(shell("export", "--format", "csv")[1].decode(), newline="")))
    cells = [cell for row in table for name, cell in row.items() if name != "money"]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "-")]
    assert "'=HYPERLINK" in table[0]["who"]


def test_a_workbook_needs_a_file_where_a_terminal_listens(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    for words in (["export"], ["list"]):
        code, out, said = shell(*words, "--format", "xlsx")
        assert (code, out) == (2, b"") and "name a file with -o FILE" in said


@pytest.mark.parametrize("form", ["csv", "jsonl", "md", "xlsx", "txt"])
def test_the_ending_of_a_file_says_its_format(shell: Shell, tmp_path: Path, form: str) -> None:
    named, plain = tmp_path / f"list.{form}", tmp_path / "plain"
    assert shell("list", "-o", str(named))[0] == 0
    assert shell("list", "--format", {"txt": "text"}.get(form, form), "-o", str(plain))[0] == 0
    assert named.read_bytes() == plain.read_bytes()


@pytest.mark.parametrize(("name", "form", "says"), [
    ("list.csv", ["--format", "json"], "json would be written into a file that ends in .csv"),
    ("list.txt", ["--format", "csv"], "the format to text"), ("list.ods", [], "no ods is written here"),
])  # fmt: skip
def test_a_file_is_not_named_for_another_format(
    shell: Shell, tmp_path: Path, name: str, form: list[str], says: str
) -> None:
    code, out, said = shell("list", *form, "-o", str(tmp_path / name))
    assert (code, out) == (2, b"") and says in said and not (tmp_path / name).exists()


def test_the_list_goes_to_a_file_as_well(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    code, out, said = shell("list", "--format", "md", "-o", str(path), "--limit", "2")
    assert (code, out) == (0, b"") and "2 of 7 shown" in said
    heading, rule, *rows = path.read_text().splitlines()
    assert heading.startswith("| Pri | Age | Code |") and rule.startswith("| ---: | ---: | --- |") and len(rows) == 2


def test_an_empty_export_is_still_a_document(shell: Shell) -> None:
    assert shell("export", "--format", "json", "--filter", "code:M01")[1] == b"[]\n"
    assert shell("export", "--format", "jsonl", "--filter", "code:M01")[1] == b""
    assert shell("export", "--format", "csv", "--filter", "code:M01")[1].count(b"\r\n") == 1


def test_an_export_is_filtered_and_audited(shell: Shell, backend: str) -> None:
    assert shell("export", "--format", "jsonl", "--filter", "code:P07 money>1")[1].count(b"\n") == 1
    with office.desk(backend) as desk:
        seen = desk.session.rows("SELECT outcome, body FROM audit WHERE act = 'worklist.export'")
    assert [row[0] for row in seen] == ["viewed"]
    facts = json.loads(seen[0][1])["facts"]
    assert (facts["rows"], facts["format"]) == (1, "jsonl")
    assert "P07" not in seen[0][1]


def test_a_broken_export_leaves_the_old_file(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "list.csv"
    path.write_text("yesterday")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(os, "fsync", fail)
    code, _, said = shell("export", "-o", str(path))
    assert code == 2 and "No space left" in said
    assert path.read_text() == "yesterday"
    assert list(tmp_path.glob(".list*")) == []


@pytest.mark.parametrize(
    "name",
    ["ubtui.db", "ubtui.db-wal", "ubtui.db-shm", "district.toml", "mine.csv", "papers/mine.csv", "behind-a-link"],
)
def test_no_export_is_written_over_the_record(shell: Shell, backend: str, name: str, tmp_path: Path) -> None:
    if backend.startswith("postgres"):
        pytest.skip("a record on a server has no folder")
    home = Path(backend)
    (home / "papers").mkdir()
    target = home / name
    if name == "behind-a-link":
        target = tmp_path / name
        target.symlink_to(home / "ubtui.db")
    before = {path.name: path.read_bytes() for path in home.iterdir() if path.suffix in (".db", ".toml")}
    for argv in (["export", "-o", str(target)], ["export", "-o", f"{home}/../{home.name}/{name}"]):
        code, out, said = shell(*argv) if name != "behind-a-link" else shell("export", "-o", str(target))
        assert (code, out) == (2, b"") and "the record's own place is not written to: name a file elsewhere" in said
    assert before == {path.name: path.read_bytes() for path in home.iterdir() if path.suffix in (".db", ".toml")}
    with office.desk(backend) as desk:
        assert desk.session.value("SELECT COUNT(*) FROM audit WHERE act = 'worklist.export'") == 0


def test_an_export_goes_where_a_link_points_and_into_nothing_but_a_file(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "latest.csv").symlink_to(tmp_path / "monday.csv")
    assert shell("export", "-o", str(tmp_path / "latest.csv"))[0] == 0
    assert (tmp_path / "latest.csv").is_symlink() and (tmp_path / "monday.csv").read_text().count("R04")
    os.mkfifo(tmp_path / "pipe")
    code, _, said = shell("export", "-o", str(tmp_path / "pipe"))
    assert code == 2 and "is not a file" in said and (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    ("who", "argv"),
    [
        ("finn", ["export"]),
        ("finn", ["list", "--format", "json"]),
        ("finn", ["list", "--limit", "1"]),
        ("finn", ["list"]),
    ],
)
def test_who_may_not_take_the_list_away_is_told_so(shell: Shell, backend: str, who: str, argv: list[str]) -> None:
    session = office.admin(backend)
    session.run("INSERT INTO staff(name, full_name, role) VALUES ('finn', 'Finn Moss', 'admin')")
    session.database.close()
    code, out, said = shell(*argv, "--as", who)
    assert (code, out) == (1, b"")
    assert said.startswith("refused: the role admin may not do worklist.export") and said.count("\n") == 1
    with office.desk(backend) as desk:
        assert desk.session.rows("SELECT outcome, actor FROM audit WHERE act = 'worklist.export'") == [("refused", who)]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_list_that_leaves_the_screen_is_an_event(shell: Shell, backend: str, form: str) -> None:
    assert shell("list", "--format", form, "--limit", "3")[0] == 0
    with office.desk(backend) as desk:
        seen = desk.session.rows("SELECT outcome, body FROM audit WHERE act = 'worklist.export'")
    assert [row[0] for row in seen] == ["viewed"]
    facts = json.loads(seen[0][1])["facts"]
    assert (facts["rows"], facts["format"]) == (3, form)


def test_a_list_in_a_file_is_whole_and_says_how_much_it_shows(shell: Shell) -> None:
    code, out, said = shell("list")
    assert (code, said) == (0, "7 of 7 shown\n")
    golden("list.text", out)
    assert "…" not in out.decode() and "12 Main St, Unit 3" in out.decode()
    code, out, said = shell("list", "--filter", "code:R04,R10 nandu", "--sort", "who")
    assert (said, len(out.splitlines())) == ("1 of 7 shown, filtered by code:R04,R10 nandu\n", 2)
    code, out, said = shell("list", "--limit", "2")
    assert (said, len(out.splitlines())) == ("2 of 7 shown\n", 3)


@pytest.mark.parametrize(("wide", "most"), [(60, 80), (80, 80), (132, 132), (400, 400)])
def test_a_list_on_a_terminal_has_its_width(tmp_path: Path, wide: int, most: int) -> None:
    data = str(tmp_path / "district")
    office.found(data, 3)
    with office.desk(data) as desk:
        items.put(desk.session, [items.made(1, who="W" * 90, place="P" * 90, why="Y" * 400, title="T" * 90)])
    with Terminal(
        [sys.executable, "-m", "ubtui", "--data", data, "worklist", "list"], size=(wide, 30), cwd=ROOT
    ) as terminal:
        assert terminal.exit_code() == 0
        text = terminal.log.decode()
    assert "1 of 1 shown" in text
    [line] = [line.rstrip() for line in text.splitlines() if "WWW" in line]
    assert line.count("…") == 3 and cell_width(line) == most
    with office.desk(data) as desk:
        assert desk.session.value("SELECT COUNT(*) FROM audit WHERE act = 'worklist.export'") == 0


def test_an_item_lives_by_the_shell(shell: Shell) -> None:
    item = "R04:point:SP-00001@B2/2026-11"
    code, out, said = shell("claim", item, "--key", "claim-key-1")
    assert code == 0 and out.decode().startswith(f"{item} claimed by ana until ")
    again = shell("claim", item, "--key", "claim-key-1")
    assert again[:2] == (code, out) and "already done" in again[2]
    assert shell("claim", item, "--as", "ben")[0] == 1
    assert "refused: ana has R04:point:SP-00001@B2/2026-11 since " in shell("claim", item, "--as", "ben")[2]
    assert shell("note", item, "gate code 12")[0] == 0
    assert b"claimed by ana" in shell("show", item)[1] and b"ana note: gate code 12" in shell("show", item)[1]
    assert json.loads(shell("show", item, "--format", "json")[1])["holder"] == "ana"
    assert shell("wait", item, "--until", LATER, "--for", "the owner")[1].decode() == (
        f"{item} waiting by ana until {LATER}\n"
    )
    assert shell("forward", item, "--to", "lead")[1].decode() == f"{item} open for lead\n"
    assert shell("dismiss", item, "--reason", "pool", "--until", LATER, "--dry-run")[2].startswith("dry run")
    assert (
        shell("dismiss", item, "--reason", "pool", "--until", LATER)[1].decode() == f"{item} dismissed until {LATER}\n"
    )
    assert shell("reopen", item, "--reason", "no pool")[0] == 0
    assert "the cause of" in shell("resolve", "R10:point:SP-00002@B2/2026-11", "--how", "x")[2]
    code, out, said = shell("add", "Call Mr Park", "--priority", "70", "--due", LATER)
    made = out.decode().split()[0]
    assert code == 0 and made.startswith("X05:text:") and f"opened 1 item: {made}" in said
    assert f"closed 1 item: {made}" in shell("resolve", made, "--how", "called")[2]
    assert shell("priority", made, "--to", "9", "--reason", "x")[0] == 1
    assert shell("priority", item, "--to", "9", "--reason", "x", "--as", "ben")[0] in (0, 1)


def test_fix_lists_offers_and_does_one(shell: Shell) -> None:
    made = shell("add", "Call Mr Park")[1].decode().split()[0]
    code, out, _ = shell("fix", made)
    assert code == 0 and out.decode().splitlines()[0] == "* worklist.resolve    Settled"
    assert b"resolution= (needed)" in out
    offers = json.loads(shell("fix", made, "--format", "json")[1])
    assert offers[0]["act"] == "worklist.resolve" and offers[0]["set"]["item"] == made
    assert "Resolution is needed" in shell("fix", made, "--do", "worklist.resolve")[2]
    assert "no field 'colour'" in shell("fix", made, "--do", "worklist.resolve", "--set", "colour=red")[2]
    assert "is not FIELD=VALUE" in shell("fix", made, "--do", "worklist.resolve", "--set", "colour")[2]
    assert "seal.remove is no fix of X05" in shell("fix", made, "--do", "seal.remove")[2]
    code, out, said = shell("fix", made, "--do", "worklist.resolve", "--set", "resolution=called")
    assert code == 0 and f"closed 1 item: {made}" in said


def test_refresh_and_explain(shell: Shell) -> None:
    code, out, said = shell("refresh")
    assert code == 0 and "closed" in said and out.startswith(b"opened")
    out = shell("explain", "r04")[1].decode()
    for word in ("predicate", "parameters", "last run", "raised", "dismissed percent", "minutes to close"):
        assert word in out


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["show", "R04"], "is not an item"),
        (["show", "R04:point:SP-09999"], "is not on the worklist"),
        (["list", "--filter", "colour:red"], "no such field"),
        (["list", "--sort", "colour"], "'colour' is not one of"),
        (["export", "--filter", "pri:x"], "a whole number"),
        (["export", "--format", "odt"], "'odt' is not one of"),
        (
            ["export", "-o", "/nowhere/list.csv"],
            "/nowhere: there is no such folder: make it, or name another.",
        ),
        (["wait", "R04:point:SP-00001@B2/2026-11", "--until", "soon", "--for", "x"], "is not a day"),
        (["wait", "R04:point:SP-00001@B2/2026-11", "--until", "2020-01-01", "--for", "x"], "is not after today"),
        (["forward", "R04:point:SP-00001@B2/2026-11", "--to", "nobody"], "nobody here is nobody"),
        (["dismiss", "R04:point:SP-00001@B2/2026-11", "--until", "2020-01-01", "--reason", "x"], "is not after today"),
        (["dismiss", "R04:point:SP-00001@B2/2026-11", "--until", LATER, "--reason", " "], "--reason"),
        (["add", "x", "--account", "120440-4"], "check digit"),
        (["fix", "R04:point:SP-00001@B2/2026-11", "--set", "a=b"], "--set needs --do"),
        (["explain", "Z99"], "use one of"),
    ],
)
def test_bad_input_is_one_sentence(shell: Shell, argv: list[str], says: str) -> None:
    code, out, said = shell(*argv)
    assert (code, out) == (2, b"")
    told = [line for line in said.splitlines() if not line.startswith("key ")]
    assert len(told) == 1 and says in told[0] and "Traceback" not in said


def test_every_command_of_the_worklist_has_its_help() -> None:
    names = "refresh list show claim release wait forward note fix dismiss reopen add resolve priority explain export"
    names += " next answer bulk plan views save-view drop-view backup handover board whatif limits promote list-of"
    assert set(worklist.commands) == set(names.split())
    assert all(command.help for command in worklist.commands.values())


# VmHWM, not getrusage: the latter keeps the peak of the process that was forked to start this one.
MEMORY = """
import re, sys
from ubtui.cli import run_command
code = run_command(["worklist", "export", "--format", sys.argv[2], "--data", sys.argv[1]])
print(re.search(r"VmHWM:\\s*([0-9]+)", open("/proc/self/status").read())[1], file=sys.stderr)
raise SystemExit(code)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
@pytest.mark.parametrize("form", ["csv", "json", "text"])
def test_memory_does_not_grow_with_an_export(backend: str, form: str) -> None:
    def peak(rows: int) -> int:
        done = subprocess.run([sys.executable, "-c", MEMORY, backend, form], capture_output=True, check=True)
        assert done.stdout.count(b"Alder Ct") == rows
        return int(done.stderr.split()[-1])

    office.found(backend, 0)
    with office.desk(backend) as desk:
        items.put(desk.session, (items.made(n) for n in range(1_000)))
        small = peak(1_000)
        items.put(desk.session, (items.made(n) for n in range(1_000, 21_000)))
    assert peak(21_000) - small < 4_000, "kilobytes; 20,000 rows held at once take ten times that"

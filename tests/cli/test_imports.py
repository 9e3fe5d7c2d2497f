"""The import from the shell: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.importing import ACCOUNTS, METERS, PARCELS, READS, ROOT, counts, file, seat, training


def ubtui(data: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "ubtui", *argv, "--data", str(data)]
    return subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    training(str(tmp_path / "district"))
    return tmp_path / "district"


def bring(data: Path, folder: Path) -> None:
    for kind, text in (("parcels", PARCELS), ("accounts", ACCOUNTS), ("meters", METERS), ("reads", READS)):
        done = ubtui(data, "import", kind, str(file(folder, text, f"{kind}.csv")))
        assert done.returncode == 0, done.stderr
        assert f"source        {kind}.csv" in done.stdout and "is in" in done.stderr


def test_a_district_from_files(data: Path, tmp_path: Path) -> None:
    bring(data, tmp_path)
    path = str(file(tmp_path, READS + "BADGER,1001,2016-07-25,115\nX,7,2016-09-20,1\n", "more.csv"))
    dry = ubtui(data, "import", "reads", path, "--dry-run", "--format", "json")
    assert "nothing was kept" in dry.stderr
    real = ubtui(data, "import", "reads", path, "--format", "json")
    report = json.loads(real.stdout)
    assert json.loads(dry.stdout) == report | {"held_now": None} and report["held_now"] == 0
    assert report["reasons"] == {"duplicate-read": 1, "same-read": 6, "unknown-meter": 1}
    assert report["examples"][-1] == {
        "line": 9, "column": "serial", "state": "staged", "reason": "unknown-meter",
        "sentence": "no meter X/7 is installed here",
    }  # fmt: skip
    again = ubtui(data, "import", "reads", path)
    assert again.returncode == 1 and "holds what batch 5 (more.csv) brought in" in again.stderr and not again.stdout
    listed = ubtui(data, "import", "staged", "list", "--reason", "duplicate-read", "--format", "jsonl")
    (row,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert row["sentence"] == "line 8: BADGER/1001 has a read for SM/2016-07, of 2016-07-20"
    shown = ubtui(data, "import", "staged", "show", str(row["row"]), "--format", "json")
    assert json.loads(shown.stdout)["fields"]["value"] == "115"
    kept = ubtui(
        data, "import", "staged", "keep", str(row["row"]), "--reason", "keyed wrong before", "--key", "keepkeep"
    )
    assert kept.returncode == 0 and "closed 1 item" in kept.stderr
    replay = ubtui(
        data, "import", "staged", "keep", str(row["row"]), "--reason", "keyed wrong before", "--key", "keepkeep"
    )
    assert replay.stdout == kept.stdout and "already done" in replay.stderr


def test_the_report_of_what_is_in_counts_what_the_checks_of_its_release_hold(data: Path, tmp_path: Path) -> None:
    bring(data, tmp_path)
    text = "maker,serial,date,value\nBADGER,1001,2016-09-20,190\nNEPTUNE,1001,2016-09-20,40\n"  # high; below before
    path = str(file(tmp_path, text, "september.csv"))
    dry = ubtui(data, "import", "reads", path, "--dry-run")
    assert "may hold more reads" in dry.stderr
    tried = [line.split() for line in dry.stdout.splitlines()]
    assert ["held", "first", "1"] in tried and ["held", "now"] in tried
    real = ubtui(data, "import", "reads", path, "--key", "september", "--format", "json")
    told = json.loads(real.stdout)
    held = ubtui(data, "reads", "held", "--format", "json").stdout
    assert (told["held_first"], told["held_now"]) == (1, 2) and len(json.loads(held)) == 2
    again = ubtui(data, "import", "reads", path, "--key", "september", "--format", "json")
    assert json.loads(again.stdout)["held"] == 2


def test_a_linked_serial_is_listed_asked_about_and_taken_back(data: Path, tmp_path: Path) -> None:
    bring(data, tmp_path)
    (tmp_path / "t.csv").write_text("maker,serial,date,value\nBADGER,T-1,2016-09-21,1150\nBADGER,1001,2016-09-21,130\n")
    assert ubtui(data, "import", "reads", str(tmp_path / "t.csv")).returncode == 0
    rows = json.loads(ubtui(data, "import", "staged", "list", "--format", "json").stdout)
    [row] = [str(each["row"]) for each in rows if each["reason"] == "unknown-meter"]
    linked = ubtui(data, "import", "staged", "link", row, "BADGER/1002", "--reason", "the lid says so")
    assert linked.returncode == 0, linked.stderr
    assert "T-1" in ubtui(data, "import", "staged", "links").stdout
    taken = ubtui(data, "import", "staged", "unlink", "T-1", "--reason", "the wrong lid")
    assert taken.returncode == 0 and "2016-09-21: 1,150" in taken.stdout, taken.stderr
    assert "T-1" not in ubtui(data, "import", "staged", "links").stdout


def test_a_key_gives_the_first_answer_again(data: Path, tmp_path: Path) -> None:
    path = str(file(tmp_path, PARCELS))
    assert ubtui(data, "import", "parcels", path, "--key", "monday-parcels").returncode == 0
    again = ubtui(data, "import", "parcels", path, "--key", "monday-parcels")
    assert again.returncode == 0 and "already done" in again.stderr
    other = str(file(tmp_path, PARCELS.replace("157", "159"), "other.csv"))
    used = ubtui(data, "import", "parcels", other, "--key", "monday-parcels")
    assert used.returncode == 1 and "was used for another request" in used.stderr


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["parcels", "none.csv"], 2, "none.csv: No such file"),
        (
            ["parcels", "{broken}"],
            2,
            "breaks off inside the quoted value that begins on line 2 — nothing of it went in",
        ),
        (["reads", "{good}"], 2, "no column date or read_on or read_date"),
        (["parcels", "{good}", "--profile", "nobody"], 2, "Profile 'nobody' is not known"),
        (["parcels", "{good}", "--profile", "beacon"], 2, "is for reads, not parcels"),
        (["usage", "{good}", "--profile", "santa-monica"], 2, "no column cust_id"),
        (["parcels", "{mixed}", "--strict"], 1, "1 of 2 rows of mixed.csv cannot go in; first line 3: apn:"),
        (["parcels", "{good}", "--as", "dee"], 1, "a auditor may not import parcels"),
        (["staged", "show", "77"], 2, "Staged row 77 is not there"),
        (["staged", "drop", "77", "--reason", "none"], 2, "there is no staged row 77"),
        (["staged", "mend", "77", "--set", "foo=1"], 2, "there is no staged row 77"),
        (["staged", "drop", "77", "--reason", "x"], 2, "3 to 500 characters"),
    ],
)
def test_bad_input_gets_one_sentence(data: Path, tmp_path: Path, argv: list[str], code: int, said: str) -> None:
    files = {
        "{good}": PARCELS,
        "{broken}": 'apn,county\n022540157,"A\n',
        "{mixed}": "apn,county\n022540157,A\nabc,B\n",
    }
    named = [str(file(tmp_path, files[a], f"{a[1:-1]}.csv")) if a in files else a for a in argv]
    with seat(str(data)) as at:
        before = counts(at)
    done = ubtui(data, "import", *named)
    assert (done.returncode, done.stdout) == (code, ""), done
    assert said in done.stderr and "Traceback" not in done.stderr
    with seat(str(data)) as at:
        after = counts(at)
    assert {**after, "audit": 0} == {**before, "audit": 0}


def test_inspect_needs_no_district(tmp_path: Path) -> None:
    path = str(file(tmp_path, "apn,county\n022540157,A\nabc,B\n"))
    run = [sys.executable, "-m", "ubtui", "inspect", path, "--as", "parcels", "--format", "json"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60)
    found = json.loads(done.stdout)
    assert (found["rows"], found["readable"], found["encoding"]) == (2, 1, "utf-8")
    assert found["columns"] == {"apn": [1], "county": [2]}

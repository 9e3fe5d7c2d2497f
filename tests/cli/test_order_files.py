"""Orders go out on paper and as a calendar, and their results come back in a file, line by line, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.detectors.scene import Scene
from ubtui.cli import run_command
from ubtui.services.orders.results import Result
from ubtui.services.orders.sheets import results


@pytest.fixture
def scene(backend: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    made = Scene(backend)
    monkeypatch.setenv("UBTUI_DATA", backend)
    for _ in range(3):
        c = made.customer()
        words = [
            "order",
            "create",
            c.point,
            "locate",
            "--due-on",
            "2026-11-24",
            "--instructions",
            "mind the dog, bring a probe",
        ]
        assert run_command(words) == 0
    yield made
    made.close()


def test_sheets_and_calendar_hold_every_open_order(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run_command(["order", "sheets"]) == 0
    sheets = capsys.readouterr().out.split("\f")
    assert len(sheets) == 4 and sheets[3] == ""
    for number, sheet in enumerate(sheets[:3], 1):
        assert sheet.startswith(f"F-00000{number}  Locate") and "due 2026-11-24" in sheet
        assert "mind the dog, bring a probe" in sheet and "Reading    " in sheet and "Meter     " in sheet
        assert max(map(len, sheet.splitlines())) <= 78
    assert run_command(["order", "calendar"]) == 0
    told = capsys.readouterr().out
    assert told.count("BEGIN:VEVENT") == 3 and "DTSTART;VALUE=DATE:20261124" in told
    assert "mind the dog\\, bring a probe" in told.replace("\r\n ", "")
    names = [line for line in told.replace("\r\n ", "").splitlines() if line.startswith("UID:")]
    assert len(set(names)) == 3 and not any(" " in name for name in names)


def test_results_of_a_file_go_in_once_and_the_rest_says_why(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "back.csv"
    path.write_text(
        "order,done_on,found_value,done_by,note\n"
        'F-000001,2026-11-23,"1,234",Gus,under the deck\nF-000009,2026-11-23,,Gus,\nF-000002,22.11.2026,,Gus,\n'
        "F-000003,2026-11-23,-4,Gus,\nf-000001,2026-11-23,7,Gus,twice\n"
    )
    capsys.readouterr()
    assert run_command(["order", "results", str(path), "--dry-run", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"results": 1, "already_in": 0, "refused": 4, "dry_run": True}
    for new in (1, 0):
        assert run_command(["order", "results", str(path), "--format", "json"]) == 1
        out, err = capsys.readouterr()
        assert json.loads(out) == {"results": new, "already_in": 1 - new, "refused": 4, "dry_run": False}
        assert [line.partition(":")[0] for line in err.splitlines()] == ["line 3", "line 4", "line 5", "line 6"]
        assert "F-000001 has its result in line 2 of this file" in err
    assert run_command(["order", "results", str(path), "--dry-run", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"results": 0, "already_in": 1, "refused": 4, "dry_run": True}
    rows = scene.db.rows("SELECT number, state, found_value, done_by FROM field_order ORDER BY number")
    assert rows == [
        ("F-000001", "done", 1234, "Gus"), ("F-000002", "open", None, None), ("F-000003", "open", None, None)
    ]  # fmt: skip
    assert scene.db.value("SELECT COUNT(*) FROM audit WHERE act = 'order.result' AND outcome = 'done'") == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("order,note\nF-000001,x\n", "has no column done_on"), ("order,done_on,colour\n", "no field 'colour'"),
        ('order,done_on\n"F-000001,2026-11-22\n', "cannot be read as CSV"), ("", "has no column order"),
        ("order,done_on,done_by,done_by,note\nF-000001,2026-11-22,a,b,77\n", "names done_by twice"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_changes_nothing(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    path = tmp_path / "back.csv"
    path.write_text(text)
    assert run_command(["order", "results", str(path)]) == 2
    assert why in capsys.readouterr().err
    assert scene.db.value("SELECT COUNT(*) FROM field_order WHERE state = 'done'") == 0


def test_a_line_with_more_cells_than_its_header_is_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "back.csv"
    path.write_text("order,done_on,found_value,done_by\nF-000001,2026-11-23,1,234,Gus\nF-000002,2026-11-23,5\n")
    (first, refused), (second, taken) = results(path)
    assert (first, second) == (2, 3)
    assert isinstance(refused, str) and "5 cells" in refused and "4" in refused
    assert isinstance(taken, Result) and taken.found_value == 5

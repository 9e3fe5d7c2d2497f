"""Seals at the shell: a round comes back in a file, line by line, once; a point tells where its seal stands."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.detectors.scene import Scene
from tests.services.office import DAY
from ubtui.cli import run_command
from ubtui.db.models import record

ROUND = "M03:run:seal-round/2026-11"


@pytest.fixture
def scene(backend: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    made = Scene(backend)
    monkeypatch.setenv("UBTUI_DATA", backend)
    yield made
    made.close()


def hang(scene: Scene, count: int) -> list[str]:
    """Seals that nobody looked at for a year, by their numbers."""
    points = [scene.customer(rate_code="R1-SEALED").point_id for _ in range(count)]
    with scene.db.writing():
        for point in points:
            scene.db.insert(
                record.Seal, point_id=point, number=f"RV{point:04}", lock_state="locked", lock_reason="vacant",
                rate_status="sealed", rate_effect="same_day", placed_on=DAY - timedelta(days=400), placed_value=100,
            )  # fmt: skip
    scene.refresh()
    return [f"RV{point:04}" for point in points]


def test_a_round_goes_out_as_a_list_and_comes_back_in_the_same_file(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = hang(scene, 4)
    sheet = tmp_path / "round.csv"
    assert run_command(["worklist", "list-of", ROUND, "--format", "csv", "-o", str(sheet)]) == 0
    head, *lines = sheet.read_text("utf-8-sig").splitlines()
    assert [line.split(",")[3] for line in lines] == numbers, "one line a seal, in the order of the walk"
    back = [f"{head},found,value,other,note"]
    said = ["on,100,,", "BROKEN,,,wire cut", "other,,,", ",,,"]  # the last one was not walked
    back += [f"{line},{told}" for line, told in zip(lines, said, strict=True)]
    back += [lines[0] + ",on,100,,", lines[0] + ",on,1.5,,"]
    sheet.write_text("\n".join(back), "utf-8")
    capsys.readouterr()
    words = ["seal", "results", str(sheet), "--on", DAY.isoformat(), "--by", "Gus", "--format", "json"]
    for dry in (["--dry-run"], []):
        assert run_command([*words, *dry]) == 1
        told = capsys.readouterr()
        assert json.loads(told.out) == {"looked": 2, "held": 1, "refused": 3, "dry_run": bool(dry)}
        assert "line 4: which number is on instead of" in told.err and "line 6: seal RV0001 stands twice" in told.err
        assert "line 7: Value: " in told.err
    assert scene.db.rows("SELECT found, value, note, checked_by FROM seal_check ORDER BY id") == [
        ("on", 100, "", "Gus"), ("broken", None, "wire cut", "Gus"),
    ]  # fmt: skip
    sheet.write_text("\n".join([back[0], back[1], back[2]]), "utf-8")
    assert run_command(words) == 0
    assert scene.db.value("SELECT COUNT(*) FROM seal_check") == 2, "told again, nothing is done twice"
    capsys.readouterr()
    assert run_command(["seal", "show", "SP-00002"]) == 0
    card = capsys.readouterr().out.splitlines()
    assert card[0] == "tampered · RV0002 · rate sealed" and card[2].endswith("broken, Gus: wire cut")
    assert run_command(["seal", "show", "SP-99999"]) == 2
    scene.steady()


def test_a_file_that_is_no_round_is_refused_whole(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "round.csv"
    for text, says in (("found\non\n", "has no column seal"), ("seal,lock\n1,2\n", "no field 'lock'")):
        path.write_text(text, "utf-8")
        assert run_command(["seal", "results", str(path), "--on", DAY.isoformat()]) == 2
        assert says in capsys.readouterr().err


def test_five_hundred_seals_come_in_within_seconds(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = hang(scene, 500)
    path = tmp_path / "round.csv"
    path.write_text("\n".join(["seal,found,value", *(f"{number},on,100" for number in numbers)]), "utf-8")
    begun = time.perf_counter()
    assert run_command(["seal", "results", str(path), "--on", DAY.isoformat()]) == 0
    took = time.perf_counter() - begun
    assert scene.items("M03") == [] and scene.db.value("SELECT COUNT(*) FROM seal_check") == 500
    print(f"500 seals in {took:.2f} s")
    assert took < 20
    scene.steady()

"""Services asked for, interties and rows of unknown meters by shell: acts, lists and logs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.detectors.scene import PERIODS, Scene, read_day
from tests.services.importing import bring, file
from ubtui.cli import run_command


@pytest.fixture
def scene(backend: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    made = Scene(backend)
    monkeypatch.setenv("UBTUI_DATA", backend)
    yield made
    made.close()


def ran(capsys: pytest.CaptureFixture[str], *words: str, who: str = "ana", code: int = 0) -> str:
    assert run_command(["--as", who, *words]) == code, capsys.readouterr().err
    out, err = capsys.readouterr()
    return out if not code else err


def test_a_service_is_asked_for_paid_and_closed(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    c = scene.customer()
    ran(capsys, "request", "make", c.point, "larger", "--size", "1", "--fee", "120.00", "--asked-by", "=1+1")
    assert "120.00 is due and no meter was set since" in ran(capsys, "request", "close", "SR-000001", code=1)
    rows = list(csv.DictReader(io.StringIO(ran(capsys, "request", "list", "--format", "csv"))))
    assert [(r["request"], r["due_cents"], r["proposal"], r["asked_by"]) for r in rows] == [
        ("SR-000001", "120.00", "P-000001", "'=1+1"),
    ]  # fmt: skip
    ran(capsys, "request", "withdraw", "SR-000001", "--reason", "too dear")
    assert json.loads(ran(capsys, "request", "show", "sr-000001", "--format", "json"))["state"] == "withdrawn"
    assert ran(capsys, "request", "list", "--format", "json").strip() == "[]"
    assert "SR-000001" in ran(capsys, "request", "list", "--state", "all")


def test_a_delivery_log_beside_statements(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    c = scene.customer(customer_class="agency")
    scene.uses(c, [4356, 4356, 5445])
    assert "is no intertie" in ran(capsys, "intertie", "statement", c.point, "20", code=1)
    ran(capsys, "intertie", "set", c.point, "--agency", "Cerro Water", "--from-on", "2026-01-01")
    ran(capsys, "intertie", "statement", c.point, "13")
    ran(capsys, "intertie", "agree", c.point, "10", "--period", PERIODS[-2], "--reason", "by phone", who="ben")
    found = json.loads(ran(capsys, "intertie", "log", c.point, "--format", "json"))
    assert [(r["period"], r["ours"], r["theirs"], r["percent"], r["state"]) for r in found] == [
        (PERIODS[-3], "10.000", None, None, "missing"), (PERIODS[-2], "10.000", "10.000", "0.000", "agreed"),
        (PERIODS[-1], "12.500", "13.000", "4.000", "stated"),
    ]  # fmt: skip
    assert "Cerro Water" in ran(capsys, "intertie", "list")


def test_rows_of_an_unknown_meter_are_linked_and_dropped(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    c = scene.customer()
    scene.uses(c, [20, 21, 20, 21], last=PERIODS[-2])
    on = read_day(PERIODS[-1])
    text = f"maker,serial,date,value\nbadger,70,{on},1110\nbadger,71,{on},3\nbadger,71,{on},4\n"
    with scene.desk() as desk:
        bring(desk, "reads", file(tmp_path, text))
    assert "or the serial alone" in ran(capsys, "import", "staged", "link", "1", "x", "--reason", "lid", code=2)
    ran(capsys, "import", "staged", "link", "1", "badger/90001", "--reason", "lid says so", "--once")
    ran(capsys, "import", "staged", "drop", "2", "--reason", "next town", "--alike")
    assert json.loads(ran(capsys, "import", "staged", "list", "--format", "json")) == []
    assert scene.items("R18") == []

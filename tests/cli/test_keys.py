"""`ubtui keys`: the keys as they are for this person, and a faulty file told by it and by doctor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ubtui import keys
from ubtui.cli import run_command


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "ubtui"
    folder.mkdir(parents=True)
    return folder / "keys.toml"


def test_the_changed_key_is_printed(config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config.write_text('"item.claim" = "t"\n')
    assert run_command(["keys", "worklist", "--format", "json", "--data", str(tmp_path)]) == 0
    rows = {row["name"]: row for row in json.loads(capfd.readouterr().out)}
    assert (rows["item.claim"]["keys"], rows["item.claim"]["own"]) == ("t", 1)
    assert (rows["item.wait"]["keys"], rows["item.wait"]["own"]) == ("w", 0)
    assert list(rows) == [each.id for each in keys.for_screen("worklist")]
    assert run_command(["keys", "--data", str(tmp_path)]) == 0
    assert "item.claim" in capfd.readouterr().out


def test_a_faulty_file_is_told_by_keys_and_doctor(config: Path, sample: str, capfd: pytest.CaptureFixture[str]) -> None:
    config.write_text('"item.claim" = "ctrl+h"\n')
    for line in (["keys"], ["doctor"]):
        assert run_command([*line, "--data", sample]) == 1
        out, said = capfd.readouterr()
        assert "item.claim: ctrl+h does not reach every terminal" in (said if line == ["keys"] else out)

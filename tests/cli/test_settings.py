"""`ubtui settings`: a file out, changed, put forward, approved; the folder's own copy follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.services import office
from ubtui.cli import run_command
from ubtui.desk import is_url


def test_a_file_goes_out_and_comes_back_changed(
    backend: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    office.install(backend, office.sample_settings())

    def said(*words: str, code: int = 0, who: str = "ben") -> str:
        assert run_command(["--data", backend, "--as", who, "settings", *words]) == code
        out, err = capfd.readouterr()
        return out if code == 0 else err

    mirror = Path(backend) / "district.toml"
    file = tmp_path / "next.toml"
    text = said("show", "--format", "toml")
    assert text == office.sample_settings()
    file.write_text(text.replace("seal_cents = 2500", "seal_cents = 2750"))
    told = json.loads(said("diff", str(file), "--format", "json"))
    assert told["changes"] == [{"setting": "seals.seal_cents", "before": "2500", "after": "2750"}]
    assert (told["waits_for"], told["refused"]) == (["cho"], [])
    said("apply", str(file), "--reason", "Resolution 12", "--dry-run")
    assert json.loads(said("changes", "--format", "json")) == []
    assert "There is no change 99" in said("changes", "99", code=2)
    assert json.loads(said("apply", str(file), "--reason", "Resolution 12", "--format", "json"))["state"] == "waiting"
    assert is_url(backend) or mirror.read_text() == text
    assert "own" in said("approve", "1", code=1)
    assert json.loads(said("approve", "1", "--format", "json", who="cho"))["settings"] == 2
    after = said("show", "--format", "toml")
    assert after.startswith("# Settings 2 of") and "seal_cents = 2750" in after
    if not is_url(backend):
        assert mirror.read_text() == after and mirror.stat().st_mode & 0o777 == 0o600
    assert "made from settings 1; in force are 2" in said("apply", str(file), "--reason", "again", code=1)
    assert "nothing differs" in said("apply", str(file), "--reason", "again", "--base", "2", code=1)  # it does not say
    file.write_text(after.replace("2750", "9900"))
    for words in (("diff", str(file)), ("apply", str(file), "--reason", "x")):
        no = said(*words, "--base", "1", code=2)
        assert "made from settings 2, --base says 1" in no
    assert json.loads(said("diff", str(file), "--base", "2", "--format", "json"))["base"] == 2
    file.write_text(after.replace("[seals]", "[seal]").replace("fiscal_year_start = 7", "fiscal_year_start = 13"))
    for words in (("diff", str(file)), ("apply", str(file), "--reason", "x")):
        no = said(*words, code=2)
        assert "fiscal_year_start" in no and "there is no such setting" in no
    file.write_bytes(b"\xff")
    assert "is not UTF-8" in said("diff", str(file), code=2)
    assert "no change 7" in said("approve", "7", code=2, who="cho")
    [row] = json.loads(said("show", "seals.seal_cents", "--format", "json"))
    assert row == {
        "setting": "seals.seal_cents",
        "value": "2750",
        "comes_from": "settings",
        "since": f"{office.DAY} by ben and cho (change 1)",
    }
    [row] = json.loads(said("show", "worklist.day_minutes", "--format", "json"))
    assert (row["value"], row["comes_from"], row["since"]) == ("450", "the program's own", "")
    file.write_text(after.replace("2750", "3000"))
    assert "may not do settings.apply" in said("apply", str(file), "--reason", "x", code=1, who="ana")
    assert run_command(["verify", "--data", backend]) == 0
    if not is_url(backend):
        assert run_command(["doctor", "--data", backend]) in (0, 1)
        assert "differs from the record's own copy" not in capfd.readouterr().out

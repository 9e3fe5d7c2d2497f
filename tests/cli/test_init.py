"""`ubtui init`: a private place, filled once; a set-up that was killed is finished by the next."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scale import SOAK
from ubtui.cli import run_command
from ubtui.db.session import Session
from ubtui.desk import Desk, is_url

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "ubtui/services/demo/district.toml"

# Dies by signal 9 before statement `argv[2]` of `ubtui init`; tells the count when it was never reached.
VICTIM = """
import os, signal, sys
from ubtui.cli import run_command
from ubtui.db.session import Session
n, plain = 0, Session.__init__
def count(sql):
    global n
    n += 1
    if n == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
def made(self, database):
    plain(self, database)
    self.on_statement = count
Session.__init__ = made
code = run_command(["init", "ubtui/services/demo/district.toml", "--data", sys.argv[1], "--today", "2026-11-23"])
print(n, file=sys.stderr)
sys.exit(code)
"""


def victim(data: str, at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", VICTIM, data, str(at)], capture_output=True, text=True, cwd=ROOT, timeout=120
    )


def test_a_killed_set_up_is_finished_by_the_next(tmp_path: Path) -> None:
    whole = victim(str(tmp_path / "whole"), 0)
    assert whole.returncode == 0, whole.stderr
    total = int(whole.stderr.splitlines()[-1])
    for at in range(1, total + 1, 1 if SOAK else total // 8):
        data = str(tmp_path / f"d{at}")
        assert victim(data, at).returncode == -signal.SIGKILL
        assert run_command(["init", str(SAMPLE), "--data", data, "--today", "2026-11-23"]) == 0, at
        assert run_command(["verify", "--data", data]) == 0
        with Desk(data) as desk:
            assert desk.session.value("SELECT COUNT(*) FROM staff") > 3
            assert desk.session.rows("SELECT act FROM audit") == [("district.init",)]


def test_a_place_is_filled_once_on_both(backend: str, capfd: pytest.CaptureFixture[str]) -> None:
    line = ["init", str(SAMPLE), "--data", backend, "--today", "2026-11-23"]
    assert run_command(line) == 0
    assert run_command(line) == 2
    assert "holds the district 'Rincon Vista Water District' already" in capfd.readouterr().err
    assert run_command(["verify", "--data", backend]) == 0


def test_the_place_is_private(tmp_path: Path) -> None:
    place = tmp_path / "deep/er/district"
    assert run_command(["init", str(SAMPLE), "--data", str(place)]) == 0
    assert place.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o600}
    assert (place / "district.toml").read_text("utf-8") == SAMPLE.read_text("utf-8")


def test_a_live_district_takes_no_day(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "live.toml"
    file.write_text(SAMPLE.read_text("utf-8").replace('kind = "sample"', 'kind = "live"'))
    line = ["init", str(file), "--data", str(tmp_path / "d")]
    assert run_command([*line, "--today", "2026-11-23"]) == 2
    assert "a live district's day is the calendar's" in capfd.readouterr().err
    assert run_command(line) == 0
    file.write_text(file.read_text("utf-8").replace("America/Los_Angeles", "America/Nowhere"))
    assert run_command(["init", str(file), "--data", str(tmp_path / "e")]) == 2
    assert "'America/Nowhere' is no time zone" in capfd.readouterr().err


def test_a_database_of_somebody_else_is_left_alone(postgres_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    from ubtui.desk import open_session

    session: Session = open_session(postgres_url, admin=True)
    session.connect()
    session.execute("CREATE TABLE theirs(a int)")
    assert run_command(["init", str(SAMPLE), "--data", postgres_url]) == 2
    assert "holds other tables" in capfd.readouterr().err
    assert session.database.get_tables() == ["theirs"] and is_url(postgres_url)
    session.database.close()

"""What tests of the screens share: short pauses, and a small sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sample import made


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual's pilot looks every 20 ms, twice a key, whether the program rests; `settled` asks until it does."""
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", 0.003)
    monkeypatch.setattr("textual._wait.SLEEP_IDLE", 0.0005)


@pytest.fixture
def district(tmp_path: Path) -> str:
    """A small sample for one test."""
    return made(str(tmp_path / "district"), accounts=60)

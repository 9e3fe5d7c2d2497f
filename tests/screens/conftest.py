"""A sample district for the screens, made once a run and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.screens.office import DAY
from ubtui.services.demo.make import make


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual's pilot looks every 20 ms, twice a key, whether the program rests; `settled` asks until it does."""
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", 0.003)
    monkeypatch.setattr("textual._wait.SLEEP_IDLE", 0.0005)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as it was made."""
    folder = tmp_path_factory.mktemp("screens") / "district"
    make(str(folder), DAY, 60, 2, 7, lambda line: None)
    return folder


@pytest.fixture
def district(made: Path, tmp_path: Path) -> str:
    """A copy of it for one test."""
    folder = tmp_path / "district"
    shutil.copytree(made, folder)
    folder.chmod(0o700)
    return str(folder)

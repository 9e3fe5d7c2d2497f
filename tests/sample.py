"""The sample district for tests: built once a run, then copied, on SQLite as a folder, on PostgreSQL as a template."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests import templates
from ubtui.services.demo.make import make

DAY = date(2026, 11, 23)
ACCOUNTS, YEARS, SEED = 300, 2, 7


def made(data: str, accounts: int = ACCOUNTS, years: int = YEARS, seed: int = SEED) -> str:
    """`data`, with the sample of these figures."""
    templates.stand(data, make, DAY, accounts, years, seed)
    return data


@pytest.fixture
def sample_folder(tmp_path: Path) -> str:
    """`--data` of a sample district of one's own in a folder."""
    return made(str(tmp_path / "sample"))


@pytest.fixture
def sample_url(postgres_url: str) -> str:
    """`--data` of a sample district of one's own on PostgreSQL."""
    return made(postgres_url)


@pytest.fixture(params=["sqlite", "postgres"])
def sample(request: pytest.FixtureRequest) -> str:
    """`--data` of a sample district of one's own, once for each database."""
    data: str = request.getfixturevalue("sample_folder" if request.param == "sqlite" else "sample_url")
    return data

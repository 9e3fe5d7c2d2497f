"""The sample district for tests: built once a run, then copied, on SQLite as a folder, on PostgreSQL as a template."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests import postgres
from ubtui.services.demo.make import make

DAY = date(2026, 11, 23)
ACCOUNTS, YEARS, SEED = 300, 2, 7


@pytest.fixture(scope="session")
def sample_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's folder; nobody writes in it."""
    folder = tmp_path_factory.mktemp("sample") / "district"
    make(str(folder), DAY, ACCOUNTS, YEARS, SEED)
    return folder


@pytest.fixture(scope="session")
def sample_postgres_template(postgres_server: postgres.Server) -> Iterator[str]:
    """The name of a database that holds the sample; nobody connects to it any more."""
    name = postgres_server.create()
    make(postgres_server.url(name), DAY, ACCOUNTS, YEARS, SEED)
    yield name
    postgres_server.drop(name)


@pytest.fixture
def sample_folder(sample_template: Path, tmp_path: Path) -> str:
    """`--data` of a sample district of one's own in a folder."""
    return str(shutil.copytree(sample_template, tmp_path / "sample"))


@pytest.fixture
def sample_url(postgres_server: postgres.Server, sample_postgres_template: str) -> Iterator[str]:
    """`--data` of a sample district of one's own on PostgreSQL."""
    name = postgres_server.create(sample_postgres_template)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def sample(request: pytest.FixtureRequest) -> str:
    """`--data` of a sample district of one's own, once for each database."""
    data: str = request.getfixturevalue("sample_folder" if request.param == "sqlite" else "sample_url")
    return data

"""What every test may ask for: a place for a district on either database, and the size of the run."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import postgres
from tests.sample import sample, sample_folder, sample_postgres_template, sample_template, sample_url  # noqa: F401
from tests.scale import SOAK

# Two shared cores: no deadline. Where it counts, a run repeats; a failure prints how to repeat it anywhere.
hypothesis.settings.register_profile(
    "ubtui", deadline=None, print_blob=True, derandomize=os.environ.get("CI") == "true"
)
hypothesis.settings.register_profile("soak", deadline=None, print_blob=True, max_examples=10_000)
hypothesis.settings.load_profile("soak" if SOAK else "ubtui")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not SOAK:
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="full size: run by make soak"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A real server, started once for all test processes; where it cannot start, the tests fail."""
    with postgres.running(os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """The URL of an empty database, dropped after the test."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What `--data` takes, once for each database: a folder that is not there yet, or an empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "district")
    url: str = request.getfixturevalue("postgres_url")
    return url

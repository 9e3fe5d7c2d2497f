"""What every test may ask for: a place for a district on either database, and the size of the run."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import postgres, templates
from tests.sample import sample, sample_folder, sample_url  # noqa: F401
from tests.scale import SOAK

# A file system in memory, where the machine has one with room: a test's commits wait for no disk.
MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ["TMPDIR"], tempfile.tempdir = str(MEMORY), None

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


@pytest.fixture(scope="session", autouse=True)
def templates_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One folder for all test processes."""
    here = tmp_path_factory.getbasetemp()
    templates.keep_in(here.parent if "PYTEST_XDIST_WORKER" in os.environ else here)


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

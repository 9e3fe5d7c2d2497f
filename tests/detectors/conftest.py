"""A scene on each of the two databases."""

from collections.abc import Iterator

import pytest

from tests.detectors.scene import Scene


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()

"""Tests of widgets wait as those of the screens do."""

from tests.screens.conftest import short_pauses  # noqa: F401

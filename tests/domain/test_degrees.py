"""Degrees: read as people and receivers write them, kept to a millionth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.degrees import format_degrees, parse_degrees
from ubtui.domain.errors import BadValue


@given(st.integers(-180_000_000, 180_000_000))
def test_what_is_written_is_read_again(micro: int) -> None:
    assert parse_degrees(format_degrees(micro), "longitude") == micro


@pytest.mark.parametrize(
    ("text", "axis", "micro"),
    [
        ("39.219061", "latitude", 39_219_061),
        ("121.0611 W", "longitude", -121_061_100),
        ("0.0000005", "latitude", 1),
        ("-121.06110649", "longitude", -121_061_106),
        ("33.5°S", "latitude", -33_500_000),
        ("\u221290", "latitude", -90_000_000),
    ],
)
def test_degrees_as_people_write_them(text: str, axis: str, micro: int) -> None:
    assert parse_degrees(text, axis) == micro


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("90.000001", "latitude"),
        ("-1 W", "longitude"),
        ("12 E", "latitude"),
        ("39 13 8", "latitude"),
        ("1e1", "latitude"),
        ("", "longitude"),
        ("180.0000005", "longitude"),
    ],
)
def test_what_is_no_place_is_refused(text: str, axis: str) -> None:
    with pytest.raises(BadValue):
        parse_degrees(text, axis)

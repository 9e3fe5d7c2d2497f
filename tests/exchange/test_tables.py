"""Tables for spreadsheets: a look at a whole page lets nothing through that a look at each cell would stop."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.text import clean_text, csv_cell
from ubtui.exchange import tables
from ubtui.exchange.tables import Field

FIELDS = (Field("who"), Field("n", "int"), Field("cents", "money"), Field("why"), Field("evidence", "json"))
STARTS = [
    "",
    " ",
    "  ",
    '"',
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\0",
    "\ufeff",
    "\uff1d",
    "\xa0",
    "\xad",
    "a",
    "→",
    "é",
]
WORDS = st.builds(
    "{}{}".format,
    st.sampled_from(STARTS),
    st.text(st.characters(codec="utf-8") | st.sampled_from('",\r\n=+-@ →…–é\u0301\u202e\x1b'), max_size=8),
)
ROWS = st.lists(
    st.tuples(
        st.none() | WORDS, st.integers(-5, 5), st.none() | st.integers(-200, 200), WORDS, st.just('{"a":1}') | WORDS
    ),
    max_size=6,
)


def cell(text: str | None) -> str:
    """A text cell by the rules of one cell."""
    if not text:
        return ""
    return csv_cell(text if text.isascii() and text.isprintable() else clean_text(text))


def written(rows: list[tuple[Any, ...]]) -> list[list[str]]:
    out = io.BytesIO()
    assert tables.write(out, "csv", FIELDS, rows) == len(rows)
    return list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))[1:]


@given(ROWS)
def test_a_page_is_as_safe_as_its_cells(rows: list[tuple[Any, ...]]) -> None:
    assert [(row[0], row[3]) for row in written(rows)] == [(cell(row[0]), cell(row[3])) for row in rows]
    for row in written(rows):
        assert "\n" not in row[4] and "\x1b" not in row[4]


@pytest.mark.parametrize("at", [0, 199, 200, 401])
def test_one_bad_cell_among_many_is_found(at: int) -> None:
    rows: list[tuple[Any, ...]] = [(f"Ortiz {n}", n, 5, "8,412 → 8,214", '{"value":8214}') for n in range(450)]
    rows[at] = ("=1+1", at, -5, "two\nlines", "{}")
    got = written(rows)
    assert got[at][0] == "'=1+1" and got[at][2:4] == ["-0.05", "two lines"]
    assert [row[0] for n, row in enumerate(got) if n != at] == [row[0] for n, row in enumerate(rows) if n != at]
    assert all(row[3] == "8,412 → 8,214" for n, row in enumerate(got) if n != at)

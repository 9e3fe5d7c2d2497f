"""Workbooks and Markdown tables: typed cells, text that stays text, and rows that come back as they went in."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ubtui.domain.text import clean_text
from ubtui.exchange import tables, workbook
from ubtui.exchange.tables import Field

_NS = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
FIELDS = (
    Field("who"),
    Field("n", "int"),
    Field("cents", "money", "money"),
    Field("due", "day"),
    Field("use", "figure"),
    Field("fixes", "list"),
)
HOSTILE = st.text(st.characters(codec="utf-8") | st.sampled_from("=+-@|\\`*_[]<>&$~!\t\r\n\x1b\u202e"), max_size=12)
MONEY = st.integers(-(10**13), 10**13)
ROWS = st.lists(
    st.tuples(
        HOSTILE,
        st.none() | st.integers(-(10**16), 10**16),
        st.none() | MONEY,
        st.none() | st.dates(date(1900, 3, 1), date(2399, 12, 31)),
        st.sampled_from(["", "—", "1,234", "-5.00", "=1+1", "12"]),
        st.lists(st.sampled_from(["read.review", "adjust.propose"]), max_size=2),
    ),
    max_size=5,
)


def sheets(data: bytes) -> list[list[dict[str, tuple[str, str]]]]:
    """Each sheet's rows as {column letter: (type, value)}; type is n, or s for text."""
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        for name in sorted(names, key=lambda name: int("".join(filter(str.isdigit, name)))):
            rows: list[dict[str, tuple[str, str]]] = []
            for row in ElementTree.fromstring(book.read(name)).findall(".//x:row", _NS):
                cells = {}
                for cell in row.findall("x:c", _NS):
                    assert cell.find("x:f", _NS) is None, "a formula"
                    letter = cell.attrib["r"].rstrip("0123456789")
                    if cell.attrib.get("t") == "inlineStr":
                        cells[letter] = ("s", "".join(t.text or "" for t in cell.iter(f"{{{_NS['x']}}}t")))
                    else:
                        value = cell.find("x:v", _NS)
                        assert value is not None
                        cells[letter] = ("n", value.text or "")
                rows += [{} for _ in range(int(row.attrib["r"]) - len(rows) - 1)]  # one of nothing is left out
                rows.append(cells)
            found.append(rows)
    return found


def written(rows: list[tuple[Any, ...]]) -> list[dict[str, tuple[str, str]]]:
    out = io.BytesIO()
    assert tables.write(out, "xlsx", FIELDS, rows) == len(rows)
    (sheet,) = sheets(out.getvalue())
    assert [cell for _, cell in sheet[0].values()] == ["who", "n", "money", "due", "use", "fixes"]
    return sheet[1:]


@settings(max_examples=40)
@given(ROWS)
def test_cells_come_back_typed_and_text_stays_text(rows: list[tuple[Any, ...]]) -> None:
    numbers = {"1,234": "1234", "-5.00": "-5.00", "12": "12"}
    got = written(rows)
    got += [{} for _ in range(len(rows) - len(got))]
    for (who, n, cents, due, use, fixes), cells in zip(rows, got, strict=True):
        if clean_text(who):
            kind, text = cells["A"]
            assert kind == "s" and text.replace("_x005F_", "_") == clean_text(who).replace("_x005F_", "_")
        if n is not None:
            assert cells["B"] == ("n" if abs(n) < 10**15 else "s", str(n))
        if cents is not None:
            assert cells["C"][0] == "n" and Decimal(cells["C"][1]) * 100 == cents
        if due is not None:
            assert cells["D"][0] == "n" and date(1899, 12, 30) + timedelta(int(cells["D"][1])) == due
        if use:
            kind, value = cells["E"]
            assert kind == ("n" if use in numbers else "s")
            assert Decimal(value) == Decimal(numbers[use]) if use in numbers else value == use
        assert cells.get("F", ("s", ""))[1] == " ".join(fixes)


def test_a_day_that_is_none_and_one_before_spreadsheets_is_text() -> None:
    rows = [("a", 1, 1, day, "", ()) for day in ("2026-11-23", "20261123", "=2026", "1899-12-31")]
    assert [cells["D"][0] for cells in written(rows)] == ["n", "s", "s", "s"]


def test_the_same_rows_give_the_same_bytes_and_a_full_sheet_is_followed_by_another() -> None:
    rows = [(f"Ortiz {n}", n, n * 100, "2026-11-23", "", ()) for n in range(25)]
    one, two = io.BytesIO(), io.BytesIO()
    assert workbook.write(one, FIELDS, rows, cut=10) == workbook.write(two, FIELDS, iter(rows), cut=10) == 25
    assert one.getvalue() == two.getvalue()
    parts = sheets(one.getvalue())
    assert [len(part) for part in parts] == [11, 11, 6]
    assert [part[-1]["B"][1] for part in parts] == ["9", "19", "24"]
    nothing = io.BytesIO()
    assert workbook.write(nothing, FIELDS, []) == 0 and len(sheets(nothing.getvalue())[0]) == 1


def test_a_text_longer_than_a_cell_ends_in_an_ellipsis() -> None:
    text = written([("\U0001f6b0" * 20_000, 1, 1, None, "", ())])[0]["A"][1]
    assert text.endswith("…") and len(text.encode("utf-16-le")) <= 2 * workbook.MOST_TEXT


def test_rows_that_end_in_a_fault_leave_no_workbook() -> None:
    def rows() -> Any:
        yield ("a", 1, 1, None, "", ())
        raise OSError("gone")

    out = io.BytesIO()
    with pytest.raises(OSError, match="gone"):
        tables.write(out, "xlsx", FIELDS, rows())
    assert out.getvalue() == b""


@settings(max_examples=150)
@given(ROWS)
def test_a_markdown_table_is_drawn_with_just_its_cells(rows: list[tuple[Any, ...]]) -> None:
    out = io.BytesIO()
    assert tables.write(out, "md", FIELDS, rows) == len(rows)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(out.getvalue().decode())
    inline = [token for token in tokens if token.type == "inline"]
    assert {child.type for token in inline for child in token.children or ()} <= {"text", "text_special"}
    cells = ["".join(child.content for child in token.children or ()) for token in inline]
    assert len(cells) == 6 * (len(rows) + 1)
    assert cells[6::6] == [clean_text(row[0]).strip() for row in rows]
    assert [token.type for token in tokens].count("table_open") == 1

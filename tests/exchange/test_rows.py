"""Files of every encoding are read alike; what cannot be read says where; nothing grows without bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from ubtui.domain.errors import BadValue
from ubtui.exchange.fields import convert
from ubtui.exchange.profile import FIELDS, load, names, parse
from ubtui.exchange.rows import LONGEST_LINE, FileFault, RawRow, Reading, source

PARCELS = load("generic-parcels")
TEXT = "apn,county,situs\r\n022-540-157,San José,1 Alder Ct\r\n022-540-158,Nevada,“The Ponds”\r\n"


def rows(path: Path, text: str | bytes, profile: object = PARCELS, encoding: str = "utf-8") -> list[RawRow]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return list(Reading(source(path, profile), profile).rows())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("encoding", "known"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"), ("cp1252", "cp1252"),
    ],
)  # fmt: skip
def test_the_encoding_is_found(tmp_path: Path, encoding: str, known: str) -> None:
    path = tmp_path / "parcels.csv"
    found = rows(path, TEXT, encoding=encoding)
    assert source(path, PARCELS).encoding == known
    assert [row.cells for row in found] == [
        ["022-540-157", "San José", "1 Alder Ct"],
        ["022-540-158", "Nevada", "“The Ponds”"],
    ]
    assert [row.line for row in found] == [2, 3]


def test_bytes_that_windows_leaves_open_are_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    rows(path, b"apn,county\n022540157,Jos\xe9\x81\n")
    assert source(path, PARCELS).encoding == "latin-1"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_blank_lines_and_a_missing_end(tmp_path: Path, end: str) -> None:
    found = rows(tmp_path / "p.csv", end.join(["apn,county", "022540157,A", "", " , ", '022540158,"B, C"']))
    assert [row.cells for row in found] == [["022540157", "A"], [" ", " "], ["022540158", "B, C"]]


def test_tabs_quotes_and_headers_of_any_case(tmp_path: Path) -> None:
    profile = parse(
        'title = "t"\nkind = "parcels"\ndelimiter = "\\t"\nquote = ""\n[columns]\napn = ["A P N"]\ncounty = "County"\n',
        "t",
    )
    found = rows(tmp_path / "p.tsv", 'CoUnTy\tapn\tx\n"A\t022540157\t\n', profile)
    assert found[0].cells == ['"A', "022540157", ""]


def test_places_without_a_header(tmp_path: Path) -> None:
    profile = parse(
        'title = "t"\nkind = "parcels"\nheader = false\nskip_lines = 1\n[columns]\napn = 2\ncounty = 1\n', "t"
    )
    reading_path = tmp_path / "p.csv"
    found = rows(reading_path, "made on Monday\nNevada,022540157\n", profile)
    assert [row.cells for row in found] == [["Nevada", "022540157"]]
    reading = Reading(source(reading_path, profile), profile)
    list(reading.rows())
    assert reading.layout is not None
    assert reading.layout.texts(["Nevada", "022540157"]) == {"apn": "022540157", "county": "Nevada"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "holds nothing"),
        (b"PK\x03\x04....", "is a workbook or zip"),
        (b"\x1f\x8b....", "is a gzip file"),
        ("apn,count\n1,2\n", "no column county: the file has apn, count"),
        ("apn,county,APN\n1,2,3\n", "the header names 'APN' twice"),
        ('apn,county\n022540157,"A\n', "breaks off inside the quoted value that begins on line 2"),
        ("apn,county\n022540157,A\n0225", "breaks off: line 3 has 1 columns"),
        ("apn,county\n" + "x" * (LONGEST_LINE + 5) + "\n", "line 2 is longer than 200,000"),
        ("apn,county\n" + "," * 100_000 + "\n", "100,001 columns"),
        ('apn,county\n022540157,"A\n' + "1,2\n" * 200 + '3,4"\n', "quoted value that begins on line 2 does not end"),
        (b"\xff\xfea\x00p\x00n\x00,\x00\x00\xd8x", "is not utf-16 text"),
    ],
)
def test_a_file_as_a_whole(tmp_path: Path, text: str | bytes, why: str) -> None:
    with pytest.raises(FileFault, match=why):
        rows(tmp_path / "p.csv", text)


def test_a_folder_is_no_file_and_a_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match="is not a file"):
        source(tmp_path, PARCELS)
    with pytest.raises(FileNotFoundError):
        source(tmp_path / "none.csv", PARCELS)


def test_a_row_that_cannot_be_split_is_one_row(tmp_path: Path) -> None:
    found = rows(tmp_path / "p.csv", 'apn,county\n"022"540,A\n022540158\n022540159,A,B\n022540157,A\n')
    assert [(row.row_no, row.line, bool(row.fault)) for row in found] == [
        (1, 2, True), (2, 3, True), (3, 4, True), (4, 5, False),
    ]  # fmt: skip


def test_nul_and_controls_do_not_reach_the_record(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    (row,) = rows(path, "apn,county,situs\n022540157,Nev\0ada\x1b[2J,1 \u202eAlder\n")
    reading = Reading(source(path, PARCELS), PARCELS)
    list(reading.rows())
    assert reading.layout is not None
    assert reading.layout.texts(row.cells) == {"apn": "022540157", "county": "Nevada[2J", "situs": "1 Alder"}


# Profiles


def test_every_profile_that_comes_along_is_sound() -> None:
    assert {load(name).kind for name in names()} == set(FIELDS)
    assert {"santa-monica", "beacon"} < set(names())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("title = 1", "title"),
        ('title = "t"\nkind = "bills"\ncolumns = {}', "kind"),
        ('title = "t"\nkind = "parcels"\ncolumns = { apn = "a" }', "needed field county"),
        ('title = "t"\nkind = "parcels"\ncolumns = { apn = "a", county = "c", colour = "x" }', "no such field"),
        ('title = "t"\nkind = "parcels"\ncolour = 1\ncolumns = { apn = "a", county = "c" }', "colour"),
        ('title = "t"\nkind = "parcels"\ndates = ["day"]\ncolumns = { apn = "a", county = "c" }', "holds no day"),
        ('title = "t"\nkind = "parcels"\nheader = false\ncolumns = { apn = "a", county = 1 }', "say its place"),
        ('title = "t"\nkind = "parcels"\ndelimiter = "ab"\ncolumns = { apn = "a", county = "c" }', "delimiter"),
        ('title = "t"\nkind = "usage"\ncreates = true\ncolumns = { customer = "a", date = "d", usage = "u" }', "owner"),
    ],
)
def test_a_faulty_profile_says_where(text: str, why: str) -> None:
    with pytest.raises(BadValue, match=why):
        parse(text, "mine.toml")


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(BadValue, match=r"use one of beacon, .*santa-monica"):
        load("beakon")
    with pytest.raises(BadValue, match="is for reads, not usage"):
        load("beacon", "usage")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("value", "022760", 22760), ("value", "1,234.0", 1234), ("value", "227.6", None), ("value", "-5", None),
        ("value", "1" * 13, None), ("value", "１２", None), ("date", "2024-08-01", "2024-08-01T00:00:00"),
        ("date", "8/1/2024", "2024-08-01T00:00:00"), ("date", "2024-02-30", None), ("date", "0001-01-01", None),
        ("estimated", "Y", True), ("estimated", "maybe", None), ("serial", "x" * 61, None),
    ],
)  # fmt: skip
def test_fields_are_what_they_should_be(field: str, text: str, value: object) -> None:
    profile = load("generic-reads")
    values, faults = convert(profile, {"date": "2024-08-01", "value": "1"} | {field: text})
    if value is None:
        assert [fault.field for fault in faults] == [field]
    else:
        assert values[field] == value and not faults

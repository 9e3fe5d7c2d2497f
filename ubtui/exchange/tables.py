"""Tables written row by row: CSV, JSON, JSON lines, text, Markdown, XLSX; safe for terminals and spreadsheets."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
import string
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import msgspec

from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.domain.text import cell_width, clean_text, csv_cell, fit

FORMATS: Final = ("text", "csv", "json", "jsonl", "md", "xlsx")
OTHERS: Final = ("pdf", "xls", "xlsm", "ods", "doc", "docx", "odt", "rtf", "html", "htm", "xml", "zip")
"""Endings that say a format which is not written here."""
RECORD: Final = (
    "ubtui.db",
    "ubtui.db-wal",
    "ubtui.db-shm",
    "ubtui.db-journal",
    "district.toml",
    "keys.toml",
    "fault.log",
)
_ENDINGS: Final = {"txt": "text", "log": "text", "markdown": "md"}
Kind = Literal["text", "mark", "int", "money", "day", "figure", "list", "json"]
_LONGEST_JSON = 200_000
_FIGURE = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?|-?[0-9]+(?:\.[0-9]+)?", re.ASCII).fullmatch
_ACTIVE = re.compile(r"[\\`*_~\[\]<>&|$]")  # what Markdown would act on inside a cell


class Field(msgspec.Struct, frozen=True):
    """One column: `text` comes from people and is cleaned, `mark` is the program's own, `money` whole cents,
    `day` a date or its ISO text, `figure` a number as a list shows it ("1,234.50"), `list` a tuple of marks, `json` a
    JSON text. `csv` is its name there when it differs."""

    name: str
    kind: Kind = "text"
    csv: str = ""


class Shown(msgspec.Struct, frozen=True):
    """A column of the text form: which field, its heading, its cells; no width: the whole of it, at the end.

    What is wider pushes the rest of its line to the right, or with `cut` ends in an ellipsis.
    """

    name: str
    title: str
    width: int | None = None
    right: bool = False
    cut: bool = False


def write(
    out: BinaryIO, form: str, fields: Sequence[Field], rows: Iterable[Sequence[Any]], shown: Sequence[Shown] = ()
) -> int:
    """Write `rows` (values in the order of `fields`) as UTF-8 in one of FORMATS; their number.

    One row is held at a time. CSV: RFC 4180 with a heading, money as decimals; JSON: money in cents; XLSX: a workbook
    whose text is never a formula; Markdown: a table as GitHub draws it, of `shown` or, without it, of all fields.
    """
    if form == "csv":
        return _csv(out, fields, rows)
    if form == "xlsx":
        from ubtui.exchange import workbook  # only who asks for one waits for its library

        return workbook.write(out, fields, rows)
    if form == "md":
        return _markdown(out, fields, rows, shown or [Shown(field.name, field.csv or field.name) for field in fields])
    if form == "text":
        return _text(out, fields, rows, shown)
    return _json(out, fields, rows, array=form == "json")


def safe(text: str) -> str:
    """Text without what a terminal would act on; plain ASCII passes untouched."""
    return text if text.isascii() and text.isprintable() else clean_text(text)


def _safe_json(text: str) -> str:
    return text if text.isascii() and text.isprintable() else clean_text(text, _LONGEST_JSON)


_money = lru_cache(maxsize=4096)(lambda cents: format_money(cents, comma=False))
_CSV: Final[dict[Kind, Callable[[Any], Any]]] = {
    "money": lambda cents: None if cents is None else _money(cents),
    "list": " ".join,
    "figure": lambda text: text and (text.replace(",", "") if _FIGURE(text) else csv_cell(safe(text))),
}
_BLOCK = 200  # rows; what is looked at as one text
_STARTS = frozenset(string.ascii_letters + string.digits + string.punctuation) - frozenset("=+-@")
_OWN_SIGNS: Final = "→…–"  # the program's own words hold them


def _csv(out: BinaryIO, fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> int:
    texts = [place for place, field in enumerate(fields) if field.kind == "text"]
    raws = [place for place, field in enumerate(fields) if field.kind == "json"]
    turned = [(place, _CSV[field.kind]) for place, field in enumerate(fields) if field.kind in _CSV]
    out.write(_comma_separated([[field.csv or field.name for field in fields]]).encode())
    source, count = iter(rows), 0
    while part := list(islice(source, _BLOCK)):
        columns: list[Sequence[Any]] = list(zip(*part, strict=True))
        for place, made in turned:
            columns[place] = [made(cell) for cell in columns[place]]
        page = _comma_separated(zip(*columns, strict=True))
        if not (_plain(page, len(part)) and all(_no_formula(columns[place]) for place in texts)):
            for place in texts:
                columns[place] = [text and csv_cell(safe(text)) for text in columns[place]]
            for place in raws:
                columns[place] = [_safe_json(text) for text in columns[place]]
            page = _comma_separated(zip(*columns, strict=True))
        out.write(page.encode())
        count += len(part)
    return count


def _comma_separated(rows: Iterable[Sequence[Any]]) -> str:
    page = io.StringIO(newline="")
    csv.writer(page).writerows(rows)
    return page.getvalue()


def _plain(page: str, rows: int) -> bool:
    """Whether a page of CSV is printable and Western throughout, a line a row: then no cell of it needs cleaning.

    Looked at as one text, which costs a tenth of looking at each cell; a page in doubt is cleaned cell by cell.
    """
    bare = page.replace("\r\n", "")
    if len(page) - len(bare) != 2 * rows or not bare.isprintable():
        return False
    for sign in _OWN_SIGNS:
        bare = bare.replace(sign, "")
    try:
        bare.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _no_formula(texts: Iterable[str | None]) -> bool:
    """Whether each text begins with what no spreadsheet takes for a formula."""
    return {text[:1] for text in texts if text} <= _STARTS


def _json(out: BinaryIO, fields: Sequence[Field], rows: Iterable[Sequence[Any]], array: bool) -> int:
    encode = msgspec.json.Encoder().encode
    names = [field.name for field in fields]
    texts = [place for place, field in enumerate(fields) if field.kind in ("text", "figure")]
    raws = [place for place, field in enumerate(fields) if field.kind == "json"]
    count = 0
    for row in rows:
        cells = list(row)
        for place in texts:
            if (text := cells[place]) is not None and not (text.isascii() and text.isprintable()):
                cells[place] = clean_text(text)
        for place in raws:
            cells[place] = msgspec.Raw(_safe_json(cells[place]).encode())
        line = encode(dict(zip(names, cells, strict=True)))
        out.write((b",\n" if count else b"[\n") + line if array else line + b"\n")
        count += 1
    if array:
        out.write(b"\n]\n" if count else b"[]\n")
    return count


def _text(out: BinaryIO, fields: Sequence[Field], rows: Iterable[Sequence[Any]], shown: Sequence[Shown]) -> int:
    places = {field.name: (place, field.kind) for place, field in enumerate(fields)}
    columns = [(*places[column.name], column) for column in shown]
    out.write(_line((column.title, column) for column in shown))
    count = 0
    for row in rows:
        out.write(_line((_words(row[place], kind), column) for place, kind, column in columns))
        count += 1
    return count


def _markdown(out: BinaryIO, fields: Sequence[Field], rows: Iterable[Sequence[Any]], shown: Sequence[Shown]) -> int:
    places = {field.name: (place, field.kind) for place, field in enumerate(fields)}
    columns = [(*places[column.name], column) for column in shown]
    right = [column.right or kind in ("int", "money", "figure") for _, kind, column in columns]
    out.write(_piped(column.title or column.name for column in shown))
    out.write(("|" + "|".join(" ---: " if each else " --- " for each in right) + "|\n").encode())
    count = 0
    for row in rows:
        out.write(_piped(_words(row[place], kind) for place, kind, _ in columns))
        count += 1
    return count


def _piped(cells: Iterable[str]) -> bytes:
    """A line of a Markdown table: nothing in it opens a cell, a link, a tag or an emphasis of its own."""
    return ("| " + " | ".join(_ACTIVE.sub(r"\\\g<0>", cell).strip() for cell in cells) + " |\n").encode()


def _words(value: Any, kind: Kind) -> str:
    if value is None:
        return ""
    if kind == "money":
        return format_money(value) if value else ""
    return " ".join(value) if kind == "list" else safe(str(value))


def _line(cells: Iterable[tuple[str, Shown]]) -> bytes:
    parts = []
    for text, column in cells:
        if column.width is None or (not column.cut and cell_width(text) > column.width):
            parts.append(text)
        elif len(text) <= column.width and text.isascii():  # cleaned before: one cell a character
            parts.append(text.rjust(column.width) if column.right else text.ljust(column.width))
        elif column.right:
            cut = fit(text, column.width)
            parts.append(" " * (column.width - cell_width(cut)) + cut)
        else:
            parts.append(fit(text, column.width, pad=True))
    return (" ".join(parts).rstrip() + "\n").encode()


def apart(path: Path, record: Path | None) -> Path:
    """The place that `path` names, links followed; BadValue where writing there would harm the record.

    `record` is the district's folder (None: it is on a server): nothing of other programs is written into it, nor
    over a file of it that lies elsewhere behind a link.
    """
    place = path.resolve()
    if record is not None:
        home = record.resolve()
        own = {(home / name).resolve() for name in RECORD}
        if place.is_relative_to(home) or place in own or any(_same(place, each) for each in own):
            raise BadValue(f"{path}: the record's own place is not written to: name a file elsewhere.")
    return place


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def said_by(path: Path) -> str:
    """The one of FORMATS that a file's ending says, "" where it says none."""
    ending = path.suffix.lower().removeprefix(".")
    of = _ENDINGS.get(ending, ending)
    return of if of in FORMATS else ""


def misnamed(path: Path, form: str) -> str:
    """Why a file is not to be named so, "" where it may: its ending says another format than is written into it."""
    ending, of = path.suffix.lower().removeprefix("."), said_by(path)
    if ending in OTHERS:
        return f"no {ending} is written here: choose one of {', '.join(FORMATS)}, and an ending that says so"
    if of and of != form:
        return f"{form} would be written into a file that ends in .{ending}: change the ending, or the format to {of}"
    return ""


def unwritable(place: Path) -> str:
    """Why no file can be written at a place, "" where one can: what is wrong with its folder."""
    if not place.parent.is_dir():
        return "there is no such folder: make it, or name another"
    if not os.access(place.parent, os.W_OK | os.X_OK):
        return "nothing may be written in this folder: name another"
    return ""


@contextmanager
def replacing(path: Path, record: Path | None) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when the block ends well, and leaves no trace when it does not.

    Readable by its owner alone; on the disk before it takes the name. BadValue for a place of the record (`apart`),
    for what is no file, and for a folder that is none or takes none (`unwritable`).
    """
    place = apart(path, record)
    if why := unwritable(place):
        raise BadValue(f"{place.parent}: {why}.")
    if place.exists() and not stat.S_ISREG(place.stat().st_mode):
        raise BadValue(f"{path}: is not a file: name one.")
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, place)
    except BaseException:
        os.unlink(name)
        raise

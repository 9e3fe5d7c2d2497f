"""Rows of a file of any encoding, delimited, of typed records or JSON: bounded in every way, each with its place."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, Literal, TextIO

import msgspec

from ubtui.domain.errors import BadValue
from ubtui.exchange.layouts.reading import Flattening, ProofFailed
from ubtui.exchange.profile import Layout, Profile, layout, names_of

MOST_BYTES: Final = 2 * 2**30
MOST_JSON: Final = 256 * 2**20
MOST_ROWS: Final = 5_000_000
LONGEST_LINE: Final = 200_000
MOST_COLUMNS: Final = 1_000
MOST_LINES: Final = 50  # of one row: a quote that is never closed swallows the rows behind it
_PART: Final = 8_192  # characters that are split into lines at once
_UNDEFINED = bytes.fromhex("818d8f909d")  # what Windows-1252 leaves open
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OTHER = ((b"PK\x03\x04", "a workbook or zip"), (b"\x1f\x8b", "a gzip file"), (b"%PDF", "a PDF"))


class FileFault(BadValue):
    """The whole file cannot be taken; nothing of it goes in."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was when it was looked at: its digest, size and encoding."""

    path: Path
    sha256: str
    size: int
    encoding: str


@dataclass(slots=True)
class RawRow:
    """One data row: its number from 1, the line it starts on, its cells; or why it cannot be read."""

    row_no: int
    line: int
    cells: list[str]
    fault: str = ""


@dataclass(slots=True)
class Block:
    """Data rows one behind another, their places from 0: the number of the first, the line of each and its cells; why
    some cannot be read, by place.
    """

    first: int
    lines: list[int]
    cells: list[list[str]]
    faults: dict[int, str]

    def __len__(self) -> int:
        return len(self.lines)

    def row(self, place: int) -> RawRow:
        """One of the rows."""
        return RawRow(self.first + place, self.lines[place], self.cells[place], self.faults.get(place, ""))


def source(path: Path, profile: Profile) -> Source:
    """Look through a file once: digest and encoding. Raises FileFault, OSError."""
    if not path.is_file():
        path.stat()
        raise FileFault(f"{path}: is not a file")
    size = path.stat().st_size
    if not 0 < size <= MOST_BYTES:
        raise FileFault(f"{path}: holds nothing" if not size else f"{path}: is larger than 2 GB; split it")
    digest, utf8, undefined = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), False
    fits = True
    with path.open("rb") as file:
        head = file.read(4096)
        for magic, what in _OTHER:
            if head.startswith(magic):
                raise FileFault(f"{path}: is {what}; save it as CSV first")
        file.seek(0)
        while part := file.read(2**20):
            digest.update(part)
            undefined = undefined or any(byte in part for byte in _UNDEFINED)
            if fits:
                try:
                    utf8.decode(part)
                except UnicodeDecodeError:
                    fits = False
        if fits:
            try:
                utf8.decode(b"", final=True)
            except UnicodeDecodeError:
                fits = False
    encoding = profile.encoding or _encoding(head, fits, undefined)
    return Source(path, digest.hexdigest(), size, encoding)


def _encoding(head: bytes, utf8: bool, undefined: bool) -> str:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    pairs = len(head) // 2
    if pairs and head[1::2].count(0) > pairs * 0.4 > head[::2].count(0):
        return "utf-16-le"
    if pairs and head[::2].count(0) > pairs * 0.4 > head[1::2].count(0):
        return "utf-16-be"
    return "utf-8" if utf8 else "latin-1" if undefined else "cp1252"


def _objects(found: Any, path: Sequence[str], around: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Objects at the end of a path of lists; a list on the way is gone through."""
    if isinstance(found, list):
        for one in found:
            yield from _objects(one, path, around)
    elif isinstance(found, dict):
        here = around | {name: value for name, value in found.items() if isinstance(value, str | int)}
        if not path:
            yield here
        else:
            yield from _objects(found.get(path[0]), path[1:], here)


class Reading:
    """One pass over the rows of a file; after it `totals` holds the file's own control row, if it has one."""

    def __init__(self, source: Source, profile: Profile, today: date | None = None) -> None:
        if not profile.columns:
            raise BadValue(f"{profile.title} goes out only: choose a profile that brings {profile.kind} in.")
        self.source, self.profile, self.today = source, profile, today
        self.layout: Layout | None = None
        self.totals: list[str] | None = None
        self.share = 0.0
        self._line = 0
        self._ended = True

    def rows(self) -> Iterator[RawRow]:
        """Every data row. Raises FileFault where the file as a whole is not to be trusted."""
        for block in self.blocks():
            yield from map(block.row, range(len(block)))

    def blocks(self, size: int = 500) -> Iterator[Block]:
        """Every data row, at most `size` at a time. Raises FileFault as `rows` does."""
        csv.field_size_limit(LONGEST_LINE)
        try:
            with self.source.path.open("r", encoding=self.source.encoding, newline="") as file:
                if not self.profile.records and not self.profile.nested:
                    yield from self._delimited(file, size)
                    return
                rows = self._typed(file) if self.profile.records else self._nested(file)
                while part := list(islice(rows, size)):
                    faults = {place: row.fault for place, row in enumerate(part) if row.fault}
                    yield Block(part[0].row_no, [row.line for row in part], [row.cells for row in part], faults)
        except UnicodeDecodeError as exc:
            raise FileFault(
                f"{self.source.path}: line {self._line + 1} is not {self.source.encoding} text;"
                " save the file as UTF-8 and try again"
            ) from exc

    def _parts(self, file: TextIO) -> Iterator[list[str]]:
        """The lines of the file, a part at a time; none longer than a line may be is ever held."""
        rest = ""
        while part := file.read(_PART):
            lines = io.StringIO(rest + part, newline="").readlines()
            rest = lines.pop()  # it may go on, or a line feed come behind its carriage return
            yield self._bounded(lines)
            if len(rest) > LONGEST_LINE:
                self._bounded([rest])
        if rest:
            self._ended = rest[-1] in "\r\n"
            yield self._bounded([rest])

    def _bounded(self, lines: list[str]) -> list[str]:
        if lines and max(map(len, lines)) > LONGEST_LINE:
            number = next(n for n, line in enumerate(lines, self._line + 1) if len(line) > LONGEST_LINE)
            raise FileFault(f"{self.source.path}: line {number} is longer than {LONGEST_LINE:,} characters")
        self._line += len(lines)
        return lines

    def _lines(self, file: TextIO) -> Iterator[str]:
        return chain.from_iterable(self._parts(file))

    def _typed(self, file: TextIO) -> Iterator[RawRow]:
        """Rows of a file of typed records; a proof that fails is the file's fault."""
        form, path = self.profile.records, self.source.path
        assert form is not None
        self.layout = layout(self.profile, form.names)
        try:
            for number, flat in enumerate(Flattening(form, self.today).rows(self._lines(file)), 1):
                if number > MOST_ROWS:
                    raise FileFault(f"{path}: has more than {MOST_ROWS:,} rows; split it")
                yield RawRow(number, flat.line, flat.cells, flat.fault)
        except ProofFailed as bad:
            raise FileFault(f"{path}: {bad}") from bad

    def _nested(self, file: TextIO) -> Iterator[RawRow]:
        """Rows of a JSON file: the innermost objects with what stands around them; `line` is the object's number."""
        path = self.source.path
        if self.source.size > MOST_JSON:
            raise FileFault(f"{path}: is larger than {MOST_JSON // 2**20} MB; ask for it in pages")
        wanted = tuple(dict.fromkeys(name for column in self.profile.columns.values() for name in names_of(column)))
        try:
            found = msgspec.json.Decoder(float_hook=str).decode(file.read())
        except (msgspec.DecodeError, RecursionError) as exc:
            raise FileFault(f"{path}: is not JSON, or breaks off ({exc})") from exc
        self.layout = layout(self.profile, wanted)
        for number, one in enumerate(_objects(found, self.profile.nested, {}), 1):
            if number > MOST_ROWS:
                raise FileFault(f"{path}: has more than {MOST_ROWS:,} rows; split it")
            cells = ["" if (value := one.get(name)) is None else str(value) for name in wanted]
            yield RawRow(number, number, cells)

    def _delimited(self, file: TextIO, size: int) -> Iterator[Block]:
        lines, profile, path = self._lines(file), self.profile, self.source.path
        skipped = sum(1 for _ in islice(lines, profile.skip_lines))
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if profile.quote else csv.QUOTE_NONE
        reader = csv.reader(
            lines, delimiter=profile.delimiter, quotechar=profile.quote or None, quoting=quoting, strict=True
        )
        marker = profile.control.marker if profile.control else None
        block, short, width, at = Block(1, [], [], {}), "", 0, skipped
        while True:
            fault = ""
            try:
                for cells in reader:
                    start, at = at + 1, skipped + reader.line_num
                    if at > start or len(cells) != width or marker or not width:
                        break  # a row to be looked at
                    block.lines.append(start)
                    block.cells.append(cells)
                    short = ""
                    if len(block.lines) == size:
                        yield block
                        block = self._next(block)
                else:
                    break
            except csv.Error as exc:
                start, at = at + 1, skipped + reader.line_num
                if "end of data" in str(exc):
                    raise FileFault(f"{path}: breaks off inside the quoted value that begins on line {start}") from exc
                cells, fault = [], f"line {start} cannot be split into columns ({exc})"
            if at - start > MOST_LINES:
                raise FileFault(f"{path}: the quoted value that begins on line {start} does not end; mend the quotes")
            if not cells and not fault:
                continue
            if len(cells) > MOST_COLUMNS:
                raise FileFault(f"{path}: line {start} has {len(cells):,} columns; {MOST_COLUMNS:,} is the most")
            if self.layout is None:
                if fault:
                    raise FileFault(f"{path}: {fault}; is the delimiter right?")
                try:
                    self.layout = layout(profile, cells)
                except BadValue as bad:
                    raise FileFault(f"{path}: line {start}: {bad}") from bad
                width = self.layout.width
                if profile.header:
                    continue
            if self.totals is not None:
                raise FileFault(f"{path}: line {start} stands behind the totals of the file; is it two files in one?")
            if marker and cells and cells[0].strip() == marker:
                self.totals = cells
                continue
            short = ""
            if len(cells) != width and not fault:
                if not any(map(str.strip, cells)):
                    continue
                fault = f"line {start} has {len(cells)} columns and the first line {width}"
                short = fault if len(cells) < width else ""
            if fault:
                block.faults[len(block)] = fault
            block.lines.append(start)
            block.cells.append(cells)
            if len(block) == size:
                yield block
                block = self._next(block)
        if block.lines:
            yield block
            self._next(block)
        if self.layout is None:
            raise FileFault(f"{path}: has no header")
        if short and not self._ended:
            raise FileFault(f"{path}: breaks off: {short} and no end")
        if profile.control and self.totals is None:
            raise FileFault(f"{path}: breaks off: its last row {profile.control.marker} with the totals is missing")

    def _next(self, block: Block) -> Block:
        first = block.first + len(block)
        if first > MOST_ROWS + 1:
            raise FileFault(f"{self.source.path}: has more than {MOST_ROWS:,} rows; split it")
        return Block(first, [], [], {})

"""Rows out of a delimited file of any encoding: bounded in every direction, streamed, faults with their place."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TextIO

from ubtui.domain.errors import BadValue
from ubtui.exchange.profile import Layout, Profile, layout

MOST_BYTES: Final = 2 * 2**30
MOST_ROWS: Final = 5_000_000
LONGEST_LINE: Final = 200_000
MOST_COLUMNS: Final = 1_000
MOST_LINES: Final = 50  # of one row: a quote that is never closed swallows the rows behind it
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


class Reading:
    """One pass over the rows of a file; after it `totals` holds the file's own control row, if it has one."""

    def __init__(self, source: Source, profile: Profile) -> None:
        self.source, self.profile = source, profile
        self.layout: Layout | None = None
        self.totals: list[str] | None = None
        self.share = 0.0
        self._line = 0
        self._ended = True

    def rows(self) -> Iterator[RawRow]:
        """Every data row. Raises FileFault where the file as a whole is not to be trusted."""
        csv.field_size_limit(LONGEST_LINE)
        try:
            with self.source.path.open("r", encoding=self.source.encoding, newline="") as file:
                yield from self._rows(file)
        except UnicodeDecodeError as exc:
            raise FileFault(
                f"{self.source.path}: line {self._line + 1} is not {self.source.encoding} text;"
                " save the file as UTF-8 and try again"
            ) from exc

    def _lines(self, file: TextIO) -> Iterator[str]:
        while line := file.readline(LONGEST_LINE + 1):
            self._line += 1
            if len(line) > LONGEST_LINE:
                raise FileFault(f"{self.source.path}: line {self._line} is longer than {LONGEST_LINE:,} characters")
            self._ended = line[-1] in "\r\n"
            yield line

    def _rows(self, file: TextIO) -> Iterator[RawRow]:
        lines, profile, path = self._lines(file), self.profile, self.source.path
        for _ in range(profile.skip_lines):
            next(lines, None)
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if profile.quote else csv.QUOTE_NONE
        reader = csv.reader(
            lines, delimiter=profile.delimiter, quotechar=profile.quote or None, quoting=quoting, strict=True
        )
        number, short = 0, ""
        width = 0
        while True:
            start, fault = self._line + 1, ""
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as exc:
                if "end of data" in str(exc):
                    raise FileFault(f"{path}: breaks off inside the quoted value that begins on line {start}") from exc
                cells, fault = [], f"line {start} cannot be split into columns ({exc})"
            if self._line - start > MOST_LINES:
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
            if profile.control and cells and cells[0].strip() == profile.control.marker:
                self.totals = cells
                continue
            if len(cells) != width and not fault:
                if not any(map(str.strip, cells)):
                    continue
                fault = f"line {start} has {len(cells)} columns and the first line {width}"
                short = fault if len(cells) < width else ""
            else:
                short = ""
            number += 1
            if number > MOST_ROWS:
                raise FileFault(f"{path}: has more than {MOST_ROWS:,} rows; split it")
            yield RawRow(number, start, cells, fault)
        if self.layout is None:
            raise FileFault(f"{path}: has no header")
        if short and not self._ended:
            raise FileFault(f"{path}: breaks off: {short} and no end")
        if profile.control and self.totals is None:
            raise FileFault(f"{path}: breaks off: its last row {profile.control.marker} with the totals is missing")

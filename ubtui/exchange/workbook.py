"""A table as an XLSX workbook: a row at a time, text never a formula, numbers and days as a spreadsheet counts them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from xlsxwriter import Workbook

from ubtui.domain.text import clean_text

if TYPE_CHECKING:
    from ubtui.exchange.tables import Field

MOST_ROWS = 1_048_575  # of a sheet, below its heading; what is more goes on the next one
MOST_TEXT = 32_767  # UTF-16 units of a cell
MOST_DIGITS = 10**15  # beyond, a spreadsheet rounds: such a number is kept as text
FIGURE: Final = re.compile(r"-?(?:[0-9]{1,3}(?:,[0-9]{3}){0,3}|[0-9]{1,12})(?:\.[0-9]{2})?", re.ASCII)
_MADE = datetime(1980, 1, 1)  # no clock is asked: the same rows give the same bytes
_FIRST_DAY = date(1899, 12, 30).toordinal()
_WIDTHS: Final = {"int": 9, "money": 13, "day": 11, "figure": 11, "mark": 12, "list": 24, "json": 40, "text": 22}
_PLAIN: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write(out: BinaryIO, fields: Sequence[Field], rows: Iterable[Sequence[Any]], cut: int = MOST_ROWS) -> int:
    """Write `rows` under a heading that stays in view; their number. Money is in dollars, a day is a date.

    One row is held at a time; what is written waits in a folder of its own that nobody else can read.
    """
    with TemporaryDirectory(prefix="ubtui-") as folder:
        book = Workbook(out, {**_PLAIN, "tmpdir": folder})
        book.set_properties({"created": _MADE})
        bold = book.add_format({"bold": True})
        dollars, day = (book.add_format({"num_format": form}) for form in ("#,##0.00", "yyyy-mm-dd"))
        columns = [
            (place, field.kind in _WORDS, _TURNED[field.kind], day if field.kind == "day" else None)
            for place, field in enumerate(fields)
        ]
        count, sheet, line = 0, None, 0
        for row in rows:
            if sheet is None or line == cut:
                sheet, line = _sheet(book, fields, bold), 0
            line += 1
            for (place, words, turned, style), value in zip(columns, row, strict=True):
                if value is None or value == "":
                    continue
                # Most cells are short plain words: they are as they are, and are not asked twice.
                made = value if words and _plain(value) else turned(value)
                if isinstance(made, str):
                    if made:
                        sheet.write_string(line, place, made)
                else:
                    sheet.write_number(line, place, made, dollars if isinstance(made, Decimal) else style)
            count += 1
        if sheet is None:
            _sheet(book, fields, bold)
        book.close()  # only a whole one is written
    return count


_WORDS: Final = frozenset(["mark", "text", "json"])


@lru_cache(maxsize=16_384)
def _plain(value: Any) -> bool:
    return isinstance(value, str) and len(value) < MOST_TEXT // 2 and value.isascii() and value.isprintable()


def _sheet(book: Workbook, fields: Sequence[Field], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for place, field in enumerate(fields):
        sheet.set_column(place, place, max(_WIDTHS[field.kind], len(field.csv or field.name) + 2))
    for place, field in enumerate(fields):
        sheet.write_string(0, place, clean_text(field.csv or field.name), bold)
    return sheet


def _text(value: Any) -> str:
    """Cleaned, and cut where a cell ends."""
    text = str(value)
    text = text if text.isascii() and text.isprintable() else clean_text(text, MOST_TEXT)
    if len(text) > MOST_TEXT // 2 and len(text.encode("utf-16-le")) > 2 * MOST_TEXT:
        text = text.encode("utf-16-le")[: 2 * (MOST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"
    return text


def _whole(value: Any) -> int | str:
    return int(value) if -MOST_DIGITS < value < MOST_DIGITS else str(value)


@lru_cache(maxsize=4096)
def _money(cents: int) -> Decimal | str:
    amount = Decimal(cents).scaleb(-2)
    return amount if -MOST_DIGITS < cents < MOST_DIGITS else str(amount)


@lru_cache(maxsize=4096)
def _day(value: date | str) -> int | str:
    """The serial of a day, as every spreadsheet counts them; a day before 1900 is text."""
    try:
        day = value if isinstance(value, date) else date.fromisoformat(value)
    except ValueError:
        return _text(value)
    serial = day.toordinal() - _FIRST_DAY
    return serial if serial > 60 and str(value) == day.isoformat() else _text(value)


def _figure(text: str) -> int | Decimal | str:
    """A figure as a list shows it ("1,234", "-5.00") as a number; anything else as it is."""
    if not FIGURE.fullmatch(text):
        return _text(text)
    bare = text.replace(",", "")
    return Decimal(bare) if "." in bare else int(bare)


_TURNED: Final[dict[str, Callable[[Any], Any]]] = {
    "int": _whole,
    "money": _money,
    "day": _day,
    "figure": _figure,
    "list": lambda marks: _text(" ".join(marks)),
    "mark": _text,
    "text": _text,
    "json": _text,
}

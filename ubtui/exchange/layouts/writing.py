"""Rows as a file of typed records: a record opens where its key changes, and its proofs are counted."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

from ubtui.domain.errors import BadValue
from ubtui.domain.text import clean_text
from ubtui.exchange.layouts.declared import Cell, Form, Record, check_digit

Value = str | int | Fraction | date | None
Row = Mapping[str, Value]


def written(rows: Sequence[Row], form: Form) -> Iterator[str]:
    """The lines of a file, ending included: rows in their order, each record opened where its key `per` changes.

    Raises BadValue naming the row and cell that does not fit; nothing is cut but where the declaration allows it.
    """
    ending = "\r\n" if form.ending == "crlf" else "\n"
    for line in _Writing(form).lines(rows):
        yield line + ending


class _Writing:
    def __init__(self, form: Form) -> None:
        self.form = form
        self.heads = [r for r in form.records if not r.ends]
        self.ends = {r.ends: r for r in form.records if r.ends}
        self.below: dict[str, list[Record]] = {"": []}
        for record in self.heads:
            self.below.setdefault(record.name, [])
            self.below[record.under].append(record)

    def lines(self, rows: Sequence[Row]) -> Iterator[str]:
        yield from self._under("", list(rows))

    def _under(self, above: str, rows: list[Row]) -> Iterator[str]:
        """The records below one that is open, over the rows it encloses."""
        for record in self.below[above]:
            for group in _groups(rows, record.per):
                yield from self._one(record, group)

    def _one(self, record: Record, group: list[Row]) -> Iterator[str]:
        yield rendered(record, group[0] if group else {}, lambda cell: self._proof(record, cell, group))
        yield from self._under(record.name, group)
        if end := self.ends.get(record.name):
            yield rendered(end, group[0] if group else {}, lambda cell: self._proof(record, cell, group))

    def _proof(self, record: Record, cell: Cell, group: list[Row]) -> Value:
        if cell.form == "sum":
            return sum((_exact(row.get(cell.of) or 0) for row in group), Fraction(0))
        return self._count(record.name, cell.of, group)

    def _count(self, above: str, wanted: str, rows: list[Row]) -> int:
        found = 0
        for record in self.below[above]:
            for group in _groups(rows, record.per):
                found += (record.name == wanted) + self._count(record.name, wanted, group)
        return found


def _groups(rows: list[Row], per: str) -> Iterator[list[Row]]:
    """Rows in runs of one value of `per`; all together without one, a row each by `row`; none where it is empty."""
    if not per:
        yield rows
        return
    if per == "row":
        yield from ([row] for row in rows)
        return
    group: list[Row] = []
    for row in (row for row in rows if row.get(per) not in (None, "")):
        if group and row.get(per) != group[-1].get(per):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def rendered(record: Record, values: Row, proof: Callable[[Cell], Value]) -> str:
    """A record as its line; BadValue where a value does not fit its cell."""
    line = [" "] * record.length
    if record.marked:
        line[: len(record.name)] = record.name
    for cell in record.cells:
        try:
            if cell.form in ("count", "sum"):
                text = _number(cell, proof(cell))
            elif cell.form == "check":
                text = check_digit(str(values.get(cell.of) or ""), cell.weights).rjust(cell.size)
            else:
                text = cell.text or _put(cell, values.get(cell.name))
        except BadValue as bad:
            who = " ".join(str(values[k]) for k in ("route", "point", "account") if values.get(k))
            raise BadValue(f"{who}: {cell.name} {bad}") from bad
        line[cell.at - 1 : cell.end] = text
    return "".join(line)


def _put(cell: Cell, value: Value) -> str:
    if cell.form == "day":
        if value is None:
            return "0" * cell.size
        assert isinstance(value, date)
        return _fitted(cell, value.strftime(cell.day))
    if cell.form == "number":
        return " " * cell.size if value is None else _number(cell, value)
    text = plain("" if value is None else str(value))
    return _fitted(cell, text[: cell.size] if cell.cut else text).ljust(cell.size, cell.fill or " ")


def _number(cell: Cell, value: Value) -> str:
    exact = _exact(value) * 10**cell.decimals
    if exact.denominator != 1 or exact < 0:
        raise BadValue(f"{value} is not a number with {cell.decimals} decimals at most, zero or above")
    return _fitted(cell, str(exact.numerator)).rjust(cell.size, cell.fill or "0")


def _exact(value: Value) -> Fraction:
    if not isinstance(value, int | Fraction):
        raise BadValue(f"{str(value)[:40]!r} is no number")
    return Fraction(value)


def _fitted(cell: Cell, text: str) -> str:
    if len(text) > cell.size:
        raise BadValue(f"{text[:40]!r} does not fit columns {cell.at}-{cell.end}")
    return text


def plain(text: str) -> str:
    """Text in the letters that a handheld has: accents dropped, anything else a question mark."""
    bare = unicodedata.normalize("NFKD", clean_text(text))
    return "".join(c for c in bare if not unicodedata.combining(c)).encode("ascii", "replace").decode()

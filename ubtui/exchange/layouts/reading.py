"""A file of typed records as flat rows: each with the values of the records it stands under, and of those below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from ubtui.domain.errors import BadValue
from ubtui.domain.text import clean_text
from ubtui.exchange.layouts.declared import Cell, Form, Record, check_digit

_AHEAD: Final = timedelta(days=31)


@dataclass(slots=True)
class Flat:
    """A row of a file: the line of its record, its values as text by `Form.names`, or why it cannot be read."""

    line: int
    cells: list[str]
    fault: str = ""


class ProofFailed(BadValue):
    """A count or sum that the file gives of itself is not what it holds, or its end is missing."""


@dataclass(slots=True)
class _Open:
    """A record that is open: its values, what is wrong with it, what stands below it, what it must prove."""

    record: Record
    line: int
    values: dict[str, str]
    fault: str
    counts: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    proofs: list[tuple[Cell, str]] = field(default_factory=list)
    ended: bool = False


class Flattening:
    """One pass over the lines of a file of typed records.

    A damaged record spoils what stands under it, and a line without a known mark all up to the next record of a
    level well above the rows (`anew`): no read may reach another meter. `today` gives days without a year theirs.
    """

    def __init__(self, form: Form, today: date | None) -> None:
        self.form, self.today = form, today
        self.enders = {r.ends for r in form.records if r.ends}
        self.holder = next(r.under for r in form.records if r.name == form.row)
        self.depth: dict[str, int] = {}
        for record in form.records:
            self.depth[record.name] = self.depth[record.under or record.ends] + 1 if record.under or record.ends else 0
        self.anew = max(0, min(1, self.depth[form.row] - 2))
        self.open: list[_Open] = []
        self.spoiled = 0
        self.first = ""

    def rows(self, lines: Iterable[str]) -> Iterator[Flat]:
        """Every row of the file. Raises ProofFailed."""
        number = 0
        for number, text in enumerate(lines, 1):
            line = text.rstrip("\r\n")
            if not line.strip(" \x1a"):
                continue
            if line.startswith(self.form.passes):
                continue
            record = self._told(line)
            if record is None:
                self.spoiled = self.spoiled or number
                seen = clean_text(line[:12]).strip()
                yield Flat(number, [], self._wrong(f"line {number} begins with no known mark: {seen}"))
                continue
            yield from self._left(record)
            if self.spoiled and self.depth[record.name] <= self.anew and not record.ends:
                self.spoiled = 0
            if damage := self._taken(record, line, number):
                yield Flat(number, [], damage)
        yield from self._left(None)

    def _told(self, line: str) -> Record | None:
        if not self.form.records[0].marked:
            return self.form.records[0]
        return next((r for r in self.form.records if line.startswith(r.name)), None)

    def _wrong(self, sentence: str) -> str:
        self.first = self.first or sentence
        return sentence

    def _taken(self, record: Record, line: str, number: int) -> str:
        """Open a record, or prove the one it ends; returns what is wrong with a line that makes no row of its own."""
        above = record.under or record.ends
        fault = f"line {number} stands behind line {self.spoiled}, which cannot be read" if self.spoiled else ""
        if above and not (self.open and self.open[-1].record.name == above):
            fault = fault or f"line {number}: {record.name} stands under no {above}"
        elif above and not fault and self.open[-1].fault:
            fault = f"line {number} stands under line {self.open[-1].line}, which cannot be read"
        values, wrong = parsed(record, line, self.today)
        one = _Open(record, number, values, fault or (f"line {number}: {wrong}" if wrong else ""))
        if one.fault:
            self._wrong(one.fault)
        one.proofs = [
            (c, values[_proof(c)]) for c in record.cells if c.form in ("count", "sum") and _proof(c) in values
        ]
        if record.ends:
            if not fault:
                self.open[-1].ended = True
                self._proven(one.proofs, self.open[-1], number)
            return one.fault if wrong else ""
        for other in self.open:
            other.counts[record.name] += 1
            for cell in record.cells:
                if cell.name and cell.form == "number":
                    other.sums[cell.name] += int(values.get(cell.name, "").replace(".", "") or 0)
        self.open.append(one)
        return one.fault if wrong and record.name != self.form.row else ""

    def _left(self, record: Record | None) -> Iterator[Flat]:
        """Close the records that the next one does not stand under, the row among them; None: the file is over."""
        above = (record.under or record.ends) if record else ""
        depth = self.depth[record.name] if record else 0
        while self.open and self.open[-1].record.name != above and self.depth[self.open[-1].record.name] >= depth:
            last = self.open.pop()
            self._proven(last.proofs, last, last.line)
            if last.record.name in self.enders and not last.ended and not self.first:
                raise ProofFailed(f"breaks off: {last.record.name} of line {last.line} has no end")
            if last.record.name == self.holder and not last.counts[self.form.row] and not (last.fault or self.first):
                name = f"{last.record.name} of line {last.line} has no {self.form.row}"
                raise ProofFailed(f"{name}: lines are missing, or stand elsewhere")
            if last.record.name == self.form.row:
                yield self._row(last)
            elif any(o.record.name == self.form.row for o in self.open):
                up = self.open[-1]
                up.values = {**last.values, **up.values}
                up.fault = up.fault or last.fault

    def _row(self, last: _Open) -> Flat:
        if last.fault:
            return Flat(last.line, [], last.fault)
        values: dict[str, str] = {}
        for part in (*self.open, last):
            values |= {name: text for name, text in part.values.items() if text}
        return Flat(last.line, [values.get(name, "") for name in self.form.names])

    def _proven(self, proofs: Sequence[tuple[Cell, str]], of: _Open, line: int) -> None:
        for cell, said in proofs:
            found = of.counts[cell.of] if cell.form == "count" else of.sums[cell.of]
            if int(said.replace(".", "") or 0) != found:
                why = f"; {self.first}" if self.first else ""
                raise ProofFailed(f"line {line} says {int(said):,} {cell.of} and the file has {found:,}{why}")


def _proof(cell: Cell) -> str:
    return cell.name or f"{cell.form} {cell.at}"


def parsed(record: Record, line: str, today: date | None) -> tuple[dict[str, str], str]:
    """The values of a line by name, as text (days in ISO, numbers with their point); and what is wrong with it.

    Blanks may be missing or too many at its end, nothing else.
    """
    values: dict[str, str] = {}
    last = max((c.end for c in record.cells), default=0)
    if len(line) < last and any(c.at <= len(line) < c.end for c in record.cells):
        return values, f"breaks off in column {len(line)} of {record.length}"
    if line[record.length :].strip(" \x1a"):
        return values, f"is {len(line)} characters long and not {record.length}"
    if len(line) < last and any(len(line) < c.end and (c.form != "text" or c.text) for c in record.cells):
        return values, f"breaks off in column {len(line)} of {record.length}"
    for cell in record.cells:
        text = line[cell.at - 1 : cell.end]
        try:
            found = _read(cell, text, today)
        except BadValue as bad:
            return values, f"columns {cell.at}-{cell.end}{f' ({cell.name})' if cell.name else ''}: {bad}"
        if cell.name or cell.form in ("count", "sum"):
            values[_proof(cell)] = found
        if cell.form == "check" and found != check_digit(values.get(cell.of, ""), cell.weights):
            return values, f"column {cell.at}: {found or 'nothing'} is not the check digit of {values.get(cell.of)!r}"
    return values, ""


def _read(cell: Cell, text: str, today: date | None) -> str:
    if cell.text:
        if text != cell.text:
            raise BadValue(f"{clean_text(text)!r} and not {cell.text!r}")
        return text
    bare = text.strip()
    if cell.form == "day":
        return "" if not bare.strip("0") else _day(bare, cell.day, today)
    if cell.form in ("number", "count", "sum"):
        digits = bare.lstrip(cell.fill or " ") if cell.fill not in (None, "0") else bare
        if not digits:
            return ""
        if not (digits.isascii() and digits.isdigit()):
            raise BadValue(f"{clean_text(text)!r} is no number")
        whole, part = digits[: len(digits) - cell.decimals], digits[len(digits) - cell.decimals :]
        return f"{int(whole or 0)}.{part.zfill(cell.decimals)}" if cell.decimals else str(int(digits))
    return clean_text(bare, 200) if cell.fill is None else clean_text(bare.strip(cell.fill), 200)


def _day(text: str, form: str, today: date | None) -> str:
    """A day in ISO; without a year it is the latest that lies at most a month ahead."""
    yearless = not any(part in form for part in ("%Y", "%y", "%j"))
    if yearless and today is None:
        raise BadValue(f"{clean_text(text)!r} is no day: it has no year")
    try:
        if not yearless or today is None:
            return datetime.strptime(text, form).date().isoformat()
        for year in range((today + _AHEAD).year, today.year - 5, -1):
            try:
                found = datetime.strptime(f"{year} {text}", f"%Y {form}").date()
            except ValueError:  # 29 February
                continue
            if found <= today + _AHEAD:
                return found.isoformat()
    except ValueError:
        pass
    raise BadValue(f"{clean_text(text)!r} is no day as {form}")

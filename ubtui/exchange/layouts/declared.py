"""The declaration of a file of typed records of fixed width: cells, records, how they stand under one another.

A record is told by its mark, stands under another, opens at a change of key when it is written, and may prove the
records it encloses: counts and sums in a header or trailer. A file of one kind of record needs no mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

Column = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Columns `at` to `to` of a record, from 1: a named value, a literal `text`, or a proof (`count`, `sum`, `check`).

    A number stands right with zeros before it (`fill` says otherwise), with `decimals` implied; a day by its form,
    and all zeros where there is none; text stands left and is too long only where `cut` does not allow it. `count`
    names the record that is counted, `sum` and `check` a cell; `weights` are those of a check digit modulo ten.
    """

    at: Column
    to: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    name: str = ""
    text: str = ""
    form: Literal["text", "number", "day", "count", "sum", "check"] = "text"
    decimals: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0
    day: str = "%Y%m%d"
    of: str = ""
    weights: tuple[int, ...] = (1, 3, 7, 9)
    fill: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] | None = None
    cut: bool = False

    @property
    def end(self) -> int:
        """The last column."""
        return self.to or self.at

    @property
    def size(self) -> int:
        """Characters."""
        return self.end - self.at + 1


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind of line: its mark, the record it stands `under` or `ends`, its length, its cells; `per` opens it."""

    name: str
    length: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    cells: tuple[Cell, ...] = ()
    marked: bool = False
    under: str = ""
    ends: str = ""
    per: str = ""


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole file of typed records, in their order; `row` makes a row, `passes` are marks of lines passed over."""

    row: str
    passes: tuple[str, ...] = ()
    records: Annotated[tuple[Record, ...], msgspec.Meta(min_length=1)]
    ending: Literal["lf", "crlf"] = "crlf"

    def faults(self) -> list[str]:
        """What is wrong with the declaration, a sentence each."""
        known = {r.name: r for r in self.records}
        out = [f"row: no record {self.row}"] if self.row not in known else []
        out += ["records: a name stands twice"] if len(known) < len(self.records) else []
        out += ["records: of several each needs its mark"] * (
            len(self.records) > 1 and not all(r.marked for r in self.records)
        )
        marks = [*(r.name for r in self.records if r.marked), *self.passes]
        out += [f"{a}: begins as {b} does" for a in marks for b in marks if a != b and a.startswith(b)]
        seen: set[str] = set()
        for record in self.records:
            for other in filter(None, (record.under, record.ends)):
                out += [] if other in seen else [f"{record.name}: {other} does not stand before it"]
            seen.add(record.name)
            taken, sums = len(record.name) if record.marked else 0, {c.name for r in self.records for c in r.cells}
            for cell in sorted(record.cells, key=lambda c: c.at):
                where = f"{record.name} {cell.at}-{cell.end}"
                out += [f"{where}: begins in the cell before it"] * (cell.at <= taken)
                out += [f"{where}: ends before it begins"] * (cell.end < cell.at)
                out += [f"{where}: does not fit a record of {record.length}"] * (cell.end > record.length)
                out += [f"{where}: the literal is not as long"] * bool(cell.text and len(cell.text) != cell.size)
                out += [f"{where}: the literal is not plain ASCII"] * (not cell.text.isascii())
                out += [f"{where}: nothing of that name"] * (
                    (cell.form == "count" and cell.of not in known)
                    or (cell.form in ("sum", "check") and cell.of not in sums)
                )
                taken = cell.end
        return out

    @property
    def names(self) -> tuple[str, ...]:
        """Every value a row has, in the order of the file."""
        return tuple(dict.fromkeys(c.name for r in self.records for c in r.cells if c.name))


def check_digit(digits: str, weights: Sequence[int]) -> str:
    """Sum of digits by weights in turn, modulo ten (Riverside County's: 1, 3, 7, 9)."""
    found = [int(c) for c in digits if c.isascii() and c.isdigit()]
    return str(sum(d * weights[i % len(weights)] for i, d in enumerate(found)) % 10)

"""What a check of the record or the machine found: the place, what is wrong, the cure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`table` is a table of the record or a part of the machine, `row` its row (or the place)."""

    table: str
    row: str | int
    wrong: str
    cure: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.wrong} — {self.cure}"

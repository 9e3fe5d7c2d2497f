"""The printed table: work, ours, beside, ratio, goal, size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured line; `ratio` is ours over the peer of the same run."""

    work: str
    ours: str
    beside: str
    ratio: float | None
    goal: str
    note: str = ""


def printed(rows: Iterable[Row]) -> str:
    head = ("Work", "ubtui", "beside (same run)", "ratio", "goal", "rows")
    lines = [(r.work, r.ours, r.beside, f"{r.ratio:.2f}" if r.ratio is not None else "", r.goal, r.note) for r in rows]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in [head, tuple("-" * w for w in widths), *lines]
    )

"""The card of a meter's place: where it is and how to get at it, what hangs there, its seal, its use and reads."""

from __future__ import annotations

from collections.abc import Sequence

from ubtui.documents.pdf import Bars, Head, Page, Pairs, Rows
from ubtui.domain.text import clean_text, fit

VERSION = "meter-card/1"
WIDTH = 78
_HEADS = (Head("Read", 10), Head("Period", 10), Head("Value", 10, True), Head("Use", 8, True), Head("Days", 5, True),
          Head("State", 16))  # fmt: skip


def render(
    point: str, address: str, where: Sequence[tuple[str, str]], meter: Sequence[tuple[str, str]],
    reads: Sequence[Sequence[str]],
) -> str:  # fmt: skip
    """The card as plain text, a form feed behind it; `reads` are day, period, value, use, days and state."""
    lines = [f"{point}  {clean_text(address, WIDTH - len(point) - 2)}", "=" * WIDTH]
    lines += [f"{fit(label, 10, True)}{clean_text(value, WIDTH - 10)}" for label, value in where if value]
    lines += ["", *(f"{fit(label, 10, True)}{clean_text(value, WIDTH - 10)}" for label, value in meter if value)]
    if reads:
        lines += ["", "  ".join(_cell(head.title, head) for head in _HEADS).rstrip()]
        lines += [
            "  ".join(_cell(clean_text(cell, 40), head) for cell, head in zip(row, _HEADS, strict=True)).rstrip()
            for row in reads
        ]
    return "\n".join(lines) + "\n\f"


def page(
    point: str, address: str, where: Sequence[tuple[str, str]], meter: Sequence[tuple[str, str]],
    reads: Sequence[Sequence[str]], months: Sequence[tuple[str, int]], unit: str,
) -> Page:  # fmt: skip
    """The same card for print, with the use of its `months` (label and units) as bars."""
    blocks = [Pairs(tuple(each for each in lines if each[1])) for lines in (where, meter)]
    bars = [Bars(f"Use by month, {unit}", tuple(label for label, _ in months), tuple(use for _, use in months))]
    table = [Rows(_HEADS, tuple(tuple(row) for row in reads))] if reads else []
    return Page(f"{point}  {address}", "", (*blocks, *(bars if months else ()), *table))


def _cell(text: str, head: Head) -> str:
    shown = fit(text, head.share, True)
    return f"{shown.strip():>{head.share}}" if head.right else shown

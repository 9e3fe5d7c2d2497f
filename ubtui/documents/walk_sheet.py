"""The sheet of a round or a route: one line a place in the order of the walk, with boxes for what is found there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ubtui.documents.pdf import Head, Page, Rows
from ubtui.domain.errors import BadValue

VERSION = "walk-sheet/1"
MOST: Final = 2_000


def page(title: str, heads: Sequence[Head], rows: Iterable[Sequence[str]], blanks: Sequence[str] = ()) -> Page:
    """The sheet for print; `blanks` are columns to be filled in by hand. BadValue above 2,000 lines."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        if len(lines) == MOST:
            raise BadValue(f"{title}: a sheet has at most {MOST:,} lines; narrow it by a filter.")
        lines.append((*row, *("" for _ in blanks)))
    columns = (*heads, *(Head(blank, max(9, len(blank))) for blank in blanks))
    return Page(title, f"{len(lines):,} lines", (Rows(columns, tuple(lines)),))


_ROUTE: Final = (
    Head("Seq", 5, True), Head("Point", 9), Head("Meter", 16), Head("Dials", 5, True), Head("Prior", 9, True),
    Head("Address", 20), Head("Place", 26),
)  # fmt: skip


def route_page(route: str, period: str, lines: Iterable[Sequence[str]]) -> Page:
    """A route to be read by hand: sequence, point, meter, dials, prior read, address and place of every stop."""
    return page(f"Route {route}  {period}".rstrip(), _ROUTE, lines, ("Day", "Read", "Code"))

"""What a long list shows and where it comes from: columns, rows, the query, and the source that answers it."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from ubtui.domain.text import cell_width, clean_text, fit
from ubtui.services.listing import Align, Column, FirstPage, Query, Row

__all__ = ["Align", "Column", "FirstPage", "Query", "Row"]

GAP = 1  # cells between two columns
FLEXIBLE_MINIMUM = 10  # a flexible column is dropped rather than cut below this many cells
# Nor does one before others grow beyond its share of this, or so many times its width: the eye loses its row in blanks.
FLEXIBLE_MAXIMUM, MOST_TIMES = 48, 3


class Source(Protocol):
    """Where a list comes from; every answer may be slow and is awaited off the keys' path.

    A failure is any exception; one with an attribute `sentence` is shown in those words.
    """

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns in order."""

    async def first(self, query: Query, n: int) -> FirstPage:
        """The first n rows, fast."""

    async def ids(self, query: Query) -> array[int]:
        """All ids in order, one snapshot, as array('q')."""

    async def rows(self, ids: Sequence[int]) -> Mapping[int, Row]:
        """The rows of these ids; an id that is no longer there is left out."""

    async def total(self, query: Query) -> int:
        """How many rows the query's own kind has with no filter: a filter that names states looks at all of them."""


class ListSource:
    """A source over rows in memory, for short lists: filters by words, sorts by the shown text."""

    def __init__(self, columns: tuple[Column, ...], rows: Mapping[int, Row]) -> None:
        self.columns = columns
        self.table: dict[int, Row] = dict(rows)

    def _ordered(self, query: Query) -> array[int]:
        words = query.filter.casefold().split()
        found = [id for id, row in self.table.items() if all(word in " ".join(row.cells).casefold() for word in words)]
        if query.sort is not None:
            place = [column.key for column in self.columns].index(query.sort)
            found.sort(key=lambda id: self.table[id].cells[place].casefold())
        if query.reverse:
            found.reverse()
        return array("q", found)

    async def first(self, query: Query, n: int) -> FirstPage:
        """The first n rows."""
        ids = self._ordered(query)[:n]
        return FirstPage(ids, await self.rows(ids))

    async def ids(self, query: Query) -> array[int]:
        """All ids in order."""
        return self._ordered(query)

    async def rows(self, ids: Sequence[int]) -> dict[int, Row]:
        """The rows of these ids."""
        return {id: self.table[id] for id in ids if id in self.table}

    async def total(self, query: Query) -> int:
        """How many rows there are."""
        return len(self.table)


def arrange(columns: Sequence[Column], width: int, blank: Collection[int] = ()) -> tuple[tuple[int, Column, int], ...]:
    """(place, column, cells) of the columns that fit in `width` cells.

    Flexible ones share what is left, or lacking, in proportion to `grow`, up to what the eye can follow. `blank` are
    the places of columns with nothing in them: they give their room to the others.
    """
    kept = [(place, column) for place, column in enumerate(columns) if place not in blank] or list(enumerate(columns))

    def needed() -> int:
        cells = sum(FLEXIBLE_MINIMUM if column.width is None else column.width for _, column in kept)
        return cells + GAP * (len(kept) - 1)

    while len(kept) > 1 and needed() > width:
        droppable = [pair for pair in kept if pair[1].priority > 0]
        if not droppable:
            break
        kept.remove(max(droppable, key=lambda pair: (pair[1].priority, pair[0])))
    least = {place: FLEXIBLE_MINIMUM if column.width is None else column.width for place, column in kept}
    growing = {place: column.grow or 1 for place, column in kept if column.width is None or column.grow}
    spare = width - sum(least.values()) - GAP * (len(kept) - 1)  # or what is lacking, below zero
    shares = sum(growing.values())
    most = {
        place: FLEXIBLE_MAXIMUM * (column.grow or 1) if column.width is None else MOST_TIMES * column.width
        for place, column in kept
    }
    most[kept[-1][0]] = max(1, width)
    for place, grow in growing.items():
        share = spare * grow // shares  # of what is left for this one and those behind it, so that it adds up
        share = min(share, most[place] - least[place])
        least[place] = max(1, least[place] + share)
        spare, shares = spare - share, shares - grow
    return tuple((place, column, least[place]) for place, column in kept)


def clean_row(row: Row) -> Row:
    """The row with every cell safe to draw on one line."""
    return replace(row, cells=tuple(map(clean_text, row.cells)))


def cell(text: str, width: int, align: Align = "left") -> str:
    """Cleaned text cut and filled to exactly `width` cells."""
    if align == "left":
        return fit(text, width, pad=True)
    cut = fit(text, width)
    return " " * (width - cell_width(cut)) + cut


def line_of(cells: Sequence[str], layout: Sequence[tuple[int, Column, int]], width: int) -> str:
    """One line of exactly `width` cells; a cell that does not fit is cut, a missing one is blank."""
    parts = [
        cell(cells[place] if place < len(cells) else "", cells_wide, column.align)
        for place, column, cells_wide in layout
    ]
    return cell((" " * GAP).join(parts), width)

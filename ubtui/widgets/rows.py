"""What a long list shows and where it comes from: columns, rows, the query, and the source that answers it."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from ubtui.domain.text import cell_width, clean_text, fit

Align = Literal["left", "right"]
GAP = 1  # cells between two columns
FLEXIBLE_MINIMUM = 10  # a flexible column is dropped rather than cut below this many cells


@dataclass(frozen=True, slots=True)
class Column:
    """One column, `width` None for what is left; where room is short the highest `priority` goes first, 0 never."""

    key: str
    title: str
    width: int | None = None
    align: Align = "left"
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a text per column, a tone (accent, warning, danger, dim), and whether it changed since it was listed."""

    cells: tuple[str, ...]
    tone: str | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a source: a filter, a column key to sort by (None: the source's own order), reversed or not."""

    filter: str = ""
    sort: str | None = None
    reverse: bool = False

    def sorted_by(self, key: str | None) -> Query:
        """The same filter in another order, forwards."""
        return replace(self, sort=key, reverse=False)

    def reversed(self) -> Query:
        """The same list from its other end."""
        return replace(self, reverse=not self.reverse)

    def filtered(self, filter: str) -> Query:
        """The same order under another filter."""
        return replace(self, filter=filter)


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The beginning of a list: ids in order and their rows; fewer than asked for means that this is all of it."""

    ids: Sequence[int]
    rows: Mapping[int, Row]


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

    async def total(self) -> int:
        """How many rows there are with no filter at all."""


class ListSource:
    """A source over rows in memory, for short lists: filters by words, sorts by the shown text."""

    def __init__(self, columns: tuple[Column, ...], rows: Mapping[int, Row]) -> None:
        self.columns = columns
        self.table: dict[int, Row] = dict(rows)

    def _ordered(self, query: Query) -> array[int]:
        words = query.filter.casefold().split()
        found = [
            id for id, row in self.table.items() if all(word in " ".join(row.cells).casefold() for word in words)
        ]
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

    async def total(self) -> int:
        """How many rows there are."""
        return len(self.table)


def arrange(columns: Sequence[Column], width: int) -> tuple[tuple[int, Column, int], ...]:
    """(place, column, cells) of the columns that fit in `width` cells; flexible ones share what the others leave."""
    kept = list(enumerate(columns))

    def needed() -> int:
        cells = sum(FLEXIBLE_MINIMUM if column.width is None else column.width for _, column in kept)
        return cells + GAP * (len(kept) - 1)

    while len(kept) > 1 and needed() > width:
        droppable = [pair for pair in kept if pair[1].priority > 0]
        if not droppable:
            break
        kept.remove(max(droppable, key=lambda pair: (pair[1].priority, pair[0])))
    flexible = [place for place, column in kept if column.width is None]
    fixed = sum(column.width for _, column in kept if column.width is not None)
    room = max(len(flexible), width - fixed - GAP * (len(kept) - 1))
    arranged = []
    for place, column in kept:
        if column.width is None:
            share = room // len(flexible) + (1 if flexible.index(place) < room % len(flexible) else 0)
            arranged.append((place, column, share))
        else:
            arranged.append((place, column, column.width))
    return tuple(arranged)


def clean_row(row: Row) -> Row:
    """The row with every cell safe to draw on one line."""
    return Row(tuple(clean_text(cell) for cell in row.cells), row.tone, row.stale)


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

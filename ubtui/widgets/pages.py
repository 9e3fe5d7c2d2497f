"""What a long list remembers: the ids in order, the rows that have arrived, the marks; no screen, no waiting."""

from __future__ import annotations

import sys
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from ubtui.widgets.rows import Row, clean_row

PAGE = 100  # rows asked for at once
KEPT = 1_000  # rows remembered


def place_in(ids: array[int], id: int | None, start: int = 0, stop: int = sys.maxsize) -> int | None:
    """The place of an id among others, None where it is not."""
    try:
        return None if id is None else ids.index(id, start, stop)
    except ValueError:
        return None


class Pages:
    """An ordered snapshot of ids (eight bytes each), a bounded memory of rows by id, and marks by id."""

    def __init__(self) -> None:
        self.ids: array[int] = array("q")
        self.complete = False
        self.marks: dict[int, None] = {}
        self._rows: OrderedDict[int, Row | None] = OrderedDict()  # None: no longer there
        self._unreadable: set[int] = set()
        self._dropped: set[int] = set()  # while ids were still coming
        self._unseen: set[int] = set()  # marked, but not among the ids

    def __len__(self) -> int:
        return len(self.ids)

    def id_at(self, place: int) -> int | None:
        """The id at a place, None beyond the end."""
        return self.ids[place] if 0 <= place < len(self.ids) else None

    def place_of(self, id: int | None, start: int = 0, stop: int = sys.maxsize) -> int | None:
        """The place of an id, looked for between two places."""
        return place_in(self.ids, id, start, stop)

    def row(self, id: int | None) -> Row | None:
        """A row by id, if it has arrived."""
        return None if id is None else self._rows.get(id)

    def instead(self, id: int) -> str:
        """What to show for a row that is not there."""
        if id in self._rows:
            return "no longer there"
        return "could not be read" if id in self._unreadable else "…"

    def unseen_marks(self) -> int:
        """How many marked rows are not among the ids."""
        return len(self._unseen & self.marks.keys())

    def held(self) -> int:
        """How many rows are remembered."""
        return len(self._rows)

    def begin(self, ids: array[int], rows: Mapping[int, Row]) -> None:
        """Take the beginning of another answer; what was remembered of the one before is forgotten."""
        self.ids, self.complete = ids, False
        self._rows.clear()
        self._unreadable.clear()
        self._dropped.clear()
        self.keep(rows, 0, 0)

    def finish(self, ids: array[int]) -> None:
        """Take all ids of the answer, without those dropped since it began."""
        gone, self._dropped = self._dropped, set()
        self.ids = array("q", (id for id in ids if id not in gone)) if gone else ids
        self.complete = True
        self._unseen = set(self.marks).difference(self.ids) if self.marks else set()

    def keep(self, rows: Mapping[int, Row] | Mapping[int, Row | None], top: int, lines: int) -> None:
        """Remember rows, None for one that is gone; the oldest are forgotten, those in view last."""
        for id in self.ids[top : top + lines]:
            if id in self._rows:
                self._rows.move_to_end(id)
        for id, row in rows.items():
            self._rows[id] = None if row is None else clean_row(row)
            self._rows.move_to_end(id)
        while len(self._rows) > max(KEPT, 4 * lines):
            self._rows.popitem(last=False)

    def give_up(self, ids: Iterable[int]) -> None:
        """Note that these rows could not be read, so that they are not asked for again and again."""
        self._unreadable.update(ids)

    def missing(self, top: int, lines: int, direction: int) -> list[int]:
        """The ids to ask for next: of the pages in view, else of the page beside them in the direction of travel."""
        low = top // PAGE * PAGE
        high = (top + lines) // PAGE * PAGE + PAGE
        beside = (high, high + PAGE) if direction > 0 else (max(0, low - PAGE), low)
        for start, end in ((low, high), beside):
            found = [id for id in self.ids[start:end] if id not in self._rows and id not in self._unreadable]
            if found:
                return found
        return []

    def drop(self, gone: set[int], cursor: int) -> int:
        """Take ids out; returns the cursor's new place, which is that of the next row where its own is gone."""
        if not self.complete:
            self._dropped |= gone
        self.marks = {id: None for id in self.marks if id not in gone}
        for id in gone:
            self._rows.pop(id, None)
        if len(gone) > 8:  # one pass over all ids; below that, single searches are faster
            above = sum(1 for id in self.ids[:cursor] if id in gone)
            self.ids = array("q", (id for id in self.ids if id not in gone))
            return cursor - above
        for id in gone:
            if (place := self.place_of(id)) is not None:
                del self.ids[place]
                cursor -= place < cursor
        return cursor

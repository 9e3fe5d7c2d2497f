"""Writing a list to a file: which file, in which form, and never over what stands."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ubtui.domain.errors import BadValue
from ubtui.domain.text import clean_text
from ubtui.exchange.tables import FORMATS, Field, Kind, Shown, apart, misnamed, replacing, unwritable, write
from ubtui.screens.base import Ask, DeskScreen
from ubtui.services.listing import Row
from ubtui.widgets.field import FieldSpec
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column


class Writing(Protocol):
    """Writes a list in one of FORMATS, on a thread of its own; the number of its rows."""

    def __call__(self, look: Any, form: str, out: BinaryIO) -> int:
        """Write it."""


async def export(screen: DeskScreen, shown: QueueList, name: str, things: str, writing: Writing | None = None) -> None:
    """Ask for a file and write what `shown` shows to it; `writing` where the record has more than the list."""
    folder = screen.desk.folder
    proposed = f"{name}-{screen.router.day}.csv"
    fields = (
        FieldSpec("path", "File", required=True, value=proposed, help="where to write it"),
        FieldSpec("format", "Format", "choice", tuple((each, each) for each in FORMATS), True, value="csv"),
    )

    def file(values: dict[str, str]) -> Path:
        named = Path(os.path.expanduser(values["path"]))
        ending = {"text": ".txt"}.get(values["format"], f".{values['format']}")
        return named.with_suffix(ending) if values["path"] == proposed else named

    def wrong(values: dict[str, str]) -> dict[str, str]:
        named = file(values)
        try:
            place = apart(named, folder)
        except (BadValue, OSError, RuntimeError) as fault:
            return {"path": str(fault).removeprefix(f"{named}: ")}
        if os.path.lexists(place) and place not in screen.router.written:
            return {"path": "exists already: choose another name"}
        return {"path": why} if (why := unwritable(place) or misnamed(place, values["format"])) else {}

    told = f"Write what is shown: {shown.counts()}"
    if (values := await screen.router.asked(Ask(told, fields, do="write it", check=wrong))) is None:
        return
    path = apart(file(values), folder)
    if writing is None:
        ids = await shown.source.ids(shown.asked)
        rows = await shown.source.rows(ids)
        writing = of_rows(tuple(shown.source.columns), [rows[id] for id in ids if id in rows])
    written = writing

    def write_it(look: Any) -> int:
        with replacing(path, folder) as out:
            return written(look, values["format"], out)

    await screen.desk.viewing("worklist.export", list=name, format=values["format"], rows=len(shown.ids))
    count = await screen.desk.exporting(write_it)
    screen.router.written.add(path)
    screen.say(f"{count:,} {things} written to {path}")


_DAY = re.compile("(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|—)?").fullmatch


def _kind(column: Column, place: int, rows: list[Row]) -> Kind:
    """What a column holds, by how it is shown: figures stand on the right, days are all of one shape."""
    if column.align == "right":
        return "figure"
    cells = [row.cells[place] for row in rows if place < len(row.cells)]
    return "day" if any(cells) and all(map(_DAY, cells)) else "text"


def of_rows(columns: tuple[Column, ...], rows: list[Row]) -> Writing:
    """What a list in memory shows, under the titles of its columns."""
    fields = tuple(
        Field(each.key, _kind(each, place, rows), each.title or each.key) for place, each in enumerate(columns)
    )
    titles = tuple(Shown(each.key, each.title, each.width, right=each.align == "right") for each in columns)

    def writing(look: Any, form: str, out: BinaryIO) -> int:
        return write(out, form, fields, ([clean_text(cell) for cell in row.cells] for row in rows), titles)

    return writing

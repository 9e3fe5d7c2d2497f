"""What the shell prints as PDF: the option, and the file that it names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from ubtui.cli.faults import say
from ubtui.desk import Desk
from ubtui.documents.pdf import Head, Page, render
from ubtui.documents.walk_sheet import page
from ubtui.domain.errors import BadValue
from ubtui.exchange.tables import replacing
from ubtui.services import listing
from ubtui.services.listing import Listing, Query

MOST: Final = 1_000
"""Sheets of one file: a thousand take five seconds and 330 MB."""

pdf = click.option(
    "--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Print as PDF to this file, replaced whole."
)


def printed(desk: Desk, path: Path, pages: Sequence[Page], wide: bool = False) -> None:
    """Write these sheets to `path` as PDF and say how many they are.

    BadValue for none, for more than 1,000, and for a place of the record.
    """
    if not pages:
        raise BadValue(f"{path}: there is nothing to print.")
    if len(pages) > MOST:
        raise BadValue(f"{path}: {len(pages):,} sheets; at most {MOST:,} at once, narrow the list by a filter.")
    with replacing(path, desk.folder) as file:
        file.write(render(desk.district.name, pages, wide))
    say(f"{len(pages):,} sheet{'' if len(pages) == 1 else 's'} in {path}")


def list_page(look: Any, of: Listing, title: str, query: Query, blanks: Sequence[str] = ()) -> Page:
    """A list of the record as a sheet, with columns to be filled in by hand. BadValue above 2,000 lines."""
    heads = [Head(each.title, each.width or 12, each.align == "right") for each in of.columns]
    found = (cells for _, *cells in listing.stream(look, of, query))
    rows = (row.cells for row in listing.shown(look, of, found))
    return page(title, heads, rows, blanks)

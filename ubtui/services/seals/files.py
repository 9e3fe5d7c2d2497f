"""A round of seals as a file: one line a seal, the fields of a look as its header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from ubtui.domain.text import clean_text
from ubtui.services.forms import plain
from ubtui.services.orders.sheets import lines
from ubtui.services.seals.checked import Found

COLUMNS: Final = tuple(field.name for field in msgspec.structs.fields(Found))
OURS: Final = ("route", "point", "address", "last seen", "days", "order", "account", "owner", "location")
"""Columns of the round's own list: they may stand in the file and say nothing new."""


def looks(path: Path) -> Iterator[tuple[int, Found | str]]:
    """Line number and look of every row of a CSV file; a sentence where a row is none.

    A line without `found` and without a value was not walked: it is left out. Raises BadValue where the file as a whole
    is none, OSError.
    """
    for number, row in lines(path, "a look at a seal", (*COLUMNS, *OURS), ("seal",)):
        if isinstance(row, str):
            yield number, row
            continue
        said = {name: clean_text(text or "", 500).strip() for name, text in row.items() if name in COLUMNS}
        given = {name: text for name, text in said.items() if text}
        if not given.keys() - {"seal"}:
            continue
        if "found" in given:
            given["found"] = given["found"].casefold()
        given |= {"value": given["value"].replace(",", "")} if "value" in given else {}
        try:
            yield number, msgspec.convert(given, Found, strict=False)
        except msgspec.ValidationError as fault:
            yield number, plain(str(fault), Found)

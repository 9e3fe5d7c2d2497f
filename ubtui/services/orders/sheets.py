"""Orders on their way out and back: what the crew takes along, and the results of a file brought in one by one."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from ubtui.act import Look
from ubtui.domain.accuracy import thousandths
from ubtui.domain.errors import BadValue
from ubtui.services import forms, listing
from ubtui.services.listing import Query
from ubtui.services.locations import location
from ubtui.services.meters import Card, card
from ubtui.services.orders.results import Result
from ubtui.services.orders.views import KINDS, ORDERS, OrderView, by_ids

MOST_RESULTS: Final = 10_000
COLUMNS: Final = tuple(field.name for field in msgspec.structs.fields(Result))


def out(look: Look, query: Query) -> list[OrderView]:
    """The orders of a query, in its order."""
    return by_ids(look, listing.ids(look, ORDERS, query))


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one order's sheet says: labelled lines of place and meter, what is to be done and to be written down."""

    order: str
    kind: str
    due: date
    where: tuple[tuple[str, str], ...]
    meter: tuple[tuple[str, str], ...]
    todo: str
    found: tuple[str, ...]


_FOUND: Final = ("Day and by whom", "Reading", "Serial on the meter", "Size", "Seal, holds or broken", "Code", "Note")
_NEW: Final = ("New maker and serial", "New size and dials", "First read of it", "New radio")


def sheets(look: Look, orders: Sequence[OrderView]) -> list[Sheet]:
    """The sheets of these orders, in their order."""
    out = []
    for each in orders:
        found = card(look, each.point)
        where = (
            ("Where", f"{each.address}  {each.point}"), ("Route", each.route), ("Account", each.account),
            ("Customer", found.who), *location(look, each.point).lines(),
        )  # fmt: skip
        asked = _FOUND + (_NEW if each.kind == "exchange" else ())
        if each.kind == "test":  # as the result is typed: the meter's volume of the standard's
            limits = look.district.meters.limits(found.size)
            asked += tuple(f"{flow.capitalize()}, {thousandths(at.gpm)} gpm" for flow, at in limits.items())
        out.append(Sheet(each.order, KINDS[each.kind], each.due_on, where, hanging(found), each.instructions, asked))
    return out


def hanging(found: Card) -> tuple[tuple[str, str], ...]:
    """What hangs at a point, as labelled lines: the serial is there to be compared with the one on the meter."""
    zeros = f", {found.fixed_zeros} fixed zeros" if found.fixed_zeros else ""
    dials = f"{found.dials} dials{zeros} × {found.multiplier} {found.meter_unit}" if found.dials else ""
    meter = " ".join(filter(None, (found.meter, found.size and f'{found.size}"', dials)))
    return (
        ("Meter", meter),
        ("Model", found.model),
        ("Radio", found.radio),
        ("Seal", f"{found.seal} {found.lock}".strip()),
    )


def results(path: Path) -> Iterator[tuple[int, Result | str]]:
    """Line number and form of every result in a CSV file with the fields of `order.result` as its header.

    A line that is not a result gives a sentence instead. Raises BadValue where the file as a whole is none, OSError.
    """
    for number, row in lines(path, "a result", COLUMNS, ("order", "done_on")):
        yield number, row if isinstance(row, str) else _result(row)


def lines(
    path: Path, what: str, known: Sequence[str], needed: Sequence[str]
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Line number and cells by their heads of every row of a CSV file; a sentence where there are more cells.

    `what` is a row of the file, of which `known` are the heads it may have and `needed` those it must. Raises BadValue
    where the file as a whole is none, OSError.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            heads = [head.strip().casefold() for head in reader.fieldnames or ()]
            if unknown := [head for head in heads if head not in known]:
                raise BadValue(f"{path.name}: no field {unknown[0][:40]!r}: {what} has {', '.join(known)}.")
            if twice := [head for head in heads if heads.count(head) > 1]:
                raise BadValue(f"{path.name}: names {twice[0]} twice.")
            if missing := [head for head in needed if head not in heads]:
                raise BadValue(f"{path.name}: has no column {missing[0]}.")
            for number, row in enumerate(reader, 2):
                if number > MOST_RESULTS:
                    raise BadValue(f"{path.name}: has more than {MOST_RESULTS:,} rows; split it.")
                if over := row.pop(None, None):  # what stands under no head
                    yield number, f"has {len(heads) + len(over)} cells under {len(heads)} heads: quote a comma"
                    continue
                yield number, dict(zip(heads, row.values(), strict=True))
    except (csv.Error, UnicodeDecodeError) as exc:
        raise BadValue(f"{path.name}: cannot be read as CSV in UTF-8 ({exc}).") from exc


def _result(row: dict[str, Any]) -> Result | str:
    try:
        values = {name: text.strip() for name, text in row.items() if isinstance(text, str) and text.strip()}
        made = forms.form("order.result", values)
    except (BadValue, msgspec.ValidationError) as fault:
        return str(fault)
    assert isinstance(made, Result)
    return made

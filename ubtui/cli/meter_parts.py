"""`ubtui meter show`: the parts of a meter's screen as tables, and how a row of one came about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ubtui.cli.common import Options, going_to, opened, output, shared
from ubtui.cli.faults import say
from ubtui.domain.errors import BadValue
from ubtui.domain.text import clean_text
from ubtui.exchange.tables import FORMATS, Field, Shown, write
from ubtui.services import meters
from ubtui.services.meter_views import PARTS, Part, explained, part


@click.command()
@click.argument("meter")
@click.argument("name", metavar="[PART]", type=click.Choice(list(PARTS)), default="reads")
@click.option("--explain", type=click.IntRange(1), metavar="N", help="How the figures of row N came about.")
@output
@shared(FORMATS)
def show(options: Options, meter: str, name: str, explain: int | None, path: Path | None) -> None:
    """One part of METER as a table, as its screen shows it: reads, months (this year beside the last), neighbours on
    the route, tests, seals, orders or installs.
    """
    with opened(options) as desk:
        history = desk.ask(meters.history, meter)
        found = desk.ask(part, history, name)
        desk.viewed("meter.show", point=history.card.point)
        if found.said:
            say(found.said)
        with going_to(path, options, desk) as out:
            if explain is None:
                rows = ([clean_text(cell) for cell in each.row.cells] for each in found.entries)
                write(out, options.format, *_columns(found, rows))
                return
            if explain > len(found.entries):
                raise BadValue(f"--explain {explain}: there are {len(found.entries)} {name}.")
            title, told = desk.ask(explained, history, found, explain - 1)
            say(title)
            fields = (Field("what"), Field("told"))
            lines = ([clean_text(label), clean_text(text)] for label, text in told)
            write(out, options.format, fields, lines, (Shown("what", "", 16), Shown("told", "")))


def _columns(found: Part, rows: Any) -> tuple[tuple[Field, ...], Any, tuple[Shown, ...]]:
    """Fields, rows and what is drawn of them; the bars are for people."""
    fields = tuple(Field(c.key, "figure" if c.align == "right" else "text", c.title or c.key) for c in found.columns)
    shown = tuple(Shown(c.key, c.title, c.width, c.align == "right") for c in found.columns)
    return fields, rows, shown

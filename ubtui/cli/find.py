"""`ubtui find`: whatever somebody says on the phone, to the accounts, meters, payments and papers it may mean."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ubtui.cli.common import Options, going_to, opened, output, shared
from ubtui.cli.faults import say
from ubtui.desk import denied
from ubtui.exchange.tables import FORMATS, Field, Shown, write
from ubtui.services import find as room

FIELDS = (
    *(Field("group", "mark"), Field("kind", "mark"), Field("found"), Field("account", "mark")),
    *(Field("who"), Field("where"), Field("fit", "mark")),
)
FITS = ("whole", "begins", "words", "inside")
LEAST = 80


@click.command("find")
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="At most so many a group.")
@output
@shared(FORMATS)
def find(options: Options, text: tuple[str, ...], limit: int, path: Path | None) -> None:
    """Find TEXT: a name, an address, an account number old or new, an APN, a serial, a radio, a check, receipt or
    confirmation number, an amount as $123.45, or a phone number in any writing.

    The best comes first. Exit code 0 also where nothing is found; stderr says how many there are.
    """
    asked = " ".join(text)
    with opened(options) as desk:
        leaves = path is not None or not sys.stdout.isatty()
        if leaves or desk.ask(denied, "find.search"):
            desk.viewed("find.search")  # what leaves the screen is known; a refusal is raised, and kept
        found = desk.ask(room.find, asked, limit)
        rows = [
            [group.name, hit.kind, hit.text, hit.account, hit.who, hit.where, FITS[hit.rank]]
            for group in found.groups
            for hit in group.hits
        ]
        with going_to(path, options, desk) as out:
            write(out, options.format, FIELDS, rows, _columns(path is None and options.format == "text"))
    more = [group.name for group in found.groups if group.more]
    said = f"{len(rows)} found" + (f"; there are more {', '.join(more)}: type more of it" if more else "")
    say(said + ("; only the beginning of the text was looked for" if found.cut else ""))


def _columns(lines: bool) -> tuple[Shown, ...]:
    """Columns of a terminal's width; a file or another program gets every cell whole."""
    spare = max(os.get_terminal_size(sys.stdout.fileno()).columns, LEAST) - LEAST if sys.stdout.isatty() else None
    cut = lines and spare is not None
    return tuple(
        Shown(name, title, wide + (spare or 0) * share // 4, cut=cut)
        for name, title, wide, share in (
            ("kind", "Is", 12, 0),
            ("found", "Found", 26, 2),
            ("account", "Account", 8, 0),
            ("who", "Who", 15, 1),
            ("where", "Where", 15, 1),
        )
    )

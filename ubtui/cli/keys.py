"""`ubtui keys`: what can be done on a screen and by which key, with the keys of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ubtui import keyfile
from ubtui.cli.common import Options, going_to, output, shared
from ubtui.cli.faults import REFUSED, say
from ubtui.desk import is_url
from ubtui.exchange.tables import FORMATS, Field, Shown, write
from ubtui.keys import COMMANDS, SCREENS, for_screen, shown

_FIELDS = (Field("screen"), Field("keys"), Field("name"), Field("label"), Field("help"), Field("own", "int"))
_SHOWN = (Shown("screen", "Screen", 10), Shown("keys", "Key", 14), Shown("name", "Name", 19), Shown("help", "Does"))


@click.command()
@click.argument("screen", required=False, type=click.Choice(SCREENS))
@output
@shared(FORMATS)
def keys(options: Options, screen: str | None, path: Path | None) -> None:
    """Print the keys of SCREEN, or of all screens, as they are for you: with those of your keys.toml.

    `own` is 1 where they differ from the shipped ones. Exit code 1 where a keys.toml could not be applied.
    """
    folder = None if is_url(options.data) else Path(options.data)
    own = keyfile.load(folder)
    changed = {mine.id for mine, shipped in zip(own.commands, COMMANDS, strict=True) if mine != shipped}

    def rows() -> Iterator[tuple[Any, ...]]:
        for name in (screen,) if screen else SCREENS:
            for each in for_screen(name, own.commands):
                told = " ".join(map(shown, each.keys_on(name))) or "palette"
                yield name, told, each.id, each.label, each.help, int(each.id in changed)

    with going_to(path, options, folder) as out:
        write(out, options.format, _FIELDS, rows(), _SHOWN)
    for fault in own.faults:
        say(fault)
    if own.faults:
        raise click.exceptions.Exit(REFUSED)

"""`ubtui show`: any screen as plain text, for a screen reader, a braille line, or paper."""

from __future__ import annotations

import sys

import click

from ubtui import cli
from ubtui.cli.common import Options, shared
from ubtui.cli.faults import say


@click.command()
@click.argument("screen", default="worklist")
@click.argument("of", metavar="[KEY]", default="")
@click.option("--rows", type=click.IntRange(0), default=50, show_default=True, help="Of each list at most so many.")
@shared(("text",))
def show(options: Options, screen: str, of: str, rows: int) -> None:
    """Read SCREEN out: everything on it as lines of text, from top to bottom, each with its label.

    KEY is what it shows: an account's number, a meter or point, an item of the worklist, a proposal. The same screen
    is opened as on a terminal, by the same person, with the same rights, and left again: nothing is drawn and nothing
    is done. Without arguments: the worklist.
    """
    leaves = not sys.stdout.isatty()
    for line in cli.app().read(options.data, options.seat, screen, of, rows, leaves):
        click.echo(line)
    say("ubtui keys " + screen + " prints every key of this screen")

"""Commands made from what the services say of themselves: an act's form becomes options, a listing becomes a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import click

from ubtui.cli.common import Options, doing, emit, going_to, opened, shared
from ubtui.cli.faults import say
from ubtui.desk import Desk
from ubtui.domain.canonical import sha256_hex
from ubtui.domain.filters import parse
from ubtui.domain.text import clean_text
from ubtui.exchange.tables import Field, Shown, write
from ubtui.services import forms, listing
from ubtui.services.listing import Listing, Query


def acting(
    group: click.Group, act: str, name: str, *arguments: str, told: Callable[[Any], Iterable[str]] | None = None
) -> None:
    """Give `group` the command `name` that does `act`: a field of its form is an option, `arguments` stand bare.

    `told` gives the lines of its result for people, where the fields by their names would not be understood.
    """
    made = forms.act_named(act)

    def run(options: Options, /, **given: str | tuple[str, ...] | None) -> None:
        form = forms.form(made, {field: _said(field, text, lists) for field, text in given.items() if text})
        with opened(options) as desk:
            result = doing(desk, options, made, form)
            if told is None or options.format == "json":
                emit(options, result)
                return
            for line in told(result):
                click.echo(line)

    lists = {each.name for each in forms.fields(made) if each.kind == "multiline"}
    command = shared()(run)
    for each in reversed(forms.fields(made)):
        choices = click.Choice([value for value, _ in each.choices]) if each.choices else None
        if each.name in arguments:
            word = None if choices else each.name.upper()
            command = click.argument(each.name, metavar=word, type=choices or click.STRING)(command)
            continue
        about = each.help if not each.value else f"{each.help} (without it {each.value})"
        command = click.option(
            f"--{each.name.removesuffix('_cents').replace('_', '-')}", each.name, required=each.required,
            type=choices or click.STRING, metavar=None if choices else _METAVAR.get(each.kind, "TEXT"),
            help=f"{about}; may be repeated" if each.name in lists else about, multiple=True,
        )(command)  # fmt: skip
    words = (made.body.__doc__ or "").strip()
    group.command(name, help=words)(command)


def _said(field: str, text: str | tuple[str, ...], lists: set[str]) -> str:
    """What was said for a field: a list by lines; else once, for a second word would be lost without a word."""
    if isinstance(text, str):
        return text
    if len(text) > 1 and field not in lists:
        raise click.UsageError(
            f"--{field.removesuffix('_cents').replace('_', '-')} is given {len(text)} times: say it once."
        )
    return "\n".join(text)


_METAVAR = {"day": "DAY", "int": "NUMBER", "money": "AMOUNT", "bool": "yes|no"}


def listed(
    options: Options, desk: Desk, of: Listing, query: Query, path: Path | None, limit: int = 0, about: str = ""
) -> int:
    """Write a list of the record in the form asked for, to `path` or stdout, and say how much of it that is."""
    parse(query.filter)
    rows = desk.ask(listing.count, of, query)
    drawn = path is None and options.format == "text" and sys.stdout.isatty()
    with going_to(path, options, desk) as out:
        if not drawn:  # it leaves the screen: the same as an export
            desk.viewed(
                "worklist.export", list=about or of.name, format=options.format,
                rows=min(rows, limit) if limit else rows, filter=sha256_hex(query.filter)[:16],
            )  # fmt: skip
        fields = tuple(
            Field(each.key, "figure" if each.align == "right" else "text", each.title or each.key)
            for each in of.columns
        )
        titles = tuple(Shown(each.key, each.title, each.width, each.align == "right", drawn) for each in of.columns)

        def found(look: Any) -> int:
            return write(out, options.format, fields, _rows(look, of, query, limit), titles)

        count = desk.ask(found)
    say(f"{count:,} of {rows:,} rows of the {of.name}{f', filtered by {query.filter}' if query.filter else ''}")
    return count


def _rows(look: Any, of: Listing, query: Query, limit: int) -> Any:
    found = (cells for _, *cells in islice(listing.stream(look, of, query), limit or None))
    for row in listing.shown(look, of, found):
        yield [clean_text(cell) for cell in row.cells]

"""`ubtui reads ready`: whether a cycle's period may be billed, route by route, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ubtui.cli.common import Options, going_to, opened, output, rendered, shared
from ubtui.cli.faults import REFUSED, say
from ubtui.exchange.tables import FORMATS, Field, Shown, safe, write
from ubtui.services.reads.ready import Counts, Ready, Trued
from ubtui.services.reads.ready import cycle as asked

_NAMES = Counts.__struct_fields__
_FIELDS = (Field("route", "mark"), Field("period", "mark"), *(Field(name, "int") for name in _NAMES))
_SHOWN = (
    Shown("route", "Route", 12), *(Shown(name, name.capitalize(), max(7, len(name)), True) for name in _NAMES),
)  # fmt: skip


@click.command()
@click.argument("cycle")
@click.option("--period", default="", metavar="PERIOD", help="As B2/2026-11; without it the one being read, or last.")
@click.option("--spans", is_flag=True, help="Also each read that puts estimates right, with every period's share.")
@output
@shared(FORMATS)
def ready(options: Options, cycle: str, period: str, spans: bool, path: Path | None) -> None:
    """Whether CYCLE may be billed: each route's meters by what they have. The exit code is 1 while something stands in
    the way: a meter missing, skipped and not estimated, held, or a row of a file that waits. What is billed is done.
    """
    with opened(options) as desk:
        found = desk.ask(asked, cycle, period)
        with going_to(path, options, desk) as out:
            desk.viewed("meter.show", cycle=cycle[:20], period=found.period, routes=len(found.routes))
            if options.format == "json":
                out.write("".join(f"{line}\n" for line in rendered(options, found)).encode())
            else:
                write(out, options.format, _FIELDS, _rows(found), _SHOWN)
        for each in found.true_ups if spans and options.format == "text" else ():
            click.echo("\n".join(safe(line) for line in _span(each)))
        say(found.verdict)
    if not (found.ready or found.billed):
        raise click.exceptions.Exit(REFUSED)


def _rows(found: Ready) -> Iterator[list[Any]]:
    for route in found.routes:
        yield [route.route or "no route", found.period, *(getattr(route, name) for name in _NAMES)]


def _span(up: Trued) -> Iterator[str]:
    yield f"{up.point} {up.account}: {up.total:,} in {up.days} days from {up.since} to {up.on}"
    for period, days, use, share in up.shares:
        yield f"  {period:<12}{days:>4} days  stands with {use:>7,}  its share {share:>7,}"

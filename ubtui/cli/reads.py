"""`ubtui reads`: routes as they are walked, their files for handhelds, and reads looked at a second time."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from ubtui.cli import held, ready
from ubtui.cli.common import Options, emit, going_to, opened, output, shared
from ubtui.cli.made import acting
from ubtui.domain.dates import parse_day
from ubtui.exchange.profile import load
from ubtui.exchange.tables import FORMATS, Field, Shown, write
from ubtui.services.reads import audit
from ubtui.services.reads.routes import Stop, routes, walk

_FIELDS = (
    *(Field("route", "mark"), Field("period", "mark"), Field("position", "int"), Field("sequence", "int")),
    *(Field("jump", "int"), Field("point", "mark"), Field("account", "mark"), Field("address"), Field("name")),
    *(Field("maker"), Field("serial"), Field("register", "int"), Field("dials", "int"), Field("last_on", "day")),
    *(
        Field("prior", "int"),
        Field("state", "mark"),
        Field("value", "int"),
        Field("usage", "int"),
        Field("why", "mark"),
    ),
)
_SHOWN = (
    Shown("position", "Nr", 4, True), Shown("sequence", "Seq", 5, True), Shown("point", "Point", 8),
    Shown("serial", "Serial", 11), Shown("prior", "Prior", 8, True), Shown("value", "Read", 8, True),
    Shown("usage", "Use", 6, True), Shown("state", "State", 9), Shown("address", "Address"),
)  # fmt: skip


@click.group()
def reads() -> None:
    """Routes as they are walked, and their files for handhelds."""


@reads.command()
@click.argument("route")
@output
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Print it as PDF to this file.")
@shared(FORMATS)
def route(options: Options, route: str, path: Path | None, pdf: Path | None) -> None:
    """Every meter of ROUTE in walk order, and what its read window has so far; `jump` counts numbers left out, -1 a
    number that stands twice. As PDF with where each is found, to be filled in by hand."""
    with opened(options) as desk:
        stops = desk.ask(walk, route)
        if pdf is not None:
            from ubtui.cli.printing import printed
            from ubtui.documents.walk_sheet import route_page
            from ubtui.services.locations import notes

            places = desk.ask(notes, route)
            lines = [
                (
                    "" if stop.sequence is None else str(stop.sequence), stop.point, f"{stop.maker}/{stop.serial}",
                    str(stop.face.dials), "" if stop.prior is None else f"{stop.prior:,}", stop.address,
                    places.get(stop.point, ""),
                )
                for stop in stops
            ]  # fmt: skip
            desk.viewed("meter.show", route=route[:60], rows=len(stops))
            printed(desk, pdf, [route_page(route, stops[0].period if stops else "", lines)], wide=True)
            return
        with going_to(path, options, desk) as out:
            desk.viewed("meter.show", route=route[:60], rows=len(stops))
            write(out, options.format, _FIELDS, map(_row, stops), _SHOWN)


def _row(stop: Stop) -> list[Any]:
    plain = {**{f.name: getattr(stop, f.name, None) for f in _FIELDS}, "dials": stop.face.dials}
    return [plain[field.name] for field in _FIELDS]


@reads.command()
@click.argument("codes", metavar="ROUTE...", nargs=-1, required=True)
@click.option(
    "--profile", metavar="NAME", default="generic-reads", show_default=True, help="Layout: a name or .toml file."
)
@output
@shared()
def export(options: Options, codes: tuple[str, ...], profile: str, path: Path | None) -> None:
    """The file of ROUTEs for a handheld, by a profile; ALL for every route."""
    from ubtui.services.reads.handheld import sent

    layout = load(profile, "reads")
    with opened(options) as desk:
        wanted = desk.ask(routes) if codes == ("ALL",) else codes
        made = desk.ask(sent, wanted, layout)
        with going_to(path, options, desk) as out:
            desk.viewed("reads.export", routes=" ".join(wanted)[:200], profile=profile[:60])
            out.write(made)


@reads.command()
@click.argument("route")
@click.option("--size", type=click.IntRange(1, 10_000), default=5, show_default=True, help="How many meters.")
@click.option("--seed", default="", metavar="TEXT", help="Picks the same meters again; without it the business day.")
@output
@shared(FORMATS)
def sample(options: Options, route: str, size: int, seed: str, path: Path | None) -> None:
    """Meters of ROUTE picked by lot for control reads, in walk order; the same seed picks the same."""
    with opened(options) as desk:
        stops = desk.ask(audit.sample, route, size, seed or desk.look().today.isoformat())
        with going_to(path, options, desk) as out:
            desk.viewed("meter.show", route=route[:60], rows=len(stops))
            write(out, options.format, _FIELDS, map(_row, stops), _SHOWN)


reads.add_command(held.held)
reads.add_command(held.decide)
reads.add_command(ready.ready)
reads.add_command(ready.recompute)
acting(reads, "read.estimate", "estimate")
acting(reads, "read.control", "control", "point", "value")


@reads.command()
@click.option("--since", metavar="DAY", default="", help="Control reads from this day on; without it all.")
@click.option("--each", is_flag=True, help="Every control read beside the read it looks at.")
@shared()
def accuracy(options: Options, since: str, each: bool) -> None:
    """How many of the reads that were controlled cannot be right, by reader and route."""
    day = parse_day(since) if since else date(1900, 1, 1)
    with opened(options) as desk:
        emit(options, desk.ask(audit.controls if each else audit.accuracy, day))

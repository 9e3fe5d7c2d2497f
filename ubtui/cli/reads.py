"""`ubtui reads`: routes as they are walked, and their files for handhelds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ubtui.cli.common import Options, going_to, opened, output, shared
from ubtui.exchange.profile import load
from ubtui.exchange.tables import FORMATS, Field, Shown, write
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
@shared(FORMATS)
def route(options: Options, route: str, path: Path | None) -> None:
    """Every meter of ROUTE in walk order, and what its read window has so far; `jump` counts numbers left out, -1 a
    number that stands twice."""
    with opened(options) as desk:
        stops = desk.ask(walk, route)
        with going_to(path, options, desk) as out:
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

        def pieces(look: Any) -> Iterator[bytes]:
            return sent(look, wanted, layout)

        made = b"".join(desk.ask(pieces))
        with going_to(path, options, desk) as out:
            desk.viewed("reads.export", routes=" ".join(wanted)[:200], profile=profile[:60])
            out.write(made)

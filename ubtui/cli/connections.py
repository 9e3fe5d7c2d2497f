"""`ubtui request`, `intertie`: services asked for, and water that passes between agencies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ubtui.cli.common import Options, emit, going_to, opened, output, shared
from ubtui.cli.made import acting
from ubtui.desk import Desk
from ubtui.exchange.tables import FORMATS, Field, Shown, write
from ubtui.services import interties, service_requests


@click.group(no_args_is_help=True)
def request() -> None:
    """Services asked for: REQUEST is a number, as SR-000012."""


_REQUESTS = (
    Field("request", "mark"), Field("account", "mark"), Field("point", "mark"), Field("kind", "mark"), Field("size"),
    Field("asked_on", "day"), Field("state", "mark"), Field("fee_cents", "money"), Field("due_cents", "money"),
    Field("proposal", "mark"), Field("paid_on", "day"), Field("installed_on", "day"), Field("receipt"),
    Field("asked_by"), Field("noted_on", "day"), Field("noted_by"), Field("confirmed_by"),
)  # fmt: skip
_REQUESTS_SHOWN = (
    Shown("request", "Request", 10), Shown("account", "Account", 9), Shown("point", "Point", 9),
    Shown("kind", "Kind", 10), Shown("asked_on", "Asked", 10), Shown("fee_cents", "Fee", 11, True),
    Shown("due_cents", "Due", 11, True), Shown("paid_on", "Paid", 10), Shown("installed_on", "Set", 10),
)  # fmt: skip


@request.command("list")
@click.option(
    "--state", type=click.Choice(["open", "done", "withdrawn", "all"]), default="open", show_default=True,
    help="Requests of one state.",
)  # fmt: skip
@output
@shared(FORMATS)
def list_(options: Options, state: str, path: Path | None) -> None:
    """List services asked for, with their fees and their meters."""
    with opened(options) as desk:
        found = desk.ask(service_requests.requests, "" if state == "all" else state)
        _written(options, desk, path, "service requests", found, _REQUESTS, _REQUESTS_SHOWN)


@request.command()
@click.argument("number", metavar="REQUEST")
@shared()
def show(options: Options, number: str) -> None:
    """Show one request."""
    with opened(options) as desk:
        found = desk.ask(service_requests.request, number)
        desk.viewed("account.show", account=found.account)
        emit(options, found)


acting(request, "request.make", "make", "point", "kind")
for _name in ("fee", "paid", "close", "withdraw"):
    acting(request, f"request.{_name}", _name, "number")


@click.group(no_args_is_help=True)
def intertie() -> None:
    """Interties: what we read, what the other agency states, what both agreed on."""


@intertie.command("list")
@shared()
def ties(options: Options) -> None:
    """List interties."""
    with opened(options) as desk:
        found = desk.ask(interties.interties)
        if options.format == "json":
            emit(options, list(found))
            return
        for each in found:
            ends = f" to {each.to_on}" if each.to_on else ""
            click.echo(f"{each.point:<10} {each.unit:<5} since {each.from_on}{ends}  {each.agency}")


_LOG = (
    Field("point", "mark"), Field("agency"), Field("period", "mark"), Field("read_on", "day"),
    Field("ours_billing", "int"), Field("ours", "figure"), Field("theirs", "figure"), Field("unit", "mark"),
    Field("percent", "figure"), Field("state", "mark"), Field("stated_on", "day"), Field("estimated", "mark"),
)  # fmt: skip
_LOG_SHOWN = (
    Shown("point", "Point", 9), Shown("period", "Period", 11), Shown("read_on", "Read", 10),
    Shown("ours", "Ours", 11, True), Shown("theirs", "Theirs", 11, True), Shown("unit", "Unit", 4),
    Shown("percent", "% apart", 8, True), Shown("state", "State", 8), Shown("agency", "Agency"),
)  # fmt: skip


@intertie.command()
@click.argument("point", default="")
@click.option("--back", type=click.IntRange(1, 36_600), default=400, show_default=True, help="Days to look back.")
@output
@shared(FORMATS)
def log(options: Options, point: str, back: int, path: Path | None) -> None:
    """Show the delivery log of POINT, or of every intertie: our water and theirs, period by period."""
    with opened(options) as desk:
        found = desk.ask(interties.log, point, back)
        _written(options, desk, path, "delivery log", found, _LOG, _LOG_SHOWN)


acting(intertie, "intertie.set", "set", "point")
acting(intertie, "intertie.end", "end", "point")
acting(intertie, "intertie.statement", "statement", "point", "quantity")
acting(intertie, "intertie.agree", "agree", "point", "quantity")


def _written(
    options: Options, desk: Desk, path: Path | None, about: str, found: Sequence[Any], fields: Sequence[Field],
    shown: Sequence[Shown],
) -> None:  # fmt: skip
    with going_to(path, options, desk) as out:
        desk.viewed("worklist.export", list=about, format=options.format, rows=len(found))
        rows = (tuple(getattr(each, field.name) for field in fields) for each in found)
        write(out, options.format, fields, rows, shown)

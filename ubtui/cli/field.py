"""`ubtui order`, `seal`, `right`: work for the crew and what came of it, seals on meters, rights of parcels."""

from __future__ import annotations

from pathlib import Path

import click

from ubtui.cli import items
from ubtui.cli.common import Options, emit, opened, output, shared
from ubtui.cli.made import acting, listed
from ubtui.exchange.tables import FORMATS
from ubtui.services import orders, rights
from ubtui.services.listing import Query


@click.group(no_args_is_help=True)
def order() -> None:
    """Field orders: sent out, moved, brought back in."""


@order.command("list")
@items.filtered
@click.option("--sort", type=click.Choice(list(orders.ORDERS.sorts)), help="The column to sort by.")
@click.option("--reverse", is_flag=True, help="The list from its other end.")
@click.option("--limit", type=click.IntRange(0), default=0, help="At most so many rows; 0: all of them.")
@output
@shared(FORMATS)
def list_(options: Options, text: str, sort: str | None, reverse: bool, limit: int, path: Path | None) -> None:
    """Show open orders in the order of the walk; `--filter state:done` shows those that are done."""
    with opened(options) as desk:
        listed(options, desk, orders.ORDERS, Query(text, sort, reverse), path, limit)


@order.command()
@click.argument("number", metavar="ORDER")
@shared()
def show(options: Options, number: str) -> None:
    """Show one order: where, what was asked, what was found."""
    with opened(options) as desk:
        found = desk.ask(orders.order, number)
        desk.viewed("meter.show", order=found.order, point=found.point)
        emit(options, found)


for _act, _name in (
    ("order.result", "result"), ("order.move", "move"), ("order.cancel", "cancel"), ("order.correct", "correct"),
):  # fmt: skip
    acting(order, _act, _name, "order")
acting(order, "order.create", "create", "point", "kind")
acting(order, "order.round", "round", "item")


@click.group(no_args_is_help=True)
def seal() -> None:
    """Seals: asked for, placed, looked at, taken off."""


for _name in ("request", "withdraw", "place", "verify", "rate", "remove"):
    acting(seal, f"seal.{_name}", _name, "point")


@click.group(no_args_is_help=True)
def right() -> None:
    """Rights of parcels to connect."""


@right.command("show")
@click.argument("parcel")
@shared()
def show_rights(options: Options, parcel: str) -> None:
    """Show all rights of PARCEL (its digits), the running ones first."""
    with opened(options) as desk:
        found = desk.ask(rights.rights, parcel)
        desk.viewed("meter.show", parcel=parcel)
        if options.format == "json":
            emit(options, list(found))
        for each in found if options.format != "json" else ():
            ends = f" to {each.to_on}" if each.to_on else ""
            what = f"{each.count} {each.kind} at {each.size} in, {each.status}"
            click.echo(f"{each.right:>6}  {what}, since {each.from_on}{ends}  {each.source}".rstrip())


for _name in ("set", "verify", "end"):
    acting(right, f"right.{_name}", _name, "parcel")

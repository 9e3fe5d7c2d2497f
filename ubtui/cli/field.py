"""`ubtui order`, `seal`, `right`: work for the crew and what came of it, seals on meters, rights of parcels."""

from __future__ import annotations

from pathlib import Path

import click

from ubtui.cli import items, printing
from ubtui.cli.common import Options, emit, going_to, opened, output, shared
from ubtui.cli.faults import REFUSED, say
from ubtui.cli.made import acting, listed
from ubtui.domain.canonical import sha256_hex
from ubtui.domain.dates import parse_day
from ubtui.domain.text import file_name
from ubtui.exchange.tables import FORMATS
from ubtui.services import orders, rights
from ubtui.services.listing import Query


@click.group(no_args_is_help=True)
def order() -> None:
    """Field orders: sent out, moved, brought back in."""


@order.command("list")
@items.of_list(orders.ORDERS)
@shared(FORMATS)
def list_(options: Options, query: Query, limit: int, path: Path | None) -> None:
    """Show open orders in the order of the walk; `--filter state:done` shows those that are done."""
    with opened(options) as desk:
        listed(options, desk, orders.ORDERS, query, path, limit)


@order.command()
@click.argument("number", metavar="ORDER")
@shared()
def show(options: Options, number: str) -> None:
    """Show one order: where, what was asked, what was found."""
    with opened(options) as desk:
        found = desk.ask(orders.order, number)
        desk.viewed("meter.show", order=found.order, point=found.point)
        emit(options, found)


@order.command()
@items.filtered
@output
@printing.pdf
@shared()
def sheets(options: Options, text: str, path: Path | None, pdf: Path | None) -> None:
    """Print a sheet for each open order, in the order of the walk; as text a form feed stands behind each."""
    from ubtui.documents import order_sheet
    from ubtui.services.orders import sheets as going

    with opened(options) as desk:
        found = desk.ask(going.sheets, desk.ask(going.out, Query(text)))
        told = [(each.order, each.kind, each.due, each.where, each.meter, each.todo, each.found) for each in found]
        desk.viewed("meter.show", orders=len(found))
        if pdf is not None:
            printing.printed(desk, pdf, [order_sheet.page(*each) for each in told])
            return
        with going_to(path, options, desk) as out:
            out.writelines(order_sheet.render(*each).encode() for each in told)


@order.command()
@items.filtered
@output
@shared()
def calendar(options: Options, text: str, path: Path | None) -> None:
    """Write open orders as a calendar (iCalendar): one event an order, on the day it is due."""
    from ubtui.exchange.ics import Event, written
    from ubtui.services.orders import sheets as going

    with opened(options) as desk:
        found = desk.ask(going.out, Query(text))
        with going_to(path, options, desk) as out:
            desk.viewed("meter.show", orders=len(found))
            ours = file_name(desk.district.name)  # one token (RFC 5545 3.8.4.7)
            events = (
                Event(f"{each.order}@{ours}", each.due_on, f"{orders.KINDS[each.kind]} {each.order}",
                      each.address, " · ".join(filter(None, (each.point, each.route, each.account, each.instructions))))
                for each in found
            )  # fmt: skip
            out.writelines(written(events, desk.look().utc))


@order.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared()
def results(options: Options, file: Path) -> None:
    """Bring the results of FILE in: CSV with the fields of `order result` as its header. A line that cannot go in is
    told and changes nothing, the others go in; brought in again, nothing is done twice."""
    from ubtui.act import Refused
    from ubtui.services.orders import sheets as going

    told, known, wrong = 0, 0, 0
    seen: dict[str, int] = {}
    with opened(options) as desk:
        for line, form in list(going.results(file)):
            said = form if isinstance(form, str) else None
            if not isinstance(form, str):
                order, first = form.order.strip().upper(), seen.get(form.order.strip().upper())
                if first is not None:  # refused alike where nothing is done, in a rehearsal
                    said = f"{order} has its result in line {first} of this file"
                else:
                    answer = desk.perform(orders.result, form, f"order-result-{sha256_hex(str(form))}", options.dry_run)
                    if isinstance(answer, Refused):
                        said = answer.sentence()
                    else:
                        seen[order] = line
                        known += answer.replayed
                        told += not answer.replayed
            if said is not None:
                wrong += 1
                say(f"line {line}: {said}")
        emit(options, {"results": told, "already_in": known, "refused": wrong, "dry_run": options.dry_run})
    if wrong:
        raise click.exceptions.Exit(REFUSED)


for _act, _name in (
    ("order.result", "result"), ("order.move", "move"), ("order.cancel", "cancel"), ("order.correct", "correct"),
):  # fmt: skip
    acting(order, _act, _name, "order")
acting(order, "order.create", "create", "point", "kind")
acting(order, "order.round", "round", "item")


@click.group(no_args_is_help=True)
def seal() -> None:
    """Seals: asked for, placed, looked at, taken off."""


@seal.command("show")
@click.argument("point")
@shared()
def show_seals(options: Options, point: str) -> None:
    """Show where POINT stands between a seal asked for and taken off, its rate of today, and all its seals."""
    from ubtui.services import seals

    with opened(options) as desk:
        id = desk.ask(seals.at, point)
        now, all_ = desk.ask(seals.standing, id), desk.ask(seals.ledger, id)
        desk.viewed("meter.show", point=point)
        if options.format == "json":
            emit(options, {"standing": now, "seals": list(all_)})
            return
        waits = ", as the coming read tells" if now.rate.waits else ""
        said = [f"by {now.asked_by}" if now.asked_by else "", now.order, f"rate {now.rate.status}{waits}"]
        click.echo(" · ".join(filter(None, (now.state.replace("_", " "), now.seal, *said))))
        for each in all_:
            off = f", off {each.removed_on}: {each.removed_reason}" if each.removed_on else ""
            facts = f"{each.lock}, {each.why.replace('_', ' ')}, rate {each.rate} from {each.effect.replace('_', ' ')}"
            click.echo(f"{each.seal:<12} {each.placed_on}  {facts}{off}")
            for check in each.checks:
                value = "" if check.value is None else f", {check.value:,}"
                told = " ".join(filter(None, (check.other, check.note)))
                click.echo(f"{'':<12} {check.on}  {check.found}{value}, {check.by}{f': {told}' if told else ''}")


@seal.command("results")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--on", "day", required=True, metavar="DAY", help="The day on which the seals were looked at.")
@click.option("--by", default="", help="Who was there.")
@shared()
def seal_results(options: Options, file: Path, day: str, by: str) -> None:
    """Bring a round of seals in: CSV with the columns seal, found, value, other, note; those of the round's own list
    may stand there too. A line that cannot go in is told and changes nothing, the others go in; brought in again,
    nothing is done twice."""
    from ubtui.act import Refused
    from ubtui.services import seals
    from ubtui.services.seals.files import looks

    on, told, held, wrong = parse_day(day), 0, 0, 0
    with opened(options) as desk:
        rows = list(looks(file))
        for line, said in rows:
            if isinstance(said, str):
                wrong += 1
                say(f"line {line}: {said}")
        good = [(line, each) for line, each in rows if not isinstance(each, str)]
        for part in (good[at : at + seals.MOST] for at in range(0, len(good), seals.MOST)):
            form = seals.Round(verified_on=on, rows=tuple(each for _, each in part), by=by)
            answer = desk.perform(seals.round_in, form, f"seal-round-{sha256_hex(str(form))}", options.dry_run)
            if isinstance(answer, Refused):
                wrong += len(part)
                say(answer.sentence())
                continue
            done = answer.result
            told, held, wrong = told + done.looked, held + done.held, wrong + len(done.refused)
            for each in done.refused:
                say(f"line {part[each.row][0]}: {each.why}")
        emit(options, {"looked": told, "held": held, "refused": wrong, "dry_run": options.dry_run})
    if wrong:
        raise click.exceptions.Exit(REFUSED)


for _name in ("request", "withdraw", "place", "verify", "rate", "replace", "remove", "fee"):
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


for _name in ("set", "verify", "document", "end"):
    acting(right, f"right.{_name}", _name, "parcel")

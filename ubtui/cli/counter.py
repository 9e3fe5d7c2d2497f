"""`ubtui payment take`, `payment receipt`, `drawer`, `deposit`: money over the counter and its way to the bank."""

from __future__ import annotations

import click

from ubtui.cli.collecting import payment
from ubtui.cli.common import Options, emit, opened, shared
from ubtui.cli.made import acting
from ubtui.domain.dates import parse_day
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.services import counter, deposits, drawers, listing
from ubtui.services.drawers import Counted
from ubtui.services.listing import Query

acting(payment, "payment.take", "take", "account")


@payment.command("receipt")
@click.argument("number")
@shared(("text",))
def receipt(options: Options, number: str) -> None:
    """Write the receipt NUMBER as text, to be printed."""
    with opened(options) as desk:
        account, text = desk.ask(counter.receipt, number)
        desk.viewed("account.show", account=account)
        click.echo(text, nl=False)


@click.group(no_args_is_help=True)
def drawer() -> None:
    """Drawers: each person's counter payments of a day. DRAWER is person/day, as ana/2026-11-23."""


@drawer.command("list")
@shared()
def list_(options: Options) -> None:
    """Show the drawers that are not in a deposit yet, the oldest first."""
    with opened(options) as desk:
        found = desk.ask(drawers.undeposited)
        desk.viewed("account.show", list="drawers", rows=len(found))
        if options.format == "json":
            emit(options, [_plain(each) for each in found])
            return
        for each in found:
            click.echo(f"{each.key:<22} {each.receipts:>4} receipts  {_stands(each)}")


@drawer.command("show")
@click.argument("drawer", required=False)
@shared()
def show(options: Options, drawer: str | None) -> None:
    """Show DRAWER, your own of today unless named: its receipts, and once it is counted what was expected."""
    with opened(options) as desk:
        key = drawer or desk.ask(lambda look: f"{look.actor.name}/{look.today}")
        staff, _, day = key.rpartition("/")
        found = desk.ask(drawers.drawer, staff, parse_day(day))
        rows = desk.ask(lambda look: [row for _, *row in listing.stream(look, drawers.receipts(look, key), Query())])
        desk.viewed("account.show", list=f"drawer {key}", rows=len(rows))
        if options.format == "json":
            names = ("receipt", "account", "payer", "kind", "reference", "cents", "void")
            emit(options, {**_plain(found), "taken": [dict(zip(names, row, strict=True)) for row in rows]})
            return
        click.echo(f"{found.key}  {_stands(found)}")
        for number, account, payer, kind, reference, cents, void in rows:
            said = clean_text(f"{kind.replace('_', ' ')} {reference} {payer}".strip())
            back = "  taken back" if void else ""
            click.echo(f"  {number:<10} {format_account(account)} {format_money(cents):>11}  {said}{back}")


def _plain(found: Counted) -> dict[str, object]:
    return {
        "drawer": found.key, "state": _stands(found), "receipts": found.receipts,
        "expected_cents": found.expected.total if found.expected else None,
        "counted_cents": found.counted.total if found.counted else None, "proposal": found.proposal,
    }  # fmt: skip


def _stands(found: Counted) -> str:
    if found.counted is None:
        return "open"
    over = found.difference.total
    told = f"{format_money(found.counted.total)} counted"
    told += f", {format_money(abs(over))} {'over' if over > 0 else 'short'}" if over else ", as expected"
    if found.waits:
        return f"{format_money(found.counted.total)} counted: its tenders differ, another person counts it"
    told += f" ({found.difference.said()})" if found.difference.swapped else ""
    return f"closed {found.closed_on}, {told}" if found.closed_on else f"{told}: {found.proposal} is not approved"


acting(drawer, "drawer.close", "close")


@click.group(no_args_is_help=True)
def deposit() -> None:
    """Deposits: closed drawers and released batches, taken to the bank together."""


@deposit.command("list")
@shared()
def deposits_(options: Options) -> None:
    """Show the last deposits, the newest first."""
    with opened(options) as desk:
        found = desk.ask(deposits.deposits)
        if options.format == "json":
            emit(options, list(found))
            return
        for each in found:
            bank = format_money(each.cash_cents + each.checks_cents)
            click.echo(f"{each.number}  {each.day}  {bank:>12}  made by {each.made_by}")


@deposit.command("show")
@click.argument("number")
@shared(("text",))
def slip(options: Options, number: str) -> None:
    """Write the slip of deposit NUMBER as text, to be printed."""
    with opened(options) as desk:
        text = desk.ask(deposits.slip, number)
        desk.viewed("account.show", deposit=number[:20])
        click.echo(text, nl=False)


acting(deposit, "deposit.make", "make")

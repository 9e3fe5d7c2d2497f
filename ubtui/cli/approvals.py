"""`ubtui approvals`, `approve` and `reject`: the second person's side of an adjustment."""

from __future__ import annotations

from pathlib import Path

import click

from ubtui.cli import items
from ubtui.cli.common import Options, doing, emit, opened, shared
from ubtui.cli.made import listed
from ubtui.domain.money import format_money, parse_money
from ubtui.exchange.tables import FORMATS
from ubtui.services import adjustments
from ubtui.services.adjustments.inbox import INBOX, inbox
from ubtui.services.listing import Query


@click.group()
def approvals() -> None:
    """Proposals that wait for a decision."""


@approvals.command("list")
@click.option("--mine", is_flag=True, help="Only those that you may decide.")
@items.of_list(INBOX)
@shared(FORMATS)
def list_(options: Options, mine: bool, query: Query, limit: int, path: Path | None) -> None:
    """Show proposals that wait, the oldest first.

    JSON of the whole list has all that is known of each.
    """
    with opened(options) as desk:
        if options.format == "json" and path is None and query == Query() and not limit:
            desk.viewed("worklist.export", list=INBOX.name, format="json")
            emit(options, list(desk.ask(adjustments.pending, mine)))
            return
        listed(options, desk, desk.ask(inbox, mine), query, path, limit)


@click.command()
@shared()
@click.argument("proposal")
@click.option("--amount", required=True, help="The amount of the proposal, typed again.")
def approve(options: Options, proposal: str, amount: str) -> None:
    """Approve PROPOSAL and post it."""
    form = adjustments.Approve(proposal=proposal, amount_cents=parse_money(amount))
    with opened(options) as desk:
        result = doing(desk, options, adjustments.approve, form)
        if options.format == "json":
            emit(options, result)
            return
        amount_said = format_money(result.amount_cents)
        if result.journal_id is None:
            click.echo(f"{result.number}  {amount_said}  signed; {' and '.join(result.waits_for)} must sign too")
            return
        balance = format_money(result.balance_cents)
        click.echo(f"{result.number}  {amount_said}  posted as journal {result.journal_id}; balance {balance}")


@click.command()
@shared()
@click.argument("proposal")
@click.option("--reason", required=True, help="Why, for its maker.")
def reject(options: Options, proposal: str, reason: str) -> None:
    """Reject PROPOSAL with a reason."""
    with opened(options) as desk:
        emit(options, doing(desk, options, adjustments.reject, adjustments.Reject(proposal=proposal, reason=reason)))

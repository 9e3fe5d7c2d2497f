"""`ubtui approvals`, `approve` and `reject`: the second person's side of an adjustment."""

from __future__ import annotations

import click

from ubtui.cli.common import Options, doing, emit, opened, shared
from ubtui.cli.faults import say
from ubtui.domain.money import format_money, parse_money
from ubtui.domain.text import clean_text, fit
from ubtui.services import adjustments


@click.group()
def approvals() -> None:
    """Proposals that wait for a decision."""


@approvals.command("list")
@shared()
@click.option("--mine", is_flag=True, help="Only those that you may decide.")
def list_(options: Options, mine: bool) -> None:
    """Proposals that wait, the oldest first."""
    with opened(options) as desk:
        waiting = desk.ask(adjustments.pending, mine)
        if options.format == "json":
            emit(options, list(waiting))
            return
        for p in waiting:
            who = fit(clean_text(p.owner), 18, True)
            signed = f" signed by {', '.join(p.signed_by)}" if p.signed_by else ""
            click.echo(
                f"{p.number}  {p.account}  {who} {format_money(p.amount_cents):>12}  {p.reason:<20.20} {p.maker:<8}"
                f" until {p.expires_on}  {', '.join(p.approvers)}{signed}"
            )
        say(f"{len(waiting)} waiting")


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

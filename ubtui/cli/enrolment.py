"""`ubtui autopay` and `ubtui ebill`: accounts that are drafted, and accounts billed by e-mail."""

from __future__ import annotations

from datetime import timedelta

import click

from ubtui.cli.common import Options, emit, opened, shared
from ubtui.cli.faults import say
from ubtui.cli.made import acting
from ubtui.domain.dates import parse_day
from ubtui.domain.money import format_money
from ubtui.services import enrolment


@click.group(no_args_is_help=True)
def autopay() -> None:
    """Autopay: accounts that are drafted, by the processor's token alone."""


@autopay.command("list")
@click.option("--through", metavar="DAY", help="Drafts through this day (a week from today unless given).")
@shared()
def list_(options: Options, through: str | None) -> None:
    """Show the drafts that are coming, by account, each with its day and what is due."""
    with opened(options) as desk:
        today = desk.ask(lambda look: look.today)
        day = parse_day(through) if through else today + timedelta(days=7)
        found = desk.ask(lambda look: list(enrolment.register(look, day)))
        desk.viewed("account.show", list="drafts", rows=len(found))
        if options.format == "json":
            emit(options, found)
            return
        for each in found:
            click.echo(f"{each.account}  {each.on}  {format_money(each.cents):>11}  {each.told}")
        say(f"{len(found)} drafts through {day}, {format_money(sum(each.cents for each in found))}")


acting(autopay, "autopay.enrol", "enrol", "account")
acting(autopay, "autopay.stop", "stop", "account")


@click.group(no_args_is_help=True)
def ebill() -> None:
    """Bills by e-mail."""


acting(ebill, "ebill.enrol", "enrol", "account", "address")
acting(ebill, "ebill.stop", "stop", "account")

"""`ubtui payment take`, `payment receipt`: money over the counter."""

from __future__ import annotations

import click

from ubtui.cli.collecting import payment
from ubtui.cli.common import Options, opened, shared
from ubtui.cli.made import acting
from ubtui.services import counter

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

"""What the commands on work items share: how an item is named, how words are checked, how a change is told."""

from __future__ import annotations

from datetime import date

import click

from ubtui.cli.common import Options, emit
from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.exchange.tables import safe
from ubtui.services.worklist import Changed


def day(_ctx: click.Context, _param: click.Parameter, text: str | None) -> date | None:
    """A day as it is typed."""
    return parse_day(text) if text else None


item = click.argument("item", metavar="ITEM")
version = click.option("--version", type=int, help="The version that was seen; a later one refuses.")
filtered = click.option(
    "--filter", "text", metavar="EXPR", default="", help='As on the screen: "code:R04 cycle:B2 >90".'
)


def key(text: str) -> str:
    """An item's key in its one spelling."""
    return str(ItemKey.parse(text))


def said(text: str, option: str, most: int) -> str:
    """Words that an act keeps; BadValue where there are none or too many."""
    if not text.strip() or len(text) > most:
        raise BadValue(f"{option} {text[:40]!r}: write 1 to {most} characters.")
    return text


def told(options: Options, changed: Changed) -> None:
    """Say how an item stands now."""
    if options.format == "json":
        emit(options, changed)
        return
    parts = [changed.item, changed.state]
    if changed.assignee:
        parts.append(f"by {changed.assignee}")
    elif changed.state == "open" and changed.role:
        parts.append(f"for {changed.role}")
    if changed.until:
        parts.append(f"until {changed.until[:16].replace('T', ' ')}{' UTC' if 'T' in changed.until else ''}")
    click.echo(safe(" ".join(parts)))

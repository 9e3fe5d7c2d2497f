"""What the commands on work items share: how an item is named, how words are checked, how a change is told."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import click

from ubtui.cli.common import Options, emit, output
from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.exchange.tables import safe
from ubtui.services.listing import Listing, Query
from ubtui.services.worklist import Changed

T = TypeVar("T")


def day(_ctx: click.Context, _param: click.Parameter, text: str | None) -> date | None:
    """A day as it is typed."""
    return parse_day(text) if text else None


item = click.argument("item", metavar="ITEM")
version = click.option("--version", type=int, help="The version that was seen; a later one refuses.")
filtered = click.option(
    "--filter", "text", metavar="EXPR", default="", help='As on the screen: "code:R04 cycle:B2 >90".'
)


def of_list(of: Listing | None = None, narrows: bool = True) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """The options of a list; the command gets them as `query`, `limit` and `path`.

    `of` says by which columns it is sorted (None: only the record knows); without `narrows` the command has its own
    word for the filter, as `text`.
    """
    sorts: dict[str, Any] = {"type": click.Choice(list(of.sorts))} if of is not None else {"metavar": "COLUMN"}

    def wrap(command: Callable[..., T]) -> Callable[..., T]:
        @click.option("--sort", help="The column to sort by.", **sorts)
        @click.option("--reverse", is_flag=True, help="The list from its other end.")
        @click.option("--limit", type=click.IntRange(0), default=0, help="At most so many rows; 0: all of them.")
        @output
        @functools.wraps(command)
        def run(*args: Any, text: str, sort: str | None, reverse: bool, **kwargs: Any) -> T:
            return command(*args, query=Query(text, sort, reverse), **kwargs)

        return filtered(run) if narrows else run

    return wrap


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

"""`ubtui reads held` and `decide`: reads that wait for a person, listed and decided many at once."""

from __future__ import annotations

from pathlib import Path

import click

from ubtui.cli import items
from ubtui.cli.common import Options, doing, emit, opened, shared
from ubtui.cli.faults import REFUSED, say
from ubtui.cli.made import listed
from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.text import clean_text
from ubtui.exchange.tables import FORMATS, safe
from ubtui.services.listing import Query
from ubtui.services.reads.deciding import Decide, Decided
from ubtui.services.reads.deciding import decide as act
from ubtui.services.reads.held import HELD


@click.command()
@click.argument("text", metavar="[FILTER]", default="")
@items.of_list(HELD, narrows=False)
@shared(FORMATS)
def held(options: Options, query: Query, limit: int, path: Path | None) -> None:
    """Reads that are held, the first to be billed first, with what is expected and in which range.

    FILTER is as on the screen: `code:R04 route:101 units>100 age>3`, or words of the row.
    """
    with opened(options) as desk:
        listed(options, desk, HELD, query, path, limit)


@click.command()
@click.argument("decision", type=click.Choice(["release", "estimate", "reread", "defer"]))
@click.argument("text", metavar="FILTER")
@click.option("--reason", required=True, help="Why, for the record.")
@click.option(
    "--else",
    "otherwise",
    type=click.Choice(["estimate", "reread"]),
    help="What becomes of a read that cannot be decided so, as one below the read before it; without it, it stays.",
)
@click.option("--extremes", is_flag=True, help="Release reads of extreme use too; without it, they stay held.")
@click.option("--until", default="", metavar="DAY", help="Of defer: the day it comes back. Of reread: by when.")
@shared()
def decide(
    options: Options, decision: str, text: str, reason: str, otherwise: str | None, extremes: bool, until: str
) -> None:
    """Decide every held read that FILTER lets through; ALL for every one. A read that cannot be decided so is decided
    as --else says, else it is told and stays as it is; then the exit code is 1. --dry-run shows what would become of
    each. A release leaves reads of extreme use held, each told with its figures, unless --extremes says that they are
    meant too. Corrections are one by one: `ubtui meter review`.
    """
    if len(clean_text(reason).strip()) < 3 or len(reason) > 200:
        raise BadValue(f"--reason {reason[:40]!r}: say why in a few words, 3 to 200 characters.")
    form = Decide(
        decision=decision,  # type: ignore[arg-type]  # one of the choices above
        otherwise=otherwise or "",  # type: ignore[arg-type]
        filter=text, reason=reason, until=parse_day(until) if until else None, extremes=extremes,
    )  # fmt: skip
    with opened(options) as desk:
        got = doing(desk, options, act, form)
        if options.format == "json":
            emit(options, got)
        for each in got.rows if options.format != "json" else ():
            if each.done:
                odd = f"; extreme: {each.extreme}" if each.extreme else ""
                click.echo(safe(f"{each.point:<9} {each.told}{odd}"))
            else:
                say(f"{each.point}: {each.told}")
        spared = f"; {got.spared:,} extreme left held, --extremes releases such too" if got.spared else ""
        say(f"{counted(got)} of {got.done + got.left:,} held reads{spared}")
    if got.left:
        raise click.exceptions.Exit(REFUSED)


def counted(got: Decided) -> str:
    """How many reads by each decision: "release: 5, estimate: 1"."""
    return ", ".join(f"{way}: {count:,}" for way, count in got.by.items())

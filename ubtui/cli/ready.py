"""`ubtui reads ready` and `recompute`: whether a period may be billed, and whether what was billed was so read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ubtui.cli.common import Options, doing, emit, going_to, opened, output, rendered, shared
from ubtui.cli.faults import REFUSED, say
from ubtui.exchange.tables import FORMATS, Field, Shown, safe, write
from ubtui.services import forms
from ubtui.services.reads.estimating import Estimate, estimate
from ubtui.services.reads.ready import Counts, Ready, Trued
from ubtui.services.reads.ready import cycle as asked
from ubtui.services.reads.recomputing import recompute as again

_NAMES = Counts.__struct_fields__
_FIELDS = (Field("route", "mark"), Field("period", "mark"), *(Field(name, "int") for name in _NAMES))
_SHOWN = (
    Shown("route", "Route", 12), *(Shown(name, name.capitalize(), max(7, len(name)), True) for name in _NAMES),
)  # fmt: skip


@click.command()
@click.argument("cycle")
@click.option("--period", default="", metavar="PERIOD", help="As B2/2026-11; without it the one being read, or last.")
@click.option("--spans", is_flag=True, help="Also each read that puts estimates right, with every period's share.")
@click.option("--estimate", "why", default="", metavar="REASON", help="First estimate what is skipped or missing, for"
              " this reason; with --dry-run it is only shown.")  # fmt: skip
@click.option("--early", is_flag=True, help="With --estimate: also before the read day.")
@output
@shared(FORMATS)
def ready(options: Options, cycle: str, period: str, spans: bool, why: str, early: bool, path: Path | None) -> None:
    """Whether CYCLE may be billed: each route's meters by what they have. The exit code is 1 while something stands in
    the way: a meter missing, skipped and not estimated, held, or a row of a file that waits. What is billed is done.
    With --estimate whatever nobody read is estimated first, so that held reads are all that is left to decide; a
    --dry-run of it shows what would stand then.
    """
    with opened(options) as desk:
        found = desk.ask(asked, cycle, period)
        stands = found.ready or found.billed
        lacking = found.total.missing + found.total.skipped
        if why and lacking:
            made = doing(desk, options, estimate, _estimate(found, why, early))
            say(f"estimated: {len(made.reads):,} of {len(made.reads) + len(made.left):,} registers")
            for left in made.left:
                say(f"{left.point} {left.meter}: {left.why}")
            tried = [each.point for each in made.reads] if options.dry_run else []
            found = desk.ask(asked, cycle, found.period, tried)
            stands = not tried and (found.ready or found.billed)
        with going_to(path, options, desk) as out:
            desk.viewed("meter.show", cycle=cycle[:20], period=found.period, routes=len(found.routes))
            if options.format == "json":
                out.write("".join(f"{line}\n" for line in rendered(options, found)).encode())
            else:
                write(out, options.format, _FIELDS, _rows(found), _SHOWN)
        for each in found.true_ups if spans and options.format == "text" else ():
            click.echo("\n".join(safe(line) for line in _span(each)))
        say(found.verdict if not (why and lacking and options.dry_run) else f"it would be: {found.verdict}")
        if found.total.missing + found.total.skipped and not why:
            say(f"--estimate REASON estimates the {found.total.missing + found.total.skipped:,} that nobody read")
    if not stands:
        raise click.exceptions.Exit(REFUSED)


@click.command()
@click.option("--period", default="", metavar="PERIOD", help="Bills of this period, as B2/2026-11; without it all.")
@shared()
def recompute(options: Options, period: str) -> None:
    """The use of every bill that stands, derived once more from the raw reads; the exit code is 1 where one differs."""
    with opened(options) as desk:
        found = desk.ask(again, period)
        desk.viewed("meter.show", period=period[:20], uses=found.uses, differences=len(found.differences))
        if options.format == "json":
            emit(options, found)
        for each in found.differences if options.format != "json" else ():
            said = "no read" if each.reads is None else f"{each.reads:,}"
            click.echo(safe(f"{each.bill}  {each.point}  {each.period}: billed {each.billed:,}, its reads say {said}"))
        say(f"{found.uses:,} uses of bills derived again, {len(found.differences):,} differ")
    if found.differences:
        raise click.exceptions.Exit(REFUSED)


def _estimate(found: Ready, why: str, early: bool) -> Estimate:
    given = {"cycle": found.cycle, "period": found.period, "skipped": "yes", "reason": why}
    form = forms.form("read.estimate", given | ({"early": "yes"} if early else {}))
    assert isinstance(form, Estimate)
    return form


def _rows(found: Ready) -> Iterator[list[Any]]:
    for route in found.routes:
        yield [route.route or "no route", found.period, *(getattr(route, name) for name in _NAMES)]


def _span(up: Trued) -> Iterator[str]:
    yield f"{up.point} {up.account}: {up.total:,} in {up.days} days from {up.since} to {up.on}"
    for period, days, use, share in up.shares:
        yield f"  {period:<12}{days:>4} days  stands with {use:>7,}  its share {share:>7,}"

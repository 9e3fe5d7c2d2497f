"""ubtui worklist board, whatif, limits, promote: how the work goes, for whoever answers for it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ubtui.cli.common import Options, doing, emit, opened, shared
from ubtui.domain.charts import bars
from ubtui.domain.errors import BadValue
from ubtui.exchange.tables import safe
from ubtui.services import worklist as room
from ubtui.services.worklist import board as rooms
from ubtui.services.worklist.whatif import WhatIf, what_if

WIDTH = 79


@click.command()
@shared()
def board(options: Options) -> None:
    """Show what is open by kind, age and person, what came back or was dismissed, and each day's work."""
    with opened(options) as desk:
        desk.viewed("worklist.board")
        found = desk.ask(rooms.board)
        if options.format == "json":
            emit(options, found)
            return
        for line in lines(found):
            click.echo(safe(line))


def lines(found: rooms.Board) -> Iterator[str]:
    """The board as text: totals, kinds, people, days with a bar each."""
    yield (
        f"{found.live:,} open, {found.late:,} of them late, the oldest {found.oldest} d; "
        f"{found.backlog:,} in the backlog"
    )
    ages = [name for name, _ in rooms.AGES]
    yield ""
    yield f"{'Kind':<28} {'all':>5} {' '.join(f'{name:>7}' for name in ages)} {'oldest':>6} {'late':>5} back dism."
    for row in found.kinds:
        share = f"{100 * row.dismissed // row.raised:>4}%" if row.raised else "     "
        counts = " ".join(f"{count:>7,}" for count in row.ages)
        name = f"{row.code} {row.title}"[:28]
        yield f"{name:<28} {row.live:>5,} {counts} {row.oldest:>4} d {row.late:>5,} {row.reopened:>4,} {share}"
    yield ""
    yield f"{'Person':<28} {'hand':>5} {'theirs':>7} {'waiting':>7} {'oldest':>7} {'today':>7} {'14 d':>6} dismissed"
    for person in found.people:
        name = person.name or "nobody yet"
        yield (
            f"{name:<28} {person.claimed:>5,} {person.assigned:>7,} {person.waiting:>7,} {person.oldest:>5} d"
            f" {person.today:>7,} {person.closed:>6,} {person.dismissed:>9,}"
        )
    yield ""
    yield from bars(
        [
            (
                f"{day.day:%b %d}",
                day.closed + day.by_itself + day.dismissed,
                f"done ({day.by_itself} by itself, {day.dismissed} dismissed), {day.raised} raised",
            )
            for day in found.days
        ],
        WIDTH,
    )


@click.command()
@click.argument("code")
@click.argument("changes", nargs=-1, metavar="[LIMIT=VALUE]...")
@shared()
def whatif(options: Options, code: str, changes: tuple[str, ...]) -> None:
    """Count what a code would raise under other limits: ubtui worklist whatif R04 times=180%."""
    pairs = dict(_pair(each) for each in changes)
    with opened(options) as desk:
        found = desk.ask(what_if, code, pairs)
    if options.format == "json":
        emit(options, found)
        return
    for line in told(found):
        click.echo(safe(line))


def told(found: WhatIf) -> Iterator[str]:
    """What other limits would do, a line each: the count, the limits, the periods, what would come and go."""
    yield found.said()
    for limit in found.limits:
        tried = f" tried as {limit.then}" if limit.then != limit.now else ""
        yield f"  {limit.name} = {limit.now}{tried}"
    for period in found.periods:
        yield f"  {period.period}: {period.then:,} instead of {period.now:,}"
    for word, keys in (("come", found.come), ("go", found.go)):
        yield from (f"  would {word}: {key}" for key in keys)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadValue(f"{text[:60]!r} is not LIMIT=VALUE.")
    return name, value


@click.command()
@click.argument("code")
@click.argument("changes", nargs=-1, required=True, metavar="LIMIT=VALUE...")
@click.option("--reason", required=True, help="Why.")
@shared()
def limits(options: Options, code: str, changes: tuple[str, ...], reason: str) -> None:
    """Adopt other limits for a code from now on; the list follows at once. Count them with whatif first."""
    pairs = tuple(f"{name}={value}" for name, value in map(_pair, changes))
    with opened(options) as desk:
        emit(options, doing(desk, options, room.adopt, room.Limits(code=code, limits=pairs, reason=reason[:500])))


@click.command()
@click.argument("code")
@click.option("--reason", required=True, help="Why it is wanted again.")
@shared()
def promote(options: Options, code: str, reason: str) -> None:
    """Bring a kind that demoted itself back from the backlog."""
    with opened(options) as desk:
        emit(options, doing(desk, options, room.promote, room.Promote(code=code, reason=reason[:500])))


COMMANDS = (board, whatif, limits, promote)

"""`ubtui meter`: what hangs at a point, every read of it, and reads that come by no file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from ubtui.cli import items, meter_parts, printing
from ubtui.cli.common import Options, emit, going_to, opened, output, rendered, shared
from ubtui.cli.made import acting, listed
from ubtui.domain.holds import held_for
from ubtui.domain.text import clean_text, fit
from ubtui.exchange import tables
from ubtui.exchange.tables import FORMATS
from ubtui.services import meters, stock
from ubtui.services.listing import Query
from ubtui.services.locations import location
from ubtui.services.meters import Card, MeterHistory, ReadLine
from ubtui.services.orders.sheets import hanging

_BARS: Final = " ▁▂▃▄▅▆▇█"
_FIELDS: Final = (
    *(tables.Field("point", "mark"), tables.Field("on", "day"), tables.Field("seq", "int")),
    *(tables.Field("period", "mark"), tables.Field("meter"), tables.Field("register", "int")),
    *(tables.Field("value", "int"), tables.Field("use", "int"), tables.Field("unit", "mark")),
    *(tables.Field("days", "int"), tables.Field("per_day", "mark"), tables.Field("last_year", "int")),
    *(tables.Field("kind", "mark"), tables.Field("source", "mark"), tables.Field("status", "mark")),
    *(tables.Field("held", "mark"), tables.Field("trouble"), tables.Field("rolled", "int")),
    *(tables.Field("by"), tables.Field("reviews", "mark"), tables.Field("estimated_by", "mark")),
    *(tables.Field("share", "int"), tables.Field("span_on", "day")),
)


@click.group()
def meter() -> None:
    """Meters and their reads."""


@meter.command()
@output
@shared(("text", "csv", "json", "md", "xlsx"))
@click.argument("meter")
def history(options: Options, meter: str, path: Path | None) -> None:
    """Card, exchanges and all reads at METER: maker/serial, a service point, or an account with one point.

    CSV, Markdown and XLSX have one line a read; JSON and text the whole history.
    """
    with opened(options) as desk:
        found = desk.ask(meters.history, meter)
        with going_to(path, options, desk) as out:
            desk.viewed("meter.show", point=found.card.point)
            if options.format in ("text", "json"):
                made = text(found) if options.format == "text" else rendered(options, found)
                out.write("".join(f"{line}\n" for line in made).encode())
            else:
                tables.write(out, options.format, _FIELDS, (_row(found.card, line) for line in found.reads))


def _row(card: Card, line: ReadLine) -> list[Any]:
    plain = msgspec.to_builtins(line, enc_hook=str)
    plain |= {"point": card.point, "unit": card.use_unit, "rolled": int(line.rolled)}
    return [plain[field.name] for field in _FIELDS]


def text(found: MeterHistory) -> Iterator[str]:
    """The history as lines for people, 80 columns."""
    card = found.card
    yield f"{card.point}  {clean_text(card.address)}  {card.state}"
    if card.account:
        rests = ", seasonal" if card.seasonal else ""
        yield f"account {card.account}  {clean_text(card.who)}  {card.service} {card.rate} in {card.use_unit}{rests}"
    where = f"route {card.route or '-'}-{'-' if card.sequence is None else card.sequence}"
    if card.meter:
        zeros = f", {card.fixed_zeros} fixed zeros" if card.fixed_zeros else ""
        times = f" × {card.multiplier}" if card.multiplier != "1" else ""
        radio = f"  radio {card.radio}" if card.radio else ""
        yield f'meter {card.meter}  {card.size}"  {card.dials} dials{zeros}{times} {card.meter_unit}{radio}  {where}'
    else:
        yield f"no meter known: use comes as it is  {where}"
    if card.seal:
        why = card.lock_reason.replace("_", " ")
        yield f"seal {card.seal} of {card.sealed_on}: {card.lock}, {why}, rate {card.seal_rate}"
    if card.location:
        yield f"location: {card.location}"
    for hung in found.installs if len(found.installs) > 1 else ():
        yield f"  {hung.on} to {hung.off or 'now'!s:<10}  {hung.meter or 'no meter known'}"
    yield f"use of 24 months to {found.through}  {bars(found.months)}  most {max(found.months):,} {card.use_unit}"
    yield ""
    yield f"{'read':<11}{'period':<12}{'value':>11}{'use':>8}{'days':>5}{'a day':>8}{'year ago':>9}  state"
    yield from map(_line, found.reads)


def _line(line: ReadLine) -> str:
    value, use, days, ago = (
        "" if n is None else f"{n:,}" for n in (line.value, line.use, line.days, line.last_year)
    )  # fmt: skip
    said = [line.status]
    said += [held_for(line.held)] * bool(line.held) + ["past zero"] * line.rolled
    said += [line.kind] * (line.kind != "regular") + [f"estimated {line.estimated_by}".rstrip()] * (line.source == "E")
    said += [] if line.share is None else [f"share {line.share:,} to {line.span_on}"]
    said += [line.trouble] * bool(line.trouble) + [line.reviews] * bool(line.reviews)
    day = f"{line.on}{f'.{line.seq}' if line.seq > 1 else ''}"
    return (
        f"{day:<13}{fit(line.period, 10, True)}{value:>11}{use:>8}{days:>5}{line.per_day:>8}{ago:>9}  {', '.join(said)}"
    )


def bars(values: tuple[int, ...]) -> str:
    """A sparkline: eight heights, a blank for nothing."""
    top = max(values, default=0)
    return "".join(_BARS[0 if not v else max(1, v * 8 // top)] for v in values)


meter.add_command(meter_parts.show)


@meter.command("list")
@items.of_list(stock.METERS)
@shared(FORMATS)
def list_(options: Options, query: Query, limit: int, path: Path | None) -> None:
    """Every meter the district has by size and age: set, removed, or in stock (search for the word)."""
    with opened(options) as desk:
        listed(options, desk, stock.METERS, query, path, limit)


@meter.command()
@shared()
def ages(options: Options) -> None:
    """How many meters of each size hang somewhere, by the years since they were set."""
    with opened(options) as desk:
        found = desk.ask(stock.ages)
        desk.viewed("meter.show", sizes=len(found))
        emit(options, found)


@meter.command()
@click.argument("meter")
@shared()
def life(options: Options, meter: str) -> None:
    """The life of METER, a serial or maker/serial: bought, set, tested, removed, with what it showed."""
    with opened(options) as desk:
        found = desk.ask(stock.life, meter)
        desk.viewed("meter.show", meter=found.meter)
        plain = msgspec.to_builtins(found, enc_hook=str)
        if options.format == "text":  # its events tell the tests
            del plain["tests"]
        emit(options, plain)


@meter.command()
@click.argument("meter")
@output
@printing.pdf
@shared()
def sheet(options: Options, meter: str, path: Path | None, pdf: Path | None) -> None:
    """The card of the place of METER: maker/serial, a service point, or an account with one point. Where it is found
    and how to get at it, what hangs there, its seal and its last reads."""
    from ubtui.documents import meter_card

    with opened(options) as desk:
        found = desk.ask(meters.history, meter)
        card = found.card
        where = [
            ("Route", f"{card.route}-{'-' if card.sequence is None else card.sequence}" if card.route else ""),
            ("Account", card.account), ("Customer", card.who), *desk.ask(location, card.point).lines(),
        ]  # fmt: skip
        reads = [_read(line) for line in found.reads[:_READS]]
        desk.viewed("meter.show", point=card.point)
        if pdf is not None:
            months = list(zip(_labels(found.through, len(found.months)), found.months, strict=True))
            made = meter_card.page(card.point, card.address, where, hanging(card), reads, months, card.use_unit)
            printing.printed(desk, pdf, [made])
            return
        with going_to(path, options, desk) as out:
            out.write(meter_card.render(card.point, card.address, where, hanging(card), reads).encode())


_READS: Final = 14


def _read(line: ReadLine) -> list[str]:
    figures = ("" if n is None else f"{n:,}" for n in (line.value, line.use, line.days))
    estimated = "estimated" if line.source == "E" else ""
    state = ", ".join(filter(None, (line.status, line.kind if line.kind != "regular" else "", estimated)))
    return [str(line.on), line.period, *figures, state]


def _labels(through: str, count: int) -> list[str]:
    """The months up to `through` (2026-11), oldest first, as the months' numbers; a year stands at each January."""
    last = int(through[:4]) * 12 + int(through[5:]) - 1
    return [f"{n // 12}" if n % 12 == 0 else f"{n % 12 + 1}" for n in range(last - count + 1, last + 1)]


acting(meter, "meter.exchange", "exchange", "point")
acting(meter, "meter.face", "face", "meter")
acting(meter, "meter.stock", "stock", "maker", "serial")
acting(meter, "meter.test", "test", "meter")
acting(meter, "point.place", "place", "point")
acting(meter, "read.enter", "read", "point", "value")
acting(meter, "read.skip", "skip")
acting(meter, "read.review", "review", "point", "read_on", "code", "decision")
acting(meter, "read.cancel_estimates", "cancel-estimates", "point", "read_on")
acting(meter, "read.swap", "swap", "point", "read_on", "other")
acting(meter, "read.days", "days", "route", "period", "decision")

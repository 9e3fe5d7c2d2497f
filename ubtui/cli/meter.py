"""`ubtui meter`: what hangs at a point, every read of it, and reads that come by no file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from ubtui.cli.common import Options, going_to, opened, output, rendered, shared
from ubtui.cli.made import acting
from ubtui.domain.text import clean_text, fit
from ubtui.exchange import tables
from ubtui.services import meters
from ubtui.services.meters import Card, MeterHistory, ReadLine

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
        yield f"  {hung.on} to {hung.off or 'now':<10}  {hung.meter or 'no meter known'}"
    yield f"use of 24 months to {found.through}  {bars(found.months)}  most {max(found.months):,} {card.use_unit}"
    yield ""
    yield f"{'read':<11}{'period':<12}{'value':>11}{'use':>8}{'days':>5}{'a day':>8}{'year ago':>9}  state"
    yield from map(_line, found.reads)


def _line(line: ReadLine) -> str:
    value, use, days, ago = (
        "" if n is None else f"{n:,}" for n in (line.value, line.use, line.days, line.last_year)
    )  # fmt: skip
    said = [line.status]
    said += [line.held] * bool(line.held) + ["past zero"] * line.rolled
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


acting(meter, "meter.exchange", "exchange", "point")
acting(meter, "meter.test", "test", "meter")
acting(meter, "point.place", "place", "point", "location")
acting(meter, "read.enter", "read", "point", "value")
acting(meter, "read.skip", "skip")
acting(meter, "read.review", "review", "point", "read_on", "code", "decision")
acting(meter, "read.cancel_estimates", "cancel-estimates", "point", "read_on")
acting(meter, "read.swap", "swap", "point", "read_on", "other")
acting(meter, "read.days", "days", "route", "period", "decision")

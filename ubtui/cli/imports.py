"""`ubtui import`: files into the record, and what to do with the rows that could not go in."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import click
from msgspec import structs

from ubtui.cli.common import Options, doing, emit, going_to, opened, output, shared, tell
from ubtui.cli.faults import REFUSED, say
from ubtui.desk import Seat
from ubtui.domain.errors import BadValue
from ubtui.exchange.profile import KINDS, Kind, load, names
from ubtui.exchange.tables import FORMATS

STATES: Final = ("staged", "kept", "mended", "dropped")


@click.group()
def imports() -> None:
    """Bring in parcels, accounts, meters, reads or usage from a file; rows that cannot go in stay staged."""


def _command(kind: Kind) -> None:
    generic = f"generic-{kind}"
    about = f"Bring in {kind} from FILE. The same content is refused; --dry-run reports and keeps nothing."

    @imports.command(kind, help=about)
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--profile", metavar="NAME", default=generic, show_default=True, help="Layout: a name or .toml file.")
    @click.option("--strict", is_flag=True, help="Any row that cannot go in fails the whole file.")
    @shared()
    def run(options: Options, file: Path, profile: str, strict: bool) -> None:
        gc.disable()  # rows have no cycles: to look for some among all that is kept at hand is a tenth of an import
        try:
            _take(options, kind, file, profile, strict)
        finally:
            gc.enable()


for _kind in KINDS:
    _command(_kind)


def _take(options: Options, kind: Kind, file: Path, profile: str, strict: bool) -> None:
    from ubtui.act import Refused
    from ubtui.exchange.rows import FileFault, source
    from ubtui.services.imports.release import Release, answered, release, sweep
    from ubtui.services.imports.stage import Asked, staging

    layout = load(profile, kind)
    with opened(options) as desk:
        look = desk.look()
        if options.key and answered(look, options.key):
            seen = source(file, layout)
            emit(options, tell(desk.perform(release, Release(kind=kind, sha256=seen.sha256), options.key)))
            return
        steps = staging(look, Asked(kind, file, layout, profile, strict, options.dry_run))
        shown = _Gauge()
        try:
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    report, batch_id = end.value
                    break
                shown.draw(step.done, step.total)
        except Refused as no:
            shown.clear()
            say(f"refused: {no.sentence()}")
            raise click.exceptions.Exit(REFUSED) from None
        except FileFault as fault:
            raise FileFault(f"{fault} — nothing of it went in") from None
        finally:
            shown.clear()
            steps.close()
        if options.dry_run:
            more = "; the checks at the release may hold more reads" if kind in ("reads", "usage") else ""
            say(f"dry run: nothing was kept{more}")
        else:
            form = Release(kind=kind, sha256=report.sha256)
            answer = desk.perform(release, form, options.key or f"{kind}-{report.sha256}")
            if isinstance(answer, Refused):
                sweep(look.db, look.now, look.utc, batch_id)
            got = tell(answer)
            report = structs.replace(report, held_now=got.held)
            say(f"batch {got.batch} is in")
        emit(options, report)


class _Gauge:
    """One line on a terminal that says how far an import is and how long it will take; nothing elsewhere."""

    def __init__(self) -> None:
        self.on, self.started, self.drawn = sys.stderr.isatty(), 0.0, 0.0

    def draw(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self.on or now - self.drawn < 0.1:
            return
        self.drawn = now
        if not done:
            text = f"looking through the file: {total:,} rows"
        else:
            self.started = self.started or now
            left = int((now - self.started) * (total - done) / done) if now - self.started > 1 else None
            text = f"{done:,} of {total:,} rows" + ("" if left is None else f", about {left} s left")
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.on and self.drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@imports.group()
def staged() -> None:
    """Rows that could not go in, and what becomes of them."""


@staged.command("list")
@click.option("--kind", type=click.Choice(KINDS), default=None, help="Rows of one kind of file.")
@click.option("--reason", default="", metavar="CODE", help="Rows staged for one reason, as duplicate-read.")
@click.option(
    "--state", type=click.Choice(["staged", "kept", "mended", "dropped"]), default="staged", show_default=True
)
@click.option("--batch", type=int, default=None, help="Rows of one batch.")
@output
@shared(FORMATS)
def staged_list(
    options: Options, kind: str | None, reason: str, state: str, batch: int | None, path: Path | None
) -> None:
    """List staged rows."""
    from ubtui.exchange.tables import Field, Shown, write
    from ubtui.services.imports.staged import Staged
    from ubtui.services.imports.staged import staged as question

    names = (
        "row",
        "batch",
        "source",
        "row_no",
        "kind",
        "reason",
        "state",
        "point",
        "period",
        "money_cents",
        "sentence",
    )
    kinds: dict[str, Literal["int", "money", "text"]] = {"row": "int", "batch": "int", "row_no": "int"}
    fields = [Field(n, kinds.get(n, "money" if n == "money_cents" else "text")) for n in names]
    shown = [Shown("row", "Row", 7, True), Shown("kind", "Kind", 8), Shown("reason", "Reason", 18)]
    shown += [Shown("point", "Point", 10), Shown("period", "Period", 12), Shown("sentence", "Why")]
    with opened(options) as desk:

        def pages() -> Iterator[Staged]:
            after = 0
            while page := desk.ask(question, kind or "", reason, state, batch, after):
                yield from page
                after = page[-1].row

        rows = (tuple(getattr(row, name) for name in names) for row in pages())
        with going_to(path, options, desk) as out:
            write(out, options.format, fields, rows, shown)


@staged.command("show")
@click.argument("row", type=int)
@shared()
def staged_show(options: Options, row: int) -> None:
    """Show one staged row with its fields."""
    from ubtui.services.imports.staged import one

    with opened(options) as desk:
        emit(options, desk.ask(one, row))


@staged.command("mend")
@click.argument("row", type=int)
@click.option("--set", "pairs", multiple=True, required=True, metavar="FIELD=VALUE", help="A field put right.")
@shared()
def staged_mend(options: Options, row: int, pairs: tuple[str, ...]) -> None:
    """Put fields right; the row goes in if it is right then."""
    from ubtui.services.imports.staged import Mend, mend

    with opened(options) as desk:
        emit(options, doing(desk, options, mend, Mend(row=row, set=pairs)))


def _decide(word: Literal["keep", "drop"], help_text: str) -> None:
    @staged.command(word, help=help_text)
    @click.argument("row", type=int)
    @click.option("--reason", required=True, metavar="TEXT", help="Why, for the record.")
    @click.option("--alike", is_flag=True, help="Every waiting row of the same unknown meter.")
    @shared()
    def run(options: Options, row: int, reason: str, alike: bool) -> None:
        from ubtui.services.imports.staged import Decide, decide

        if not 3 <= len(reason) <= 500:
            raise BadValue("--reason: write 3 to 500 characters.")
        with opened(options) as desk:
            emit(options, doing(desk, options, decide, Decide(row=row, decision=word, reason=reason, alike=alike)))


_decide("keep", "Take a staged row in; a second read takes the place of the first.")
_decide("drop", "Put a staged row away for good.")


@staged.command("link")
@click.argument("row", type=int)
@click.argument("meter", metavar="MAKER/SERIAL")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the record.")
@click.option("--once", is_flag=True, help="For these rows alone: the next file's serial is asked about again.")
@click.option("--yes", is_flag=True, help="The serial stood for another meter until now, and means this one.")
@shared()
def staged_link(options: Options, row: int, meter: str, reason: str, once: bool, yes: bool) -> None:
    """Say which meter the rows of an unknown one are of; they go in, and the serial is understood from then on."""
    from ubtui.services.imports.staged import Link, link

    if not 3 <= len(reason) <= 500:
        raise BadValue("--reason: write 3 to 500 characters.")
    if not 3 <= len(meter) <= 81:
        raise BadValue("MAKER/SERIAL: as badger/12345678, or the serial alone where one meter has it.")
    with opened(options) as desk:
        form = Link(row=row, meter=meter, reason=reason, always=not once, instead=yes)
        emit(options, doing(desk, options, link, form))


@staged.command("links")
@output
@shared(FORMATS)
def staged_links(options: Options, path: Path | None) -> None:
    """List the serials under which files name a meter besides its own."""
    from ubtui.exchange.tables import Field, Shown, write
    from ubtui.services.imports.links import links

    names = ("serial", "meter")
    with opened(options) as desk:
        rows = ((each.serial, each.meter) for each in desk.ask(links))
        fields, shown = (
            [Field(name, "text") for name in names],
            [Shown("serial", "Serial", 24), Shown("meter", "Meter")],
        )
        with going_to(path, options, desk) as out:
            write(out, options.format, fields, rows, shown)


@staged.command("unlink")
@click.argument("serial")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the record.")
@shared()
def staged_unlink(options: Options, serial: str, reason: str) -> None:
    """Take a linked serial back: the next file's is asked about again, and so are rows that wait by it. Names these,
    and all reads that came in by it."""
    from ubtui.services.imports.links import Unlink, unlink

    if not 3 <= len(reason) <= 500:
        raise BadValue("--reason: write 3 to 500 characters.")
    with opened(options) as desk:
        emit(options, doing(desk, options, unlink, Unlink(serial=serial, reason=reason)))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "kind", type=click.Choice(KINDS), help="Read it by the generic profile of this kind.")
@click.option("--profile", metavar="NAME", help="Read it by this profile.")
@click.option("--rows", type=click.IntRange(0, 100_000), default=0, show_default=True, help="Rows to show as read.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def inspect(file: Path, kind: Kind | None, profile: str | None, rows: int, form: str) -> None:
    """Say what FILE holds before it is imported: encoding, rows, columns found, rows that cannot be read."""
    from ubtui.services.imports.stage import inspected

    if (kind is None) == (profile is None):
        raise BadValue(f"Say --as KIND or --profile NAME, one of {', '.join(names())}.")
    found = inspected(file, load(profile or f"generic-{kind}", kind), rows)
    emit(Options("", Seat(), None, False, form), found)

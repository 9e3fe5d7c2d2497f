"""What every command shares: its options, the desk it opens, and how an answer is told."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Concatenate, ParamSpec, TypeVar

import click
import msgspec
from click.core import ParameterSource

from ubtui.act import Act, Done, Form, Refused, new_key
from ubtui.cli.faults import BAD_INPUT, REFUSED, say
from ubtui.desk import Desk, Seat
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.domain.text import cell_width, clean_text
from ubtui.settings import default_data

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
F = TypeVar("F", bound=Form)


class Options(msgspec.Struct, frozen=True):
    """The options every command takes: where, who, under which key, for real or not, in which form."""

    data: str
    seat: Seat
    key: str | None
    dry_run: bool
    format: str


def data_at(given: str | None) -> str:
    """The district's place: as given, else $UBTUI_DATA, else the default folder."""
    return given or os.environ.get("UBTUI_DATA") or str(default_data())


def shared(
    formats: Sequence[str] = ("text", "json"), default: str | None = None
) -> Callable[[Callable[Concatenate[Options, P], T]], Callable[P, T]]:
    """The shared options; the command gets them as its first argument, an `Options`.

    `formats` are what `--format` may be; `default` is the first of them unless named.
    """

    def wrap(command: Callable[Concatenate[Options, P], T]) -> Callable[P, T]:
        @click.option("--data", metavar="FOLDER|URL", help="The district (else $UBTUI_DATA, else the default folder).")
        @click.option("--as", "as_name", metavar="NAME", help="Who sits here, in sample and training districts.")
        @click.option("--seat-key", metavar="KEY", help="The seat of a forced command.")
        @click.option("--key", metavar="KEY", help="Do it once: the same key gives the first answer again.")
        @click.option("--dry-run", is_flag=True, help="Do and check everything, then keep nothing.")
        @click.option(
            "--format", "form", type=click.Choice(list(formats)), default=default or formats[0], show_default=True
        )
        @functools.wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            given: dict[str, Any] = kwargs
            root = click.get_current_context().find_root().params
            picked = {name: given.pop(name) or root.get(name) for name in ("data", "as_name", "seat_key")}
            key, dry_run, form = given.pop("key"), given.pop("dry_run"), given.pop("form")
            if "csv" in formats and (path := given.get("path")) is not None:
                form = _form_of(path, form, formats)
            if key is not None and not (8 <= len(key) <= 200 and key.isprintable()):
                raise BadValue(f"--key {key[:40]!r}: use 8 to 200 printable characters.")
            options = Options(
                data_at(picked["data"]), Seat(picked["as_name"], picked["seat_key"]), key, bool(dry_run), form
            )
            return command(options, *args, **kwargs)

        return run

    return wrap


def _form_of(path: Path, form: str, formats: Sequence[str]) -> str:
    """The format of a list's file: as `--format` says, else as its ending does; BadValue where they differ."""
    from ubtui.exchange.tables import misnamed, said_by

    is_chosen = click.get_current_context().get_parameter_source("form") is not ParameterSource.DEFAULT
    if not is_chosen and said_by(path) in formats:
        return said_by(path)
    if path.suffix.lower() != ".pdf" and (why := misnamed(path, form)):  # of a PDF more is said where it is written
        raise BadValue(f"-o {path}: {why}.")
    return form


@contextmanager
def opened(options: Options) -> Iterator[Desk]:
    """The desk of this command, closed behind it."""
    with Desk(options.data, options.seat) as desk:
        yield desk


def doing(desk: Desk, options: Options, act: Act[F, R], form: F, key: str | None = None) -> R:
    """Perform `form` and tell how it went; its result. A refusal ends the command: code 1, of bad input 2.

    The key is `--key`, else `key` (a file's hash), else a new one, which is told before the act so that a
    command that was killed can be repeated.
    """
    used = options.key or key
    if used is None:
        used = new_key()
        if not options.dry_run:
            say(f"key {used}")
    return tell(desk.perform(act, form, used, options.dry_run))


def tell(answer: Done[R] | Refused) -> R:
    """Narrate an act's answer on stderr; its result. A refusal ends the command: code 1, of bad input 2."""
    if isinstance(answer, Refused):
        say(f"refused: {answer.sentence()}")
        raise click.exceptions.Exit(BAD_INPUT if answer.bad_input else REFUSED)
    if answer.replayed:
        say(f"already done (event {answer.seq}): this is the first answer")
        return answer.result
    if answer.dry_run:
        say("dry run: nothing was kept")
    for word, keys in (("closed", answer.closed), ("opened", answer.opened)):
        if keys:
            would = "would have " if answer.dry_run else ""
            named = f": {', '.join(map(str, keys))}" if len(keys) <= 5 else ""
            say(f"{would}{word} {len(keys)} item{'' if len(keys) == 1 else 's'}{named}")
    return answer.result


def emit(options: Options, record: Any) -> None:
    """Write one record (a struct, dataclass or dict) to stdout: aligned lines, or one JSON object."""
    for line in rendered(options, record):
        click.echo(line)


def rendered(options: Options, record: Any) -> Iterator[str]:
    """The lines of one record: aligned text, or one JSON object."""
    plain = msgspec.to_builtins(record, enc_hook=str)
    if options.format == "json":
        yield json.dumps(plain, ensure_ascii=False, indent=2)
    else:
        yield from lines(plain)


output = click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file, replaced whole; a list in the format that its ending says.",
)


@contextmanager
def going_to(path: Path | None, options: Options, desk: Desk | Path | None) -> Iterator[BinaryIO]:
    """Where what is written goes: the file that `-o` names, replaced whole when all is written, else stdout.

    BadValue for a place of the record (`desk`'s, or that folder), for a name that ends in .pdf, and for a workbook on
    a terminal, which would draw its bytes.
    """
    if path is not None:
        if path.suffix.lower() == ".pdf":
            prints = any(each.name == "pdf" for each in click.get_current_context().command.params)
            cure = f"print it with --pdf {path}" if prints else "name a file that does not end in .pdf"
            raise BadValue(f"-o {path}: {options.format} would be written, and no PDF; {cure}.")
        from ubtui.exchange.tables import replacing  # the screens come through here too

        with replacing(path, desk.folder if isinstance(desk, Desk) else desk) as file:
            yield file
        return
    if options.format == "xlsx" and sys.stdout.isatty():
        raise BadValue("--format xlsx: a terminal cannot show a workbook; name a file with -o FILE.")
    sys.stdout.flush()
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


def lines(plain: Any, indent: str = "") -> Iterator[str]:
    """Plain values as text for people: a record as named lines, money in dollars; records of one kind as a table."""
    if isinstance(plain, list | tuple):
        yield from _many(plain, indent)
        return
    if not isinstance(plain, dict):
        yield f"{indent}{_cell('', plain)}"
        return
    names = {name: _title(name) for name in plain}
    width = max((len(name) for name in names.values()), default=0)
    for name, value in plain.items():
        if (isinstance(value, dict) and value) or _is_deep(value):
            yield f"{indent}{names[name]}"
            yield from lines(value, indent + "  ")
        else:
            yield f"{indent}{names[name]:<{width}}  {_cell(name, value)}".rstrip()


def _many(values: Sequence[Any], indent: str) -> Iterator[str]:
    """Several values: flat records as a table with a heading, others one after the other, what is bare a line each."""
    if all(isinstance(each, dict) and not any(map(_is_deep, each.values())) for each in values):
        names = [name for name in dict.fromkeys(key for each in values for key in each)
                 if any(each.get(name) not in (None, "", [], ()) for each in values)]  # fmt: skip
        cells = [[_title(name) for name in names], *([_cell(n, each.get(n)) for n in names] for each in values)]
        wide = [max(cell_width(row[place]) for row in cells) for place in range(len(names))]
        right = [all(type(each.get(name)) in (int, type(None)) for each in values) for name in names]
        for row in cells if values else ():
            gaps = (" " * (wide[n] - cell_width(text)) for n, text in enumerate(row))
            fitted = (
                gap + text if right[n] else text + gap for n, (text, gap) in enumerate(zip(row, gaps, strict=True))
            )
            yield f"{indent}{'  '.join(fitted)}".rstrip()
        return
    for place, each in enumerate(values):
        if place and isinstance(each, dict):
            yield ""
        if isinstance(each, list | tuple) and not _is_deep(each):
            yield f"{indent}{'  '.join(_cell('', part) for part in each)}"
        else:
            yield from lines(each, indent)


def _is_deep(value: Any) -> bool:
    """Whether a value is a list that does not fit into one cell."""
    return isinstance(value, list | tuple) and any(isinstance(each, dict | list | tuple) for each in value)


def _title(name: str) -> str:
    return name.removesuffix("_cents").replace("_", " ")


def _cell(name: str, value: Any) -> str:
    if value in (None, [], (), {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(name, each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{_title(key)} {_cell(key, each)}".rstrip() for key, each in value.items())
    if (name == "cents" or name.endswith("_cents")) and isinstance(value, int):
        return format_money(value)
    return clean_text(str(value))

"""`ubtui settings`: the district's settings shown, compared, put forward, decided."""

from __future__ import annotations

from pathlib import Path

import click

from ubtui.cli.common import Options, doing, emit, opened, rendered, shared
from ubtui.cli.faults import say
from ubtui.cli.office import read
from ubtui.domain.errors import BadValue
from ubtui.services import district as services

base_of = click.option("--base", type=click.IntRange(1), help="The settings FILE was made from, if it does not say.")
file_of = click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
number_of = click.argument("number", type=click.IntRange(1))


@click.group()
def settings() -> None:
    """The district's settings: what holds, since when, and how it is changed."""


@settings.command()
@click.argument("beginning", metavar="[SETTING]", default="")
@shared(formats=("text", "json", "toml"))
def show(options: Options, beginning: str) -> None:
    """Show the settings in force and where each comes from; of one SETTING (staff, rates.R1) only those below it.

    With --format toml the file itself: make your changes in a copy of it, its first line says what it was made from.
    """
    with opened(options) as desk:
        desk.viewed("settings.show")
        if options.format == "toml":
            click.echo(desk.ask(services.text), nl=False)
            return
        found = desk.ask(services.shown, beginning)
        if not found:
            say(f"no setting begins with {beginning!r}")
        emit(options, found)


@settings.command()
@file_of
@base_of
@shared()
def diff(options: Options, file: Path, base: int | None) -> None:
    """Show what FILE would change of the settings in force, what would be refused, and who would have to approve."""
    text = read(file)
    with opened(options) as desk:
        desk.viewed("settings.show")
        emit(options, desk.ask(services.compared, text, _base(text, base)))


@settings.command()
@file_of
@click.option("--reason", required=True, help="Why: the resolution, or who asked for it.")
@base_of
@shared()
def apply(options: Options, file: Path, reason: str, base: int | None) -> None:
    """Put the settings of FILE forward: what touches money or people waits for another person, all else takes force.

    FILE holds all settings, as `ubtui settings show --format toml` gives them.
    """
    text = read(file)
    with opened(options) as desk:
        form = services.Apply(text=text, base=_base(text, base), reason=reason)
        _tell(options, doing(desk, options, services.apply, form))


@settings.command()
@number_of
@shared()
def approve(options: Options, number: int) -> None:
    """Put change NUMBER in force, which another person put forward."""
    with opened(options) as desk:
        _tell(options, doing(desk, options, services.approve, services.Approve(number=number)))


@settings.command()
@number_of
@click.option("--reason", required=True, help="Why, for its maker.")
@shared()
def reject(options: Options, number: int, reason: str) -> None:
    """Say no to change NUMBER."""
    with opened(options) as desk:
        emit(options, doing(desk, options, services.reject, services.Reject(number=number, reason=reason)))


@settings.command()
@number_of
@shared()
def withdraw(options: Options, number: int) -> None:
    """Take back change NUMBER of your own."""
    with opened(options) as desk:
        emit(options, doing(desk, options, services.withdraw, services.Withdraw(number=number)))


@settings.command()
@click.argument("number", type=click.IntRange(1), required=False)
@shared()
def changes(options: Options, number: int | None) -> None:
    """List every change of the settings, the newest first; of one NUMBER all that it changes."""
    with opened(options) as desk:
        desk.viewed("settings.show")
        found = desk.ask(services.history, number)
        if number is not None and not found:
            raise BadValue(f"There is no change {number}: ubtui settings changes lists them.")
        if not found:
            say("no change was put forward")
        emit(options, found if number is None or not found else found[0])


def _base(text: str, given: int | None) -> int:
    """The settings a file was made from: as its first line says, else as given, else those of the set-up."""
    said = services.based_on(text)
    if said and given and said != given:
        raise click.UsageError(f"The file says that it was made from settings {said}, --base says {given}.")
    return said or given or 1


def _tell(options: Options, result: services.Applied) -> None:
    """What an act did, and whose turn it is."""
    for line in rendered(options, result):
        click.echo(line)
    if result.state == "waiting" and not options.dry_run:
        say(f"waits for {' or '.join(result.waits_for)}: ubtui settings approve {result.number}")

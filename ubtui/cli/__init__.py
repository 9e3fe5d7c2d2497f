"""The desk from the shell: a table of commands, each in a module loaded when it is asked for, and what ends a run."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Final, NoReturn

import click

# The command's name: where it stands, and what the first page of help says of it.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "worklist": ("ubtui.cli.worklist:worklist", "What is wrong today, and the acts that put it right."),
    "account": ("ubtui.cli.account:account", "One account: people, services, money."),
    "contact": ("ubtui.cli.contact:contact", "What customers said and promised."),
    "duty": ("ubtui.cli.contact:duty", "The district's calendar of duties."),
    "find": ("ubtui.cli.find:find", "Whatever is said on the phone: names, addresses, numbers, amounts."),
    "reads": ("ubtui.cli.reads:reads", "Routes as they are walked, and their files for handhelds."),
    "meter": ("ubtui.cli.meter:meter", "Meters and their reads."),
    "order": ("ubtui.cli.field:order", "Field orders: sent out, moved, brought back in."),
    "seal": ("ubtui.cli.field:seal", "Seals: asked for, placed, looked at, taken off."),
    "right": ("ubtui.cli.field:right", "Rights of parcels to connect."),
    "request": ("ubtui.cli.connections:request", "Services asked for: their fees and their meters."),
    "intertie": ("ubtui.cli.connections:intertie", "Water between agencies: our reads and their statements."),
    "service": ("ubtui.cli.collecting:service", "Services: the end of one, a point's place on its route."),
    "payment": ("ubtui.cli.counter:payment", "Payments at the counter, and those without an account."),
    "drawer": ("ubtui.cli.counter:drawer", "Drawers: counter payments of a day, counted and closed."),
    "deposit": ("ubtui.cli.counter:deposit", "Deposits: closed drawers and batches, taken to the bank."),
    "autopay": ("ubtui.cli.enrolment:autopay", "Accounts that are drafted, and on which day."),
    "ebill": ("ubtui.cli.enrolment:ebill", "Accounts whose bills go by e-mail."),
    "arrangement": ("ubtui.cli.collecting:arrangement", "Plans to pay what is past due by instalments."),
    "protection": ("ubtui.cli.collecting:protection", "What bars a shutoff, by law or as the office's hold."),
    "lien": ("ubtui.cli.collecting:lien", "Liens recorded with the county, and their release."),
    "ladder": ("ubtui.cli.collecting:ladder_", "The reminders of the newest ladder run."),
    "owner": ("ubtui.cli.collecting:owner", "Owners: changes, what the county says, old debts, escrows."),
    "mail": ("ubtui.cli.collecting:mail", "Mail that came back."),
    "adjust": ("ubtui.cli.adjust:adjust", "Propose an adjustment and carry it to its decision."),
    "approvals": ("ubtui.cli.approvals:approvals", "Proposals that wait for a decision."),
    "approve": ("ubtui.cli.approvals:approve", "Approve a proposal and post it."),
    "reject": ("ubtui.cli.approvals:reject", "Reject a proposal with a reason."),
    "import": ("ubtui.cli.imports:imports", "Bring in parcels, accounts, meters, reads, usage."),
    "inspect": ("ubtui.cli.imports:inspect", "Say what a file holds before it is imported."),
    "init": ("ubtui.cli.office:init", "Set up a district from its settings file."),
    "settings": ("ubtui.cli.settings:settings", "The district's settings: what holds, and how it is changed."),
    "demo": ("ubtui.cli.demo:demo", "Make a sample district with trouble planted in it."),
    "clock": ("ubtui.cli.office:clock", "Move a sample district's business day forward."),
    "backup": ("ubtui.cli.office:backup", "Copy the record to a file and check the copy."),
    "verify": ("ubtui.cli.verify:verify", "Check every sum, seal and link of the record."),
    "show": ("ubtui.cli.show:show", "Any screen as plain text, for a screen reader or paper."),
    "keys": ("ubtui.cli.keys:keys", "The keys of every screen, as they are for you."),
    "doctor": ("ubtui.cli.office:doctor", "Check the machine, the files and the set-up."),
}


class LazyGroup(click.Group):
    """Commands named in a table and imported when used; one that is not installed is not listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, (place, _) in COMMANDS.items() if _stands(place)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name, ("", ""))[0]
        if not place or not _stands(place):
            return None
        module, _, attribute = place.partition(":")
        command: click.Command | None = getattr(importlib.import_module(module), attribute, None)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The first page of help, without importing what it names."""
        if standing := self.list_commands(ctx):
            with formatter.section("Commands"):
                formatter.write_dl([(name, COMMANDS[name][1]) for name in standing])


def _stands(place: str) -> bool:
    return importlib.util.find_spec(place.partition(":")[0]) is not None


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", metavar="FOLDER|URL", help="The district (else $UBTUI_DATA, else the default folder).")
@click.option("--as", "as_name", metavar="NAME", help="Who sits here, in sample and training districts.")
@click.option("--seat-key", metavar="KEY", help="The seat of a forced command, from a file only root can write.")
@click.option("--sample", is_flag=True, help="Make the sample district when there is none, and open it.")
@click.version_option(package_name="ubtui", prog_name="ubtui")
@click.pass_context
def cli(ctx: click.Context, data: str | None, as_name: str | None, seat_key: str | None, sample: bool) -> None:
    """The billing desk of a small water district.

    Without a command the worklist opens on this terminal.
    """
    if ctx.invoked_subcommand is None:
        ctx.exit(_screens(data, as_name, seat_key, sample))


def app() -> ModuleType:
    """The screens' own module: the one place where the shell comes to it, and only for a command that needs it."""
    from ubtui import app

    return app


def _screens(data: str | None, as_name: str | None, seat_key: str | None, sample: bool) -> int:
    if not (sys.stdout.isatty() and sys.stdin.isatty()) or os.environ.get("TERM", "dumb") == "dumb":
        raise click.UsageError("The screens need a terminal; without one use `ubtui worklist export`.")
    if os.environ.get("SSH_CONNECTION"):  # read by Textual when it is imported: fewer bytes on a far line
        os.environ.setdefault("TEXTUAL_FPS", "15")
        os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    from ubtui.cli.common import data_at

    place = data_at(data)
    if sample:
        from ubtui.cli.demo import ensure

        ensure(place)
    gc.disable()  # nothing that is loaded can go; the first page is drawn sooner, and turns it on again
    run = app().run
    from ubtui.desk import Seat

    return int(run(place, Seat(as_name, seat_key), sample))


class Stopped(BaseException):
    """A signal asked the process to end; transactions roll back on its way out."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _stop(number: int, _frame: object) -> NoReturn:
    raise Stopped(number)


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup's choice stands
            signal.signal(number, _stop)
    raise SystemExit(run_command(sys.argv[1:]))


def run_command(argv: Sequence[str]) -> int:
    """Run one command line; its exit code: 0 done, 1 refusal or findings, 2 bad input or usage, 3 busy, 4 fault,
    128 + n after signal n."""
    if "_UBTUI_COMPLETE" in os.environ:
        cli.main(list(argv), prog_name="ubtui")
    for place, word in enumerate(argv, 1):
        if not word.isascii() and not _readable(word):
            print(f"ubtui: word {place} of the command is not text: write it as UTF-8", file=sys.stderr)
            return 2
    try:
        with cli.make_context("ubtui", list(argv)) as ctx:
            cli.invoke(ctx)
        sys.stdout.flush()
        return 0
    except click.exceptions.Exit as done:
        return _flushed(done.exit_code)
    except Stopped as stopped:
        return 128 + stopped.number
    except (KeyboardInterrupt, click.Abort):
        return 128 + signal.SIGINT
    except BrokenPipeError:
        return _unplugged()
    except click.exceptions.NoArgsIsHelpError as exc:
        exc.show()
        return 2
    except click.ClickException as exc:
        at = exc.ctx.command_path if isinstance(exc, click.UsageError) and exc.ctx else "ubtui"
        hint = f" (see `{at} --help`)" if isinstance(exc, click.UsageError) else ""
        print(f"{at}: {_one_line(exc.format_message())}{hint}", file=sys.stderr)
        return 2
    except Exception as exc:
        from ubtui.cli.faults import say_fault

        return say_fault(exc, argv)


def _readable(word: str) -> bool:
    """Whether the shell's bytes were text; those that were not stand in it as lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in word)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _unplugged()
    return code


def _unplugged() -> int:
    """The reader of our output went away (`… | head`): nothing more can be said there, also not at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE

"""`ubtui payment`, `arrangement`, `protection`, `ladder`, `owner`, `mail`, `service`: money, and who owes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from ubtui.act import Look
from ubtui.cli.common import Options, doing, emit, opened, shared
from ubtui.cli.faults import say
from ubtui.cli.made import acting
from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money, parse_money
from ubtui.domain.numbers import format_account, format_apn
from ubtui.domain.text import clean_text, fit
from ubtui.services import collections, ladder, liens, payers, payments
from ubtui.services.adjustments.plans import find_account

_KINDS = click.Choice(["cash", "check", "card", "ach", "lockbox", "web"])


@click.group(no_args_is_help=True)
def payment() -> None:
    """Payments over the counter, and those that no account is known for: PAYMENT is batch/line, as 17/3."""


@payment.command("list")
@shared()
def list_(options: Options) -> None:
    """Show what is in suspense, the oldest first, each with the account that it looks to be for."""
    with opened(options) as desk:
        waiting = desk.ask(payments.waiting)
        desk.viewed("account.show", list="suspense", rows=len(waiting))
        if options.format == "json":
            emit(options, [{"payment": line.key, **vars(line)} for line in waiting])
            return
        for line in waiting:
            guess = next(iter(desk.ask(payers.guesses, line, 1)), None)
            hint = f"{guess.account} ({guess.why})" if guess else ""
            said = fit(clean_text(f"{line.payer} {line.reference}".strip()), 26, True)
            click.echo(f"{line.key:<8}{line.received_on}  {format_money(line.cents):>11}  {said}  {clean_text(hint)}")
        say(f"{len(waiting)} in suspense, {format_money(sum(line.cents for line in waiting))}")
        for number, cents in desk.ask(payments.unreleased):
            say(f"{number}: {format_money(cents)} staged, to be released by another person: ubtui approve {number}")


@payment.command()
@click.argument("source")
@click.option("--kind", type=_KINDS, default="check", show_default=True, help="What was received.")
@click.option("--on", metavar="DAY", help="The day they were received (today unless given).")
@click.option("--total", required=True, metavar="AMOUNT", help="Their total, counted apart.")
@click.option("--line", "lines", multiple=True, required=True, metavar="TEXT", help="AMOUNT; PAYER; REFERENCE")
@shared()
def stage(options: Options, source: str, kind: str, on: str | None, total: str, lines: tuple[str, ...]) -> None:
    """Take payments from SOURCE into suspense, one --line each; refused unless they tie to --total."""
    with opened(options) as desk:
        form = payments.Stage(
            source=source, kind=kind, received_on=parse_day(on) if on else desk.look().today,  # type: ignore[arg-type]
            lines=[_came(text) for text in lines], control_cents=parse_money(total),
        )  # fmt: skip
        emit(options, doing(desk, options, payments.stage, form))


def _came(text: str) -> payments.Came:
    amount, *rest = [part.strip() for part in text.split(";")]
    if len(rest) > 2:
        raise BadValue(f"--line {text[:60]!r}: write AMOUNT; PAYER; REFERENCE.")
    return payments.Came(cents=parse_money(amount), **dict(zip(("payer", "reference"), rest, strict=False)))


acting(payment, "payment.match", "match", "payment", "account")
acting(payment, "payment.return", "return", "payment")
acting(payment, "credit.keep", "keep", "account", "code")
acting(payment, "credit.transfer", "transfer", "account", "to")


@click.group(no_args_is_help=True)
def arrangement() -> None:
    """Plans to pay what is past due by instalments."""


@arrangement.command("show")
@click.argument("account")
@shared()
def plans(options: Options, account: str) -> None:
    """Show ACCOUNT's plans, the one that runs first."""
    _shown(options, account, collections.plans, _plan)


def _plan(plan: collections.Plan) -> Iterator[str]:
    stands = f"{plan.ended_how} {plan.ended_on}" if plan.ended_on else "runs"
    yield f"{plan.number}  {plan.kind}, {stands}; made {plan.made_on} by {plan.made_by}"
    yield f"  covers {format_money(plan.cents)}, of which {format_money(plan.left_cents)} are open{_items(plan.items)}"
    if plan.next is not None and not plan.ended_on:
        yield f"  next {format_money(plan.next[1])} due {plan.next[0]}"
    yield from _shares(plan.instalments)
    if plan.note:
        yield f"  note {clean_text(plan.note)}"


def _made(plan: collections.Made) -> Iterator[str]:
    instead = f", in place of {plan.replaced}" if plan.replaced else ""
    yield f"{plan.number}  {plan.account}  {format_money(plan.cents)}{_items(plan.items)}{instead}"
    yield from _shares(plan.instalments)


def _items(numbers: Sequence[int]) -> str:
    return f"; item{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _shares(instalments: Sequence[tuple[date, int]]) -> Iterator[str]:
    for n, (due, cents) in enumerate(instalments, 1):
        yield f"  instalment {n:>2}  {due}  {format_money(cents):>12}"


acting(arrangement, "arrangement.make", "make", "account", told=_made)
acting(arrangement, "arrangement.end", "end", "account", "how")


@click.group(no_args_is_help=True)
def protection() -> None:
    """What bars a shutoff: by law, or the office's own hold."""


@protection.command("show")
@click.argument("account")
@shared()
def protections(options: Options, account: str) -> None:
    """Show what protects ACCOUNT, and what did."""
    _shown(
        options, account, lambda look, account_id: collections.protections(look, account_id, ended=True), _protection
    )


def _protection(kept: collections.Protection) -> Iterator[str]:
    ended = f", ended {kept.ended_on}" if kept.ended_on else ""
    whose = "by law" if kept.by_law else "the office's own"
    paper = "with its paper" if kept.document_id is not None else "no paper"
    yield f"{kept.kind.replace('_', ' ')}, {whose}: {kept.from_on} to {kept.expires_on}{ended}, {paper}"
    if kept.note:
        yield f"  note {clean_text(kept.note)}"


acting(protection, "protection.set", "set", "account", "kind")
acting(protection, "protection.end", "end", "account", "kind")


@click.group(no_args_is_help=True)
def lien() -> None:
    """Certificates of lien as the county recorded them, and their release."""


@lien.command("show")
@click.argument("account")
@shared()
def liens_(options: Options, account: str) -> None:
    """Show the liens for what ACCOUNT owes."""
    _shown(options, account, liens.liens, _lien)


def _lien(kept: liens.Lien) -> Iterator[str]:
    ended = f"released {kept.released_on}, {kept.release_number}" if kept.released_on else f"until {kept.expires_on}"
    left = f", {kept.left}" if kept.open_cents else ""
    yield f"{kept.number}, recorded {kept.recorded_on}, {ended}: {format_money(kept.cents)}{left}"
    yield f"  {kept.owner}, parcel {format_apn(kept.apn)}"


acting(lien, "lien.record", "record", "account", "number")
acting(lien, "lien.release", "release", "number")


def _shown(options: Options, account: str, question: Any, told: Callable[[Any], Iterator[str]]) -> None:
    """Write what a question gives for an account, each as `told`, and keep that it was looked at."""

    def ask(look: Look) -> tuple[str, Any]:
        account_id, number = find_account(look, account)
        return format_account(number), question(look, account_id)

    with opened(options) as desk:
        number, found = desk.ask(ask)
        desk.viewed("account.show", account=number)
        if options.format == "json":
            emit(options, list(found))
            return
        for each in found:
            for line in told(each):
                click.echo(line)
        say(f"{len(found)} of {number}")


@click.group("ladder", no_args_is_help=True)
def ladder_() -> None:
    """The reminders of the newest ladder run."""


@ladder_.command()
@click.option("--to", "folder", type=click.Path(path_type=Path), help="A new folder: one text file a letter.")
@shared()
def letters(options: Options, folder: Path | None) -> None:
    """Write the letters of the run as they would be mailed today; nothing is recorded by that."""
    with opened(options) as desk:
        ready = desk.ask(lambda look: tuple(ladder.letters(look)))
        desk.viewed("account.show", list=desk.ask(ladder.run_key), rows=len(ready))
        if folder is not None:
            folder.mkdir(mode=0o700)
            for each in ready:
                (folder / f"{each.account}.txt").write_text(each.text, "utf-8")
        elif options.format == "json":
            emit(options, list(ready))
        else:
            click.echo("\f\n".join(each.text for each in ready))
        total = format_money(sum(each.cents for each in ready))
        say(f"{len(ready)} letters over {total}; `ubtui ladder mailed` records that they went out")


acting(ladder_, "ladder.remind", "mailed", "run")


@click.group(no_args_is_help=True)
def owner() -> None:
    """Owners: changes, what the county says, old debts, escrows."""


for _name in ("change", "confirm"):
    acting(owner, f"owner.{_name}", _name, "account")
acting(owner, "owner.debt", "debt", "account", "decision")
acting(owner, "owner.county", "county", "apn")
acting(owner, "escrow.demand", "escrow", "account", "number", told=lambda made: (made.text,))


@click.group(no_args_is_help=True)
def mail() -> None:
    """Mail that came back."""


acting(mail, "mail.returned", "returned", "account", "what")
acting(mail, "mail.researched", "researched", "account", "outcome")


@click.group(no_args_is_help=True)
def service() -> None:
    """Services: the end of one, a point's place on its route."""


acting(service, "billing.stop", "stop", "account")
acting(service, "route.place", "place", "point", "route", "sequence")

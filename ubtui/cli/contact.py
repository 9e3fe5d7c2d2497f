"""`ubtui contact` and `ubtui duty`: what customers said and promised; the district's calendar of duties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import click
import msgspec

from ubtui.cli.common import Options, doing, emit, opened, shared
from ubtui.domain.numbers import parse_account
from ubtui.domain.promise import near_day, parse_promise
from ubtui.domain.text import clean_text, fit
from ubtui.services import contacts, duties
from ubtui.services.adjustments.plans import find_account
from ubtui.services.contacts import ContactLine
from ubtui.services.duties import DutyLine


@click.group(no_args_is_help=True)
def contact() -> None:
    """What customers said and promised."""


@contact.command("list")
@shared()
@click.argument("account")
def list_(options: Options, account: str) -> None:
    """Every contact of ACCOUNT, the newest first."""
    number = parse_account(account)
    with opened(options) as desk:
        found = desk.ask(lambda look: contacts.contacts(look, find_account(look, number)[0]))
        desk.viewed("account.show", account=number)
        today = desk.ask(lambda look: look.today)
    _emitted(options, found, (line for each in found for line in lines(each, today)))


def _emitted(options: Options, records: Sequence[Any], text: Iterator[str]) -> None:
    if options.format == "json":
        emit(options, [msgspec.to_builtins(each, enc_hook=str) for each in records])
        return
    for line in text:
        click.echo(line)


def lines(found: ContactLine, today: date) -> Iterator[str]:
    """A contact as lines for people, 80 columns."""
    who = contacts.ROLES[found.with_role] + (f" {clean_text(found.name)}" if found.name else "")
    yield f"{found.on}  {fit(found.kind, 7, True)} by {fit(found.by, 8, True)} with {who}"
    yield f"  {clean_text(found.text)}"
    if found.promise_on is not None:
        settled = f" ({found.settled_by}, {found.settled_on})" if found.settled_on else ""
        yield f"  promise: {found.promised(today)}{settled}  {found.key}"


@contact.command()
@click.argument("account")
@click.argument("text")
@click.option("--kind", type=click.Choice(contacts.KINDS), default="call", show_default=True)
@click.option("--with", "role", type=click.Choice(contacts.ROLE_NAMES), default="owner", show_default=True)
@click.option("--promise", metavar="DAY [AMOUNT]", help='As "fri 120.00", "+7", "12/4", 2026-12-04.')
@click.option("--item", metavar="ITEM", help="The worklist item it was about.")
@shared()
def note(
    options: Options, account: str, text: str, kind: contacts.Kind, role: contacts.Role, promise: str | None,
    item: str | None,
) -> None:  # fmt: skip
    """Keep TEXT as said on ACCOUNT; with a promise it comes back to the worklist on its day."""
    with opened(options) as desk:
        day, cents = parse_promise(promise, desk.ask(lambda look: look.today)) if promise else (None, None)
        form = contacts.Note(
            account=account, text=text, kind=kind, with_role=role, promise_on=day, promise_cents=cents, item=item
        )
        emit(options, doing(desk, options, contacts.note, form))


@contact.command()
@click.argument("contact")
@click.argument("decision", type=click.Choice(["kept", "moved", "broken"]))
@click.option("--to", metavar="DAY", help="The new day of a moved promise.")
@click.option("--why", default="", help="What happened.")
@shared()
def promise(options: Options, contact: str, decision: str, to: str | None, why: str) -> None:
    """Settle the open promise of CONTACT (the key that `contact list` shows)."""
    with opened(options) as desk:
        day = near_day(to, desk.ask(lambda look: look.today)) if to else None
        values = {"contact": contact, "decision": decision, "to": day, "why": why}
        emit(options, doing(desk, options, contacts.promise, msgspec.convert(values, contacts.Promise)))


@click.group(no_args_is_help=True)
def duty() -> None:
    """The district's calendar of duties, from its settings file."""


@duty.command("list")
@shared()
def duty_list(options: Options) -> None:
    """Every duty: what was done, what is open, and the next of each."""
    with opened(options) as desk:
        found = desk.ask(duties.duties)
    _emitted(options, found, map(_duty, found))


def _duty(each: DutyLine) -> str:
    state = f"done {each.done_on} by {each.done_by}" if each.done_on else "open"
    return f"{each.day}  {fit(each.code, 20, True)} {each.period}  {fit(clean_text(each.title), 28, True)} {state}"


@duty.command()
@click.argument("code")
@click.argument("period")
@click.option("--note", default="", help="How: the confirmation, where the paper lies.")
@shared()
def done(options: Options, code: str, period: str, note: str) -> None:
    """Keep that the duty CODE of PERIOD (2026-11) was done."""
    with opened(options) as desk:
        values = {"duty": code, "period": period, "note": note}
        emit(options, doing(desk, options, duties.done, msgspec.convert(values, duties.DutyIsDone)))

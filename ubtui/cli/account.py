"""`ubtui account`: one account from the shell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import click
import msgspec

from ubtui.act import Refused
from ubtui.cli.common import Options, emit, opened, shared
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.domain.numbers import parse_account
from ubtui.domain.text import clean_text, fit
from ubtui.services import accounts, calls, figures
from ubtui.services import history as lives
from ubtui.services.accounts import AccountView, PointLine
from ubtui.services.adjustments.plans import find_account
from ubtui.services.calls import PhoneView

T = TypeVar("T")


@click.group()
def account() -> None:
    """One account: people, services, money."""


@account.command()
@shared()
@click.argument("account")
def show(options: Options, account: str) -> None:
    """Everything on ACCOUNT: people, place, alerts, balance, payments, reads, meter, and what is open."""
    number = parse_account(account)
    with opened(options) as desk:
        view = _asked(lambda: desk.ask(accounts.account, number))
        desk.viewed("account.show", account=view.number)
        if options.format == "json":
            emit(options, plain(view))
            return
        for line in text(view):
            click.echo(line)


@account.command()
@shared()
@click.argument("account")
def call(options: Options, account: str) -> None:
    """What somebody on the phone asks about ACCOUNT: balance, payments, reads, and why the bill is high."""
    number = parse_account(account)
    with opened(options) as desk:
        view = _asked(lambda: desk.ask(calls.phone, number))
        desk.viewed("account.show", account=view.account.number)
    if options.format == "json":
        told = {**plain(view.account), "why": view.why, "reads": msgspec.to_builtins(view.points, enc_hook=str)}
        emit(options, told)
        return
    for line in _called(view):
        click.echo(line)


@account.command()
@shared()
@click.argument("account")
@click.argument("figure")
def explain(options: Options, account: str, figure: str) -> None:
    """How a FIGURE of ACCOUNT came about, row by row.

    FIGURE is balance, due, dates, receipts, bill:NUMBER, item:ID, receipt:NUMBER, journal:ID, contact:KEY, or
    read:POINT/DAY.
    """
    number = parse_account(account)
    with opened(options) as desk:
        found = _asked(lambda: desk.ask(figures.explain, number, figure))
        desk.viewed("account.show", account=number)
    if options.format == "json":
        emit(options, found)
        return
    click.echo(clean_text(found.title))
    wide = max((len(label) for label, _ in found.rows), default=0)
    for label, told in found.rows:
        click.echo(f"  {clean_text(label):<{wide}}  {clean_text(told)}".rstrip())


@account.command()
@shared()
@click.argument("account")
def history(options: Options, account: str) -> None:
    """The life of ACCOUNT: people, services, seals, meters, orders, proposals, contacts, work; the newest first."""
    number = parse_account(account)
    with opened(options) as desk:
        found = _asked(lambda: desk.ask(lambda look: lives.history(look, find_account(look, number)[0])))
        desk.viewed("account.show", account=number)
    if options.format == "json":
        emit(options, msgspec.to_builtins(found, enc_hook=str))
        return
    for each in found:
        click.echo(f"{each.on}  {each.kind:<9} {clean_text(each.told)}{f'  {each.by}' if each.by else ''}")


def _asked(question: Callable[[], T]) -> T:
    """The answer of a question about an account; one that is not there is bad input."""
    try:
        return question()
    except Refused as no:
        raise BadValue(no.sentence()) from no


def _called(view: PhoneView) -> Iterator[str]:
    """The phone card as lines for people, 80 columns."""
    yield from (line for line in text(view.account) if line)
    if view.why:
        yield from _block("why", map(clean_text, view.why))


def plain(view: AccountView) -> dict[str, Any]:
    """The account as plain values, money in cents, for programs."""
    out: dict[str, Any] = msgspec.to_builtins(view, enc_hook=str)
    out["balance"]["total"] = view.balance.total
    out["premise"] = view.premise
    out["work"] = [{**entry, "key": str(w.key)} for entry, w in zip(out["work"], view.work, strict=True)]
    del out["id"]
    return out


def text(view: AccountView) -> Iterator[str]:
    """The account as lines for people, 80 columns."""
    money = format_money
    yield f"{view.number}  {clean_text(view.owner)}  {view.state}, {view.customer_class}, cycle {view.cycle}"
    yield clean_text(view.premise)
    for alert in view.alerts:
        yield f"  ! {clean_text(alert)}"
    b = view.balance
    yield ""
    yield f"balance     {money(b.total):>14}" + (f"   due {view.due_on}" if view.due_on else "")
    for name, cents in (
        ("past due", b.past_due),
        ("current", b.current),
        ("not due", b.not_due),
        ("penalty", b.penalty),
        ("credit", -b.credit),
    ):
        if cents:
            yield f"  {name:<10}{money(cents):>14}"
    if b.roll:
        yield f"on the roll {money(b.roll):>14}   the county collects it with the taxes"
    for lien in view.liens:
        ended = f"released {lien.released_on}" if lien.released_on else lien.left
        yield f"lien        {money(lien.cents):>14}   {lien.number}, recorded {lien.recorded_on}, {ended}"
    yield "   ".join(f"{what} {day}" for what, day in view.coming) or "nothing more to read or bill"
    yield from _block(
        "people",
        (
            f"{p.role:<10}{fit(clean_text(p.name), 28, True)}  {clean_text(p.phone or '')}  "
            f"{clean_text(', '.join(p.address))}" + ("  mail came back" if p.returned else "")
            for p in view.parties
            if p.to_on is None
        ),
    )
    for point in view.points:
        yield from _block("service", _point(point))
    yield from _block(
        "payments",
        (f"{r.received_on}  {money(r.cents):>12}  {r.source}, {r.tender}  {r.number}" for r in view.payments),
    )
    around = view.around
    yield from _block("promises", (f"{p.promised(p.on)}  {clean_text(p.text)}  {p.key}" for p in around.promises))
    yield from _block("orders", (f"{o.number}  {o.kind}  {o.point}  due {o.due_on}" for o in around.orders))
    yield from _block("holds", (f"{k.kind}  until {k.expires_on}  {clean_text(k.note)}" for k in around.protections))
    if (plan := around.plan) is not None:
        due = f"  next {money(plan.next_cents)} on {plan.next_on}" if plan.next_on else ""
        yield from _block("plan", [f"{plan.number}  {plan.kind}  {money(plan.cents)}{due}"])
    yield from _block(
        "proposals",
        (f"{p.number}  {money(p.amount_cents):>12}  {p.reason}  {p.standing}, {p.maker}" for p in view.proposals),
    )
    yield from _block(
        "worklist", (f"{w.priority:>3}  {w.key}  {clean_text(w.title)}: {clean_text(w.why)}" for w in view.work)
    )
    yield from _block("documents", (f"{d.name}  {clean_text(d.title)}  {d.added_by}" for d in view.documents))


def _block(title: str, lines: Iterable[str]) -> Iterator[str]:
    rows = list(lines)
    if rows:
        yield ""
        yield title
        yield from (f"  {line}".rstrip() for line in rows)


def _point(p: PointLine) -> Iterator[str]:
    ended = f", ended {p.to_on}" if p.to_on else ""
    yield f"{p.service} {p.rate} in {p.unit}{', seasonal' if p.seasonal else ''}{ended}"
    if not p.point:
        return
    yield f"{p.point} {p.state}  route {p.route_seq or '-'}  APN {p.apn or '-'}  {clean_text(p.address)}"
    if p.meter:
        size = clean_text(p.size).rstrip('" ')
        yield f'meter {clean_text(p.meter)}  {size}"  {p.dials or "-"} dials {p.meter_unit}'
    else:
        yield "no meter known"
    if p.seal:
        yield f"seal {p.seal}  {p.lock_state}, {p.lock_reason.replace('_', ' ')}, rate {p.rate_status}"
    for r in p.reads:
        value, use = (f"{n:,}" if n is not None else "-" for n in (r.value, r.use))
        if r.value is None and r.use is not None:
            value = "use only"
        ago = f"year ago {r.year_ago:,}" if r.year_ago is not None else ""
        yield f"{r.read_on}  {value:>10}  use {use:>6}  {r.kind} {r.source} {r.status}  {ago}"

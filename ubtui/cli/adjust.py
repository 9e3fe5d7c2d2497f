"""`ubtui adjust`: an adjustment from its plan to its decision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from ubtui.act import Act
from ubtui.cli.common import Options, doing, emit, opened, shared
from ubtui.cli.faults import say
from ubtui.domain.dates import parse_day
from ubtui.domain.money import format_money, parse_money
from ubtui.domain.numbers import parse_account
from ubtui.domain.text import clean_text
from ubtui.services import adjustments, documents
from ubtui.services.adjustments import Plan, Propose, Proposed, Revise, Submit

_SHOWN = "The plan that --dry-run printed: refused when the account has moved since."


@click.group()
def adjust() -> None:
    """Propose an adjustment and carry it to its decision."""


@adjust.command()
@shared()
@click.argument("account")
@click.option("--reason", required=True, help="One of the district's adjustment reasons; it decides the sign.")
@click.option("--amount", required=True, help="Dollars and cents, as 1,234.56.")
@click.option("--note", default="", help="What happened, for whoever decides.")
@click.option("--on", metavar="DATE", help="The day it counts from (today unless given).")
@click.option("--doc", "docs", multiple=True, metavar="FILE", help="A paper that proves it; may be repeated.")
@click.option("--item", help="The worklist item that it settles, as R06:point:SP-00012@B2/2026-11.")
@click.option("--draft", is_flag=True, help="Keep it as a draft, do not submit it.")
@click.option("--plan", "shown", default="", metavar="HASH", help=_SHOWN)
def propose(
    options: Options,
    account: str,
    reason: str,
    amount: str,
    note: str,
    on: str | None,
    docs: tuple[str, ...],
    item: str | None,
    draft: bool,
    shown: str,
) -> None:
    """Propose an adjustment of ACCOUNT; with --dry-run, print its plan and keep nothing.

    Without --plan it is one step, planned and done as the account stands; with the hash that --dry-run printed
    it is refused once the account has moved.
    """
    form = adjustments.Propose(
        account=parse_account(account),
        reason=reason,
        amount_cents=parse_money(amount),
        note=note,
        item=item,
        **_sending(on, docs, draft, shown),
    )
    _sent(options, adjustments.propose, form)


@adjust.command()
@shared()
@click.argument("proposal")
@click.option("--plan", "shown", default="", metavar="HASH", help=_SHOWN)
def submit(options: Options, proposal: str, shown: str) -> None:
    """Submit the draft PROPOSAL for its decision; with --dry-run, print its plan."""
    _sent(options, adjustments.submit, adjustments.Submit(proposal=proposal, plan=shown))


@adjust.command()
@shared()
@click.argument("proposal")
@click.argument("file")
@click.option("--title", default="", help="What the paper is, in a few words.")
def attach(options: Options, proposal: str, file: str, title: str) -> None:
    """Attach FILE to the draft PROPOSAL."""
    form = documents.Attach(subject=f"proposal:{proposal.upper()}", paper=documents.load(file), title=title)
    with opened(options) as desk:
        emit(options, doing(desk, options, documents.attach, form))


@adjust.command()
@shared()
@click.argument("proposal")
@click.option("--amount", help="The new amount.")
@click.option("--reason", help="Another reason.")
@click.option("--note", help="What happened, for whoever decides.")
@click.option("--on", metavar="DATE", help="The day it counts from.")
@click.option("--doc", "docs", multiple=True, metavar="FILE", help="One more paper; may be repeated.")
@click.option("--draft", is_flag=True, help="Keep the new one as a draft.")
@click.option("--plan", "shown", default="", metavar="HASH", help=_SHOWN)
def revise(
    options: Options,
    proposal: str,
    amount: str | None,
    reason: str | None,
    note: str | None,
    on: str | None,
    docs: tuple[str, ...],
    draft: bool,
    shown: str,
) -> None:
    """Put a new proposal in PROPOSAL's place; what is not given stays as it was. With --dry-run, print its plan."""
    form = adjustments.Revise(
        proposal=proposal,
        amount_cents=None if amount is None else parse_money(amount),
        reason=reason,
        note=note,
        **_sending(on, docs, draft, shown),
    )
    _sent(options, adjustments.revise, form)


@adjust.command()
@shared()
@click.argument("proposal")
def acknowledge(options: Options, proposal: str) -> None:
    """Say that the rejection of PROPOSAL was seen and is left."""
    with opened(options) as desk:
        emit(options, doing(desk, options, adjustments.acknowledge, adjustments.Acknowledge(proposal=proposal)))


@adjust.command()
@shared()
@click.argument("proposal")
@click.option("--reason", default="", help="Why it is taken back.")
def withdraw(options: Options, proposal: str, reason: str) -> None:
    """Take back PROPOSAL, one's own, before it is decided."""
    with opened(options) as desk:
        emit(
            options, doing(desk, options, adjustments.withdraw, adjustments.Withdraw(proposal=proposal, reason=reason))
        )


@adjust.command()
@shared()
@click.argument("journal", type=int)
@click.option("--reason", required=True, help="Why it is taken back.")
def reverse(options: Options, journal: int, reason: str) -> None:
    """Propose to take back JOURNAL, a number from the account's ledger; approval posts it."""
    with opened(options) as desk:
        _told(options, doing(desk, options, adjustments.reverse, adjustments.Reverse(journal=journal, note=reason)))


def _sending(on: str | None, docs: tuple[str, ...], draft: bool, shown: str) -> dict[str, Any]:
    """What proposing and revising have in common: the day, the papers, whether it stays a draft, the plan seen."""
    papers = [documents.load(path) for path in docs]
    return {"effective_on": parse_day(on) if on else None, "draft": draft, "documents": papers, "plan": shown}


def _sent(options: Options, act: Act[Any, Proposed], form: Propose | Submit | Revise) -> None:
    """Do it and tell; with --dry-run, print the plan that was tried."""
    with opened(options) as desk:
        result = doing(desk, options, act, form)
        if not options.dry_run:
            _told(options, result)
            return
        made = desk.ask(adjustments.preview, form)
        if options.format == "json":
            emit(options, as_record(made))
            return
        for line in plan_text(made):
            click.echo(line)


def _told(options: Options, result: Proposed) -> None:
    if options.format == "json":
        emit(options, result)
        return
    click.echo(result.number)
    who = " or ".join(result.approvers) if result.tier < 3 else " and ".join(result.approvers)
    how = {
        "draft": "kept as a draft",
        "pending": f"waits for {who}",
        "approved": f"posted as journal {result.journal_id}",
    }[result.state]
    say(f"{result.number}: {format_money(result.amount_cents)}, {how} ({result.why})")


def as_record(made: Plan) -> dict[str, object]:
    """A plan as plain values, money in cents, for programs."""
    return {
        "account": made.account,
        "kind": made.kind,
        "reason": made.reason,
        "article": made.article,
        "amount_cents": made.amount_cents,
        "effective_on": made.effective_on,
        "before": made.before,
        "after": made.after,
        "legs": made.legs,
        "items": made.touched,
        "tier": made.tier,
        "approvers": list(made.approvers),
        "why": made.why,
        "needs_document": made.needs_document,
        "hash": made.hash,
    }


def plan_text(made: Plan) -> Iterator[str]:
    """A plan as lines for people: before, after, the ledger lines, the items, the article, the approver."""
    money = format_money
    yield f"{made.title}: {money(made.amount_cents)} on {made.account}, effective {made.effective_on}"
    yield f"  {'':<12}{'before':>14}{'after':>14}"
    for name in ("receivable", "credit", "balance"):
        yield f"  {name:<12}{money(getattr(made.before, name)):>14}{money(getattr(made.after, name)):>14}"
    yield "ledger lines"
    for leg in made.legs:
        debit, credit = (money(leg.cents), "") if leg.cents > 0 else ("", money(-leg.cents))
        yield f"  {leg.gl:<6}{clean_text(leg.title):<40.40}{debit:>13}{credit:>13}"
    if made.touched:
        yield "items"
    for item in made.touched:
        which = f"item {item.item_id}" if item.item_id else "new item"
        yield f"  {item.charge:<5}{which:<14}due {item.due_on}{money(item.open_before):>14}{money(item.open_after):>14}"
    if made.article:
        yield clean_text(made.article)
    yield f"tier {made.tier}: {made.why}" + ("; needs a document" if made.needs_document else "")
    yield f"plan {made.hash}"

"""The counter: a payment asked for, shown before it is posted, and taken by enter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from ubtui.act import Refused
from ubtui.domain.dates import format_day
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.screens.base import Ask, DeskScreen
from ubtui.services import counter
from ubtui.services.counter import Take, Taking
from ubtui.services.forms import form
from ubtui.widgets.field import FieldSpec
from ubtui.widgets.panel import Line

MOST_ITEMS = 6


async def take_payment(screen: DeskScreen, account: str) -> bool:
    """Ask for a payment until it is taken or left; whether it was taken. What was typed stays while it is refused."""
    today = screen.router.day
    due = await screen.ask(counter.asked, account)
    specs = [
        FieldSpec("kind", "Handed over", "choice", counter.TENDERS, True, "arrows or the digit", "check"),
        FieldSpec("reference", "Number", help="of the check, money order or card slip; cash has none"),
        FieldSpec("amount_cents", "Amount", "money", required=True, value=format_money(due) if due else "",
                  help="what is due stands here already"),
        FieldSpec("payer", "From", help="who pays, where it is not the account's own"),
    ]  # fmt: skip
    lines: tuple[Line, ...] = (Line("due now", format_money(due)),)

    def wrong(values: dict[str, str]) -> dict[str, str]:
        if values["kind"] != "cash" and not values["reference"].strip():
            return {"reference": "its number goes on the receipt"}
        try:
            form("payment.take", {"account": account, **values})
        except BadValue as fault:
            return {"amount_cents": str(fault)}
        return {}

    while True:
        question = Ask(f"Payment for {account}", tuple(specs), lines, "show it (F5 from any field)", check=wrong)
        if (values := await screen.router.asked(question)) is None:
            return False
        specs = [replace(each, value=values[each.name]) for each in specs]
        wanted = form("payment.take", {"account": account, **values})
        assert isinstance(wanted, Take)
        try:
            made = await screen.ask(counter.taking, wanted)
        except Refused as no:
            lines = (Line("refused", no.sentence(), "danger"),)
            continue
        shown = Ask(f"Take {format_money(made.cents)}", (), tuple(before(made, wanted, today)), "take it",
                    enter_does=True)  # fmt: skip
        if await screen.router.asked(shown) is None:
            lines = (Line("due now", format_money(made.due_cents)),)
            continue
        sent = Take(
            account=account, kind=wanted.kind, reference=wanted.reference, amount_cents=made.cents, payer=wanted.payer,
            plan=made.hash,
        )  # fmt: skip
        if (done := await screen.perform(counter.take, sent)) is not None:
            got = done.result
            told = f"Receipt {got.receipt}: {format_money(got.cents)}; owes {format_money(got.balance_cents)} now."
            screen.say(" · ".join((told, *([screen.said()] if screen.said() else []))))
            return True
        lines = (Line("refused", screen.said(), "danger"),)


def before(made: Taking, wanted: Take, today: date) -> Iterator[Line]:
    """What is about to be posted: who, how, what it pays, what is owed before and after."""
    how = " ".join(filter(None, (dict(counter.TENDERS)[wanted.kind], wanted.reference)))
    yield Line("account", f"{made.account}  {made.name}")
    yield Line("received", f"{format_money(made.cents)}  {how}" + (f" from {wanted.payer}" if wanted.payer else ""))
    for what, due, cents in made.shares[:MOST_ITEMS]:
        yield Line("pays", f"{format_money(cents):>12}  {what} due {format_day(due, today)}")
    if more := made.shares[MOST_ITEMS:]:
        yield Line("", f"{format_money(sum(part[2] for part in more)):>12}  {len(more)} more")
    if made.credit_cents:
        yield Line("credit", f"{format_money(made.credit_cents):>12}  more than is owed: kept for the next bills",
                   "warning")  # fmt: skip
    yield Line("balance", f"{format_money(made.owes_cents)} → {format_money(made.after_cents)}", "accent")

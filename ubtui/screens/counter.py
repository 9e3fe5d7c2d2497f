"""The counter: a payment shown before it is posted, the drawer counted blind, and the deposit made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from ubtui.act import Refused, new_key
from ubtui.domain.dates import format_day
from ubtui.domain.drawer import Money
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.domain.text import clean_text, fit
from ubtui.screens.base import Ask, DeskScreen
from ubtui.services import counter, deposits, drawers
from ubtui.services.counter import Take, Taking
from ubtui.services.drawers import Counted
from ubtui.services.forms import form
from ubtui.widgets.field import FieldSpec
from ubtui.widgets.panel import Line

MOST_ITEMS = 6
SLIP = 42  # cells before the money of a line of the deposit


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
    key = new_key()  # one payment, however often an answer that was lost is asked for again

    def wrong(values: dict[str, str]) -> dict[str, str]:
        if values["kind"] != "cash" and not values["reference"].strip():
            return {"reference": "its number goes on the receipt"}
        try:
            form("payment.take", {"account": account, **values})
        except BadValue as fault:
            return {"amount_cents": str(fault)}
        return {}

    while True:
        question = Ask(f"Payment for {account}", tuple(specs), lines, "show it (F5 from any field)", check=wrong,
                       act="payment.take")  # fmt: skip
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
                    enter_does=True, act="payment.take")  # fmt: skip
        if await screen.router.asked(shown) is None:
            lines = (Line("due now", format_money(made.due_cents)),)
            continue
        sent = Take(
            account=account, kind=wanted.kind, reference=wanted.reference, amount_cents=made.cents, payer=wanted.payer,
            plan=made.hash,
        )  # fmt: skip
        if (done := await screen.perform(counter.take, sent, key=key)) is not None:
            got = done.result
            told = f"Receipt {got.receipt}: {format_money(got.cents)}; {_stands(got.balance_cents)} now."
            screen.say(" · ".join((told, *([screen.said()] if screen.said() else []))))
            return True
        lines = (Line("refused", screen.said(), "danger"),)


def _stands(cents: int) -> str:
    return f"owes {format_money(cents)}" if cents >= 0 else f"credit {format_money(-cents)}"


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


async def end_day(screen: DeskScreen) -> None:
    """Count one's drawer of today where it is open, then show what goes to the bank, and make the deposit of it."""
    found = await screen.ask(drawers.mine)
    if found is not None and not await count(screen, found):
        return
    told = screen.said() if found is not None else ""
    ready = await screen.ask(deposits.ready)
    left = ", ".join(each.key for each in ready.left_open if each.counted is None)
    if not ready.drawers and not ready.batches:
        screen.say(" · ".join(filter(None, (told, "Nothing is ready for the bank", f"open: {left}" if left else ""))))
        return
    question = Ask("Deposit", (), tuple(_slip(ready, told)), "make the deposit", act="deposit.make")
    if await screen.router.asked(question) is not None:
        done = await screen.perform(deposits.make, deposits.Make(total_cents=ready.money.cash + ready.money.checks))
        if done is not None:
            got = done.result
            screen.say(f"Deposit {got.deposit}: {format_money(got.total_cents)} to the bank; `ubtui deposit show`.")


def _slip(ready: deposits.Ready, told: str) -> Iterator[Line]:
    if told:
        yield Line("drawer", told)
    for each in ready.drawers:
        got = each.counted or Money()
        yield Line("drawer", f"{each.key:<20} cash {format_money(got.cash):>10}  checks {format_money(got.checks):>10}")
    for batch in ready.batches:
        what = f"{batch.id:>4}  {batch.source}, {batch.payments} by {batch.kind}"
        yield Line("batch", f"{fit(clean_text(what), SLIP, pad=True)} {format_money(batch.cents):>12}")
    money = ready.money
    yield Line("to the bank", f"{'':<{SLIP}} {format_money(money.cash + money.checks):>12}", "accent")
    if money.cards:
        yield Line("card slips", f"{format_money(money.cards)}, settled by their processor")
    for each in ready.left_open:
        yield Line(
            "not in it", f"{each.key}: {_left(each)}", "warning"
        )  # fmt: skip


def _left(each: Counted) -> str:
    if each.waits:
        return "another person counts it"
    return "its over or short waits" if each.counted else "not counted yet"


async def count(screen: DeskScreen, found: Counted) -> bool:
    """Ask for the count of a drawer until it is kept or left; what is expected is told afterwards alone."""
    specs = [
        FieldSpec("cash_cents", "Cash", "money", required=True, help="counted, without the float"),
        FieldSpec("checks_cents", "Checks", "money", help="with money orders, added up; none: empty"),
        FieldSpec("cards_cents", "Card slips", "money", help="added up; none: empty"),
        FieldSpec("reason", "Why it differs", help="where it differs by more than the district allows"),
    ]
    lines = [Line("drawer", f"{found.key}, {found.receipts} receipt{'s' if found.receipts > 1 else ''}")]
    whose = {"staff": found.staff, "day": found.day.isoformat()}

    def wrong(values: dict[str, str]) -> dict[str, str]:
        try:
            form("drawer.close", {**values, **whose})
        except BadValue as fault:
            return {"reason": str(fault)}
        return {}

    while True:
        title = f"Count drawer {found.key}"
        question = Ask(title, tuple(specs), tuple(lines), "close it", False, wrong, act="drawer.close")
        if (values := await screen.router.asked(question)) is None:
            return False
        specs = [replace(each, value=values[each.name]) for each in specs]
        sent = form("drawer.close", {**values, **whose})
        assert isinstance(sent, drawers.Close)
        done = await screen.perform(drawers.close, sent)
        if done is not None:
            got = done.result
            over = got.over_cents or 0
            told = f"Drawer {got.drawer} {got.state}: {format_money(got.counted_cents)} counted"
            told += f", {format_money(abs(over))} {'over' if over > 0 else 'short'}" if over else ", as expected"
            if got.differs and not over:
                told = f"{told.removesuffix(', as expected')}, {got.differs}"
            if got.state == "counted":
                told += f"; {got.proposal} waits for {' or '.join(got.approvers)}" if got.proposal else (
                    "; another person counts it"
                )  # fmt: skip
            screen.say(told)
            return True
        lines = [lines[0], Line("refused", screen.said(), "danger")]

"""The phone card: what somebody who calls asks, at one glance, over whatever is under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from ubtui.domain.dates import format_day
from ubtui.domain.money import format_money
from ubtui.domain.text import clean_text, fit
from ubtui.screens.base import Place
from ubtui.screens.one_account import OneAccount
from ubtui.screens.people import people
from ubtui.screens.summary import drafted, standing
from ubtui.services import calls
from ubtui.services.calls import PhoneView
from ubtui.services.contacts import ROLES
from ubtui.services.meters import MeterHistory
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.theme import styles_folder

PAYMENTS, READS_OF_ONE, READS_OF_SEVERAL = 3, 4, 2


class CardScreen(OneAccount):
    """`place.key` is the account's number; esc goes back to what was under way."""

    KEYS = "card"
    TITLE_TEXT = "Phone"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "account.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.view: PhoneView | None = None

    def body(self) -> ComposeResult:
        """One panel."""
        with VerticalScroll(id="whole"):
            yield Panel(id="told")

    def on_mount(self) -> None:
        """Read the account."""
        self.query_one("#whole").focus()
        self.start(self._open())

    async def _open(self) -> None:
        await self.allowed()
        await self._read()
        await self.seen()

    async def _read(self) -> None:
        view = self.view = await self.ask(calls.phone, self.place.key)
        self.account = view.account
        self.head(f"Phone  {view.account.number}  {view.account.named}")
        self.query_one("#told", Panel).show(tuple(card(view, self.router.day)))

    def on_screen_resume(self) -> None:
        """Back from the account or a form: as it stands now."""
        if self.view is not None:
            self.start(self._read())

    def do_account_open(self) -> None:
        """The whole account, in the card's place."""
        self.router.go(Place("account", self.place.key, item=self.place.item), instead=True)

    def do_account_adjust(self) -> None:
        """Propose an adjustment."""
        self.router.go(Place("adjust", self.place.key))

    def do_account_meter(self) -> None:
        """The history of its meter."""
        if self.view is not None and self.view.points:
            self.router.go(Place("meter", self.view.points[0].card.point))
        else:
            self.say("This account has no meter.")

    async def reread(self) -> None:
        """Read the account again."""
        await self._read()

    def do_list_explain(self) -> None:
        """How the balance came about, item by item."""
        self.start(self.explain("balance"))


def card(view: PhoneView, today: date) -> Iterator[Line]:
    """The card's lines: people, money, the last payments and reads, the answer why."""
    account = view.account

    def near(day: date | None) -> str:
        return "—" if day is None else format_day(day, today)

    if account.alerts:
        yield Line("look", " · ".join(account.alerts), "warning")
    yield from people(account, most=3, email=False)
    owed = account.balance
    parts = (("past due", owed.past_due), ("current", owed.current), ("not due", owed.not_due),
             ("penalty", owed.penalty), ("credit", -owed.credit), ("on the tax roll", owed.roll))  # fmt: skip
    split = " · ".join(f"{name} {format_money(cents)}" for name, cents in parts if cents)
    yield Line("balance", format_money(owed.total) + (f"   {split}" if split else ""), "accent")
    ahead = (f"{what} {near(day)}" for what, day in account.coming)
    yield Line("due", " · ".join((near(account.due_on), f"last bill {near(account.last_bill)}", *ahead)))
    for fact in drafted(account, today):
        yield Line(fact.label, fact.told)
    for promise in view.promises[:2]:
        yield Line("promise", f"{promise.promised(today)}: {promise.text}", "warning")
    for fact in standing(account, today):
        yield Line(fact.label, fact.told, fact.tone)
    for n, paid in enumerate(account.payments[:PAYMENTS]):
        undone = "  reversed" if paid.reversed else ""
        how = paid.source if paid.source.casefold() == paid.tender else f"{paid.source}, {paid.tender}"
        told = f"{near(paid.received_on):<10} {format_money(paid.cents):>10}  {how}{undone}"
        yield Line("paid" if not n else "", told)
    reads = READS_OF_ONE if len(view.points) == 1 else READS_OF_SEVERAL
    for point in view.points:
        yield from _point(point, today, reads)
    for n, said in enumerate(view.why):
        yield Line("why" if not n else "", said, "accent" if not n else None)
    if (last := view.last_contact) is not None:
        yield Line("last said", f"{near(last.on)} {last.kind} with the {ROLES[last.with_role]}, {last.by}: {last.text}")


def _point(found: MeterHistory, today: date, reads: int) -> Iterator[Line]:
    place = found.card
    lock = f" · seal {place.seal} {place.lock}" if place.seal else ""
    yield Line("meter", f"{place.meter or 'no meter known'} · {place.point}{lock} · {place.address}")
    yield Line("", f"{'read':<10} {'value':>10} {'use':>6} {'days':>4} {'a day':>6} {'year ago':>8}", aloud="")
    for read in [each for each in found.reads if each.status != "void"][:reads]:
        value, use, days, ago = (
            "—" if n is None else f"{n:,}" for n in (read.value, read.use, read.days, read.last_year)
        )  # fmt: skip
        kind = {"E": "estimated", "C": "customer's", "K": "card"}.get(read.source, "actual")
        told = f"{format_day(read.on, today):<10} {value:>10} {use:>6} {days:>4} {read.per_day:>6} {ago:>8}"
        aloud = f"{format_day(read.on, today)}: value {value}, use {use} in {days} days"
        aloud += f", {read.per_day} a day" if read.per_day else ""
        aloud += f", a year ago {ago}; {kind} {read.status}"
        yield Line("", f"{told}  {fit(clean_text(f'{kind} {read.status}'), 16)}", aloud=aloud)

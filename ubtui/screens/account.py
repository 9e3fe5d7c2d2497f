"""One account on one screen, and behind it, a key away, its ledger, items, bills, reads, payments and papers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from ubtui.act import Look
from ubtui.desk import denied
from ubtui.domain.dates import format_day
from ubtui.domain.money import format_money
from ubtui.screens.base import DeskScreen, Place
from ubtui.services import accounts, meters
from ubtui.services.accounts import AccountView, PartyLine, PointLine
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column, ListSource, Row
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.theme import styles_folder

Rows = dict[int, Row]
MONEY = 11


class AccountScreen(DeskScreen):
    """`place.key` is the account's number. Parts are read when they are first shown."""

    KEYS = "account"
    TITLE_TEXT = "Account"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "account.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.view: AccountView | None = None
        self.part = 0

    def body(self) -> ComposeResult:
        """The names of the parts, the summary, and the place of the lists."""
        yield StatusBar(id="parts")
        with VerticalScroll(id="summary"):
            yield Panel(id="about")

    def on_mount(self) -> None:
        """Read the account."""
        self._name_parts()
        self.query_one("#summary").focus()
        self.start(self._open())

    async def _open(self) -> None:
        if await self.ask(denied, "account.show"):
            await self.desk.viewing("account.show", account=self.place.key)  # raises the refusal, and keeps it
        await self._read()
        if self.part:  # turned to while it was being read
            await self._show_part(self.part)
        await self.desk.viewing("account.show", account=self.place.key)

    async def _read(self) -> None:
        view = self.view = await self.ask(accounts.account, self.place.key)
        self.head(f"Account  {view.number}  {view.owner}")
        self.query_one("#about", Panel).show(tuple(summary(view, self.router.day)))

    def _name_parts(self) -> None:
        names = [("Summary", ""), *((name, "") for name in PARTS)]
        told = "".join(f"[{name}]" if n == self.part else f" {name} " for n, (name, _) in enumerate(names))
        self.query_one("#parts", StatusBar).say(told)

    # parts

    def do_tab_next(self) -> None:
        """The next part."""
        self._turn(1)

    def do_tab_previous(self) -> None:
        """The part before."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self.part = (self.part + by) % (len(PARTS) + 1)
        self._name_parts()
        self.start(self._show_part(self.part))

    async def _show_part(self, part: int) -> None:
        if self.view is None:
            return
        for each in self.query(QueueList):
            each.display = False
        self.query_one("#summary").display = part == 0
        self._say_counts()
        if part == 0:
            self.query_one("#summary").focus()
            return
        name = list(PARTS)[part - 1]
        if not (found := self.query(f"#part-{name.lower()}")):
            columns, read = PARTS[name]
            rows = await self.ask(read, self.view, self.router.day)
            made = QueueList(ListSource(columns, rows), empty=f"No {name.lower()}.", id=f"part-{name.lower()}")
            await self.mount(made, before="#hints")
        else:
            made = found.first(QueueList)
        made.display = part == self.part
        self._say_counts()
        if part == self.part:
            made.focus()

    def on_queue_list_counted(self, event: QueueList.Counted) -> None:
        """How much of the part is shown."""
        self._say_counts()

    def _say_counts(self) -> None:
        shown = self.shown_list()
        self.query_one("#parts", StatusBar).say(right="" if shown is None else shown.counts())

    def shown_list(self) -> QueueList | None:
        """The list in view; None on the summary."""
        return next((each for each in self.query(QueueList) if each.display), None)

    def do_list_refresh(self) -> None:
        """Read everything again."""
        self.start(self._again())

    async def _again(self) -> None:
        await self.query(QueueList).remove()
        await self._read()
        await self._show_part(self.part)

    # elsewhere

    def do_account_adjust(self) -> None:
        """Propose an adjustment."""
        self.router.go(Place("adjust", self.place.key, item=self.place.item))

    def do_account_meter(self) -> None:
        """The history of its meter."""
        points = [each.point for each in self.view.points if each.point] if self.view else []
        if not points:
            self.say("This account has no meter.")
        else:
            self.router.go(Place("meter", points[0], item=self.place.item))

    def do_item_next(self) -> None:
        """The account of the next item."""
        self.start(self._step(1))

    def do_item_previous(self) -> None:
        """The account of the item before."""
        self.start(self._step(-1))

    async def _step(self, by: int) -> None:
        from ubtui.services import worklist

        here = self.place.item
        while (id := self.router.step(by, here)) is not None:
            view = await self.ask(worklist.item, id)
            if view.account and view.account != self.place.key:
                self.router.go(Place("account", view.account, item=id), instead=True)
                return
            here = id
        self.say("There is no further account on the list.")

    def do_list_explain(self) -> None:
        """How the balance came about."""
        if self.view is not None:
            self.start(self._explain(self.view))

    async def _explain(self, view: AccountView) -> None:
        owed = await self.ask(accounts.open_items, view.id)
        lines = [
            Line(f"{item.charge} due {format_day(item.due_on, self.router.day)}",
                 f"{format_money(item.open_cents)} open of {format_money(item.cents)}")
            for item in owed
        ]  # fmt: skip
        if view.balance.credit:
            lines.append(Line("credit", format_money(-view.balance.credit)))
        lines.append(Line("balance", format_money(view.balance.total), "accent"))
        await self.show_lines(f"What {view.number} owes", tuple(lines))


def summary(view: AccountView, today: date) -> Iterator[Line]:
    """Everything a call about the account needs, in about twenty lines."""

    def near(day: date | None) -> str:
        return "—" if day is None else format_day(day, today)

    if view.alerts:
        yield Line("look", " · ".join(view.alerts), "warning")
    old = f" · was {', '.join(view.external)}" if view.external else ""
    yield Line("account", f"{view.number} · {view.state} · {view.customer_class} · cycle {view.cycle}{old}")
    roles: dict[int, list[PartyLine]] = {}
    for party in view.parties:
        if party.to_on is None:
            roles.setdefault(party.party_id, []).append(party)
    for same in list(roles.values())[:3]:
        party = same[0]
        reach = " · ".join(filter(None, (party.phone, party.email, party.language)))
        yield Line(", ".join(each.role.replace("_", " ") for each in same), f"{party.name} · {reach}")
        if party.address:
            yield Line("", ", ".join(party.address) + (" (mail came back)" if party.returned else ""))
    owed = view.balance
    parts = (("past due", owed.past_due), ("current", owed.current), ("not due", owed.not_due),
             ("penalty", owed.penalty), ("credit", -owed.credit))  # fmt: skip
    split = " · ".join(f"{name} {format_money(cents)}" for name, cents in parts if cents)
    yield Line("balance", format_money(owed.total) + (f"  {split}" if split else ""), "accent")
    yield Line("due", f"{near(view.due_on)} · last bill {near(view.last_bill)} · next read {near(view.next_read_on)}"
                      f" · next bill {near(view.next_bill_on)}")  # fmt: skip
    paid = " · ".join(
        f"{near(each.received_on)} {format_money(each.cents)} {each.tender or each.source}"
        + (" reversed" if each.reversed else "")
        for each in view.payments
    )
    yield Line("paid", paid or "nothing yet")
    for point in view.points:
        yield from _point(point, today)
    for item in view.work[:3]:
        yield Line("open", f"{item.priority} {item.title}: {item.why}")
    for proposal in view.proposals:
        amount = format_money(proposal.amount_cents)
        yield Line("proposed", f"{proposal.number} {proposal.reason} {amount} by {proposal.maker}, {proposal.standing}")


def _point(point: PointLine, today: date) -> Iterator[Line]:
    place = " · ".join(filter(None, (point.address, point.apn, point.route_seq)))
    yield Line("place", place or "—")
    meter = f"{point.meter} {point.size}".strip() or "no meter known"
    sealed = f" · seal {point.seal} {point.lock_state}, {point.rate_status} rate" if point.seal else ""
    ended = f" · ended {point.to_on}" if point.to_on else ""
    yield Line("service", f"{point.service} {point.rate} · {meter} · {point.point} {point.state}{sealed}{ended}")
    for read in point.reads:
        value = "—" if read.value is None else f"{read.value:,}"
        use = "—" if read.use is None else f"{read.use:,}"
        ago = "" if read.year_ago is None else f"   year ago {read.year_ago:,}"
        told = f"{read.read_on} {value:>10}  use {use:>6}{ago}  {read.kind} {read.status}"
        yield Line("read", told)


# -- parts: columns and what fills them ------------------------------------------------------------------------


def _table(rows: list[Row]) -> Rows:
    return dict(enumerate(rows))


def _ledger(look: Look, view: AccountView, today: date) -> Rows:
    lines = accounts.statement(look, view.id)[::-1]
    return _table(
        [
            Row((each.effective_on.isoformat(), each.kind, each.reason, each.document,
                 format_money(each.cents), format_money(each.balance), each.posted_by, str(each.journal_id)),
                "dim" if each.reversed_by or each.reverses else None)
            for each in lines
        ]
    )  # fmt: skip


def _items(look: Look, view: AccountView, today: date) -> Rows:
    return _table(
        [
            Row((each.charge, each.due_on.isoformat(), each.mailed_on.isoformat() if each.mailed_on else "—",
                 format_money(each.cents), format_money(each.open_cents)),
                "warning" if each.open_cents and each.due_on < today else None if each.open_cents else "dim")
            for each in accounts.items(look, view.id)[::-1]
        ]
    )  # fmt: skip


def _bills(look: Look, view: AccountView, today: date) -> Rows:
    return _table(
        [
            Row((each.number, each.period, each.billed_on.isoformat(), each.due_on.isoformat(),
                 format_money(each.total_cents), format_money(each.open_cents),
                 "; ".join(f"{part.label} {format_money(part.cents)}" for part in each.lines)))
            for each in accounts.bills(look, view.id)
        ]
    )  # fmt: skip


def _reads(look: Look, view: AccountView, today: date) -> Rows:
    rows = []
    for point in dict.fromkeys(each.point for each in view.points if each.point):
        for read in meters.history(look, point).reads:
            rows.append(read_row(read, point))
    return _table(rows)


def read_row(read: meters.ReadLine, point: str = "") -> Row:
    """A read as a row of a list."""
    number = [("" if n is None else f"{n:,}") for n in (read.value, read.use, read.days, read.last_year)]
    told = " ".join(filter(None, (read.status, read.held, read.trouble, "rolled" if read.rolled else "", read.reviews)))
    tone = "danger" if read.status == "held" else "dim" if read.status == "void" else None
    return Row((read.on.isoformat(), *number[:3], read.per_day, number[3], read.source, told, read.meter, point), tone)


READ_COLUMNS = (
    Column("on", "Read on", 10),
    Column("value", "Value", 10, "right"),
    Column("use", "Use", 7, "right"),
    Column("days", "Days", 4, "right"),
    Column("day", "A day", 6, "right"),
    Column("ago", "Yr ago", 7, "right"),
    Column("source", "S", 1),
    Column("told", "Status and reviews"),
    Column("meter", "Meter", 18, priority=1),
    Column("point", "Point", 9, priority=2),
)


def _payments(look: Look, view: AccountView, today: date) -> Rows:
    return _table(
        [
            Row((each.received_on.isoformat(), each.number, format_money(each.cents), each.tender, each.source,
                 each.reference, "reversed" if each.reversed else format_money(each.applied_cents)),
                "dim" if each.reversed else None)
            for each in accounts.receipts(look, view.id)
        ]
    )  # fmt: skip


def _documents(look: Look, view: AccountView, today: date) -> Rows:
    return _table(
        [
            Row((each.name, each.title, f"{each.bytes:,}", each.added_by, each.added_at[:10], each.sha256[:12]))
            for each in view.documents
        ]
    )


PARTS: dict[str, tuple[tuple[Column, ...], Callable[[Look, AccountView, date], Rows]]] = {
    "Ledger": (
        (Column("on", "Counts from", 11), Column("kind", "Kind", 8, priority=1), Column("reason", "What"),
         Column("document", "Paper", 17), Column("cents", "Amount", MONEY, "right"),
         Column("balance", "Balance", MONEY, "right"), Column("by", "By", 8, priority=1),
         Column("journal", "Journal", 7, "right", 2)),
        _ledger,
    ),
    "Items": (
        (Column("charge", "Charge", 8), Column("due", "Due", 10), Column("mailed", "Mailed", 10),
         Column("cents", "Amount", MONEY, "right"), Column("open", "Open", MONEY, "right")),
        _items,
    ),
    "Bills": (
        (Column("number", "Bill", 17), Column("period", "Period", 10), Column("on", "Billed", 10, priority=2),
         Column("due", "Due", 10), Column("total", "Total", MONEY, "right"), Column("open", "Open", MONEY, "right"),
         Column("lines", "Lines", priority=1)),
        _bills,
    ),
    "Reads": (READ_COLUMNS, _reads),
    "Payments": (
        (Column("on", "Received", 10), Column("number", "Receipt", 17), Column("cents", "Amount", MONEY, "right"),
         Column("tender", "Tender", 8), Column("source", "Source", 10), Column("reference", "Reference"),
         Column("applied", "Applied", MONEY, "right")),
        _payments,
    ),
    "Documents": (
        (Column("name", "Name", 28), Column("title", "What it is"), Column("bytes", "Bytes", 10, "right"),
         Column("by", "By", 8), Column("on", "Added", 10), Column("hash", "SHA-256", 12, priority=1)),
        _documents,
    ),
}  # fmt: skip

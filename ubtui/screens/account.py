"""One account on one screen, each figure explained by a key, and behind it, a key away, all that is on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from ubtui.screens import evidence
from ubtui.screens.account_parts import PARTS, Entry, Reader
from ubtui.screens.base import Place
from ubtui.screens.in_parts import InParts
from ubtui.screens.one_account import OneAccount
from ubtui.screens.summary import facts, title
from ubtui.services import worklist
from ubtui.services.accounts import AccountView, account
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import LEAD, QueueList
from ubtui.widgets.rows import Column, ListSource, Row
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.theme import styles_folder

LABEL = 9


class AccountScreen(InParts, OneAccount):
    """`place.key` is the account's number. Parts are read when they are first shown."""

    KEYS = "account"
    TITLE_TEXT = "Account"
    PARTS = ("Summary", *PARTS)
    CSS_PATH: ClassVar[Any] = [styles_folder() / "account.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._entries: dict[str, list[Entry]] = {}
        self._leads: list[str] = []  # the tab that a line of the summary leads to

    def body(self) -> ComposeResult:
        """The names of the parts, and the summary; the lists come in its place."""
        yield StatusBar(id="parts")
        with Container(id="work"):
            yield QueueList(ListSource((Column("told", ""),), {}), empty="", id="part-summary")
            yield Panel(id="beside")

    def on_mount(self) -> None:
        """Read the account."""
        self.name_parts()
        self.query_one(QueueList).focus()
        self.start(self._open())

    async def _open(self) -> None:
        await self.allowed()
        await self._read()
        if self.part:  # turned to while it was being read
            await self.show_part(self.part)
        await self.seen()

    async def _read(self) -> None:
        view = self.account = await self.ask(account, self.place.key)
        shown = self.query_one("#part-summary", QueueList)
        room = (shown.size.width or self.size.width) - LEAD - LABEL - 1
        lines = list(facts(view, self.router.day, room))
        self._leads = [each.part for each in lines]
        self._entries["Summary"] = [
            Entry(Row((each.label, each.told), each.tone), each.figure, each.place) for each in lines
        ]
        columns = (Column("label", "", LABEL), Column("told", title(view)))
        shown.source = ListSource(columns, {n: each.row for n, each in enumerate(self._entries["Summary"])})
        shown.reload()
        self.say_head()

    async def reread(self) -> None:
        """Read everything again; the part in view stays in view."""
        for each in list(self.query(QueueList)):
            if each.id != "part-summary":
                await each.remove()
        await self._read()
        await self.show_part(self.part)

    def say_head(self) -> None:
        """The account, and the counts of its part."""
        shown, view = self.shown_list(), self.account
        counts = f"{shown.counts()} · " if shown is not None and self.part else ""
        if view is not None:
            self.head(f"Account  {view.number}  {counts}{view.named}")

    # parts

    async def show_part(self, part: int) -> None:
        """Bring a part into view."""
        view = self.account
        if view is None:
            return
        name = self.PARTS[part]
        if not (found := self.query(f"#part-{name.lower()}")):
            columns, reader = PARTS[name]
            entries = self._entries[name] = await self.ask(_entries, reader, view)
            source = ListSource(columns, {n: each.row for n, each in enumerate(entries)})
            made = QueueList(source, empty=f"No {name.lower()}.", id=f"part-{name.lower()}")
            await self.query_one("#work").mount(made, before="#beside")
        else:
            made = found.first(QueueList)
        self.bring(made, part)
        self.say_head()

    @on(QueueList.Chosen)
    def _chosen(self, event: QueueList.Chosen) -> None:
        """Where the row leads: a screen, or the part that has it whole."""
        if (entry := self._entry()) is None:
            return
        if entry.place is not None:
            self.router.go(entry.place)
        elif self.part == 0 and (part := self._leads[event.id]):
            self.turn(self.PARTS.index(part))
        elif entry.figure:
            self.do_list_explain()

    def _entry(self) -> Entry | None:
        """The row under the cursor of the part in view."""
        shown = self.shown_list()
        entries = self._entries.get(self.PARTS[self.part], [])
        id = None if shown is None else shown.current_id
        return entries[id] if id is not None and id < len(entries) else None

    def do_list_refresh(self) -> None:
        """Read everything again."""
        self.start(self.reread())

    # elsewhere

    def do_account_adjust(self) -> None:
        """Propose an adjustment."""
        self.router.go(Place("adjust", self.place.key, item=self.place.item))

    def _journal(self) -> int | None:
        """The journal of the row under the cursor."""
        entry = self._entry()
        kind, _, key = ("" if entry is None else entry.figure).partition(":")
        return int(key) if kind == "journal" else None

    def cannot_ledger_undo(self) -> str:
        """Why there is nothing to take back here."""
        return "" if self._journal() is not None else "Undo takes a journal back: tab to the ledger, and to its row."

    def do_ledger_undo(self) -> None:
        """Take the row's journal back by a reversing entry."""
        if (journal := self._journal()) is not None:
            self.start(self._undo(journal))

    async def _undo(self, journal: int) -> None:
        from ubtui.screens.undoing import take_back

        if await take_back(self, journal):
            told = self.said()
            await self.reread()
            self.say(told)

    def do_account_meter(self) -> None:
        """The history of its meter."""
        points = [each.point for each in self.account.points if each.point] if self.account else []
        if not points:
            self.say("This account has no meter.")
        else:
            self.router.go(Place("meter", points[0], item=self.place.item))

    async def explained(self) -> tuple[str, Sequence[Line]] | None:
        """How the figure of the row came about; the balance where the row of the summary has none."""
        entry = self._entry()
        figure = "balance" if entry is None or (self.part == 0 and not entry.figure) else entry.figure
        kind, _, key = figure.partition(":")
        if kind == "work":
            view = await self.ask(worklist.item, int(key))
            title = f"Why {view.priority}: {evidence.heading(view)}"
            return title, evidence.explanation(view, self.desk.district.zone)
        return await self.figure(figure) if figure else None


def _entries(look: Any, reader: Reader, view: AccountView) -> list[Entry]:
    return list(reader(look, view, look.today))

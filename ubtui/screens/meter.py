"""A meter: its card, 24 months of use; a key away its reads, months, neighbours, tests, seals, orders and installs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from ubtui.desk import denied
from ubtui.screens.base import Place
from ubtui.screens.field_work import FieldWork
from ubtui.screens.in_parts import InParts
from ubtui.screens.meter_card import card_lines
from ubtui.screens.stepping import Stepping
from ubtui.services import meter_views, meters
from ubtui.services.meter_views import PARTS, Entry, Part
from ubtui.services.meters import MeterHistory
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import ListSource
from ubtui.widgets.sparkline import Sparkline
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.theme import styles_folder


class MeterScreen(InParts, FieldWork, Stepping):
    """`place.key` is a service point, a meter (maker/serial), or an account with one point."""

    KEYS = "meter"
    TITLE_TEXT = "Meter"
    STEPS_TO = "meter"
    PARTS = tuple(name.capitalize() for name in PARTS)
    CSS_PATH: ClassVar[Any] = [styles_folder() / "meter.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.history: MeterHistory | None = None
        self._parts: dict[str, Part] = {}

    def body(self) -> ComposeResult:
        """Card, trend, the names of the parts; the lists come below them."""
        yield Panel(id="card")
        with Horizontal(id="trend"):
            yield StatusBar(id="trend-label")
            yield Sparkline(id="months")
            yield StatusBar(id="trend-told")
        yield StatusBar(id="parts")
        yield StatusBar(id="said")
        with Container(id="work"):
            yield QueueList(ListSource(meter_views.READ_COLUMNS, {}), empty="No reads yet.", id="part-reads")
            yield Panel(id="beside")

    def on_mount(self) -> None:
        """Read it."""
        self.name_parts()
        self.query_one(QueueList).focus()
        self.start(self._open())

    async def _open(self) -> None:
        if await self.ask(denied, "meter.show"):
            await self.desk.viewing("meter.show", point=self.place.key)  # raises the refusal, and keeps it
        await self._read()
        await self.desk.viewing("meter.show", point=self.place.key)

    async def _read(self) -> None:
        found = self.history = await self.ask(meters.history, self.place.key)
        self._parts = {}
        around = await self.ask(meter_views.around, found)
        self.query_one("#card", Panel).show(tuple(card_lines(found, around, self.router.day)))
        self.query_one("#trend-label", StatusBar).say(f"to {found.through}")
        self.query_one("#months", Sparkline).show(found.months)
        self.query_one("#trend-told", StatusBar).say(meter_views.year_over_year(found))
        for each in list(self.query(QueueList)):
            if each.id != f"part-{self.PARTS[self.part].lower()}":
                await each.remove()
        await self.show_part(self.part, anew=True)

    async def field_key(self) -> str:
        """The point in view."""
        return "" if self.history is None else self.history.card.point

    async def reread(self) -> None:
        """Show the meter as it stands now; the part in view stays in view."""
        await self._read()

    def say_head(self) -> None:
        """The meter, and the counts of its part."""
        if self.history is not None:
            shown = self.shown_list()
            counts = "" if shown is None else shown.counts()
            self.head(f"Meter  {self.history.card.meter or self.history.card.point}  {counts}")

    # parts

    async def show_part(self, part: int, anew: bool = False) -> None:
        """Bring a part into view; `anew` where the meter was read again."""
        if self.history is None:
            return
        name = self.PARTS[part].lower()
        if name not in self._parts:
            self._parts[name] = await self.ask(meter_views.part, self.history, name)
        read = self._parts[name]
        source = ListSource(read.columns, {n: each.row for n, each in enumerate(read.entries)})
        if found := self.query(f"#part-{name}"):
            made = found.first(QueueList)
            if anew:
                made.source = source
                made.reload()
        else:
            made = QueueList(source, empty=read.said or f"No {name}.", id=f"part-{name}")
            await self.query_one("#work").mount(made, before="#beside")
            await made.wait_settled()
            made.move_to(read.start)
        if self.bring(made, part):
            said = self.query_one("#said", StatusBar)
            said.say(read.said)
            said.display = bool(read.said and read.entries)
            self.say_head()

    def _entry(self) -> tuple[Part, int, Entry] | None:
        """The part in view, and the row under its cursor."""
        part = self._parts.get(self.PARTS[self.part].lower())
        row = None if (shown := self.shown_list()) is None else shown.current_id
        return None if part is None or row is None or row >= len(part.entries) else (part, row, part.entries[row])

    @on(QueueList.Chosen)
    def _chosen(self) -> None:
        """Where the row leads: another meter, else how it came about."""
        if (found := self._entry()) is None:
            return
        if found[2].point:
            self.router.go(Place("meter", found[2].point, item=self.place.item))
        else:
            self.do_list_explain()

    def do_list_refresh(self) -> None:
        """Read it again."""
        self.start(self._read())

    async def account_in_view(self) -> str | None:
        """The account that the point serves."""
        return self.history.card.account or None if self.history is not None else None

    async def at_item(self, id: int) -> Place | None:
        """The meter of an item, another than this one."""
        from ubtui.services import worklist

        subject = (await self.ask(worklist.item, id)).key.subject
        other = subject.type in ("point", "meter") and subject.key != self.place.key
        return Place("meter", subject.key, item=id) if other else None

    async def explained(self) -> tuple[str, Sequence[Line]] | None:
        """How the figures of the row came about."""
        if self.history is None or (found := self._entry()) is None:
            return None
        title, told = await self.ask(meter_views.explained, self.history, found[0], found[1])
        return title, [Line(label, text) for label, text in told]

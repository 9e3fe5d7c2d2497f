"""The history of a meter: its card, 24 months of use, this year beside the last, and every read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Container, Horizontal

from ubtui.desk import denied
from ubtui.domain.dates import format_day
from ubtui.screens.account_parts import READ_COLUMNS, read_row
from ubtui.screens.base import Place
from ubtui.screens.beside import Beside
from ubtui.screens.field_work import FieldWork
from ubtui.services import figures, meters
from ubtui.services.meters import MeterHistory
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import ListSource
from ubtui.widgets.sparkline import Sparkline
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.theme import styles_folder


class MeterScreen(Beside, FieldWork):
    """`place.key` is a service point, a meter (maker/serial), or an account with one point."""

    KEYS = "meter"
    TITLE_TEXT = "Meter"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "meter.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.history: MeterHistory | None = None
        self._counts = ""

    def body(self) -> ComposeResult:
        """Card, trend, reads."""
        yield Panel(id="card")
        with Horizontal(id="trend"):
            yield StatusBar(id="trend-label")
            yield Sparkline(id="months")
            yield StatusBar(id="trend-told")
        with Container(id="work"):
            yield QueueList(ListSource(READ_COLUMNS, {}), empty="No reads yet.", id="reads")
            yield Panel(id="beside")

    def on_mount(self) -> None:
        """Read it."""
        self.query_one(QueueList).focus()
        self.start(self._open())

    async def _open(self) -> None:
        if await self.ask(denied, "meter.show"):
            await self.desk.viewing("meter.show", point=self.place.key)  # raises the refusal, and keeps it
        await self._read()
        await self.desk.viewing("meter.show", point=self.place.key)

    async def _read(self) -> None:
        found = self.history = await self.ask(meters.history, self.place.key)
        card = found.card
        self._say_head()
        self.query_one("#card", Panel).show(tuple(card_lines(found, self.router.day)))
        self.query_one("#trend-label", StatusBar).say(f"to {found.through}")
        self.query_one("#months", Sparkline).show(found.months)
        self.query_one("#trend-told", StatusBar).say(year_over_year(found.months, card.use_unit))
        reads = self.query_one(QueueList)
        assert isinstance(reads.source, ListSource)
        reads.source.table = {n: read_row(each, card.point) for n, each in enumerate(found.reads)}
        reads.reload()

    async def field_key(self) -> str:
        """The point in view."""
        return "" if self.history is None else self.history.card.point

    async def reread(self) -> None:
        """Show the meter as it stands now."""
        await self._read()

    def _say_head(self) -> None:
        if self.history is not None:
            self.head(f"Meter  {self.history.card.meter or self.history.card.point}  {self._counts}")

    def on_queue_list_counted(self, event: QueueList.Counted) -> None:
        """How many reads are shown."""
        self._counts = event.text
        self._say_head()

    def do_list_refresh(self) -> None:
        """Read it again."""
        self.start(self._read())

    async def account_in_view(self) -> str | None:
        """The account that the point serves."""
        return self.history.card.account or None if self.history is not None else None

    def do_item_next(self) -> None:
        """The meter of the next item."""
        self.start(self._step(1))

    def do_item_previous(self) -> None:
        """The meter of the item before."""
        self.start(self._step(-1))

    async def _step(self, by: int) -> None:
        from ubtui.services import worklist

        here = self.place.item
        while (id := self.router.step(by, here)) is not None:
            subject = (await self.ask(worklist.item, id)).key.subject
            if subject.type in ("point", "meter") and subject.key != self.place.key:
                self.router.go(Place("meter", subject.key, item=id), instead=True)
                return
            here = id
        self.say("There is no further meter on the list.")

    async def explained(self) -> tuple[str, Sequence[Line]] | None:
        """How the use of the row came about."""
        row = self.query_one(QueueList).current_id
        if self.history is None or row is None or row >= len(self.history.reads):
            return None
        read = self.history.reads[row]
        lines = [Line(label, told) for label, told in figures.read_rows(self.history, row)]
        return f"Read of {read.on}, period {read.period}", lines


def card_lines(found: MeterHistory, today: date) -> Iterator[Line]:
    """What hangs where, for whom, and since when."""
    card = found.card
    walk = f"{card.route}-{card.sequence:04d}" if card.route and card.sequence is not None else card.route
    where = (card.point, card.state, card.address, walk, card.location)
    yield Line("point", " · ".join(filter(None, where)))
    seasonal = " · seasonal" if card.seasonal else ""
    yield Line("account", f"{card.account or 'none'} {card.who} · {card.service} {card.rate}{seasonal}")
    if card.meter:
        face = f"{card.dials} dials x {card.multiplier} {card.meter_unit}"
        yield Line("meter", " · ".join(filter(None, (card.meter, card.model, card.size, face, card.radio))))
    else:
        yield Line("meter", "no meter known")
    if card.seal:
        since = f" since {format_day(card.sealed_on, today)}" if card.sealed_on else ""
        told = f"{card.seal} {card.lock}, {card.lock_reason.replace('_', ' ')}, {card.seal_rate} rate{since}"
        yield Line("seal", told, "warning")
    hung = " · ".join(f"{each.meter or 'no meter known'} {each.on}–{each.off or ''}" for each in found.installs[:3])
    yield Line("installed", hung or "nothing")


def year_over_year(months: Sequence[int], unit: str) -> str:
    """The last twelve months beside the twelve before: "12 months 186 ccf, before 171 (+8 %)"."""
    last, before = sum(months[-12:]), sum(months[-24:-12])
    change = f" ({(last - before) * 100 // before:+d} %)" if before else ""
    return f"12 months {last:,} {unit}, before {before:,}{change}"

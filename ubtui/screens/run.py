"""The list that a run or a programme opens: its rows in order, each opening its account or meter."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from ubtui.act import Look
from ubtui.domain.errors import BadValue
from ubtui.domain.filters import parse as parse_filter
from ubtui.domain.subjects import ItemKey
from ubtui.screens import evidence
from ubtui.screens.base import Ask, Place
from ubtui.screens.field_work import FieldWork
from ubtui.screens.source import DeskSource
from ubtui.services import runs, worklist
from ubtui.services.listing import Listing
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.status_bar import StatusBar


class RunScreen(FieldWork):
    """`place.key` is the run's item in words, `place.item` its id."""

    KEYS = "run"
    TITLE_TEXT = "List"

    def body(self) -> ComposeResult:
        """Why the run is there, and its list."""
        yield StatusBar(id="counts")
        yield Container(id="work")

    def on_mount(self) -> None:
        """Read which list it is."""
        self.start(self._open())

    @property
    def key(self) -> ItemKey:
        """The run's item."""
        return ItemKey.parse(self.place.key)

    async def _open(self) -> None:
        view, of = await self.ask(_opened, self.place.item, self.key)
        self.head(f"{view.title}  {self.key}")
        self.query_one("#counts", StatusBar).say(view.why)
        shown = QueueList(DeskSource(self.desk, of), empty="Nothing is left of it.", id="list")
        await self.query_one("#work").mount(shown)
        shown.focus()

    def on_screen_resume(self) -> None:
        """Back from a row: what was done there is gone from the list."""
        self.do_list_refresh()

    def do_list_refresh(self) -> None:
        """Read list and counts again."""
        super().do_list_refresh()
        if self.query("#list"):
            self.start(self._why())

    async def _why(self) -> None:
        view, _ = await self.ask(_opened, self.place.item, self.key)
        told = view.why if view.state in ("open", "claimed", "waiting") else f"{view.state}: {view.resolution or ''}"
        self.query_one("#counts", StatusBar).say(told)

    def on_queue_list_counted(self, event: QueueList.Counted) -> None:
        """How many rows are shown."""
        self.query_one("#counts", StatusBar).say(right=event.text)

    async def field_key(self) -> str:
        """What the row opens: its point, or its account."""
        shown = self.shown_list()
        if shown is None or (id := shown.current_id) is None:
            return ""
        return (await self.ask(_opens, self.key, id))[1]

    async def reread(self) -> None:
        """Show the list as it stands now."""
        self.do_list_refresh()

    # keys

    @on(QueueList.Chosen, "#list")
    def _chosen(self) -> None:
        self.do_run_open()

    def do_run_open(self) -> None:
        """Open the row where it belongs: its account or its meter."""
        if (shown := self.shown_list()) is not None and (id := shown.current_id) is not None:
            self.start(self._go(id))

    async def _go(self, id: int) -> None:
        name, key = await self.ask(_opens, self.key, id)
        self.router.go(Place(name, key, item=self.place.item))

    def do_item_account(self) -> None:
        """The account of the row."""
        shown = self.shown_list()
        if shown is None or (row := shown.current_row) is None:
            return
        cells = {column.key: text for column, text in zip(shown.source.columns, row.cells, strict=False)}
        if number := cells.get("account"):
            self.router.go(Place("account", number, item=self.place.item))
        else:
            self.say("This row is about no account.")

    def do_run_fix(self) -> None:
        """What can be done about the run as a whole."""
        if self.place.item is not None:
            self.router.go(Place("fix", str(self.place.item), item=self.place.item))

    def do_list_explain(self) -> None:
        """Why the run is on the worklist, and how its priority came about."""
        self.start(self._explained())

    async def _explained(self) -> None:
        view, _ = await self.ask(_opened, self.place.item, self.key)
        told = evidence.explanation(view, self.desk.district.zone)
        await self.show_lines(f"Why {view.priority}: {evidence.heading(view)}", told)

    def do_item_next(self) -> None:
        """The next item of the worklist."""
        self._step(1)

    def do_item_previous(self) -> None:
        """The item before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        if (id := self.router.step(by, self.place.item)) is None:
            self.say("There is no further item on the list.")
        else:
            self.router.go(Place("fix", item=id), instead=True)

    def do_list_filter(self) -> None:
        """Show only what matches; empty: all."""
        self.start(self._filter())

    async def _filter(self) -> None:
        from ubtui.widgets.field import FieldSpec

        shown = self.shown_list()
        if shown is None:
            return
        told = "route:201 age>365, or words of the row"
        field = FieldSpec("filter", "Filter", value=shown.asked.filter, help=told)

        def wrong(values: dict[str, str]) -> dict[str, str]:
            try:
                parse_filter(values["filter"])
            except BadValue as fault:
                return {"filter": str(fault)}
            return {}

        if (values := await self.router.asked(Ask("Show only", (field,), do="show", check=wrong))) is not None:
            shown.filter(values["filter"].strip())

    def do_list_export(self) -> None:
        """Write what is shown to a file."""
        if (shown := self._list_here()) is not None:
            from ubtui.screens.export import export

            self.start(export(self, shown, self.key.subject.key.replace("/", "-"), "rows"))


def _opened(look: Look, id: int | None, key: ItemKey) -> tuple[worklist.ItemView, Listing]:
    return worklist.item(look, key if id is None else id), runs.list_of(look, key)


def _opens(look: Look, key: ItemKey, id: int) -> tuple[str, str]:
    run: Any = runs.run_of(key)
    place: tuple[str, str] = run.opens(look, id)
    return place

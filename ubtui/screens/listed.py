"""A list of the record as a screen: counts, its rows, a filter, and each row opening what it is about."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from ubtui.domain.errors import BadValue
from ubtui.domain.filters import parse as parse_filter
from ubtui.screens.base import Ask, Place
from ubtui.screens.field_work import FieldWork
from ubtui.screens.source import DeskSource
from ubtui.services.listing import Listing
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.status_bar import StatusBar


class Listed(FieldWork):
    """Subclasses say which list, where a row opens, and what stands above it."""

    FILTERS = "words of the row"
    EMPTY = "Nothing is left of it."

    def body(self) -> ComposeResult:
        """What is said of it, and its rows."""
        yield StatusBar(id="counts")
        yield Container(id="work")

    def on_mount(self) -> None:
        """Read which list it is."""
        self.start(self._open())

    async def listing(self) -> Listing:
        """The list."""
        raise NotImplementedError

    async def opens(self, id: int) -> Place:
        """Where a row opens."""
        raise NotImplementedError

    async def tell(self) -> None:
        """Say in head and counts what this is."""
        raise NotImplementedError

    def file_name(self) -> str:
        """What an export is called."""
        raise NotImplementedError

    async def _open(self) -> None:
        of = await self.listing()
        await self.tell()
        shown = QueueList(DeskSource(self.desk, of), empty=self.EMPTY, id="list")
        await self.query_one("#work").mount(shown)
        shown.focus()

    def on_screen_resume(self) -> None:
        """Back from a row: what was done there is gone from the list."""
        if self.query("#list"):
            self.do_list_refresh()

    def do_list_refresh(self) -> None:
        """Read list and counts again."""
        super().do_list_refresh()
        self.start(self.tell())

    def on_queue_list_counted(self, event: QueueList.Counted) -> None:
        """How many rows are shown."""
        self.query_one("#counts", StatusBar).say(right=event.text)

    def row(self) -> tuple[int, dict[str, str]] | None:
        """The row under the cursor: its id, its cells by column."""
        shown = self.shown_list()
        if shown is None or (id := shown.current_id) is None or (row := shown.current_row) is None:
            return None
        return id, {column.key: text for column, text in zip(shown.source.columns, row.cells, strict=False)}

    async def field_key(self) -> str:
        """What the row opens: its point, or its account."""
        return "" if (row := self.row()) is None else (await self.opens(row[0])).key

    async def reread(self) -> None:
        """Show the list as it stands now."""
        self.do_list_refresh()

    # keys

    @on(QueueList.Chosen, "#list")
    def _chosen(self) -> None:
        self.do_run_open()

    def do_run_open(self) -> None:
        """Open the row where it belongs: its account or its meter."""
        if (row := self.row()) is not None:
            self.start(self._go(row[0]))

    async def _go(self, id: int) -> None:
        self.router.go(await self.opens(id))

    def do_item_account(self) -> None:
        """The account of the row."""
        if (row := self.row()) is None:
            return
        if number := row[1].get("account"):
            self.router.go(Place("account", number, item=self.place.item))
        else:
            self.say("This row is about no account.")

    def do_list_filter(self) -> None:
        """Show only what matches; empty: all."""
        self.start(self._filter())

    async def _filter(self) -> None:
        from ubtui.widgets.field import FieldSpec

        shown = self.shown_list()
        if shown is None:
            return
        field = FieldSpec("filter", "Filter", value=shown.asked.filter, help=self.FILTERS)

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

            self.start(export(self, shown, self.file_name(), "rows"))

"""The saved views: which filter and order each name stands for, one's own and everybody's."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult

from ubtui.act import Look, new_key
from ubtui.domain.errors import BadValue
from ubtui.screens.base import Ask, DeskScreen, Place
from ubtui.services import listing, worklist
from ubtui.services.forms import FieldSpec, form
from ubtui.services.worklist import desks
from ubtui.services.worklist.desks import View
from ubtui.widgets.panel import Line
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column, ListSource, Query, Row
from ubtui.widgets.status_bar import StatusBar

COLUMNS = (
    Column("name", "View", 24),
    Column("whose", "Whose", 9),
    Column("items", "Items", 6, "right"),
    Column("filter", "Filter"),
    Column("order", "Order", 18, priority=1),
)


class ViewsScreen(DeskScreen):
    """Enter shows the worklist so; `n` keeps what the worklist shows now, `d` drops a view."""

    KEYS = "views"
    TITLE_TEXT = "Views"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.found: list[View] = []
        self.source = ListSource(COLUMNS, {})

    def body(self) -> ComposeResult:
        """Counts and the list."""
        yield StatusBar(id="counts")
        yield QueueList(self.source, empty="No view is saved yet: n keeps what the worklist shows.", id="list")

    def on_mount(self) -> None:
        """Read the views."""
        self.query_one(QueueList).focus()
        self.start(self._read())

    async def _read(self) -> None:
        found = await self.ask(_counted)
        self.found = [view for view, _ in found]
        self.source.table = {
            place: Row(
                (view.name, "everybody" if view.shared else "mine", f"{count:,}", view.query.filter, _order(view.query))
            )
            for place, (view, count) in enumerate(found)
        }
        self.query_one(QueueList).reload()

    def on_queue_list_counted(self, event: QueueList.Counted) -> None:
        """How many views are shown."""
        self.query_one("#counts", StatusBar).say(right=event.text)

    def _here(self) -> View | None:
        id = self.query_one(QueueList).current_id
        return None if id is None or id >= len(self.found) else self.found[id]

    @on(QueueList.Chosen, "#list")
    def _chosen(self) -> None:
        self.do_view_use()

    def do_view_use(self) -> None:
        """Show the worklist so."""
        if (view := self._here()) is not None:
            self.router.look_at(view.query, f"View {view.name}.")

    def do_view_keep(self) -> None:
        """Keep what the worklist shows under a name."""
        self.start(self._keep())

    async def _keep(self) -> None:
        asked = self.router.looked_at()
        lines = (Line("filter", asked.filter or "none"), Line("order", _order(asked) or "priority"))
        fields = (
            FieldSpec("name", "Name", required=True, help="letters, digits, blanks, dots, hyphens"),
            FieldSpec("shared", "For everybody", "bool", value="no"),
        )

        def wrong(values: dict[str, str]) -> dict[str, str]:
            try:
                form(worklist.save_view, {"name": values["name"]})
            except BadValue as fault:
                return {"name": str(fault)}
            return {}

        key = new_key()

        async def kept(values: dict[str, str]) -> object:
            made = worklist.SaveView(
                name=values["name"].strip(), filter=asked.filter, sort=asked.sort, reverse=asked.reverse,
                shared=values["shared"] == "yes",
            )  # fmt: skip
            return await self.perform(worklist.save_view, made, key=key, said="Kept.")

        question = Ask("Keep what the worklist shows", fields, lines, do="keep", check=wrong, act="view.save")
        if await self.until_done(question, kept) is not None:
            await self._read()

    def do_view_drop(self) -> None:
        """Forget the view."""
        self.start(self._drop())

    async def _drop(self) -> None:
        if (view := self._here()) is None:
            self.say("There is no view here.")
            return
        lines = (Line("filter", view.query.filter), Line("whose", "everybody's" if view.shared else "mine"))
        if await self.router.asked(Ask(f"Drop the view {view.name}", lines=lines, do="drop")) is None:
            return
        form = worklist.DropView(name=view.name, shared=view.shared)
        if await self.perform(worklist.drop_view, form, said="Dropped.") is not None:
            await self._read()


def _order(query: Query) -> str:
    titles = {column.key: column.title for column in worklist.WORKLIST.columns}
    order = f"by {titles.get(query.sort, query.sort)}" if query.sort else ""
    return f"{order} reversed".strip() if query.reverse else order


def _counted(look: Look) -> list[tuple[View, int]]:
    shown = worklist.worklist_for(look.actor.role, look.district.kind)
    return [(view, listing.count(look, shown, view.query)) for view in desks.views(look)]

"""The orders that are out there: in the order of the walk, each opening its meter, its result a key away."""

from __future__ import annotations

from ubtui.screens.base import Place
from ubtui.screens.listed import Listed
from ubtui.services import orders
from ubtui.services.listing import Listing
from ubtui.widgets.status_bar import StatusBar


class OrdersScreen(Listed):
    """All field orders; `place.key`, where given, is a filter to begin with."""

    KEYS = "orders"
    TITLE_TEXT = "Field orders"
    FILTERS = "state:done, route:201, due<2026-12-01, or words of the row"
    EMPTY = "No order is open."

    async def listing(self) -> Listing:
        """The orders."""
        return orders.ORDERS

    async def opens(self, id: int) -> Place:
        """The meter at the order's point."""
        row = self.row()
        return Place("meter", row[1]["point"] if row is not None else "")

    async def order_in_view(self) -> str:
        """The order of the row: its result is asked for first."""
        return "" if (row := self.row()) is None else row[1]["order"]

    def file_name(self) -> str:
        """What an export is called."""
        return "orders"

    async def tell(self) -> None:
        """How many are out, and how many of them are late."""
        out, late, today = await self.ask(orders.tally)
        self.head("Field orders")
        told = f"Out {out}  Late {late}  Due today {today}"
        self.query_one("#counts", StatusBar).say(told)

    def do_list_explain(self) -> None:
        """Everything about the row's order."""
        self.start(self._explained())

    async def _explained(self) -> None:
        from ubtui.widgets.panel import Line

        if (number := await self.order_in_view()) == "":
            return
        found = await self.ask(orders.order, number)
        pairs = [
            ("what", f"{orders.KINDS[found.kind]}, {found.state}"),
            ("where", f"{found.point} {found.address} {found.route}"),
            ("asked", f"{found.asked_on} by {found.asked_by}"),
            ("due", str(found.due_on)),
            ("to do", found.instructions),
            ("from", found.item),
            ("done", f"{found.done_on} by {found.done_by}" if found.done_on else ""),
            ("found", " ".join(filter(None, (found.found_serial, found.found_size, found.found_code)))),
            ("value", "" if found.found_value is None else f"{found.found_value:,}"),
            ("note", found.note),
        ]
        await self.show_lines(found.order, tuple(Line(label, text) for label, text in pairs if text))

"""The routes: what each has to be read, and what is left of it; enter types its reads in."""

from __future__ import annotations

from ubtui.screens.base import Place
from ubtui.screens.listed import Listed
from ubtui.services.listing import Listing
from ubtui.services.reads.routes import ROUTES


class RoutesScreen(Listed):
    """All routes, in the order of their codes."""

    KEYS = "routes"
    TITLE_TEXT = "Routes"
    EMPTY = "No route has a meter."

    async def listing(self) -> Listing:
        """The routes."""
        return ROUTES

    async def opens(self, id: int) -> Place:
        """Where its reads are typed."""
        row = self.row()
        return Place("route", row[1]["route"] if row is not None else "")

    def do_route_open(self) -> None:
        """Type the reads of the row's route in."""
        self.do_run_open()

    async def field_key(self) -> str:
        """A route is no one point."""
        return ""

    def file_name(self) -> str:
        """What an export is called."""
        return "routes"

    async def tell(self) -> None:
        """What the list is."""
        self.head("Routes")

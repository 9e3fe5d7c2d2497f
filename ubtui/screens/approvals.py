"""The approvals inbox: what waits for a second person, with before and after of the row under the cursor."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from ubtui.domain.money import format_money
from ubtui.screens.base import Place
from ubtui.screens.deciding import Deciding
from ubtui.screens.money import proposal_lines
from ubtui.screens.source import DeskSource
from ubtui.services import adjustments
from ubtui.services.adjustments.inbox import INBOX
from ubtui.widgets import too_small
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.theme import styles_folder


class ApprovalsScreen(Deciding):
    """List and evidence; `a` and `d` ask before they decide."""

    KEYS = "approvals"
    TITLE_TEXT = "Approvals"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "approvals.tcss"]
    HORIZONTAL_BREAKPOINTS = [*too_small.HORIZONTAL, too_small.BROAD]

    def body(self) -> ComposeResult:
        """Counts, list, the row's before and after."""
        yield StatusBar(id="counts")
        with Container(id="work"):
            yield QueueList(DeskSource(self.desk, INBOX), empty="No proposal waits for a decision.", id="list")
            with VerticalScroll(id="about", can_focus=False):
                yield Panel(id="proposal")

    def on_mount(self) -> None:
        """Read what waits."""
        self.query_one(QueueList).focus()
        self.start(self._read())

    def on_screen_resume(self) -> None:
        """Back from a proposal: what was decided there is gone."""
        if self.query("#list"):
            self.start(self._read())

    async def _read(self) -> None:
        waiting = await self.ask(adjustments.pending)
        mine = sum(each.mine for each in waiting)
        cents = format_money(sum(each.amount_cents for each in waiting))
        self.query_one("#counts", StatusBar).say(f"Waiting {len(waiting)}  Mine to decide {mine}  Together {cents}")
        self.query_one(QueueList).reload()

    def do_list_refresh(self) -> None:
        """Read what waits again."""
        self.start(self._read())

    def _number(self) -> str | None:
        row = self.query_one(QueueList).current_row
        return None if row is None else row.cells[0]

    def on_queue_list_counted(self, event: QueueList.Counted) -> None:
        """How many proposals are shown."""
        self.query_one("#counts", StatusBar).say(right=event.text)

    @on(QueueList.Highlighted, "#list")
    def _highlighted(self) -> None:
        self.start(self._about(self._number()))

    async def _about(self, number: str | None) -> None:
        lines: tuple[Line, ...] = ()
        if number is not None:
            lines = proposal_lines(
                await self.ask(adjustments.proposal, number), self.router.day, self.desk.district.zone
            )
        if number == self._number() and self.is_attached:
            self.query_one("#proposal", Panel).show(lines)

    @on(QueueList.Chosen, "#list")
    def _chosen(self) -> None:
        self.do_approvals_open()

    def do_approvals_open(self) -> None:
        """Open the proposal."""
        if (number := self._number()) is not None:
            self.router.go(Place("approval", number))

    async def account_in_view(self) -> str | None:
        """The account of the row."""
        row = self.query_one(QueueList).current_row
        return None if row is None else row.cells[1] or None

    def do_item_account(self) -> None:
        """The account of the row, where it has one: a payment that is given back is nobody's."""
        if (row := self.query_one(QueueList).current_row) is not None and row.cells[1]:
            self.router.go(Place("account", row.cells[1]))

    def do_list_explain(self) -> None:
        """Everything about the row's proposal."""
        self.do_approvals_open()

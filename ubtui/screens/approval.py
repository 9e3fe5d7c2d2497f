"""One proposal with everything its checker must see, and the decision."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from ubtui.screens.base import Place
from ubtui.screens.deciding import Deciding
from ubtui.screens.money import proposal_lines
from ubtui.services import adjustments
from ubtui.services.adjustments import ProposalView
from ubtui.widgets.panel import Panel
from ubtui.widgets.theme import styles_folder


class ApprovalScreen(Deciding):
    """`place.key` is the proposal's number."""

    KEYS = "approval"
    TITLE_TEXT = "Approval"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "approvals.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.view: ProposalView | None = None

    def body(self) -> ComposeResult:
        """The proposal, as long as it is."""
        with VerticalScroll(id="whole"):
            yield Panel(id="proposal")

    def on_mount(self) -> None:
        """Read it."""
        self.query_one("#whole").focus()
        self.start(self._read())

    async def _read(self) -> None:
        view = self.view = await self.ask(adjustments.proposal, self.place.key)
        self.head(f"Approval  {view.number}  {view.standing}")
        self.query_one("#proposal", Panel).show(proposal_lines(view, self.router.day, self.desk.district.zone))

    def _number(self) -> str | None:
        return self.place.key

    async def ruled_by(self) -> tuple[str, str]:
        """The proposal's reason."""
        return "reason", self.view.reason if self.view is not None else ""

    async def account_in_view(self) -> str | None:
        """The account of the proposal."""
        return (self.view.account or None) if self.view is not None else None

    def do_item_account(self) -> None:
        """The account, where it has one: a payment that is given back is nobody's."""
        if self.view is not None and self.view.account:
            self.router.go(Place("account", self.view.account))

    def do_list_explain(self) -> None:
        """Why this tier."""
        if self.view is not None:
            self.start(
                self.show_lines(
                    "How this came about", proposal_lines(self.view, self.router.day, self.desk.district.zone)
                )
            )

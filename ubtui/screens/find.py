"""Find: one box for whatever is said on the phone; what it may mean is listed as it is typed, the best first."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.timer import Timer
from textual.widgets import Input

from ubtui.desk import denied
from ubtui.screens.base import DeskScreen, Place
from ubtui.services import find
from ubtui.services.find import Found, Hit
from ubtui.widgets.line_input import LineInput
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column, ListSource, Query, Row
from ubtui.widgets.theme import styles_folder

COLUMNS = (
    Column("group", "", 11),
    Column("kind", "Is", 12, priority=1),
    Column("found", "Found", 14, grow=5),
    Column("account", "Account", 8),
    Column("where", "Who / where", priority=2, grow=4),
)
PAUSE_SECONDS = 0.06  # a hand that types on is not answered letter by letter
MOVES = {"down": "list.down", "up": "list.up", "pagedown": "list.page_down", "pageup": "list.page_up"}
NOTHING = "Nothing of that is here: less of it, or another way to say it."
ASK = "a name, an address, a number, $123.45, a phone"
HELP = "Accounts old and new, people, addresses, APNs, meters, checks, bills, phones."


class FindScreen(DeskScreen):
    """Typing looks, enter opens the hit in the place of this screen, so that esc comes back to where you were."""

    KEYS = "find"
    TITLE_TEXT = "Find"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "find.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.hits: dict[int, Hit] = {}
        self._looked = ""
        self._waiting: Timer | None = None
        self._next = 0
        self._refused = ""

    @property
    def is_task(self) -> bool:
        """Nothing typed here is lost when it is left."""
        return False

    def body(self) -> ComposeResult:
        """The box, and what it found."""
        yield LineInput(self.place.key, placeholder=ASK, id="search")
        yield QueueList(ListSource(COLUMNS, {}), empty=HELP, id="found")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#search").focus()
        self.start(self._ask_leave())

    async def _ask_leave(self) -> None:
        if no := await self.ask(denied, "find.search"):
            self._refused = no.sentence()
            await self.desk.viewing("find.search")  # raises the refusal, and keeps it

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look when the hand rests; what is shown stays until there is another answer."""
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = self.set_timer(PAUSE_SECONDS, self._look)

    def _look(self) -> None:
        if self._text() != self._looked:
            self.start(self._search())

    def _text(self) -> str:
        return self.query_one("#search", LineInput).value

    async def _search(self) -> None:
        if self._refused:
            self.say(self._refused)
            return
        text = self._text()
        found = await self.ask(find.find, text)
        if text == self._text():
            self._looked = text
            await self._show(found)

    async def _show(self, found: Found) -> None:
        listed = self.query_one(QueueList)
        assert isinstance(listed.source, ListSource)
        self.hits, rows = {}, {}
        for group in found.groups:
            name = f"{group.name.capitalize()} {len(group.hits)}{'+' if group.more else ''}"
            for hit in group.hits:
                self._next += 1  # no id comes again: the cursor goes to the best hit of each answer
                self.hits[self._next] = hit
                where = hit.where if hit.who in ("", hit.text) else " · ".join(filter(None, (hit.who, hit.where)))
                rows[self._next] = Row((name, hit.kind, hit.text, hit.account, where))
                name = ""
        listed.source.table = rows
        listed.empty = NOTHING if found.text else HELP
        listed.ask(Query())
        await listed.wait_settled()
        shown = sum(len(group.hits) for group in found.groups)
        more = ", and more" if any(group.more for group in found.groups) else ""
        told = f"{shown} shown{more}" if shown else "nothing"
        self.head(f"Find  {told}" if found.text else "Find")
        if found.cut:
            self.say("Only the beginning of this was looked for.")

    def on_input_submitted(self) -> None:
        """Enter opens the hit under the cursor, of what stands in the box now."""
        self.start(self._open())

    async def _open(self) -> None:
        if self._text() != self._looked:
            await self._search()
        hit = self._hit()
        if hit is None:
            self.say(self._refused or (NOTHING if self._text().strip() else HELP))
        elif not hit.screen:
            self.say(f"{hit.kind} {hit.text} is on no account.")
        else:
            self.router.go(Place(hit.screen, hit.key), instead=True)

    def _hit(self) -> Hit | None:
        id = self.query_one(QueueList).current_id
        return None if id is None else self.hits.get(id)

    def do_find_open(self) -> None:
        """Open the hit under the cursor."""
        self.start(self._open())

    async def account_in_view(self) -> str | None:
        """The account of the hit under the cursor."""
        hit = self._hit()
        return hit.account or None if hit else None

    def on_key(self, event: object) -> None:
        """Arrows and pages move in the list while the box keeps the focus."""
        if (id := MOVES.get(getattr(event, "key", ""))) is not None:
            self.action_command(id)

    def on_queue_list_chosen(self) -> None:
        """Enter on the list."""
        self.start(self._open())

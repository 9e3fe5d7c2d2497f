"""Every command that can be done here, searchable: the help of a screen, and the palette that runs one by name."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.widgets import Input

from ubtui import keys
from ubtui.screens.base import LIST_ACTIONS, DeskScreen, Place
from ubtui.widgets.line_input import LineInput
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column, ListSource, Row
from ubtui.widgets.theme import styles_folder

COLUMNS = (Column("key", "Key", 12), Column("label", "Command", 11), Column("help", "What it does"))


class CommandsScreen(DeskScreen):
    """Typing searches; enter runs the command on the screen below. `place.key` names that screen."""

    KEYS = "help"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "commands.tcss"]
    TITLE_TEXT = "Keys here"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.found: list[keys.Command] = []

    def body(self) -> ComposeResult:
        """One line to search in, and the list."""
        self.found = self._offered()
        rows = {}
        below = self._below()
        for number, each in enumerate(self.found):
            shown = " ".join(keys.shown(key) for key in each.keys_on(self.place.key)) or "palette"
            why = below.why_not(each) if isinstance(below, DeskScreen) and self.place.key == below.KEYS else ""
            told = f"not now: {why}" if why else each.help
            rows[number] = Row((shown, each.label, told), "dim" if why else None)
        yield LineInput(placeholder="type to search", id="search")
        yield QueueList(ListSource(COLUMNS, rows), empty="No command of that name here.", id="commands")

    def _offered(self) -> list[keys.Command]:
        """The keys of the screen below; to do something, whatever command acts on it, and none that only moves."""
        asking = ("app.palette", "app.help")
        if self.place.name == "help":
            return [each for each in keys.for_screen(self.place.key, self.router.commands) if each.id not in asking]
        below = self._below()
        return [
            each
            for each in self.router.commands
            if (each.id not in (*asking, *LIST_ACTIONS, "app.back") and each.on(self.place.key))
            or self._acts(below, each)
        ]

    def _below(self) -> object:
        """The screen whose commands these are."""
        stack = self.app.screen_stack
        return stack[stack.index(self) - 1] if self in stack else stack[-1]

    @staticmethod
    def _acts(below: object, each: keys.Command) -> bool:
        mine = type(below).__dict__.get("do_" + each.id.replace(".", "_"))
        return mine is not None

    def on_mount(self) -> None:
        """Search at once."""
        self.head("Do" if self.place.name == "do" else f"Keys of this screen: {self.place.key}")
        self.query_one("#search").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches."""
        self.query_one(QueueList).filter(event.value)

    def on_input_submitted(self) -> None:
        """Enter runs what the cursor stands on."""
        self.query_one(QueueList).action_choose()

    def on_key(self, event: object) -> None:
        """Arrows and pages move in the list while the line keeps the focus."""
        moves = {"down": "list.down", "up": "list.up", "pagedown": "list.page_down", "pageup": "list.page_up"}
        if (id := moves.get(getattr(event, "key", ""))) is not None:
            self.action_command(id)

    def on_queue_list_chosen(self, event: QueueList.Chosen) -> None:
        """Back to the screen below, and do it there."""
        id = self.found[event.id].id
        self.router.back()
        self.app.call_later(self._run, id)

    async def _run(self, id: str) -> None:
        below = self.app.screen
        if isinstance(below, DeskScreen):
            below.action_command(id)

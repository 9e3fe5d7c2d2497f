"""Jump: a letter over every part that can be gone to, and over the rows in view; the letter goes there."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from ubtui.widgets.queue_list import QueueList

LETTERS = ascii_lowercase + ascii_uppercase


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a letter stands, and what it goes to: a part, or the row at `place` of a list."""

    x: int
    y: int
    part: Widget
    place: int | None = None


def spots(screen: Screen[object]) -> list[Spot]:
    """The parts in view from top to bottom, each list followed by its rows; at most one for each letter."""
    found = []
    for part in screen.focus_chain:
        area = part.region
        if not area.height or not screen.region.overlaps(area):
            continue
        if isinstance(part, QueueList):
            top = part.scroll_offset.y
            seen = range(top, min(len(part.ids), top + area.height - 1))  # below the titles
            found += [Spot(area.x, area.y + 1 + row - top, part, row) for row in seen]
        else:
            found.append(Spot(area.x, area.y, part))
    return found[: len(LETTERS)]


class JumpScreen(ModalScreen[Spot | None], inherit_bindings=False):
    """The letters over the screen below; any other key takes them away."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", show=False)]

    def __init__(self, found: list[Spot]) -> None:
        super().__init__()
        self.found = dict(zip(LETTERS, found, strict=False))

    def compose(self) -> ComposeResult:
        """Each letter in brackets, which tell it apart without colour."""
        for letter, spot in self.found.items():
            label = Static(Text(f"[{letter}]"), markup=False)
            label.styles.offset = (spot.x, spot.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """A letter goes there; another key stays where it was."""
        event.stop()
        self.dismiss(self.found.get(event.character or ""))

    def action_leave(self) -> None:
        """Key: stay where it was."""
        self.dismiss(None)


def go_to(spot: Spot | None) -> None:
    """Give the part the focus, and the list its row."""
    if spot is not None and spot.part.is_attached:
        spot.part.focus()
        if spot.place is not None and isinstance(spot.part, QueueList):
            spot.part.move_to(spot.place)

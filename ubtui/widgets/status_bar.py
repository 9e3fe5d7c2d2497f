"""The one row that says where you are and who sits here."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from ubtui.domain.text import cell_width, clean_text, fit


def two_sides(left: str, right: str, width: int) -> str:
    """Left and right text on one line of `width` cells; where both do not fit the left one is cut."""
    right = fit(right, width)
    room = width - cell_width(right) - (1 if right and cell_width(right) < width else 0)
    return fit(left, room, pad=True) + " " * (width - room - cell_width(right)) + right


class StatusBar(Widget):
    """One row: left and right text, both cleaned."""

    DEFAULT_CSS = "StatusBar { height: 1; width: 1fr; padding: 0 1; }"

    def __init__(self, left: str = "", right: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.left, self.right = clean_text(left), clean_text(right)

    def say(self, left: str | None = None, right: str | None = None) -> None:
        """Change one side or both; nothing is drawn again where nothing changed."""
        new = (self.left if left is None else clean_text(left), self.right if right is None else clean_text(right))
        if new != (self.left, self.right):
            self.left, self.right = new
            self.refresh()

    def render(self) -> Text:
        """The line as plain text."""
        return Text(two_sides(self.left, self.right, self.size.width), no_wrap=True, end="")

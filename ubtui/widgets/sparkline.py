"""A trend in one line: 24 months of use, cash by day, items by age."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widget import Widget

BLOCKS = "▁▂▃▄▅▆▇█"
NONE, ZERO, NEGATIVE = "·", "_", "-"  # nothing known, nothing used, and under nothing are three things


def sparkline(values: Sequence[int | None], width: int | None = None) -> str:
    """One character a value, the highest a full block; the last `width` values where there are more."""
    if width is not None:
        values = values[max(0, len(values) - width) :] if width > 0 else ()
    top = max((value for value in values if value is not None), default=0)
    line = []
    for value in values:
        if value is None:
            line.append(NONE)
        elif value == 0:
            line.append(ZERO)
        elif value < 0:
            line.append(NEGATIVE)
        else:
            line.append(BLOCKS[(value * len(BLOCKS) - 1) // top])
    return "".join(line)


class Sparkline(Widget):
    """One row of blocks."""

    DEFAULT_CSS = "Sparkline { height: 1; width: auto; }"

    def __init__(self, values: Sequence[int | None] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._values = tuple(values)

    @property
    def values(self) -> tuple[int | None, ...]:
        """What is drawn."""
        return self._values

    def show(self, values: Sequence[int | None]) -> None:
        """Draw other values."""
        self._values = tuple(values)
        self.refresh(layout=True)

    def get_content_width(self, container: object, viewport: object) -> int:
        """A cell a value."""
        return len(self._values)

    def render(self) -> Text:
        """The line as plain text."""
        return Text(sparkline(self._values, self.size.width), no_wrap=True, end="")

"""What is said when the window is too small to work in."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

WIDTH, HEIGHT = 80, 24

# For App.HORIZONTAL_BREAKPOINTS and App.VERTICAL_BREAKPOINTS: classes that screens get by size.
HORIZONTAL: list[tuple[int, str]] = [(0, "-slim"), (WIDTH, "-normal"), (120, "-wide")]
BROAD = (160, "-broad")  # in place of -wide, on screens that then put two things side by side
VERTICAL: list[tuple[int, str]] = [(0, "-short"), (HEIGHT, "-tall")]


def too_small(width: int, height: int) -> str | None:
    """The sentence for a window under 80x24, None where it is large enough."""
    if width >= WIDTH and height >= HEIGHT:
        return None
    size = f"This window is {width}x{height}; the desk needs {WIDTH}x{HEIGHT}."
    return f"{size} Make it larger: no key acts until then, and nothing is lost."


class TooSmall(Widget):
    """Covers its screen with the sentence while the window is too small; base.tcss shows it by the screen's classes."""

    DEFAULT_CSS = "TooSmall { display: none; layer: top; width: 100%; height: 100%; position: absolute; }"

    def render(self) -> Text:
        """The sentence, wrapped."""
        return Text(too_small(*self.app.size) or "", end="")

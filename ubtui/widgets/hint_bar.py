"""The footer: the keys that matter on this screen, from the command registry, cut at whole labels."""

from __future__ import annotations

from collections.abc import Collection

from rich.text import Text
from textual.widget import Widget

from ubtui.domain.text import cell_width, clean_text
from ubtui.widgets.panel import wrapped

BETWEEN = "  "
MOST_LINES = 4


def hint_line(pairs: tuple[tuple[str, str], ...], width: int, off: Collection[str] = ()) -> str:
    """The hints in at most `width` cells: the last one (help) stays, others are left out whole.

    What cannot act now, its label in `off`, stands in brackets: its key says why.
    """
    words = [f"({key} {label})" if label in off else f"{key} {label}" for key, label in pairs]
    while len(words) > 1 and cell_width(BETWEEN.join(words)) > width:
        del words[-2]
    line = BETWEEN.join(words)
    return line if cell_width(line) <= width else ""


class HintBar(Widget):
    """One row of (key, label) pairs of the registry; `say` puts a sentence in their place for a while."""

    DEFAULT_CSS = "HintBar { height: 1; width: 1fr; padding: 0 1; }"

    def __init__(self, pairs: tuple[tuple[str, str], ...], off: Collection[str] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.pairs, self.off = pairs, frozenset(off)
        self.sentence: str | None = None

    def grey(self, off: Collection[str]) -> None:
        """Put in brackets what cannot act now, by its label, and nothing else."""
        if self.off != frozenset(off):
            self.off = frozenset(off)
            self.refresh()

    def say(self, sentence: str | None) -> None:
        """Show a sentence instead of the keys; None brings the keys back."""
        sentence = None if sentence is None else clean_text(sentence)
        if sentence != self.sentence:
            self.sentence = sentence
            lines = 1 if sentence is None else len(wrapped(sentence, max(1, self.size.width)))
            self.styles.height = min(MOST_LINES, lines)
            self.set_class(sentence is not None, "-said")
            self.refresh()

    def render(self) -> Text:
        """The line as plain text."""
        told = self.sentence if self.sentence is not None else hint_line(self.pairs, self.size.width, self.off)
        if self.sentence is not None:
            told = "\n".join(wrapped(told, max(1, self.size.width)))
        return Text(told, no_wrap=True, overflow="ellipsis", end="")

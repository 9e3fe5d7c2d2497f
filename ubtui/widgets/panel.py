"""Evidence and before-and-after: lines of label and value, drawn as plain text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec
from rich.text import Text
from textual.widget import Widget

from ubtui.domain.text import cell_width, clean_text

MORE = " …"


class Line(msgspec.Struct, frozen=True):
    """One line: a label (may be empty), a value, and a tone (accent, warning, danger) that words repeat.

    `aloud` is what is read out in place of a value that only the eye can follow; "" where that is nothing.
    """

    label: str
    value: str
    tone: str | None = None
    aloud: str | None = None


def before_after(rows: Iterable[tuple[str, str, str]]) -> tuple[Line, ...]:
    """Lines "label  before → after" with both columns right-aligned, from (label, before, after)."""
    cleaned = [(clean_text(label), clean_text(before), clean_text(after)) for label, before, after in rows]
    wide_before = max((cell_width(before) for _, before, _ in cleaned), default=0)
    wide_after = max((cell_width(after) for _, _, after in cleaned), default=0)
    return tuple(
        Line(
            label,
            f"{' ' * (wide_before - cell_width(before))}{before} → {' ' * (wide_after - cell_width(after))}{after}",
            "accent" if before != after else None,
            f"before {before}, after {after}",
        )
        for label, before, after in cleaned
    )


class Panel(Widget):
    """A block of label and value lines; labels share one column, long values wrap under themselves."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "panel--title", "panel--label", "panel--accent", "panel--warning", "panel--danger",
    }  # fmt: skip
    DEFAULT_CSS = "Panel { height: auto; width: 1fr; padding: 0 1; }"

    def __init__(
        self,
        lines: Iterable[Line | tuple[str, str]] = (),
        *,
        title: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._title = clean_text(title)
        self._lines = self._cleaned(lines)

    @property
    def heading(self) -> str:
        """The title that stands over the lines."""
        return self._title

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown, cleaned."""
        return self._lines

    @staticmethod
    def _cleaned(lines: Iterable[Line | tuple[str, str]]) -> tuple[Line, ...]:
        whole = (line if isinstance(line, Line) else Line(*line) for line in lines)
        return tuple(
            Line(clean_text(line.label), clean_text(line.value), line.tone, line.aloud and clean_text(line.aloud))
            for line in whole
        )

    def show(self, lines: Iterable[Line | tuple[str, str]], title: str | None = None) -> None:
        """Replace the lines; the panel is laid out again only where their number changed."""
        before, self._lines = self._lines, self._cleaned(lines)
        new_title = self._title if title is None else clean_text(title)
        if before != self._lines or new_title != self._title:
            relaid = len(before) != len(self._lines) or bool(new_title) != bool(self._title)
            self._title = new_title
            self.refresh(layout=relaid or self.styles.is_auto_height)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many rows as all lines take."""
        return len(self._rows(width))

    def render(self) -> Text:
        """The lines as plain text with styles by meaning; what there is no room for is told by a sign at the end."""
        width, height = self.size
        rows = self._rows(width)
        if 0 < height < len(rows):
            del rows[height:]
            rows[-1].truncate(width - cell_width(MORE), overflow="crop")
            rows[-1].append(MORE)
        return Text("\n", no_wrap=True, end="").join(rows)

    def _rows(self, width: int) -> list[Text]:
        style = self.get_component_rich_style
        label_width = min(24, max((cell_width(line.label) for line in self._lines), default=0))
        room = max(1, width - label_width - 2) if label_width else max(1, width)
        text = Text(no_wrap=True, end="")
        if self._title:
            text.append("\n".join([*wrapped(self._title, max(1, width)), ""]), style("panel--title", partial=True))
        for number, line in enumerate(self._lines):
            if number:
                text.append("\n")
            label = line.label if cell_width(line.label) <= label_width else line.label[: label_width - 1] + "…"
            indent = label + " " * (label_width - cell_width(label) + 2) if label_width else ""
            text.append(indent, style("panel--label", partial=True))
            value = style(f"panel--{line.tone}", partial=True) if line.tone else ""
            for place, piece in enumerate(wrapped(line.value, room)):
                if place:
                    text.append("\n" + " " * (label_width + 2 if label_width else 0))
                text.append(piece, value)
        return list(text.split("\n", allow_blank=True))


def wrapped(text: str, width: int) -> list[str]:
    """Text in pieces of at most `width` cells, broken at blanks where there is one; blanks at its beginning stay."""
    pieces: list[str] = []
    line: str | None = None
    for word in text.split(" "):
        while cell_width(word) > width:
            if line or (line == "" and not pieces):
                pieces.append(line or " ")
            line = None
            head = _head(word, width)
            pieces.append(head)
            word = word[len(head) :]
        joined = word if line is None else f"{line} {word}"
        if cell_width(joined) <= width:
            line = joined
        else:
            pieces.append(line or ("" if pieces else " "))
            line = word
    return [*pieces, line or ""] if line or not pieces else pieces


def _head(word: str, width: int) -> str:
    low, high = 1, min(len(word), max(1, width * 4))
    while low < high:
        middle = (low + high + 1) // 2
        if cell_width(word[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return word[:low]

"""One of a few: a single line that shows the choice and changes it by arrows, space or its digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from ubtui.domain.text import clean_text
from ubtui.widgets.line_input import NotTaken


class ChoiceInput(Widget, can_focus=True):
    """A one-line choice of (value, label) pairs; `value` is "" until something is chosen."""

    DEFAULT_CSS = "ChoiceInput { height: 1; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", "next", show=False),
        Binding("left", "turn(-1)", "previous", show=False),
        Binding("home", "pick(0)", "first", show=False),
        Binding("end", "pick(-1)", "last", show=False),
    ]

    class Changed(Message):
        """Another choice was made."""

        def __init__(self, choice: ChoiceInput, value: str) -> None:
            super().__init__()
            self.choice = choice
            self.value = value

        @property
        def control(self) -> ChoiceInput:
            """The field it comes from."""
            return self.choice

    def __init__(self, choices: Sequence[tuple[str, str]], value: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.choices = tuple((value, clean_text(label)) for value, label in choices)
        self._place = self._find(value)

    def _find(self, value: str) -> int | None:
        return next((place for place, (each, _) in enumerate(self.choices) if each == value), None)

    @property
    def value(self) -> str:
        """The chosen value, "" for none."""
        return "" if self._place is None else self.choices[self._place][0]

    @value.setter
    def value(self, value: str) -> None:
        self._set(self._find(value))

    def _set(self, place: int | None) -> None:
        if place != self._place:
            self._place = place
            self.refresh()
            self.post_message(self.Changed(self, self.value))

    def action_turn(self, by: int) -> None:
        """Key: the next or the previous choice, round and round."""
        if self.choices:
            start = (-1 if by > 0 else 0) if self._place is None else self._place
            self._set((start + by) % len(self.choices))

    def action_pick(self, place: int) -> None:
        """Key: the first or the last choice."""
        if self.choices:
            self._set(place % len(self.choices))

    def on_key(self, event: events.Key) -> None:
        """A digit takes the choice of that place; a letter changes nothing: a word typed here was meant elsewhere."""
        if event.character is None or not event.character.isalnum():
            return
        event.stop()
        event.prevent_default()
        if event.character in "123456789" and int(event.character) <= len(self.choices):
            self._set(int(event.character) - 1)
        else:
            shown = self.choices[self._place][1] if self._place is not None else "nothing chosen"
            self.post_message(NotTaken(self, f"Letters change nothing here ({shown}): use ← → or {self._digits()}."))

    def _digits(self) -> str:
        last = min(9, len(self.choices))
        return "the digit 1" if last == 1 else f"a digit, 1 to {last}"

    def render(self) -> Text:
        """The choice as plain text with its place among the others."""
        if self._place is None:
            told = f"‹ choose one of {len(self.choices)} ›"
        else:
            told = f"‹ {self.choices[self._place][1]} ›  {self._place + 1} of {len(self.choices)}"
        return Text(told, no_wrap=True, overflow="ellipsis", end="")

"""One of a few: a single line that shows the choice and changes it by its letters, its digit, arrows or space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from ubtui.domain.text import clean_text, fold
from ubtui.widgets.line_input import NotTaken


class ChoiceInput(Widget, can_focus=True):
    """A one-line choice of (value, label) pairs; `value` is "" until something is chosen.

    Letters narrow it to the choices that have a word beginning so; letters that lead nowhere were meant elsewhere:
    they are told, and the choice is again what it was before them.
    """

    takes_letters = True
    DEFAULT_CSS = "ChoiceInput { height: 1; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", "next", show=False),
        Binding("left", "turn(-1)", "previous", show=False),
        Binding("home", "pick(0)", "first", show=False),
        Binding("end", "pick(-1)", "last", show=False),
        Binding("backspace", "untype", "one letter less", show=False),
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

    class Picked(Message):
        """A digit took a choice, the one before or another."""

    def __init__(self, choices: Sequence[tuple[str, str]], value: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.choices = tuple((value, clean_text(label)) for value, label in choices)
        self._place = self._find(value)
        self._typed, self._before = "", self._place

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

    def _fitting(self, typed: str) -> list[int]:
        """The places of the choices that begin with what was typed, then of those with a later word that does."""
        found = [(fold(label), place) for place, (_, label) in enumerate(self.choices)]
        first = [place for label, place in found if label.startswith(typed)]
        return first + [place for label, place in found if f" {typed}" in label and place not in first]

    def action_turn(self, by: int) -> None:
        """Key: the next or the previous choice, round and round; of those that what was typed leaves."""
        among = self._fitting(self._typed)
        if among:
            at = among.index(self._place) if self._place in among else (-1 if by > 0 else 0)
            self._set(among[(at + by) % len(among)])

    def action_pick(self, place: int) -> None:
        """Key: the first or the last choice."""
        if self.choices:
            self._forget()
            self._set(place % len(self.choices))

    def action_untype(self) -> None:
        """Key: one letter less; without letters the choice is what it was before them."""
        if self._typed:
            self._type(self._typed[:-1])

    def _type(self, typed: str) -> None:
        self._typed = typed
        self._set(self._fitting(typed)[0] if typed else self._before)
        self.refresh()

    def _forget(self) -> None:
        self._typed = ""
        self.refresh()

    def on_blur(self) -> None:
        """What was typed is done with."""
        self._forget()

    def on_key(self, event: events.Key) -> None:
        """A digit takes the choice of that place, letters those that begin so."""
        if event.character is None or not event.character.isalnum():
            return
        event.stop()
        event.prevent_default()
        if event.character.isdecimal():
            self._forget()
            if 0 < int(event.character) <= len(self.choices):
                self._set(int(event.character) - 1)
                self.post_message(self.Picked())
            else:
                self._tell(f"There is no choice {event.character}")
            return
        if not self._typed:
            self._before = self._place
        wanted = self._typed + fold(event.character)
        if self._fitting(wanted):
            self._type(wanted)
        else:
            self._type("")
            self._tell(f"No choice has a word that begins with {wanted}")

    def _tell(self, what: str) -> None:
        shown = self.choices[self._place][1] if self._place is not None else "nothing chosen"
        last = min(9, len(self.choices))
        digits = "the digit 1" if last == 1 else f"a digit, 1 to {last}"
        self.post_message(NotTaken(self, f"{what} ({shown}): type one's first letters, {digits}, or use ← →."))

    def render(self) -> Text:
        """The choice as plain text with its place among the others, or what else the letters leave."""
        if self._place is None:
            told = f"‹ choose one of {len(self.choices)} ›"
        elif self._typed:
            rest = ", ".join(self.choices[place][1] for place in self._fitting(self._typed) if place != self._place)
            told = f"‹ {self.choices[self._place][1]} ›  {self._typed}…: {f'→ {rest}' if rest else 'only this'}"
        else:
            told = f"‹ {self.choices[self._place][1]} ›  {self._place + 1} of {len(self.choices)}"
        return Text(told, no_wrap=True, overflow="ellipsis", end="")

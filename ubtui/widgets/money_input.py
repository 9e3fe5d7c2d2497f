"""An amount of money as it is typed: only what money is made of, read as cents."""

from __future__ import annotations

from textual import on
from textual.message import Message
from textual.widgets import Input

from ubtui.domain.errors import BadValue
from ubtui.domain.money import parse_money
from ubtui.widgets.line_input import Burst, LineInput

TYPED = r"[-+]?\$?[-+]?[0-9,]{0,15}(?:\.[0-9]{0,2})?"


class MoneyInput(LineInput):
    """A one-line amount; posts Parsed on each edit: cents, or None with the sentence that says what to type."""

    class Parsed(Message):
        """What the text means now: cents, or None and why (no sentence while it is empty)."""

        def __init__(self, input: MoneyInput, cents: int | None, sentence: str | None) -> None:
            super().__init__()
            self.input = input
            self.cents = cents
            self.sentence = sentence

        @property
        def control(self) -> MoneyInput:
            """The input it comes from."""
            return self.input

    def __init__(
        self, value: str = "", *, placeholder: str = "dollars.cents", id: str | None = None, burst: Burst | None = None
    ) -> None:
        super().__init__(value, placeholder=placeholder, restrict=TYPED, id=id, burst=burst)

    @property
    def cents(self) -> int | None:
        """The amount in cents, None while the text is empty or no amount."""
        return self.read()[0]

    def read(self) -> tuple[int | None, str | None]:
        """(cents, None), (None, sentence), or (None, None) while empty."""
        if not self.value.strip():
            return None, None
        try:
            return parse_money(self.value), None
        except BadValue as fault:
            return None, str(fault)

    @on(Input.Changed)
    def _read_again(self) -> None:
        self.post_message(self.Parsed(self, *self.read()))

"""A one-line text field that takes nothing it cannot show: cleaned, bounded, loud about what it refuses."""

from __future__ import annotations

import time
from collections import deque

from textual import events
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from ubtui.domain.text import clean_text

PASTE_LIMIT = 10_000  # characters of one paste
BURST_KEYS, BURST_SECONDS = 4, 0.02  # faster than hands: an unbracketed paste, or a held-up line letting go
ENTER_HELD_SECONDS = 0.3


class Burst:
    """Tells an enter that hands pressed from one that came in a rush of keys."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=BURST_KEYS)
        self._until = 0.0

    def key(self, at: float) -> None:
        """Note a key at an instant of the monotonic clock, in seconds."""
        self._times.append(at)
        if len(self._times) == BURST_KEYS and at - self._times[0] <= BURST_SECONDS:
            self._until = at + ENTER_HELD_SECONDS

    def paste(self, at: float) -> None:
        """A paste is a rush by itself."""
        self._until = at + ENTER_HELD_SECONDS

    def holds(self, at: float) -> bool:
        """Whether an enter at that instant is to be ignored."""
        return at < self._until


class NotTaken(Message):
    """A field did not take what came; `sentence` says why and what to do."""

    def __init__(self, field: Widget, sentence: str) -> None:
        super().__init__()
        self.field = field
        self.sentence = sentence

    @property
    def control(self) -> Widget:
        """The field it comes from."""
        return self.field


def paste_problem(text: str, one_line: bool) -> str | None:
    """Why a paste is refused, as a sentence; None where it may go in."""
    if len(text) > PASTE_LIMIT:
        return f"Nothing was pasted: {len(text):,} characters are more than {PASTE_LIMIT:,}."
    lines = text.strip("\r\n").splitlines()
    if one_line and len(lines) > 1:
        return f"Nothing was pasted: the text has {len(lines)} lines and this field takes one."
    return None


class LineInput(Input):
    """An Input of clean text; a paste of several lines or of more than 10,000 characters is refused with a sentence.

    An enter that comes in a rush of keys is ignored, as a paste's, unless the field `takes_rush`: then what follows an
    enter that did not empty the field is not taken, nor anything behind it until the hands pause.
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        restrict: str | None = None,
        max_length: int = 2000,
        id: str | None = None,
        compact: bool = True,
        burst: Burst | None = None,
        takes_rush: bool = False,
    ) -> None:
        super().__init__(
            clean_text(value),
            placeholder=placeholder,
            restrict=restrict,
            max_length=max_length,
            id=id,
            compact=compact,
            select_on_focus=False,
        )
        self.burst = burst or Burst()
        self.takes_rush = takes_rush
        self._entered: str | None = None  # what stood here at the last enter of a rush
        self.closed = ""  # why nothing is taken now
        self._deaf_until, self._why = 0.0, ""
        self.cursor_blink = False  # a blinking cursor is bytes on an idle line

    def refuse_rest(self, why: str) -> None:
        """Take no key that was pressed before `why` could be read, nor any that follows one in the same rush."""
        at = time.monotonic()
        self._deaf_until, self._why = at + ENTER_HELD_SECONDS * self.burst.holds(at), why

    async def _on_key(self, event: events.Key) -> None:
        # Textual goes on to the handler of the base class by itself.
        held = self.burst.holds(event.time)
        self.burst.key(event.time)
        if self.takes_rush:
            behind = held and event.is_printable and bool(self.value) and self.value == self._entered
            if event.time >= self._deaf_until and (self.closed or behind):
                self._deaf_until = event.time + ENTER_HELD_SECONDS
                self._why = self.closed or f"{self.value} is not kept yet."
            self._entered = self.value if event.key == "enter" else None
            if event.time < self._deaf_until:
                self._not_heard(event)
        elif held and event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(NotTaken(self, "Enter was ignored: it came in one rush with other keys. Press it again."))

    def _not_heard(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self._deaf_until = max(self._deaf_until, event.time + ENTER_HELD_SECONDS)
        self.post_message(NotTaken(self, f"{self._why} What came behind it was not taken: type it again."))

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.burst.paste(event.time)
        problem = paste_problem(event.text, one_line=True)
        if problem is None:
            before = self.value
            start, end = sorted(self.selection)
            pasted = clean_text(event.text.strip("\r\n"), limit=PASTE_LIMIT)
            self.replace(pasted, start, end)
            if self.value == before and pasted and pasted != before[start:end]:
                long = self.max_length is not None and len(before) + len(pasted) > self.max_length
                most = f": it takes {self.max_length:,} characters" if long else ""
                problem = f"Nothing was pasted: the text does not fit this field{most}."
        if problem is not None:
            self.post_message(NotTaken(self, problem))

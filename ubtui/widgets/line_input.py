"""A one-line text field that takes nothing it cannot show: cleaned, bounded, loud about what it refuses."""

from __future__ import annotations

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
    """An Input of clean text; a paste of several lines or of more than 10,000 characters is refused with a sentence."""

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
        self.cursor_blink = False  # a blinking cursor is bytes on an idle line

    async def _on_key(self, event: events.Key) -> None:
        # Textual goes on to the handler of the base class by itself.
        if event.key == "enter" and self.burst.holds(event.time):
            event.stop()
            event.prevent_default()
            self.post_message(NotTaken(self, "Enter was ignored: it came in one rush with other keys. Press it again."))
        self.burst.key(event.time)

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

"""What a terminal sends, read as keys: Textual's parser, which loses an esc before a sign that is no letter."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual._xterm_parser import XTermParser

_BEGIN = "[]"  # what is cut off behind one of these was no key but the beginning of a longer sequence


class Parser(XTermParser):
    """Of esc and a sign in one piece, as of esc and a letter, the sign comes as `alt+` its name."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        for event in super()._sequence_to_key_events(sequence, alt):
            if alt and event.is_printable and not event.key.startswith("alt+") and sequence not in _BEGIN:
                event = events.Key(f"alt+{event.key}", event.character)
            yield event

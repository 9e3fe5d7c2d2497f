"""Days as an iCalendar file (RFC 5545), for whoever plans the crew in another program: one event a day's work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from ubtui.domain.text import clean_text


class Event(NamedTuple):
    """Work of a day: a name that stays the same, the day, what, where, and more about it."""

    uid: str
    on: date
    summary: str
    location: str
    about: str


def written(events: Iterable[Event], stamp: str) -> Iterator[bytes]:
    """The lines of the calendar; `stamp` is the instant it was made at, in UTC as ISO."""
    made = "".join(c for c in stamp[:19] if c.isdigit() or c == "T") + "Z"
    yield from map(_folded, ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ubtui//field orders//EN"))
    for each in events:
        lines = (
            "BEGIN:VEVENT", f"UID:{_text(each.uid)}", f"DTSTAMP:{made}", f"DTSTART;VALUE=DATE:{each.on:%Y%m%d}",
            f"DTEND;VALUE=DATE:{each.on + timedelta(days=1):%Y%m%d}", f"SUMMARY:{_text(each.summary)}",
            f"LOCATION:{_text(each.location)}", f"DESCRIPTION:{_text(each.about)}", "END:VEVENT",
        )  # fmt: skip
        yield from map(_folded, lines)
    yield _folded("END:VCALENDAR")


def _text(value: str) -> str:
    """Text of a property: the characters that mean something there are escaped."""
    plain = clean_text(value, 500)
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> bytes:
    """A line of at most 75 bytes, folded between characters."""
    out, length = bytearray(), 0
    for char in line:
        raw = char.encode()
        if length + len(raw) > 75:
            out += b"\r\n "
            length = 1
        out += raw
        length += len(raw)
    return bytes(out) + b"\r\n"

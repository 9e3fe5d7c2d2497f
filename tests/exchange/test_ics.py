"""Calendars of work: lines that other programs fold back, whatever the text."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.text import clean_text
from ubtui.exchange.ics import Event, written


def unfolded(raw: bytes) -> list[str]:
    """The content lines, as RFC 5545 3.1 says to read them."""
    assert raw.endswith(b"\r\n")
    for line in raw[:-2].split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character is torn
    return raw.decode().replace("\r\n ", "")[:-2].split("\r\n")


def value(lines: list[str], name: str) -> str:
    (found,) = (line.partition(":")[2] for line in lines if line.startswith(f"{name}:"))
    return found.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")


@given(st.text(max_size=300), st.text(max_size=80))
def test_any_text_comes_back_whole(about: str, where: str) -> None:
    event = Event("F-000012@x", date(2026, 12, 31), "Reread F-000012", where, about)
    lines = unfolded(b"".join(written([event], "2026-11-23T16:00:00.000000Z")))
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-1] == "END:VCALENDAR"
    assert "DTSTAMP:20261123T160000Z" in lines
    assert "DTSTART;VALUE=DATE:20261231" in lines and "DTEND;VALUE=DATE:20270101" in lines
    if "\\" not in about + where:
        assert value(lines, "DESCRIPTION") == clean_text(about, 500)
        assert value(lines, "LOCATION") == clean_text(where, 500)


def test_no_events_is_a_calendar_all_the_same() -> None:
    assert unfolded(b"".join(written([], "2026-11-23T16:00:00Z")))[1] == "VERSION:2.0"

"""Places on the earth: degrees as people and receivers write them, kept in millionths (about four inches)."""

from __future__ import annotations

import re

from ubtui.domain.errors import BadValue

_DEGREES = re.compile(r"([+-]?)([0-9]{1,3})(?:\.([0-9]{1,15}))?°?\s*([NSEWnsew]?)")


def parse_degrees(text: str, axis: str) -> int:
    """Millionths of a degree of `39.219061`, `-121.0611` or `121.0611 W`; `axis` is `latitude` or `longitude`.

    What is finer is rounded half away from zero. BadValue says what to type.
    """
    most, letters = (90, "NS") if axis == "latitude" else (180, "EW")
    match = _DEGREES.fullmatch(text.strip().replace("\u2212", "-"))
    if match is None or (match[1] and match[4]) or (match[4] and match[4].upper() not in letters):
        raise BadValue(f"{text[:40]!r} is no {axis}: type decimal degrees, as {_LIKE[axis]}.")
    decimals = (match[3] or "").ljust(7, "0")
    micro = int(match[2]) * 1_000_000 + int(decimals[:6]) + (decimals[6] >= "5")
    if micro > most * 1_000_000:
        raise BadValue(f"{text[:40]!r} is no {axis}: it goes up to {most} degrees.")
    return -micro if match[1] == "-" or match[4].upper() in ("S", "W") else micro


_LIKE = {"latitude": "39.219061", "longitude": "-121.061106"}


def format_degrees(micro: int) -> str:
    """Millionths of a degree as decimal degrees with six places."""
    return f"{'-' if micro < 0 else ''}{abs(micro) // 1_000_000}.{abs(micro) % 1_000_000:06d}"

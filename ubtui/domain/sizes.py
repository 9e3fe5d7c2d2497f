"""Meter sizes as people write them, 5/8 to 12 inches, put in order."""

from __future__ import annotations

import re
from fractions import Fraction

_SIZE = re.compile(r"(?:(\d{1,2})(?:[ -](?=\d/))?)?(?:(\d)/(\d{1,2}))?|(\d{1,2}\.\d{1,3})")


def inches(text: str) -> Fraction | None:
    """The inches of `5/8`, `1-1/2`, `1 1/2"`, `1.5 in` or `5/8x3/4` (its body); None where it says no size."""
    bare = text.strip().lower().removesuffix("in").removesuffix('"').strip()
    match = _SIZE.fullmatch(bare.partition("x")[0].strip())
    if match is None or not match[0]:
        return None
    whole, top, below, decimal = match.groups()
    if decimal is not None:
        found = Fraction(decimal)
    elif below is not None and int(below) == 0:
        return None
    else:
        found = Fraction(int(whole or 0)) + (Fraction(int(top), int(below)) if top else 0)
    return found if 0 < found <= 99 else None

"""Text as it is looked for: names and addresses by their words, numbers by their letters and digits alone."""

from __future__ import annotations

import unicodedata
from typing import Final

# Accented Latin letters and the plain ones people type for them: what a database can do letter by letter.
ACCENTED: Final = "".join(
    chr(c) for c in range(0xC0, 0x100) if unicodedata.combining(unicodedata.normalize("NFD", chr(c))[-1])
)
PLAIN: Final = "".join(unicodedata.normalize("NFD", c)[0].lower() for c in ACCENTED)
APART: Final = '-,.;:/&#()"_\t\u00a0'
"""Between words."""
INSIDE: Final = "'\u2019`"
"""Inside a word and not said: O'Brien is looked for as obrien."""
SILENT: Final = " -./#()+"
"""What people put between the digits of a number."""

_LOWER: Final = {c: chr(c + 32) for c in range(ord("A"), ord("Z") + 1)}
_SPOKEN: Final = _LOWER | str.maketrans(ACCENTED, PLAIN) | {ord(c): " " for c in APART} | {ord(c): "" for c in INSIDE}
_BARE: Final = _LOWER | {ord(c): "" for c in SILENT}


def spoken(text: str) -> str:
    """Words as they are indexed: `Peña-O'Brien, José` gives `pena obrien jose`. The databases say the same in SQL."""
    said = text.translate(_SPOKEN)
    while "  " in said:
        said = said.replace("  ", " ")
    return said.strip(" ")


def bare(text: str) -> str:
    """A number without what is put between its parts: `012-345-678` gives `012345678`, `SP-00012` gives `sp00012`."""
    return text.translate(_BARE)

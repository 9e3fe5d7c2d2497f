"""What holds a read, in words: the codes that do, and what is said of any other reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ubtui.domain.register import BELOW, OVER

PRIOR: Final = "R17"
"""The hold of a read whose read before is held: it is let go with that one."""
WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        BELOW: "below the read before",
        OVER: "over the class limit",
        "R04": "high against last year",
        "R05": "high against its average",
        "R06": "extreme use",
        "R07": "low against last year",
        "R13": "use behind a seal",
        PRIOR: "the read before it is held",
    }
)


def held_for(code: str | None) -> str:
    """What holds a read in words: of a code its title, else the reason as it was kept."""
    return WORDS.get(code or "", code or "no reason kept")

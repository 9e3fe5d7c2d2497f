"""How the record spells a maker: compared here and not in SQL, whose lower case each database has its own idea of."""

from __future__ import annotations

from ubtui.db.session import Session
from ubtui.domain.text import fold


def spellings(db: Session, maker: str, serial: str) -> tuple[str, list[str]]:
    """What to put behind `maker` in SQL, ` IN (?, …)`, and its parameters.

    Every spelling of that maker, upper and lower case and accents aside, among the meters of this serial; what was
    given where there is none.
    """
    known = [each for (each,) in db.rows("SELECT DISTINCT maker FROM meter WHERE serial = ?", [serial])]
    found = sorted(each for each in known if fold(each) == fold(maker)) or [maker]
    return f" IN ({', '.join('?' * len(found))})", found

"""How the record spells a maker: compared here and not in SQL, whose lower case each database has its own idea of."""

from __future__ import annotations

from ubtui.db.session import Session
from ubtui.domain.errors import BadValue
from ubtui.domain.text import fold


def spellings(db: Session, maker: str, serial: str) -> tuple[str, list[str]]:
    """What to put behind `maker` in SQL, ` IN (?, …)`, and its parameters.

    Every spelling of that maker, upper and lower case and accents aside, among the meters of this serial; what was
    given where there is none.
    """
    known = [each for (each,) in db.rows("SELECT DISTINCT maker FROM meter WHERE serial = ?", [serial])]
    found = sorted(each for each in known if fold(each) == fold(maker)) or [maker]
    return f" IN ({', '.join('?' * len(found))})", found


def named(db: Session, text: str) -> tuple[str, str]:
    """Maker and serial of a meter as people name it: `maker/serial`, or its serial alone where that says which.

    The maker is "" where the record has no such serial. Raises BadValue, with the makers, where several have it.
    """
    maker, slash, serial = (part.strip() for part in text.partition("/"))
    if slash:
        return maker, serial
    rows = db.rows("SELECT DISTINCT maker FROM meter WHERE serial = ? AND placeholder = 0 ORDER BY maker", [maker])
    known = {fold(each): each for (each,) in rows}
    if len(known) > 1:
        ways = " or ".join(f"{each}/{maker}" for each in known.values())
        raise BadValue(f"Several meters are {maker}: write {ways}.")
    return next(iter(known.values()), ""), maker

"""Whether two ways of writing an owner's name can mean the same owner: the county's roll and the desk's record."""

from __future__ import annotations

import re

from ubtui.domain.text import fold

_WORD = re.compile(r"[^\W_]+")
_LEGAL = (
    "a and et al ux uxor vir etal etux jr sr ii iii iv the of for mr mrs ms dr dba c o"
    " trust tr trs trustee trustees trustor ttee ttees co cotrustee successor succ family living revocable irrevocable"
    " rev liv fam survivors survivor bypass marital exemption dated dtd u d t dtd under agreement udt uta"
    " estate est decedent jt ten wros cp hw husband wife married unmarried single man woman person persons"
    " llc lp llp inc incorporated corp corporation company ltd limited partnership"
)
_TRUST = "trust tr trs trustee trustees ttee ttees living revocable family"
_SILENT, _OF_TRUST = frozenset(_LEGAL.split()), frozenset(_TRUST.split())


def tokens(name: str) -> frozenset[str]:
    """The words of a name that tell who it is: no accents, legal forms, trust words, single letters or years."""
    return frozenset(w for w in _words(name) if w not in _SILENT and len(w) > 1 and not w.isdigit())


def same_owner(ours: str, county: str) -> bool:
    """Whether the names agree, word for word in any order.

    One may say less than the other (a second given name, a spouse left out); a trust agrees with a person whose
    family name it carries. Two people of one family name alone do not agree.
    """
    a, b = tokens(ours), tokens(county)
    if not a or not b:
        return a == b
    shared = a & b
    if shared in (a, b) and len(shared) > 1:
        return True
    if a == b:
        return True
    trust = bool(_OF_TRUST & {*_words(ours), *_words(county)})
    return len(shared) > 1 or (trust and shared in (a, b))


def _words(name: str) -> list[str]:
    return _WORD.findall(fold(name).replace("'", ""))

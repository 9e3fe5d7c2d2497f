"""The find index: keys of released rows, their trigrams, and the triggers that keep both."""

from ubtui.db import find
from ubtui.db.dialect import Dialect


def statements(d: Dialect) -> list[str]:
    return find.statements(d)

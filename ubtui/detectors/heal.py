"""Re-runs the detectors of touched subjects inside an act, so that the worklist heals in the same commit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from ubtui.db.session import Session
from ubtui.domain.subjects import ItemKey, Subject


@dataclass(frozen=True)
class Healed:
    """Item keys that appeared or reopened, and that closed."""

    opened: tuple[ItemKey, ...] = ()
    closed: tuple[ItemKey, ...] = ()


def heal(db: Session, subjects: Collection[Subject], today: date, now: str) -> Healed:
    """Bring the items of `subjects` in step with their causes."""
    return Healed()

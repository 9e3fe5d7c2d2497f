"""Subjects of work items and the natural keys of the items themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ubtui.domain.errors import BadValue

TYPES = (
    "account",
    "point",
    "meter",
    "parcel",
    "route",
    "cycle",
    "payment",
    "order",
    "proposal",
    "run",
    "text",
)
NAMELESS = "text"
"""The type whose keys nobody knows: they are made for the record, not read from a paper or a meter."""

_CODE = re.compile(r"[A-Z][0-9]{2}")
_PERIOD = re.compile(r"[A-Za-z0-9_-]{1,20}/[0-9]{4}-[0-9]{2}|[0-9]{6}|[0-9]{4}(?:-[0-9]{2}){0,2}")


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a work item is about: a type and the natural key of one thing of that type."""

    type: str
    key: str

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise BadValue(f"Subject type {self.type[:40]!r} is not known: use one of {', '.join(TYPES)}.")
        if not self.key or not self.key.isprintable():
            raise BadValue(f"Subject key {self.key[:40]!r} is empty or unprintable: use its own number.")

    def __str__(self) -> str:
        return f"{self.type}:{self.key}"

    @classmethod
    def parse(cls, text: str) -> Subject:
        """Read `type:key`, as `meter:badger/12345678`."""
        kind, colon, key = text.partition(":")
        if not colon:
            raise BadValue(f"Subject {text[:60]!r} has no type: write type:key, as account:1204403.")
        return cls(kind, key)


@dataclass(frozen=True, slots=True, order=True)
class ItemKey:
    """The natural key of a work item; `period` is empty unless the code belongs to a period."""

    code: str
    subject: Subject
    period: str = ""

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise BadValue(f"Item code {self.code[:40]!r} is not a letter and two digits, as R04.")
        if self.period and not _PERIOD.fullmatch(self.period):
            raise BadValue(f"Item period {self.period[:40]!r} is not a period, as B2/2026-11 or 202611.")

    def __str__(self) -> str:
        return f"{self.code}:{self.subject}" + (f"@{self.period}" if self.period else "")

    @classmethod
    def parse(cls, text: str) -> ItemKey:
        """Read `CODE:type:key[@period]`; an @ not followed by a period belongs to the key."""
        code, colon, rest = text.partition(":")
        if not colon:
            raise BadValue(f"Item {text[:60]!r} is not an item: write CODE:type:key, as R04:point:SP-00012.")
        body, at, period = rest.rpartition("@")
        if at and _PERIOD.fullmatch(period):
            return cls(code, Subject.parse(body), period)
        return cls(code, Subject.parse(rest))

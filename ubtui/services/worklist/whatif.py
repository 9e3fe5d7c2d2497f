"""What other limits would do: the kind's own look for trouble, run twice, and nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from ubtui.act import Look
from ubtui.db.calendars import office
from ubtui.detectors.base import Ask, Detector
from ubtui.detectors.heal import parameters
from ubtui.detectors.registry import CODES
from ubtui.domain.calendars import Calendar
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey, Subject

_SHOWN = 12

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Trial:
    """A limit as it is and as it is tried."""

    name: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Of:
    """How many of one period or subject type there are now, and would be then."""

    period: str
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """How many items a kind finds now and would find then; some that would come, and some that would go."""

    code: str
    title: str
    limits: tuple[Trial, ...]
    now: int
    then: int
    periods: tuple[Of, ...]
    come: tuple[str, ...]
    go: tuple[str, ...]

    def said(self) -> str:
        """`At times 1.8 R04 would raise 41 instead of 19.`"""
        tried = ", ".join(f"{each.name} {each.then}" for each in self.limits if each.then != each.now)
        return f"At {tried or 'these limits'} {self.code} would raise {self.then:,} instead of {self.now:,}."


def what_if(look: Look, code: str, changes: Mapping[str, str]) -> WhatIf:
    """Count what a kind finds under its limits and under changed ones; BadValue names what cannot be tried.

    A value is a decimal or a percentage, `1.8` or `180%`. Subjects that are dismissed count in neither.
    """
    detector, now, then = tried(look, code, changes)
    silent = {
        (kind, key)
        for kind, key in look.db.rows(
            "SELECT subject_type, subject_key FROM work_item WHERE code = ? AND state = 'dismissed'"
            " AND (dismissed_until IS NULL OR dismissed_until >= ?)",
            [detector.code, look.today.isoformat()],
        )
    }
    before, after = ({key for key in _found(look, detector, values) if key[:2] not in silent} for values in (now, then))
    return WhatIf(
        detector.code,
        detector.title,
        tuple(Trial(name, now[name], then[name]) for name in now),
        len(before),
        len(after),
        _periods(before, after),
        _named(detector.code, after - before),
        _named(detector.code, before - after),
    )


def tried(look: Look, code: str, changes: Mapping[str, str]) -> tuple[Detector, dict[str, str], dict[str, str]]:
    """A kind, its limits in force, and its limits with the changes; BadValue names what cannot be tried."""
    detector = CODES.get(code.upper())
    if detector is None:
        raise BadValue(f"Code {code[:20]!r} is not on the worklist: use one of {', '.join(sorted(CODES))}.")
    if not detector.parameters:
        raise BadValue(f"{detector.code} has no limits to change: it is found when {detector.predicate}.")
    now = detector.values(parameters(look.db).get(detector.code, {}))
    return detector, now, now | {name: _value(detector, name, text) for name, text in changes.items()}


def _value(detector: Detector, name: str, text: str) -> str:
    if name not in detector.parameters:
        raise BadValue(f"{detector.code} has no limit {name[:40]!r}: use {', '.join(detector.parameters)}.")
    plain = text.strip().removesuffix("%").strip()
    try:
        found = Fraction(plain)
    except (ValueError, ZeroDivisionError):
        raise BadValue(f"{name}={text[:40]!r} is not a number: write it as 1.8 or 180%.") from None
    if text.strip().endswith("%"):
        found /= 100
    if found < 0 or found > 10**9 or 1000 % found.denominator:
        raise BadValue(f"{name}={text[:40]!r} cannot be tried: write 0 or more, to three places.")
    whole, rest = divmod(int(found * 1000), 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


def _found(look: Look, detector: Detector, values: Mapping[str, str]) -> set[Key]:
    def calendar(a: date, b: date) -> Calendar:
        return office(look.db, a, b)

    ask = Ask(look.db, look.today, look.now, look.district, None, values, calendar)
    return {(each.subject_type or detector.subject_type, each.subject_key, each.period) for each in detector.find(ask)}


def _periods(before: set[Key], after: set[Key]) -> tuple[Of, ...]:
    now, then = (Counter(key[2] for key in keys) for keys in (before, after))
    newest = sorted({*now, *then} - {""}, key=lambda period: (period[-7:], period), reverse=True)
    return tuple(Of(period, now[period], then[period]) for period in newest[:_SHOWN])


def _named(code: str, keys: set[Key]) -> tuple[str, ...]:
    return tuple(str(ItemKey(code, Subject(*key[:2]), key[2])) for key in sorted(keys)[:_SHOWN])

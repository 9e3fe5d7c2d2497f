"""What other limits would do: the kind's own look for trouble, run twice, and nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ubtui.act import Look
from ubtui.db.calendars import office
from ubtui.detectors.base import Ask, Detector, Found
from ubtui.detectors.heal import parameters
from ubtui.detectors.registry import CODES
from ubtui.domain.calendars import Calendar
from ubtui.domain.errors import BadValue
from ubtui.domain.scales import Scale, class_of
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

    A value is a decimal or a percentage, `1.8` or `180%`; of a scale also `3 below 20, 2 below 200, 1.75`, and
    `times/irrigation` that of a class. Subjects that are dismissed count in neither; what is held already counts as if
    it came today.
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
        tuple(Trial(name, now.get(name, "none"), then.get(name, "none")) for name in {**now, **then}),
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
    then = {**now, **{name: _value(look, detector, name, text) for name, text in changes.items()}}
    return detector, now, {name: value for name, value in then.items() if value}


def _value(look: Look, detector: Detector, name: str, text: str) -> str:
    """A limit as it is kept; nothing for a class takes its own away."""
    own = name.partition("/")[0] if detector.of_class(name) else name
    if own not in detector.parameters:
        raise BadValue(f"{detector.code} has no limit {name[:40]!r}: use {', '.join(detector.parameters)}.")
    if own != name:
        known = sorted(each for (each,) in look.db.rows("SELECT DISTINCT customer_class FROM live_service"))
        if class_of(name) not in known:
            raise BadValue(f"No service is of the class of {name[:40]!r}: classes are {', '.join(known)}.")
        if not text.strip():
            return ""
    if detector.parameters[own].unit == "%":  # so many of a hundred, however it is written
        text = text.strip().removesuffix("%")
    try:
        scale = Scale.parse(text).checked()
    except BadValue as no:
        raise BadValue(f"{name}={text[:40]!r} cannot be tried: {no}") from None
    if scale.steps and not detector.parameters[own].scale:
        raise BadValue(f"{name}={text[:40]!r} cannot be tried: it is one figure for all sizes.")
    return str(scale)


def _found(look: Look, detector: Detector, values: Mapping[str, str]) -> set[Key]:
    found = found_anew(look, detector, values)
    return {(each.subject_type or detector.subject_type, each.subject_key, each.period) for each in found}


def found_anew(look: Look, detector: Detector, values: Mapping[str, str]) -> Iterable[Found]:
    """What a kind finds under some limits of the whole record, as if nothing were held yet."""

    def calendar(a: date, b: date) -> Calendar:
        return office(look.db, a, b)

    ask = Ask(look.db, look.today, look.now, look.district, None, values, calendar, anew=True)
    return detector.find(ask)


def _periods(before: set[Key], after: set[Key]) -> tuple[Of, ...]:
    now, then = (Counter(key[2] for key in keys) for keys in (before, after))
    newest = sorted({*now, *then} - {""}, key=lambda period: (period[-7:], period), reverse=True)
    return tuple(Of(period, now[period], then[period]) for period in newest[:_SHOWN])


def _named(code: str, keys: set[Key]) -> tuple[str, ...]:
    return tuple(str(ItemKey(code, Subject(*key[:2]), key[2])) for key in sorted(keys)[:_SHOWN])

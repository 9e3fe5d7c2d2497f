"""Fields of a row from their texts: the one conversion of each form, and the card numbers that are never kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from ubtui.domain.errors import BadValue
from ubtui.domain.money import parse_money
from ubtui.domain.numbers import parse_account
from ubtui.domain.register import parse_multiplier
from ubtui.domain.text import has_card_number
from ubtui.domain.volume import Unit
from ubtui.exchange.profile import FIELDS, Kind, Profile

# Numbers of things may be as long as a card's and pass its test (every IMEI does): they are none of a person's money.
_NUMBERS: Final = frozenset({"key", "apn", "account", "day"})
_SHORTEST_CARD: Final = 13


def cards(profile: Profile, texts: Mapping[str, str], values: Mapping[str, Any]) -> list[str]:
    """Fields that hold what looks like a payment card number (never stored, PCI DSS 3.2)."""
    forms = FIELDS[profile.kind]
    return [
        field
        for field, text in texts.items()
        if len(text) >= _SHORTEST_CARD
        and (forms[field][0] not in _NUMBERS or (forms[field][0] == "day" and field not in values))
        and sum(map(str.isdigit, text)) >= _SHORTEST_CARD
        and has_card_number(text)
    ]


def masked(text: str) -> str:
    """Text with a card number in it as it may be kept: every digit but the last four is a star."""
    return re.sub(r"\d(?=(?:\D*\d){4})", "*", text) if has_card_number(text) else text


def numbers(kind: Kind, texts: Mapping[str, str]) -> set[str]:
    """Texts of a row that are numbers of things."""
    return {text for field, text in texts.items() if FIELDS[kind][field][0] in _NUMBERS}


@dataclass(frozen=True, slots=True)
class FieldFault:
    """Why a field cannot be used: the field, a reason code, one sentence."""

    field: str
    reason: str
    sentence: str


def convert(profile: Profile, texts: Mapping[str, str]) -> tuple[dict[str, Any], list[FieldFault]]:
    """Fields as values from their texts; a fault for each that is needed and missing, or is not what it should be."""
    values: dict[str, Any] = {}
    faults: list[FieldFault] = []
    for field, read, needed in _READ[profile.kind]:
        text = texts.get(field)
        if not text:
            if needed:
                faults.append(FieldFault(field, "missing-field", f"{field} is empty, and it is needed"))
            continue
        try:
            values[field] = read(text, profile)
        except BadValue as bad:
            faults.append(FieldFault(field, "bad-value", f"{field}: {bad}"))
    return values, faults


def columns(profile: Profile, texts: Mapping[str, Sequence[str]], rows: int) -> tuple[dict[str, list[Any]], set[int]]:
    """Columns of texts as columns of values, None where a cell is empty; and the rows that are to be looked at alone.

    Those are all in which `convert` finds a fault or `cards` may find a number, and may be others: each text is
    converted once, and what cannot be told of a column as a whole is left to its rows.
    """
    values: dict[str, list[Any]] = {}
    odd: set[int] = set()
    forms = FIELDS[profile.kind]
    for field, read, needed in _READ[profile.kind]:
        column = texts.get(field)
        if column is None:
            if needed:
                odd.update(range(rows))
            continue
        form, longest = forms[field][0], max(map(len, column))
        if form not in _NUMBERS and longest >= _SHORTEST_CARD:
            risky = {text for text in set(column) if sum(map(str.isdigit, text)) >= _SHORTEST_CARD}
            odd.update(place for place, text in enumerate(column) if text in risky)
        if form == "count" and longest <= 9 and all(column) and _digits("".join(column)):
            values[field] = list(map(int, column))
            continue
        known: dict[str, Any] = {"": None}
        bad = {""} if needed else set()
        for text in set(column) - {""}:
            try:
                known[text] = read(text, profile)
            except BadValue:
                known[text] = None
                bad.add(text)
        values[field] = [known[text] for text in column]
        if bad and not bad.isdisjoint(column):
            odd.update(place for place, text in enumerate(column) if text in bad)
    return values, odd


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _key(text: str, _profile: Profile) -> str:
    if len(text) > 60:
        raise BadValue(f"{text[:40]!r}… is too long for a number or code: 60 characters at most.")
    return text


def _apn(text: str, _profile: Profile) -> str:
    digits = re.sub(r"[^0-9]", "", text)
    if not re.fullmatch(r"[0-9 .-]+", text) or not 6 <= len(digits) <= 20:
        raise BadValue(f"Parcel {text[:40]!r} is not a parcel number: 6 to 20 digits, hyphens as you like.")
    return digits


def _count(text: str, _profile: Profile) -> int:
    if not re.fullmatch(r"[0-9]{1,12}(?:\.0{1,6})?", text.replace(",", "")):
        raise BadValue(f"{text[:40]!r} is not a whole number of at most 12 digits.")
    return int(text.replace(",", "").partition(".")[0])


def _volume(text: str, _profile: Profile) -> Fraction:
    return _fraction(text)


@lru_cache(maxsize=20_000)
def _fraction(text: str) -> Fraction:
    if not re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", text.replace(",", "")):
        raise BadValue(f"{text[:40]!r} is not a volume of at most 12 digits.")
    return Fraction(text.replace(",", ""))


def _ratio(text: str, _profile: Profile) -> Fraction:
    return parse_multiplier(text)


def _day(text: str, profile: Profile) -> str:
    return parse_moment(text, profile.dates)


@lru_cache(maxsize=20_000)
def parse_moment(text: str, forms: tuple[str, ...]) -> str:
    """A day or instant of a file in ISO; the first ten characters are the day, the rest orders reads of a day."""
    for form in forms:
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            continue
        if not 1900 <= found.year <= 2100:
            raise BadValue(f"{text[:40]!r} lies outside the years 1900 to 2100.")
        return found.replace(tzinfo=None).isoformat()
    raise BadValue(f"{text[:40]!r} is not a day as {' or '.join(forms)}.")


def _class(text: str, profile: Profile) -> str:
    if profile.classes:
        if text not in profile.classes:
            raise BadValue(f"{text[:40]!r} is not one of {', '.join(profile.classes)}.")
        return profile.classes[text]
    return _key(text, profile).casefold()


@lru_cache(maxsize=50_000)
def _money(text: str) -> int:
    return parse_money(text)


def _register(text: str, profile: Profile) -> int:
    if profile.registers:
        if text not in profile.registers:
            raise BadValue(f"{text[:40]!r} is not one of {', '.join(profile.registers)}.")
        return profile.registers[text]
    if not re.fullmatch(r"[1-9]", text):
        raise BadValue(f"{text[:40]!r} is not a register: 1 to 9.")
    return int(text)


def _flag(text: str, _profile: Profile) -> bool:
    if text.casefold() in ("1", "y", "yes", "true", "t", "e"):
        return True
    if text.casefold() in ("0", "n", "no", "false", "f", "a"):
        return False
    raise BadValue(f"{text[:40]!r} is neither yes nor no.")


_FORMS: Final[dict[str, Callable[[str, Profile], Any]]] = {
    "text": lambda text, _profile: text,
    "key": _key,
    "apn": _apn,
    "account": lambda text, _profile: parse_account(text),
    "count": _count,
    "volume": _volume,
    "ratio": _ratio,
    "unit": lambda text, _profile: Unit.parse(text),
    "day": _day,
    "class": _class,
    "register": _register,
    "trouble": lambda text, profile: profile.troubles.get(text, _key(text, profile)),
    "flag": _flag,
    "money": lambda text, _profile: _money(text),
}
_READ: Final = {
    kind: tuple((field, _FORMS[form], needed) for field, (form, needed) in fields.items())
    for kind, fields in FIELDS.items()
}

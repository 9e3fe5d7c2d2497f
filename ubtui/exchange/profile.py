"""Profiles: how a file's columns become fields, in a TOML file; and the one conversion of a field from text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from ubtui.domain.errors import BadValue
from ubtui.domain.money import parse_money
from ubtui.domain.numbers import parse_account
from ubtui.domain.text import clean_text, has_card_number
from ubtui.domain.volume import Unit

Kind = Literal["parcels", "accounts", "meters", "reads", "usage"]
KINDS: Final[tuple[Kind, ...]] = ("parcels", "accounts", "meters", "reads", "usage")

# Field: (how it is read, needed). A field that is not needed may be absent from the profile and empty in the file.
FIELDS: Final[dict[Kind, dict[str, tuple[str, bool]]]] = {
    "parcels": {"apn": ("apn", True), "county": ("text", True), "situs": ("text", False), "legal": ("text", False)},
    "accounts": {
        "number": ("account", False),
        "old_number": ("key", False),
        "name": ("text", True),
        "mail_line1": ("text", False),
        "mail_line2": ("text", False),
        "mail_city": ("text", False),
        "mail_state": ("text", False),
        "mail_zip": ("text", False),
        "phone": ("text", False),
        "email": ("text", False),
        "class": ("class", True),
        "cycle": ("key", True),
        "address": ("text", True),
        "city": ("text", False),
        "zip": ("text", False),
        "apn": ("apn", False),
        "point": ("key", False),
        "route": ("key", True),
        "sequence": ("count", True),
        "service": ("key", True),
        "rate": ("key", True),
        "opened_on": ("day", True),
    },
    "meters": {
        "maker": ("key", True),
        "serial": ("key", True),
        "model": ("text", False),
        "size": ("text", True),
        "dials": ("count", True),
        "multiplier": ("ratio", True),
        "unit": ("unit", True),
        "point": ("key", False),
        "account": ("key", False),
        "installed_on": ("day", True),
        "radio": ("key", False),
    },
    "reads": {
        "maker": ("key", False),
        "serial": ("key", False),
        "radio": ("key", False),
        "point": ("key", False),
        "date": ("day", True),
        "value": ("count", True),
        "estimated": ("flag", False),
        "trouble": ("key", False),
    },
    "usage": {
        "customer": ("key", True),
        "class": ("class", False),
        "date": ("day", True),
        "usage": ("volume", True),
        "charge": ("money", False),
    },
}
# Beside the fields: words for what is made without a name of its own (`{customer}` in them is filled in).
PLACEHOLDERS: Final = ("owner", "address", "route", "size", "maker", "rate", "cycle")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
One = Annotated[str, msgspec.Meta(min_length=1, max_length=1)]


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file's own totals: in the row whose first cell is `marker`, at these columns (counted from 1)."""

    marker: Name
    rows: Annotated[int, msgspec.Meta(ge=1)] | None = None
    units: Annotated[int, msgspec.Meta(ge=1)] | None = None
    cents: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One layout of one kind of file; `columns` maps a field to a header, several, or a place counted from 1."""

    title: str
    kind: Kind
    columns: dict[str, str | int | tuple[str, ...]]
    system: Name = "old"
    delimiter: One = ","
    quote: Annotated[str, msgspec.Meta(max_length=1)] = '"'
    encoding: Literal["utf-8", "utf-16", "cp1252", "latin-1"] | None = None
    header: bool = True
    skip_lines: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    dates: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)] = ("%Y-%m-%d",)
    unit: Unit | None = None
    classes: dict[str, str] = {}
    services: dict[str, str] = {}
    limits: dict[str, Annotated[int, msgspec.Meta(ge=0)]] = {}
    defaults: dict[str, str] = {}
    creates: bool = False
    last_per_period: bool = False
    first_days: Annotated[int, msgspec.Meta(ge=1, le=400)] = 61
    control: Control | None = None


def names() -> list[str]:
    """The profiles that come with the program."""
    folder = resources.files("ubtui.exchange").joinpath("profiles")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load(name: str, kind: str | None = None) -> Profile:
    """The profile of that name, or of that `.toml` file; BadValue if unknown, faulty, or of another kind."""
    if name.endswith(".toml"):
        text, source = Path(name).read_text("utf-8"), name
    elif name in (known := names()):
        text = resources.files("ubtui.exchange").joinpath("profiles", f"{name}.toml").read_text("utf-8")
        source = f"{name}.toml"
    else:
        raise BadValue(f"Profile {name[:40]!r} is not known: use one of {', '.join(known)}, or a .toml file.")
    found = parse(text, source)
    if kind is not None and found.kind != kind:
        raise BadValue(f"Profile {name} is for {found.kind}, not {kind}: say `ubtui import {found.kind}`.")
    return found


def parse(text: str, source: str) -> Profile:
    """A profile from its TOML, decoded strictly; BadValue names the place that is wrong."""
    try:
        found = msgspec.toml.decode(text, type=Profile)
    except (msgspec.ValidationError, msgspec.DecodeError) as exc:
        raise BadValue(f"{source}: {exc}") from exc
    fields = FIELDS[found.kind]
    faults = [f"columns.{f}: {found.kind} have no such field" for f in found.columns if f not in fields]
    allowed = {*fields, *(PLACEHOLDERS if found.creates else ())}
    faults += [f"defaults.{f}: {found.kind} have no such field" for f in found.defaults if f not in allowed]
    faults += [
        f"columns: needed field {f} has neither a column nor a default"
        for f, (_, needed) in fields.items()
        if needed and f not in found.columns and f not in found.defaults
    ]
    if not found.header:
        named = [f for f, c in found.columns.items() if not isinstance(c, int)]
        faults += [f"columns.{f}: without a header say its place, from 1" for f in named]
    faults += [f"columns.{f}: places count from 1" for f, c in found.columns.items() if isinstance(c, int) and c < 1]
    faults += [f"dates: {form!r} holds no day" for form in found.dates if not _is_form(form)]
    if found.creates:
        faults += [f"defaults.{f}: needed where accounts are made" for f in PLACEHOLDERS if f not in found.defaults]
    if found.delimiter == found.quote:
        faults.append("delimiter: is the quote as well")
    if faults:
        raise BadValue("; ".join(f"{source}: {fault}" for fault in faults))
    return found


def _is_form(form: str) -> bool:
    try:
        return datetime.strptime(datetime(2001, 2, 3).strftime(form), form).date().isoformat() == "2001-02-03"
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a file's header puts the fields of a profile: a field takes the first of its columns that is not empty."""

    profile: Profile
    width: int
    places: tuple[tuple[str, tuple[int, ...]], ...]
    fills: tuple[tuple[str, str], ...]

    def texts(self, cells: Sequence[str]) -> dict[str, str]:
        """Field to text, trimmed and cleaned, the profile's defaults where the file is empty."""
        found = {}
        for field, columns in self.places:
            for at in columns:
                text = cells[at]
                if text := text if text.isalnum() and text.isascii() and len(text) < 60 else _tidy(text):
                    found[field] = text
                    break
        for field, text in self.fills:
            found.setdefault(field, text)
        return found


def layout(profile: Profile, header: Sequence[str]) -> Layout:
    """Find the profile's columns in a header (or by place); BadValue names those that are missing."""
    at: dict[str, int] = {}
    found: tuple[int, ...]
    for index, name in enumerate(header):
        folded = _fold(name)
        if profile.header and folded in at and any(folded in map(_fold, _wanted(c)) for c in profile.columns.values()):
            raise BadValue(f"the header names {_tidy(name)[:40]!r} twice")
        at.setdefault(folded, index)
    places, missing = [], []
    for field, column in profile.columns.items():
        if isinstance(column, int):
            found = (column - 1,) if column <= len(header) else ()
        else:
            found = tuple(at[_fold(c)] for c in _wanted(column) if _fold(c) in at)
        if found:
            places.append((field, found))
        elif FIELDS[profile.kind][field][1] and field not in profile.defaults:
            missing.append(" or ".join(_wanted(column)))
    if missing:
        shown = ", ".join(_tidy(name)[:30] for name in header[:12]) or "nothing"
        raise BadValue(f"no column {', '.join(missing)}: the file has {shown}; choose another profile")
    fills = tuple((field, text) for field, text in profile.defaults.items() if field in FIELDS[profile.kind])
    return Layout(profile, len(header), tuple(places), fills)


def _wanted(column: str | int | tuple[str, ...]) -> tuple[str, ...]:
    return column if isinstance(column, tuple) else (str(column),)


def _fold(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _tidy(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 200 and text.isascii() and text.isprintable() else clean_text(text, 200).strip()


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
    if not re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9}|/[0-9]{1,9})?", text) or text.endswith("/0"):
        raise BadValue(f"{text[:40]!r} is not a multiplier: write 10, 0.01 or 1/100.")
    try:
        found = Fraction(text)
    except ZeroDivisionError:
        found = Fraction(0)
    if found <= 0:
        raise BadValue(f"{text[:40]!r} is not a multiplier above zero.")
    return found


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
    "flag": _flag,
    "money": lambda text, _profile: _money(text),
}
_READ: Final = {
    kind: tuple((field, _FORMS[form], needed) for field, (form, needed) in fields.items())
    for kind, fields in FIELDS.items()
}

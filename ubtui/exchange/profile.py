"""Profiles: how a file's columns become fields, in a TOML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from ubtui.domain.errors import BadValue
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit
from ubtui.exchange.layouts.declared import Form

Kind = Literal["parcels", "accounts", "meters", "reads", "usage", "owners"]
KINDS: Final[tuple[Kind, ...]] = ("parcels", "accounts", "meters", "reads", "usage", "owners")

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
        "account": ("key", False),
        "register": ("register", False),
        "date": ("day", True),
        "value": ("count", False),
        "reading": ("volume", False),
        "estimated": ("flag", False),
        "trouble": ("trouble", False),
    },
    "usage": {
        "customer": ("key", True),
        "class": ("class", False),
        "date": ("day", True),
        "usage": ("volume", True),
        "charge": ("money", False),
    },
    "owners": {"apn": ("apn", True), "name": ("text", True), "as_of": ("day", True)},
}
# What a route can say of a register to a handheld, one row a register in walk order (`services/reads/routes.py`).
ROUTE: Final = (
    *("route", "cycle", "sequence", "position", "account", "point", "address", "city", "name", "maker", "serial"),
    *("size", "radio", "register", "dials", "multiplier", "unit"),
    *("made_on", "read_on", "last_on", "prior", "low", "high"),
    *("high_percent", "note", "seal", "method", "value", "trouble"),
)
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
    """One layout of one kind of file; `columns` maps a field to a header, several, or a place counted from 1.

    Instead of delimited lines a file may hold typed `records` whose cells are named as the fields, or JSON, its rows in
    lists `nested` by these names. Reads may go the other way too: `out` as typed records, or `sheet` as CSV, header to
    a name of `ROUTE`.
    """

    title: str
    kind: Kind
    columns: dict[str, str | int | tuple[str, ...]] = {}
    records: Form | None = None
    nested: tuple[Name, ...] = ()
    out: Form | None = None
    sheet: dict[str, str] = {}
    system: Name = "old"
    delimiter: One = ","
    quote: Annotated[str, msgspec.Meta(max_length=1)] = '"'
    encoding: Literal["utf-8", "utf-16", "cp1252", "latin-1"] | None = None
    header: bool = True
    skip_lines: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    dates: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)] = ("%Y-%m-%d",)
    unit: Unit | None = None
    classes: dict[str, str] = {}
    registers: dict[str, Annotated[int, msgspec.Meta(ge=1, le=9)]] = {}
    troubles: dict[str, str] = {}
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
    if found.records is not None:
        cells = found.records.names
        found = msgspec.structs.replace(found, columns={f: f for f in fields if f in cells}, header=True)
    faults = [f"columns.{f}: {found.kind} have no such field" for f in found.columns if f not in fields]
    faults += [
        f"{where}.{fault}" for where in ("records", "out") if (form := getattr(found, where)) for fault in form.faults()
    ]
    leaves = {**found.sheet, **{name: name for name in (found.out.names if found.out else ())}}
    faults += [f"out: a route has no {name!r}" for name in leaves.values() if name not in ROUTE]
    allowed = {*fields, *(PLACEHOLDERS if found.creates else ())}
    faults += [f"defaults.{f}: {found.kind} have no such field" for f in found.defaults if f not in allowed]
    faults += [
        f"columns: needed field {f} has neither a column nor a default"
        for f, (_, needed) in fields.items()
        if needed and f not in found.columns and f not in found.defaults and (found.columns or not leaves)
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

    def columns(self, rows: Sequence[Sequence[str]]) -> dict[str, list[str]]:
        """The same of many rows of the layout's width, by field: empty where a row has nothing."""
        across = list(zip(*rows, strict=True))
        fills = dict(self.fills)
        found = {field: [text] * len(rows) for field, text in fills.items()}
        for field, places in self.places:
            column = _tidied(across[places[0]])
            for place in places[1:]:
                column = [text or other for text, other in zip(column, _tidied(across[place]), strict=True)]
            if fill := fills.get(field):
                column = [text or fill for text in column]
            found[field] = column
        return found


def layout(profile: Profile, header: Sequence[str]) -> Layout:
    """Find the profile's columns in a header (or by place); BadValue names those that are missing."""
    at: dict[str, int] = {}
    found: tuple[int, ...]
    for index, name in enumerate(header):
        folded = _fold(name)
        if profile.header and folded in at and any(folded in map(_fold, names_of(c)) for c in profile.columns.values()):
            raise BadValue(f"the header names {_tidy(name)[:40]!r} twice")
        at.setdefault(folded, index)
    places, missing = [], []
    for field, column in profile.columns.items():
        if isinstance(column, int):
            found = (column - 1,) if column <= len(header) else ()
        else:
            found = tuple(at[_fold(c)] for c in names_of(column) if _fold(c) in at)
        if found:
            places.append((field, found))
        elif FIELDS[profile.kind][field][1] and field not in profile.defaults:
            missing.append(" or ".join(names_of(column)))
    if missing:
        shown = ", ".join(_tidy(name)[:30] for name in header[:12]) or "nothing"
        raise BadValue(f"no column {', '.join(missing)}: the file has {shown}; choose another profile")
    fills = tuple((field, text) for field, text in profile.defaults.items() if field in FIELDS[profile.kind])
    return Layout(profile, len(header), tuple(places), fills)


def names_of(column: str | int | tuple[str, ...]) -> tuple[str, ...]:
    """The headers that a column may have."""
    return column if isinstance(column, tuple) else (str(column),)


def _fold(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _tidied(column: Sequence[str]) -> list[str]:
    whole = "".join(column)
    if whole.isascii() and whole.isprintable() and max(map(len, column)) <= 200:
        return list(map(str.strip, column)) if " " in whole else list(column)
    return list(map(_tidy, column))


def _tidy(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 200 and text.isascii() and text.isprintable() else clean_text(text, 200).strip()

"""Settings by their names: `staff.ana.role`, `rates.R1@2023-01-01.fixed`; and what two of them differ in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from ubtui.settings import District

# By what the tables of a list are told apart; each table of one is one part.
_TOLD_BY: Final = {
    "rates": ("code", "effective"),
    "staff": ("name",),
    "holidays": ("day",),
    "meters.sizes": ("size",),
    **{place: ("code",) for place in ("cycles", "funds", "gl", "charge_codes", "reasons", "duties")},
}
_FIRST_LINE = re.compile(r"# Settings ([0-9]{1,9})\b[^\n]*\n?")
Part = tuple[str, str]
"""Where a table stands and which of its list it is: ("staff", "ana"), ("approval", "")."""


class Change(msgspec.Struct, frozen=True):
    """A setting before and after; None where it is not there. What comes or goes whole is one change."""

    setting: str
    before: str | None
    after: str | None


def based_on(text: str) -> int | None:
    """From which settings a file was made, by its first line; None where that does not say."""
    found = _FIRST_LINE.match(text)
    return int(found[1]) if found else None


def marked(text: str, number: int) -> str:
    """The file as it is kept once it is in force: its first line says which settings it holds."""
    line = f"# Settings {number} of this district; other ones take force by `ubtui settings apply FILE`.\n"
    return line + _FIRST_LINE.sub("", text, count=1)


def parts(plain: Mapping[str, Any]) -> dict[Part, dict[str, Any]]:
    """Every table of settings given as plain values, its own fields by name."""
    out: dict[Part, dict[str, Any]] = {}

    def put(place: str, told: str, table: Mapping[str, Any]) -> None:
        mine = out.setdefault((place, told), {})
        for name, value in table.items():
            at = f"{place}.{name}" if place else name
            if isinstance(value, Mapping):
                put(at, "", value)
            elif at in _TOLD_BY:
                for each in value:
                    put(at, "@".join(str(each[field]) for field in _TOLD_BY[at]), each)
            else:
                mine[name] = value

    put("", "", plain)
    return out


def of(district: District) -> dict[Part, dict[str, Any]]:
    """The same of a district, with what it leaves to the program."""
    plain: dict[str, Any] = msgspec.to_builtins(district)
    return parts(plain)


def written(text: str) -> set[str]:
    """The settings that a file itself names; all others are the program's own."""
    return {named(part, field) for part, fields in parts(tomllib.loads(text)).items() for field in fields}


def named(part: Part, field: str = "") -> str:
    """A setting's name."""
    return ".".join(each for each in (*part, field) if each)


def told(value: Any) -> str:
    """A value as a line tells it: cents and rates as the file has them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(told, value))
    return "" if value is None else str(value)


def differing(was: District, now: District) -> set[Part]:
    """The tables in which two settings differ."""
    a, b = of(was), of(now)
    return {part for part in {**a, **b} if a.get(part) != b.get(part)}


def changes(was: District, now: District) -> list[Change]:
    """What two settings differ in, in the order of the first."""
    return list(_changes(of(was), of(now)))


def _changes(a: Mapping[Part, Mapping[str, Any]], b: Mapping[Part, Mapping[str, Any]]) -> Iterator[Change]:
    for part in {**a, **b}:
        before, after = a.get(part), b.get(part)
        if before is None or after is None:
            yield Change(named(part), _whole(part, before), _whole(part, after))
            continue
        for field in {**before, **after}:
            if before.get(field) != after.get(field):
                yield Change(
                    named(part, field),
                    told(before[field]) if field in before else None,
                    told(after[field]) if field in after else None,
                )


def _whole(part: Part, fields: Mapping[str, Any] | None) -> str | None:
    """A table that comes or goes, in one line."""
    if fields is None:
        return None
    by = _TOLD_BY.get(part[0], ())
    return ", ".join(
        f"{name.replace('_', ' ')} {told(value)}" for name, value in fields.items() if name not in by and told(value)
    )

"""Limits by size: one figure for all, or several, each below a size, with figures of a class's own beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Final

from ubtui.domain.errors import BadValue

MOST: Final = 10**9
_CLASS: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_STEP: Final = re.compile(r"(\S+)\s+below\s+(\S+)")


@dataclass(frozen=True, slots=True)
class Scale:
    """`steps` as (size, figure): below that size the figure holds, the first that fits; else `last`. All exact."""

    steps: tuple[tuple[Fraction, Fraction], ...]
    last: Fraction

    @classmethod
    def parse(cls, text: str) -> Scale:
        """`1.8`, `180%` or `3 below 20, 2 below 200, 1.75`; sizes rise. Raises BadValue in words."""
        *before, last = (part.strip() for part in text.split(","))
        steps = []
        for part in before:
            found = _STEP.fullmatch(part)
            if found is None:
                raise BadValue(f"{part[:40]!r} is no step: write 3 below 20, 2 below 200, 1.75.")
            steps.append((_figure(found[2]), _figure(found[1])))
        if any(small >= large for (small, _), (large, _) in pairwise(steps)) or any(not size for size, _ in steps):
            raise BadValue(f"The sizes of {text[:60]!r} do not rise: write 3 below 20, 2 below 200, 1.75.")
        return cls(tuple(steps), _figure(last))

    def checked(self) -> Scale:
        """The same, where nothing of it is beyond what a comparison holds. Raises BadValue."""
        for figure in (*self.figures, *(size for size, _ in self.steps)):
            if figure > MOST or 1000 % figure.denominator:
                raise BadValue(f"{str(figure)[:40]} cannot be used: write at most {MOST:,}, to three places.")
        return self

    def at(self, size: Fraction | int) -> Fraction:
        """The figure for a size."""
        return next((figure for below, figure in self.steps if size < below), self.last)

    @property
    def figures(self) -> tuple[Fraction, ...]:
        """Every figure that may hold."""
        return (*(figure for _, figure in self.steps), self.last)

    def __str__(self) -> str:
        return ", ".join([*(f"{plain(figure)} below {plain(size)}" for size, figure in self.steps), plain(self.last)])


@dataclass(frozen=True, slots=True)
class Scales:
    """A limit's scale, and those of classes that have their own (`times/irrigation`)."""

    base: Scale
    of: Mapping[str, Scale] = field(default_factory=dict)

    @classmethod
    def among(cls, values: Mapping[str, str], name: str) -> Scales:
        """The scales of the limit `name` among a kind's values by name. Raises BadValue."""
        of = {class_of(each): Scale.parse(text) for each, text in values.items() if each.startswith(f"{name}/")}
        return cls(Scale.parse(values[name]), of)

    def at(self, size: Fraction | int, customer_class: str | None = None) -> Fraction:
        """The figure for a size of a class."""
        return self.of.get(customer_class or "", self.base).at(size)

    @property
    def figures(self) -> tuple[Fraction, ...]:
        """Every figure that may hold."""
        return (*self.base.figures, *(figure for scale in self.of.values() for figure in scale.figures))


def class_of(name: str) -> str:
    """The class that a limit's name ends in: `times/irrigation`. Raises BadValue where it is none."""
    found = name.partition("/")[2]
    if _CLASS.fullmatch(found) is None:
        raise BadValue(f"{name[:60]!r} names no class: write it as times/irrigation.")
    return found


def _figure(text: str) -> Fraction:
    """A figure, or so many per cent."""
    plain = text.strip().removesuffix("%").strip()
    try:
        found = Fraction(plain)
    except (ValueError, ZeroDivisionError):
        raise BadValue(f"{text[:40]!r} is not a number: write it as 1.8 or 180%.") from None
    if text.strip().endswith("%"):
        found /= 100
    if found < 0:
        raise BadValue(f"{text[:40]!r} cannot be used: write 0 or more, to three places.")
    return found


def plain(figure: Fraction) -> str:
    """A figure as it is written: no places that say nothing."""
    whole, rest = divmod(int(figure * 1000), 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")

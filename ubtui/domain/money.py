"""Money: whole cents, exact rates, one rounding rule, and the text forms of both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from math import floor

from ubtui.domain.errors import BadValue

LIMIT_CENTS = 99_999_999_999
"""Largest amount, either sign, that the desk accepts: 999,999,999.99."""

_MONEY = re.compile(r"([+-]?)\$?([+-]?)((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?)(?:\.([0-9]{1,2}))?")
_RATE = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15})")


def round_cents(cents: Fraction | int) -> int:
    """Round an exact amount in cents to whole cents, half away from zero: the only rounding of money."""
    whole = floor(abs(Fraction(cents)) + Fraction(1, 2))
    return whole if cents >= 0 else -whole


def split_lines(exact: Sequence[Fraction]) -> list[int]:
    """Give whole cents to exact lines (in cents) so that they sum to `round_cents(sum(exact))`.

    Largest remainder first, ties to the earlier line; a line of whole cents never moves.
    """
    cents = [floor(line) for line in exact]
    short = round_cents(sum(exact, Fraction(0))) - sum(cents)
    by_remainder = sorted(range(len(exact)), key=lambda i: (cents[i] - exact[i], i))
    for i in by_remainder[:short]:
        cents[i] += 1
    return cents


def parse_money(text: str) -> int:
    """Read an amount typed by a person (`1,234.56`, `-12.5`, `$3`) as cents; BadValue says what to type."""
    shown = text[:40]
    match = _MONEY.fullmatch(text.strip().replace("\u2212", "-"))
    if not match or not (match[3] or match[4]) or (match[1] and match[2]):
        raise BadValue(f"Amount {shown!r} is not money: type dollars and at most two decimals, as 1,234.56.")
    dollars, decimals = match[3].replace(",", ""), (match[4] or "").ljust(2, "0")
    if len(dollars.lstrip("0")) > 9:
        raise BadValue(f"Amount {shown!r} is too large: the most is {format_money(LIMIT_CENTS)}.")
    cents = int(dollars or "0") * 100 + int(decimals)
    return -cents if "-" in (match[1], match[2]) else cents


def format_money(cents: int, sign: bool = False, comma: bool = True) -> str:
    """Write cents as `1,234.56`, with a minus where negative and, if asked, a plus where positive."""
    dollars, rest = divmod(abs(cents), 100)
    mark = "-" if cents < 0 else "+" if sign and cents > 0 else ""
    return f"{mark}{dollars:,}.{rest:02d}" if comma else f"{mark}{dollars}.{rest:02d}"


def rate(text: str) -> Fraction:
    """Read an exact decimal rate from text; anything that went through binary floating point is refused."""
    if not isinstance(text, str):
        raise BadValue(f"Rate {text!r} is not text: quote the decimal in the file so that it stays exact.")
    if not _RATE.fullmatch(text.strip()):
        raise BadValue(f"Rate {text[:40]!r} is not a decimal: type digits and one point, as 2.87.")
    return Fraction(text.strip())

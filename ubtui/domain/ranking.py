"""Priority of work items, 0 to 100: severity, money at stake, lateness and the deadlines that lift."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ubtui.domain.errors import BadValue

_TABLE = {
    85: "R13 R14 C06 M12",
    80: "P02 P03 P04 P09 P11 P12 B14",
    75: "R09 R10 R11 R17 R23 B03 B06 B10 C04",
    70: "B01 B02 B07 M01 M05 M06 M07 R18 A05",
    60: "R01 R04 R05 R06 R15 R16 R19 R20 R21 R22 R24 R25 R26 R27 R28 B04 B05 B08 B09 B11 B12 B13 A04 C02 C03 X06",
    55: "P01 P08 P13 P14 A01 A02 A03 X01 X02 X03 M04 M09 M11 C05",
    50: "R02 R03 R07 R08 R12 B15 M08",
    45: "C01 C07 C08 C09 C10 C11 C12 C13 P05 P06 P07 P10 P15",
    40: "X04",
    30: "Q01 Q02 Q03 Q04 M02 M03 M10 M13 M14",
}

BASE: Mapping[str, int] = MappingProxyType({c: base for base, codes in _TABLE.items() for c in codes.split()})
"""Base score of every code but X05, whose base is typed by the person who makes the item."""

STATUTORY_LIFT = 95
HELD_BILL_LIFT = 90
LIFT_DAYS = 2


def money_points(cents: int) -> int:
    """The largest k of 0..10 with (100 + cents at stake)² ≥ 10^(k+4): a logarithm in integers."""
    square = (100 + abs(cents)) ** 2
    return max(k for k in range(11) if k == 0 or square >= int(10 ** (k + 4)))


def priority(
    code: str,
    cents: int = 0,
    days_past_due: int = 0,
    statutory_within: int | None = None,
    held_bill_within: int | None = None,
    typed: int | None = None,
) -> int:
    """Score an item.

    `days_past_due`, `statutory_within` (to a legal deadline) and `held_bill_within` (to the bill date of a
    held read) are business days; the last two may be negative, and None where there is no such date.
    `typed` is the base of X05 and of nothing else.
    """
    base = typed if code == "X05" else BASE.get(code)
    if base is None or not 0 <= base <= 100:
        cure = "type its priority, 0 to 100" if code == "X05" else "use a code of the worklist"
        raise BadValue(f"Item code {code[:20]!r} has no base priority: {cure}.")
    score = min(100, base + money_points(cents) + min(10, max(0, days_past_due)))
    if held_bill_within is not None and held_bill_within <= LIFT_DAYS:
        score = max(score, HELD_BILL_LIFT)
    if statutory_within is not None and statutory_within <= LIFT_DAYS:
        score = max(score, STATUTORY_LIFT)
    return score

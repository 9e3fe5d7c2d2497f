"""What a read would be charged, before it is kept: its use at the rate in force."""

from __future__ import annotations

from datetime import date
from typing import Final

from ubtui.act import Look
from ubtui.detectors.readings.facts import METERED
from ubtui.domain.money import format_money, rate
from ubtui.domain.tariff import Bill, Tariff
from ubtui.services.seals.rates import rate_on

_RATE: Final = (
    f"SELECT p.id, x.rate_code FROM live_point p JOIN live_service x ON x.point_id = p.id AND {METERED}"
    " WHERE p.number = ? ORDER BY x.from_on DESC, x.id DESC LIMIT 1"
)


def charged(look: Look, point: str, use: int, day: date) -> Bill | None:
    """A period's charge for a use at a service point by its rate of a day; None where no full rate is in force.

    Behind a seal, or where use is occasional, another rate holds, which the bill run settles.
    """
    row = look.db.one(_RATE, [point])
    if row is None or rate_on(look, row[0], day).status != "full":
        return None
    known = [each for each in look.district.rates if each.code == row[1] and each.effective <= day]
    if not known:
        return None
    at = max(known, key=lambda each: each.effective)
    made = Tariff(at.code, at.effective, rate(at.fixed), at.tier_starts, tuple(map(rate, at.tier_prices)))
    return made.bill(use) if at.tier_starts or not use else None


def told(bill: Bill) -> str:
    """A charge in words: "48.20: fixed charge 30.00, tier 1 18.20"."""
    lines = ", ".join(f"{line.label.lower()} {format_money(line.cents)}" for line in bill.lines)
    return f"{format_money(bill.total)}: {lines}" if lines else format_money(bill.total)

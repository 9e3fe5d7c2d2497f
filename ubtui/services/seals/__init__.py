"""Seals: asked for, placed, looked at, their rate, and taken off; lock, reason and rate are three facts."""

from ubtui.services.seals.asked import SLA_DAYS, Request, Requested, Withdraw, request, withdraw
from ubtui.services.seals.checked import MOST, Found, Round, Rounded, Told, Verified, Verify, round_in, verify
from ubtui.services.seals.fees import Charge, Charged, charge
from ubtui.services.seals.hung import (
    Place,
    Placed,
    Rate,
    Remove,
    Removed,
    Replace,
    place,
    rate,
    remove,
    replace,
)
from ubtui.services.seals.rates import Span, rate_on, rates
from ubtui.services.seals.rows import touch_round
from ubtui.services.seals.standing import SealView, Standing, at, ledger, numbers, standing

__all__ = [
    "MOST", "SLA_DAYS", "Charge", "Charged", "Found", "Place", "Placed", "Rate", "Remove", "Removed", "Replace",
    "Request", "Requested", "Round", "Rounded", "SealView", "Span", "Standing", "Told", "Verified", "Verify",
    "Withdraw", "at", "charge", "ledger", "numbers", "place", "rate", "rate_on", "rates", "remove", "replace",
    "request", "round_in", "standing", "touch_round", "verify", "withdraw",
]  # fmt: skip

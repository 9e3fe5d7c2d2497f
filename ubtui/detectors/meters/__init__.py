"""Meters, seals and connections: more or larger than allowed, not looked at in time, in two places, not to be found."""

from ubtui.detectors.meters import connecting, field, installs, removed, rights, seals
from ubtui.detectors.meters.installs import (
    LARGE,
    PROGRAMME_FROM,
    concerned,
    is_large,
    meters_of_row,
    programme,
    programme_due,
)
from ubtui.detectors.meters.seals import ROUND, ROUND_DUE, round_limit, seal_round

__all__ = [
    "DETECTORS", "LARGE", "PROGRAMME_FROM", "ROUND", "ROUND_DUE", "concerned", "is_large", "meters_of_row",
    "programme", "programme_due", "round_limit", "seal_round",
]  # fmt: skip

DETECTORS = (
    *rights.DETECTORS,
    *seals.DETECTORS,
    *installs.DETECTORS,
    *removed.DETECTORS,
    *field.DETECTORS,
    *connecting.DETECTORS,
)

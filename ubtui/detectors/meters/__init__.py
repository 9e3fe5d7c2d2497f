"""Meters, seals and connections: more or larger than allowed, not looked at in time, in two places, not to be found."""

from ubtui.detectors.meters import installs, rights, seals
from ubtui.detectors.meters.installs import (
    LARGE,
    PROGRAMME_DUE,
    PROGRAMME_FROM,
    concerned,
    meters_of_row,
    programme,
    programme_limits,
)
from ubtui.detectors.meters.seals import ROUND, ROUND_DUE, round_limit, seal_round

__all__ = [
    "DETECTORS", "LARGE", "PROGRAMME_DUE", "PROGRAMME_FROM", "ROUND", "ROUND_DUE", "concerned", "meters_of_row",
    "programme", "programme_limits", "round_limit", "seal_round",
]  # fmt: skip

DETECTORS = (*rights.DETECTORS, *seals.DETECTORS, *installs.DETECTORS)

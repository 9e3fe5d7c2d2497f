"""Readings: whether they come, how they stand, how much they say, and where."""

from ubtui.detectors.readings import below, coming, place, use
from ubtui.detectors.readings.facts import due_before_bill

__all__ = ["DETECTORS", "due_before_bill"]

DETECTORS = tuple(
    sorted((*coming.DETECTORS, *use.DETECTORS, *below.DETECTORS, *place.DETECTORS), key=lambda each: each.code)
)

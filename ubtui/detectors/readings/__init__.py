"""Readings: whether they come, how they stand, how much they say, and where."""

from ubtui.detectors.readings import arrivals, below, coming, exchanged, held, interties, place, use
from ubtui.detectors.readings.arrivals import strangers
from ubtui.detectors.readings.facts import due_before_bill

__all__ = ["DETECTORS", "due_before_bill", "strangers"]

DETECTORS = tuple(
    sorted(
        (
            *arrivals.DETECTORS,
            *coming.DETECTORS,
            *use.DETECTORS,
            *below.DETECTORS,
            *place.DETECTORS,
            *held.DETECTORS,
            *exchanged.DETECTORS,
            *interties.DETECTORS,
        ),
        key=lambda each: each.code,
    )
)

"""What must be true of meter tests: a verdict is that of the flows which were measured, by the limits of its day."""

from __future__ import annotations

from typing import Final

from ubtui.services.checks import REVIEW, Check

METERS: Final = (
    Check(
        "meter_test",
        "passed on {0}, though the meter counted outside its limits at {1} flow",
        "SELECT t.id, t.tested_on, f.flow FROM meter_test t JOIN meter_test_flow f ON f.test_id = t.id"
        " WHERE t.result = 'passed' AND (100000 * f.registered_milli < f.lowest_milli * f.standard_milli"
        " OR 100000 * f.registered_milli > f.highest_milli * f.standard_milli)",
        REVIEW,
    ),
)

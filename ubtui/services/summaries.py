"""The rows under judgement as services ask for them: they are kept where the detectors read them."""

from ubtui.detectors.readings.summaries import (
    CHUNK,
    CLEARS,
    READS,
    SUMMARY,
    Usual,
    days_between,
    expected,
    faces,
    judged,
    past,
    summarise,
    usual,
)

__all__ = [
    "CHUNK", "CLEARS", "READS", "SUMMARY", "Usual", "days_between", "expected", "faces", "judged", "past", "summarise",
    "usual",
]  # fmt: skip

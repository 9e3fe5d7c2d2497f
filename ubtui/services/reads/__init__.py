"""Reads: entered, estimated, skipped, reviewed, and kept with the rows under judgement beside them."""

from ubtui.detectors.readings.summaries import CHUNK, SUMMARY, faces, judged, summarise
from ubtui.services.reads.batch import released
from ubtui.services.reads.entering import (
    Enter,
    Entered,
    Skip,
    Skipped,
    Why,
    enter,
    reread,
    skip,
)
from ubtui.services.reads.estimating import Estimate, Estimated, estimate
from ubtui.services.reads.placing import let_go, reason
from ubtui.services.reads.review import Review, Reviewed, Swap, Swapped, review, swap
from ubtui.services.reads.settling import Cancel, Cancelled, Dated, Days, cancel_estimates, days

__all__ = [
    "CHUNK", "SUMMARY", "Cancel", "Cancelled", "Dated", "Days", "Enter", "Entered", "Estimate", "Estimated", "Review",
    "Reviewed", "Skip", "Skipped", "Swap", "Swapped", "Why", "cancel_estimates", "days", "enter", "estimate", "faces",
    "judged", "let_go", "reason", "released", "reread", "review", "skip", "summarise", "swap",
]  # fmt: skip

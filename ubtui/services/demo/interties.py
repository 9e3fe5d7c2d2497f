"""Interties of the sample: what the other agency states of each period, a little off as two meters are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from ubtui.domain.volume import Unit, convert
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.story import PointStory, Ref, RowStory

_POINT: Final = Ref("point")


def rows(d: Draft, point: PointStory, agency: str, today: date) -> Iterator[RowStory]:
    """The intertie at an account's first point, and a statement for each period that we read and the agency states."""
    if d.stated is None:
        return
    reads = [r for meter in point.meters for r in meter.reads]
    since = reads[0].on
    yield RowStory(
        "intertie", {"point_id": _POINT, "agency": agency, "unit": "af", "from_on": since, "to_on": None}
    )  # fmt: skip
    for back, read in enumerate(reversed(reads), 1):
        more = d.stated.get(back, (d.index * 7 + back * 5) % 13 - 6)
        if read.usage is None or more is None:
            continue
        theirs = convert(Fraction(read.usage * (1000 + more), 1000), Unit.CCF, Unit.AF)
        on = min(read.on + timedelta(days=3), today)
        yield RowStory(
            "intertie_statement",
            {
                "point_id": _POINT, "period": read.period, "kind": "stated", "micro": int(theirs * 1_000_000),
                "unit": "af", "stated_on": on, "source": f"invoice {read.period[-7:]}", "entered_by": "ana",
                "entered_at": f"{on}T18:50:00.000000Z",
            },
        )  # fmt: skip

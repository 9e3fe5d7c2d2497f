"""Two reads in one period: the one that is in, those that are staged, and the choice between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from ubtui.act import Look
from ubtui.detectors.readings.facts import CARRIED_BEFORE
from ubtui.domain.errors import BadValue
from ubtui.domain.register import carried, passed
from ubtui.exchange import fields as forms
from ubtui.exchange import profile
from ubtui.services import reads
from ubtui.services.fixes.arrivals import decided
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {"staged.decide": "Decide on the staged row"}


@dataclass(frozen=True)
class TakenRead:
    """One of two reads of a period: `row` is the staged row, None for the one that is in."""

    row: int | None
    value: int | None
    use: int | None
    on: str
    source: str

    def short(self) -> str:
        """The read in a few words: `367,274 (use 31)`."""
        known = "no value" if self.value is None else f"{self.value:,}"
        return f"{known} (use {'not known' if self.use is None else f'{self.use:,}'})"

    def said(self) -> str:
        """The read with its day and where it came from."""
        return f"{'in' if self.row is None else f'staged row {self.row}'}: {self.short()} on {self.on}, {self.source}"


_IN = (
    "SELECT r.register_id, r.point_id, r.read_on, r.value, r.usage, r.prev_value, d.row_no, b.source, d.entered_by,"
    f" {CARRIED_BEFORE}"
    " FROM read_summary r JOIN read d ON d.register_id = r.register_id AND d.read_on = r.read_on AND d.seq = r.seq"
    " LEFT JOIN batch b ON b.id = d.batch_id WHERE r.point_id = ? AND r.period = ? AND r.kind = 'regular'"
    " ORDER BY r.register_id, r.read_on, r.seq"
)
_SECOND = (
    "SELECT s.id, s.register_id, s.row_no, b.source, b.profile, s.kind, s.fields FROM staged_row s"
    " JOIN batch b ON b.id = s.batch_id AND b.released_at IS NOT NULL WHERE s.point_id = ? AND s.period = ?"
    " AND s.state = 'staged' AND s.reason = 'duplicate-read' AND s.kind IN ('reads', 'usage') ORDER BY s.id"
)


def two_reads(look: Look, item: ItemView) -> tuple[TakenRead, ...]:
    """Of an item about two reads in a period: the reads that are in, then those that are staged; else nothing."""
    if item.key.code != "R15" or item.point_id is None:
        return ()
    found, before = [], {}
    for register, point, on, value, use, prev, row_no, source, by, carry in look.db.rows(
        _IN, [item.point_id, item.key.period]
    ):
        before[register] = (point, prev, carry)
        told = f"{source}, row {row_no}" if source else f"by {by}"
        found.append(TakenRead(None, value, use, on, told))
    for id, register, row_no, source, layout, kind, texts in look.db.rows(_SECOND, [item.point_id, item.key.period]):
        fields: dict[str, str] = msgspec.json.decode(texts)
        try:
            values, _ = forms.convert(profile.load(layout, kind), fields)
        except (OSError, BadValue):  # the layout is gone: what the file says is shown as it stands
            values = {}
        value, use = values.get("value"), values.get("usage")
        point, prev, carry = before.get(register, (None, None, None))
        if kind == "reads" and value is not None and prev is not None:
            face, unit = reads.faces(look.db, {register: point})[register]
            use = face.between(prev, value, unit, rolled=passed(prev, value, face.dials), carry=carried(carry)).units
        on = str(values.get("date") or fields.get("date", ""))[:10]
        shown = None if use is None else int(use)
        found.append(TakenRead(id, value, shown, on, f"{source}, row {row_no}"))
    return tuple(found)


def _staged(look: Look, item: ItemView) -> Iterator[Draft]:
    if item.key.code == "B02":
        if (row := item.evidence.get("row")) is not None:
            yield Draft("staged.decide", {"row": row, "decision": "drop"}, "Drop the row")
        return
    if item.key.code in ("R18", "R23"):
        yield from decided(look, item)
        return
    both = two_reads(look, item)
    kept = next((each.short() for each in both if each.row is None), "the first read")
    for each in both:
        if each.row is not None:
            known: dict[str, object] = {"row": each.row}
            title = f"Drop it, keep {kept}"
            yield Draft("staged.decide", {**known, "decision": "drop"}, title, why=f"drops {each.short()}")
            title = f"Take the staged read {each.short()}"
            yield Draft("staged.decide", {**known, "decision": "keep"}, title, why=f"of {each.source}")


MAKERS: Final[dict[str, Maker]] = {"staged.decide": _staged}

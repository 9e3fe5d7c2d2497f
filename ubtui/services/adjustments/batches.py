"""Payments that came in for nobody: the plan of taking a batch into suspense, and what its decision does to it."""

from __future__ import annotations

from datetime import date
from typing import Final

from ubtui.act import Look, Refused, Work
from ubtui.db.models.office import Batch
from ubtui.detectors.payments import line_of
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.services import ledger
from ubtui.services.adjustments.plans import Plan, whole
from ubtui.services.adjustments.tiers import ASKER, Aside
from ubtui.services.ledger import Entry, Leg
from ubtui.settings import Reason

BATCH: Final = "payment-batch"
TITLE: Final = "Payments taken into suspense"


def first_of(batch: int) -> str:
    """The worklist item of a batch's first payment: what a proposal names the batch by."""
    return f"P01:payment:{batch}/1"


def taking_in(look: Look, item: str, aside: Aside = ASKER) -> Plan:
    """What releasing the staged batch of this item would do: cash against suspense, on the day it was received.

    It concerns no account; lead or finance release it, never who staged it. Raises Refused.
    """
    batch = _batch(item)
    row = look.db.one(
        "SELECT b.source, CAST(SUM(l.cents) AS bigint), MIN(l.received_on), MAX(l.state) FROM batch b"
        " JOIN suspense_line l ON l.batch_id = b.id WHERE b.id = ? GROUP BY b.id, b.source",
        [batch],
    )
    if row is None or row[3] != "staged":
        raise Refused(f"batch {batch} waits for no release", rule="receipts", cure="see `ubtui payment list`")
    source, cents, on, _ = row
    use = ledger.chart(look.db).use
    if "suspense" not in use:
        raise Refused("the district has no account for suspense", rule="chart", cure='gl: one with use = "suspense"')
    legs = [Leg(use["cash"], cents), Leg(use["suspense"], -cents)]
    entry = Entry("", "RECEIPT", date.fromisoformat(on), f"{source} to suspense", legs)
    reason = Reason(code=BATCH, title=TITLE, effect="credit", gl=use["suspense"], charge_code="")
    return whole(look, "", "RECEIPT", reason, cents, entry, (), aside)


def released(work: Work, item: str, journal_id: int) -> None:
    """The batch of this item is in suspense by this journal: its payments wait for their accounts."""
    batch = _batch(item)
    work.db.update(Batch, batch, released_by=work.actor.name, released_at=work.now)
    _lines(work, batch, "state = 'suspense', journal_id = ?", [journal_id])


def dropped(work: Work, item: str) -> None:
    """The batch of this item is not released: its payments never came, and may be staged again."""
    _lines(work, _batch(item), "state = 'void'", [])


def _lines(work: Work, batch: int, sets: str, values: list[int]) -> None:
    work.db.run(f"UPDATE suspense_line SET {sets}, version = version + 1 WHERE batch_id = ?", [*values, batch])
    for (line,) in work.db.rows("SELECT line FROM suspense_line WHERE batch_id = ? ORDER BY line", [batch]):
        work.touch("payment", f"{batch}/{line}")


def _batch(item: str) -> int:
    try:
        line = line_of(ItemKey.parse(item).subject.key)
    except BadValue:
        line = None
    if line is None:
        raise Refused(f"{item[:60]} names no batch", rule="receipts", bad_input=True)
    return line[0]

"""The rows behind seals: the one that is on, the request that is open, the round that they belong to."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from ubtui.act import Refused, Work
from ubtui.db.models.field import SealRequest
from ubtui.db.session import Row
from ubtui.detectors.meters import seal_round

Value = Annotated[Annotated[int, msgspec.Meta(ge=0, lt=10**12)] | None, msgspec.Meta(description="read of that day")]
Which = Annotated[str, msgspec.Meta(description="number of the seal, where several are on", max_length=40)]
ON = "id, number, placed_on, version, placed_value, rate_status, rate_effect, lock_state, lock_reason, rate_from"


def touch_round(work: Work) -> None:
    """A seal changed: the month's round may have one less, or one more."""
    run = seal_round(work.today)
    work.touch(run.type, run.key)


def on(work: Work, point_id: int, point: str, number: str) -> Row:
    """The seal that is on, with the columns of ON. Refused where none is, or several and none is named."""
    seals = work.db.rows(
        f"SELECT {ON} FROM seal WHERE point_id = ? AND removed_on IS NULL ORDER BY placed_on, id", [point_id]
    )
    seals = [row for row in seals if number.strip() in ("", row[1])]
    if not seals:
        said = f"{point} has no seal {number[:40]}".rstrip() + " on it"
        raise Refused(said, rule="seals", cure="see its meter card")
    if len(seals) > 1:
        numbers = ", ".join(row[1] for row in seals)
        raise Refused(f"{point} has {len(seals)} seals on: {numbers}", rule="seals", cure="name the one")
    return seals[0]


def between(work: Work, number: str, placed_on: str, day: date) -> None:
    """Refuse a day on which the seal was not on yet, or that is still to come."""
    if not date.fromisoformat(placed_on) <= day <= work.today:
        raise Refused(
            f"seal {number} was placed on {placed_on}", rule="seals", cure=f"give a day from then up to {work.today}"
        )


def seen(work: Work, seal_id: int, day: date) -> None:
    """A seal was looked at on a day; a later look before it stays the newest."""
    work.db.run(
        "UPDATE seal SET verified_on = ?, version = version + 1 WHERE id = ? AND COALESCE(verified_on, placed_on) < ?",
        [day.isoformat(), seal_id, day.isoformat()],
    )


def unused(work: Work, number: str) -> None:
    """Refuse a number that a seal had before: it says which seal was broken."""
    if work.db.value("SELECT 1 FROM seal WHERE number = ?", [number]):
        raise Refused(f"seal {number} was used before", rule="a seal is used once", cure="read its number again")


def asked(work: Work, point_id: int, kind: str) -> Row | None:
    """The open request of a kind (seal, unseal): id, version, order_id, asked_on, asked_by."""
    return work.db.one(
        "SELECT id, version, order_id, asked_on, asked_by FROM seal_request"
        " WHERE point_id = ? AND kind = ? AND state = 'open'",
        [point_id, kind],
    )


def close(work: Work, row: Row, state: str, on: date, why: str) -> None:
    """Close a request: done or withdrawn."""
    work.db.update(SealRequest, row[0], row[1], state=state, closed_on=on, closed_by=work.actor.name, reason=why)

"""What is known of the seals of a point: where it stands, its rate today, and every seal with its looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ubtui.act import Look
from ubtui.detectors.base import marks, parts
from ubtui.domain.errors import BadValue
from ubtui.domain.seals import RateOn, Seen, State, state
from ubtui.domain.text import clean_text
from ubtui.services.runs import limits
from ubtui.services.seals.rates import rate_on


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a point stands, its seal (empty: none), the rate of today, and what is open: a request, an order."""

    state: State
    seal: str
    rate: RateOn
    asked_by: str
    order: str


@dataclass(frozen=True, slots=True)
class Check:
    """One look at a seal."""

    on: date
    found: Seen
    value: int | None
    other: str
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class SealView:
    """A seal of the ledger: its three facts, its days with their reads, who asked, what it cost in cents, its looks."""

    seal: str
    lock: str
    why: str
    rate: str
    effect: str
    placed_on: date
    placed_value: int | None
    rate_from: date | None
    verified_on: date | None
    removed_on: date | None
    removed_value: int | None
    removed_reason: str
    full_from: date | None
    requested_by: str
    fee_cents: int
    checks: tuple[Check, ...]


# The newest look at a seal, how it was found then.
NEWEST = (
    "(SELECT k.found FROM seal_check k WHERE k.seal_id = z.id ORDER BY k.checked_on DESC, k.id DESC LIMIT 1)"
)  # fmt: skip
_SEAL = (
    f"SELECT z.number, z.lock_state, COALESCE(z.verified_on, z.placed_on), {NEWEST} FROM seal z"
    " WHERE z.point_id = ? AND z.removed_on IS NULL ORDER BY z.placed_on DESC, z.id DESC LIMIT 1"
)


def at(look: Look, number: str) -> int:
    """The id of the service point with this number. Raises BadValue."""
    found = look.db.value("SELECT id FROM live_point WHERE number = ?", [number.strip().upper()])
    if found is None:
        raise BadValue(f"There is no service point {clean_text(number, 40)!r}: read its number again.")
    return int(found)


def numbers(look: Look, ids: Sequence[int]) -> list[str]:
    """The numbers of seals by their ids, in that order."""
    found: dict[int, str] = {}
    for part in parts(list(ids)):
        found |= dict(look.db.rows(f"SELECT id, number FROM seal WHERE id IN ({marks(part)})", part))
    return [found[id] for id in ids if id in found]


def standing(look: Look, point_id: int) -> Standing:
    """Where a point stands between a seal asked for and taken off, and what is billed there today."""
    seal = look.db.one(_SEAL, [point_id])
    asked = look.db.rows(
        "SELECT kind, asked_by FROM seal_request WHERE point_id = ? AND state = 'open' ORDER BY id DESC", [point_id]
    )
    ordered = look.db.rows(
        "SELECT kind, number FROM field_order WHERE point_id = ? AND state = 'open'"
        " AND kind IN ('seal', 'unseal', 'seal_check') ORDER BY id DESC",
        [point_id],
    )
    days = int(limits(look, "M03")["days"])
    overdue = (
        seal is not None
        and seal[1] == "locked"
        and date.fromisoformat(seal[2]) < look.today - timedelta(days=min(days, 36_500))
    )
    found = state(
        seal is not None, (seal and seal[3]) or "on", overdue, {row[0] for row in asked}, {row[0] for row in ordered}
    )
    return Standing(
        found, seal[0] if seal else "", rate_on(look, point_id, look.today),
        clean_text(asked[0][1], 60) if asked else "", ordered[0][1] if ordered else "",
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def ledger(look: Look, point_id: int) -> tuple[SealView, ...]:
    """Every seal of a point, the newest first, each with its looks, the newest first."""
    found = []
    for row in look.db.rows(
        "SELECT z.id, z.number, z.lock_state, z.lock_reason, z.rate_status, z.rate_effect, z.placed_on, z.placed_value,"
        " z.rate_from, z.verified_on, z.removed_on, z.removed_value, z.removed_reason, z.full_from, z.requested_by,"
        " z.fee_cents FROM seal z WHERE z.point_id = ? ORDER BY z.placed_on DESC, z.id DESC",
        [point_id],
    ):
        checks = tuple(
            Check(date.fromisoformat(on), seen, value, clean_text(other or ""), clean_text(note), clean_text(by))
            for on, seen, value, other, note, by in look.db.rows(
                "SELECT checked_on, found, value, found_number, note, checked_by FROM seal_check WHERE seal_id = ?"
                " ORDER BY checked_on DESC, id DESC",
                [row[0]],
            )
        )
        found.append(SealView(
            clean_text(row[1]), row[2], row[3], row[4], row[5], date.fromisoformat(row[6]), row[7], _day(row[8]),
            _day(row[9]), _day(row[10]), row[11], clean_text(row[12] or ""), _day(row[13]), clean_text(row[14] or ""),
            row[15], checks,
        ))  # fmt: skip
    return tuple(found)

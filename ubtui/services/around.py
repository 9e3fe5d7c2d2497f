"""What stands around an account besides its money: open orders, promises, protections, its payment plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ubtui.act import Look
from ubtui.services import contacts, enrolment
from ubtui.services.contacts import ContactLine
from ubtui.services.enrolment import Draft


@dataclass(frozen=True)
class OpenOrder:
    """A field order that is not done."""

    number: str
    kind: str
    point: str
    due_on: date


@dataclass(frozen=True)
class Protection:
    """What bars a shutoff, and until when."""

    kind: str
    from_on: date
    expires_on: date
    note: str


@dataclass(frozen=True)
class Plan:
    """The arrangement that runs: what it covers and its next instalment, in cents."""

    number: str
    kind: str
    cents: int
    made_on: date
    next_on: date | None
    next_cents: int


@dataclass(frozen=True)
class Around:
    """Open orders, open promises, protections in force, the plan that runs, what is drafted when, where bills go."""

    orders: tuple[OpenOrder, ...]
    promises: tuple[ContactLine, ...]
    protections: tuple[Protection, ...]
    plan: Plan | None
    autopay: Draft | None
    draft_on: date | None
    ebill: str


def around(look: Look, account_id: int) -> Around:
    """What stands around an account today."""
    orders = look.db.rows(
        "SELECT o.number, o.kind, p.number, o.due_on FROM field_order o JOIN service_point p ON p.id = o.point_id"
        " WHERE o.state = 'open' AND (o.account_id = ? OR (o.account_id IS NULL AND o.point_id IN"
        " (SELECT s.point_id FROM live_service s WHERE s.account_id = ? AND s.to_on IS NULL)))"
        " ORDER BY o.due_on, o.id",
        [account_id, account_id],
    )
    kept = look.db.rows(
        "SELECT kind, from_on, expires_on, note FROM protection WHERE account_id = ? AND ended_on IS NULL"
        " AND from_on <= ? AND expires_on >= ? ORDER BY expires_on, id",
        [account_id, look.today.isoformat(), look.today.isoformat()],
    )
    draft = enrolment.autopay(look, account_id)
    return Around(
        tuple(OpenOrder(number, kind, point, date.fromisoformat(due)) for number, kind, point, due in orders),
        contacts.promises(look, account_id),
        tuple(Protection(kind, date.fromisoformat(a), date.fromisoformat(b), note) for kind, a, b, note in kept),
        _plan(look, account_id),
        draft,
        enrolment.next_draft(look, account_id, draft) if draft else None,
        enrolment.emailed(look, account_id),
    )


def _plan(look: Look, account_id: int) -> Plan | None:
    row = look.db.one(
        "SELECT id, number, kind, cents, made_on FROM arrangement WHERE account_id = ? AND ended_on IS NULL",
        [account_id],
    )
    if row is None:
        return None
    due = look.db.one(
        "SELECT due_on, cents FROM instalment WHERE arrangement_id = ? AND due_on >= ? ORDER BY n LIMIT 1",
        [row[0], look.today.isoformat()],
    )
    next_on, next_cents = (date.fromisoformat(due[0]), due[1]) if due else (None, 0)
    return Plan(row[1], row[2], row[3], date.fromisoformat(row[4]), next_on, next_cents)

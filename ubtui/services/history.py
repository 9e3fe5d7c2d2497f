"""The life of an account: who held it, what was served, sealed, hung, proposed, worked on and said; newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ubtui.act import Look
from ubtui.domain.dates import local
from ubtui.domain.money import format_money
from ubtui.services.contacts import ROLES

_POINTS = "(SELECT s.point_id FROM live_service s WHERE s.account_id = ?)"


@dataclass(frozen=True)
class Step:
    """One step: the day it counts from, its kind, what it was, and who did it where that is on record."""

    on: date
    kind: str
    told: str
    by: str


def history(look: Look, account_id: int, most: int = 1000) -> tuple[Step, ...]:
    """What happened to an account and where it is served, the newest first."""
    found: list[Step] = []

    def add(on: str | None, kind: str, told: str, by: str = "") -> None:
        if on:
            found.append(Step(date.fromisoformat(on[:10]), kind, told, by))

    for role, name, from_on, to_on in look.db.rows(
        "SELECT r.role, q.name, r.from_on, r.to_on FROM account_role r JOIN party q ON q.id = r.party_id"
        " WHERE r.account_id = ? AND (r.batch_id IS NULL OR r.batch_id IN"
        " (SELECT id FROM batch WHERE released_at IS NOT NULL)) ORDER BY r.id",
        [account_id],
    ):
        add(from_on, "people", f"{name} becomes {ROLES.get(role, role)}")
        add(to_on, "people", f"{name} is {ROLES.get(role, role)} no longer")
    for kind, rate, from_on, to_on in look.db.rows(
        "SELECT kind, rate_code, from_on, to_on FROM live_service WHERE account_id = ? ORDER BY id", [account_id]
    ):
        add(from_on, "service", f"{kind.replace('_', ' ')} begins, rate {rate}")
        add(to_on, "service", f"{kind.replace('_', ' ')} ends")
    for number, reason, placed, removed, why, by in look.db.rows(
        "SELECT number, lock_reason, placed_on, removed_on, removed_reason, requested_by FROM seal"
        f" WHERE point_id IN {_POINTS} ORDER BY id",
        [account_id],
    ):
        add(placed, "seal", f"seal {number} goes on: {reason.replace('_', ' ')}", by or "")
        add(removed, "seal", f"seal {number} comes off{f': {why}' if why else ''}")
    for maker, serial, on, off, stand_in in look.db.rows(
        "SELECT m.maker, m.serial, i.on_date, i.off_date, m.placeholder FROM live_install i"
        f" JOIN meter m ON m.id = i.meter_id WHERE i.point_id IN {_POINTS} ORDER BY i.id",
        [account_id],
    ):
        if not stand_in:
            add(on, "meter", f"{maker}/{serial} is hung")
            add(off, "meter", f"{maker}/{serial} is taken off")
    for number, kind, asked, by, state, done, who, note in look.db.rows(
        "SELECT number, kind, asked_on, asked_by, state, done_on, done_by, note FROM field_order WHERE account_id = ?"
        f" OR (account_id IS NULL AND point_id IN {_POINTS}) ORDER BY id",
        [account_id, account_id],
    ):
        add(asked, "order", f"{number} {kind.replace('_', ' ')} is sent out", by)
        add(done, "order", f"{number} {state}{f': {note}' if note else ''}", who or "")
    for number, reason, cents, maker, made, state, decided, decider, day, why in look.db.rows(
        "SELECT p.number, p.reason, p.amount_cents, p.maker, p.created_on, p.state, a.decision, a.decided_by,"
        " a.decided_on, a.reason FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id WHERE p.account_id = ?"
        " ORDER BY p.id",
        [account_id],
    ):
        add(made, "proposal", f"{number} {reason} over {format_money(cents)}, {state}", maker)
        add(day, "proposal", f"{number} {decided}{f': {why}' if why else ''}", decider or "")
    for at, kind, role, text, by in look.db.rows(
        "SELECT on_day, kind, with_role, text, by_staff FROM contact WHERE account_id = ? ORDER BY id", [account_id]
    ):
        add(at, "contact", f"{kind} with {ROLES[role]}: {text}", by)
    for at, kind, note, by, title in look.db.rows(
        "SELECT e.at, e.kind, e.note, e.actor, w.title FROM work_item w JOIN work_event e ON e.item_id = w.id"
        " WHERE w.account_id = ? ORDER BY e.id",
        [account_id],
    ):
        add(
            local(at, look.district.zone).date().isoformat(),
            "worklist",
            f"{title}: {kind}{f', {note}' if note else ''}",
            by,
        )
    for at, kind, address in look.db.rows(
        "SELECT mailed_on, kind, address FROM letter WHERE account_id = ? ORDER BY id", [account_id]
    ):
        add(at, "letter", f"{kind} mailed to {address}")
    order = sorted(enumerate(found), key=lambda pair: (pair[1].on, pair[0]), reverse=True)
    return tuple(step for _, step in order[:most])

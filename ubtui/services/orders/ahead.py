"""What an order will be before it goes out, and what a result belongs to: day, place on the route, who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from ubtui.act import Look
from ubtui.db.calendars import office
from ubtui.domain.dates import format_day
from ubtui.domain.errors import BadValue
from ubtui.services.orders.acts import Create, is_serial_of
from ubtui.services.orders.results import Result
from ubtui.services.orders.views import KINDS, order

Fact = tuple[str, str, str | None]  # label, value, tone

# The water is off or the meter is opened meanwhile: who lives there hears of it from the office, not from the crew.
CALLED: Final = frozenset({"exchange", "seal", "unseal", "shutoff", "restore", "test", "access"})
_POINT = (
    "SELECT p.id, m.address, t.code, p.sequence, (SELECT g.maker || '/' || g.serial FROM live_install i JOIN meter g"
    " ON g.id = i.meter_id WHERE i.point_id = p.id AND i.off_date IS NULL) FROM live_point p"
    " JOIN premise m ON m.id = p.premise_id LEFT JOIN route t ON t.id = p.route_id WHERE p.number = ?"
)
_WHO = (
    "SELECT q.name, r.role, q.phone FROM live_service s JOIN account_role r ON r.account_id = s.account_id"
    " AND r.to_on IS NULL JOIN party q ON q.id = r.party_id WHERE s.point_id = ? AND s.to_on IS NULL"
    " AND r.role IN ('occupant', 'agent', 'payer', 'owner')"
    " ORDER BY CASE r.role WHEN 'occupant' THEN 0 WHEN 'agent' THEN 1 WHEN 'payer' THEN 2 ELSE 3 END, r.id"
)


def ahead(look: Look, form: Create) -> Iterator[Fact]:
    """What an order will be: its day, its place among the day's others, who hears of it; nothing for no such point."""
    row = look.db.one(_POINT, [form.point.strip().upper()])
    if row is None:
        return
    yield "order", f"{KINDS[form.kind]} at {form.point}, {row[1]}", "accent"
    yield "due", *_due(look, form.due_on)
    if row[2] is None:
        yield "route", "on no route: the crew goes by the address", "warning"
    else:
        out = look.db.value(
            "SELECT COUNT(*) FROM field_order o JOIN service_point p ON p.id = o.point_id JOIN route t"
            " ON t.id = p.route_id WHERE o.state = 'open' AND t.code = ? AND o.due_on = ?",
            [row[2], form.due_on.isoformat()],
        )
        place = "" if row[3] is None else f"-{row[3]}"
        yield "route", f"{row[2]}{place}, on the crew's list with {out} more of that route for that day", None
    yield "meter", row[4] or "none hangs there", None if row[4] or form.kind in ("locate", "other") else "warning"
    who = look.db.one(_WHO, [row[0]])
    if who is not None and form.kind in CALLED:
        yield "call", f"{who[0]}, {who[1]}, {who[2] or 'no phone known'}: nothing here tells them", "warning"
    elif who is not None:
        yield "there", f"{who[0]}, {who[1]}{f', {who[2]}' if who[2] else ''}", None


def _due(look: Look, due: date) -> tuple[str, str | None]:
    said = f"{due:%A} {format_day(due, look.today)}"
    if due < look.today:
        return f"{said}, past", "warning"
    try:
        days = office(look.db, look.today, max(due, look.today) + timedelta(days=1))
        if not days.is_business(due):
            return f"{said}, when the office is closed", "warning"
        n = days.between(look.today, due)
    except BadValue:  # beyond the calendars
        return said, "warning"
    return f"{said}, {'today' if not n else f'in {n} office day' + 's' * (n > 1)}", None


_BEFORE = (
    "SELECT r.read_on, r.value FROM live_read r JOIN register g ON g.id = r.register_id JOIN live_install i"
    " ON i.meter_id = g.meter_id AND i.off_date IS NULL WHERE i.point_id = ? AND r.value IS NOT NULL"
    " AND r.status <> 'void' ORDER BY r.read_on DESC, r.seq DESC LIMIT 1"
)


def asked(look: Look, form: Result) -> Iterator[Fact]:
    """What a result belongs to: what was asked, what hangs there, what it showed last; nothing for no such order."""
    try:
        found = order(look, form.order)
    except BadValue:
        return
    more = f": {found.instructions}" if found.instructions else ""
    asked_on = format_day(found.asked_on, look.today)
    yield "order", f"{KINDS[found.kind]} at {found.point}, asked {asked_on} by {found.asked_by}{more}", "accent"
    row = look.db.one(_POINT, [found.point])
    if row is None:
        return
    before = look.db.one(_BEFORE, [row[0]])
    showed = f", showed {before[1]:,} on {format_day(date.fromisoformat(before[0]), look.today)}" if before else ""
    meter = row[4] or "none on record"
    serial = form.found_serial.strip()
    differs = bool(serial) and not is_serial_of(serial, row[4] or "")
    kept = f"; {serial} was found" + ": what it showed is not entered" * (found.kind == "reread")
    yield "meter", f"{meter}{showed}{kept if differs else ''}", "warning" if differs else None
    if before and form.found_value is not None and form.found_value < before[1]:
        yield "value", f"{form.found_value:,} is under the last read", "warning"

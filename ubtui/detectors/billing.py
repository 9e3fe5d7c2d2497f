"""Billing: services that no run bills, accounts that cannot be billed, mail that came back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from ubtui.db.session import Session
from ubtui.detectors.base import METERED_KINDS, Ask, Detector, Found, Parameter
from ubtui.detectors.quality import released_on
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account, parse_account

_LACKING = "('missing-field', 'unknown-cycle')"


def unbilled(ask: Ask) -> Iterable[Found]:
    """B01: the cycle was billed, an active service of it was not for more than `cycles` of its cycle.

    A bill whose lines name services bills those alone; a charge posted from this very item counts as a bill.
    """
    if (asked := ask.accounts()) is None:
        return
    only, numbers = asked
    cycles = f" WHERE id IN (SELECT a.cycle_id FROM account a WHERE 1 = 1{only})" if only else ""
    for cycle, code, months in ask.db.rows(f"SELECT id, code, months FROM cycle{cycles} ORDER BY id", numbers):
        length = months * 365 * ask.milli("cycles") // 12_000
        cutoff = (ask.today - timedelta(days=length)).isoformat()
        if not only and not _billed_since(ask, cycle, cutoff):  # every account of the cycle would be gone through
            continue
        late: dict[int, tuple[str, str, list[str], str | None]] = {}
        for account, number, kind, point, from_on, last in ask.db.rows(
            "SELECT a.id, a.number, s.kind, p.number, s.from_on, (SELECT MAX(b.to_on) FROM bill b"
            " WHERE b.account_id = a.id) FROM live_account a JOIN live_service s ON s.account_id = a.id"
            " LEFT JOIN service_point p ON p.id = s.point_id"
            f" WHERE a.cycle_id = ? AND a.state = 'active'{only} AND s.to_on IS NULL AND s.from_on < ?"
            " AND (p.id IS NULL OR p.state = 'active') AND NOT EXISTS(SELECT 1 FROM bill b WHERE b.account_id = a.id"
            " AND b.to_on >= ? AND (EXISTS(SELECT 1 FROM bill_line l WHERE l.bill_id = b.id AND l.service_id = s.id)"
            " OR NOT EXISTS(SELECT 1 FROM bill_line l WHERE l.bill_id = b.id AND l.service_id IS NOT NULL)))"
            " AND NOT EXISTS(SELECT 1 FROM proposal q JOIN approval v ON v.proposal_id = q.id"
            " AND v.decision = 'approved' WHERE q.account_id = a.id AND q.item LIKE 'B01:%' AND q.effective_on >= ?)"
            " ORDER BY a.id, s.id",
            [cycle, *numbers, cutoff, cutoff, cutoff],
        ):
            _, _, kinds, _ = late.setdefault(account, (number, from_on, [], last))
            kinds.append(" ".join(filter(None, (kind.replace("_", " "), point))))
        if not late or (only and not _billed_since(ask, cycle, cutoff)):
            continue
        for account, (number, from_on, kinds, last) in late.items():
            since = max(from_on, last or "")
            said = f"{', '.join(kinds)}: billed to {last}" if last else f"{', '.join(kinds)}: never billed"
            yield Found(
                format_account(number), "", "Active, not billed", f"{said}, while cycle {code} was",
                {
                    "services": len(kinds), "kinds": ", ".join(kinds), "last_bill_to": last, "since": since,
                    "days": (ask.today - date.fromisoformat(since)).days, "limit": length, "reads": [],
                },
                account_id=account, due_source="unbilled",
            )  # fmt: skip


def _billed_since(ask: Ask, cycle: int, day: str) -> bool:
    """Whether anybody of the cycle was billed up to this day or a later one: else the run itself is late."""
    sql = (
        "SELECT 1 FROM bill b JOIN account a ON a.id = b.account_id AND a.cycle_id = ? WHERE b.to_on >= ?"
        " ORDER BY b.to_on DESC LIMIT 1"
    )
    return ask.db.value(sql, [cycle, day]) is not None


def not_billable(ask: Ask) -> Iterable[Found]:
    """B02: a metered service whose point is on no route, or a row of an import kept back for want of a field."""
    yield from _unrouted(ask)
    yield from _kept_back(ask)


def _unrouted(ask: Ask) -> Iterable[Found]:
    if (asked := ask.accounts()) is None:
        return
    only, numbers = asked
    lacking: dict[int, tuple[str, list[str], list[str]]] = {}
    for account, number, point, route in ask.db.rows(
        "SELECT a.id, a.number, p.number, p.route_id FROM service_point p JOIN live_service s ON s.point_id = p.id"
        " JOIN live_account a ON a.id = s.account_id WHERE (p.route_id IS NULL OR p.sequence IS NULL)"
        f" AND p.state = 'active' AND s.to_on IS NULL AND s.kind IN {METERED_KINDS} AND a.state = 'active'{only}"
        " ORDER BY a.id, p.number",
        numbers,
    ):
        _, points, lacks = lacking.setdefault(account, (number, [], []))
        points.append(point)
        lacks.append("route" if route is None else "sequence")
    for account, (number, points, lacks) in lacking.items():
        why = f"{', '.join(points)}: no {' or '.join(sorted(set(lacks)))}"
        yield Found(
            format_account(number), "", "Cannot be billed", why,
            {"point": points[0], "points": len(points), "missing": " ".join(sorted(set(lacks))), "reads": []},
            account_id=account, due_source="unbilled",
        )  # fmt: skip


def _kept_back(ask: Ask) -> Iterable[Found]:
    """Rows of accounts by their number; those that have none yet as one item an import."""
    accounts, runs = ask.keys("account"), ask.keys("run")
    if accounts is not None and not accounts and not runs:
        return
    days: dict[str, list[tuple[int, str, str]]] = {}
    for row, fields, sentence, source, batch in ask.db.rows(
        "SELECT s.id, s.fields, s.sentence, b.source, b.id FROM staged_row s JOIN batch b ON b.id = s.batch_id"
        " AND b.released_at IS NOT NULL WHERE s.state = 'staged' AND s.kind = 'accounts'"
        f" AND s.reason IN {_LACKING} ORDER BY s.id"
    ):
        key = staged_account(fields)
        if key is not None:
            if accounts is None or key in accounts:
                yield _held(key, "account", 1, row, sentence, source)
        elif runs is None or runs:
            day = released_on(ask.db, batch) or ask.today.isoformat()  # in the releasing act itself it is today
            days.setdefault(day, []).append((row, sentence, source))
    for day, rows in days.items():
        if runs is None or f"import/{day}" in runs:
            yield _held(f"import/{day}", "run", len(rows), *rows[0])


def _held(key: str, kind: str, count: int, row: int, sentence: str, source: str) -> Found:
    more = f" and {count - 1} more rows" if count > 1 else ""
    evidence: dict[str, Any] = {"row": row, "rows": count, "source": source, "sentence": sentence, "reads": []}
    return Found(
        key, "", "Cannot be billed", f"{source}: {sentence}{more}", evidence, subject_type=kind, due_source="unbilled"
    )


def kept_back(db: Session, batch_id: int) -> set[str]:
    """The printed numbers of accounts whose rows of a batch were kept back."""
    rows = db.rows("SELECT fields FROM staged_row WHERE batch_id = ? AND kind = 'accounts'", [batch_id])
    return {number for (fields,) in rows if (number := staged_account(fields)) is not None}


def staged_account(fields: str) -> str | None:
    """The printed account number that a staged row of accounts gives, None where it gives none."""
    try:
        return format_account(parse_account(str(json.loads(fields).get("number") or "")))
    except (BadValue, ValueError, AttributeError):
        return None


def mail_back(ask: Ask) -> Iterable[Found]:
    """B15: mail came back, and neither was it looked into nor has the address changed since."""
    if (asked := ask.accounts()) is None:
        return
    only, numbers = asked
    seen: dict[int, Found] = {}
    for account, number, what, on, reason, name, times in ask.db.rows(
        "SELECT a.id, a.number, m.what, m.returned_on, m.reason, q.name, q.mail_returned FROM returned_mail m"
        " JOIN live_account a ON a.id = m.account_id JOIN party q ON q.id = m.party_id WHERE m.outcome IS NULL"
        f" AND (q.mail_changed_on IS NULL OR q.mail_changed_on < m.returned_on){only}"
        " ORDER BY a.id, m.returned_on, m.id",
        numbers,
    ):
        if account in seen:
            seen[account].evidence["pieces"] += 1
            continue
        day = date.fromisoformat(on)
        seen[account] = Found(
            format_account(number), "", "Mail came back", f"{what} to {name} came back {day:%b %-d, %Y}: {reason}",
            {"what": what, "returned_on": on, "reason": reason, "times": times, "pieces": 1, "reads": []},
            account_id=account, due_on=ask.add_business(day, ask.whole("business_days")), due_source="mail term",
        )  # fmt: skip
    yield from seen.values()


DETECTORS = (
    Detector(
        "B01", "Active, not billed", ("account",),
        "an active service, not billed for more than cycles of its cycle while others of the cycle were",
        "Water is given away; a back-bill later is a complaint.", ("adjust.propose", "billing.stop"),
        "audits of public utilities: unbilled services", unbilled, sla_days=5,
        parameters={"cycles": Parameter("1.25", "cycles", "time that a bill may take")},
    ),
    Detector(
        "B02", "Cannot be billed", ("account", "run"),
        "a metered active service whose point lacks route or sequence; an account's row of an import kept back because"
        " a field is missing (rows without a number are one item an import)",
        "No run ever bills it.", ("route.place", "staged.mend", "staged.decide"),
        "Oracle: accounts that cannot bill; audits of master data",
        not_billable, sla_days=3,
    ),
    Detector(
        "B15", "Mail came back", ("account",),
        "returned mail that was not looked into, and the address is as it was",
        "The next bill and every lawful notice come back too.", ("mail.researched", "party.address"),
        "contact duty before shutoff, HSC 116908", mail_back,
        parameters={"business_days": Parameter("3", "office days", "time that research may take")},
    ),
)  # fmt: skip

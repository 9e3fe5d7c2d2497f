"""Services asked for: paid for and not installed, or running before their fee is paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ubtui.db.session import Session
from ubtui.detectors.base import Ask, Detector, Found, Parameter, marks
from ubtui.domain.dates import format_day
from ubtui.domain.money import format_money
from ubtui.domain.numbers import parse_account
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text


@dataclass(frozen=True)
class Standing:
    """A request with its money and its meter: `due_cents` of its fee, the days since which it is paid and set.

    What one person `noted` as paid elsewhere (day, receipt, who) is paid once another has seen the same receipt.
    `proposal` is the newest that charges the fee; `refused` where it was rejected, withdrawn, expired or taken back,
    `pending` where nobody decided it yet.
    """

    id: int
    number: str
    account_id: int
    account: str
    point_id: int
    point: str
    kind: str
    asked_on: date
    fee_cents: int
    due_cents: int
    proposal: str
    refused: bool
    pending: bool
    paid_on: date | None
    installed_on: date | None
    noted: tuple[date, str, str] | None


_ASKED = (
    "SELECT q.id, q.number, q.account_id, a.number, q.point_id, p.number, q.kind, q.asked_on, q.fee_cents,"
    " q.proposal_id, q.paid_on, q.receipt, q.noted_by, q.confirmed_by,"
    " (SELECT MIN(i.on_date) FROM live_install i WHERE i.point_id = q.point_id"
    " AND i.on_date >= q.asked_on) FROM service_request q JOIN account a ON a.id = q.account_id"
    " JOIN service_point p ON p.id = q.point_id WHERE {} ORDER BY q.number"
)
# A proposal put in another's place charges the same fee; the journal of an approved one made the item that is paid.
_CHARGED = (
    "WITH RECURSIVE chain(first, id) AS (SELECT p.id, p.id FROM proposal p WHERE p.id IN ({})"
    " UNION ALL SELECT c.first, n.id FROM chain c JOIN proposal n ON n.revises = c.id)"
    " SELECT c.first, p.number, CASE WHEN EXISTS(SELECT 1 FROM journal z WHERE z.reverses = j.id) THEN 'reversed'"
    " ELSE v.decision END, r.cents, (SELECT CAST(COALESCE(SUM(x.cents), 0) AS bigint)"
    " FROM application x WHERE x.item_id = r.id), (SELECT MAX(k.effective_on) FROM application x"
    " JOIN journal k ON k.id = x.journal_id WHERE x.item_id = r.id) FROM chain c JOIN proposal p ON p.id = c.id"
    " LEFT JOIN approval v ON v.proposal_id = p.id LEFT JOIN journal j ON j.approval_id = v.id"
    " LEFT JOIN receivable_item r ON r.journal_id = j.id ORDER BY c.first, p.id"
)


def standings(
    db: Session, state: str = "", numbers: Sequence[str] | None = None, points: Sequence[str] | None = None
) -> list[Standing]:
    """Requests with their money and meters: of a state, of these numbers, or at these points."""
    where, values = ["1 = 1"], list[str]()
    for column, some in (("q.state", [state] if state else None), ("q.number", numbers), ("p.number", points)):
        if some is not None:
            where.append(f"{column} IN ({marks(some)})")
            values += some
    rows = db.rows(_ASKED.format(" AND ".join(where)), values)
    proposals = sorted({row[9] for row in rows if row[9] is not None})
    charged: dict[int, Any] = {}
    for start in range(0, len(proposals), 500):
        some_ids = proposals[start : start + 500]
        for first, *facts in db.rows(_CHARGED.format(marks(some_ids)), some_ids):
            charged[first] = facts  # the newest of a chain comes last
    return [_standing(row, charged.get(row[9])) for row in rows]


def _standing(row: Sequence[Any], charged: Sequence[Any] | None) -> Standing:
    id, number, account_id, account, point_id, point, kind, asked, fee, _, said, receipt, by, confirmed = row[:14]
    installed, paid = row[14], said if confirmed else None
    proposal, decision, cents, applied, last = charged or ("", None, None, 0, None)
    since: str | None = paid
    due = 0 if paid else int(fee)
    if paid is None and cents is not None and decision == "approved":
        due = int(cents) - int(applied)
        since = last if due <= 0 else None
    elif paid is None and not fee:
        since = asked
    return Standing(
        id, number, account_id, account, point_id, point, kind, date.fromisoformat(asked), int(fee), max(0, due),
        proposal, decision not in (None, "approved"), bool(proposal) and decision is None,
        date.fromisoformat(since) if since else None,
        date.fromisoformat(installed) if installed else None,
        (date.fromisoformat(said), receipt, by) if said and not confirmed else None,
    )  # fmt: skip


def _waiting(ask: Ask) -> list[Standing]:
    keys = ask.keys("point")
    if keys is not None and not keys:
        return []
    return standings(ask.db, "open", points=keys)


def stalled(ask: Ask) -> Iterable[Found]:
    """M11: the fee is paid and the meter is not set, for longer than the crew takes."""
    limit = ask.whole("business_days")
    for q in _waiting(ask):
        since = q.noted[0] if q.paid_on is None and q.noted else q.paid_on
        if since is None or q.installed_on is not None:
            continue
        days = ask.business_days(since, ask.today)
        if days > limit:
            yield _found(
                q, "Paid, not installed",
                f"{q.number}, {q.kind}: paid {format_day(since, ask.today)}, no meter set for {days} office days",
                ask.add_business(since, limit), business_days=days, limit=limit, request="exchange",
            )  # fmt: skip


def unpaid(ask: Ask) -> Iterable[Found]:
    """M12: water runs, and the fee of the connection is still due."""
    for q in _waiting(ask):
        if q.installed_on is None or q.paid_on is not None:
            continue
        charged = f"by {q.proposal}" if q.proposal and not q.refused else "which nobody charged"
        if q.noted:
            on, receipt, by = format_day(q.noted[0], ask.today), clean_text(q.noted[1], 40), q.noted[2]
            charged = f"which {by} says was paid elsewhere {on}, receipt {receipt}: nobody else has seen it"
        found = _found(
            q, "Installed, not paid",
            f"{q.number}, {q.kind}: set {format_day(q.installed_on, ask.today)}, {format_money(q.due_cents)} is due,"
            f" {charged}", q.installed_on, installed_on=q.installed_on.isoformat(),
        )  # fmt: skip
        found.money_cents = q.due_cents
        yield found


def _found(q: Standing, title: str, why: str, due: date, **more: Any) -> Found:
    evidence = {
        "request_number": q.number, "kind": q.kind, "asked_on": q.asked_on.isoformat(), "fee_cents": q.fee_cents,
        "due_cents": q.due_cents, "proposal": q.proposal or None, "charged": bool(q.proposal) and not q.refused,
        "paid_on": q.paid_on.isoformat() if q.paid_on else None, "noted_by": q.noted[2] if q.noted else None,
        "receipt": clean_text(q.noted[1], 80) if q.noted else None, **more, "reads": [],
    }  # fmt: skip
    return Found(
        q.point, "", title, why, evidence, account_id=q.account_id, point_id=q.point_id, due_on=due,
        due_source="service request",
    )  # fmt: skip


def _of_accounts(ask: Ask) -> Iterable[Subject]:
    """The points of an account's open requests: its payments settle their fees."""
    keys = [parse_account(key) for key in ask.keys("account") or ()]
    if not keys:
        return
    sql = (
        "SELECT DISTINCT p.number FROM service_request q JOIN account a ON a.id = q.account_id"
        f" JOIN service_point p ON p.id = q.point_id WHERE q.state = 'open' AND a.number IN ({marks(keys)})"
    )
    yield from (Subject("point", number) for (number,) in ask.db.rows(sql, keys))


DETECTORS = (
    Detector(
        "M11", "Paid, not installed", ("point",),
        "an open service request whose fee is paid (its open amount is 0, or a receipt is noted) for more than"
        " business_days office days, and no meter was set at its point since it was asked for",
        "Somebody paid and has no water.", ("meter.exchange", "order.create", "request.withdraw"),
        "DIGIT: the connection is activated last, after its payment", stalled,
        parameters={"business_days": Parameter("20", "office days", "time to set a meter that is paid for")},
        also={"account": _of_accounts},
    ),
    Detector(
        "M12", "Installed, not paid", ("point",),
        "a meter was set at the point of an open service request since it was asked for, and of its fee something is"
        " due or was never charged; what was paid elsewhere counts once two people have seen its receipt",
        "Capacity and water are used that nobody paid for.",
        ("request.fee", "request.paid", "order.create"), "capacity charges, GC 66013: paid before service begins",
        unpaid, also={"account": _of_accounts},
    ),
)  # fmt: skip

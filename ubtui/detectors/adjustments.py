"""Adjustments: proposals that wait for a decision, came back, or lack their paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from ubtui.db.session import Row
from ubtui.detectors.base import Ask, Detector, Found, Parameter
from ubtui.domain.money import format_money

_FACTS = "p.number, p.account_id, p.amount_cents, p.reason, p.maker"


def _rows(ask: Ask, more: str, sources: str, where: str) -> Iterator[Row]:
    if (narrow := ask.only("proposal", "p.number")) is None:
        return
    only, keys = narrow
    yield from ask.db.rows(f"SELECT {_FACTS}, {more} FROM {sources} WHERE {where}{only}", keys)


def _found(row: Row, title: str, why: str, due_on: date | None, source: str | None, role: str = "") -> Found:
    number, account, cents, reason, maker = row[:5]
    evidence = {"amount_cents": cents, "reason": reason, "maker": maker, "reads": []}
    return Found(
        number, "", title, f"{format_money(cents)}, {reason}, by {maker}: {why}", evidence, account_id=account,
        money_cents=cents, due_on=due_on, due_source=source, role=role,
    )  # fmt: skip


_OPEN = "NOT EXISTS(SELECT 1 FROM approval d WHERE d.proposal_id = p.id)"


def waiting(ask: Ask) -> Iterable[Found]:
    """A01: submitted more than `business_days` office days ago and not decided."""
    limit = ask.whole("business_days")
    for row in _rows(ask, "p.submitted_on, p.approvers", "proposal p", f"p.state = 'submitted' AND {_OPEN}"):
        submitted = date.fromisoformat(row[5])
        days = ask.business_days(submitted, ask.today)
        if days > limit:
            found = _found(
                row, "Approval waiting", f"submitted {submitted:%b %-d}, {days} office days ago",
                ask.add_business(submitted, limit), "approval term", "lead",
            )  # fmt: skip
            found.evidence |= {"submitted_on": row[5], "business_days": days, "limit": limit, "approvers": row[6]}
            yield found


def returned(ask: Ask) -> Iterable[Found]:
    """A02: rejected or lapsed, and the maker has neither revised it nor taken note."""
    where = (
        "NOT EXISTS(SELECT 1 FROM proposal_ack k WHERE k.proposal_id = p.id)"
        " AND NOT EXISTS(SELECT 1 FROM proposal n WHERE n.revises = p.id)"
    )
    sources = "approval d JOIN proposal p ON p.id = d.proposal_id AND d.decision IN ('rejected', 'expired')"
    for row in _rows(ask, "d.decided_by, d.decided_on, d.reason, d.decision", sources, where):
        if row[8] == "expired":
            found = _found(row, "Proposal lapsed", f"{row[7]}, it lapsed on {row[6]}", None, None)
            found.evidence |= {"lapsed_on": row[6], "because": row[7]}
        else:
            found = _found(row, "Proposal rejected", f"{row[5]} says: {row[7]}", None, None)
            found.evidence |= {"rejected_by": row[5], "rejected_on": row[6], "because": row[7]}
        yield found


def without_document(ask: Ask) -> Iterable[Found]:
    """A04: a draft whose reason needs a paper that is not attached, so that it cannot be submitted."""
    where = (
        f"p.state = 'draft' AND p.needs_document = 1 AND {_OPEN} AND NOT EXISTS(SELECT 1 FROM document_link l"
        " WHERE l.subject = 'proposal:' || p.number)"
    )
    for row in _rows(ask, "p.created_on", "proposal p", where):
        found = _found(row, "Draft lacks its document", "no paper attached", None, None)
        found.evidence |= {"created_on": row[5]}
        yield found


DETECTORS = (
    Detector(
        "A01", "Approval waiting", ("proposal",), "submitted, not decided, more than business_days office days ago",
        "The customer waits, and the proposal expires.", ("adjust.approve", "adjust.reject", "adjust.withdraw"),
        "two-person rule of the approval policy", waiting, role="lead",
        parameters={"business_days": Parameter("2", "office days", "time that a decision may take")},
    ),
    Detector(
        "A02", "Proposal rejected", ("proposal",), "rejected or lapsed, neither revised nor acknowledged by its maker",
        "The trouble it was to mend is still there.", ("adjust.revise", "adjust.acknowledge"),
        "two-person rule of the approval policy", returned, sla_days=5,
    ),
    Detector(
        "A04", "Draft lacks its document", ("proposal",), "a draft whose reason needs a document, none attached",
        "It cannot be submitted.", ("document.attach", "adjust.withdraw"), "audit findings on unsupported adjustments",
        without_document, sla_days=5,
    ),
)  # fmt: skip

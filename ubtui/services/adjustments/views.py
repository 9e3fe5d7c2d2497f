"""Proposals as they are shown: what waits for a decision, and one proposal with all a checker must see."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from ubtui.act import Look, Refused, linked
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import Subject
from ubtui.services.adjustments.batches import BATCH
from ubtui.services.adjustments.batches import TITLE as BATCH_TITLE
from ubtui.services.adjustments.overshort import OVER_SHORT
from ubtui.services.adjustments.plans import Plan, PlanLeg
from ubtui.services.adjustments.returns import RETURNS
from ubtui.services.adjustments.rows import Row, find, risen
from ubtui.services.adjustments.tiers import STANDING
from ubtui.services.adjustments.transfers import TRANSFER, target, title
from ubtui.services.documents import Document, documents


@dataclass(frozen=True)
class Pending:
    """A proposal that waits: for the list of approvals."""

    number: str
    account: str
    owner: str
    reason: str
    amount_cents: int
    maker: str
    submitted_on: date
    expires_on: date
    tier: int
    approvers: tuple[str, ...]
    signed_by: tuple[str, ...]
    mine: bool


@dataclass(frozen=True)
class ProposalView:
    """A proposal with its legs, papers and decision; `plan` as it would be now, or `moved` says why not.

    `may_decide` is empty when the person who asks may decide it, else the reason why not.
    """

    number: str
    standing: str
    kind: str
    account: str
    owner: str
    reason: str
    title: str
    article: str
    amount_cents: int
    effective_on: date
    note: str
    item: str | None
    maker: str
    created_at: str
    submitted_at: str | None
    expires_on: date | None
    tier: int
    approvers: tuple[str, ...]
    signed_by: tuple[str, ...]
    needs_document: bool
    documents: tuple[Document, ...]
    legs: tuple[PlanLeg, ...]
    plan: Plan | None
    moved: str
    decided_by: str | None
    decided_at: str | None
    decision_reason: str
    journal_id: int | None
    revises: str | None
    replaced_by: str | None
    acknowledged: bool
    maker_30_days_cents: int
    account_year: tuple[tuple[date, str, int], ...]
    may_decide: str


_OWNER = (
    "COALESCE((SELECT MIN(q.name) FROM account_role r JOIN party q ON q.id = r.party_id"
    " WHERE r.account_id = c.id AND r.role = 'owner' AND r.to_on IS NULL), '')"
)


def pending(look: Look, mine: bool = False) -> tuple[Pending, ...]:
    """Submitted proposals nobody has decided, the oldest first; `mine`: only those the asker may decide."""
    own = {n for (n,) in look.db.rows("SELECT account_number FROM staff_account WHERE staff = ?", [look.actor.name])}
    signed: dict[int, list[str]] = defaultdict(list)
    for proposal_id, name in look.db.rows(
        "SELECT s.proposal_id, s.signed_by FROM signature s LEFT JOIN approval a ON a.proposal_id = s.proposal_id"
        " WHERE a.id IS NULL ORDER BY s.signed_at"
    ):
        signed[proposal_id].append(name)
    out = []
    for row in look.db.rows(
        f"SELECT p.number, COALESCE(c.number, ''), {_OWNER}, p.reason, p.amount_cents, p.maker, p.submitted_on, p.tier,"
        " p.approvers, p.id FROM proposal p LEFT JOIN account c ON c.id = p.account_id"
        " LEFT JOIN approval a ON a.proposal_id = p.id"
        " WHERE p.state = 'submitted' AND a.id IS NULL ORDER BY p.id"
    ):
        since, roles = date.fromisoformat(row[6]), _split(row[8])
        decides = not _barred(look, row[5], roles) and row[1] not in own
        if decides or not mine:
            out.append(
                Pending(
                    row[0],
                    format_account(row[1]),
                    row[2],
                    row[3],
                    row[4],
                    row[5],
                    since,
                    _expires(look, since),
                    row[7],
                    roles,
                    tuple(signed[row[9]]),
                    decides,
                )
            )
    return tuple(out)


def proposal(look: Look, number: str) -> ProposalView:
    """One proposal with all a checker must see. Raises Refused when there is none of that number."""
    row = find(look, number)
    papers = documents(look, str(row.subject))
    made, moved = _now(look, row, bool(papers))
    reason = next((r for r in look.district.reasons if r.code == row.reason), None)
    more = look.db.one(
        f"SELECT {_OWNER}, p.created_at, p.submitted_at, a.decided_at, a.reason, j.id,"
        " (SELECT o.number FROM proposal o WHERE o.id = p.revises),"
        " (SELECT o.number FROM proposal o WHERE o.revises = p.id),"
        " EXISTS(SELECT 1 FROM proposal_ack k WHERE k.proposal_id = p.id)"
        " FROM proposal p LEFT JOIN account c ON c.id = p.account_id LEFT JOIN approval a ON a.proposal_id = p.id"
        " LEFT JOIN journal j ON j.approval_id = a.id WHERE p.id = ?",
        [row.id],
    )
    assert more is not None
    roles = _split(row.approvers)
    return ProposalView(
        row.number,
        row.standing,
        row.kind,
        format_account(row.account_number),
        more[0],
        row.reason,
        reason.title if reason else _untyped(look, row),
        reason.article if reason else "",
        row.amount_cents,
        row.effective_on,
        row.note,
        row.item,
        row.maker,
        more[1],
        more[2],
        _expires(look, row.submitted_on) if row.submitted_on and row.decision is None else None,
        row.tier,
        roles,
        _signed(look, row.id),
        row.needs_document,
        papers,
        _legs(look, row.id),
        made,
        moved,
        row.decided_by,
        more[3],
        more[4] or "",
        more[5],
        more[6],
        more[7],
        bool(more[8]),
        _maker_sum(look, row),
        _year(look, row.account_id),
        _why_not(look, row.maker, row.account_number, roles)
        if row.standing == "pending"
        else f"{row.number} is {row.standing}",
    )


def _untyped(look: Look, row: Row) -> str:
    if row.reverses is not None:
        return f"Reversal of journal {row.reverses}"
    if row.reason == TRANSFER:
        return title(look, row.account_id, target(look, row.id, row.account_id)[0])
    return _TITLES[row.reason]


_TITLES = {BATCH: BATCH_TITLE, OVER_SHORT: "Drawer over or short", **RETURNS}


def _now(look: Look, row: Row, papers: bool) -> tuple[Plan | None, str]:
    if row.decision is not None:
        return None, ""
    try:
        made = row.plan(look)
    except Refused as no:
        return None, no.sentence()
    if made.hash != row.plan_hash and row.state == "submitted":
        return made, f"the account has moved since: ask {row.maker} to revise it"
    if row.state == "submitted" and (more := risen(row, made, papers)):
        return made, f"{more}: ask {row.maker} to revise it"
    return made, ""


def _legs(look: Look, proposal_id: int) -> tuple[PlanLeg, ...]:
    return tuple(
        PlanLeg(*row)
        for row in look.db.rows(
            "SELECT g.code, g.title, l.cents, c.code, l.item_id FROM proposal_leg l"
            " JOIN gl_account g ON g.id = l.gl_id LEFT JOIN charge_code c ON c.id = l.charge_code_id"
            " WHERE l.proposal_id = ? ORDER BY l.n",
            [proposal_id],
        )
    )


def _maker_sum(look: Look, row: Row) -> int:
    return int(
        look.db.value(
            f"SELECT COALESCE(CAST(SUM(p.amount_cents) AS bigint), 0){STANDING} AND p.maker = ?"
            " AND p.submitted_on >= ?",
            [row.maker, (look.today - timedelta(days=30)).isoformat()],
        )
    )


def _year(look: Look, account_id: int) -> tuple[tuple[date, str, int], ...]:
    """The account's journals of the last twelve months: day, kind, change of the balance in cents."""
    return tuple(
        (date.fromisoformat(day), kind, cents)
        for day, kind, cents in look.db.rows(
            "SELECT j.effective_on, j.kind, CAST(SUM(p.cents) AS bigint) FROM posting p"
            " JOIN gl_account g ON g.id = p.gl_id JOIN journal j ON j.id = p.journal_id"
            " WHERE p.account_id = ? AND g.use IN ('receivable', 'credit') AND j.effective_on >= ?"
            " GROUP BY j.id, j.effective_on, j.kind ORDER BY j.id",
            [account_id, (look.today - timedelta(days=365)).isoformat()],
        )
    )


def _signed(look: Look, proposal_id: int) -> tuple[str, ...]:
    rows = look.db.rows("SELECT signed_by FROM signature WHERE proposal_id = ? ORDER BY signed_at", [proposal_id])
    return tuple(name for (name,) in rows)


def _expires(look: Look, since: date) -> date:
    return since + timedelta(days=look.district.approval.expires_days)


def _split(approvers: str) -> tuple[str, ...]:
    return tuple(filter(None, approvers.split(",")))


def _barred(look: Look, maker: str, roles: tuple[str, ...]) -> str:
    if maker == look.actor.name:
        return "the maker does not decide"
    return "" if look.actor.role in roles else f"this is for: {', '.join(roles)}"


def _why_not(look: Look, maker: str, account_number: str, roles: tuple[str, ...]) -> str:
    if (no := _barred(look, maker, roles)) or not account_number:
        return no
    linked_to = linked(look, [Subject("account", format_account(account_number))])
    return "" if linked_to is None else linked_to.reason

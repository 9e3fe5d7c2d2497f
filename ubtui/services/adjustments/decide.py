"""Decisions: another person approves, which posts in the same commit, or rejects; the policy lets old ones lapse."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models import ledger as models
from ubtui.db.models import reads as read_models
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import ItemKey
from ubtui.domain.text import clean_text
from ubtui.services import ledger, reads
from ubtui.services.adjustments.batches import BATCH, dropped, released
from ubtui.services.adjustments.drafted import came_back
from ubtui.services.adjustments.overshort import OVER_SHORT, left, named
from ubtui.services.adjustments.overshort import posted as drawer_posted
from ubtui.services.adjustments.plans import Plan, moved
from ubtui.services.adjustments.returns import RETURNS, returned, taken_back
from ubtui.services.adjustments.reversals import concerned
from ubtui.services.adjustments.rows import Row, find, not_linked, own, risen
from ubtui.services.adjustments.transfers import TRANSFER, arrived
from ubtui.services.documents import documents
from ubtui.services.shutoffs import stand_down


class Approve(Form, frozen=True, kw_only=True):
    """A proposal to approve; the amount is typed again by whoever decides."""

    proposal: Annotated[str, msgspec.Meta(description="proposal number, as P-000012")]
    amount_cents: Annotated[int, msgspec.Meta(description="the amount, typed again")]


class Reject(Form, frozen=True, kw_only=True):
    """A proposal to reject, and why."""

    proposal: Annotated[str, msgspec.Meta(description="proposal number, as P-000012")]
    reason: Annotated[str, msgspec.Meta(description="why, for its maker")]


class Withdraw(Form, frozen=True, kw_only=True):
    """One's own proposal to take back before it is decided."""

    proposal: Annotated[str, msgspec.Meta(description="proposal number, as P-000012")]
    reason: Annotated[str, msgspec.Meta(description="why")] = ""


class Acknowledge(Form, frozen=True, kw_only=True):
    """A rejection its maker has seen and leaves."""

    proposal: Annotated[str, msgspec.Meta(description="proposal number, as P-000012")]


class Approved(msgspec.Struct, frozen=True):
    """What approval did: the journal posted, or whose signature is still to come."""

    number: str
    amount_cents: int
    journal_id: int | None
    balance_cents: int
    waits_for: tuple[str, ...] = ()


class Decided(msgspec.Struct, frozen=True):
    """A proposal and how it ended."""

    number: str
    decision: str


@act("adjust.approve")
def approve(work: Work, form: Approve) -> Approved:
    """Approve and post in one commit; of amounts two people sign, the first signature waits for the second."""
    row = _pending(work, form.proposal)
    _may_decide(work, row)
    if form.amount_cents != row.amount_cents:
        raise Refused(
            f"{row.number} is for {format_money(row.amount_cents)}, not {format_money(form.amount_cents)}",
            rule="the checker types the amount",
            cure="read the proposal again",
        )
    made = row.plan(work)
    if made.hash != row.plan_hash:
        raise Refused(
            f"the account has moved since {row.number} was proposed: {moved(work, made)}",
            rule="what was approved is what is posted",
            cure=f"ask {row.maker} to revise it",
        )
    if no := risen(row, made, bool(documents(work, str(row.subject)))):
        raise Refused(no, rule="approval tiers", cure=f"ask {row.maker} to revise it")
    if made.tier == row.tier and work.actor.role not in made.approvers:
        raise Refused(
            f"{made.why}: not a {work.actor.role}'s to decide",
            rule="approval tiers",
            cure="ask: " + ", ".join(made.approvers),
        )
    if waits := _sign(work, row):
        return Approved(row.number, row.amount_cents, None, made.before.balance, waits)
    journal_id = post_approved(work, row, made, work.actor.name, "")
    return Approved(row.number, row.amount_cents, journal_id, made.after.balance)


@act("adjust.reject")
def reject(work: Work, form: Reject) -> Decided:
    """Reject a proposal; its maker revises it or acknowledges."""
    row = _pending(work, form.proposal)
    _may_decide(work, row)
    if not form.reason.strip():
        raise Refused("a rejection needs a reason", rule="decisions", cure="say why")
    return decide(work, row, "rejected", form.reason)


@act("adjust.withdraw")
def withdraw(work: Work, form: Withdraw) -> Decided:
    """Take back one's own draft or pending proposal; what a drawer was counted at is another person's to decide."""
    row = find(work, form.proposal)
    own(work, row, "withdraw")
    if row.decision is not None:
        raise Refused(f"{row.number} is {row.standing}", rule="decided once")
    if row.reason == OVER_SHORT:
        raise Refused(
            f"{row.number} says what was counted: the count stands until another person decides it",
            rule="over and short",
            cure=f"ask: {row.approvers.replace(',', ', ')}",
        )
    return decide(work, row, "withdrawn", form.reason)


@act("adjust.acknowledge")
def acknowledge(work: Work, form: Acknowledge) -> Decided:
    """Say that one's rejected or lapsed proposal has been seen and is left."""
    row = find(work, form.proposal)
    own(work, row, "acknowledge")
    if row.decision not in ("rejected", "expired"):
        raise Refused(f"{row.number} is {row.standing}", rule="only a rejected proposal is acknowledged")
    if work.db.value("SELECT 1 FROM proposal_ack WHERE proposal_id = ?", [row.id]) is not None:
        raise Refused(f"{row.number} is acknowledged already", rule="once")
    work.db.insert(models.ProposalAck, proposal_id=row.id, by_staff=work.actor.name, at=work.now)
    _touch(work, row)
    return Decided(row.number, "acknowledged")


def expire(work: Work) -> int:
    """Let proposals lapse that waited longer than the policy allows; how many. Nightly work calls it.

    Payments that came in do not lapse: the money is here, and waits for its release or a no.
    """
    since = work.today - timedelta(days=work.district.approval.expires_days)
    old = work.db.rows(
        "SELECT p.number FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id"
        " WHERE p.state = 'submitted' AND a.id IS NULL AND p.submitted_on < ? AND p.reason <> ? ORDER BY p.id",
        [since.isoformat(), BATCH],
    )
    for (number,) in old:
        row = find(work, number)
        _decide(work, row, "expired", f"policy:{row.policy_version}", "nobody decided in time")
    return len(old)


def decide(work: Work, row: Row, decision: str, reason: str) -> Decided:
    """Write a decision that posts nothing, by who acts."""
    _decide(work, row, decision, work.actor.name, clean_text(reason, 500, multiline=True))
    work.fact(proposal=row.number, decision=decision)
    return Decided(row.number, decision)


def post_approved(work: Work, row: Row, made: Plan, by: str, reason: str) -> int:
    """Write the approval and its journal, and settle the read it was about; the journal's id."""
    approval_id = _decide(work, row, "approved", by, reason)
    journal_id = ledger.post(
        work,
        replace(
            made.entry,
            key=row.idem_key,
            kind=row.kind,
            maker=row.maker,
            posted_by=work.actor.name,
            approval_id=approval_id,
        ),
    )
    _review(work, row)
    if row.reason in RETURNS:
        returned(work, row.item or "", journal_id)
    if row.reason == BATCH:
        released(work, row.item or "", journal_id)
    if row.reason == OVER_SHORT:
        drawer_posted(work, row.item or "", row.number, journal_id)
    if row.reverses is not None:
        left(work, row.reverses)
        came_back(work, row.reverses)
        taken_back(work, row.reverses, journal_id)
        for number in concerned(work, row.reverses).values():
            work.touch("account", format_account(number))
    if row.reason == TRANSFER:
        arrived(work, row.id, row.account_id, row.idem_key)
    stand_down(work, concerned(work, journal_id))
    work.fact(
        proposal=row.number,
        cents=row.amount_cents,
        journal=journal_id,
        legs=ledger.posted_hash(work.db, journal_id),
        decision="approved",
    )
    work.detail(before=msgspec.to_builtins(made.before), after=msgspec.to_builtins(made.after), why=made.why)
    return journal_id


def _decide(work: Work, row: Row, decision: str, by: str, reason: str) -> int:
    _touch(work, row)
    if row.reason == BATCH and decision != "approved":
        dropped(work, row.item or "")
    return work.db.insert(
        models.Approval,
        proposal_id=row.id,
        decided_by=by,
        decision=decision,
        reason=reason,
        decided_on=work.today,
        decided_at=work.now,
    )


def _touch(work: Work, row: Row) -> None:
    work.touch("proposal", row.number)
    if row.reason == OVER_SHORT and row.item:
        work.touch("run", ItemKey.parse(row.item).subject.key)
    if row.account_number:
        work.touch("account", format_account(row.account_number))


def _pending(work: Work, number: str) -> Row:
    row = find(work, number)
    if row.standing != "pending":
        raise Refused(f"{row.number} is {row.standing}", rule="only submitted proposals are decided")
    return row


def _may_decide(work: Work, row: Row) -> None:
    if row.maker == work.actor.name:
        raise Refused(
            f"{row.number} is your own proposal",
            rule="the maker does not decide",
            cure=f"ask: {row.approvers.replace(',', ', ')}",
        )
    not_linked(work, row.account_number)
    if row.reason == OVER_SHORT and named(work, row.item or "").staff == work.actor.name:
        raise Refused(
            f"{row.number} is about your own drawer",
            rule="nobody decides what his own drawer is over or short",
            cure=f"ask: {row.approvers.replace(',', ', ')}",
        )
    if work.actor.role not in row.approvers.split(","):
        raise Refused(
            f"{format_money(row.amount_cents)} of tier {row.tier} is not a {work.actor.role}'s to decide",
            rule="approval tiers",
            cure=f"ask: {row.approvers.replace(',', ', ')}",
        )


def _sign(work: Work, row: Row) -> tuple[str, ...]:
    """Sign where two people must; the roles whose signature is missing (none: it may be posted now)."""
    if row.signers < 2:
        return ()
    signed: dict[str, str] = dict(work.db.rows("SELECT role, signed_by FROM signature WHERE proposal_id = ?", [row.id]))
    if work.actor.role in signed:
        raise Refused(
            f"{signed[work.actor.role]} has signed {row.number} as {work.actor.role}",
            rule="two people of different offices",
            cure="ask: " + ", ".join(role for role in row.approvers.split(",") if role not in signed),
        )
    if any(role != work.actor.role for role in signed):
        return ()
    work.db.insert(
        models.Signature,
        proposal_id=row.id,
        signed_by=work.actor.name,
        role=work.actor.role,
        signed_at=work.now,
    )
    _touch(work, row)
    work.fact(proposal=row.number, cents=row.amount_cents, decision="signed")
    return tuple(role for role in row.approvers.split(",") if role != work.actor.role)


def _review(work: Work, row: Row) -> None:
    """Mark the reads that the proposal's item is about as settled by it: what held them for it lets them go."""
    if row.item is None or row.reverses is not None:
        return
    try:
        item = ItemKey.parse(row.item)
    except BadValue:
        return
    if not item.code.startswith("R") or item.subject.type != "point":
        return
    found = work.db.rows(
        "SELECT s.register_id, s.read_on, s.seq FROM read_summary s JOIN live_point p ON p.id = s.point_id"
        " JOIN live_service v ON v.point_id = p.id AND v.account_id = ?"
        " WHERE p.number = ? AND (s.period = ? OR ? = '') GROUP BY s.register_id, s.read_on, s.seq",
        [row.account_id, item.subject.key, item.period, item.period],
    )
    for register_id, read_on, seq in found:
        work.db.insert(
            read_models.ReadReview,
            register_id=register_id,
            read_on=read_on,
            seq=seq,
            code=item.code,
            decision="adjusted",
            reason=row.reason,
            by_staff=work.actor.name,
            at=work.now,
            proposal_id=row.id,
        )
    if found:
        reads.let_go(work.db, found, item.code)
        reads.summarise(work.db, sorted({register_id for register_id, _, _ in found}))
        work.touch("point", item.subject.key)

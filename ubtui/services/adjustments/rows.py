"""A proposal's row with its decision, and who must keep his hands off it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ubtui.act import Look, Refused, Work, linked
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import Subject
from ubtui.services.adjustments.batches import BATCH, taking_in
from ubtui.services.adjustments.overshort import OVER_SHORT, differing
from ubtui.services.adjustments.plans import Plan, Propose, plan
from ubtui.services.adjustments.returns import RETURNS, UNPAID, returning
from ubtui.services.adjustments.reversals import reversal
from ubtui.services.adjustments.tiers import Aside
from ubtui.services.adjustments.transfers import TRANSFER, target, transferring


@dataclass(frozen=True)
class Row:
    """A proposal's row with its decision; no account (id 0, no number) where it returns a payment of nobody's."""

    id: int
    number: str
    idem_key: str
    kind: str
    reason: str
    account_id: int
    account_number: str
    maker: str
    state: str
    amount_cents: int
    plan_hash: str
    tier: int
    approvers: str
    signers: int
    needs_document: bool
    policy_version: int
    effective_on: date
    note: str
    item: str | None
    revises: int | None
    reverses: int | None
    submitted_on: date | None
    decision: str | None
    decided_by: str | None

    @property
    def subject(self) -> Subject:
        return Subject("proposal", self.number)

    @property
    def standing(self) -> str:
        """draft, pending, or how it was decided."""
        return self.decision or ("pending" if self.state == "submitted" else "draft")

    def form(self) -> Propose:
        """What was proposed."""
        return Propose(
            account=self.account_number,
            reason=self.reason,
            amount_cents=self.amount_cents,
            note=self.note,
            effective_on=self.effective_on,
            item=self.item,
        )

    def plan(self, look: Look) -> Plan:
        """What it would do now. Raises Refused."""
        aside = Aside(self.maker, self.id, self.revises is not None and was_rejected(look, self.revises))
        if self.reason in RETURNS:
            return returning(look, self.item or "", aside, self.effective_on, self.reason == UNPAID)
        if self.reason == BATCH:
            return taking_in(look, self.item or "", aside)
        if self.reason == OVER_SHORT:
            return differing(look, self.item or "", aside, self.effective_on)
        if self.reason == TRANSFER:
            _, to = target(look, self.id, self.account_id)
            return transferring(look, self.account_number, to, self.amount_cents, aside, self.effective_on)
        if self.reverses is not None:
            return reversal(look, self.reverses, self.effective_on, aside)
        return plan(look, self.form(), aside)


def was_rejected(look: Look, proposal_id: int) -> bool:
    """Whether somebody said no to this proposal: what replaces it does not post unseen."""
    sql = "SELECT 1 FROM approval WHERE proposal_id = ? AND decision = 'rejected'"
    return look.db.value(sql, [proposal_id]) is not None


def find(look: Look, number: str) -> Row:
    """The proposal of this number. Raises Refused."""
    row = look.db.one(
        "SELECT p.id, p.number, p.idem_key, p.kind, p.reason, COALESCE(p.account_id, 0), COALESCE(c.number, ''),"
        " p.maker, p.state,"
        " p.amount_cents, p.plan_hash, p.tier, p.approvers, p.signers, p.needs_document, p.policy_version,"
        " p.effective_on, p.note, p.item, p.revises, p.reverses, p.submitted_on, a.decision, a.decided_by"
        " FROM proposal p LEFT JOIN account c ON c.id = p.account_id LEFT JOIN approval a ON a.proposal_id = p.id"
        " WHERE p.number = ?",
        [number.strip().upper()],
    )
    if row is None:
        said = f"no proposal {number[:20]}"
        raise Refused(said, rule="proposals", cure="see `ubtui approvals list`", bad_input=True)
    submitted = date.fromisoformat(row[21]) if row[21] else None
    columns = (*row[:14], bool(row[14]), row[15], date.fromisoformat(row[16]), *row[17:21], submitted, *row[22:])
    return Row(*columns)


def risen(row: Row, made: Plan, papers: bool) -> str:
    """Why what a proposal needs by now is more than what it was submitted for; empty when it is not."""
    if made.tier > row.tier or len(made.approvals) > row.signers:
        return f"{row.number} was submitted for tier {row.tier}; by now {made.why}"
    if made.needs_document and not papers:
        return f"{row.number} needs a document by now ({made.why})"
    return ""


def own(work: Work, row: Row, verb: str) -> None:
    """Refuse what only the maker may do."""
    if row.maker != work.actor.name:
        raise Refused(f"{row.number} is {row.maker}'s", rule=f"only the maker may {verb}", cure=f"ask {row.maker}")


def not_linked(look: Look, account_number: str) -> None:
    """Refuse to act on one's own or a linked account."""
    if account_number and (no := linked(look, [Subject("account", format_account(account_number))])) is not None:
        raise no

"""Proposals: written as drafts, given their papers, submitted as fixed; tier 0 is decided by the policy at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models import ledger as models
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.domain.text import clean_text
from ubtui.services import ledger
from ubtui.services.adjustments.batches import BATCH
from ubtui.services.adjustments.decide import decide, post_approved
from ubtui.services.adjustments.overshort import OVER_SHORT
from ubtui.services.adjustments.plans import Plan, Propose, Shown, as_shown, legs_hash, plan, unguarded
from ubtui.services.adjustments.returns import RETURNS
from ubtui.services.adjustments.reversals import reversal
from ubtui.services.adjustments.rows import Row, find, not_linked, own
from ubtui.services.adjustments.tiers import Aside
from ubtui.services.adjustments.transfers import TRANSFER
from ubtui.services.documents import Paper, keep, link


class Proposed(msgspec.Struct, frozen=True):
    """A proposal as it stands now: draft, pending or approved (posted by the policy); who may decide it."""

    number: str
    state: str
    tier: int
    approvers: tuple[str, ...]
    why: str
    amount_cents: int
    journal_id: int | None = None


class Submit(Form, frozen=True, kw_only=True):
    """A draft to be decided."""

    proposal: Annotated[str, msgspec.Meta(description="proposal number, as P-000012")]
    plan: Shown = ""

    def request(self) -> Any:
        return unguarded(self)


class Revise(Form, frozen=True, kw_only=True):
    """A new proposal in place of an old one; what is not given stays as it was, papers come along."""

    proposal: Annotated[str, msgspec.Meta(description="proposal number, as P-000012")]
    amount_cents: Annotated[int | None, msgspec.Meta(description="the new amount")] = None
    reason: Annotated[str | None, msgspec.Meta(description="one of the district's adjustment reasons")] = None
    note: Annotated[str | None, msgspec.Meta(description="what happened, for whoever decides")] = None
    effective_on: Annotated[date | None, msgspec.Meta(description="the day it counts from")] = None
    draft: Annotated[bool, msgspec.Meta(description="keep it as a draft, do not submit it")] = False
    documents: list[Paper] = []
    plan: Shown = ""

    def request(self) -> Any:
        return unguarded(self)

    def recorded(self) -> Any:
        plain = {name: getattr(self, name) for name in self.__struct_fields__ if name != "documents"}
        return {**plain, "documents": [paper.name for paper in self.documents]}


class Reverse(Form, frozen=True, kw_only=True):
    """A journal to take back."""

    journal: Annotated[int, msgspec.Meta(description="journal number, from the account's ledger")]
    note: Annotated[str, msgspec.Meta(description="why it is taken back")]
    effective_on: Annotated[date | None, msgspec.Meta(description="the day it counts from; today unless given")] = None


@act("adjust.propose")
def propose(work: Work, form: Propose) -> Proposed:
    """Write a proposal with its papers; submitted at once unless it is to stay a draft.

    What tier 0 allows posts at once: with `plan` as it was shown, without it as the account stands.
    """
    made = plan(work, form)
    as_shown(work, made, form.plan)
    row = _write(work, made, form.note, _item(form.item), None)
    _papers(work, row, form.documents)
    return _drafted(work, row) if form.draft else _submit(work, row)


@act("adjust.submit")
def submit(work: Work, form: Submit) -> Proposed:
    """Submit a draft: planned anew, fixed from now on; a small credit by a policy's reason posts at once."""
    row = find(work, form.proposal)
    own(work, row, "submit")
    if row.standing != "draft":
        raise Refused(f"{row.number} is {row.standing}", rule="submitted proposals are fixed", cure="revise it")
    as_shown(work, row.plan(work), form.plan)
    return _submit(work, row)


@act("adjust.revise")
def revise(work: Work, form: Revise) -> Proposed:
    """Put a new proposal in an old one's place; a draft or pending one is withdrawn for it."""
    old = find(work, form.proposal)
    own(work, old, "revise")
    if old.standing == "approved":
        raise Refused(f"{old.number} is posted", rule="posted is final", cure="propose a reversal of its journal")
    if old.reverses is not None:
        raise Refused(f"{old.number} is a reversal", rule="reversals", cure="withdraw it and reverse again")
    if old.reason in (BATCH, *RETURNS, TRANSFER, OVER_SHORT):
        again = "have it decided first" if old.reason == OVER_SHORT else "withdraw it and propose it again"
        raise Refused(f"{old.number} moves money as it stands", rule="returns", cure=again)
    if newer := work.db.value("SELECT number FROM proposal WHERE revises = ?", [old.id]):
        raise Refused(f"{old.number} is replaced by {newer}", rule="revised once", cure=f"revise {newer}")
    if old.decision is None:
        decide(work, old, "withdrawn", "replaced by a revision")
    changed = _changed(old, form)
    made = plan(work, changed, Aside(work.actor.name, old.id, old.decision == "rejected"))
    as_shown(work, made, form.plan)
    row = _write(work, made, changed.note, changed.item, old.id)
    for document_id, title in work.db.rows(
        "SELECT document_id, title FROM document_link WHERE subject = ? ORDER BY document_id", [str(old.subject)]
    ):
        link(work, row.subject, [document_id], title)
    _papers(work, row, form.documents)
    work.touch("proposal", old.number)
    work.fact(revises=old.number)
    return _drafted(work, row) if form.draft else _submit(work, row)


def preview(look: Look, form: Propose | Submit | Revise) -> Plan:
    """The plan of what a form would do now, to be shown before it is sent with its hash. Raises Refused."""
    if isinstance(form, Propose):
        return plan(look, form)
    row = find(look, form.proposal)
    return (
        row.plan(look)
        if isinstance(form, Submit)
        else plan(look, _changed(row, form), Aside(row.maker, row.id, row.decision == "rejected"))
    )


def _changed(old: Row, form: Revise) -> Propose:
    was = old.form()
    return Propose(
        account=was.account,
        reason=was.reason if form.reason is None else form.reason,
        amount_cents=was.amount_cents if form.amount_cents is None else form.amount_cents,
        note=was.note if form.note is None else form.note,
        effective_on=was.effective_on if form.effective_on is None else form.effective_on,
        item=was.item,
    )


@act("ledger.reverse")
def reverse(work: Work, form: Reverse) -> Proposed:
    """Propose to take a journal back; approval posts it, as it does what it takes back."""
    if not form.note.strip():
        raise Refused("a reversal needs a reason", rule="reversals", cure="say why it is taken back")
    open_one = work.db.value(
        "SELECT p.number FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id"
        " WHERE p.reverses = ? AND a.id IS NULL",
        [form.journal],
    )
    if open_one:
        raise Refused(f"{open_one} proposes that already", rule="reversals", cure=f"have {open_one} decided")
    return _submit(work, _write(work, reversal(work, form.journal, form.effective_on), form.note, None, None))


def put(work: Work, made: Plan, note: str, item: str | None, papers: list[Paper]) -> Proposed:
    """Write and submit a proposal that another act planned: a payment's return, a credit's transfer."""
    row = _write(work, made, note, _item(item), None)
    _papers(work, row, papers)
    return _submit(work, row)


def _item(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    try:
        return str(ItemKey.parse(text.strip()))
    except BadValue as exc:
        raise Refused(str(exc), rule="worklist items", cure="copy the item from the list", bad_input=True) from exc


def _same_account(work: Work, item: str | None, account_id: int, number: str) -> None:
    """Refuse an item that is about another account: settling it would hide what is wrong there."""
    if item is None:
        return
    key = ItemKey.parse(item)
    told = work.db.value(
        "SELECT account FROM work_item WHERE code = ? AND subject_type = ? AND subject_key = ? AND period = ?",
        [key.code, key.subject.type, key.subject.key, key.period],
    )
    elsewhere = told is not None and told.replace("-", "") != number
    if key.subject.type == "point":
        elsewhere = elsewhere or (
            work.db.value(
                "SELECT 1 FROM live_point p JOIN live_service v ON v.point_id = p.id AND v.account_id = ?"
                " WHERE p.number = ? LIMIT 1",
                [account_id, key.subject.key],
            )
            is None
        )
    if elsewhere:
        raise Refused(
            f"{item} is not about this account", rule="worklist items", cure="propose it on the item's account"
        )


def _write(work: Work, made: Plan, note: str, item: str | None, revises: int | None) -> Row:
    number = account_number(work, made)
    not_linked(work, number)
    if number:
        _same_account(work, item, made.account_id, number)
    work.db.run(
        "INSERT INTO counter(name, value) VALUES ('proposal', 1) ON CONFLICT(name) DO UPDATE SET"
        " value = counter.value + 1"
    )
    n = int(work.db.value("SELECT value FROM counter WHERE name = 'proposal'"))
    work.db.insert(
        models.Proposal,
        number=f"P-{n:06d}",
        idem_key=f"{work.key}:{n}",
        account_id=made.account_id or None,
        maker=work.actor.name,
        state="draft",
        note=clean_text(note, 500, multiline=True),
        item=item,
        revises=revises,
        created_on=work.today,
        created_at=work.now,
        **_planned(made),
    )
    row = find(work, f"P-{n:06d}")
    _legs(work, row.id, made)
    _touch(work, row, made)
    return row


def _touch(work: Work, row: Row, made: Plan) -> None:
    work.touch("proposal", row.number)
    if made.account:
        work.touch("account", made.account)


def account_number(work: Work, made: Plan) -> str:
    """The stored number of the plan's account; empty where it has none."""
    return str(work.db.value("SELECT number FROM account WHERE id = ?", [made.account_id]) or "")


def _planned(made: Plan) -> dict[str, Any]:
    return {
        "kind": made.kind,
        "reason": made.reason,
        "amount_cents": made.amount_cents,
        "total_dr": made.total_dr,
        "legs_hash": legs_hash(made.entry),
        "plan_hash": made.hash,
        "tier": made.tier,
        "approvers": ",".join(made.approvers),
        "signers": len(made.approvals),
        "needs_document": int(made.needs_document),
        "policy_version": made.policy_version,
        "effective_on": made.effective_on,
        "reverses": made.entry.reverses,
    }


def _legs(work: Work, proposal_id: int, made: Plan) -> None:
    rows = ledger.posting_rows(work, 0, made.entry)
    work.db.load(
        "proposal_leg",
        ["proposal_id", "n", "gl_id", "account_id", "item_id", "charge_code_id", "fund_id", "cents"],
        [(proposal_id, n, *row[1:]) for n, row in enumerate(rows, 1)],
    )


def _papers(work: Work, row: Row, papers: list[Paper]) -> None:
    for paper in papers:
        keep(work, row.subject, paper)


def _drafted(work: Work, row: Row) -> Proposed:
    why = row.plan(work).why
    return Proposed(row.number, "draft", row.tier, tuple(filter(None, row.approvers.split(","))), why, row.amount_cents)


def _submit(work: Work, row: Row) -> Proposed:
    not_linked(work, row.account_number)
    made = row.plan(work)
    if made.needs_document and not work.db.value(
        "SELECT 1 FROM document_link WHERE subject = ? LIMIT 1", [str(row.subject)]
    ):
        raise Refused(
            f"{row.number} needs a document",
            rule=made.article or "the paper behind an adjustment",
            cure="attach it, or keep the proposal as a draft",
        )
    if made.hash != row.plan_hash or made.tier != row.tier:
        work.db.run("DELETE FROM proposal_leg WHERE proposal_id = ?", [row.id])
        _legs(work, row.id, made)
    work.db.update(
        models.Proposal, row.id, state="submitted", submitted_on=work.today, submitted_at=work.now, **_planned(made)
    )
    _touch(work, row, made)
    work.fact(proposal=row.number, cents=made.amount_cents, tier=made.tier, reason=made.reason)
    work.detail(before=msgspec.to_builtins(made.before), after=msgspec.to_builtins(made.after), why=made.why)
    journal_id = None
    if made.tier == 0:
        journal_id = post_approved(
            work, replace(row, state="submitted"), made, f"policy:{made.policy_version}", made.why
        )
    state = "pending" if journal_id is None else "approved"
    return Proposed(row.number, state, made.tier, made.approvers, made.why, made.amount_cents, journal_id)

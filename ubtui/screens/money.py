"""Before and after: a plan or a proposal as lines, the same wherever money is about to move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ubtui.domain.dates import format_day, local
from ubtui.domain.money import format_money
from ubtui.services.adjustments import Plan, PlanLeg, ProposalView
from ubtui.widgets.panel import Line, before_after


def plan_lines(plan: Plan, today: date) -> tuple[Line, ...]:
    """Balances before and after, who must approve and why, the items touched, the ledger lines, the article."""
    return tuple(_plan(plan, today))


def _plan(plan: Plan, today: date) -> Iterator[Line]:
    before, after = plan.before, plan.after
    yield from before_after(
        (
            ("owes", format_money(before.receivable), format_money(after.receivable)),
            ("credit", format_money(before.credit), format_money(after.credit)),
            ("balance", format_money(before.balance), format_money(after.balance)),
        )
    )
    who = ", ".join(plan.approvers) or "nobody: the policy decides, and it posts at once"
    yield Line("approver", f"{who} (tier {plan.tier}: {plan.why})", "accent")
    if plan.needs_document:
        yield Line("document", "needed", "warning")
    for item in plan.touched:
        change = f"{format_money(item.open_before)} → {format_money(item.open_after)}"
        yield Line("item", f"{item.charge} due {format_day(item.due_on, today)}  {change}")
    yield from leg_lines(plan.legs)
    if plan.article:
        yield Line("article", plan.article)


def leg_lines(legs: tuple[PlanLeg, ...]) -> Iterator[Line]:
    """Ledger lines: account, title, debit or credit."""
    for leg in legs:
        side = "Dr" if leg.cents > 0 else "Cr"
        yield Line("ledger", f"{side} {format_money(abs(leg.cents)):>12}  {leg.gl} {leg.title}")


def proposal_lines(view: ProposalView, today: date, zone: str) -> tuple[Line, ...]:
    """A proposal with all its checker must see; instants by the clock of `zone`."""
    return tuple(_proposal(view, today, zone))


def _proposal(view: ProposalView, today: date, zone: str) -> Iterator[Line]:
    yield Line("amount", f"{format_money(view.amount_cents)}  {view.title}", "accent")
    nobody = "none: a drawer" if (view.item or "").startswith("P12:") else "none: a payment in suspense"
    yield Line("account", f"{view.account}  {view.owner}" if view.account else nobody)
    stands = view.standing
    if view.decided_by:
        why = f": {view.decision_reason}" if view.decision_reason else ""
        stands += f" by {view.decided_by} {_day(view.decided_at, zone)}{why}"
    elif view.expires_on:
        stands += f", lapses {format_day(view.expires_on, today)}"
    if view.journal_id:
        stands += f", posted as journal {view.journal_id}"
    yield Line("stands", stands)
    if view.may_decide and view.standing == "pending":
        yield Line("not yours", view.may_decide, "warning")
    yield Line(
        "made by", f"{view.maker} {_day(view.created_at, zone)}, {format_money(view.maker_30_days_cents)} in 30 days"
    )
    if view.note:
        yield Line("note", view.note)
    if view.item:
        yield Line("item", view.item)
    if view.moved:
        yield Line("moved", view.moved, "danger")
    papers = ", ".join(f"{each.name} ({each.bytes:,} bytes)" for each in view.documents)
    if papers or view.needs_document:
        yield Line("documents", papers or "none, and one is needed", None if papers else "warning")
    if view.signed_by:
        yield Line("signed by", ", ".join(view.signed_by))
    if view.plan is not None:
        yield from _plan(view.plan, today)
    else:
        yield Line("approver", f"{', '.join(view.approvers) or 'the policy'} (tier {view.tier})")
        yield from leg_lines(view.legs)
        if view.article:
            yield Line("article", view.article)
    for day, kind, cents in view.account_year[-6:]:
        yield Line("this year", f"{day}  {kind:<8} {format_money(cents, sign=True):>12}")
    if view.revises:
        yield Line("revises", view.revises)
    if view.replaced_by:
        yield Line("replaced by", view.replaced_by)


def _day(instant: str | None, zone: str) -> str:
    return local(instant, zone).date().isoformat() if instant else ""

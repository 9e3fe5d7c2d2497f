"""Offers on money: propose, submit, approve, reject, revise, take back; a paper that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ubtui.act import Look
from ubtui.domain.money import format_money
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {
    "adjust.acknowledge": "Leave it undone",
    "adjust.approve": "Approve, which posts",
    "adjust.propose": "Propose an adjustment",
    "adjust.reject": "Reject with a reason",
    "adjust.revise": "Revise as a new proposal",
    "adjust.submit": "Submit for approval",
    "adjust.withdraw": "Withdraw the proposal",
    "document.attach": "Attach its document",
}


_PROPOSED = (
    "SELECT p.number, p.amount_cents, p.maker, p.state, p.approvers FROM proposal p"
    " WHERE p.item = ? AND p.state IN ('draft', 'submitted')"
    " AND NOT EXISTS(SELECT 1 FROM approval a WHERE a.proposal_id = p.id) ORDER BY p.id"
)


def proposed(look: Look, item: ItemView) -> tuple[str, ...]:
    """Proposals that name the item and are not decided: a second one would move the money twice."""
    told = []
    for number, cents, maker, state, approvers in look.db.rows(_PROPOSED, [str(item.key)]):
        waits = f"waits for {approvers.replace(',', ' or ')}" if state == "submitted" else "is not submitted yet"
        told.append(f"{number} over {format_money(cents)} by {maker} {waits}")
    return tuple(told)


_MADE = (
    "SELECT p.number FROM proposal p JOIN approval a ON a.proposal_id = p.id AND a.decision = 'approved'"
    " WHERE p.item = ? ORDER BY p.id DESC LIMIT 1"
)


def _propose(look: Look, item: ItemView) -> Iterator[Draft]:
    known: dict[str, object] = {"note": f"{item.title}: {item.why}"}
    waits = proposed(look, item)
    facts = item.evidence
    if item.key.code in ("P03", "P06", "P07", "P08"):
        refund = next((r.code for r in look.district.reasons if r.effect == "refund"), None)
        cents = facts.get("refund_cents", facts.get("credit_cents", item.money_cents))
        known |= {"reason": refund, "amount_cents": cents}
        since = facts.get("since")
        why = f"credit since {since}" if since else f"credit of {format_money(facts.get('credit_cents', 0))}"
        if item.key.code == "P08":  # first the owner is asked
            yield Draft("adjust.propose", known, "Refund the credit", why=waits[0] if waits else why)
            return
        yield Draft("adjust.propose", known, "Refund the credit", not waits, waits[0] if waits else why)
        return
    if item.key.code == "B01":
        known["reason"] = next((r.code for r in look.district.reasons if r.effect == "debit"), None)
        last = "SELECT total_cents FROM bill WHERE account_id = ? ORDER BY billed_on DESC, id DESC LIMIT 1"
        if (cents := look.db.value(last, [item.account_id])) and cents > 0:
            known["amount_cents"] = cents
        why = "as much as the last bill" if cents else "no bill to go by"
        yield Draft("adjust.propose", known, "Charge what was not billed", not waits, waits[0] if waits else why)
        return
    if item.key.code in ("M09", "R13"):
        terms = look.district.seals
        if item.key.code == "M09" and not facts.get("seal"):
            return  # no seal, nobody to charge for it
        known |= {"reason": terms.tamper_reason or None, "amount_cents": terms.tamper_cents or None}
        made = look.db.value(_MADE, [str(item.key)])
        why = waits[0] if waits else f"{made} charges it" if made else "by the district's terms"
        likely = bool(terms.tamper_cents) and not waits and not made
        yield Draft("adjust.propose", known, "Charge for the seal", likely, why)
        return
    yield Draft("adjust.propose", known, why=waits[0] if waits else "")


def _proposal(act: str, mine: bool, likely: bool = False) -> Maker:
    """An act on a proposal that only its maker does (`mine`), or only another person."""

    def make(look: Look, item: ItemView) -> Iterator[Draft]:
        maker = item.evidence.get("maker")
        if maker is None or (maker == look.actor.name) == mine:
            yield Draft(act, {}, likely=likely)

    return make


def _attach(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("document.attach", {"subject": str(item.key.subject)}, likely=True)


def _withdraw(look: Look, item: ItemView) -> Iterator[Draft]:
    if item.evidence.get("maker") in (None, look.actor.name):
        yield Draft("adjust.withdraw", {}, shown={"reason": {"required": True, "help": "why you take it back"}})


MAKERS: Final[dict[str, Maker]] = {
    "adjust.acknowledge": _proposal("adjust.acknowledge", mine=True),
    "adjust.approve": _proposal("adjust.approve", mine=False, likely=True),
    "adjust.propose": _propose,
    "adjust.reject": _proposal("adjust.reject", mine=False),
    "adjust.revise": _proposal("adjust.revise", mine=True, likely=True),
    "adjust.submit": _proposal("adjust.submit", mine=True),
    "adjust.withdraw": _withdraw,
    "document.attach": _attach,
}

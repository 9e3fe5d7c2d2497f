"""Offers for services asked for and for interties: fees, receipts, what the other agency says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ubtui.act import Look, permissions
from ubtui.domain.money import format_money
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {
    "intertie.agree": "Both agencies agree on a figure",
    "intertie.statement": "Write down what the agency states",
    "request.close": "Money and meter agree: close the request",
    "request.fee": "Charge the fee",
    "request.make": "Service asked for",
    "request.paid": "It was paid elsewhere",
    "request.withdraw": "The request is taken back",
}


def _fee(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    if not facts.get("charged"):
        said = f"{format_money(int(facts.get('fee_cents') or 0))}, which nobody charged yet"
        yield Draft("request.fee", {"number": facts.get("request_number")}, likely=True, why=said)


def _paid(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    if facts.get("charged"):
        return
    known: dict[str, object] = {"number": facts.get("request_number")}
    if (by := facts.get("noted_by")) is None:
        yield Draft("request.paid", {**known, "paid_on": look.today})
    elif by == look.actor.name:
        yield Draft("request.paid", known, "Put its receipt right", why="another person confirms it")
    elif look.actor.role in permissions()["adjust.approve"]:  # the receipt is read off the paper, not off the item
        yield Draft("request.paid", known, "I saw its receipt too", True, f"{by} noted {facts.get('receipt')}")


def _withdraw(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("request.withdraw", {"number": item.evidence.get("request_number")})


def _statement(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    known: dict[str, object] = {"period": item.key.period, "unit": facts.get("unit"), "stated_on": look.today}
    missing = facts.get("theirs") is None
    title = "" if missing else "The agency corrects its statement"
    yield Draft("intertie.statement", known, title, missing, f"{facts.get('agency')} measures in {facts.get('unit')}")


def _agree(look: Look, item: ItemView) -> Iterator[Draft]:
    facts = item.evidence
    known: dict[str, object] = {"period": item.key.period, "unit": facts.get("unit")}
    for whose, quantity in (("Ours", facts.get("ours")), ("Theirs", facts.get("theirs"))):
        if quantity is not None:
            said = f"{quantity} {facts.get('unit')}"
            yield Draft("intertie.agree", {**known, "quantity": quantity}, f"{whose} stands", why=said)


MAKERS: Final[dict[str, Maker]] = {
    "intertie.agree": _agree,
    "intertie.statement": _statement,
    "request.fee": _fee,
    "request.paid": _paid,
    "request.withdraw": _withdraw,
}

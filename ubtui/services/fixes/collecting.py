"""Offers on payments without an account, plans, protections, owners, returned mail and what cannot be billed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from ubtui.act import Look, Refused
from ubtui.db.calendars import office
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.services import billing, payers, payments
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.fixes.people import served
from ubtui.services.worklist import ItemView

TITLES: Final[dict[str, str]] = {
    "arrangement.end": "End the plan",
    "arrangement.make": "Make a plan by instalments",
    "billing.stop": "The service has ended",
    "credit.keep": "The owner wants it kept",
    "credit.transfer": "Move the credit to another account",
    "ladder.remind": "The reminders are mailed",
    "ledger.reverse": "Take the second receipt back",
    "mail.researched": "Looked into",
    "owner.change": "Record the new owner",
    "owner.confirm": "The holder is right",
    "owner.debt": "Say who answers for it",
    "payment.match": "Match it to an account",
    "payment.return": "Give it back",
    "protection.end": "End the protection",
    "protection.set": "Renew it, or bring its paper",
    "route.place": "Give it a place on a route",
}


def _match(look: Look, item: ItemView) -> Iterator[Draft]:
    """The accounts that it may be meant for, one offer each; only what stands out is likely."""
    try:
        found = payers.guesses(look, payments.one(look, item.key.subject.key))
    except Refused:
        found = ()
    for n, guess in enumerate(found):
        alone = n == 0 and guess.points > 1 and (len(found) == 1 or found[1].points < guess.points)
        known: dict[str, object] = {"account": guess.account, "note": guess.why}
        yield Draft("payment.match", known, f"Match it to {guess.account}, {guess.name}", alone, guess.why)
    if not found:
        yield Draft("payment.match", {})


def _return(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("payment.return", {"note": f"{item.why}: no account is known for it"})


def _keep(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("credit.keep", {"until": look.today + timedelta(days=180)})


_ANOTHER = (
    "SELECT DISTINCT b.number, q.name FROM account_role r JOIN party q ON q.id = r.party_id JOIN account_role s"
    " ON s.party_id = r.party_id AND s.account_id <> r.account_id AND s.to_on IS NULL JOIN live_account b"
    " ON b.id = s.account_id AND b.state = 'active' WHERE r.account_id = ? AND r.role IN ('owner', 'payer')"
    " AND s.role IN ('owner', 'payer') ORDER BY b.number LIMIT 2"
)


def _transfer(look: Look, item: ItemView) -> Iterator[Draft]:
    """To the other account of who paid, where he has just one."""
    cents = item.evidence.get("refund_cents", item.evidence.get("credit_cents"))
    known: dict[str, object] = {"amount_cents": cents, "note": f"{item.title}: {item.why}"}
    others = look.db.rows(_ANOTHER, [item.account_id])
    if len(others) == 1:
        known["to"] = format_account(others[0][0])
    why = f"{others[0][1]} has {known['to']} too" if len(others) == 1 else ""
    yield Draft("credit.transfer", known, why=why)


def _reverse(look: Look, item: ItemView) -> Iterator[Draft]:
    journal = look.db.value("SELECT journal_id FROM receipt WHERE number = ?", [item.evidence.get("second")])
    if journal is not None:
        why = f"receipt {item.evidence.get('second')} never came, or came to another"
        yield Draft("ledger.reverse", {"journal": journal}, why=why)


def _remind(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("ladder.remind", {}, likely=True, why=item.why)


def _plan(look: Look, item: ItemView) -> Iterator[Draft]:
    left = int(item.evidence.get("left_cents") or 0)
    day = office(look.db, look.today, look.today).add(look.today, 10)
    why = f"{format_money(left)} of the plan is open" if left else ""
    yield Draft("arrangement.make", {"count": 3, "first_on": day}, "Make a new plan in its place", why=why)


def _end_plan(look: Look, item: ItemView) -> Iterator[Draft]:
    known: dict[str, object] = {"how": "broken", "reason": item.why}
    yield Draft("arrangement.end", known, likely=True, why=f"{item.evidence.get('days')} days out of the plan")


def _protect(look: Look, item: ItemView) -> Iterator[Draft]:
    ends, kind = str(item.evidence.get("expires_on") or ""), item.evidence.get("kind")
    lacks = bool(item.evidence.get("lacks_paper")) and ends > look.today.isoformat()
    later = max(look.today, date.fromisoformat(ends) if ends else look.today) + timedelta(days=90)
    known: dict[str, object] = {"kind": kind, "expires_on": ends if lacks else later}
    title = "Bring its paper" if lacks else "Renew it"
    shown: dict[str, dict[str, Any]] = {"documents": {"required": True}} if lacks else {}
    yield Draft("protection.set", known, title, likely=lacks, shown=shown)


def _lift(look: Look, item: ItemView) -> Iterator[Draft]:
    ended = str(item.evidence.get("expires_on") or "9999") < look.today.isoformat()
    yield Draft("protection.end", {"kind": item.evidence.get("kind")}, likely=ended)


def _change(look: Look, item: ItemView) -> Iterator[Draft]:
    """The county's owner; the mail at first goes where the water does."""
    known: dict[str, object] = {
        "name": item.evidence.get("county_owner"), "on": item.evidence.get("as_of"), "source": "county",
        "note": f"{item.evidence.get('apn')} on the roll of {item.evidence.get('as_of')}",
    }  # fmt: skip
    if item.account_id is not None:
        known |= served(look, item.account_id)
    yield Draft("owner.change", {k: v for k, v in known.items() if v}, why=item.why)


def _debt(look: Look, item: ItemView) -> Iterator[Draft]:
    was, now = item.evidence.get("former") or "the former owner", item.evidence.get("owner")
    yield Draft("owner.debt", {"decision": "former"}, f"{was} answers for it")
    escrow = item.evidence.get("escrow")
    why = f"escrow {escrow} asked for it" if escrow else ""
    yield Draft("owner.debt", {"decision": "assumed"}, f"{now} took it over", why=why)


def _researched(look: Look, item: ItemView) -> Iterator[Draft]:
    yield Draft("mail.researched", {"outcome": "address-right"}, "The address is right")
    yield Draft("mail.researched", {"outcome": "not-found"}, "No better address is known")


def _stop(look: Look, item: ItemView) -> Iterator[Draft]:
    since = item.evidence.get("since")
    yield Draft("billing.stop", {"last_on": since}, why=f"billed or begun to {since}")


def _place(look: Look, item: ItemView) -> Iterator[Draft]:
    point, known = item.evidence.get("point"), {}
    if point is None:
        return
    row = look.db.one(
        "SELECT r.code, p.sequence FROM service_point p LEFT JOIN route r ON r.id = p.route_id WHERE p.number = ?",
        [point],
    )
    route, sequence = row or (None, None)
    known = {"point": point, "route": route}
    if route is not None:
        known["sequence"] = billing.free(look, str(route), int(sequence or 0))
    yield Draft("route.place", {k: v for k, v in known.items() if v is not None}, likely=route is not None)


MAKERS: Final[dict[str, Maker]] = {
    "arrangement.end": _end_plan,
    "arrangement.make": _plan,
    "billing.stop": _stop,
    "credit.keep": _keep,
    "credit.transfer": _transfer,
    "ladder.remind": _remind,
    "ledger.reverse": _reverse,
    "mail.researched": _researched,
    "owner.change": _change,
    "owner.debt": _debt,
    "payment.match": _match,
    "payment.return": _return,
    "protection.end": _lift,
    "protection.set": _protect,
    "route.place": _place,
}

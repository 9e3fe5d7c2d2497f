"""Drawers: what each person took in a day, counted blind, its over or short posted, and the list of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models import counter as models
from ubtui.documents.receipt import TENDERS
from ubtui.domain.drawer import Money, taken
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.services.adjustments.overshort import Counted, differing, drawer, drawers
from ubtui.services.adjustments.proposals import put
from ubtui.services.listing import Column, Field, Listing, Row
from ubtui.services.runs import Run

__all__ = ["RUN", "Close", "Closed", "Counted", "close", "drawer", "mine", "receipts", "undeposited"]


class Close(Form, frozen=True, kw_only=True):
    """What was counted in a drawer: cash, checks with money orders, card slips, each in all."""

    cash_cents: Annotated[int, msgspec.Meta(description="cash counted, without the float")] = 0
    checks_cents: Annotated[int, msgspec.Meta(description="checks and money orders, added up")] = 0
    cards_cents: Annotated[int, msgspec.Meta(description="card slips, added up")] = 0
    reason: Annotated[str, msgspec.Meta(description="why it differs, where it differs by more", max_length=500)] = ""
    staff: Annotated[str, msgspec.Meta(description="whose drawer; your own unless given")] = ""
    day: Annotated[date | None, msgspec.Meta(description="the drawer of which day; today unless given")] = None


class Closed(msgspec.Struct, frozen=True):
    """The drawer, what was taken into it and what it was counted at; `proposal` waits where another must approve.

    `expected_cents`, `over_cents` (short below zero) and how it `differs` by tender are told only when the count is
    kept. Counted, and no proposal waits: another person counts it.
    """

    drawer: str
    state: str
    receipts: int
    counted_cents: int
    expected_cents: int | None = None
    over_cents: int | None = None
    proposal: str | None = None
    approvers: tuple[str, ...] = ()
    differs: str = ""


@act("drawer.close")
def close(work: Work, form: Close) -> Closed:
    """Count a drawer blind and close it: one's own, or as lead a colleague's; its over or short is posted.

    Above the district's limit it needs its reason, and what is over or short in all is approved by another person
    before it is closed. Where one tender stands for another by more than that, as a check for cash, a person whose
    drawer it is not must have counted it, whatever is missing beside. Neither a rehearsal nor a refusal tells what is
    expected.
    """
    found = drawer(work, form.staff.strip() or work.actor.name, form.day or work.today)
    _may(work, found)
    counted = Money(form.cash_cents, form.checks_cents, form.cards_cents)
    if min(counted.cash, counted.checks, counted.cards) < 0:
        raise Refused("a count is not below zero", rule="drawers", cure="count again", bad_input=True)
    if work.dry_run:
        return Closed(found.key, "open", found.receipts, counted.total)
    expected = taken(_tenders(work, found.id))
    reason = clean_text(form.reason, 500).strip()
    differs, limit = counted.less(expected), work.district.approval.over_short_cents
    if differs.largest > limit and not reason:
        raise Refused(
            f"the count differs by more than {format_money(limit)}",
            rule="over and short",
            cure="count again, or say why",
        )
    work.db.update(
        models.Drawer, found.id, expected_cash=expected.cash, expected_checks=expected.checks,
        expected_cards=expected.cards, cash=counted.cash, checks=counted.checks, cards=counted.cards,
        counted_by=work.actor.name, counted_at=work.now, reason=reason, proposal=None,
    )  # fmt: skip
    work.touch("run", f"drawer/{found.key}")
    state, number = "closed", None
    approvers: tuple[str, ...] = ()
    if differs.swapped > limit and work.actor.name == found.staff:
        state = "counted"  # checks swapped for cash hide what was taken from other payments
    elif differs.total == 0:
        work.db.update(models.Drawer, found.id, closed_on=work.today)
    else:
        note = reason or f"{differs.said()}, within the limit"
        if reason and differs.swapped:
            note = f"{reason} ({differs.said()})"
        made = put(work, differing(work, found.item), note, found.item, [])
        number, approvers = made.number, made.approvers
        if made.state != "approved":
            state = "counted"
            work.db.update(models.Drawer, found.id, proposal=number)
    more = {"swapped": differs.swapped} if differs.swapped else {}
    work.fact(drawer=found.key, expected=expected.total, counted=counted.total, over=differs.total, **more)
    work.detail(expected=msgspec.to_builtins(_plain(expected)), counted=_plain(counted), reason=reason)
    return Closed(
        found.key, state, found.receipts, counted.total, expected.total, differs.total, number, approvers,
        differs.said(),
    )  # fmt: skip


def _plain(money: Money) -> dict[str, int]:
    return {"cash": money.cash, "checks": money.checks, "cards": money.cards}


def _may(work: Work, found: Counted) -> None:
    if found.waits and work.actor.name == found.staff:
        raise Refused(
            f"{found.staff} has counted it, and its tenders differ", rule="one tender in place of another",
            cure="a colleague counts it",
        )  # fmt: skip
    if found.staff != work.actor.name and work.actor.role != "lead" and not found.waits:
        raise Refused(f"this is {found.staff}'s drawer", rule="drawers", cure=f"{found.staff} or the lead counts it")
    if found.closed_on is not None:
        raise Refused(f"drawer {found.key} is closed since {found.closed_on}", rule="a drawer is closed once")
    if not found.proposal:
        return
    decided = work.db.value(
        "SELECT a.decision FROM approval a JOIN proposal p ON p.id = a.proposal_id WHERE p.number = ?",
        [found.proposal],
    )
    if decided is None:
        raise Refused(
            f"{found.proposal} about drawer {found.key} waits", rule="over and short", cure="have it decided first"
        )


def _tenders(look: Look, drawer_id: int) -> list[tuple[str, int]]:
    return [
        (kind, cents)
        for kind, cents in look.db.rows(
            "SELECT t.kind, t.cents FROM counter_receipt c JOIN tender t ON t.receipt_id = c.receipt_id"
            " WHERE c.drawer_id = ? AND c.void = 0",
            [drawer_id],
        )
    ]


def mine(look: Look) -> Counted | None:
    """The asker's drawer of today, while it is not counted."""
    found = drawers(look, "staff = ? AND day = ? AND counted_at IS NULL", [look.actor.name, look.today.isoformat()])
    return found[0] if found else None


def undeposited(look: Look) -> list[Counted]:
    """The drawers that are in no deposit yet, the oldest first."""
    return drawers(look, "id NOT IN (SELECT drawer_id FROM deposit_drawer)", [])


def receipts(look: Look, about: str) -> Listing:
    """The receipts of a drawer (`ana/2026-11-23`), in the order in which they were taken."""
    staff, _, day = about.rpartition("/")
    return Listing(
        name="drawer",
        columns=(
            Column("receipt", "Receipt", 10), Column("account", "Account", 8), Column("payer", "From", 20, grow=1),
            Column("tender", "Tender", 11), Column("reference", "Number", 12, priority=1),
            Column("money", "Amount", 10, "right"), Column("state", "", 10, priority=2),
        ),
        source="counter_receipt c JOIN drawer w ON w.id = c.drawer_id AND w.staff = ? AND w.day = ?"
        " JOIN receipt r ON r.id = c.receipt_id JOIN live_account a ON a.id = r.account_id"
        " JOIN tender t ON t.receipt_id = r.id",
        id="r.id",
        cells="r.number, a.number, c.payer, t.kind, COALESCE(t.reference, ''), r.cents, c.void",
        row=_row,
        order=(("c.n", False),),
        sorts={
            "receipt": (("c.n", False),), "account": (("a.number", False),), "money": (("r.cents", True),),
            "tender": (("t.kind", False),), "payer": (("lower(c.payer)", False),),
        },
        fields={"account": Field("a.number", "account")},
        words={"account": "a.number", "who": "c.payer", "where": "t.kind"},
        params=(staff, day),
    )  # fmt: skip


def _row(look: Look, cells: tuple[Any, ...]) -> Row:
    number, account, payer, kind, reference, cents, void = cells
    shown = (number, format_account(account), clean_text(payer), TENDERS.get(kind, kind), clean_text(reference))
    return Row((*shown, format_money(cents), "taken back" if void else ""), "dim" if void else None)


RUN = Run(
    "Drawer",
    receipts,
    lambda look, id: (
        "account",
        str(look.db.value("SELECT a.number FROM receipt r JOIN account a ON a.id = r.account_id WHERE r.id = ?", [id])),
    ),
)

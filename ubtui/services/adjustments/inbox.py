"""The list of proposals that wait for a decision: for the screen, the shell and every export."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from msgspec.structs import replace

from ubtui.act import Look
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.services.listing import Column, Field, Listing, Row

_OWNER: Final = (
    "COALESCE((SELECT MIN(q.name) FROM account_role r JOIN party q ON q.id = r.party_id"
    " WHERE r.account_id = c.id AND r.role = 'owner' AND r.to_on IS NULL), '')"
)
_SIGNED: Final = (
    "(SELECT MIN(s.signed_by) || CASE WHEN COUNT(*) > 1 THEN ', ' || MAX(s.signed_by) ELSE '' END FROM signature s"
    " WHERE s.proposal_id = p.id)"
)


def _shown(look: Look, cells: tuple[Any, ...]) -> Row:
    number, account, owner, cents, reason, maker, since, approvers, signed = cells
    roles = [role for role in approvers.split(",") if role]
    own = account and look.db.value(
        "SELECT 1 FROM staff_account WHERE staff = ? AND account_number = ?", [look.actor.name, account]
    )
    mine = maker != look.actor.name and look.actor.role in roles and not own
    lapses = date.fromisoformat(since) + timedelta(days=look.district.approval.expires_days)
    return Row(
        (
            number, format_account(account), format_money(cents), clean_text(owner), reason, maker, lapses.isoformat(),
            ", ".join(roles) + (f"; signed by {signed}" if signed else ""),
        ),
        None if mine else "dim",
    )  # fmt: skip


INBOX: Final = Listing(
    name="approvals",
    columns=(
        Column("number", "Proposal", 8),
        Column("account", "Account", 8),
        Column("amount", "Amount", 10, "right"),
        Column("owner", "Owner", 12, grow=2),
        Column("reason", "Reason", 15, grow=1),
        Column("maker", "By", 6),
        Column("lapses", "Lapses", 10, priority=1),
        Column("approvers", "For", 14, priority=2),
    ),
    source="proposal p LEFT JOIN account c ON c.id = p.account_id LEFT JOIN approval a ON a.proposal_id = p.id",
    id="p.id",
    cells=f"p.number, COALESCE(c.number, ''), {_OWNER}, p.amount_cents, p.reason, p.maker, p.submitted_on, p.approvers,"
    f" {_SIGNED}",
    row=_shown,
    order=(),
    sorts={
        "number": (("p.number", False),), "account": (("c.number", False),), "amount": (("p.amount_cents", True),),
        "owner": ((f"lower({_OWNER})", False),), "reason": (("p.reason", False),), "maker": (("p.maker", False),),
        "lapses": (("p.submitted_on", False),), "approvers": (("p.approvers", False),),
    },
    fields={
        "account": Field("c.number", "account"),
        "money": Field("p.amount_cents", "number"),
        "age": Field("p.submitted_on", "age"),
        "assignee": Field("p.maker", "person"),
    },
    words={"title": "p.number || ' ' || p.reason", "who": _OWNER, "where": "p.maker", "account": "c.number"},
    where="p.state = 'submitted' AND a.id IS NULL",
)  # fmt: skip


def inbox(look: Look, mine: bool = False) -> Listing:
    """What waits for a decision, the oldest first; `mine`: only what the asker may decide."""
    if not mine:
        return INBOX
    return replace(
        INBOX,
        where=f"{INBOX.where} AND p.maker <> ? AND ',' || p.approvers || ',' LIKE ? AND COALESCE(c.number, '') NOT IN"
        " (SELECT account_number FROM staff_account WHERE staff = ?)",
        params=(look.actor.name, f"%,{look.actor.role},%", look.actor.name),
    )

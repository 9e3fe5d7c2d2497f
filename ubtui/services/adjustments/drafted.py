"""Drafts that come back: what a returned draft means to the account's autopay."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ubtui.act import Work
from ubtui.db.models.counter import Autopay
from ubtui.domain.numbers import format_account

MOST_RETURNS: Final = 2
"""So many returned drafts within a year end an autopay: the number of a repeated return (cash only)."""


def came_back(work: Work, journal_id: int) -> None:
    """End the autopay of an account whose reversed draft is one of its owner's returned too often within a year."""
    row = work.db.one(
        "SELECT r.account_id, a.number FROM receipt r JOIN tender t ON t.receipt_id = r.id AND t.kind = 'ach'"
        " JOIN account a ON a.id = r.account_id WHERE r.journal_id = ?",
        [journal_id],
    )
    if row is None:
        return
    live = work.db.value("SELECT id FROM autopay WHERE account_id = ? AND until IS NULL", [row[0]])
    if live is None:
        return
    times = work.db.value(
        "SELECT COUNT(*) FROM receipt r JOIN tender t ON t.receipt_id = r.id AND t.kind = 'ach'"
        " JOIN journal j ON j.reverses = r.journal_id WHERE r.account_id = ? AND j.effective_on > ?"
        " AND NOT EXISTS(SELECT 1 FROM ownership_transfer o WHERE o.account_id = r.account_id"
        " AND o.on_date > r.received_on)",
        [row[0], (work.today - timedelta(days=365)).isoformat()],
    )
    if times >= MOST_RETURNS:
        work.db.update(
            Autopay, int(live), until=work.today, ended_how="returned", ended_by=work.actor.name,
            ended_why=f"{times} drafts came back within a year",
        )  # fmt: skip
        work.touch("account", format_account(row[1]))

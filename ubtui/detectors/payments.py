"""Payments: a credit left lying on a closed account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from ubtui.detectors.base import Ask, Detector, Found, Parameter, marks
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account, parse_account


def credit_on_closed(ask: Ask) -> Iterable[Found]:
    """P07: the account is closed and owes less than nothing, for longer than `days`.

    The credit's age is that of its oldest part not spent, the first come being the first spent.
    """
    keys = ask.keys("account")
    if keys is not None and not keys:
        return
    only = "" if keys is None else f" AND a.number IN ({marks(keys)})"
    sql = (
        "SELECT a.id, a.number, a.closed_on, CAST(SUM(p.cents) AS bigint) FROM live_account a"
        " JOIN posting p ON p.account_id = a.id"
        " AND p.gl_id IN (SELECT g.id FROM gl_account g WHERE g.use IN ('receivable', 'credit'))"
        f" WHERE a.state = 'closed'{only} GROUP BY a.id, a.number, a.closed_on HAVING SUM(p.cents) < 0"
    )
    owed = {row[0]: row for row in ask.db.rows(sql, [parse_account(k) for k in keys or ()])}
    if not owed:
        return
    came: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for account, on, cents in ask.db.rows(
        "SELECT p.account_id, j.effective_on, CAST(SUM(-p.cents) AS bigint) FROM posting p"
        " JOIN journal j ON j.id = p.journal_id JOIN gl_account g ON g.id = p.gl_id AND g.use = 'credit'"
        f" WHERE p.account_id IN ({marks(list(owed))}) AND p.cents < 0 GROUP BY p.account_id, j.effective_on"
        " ORDER BY p.account_id, j.effective_on DESC",
        list(owed),
    ):
        came[account].append((on, cents))
    days = ask.whole("days")
    for account, number, closed_on, balance in owed.values():
        since = _since(came[account], -balance)
        if since is None or (ask.today - since).days <= days:
            continue
        yield Found(
            format_account(number), "", "Credit on closed account",
            f"{format_money(-balance)} since {since:%b %-d, %Y}; closed {date.fromisoformat(closed_on):%b %-d, %Y}",
            {"credit_cents": -balance, "since": since.isoformat(), "closed_on": closed_on, "reads": []},
            account_id=account, money_cents=-balance,
            due_on=ask.add_business(since + timedelta(days=days), 10), due_source="refund term",
        )  # fmt: skip


def _since(came: list[tuple[str, int]], left: int) -> date | None:
    """The day on which the oldest unspent part came; `came` newest first."""
    day = None
    for on, cents in came:
        day = date.fromisoformat(on)
        left -= cents
        if left <= 0:
            break
    return day


DETECTORS = (
    Detector(
        "P07", "Credit on closed account", ("account",),
        "account closed and balance below zero, the oldest unspent part of the credit older than days",
        "Money of others is kept; after years it must be handed over as unclaimed.", ("adjust.propose",),
        "audits of public utilities; unclaimed property, CCP 1500 ff.", credit_on_closed,
        parameters={"days": Parameter("30", "days", "time that a closing refund may take")},
    ),
)  # fmt: skip

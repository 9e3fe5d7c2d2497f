"""Takings: drawers that were not closed on their day, and money that did not go to the bank the day after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ubtui.detectors.base import Ask, Detector, Found, Parameter
from ubtui.domain.money import format_money

DRAWER = "drawer/"
_NOT_BANKED = (
    "SELECT w.staff, w.day, w.last_n, w.counted_at IS NOT NULL, w.closed_on, w.cash + w.checks, a.decision, w.proposal"
    " FROM drawer w LEFT JOIN proposal p ON p.number = w.proposal LEFT JOIN approval a ON a.proposal_id = p.id"
    " WHERE NOT EXISTS(SELECT 1 FROM deposit_drawer d WHERE d.drawer_id = w.id) AND (w.day < ?"
    " OR a.decision IS NOT NULL OR w.closed_on IS NOT NULL OR (w.counted_at IS NOT NULL AND w.proposal IS NULL))"
    " ORDER BY w.day, w.staff"
)


def not_banked(ask: Ask) -> Iterable[Found]:
    """P12: a drawer of an earlier day that is not closed, one to be counted again, or closed and not deposited; one
    where a tender stands for another.

    What an open drawer should hold is not told: it is counted blind.
    """
    keys = ask.keys("run")
    wanted = None if keys is None else {key for key in keys if key.startswith(DRAWER)}
    if wanted is not None and not wanted:
        return
    for staff, on, receipts, counted, closed, cents, decision, proposal in ask.db.rows(
        _NOT_BANKED, [ask.today.isoformat()]
    ):
        key, day = f"{DRAWER}{staff}/{on}", date.fromisoformat(on)
        if wanted is not None and key not in wanted:
            continue
        evidence = {"staff": staff, "day": on, "receipts": receipts, "reads": []}
        if closed is not None:
            left = date.fromisoformat(closed)
            if not cents or ask.business_days(left, ask.today) < ask.whole("business_days"):
                continue
            why, title, money = f"{format_money(cents)} closed on {left:%b %-d, %Y}", "Takings not deposited", cents
            evidence |= {"closed_on": closed, "cents": cents}
        elif counted and proposal is None:
            why, money = "tenders differ from what was taken, by its own person's count: another counts it", 0
            title = "One tender for another"
        elif counted and decision in (None, "approved"):
            continue  # its over or short waits for another's word, which is his item
        elif counted:
            why, title, money = f"{proposal} was {decision}: count it again", "Drawer to be counted again", 0
            evidence |= {"proposal": proposal, "decision": decision}
        else:
            why, title, money, left = f"{receipts} receipts of {day:%b %-d, %Y}", "Drawer not closed", 0, day
        yield Found(
            key, "", title, f"{staff}: {why}", evidence, money_cents=money, due_on=ask.add_business(day, 1),
            due_source="deposit within a day",
        )  # fmt: skip


DETECTORS = (
    Detector(
        "P12", "Takings not closed or deposited", ("run",),
        "a drawer of an earlier day not closed, one whose over or short was refused or where one tender stands for"
        " another, or closed for business_days and in no deposit",
        "Money lies in the office; what is missing is noticed late.", ("drawer.close", "deposit.make"),
        "deposits within a day, receipts against deposits: audits of public utilities", not_banked,
        parameters={"business_days": Parameter("1", "office days", "time that closed takings may lie")},
    ),
)  # fmt: skip

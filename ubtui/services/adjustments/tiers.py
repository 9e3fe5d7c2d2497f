"""Who must decide an adjustment: the district's tiers, with what stands on the account and by its maker already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from ubtui.act import Look
from ubtui.detectors.base import marks
from ubtui.domain.approval import Decision, Policy, tier, tier_up
from ubtui.services.ledger import Entry
from ubtui.settings import Reason


@dataclass(frozen=True)
class Aside:
    """Who proposes (else who asks), and the proposal not to be counted among what stands already.

    `seen`: a person must see it whatever its amount, because it settles a work item or answers a rejection.
    `earlier`: what the account was given for the same reason already, where it is given only once in some months.
    """

    maker: str = ""
    proposal_id: int = 0
    seen: bool = False
    earlier: str = ""


ASKER = Aside()


def policy(look: Look) -> Policy:
    """The district's approval rules as the tier rule takes them."""
    a = look.district.approval
    return Policy(
        str(a.version),
        *a.tier_cents,
        manager_above=a.two_people_above_cents,
        refund_to=a.refund_finance_above_cents,
        auto_a_day=a.tier0_per_day,
        auto_cents_a_day=a.tier0_cents_per_day,
        auto_a_year_on_account=a.tier0_per_account_year,
    )


# Taking back a bill, an adjustment or a write-off moves the balance as an adjustment does, and is summed with them.
SUMMED = ("BILL", "ADJ", "WRITEOFF")
STANDING = (
    " FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id LEFT JOIN journal u ON u.id = p.reverses"
    " WHERE p.state = 'submitted' AND (p.kind IN ('ADJ', 'REFUND') OR u.kind IN ('BILL', 'ADJ', 'WRITEOFF'))"
    " AND (a.decision IS NULL OR a.decision = 'approved')"
)


def decision(
    look: Look, number: str, kind: str, reason: Reason, cents: int, entry: Entry, aside: Aside, undone: str
) -> Decision:
    if kind == "RECEIPT":
        return Decision(1, (frozenset({"lead", "finance"}),), False, "payments are released by another person")
    db, today, account_id, maker = look.db, look.today, entry.account_id, aside.maker
    month = (today - timedelta(days=30)).isoformat()
    by_account, by_maker = db.one(
        "SELECT COALESCE(CAST(SUM(p.amount_cents) AS bigint), 0),"
        " COALESCE(CAST(SUM(CASE WHEN p.maker = ? THEN p.amount_cents ELSE 0 END) AS bigint), 0)"
        f"{STANDING} AND p.account_id = ? AND p.submitted_on >= ? AND p.id <> ?"
        " AND (a.decision = 'approved' OR ? = 0 OR p.id < ?)",  # what came after and only waits is judged in its turn
        [maker, account_id, month, *[aside.proposal_id] * 3],
    ) or (0, 0)
    automatic = f"{STANDING} AND a.decided_by LIKE 'policy:%' AND a.decision = 'approved'"
    day_count, day_sum = db.one(
        f"SELECT COUNT(*), COALESCE(CAST(SUM(p.amount_cents) AS bigint), 0){automatic}"
        " AND p.maker = ? AND a.decided_on = ?",
        [maker, today.isoformat()],
    ) or (0, 0)
    year = db.value(
        f"SELECT COUNT(*){automatic} AND p.account_id = ? AND a.decided_on > ?",
        [account_id, (today - timedelta(days=365)).isoformat()],
    )
    month_state = db.value(
        "SELECT status FROM period WHERE ym = ?", [entry.effective_on.year * 100 + entry.effective_on.month]
    )
    found = tier(
        cents,
        policy=policy(look),
        refund="REFUND" in (kind, undone),
        write_off=undone == "WRITEOFF",
        lien=any(leg.gl == gl.code for leg in entry.legs for gl in look.district.gl if gl.use == "roll"),
        own_or_linked=_of_staff(look, number, entry),
        back_dated=month_state == "closed",
        account_30_day_sum=by_account if undone in ("", *SUMMED) else 0,
        maker_account_30_day_sum=by_maker if undone in ("", *SUMMED) else 0,
        policy_reason=reason.policy and kind == "ADJ" and not aside.seen,
        day_count=day_count,
        day_sum=day_sum,
        year_count_on_account=year,
    )
    if aside.earlier:
        found = tier_up(found, aside.earlier, by_policy=reason.policy)
    role = db.value("SELECT role FROM staff WHERE name = ?", [maker])
    if role == "lead" and found.approvals == (frozenset({"lead"}),):
        return replace(found, approvals=(frozenset({"lead", "finance"}),), why=f"{found.why} or finance")
    return found


def _of_staff(look: Look, number: str, entry: Entry) -> bool:
    """Whether an account that it has lines of is somebody's of the staff: of a credit that moves, either end."""
    ids = sorted({leg.account_id for leg in entry.legs if leg.account_id is not None})
    sql = (
        "SELECT 1 FROM staff_account s WHERE s.account_number = ? OR s.account_number IN (SELECT a.number"
        f" FROM account a WHERE a.id IN ({marks(ids or [0])})) LIMIT 1"
    )
    return look.db.value(sql, [number, *(ids or [0])]) is not None

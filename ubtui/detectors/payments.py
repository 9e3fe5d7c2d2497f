"""Payments: money nobody is known for, paid twice, paid to a closed account, and credits left lying."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ubtui.detectors.base import Ask, Detector, Found, Parameter, decimal, marks, parts
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account

_BILLS = 6
_CREDIT_GL = "(SELECT g.id FROM gl_account g WHERE g.use = 'credit')"
_NOT_REVERSED = "NOT EXISTS(SELECT 1 FROM journal v WHERE v.reverses = r.journal_id)"


def suspense(ask: Ask) -> Iterable[Found]:
    """P01: a payment that came in for nobody, neither matched nor returned."""
    keys = ask.keys("payment")
    if keys is not None and not keys:
        return
    only, values = "", []
    if keys is not None:
        pairs = [pair for pair in map(line_of, keys) if pair is not None]
        only = " AND (" + (" OR ".join(["(l.batch_id = ? AND l.line = ?)"] * len(pairs)) or "1 = 0") + ")"
        values = [n for pair in pairs for n in pair]
    sql = (
        "SELECT l.batch_id, l.line, l.cents, l.payer, l.reference, l.received_on, l.source, l.kind FROM suspense_line l"
        f" WHERE l.state = 'suspense' AND l.received_on <= ?{only}"
    )
    latest = ask.today - timedelta(days=ask.whole("days"))
    for batch, line, cents, payer, reference, on, source, kind in ask.db.rows(sql, [latest.isoformat(), *values]):
        came = date.fromisoformat(on)
        said = " ".join(filter(None, (f"{source}, {kind}", reference, f"from {payer}" if payer else "")))
        yield Found(
            f"{batch}/{line}", "", "Payment without an account", f"{format_money(cents)} of {came:%b %-d, %Y}: {said}",
            {
                "cents": cents, "payer": payer, "reference": reference, "received_on": on, "source": source,
                "kind": kind, "reads": [],
            },
            money_cents=cents, due_on=ask.add_business(came, 1), due_source="suspense term", who=payer,
        )  # fmt: skip


def line_of(key: str) -> tuple[int, int] | None:
    """Batch and line of a payment's key, as `17/3`; None where it is none."""
    batch, _, line = key.partition("/")
    return (int(batch), int(line)) if batch.isdecimal() and line.isdecimal() else None


@dataclass(frozen=True)
class Credited:
    """An account that the district owes: its credit, and whether it is closed."""

    account_id: int
    number: str
    state: str
    closed_on: str | None
    cents: int


@dataclass(frozen=True)
class Paid:
    """A receipt that stands; `left` is what of it became credit."""

    number: str
    on: date
    cents: int
    source: str
    left: int


def credited(ask: Ask, state: str = "") -> dict[int, Credited]:
    """The accounts asked for that have a credit, by id; those of one state where it is named."""
    if (asked := ask.accounts()) is None:
        return {}
    only, numbers = asked
    only += f" AND a.state = '{state}'" if state else ""
    sql = (
        "SELECT a.id, a.number, a.state, a.closed_on, CAST(SUM(-p.cents) AS bigint) FROM live_account a"
        f" JOIN posting p ON p.account_id = a.id AND p.gl_id IN {_CREDIT_GL} WHERE 1 = 1{only}"
        " GROUP BY a.id, a.number, a.state, a.closed_on HAVING SUM(p.cents) < 0"
    )
    return {row[0]: Credited(*row) for row in ask.db.rows(sql, numbers)}


def _receipts(ask: Ask, accounts: Sequence[int], since: date | None = None) -> dict[int, list[Paid]]:
    """Receipts of these accounts that were not taken back, in the order they were posted."""
    out: dict[int, list[Paid]] = defaultdict(list)
    later = "" if since is None else " AND r.received_on >= ?"
    for part in parts(accounts):
        for account, number, on, cents, source, left in ask.db.rows(
            "SELECT r.account_id, r.number, r.received_on, r.cents, r.source, COALESCE((SELECT CAST(SUM(-p.cents) AS"
            f" bigint) FROM posting p WHERE p.journal_id = r.journal_id AND p.gl_id IN {_CREDIT_GL}), 0)"
            f" FROM receipt r WHERE r.account_id IN ({marks(part)}){later} AND {_NOT_REVERSED}"
            " ORDER BY r.account_id, r.id",
            [*part, *([since.isoformat()] if since else [])],
        ):
            out[account].append(Paid(number, date.fromisoformat(on), cents, source, left))
    return out


def _kept(ask: Ask, code: str, accounts: Sequence[int]) -> dict[int, int]:
    """How much credit the owners of these accounts asked to keep, while that holds and it is still theirs."""
    out: dict[int, int] = {}
    for part in parts(accounts):
        out |= dict(
            ask.db.rows(
                "SELECT account_id, MAX(cents) FROM credit_kept WHERE code = ? AND until_on >= ?"
                f" AND account_id IN ({marks(part)}) AND NOT EXISTS(SELECT 1 FROM ownership_transfer t"
                " WHERE t.account_id = credit_kept.account_id AND t.recorded_at > credit_kept.at) GROUP BY account_id",
                [code, ask.today.isoformat(), *part],
            )
        )
    return out


def paid_twice(ask: Ask) -> Iterable[Found]:
    """P03: the same amount twice within `days` from different sources, and a credit is left of it."""
    owed = credited(ask)
    paid, kept = _receipts(ask, list(owed)), _kept(ask, "P03", list(owed))
    within = timedelta(days=ask.whole("days"))
    for account, receipts in paid.items():
        who = owed[account]
        if kept.get(account, 0) >= who.cents:
            continue
        pairs = [
            (first, second)
            for n, second in enumerate(receipts)
            if second.left > 0
            for first in receipts[:n]
            if first.cents == second.cents and first.source != second.source and abs(second.on - first.on) <= within
        ]
        if not pairs:
            continue
        first, second = pairs[-1]
        cents = min(who.cents, second.cents)
        yield Found(
            format_account(who.number), "", "Paid twice",
            f"{format_money(second.cents)} by {first.source} on {first.on:%b %-d} and by {second.source} on"
            f" {second.on:%b %-d, %Y}; a credit of {format_money(who.cents)} is left",
            {
                "cents": second.cents, "credit_cents": who.cents, "refund_cents": cents, "first": first.number,
                "second": second.number, "first_on": first.on.isoformat(), "second_on": second.on.isoformat(),
                "reads": [],
            },
            account_id=account, money_cents=cents, due_on=ask.add_business(second.on, 10), due_source="refund term",
        )  # fmt: skip


def paid_closed(ask: Ask) -> Iterable[Found]:
    """P06: a payment came after the account closed and left a credit; an escrow that still runs is expected to pay."""
    owed = credited(ask, "closed")
    days = timedelta(days=ask.whole("days"))
    paid = _receipts(ask, list(owed), ask.today - days)
    escrows: dict[int, str] = {}
    for part in parts(list(paid)):
        escrows |= dict(
            ask.db.rows(
                f"SELECT account_id, MAX(good_through) FROM escrow_demand WHERE account_id IN ({marks(part)})"
                " GROUP BY account_id",
                part,
            )
        )
    for account, receipts in paid.items():
        who = owed[account]
        after = [
            r
            for r in receipts
            if r.left > 0 and r.on.isoformat() > (who.closed_on or "") and r.on.isoformat() > escrows.get(account, "")
        ]
        if not after:
            continue
        last, cents = after[-1], min(who.cents, sum(r.left for r in after))
        closed_on = date.fromisoformat(who.closed_on or "")
        yield Found(
            format_account(who.number), "", "Paid to a closed account",
            f"{format_money(cents)} by {last.source} on {last.on:%b %-d, %Y}; closed {closed_on:%b %-d, %Y}",
            {
                "credit_cents": who.cents, "refund_cents": cents, "since": after[0].on.isoformat(),
                "receipt": last.number, "closed_on": who.closed_on, "reads": [],
            },
            account_id=account, money_cents=cents, due_on=ask.add_business(after[0].on, 10), due_source="refund term",
        )  # fmt: skip


def credit_large(ask: Ask) -> Iterable[Found]:
    """P08: the credit of an open account is more than `times` its usual bill, of at least six bills."""
    owed = credited(ask, "active")
    kept = _kept(ask, "P08", list(owed))
    times = ask.milli("times")
    for account, totals, open_cents in _billed(ask, list(owed)):
        who = owed[account]
        free = who.cents - open_cents
        usual = sum(totals)
        if len(totals) < _BILLS or free * 1000 * _BILLS <= times * usual or kept.get(account, 0) >= who.cents:
            continue
        average = usual // _BILLS
        yield Found(
            format_account(who.number), "", "Large credit",
            f"{format_money(free)} more than is owed; the usual bill is {format_money(average)}",
            {
                "credit_cents": who.cents, "refund_cents": free, "usual_cents": average, "open_cents": open_cents,
                "limit": decimal(times), "reads": [],
            },
            account_id=account, money_cents=free, due_source="credit term",
        )  # fmt: skip


def _billed(ask: Ask, accounts: Sequence[int]) -> Iterator[tuple[int, list[int], int]]:
    """Of each account the totals of its last six bills, and what is open."""
    for part in parts(accounts):
        totals: dict[int, list[int]] = defaultdict(list)
        for account, cents in ask.db.rows(
            "SELECT account_id, total_cents FROM (SELECT b.account_id, b.total_cents, ROW_NUMBER() OVER"
            f" (PARTITION BY b.account_id ORDER BY b.billed_on DESC, b.id DESC) AS n FROM bill b"
            f" WHERE b.account_id IN ({marks(part)})) newest WHERE n <= {_BILLS}",
            part,
        ):
            totals[account].append(cents)
        left = _open(ask, part)
        for account in part:
            yield account, totals[account], left.get(account, 0)


def credit_on_closed(ask: Ask) -> Iterable[Found]:
    """P07: the account is closed and owes less than nothing, for longer than `days`.

    The credit's age is that of its oldest part not spent, the first come being the first spent.
    """
    owed = credited(ask, "closed")
    days = ask.whole("days")
    for part in parts(list(owed)):
        left = _open(ask, part)
        came: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for account, on, cents in ask.db.rows(
            "SELECT p.account_id, j.effective_on, CAST(SUM(-p.cents) AS bigint) FROM posting p"
            f" JOIN journal j ON j.id = p.journal_id AND p.gl_id IN {_CREDIT_GL}"
            f" WHERE p.account_id IN ({marks(part)}) AND p.cents < 0 AND j.kind <> 'REVERSAL'"
            " AND NOT EXISTS(SELECT 1 FROM journal v WHERE v.reverses = j.id) GROUP BY p.account_id, j.effective_on"
            " ORDER BY p.account_id, j.effective_on DESC",
            part,
        ):
            came[account].append((on, cents))
        for account in part:
            who, free = owed[account], owed[account].cents - left.get(account, 0)
            since = _since(came[account], free) if free > 0 else None
            if since is None or (ask.today - since).days <= days:
                continue
            closed_on = date.fromisoformat(who.closed_on or "")
            yield Found(
                format_account(who.number), "", "Credit on closed account",
                f"{format_money(free)} since {since:%b %-d, %Y}; closed {closed_on:%b %-d, %Y}",
                {"credit_cents": free, "since": since.isoformat(), "closed_on": who.closed_on, "reads": []},
                account_id=account, money_cents=free,
                due_on=ask.add_business(since + timedelta(days=days), 10), due_source="refund term",
            )  # fmt: skip


def _open(ask: Ask, accounts: Sequence[int]) -> dict[int, int]:
    """What of these accounts is open, in cents."""
    return dict(
        ask.db.rows(
            "SELECT account_id, CAST(SUM(cents) AS bigint) FROM open_item"
            f" WHERE account_id IN ({marks(accounts)}) GROUP BY account_id",
            accounts,
        )
    )


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
        "P01", "Payment without an account", ("payment",),
        "received and in suspense for days or longer, neither matched to an account nor returned",
        "Somebody paid and is dunned for it; suspense does not tie out.", ("payment.match", "payment.return"),
        "unidentified receipts, suspense account", suspense,
        parameters={"days": Parameter("0", "days", "time that a match may take before it is work")},
    ),
    Detector(
        "P03", "Paid twice", ("account",),
        "two receipts of one amount within days from different sources, and a credit is left",
        "The customer waits for his money, or a third payment comes back unpaid.",
        ("adjust.propose", "credit.transfer", "credit.keep", "ledger.reverse"),
        "duplicate payments, card and bank bill-pay", paid_twice,
        parameters={"days": Parameter("10", "days", "between the two payments")},
    ),
    Detector(
        "P06", "Paid to a closed account", ("account",),
        "a receipt of the last days came after the account closed and left a credit; none that an escrow demand awaits",
        "Somebody pays for water he does not get.", ("adjust.propose", "credit.transfer"),
        "autopay and bill-pay that run on after a closing", paid_closed,
        parameters={"days": Parameter("30", "days", "after these it is an old credit (P07)")},
    ),
    Detector(
        "P07", "Credit on closed account", ("account",),
        "account closed and balance below zero, the oldest unspent part of the credit older than days",
        "Money of others is kept; after years it must be handed over as unclaimed.",
        ("adjust.propose", "credit.transfer"),
        "audits of public utilities; unclaimed property, CCP 1500 ff.", credit_on_closed,
        parameters={"days": Parameter("30", "days", "time that a closing refund may take")},
    ),
    Detector(
        "P08", "Large credit", ("account",),
        "open account; credit less what is open above times the average of its last six bills; six bills at least",
        "Money of others is kept; the owner may not know.", ("credit.keep", "adjust.propose", "credit.transfer"),
        "this program's own rule: the credit is the owner's, so he is asked", credit_large, sla_days=14,
        parameters={"times": Parameter("3", "usual bills", "credit above which the owner is asked")},
    ),
)  # fmt: skip

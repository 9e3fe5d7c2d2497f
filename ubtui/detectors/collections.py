"""Collections: reminders that are due as one run, protections that end, plans that are broken, owners that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ubtui.detectors.base import Ask, Detector, Found, Parameter, marks
from ubtui.domain.dates import format_day
from ubtui.domain.instalments import Instalment, unpaid
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import Subject

LADDER = "ladder/"
REMINDER = "reminder"
PAPERED: Final = ("medical", "appeal", "assistance", "bankruptcy", "tenant_notice")
"""Protections that rest on a paper: a certificate, a petition, a proof of benefits, a court's notice, a lease."""
STATUTORY: Final = ("medical", "appeal", "dispute", "extension", "assistance", "bankruptcy", "tenant_notice")
"""Protections by law; while one stands water is not shut off for nonpayment (HSC 116908, 116910; GC 60372)."""


# -- the ladder ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reminded:
    """An account that a reminder is due for: the cents of its items, how many, the oldest due day."""

    account_id: int
    number: str
    cents: int
    items: int
    oldest: date


HOLDERS: Final = (
    "NOT EXISTS(SELECT 1 FROM ownership_transfer t JOIN receivable_item f ON f.id = o.item_id"
    " WHERE t.account_id = o.account_id AND t.on_date > f.effective_on AND COALESCE(t.debt, 'former') = 'former')"
)
"""Open items `o` that the account's holder answers for: none from before an owner change, unless he took it over."""

DUE: Final = (
    "o.due_on < ? AND NOT EXISTS(SELECT 1 FROM notice_item n WHERE n.item_id = o.item_id AND n.step = 'reminder')"
    " AND EXISTS(SELECT 1 FROM receivable_item i WHERE i.id = o.item_id AND i.mailed_on IS NOT NULL)"
    " AND NOT EXISTS(SELECT 1 FROM arrangement_item c JOIN arrangement r ON r.id = c.arrangement_id"
    " AND r.ended_on IS NULL WHERE c.item_id = o.item_id)"
    " AND NOT EXISTS(SELECT 1 FROM protection p WHERE p.account_id = o.account_id AND p.ended_on IS NULL)"
    f" AND {HOLDERS}"
)
"""Open items `o` due before a day that no reminder stated; none under a plan, a protection or a former owner's."""


def run_day(ask: Ask) -> date:
    """The newest ladder day: the week's day of the parameter, or the office day after it where that is closed."""
    assert ask.calendar is not None
    back = (ask.today.weekday() - (ask.whole("weekday") - 1)) % 7
    day = ask.today - timedelta(days=back)
    for _ in range(2):
        moved = ask.calendar(day, day).next_business(day)
        if moved <= ask.today:
            return moved
        day -= timedelta(days=7)
    return day


def due_before(ask: Ask) -> date:
    """Items that fell due before this day are on the run."""
    return run_day(ask) - timedelta(days=ask.whole("days"))


def reminders(ask: Ask, accounts: Sequence[str] | None = None) -> Iterator[Reminded]:
    """The accounts of the run, the largest sum first; of `accounts` (stored numbers) alone where they are named."""
    only = "" if accounts is None else f" AND a.number IN ({marks(accounts)})"
    sql = (
        "SELECT o.account_id, a.number, CAST(SUM(o.cents) AS bigint), COUNT(*), MIN(o.due_on) FROM open_item o"
        f" JOIN live_account a ON a.id = o.account_id WHERE {DUE}{only} GROUP BY o.account_id, a.number"
        " HAVING SUM(o.cents) >= ? ORDER BY SUM(o.cents) DESC, a.number"
    )
    for row in ask.db.rows(sql, [due_before(ask).isoformat(), *(accounts or ()), ask.milli("least") // 10]):
        yield Reminded(row[0], row[1], row[2], row[3], date.fromisoformat(row[4]))


def reminder_run(ask: Ask) -> Iterable[Found]:
    """C01: accounts whose reminder is due, as one run a ladder day."""
    keys, day = ask.keys("run"), run_day(ask)
    key = f"{LADDER}{day}"
    if keys is not None and key not in keys:
        return
    listed = list(reminders(ask))
    if not listed:
        return
    cents = sum(each.cents for each in listed)
    accounts = f"{len(listed):,} account{'s' if len(listed) > 1 else ''}"
    yield Found(
        key, "", "Reminders to mail", f"{accounts}, {format_money(cents)} due before {due_before(ask):%b %-d, %Y}",
        {
            "accounts": len(listed), "cents": cents, "due_before": due_before(ask).isoformat(), "step": REMINDER,
            "oldest": min(each.oldest for each in listed).isoformat(), "reads": [],
        },
        subject_type="run", money_cents=cents, due_on=ask.add_business(day, 1), due_source="ladder day",
    )  # fmt: skip


def run_touched(ask: Ask) -> Iterable[Subject]:
    """The run, where what was done to some accounts begins it or leaves nobody on it."""
    if not (numbers := (ask.accounts() or ("", []))[1]):
        return
    key = f"{LADDER}{run_day(ask)}"
    stands = ask.db.value(
        "SELECT 1 FROM work_item WHERE subject_type = 'run' AND subject_key = ? AND code = 'C01'"
        " AND state IN ('open', 'claimed', 'waiting')",
        [key],
    )
    if stands is None:
        changed = next(iter(reminders(ask, numbers)), None) is not None
    else:
        before = due_before(ask).isoformat()
        due = DUE.replace("o.", "q.")
        sql = (  # the youngest first: of the old ones most were reminded long ago
            f"SELECT 1 FROM open_item o JOIN live_account a ON a.id = o.account_id WHERE {DUE}"
            f" AND (SELECT SUM(q.cents) FROM open_item q WHERE q.account_id = o.account_id AND {due}) >= ?"
            " ORDER BY o.due_on DESC LIMIT 1"
        )
        changed = ask.db.value(sql, [before, before, ask.milli("least") // 10]) is None
    if changed:
        yield Subject("run", key)


# -- protections and plans -------------------------------------------------------------------------------------------


def protections(ask: Ask) -> Iterable[Found]:
    """C04: a protection ends within `days` or has ended, or the paper that it rests on is not here."""
    if (asked := ask.accounts()) is None:
        return
    where, keys = asked
    papered = ", ".join(f"'{kind}'" for kind in PAPERED)
    soon, since = (ask.today + timedelta(days=ask.whole("days"))), ask.today - timedelta(days=ask.whole("paper"))
    worst: dict[int, tuple[date, Found]] = {}
    for id, account, number, kind, from_on, expires_on, document in ask.db.rows(
        "SELECT p.id, a.id, a.number, p.kind, p.from_on, p.expires_on, p.document_id FROM protection p"
        f" JOIN live_account a ON a.id = p.account_id WHERE p.ended_on IS NULL{where}"
        f" AND (p.expires_on <= ? OR (p.document_id IS NULL AND p.from_on < ? AND p.kind IN ({papered})))"
        " ORDER BY a.id, p.expires_on, p.id",
        [*keys, soon.isoformat(), since.isoformat()],
    ):
        ends, began = date.fromisoformat(expires_on), date.fromisoformat(from_on)
        lacks = document is None and kind in PAPERED and began < since
        said = [f"{kind.replace('_', ' ')} since {began:%b %-d, %Y}"]
        said += [f"{'ended' if ends < ask.today else 'ends'} {ends:%b %-d, %Y}"] if ends <= soon else []
        said += ["no paper"] if lacks else []
        by_law = kind in STATUTORY
        due = ends if ends <= soon else ask.add_business(ask.today, 1)
        found = Found(
            format_account(number), "", "Protection to look at", ", ".join(said),
            {
                "protection": id, "kind": kind, "from_on": from_on, "expires_on": expires_on, "lacks_paper": int(lacks),
                "reads": [],
            },
            account_id=account, due_on=due, due_source="statute" if by_law else "protection's end",
            deadline_on=ends if by_law and ends <= soon else None,
        )  # fmt: skip
        if account not in worst:
            worst[account] = (ends, found)
        else:
            worst[account][1].evidence["also"] = int(worst[account][1].evidence.get("also", 0)) + 1
    for _, found in worst.values():
        yield found


def broken(ask: Ask) -> Iterable[Found]:
    """C05: an instalment, or a bill that fell due since the plan was made, is unpaid more than `days` after its day.

    What the plan covers pays the instalments, the earliest first, whatever else the account owes.
    """
    if (asked := ask.accounts()) is None:
        return
    where, keys = asked
    limit = ask.today - timedelta(days=ask.whole("days"))
    plans = ask.db.rows(
        "SELECT r.id, r.number, a.id, a.number, r.made_on, r.cents, COALESCE((SELECT CAST(SUM(o.cents) AS bigint)"
        " FROM arrangement_item c JOIN open_item o ON o.item_id = c.item_id WHERE c.arrangement_id = r.id), 0),"
        " COALESCE((SELECT CAST(SUM(o.cents) AS bigint) FROM open_item o WHERE o.account_id = r.account_id"
        " AND o.due_on >= r.made_on AND o.due_on < ? AND NOT EXISTS(SELECT 1 FROM arrangement_item c"
        " WHERE c.arrangement_id = r.id AND c.item_id = o.item_id)), 0),"
        " (SELECT MIN(o.due_on) FROM open_item o WHERE o.account_id = r.account_id"
        " AND o.due_on >= r.made_on AND o.due_on < ? AND NOT EXISTS(SELECT 1 FROM arrangement_item c"
        " WHERE c.arrangement_id = r.id AND c.item_id = o.item_id))"
        f" FROM arrangement r JOIN live_account a ON a.id = r.account_id WHERE r.ended_on IS NULL{where}",
        [limit.isoformat(), limit.isoformat(), *keys],
    )
    due: dict[int, list[Instalment]] = defaultdict(list)
    for start in range(0, len(plans), 500):
        part = [row[0] for row in plans[start : start + 500]]
        for plan, on, cents in ask.db.rows(
            "SELECT arrangement_id, due_on, cents FROM instalment WHERE due_on < ?"
            f" AND arrangement_id IN ({marks(part)}) ORDER BY arrangement_id, n",
            [limit.isoformat(), *part],
        ):
            due[plan].append((date.fromisoformat(on), cents))
    for id, plan, account, number, made_on, cents, left, current, current_due in plans:
        paid = max(cents - left, 0)  # a payment from before the plan may have come back: more is open than it covers
        missed = unpaid(due[id], paid)
        short = min(sum(share for _, share in due[id]) - paid, left) if missed else 0
        if not left or (short <= 0 and not current):
            continue
        late = [date.fromisoformat(current_due)] if current else []
        since = min([missed[1], *late] if missed and short > 0 else late)
        said = [f"{plan}: {format_money(short)} short since {missed[1]:%b %-d, %Y}"] if missed else [plan]
        said += [f"{format_money(current)} of newer bills is late"] if current else []
        yield Found(
            format_account(number), "", "Payment plan broken", "; ".join(said),
            {
                "plan": plan, "made_on": made_on, "missed": missed[0] if missed else None,
                "missed_on": missed[1].isoformat() if missed else None, "short_cents": short, "current_cents": current,
                "left_cents": left, "days": (ask.today - since).days,
                "out_of_plan_on": (since + timedelta(days=60)).isoformat(), "reads": [],
            },
            account_id=account, money_cents=short + current,
            due_on=ask.add_business(since + timedelta(days=ask.whole("days")), 2), due_source="plan",
        )  # fmt: skip


# -- owners ----------------------------------------------------------------------------------------------------------


def owner_changed(ask: Ask) -> Iterable[Found]:
    """C09: the owner changed, and what was charged before is still open; nobody has said yet who answers for it."""
    if (asked := ask.accounts()) is None:
        return
    where, keys = asked
    for account, number, on, cents, oldest, was, now, escrow in ask.db.rows(
        "SELECT a.id, a.number, t.on_date, CAST(SUM(o.cents) AS bigint), MIN(o.due_on),"
        " (SELECT q.name FROM party q WHERE q.id = t.from_party_id), (SELECT q.name FROM party q"
        " WHERE q.id = t.to_party_id), (SELECT MAX(e.number) FROM escrow_demand e WHERE e.account_id = a.id)"
        " FROM ownership_transfer t JOIN live_account a ON a.id = t.account_id"
        " JOIN open_item o ON o.account_id = a.id JOIN receivable_item i ON i.id = o.item_id"
        f" AND i.effective_on < t.on_date WHERE t.debt IS NULL{where}"
        " AND NOT EXISTS(SELECT 1 FROM ownership_transfer u WHERE u.account_id = t.account_id AND u.debt IS NULL"
        " AND (u.on_date, u.id) > (t.on_date, t.id))"
        " GROUP BY a.id, a.number, t.id, t.on_date, t.from_party_id, t.to_party_id HAVING SUM(o.cents) >= ?",
        [*keys, ask.milli("least") // 10],
    ):
        day = date.fromisoformat(on)
        late = f", due since {format_day(date.fromisoformat(oldest), ask.today)}" if oldest < on else ""
        yield Found(
            format_account(number), "", "Debt from before the owner changed",
            f"owner since {day:%b %-d, %Y}: {now}; {format_money(cents)} from before is open{late}",
            {
                "open_cents": cents, "changed_on": on, "oldest_due": oldest, "former": was, "owner": now,
                "escrow": escrow, "reads": [],
            },
            account_id=account, money_cents=cents, due_on=ask.add_business(day, 10), due_source="owner change",
        )  # fmt: skip


DETECTORS = (
    Detector(
        "C01", "Reminders to mail", ("run",),
        "on the week's ladder day: mailed items due more than days before it, least dollars or more an account, that no"
        " reminder stated; none under a plan or a protection, none of a former owner; all accounts are one run",
        "Debts grow old unsaid; nobody was told in time.", ("ladder.remind",), "dunning ladder of the district",
        reminder_run, role="lead", also={"account": run_touched},
        parameters={
            "days": Parameter("15", "days", "past due on the ladder day"),
            "least": Parameter("25", "dollars", "sum that a letter is worth"),
            "weekday": Parameter("3", "day of the week", "ladder day, 1 is Monday"),
        },
    ),
    Detector(
        "C04", "Protection to look at", ("account",),
        "a protection ends within days or has ended, or its paper is missing for more than paper days",
        "Water is shut off that the law protects, or a debt rests for ever.",
        ("protection.set", "protection.end"), "HSC 116908, 116910; GC 60372", protections,
        parameters={
            "days": Parameter("5", "days", "before its end"),
            "paper": Parameter("5", "days", "in which the paper may follow"),
        },
    ),
    Detector(
        "C05", "Payment plan broken", ("account",),
        "of a plan that runs: an instalment, or an item not under it that fell due since, unpaid more than days",
        "The plan protects nobody any more; after 60 days a final notice may follow.",
        ("arrangement.make", "arrangement.end"), "HSC 116910; GC 60372(c)", broken,
        parameters={"days": Parameter("5", "days", "after the instalment's day")},
    ),
    Detector(
        "C09", "Debt from before the owner changed", ("account",),
        "an owner change with least dollars or more open from before it, and not decided who answers for it",
        "A purchaser in good faith is dunned or liened for another's debt.", ("owner.debt", "adjust.propose"),
        "WAT 25806, 37212; bona fide purchasers", owner_changed,
        parameters={"least": Parameter("1", "dollars", "what is open from before")},
    ),
)  # fmt: skip

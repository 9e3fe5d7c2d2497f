"""The plan of an adjustment or a reversal: pure from a read, so that what is shown is what will be posted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any

import msgspec

from ubtui.act import Form, Look, Refused
from ubtui.domain.allocation import allocate
from ubtui.domain.canonical import canonical, sha256_hex
from ubtui.domain.errors import BadValue
from ubtui.domain.money import LIMIT_CENTS, format_money
from ubtui.domain.numbers import format_account, parse_account
from ubtui.services import ledger
from ubtui.services.adjustments.limits import limited
from ubtui.services.adjustments.tiers import ASKER, Aside, decision
from ubtui.services.documents import Paper
from ubtui.services.ledger import Application, Entry, Item, Leg, NewItem
from ubtui.settings import Reason


@dataclass(frozen=True)
class Standing:
    """What an account owes in cents: receivable, credit, and the balance (receivable less credit)."""

    receivable: int
    credit: int
    balance: int


@dataclass(frozen=True)
class PlanLeg:
    """A ledger line that will be written: debit positive, credit negative, in cents."""

    gl: str
    title: str
    cents: int
    charge: str | None
    item_id: int | None


@dataclass(frozen=True)
class Touched:
    """A receivable item before and after, open amounts in cents; `item_id` is None for a new one."""

    item_id: int | None
    charge: str
    due_on: date
    open_before: int
    open_after: int


@dataclass(frozen=True)
class Plan:
    """Everything an adjustment would do, who must approve it and why; `hash` tells whether it moved since.

    The return of a payment that is nobody's has no account: id 0, and no number.
    """

    account_id: int
    account: str
    kind: str
    reason: str
    title: str
    article: str
    amount_cents: int
    effective_on: date
    before: Standing
    after: Standing
    legs: tuple[PlanLeg, ...]
    touched: tuple[Touched, ...]
    tier: int
    approvals: tuple[frozenset[str], ...]
    why: str
    needs_document: bool
    policy_version: int
    hash: str
    entry: Entry

    @property
    def approvers(self) -> tuple[str, ...]:
        """Every role that may decide it, sorted; empty when the policy decides."""
        return tuple(sorted(set().union(*self.approvals)))

    @property
    def total_dr(self) -> int:
        return sum(leg.cents for leg in self.entry.legs if leg.cents > 0)


Shown = Annotated[str, msgspec.Meta(description="hash of the plan that was shown; any other is refused")]


class Propose(Form, frozen=True, kw_only=True):
    """An adjustment of one account for a typed reason; its papers come along.

    With the hash of the `plan` that was shown it is refused once the account has moved. Without one it is a
    single step, planned and done as the account stands: so from the shell, never from a screen.
    """

    account: Annotated[str, msgspec.Meta(description="account number, as 120440-3")]
    reason: Annotated[str, msgspec.Meta(description="one of the district's adjustment reasons")]
    amount_cents: Annotated[int, msgspec.Meta(description="amount, above zero; the reason decides the sign")]
    note: Annotated[str, msgspec.Meta(description="what happened, for whoever decides")] = ""
    effective_on: Annotated[date | None, msgspec.Meta(description="the day it counts from; today unless given")] = None
    item: Annotated[str | None, msgspec.Meta(description="the worklist item that it settles")] = None
    draft: Annotated[bool, msgspec.Meta(description="keep it as a draft, do not submit it")] = False
    documents: list[Paper] = []
    plan: Shown = ""

    def recorded(self) -> Any:
        return {**_scalars(self), "documents": [paper.name for paper in self.documents]}

    def request(self) -> Any:
        return unguarded(self)


def _scalars(form: Form) -> dict[str, Any]:
    return {name: getattr(form, name) for name in form.__struct_fields__ if name != "documents"}


def unguarded(form: Form) -> Any:
    """A form as a request without the plan that was shown: a retry may have been shown a newer one."""
    plain: dict[str, Any] = msgspec.to_builtins(form)
    return {name: value for name, value in plain.items() if name != "plan"}


def plan(look: Look, form: Propose, aside: Aside = ASKER) -> Plan:
    """What an adjustment of this account for this reason would do. Nothing is written. Raises Refused.

    Credit: items of the reason's charge code first, oldest first, then the others, the rest becomes customer
    credit. Debit: a new item. Refund: at most the credit. What the reason allows an account only so often, or only
    of what was charged, is refused above that; one more within the months goes a tier up.
    """
    amount_cents, aside = form.amount_cents, replace(aside, seen=aside.seen or bool((form.item or "").strip()))
    account_id, number = find_account(look, form.account)
    typed = next((r for r in look.district.reasons if r.code == form.reason), None)
    if typed is None:
        known = ", ".join(r.code for r in look.district.reasons)
        said = f"no adjustment reason `{form.reason[:40]}`"
        raise Refused(said, rule="typed reasons", cure=f"one of: {known}", bad_input=True)
    if not 0 < amount_cents <= LIMIT_CENTS:
        said = "the amount is not above zero"
        raise Refused(said, rule="no negative adjustments", cure="choose the reason by sign", bad_input=True)
    aside = replace(aside, earlier=limited(look, account_id, number, typed, amount_cents, aside))
    day = effective(look, account_id, form.effective_on)
    make = {"credit": _credit, "debit": _debit, "refund": _refund}[typed.effect]
    entry, touched = make(look, account_id, typed, amount_cents, day)
    return whole(
        look,
        number,
        "REFUND" if typed.effect == "refund" else "ADJ",
        typed,
        amount_cents,
        entry,
        touched,
        aside,
    )


def as_shown(look: Look, made: Plan, shown: str) -> None:
    """Refuse a plan that is not the one of the hash `shown` (empty: none was shown), naming what moved."""
    if shown and shown != made.hash:
        raise Refused(
            f"this is not the plan that was shown: {moved(look, made)}",
            rule="what was shown is what is done",
            cure="look at the plan again",
        )


def moved(look: Look, made: Plan) -> str:
    """What a plan finds now, and the last that was posted on its account: what a moved plan is told by."""
    found = [f"{t.charge} due {t.due_on} is {format_money(t.open_before)} open" for t in made.touched if t.item_id]
    if len(found) > 3:
        found[3:] = [f"and {len(found) - 3} more items"]
    said = ", ".join(found) or "no open item is touched"
    last = look.db.one(
        "SELECT j.id, j.kind, j.posted_by, CAST(SUM(p.cents) AS bigint) FROM posting p"
        " JOIN gl_account g ON g.id = p.gl_id JOIN journal j ON j.id = p.journal_id"
        " WHERE p.account_id = ? AND g.use IN ('receivable', 'credit') GROUP BY j.id, j.kind, j.posted_by"
        " ORDER BY j.id DESC LIMIT 1",
        [made.account_id],
    )
    if not made.account_id:
        return "the payment has moved"
    if last is None:
        return f"{said}, and nothing is posted on {made.account}"
    journal_id, kind, by, cents = last
    return f"{said}; last on {made.account} is journal {journal_id}, {kind} {format_money(cents, sign=True)} by {by}"


def find_account(look: Look, account: str) -> tuple[int, str]:
    """An account's id and stored number. Raises Refused."""
    try:
        number = parse_account(account)
    except BadValue as exc:
        raise Refused(str(exc), rule="account numbers", cure="read the number again", bad_input=True) from exc
    found = look.db.value("SELECT id FROM live_account WHERE number = ?", [number])
    if found is None:
        said = f"no account {format_account(number)}"
        raise Refused(said, rule="account numbers", cure="find it by name or address", bad_input=True)
    return int(found), number


def effective(look: Look, account_id: int | None, day: date | None, floor: date | None = None) -> date:
    """The day an act counts from, today unless given. Raises Refused for a day to come, or one too early.

    The floor is the account's opening (where it concerns one), the first month the ledger has, and `floor`. A closed
    month is not too early: finance decides what is dated back into one.
    """
    if day is None or day == look.today:
        return look.today
    if day > look.today:
        raise Refused(f"{day} is after today", rule="effective date", cure=f"at most {look.today}")
    month = int(look.db.value("SELECT MIN(ym) FROM period"))
    floors = [(date(month // 100, month % 100, 1), "the ledger begins")]
    if opened := look.db.value("SELECT opened_on FROM account WHERE id = ?", [account_id]):
        floors.append((date.fromisoformat(opened), "the account opened"))
    if floor is not None:
        floors.append((floor, "what it takes back happened"))
    least, what = max(floors)
    if day < least:
        raise Refused(f"on {day} it was not yet: {what} on {least}", rule="effective date", cure=f"{least} or later")
    return day


def _credit(look: Look, account_id: int, reason: Reason, cents: int, day: date) -> tuple[Entry, list[Touched]]:
    books = ledger.chart(look.db)
    owed = ledger.open_items(look, account_id)
    if books.gl[reason.gl].use == "roll":
        owed = ledger.lienable(look, account_id)
        _at_most(cents, sum(item.open_cents for item in owed), "is past due and lienable", "what goes to the roll")
    shares: list[tuple[Item, int]] = []
    left = cents
    by_id = {item.id: item for item in owed}
    for same in (True, False):
        group = [ledger.payable(item) for item in owed if (item.charge == reason.charge_code) is same]
        given, left = allocate(left, group)
        shares += [(by_id[int(item_id)], share) for item_id, share in given]
    per_fund: dict[int, int] = defaultdict(int)
    for item, share in shares:
        per_fund[books.charges[item.charge].fund_id] += share
    if left:
        per_fund[books.charges[reason.charge_code].fund_id] += left
    legs = [
        Leg(reason.gl, share, account_id, charge=reason.charge_code, fund_id=fund)
        for fund, share in sorted(per_fund.items())
    ]
    legs += [
        Leg(books.charges[item.charge].receivable, -share, account_id, item.id, item.charge) for item, share in shares
    ]
    if left:
        legs.append(Leg(books.use["credit"], -left, account_id, fund_id=books.charges[reason.charge_code].fund_id))
    entry = Entry(
        "",
        "ADJ",
        day,
        reason.title,
        legs,
        account_id,
        applications=[Application(item.id, share) for item, share in shares],
    )
    touched = [Touched(i.id, i.charge, i.due_on, i.open_cents, i.open_cents - share) for i, share in shares]
    return entry, touched


def _at_most(cents: int, most: int, what: str, rule: str) -> None:
    if cents > most:
        said = f"{format_money(cents)} is more than the {format_money(most)} that {what}"
        raise Refused(said, rule=rule, cure=f"at most {format_money(most)}")


def _debit(look: Look, account_id: int, reason: Reason, cents: int, day: date) -> tuple[Entry, list[Touched]]:
    books = ledger.chart(look.db)
    charge = books.charges[reason.charge_code]
    if books.gl[reason.gl].use == "roll":
        roll = ledger.balance(look, account_id).roll
        _at_most(cents, roll, "is on the county's roll", "what comes back from the roll")
    due_days = look.db.value(
        "SELECT c.due_days FROM account a JOIN cycle c ON c.id = a.cycle_id WHERE a.id = ?", [account_id]
    )
    due = max(day, look.today) + timedelta(days=int(due_days))  # nobody owes by a day before he could know
    legs = [
        Leg(charge.receivable, cents, account_id, None, charge.code, new_item=0),
        Leg(reason.gl, -cents, account_id, None, charge.code),
    ]
    item = NewItem(charge.code, cents, due, None, day)
    return Entry("", "ADJ", day, reason.title, legs, account_id, items=[item]), [
        Touched(None, charge.code, due, 0, cents)
    ]


def _refund(look: Look, account_id: int, reason: Reason, cents: int, day: date) -> tuple[Entry, list[Touched]]:
    books, credit = ledger.chart(look.db), ledger.balance(look, account_id).credit
    if cents > credit:
        raise Refused(
            f"a refund of {format_money(cents)} is more than the credit of {format_money(credit)}",
            rule="a refund never exceeds the credit",
            cure=f"at most {format_money(max(credit, 0))}",
        )
    fund = books.charges[reason.charge_code].fund_id
    legs = [
        Leg(books.use["credit"], cents, account_id, fund_id=fund),
        Leg(reason.gl, -cents, account_id, fund_id=fund),
    ]
    return Entry("", "REFUND", day, reason.title, legs, account_id), []


def whole(
    look: Look,
    number: str,
    kind: str,
    reason: Reason,
    cents: int,
    entry: Entry,
    touched: Sequence[Touched],
    aside: Aside,
    undone: str = "",
) -> Plan:
    """Finish a plan: balances before and after, who must decide, and the hash over what it rests on."""
    aside = replace(aside, maker=aside.maker or look.actor.name)
    books, now = ledger.chart(look.db), ledger.balance(look, entry.account_id or 0)
    before = Standing(now.receivable, now.credit, now.total)
    own = [leg for leg in entry.legs if leg.account_id == entry.account_id]
    owed = sum(leg.cents for leg in own if books.gl[leg.gl].use == "receivable")
    credit = -sum(leg.cents for leg in own if books.gl[leg.gl].use == "credit")
    after = Standing(before.receivable + owed, before.credit + credit, before.balance + owed - credit)
    needs = decision(look, number, kind, reason, cents, entry, aside, undone)
    version = look.district.approval.version
    return Plan(
        entry.account_id or 0,
        format_account(number),
        kind,
        reason.code,
        reason.title,
        reason.article,
        cents,
        entry.effective_on,
        before,
        after,
        tuple(PlanLeg(leg.gl, books.gl[leg.gl].title, leg.cents, leg.charge, leg.item_id) for leg in entry.legs),
        tuple(touched),
        needs.tier,
        needs.approvals,
        needs.why,
        kind != "REVERSAL" and (reason.needs_document or needs.document_needed),
        version,
        plan_hash(entry, touched, version),
        replace(entry, maker=aside.maker),
    )


def legs_hash(entry: Entry) -> str:
    """SHA-256 over the legs in their order."""
    return sha256_hex(canonical(_plain(entry)))


def plan_hash(entry: Entry, touched: Sequence[Touched], version: int) -> str:
    """SHA-256 over the legs, the open amounts of the items touched, and the policy's version."""
    opens = [[t.item_id or 0, t.open_before] for t in touched]
    return sha256_hex(canonical([_plain(entry), opens, version]))


def _plain(entry: Entry) -> list[list[int | str]]:
    return [
        [leg.gl, leg.account_id or 0, leg.item_id or 0, leg.charge or "", leg.fund_id or 0, leg.cents]
        for leg in entry.legs
    ]

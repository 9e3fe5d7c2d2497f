"""Collections: plans to pay open items by instalments, and what bars a shutoff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models import collections as models
from ubtui.detectors.collections import PAPERED, STATUTORY
from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.instalments import later, monthly, unpaid
from ubtui.domain.money import format_money, parse_money
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text
from ubtui.services import ledger
from ubtui.services.adjustments.plans import find_account
from ubtui.services.documents import Paper, keep
from ubtui.services.ledger import Item
from ubtui.services.shutoffs import stand_down

Account = Annotated[str, msgspec.Meta(description="account number, as 120440-3")]
Why = Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]
Kind = Literal[
    "medical", "appeal", "dispute", "extension", "assistance", "bankruptcy", "tenant_notice", "returned_mail",
    "bill_review", "moratorium", "hold",
]  # fmt: skip

GRANTED: Final = ("extension", "hold")
"""What the office grants to a person: it does not go on for the next owner."""


# -- plans -----------------------------------------------------------------------------------------------------------


class Make(Form, frozen=True, kw_only=True):
    """A plan to pay named open items by instalments: so many, a first day and months between, or line by line."""

    account: Account
    kind: Annotated[
        Literal["amortization", "alternative", "deferral"],
        msgspec.Meta(description="amortization, alternative, deferral"),
    ] = "amortization"
    count: Annotated[int, msgspec.Meta(description="instalments, equal but for the last cents", ge=0, le=60)] = 0
    first_on: Annotated[date | None, msgspec.Meta(description="day of the first instalment")] = None
    months: Annotated[int, msgspec.Meta(description="months between instalments", ge=1, le=12)] = 1
    lines: Annotated[
        tuple[str, ...], msgspec.Meta(description="or each instalment, as 2026-12-15 50.00, one a line")
    ] = ()
    items: Annotated[tuple[int, ...], msgspec.Meta(description="item numbers; all that is past due unless given")] = ()
    longer: Annotated[bool, msgspec.Meta(description="longer than 12 months, to spare undue hardship")] = False
    note: Annotated[str, msgspec.Meta(description="what was agreed")] = ""
    documents: list[Paper] = []


class Made(msgspec.Struct, frozen=True):
    """The plan, what it covers and its instalments."""

    number: str
    account: str
    cents: int
    instalments: tuple[tuple[date, int], ...]
    items: tuple[int, ...]
    replaced: str = ""


@act("arrangement.make")
def make(work: Work, form: Make) -> Made:
    """Make a plan for open items; one that ran is replaced by it. At most 12 months, unless to spare hardship.

    An order that is out to stop the account's water is taken back.
    """
    account_id, number = find_account(work, form.account)
    shown = format_account(number)
    covered = _covered(work, account_id, form.items)
    total = sum(item.open_cents for item in covered)
    shares = _instalments(work, form, total)
    if shares[-1][0] > later(work.today, 12) and not form.longer:
        raise Refused(
            f"the last instalment is on {shares[-1][0]}",
            rule="a plan ends within 12 months (GC 60372(c))",
            cure="more a month, or say that it spares undue hardship",
        )
    old = plan_of(work, account_id)
    if old is not None:
        _end(work, old, "kept" if not old.left_cents else "replaced", "a new plan")
    paper = _paper(work, shown, form.documents, "Payment plan")
    work.db.run(
        "INSERT INTO counter(name, value) VALUES ('arrangement', 1) ON CONFLICT(name) DO UPDATE SET"
        " value = counter.value + 1"
    )
    plan = f"PA-{int(work.db.value('SELECT value FROM counter WHERE name = ?', ['arrangement'])):06d}"
    plan_id = work.db.insert(
        models.Arrangement, number=plan, account_id=account_id, kind=form.kind, cents=total, made_on=work.today,
        made_by=work.actor.name, made_at=work.now, note=clean_text(form.note, 500), document_id=paper,
    )  # fmt: skip
    work.db.load(
        "arrangement_item",
        ["arrangement_id", "item_id", "cents"],
        [(plan_id, item.id, item.open_cents) for item in covered],
    )
    work.db.load(
        "instalment",
        ["arrangement_id", "n", "due_on", "cents"],
        [(plan_id, n, day.isoformat(), cents) for n, (day, cents) in enumerate(shares, 1)],
    )
    work.touch("account", shown)
    stand_down(work, [account_id])
    work.fact(plan=plan, account=shown, cents=total, instalments=len(shares))
    work.detail(note=form.note, replaced=old.number if old else "")
    ids = tuple(item.id for item in covered)
    return Made(plan, shown, total, tuple(shares), ids, old.number if old and old.left_cents else "")


def _covered(work: Work, account_id: int, wanted: Sequence[int]) -> list[Item]:
    owed = {item.id: item for item in ledger.open_items(work, account_id)}
    if strange := [number for number in wanted if number not in owed]:
        raise Refused(f"item {strange[0]} is not open on it", rule="plans cover open items", cure="see its open items")
    late = [i for i in owed.values() if i.mailed_on is not None and i.due_on < work.today]
    covered = [owed[number] for number in dict.fromkeys(wanted)] or late
    if not covered:
        raise Refused("nothing is past due", rule="plans cover open items", cure="name the items it is for")
    return covered


def _instalments(work: Work, form: Make, total: int) -> list[tuple[date, int]]:
    shares = [_line(text) for text in form.lines]
    if not shares:
        first = form.first_on
        if first is None or not form.count:
            raise Refused("no instalments", rule="plans", cure="give their number and the first day", bad_input=True)
        try:
            shares = monthly(total, form.count, first, form.months)
        except BadValue as exc:
            raise Refused(str(exc), rule="plans", cure="fewer instalments", bad_input=True) from exc
    if sum(cents for _, cents in shares) != total:
        said = f"the instalments are {format_money(sum(c for _, c in shares))}, what is open {format_money(total)}"
        raise Refused(said, rule="a plan pays what it covers", cure="let the last one take the rest")
    if any(cents <= 0 for _, cents in shares) or shares != sorted(shares) or len({d for d, _ in shares}) < len(shares):
        raise Refused("instalments have amounts, and days one after the other", rule="plans", cure="put them in order")
    if shares[0][0] < work.today:
        raise Refused(f"{shares[0][0]} is past", rule="plans", cure="begin today or later")
    return shares


def _line(text: str) -> tuple[date, int]:
    day, _, amount = text.strip().partition(" ")
    try:
        return parse_day(day), parse_money(amount)
    except BadValue as exc:
        raise Refused(str(exc), rule="plans", cure="write each as 2026-12-15 50.00", bad_input=True) from exc


class End(Form, frozen=True, kw_only=True):
    """The end of an account's plan."""

    account: Account
    how: Annotated[Literal["broken", "cancelled", "kept"], msgspec.Meta(description="broken, cancelled or kept")]
    reason: Why


class Ended(msgspec.Struct, frozen=True):
    """The plan and how it ended."""

    number: str
    account: str
    how: str


@act("arrangement.end")
def end(work: Work, form: End) -> Ended:
    """End an account's plan: what it covered is due as before, at its own age."""
    account_id, number = find_account(work, form.account)
    plan = plan_of(work, account_id)
    if plan is None:
        raise Refused(f"{format_account(number)} has no plan that runs", rule="plans", cure="see its history")
    if form.how == "kept" and plan.left_cents:
        raise Refused(f"{format_money(plan.left_cents)} of it is open", rule="plans", cure="say broken or cancelled")
    _end(work, plan, form.how, form.reason)
    work.touch("account", format_account(number))
    work.fact(plan=plan.number, how=form.how)
    work.detail(reason=form.reason)
    return Ended(plan.number, format_account(number), form.how)


def _end(work: Work, plan: Plan, how: str, why: str) -> None:
    work.db.update(
        models.Arrangement, plan.id, ended_on=work.today, ended_how=how, ended_by=work.actor.name,
        ended_why=clean_text(why, 500),
    )  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """A plan as it stands: its instalments, what of what it covers is open, and how it ended where it did."""

    id: int
    number: str
    kind: str
    made_on: date
    made_by: str
    cents: int
    left_cents: int
    instalments: tuple[tuple[date, int], ...]
    items: tuple[int, ...]
    note: str
    ended_on: date | None
    ended_how: str | None

    @property
    def next(self) -> tuple[date, int] | None:
        """The first instalment that is not paid in full, with what it lacks; None where all are."""
        found = unpaid(self.instalments, self.cents - self.left_cents)
        return None if found is None else found[1:]


def plans(look: Look, account_id: int) -> tuple[Plan, ...]:
    """An account's plans, the one that runs first, then the newest first."""
    out = []
    for row in look.db.rows(
        "SELECT r.id, r.number, r.kind, r.made_on, r.made_by, r.cents, COALESCE((SELECT CAST(SUM(o.cents) AS bigint)"
        " FROM arrangement_item c JOIN open_item o ON o.item_id = c.item_id WHERE c.arrangement_id = r.id), 0),"
        " r.note, r.ended_on, r.ended_how FROM arrangement r WHERE r.account_id = ?"
        " ORDER BY r.ended_on IS NOT NULL, r.id DESC",
        [account_id],
    ):
        shares = look.db.rows("SELECT due_on, cents FROM instalment WHERE arrangement_id = ? ORDER BY n", [row[0]])
        items = look.db.rows("SELECT item_id FROM arrangement_item WHERE arrangement_id = ? ORDER BY item_id", [row[0]])
        out.append(
            Plan(
                row[0], row[1], row[2], date.fromisoformat(row[3]), row[4], row[5], row[6],
                tuple((date.fromisoformat(day), cents) for day, cents in shares), tuple(item for (item,) in items),
                row[7], date.fromisoformat(row[8]) if row[8] else None, row[9],
            )
        )  # fmt: skip
    return tuple(out)


def plan_of(look: Look, account_id: int) -> Plan | None:
    """The plan of an account that runs."""
    return next((plan for plan in plans(look, account_id) if plan.ended_on is None), None)


# -- protections -----------------------------------------------------------------------------------------------------


class Set(Form, frozen=True, kw_only=True):
    """What bars a shutoff of an account until a day; a running one of the same kind is renewed by it."""

    account: Account
    kind: Annotated[Kind, msgspec.Meta(description="medical, appeal, dispute … or hold, the office's own")]
    expires_on: Annotated[date, msgspec.Meta(description="the day on which somebody looks at it again")]
    from_on: Annotated[date | None, msgspec.Meta(description="its first day; today unless given")] = None
    note: Annotated[str, msgspec.Meta(description="who asked, or what it rests on")] = ""
    documents: list[Paper] = []


class Protected(msgspec.Struct, frozen=True):
    """What protects the account, and until when; `lacks_paper` where its paper is still to come."""

    account: str
    kind: str
    from_on: date
    expires_on: date
    lacks_paper: bool


@act("protection.set")
def protect(work: Work, form: Set) -> Protected:
    """Protect an account from shutoff. Its paper may follow; who only brings it keeps the same last day.

    More time to pay (an extension) ends within 12 months, as a plan does.
    An order that is out to stop the account's water is taken back.
    """
    account_id, number = find_account(work, form.account)
    shown, old = format_account(number), _standing(work, account_id, form.kind)
    same = old is not None and form.expires_on <= old.expires_on
    begin = form.from_on or (old.from_on if old is not None and same else work.today)
    if begin > form.expires_on or form.expires_on < work.today:
        raise Refused(f"it would end on {form.expires_on}", rule="protections", cure="an end after today and its start")
    if begin > work.today:
        raise Refused(f"{begin} is after today", rule="protections", cure=f"at most {work.today}")
    if form.kind == "extension" and form.expires_on > (last := later(work.today, 12)):
        raise Refused(
            f"it would end on {form.expires_on}",
            rule="an extension ends within 12 months (HSC 116910, GC 60372(c))",
            cure=f"{last} at the latest",
        )
    paper = _paper(work, shown, form.documents, form.kind.replace("_", " ").capitalize())
    if old is not None:
        paper = paper or (old.document_id if same else None)
        _stop(work, old.id, "renewed")
    work.db.insert(
        models.Protection, account_id=account_id, kind=form.kind, from_on=begin, expires_on=form.expires_on,
        note=clean_text(form.note, 500), document_id=paper, set_by=work.actor.name, set_at=work.now,
    )  # fmt: skip
    work.touch("account", shown)
    stand_down(work, [account_id])
    work.fact(account=shown, kind=form.kind, until=form.expires_on.isoformat())
    work.detail(note=form.note)
    return Protected(shown, form.kind, begin, form.expires_on, paper is None and form.kind in PAPERED)


class Lift(Form, frozen=True, kw_only=True):
    """The end of what protects an account."""

    account: Account
    kind: Annotated[Kind, msgspec.Meta(description="which protection")]
    reason: Why


class Lifted(msgspec.Struct, frozen=True):
    """The protection that ended."""

    account: str
    kind: str


@act("protection.end")
def lift(work: Work, form: Lift) -> Lifted:
    """End a protection: from now on the ladder counts again."""
    account_id, number = find_account(work, form.account)
    old = _standing(work, account_id, form.kind)
    if old is None:
        raise Refused(f"no {form.kind} protects {format_account(number)}", rule="protections", cure="name another")
    _stop(work, old.id, form.reason)
    work.touch("account", format_account(number))
    work.fact(account=format_account(number), kind=form.kind)
    work.detail(reason=form.reason)
    return Lifted(format_account(number), form.kind)


def handed_over(work: Work, account_id: int, why: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """End what was granted to a former owner inside another act: the kinds that ended, and those that stand.

    What the law sets for whoever lives there, or what is still in dispute, stands until somebody has asked.
    """
    standing = protections(work, account_id)
    for each in standing:
        if each.kind in GRANTED:
            _stop(work, each.id, why)
    stand = tuple(each.kind for each in standing if each.kind not in (*GRANTED, "moratorium"))
    return tuple(each.kind for each in standing if each.kind in GRANTED), stand


@dataclass(frozen=True)
class Protection:
    """A protection of an account; `by_law` where the law, not the office, sets it."""

    id: int
    kind: str
    from_on: date
    expires_on: date
    note: str
    document_id: int | None
    ended_on: date | None

    @property
    def by_law(self) -> bool:
        return self.kind in STATUTORY


def protections(look: Look, account_id: int, ended: bool = False) -> tuple[Protection, ...]:
    """What protects an account, by its last day; with `ended` also what did."""
    more = "" if ended else " AND ended_on IS NULL"
    return tuple(
        Protection(
            row[0], row[1], date.fromisoformat(row[2]), date.fromisoformat(row[3]), row[4], row[5],
            date.fromisoformat(row[6]) if row[6] else None,
        )
        for row in look.db.rows(
            "SELECT id, kind, from_on, expires_on, note, document_id, ended_on FROM protection"
            f" WHERE account_id = ?{more} ORDER BY ended_on IS NOT NULL, expires_on, id",
            [account_id],
        )
    )  # fmt: skip


def _standing(look: Look, account_id: int, kind: str) -> Protection | None:
    return next((each for each in protections(look, account_id) if each.kind == kind), None)


def _stop(work: Work, protection_id: int, why: str) -> None:
    work.db.update(
        models.Protection, protection_id, ended_on=work.today, ended_by=work.actor.name, ended_why=clean_text(why, 500)
    )


def _paper(work: Work, account: str, papers: Sequence[Paper], title: str) -> int | None:
    """Keep the papers with their account; the first one's number."""
    kept = [keep(work, Subject("account", account), paper, title).document_id for paper in papers]
    return kept[0] if kept else None

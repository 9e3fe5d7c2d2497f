"""Owners: who owns what since when, what the county says of it, and who answers for old debts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models import collections as models
from ubtui.db.models import record
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account, format_apn
from ubtui.domain.owners import same_owner
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text, fold
from ubtui.services import collections, enrolment, ledger
from ubtui.services.adjustments.plans import find_account
from ubtui.services.adjustments.rows import not_linked
from ubtui.services.documents import Paper, keep
from ubtui.services.parties import fit
from ubtui.services.shutoffs import stand_down

Account = Annotated[str, msgspec.Meta(description="account number, as 120440-3")]
Why = Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]
_ROLES = "('owner', 'payer', 'mailing', 'agent')"


class Change(Form, frozen=True, kw_only=True):
    """A new owner of an account's property, from a day on."""

    account: Account
    name: Annotated[str, msgspec.Meta(description="the new owner, as the deed has the name", min_length=2)]
    on: Annotated[date, msgspec.Meta(description="the day the deed was recorded or escrow closed")]
    line1: Annotated[str, msgspec.Meta(description="street or box for the mail")]
    city: Annotated[str, msgspec.Meta(description="city")]
    state: Annotated[str, msgspec.Meta(description="state, two letters")]
    zip: Annotated[str, msgspec.Meta(description="ZIP code")]
    line2: Annotated[str, msgspec.Meta(description="unit, care of")] = ""
    country: Annotated[str, msgspec.Meta(description="country, two letters")] = "US"
    phone: Annotated[str, msgspec.Meta(description="phone")] = ""
    vesting: Annotated[str, msgspec.Meta(description="how title is held, as joint tenants")] = ""
    source: Annotated[
        Literal["deed", "escrow", "county", "owner", "court"],
        msgspec.Meta(description="deed, escrow, county, owner, court"),
    ]
    note: Annotated[str, msgspec.Meta(description="deed or escrow number, who called")] = ""
    documents: list[Paper] = []


class Changed(msgspec.Struct, frozen=True):
    """The account, its new owner, what is still open from before the change, and what credit came in since.

    `ended` are the protections that were granted to the former owner; `ask_about` those that stand: ask whether
    they still hold.
    """

    account: str
    owner: str
    party_id: int
    open_before_cents: int
    credit_cents: int
    ended: tuple[str, ...] = ()
    ask_about: tuple[str, ...] = ()


def _settled(work: Work, account_id: int) -> None:
    """Refuse while something that the former owner agreed to is under way: it would go on in the new one's name."""
    waits = work.db.value(
        "SELECT MIN(p.number) FROM proposal p WHERE p.state = 'submitted' AND (p.account_id = ?"
        " OR EXISTS(SELECT 1 FROM proposal_leg l WHERE l.proposal_id = p.id AND l.account_id = ?))"
        " AND NOT EXISTS(SELECT 1 FROM approval a WHERE a.proposal_id = p.id)",
        [account_id, account_id],
    )
    if waits:
        raise Refused(f"{waits} waits for its decision", rule="owner changes", cure="have it decided or withdraw it")
    if (plan := collections.plan_of(work, account_id)) is not None:
        raise Refused(f"the former owner's plan {plan.number} runs", rule="owner changes", cure="end the plan first")


_CAME_SINCE = (
    "SELECT COALESCE(CAST(SUM(-p.cents) AS bigint), 0) FROM journal j JOIN posting p ON p.journal_id = j.id"
    " AND p.cents < 0 JOIN gl_account g ON g.id = p.gl_id AND g.use = 'credit' WHERE p.account_id = ?"
    " AND j.kind = 'RECEIPT' AND j.effective_on >= ? AND NOT EXISTS(SELECT 1 FROM journal v WHERE v.reverses = j.id)"
)
_CAME_FROM = (
    "SELECT j.kind, j.effective_on, CAST(SUM(-p.cents) AS bigint) FROM journal j JOIN posting p ON p.journal_id = j.id"
    " AND p.cents < 0 JOIN gl_account g ON g.id = p.gl_id AND g.use = 'credit' WHERE p.account_id = ?"
    " AND NOT (j.kind = 'RECEIPT' AND j.effective_on >= ?) AND NOT EXISTS(SELECT 1 FROM journal v"
    " WHERE v.reverses = j.id) GROUP BY j.id, j.kind, j.effective_on ORDER BY j.effective_on DESC, j.id DESC"
)


def _came_from(work: Work, account_id: int, cents: int, on: date) -> str:
    """What the last so many cents of a former owner's credit came by, and when."""
    said = []
    for kind, day, came in work.db.rows(_CAME_FROM, [account_id, on.isoformat()]):
        if cents > 0:
            said.append(f"{format_money(came)} by {kind} of {day}")
            cents -= came
    return ", ".join(said)


def _credit_settled(work: Work, account_id: int, number: str, on: date) -> int:
    """Spend the former owner's credit on what he was charged; refuse while any of it is left. What came in since.

    What was overpaid belongs to who paid it: at a closing it pays the final bill, and the rest is moved or refunded.
    The first come is the first spent, so what is left may be what the new owner paid since the change.
    """
    credit = ledger.balance(work, account_id).credit
    since = min(max(credit, 0), int(work.db.value(_CAME_SINCE, [account_id, on.isoformat()])))
    his = credit - since
    if his <= 0:
        return since
    his -= ledger.apply_credit(work, account_id, f"{work.key}:former", work.today, before=on, most=his)
    if his:
        raise Refused(
            f"{format_account(number)} has {format_money(his)} of credit that nobody paid in since {on}:"
            f" {_came_from(work, account_id, his, on)}. It is the former owner's",
            rule="a credit belongs to who paid it",
            cure="propose its refund to him, or move it to another account of his, and have that approved first",
        )
    return since


@act("owner.change")
def change(work: Work, form: Change) -> Changed:
    """Give an account a new owner: the former one's roles end, and his agents'; occupants stay.

    Who owns it pays, where the former owner did and nobody else does. What was granted to the former owner ends.
    The account keeps its number and its past. The former owner's credit pays what he was charged; while more of it
    is left the change is refused. What was charged before stays open until it is said who answers.
    """
    account_id, number = find_account(work, form.account)
    not_linked(work, number)
    shown = format_account(number)
    if form.on > work.today:
        raise Refused(f"{form.on} is after today", rule="owner changes", cure="record it when it has happened")
    _settled(work, account_id)
    credit = _credit_settled(work, account_id, number, form.on)
    mail = [clean_text(t, 80).strip() for t in (form.line1, form.line2, form.city, form.state, form.zip, form.country)]
    mail[3], mail[5] = mail[3].upper(), mail[5].upper()
    fit(mail, form.source)
    roles = work.db.rows(
        "SELECT id, party_id, role, from_on FROM account_role WHERE account_id = ? AND to_on IS NULL"
        f" AND role IN {_ROLES} ORDER BY id",
        [account_id],
    )
    owners = [row for row in roles if row[2] == "owner"]
    if owners and form.on < date.fromisoformat(max(row[3] for row in owners)):
        raise Refused(f"its owner is so since {max(r[3] for r in owners)}", rule="owner changes", cure="a later day")
    former = {row[1] for row in owners}
    for each in enrolment.ended(work, account_id, "owner", f"the owner changed on {form.on}"):
        work.fact(**{each: 1})
    for role_id, party, role, _ in roles:
        if party in former or role == "agent":
            work.db.run("UPDATE account_role SET to_on = ? WHERE id = ?", [form.on.isoformat(), role_id])
    protected, ask_about = collections.handed_over(work, account_id, f"the owner changed on {form.on}")
    name = clean_text(form.name, 120).strip()
    party = work.db.insert(
        record.Party, name=name, search_name=fold(name), phone=clean_text(form.phone, 40).strip() or None,
        mail_changed_on=work.today, mail_country=mail[5],
        **dict(zip(("mail_line1", "mail_line2", "mail_city", "mail_state", "mail_zip"), [m or None for m in mail[:5]],
                   strict=True)),
    )  # fmt: skip
    work.db.insert(
        record.AccountRole, account_id=account_id, party_id=party, role="owner", from_on=form.on,
        vesting=clean_text(form.vesting, 80) or None,
    )  # fmt: skip
    payers = {row[1] for row in roles if row[2] == "payer"}
    if payers and payers <= former:
        work.db.insert(record.AccountRole, account_id=account_id, party_id=party, role="payer", from_on=form.on)
    papers = [keep(work, Subject("account", shown), paper, "Owner change").document_id for paper in form.documents]
    work.db.insert(
        models.OwnershipTransfer, account_id=account_id, from_party_id=owners[0][1] if owners else None,
        to_party_id=party, on_date=form.on, source=form.source, note=clean_text(form.note, 500),
        document_id=papers[0] if papers else None, recorded_by=work.actor.name, recorded_at=work.now,
    )  # fmt: skip
    work.touch("account", shown)
    stand_down(work, [account_id])
    work.fact(account=shown, party=party, on=form.on.isoformat(), source=form.source)
    work.detail(former=sorted(former), name=name, note=form.note)
    before = sum(i.open_cents for i in ledger.open_items(work, account_id) if i.effective_on < form.on)
    return Changed(shown, name, party, before, credit, protected, ask_about)


class Confirm(Form, frozen=True, kw_only=True):
    """The holder is right although the county names another."""

    account: Account
    reason: Why


class Confirmed(msgspec.Struct, frozen=True):
    """The account, and the county's names that it was confirmed against."""

    account: str
    county: tuple[str, ...]


@act("owner.confirm")
def confirm(work: Work, form: Confirm) -> Confirmed:
    """Say that an account's owner is right as he stands, against the name that the county has now."""
    account_id, number = find_account(work, form.account)
    owners = [
        name
        for (name,) in work.db.rows(
            "SELECT q.name FROM account_role r JOIN party q ON q.id = r.party_id WHERE r.account_id = ?"
            " AND r.role = 'owner' AND r.to_on IS NULL",
            [account_id],
        )
    ]
    named = [
        name
        for (name,) in work.db.rows(
            "SELECT DISTINCT n.name FROM account_parcel c JOIN live_county_owner n ON n.parcel_id = c.parcel_id"
            " AND n.as_of = (SELECT MAX(m.as_of) FROM live_county_owner m WHERE m.parcel_id = c.parcel_id)"
            " WHERE c.account_id = ? AND NOT EXISTS(SELECT 1 FROM owner_confirmed k WHERE k.account_id = c.account_id"
            " AND k.county_name = n.name) ORDER BY n.name",
            [account_id],
        )
        if not any(same_owner(owner, name) for owner in owners)
    ]
    if not named:
        raise Refused("the county names no other owner", rule="owners", cure="nothing to confirm")
    for name in named:
        work.db.insert(
            models.OwnerConfirmed, account_id=account_id, county_name=name, reason=clean_text(form.reason, 500),
            confirmed_on=work.today, confirmed_by=work.actor.name, at=work.now,
        )  # fmt: skip
    work.touch("account", format_account(number))
    work.fact(account=format_account(number), names=len(named))
    work.detail(county=named, reason=form.reason)
    return Confirmed(format_account(number), tuple(named))


class Debt(Form, frozen=True, kw_only=True):
    """Who answers for what was charged before the owner changed."""

    account: Account
    decision: Annotated[
        Literal["former", "assumed"],
        msgspec.Meta(description="former: the former owner; assumed: the new one took it over"),
    ]
    reason: Why
    documents: list[Paper] = []


class Decided(msgspec.Struct, frozen=True):
    """The account, who answers, and for how much."""

    account: str
    decision: str
    open_before_cents: int


@act("owner.debt")
def debt(work: Work, form: Debt) -> Decided:
    """Decide who answers for what is open from before the owner change; the items stay as they are."""
    account_id, number = find_account(work, form.account)
    undecided = work.db.rows(
        "SELECT id, on_date FROM ownership_transfer WHERE account_id = ? AND debt IS NULL ORDER BY on_date, id",
        [account_id],
    )
    if not undecided:
        raise Refused("no owner change waits for that", rule="owner changes", cure="see its history")
    shown = format_account(number)
    for paper in form.documents:
        keep(work, Subject("account", shown), paper, "Who answers for the debt")
    for transfer, _ in undecided:
        work.db.update(
            models.OwnershipTransfer, transfer, debt=form.decision, debt_on=work.today, debt_by=work.actor.name,
            debt_why=clean_text(form.reason, 500),
        )  # fmt: skip
    last = date.fromisoformat(undecided[-1][1])
    before = sum(i.open_cents for i in ledger.open_items(work, account_id) if i.effective_on < last)
    work.touch("account", shown)
    work.fact(account=shown, decision=form.decision, cents=before)
    work.detail(reason=form.reason)
    return Decided(shown, form.decision, before)


class County(Form, frozen=True, kw_only=True):
    """An owner as the county's roll has him."""

    apn: Annotated[str, msgspec.Meta(description="parcel number, with or without hyphens")]
    name: Annotated[str, msgspec.Meta(description="the owner as the roll writes him", min_length=2)]
    as_of: Annotated[date, msgspec.Meta(description="the roll's day")]
    source: Annotated[str, msgspec.Meta(description="roll or web page it was read from")] = "assessor's roll"


class Rolled(msgspec.Struct, frozen=True):
    """The parcel and its accounts."""

    apn: str
    accounts: tuple[str, ...]


@act("owner.county")
def county(work: Work, form: County) -> Rolled:
    """Keep what the county says of a parcel's owner on a day; what it said before stays."""
    apn = "".join(c for c in form.apn if c.isalnum())
    parcel = work.db.value("SELECT id FROM live_parcel WHERE apn = ?", [apn])
    if parcel is None:
        raise Refused(f"no parcel {form.apn[:40]}", rule="parcels", cure="read its number again", bad_input=True)
    if form.as_of > work.today:
        raise Refused(f"{form.as_of} is after today", rule="parcels", cure=f"at most {work.today}")
    if work.db.value("SELECT 1 FROM county_owner WHERE parcel_id = ? AND as_of = ?", [parcel, form.as_of.isoformat()]):
        raise Refused(f"the roll of {form.as_of} is here", rule="what the county said is kept", cure="a later day")
    work.db.insert(
        models.CountyOwner, parcel_id=parcel, as_of=form.as_of, name=clean_text(form.name, 120).strip(),
        source=clean_text(form.source, 80),
    )  # fmt: skip
    work.touch("parcel", apn)
    accounts = [
        format_account(number)
        for (number,) in work.db.rows(
            "SELECT a.number FROM account_parcel c JOIN live_account a ON a.id = c.account_id WHERE c.parcel_id = ?"
            " ORDER BY a.number",
            [parcel],
        )
    ]
    for account in accounts:
        work.touch("account", account)
    work.fact(apn=apn, as_of=form.as_of.isoformat())
    work.detail(name=form.name)
    return Rolled(format_apn(apn), tuple(accounts))

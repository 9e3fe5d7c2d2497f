"""Services asked for: a request with its fee, paid before the meter is set, closed when money and meter agree."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

import msgspec

from ubtui.act import Cents, Form, Look, Refused, Work, act, permissions
from ubtui.db.models.connections import ServiceRequest
from ubtui.detectors.meters.connecting import Standing, standings
from ubtui.domain.money import LIMIT_CENTS, format_money
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.sizes import inches
from ubtui.domain.text import clean_text
from ubtui.services import adjustments, points
from ubtui.services.documents import Paper
from ubtui.services.points import Point, Reason
from ubtui.services.reads import reason
from ubtui.services.seals.fees import payer

FEE: Final = "connection-fee"
"""The adjustment reason by which the fee is charged, unless the request names another."""
Number = Annotated[str, msgspec.Meta(description="service request, SR-000012", max_length=20)]
Day = date | None
Both = Annotated[
    bool, msgspec.Meta(description="the receipt that another request has covers this fee too, as its paper says")
]


class Make(Form, frozen=True, kw_only=True):
    """Somebody asks for a service: a new one, a larger meter, water for a garden, or for a time."""

    point: Point
    kind: Annotated[
        Literal["new", "larger", "irrigation", "temporary"], msgspec.Meta(description="what is asked for")
    ] = "new"
    size: Annotated[str, msgspec.Meta(description="meter size in inches: 5/8, 1, 1.5", max_length=20)] = ""
    account: Annotated[str, msgspec.Meta(description="account that asks; empty: the one that pays at the point")] = ""
    asked_on: Annotated[Day, msgspec.Meta(description="the day of the request; empty: today")] = None
    asked_by: Annotated[str, msgspec.Meta(description="who asked for it", max_length=120)] = ""
    fee_cents: Annotated[
        Cents, msgspec.Meta(ge=0, le=LIMIT_CENTS, description="connection fee; 0 where nothing is due")
    ] = 0
    paid_on: Annotated[Day, msgspec.Meta(description="the day it was paid elsewhere; empty: it is charged here")] = None
    receipt: Annotated[str, msgspec.Meta(description="receipt of what was paid elsewhere", max_length=80)] = ""
    both: Both = False
    charge: Annotated[str, msgspec.Meta(description="adjustment reason of the fee", max_length=40)] = FEE
    documents: list[Paper] = []

    def recorded(self) -> Any:
        plain = {name: getattr(self, name) for name in self.__struct_fields__ if name != "documents"}
        return {**plain, "documents": [paper.name for paper in self.documents]}


class Request(msgspec.Struct, frozen=True):
    """A request as it stands: its fee, what of it is due, since when it is paid, since when the meter is set.

    A receipt that one person alone has seen is `noted_on` the day that he read off it, and pays nothing yet.
    """

    request: str
    account: str
    point: str
    kind: str
    size: str
    asked_on: date
    asked_by: str
    state: str
    fee_cents: int
    due_cents: int
    proposal: str
    paid_on: date | None
    receipt: str
    installed_on: date | None
    noted_on: date | None = None
    noted_by: str = ""
    confirmed_by: str = ""


@act("request.make")
def make(work: Work, form: Make) -> Request:
    """Write a request down and propose its fee as any other charge, decided by another; a point has one at a time."""
    point, on = points.found(work, form.point), form.asked_on or work.today
    if not (asking := form.account.strip() or payer(work, point[0])):
        raise Refused(f"nobody pays at {form.point}", rule="service requests", cure="name the account that asks")
    account = work.db.one("SELECT id, state FROM live_account WHERE number = ?", [parse_account(asking)])
    if account is None or account[1] != "active":
        raise Refused(f"{asking[:20]} is no open account here", rule="accounts", cure="open one first")
    if on > work.today:
        raise Refused(f"{on} is still to come", rule="service requests", cure="give today or a day before")
    if form.size.strip() and inches(form.size) is None:
        raise Refused(f"{form.size[:20]!r} is no meter size", rule="meters", cure="write inches: 5/8, 1, 1.5")
    if open_one := work.db.value(
        "SELECT number FROM service_request WHERE point_id = ? AND state = 'open'", [point[0]]
    ):
        raise Refused(
            f"{open_one} is open at {form.point}", rule="one request a point", cure="close it, or withdraw it"
        )
    receipt = _receipt(work, form.paid_on, form.receipt)
    if receipt and not form.both:
        _alone(work, receipt)
    work.db.run(
        "INSERT INTO counter(name, value) VALUES ('service request', 1) ON CONFLICT(name) DO UPDATE SET"
        " value = counter.value + 1"
    )
    number = f"SR-{int(work.db.value('SELECT value FROM counter WHERE name = ?', ['service request'])):06d}"
    id = work.db.insert(
        ServiceRequest, number=number, account_id=account[0], point_id=point[0], kind=form.kind,
        size=form.size.strip(), asked_on=on, asked_by=clean_text(form.asked_by, 120).strip(), fee_cents=form.fee_cents,
        paid_on=form.paid_on, receipt=receipt, noted_by=work.actor.name if receipt else None,
    )  # fmt: skip
    if form.fee_cents and form.paid_on is None:
        _charged(work, id, 1, form.charge, form.documents)
    return _done(work, number)


class Fee(Form, frozen=True, kw_only=True):
    """The fee of a request that was not charged yet, or whose proposal came to nothing."""

    number: Number
    charge: Annotated[str, msgspec.Meta(description="adjustment reason of the fee", max_length=40)] = FEE
    documents: list[Paper] = []

    recorded = Make.recorded


@act("request.fee")
def fee(work: Work, form: Fee) -> Request:
    """Propose the fee of a request that nobody charged."""
    id, version = _open(work, form.number)
    now = _standing(work, form.number)
    if now.proposal and not now.refused:
        raise Refused(f"{now.proposal} charges it", rule="charged once", cure="have it decided, or revise it")
    if now.paid_on is not None or not now.fee_cents:
        raise Refused(f"nothing of {form.number} is due", rule="service requests", cure="nothing to do")
    _charged(work, id, version, form.charge, form.documents)
    return _done(work, form.number)


class Paid(Form, frozen=True, kw_only=True):
    """The fee of a request was paid outside the account: by the developer, with the subdivision, often years before."""

    number: Number
    paid_on: Annotated[Day, msgspec.Meta(description="the day it was paid; empty: today, or as it is noted")] = None
    receipt: Annotated[str, msgspec.Meta(description="its receipt", min_length=2, max_length=80)]
    both: Both = False


@act("request.paid")
def paid(work: Work, form: Paid) -> Request:
    """Note the receipt of a fee that was paid elsewhere; it counts once another person has read the same off it.

    Whoever reads another receipt or day off it notes that anew, whoever noted it before, and another confirms his.
    Whoever confirms it may approve charges. What is charged on the account is paid there, and a receipt of this
    district's own books is no payment elsewhere. One receipt pays one fee, unless its paper names `both`.
    """
    id, version = _open(work, form.number)
    now = _standing(work, form.number)
    if now.proposal and not now.refused:
        raise Refused(
            f"{now.proposal} charges {format_money(now.fee_cents)} on {format_account(now.account)}",
            rule="a fee is paid where it is charged", cure="take the payment, or have the charge withdrawn first",
        )  # fmt: skip
    if now.paid_on is not None:
        raise Refused(f"{now.number} is paid since {now.paid_on}", rule="service requests", cure="nothing to do")
    on = form.paid_on or (now.noted[0] if now.noted else work.today)
    receipt = _receipt(work, on, form.receipt)
    same = now.noted is not None and (on, _folded(receipt)) == (now.noted[0], _folded(now.noted[1]))
    if now.noted is None or now.noted[2] == work.actor.name or not same:
        if not (form.both or same):
            _alone(work, receipt, now.number)
        if now.noted is not None:
            work.detail(before=[now.noted[0].isoformat(), *now.noted[1:]])
        work.db.update(ServiceRequest, id, version, paid_on=on, receipt=receipt, noted_by=work.actor.name)
        return _done(work, form.number)
    if work.actor.role not in (checkers := permissions()["adjust.approve"]):
        raise Refused(
            f"{now.noted[2]} noted its receipt, and the role {work.actor.role} confirms none",
            rule="two people see a receipt", cure="ask: " + ", ".join(sorted(checkers)),
        )  # fmt: skip
    work.db.update(ServiceRequest, id, version, confirmed_by=work.actor.name)
    return _done(work, form.number)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


class Close(Form, frozen=True, kw_only=True):
    """A request whose fee is paid and whose meter is set."""

    number: Annotated[str, msgspec.Meta(description="service request; empty: the open one at the point")] = ""
    point: Annotated[str, msgspec.Meta(description="service point, where no request is named")] = ""


@act("request.close")
def close(work: Work, form: Close) -> Request:
    """Close a request; refused until its money and its meter agree."""
    sql = "SELECT q.number FROM service_request q JOIN service_point p ON p.id = q.point_id WHERE p.number = ?"
    number = form.number.strip() or work.db.value(f"{sql} AND q.state = 'open'", [form.point]) or form.point
    id, version = _open(work, number)
    now = _standing(work, number)
    lacks = [f"{format_money(now.due_cents)} is due"] if now.paid_on is None else []
    if now.noted:
        lacks = [f"receipt {clean_text(now.noted[1], 80)} was seen by {now.noted[2]} alone"]
    lacks += ["no meter was set since"] if now.installed_on is None else []
    if lacks:
        raise Refused(
            f"{now.number}: {' and '.join(lacks)}", rule="money and meter agree before a request is closed",
            cure="take the fee and set the meter, or withdraw the request",
        )  # fmt: skip
    work.db.update(
        ServiceRequest, id, version, state="done", closed_on=work.today, closed_by=work.actor.name, reason="done"
    )
    return _done(work, now.number)


class Withdraw(Form, frozen=True, kw_only=True):
    """Whoever asked does not want it any more."""

    number: Number
    reason: Reason


@act("request.withdraw")
def withdraw(work: Work, form: Withdraw) -> Request:
    """Take a request back; one whose meter was set stays until its money is in.

    A proposal of its fee that is not decided yet is withdrawn with it, by whoever made it. A posted fee is reversed
    apart.
    """
    id, version = _open(work, form.number)
    now, why = _standing(work, form.number), reason(form.reason)
    if now.installed_on is not None and now.paid_on is None:
        raise Refused(
            f"its meter was set on {now.installed_on}, and {format_money(now.due_cents)} is due",
            rule="service requests", cure="take the fee, or take the meter out first",
        )  # fmt: skip
    if now.pending:  # nobody is charged for what he does not get
        adjustments.withdraw(work, adjustments.Withdraw(proposal=now.proposal, reason=why))
    work.db.update(
        ServiceRequest, id, version, state="withdrawn", closed_on=work.today, closed_by=work.actor.name, reason=why
    )
    work.detail(reason=why)
    return _done(work, form.number)


def requests(look: Look, state: str = "open") -> tuple[Request, ...]:
    """Requests of a state (empty: all) in order of their numbers."""
    return tuple(_shown(look, each) for each in standings(look.db, state=state))


def request(look: Look, number: str) -> Request:
    """One request; Refused where there is none of that number."""
    return _shown(look, _standing(look, number))


def _shown(look: Look, s: Standing) -> Request:
    size, by, state, receipt, noted, confirmed = look.db.rows(
        "SELECT size, asked_by, state, receipt, COALESCE(noted_by, ''), COALESCE(confirmed_by, '')"
        " FROM service_request WHERE id = ?",
        [s.id],
    )[0]
    return Request(
        s.number, format_account(s.account), s.point, s.kind, size, s.asked_on, clean_text(by), state, s.fee_cents,
        s.due_cents, s.proposal, s.paid_on, clean_text(receipt), s.installed_on,
        s.noted[0] if s.noted else None, noted, confirmed,
    )  # fmt: skip


def _standing(look: Look, number: str) -> Standing:
    found = standings(look.db, numbers=[number.strip().upper()])
    if not found:
        raise Refused(
            f"no service request {number[:20]}", rule="service requests", cure="see ubtui request list", bad_input=True
        )
    return found[0]


def _open(work: Work, number: str) -> tuple[int, int]:
    _standing(work, number)
    id, version, state = work.db.rows(
        "SELECT id, version, state FROM service_request WHERE number = ?", [number.strip().upper()]
    )[0]
    if state != "open":
        raise Refused(f"{number} is {state}", rule="a closed request stays so", cure="make another one")
    return int(id), int(version)


def _charged(work: Work, id: int, version: int, charge: str, papers: list[Paper]) -> None:
    number, account, cents = work.db.rows(
        "SELECT q.number, a.number, q.fee_cents FROM service_request q JOIN account a ON a.id = q.account_id"
        " WHERE q.id = ?",
        [id],
    )[0]
    if charge not in {each.code for each in work.district.reasons if each.effect == "debit"}:
        raise Refused(
            f"the district has no charge for the reason {charge[:40]!r}", rule="adjustment reasons",
            cure="add it to the district's reasons, or name one of them", bad_input=True,
        )  # fmt: skip
    form = adjustments.Propose(
        account=format_account(account), reason=charge, amount_cents=cents, note=f"{number}: connection fee",
        documents=papers,
    )  # fmt: skip
    made = adjustments.propose(work, form).number
    proposal = work.db.value("SELECT id FROM proposal WHERE number = ?", [made])
    work.db.update(ServiceRequest, id, version, proposal_id=proposal)


def _alone(look: Look, receipt: str, number: str = "") -> None:
    """Refused where another request has this receipt already, however it is written."""
    for other, has, account in look.db.rows(
        "SELECT q.number, q.receipt, a.number FROM service_request q JOIN account a ON a.id = q.account_id"
        " WHERE q.receipt <> '' AND q.state <> 'withdrawn' AND q.number <> ? ORDER BY q.number",
        [number],
    ):
        if _folded(has) == _folded(receipt):
            raise Refused(
                f"receipt {receipt} stands on {other} of {format_account(account)}", rule="one receipt pays one fee",
                cure="read its number again; where its paper names both fees, say both",
            )  # fmt: skip


def _receipt(work: Work, on: date | None, text: str) -> str:
    said = clean_text(text, 80).strip()
    if (on is None) != (len(said) < 2):
        raise Refused(
            "a fee paid elsewhere has its day and its receipt", rule="service requests", cure="give both, or neither"
        )
    if on is not None and on > work.today:
        raise Refused(f"{on} is still to come", rule="service requests", cure="give today or a day before")
    if said and (ours := work.db.one(_OURS, [said.upper()])) is not None:
        raise Refused(
            f"receipt {ours[0]} is in the books of {format_account(ours[1])}", rule="a fee is paid where it is charged",
            cure="charge the fee: what was paid here settles it",
        )  # fmt: skip
    return said


_OURS = "SELECT r.number, a.number FROM receipt r JOIN account a ON a.id = r.account_id WHERE r.number = ?"


def _done(work: Work, number: str) -> Request:
    made = request(work, number)
    points.touch(work, made.point)
    work.touch("account", made.account)
    work.fact(request=made.request, point=made.point, state=made.state, fee=made.fee_cents)
    return made

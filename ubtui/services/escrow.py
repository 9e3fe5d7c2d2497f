"""Escrows: the demand for a property that changes hands, what is likely to come until then, and its statement."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Annotated

import msgspec

from ubtui.act import Cents, Form, Look, Refused, Work, act
from ubtui.db.models import collections as models
from ubtui.documents import demand as paper
from ubtui.domain.money import format_money, round_cents
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text, file_name
from ubtui.services import accounts, contacts, ledger
from ubtui.services.adjustments.plans import find_account
from ubtui.services.adjustments.rows import not_linked
from ubtui.services.documents import Paper, keep
from ubtui.services.liens import liens

USE = "USE"
"""The charge of metered use: it is told apart, because nobody has read the meter yet."""


class Demand(Form, frozen=True, kw_only=True):
    """An escrow's demand: what must be paid for the property to change hands clear of debt."""

    account: Annotated[str, msgspec.Meta(description="account number, as 120440-3")]
    number: Annotated[str, msgspec.Meta(description="escrow number", min_length=1, max_length=40)]
    closes_on: Annotated[date, msgspec.Meta(description="the day it is to close")]
    good_through: Annotated[date, msgspec.Meta(description="the last day that the sum is good for")]
    asked_by: Annotated[str, msgspec.Meta(description="escrow company and officer", min_length=2)]
    estimate: Annotated[bool, msgspec.Meta(description="estimate the use up to closing too")] = False


class Demanded(msgspec.Struct, frozen=True):
    """The account, the escrow, the sum that is asked for, and the statement, which is kept with the account."""

    account: str
    number: str
    cents: Cents
    good_through: date
    document_id: int
    text: str


@act("escrow.demand")
def demand(work: Work, form: Demand) -> Demanded:
    """Record an escrow's demand with what is open today, and keep its statement; a payment with it is expected."""
    account_id, number = find_account(work, form.account)
    not_linked(work, number)
    shown, escrow = format_account(number), clean_text(form.number, 40).strip()
    for what, day in (("closes", form.closes_on), ("is good through", form.good_through)):
        if day < work.today:
            raise Refused(f"it {what} {'on ' * (what == 'closes')}{day}, and that is past", rule="escrow",
                          cure=f"give a day from {work.today} on")  # fmt: skip
    if form.good_through < form.closes_on:
        raise Refused(f"it is good through {form.good_through} only", rule="escrow", cure="a day after it closes")
    if work.db.value("SELECT 1 FROM escrow_demand WHERE account_id = ? AND number = ?", [account_id, escrow]):
        raise Refused(f"the demand of escrow {escrow} is here", rule="escrow", cure="see the account's documents")
    asked = clean_text(form.asked_by, 120).strip()
    cents, text = _stated(work, shown, escrow, asked, form)
    work.db.insert(
        models.EscrowDemand, account_id=account_id, number=escrow, closes_on=form.closes_on,
        good_through=form.good_through, cents=cents, asked_by=asked, recorded_by=work.actor.name, recorded_at=work.now,
    )  # fmt: skip
    content = base64.b64encode(text.encode()).decode()
    kept = keep(
        work, Subject("account", shown),
        Paper(name=file_name(f"demand-{escrow}.txt"), media="text/plain", content=content), f"Demand, escrow {escrow}",
    )  # fmt: skip
    said = f"Demand of {format_money(cents)} for escrow {escrow}, closing {form.closes_on}: sent to {asked}"
    contacts.note(work, contacts.Note(account=shown, text=said, kind="mail", with_role="other"))
    work.touch("account", shown)
    work.fact(account=shown, cents=cents, good_through=form.good_through.isoformat(), document=kept.document_id)
    work.detail(escrow=escrow, asked_by=asked)
    return Demanded(shown, escrow, cents, form.good_through, kept.document_id, text)


def _stated(look: Look, account: str, escrow: str, asked_by: str, form: Demand) -> tuple[int, str]:
    """The sum of a demand and its statement."""
    view = accounts.account(look, account)
    titles = {each.code: each.title for each in look.district.charge_codes}
    items = [(titles.get(i.charge, i.charge), i.due_on, i.open_cents) for i in ledger.open_items(look, view.id)]
    credit = max(view.balance.credit, 0)
    cents = max(0, sum(part[2] for part in items) - credit)
    stand = [(each.number, each.recorded_on, each.open_cents) for each in liens(look, view.id) if not each.released_on]
    return cents, paper.render(
        look.district.name, look.today, account, view.premise, view.apns, view.owner, escrow, asked_by, form.closes_on,
        form.good_through, items, credit, cents, tuple(expected(look, view, form.closes_on, form.estimate)), stand,
        view.balance.roll,
    )  # fmt: skip


def expected(look: Look, view: accounts.AccountView, closes: date, use: bool) -> Iterator[tuple[str, int]]:
    """What is not billed yet and likely to be by a day, by charge, in cents: the last bill's charges, day for day.

    Metered use alone is a guess, made where it is asked for.
    """
    last = next(iter(accounts.bills(look, view.id)), None)
    if last is None or last.to_on is None or closes <= last.to_on or last.to_on <= last.from_on:
        return
    share = Fraction((closes - last.to_on).days, (last.to_on - last.from_on).days)
    sums: dict[str, int] = {}
    for part in last.lines:
        sums[part.charge] = sums.get(part.charge, 0) + part.cents
    titles = {each.code: each.title for each in look.district.charge_codes}
    for charge, cents in sums.items():
        if (charge != USE or use) and (likely := round_cents(cents * share)) > 0:
            guess = ", estimated" if charge == USE else ""
            yield f"{titles.get(charge, charge)}, {last.to_on} to {closes}{guess}", likely

"""Proposals, refusals and items by hand of the sample: made by its people through the real acts, on earlier days."""

from __future__ import annotations

import base64
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments, payments, worklist
from ubtui.services.demo.calendar import office_day
from ubtui.services.demo.office import Office
from ubtui.services.demo.plants import Plant
from ubtui.services.demo.story import Entry
from ubtui.services.demo.tell import FIRST_ACCOUNT
from ubtui.services.documents import Paper

TERM = 2
"""Office days after which a decision is late."""
ANSWER = 3
"""Office days after which a question has waited too long."""
_SHEET = b"Field crew, Rincon Vista\nDrew construction water at the hydrant, 2 loads\nSigned for\n"


def days(today: date) -> tuple[date, date]:
    """The latest day whose proposals wait too long today, and the latest whose proposals just do not."""
    return office_day(today, TERM + 1), office_day(today, TERM)


def first_day(today: date) -> date:
    """The day before anybody of the sample did anything."""
    return office_day(today, ANSWER + 1) - timedelta(days=1)


def write(office: Office, carrying: dict[int, Plant], today: date, skip: Collection[str]) -> list[Entry]:
    """Make the papers of the plants, in order of their days; what each must raise.

    A plant left out (`skip`) still takes its number: its proposal is withdrawn, or its refusal acknowledged.
    """
    found: list[Entry] = []
    office.acts = 0
    late, near = days(today)
    todo = sorted(
        ((plant, format_account(account_number(FIRST_ACCOUNT + i))) for i, plant in carrying.items()),
        key=lambda pair: (pair[0].code in ("A01", "X02") and pair[0].near, pair[0].code, pair[0].n),
    )
    found += _questions(office, todo, today, skip)
    returned: list[tuple[Plant, str, str]] = []
    for plant, account in todo:
        raises = not plant.near and plant.name not in skip
        if plant.code == "A01":
            day = near if plant.near else late
            number = _propose(office, day, account, "read-correction", 3_400 + 560 * plant.n, _SAYS[plant.code])
            if plant.name in skip:
                office.does("ana", day, adjustments.withdraw, adjustments.Withdraw(proposal=number, reason="settled"))
        elif plant.code == "A02":
            number = _propose(office, late, account, "read-correction", 2_900 + 300 * plant.n, _SAYS[plant.code])
            returned.append((plant, account, number))
            continue
        elif plant.code == "A04":
            number = _propose(
                office, late, account, "charge-by-hand", 6_200 + 900 * plant.n, _SAYS[plant.code], True,
                [Paper(name="crew.txt", media="text/plain", content=base64.b64encode(_SHEET).decode())]
                if plant.near else [],
            )  # fmt: skip
            if plant.name in skip:
                office.does(
                    "ana", late, adjustments.withdraw, adjustments.Withdraw(proposal=number, reason="not drawn")
                )
        else:
            continue
        if raises:
            found.append(Entry(plant.code, f"proposal:{number}", account))
    for plant, account, number in returned:
        because = "The route's photo shows the read billed; see policy 7.1."
        office.does("ben", near, adjustments.reject, adjustments.Reject(proposal=number, reason=because))
        if plant.near or plant.name in skip:
            office.does("ana", near, adjustments.acknowledge, adjustments.Acknowledge(proposal=number))
        else:
            found.append(Entry("A02", f"proposal:{number}", account))
    found += _suspense(office, todo, late, skip)
    found += _by_hand(office, todo, today, skip)
    return found


_SAYS = {
    "A01": "Reader took the neighbour's meter; photo in the truck's log.",
    "A02": "Says that the dial was read wrong, has no photo.",
    "A04": "Construction water from the hydrant; the crew's sheet to follow.",
}
_CALLS = (
    ("Call back about the high bill", "wants to know whether the irrigation timer can explain it"),
    ("Send two years of use", "buyer's agent asks for the history before closing"),
    ("Check the lid with the crew", "owner says the box sits in the new drive"),
    ("Note the gate code", "told the reader already"),
)


def _propose(
    office: Office, day: date, account: str, reason: str, cents: int, note: str, draft: bool = False,
    papers: list[Paper] | None = None,
) -> str:  # fmt: skip
    form = adjustments.Propose(
        account=account, reason=reason, amount_cents=cents, note=note, draft=draft, documents=papers or []
    )
    return office.does("ana", day, adjustments.propose, form).number


_ASKS = (
    ("Two owners on the deed", "may the second owner's trust hold the account?"),
    ("Old credit from the merger", "does this credit belong to the account of before?"),
    ("Check made out to the old name", "may the bank take it?"),
    ("Bill in the decedent's name", "what does the bank ask for?"),
)


def _questions(office: Office, todo: list[tuple[Plant, str]], today: date, skip: Collection[str]) -> list[Entry]:
    """Questions that ana sent with an item to finance and cho left lying; what was left out is answered.

    What the item was for is settled meanwhile, so that the question alone is left.
    """
    found = []
    for plant, account in todo:
        if plant.code != "X02":
            continue
        office.acts = 600 + 10 * plant.n
        day = office_day(today, ANSWER if plant.near else ANSWER + 1)
        title, asks = _ASKS[plant.n - 1]
        made = office.does("ana", day, worklist.add, worklist.Add(title=title, account=account, priority=40))
        office.does("ana", day, worklist.forward, worklist.Forward(item=made.item, to="finance", question=asks))
        key = office.db.value("SELECT key FROM question ORDER BY id DESC LIMIT 1")
        office.does("ana", day, worklist.resolve, worklist.Resolve(item=made.item, resolution="owner will call again"))
        if plant.name in skip:
            office.does("cho", day, worklist.answer, worklist.Answer(item=made.item, answer="yes, with the paper"))
        elif not plant.near:
            found.append(Entry("X02", f"text:{key}", account))
    return found


_PAYERS = ("R. Bauer", "Lockwood Family Trust", "M Ochoa", "Dunn & Daughters")


def _suspense(office: Office, todo: list[tuple[Plant, str]], day: date, skip: Collection[str]) -> list[Entry]:
    """Checks without a stub that cho took in and nobody knows for whom; near: ana found out."""
    found = []
    for plant, account in todo:
        if plant.code != "P01":
            continue
        office.acts = 700 + 10 * plant.n
        cents = 5_219 + 1_307 * plant.n
        came = payments.Came(cents=cents, payer=_PAYERS[plant.n - 1], reference=f"{4_470 + plant.n}")
        form = payments.Stage(source="Mail", kind="check", received_on=day, lines=[came], control_cents=cents)
        made = office.does("cho", day, payments.stage, form)
        approve = adjustments.Approve(proposal=made.proposal, amount_cents=cents)
        office.does("ben", day, adjustments.approve, approve)
        key = made.payments[0]
        if plant.near or plant.name in skip:
            office.does("ana", day, payments.match, payments.Match(payment=key, account=account, note="old stub"))
        else:
            found.append(Entry("P01", f"payment:{key}", None))
    return found


def _by_hand(office: Office, todo: list[tuple[Plant, str]], today: date, skip: Collection[str]) -> list[Entry]:
    """Items that ana typed; the near one is settled already. Their keys count by plant, so their uuids stay."""
    found = []
    for plant, account in todo:
        if plant.code != "X05" or plant.name in skip:
            continue
        title, why = _CALLS[plant.n - 1]
        office.acts = 900 + plant.n * 2
        form = worklist.Add(title=title, why=why, account=account, priority=35 + 10 * plant.n)
        made: Any = office.does("ana", today, worklist.add, form)
        if plant.near:
            office.does("ana", today, worklist.resolve, worklist.Resolve(item=made.item, resolution="noted"))
        else:
            found.append(Entry("X05", made.item.removeprefix("X05:"), account))
    return found

"""Proposals, refusals and items by hand of the sample: made by its people through the real acts, on earlier days."""

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from ubtui.act import Act, Actor, Form, Look, Refused, perform
from ubtui.db.session import Session
from ubtui.domain.calendars import seed as calendar
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments, worklist
from ubtui.services.demo.plants import Plant
from ubtui.services.demo.story import Entry
from ubtui.services.demo.tell import FIRST_ACCOUNT
from ubtui.services.documents import Paper
from ubtui.settings import District

F = TypeVar("F", bound=Form)
R = TypeVar("R")
TERM = 2
"""Office days after which a decision is late."""
_ROLES = {"ana": "technician", "ben": "lead", "service": "service"}
_RECEIPT = b"Foothill Plumbing, Rincon Vista\nRepaired a split line at the meter box, 2 hours\nPaid in full\n"


@dataclass
class Office:
    """The sample's people at work: one act after another, each some minutes after the one before, on a day given."""

    db: Session
    district: District
    seed: int
    acts: int = field(default=0)

    def does(self, name: str, day: date, act: Act[F, R], form: F) -> R:
        """One act by one person on a day; a refusal here is a fault of the sample."""
        self.acts += 1
        moment = datetime.combine(day, datetime.min.time()) + timedelta(hours=14, seconds=5 * self.acts)
        now = moment.isoformat(timespec="microseconds") + "Z"
        look = Look(self.db, day, now, now, self.district, Actor(name, _ROLES[name], f"as:{name}"))
        done = perform(look, act, form, f"sample-{self.seed}-{self.acts:04d}-{act.name}")
        if isinstance(done, Refused):
            raise RuntimeError(f"sample: {act.name} by {name} on {day} was refused: {done.sentence()}")
        return done.result


def days(today: date) -> tuple[date, date]:
    """The latest day whose proposals wait too long today, and the latest whose proposals just do not."""
    office = calendar("OFFICE")
    late = near = today
    while office.between(late, today) <= TERM:
        late -= timedelta(days=1)
    while office.between(near, today) < TERM:
        near -= timedelta(days=1)
    return late, near


def write(office: Office, carrying: dict[int, Plant], today: date, skip: Collection[str]) -> list[Entry]:
    """Make the papers of the plants, in order of their days; what each must raise.

    A plant left out (`skip`) still takes its number: its proposal is withdrawn, or its refusal acknowledged.
    """
    found: list[Entry] = []
    late, near = days(today)
    todo = sorted(
        ((plant, format_account(account_number(FIRST_ACCOUNT + i))) for i, plant in carrying.items()),
        key=lambda pair: (pair[0].code == "A01" and pair[0].near, pair[0].code, pair[0].n),
    )
    returned: list[tuple[Plant, str, str]] = []
    for plant, account in todo:
        raises = not plant.near and plant.name not in skip
        if plant.code == "A01":
            day = near if plant.near else late
            number = _propose(office, day, account, "read-correction", 3_400 + 560 * plant.n, _SAYS[plant.code])
            if plant.name in skip:
                office.does("ana", day, adjustments.withdraw, adjustments.Withdraw(proposal=number, reason="settled"))
        elif plant.code == "A02":
            number = _propose(office, late, account, "courtesy-waiver", 2_900 + 300 * plant.n, _SAYS[plant.code])
            returned.append((plant, account, number))
            continue
        elif plant.code == "A04":
            number = _propose(
                office, late, account, "leak", 6_200 + 900 * plant.n, _SAYS[plant.code], True,
                [Paper(name="plumber.txt", media="text/plain", content=base64.b64encode(_RECEIPT).decode())]
                if plant.near else [],
            )  # fmt: skip
            if plant.name in skip:
                office.does("ana", late, adjustments.withdraw, adjustments.Withdraw(proposal=number, reason="no leak"))
        else:
            continue
        if raises:
            found.append(Entry(plant.code, f"proposal:{number}", account))
    for plant, account, number in returned:
        because = "Waived in spring already; see policy 6.4."
        office.does("ben", near, adjustments.reject, adjustments.Reject(proposal=number, reason=because))
        if plant.near or plant.name in skip:
            office.does("ana", near, adjustments.acknowledge, adjustments.Acknowledge(proposal=number))
        else:
            found.append(Entry("A02", f"proposal:{number}", account))
    found += _by_hand(office, todo, today, skip)
    return found


_SAYS = {
    "A01": "Reader took the neighbour's meter; photo in the truck's log.",
    "A02": "First late fee, check crossed in the mail.",
    "A04": "Line split at the meter box; plumber's bill to follow.",
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

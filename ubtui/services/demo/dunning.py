"""What the office did about what accounts of the sample owe: reminders mailed on ladder days, plans to pay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from ubtui.documents import reminder
from ubtui.domain.canonical import canonical, sha256_hex
from ubtui.domain.numbers import format_account
from ubtui.services.demo.books import Open, Rows
from ubtui.services.demo.calendar import business_day
from ubtui.services.demo.story import Story
from ubtui.settings import District

LADDER_WEEKDAY, PAST_DUE = 2, 15
"""Wednesday; and the days past due that a reminder waits."""
COLUMNS: Final = {
    "letter": "id account_id kind template_version sha256 address mailed_on item_keys",
    "notice_item": "item_id step letter_id run",
    "arrangement": "id number account_id kind cents made_on made_by made_at note",
    "arrangement_item": "arrangement_id item_id cents",
    "instalment": "arrangement_id n due_on cents",
}


def ladder_day(today: date) -> date:
    """The newest ladder day: Wednesday, or the office day after it."""
    day = today - timedelta(days=(today.weekday() - LADDER_WEEKDAY) % 7)
    while business_day(day) > today:
        day -= timedelta(days=7)
    return business_day(day)


class Letters:
    """Letters for what is past due, each item once, and the plans that some accounts have."""

    def __init__(self, district: District, new: Callable[[str], int], now: str) -> None:
        self.district, self.new, self.now = district, new, now

    def write(self, rows: Rows, today: date, s: Story, account: int, owed: Sequence[Open]) -> None:
        """Gather an account's letters, or its plan over all that is open."""
        items = sorted(owed, key=lambda item: (item.due_on, item.item))
        if not items:
            return
        if s.plan is not None:
            self._plan(rows, s, s.plan, account, items)
        elif not s.plant.startswith("C01"):
            before = (ladder_day(today) - timedelta(days=PAST_DUE)).isoformat()
            for due in sorted({item.due_on for item in items if item.due_on < before}):
                stated = [item for item in items if item.due_on == due]
                letter = self._letter(s, account, stated)
                rows["letter"].append(letter)
                rows["notice_item"] += [(item.item, "reminder", letter[0], f"ladder/{letter[6]}") for item in stated]

    def _letter(self, s: Story, account: int, stated: Sequence[Open]) -> tuple[Any, ...]:
        """The letter of the first ladder day after its items were long enough past due."""
        due = date.fromisoformat(stated[0].due_on)
        day = due + timedelta(days=PAST_DUE + 1)
        day = business_day(day + timedelta(days=(LADDER_WEEKDAY - day.weekday()) % 7))
        people = {role.role: role.person for role in s.roles if role.to_on is None}
        who = people.get("mailing") or people["payer"]
        address = (who.name, who.line1 or "", f"{who.city}, {who.state} {who.zip}")
        lines = [(item.charge.title, due, item.cents) for item in stated]
        said = reminder.render(self.district.name, day, format_account(s.number), address, lines)
        keys = canonical([item.item for item in stated])
        return (
            self.new("letter"), account, "reminder", reminder.VERSION, sha256_hex(said), "\n".join(address),
            day.isoformat(), keys,
        )  # fmt: skip

    def _plan(self, rows: Rows, s: Story, plan: Sequence[date], account: int, items: Sequence[Open]) -> None:
        """A plan over all that is open, in equal parts on its days, the last one taking the rest."""
        made_on, *days = plan
        number, total = self.new("arrangement"), sum(item.cents for item in items)
        rows["arrangement"].append(
            (
                number, f"PA-{s.index + 1:06d}", account, "amortization", total, made_on.isoformat(), "ana", self.now,
                "asked on the phone",
            )
        )  # fmt: skip
        rows["arrangement_item"] += [(number, item.item, item.cents) for item in items]
        for n, day in enumerate(days, 1):
            cents = total // len(days) if n < len(days) else total - total // len(days) * (len(days) - 1)
            rows["instalment"].append((number, n, day.isoformat(), cents))

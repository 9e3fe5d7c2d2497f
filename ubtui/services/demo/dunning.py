"""What the office did about what accounts of the sample owe: reminders mailed on ladder days, plans to pay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from ubtui.act import Work
from ubtui.documents import reminder
from ubtui.domain.canonical import canonical, sha256_hex
from ubtui.domain.numbers import format_account
from ubtui.services.demo.calendar import business_day
from ubtui.services.demo.story import Story

LADDER_WEEKDAY, PAST_DUE = 2, 15
"""Wednesday; and the days past due that a reminder waits."""
_PLAN = "id number account_id kind cents made_on made_by made_at note"


def ladder_day(today: date) -> date:
    """The newest ladder day: Wednesday, or the office day after it."""
    day = today - timedelta(days=(today.weekday() - LADDER_WEEKDAY) % 7)
    while business_day(day) > today:
        day -= timedelta(days=7)
    return business_day(day)


def write(work: Work, today: date, told: Sequence[Story], accounts: dict[int, int]) -> None:
    """Letters for what is past due, each item once, and the plans that some accounts have; set by set."""
    owing: dict[int, list[tuple[int, date, int, str]]] = defaultdict(list)
    for account, item, due, cents, title in work.db.rows(
        "SELECT o.account_id, o.item_id, o.due_on, o.cents, c.title FROM open_item o"
        " JOIN receivable_item i ON i.id = o.item_id JOIN charge_code c ON c.id = i.charge_code_id"
        " WHERE o.account_id BETWEEN ? AND ? ORDER BY o.account_id, o.due_on, o.item_id",
        [min(accounts.values()), max(accounts.values())],
    ):
        owing[account].append((item, date.fromisoformat(due), cents, title))
    before = ladder_day(today) - timedelta(days=PAST_DUE)
    letters: list[tuple[Any, ...]] = []
    notices: list[tuple[Any, ...]] = []
    plans: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    last_letter, last_plan = (
        int(work.db.value(f"SELECT COALESCE(MAX(id), 0) FROM {t}")) for t in ("letter", "arrangement")
    )
    for s in told:
        items = owing.get(accounts[s.index], [])
        if not items:
            continue
        if s.plan is not None:
            last_plan += 1
            _plan(plans, last_plan, s, accounts[s.index], items, work.now)
        elif not s.plant.startswith("C01"):
            for due in sorted({due for _, due, _, _ in items if due < before}):
                last_letter += 1
                stated = [item for item in items if item[1] == due]
                letters.append(_letter(work, last_letter, s, accounts[s.index], stated))
                run = f"ladder/{letters[-1][6]}"
                notices += [(item, "reminder", last_letter, run) for item, _, _, _ in stated]
    db = work.db
    db.load(
        "letter",
        ["id", "account_id", "kind", "template_version", "sha256", "address", "mailed_on", "item_keys"],
        letters,
    )
    db.load("notice_item", ["item_id", "step", "letter_id", "run"], notices)
    db.load("arrangement", _PLAN.split(), plans["arrangement"])
    db.load("arrangement_item", ["arrangement_id", "item_id", "cents"], plans["arrangement_item"])
    db.load("instalment", ["arrangement_id", "n", "due_on", "cents"], plans["instalment"])
    if db.kind == "postgres":
        for table, last in (("letter", last_letter), ("arrangement", last_plan)):
            if last:
                db.rows("SELECT setval(pg_get_serial_sequence(?, 'id'), ?)", [table, last])


def _letter(
    work: Work, number: int, s: Story, account: int, stated: list[tuple[int, date, int, str]]
) -> tuple[Any, ...]:
    """The letter of the first ladder day after its items were long enough past due."""
    day = stated[0][1] + timedelta(days=PAST_DUE + 1)
    day = business_day(day + timedelta(days=(LADDER_WEEKDAY - day.weekday()) % 7))
    people = {role.role: role.person for role in s.roles if role.to_on is None}
    who = people.get("mailing") or people["payer"]
    address = (who.name, who.line1 or "", f"{who.city}, {who.state} {who.zip}")
    lines = [(title, due, cents) for _, due, cents, title in stated]
    said = reminder.render(work.district.name, day, format_account(s.number), address, lines)
    keys = canonical([item for item, _, _, _ in stated])
    return number, account, "reminder", reminder.VERSION, sha256_hex(said), "\n".join(address), day.isoformat(), keys


def _plan(
    rows: dict[str, list[tuple[Any, ...]]],
    number: int,
    s: Story,
    account: int,
    items: list[tuple[int, date, int, str]],
    now: str,
) -> None:
    """A plan over all that is open, in equal parts on its days, the last one taking the rest."""
    assert s.plan is not None
    made_on, *days = s.plan
    total = sum(cents for _, _, cents, _ in items)
    name = f"PA-{s.index + 1:06d}"
    rows["arrangement"].append(
        (number, name, account, "amortization", total, made_on.isoformat(), "ana", now, "asked on the phone")
    )
    rows["arrangement_item"] += [(number, item, cents) for item, _, cents, _ in items]
    for n, day in enumerate(days, 1):
        cents = total // len(days) if n < len(days) else total - total // len(days) * (len(days) - 1)
        rows["instalment"].append((number, n, day.isoformat(), cents))

"""The twelve tasks that are four fifths of the work, by real keys: each within its count, each with what it changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.record import asked, assert_clean
from tests.journeys.day import Sitting, at_rest, paper, shell, sitting
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account

Step = tuple[str, str]


class Task(NamedTuple):
    """What is done where its account or item is found; `most` keys, typed text not among them.

    `steps`: keys and, in quotes, text, each with what then stands on the screen. `sql` reads what it changed.
    """

    name: str
    most: int
    at: str
    steps: tuple[Step, ...]
    sql: str
    want: object


# Accounts are named by a letter, items by a filter, "" is the worklist as it is.
OF = "(SELECT id FROM account WHERE number = '{{{}}}')"
ANA = (
    Task("balance, why high", 1, "A", (("f2", "Last bill"),),
         "SELECT COUNT(*) > 0 FROM audit WHERE act = 'account.show' AND actor = 'ana'", 1),
    Task("contact with a promise", 3, "A", (("n", "Promise"), ("'will pay it' enter 'fri 10.00' f5", "Noted;")),
         "SELECT promise_cents FROM contact WHERE text = 'will pay it'", 10_00),
    Task("counter check", 4, "A", (("p", "Handed over"), ("enter '90417' f5", "take it"), ("enter", "Receipt C")),
         "SELECT COUNT(*) FROM tender WHERE reference = '90417' AND kind = 'check'", 1),
    Task("suspense match", 2, "code:P01 'Zed'", (("enter", "likely"), ("f5", "closed 1 item")),
         "SELECT state FROM suspense_line WHERE payer = 'Zed'", "matched"),
    Task("high read kept", 2, "code:R05", (("enter", "would close"), ("f5", "closed 1 item")),
         "SELECT COUNT(*) FROM work_item WHERE code = 'R05' AND state = 'resolved'", 1),
    Task("high reads, those marked", 4, "code:R05 marked", (("enter", "and 1 more"), ("f5", "do all 2"),
         ("f5", "2 items done")),
         "SELECT COUNT(*) FROM work_item WHERE code = 'R05' AND state = 'resolved'", 3),
    Task("order out", 3, "B", (("O", "due"), ("1 f5", "F-0")),
         f"SELECT COUNT(*) FROM field_order WHERE asked_by = 'ana' AND account_id = {OF.format('B')}", 1),
    Task("its result in", 5, "", (("I", "showed"), ("f5", "result in: done")),
         f"SELECT state FROM field_order WHERE asked_by = 'ana' AND account_id = {OF.format('B')}", "done"),
    Task("sealed", 6, "B", (("M", "At the meter"), ("2", "Number"), ("'99177' f5", "done.")),
         "SELECT COUNT(*) FROM seal WHERE number = '99177' AND removed_on IS NULL", 1),
    Task("unsealed", 6, "B", (("M", "At the meter"), ("3", "Reason"), ("tab 'asked for' f5", "done.")),
         "SELECT COUNT(*) FROM seal WHERE number = '99177' AND removed_on IS NOT NULL", 1),
    Task("meter exchanged", 6, "B", (("M", "At the meter"), ("7", "Serial"),
         ("'Neptune' tab '70012345' tab 'it stood still' tab '{last}' f5", "done.")),
         "SELECT COUNT(*) FROM meter WHERE serial = '70012345'", 1),
    Task("more time", 6, "C", (("E", "Change"), ("8", "Expires on"), ("'2026-12-01' f5", "done.")),
         f"SELECT kind FROM protection WHERE expires_on = '2026-12-01' AND account_id = {OF.format('C')}", "extension"),
    Task("plan by instalments", 6, "C", (("E", "Change"), ("9", "Longer"), ("f5", "done.")),
         f"SELECT COUNT(*) FROM arrangement WHERE ended_on IS NULL AND account_id = {OF.format('C')}", 1),
    Task("late fee waived", 6, "D", (("a", "Adjustment"), ("{waiver} tab '1.00' f5", "Submit 1.00"), ("f5", "P-0")),
         "SELECT COUNT(*) FROM proposal WHERE maker = 'ana' AND amount_cents = 100", 1),
    Task("leak relief with its paper", 8, "D", (("a", "Adjustment"), ("1 tab '7.00' f6", "Attach"),
         ("'{paper}' f5", "invoice.pdf"), ("f5", "Submit 7.00"), ("f5", "waits for")),
         "SELECT COUNT(*) FROM document WHERE name = 'invoice.pdf'", 1),
    Task("address", 4, "E", (("E", "Change"), ("1", "Line1"), ("' Apt 2' shift+tab 'he called' f5", "done.")),
         "SELECT COUNT(*) FROM party WHERE mail_line1 LIKE '% Apt 2'", 1),
    Task("autopay", 4, "E", (("E", "Change"), ("2", "Token"), ("'1234' tab 'tok_9zK2' f5", "done.")),
         "SELECT last4 FROM autopay WHERE token = 'tok_9zK2'", "1234"),
    Task("e-bill", 4, "E", (("E", "Change"), ("4", "Address"), ("'ann@x.org' f5", "done.")),
         "SELECT COUNT(*) FROM ebill WHERE address = 'ann@x.org'", 1),
    Task("escrow demand, printed", 10, "F", (("E", "Change"), ("6", "Good through"),
         ("'E-771' tab '2026-12-10' tab '2026-12-20' tab 'Sierra Title' f5", "Demand statement"),
         ("escape", "is kept")),
         "SELECT COUNT(*) FROM document WHERE name = 'demand-E-771.txt'", 1),
    Task("owner change", 20, "G", (("E", "Change"), ("7", "Vesting"), ("'Nora Quill' f5", "done.")),
         "SELECT COUNT(*) FROM account_role r JOIN party p ON p.id = r.party_id WHERE p.name = 'Nora Quill'"
         " AND r.role = 'owner' AND r.to_on IS NULL", 1),
    Task("drawer and deposit", 6, "", (("g c", "Count drawer"), ("'0' tab '{paid}' f5", "to the bank"),
         ("f5", "Deposit D-")),
         "SELECT COUNT(*) FROM deposit", 1),
)  # fmt: skip
BEN = Task("batch released", 4, "approvals", (("a", "Type the amount"), ("'{zed}' f5", "posted as journal")),
           "SELECT state FROM suspense_line WHERE payer = 'Zed'", "suspense")  # fmt: skip


CHARGED_LATE = (
    "SELECT a.number FROM receivable_item i JOIN charge_code c ON c.id = i.charge_code_id AND c.code = 'PEN'"
    " JOIN account a ON a.id = i.account_id AND a.state = 'active' WHERE i.effective_on > '2026-01-01'"
    " AND i.cents >= 100 AND a.id NOT IN (SELECT account_id FROM proposal WHERE account_id IS NOT NULL)"
    " AND a.number NOT IN (SELECT account_number FROM staff_account) ORDER BY i.cents DESC"
)


def accounts(data: str) -> Iterator[str]:
    """Accounts that owe, with one meter, and of which nothing else is known."""
    nothing = "".join(
        f" AND a.id NOT IN (SELECT account_id FROM {table} WHERE account_id IS NOT NULL)"
        for table in ("proposal", "arrangement", "protection", "autopay", "ebill", "field_order", "work_item")
    )
    rows = asked(
        data,
        "SELECT a.number FROM account a JOIN service s ON s.account_id = a.id AND s.to_on IS NULL"
        " JOIN (SELECT account_id, SUM(cents) AS cents FROM open_item GROUP BY account_id) o ON o.account_id = a.id"
        " WHERE a.state = 'active' AND o.cents BETWEEN 700 AND 900000 AND a.number NOT IN"
        " (SELECT account_number FROM staff_account) AND s.point_id NOT IN (SELECT point_id FROM seal)"
        f"{nothing} GROUP BY a.number HAVING COUNT(*) = 1 ORDER BY a.number",
    )
    return (number for (number,) in rows)


def found(desk: Sitting, at: str, places: dict[str, str]) -> None:
    """The account or the item is before her; none of these keys is the task's."""
    if not at or (at in places and f"Account  {format_account(places[at])}" in desk.screen()[0]):
        return
    if at == "approvals":
        desk.press("g", "a")
        desk.see("Mine to decide", "P-0")
        desk.down_to(places["zed"])
        return
    while not any("Team " in line for line in desk.settle(0.2)[:2]):
        desk.press("escape")
    if at.startswith("code:"):
        code, _, what = at.partition(" ")
        desk.press("escape")  # the filter of the task before
        desk.filter(code)
        if what == "marked":
            desk.press("space", "down", "space")
            desk.see("2 marked")
        elif what:
            desk.down_to(what.strip("'"))
        return
    number = format_account(places[at])
    desk.press("f")
    desk.see("Accounts old and new")
    desk.type(number)
    desk.press("enter")
    desk.see(f"Account  {number}", "balance")


def done(desk: Sitting, task: Task, places: dict[str, str]) -> int:
    """Do the task; how many keys it took."""
    found(desk, task.at, places)
    keys = 0
    for pressed, shown in task.steps:
        for text, key in re.findall(r"'([^']*)'|(\S+)", pressed.format(**places)):
            if key:
                desk.press(key)
                keys += 1
            else:
                desk.type(text)
        try:
            desk.see(shown)
        except TimeoutError as late:
            raise AssertionError(f"{task.name}, after {pressed!r}: {late}") from None
    got = asked(desk.data, task.sql.format(**places))
    assert got == [(task.want,)], f"{task.name}: {got}"
    assert keys <= task.most, f"{task.name}: {keys} keys, {task.most} at most"
    return keys


def test_each_within_its_count(sample_folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = sample_folder
    places = dict(zip("ABCEFG", accounts(data), strict=False))
    places["D"] = next(number for (number,) in asked(data, CHARGED_LATE) if number not in places.values())
    assert len(places) == 7
    owes = asked(data, f"SELECT SUM(cents) FROM open_item WHERE account_id = {OF.format('A')}".format(**places))[0][0]
    paid = asked(data, f"SELECT SUM(cents) FROM open_item WHERE account_id = {OF.format('F')}".format(**places))[0][0]
    places |= {"paper": str(paper(tmp_path)), "paid": format_money(owes), "zed": format_money(paid), "waiver": "3"}
    reads = "SELECT MAX(r.value) FROM read r JOIN service s ON s.point_id = r.point_id WHERE s.account_id ="
    places["last"] = str(asked(data, f"{reads} {OF.format('B')}".format(**places))[0][0])
    line = f"{format_money(paid)}; Zed; acct {format_account(places['F'])}"
    shell(data, "payment", "stage", "Mail", "--total", format_money(paid), "--line", line)
    counts = {}
    with sitting(data, "ben") as ben:
        counts[BEN.name] = done(ben, BEN, places)
        ben.press("escape")
        ben.see("Team ")
        ben.leave()
    with sitting(data, "ana") as ana:
        for task in ANA:
            counts[task.name] = done(ana, task, places)
        ana.press("g", "w")
        ana.see("Team ")
        ana.leave()
    at_rest(data)
    assert_clean(data)
    assert counts["batch released"] + counts["drawer and deposit"] <= 10
    with capsys.disabled():
        print("\n" + "\n".join(f"{keys:3} keys, {each.most:2} at most  {each.name}"
                               for each in (BEN, *ANA) for keys in [counts[each.name]]))  # fmt: skip

"""The phone rings in the middle of a form: the caller is answered, found, written down, and the form goes on."""

from __future__ import annotations

import re

from tests.faults.record import asked, assert_clean
from tests.journeys.day import Sitting, at_rest, shell, sitting
from tests.journeys.test_shell_morning import owing
from tests.services.office import owes
from ubtui.domain.numbers import format_account


def number_on_row(ana: Sitting) -> str:
    found = re.search(r"\d{6}-\d", ana.under_cursor())
    assert found, ana.under_cursor()
    return found[0]


Cells = list[tuple[str, str, str, bool, bool]]


def field(ana: Sitting) -> Cells:
    """The line of the field she types in, cell by cell: its cursor is a cell in reverse."""
    return next(row for row in ana.cells() if "dial misread" in "".join(cell[0] for cell in row))


def back_at(ana: Sitting, before: Cells) -> None:
    """The field stands as it stood, its cursor too."""
    ana.wait_until(lambda lines: any("dial misread" in line for line in lines), what="the field")
    ana.settle()
    assert field(ana) == before


def test_a_call_in_the_middle_of_a_form(sample: str) -> None:
    caller = format_account(owing(sample))
    owes(sample, 20_00)
    with sitting(sample, "ana") as ana:
        number = number_on_row(ana)

        # A call about the row: one key, and all she is asked stands there.
        ana.press("f2")
        ana.see(f"Phone  {number}", "balance", "year ago", "why", "Last bill")
        ana.press("escape")
        ana.see("Worklist", "Team ")

        # She is inside an adjustment, her cursor in the middle of a word.
        ana.press("o")
        ana.see(f"Account  {number}", "[Summary]")
        ana.press("a")
        ana.see("Adjustment", "Reason")
        ana.press("2", "tab")
        ana.type("41.00")
        ana.press("tab", "tab")
        ana.press("ctrl+u")
        ana.type("dial misread")
        ana.see("dial misread", "Before and after")
        for _ in range(4):
            ana.press("left")
        ana.wait_until(lambda _: any(cell[0] == "r" and cell[4] for cell in field(ana)), what="the cursor on its r")
        at = field(ana)

        # The same customer calls: answered and written down with a promise in three keys, from over the form.
        ana.press("f2")
        ana.see(f"Phone  {number}", "1 parked")
        ana.press("n")  # one
        ana.see(f"Contact with {number}", "Promise")
        ana.type("will pay on Friday")
        ana.see("will pay on Friday")
        ana.press("enter")  # two
        ana.see("day and money, as fri 120.00")
        ana.type("fri 20.00")
        ana.see("fri 20.00  ")
        ana.press("f5")  # three
        ana.see("Noted; it comes back on Fri 2026-11-27.", "20.00 by Nov 27, open")
        ana.press("escape")
        ana.see("Adjustment", "dial misread", "41.00")
        back_at(ana, at)

        # Another one calls: found by number from inside the form, looked at, and back at the very cursor.
        ana.press("f3")
        ana.see("Find")
        ana.type(caller)
        ana.see(caller)
        ana.press("enter")
        ana.see(f"Account  {caller}", "balance", "1 parked")
        ana.press("tab", "tab", "x")
        ana.see("amount", "open", "esc back")
        ana.press("escape", "escape")
        ana.see_no_more(f"Account  {caller}")
        if not any("dial misread" in line for line in ana.settle()):  # the line of the search lies between
            ana.press("escape")
        ana.see("Adjustment", "dial misread", "41.00")
        back_at(ana, at)

        # The form goes on where it was left.
        ana.type("!")
        ana.see("dial mis!read")
        ana.press("f5")
        ana.see("Submit 41.00")
        ana.press("f5")
        ana.see("waits for lead")
        at_rest(sample)
        ana.press("escape", "escape")
        ana.see("Worklist", "Team ")
        ana.leave()

    rows = asked(sample, "SELECT promise_cents, promise, by_staff, text FROM contact WHERE text LIKE 'will pay on%'")
    assert [tuple(row) for row in rows] == [(20_00, "open", "ana", "will pay on Friday")]
    shown = shell(sample, "contact", "list", number).out
    assert "will pay on Friday" in shown and "20.00 by Nov 27, open" in shown
    assert "= past due" in shell(sample, "account", "explain", caller, "balance").out
    assert "year ago" in shell(sample, "account", "call", caller).out

    # Nobody paid: on its day the promise is on the list, and closes by what she says about it.
    shell(sample, "clock", "--to", "2026-11-30")
    key = asked(sample, "SELECT key FROM contact WHERE text LIKE 'will pay on%'")[0][0]
    item = f"X01:text:{key}"
    assert key in shell(sample, "worklist", "export", "--format", "json", "--filter", "code:X01").out
    told = shell(sample, "contact", "promise", key, "moved", "--to", "+3", "--why", "the check is in the mail")
    assert f"closed 1 item: {item}" in told.err
    assert_clean(sample)

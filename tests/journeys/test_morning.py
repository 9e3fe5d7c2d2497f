"""A morning by keyboard: Ana finds what is wrong, fixes it, sends an adjustment; Ben posts it; the books are right."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.faults.record import asked, assert_clean
from tests.journeys.day import Sitting, at_rest, paper, shell, sitting
from tests.journeys.test_shell_morning import owing
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account


def owed(data: str, account: str) -> int:
    """The balance as the postings have it, in cents."""
    sql = (
        "SELECT CAST(SUM(p.cents) AS bigint) FROM posting p JOIN account a ON a.id = p.account_id"
        " JOIN gl_account g ON g.id = p.gl_id WHERE a.number = ? AND g.use IN ('receivable', 'credit')"
    )
    return int(asked(data, sql, account)[0][0])


def form_filled(ana: Sitting, amount: str, note: str) -> None:
    """The adjustment form: a digit for the reason, then amount and note."""
    ana.press("2")
    ana.see("Read corrected after billing")
    ana.press("tab")
    ana.type(amount)
    ana.press("tab", "tab")
    ana.type(note)


def test_the_morning(sample: str) -> None:
    account = owing(sample)
    number, before = format_account(account), owed(sample, account)
    total = len(json.loads(shell(sample, "worklist", "export", "--format", "json").out))

    with sitting(sample, "ana") as ana:
        # The day is on the first screen.
        ana.see("Mon Nov 23", "ana · technician", f"all {total} shown")

        # One kind of trouble; the first of it is hers.
        ana.filter("code:R10")
        ana.see(f"3 of {total} shown")
        ana.press("c")
        ana.see("Yours for 30 minutes")
        gone = ana.under_cursor()
        shown = re.search(r"\d{6}-\d", gone)
        assert shown

        # Open, take the offered fix, say why, see what it would do, do it.
        ana.press("enter")
        ana.see("What can be done", "would close")
        ana.press("1")
        ana.press("enter")
        ana.type("the counter went past zero")
        ana.see("would close")
        ana.press("f5")
        ana.see("closed 1 item")
        at_rest(sample)
        ana.press("escape")
        ana.see(f"2 of {total - 1} shown")
        assert not any(shown[0] in line for line in ana.screen()[2:14])
        ana.press("escape")
        ana.see(f"all {total - 1} shown")

        # A call: an adjustment for an account, by its number.
        ana.press("f")
        ana.see("Accounts old and new")
        ana.type(number)
        ana.press("enter")
        ana.see(number, "balance", format_money(before))
        ana.press("a")
        ana.see("Adjustment", number, "Reason")
        form_filled(ana, "41.00", "dial misread on the phone")
        ana.see(format_money(before), format_money(before - 4_100))
        ana.press("f5")
        ana.see("Submit 41.00", "lead")
        ana.press("f5")
        lines = ana.see("waits for lead")
        proposal = re.search(r"P-\d{6}", "\n".join(lines))
        assert proposal
        assert owed(sample, account) == before
        at_rest(sample)
        ana.press("escape")
        ana.see("Account", number)
        ana.press("escape")
        ana.see(f"all {total - 1} shown")
        ana.leave()

    with sitting(sample, "ben") as ben:
        # Ben's inbox: the proposal, opened; the wrong amount is not taken, the right one posts.
        ben.press("g", "a")
        ben.see("Approvals", "Mine to decide", proposal[0])
        ben.down_to(proposal[0])
        ben.press("enter")
        ben.see("Approval", proposal[0], "pending")
        ben.press("a")
        ben.see("Type the amount")
        ben.type("14.00")
        ben.press("f5")
        ben.see("another amount")
        ben.press("ctrl+u")
        ben.type("41.00")
        ben.press("f5")
        ben.see("posted as journal", format_money(before - 4_100))
        at_rest(sample)
        ben.press("escape")
        ben.see("Mine to decide")
        ben.press("escape")
        ben.see(f"all {total - 1} shown")
        ben.leave()

    assert owed(sample, account) == before - 4_100
    assert format_money(before - 4_100) in shell(sample, "account", "show", number).out
    assert "0 findings" in shell(sample, "verify").err
    assert_clean(sample)


def test_a_document_goes_with_the_form(sample_folder: str, tmp_path: Path) -> None:
    account = owing(sample_folder)
    with sitting(sample_folder, "ana") as ana:
        ana.press("f")
        ana.see("Accounts old and new")
        ana.type(format_account(account))
        ana.press("enter")
        ana.see("balance")
        ana.press("a")
        ana.see("Adjustment", "Reason")
        ana.press("1")
        ana.see("Leak relief")
        ana.press("tab")
        ana.type("20.00")
        ana.press("f5")
        ana.see("needs a document")
        ana.press("f6")
        ana.see("Attach a document")
        ana.type(str(tmp_path / "not-there.pdf"))
        ana.press("f5")
        ana.see("not-there.pdf")
        ana.press("ctrl+u")
        ana.type(str(paper(tmp_path)))
        ana.press("f5")
        ana.see("invoice.pdf")
        ana.press("f5")
        ana.see("Submit 20.00")
        ana.press("f5")
        ana.see("waits for lead")
        ana.press("escape", "escape")
        ana.see("Team ")
        ana.leave()
    assert asked(sample_folder, "SELECT COUNT(*) FROM document WHERE name = 'invoice.pdf'")[0][0] == 1
    assert_clean(sample_folder)

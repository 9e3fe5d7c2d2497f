"""A day at the counter, by hand at two terminals: checks taken, drawers counted, one of them short, and the deposit."""

from __future__ import annotations

import re

from tests.faults.record import asked, assert_clean
from tests.journeys.day import Sitting, at_rest, shell, sitting
from tests.journeys.test_shell_morning import owing
from ubtui.domain.numbers import format_account


def found(who: Sitting, account: str) -> None:
    who.press("f3")
    who.see("Find")
    who.type(account)
    who.see(account)
    who.press("enter")
    who.see(f"Account  {account}", "[Summary]")


def test_a_day_at_the_counter(sample: str) -> None:
    account = format_account(owing(sample))
    taken = asked(sample, "SELECT COUNT(*) FROM receipt")[0][0]
    with sitting(sample, "ana") as ana:
        found(ana, account)
        ana.press("p")  # one
        ana.see(f"Payment for {account}", "due now")
        ana.press("enter")  # two
        ana.type("1044")
        ana.press("f5")  # three
        ana.see("check 1044", "pays", "enter take it")
        assert asked(sample, "SELECT COUNT(*) FROM receipt")[0][0] == taken
        ana.press("enter")  # four
        ana.see("Receipt C", "owes ")
        at_rest(sample)
        (cents,) = asked(sample, "SELECT t.cents FROM tender t WHERE t.reference = '1044' ORDER BY t.id DESC LIMIT 1")[
            0
        ]

        with sitting(sample, "ben") as ben:  # the lead takes cash at the same time
            found(ben, account)
            ben.press("p", "2")
            ben.see("cash")
            ben.press("tab", "tab", "ctrl+u")
            ben.type("20.00")
            ben.press("f5")
            ben.see("Take 20.00", "more than is owed")
            ben.press("enter")
            ben.see("Receipt C")
            ben.press("g", "c")
            ben.see("Count drawer ben/")
            ben.type("8.00")
            ben.press("f5")
            ben.see("the count differs by more than 5.00")
            ben.press("tab", "tab", "tab")
            ben.type("given out as change")
            ben.press("f5")
            ben.see("waits for")
        at_rest(sample)

        ana.press("g", "c")  # one, two
        ana.see("Count drawer ana/")
        ana.type("0")
        ana.press("enter")  # three
        ana.type(f"{cents / 100:.2f}")
        ana.press("f5")  # four
        ana.see("as expected", "to the bank", "not in it")
        ana.press("f5")  # five
        ana.see("Deposit D-", "to the bank")
    number = asked(sample, "SELECT number FROM deposit ORDER BY id DESC LIMIT 1")[0][0]
    slip = shell(sample, "deposit", "show", number).out
    assert "1044" in slip and re.search(r"Drawer ana/", slip) and "Drawer ben/" not in slip
    proposal = asked(sample, "SELECT proposal FROM drawer WHERE staff = 'ben' ORDER BY day DESC LIMIT 1")[0][0]
    shell(sample, "approve", proposal, "--amount", "12.00", who="ben", code=1)
    shell(sample, "approve", proposal, "--amount", "12.00", who="cho")
    shell(sample, "deposit", "make")
    assert_clean(sample)

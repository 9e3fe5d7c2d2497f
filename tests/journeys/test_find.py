"""A call in the middle of a form, on a real terminal: F3, a few letters, enter, and back to the same cursor."""

from __future__ import annotations

from tests.journeys.day import sitting
from tests.journeys.test_line import open_form
from tests.journeys.test_shell_morning import owing
from ubtui.desk import Desk


def test_a_call_in_the_middle_of_a_form(sample_folder: str) -> None:
    account = owing(sample_folder)
    with Desk(sample_folder) as desk:
        caller, phone = desk.session.rows(
            "SELECT q.name, q.phone FROM party q JOIN account_role r ON r.party_id = q.id AND r.role = 'owner'"
            " JOIN account a ON a.id = r.account_id WHERE a.number <> ? AND q.phone IS NOT NULL ORDER BY q.id LIMIT 1",
            [account],
        )[0]
    with sitting(sample_folder) as ana:
        open_form(ana, account)
        ana.press("2")
        ana.press("tab")
        ana.type("12.3")
        ana.press("f3")
        ana.see("Find", "Accounts old and new", "1 parked")
        ana.type(caller[:6].lower())
        ana.see("shown", "People")
        for _ in caller[:6]:
            ana.press("backspace")
        ana.type(phone.replace("(", "").replace(") ", "."))
        ana.see(caller[:12], phone)
        ana.settle(0.4)  # an enter in one rush with keys is a paste's
        ana.press("enter")
        ana.see("Account  ", caller[:12], "1 parked")
        ana.press("escape")
        ana.see("Adjustment", "12.3")
        ana.type("4")
        ana.see("12.34")
        ana.press("f3")
        ana.see("Accounts old and new")
        ana.write("\x1b[200~'; DROP TABLE party; -- NEAR(* 王\x1b[201~".encode())
        ana.see("Nothing of that is here")
        ana.press("escape")
        ana.see("12.34")

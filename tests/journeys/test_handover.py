"""A desk handed from one person to the next, on a real terminal: completed filter, next item, note, stand-in, board."""

from __future__ import annotations

import pytest

from tests.faults.record import asked
from tests.journeys.day import shell, sitting
from tests.services import office

CURSOR_BYTES = 270  # of a cursor key at 80x24, the line alone; what follows when the hands rest is the evidence


@pytest.fixture
def two(sample_folder: str) -> str:
    """The sample with a second technician."""
    session = office.admin(sample_folder)
    office.hire(session, "di", "technician")
    session.database.close()
    return sample_folder


def test_the_desk_goes_from_one_person_to_the_next(two: str) -> None:
    with sitting(two) as ana:
        ana.press("/")
        ana.see("enter shows")
        ana.type("cod")
        ana.see("the kind of trouble")
        ana.press("tab")
        ana.type("A02")
        ana.see("Proposal rejected")
        ana.press("enter")
        ana.see("shown, filtered: code:A02")
        ana.press("escape")
        ana.see("all ")
        ana.press("N")
        ana.see("Fix  ", "has it", "ana until")
        ana.press("escape")
        ana.see("Mine 1 ", " of 7h30 planned")
        ana.press("H")
        ana.see("A note for the next person", "in hand: ")
        ana.type("The Rossi invoice is on its way.")
        ana.press("f5")
        ana.see("Left for the next person")
        ana.leave()
    shell(two, "worklist", "backup", "--to", "di", "--until", "2030-01-01")
    with sitting(two, "di") as di:
        di.see("ana left this", "The Rossi invoice is on its way.")
        di.press("j")
        di.see_no_more("The Rossi invoice")
        di.leave()
    assert asked(two, "SELECT COUNT(*) FROM handover") == [(1,)]
    with sitting(two, "ben", size=(160, 45)) as ben:
        ben.press("g", "b")
        ben.see("Board: kinds", "Done each day")
        ben.press("p")
        ben.see("Board: people", "nobody yet")
        ben.press("escape")
        ben.see("Team ")
        ben.leave()


def test_a_cursor_key_costs_no_more_than_its_line(sample_folder: str) -> None:
    with sitting(sample_folder, UBTUI_LEAN="1") as ana:
        ana.settle(0.5)
        costs = []
        for _ in range(9):
            before = len(ana.log)
            ana.press("down")
            ana.wait_until(lambda _, before=before: len(ana.log) > before, what="the cursor's move")
            costs.append(len(ana.log) - before)
            ana.settle(0.4)
        assert sorted(costs)[len(costs) // 2] <= CURSOR_BYTES, costs
        ana.leave()

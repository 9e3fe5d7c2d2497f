"""Two people at two terminals reach for one item: one has it, the other is told who and since when."""

from __future__ import annotations

import re

from tests.faults.record import asked, assert_clean
from tests.journeys.day import Sitting, sitting


def told(lines: list[str]) -> str:
    """The screen as one line of words."""
    return " ".join(" ".join(line.split()) for line in lines)


def answered(lines: list[str]) -> bool:
    return "Yours for 30 minutes" in told(lines) or " since " in told(lines[-2:])


def test_two_seats_race_for_one_item(sample: str) -> None:
    with sitting(sample, "ana") as ana, sitting(sample, "ben") as ben:
        ana.filter("code:R10")
        ben.filter("code:R10")
        for n in range(3):  # three items, three races
            ana.press("c")
            ben.press("c")
            yours = [answer(desk) for desk in (ana, ben)]
            assert sorted(yours) == [False, True], yours
            rows = asked(sample, "SELECT assignee FROM work_item WHERE state = 'claimed'")
            assert len(rows) == n + 1
            if n < 2:
                next_row(ana)
                next_row(ben)
        assert asked(sample, "SELECT COUNT(*) FROM work_event WHERE kind = 'claimed'") == [(3,)]
        ben.leave()
        ana.leave()
    assert asked(sample, "SELECT COUNT(*) FROM work_item WHERE state = 'claimed'") == [(0,)]
    assert_clean(sample)


def next_row(desk: Sitting) -> None:
    here = desk.under_cursor()[13:40]
    desk.press("down")
    desk.wait_until(lambda lines: here not in desk.under_cursor(), what="the next row")


def answer(desk: Sitting) -> bool:
    """Whether the item is this person's; the other is told whose it is, and since when."""
    lines = desk.wait_until(answered, what="an answer")
    if "Yours for 30 minutes" in told(lines):
        return True
    assert re.search(r"(ana|ben) has R10:\S+ since \d\d:\d\d", told(lines)), told(lines)
    return False


def test_what_one_leaves_the_other_takes(sample_folder: str) -> None:
    with sitting(sample_folder, "ben") as ben:
        with sitting(sample_folder, "ana") as ana:
            ana.press("c")
            assert answer(ana)
            ana.leave()
        ben.press("r")
        ben.settle()
        ben.press("c")
        ben.see("Yours for 30 minutes")
        ben.leave()

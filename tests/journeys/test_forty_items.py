"""A morning's list is cleared by keys alone: forty items of many kinds, in the order of the list."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.faults.record import asked, assert_clean
from tests.journeys.day import Sitting, shell, sitting

FORTY = 40
# What a kind still needs to be told, beside what is offered; of the others either nothing is needed or they are left.
SAID = {"R12": "read again", "R17": "seen today", "R25": "owner agrees", "X05": "called back"}
OFFERED = {"B02", "C05", "M08", "Q02", "R04", "R05", "R06", "R07", "R10", "R11", "R24", "R26", "X01"}
CLOSED = "SELECT code, COUNT(*) FROM work_item WHERE state = 'resolved' GROUP BY code"


def kind(lines: list[str]) -> str:
    """The kind of the item that is open."""
    found = re.search(r"^ (?:Fix  |.*  )([A-Z]\d\d)\b", lines[0])
    return found[1] if found else ""


def closed(data: str) -> dict[str, int]:
    return dict(asked(data, CLOSED))


class Hands:
    """Keys, counted."""

    def __init__(self, desk: Sitting) -> None:
        self.desk, self.keys = desk, 0

    def press(self, *keys: str) -> None:
        self.desk.press(*keys)
        self.keys += len(keys)

    def next(self) -> list[str]:
        """The next item of the list, once it stands there whole."""
        before = self.desk.screen()[:3]
        self.press("]")
        return self.desk.wait_until(
            lambda lines: lines[:3] != before and any("can be done" in each or " shown" in each for each in lines),
            what="the next item",
        )

    def fix(self, said: str) -> None:
        """Do what is offered, with a word where one is needed."""
        if said:
            self.press("enter")
            self.desk.write(said.encode())
        self.press("f5")
        self.desk.see("done", "] goes to the next item")


def test_forty_items_by_keys_alone(sample_folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = sample_folder
    before, fixed = closed(data), Counter[str]()
    with sitting(data) as ana:
        hands = Hands(ana)
        hands.press("enter")
        lines = ana.see("What can be done")
        looked = 1
        while fixed.total() < FORTY:
            code = kind(lines)
            if code in SAID or code in OFFERED:
                hands.fix(SAID.get(code, ""))
                fixed[code] += 1
            lines = hands.next()
            looked += 1
        hands.press("escape")
        ana.see("Team ")
        hands.press("R")
        ana.see("0 opened")
        ana.leave()
    after = closed(data)
    assert {code: after[code] - before.get(code, 0) for code in fixed} == fixed
    assert len(fixed) >= 10
    assert hands.keys < 5 * FORTY  # what is only looked at on the way costs its key too
    assert "0 findings" in shell(data, "verify").err
    assert_clean(data)
    with capsys.disabled():
        print(f"\n{hands.keys} keys for {FORTY} items of {len(fixed)} kinds; {looked} were looked at")

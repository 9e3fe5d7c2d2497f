"""A seal day by keys: a round is brought in, one seal is broken, charged by two people and taken off; rates follow."""

from __future__ import annotations

import json
import re

from tests.faults.record import asked, assert_clean
from tests.journeys.day import at_rest, shell, sitting

ROUND = "M03:run:seal-round/2026-11"


def test_a_seal_is_verified_broken_charged_and_unsealed(sample: str) -> None:
    due = json.loads(shell(sample, "worklist", "list-of", ROUND, "--format", "json").out)
    assert len(due) >= 3
    broken, point, account = due[-1]["seal"], due[-1]["point"], due[-1]["account"]
    assert shell(sample, "seal", "show", point).out.startswith("verify due · ")

    # The round: all but the last hold, the last is broken.
    with sitting(sample) as ana:
        ana.filter("code:M03")
        ana.press("enter")
        ana.see("h holds  b broken", broken)
        for _ in due[:-1]:
            ana.press("space", "down")
        ana.see(f"{len(due) - 1} marked")
        ana.press("h")
        ana.see("Found as recorded", "would close")
        ana.press("f5")
        ana.see(f"{len(due) - 1} looked at, {len(due) - 1} hold", "all 1 shown")
        at_rest(sample)
        ana.press("b")
        ana.see(f"Not as recorded: {broken}", "broken", f"M09:point:{point}")
        ana.press("f5")
        ana.see("1 looked at, 0 hold", "Nothing is left of it")
        at_rest(sample)

        # What is charged for it is proposed from its item.
        ana.press("escape")
        ana.see("Team ")
        ana.press("escape")
        ana.see_no_more("filtered")
        ana.filter("code:M09 broken")
        ana.see(broken)
        ana.press("enter")
        ana.see(f"M09:point:{point}", "Charge for the seal", "by the district's terms")
        ana.press("f5")
        ana.see("Seal broken or taken off", "150.00")
        ana.press("f5")
        ana.see("Submit 150.00")
        ana.press("f5")
        ana.see("waits for lead")
        [(proposal,)] = asked(sample, "SELECT number FROM proposal WHERE item = ?", f"M09:point:{point}")
        at_rest(sample)
    assert asked(sample, "SELECT COUNT(*) FROM approval a JOIN proposal p ON p.id = a.proposal_id"
                 " WHERE p.number = ?", proposal) == [(0,)], "nothing posts by itself"  # fmt: skip
    with sitting(sample, "ben") as ben:
        ben.press("g", "a")
        ben.see("Mine to decide", proposal)
        ben.down_to(proposal)
        ben.press("a")
        ben.see("Type the amount")
        ben.type("150.00")
        ben.press("f5")
        ben.see("posted as journal")
        ben.press("g", "w")
        ben.see("Team ")
        ben.leave()

    # The owner wants water: the seal comes off where it was found, and its service bills in full again.
    with sitting(sample) as ana:
        ana.filter("code:M09 broken")
        ana.press("enter")
        ana.see("The seal is off: bill in full", f"{proposal} charges it")
        ana.press("f5")
        ana.see("it opens new trouble", f"M05:point:{point}")
        ana.press("f5")
        ana.see("] goes to the next item")
        at_rest(sample)
        ana.press("escape")
        ana.see("Team ")
        ana.press("escape")
        ana.see_no_more("filtered")
        ana.filter(f"code:M05 {account}")
        ana.see("no seal on since 2026-11-23")
        ana.press("enter")
        ana.see(f"M05:point:{point}", "Bill by another rate")
        ana.press("f5")  # nobody knows by which
        ana.see("Rate is needed")
        ana.type("R1")
        ana.press("f5")
        ana.see("] goes to the next item")
        at_rest(sample)
    card = shell(sample, "seal", "show", point).out.splitlines()
    assert card[0] == "unsealed · rate full"
    assert re.search(rf"^{broken} .* off 2026-11-23: found broken$", card[1])
    told = asked(sample, "SELECT i.cents, r.code FROM receivable_item i JOIN charge_code r ON r.id = i.charge_code_id"
                 " ORDER BY i.id DESC LIMIT 1")  # fmt: skip
    assert told == [(150_00, "SVC")]
    assert asked(sample, "SELECT s.rate_code FROM service s JOIN service_point p ON p.id = s.point_id"
                 " WHERE p.number = ? AND s.to_on IS NULL", point) == [("R1",)]  # fmt: skip
    assert_clean(sample)

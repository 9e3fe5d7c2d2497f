"""The life of an item on both databases: who may take it when, what each step leaves behind, and races for it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.services import items, office
from ubtui.act import Act, Done, Refused
from ubtui.desk import Desk, Seat
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import account_number, format_account
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.services import worklist
from ubtui.services.worklist import OnItem
from ubtui.services.worklist.explain import explain

DAY = office.DAY
KEY = "R04:point:SP-00001@B2/2026-11"
LATER = DAY + timedelta(days=3)


class Time:
    """Real time as the desks see it; leases alone look at it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_minutes(self, n: float) -> None:
        self.at += timedelta(minutes=n)


class Place:
    """A district with two items, and a desk for whoever is asked for."""

    def __init__(self, data: str) -> None:
        self.data, self.time, self.desks = data, Time(), {}

    def desk(self, who: str) -> Desk:
        if who not in self.desks:
            self.desks[who] = Desk(self.data, Seat(as_name=who), utc=self.time)
        return self.desks[who]

    def do(self, who: str, act: Act[Any, Any], form: Any, **more: Any) -> Any:
        """The result of an act that must be done."""
        answer = self.desk(who).perform(act, form, **more)
        assert isinstance(answer, Done), answer.sentence()
        return answer.result

    def no(self, who: str, act: Act[Any, Any], form: Any) -> str:
        """The sentence of an act that must be refused; the item stays as it was."""
        before = self.desk(who).session.rows("SELECT id, state, version, assignee, priority FROM work_item ORDER BY id")
        answer = self.desk(who).perform(act, form)
        assert isinstance(answer, Refused), answer
        after = self.desk(who).session.rows("SELECT id, state, version, assignee, priority FROM work_item ORDER BY id")
        assert before == after
        return answer.sentence()

    def item(self, key: str = KEY, who: str = "ana") -> worklist.ItemView:
        return self.desk(who).ask(worklist.item, ItemKey.parse(key))


@contextmanager
def place_at(data: str) -> Iterator[Place]:
    office.found(data, 3)
    place = Place(data)
    items.put(place.desk("ana").session, [items.made(1), items.made(2, priority=80)])
    try:
        yield place
    finally:
        for desk in place.desks.values():
            desk.close()


@pytest.fixture
def place(backend: str) -> Iterator[Place]:
    with place_at(backend) as found:
        yield found


def test_a_claim_keeps_others_off_for_half_an_hour(place: Place) -> None:
    got = place.do("ana", worklist.claim, OnItem(item=KEY))
    assert (got.state, got.assignee, got.until, got.version) == ("claimed", "ana", "2026-11-23T18:30:00.000000Z", 2)
    assert place.item(who="ben").holder == "ana"
    said = place.no("ben", worklist.claim, OnItem(item=KEY))
    assert said.startswith(f"ana has {KEY} since 10:00")  # 18:00 of UTC in the district's zone
    assert "release" in said
    place.time.pass_minutes(29.9)
    assert "ana has" in place.no("ben", worklist.claim, OnItem(item=KEY))
    place.time.pass_minutes(0.1)
    assert place.item(who="ben").holder is None
    assert place.do("ben", worklist.claim, OnItem(item=KEY)).assignee == "ben"
    assert "ben has" in place.no("ana", worklist.claim, OnItem(item=KEY))
    assert [e.kind for e in place.item().events] == ["claimed", "claimed"]
    assert place.item().events[1].note == "lease of ana had ended"


def test_claiming_again_renews_and_keeps_since(place: Place) -> None:
    place.do("ana", worklist.claim, OnItem(item=KEY))
    place.time.pass_minutes(20)
    assert place.do("ana", worklist.claim, OnItem(item=KEY)).until == "2026-11-23T18:50:00.000000Z"
    view = place.item()
    assert [e.kind for e in view.events] == ["claimed", "renewed"]
    assert view.since == view.events[0].at


def test_release_gives_back_and_a_lead_may_release_anybodys(place: Place) -> None:
    assert "is open" in place.no("ana", worklist.release, OnItem(item=KEY))
    place.do("ana", worklist.claim, OnItem(item=KEY))
    assert "ana has" in place.no("cho", worklist.release, OnItem(item=KEY))
    assert place.do("ana", worklist.release, OnItem(item=KEY)).state == "open"
    place.do("ana", worklist.claim, OnItem(item=KEY))
    got = place.do("ben", worklist.release, OnItem(item=KEY))
    assert (got.state, got.assignee) == ("open", None)


def test_waiting_goes_away_until_its_day(place: Place) -> None:
    form = worklist.Wait(item=KEY, until=LATER, wait_for="the owner's call")
    assert "not after today" in place.no("ana", worklist.wait, worklist.Wait(item=KEY, until=DAY, wait_for="x"))
    place.do("ana", worklist.claim, OnItem(item=KEY))
    assert "ana has" in place.no("ben", worklist.wait, form)
    got = place.do("ana", worklist.wait, form)
    assert (got.state, got.assignee, got.until) == ("waiting", "ana", LATER.isoformat())
    view = place.item()
    assert (view.wait_for, view.wake_on, view.holder) == ("the owner's call", LATER, None)
    assert place.desk("ana").ask(worklist.tally).waiting == 1


def test_forwarding_goes_to_a_person_or_a_role(place: Place) -> None:
    got = place.do("ana", worklist.forward, worklist.Forward(item=KEY, to="cho", note="yours"))
    assert (got.state, got.assignee, got.role) == ("open", "cho", "finance")
    got = place.do("ana", worklist.forward, worklist.Forward(item=KEY, to="lead"))
    assert (got.assignee, got.role) == (None, "lead")
    said = place.no("ana", worklist.forward, worklist.Forward(item=KEY, to="zoe"))
    assert "nobody here is zoe" in said and "ben" in said and "service" not in said
    assert [e.note for e in place.item().events] == ["to cho: yours", "to lead"]


def test_a_dismissal_has_a_reason_and_an_end(place: Place) -> None:
    until = DAY + timedelta(days=60)
    assert "later day" in place.no("ana", worklist.dismiss, worklist.Dismiss(item=KEY, reason="x", until=DAY))
    far = worklist.Dismiss(item=KEY, reason="x", until=DAY + timedelta(days=500))
    assert "400 days" in place.no("ana", worklist.dismiss, far)
    got = place.do("ana", worklist.dismiss, worklist.Dismiss(item=KEY, reason="pool filled", until=until))
    assert (got.state, got.until) == ("dismissed", until.isoformat())
    assert place.item().events[-1].note == f"until {until}: pool filled"
    assert "is dismissed" in place.no("ana", worklist.claim, OnItem(item=KEY))


def test_a_statutory_deadline_is_never_dismissed(place: Place) -> None:
    items.put(place.desk("ana").session, [items.made(3, due_on=LATER.isoformat(), due_source="statute")])
    form = worklist.Dismiss(item=KEY.replace("00001", "00003"), reason="x", until=LATER)
    assert "statutory deadline" in place.no("ana", worklist.dismiss, form)


def test_a_resolved_item_does_not_reopen_without_its_cause(place: Place) -> None:
    with place.desk("ana").session.writing():
        place.desk("ana").session.run("UPDATE work_item SET state = 'resolved' WHERE subject_key = 'SP-00001'")
    assert "cause" in place.no("ana", worklist.reopen, worklist.Reopen(item=KEY, reason="again"))
    assert "is open" in place.no(
        "ana", worklist.reopen, worklist.Reopen(item=KEY.replace("00001", "00002"), reason="x")
    )


def test_reopening_what_has_no_cause_any_more_says_that_it_is_closed_again(place: Place) -> None:
    form = worklist.Dismiss(item=KEY, reason="pool", until=LATER)
    place.do("ana", worklist.dismiss, form)
    answer = place.desk("ana").perform(worklist.reopen, worklist.Reopen(item=KEY, reason="no pool"))
    assert isinstance(answer, Done)
    view = place.item()
    assert (answer.result.state, answer.result.version) == (view.state, view.version) == ("resolved", view.version)
    assert answer.closed == (ItemKey.parse(KEY),)
    body = place.desk("ana").session.value("SELECT body FROM audit WHERE seq = ?", [answer.seq])
    assert json.loads(body)["facts"] == {"item": KEY, "was": "dismissed", "state": "resolved"}


def test_how_late_an_item_is_goes_by_the_offices_own_calendar(place: Place) -> None:
    due = DAY - timedelta(days=21)
    late = place.do("ana", worklist.add, worklist.Add(title="Call", due=due), key="add-key-0001").item
    session = office.admin(place.data)
    for n in range(1, 21):
        session.run(
            "INSERT INTO calendar_day(calendar, day, title) VALUES ('OFFICE', ?, 'flood') ON CONFLICT DO NOTHING",
            [(due + timedelta(days=n)).isoformat()],
        )
    session.database.close()
    closed = place.do("ana", worklist.add, worklist.Add(title="Call", due=due), key="add-key-0002").item
    assert place.item(closed).priority < place.item(late).priority
    place.do("ana", worklist.add, worklist.Add(title="Call", due=date(1, 1, 1)), key="add-key-0003")


def test_an_item_of_ones_own_is_added_resolved_and_reopened(place: Place) -> None:
    number = format_account(account_number(2))
    form = worklist.Add(title="Call Mr \x1b[31mPark", account=number, due=LATER, priority=40, why="asked twice")
    made = place.do("ana", worklist.add, form, key="add-key-0001")
    again = place.desk("ana").perform(worklist.add, form, key="add-key-0001")
    assert isinstance(again, Done) and again.replayed and again.result == made
    view = place.item(made.item)
    assert view.key == ItemKey("X05", Subject("text", view.key.subject.key))
    assert (view.title, view.account, view.who, view.cycle) == ("Call Mr [31mPark", number, "Owner 2", "B2")
    assert (view.priority, view.due_on, view.role) == (40, LATER, "technician")
    said = place.no("ana", worklist.resolve, worklist.Resolve(item=KEY, resolution="done"))
    assert "the cause of R04:point:SP-00001@B2/2026-11 stands" in said and "fix it or dismiss it" in said
    assert place.do("ana", worklist.resolve, worklist.Resolve(item=made.item, resolution="called")).state == "resolved"
    assert place.item(made.item).resolved_by == "ana"
    got = place.do("ana", worklist.reopen, worklist.Reopen(item=made.item, reason="he called back"))
    assert got.state == "open"
    assert place.item(made.item).reopen_count == 1
    assert "is not here" in place.no("ana", worklist.add, worklist.Add(title="x", account=account_number(99)))


def test_a_priority_by_hand_keeps_the_computed_one_beside_it(place: Place) -> None:
    form = worklist.Priority(item=KEY, priority=99, reason="board asked")
    assert "may not do worklist.priority" in place.no("ana", worklist.set_priority, form)
    place.do("ben", worklist.set_priority, form)
    view = place.item()
    assert (view.priority, view.priority_calc, view.override_reason) == (99, 60, "board asked")
    place.do("ben", worklist.set_priority, worklist.Priority(item=KEY, reason="board is content"))
    assert (place.item().priority, place.item().override_reason) == (60, None)


def test_a_version_that_was_passed_by_says_who_passed_it(place: Place) -> None:
    seen = place.item().version
    place.do("ben", worklist.forward, worklist.Forward(item=KEY, to="lead"))
    said = place.no("ana", worklist.claim, OnItem(item=KEY, version=seen))
    assert said.startswith(f"{KEY} was changed by ben at 10:00: forwarded") and "it is open now" in said
    assert place.do("ana", worklist.claim, OnItem(item=KEY, version=place.item().version)).assignee == "ana"


def test_a_note_goes_into_the_story_whoever_has_it(place: Place) -> None:
    place.do("ana", worklist.claim, OnItem(item=KEY))
    place.do("ben", worklist.note, worklist.Note(item=KEY, note="gate code 12"))
    assert [(e.actor, e.kind, e.note) for e in place.item().events][-1] == ("ben", "note", "gate code 12")
    assert place.item().version == 2


def test_a_fix_on_what_another_has_is_refused_while_his_lease_runs(place: Place) -> None:
    subject = Subject("point", "SP-00001")
    assert place.desk("ben").ask(worklist.held_by_other, subject) is None
    place.do("ana", worklist.claim, OnItem(item=KEY))
    assert place.desk("ana").ask(worklist.held_by_other, subject) is None
    no = place.desk("ben").ask(worklist.held_by_other, subject)
    assert no is not None and "ana has" in no.sentence()
    place.time.pass_minutes(30)
    assert place.desk("ben").ask(worklist.held_by_other, subject) is None


def test_refresh_ends_leases_and_wakes_what_waited(place: Place) -> None:
    made = [
        place.do("ana", worklist.add, worklist.Add(title=f"Call {n}"), key=f"add-key-000{n}").item for n in range(3)
    ]
    place.do("ana", worklist.claim, OnItem(item=made[0]))
    place.do("ana", worklist.claim, OnItem(item=made[1]))
    wait = worklist.Wait(item=made[2], until=LATER, wait_for="him")
    place.do("ana", worklist.wait, wait)
    place.time.pass_minutes(10)
    place.do("ana", worklist.claim, OnItem(item=made[1]))
    place.time.pass_minutes(20)
    done = place.do("ben", worklist.refresh, worklist.Refresh())
    assert (done.lapsed, done.woken) == (1, 0)
    assert place.item(made[0]).state == "open" and place.item(made[1]).holder == "ana"
    with place.desk("ana").session.writing():
        place.desk("ana").session.run("UPDATE meta SET value = ? WHERE key = 'today'", [LATER.isoformat()])
    assert place.do("ben", worklist.refresh, worklist.Refresh()).woken == 1
    woken = place.item(made[2])
    assert (woken.state, woken.assignee, woken.wake_on, woken.wait_for) == ("open", "ana", None, None)
    assert woken.events[-1].kind == "woken"


def test_the_head_counts_what_is_mine_the_teams_and_done_today(place: Place) -> None:
    made = place.do("ana", worklist.add, worklist.Add(title="Call"), key="add-key-0001").item
    place.do("ana", worklist.claim, OnItem(item=KEY))
    assert place.desk("ana").ask(worklist.tally) == worklist.Tally(mine=1, team=2, waiting=0, done_today=0)
    place.do("ana", worklist.resolve, worklist.Resolve(item=made, resolution="done"))
    assert place.desk("ana").ask(worklist.tally) == worklist.Tally(mine=1, team=1, waiting=0, done_today=1)


def test_an_unknown_item_and_an_unknown_code_are_named(place: Place) -> None:
    with pytest.raises(BadValue, match="R04:point:SP-09999 is not on the worklist"):
        place.item("R04:point:SP-09999")
    with pytest.raises(BadValue, match="use one of"):
        place.desk("ana").ask(explain, "Z99")


def test_explain_tells_the_rule_and_its_record(place: Place) -> None:
    place.do("ana", worklist.dismiss, worklist.Dismiss(item=KEY, reason="pool", until=LATER))
    got = place.desk("ana").ask(explain, "r04")
    assert (got.code, got.raised, got.live, got.dismissed_percent, got.minutes_to_close) == ("R04", 2, 1, 50, None)
    assert got.predicate and got.parameters and got.fixes
    with place.desk("ana").session.writing():
        place.desk("ana").session.run(
            "UPDATE work_item SET state = 'resolved', resolved_at = ? WHERE subject_key = 'SP-00002'",
            ["2026-11-23T16:30:00.000000Z"],
        )
    assert place.desk("ana").ask(explain, "R04").minutes_to_close == 30


RACER = """
import json, sys, time
from pathlib import Path
from ubtui.act import Done
from ubtui.desk import Desk, Seat
from ubtui.services import worklist
data, who, gate = sys.argv[1:]
took, said = [], set()
with Desk(data, Seat(as_name=who)) as desk:
    keys = [f"R04:point:SP-{n:05d}@B2/2026-11" for n in range(100, 300)]
    Path(gate + who).touch()
    while not Path(gate).exists():
        time.sleep(0.001)
    for key in keys:
        answer = desk.perform(worklist.claim, worklist.OnItem(item=key))
        if isinstance(answer, Done):
            took.append(key)
        else:
            said.add(answer.reason.split(" has ")[0])
print(json.dumps([took, sorted(said)]))
"""


def test_four_seats_claim_two_hundred_items_each_once(place: Place, tmp_path: Path) -> None:
    session = place.desk("ana").session
    items.put(session, [items.made(n) for n in range(100, 300)])
    gate, people = tmp_path / "go", ("ana", "ben", "cho", "eve")
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, place.data, who, str(gate)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for who in people
    ]
    while not all(Path(f"{gate}{who}").exists() for who in people):
        assert all(racer.poll() is None for racer in racers)
        time.sleep(0.01)  # they need the core to come here
    gate.touch()
    took: dict[str, str] = {}
    for who, racer in zip(people, racers, strict=True):
        out, err = racer.communicate(timeout=300)
        assert racer.returncode == 0, err.decode()
        mine, said = json.loads(out)
        assert set(said) <= set(people) - {who}, "every refusal names who has it"
        assert not set(mine) & took.keys()
        took |= dict.fromkeys(mine, who)
    assert len(took) == 200
    rows = session.rows("SELECT subject_key, assignee FROM work_item WHERE state = 'claimed'")
    assert {f"R04:point:{key}@B2/2026-11": who for key, who in rows} == took
    assert session.value("SELECT COUNT(*) FROM work_event WHERE kind = 'claimed'") == 200

"""One's own desk on both databases: next on demand, questions and answers, views, stand-ins, the note left behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.services import items, office
from tests.services.test_worklist import DAY, KEY, LATER, Place, place_at
from ubtui.db.models import record
from ubtui.domain.effort import hours, usual_minutes
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import listing, worklist
from ubtui.services.listing import Query
from ubtui.services.worklist import OnItem, desks, preference

HIGH = "R04:point:SP-00002@B2/2026-11"


@pytest.fixture
def place(backend: str) -> Iterator[Place]:
    with place_at(backend) as made:
        office.hire(made.desk("ana").session, "di", "technician")
        yield made


# -- next ------------------------------------------------------------------------------------------------------


def test_next_takes_the_most_urgent_that_is_free(place: Place) -> None:
    assert place.do("ana", worklist.next_item, worklist.Next()).item == HIGH
    assert place.do("di", worklist.next_item, worklist.Next()).item == KEY
    assert "nothing waits" in place.no("di", worklist.next_item, worklist.Next())
    assert "nothing waits" in place.no("ben", worklist.next_item, worklist.Next())  # a lead's queue is another
    place.time.pass_minutes(31)
    assert place.do("di", worklist.next_item, worklist.Next(code="r04")).item == HIGH  # a lease that has ended
    assert "nothing waits" in place.no("ana", worklist.next_item, worklist.Next(code="R05"))


def test_next_passes_by_what_is_ones_own(place: Place) -> None:
    session = place.desk("ana").session
    with session.writing():
        session.run("UPDATE work_item SET account = ? WHERE subject_key = 'SP-00002'", [account_number(3)])
        session.insert(record.StaffAccount, staff="ana", account_number=account_number(3), relation="linked")
    assert place.do("ana", worklist.next_item, worklist.Next()).item == KEY
    assert "linked to you" in place.no("ana", worklist.claim, OnItem(item=HIGH))


def test_an_item_of_ones_own_account_is_neither_made_nor_settled_by_oneself(place: Place) -> None:
    own = worklist.Add(title="call back", account=format_account(account_number(4)))
    session = place.desk("ana").session
    with session.writing():
        session.insert(record.Account, number=account_number(4), cycle_id=1, opened_on=DAY)
    assert "linked to you" in place.no("ana", worklist.add, own)
    made = place.do("ben", worklist.add, worklist.Add(title="call", account=own.account, to="ana"))
    assert "linked to you" in place.no("ana", worklist.resolve, worklist.Resolve(item=made.item, resolution="done"))
    place.do("ana", worklist.forward, worklist.Forward(item=made.item, to="di"))  # passing it on is not working on it
    place.do("di", worklist.resolve, worklist.Resolve(item=made.item, resolution="done"))


# -- questions -------------------------------------------------------------------------------------------------


def test_a_question_goes_with_the_item_and_its_answer_brings_it_back(place: Place) -> None:
    place.do("ana", worklist.claim, OnItem(item=KEY))
    ask = worklist.Forward(item=KEY, to="lead", question="Waive the fee?")
    place.do("ana", worklist.forward, ask)
    view = place.item()
    assert (view.role, view.assignee, view.question) == ("lead", None, "ana asks: Waive the fee?")
    assert "has a question already" in place.no("di", worklist.forward, ask)
    assert "asked this yourself" in place.no("ana", worklist.answer, worklist.Answer(item=KEY, answer="yes"))
    back = place.do("ben", worklist.answer, worklist.Answer(item=KEY, answer="Yes, once."))
    assert (back.state, back.assignee, back.role) == ("open", "ana", "technician")
    view = place.item()
    assert view.question == "" and view.events[-1].note == "Yes, once."
    assert "nobody asks" in place.no("ben", worklist.answer, worklist.Answer(item=KEY, answer="again"))
    asked = place.desk("ana").session.rows("SELECT asked_by, asked_on, asked, answer, answered_by FROM question")
    assert asked == [("ana", DAY.isoformat(), "Waive the fee?", "Yes, once.", "ben")]


# -- views -----------------------------------------------------------------------------------------------------


def test_views_are_ones_own_or_everybodys(place: Place) -> None:
    place.do("ana", worklist.save_view, worklist.SaveView(name="Hot", filter=">70", sort="age", reverse=True))
    place.do("ben", worklist.save_view, worklist.SaveView(name="hot", filter="code:R04", shared=True))
    assert [(v.name, v.shared) for v in place.desk("ana").ask(desks.views)] == [("Hot", False), ("hot", True)]
    assert place.desk("ana").ask(desks.view, "HOT").query == Query(">70", "age", True)
    assert place.desk("di").ask(desks.view, "Hot").query == Query("code:R04")
    place.do("ana", worklist.save_view, worklist.SaveView(name="HOT", filter=">80"))
    assert place.desk("ana").ask(desks.view, "hot").query == Query(">80")
    shared = worklist.SaveView(name="Hot", shared=True)
    assert "everybody's, made by ben" in place.no("ana", worklist.save_view, shared)
    assert "ask ben" in place.no("ana", worklist.drop_view, worklist.DropView(name="hot", shared=True))
    place.do("ana", worklist.drop_view, worklist.DropView(name="hot"))
    assert place.desk("ana").ask(desks.view, "hot").query == Query("code:R04")
    assert "no own view" in place.no("ana", worklist.drop_view, worklist.DropView(name="hot"))
    with pytest.raises(BadValue, match="'cold' is not here: hot"):
        place.desk("ana").ask(desks.view, "cold")
    with pytest.raises(BadValue, match="no such field"):
        place.desk("ana").perform(worklist.save_view, worklist.SaveView(name="x", filter="cide:R04"))
    with pytest.raises(BadValue, match="sorted by"):
        place.desk("ana").perform(worklist.save_view, worklist.SaveView(name="x", sort="colour"))


def test_the_order_last_used_is_remembered_for_each_person(place: Place) -> None:
    assert place.desk("ana").ask(preference.order) == Query()
    place.desk("ana").save(preference.keep_order, Query("code:R04", "age", True))
    assert place.desk("ana").ask(preference.order) == Query("", "age", True)
    place.desk("ana").save(preference.keep_order, Query(sort="due"))
    assert place.desk("ana").ask(preference.order) == Query("", "due", False)
    place.desk("ana").save(preference.keep_order, Query())
    assert place.desk("ana").ask(preference.order) == Query() == place.desk("di").ask(preference.order)


# -- stand-ins -------------------------------------------------------------------------------------------------


def mine(place: Place, who: str) -> list[str]:
    query = Query("assignee:me")
    return [row[1] for row in place.desk(who).ask(lambda look: list(listing.stream(look, worklist.WORKLIST, query, "w.subject_key")))]  # fmt: skip  # noqa: E501


def test_items_reach_the_back_up_while_somebody_is_away(place: Place) -> None:
    place.do("ben", worklist.forward, worklist.Forward(item=KEY, to="ana"))
    assert mine(place, "di") == [] and place.desk("di").ask(worklist.tally).mine == 0
    away = worklist.Backup(backup="di", from_on=DAY, to_on=LATER)
    place.do("ana", worklist.set_backup, away)
    assert mine(place, "di") == ["SP-00001"] == mine(place, "ana")
    place.do("ben", worklist.forward, worklist.Forward(item=KEY, to="ana", note="please"))
    assert place.item(KEY).events[-1].note == "to ana, for whom di stands in: please"
    assert place.desk("di").ask(worklist.tally).mine == 1
    assert place.do("di", worklist.next_item, worklist.Next()).item == HIGH
    assert place.do("di", worklist.next_item, worklist.Next()).item == KEY
    place.do("di", worklist.release, OnItem(item=KEY))
    place.do("ben", worklist.forward, worklist.Forward(item=KEY, to="ana"))
    place.do("ana", worklist.end_backup, worklist.EndBackup())
    assert mine(place, "di") == ["SP-00002"]  # what she took is hers
    assert "nobody stands in" in place.no("ana", worklist.end_backup, worklist.EndBackup())


def test_a_back_up_begins_and_ends_on_its_days(place: Place) -> None:
    place.do("ben", worklist.forward, worklist.Forward(item=KEY, to="ana"))
    tomorrow = DAY + timedelta(days=1)
    place.do("ben", worklist.set_backup, worklist.Backup(person="ana", backup="di", from_on=tomorrow, to_on=LATER))
    assert mine(place, "di") == []
    session = place.desk("ana").session
    for day, reached in ((tomorrow, True), (LATER, True), (LATER + timedelta(days=1), False)):
        with session.writing():
            session.run("UPDATE meta SET value = ? WHERE key = 'today'", [day.isoformat()])
        assert (mine(place, "di") == ["SP-00001"]) is reached, day


@pytest.mark.parametrize(
    ("who", "form", "says"),
    [
        ("ana", worklist.Backup(backup="ana", from_on=DAY, to_on=LATER), "for himself"),
        ("ana", worklist.Backup(backup="zoe", from_on=DAY, to_on=LATER), "nobody here is zoe"),
        ("ana", worklist.Backup(backup="cho", from_on=DAY, to_on=LATER), "the same role"),
        ("ana", worklist.Backup(backup="di", from_on=LATER, to_on=DAY), "ends before it begins"),
        ("ana", worklist.Backup(person="di", backup="ana", from_on=DAY, to_on=LATER), "only a lead"),
    ],
)
def test_who_may_not_stand_in(place: Place, who: str, form: worklist.Backup, says: str) -> None:
    assert says in place.no(who, worklist.set_backup, form)


# -- the note left behind --------------------------------------------------------------------------------------


def test_the_next_person_reads_what_was_left(place: Place) -> None:
    place.do("ana", worklist.claim, OnItem(item=KEY))
    place.do("ana", worklist.wait, worklist.Wait(item=HIGH, until=LATER, wait_for="the owner"))
    place.do("ana", worklist.note, worklist.Note(item=KEY, note="he calls at four"))
    left = place.do("ana", worklist.leave_note, worklist.LeaveNote(note="Keys are\nat the counter."))
    assert left.body.splitlines() == [
        "Keys are",
        "at the counter.",
        f"in hand: {KEY} 120440-3 High use against last year",
        f"waiting: {HIGH} 120440-3 High use against last year until {LATER} for the owner",
        f"noted: {KEY} he calls at four",
    ]
    assert place.desk("ana").ask(desks.last_note) is None and place.desk("ben").ask(desks.last_note) is None
    note = place.desk("di").ask(desks.last_note, True)
    assert note is not None and (note.staff, note.body) == ("ana", left.body)
    place.desk("di").save(desks.saw_note, note.id)
    assert place.desk("di").ask(desks.last_note, True) is None and place.desk("di").ask(desks.last_note) == note


def test_nothing_to_leave_is_said(place: Place) -> None:
    assert place.do("di", worklist.leave_note, worklist.LeaveNote()).body == "nothing in hand, nothing waiting"


# -- the day ---------------------------------------------------------------------------------------------------


def test_the_day_is_planned_by_usual_then_by_measured_minutes(place: Place) -> None:
    usual = usual_minutes("R04")
    plan = place.desk("ana").ask(worklist.day_plan)
    assert (plan.done, plan.mine, plan.team_items, plan.planned) == (0, 0, 2, 2 * usual)
    place.do("ana", worklist.claim, OnItem(item=KEY))
    plan = place.desk("ana").ask(worklist.day_plan)
    assert (plan.mine, plan.team) == (usual, usual)
    session = place.desk("ana").session
    rows = [items.made(n, state="resolved") for n in range(10, 15)]
    items.put(session, rows)
    with session.writing():
        for (n,) in session.rows("SELECT id FROM work_item WHERE state = 'resolved'"):
            for kind, at in (("claimed", "10:00"), ("resolved", "10:34")):
                session.run(
                    "INSERT INTO work_event(item_id, at, actor, kind) VALUES (?, ?, 'ana', ?)",
                    [n, f"{DAY}T{at}:00.000000Z", kind],
                )
    place.do("ben", worklist.refresh, worklist.Refresh())
    plan = place.desk("ana").ask(worklist.day_plan)
    assert (plan.done, plan.day) == (5 * 34, 450)
    assert plan.said().endswith(f"of {hours(450)} planned")

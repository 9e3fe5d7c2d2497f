"""What was said and promised, and the calendar of duties: kept, found when due, healed by their own acts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.detectors.scene import Customer, Scene
from tests.services.office import DAY, bill, pay
from ubtui.act import Done
from ubtui.db.errors import RuleBroken
from ubtui.desk import Desk, Seat
from ubtui.detectors import heal
from ubtui.detectors.requests import duty_key
from ubtui.domain.subjects import ItemKey
from ubtui.services import contacts, duties, fixes, forms, worklist
from ubtui.settings import district

SAID = "will pay when the check comes"


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def customer(scene: Scene) -> Customer:
    """A customer who owes 100.00 and whose own troubles are found already."""
    made = scene.customer()
    with scene.desk() as desk:
        bill(desk, made.account_id, 100_00, DAY)
    scene.refresh()
    return made


def noted(scene: Scene, account: str, on: date | None, cents: int | None = None) -> str:
    form = contacts.Note(account=account, promise_on=on, promise_cents=cents, text=SAID)
    key: str = scene.act(contacts.note, form).result.contact
    return key


def test_a_contact_is_kept_with_who_said_it(scene: Scene) -> None:
    c = customer(scene)
    key = noted(scene, c.account, None)
    with scene.desk() as desk:
        (found,) = desk.ask(contacts.contacts, c.account_id)
    assert (found.key, found.by, found.with_role, found.name) == (key, "ana", "owner", "Owner 1")
    assert found.promise is None and found.promised(DAY) == ""
    assert scene.items("X01") == []
    scene.steady()


def test_a_promise_comes_on_its_day_and_not_the_day_before(scene: Scene) -> None:
    c = customer(scene)
    today, tomorrow = noted(scene, c.account, DAY), noted(scene, c.account, DAY + timedelta(days=1), 50_00)
    assert scene.items("X01") == [f"X01:text:{today}"]
    scene.steady()
    assert {str(key) for key in scene.refresh(DAY + timedelta(days=1)).opened} == {f"X01:text:{tomorrow}"}


def test_the_days_ahead_are_a_districts_choice(scene: Scene) -> None:
    c = customer(scene)
    key = noted(scene, c.account, DAY + timedelta(days=1))
    assert scene.items("X01") == []
    scene.policy("X01", ahead="1")
    scene.refresh()
    assert scene.items("X01") == [f"X01:text:{key}"]


def test_each_end_of_a_promise_closes_its_item_and_moving_makes_another(scene: Scene) -> None:
    c = customer(scene)
    for decision in ("kept", "broken"):
        key = noted(scene, c.account, DAY)
        done = scene.act(contacts.promise, contacts.Promise(contact=key, decision=decision, why="as heard"))
        assert [str(each) for each in done.closed] == [f"X01:text:{key}"]
        again = scene.refused(contacts.promise, contacts.Promise(contact=key, decision="kept"))
        assert decision in again.reason
    key = noted(scene, c.account, DAY, 75_00)
    later = DAY + timedelta(days=4)
    moved = scene.act(contacts.promise, contacts.Promise(contact=key, decision="moved", to=later)).result.moved_to
    with scene.desk() as desk:
        (left,) = desk.ask(contacts.promises, c.account_id)
    assert (left.key, left.promise_on, left.promise_cents, left.with_role) == (moved, later, 75_00, "owner")
    assert scene.items("X01") == []
    scene.steady()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"promise_on": DAY - timedelta(days=1)}, "is past"),
        ({"promise_on": DAY + timedelta(days=401)}, "400 days"),
        ({"promise_cents": 5_00}, "needs a day"),
        ({"promise_on": DAY, "promise_cents": 0}, "above zero"),
        ({"promise_on": DAY, "promise_cents": 99_999_999_00}, "99,999,999.00 is promised and 000001-8 owes 100.00"),
        ({"promise_on": DAY, "promise_cents": 100_01}, "owes 100.00"),
    ],
)
def test_what_is_no_promise_is_refused(scene: Scene, values: dict[str, object], said: str) -> None:
    c = customer(scene)
    no = scene.refused(contacts.note, contacts.Note(account=c.account, text="said", **values))  # type: ignore[arg-type]
    assert said in no.reason and no.bad_input


def test_what_was_said_cannot_be_changed_by_anybody(scene: Scene) -> None:
    c = customer(scene)
    key = noted(scene, c.account, DAY)
    for change in ("text = 'other'", "promise_on = '2027-01-01'", "by_staff = 'ben'"):
        with pytest.raises(RuleBroken, match="as it was written"), scene.db.writing():
            scene.db.run(f"UPDATE contact SET {change} WHERE key = ?", [key])
    with pytest.raises(RuleBroken, match="kept"), scene.db.writing():
        scene.db.run("DELETE FROM contact")
    scene.act(contacts.promise, contacts.Promise(contact=key, decision="kept"))
    with pytest.raises(RuleBroken, match="settled once"), scene.db.writing():
        scene.db.run("UPDATE contact SET promise = 'open', settled_on = NULL, settled_by = NULL WHERE key = ?", [key])


def test_money_that_came_speaks_for_a_kept_promise(scene: Scene) -> None:
    c = customer(scene)
    key = noted(scene, c.account, DAY, 60_00)
    with scene.desk() as desk:
        item = desk.ask(worklist.item, ItemKey.parse(f"X01:text:{key}"))
        first = desk.ask(fixes.offers, item)
        assert not any(each.likely for each in first if each.act == "contact.promise")
        pay(desk, c.account_id, 60_00, DAY)
        best = desk.ask(fixes.offers, item)[0]
        assert (best.act, best.values()["decision"], best.likely) == ("contact.promise", "kept", True)
        assert "60.00 of 60.00 received" in best.why
        answer = desk.perform(forms.act_named(best.act), forms.form(best.act, best.values()))
        assert isinstance(answer, Done) and [str(k) for k in answer.closed] == [str(item.key)]
    scene.steady()


def test_its_item_is_not_closed_by_hand_while_the_promise_stands(scene: Scene) -> None:
    c = customer(scene)
    key = f"X01:text:{noted(scene, c.account, DAY)}"
    no = scene.refused(worklist.resolve, worklist.Resolve(item=key, resolution="done"))
    assert "stands" in no.reason


def test_nobody_writes_on_his_own_account(scene: Scene) -> None:
    c = customer(scene)
    with scene.db.writing():
        scene.db.run(
            "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ana', ?, 'own')",
            [c.account.replace("-", "")],
        )
    no = scene.refused(contacts.note, contacts.Note(account=c.account, text="said"))
    assert "own account" in no.reason


# -- duties ------------------------------------------------------------------------------------------------------

DUTIES = """
[[duties]]
code = "board-packet"
title = "Board packet"
every = "month"
day = 30
lead_days = 7
role = "lead"
since = 2026-11-01
rule = "bylaws, article 4"

[[duties]]
code = "unclaimed"
title = "Unclaimed property report"
month = 11
day = 1
lead_days = 30
since = 2026-12-01
"""


def with_duties(scene: Scene) -> None:
    from tests.services.office import sample_settings

    text = sample_settings() + DUTIES
    district(text)
    with scene.db.writing():
        scene.db.run("UPDATE meta SET value = ? WHERE key = 'district'", [text])


def test_a_duty_comes_at_its_lead_day_and_its_own_act_closes_it(scene: Scene) -> None:
    with_duties(scene)
    key = f"X04:text:{duty_key('board-packet')}@2026-11"
    assert scene.refresh(date(2026, 11, 22)) == heal.Healed()
    assert [str(k) for k in scene.refresh(DAY).opened] == [key]  # 30 Nov less 7 days
    with scene.desk("ben") as desk:
        item = desk.ask(worklist.item, ItemKey.parse(key))
        assert (item.title, item.role, item.due_on) == ("Board packet", "lead", date(2026, 11, 30))
        offer = desk.ask(fixes.offers, item)[0]
        assert (offer.act, offer.values()["duty"], offer.values()["period"]) == ("duty.done", "board-packet", "2026-11")
        answer = desk.perform(forms.act_named(offer.act), forms.form(offer.act, offer.values()))
        assert isinstance(answer, Done) and [str(k) for k in answer.closed] == [key]
        lines = desk.ask(duties.duties)
        assert [(each.code, each.period, each.done_by) for each in lines][:2] == [
            ("board-packet", "2026-11", "ben"), ("board-packet", "2026-12", None),
        ]  # fmt: skip
    scene.steady()
    assert "ben did it" in scene.refused(duties.done, duties.DutyIsDone(duty="board-packet", period="2026-11")).reason


def test_a_duty_that_was_not_done_stays_when_the_next_one_comes(scene: Scene) -> None:
    with_duties(scene)
    scene.refresh(DAY)
    opened = [str(k) for k in scene.refresh(date(2026, 12, 24)).opened]
    assert opened == [f"X04:text:{duty_key('board-packet')}@2026-12"]
    assert len(scene.items("X04")) == 2
    due = scene.db.value("SELECT due_on FROM work_item WHERE code = 'X04' AND period = '2026-12'")
    assert date.fromisoformat(due).weekday() < 5  # 30 Dec 2026 is a Wednesday; never a closed day


def test_a_duty_that_is_none_is_refused(scene: Scene) -> None:
    with_duties(scene)
    assert "no duty" in scene.refused(duties.done, duties.DutyIsDone(duty="tax", period="2026-11")).reason
    assert "not due" in scene.refused(duties.done, duties.DutyIsDone(duty="unclaimed", period="2027-10")).reason


def test_the_seat_of_the_district_lists_duties_by_their_day(scene: Scene) -> None:
    with_duties(scene)
    with Desk(scene.data, Seat(as_name="ana")) as desk:
        days = [each.day for each in desk.ask(duties.duties)]
    assert days == sorted(days) and date(2027, 11, 1) in days


# -- questions ---------------------------------------------------------------------------------------------------


def test_a_question_waits_three_office_days_and_its_answer_closes_it(scene: Scene) -> None:
    c = customer(scene)
    made = scene.act(worklist.add, worklist.Add(title="Odd meter", account=c.account))
    asked = scene.act(worklist.forward, worklist.Forward(item=made.result.item, to="lead", question="whose is it?"))
    assert scene.items("X02") == [] and asked.result.role == "lead"
    assert scene.refresh(date(2026, 11, 30)).opened == ()  # Tue, Wed, Mon: Thanksgiving and the day after are closed
    (key,) = scene.refresh(date(2026, 12, 1)).opened
    assert key.code == "X02"
    with scene.desk("ben") as desk:
        for about in (key, ItemKey.parse(made.result.item)):
            offers = desk.ask(fixes.offers, desk.ask(worklist.item, about))
            (offer,) = [each for each in offers if each.act == "worklist.answer"]
            assert offer.values()["item"] == made.result.item and "whose is it?" in offer.why
        form = forms.form(offer.act, {**offer.values(), "answer": "the neighbour's"})
        answer = desk.perform(forms.act_named(offer.act), form)
        assert isinstance(answer, Done) and answer.closed == (key,)
        item = desk.ask(worklist.item, ItemKey.parse(made.result.item))
        assert (item.assignee, item.state) == ("ana", "open")
        assert not [x for x in desk.ask(fixes.offers, item) if x.act == "worklist.answer"]
    assert scene.refresh(date(2026, 12, 1)) == heal.Healed()

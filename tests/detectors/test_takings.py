"""Takings: what lies over night is found, and closing and depositing it heals it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.detectors.scene import DAY, Scene
from ubtui.services import adjustments, counter, deposits, drawers, fixes, worklist
from ubtui.services.drawers import Close

ITEM = f"P12:run:drawer/ana/{DAY}"


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


@pytest.fixture
def taken(scene: Scene) -> Scene:
    c = scene.customer()
    scene.act(counter.take, counter.Take(account=c.account, kind="cash", amount_cents=20_00))
    return scene


def on(scene: Scene, day: date) -> date:
    """The next business day of the office."""
    with scene.db.writing():
        scene.db.run("UPDATE meta SET value = ? WHERE key = 'today'", [day.isoformat()])
    scene.refresh(day)
    return day


def quiet(scene: Scene, day: date) -> None:
    again = scene.refresh(day)
    assert (again.opened, again.closed) == ((), ())


def test_p12_a_drawer_is_closed_on_its_day(taken: Scene) -> None:
    taken.refresh()
    assert taken.items("P12") == [], "its day is not over"
    day = on(taken, DAY + timedelta(days=1))
    assert taken.items("P12") == [ITEM]
    evidence = taken.db.value("SELECT evidence FROM work_item WHERE code = 'P12'")
    assert "2000" not in evidence, "it is counted blind"
    done = taken.act(drawers.close, Close(cash_cents=20_00, staff="ana", day=DAY))
    assert [str(key) for key in done.closed] == [ITEM]
    quiet(taken, day)
    day = on(taken, DAY + timedelta(days=2))
    assert taken.items("P12") == [ITEM], "and now it is not deposited"
    assert [str(key) for key in taken.act(deposits.make, deposits.Make()).closed] == [ITEM]
    quiet(taken, day)


def test_p12_what_is_closed_goes_to_the_bank_the_day_after(taken: Scene) -> None:
    taken.act(drawers.close, Close(cash_cents=20_00))
    taken.refresh()
    assert taken.items("P12") == []
    on(taken, DAY + timedelta(days=1))
    assert taken.items("P12") == [ITEM]
    with taken.desk() as ana:
        first, *_ = ana.ask(fixes.offers, ana.ask(worklist.item, ana.session.value("SELECT MAX(id) FROM work_item")))
    assert (first.act, first.values()) == ("deposit.make", {"total_cents": "20.00"})


def test_p12_a_refused_difference_is_counted_again_at_once(taken: Scene) -> None:
    made = taken.act(drawers.close, Close(cash_cents=1_00, reason="short")).result
    taken.refresh()
    assert taken.items("P12") == [], "it waits for another's word"
    reject = adjustments.Reject(proposal=made.proposal, reason="look again")
    assert [str(key) for key in taken.act(adjustments.reject, reject, who="ben").opened if key.code == "P12"] == [ITEM]
    done = taken.act(drawers.close, Close(cash_cents=20_00))
    assert ITEM in [str(key) for key in done.closed]
    taken.steady()


def test_p12_nothing_is_deposited_of_what_holds_nothing(taken: Scene) -> None:
    journal = taken.db.value("SELECT journal_id FROM receipt")
    made = taken.act(adjustments.reverse, adjustments.Reverse(journal=journal, note="wrong account")).result
    taken.act(adjustments.approve, adjustments.Approve(proposal=made.number, amount_cents=made.amount_cents), who="ben")
    taken.act(drawers.close, Close())
    on(taken, DAY + timedelta(days=1))
    assert taken.items("P12") == []

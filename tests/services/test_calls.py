"""What a caller asks, and how each figure of an account came about, from rows planted on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.detectors.scene import PERIODS, Scene
from tests.services.office import DAY, bill, doing, pay
from ubtui.act import Refused
from ubtui.db.models import record
from ubtui.desk import Desk
from ubtui.domain.dates import FrozenClock
from ubtui.domain.errors import BadValue
from ubtui.services import accounts, calls, contacts, figures, history, ledger
from ubtui.services.accounts import account


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def why(scene: Scene, number: str) -> tuple[str, ...]:
    with scene.desk() as desk:
        return desk.ask(calls.phone, number).why


def billed(desk: Desk, account_id: int, period: str, on: date, *lines: ledger.BillLine) -> None:
    draft = ledger.BillDraft(
        key=f"bill-{period}-{account_id}", number=f"1{period[-7:-3]}{period[-2:]}", account_id=account_id,
        period=period, from_on=on - timedelta(days=60), to_on=on, billed_on=on, mailed_on=on,
        due_on=on + timedelta(days=30), lines=list(lines),
    )  # fmt: skip
    doing(desk, lambda work: ledger.post_bills(work, [draft]))


def test_more_use_a_day_than_a_year_ago_is_said_in_per_cent(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [20, 20, 20, 20, 20, 20, 50])
    said = why(scene, c.account)
    assert said[0].startswith(f"{c.point}: 50 ccf in ") and "a year ago 20 ccf" in said[0]
    assert said[0].endswith(": 150 % more a day.")


def test_less_and_the_same_are_said_as_they_are(scene: Scene) -> None:
    less, same = scene.customer(), scene.customer()
    scene.uses(less, [20, 20, 20, 20, 20, 20, 10])
    scene.uses(same, [20, 20, 20, 20, 20, 20, 20])
    assert why(scene, less.account)[0].endswith(": 50 % less a day.")
    assert why(scene, same.account)[0].endswith(": about the same a day.")


def test_an_estimate_before_a_hold_and_an_exchange_are_named(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [20, 20, 20, 20, 20], last=PERIODS[-3])
    scene.read(c, PERIODS[-2], 1120, usage=20, days=61, source="E", status="billed")
    scene.read(c, PERIODS[-1], 1170, usage=50, days=61, status="held", held_code="over-limit")
    said = " ".join(why(scene, c.account))
    assert "was an estimate: this one makes up for it" in said and "held (over the class limit) and not billed" in said


def test_two_bills_are_set_against_each_other_charge_by_charge(scene: Scene) -> None:
    c = scene.customer()
    with scene.desk() as desk:
        billed(desk, c.account_id, "B2/2025-10", date(2025, 10, 25),
               ledger.BillLine("USE", "Water use", 40_00, "20", "2.00"),
               ledger.BillLine("SVC", "Service charge", 30_00, "1", "30.00"))  # fmt: skip
        billed(desk, c.account_id, "B2/2026-10", date(2026, 10, 25),
               ledger.BillLine("USE", "Water use", 110_00, "50", "2.20"),
               ledger.BillLine("SVC", "Service charge", 30_00, "1", "30.00"),
               ledger.BillLine("PEN", "Late penalty", 5_00, "50.00", "10 %"))  # fmt: skip
    said = why(scene, c.account)
    assert "Last bill Oct 25 145.00, a year before 70.00: water use +70.00, late penalty +5.00." in said
    assert "Water use: 2.20 now, 2.00 a year before." in said


def test_an_account_without_bills_or_reads_has_no_answer_and_no_fault(scene: Scene) -> None:
    assert why(scene, scene.customer().account) == ()


# -- figures ------------------------------------------------------------------------------------------------------


def told(scene: Scene, number: str, figure: str) -> dict[str, str]:
    with scene.desk() as desk:
        return {label.strip(): text.strip() for label, text in desk.ask(figures.explain, number, figure).rows}


def test_the_balance_is_its_items_less_its_credit(scene: Scene) -> None:
    c = scene.customer()
    with scene.desk() as desk:
        bill(desk, c.account_id, 60_00, DAY - timedelta(days=60), due=DAY - timedelta(days=30))
        bill(desk, c.account_id, 40_00, DAY - timedelta(days=3), charge="SVC", due=DAY + timedelta(days=27))
        pay(desk, c.account_id, 25_00, DAY)
    rows = told(scene, c.account, "balance")
    assert rows["balance"] == "75.00" and rows["= past due"] == "35.00" and rows["= current"] == "40.00"
    assert rows["Water use"].startswith("35.00 open of 60.00") and "30 days past due" in rows["Water use"]
    assert told(scene, c.account, "due")["oldest due"].endswith("30 days past due")


def test_every_row_of_every_part_is_explained(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [20, 20, 20, 20, 20, 20, 50])
    with scene.desk() as desk:
        trace = '{"point": "SP-1", "previous": 1000, "present": 1050, "use": 50, "rate": "R1"}'
        line = ledger.BillLine("USE", "Water use", 110_00, "50", "2.20", None, trace)
        billed(desk, c.account_id, "B2/2026-10", date(2026, 10, 25), line)
        pay(desk, c.account_id, 120_00, DAY)
        view = desk.ask(account, c.account)
        items = desk.ask(accounts.items, view.id)
        lines = desk.ask(accounts.statement, view.id)
        (paid,) = desk.ask(accounts.receipts, view.id)
    made = told(scene, c.account, "bill:1202610")
    assert made["Water use"] == "50 × 2.20 = 110.00" and made["total"] == "110.00"
    assert "1,000 → 1,050 · 50 used · rate R1" in made["reckoned from"]
    assert told(scene, c.account, f"item:{items[0].id}")["open"] == "0.00"
    receipt = told(scene, c.account, f"receipt:{paid.number}")
    assert receipt["paid water use"].startswith("110.00") and receipt["to credit"] == "10.00"
    assert told(scene, c.account, "receipts")[paid.received_on.isoformat()].startswith("120.00")
    for line in lines:
        rows = told(scene, c.account, f"journal:{line.journal_id}")
        assert rows["balance"].startswith(("110.00", "-10.00"))
    read = told(scene, c.account, f"read:{c.point}/2026-10-20")
    assert read["use"].startswith("50 over 61 days")
    assert "2 months" in told(scene, c.account, "dates")["cycle"]


def test_what_was_posted_in_the_evening_was_posted_on_the_day_of_the_office(scene: Scene) -> None:
    c = scene.customer()
    with scene.desk() as desk:
        desk._clock = FrozenClock(DAY, f"{DAY + timedelta(days=1)}T05:10:00.000000Z")
        pay(desk, c.account_id, 10_00, DAY)
        [line] = desk.ask(accounts.statement, c.account_id)
        assert line.posted_at.startswith(f"{DAY + timedelta(days=1)}"), "the record keeps UTC"
        rows = dict(desk.ask(figures.explain, c.account, f"journal:{line.journal_id}").rows)
    assert rows["by"].endswith(f"posted by {line.posted_by} {DAY}")


@pytest.mark.parametrize(
    "figure", ["tax", "bill:9", "item:9", "receipt:9", "journal:9", "read:SP-00001/2020-01-01", ""]
)
def test_a_figure_that_is_not_there_is_said(scene: Scene, figure: str) -> None:
    c = scene.customer()
    with scene.desk() as desk, pytest.raises(BadValue):
        desk.ask(figures.explain, c.account, figure)


def test_no_account_shows_anothers_figure(scene: Scene) -> None:
    mine, other = scene.customer(), scene.customer()
    with scene.desk() as desk:
        bill(desk, other.account_id, 60_00, DAY - timedelta(days=60))
        pay(desk, other.account_id, 10_00, DAY)
        line = desk.ask(accounts.statement, other.account_id)[0]
        item = desk.ask(accounts.items, other.account_id)[0]
        said = desk.perform(contacts.note, contacts.Note(account=other.account, text="private"))
        assert not isinstance(said, Refused)
        for figure in (f"journal:{line.journal_id}", f"item:{item.id}", f"contact:{said.result.contact}",
                       f"read:{other.point}/2026-10-20"):  # fmt: skip
            with pytest.raises((BadValue, Refused)):
                desk.ask(figures.explain, mine.account, figure)


# -- history ------------------------------------------------------------------------------------------------------


def test_the_life_of_an_account_is_told_newest_first(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        scene.db.insert(
            record.Seal, point_id=c.point_id, number="4471", lock_state="locked", lock_reason="owner_request",
            rate_status="sealed", placed_on=date(2026, 10, 1),
        )  # fmt: skip
    scene.exchange(c, date(2026, 5, 4))
    scene.act(contacts.note, contacts.Note(account=c.account, text="asks why it is sealed"))
    with scene.desk() as desk:
        steps = desk.ask(history.history, c.account_id)
    days = [each.on for each in steps]
    assert days == sorted(days, reverse=True)
    said = {(each.kind, each.told) for each in steps}
    assert ("contact", "call with owner: asks why it is sealed") in said
    assert ("seal", "seal 4471 goes on: owner request") in said
    assert ("people", "Owner 1 becomes owner") in said
    assert {told for kind, told in said if kind == "meter"} == {
        "badger/90001 is hung", "badger/90001 is taken off", f"badger/x{c.meter_id} is hung",
    }  # fmt: skip
    assert steps[0].by == "ana"

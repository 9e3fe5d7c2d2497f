"""Reads that come by no file: judged as a file's, in the place of an estimate, never in that of a billed read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.detectors.scene import DAY, PERIODS, Customer, Scene, read_day
from ubtui.domain.register import Register
from ubtui.domain.volume import Unit
from ubtui.services import fixes, listing, orders, reads, verify, worklist
from ubtui.services.listing import Query
from ubtui.services.reads import Enter, Estimate, Review, Skip, Swap

LAST = PERIODS[-1]
ON = read_day(LAST)


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def rows(scene: Scene, c: Customer, since: str = LAST) -> list[Any]:
    return scene.db.rows(
        "SELECT read_on, value, usage, days, source, status, held_code, entered_by FROM read WHERE register_id = ?"
        " AND period = ? ORDER BY read_on, seq",
        [c.register_id, since],
    )


def customer(scene: Scene, last: str = PERIODS[-2], **more: Any) -> Customer:
    c = scene.customer(**more)
    scene.uses(c, [30] * (PERIODS.index(last) + 1), last=last)
    scene.refresh()
    return c


def test_a_read_by_hand_is_a_read(scene: Scene) -> None:
    c = customer(scene)
    done = scene.act(reads.enter, Enter(point=c.point, value=1225, on=ON, trouble="fogged", by_customer=True))
    assert (done.result.period, done.result.usage, done.result.status) == (LAST, 45, "released")
    assert rows(scene, c) == [(ON.isoformat(), 1225, 45, 61, "C", "released", None, "ana")]
    assert scene.db.value("SELECT trouble_code FROM read_summary WHERE register_id = ?", [c.register_id]) == "fogged"
    scene.steady()


@pytest.mark.parametrize(
    ("value", "status", "held", "code"),
    [(1179, "held", "below-previous", "R09"), (1180 + 301, "held", "over-limit", "R06"), (1210, "released", None, "")],
)
def test_it_is_held_as_a_files_would_be(scene: Scene, value: int, status: str, held: str, code: str) -> None:
    c = customer(scene)
    done = scene.act(reads.enter, Enter(point=c.point, value=value, on=ON))
    assert (done.result.status, done.result.held) == (status, held)
    assert {k.code for k in done.opened} == ({code, "R04"} if code == "R06" else {code} - {""})
    scene.steady()


def test_a_read_between_two_moves_the_later_one(scene: Scene) -> None:
    c = customer(scene, PERIODS[-3])  # 1150
    scene.read(c, LAST, 1210, usage=60)
    scene.act(reads.enter, Enter(point=c.point, value=1185, on=read_day(PERIODS[-2])))
    assert [row[2:4] for row in rows(scene, c)] == [(25, 61)]
    scene.steady()


REFUSED = {
    "future": ({"on": DAY + timedelta(days=1)}, "still to come"),
    "window": ({"on": date(2026, 11, 15)}, "no read window"),
    "unknown": ({"point": "SP-99999"}, "no service point"),
    "meter": ({"meter": "badger/1"}, "no meter badger/1"),
    "before": ({"on": date(2019, 12, 20)}, "hangs at"),
    "dials": ({"value": 10**6}, "does not fit 6 dials"),
    "taken": ({"on": read_day(PERIODS[-2])}, "has a read for"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(scene: Scene, case: str) -> None:
    c = customer(scene)
    change, says = REFUSED[case]
    before = scene.db.rows("SELECT * FROM read ORDER BY register_id, read_on, seq")
    no = scene.refused(reads.enter, Enter(**{"point": c.point, "value": 1225, "on": ON} | change))
    assert says in no.reason and no.cure
    assert scene.db.rows("SELECT * FROM read ORDER BY register_id, read_on, seq") == before


def test_a_billed_estimate_and_a_billed_follower_stay(scene: Scene) -> None:
    c = customer(scene)
    scene.read(c, LAST, 1210, usage=30, source="E", status="billed")
    no = scene.refused(reads.enter, Enter(point=c.point, value=1225, on=ON))
    assert "is billed by an estimate" in no.reason
    other = customer(scene, PERIODS[-3])
    scene.read(other, LAST, 1210, usage=60, status="billed")
    no = scene.refused(reads.enter, Enter(point=other.point, value=1185, on=read_day(PERIODS[-2])))
    assert "is billed" in no.reason


def test_two_registers_are_told_apart(scene: Scene) -> None:
    c = customer(scene)
    with scene.db.writing():
        scene._meter("second", c.point_id, date(2020, 1, 1))
    assert "2 registers: badger/" in scene.refused(reads.enter, Enter(point=c.point, value=7, on=ON)).reason
    with scene.desk() as desk:
        [id] = desk.ask(listing.ids, worklist.WORKLIST, Query("code:R01"))
        offers = [each for each in desk.ask(fixes.offers, desk.ask(worklist.item, id)) if each.act == "read.enter"]
    assert [each.values()["meter"] for each in offers] == ["badger/90001", "badger/second"], "one of each counter"
    done = scene.act(reads.enter, Enter(point=c.point, value=7, on=ON, meter="badger/second"))
    assert (done.result.value, done.result.usage) == (7, None)


def test_an_estimate_is_last_years_use_moved_by_the_cycle(scene: Scene) -> None:
    for _ in range(30):
        scene.uses(scene.customer(), [20, *[25] * 5, 30])
    c = scene.customer()
    scene.uses(c, [40, 30, 30, 30, 30, 30], last=PERIODS[-2])
    scene.refresh()
    done = scene.act(reads.estimate, Estimate(point=c.point, reason="snow"))
    [guess] = done.result.reads
    ratio = Fraction(scene.db.value("SELECT ratio_ppm FROM cycle_median WHERE period = ?", [LAST]), 10**6)
    last_year = Fraction(40 * 61, (read_day(PERIODS[0]) - date(2025, 8, 20)).days)
    assert ratio == Fraction(3, 2) and guess.usage == round(last_year * ratio)
    assert rows(scene, c) == [
        (ON.isoformat(), 1190 + guess.usage, guess.usage, 61, "E", "released", None, "ana")
    ]  # fmt: skip
    scene.steady()


def test_an_estimate_without_a_last_year_is_the_average(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [20, 40], last=PERIODS[-2])
    scene.refresh()
    done = scene.act(reads.estimate, Estimate(point=c.point, reason="dog"))
    assert done.result.reads[0].usage in (29, 30, 31)
    never = scene.customer()
    assert (
        "nothing here can be estimated"
        in scene.refused(reads.estimate, Estimate(point=never.point, reason="dog")).reason
    )
    assert "can be estimated" in scene.refused(reads.estimate, Estimate(point=c.point, reason="dog")).reason


def test_an_estimate_may_pass_zero(scene: Scene) -> None:
    c = scene.customer(dials=4)
    scene.uses(c, [30] * 6, start=9990 - 180, last=PERIODS[-2])
    done = scene.act(reads.estimate, Estimate(point=c.point, reason="dog"))
    [guess] = done.result.reads
    assert guess.value == guess.usage - 10 and 28 <= guess.usage <= 32
    assert scene.db.value("SELECT rolled FROM read WHERE register_id = ? AND period = ?", [c.register_id, LAST]) == 1
    assert list(verify.uses(scene.db)) == []


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"point": "SP-00001", "route": "R07"}, "name a service point or a route"),
        ({}, "name a service point or a route"),
        ({"route": "R07", "period": "Z9/2026-10"}, "no cycle is named Z9"),
        ({"point": "SP-00001", "period": "B2/2026-11"}, "is no window of cycle B2"),
        ({"point": "SP-00001", "period": "B2/2026-12"}, "is no window of cycle B2"),
        ({"point": "SP-00001", "period": "B1/2026-09"}, "is no window of cycle B2"),
    ],
)
def test_a_window_that_is_none(scene: Scene, form: dict[str, str], says: str) -> None:
    customer(scene)
    assert says in scene.refused(reads.estimate, Estimate(reason="dog", **form)).reason
    assert says in scene.refused(reads.skip, Skip(why="dog", **form)).reason


def test_a_skip_is_noted_once_and_kept(scene: Scene) -> None:
    c = customer(scene)
    done = scene.act(reads.skip, Skip(point=c.point, why="locked-gate", note="key at no. 4", on=ON + timedelta(days=1)))
    assert (done.result.period, done.result.points) == (LAST, [c.point])
    assert scene.db.rows("SELECT period, skipped_on, why, note, by_staff FROM read_skip") == [
        (LAST, "2026-10-21", "locked-gate", "key at no. 4", "ana")
    ]
    assert "is noted as skipped" in scene.refused(reads.skip, Skip(point=c.point, why="dog")).reason
    scene.act(reads.estimate, Estimate(point=c.point, reason="nobody could read it"))
    scene.steady()
    other = customer(scene)
    scene.read(other, LAST, 1210, usage=30)
    assert "has a read" in scene.refused(reads.skip, Skip(point=other.point, why="dog")).reason


def test_two_neighbours_reads_change_places(scene: Scene) -> None:
    ours, theirs = customer(scene), customer(scene)
    with scene.db.writing():
        scene.db.run("UPDATE read SET status = 'billed' WHERE status = 'released'")
    far = scene.customer()
    scene.uses(far, [30] * 6, start=5000, last=PERIODS[-2])  # 5180
    scene.read(ours, LAST, 5215, usage=4035, status="held", held_code="over-limit")
    scene.read(far, LAST, 1222, status="held", held_code="below-previous")
    scene.refresh()
    done = scene.act(reads.swap, Swap(point=far.point, read_on=ON, other=ours.point, reason="next to each other"))
    assert (done.result.one.usage, done.result.other.usage) == (35, 42)
    assert {k.code for k in done.closed} >= {"R09", "R06"}
    scene.steady()
    no = scene.refused(reads.swap, Swap(point=far.point, read_on=ON, seq=2, other=far.point, reason="wrong one"))
    assert "has no one read" in no.reason
    given = scene.act(reads.swap, Swap(point=far.point, read_on=ON, seq=2, other=theirs.point, reason="it is theirs"))
    assert (given.result.one.status, given.result.other.value) == ("void", 5215), "who has none is given it"
    scene.steady()


def test_uses_and_values_agree_after_every_act(scene: Scene) -> None:
    """Whatever is entered, estimated, cancelled, struck and moved, each use is what its two values say."""
    c = customer(scene, PERIODS[-3])
    scene.act(reads.estimate, Estimate(point=c.point, period=PERIODS[-2], reason="snow"))
    scene.act(reads.estimate, Estimate(point=c.point, reason="snow"))
    scene.steady()
    scene.act(reads.enter, Enter(point=c.point, value=1155, on=ON))
    scene.steady()
    scene.act(reads.cancel_estimates, reads.Cancel(point=c.point, read_on=ON, seq=2, reason="read low"))
    scene.steady()
    assert list(verify.uses(scene.db)) == [] and list(verify.summaries(scene.db)) == []
    void = Review(point=c.point, read_on=ON, seq=2, code="R09", decision="void", reason="wrong house")
    scene.act(reads.review, void)
    scene.act(reads.enter, Enter(point=c.point, value=1199, on=ON + timedelta(days=2)))
    scene.steady()
    assert list(verify.uses(scene.db)) == [] and list(verify.summaries(scene.db)) == []


@given(
    dials=st.integers(3, 9), unit=st.sampled_from(["ccf", "cf", "gal", "kgal"]), use=st.integers(0, 500),
    times=st.sampled_from([Fraction(1), Fraction(10), Fraction(1, 10)]), data=st.data(),
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_lowest_count_that_bills_a_use(
    dials: int, unit: str, use: int, times: Fraction, data: st.DataObject
) -> None:
    face, ccf = Register(dials, 0, times, Unit.parse(unit)), Unit.parse("ccf")
    prev = data.draw(st.integers(0, face.limit - 1))
    counts = face.reached(prev, use, ccf)
    assert counts >= prev and face.usage(prev, counts, ccf) >= use
    assert counts == prev or face.usage(prev, counts - 1, ccf) < use


# -- what an order to read again brings ----------------------------------------------------------------------------


def sent_for(scene: Scene, c: Customer, code: str = "R04") -> str:
    item = f"{code}:point:{c.point}@{PERIODS[-1]}"
    form = orders.Create(point=c.point, kind="reread", due_on=DAY, item=item)
    return str(scene.act(orders.create, form).result.order)


def test_a_reread_takes_the_place_of_the_read_in_doubt(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6 + [90])
    scene.refresh()
    assert scene.items("R04") == [f"R04:point:{c.point}@{PERIODS[-1]}"]
    done = scene.act(orders.result, orders.Result(order=sent_for(scene, c), done_on=DAY, found_value=1230))
    assert done.result.read == f"1,230 for {PERIODS[-1]}: 50 used"
    assert f"R04:point:{c.point}@{PERIODS[-1]}" in map(str, done.closed)
    reads_of = "SELECT read_on, value, usage, days, status FROM read WHERE period = ? ORDER BY read_on"
    assert scene.db.rows(reads_of, [PERIODS[-1]]) == [
        ("2026-10-20", 1270, 90, None, "void"), ("2026-11-23", 1230, 50, 95, "released"),
    ]  # fmt: skip
    assert scene.db.one("SELECT decision, reason FROM read_review") == (
        "corrected", "read again on 2026-11-23, F-000001",
    )  # fmt: skip
    scene.steady()


def test_a_reread_that_is_as_high_leaves_the_item_and_one_too_low_is_held(scene: Scene) -> None:
    high, low = scene.customer(), scene.customer()
    for c in (high, low):
        scene.uses(c, [30] * 6 + [90])
    scene.refresh()
    key = f"R04:point:{high.point}@{PERIODS[-1]}"
    done = scene.act(orders.result, orders.Result(order=sent_for(scene, high), done_on=DAY, found_value=1400))
    assert key not in map(str, done.closed) and key in scene.items("R04")
    done = scene.act(orders.result, orders.Result(order=sent_for(scene, low), done_on=DAY, found_value=1100))
    assert done.result.read == f"1,100 for {PERIODS[-1]}: held, below-previous"
    assert f"R09:point:{low.point}@{PERIODS[-1]}" in map(str, done.opened)
    scene.steady()
    third = scene.customer()
    scene.uses(third, [30] * 6 + [90])
    no = scene.refused(orders.result, orders.Result(order=sent_for(scene, third), done_on=DAY, found_value=10**6))
    assert no.reason == "1000000 does not fit 6 dials"


def test_a_reread_of_what_is_billed_is_kept_beside_it(scene: Scene) -> None:
    c, missing = scene.customer(), scene.customer()
    scene.uses(c, [30] * 7)
    with scene.db.writing():
        scene.db.run("UPDATE read SET status = 'billed' WHERE register_id = ?", [c.register_id])
    scene.refresh()
    done = scene.act(orders.result, orders.Result(order=sent_for(scene, c), done_on=DAY, found_value=1240))
    assert done.result.read == "1,240 is kept beside the billed read of 2026-10-20 and bills nothing"
    row = "SELECT kind, usage, status FROM read WHERE register_id = ? AND read_on = ?"
    assert scene.db.one(row, [c.register_id, DAY.isoformat()]) == ("reread", None, "released")
    scene.steady()
    scene.uses(missing, [30] * 6, last=PERIODS[-2])
    with scene.db.writing():
        scene.db.run("UPDATE read SET status = 'billed' WHERE register_id = ?", [missing.register_id])
    scene.refresh()
    said = scene.act(orders.result, orders.Result(order=sent_for(scene, missing), done_on=DAY, found_code="no-access"))
    assert said.result.read == "", "nobody could read it"
    number = sent_for(scene, missing)
    with scene.db.writing():
        scene.db.run("UPDATE field_order SET asked_on = '2026-10-20' WHERE number = ?", [number])
    done = scene.act(
        orders.result, orders.Result(order=number, done_on=date(2026, 10, 22), found_value=1210, found_code="ok")
    )
    assert done.result.read == f"1,210 for {PERIODS[-1]}: 30 used"
    scene.steady()


@pytest.mark.parametrize("serial", ["NOPE", "90002"])
def test_what_another_meter_showed_is_no_read_of_this_one(scene: Scene, serial: str) -> None:
    c, _ = scene.customer(), scene.customer()
    scene.uses(c, [30] * 6 + [90])
    scene.refresh()
    key = f"R04:point:{c.point}@{PERIODS[-1]}"
    form = orders.Result(order=sent_for(scene, c), done_on=DAY, found_value=1230, found_serial=serial)
    done = scene.act(orders.result, form)
    assert done.result.read == (
        f"1,230 is not entered: {serial} was found, and the record has badger/90001 at {c.point}"
    )
    assert key in scene.items("R04"), "what it was sent for is still to be settled"
    assert scene.db.value("SELECT COUNT(*) FROM read WHERE read_on = ?", [DAY.isoformat()]) == 0
    assert scene.db.one("SELECT found_serial, found_value FROM field_order") == (serial, 1230)
    told = "M07:meter:badger/90002" if serial == "90002" else f"M09:point:{c.point}"
    assert [str(key) for key in done.opened] == [told]
    scene.steady()
    scene.act(
        orders.result,
        orders.Result(order=sent_for(scene, c), done_on=DAY, found_value=1230, found_serial="Badger/90001"),
    )
    assert scene.db.value("SELECT value FROM read WHERE read_on = ?", [DAY.isoformat()]) == 1230

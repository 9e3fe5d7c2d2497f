"""Meter tests in the record: judged by the district's limits, an order where one failed, a draft where it was fast."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from tests.detectors.money import bill
from tests.detectors.scene import DAY, Customer, Scene
from ubtui.db.models import record
from ubtui.db.models.meters import MeterTestFlow
from ubtui.domain.instalments import later
from ubtui.services import adjustments, locations, meter_tests, orders
from ubtui.services.meter_checks import METERS
from ubtui.services.meter_tests import Test as Told  # pytest collects what is called Test

DAYS = timedelta(days=1)


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def told(c: Customer, **flows: str) -> Told:
    return Told(meter=f"Badger/{90000 + c.meter_id}", tested_on=DAY - DAYS, tested_by="Sierra Test Co", **flows)


def drafts(scene: Scene) -> list[Any]:
    return scene.db.rows("SELECT number, state, amount_cents, note FROM proposal ORDER BY number")


def test_a_meter_that_counts_well_is_tested_and_done(scene: Scene) -> None:
    c = scene.customer()
    done = scene.act(meter_tests.test, told(c, low="95 of 100", mid="9.85 of 10", high="101.5 of 100")).result
    assert (done.passed, done.order, done.on_bills, done.told) == (True, "", "0.00 %", "")
    assert (done.low, done.mid, done.high) == ("-5.00 %", "-1.50 %", "+1.50 %")
    assert scene.db.value("SELECT tested_on FROM meter") == (DAY - DAYS).isoformat()
    assert drafts(scene) == []
    with scene.desk() as desk:
        [line] = desk.ask(meter_tests.tests, [c.meter_id])
    assert [(f.flow, f.registered, f.standard, f.lowest, f.passed) for f in line.flows] == [
        ("low", 95_000, 100_000, 95_000, True), ("mid", 9_850, 10_000, 98_500, True),
        ("high", 101_500, 100_000, 98_500, True),
    ]  # fmt: skip
    assert (line.meter, line.tested_by, line.passed, line.entered_by) == ("badger/90001", "Sierra Test Co", True, "ana")
    scene.steady()


def test_what_a_fast_meter_charged_too_much_is_drafted_and_never_posted(scene: Scene) -> None:
    c = scene.customer()
    limit = later(DAY - DAYS, -6)
    bill(scene, c, 500_00, limit + 25 * DAYS, to_on=limit, service=True)  # ended on the day the look-back begins
    bill(scene, c, 61_50, limit + 60 * DAYS, to_on=limit + DAYS, service=True)
    bill(scene, c, 41_00, DAY, to_on=DAY - 40 * DAYS, service=True)
    bill(scene, c, 70_00, DAY + 30 * DAYS, to_on=DAY, service=True)  # ended behind the test
    bill(scene, c, 99_00, DAY, to_on=DAY - 30 * DAYS)  # of no service: not this meter's
    done = scene.act(meter_tests.test, told(c, low="100 of 100", mid="10.3 of 10", high="102 of 100")).result
    assert (done.passed, done.on_bills, done.order, done.proposals) == (False, "+2.50 %", "F-000001", ("P-000001",))
    assert "2 bills" in done.told and "USE 102.50, 2.50 too much: P-000001 is drafted" in done.told
    [(number, state, cents, note)] = drafts(scene)
    assert (number, state, cents) == ("P-000001", "draft", 250) and "+2.50 %" in note
    assert scene.db.value("SELECT COUNT(*) FROM journal WHERE kind = 'ADJ'") == 0
    assert scene.db.value("SELECT tested_on FROM meter") is None, "it stays due until it is exchanged"
    sent = scene.act(adjustments.submit, adjustments.Submit(proposal="P-000001")).result
    assert sent.state == "pending" and sent.tier > 0, "another person decides"
    scene.steady()


def test_what_a_fast_meter_charged_is_given_back_once(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 41_00, DAY, to_on=DAY - 70 * DAYS, service=True)
    fast = {"mid": "10.25 of 10", "high": "102.5 of 100"}
    first = scene.act(meter_tests.test, told(c, **fast)).result
    assert first.proposals == ("P-000001",)
    scene.act(adjustments.revise, adjustments.Revise(proposal="P-000001", amount_cents=90, draft=True))
    again = scene.act(meter_tests.test, told(c, **fast)).result
    assert again.proposals == () and "not given back yet" in again.told, "the revision waits"
    bill(scene, c, 20_50, DAY, to_on=DAY - DAYS, service=True)
    later_on = msgspec.structs.replace(told(c, **fast), tested_on=DAY)
    assert scene.act(meter_tests.test, later_on).result.proposals == (), "it had ended when the meter was tested first"
    scene.act(adjustments.withdraw, adjustments.Withdraw(proposal="P-000002"))
    assert [row[2] for row in drafts(scene)] == [100, 90]
    last = scene.act(meter_tests.test, later_on).result
    assert last.proposals == ("P-000003",) and [row[2] for row in drafts(scene)] == [100, 90, 150]
    scene.steady()


def test_an_order_that_found_it_well_is_a_test_too(scene: Scene) -> None:
    c = scene.customer()
    scene.act(orders.create, orders.Create(point=c.point, kind="test", due_on=DAY))
    found = orders.Result(order="F-000001", done_on=DAY, done_by="Gus", found_code="ok", note="98.9 % at mid flow")
    scene.act(orders.result, found)
    with scene.desk() as desk:
        [line] = desk.ask(meter_tests.tests, [c.meter_id])
    assert (line.tested_on, line.tested_by, line.passed, line.flows) == (DAY, "Gus", True, ())
    assert line.note == "F-000001 98.9 % at mid flow"


def test_a_slow_meter_costs_nobody_anything(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 60_00, DAY, to_on=DAY - 40 * DAYS, service=True)
    done = scene.act(meter_tests.test, told(c, mid="9 of 10", high="95 of 100")).result
    assert not done.passed and done.on_bills == "-7.50 %" and "nobody is charged" in done.told
    low = scene.act(meter_tests.test, told(c, low="80 of 100", mid="10 of 10", high="101 of 100")).result
    assert not low.passed and "within what is allowed" in low.told, "it lets drips by and bills no more than was used"
    half = scene.act(meter_tests.test, told(c, mid="12 of 10")).result
    assert (half.passed, half.on_bills, half.told) == (False, "", ""), "one flow says nothing of bills"
    assert drafts(scene) == []


def test_each_account_that_was_billed_gets_its_own(scene: Scene) -> None:
    c, other = scene.customer(), scene.customer()
    bill(scene, c, 20_50, DAY, to_on=DAY - 90 * DAYS, service=True)
    with scene.db.writing():
        scene.db.run("UPDATE service SET to_on = ? WHERE id = ?", [(DAY - 80 * DAYS).isoformat(), c.service_id])
        moved = scene.db.insert(
            record.Service, account_id=other.account_id, point_id=c.point_id, kind="potable", rate_code="R1",
            unit="ccf", customer_class="residential", from_on=DAY - 80 * DAYS,
        )  # fmt: skip
    late = Customer(*[getattr(other, name) for name in other.__dataclass_fields__][:-1], moved)
    bill(scene, late, 41_00, DAY, to_on=DAY - 10 * DAYS, service=True)
    done = scene.act(meter_tests.test, told(c, mid="10.25 of 10", high="102.5 of 100")).result
    assert len(done.proposals) == 2
    assert sorted(row[2] for row in drafts(scene)) == [50, 100]


def test_a_meter_tested_on_the_bench_after_it_came_off(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 41_00, DAY, to_on=DAY - 70 * DAYS, service=True)
    bill(scene, c, 82_00, DAY, to_on=DAY - 10 * DAYS, service=True)  # the next meter's
    scene.exchange(c, DAY - 69 * DAYS)
    done = scene.act(meter_tests.test, told(c, mid="10.25 of 10", high="102.5 of 100")).result
    assert (done.order, [row[2] for row in drafts(scene)]) == ("", [100])


def test_what_a_test_refuses(scene: Scene) -> None:
    c = scene.customer()
    for flows, why in (
        ({"mid": "fine"}, "is no test"),
        ({"mid": "9 of 0"}, "nothing ran through"),
        ({"high": "9 of 10 at 0"}, "nothing ran through"),
    ):
        assert why in scene.refused(meter_tests.test, told(c, **flows)).reason
    early = Told(meter="badger/90001", tested_on=date(2019, 12, 31))
    assert "hangs there since" in scene.refused(meter_tests.test, early).reason
    with scene.db.writing():
        scene.db.run("UPDATE meter SET size = '10'")
    assert "no limits" in scene.refused(meter_tests.test, told(c, mid="10 of 10")).reason
    assert scene.act(meter_tests.test, told(c)).result.passed, "what a paper says of it needs no limits"


def test_what_was_measured_is_kept(scene: Scene) -> None:
    scene.act(meter_tests.test, told(scene.customer(), mid="10 of 10"))
    for sql in ("DELETE FROM meter_test", "UPDATE meter_test_flow SET registered_milli = 1"):
        with pytest.raises(Exception, match=r"kept|fixed"), scene.db.writing():
            scene.db.run(sql)


def test_verify_finds_a_verdict_that_its_flows_deny(scene: Scene) -> None:
    c = scene.customer()
    scene.act(meter_tests.test, told(c, low="95 of 100", mid="10.15 of 10"))
    scene.act(meter_tests.test, told(c, low="94.999 of 100"))
    [check] = METERS
    assert scene.db.rows(check.sql) == [], "limits themselves pass, and a test that failed is no contradiction"
    with scene.db.writing():
        row = {"gpm_milli": 1, "standard_milli": 10**12, "lowest_milli": 98_500, "highest_milli": 101_500}
        scene.db.insert(MeterTestFlow, test_id=1, flow="high", registered_milli=10**12 + 15 * 10**9 + 1, **row)
    [(test_id, _, flow)] = scene.db.rows(check.sql)
    assert (test_id, flow) == (1, "high")


def test_a_place_is_said_bit_by_bit(scene: Scene) -> None:
    c = scene.customer()
    first = locations.Place(
        point=c.point, box="concrete 12x20", access="gate 4411\u202e, dog", latitude="39.219061", longitude="121.0611 W"
    )
    done = scene.act(locations.place, first).result
    assert (done.location, done.box, done.access) == ("front yard", "concrete 12x20", "gate 4411, dog")
    assert (done.latitude, done.longitude) == ("39.219061", "-121.061100")
    done = scene.act(
        locations.place, locations.Place(point=c.point, location="by the oak", photo="IMG_0231.jpg")
    ).result
    assert (done.location, done.box, done.latitude, done.photo) == (
        "by the oak", "concrete 12x20", "39.219061", "IMG_0231.jpg"
    )  # fmt: skip
    for form, why in (
        (locations.Place(point=c.point), "nothing is said"),
        (locations.Place(point=c.point, latitude="39.2"), "one of two degrees"),
        (locations.Place(point=c.point, latitude="99", longitude="1"), "up to 90"),
        (locations.Place(point=c.point, location="ab"), "no place"),
    ):
        assert why in scene.refused(locations.place, form).reason
    scene.steady()

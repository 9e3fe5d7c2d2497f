"""Seals, rates and rights: done once, on days that can be, each refusal in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.detectors.money import bill, stage
from tests.detectors.scene import DAY, PERIODS, Customer, Scene
from ubtui.db.models import record
from ubtui.domain.periods import ReadCycle
from ubtui.services import (
    adjustments,
    collections,
    counter,
    orders,
    owners,
    payments,
    points,
    rights,
    seals,
)

DAYS = timedelta(days=1)


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def sent(scene: Scene, c: Customer, kind: str = "verify", due: date = DAY, **more: Any) -> str:
    form = orders.Create(point=c.point, kind=kind, due_on=due, **more)  # type: ignore[arg-type]
    return str(scene.act(orders.create, form).result.order)


# -- seals -----------------------------------------------------------------------------------------------------


def on(c: Customer, **more: Any) -> seals.Place:
    return seals.Place(**{"point": c.point, "number": "9001", "placed_on": DAY} | more)


def test_water_stops_only_for_a_debt_old_enough_that_nothing_protects(scene: Scene) -> None:
    c = scene.customer()
    order = orders.Create(point=c.point, kind="shutoff", due_on=DAY)
    lock = on(c, why="nonpayment", rate="full", effect="never")

    def barred(says: str) -> None:
        for act, form in ((orders.create, order), (seals.place, lock)):
            no = scene.refused(act, form)
            assert says in no.reason and no.rule == "no shutoff"

    barred("while nothing is past due")
    bill(scene, c, 60_00, DAY - 60 * DAYS)
    barred("before 2026-11-24")
    bill(scene, c, 60_00, DAY - 61 * DAYS)
    scene.refresh()
    protects = collections.Set(account=c.account, kind="medical", expires_on=DAY + 27 * DAYS)
    scene.act(collections.protect, protects)
    barred("medical protects the account until 2026-12-20")
    scene.act(collections.lift, collections.Lift(account=c.account, kind="medical", reason="moved away"))
    plan = scene.act(collections.make, collections.Make(account=c.account, count=3, first_on=DAY + 9 * DAYS))
    barred(f"plan {plan.result.number} runs")
    scene.act(collections.end, collections.End(account=c.account, how="cancelled", reason="asked for"))
    scene.act(orders.create, order)
    scene.act(seals.place, lock)
    scene.steady()


def test_a_new_owner_s_water_does_not_stop_for_the_former_one_s_debt(scene: Scene) -> None:
    c, other = scene.customer(), scene.customer()
    for each in (c, other):
        bill(scene, each, 60_00, DAY - 90 * DAYS)
    scene.refresh()
    number = sent(scene, c, "shutoff")
    for each in (c, other):
        scene.act(owners.change, owners.Change(
            account=each.account, name="Rosa Lund", on=DAY - 3 * DAYS, line1="9 Oak Rd", city="Rincon", state="CA",
            zip="95946", source="deed",
        ))  # fmt: skip
    with scene.desk() as desk:
        assert desk.ask(orders.order, number).state == "cancelled"
    for decision in ("", "former"):
        if decision:
            scene.act(owners.debt, owners.Debt(account=c.account, decision="former", reason="seller was billed"))
        no = scene.refused(orders.create, orders.Create(point=c.point, kind="shutoff", due_on=DAY))
        assert (no.rule, no.reason) == ("no shutoff", "what is open was charged to a former owner")
    scene.act(owners.debt, owners.Debt(account=other.account, decision="assumed", reason="in escrow"))
    assert sent(scene, other, "shutoff") == "F-000002"
    bill(scene, c, 30_00, DAY + 20 * DAYS)
    no = scene.refused(orders.create, orders.Create(point=c.point, kind="shutoff", due_on=DAY))
    assert no.reason == "what is open was charged to a former owner", "this bill too is from before the change"
    scene.refresh()
    scene.steady()


@pytest.mark.parametrize("how", ["paid", "credited", "arranged", "protected", "matched"])
def test_an_order_to_stop_water_is_taken_back_by_what_bars_it(scene: Scene, how: str) -> None:
    c = scene.customer()
    bill(scene, c, 60_00, DAY - 90 * DAYS)
    scene.refresh()
    number = sent(scene, c, "shutoff")
    if how == "paid":
        scene.act(counter.take, counter.Take(account=c.account, amount_cents=50_00, kind="cash"))
        with scene.desk() as desk:
            assert desk.ask(orders.order, number).state == "open", "a part is not enough"
        scene.act(counter.take, counter.Take(account=c.account, kind="cash"))
    elif how == "credited":
        form = adjustments.Propose(account=c.account, reason="read-correction", amount_cents=60_00, note="misread")
        proposed = scene.act(adjustments.propose, form).result.number
        scene.act(adjustments.approve, adjustments.Approve(proposal=proposed, amount_cents=60_00), who="ben")
    elif how == "arranged":
        scene.act(collections.make, collections.Make(account=c.account, count=3, first_on=DAY + 9 * DAYS))
    elif how == "protected":
        scene.act(collections.protect, collections.Set(account=c.account, kind="medical", expires_on=DAY + 27 * DAYS))
    else:
        (key,) = stage(scene, payments.Came(cents=60_00))
        scene.act(payments.match, payments.Match(payment=key, account=c.account))
    with scene.desk() as desk:
        view = desk.ask(orders.order, number)
    bars = {"arranged": "plan PA-000001 runs", "protected": "medical protects the account until 2026-12-20"}
    assert (view.state, view.note) == (
        "cancelled", bars.get(how, "no water stops for nonpayment while nothing is past due"),
    )  # fmt: skip
    scene.steady()


def test_lock_reason_and_rate_are_three_facts(scene: Scene) -> None:
    c = scene.customer()
    for form, says in (
        (on(c, why="nonpayment"), "three facts"),
        (on(c, rate="full", effect="same_day"), "three facts"),
        (on(c, effect="never"), "three facts"),
        (on(c, lock="unlocked"), "seals"),
        (on(c, rate="occasional", effect="month_of_use"), "seals"),
    ):
        assert says in scene.refused(seals.place, form).rule
    bill(scene, c, 60_00, DAY - 61 * DAYS)
    scene.refresh()
    done = scene.act(seals.place, on(c, why="nonpayment", rate="full", effect="never"))
    assert done.result.rate_from is None
    assert scene.db.one("SELECT lock_state, lock_reason, rate_status, rate_from, verified_on FROM seal") == (
        "locked", "nonpayment", "full", None, DAY.isoformat(),
    )  # fmt: skip
    scene.steady()
    assert "is sealed by 9001" in scene.refused(seals.place, on(c, number="9002")).reason
    other = scene.customer()
    assert "was used before" in scene.refused(seals.place, on(other)).reason
    assert "still to come" in scene.refused(seals.place, on(other, number="3", placed_on=DAY + DAYS)).reason
    done = scene.act(
        seals.place, on(other, number="3", lock="unlocked", rate="occasional", effect="month_of_use", why="other")
    )
    assert done.result.rate_from is None


def test_a_request_is_of_what_is_not_so_yet(scene: Scene) -> None:
    c = scene.customer()
    form = seals.Request(point=c.point, kind="unseal", asked_by="Owner")
    assert "has no seal on it" in scene.refused(seals.request, form).reason
    first = scene.act(seals.request, seals.Request(point=c.point, kind="seal", asked_by="Owner"))
    assert first.result.order == "F-000001"
    assert scene.db.value("SELECT due_on FROM field_order") == "2026-11-30", "Thursday and Friday are holidays"
    again = seals.Request(point=c.point, kind="seal", asked_by="Owner")
    assert "is open" in scene.refused(seals.request, again).reason
    scene.act(seals.place, on(c))
    assert "is sealed by 9001" in scene.refused(seals.request, again).reason
    nobody = seals.Withdraw(point=c.point, kind="seal", reason="not wanted")
    assert "no request" in scene.refused(seals.withdraw, nobody).reason


def test_an_order_that_is_out_already_serves_the_request(scene: Scene) -> None:
    c = scene.customer()
    number = sent(scene, c, "seal")
    done = scene.act(seals.request, seals.Request(point=c.point, kind="seal", asked_by="Owner"))
    assert done.result.order == number


def test_full_rate_comes_back_as_the_seal_took_it_away(scene: Scene) -> None:
    c = scene.customer(rate_code="R1-SEALED")
    scene.act(seals.place, on(c, placed_on=date(2026, 11, 2), effect="next_cycle"))
    scene.act(seals.remove, seals.Remove(point=c.point, removed_on=DAY, reason="moves in"))
    assert scene.db.one("SELECT rate_from, full_from FROM seal") == ("2026-12-20", "2026-12-20")
    scene.steady()


@pytest.mark.parametrize(
    ("day", "period", "read_on"),
    [(date(2026, 10, 20), "B2/2026-10", date(2026, 10, 20)), (date(2026, 10, 21), "B2/2026-12", date(2026, 12, 20)),
     (date(2026, 12, 21), "B2/2027-02", date(2027, 2, 20))],
)  # fmt: skip
def test_the_coming_read_day(day: date, period: str, read_on: date) -> None:
    assert ReadCycle("B2", 2, 2, 20, 25).coming(day) == (period, read_on)


# -- rates and rights ------------------------------------------------------------------------------------------


def test_what_another_rate_refuses(scene: Scene) -> None:
    c = scene.customer()

    def form(**more: Any) -> points.Rerate:
        return points.Rerate(**{"point": c.point, "rate": "R1-SEALED", "from_on": DAY, "reason": "sealed"} | more)

    for wrong, says in (
        (form(rate="NOPE"), "is not known"),
        (form(rate="R1"), "billed by R1 already"),
        (form(from_on=DAY + DAYS), "still to come"),
        (form(from_on=date(2019, 1, 1)), "runs since"),
        (form(kind="irrigation"), "no water service"),
    ):
        assert says in scene.refused(points.rerate, wrong).reason
    scene.act(points.rerate, form(from_on=date(2020, 1, 1)))
    assert scene.db.rows("SELECT rate_code, from_on, to_on FROM service") == [("R1-SEALED", "2020-01-01", None)]


def test_what_rights_refuse(scene: Scene) -> None:
    with scene.db.writing():
        scene.db.insert(record.Parcel, apn="012345678000", county="Nevada")
    apn = "012345678000"
    for form, says in (
        (rights.Set(parcel="99", size="1", source="permit"), "no parcel"),
        (rights.Set(parcel=apn, size="wide", source="permit"), "no meter size"),
        (rights.Set(parcel=apn, size="1"), "has its paper"),
    ):
        assert says in scene.refused(rights.set_right, form).reason
    none = rights.Verify(parcel=apn, source="permit 4")
    assert "no rights to be verified" in scene.refused(rights.verify, none).reason
    for _ in range(2):
        scene.act(rights.set_right, rights.Set(parcel=apn, size="1", status="presumed"))
    assert "name one of" in scene.refused(rights.verify, none).sentence()
    with scene.desk() as desk:
        first, second = desk.ask(rights.rights, apn)
    scene.act(rights.verify, rights.Verify(parcel=apn, right=second.right, source="permit 4"))
    ended = rights.End(parcel=apn, right=first.right, to_on=DAY, reason="moved by a split")
    assert scene.act(rights.end, ended, "ben").result.to_on == DAY
    assert "no rights in force" in scene.refused(rights.end, ended, "ben").reason


# -- what a seal's day shows -----------------------------------------------------------------------------------


def test_a_seal_s_value_lies_between_the_reads_around_its_day(scene: Scene) -> None:
    c, over, sole = scene.customer(), scene.customer(), scene.customer()
    scene.uses(c, [30] * 7)  # 1,180 on Aug 20, 1,210 on Oct 20
    day = date(2026, 9, 1)
    for value in (1000, 1179, 1211):
        refused = scene.refused(seals.place, on(c, placed_on=day, value=value))
        assert f"showed 1,180 on 2026-08-20 and 1,210 on 2026-10-20: {value:,} on 2026-09-01" in refused.reason
    assert "does not fit" in scene.refused(seals.place, on(c, placed_on=day, value=10**6)).reason
    assert "not 1,209 on" in scene.refused(seals.place, on(c, value=1209)).reason, "nothing was read since"
    done = scene.act(seals.place, on(c, placed_on=day, value=1180))
    assert done.result.billed == ""
    low = seals.Remove(point=c.point, removed_on=DAY, value=1179, reason="moves in")
    assert "not 1,179 on" in scene.refused(seals.remove, low).reason, "what is held bounds nothing"
    found = seals.Verify(point=c.point, verified_on=DAY, value=1179)
    assert "not 1,179 on" in scene.refused(seals.verify, found).reason
    scene.act(seals.remove, seals.Remove(point=c.point, removed_on=DAY, value=1210, reason="moves in"))
    scene.read(over, PERIODS[-2], 999_990)
    scene.read(over, PERIODS[-1], 20, rolled=1)
    for value, goes in ((500, False), (999_000, False), (999_995, True)):
        form = on(over, number="9002", placed_on=day, value=value)
        assert (scene.act if goes else scene.refused)(seals.place, form), "it passed zero in between"
    scene.read(sole, PERIODS[-1], 999_990)
    assert "not 500,000" in scene.refused(seals.place, on(sole, number="9003", value=500_000)).reason
    scene.act(seals.place, on(sole, number="9003", value=7))


def test_a_seal_says_where_its_rate_begins_in_what_is_billed(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 60_00, DAY, to_on=date(2026, 10, 20))
    done = scene.act(seals.place, on(c, placed_on=date(2026, 9, 1)))
    assert done.result.billed == "billed to 2026-10-20: the rate from 2026-09-01 on is for an adjustment to bring"
    off = scene.act(seals.remove, seals.Remove(point=c.point, removed_on=DAY, reason="moves in"))
    assert off.result.billed == ""

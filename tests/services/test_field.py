"""Orders, seals, rights and exchanges: done once, on days that can be, each refusal in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.detectors.money import bill, stage
from tests.detectors.scene import DAY, NOW, PERIODS, Customer, Scene
from tests.services import importing
from ubtui.db.models import field as models
from ubtui.db.models import reads as read_models
from ubtui.db.models import record
from ubtui.domain.errors import BadValue
from ubtui.domain.periods import ReadCycle
from ubtui.domain.subjects import ItemKey
from ubtui.services import (
    adjustments,
    collections,
    counter,
    installs,
    listing,
    locations,
    meter_tests,
    orders,
    owners,
    payments,
    points,
    rights,
    rounds,
    runs,
    seals,
    worklist,
)
from ubtui.services.listing import Query

DAYS = timedelta(days=1)


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def sent(scene: Scene, c: Customer, kind: str = "verify", due: date = DAY, **more: Any) -> str:
    form = orders.Create(point=c.point, kind=kind, due_on=due, **more)  # type: ignore[arg-type]
    return str(scene.act(orders.create, form).result.order)


# -- orders ----------------------------------------------------------------------------------------------------


def test_orders_are_numbered_one_after_another(scene: Scene) -> None:
    a, b = scene.customer(), scene.customer()
    assert [sent(scene, a), sent(scene, b), sent(scene, a, "leak")] == ["F-000001", "F-000002", "F-000003"]
    with scene.db.writing():
        scene.db.run("DELETE FROM counter WHERE name = 'order'")
        scene.db.run("UPDATE field_order SET number = 'F-000041' WHERE id = 0")
    assert sent(scene, b, "leak") == "F-000004", "orders that came with the record keep their numbers"


def test_an_order_knows_where_and_whose_it_is(scene: Scene) -> None:
    c = scene.customer()
    number = sent(scene, c, due=DAY + 2 * DAYS, instructions="dog \x1b[31m bites", item="R22:point:SP-00001@B2/2026-10")
    with scene.desk() as desk:
        view = desk.ask(orders.order, number.lower())
        assert (view.point, view.address, view.account, view.route) == (c.point, "1 Alder Ct", c.account, "R07-0001")
        assert view.instructions == "dog [31m bites" and view.item == "R22:point:SP-00001@B2/2026-10"
        assert desk.ask(orders.of_account, c.account) == (view,)
        assert desk.ask(orders.open_at, c.point_id) == (view,)
        with pytest.raises(BadValue, match="There is no order"):
            desk.ask(orders.order, "F-999999")


def test_one_open_order_of_a_kind(scene: Scene) -> None:
    c = scene.customer()
    number = sent(scene, c)
    again = orders.Create(point=c.point, kind="verify", due_on=DAY)
    assert f"{number} is open" in scene.refused(orders.create, again).reason
    scene.act(orders.cancel, orders.Cancel(order=number, reason="no need"))
    assert sent(scene, c) == "F-000002"


def test_what_orders_refuse(scene: Scene) -> None:
    c = scene.customer()
    past = orders.Create(point=c.point, kind="verify", due_on=DAY - DAYS)
    assert "is past" in scene.refused(orders.create, past).reason
    nowhere = orders.Create(point="SP-77777", kind="verify", due_on=DAY)
    assert "no service point" in scene.refused(orders.create, nowhere).reason
    number = sent(scene, c)
    for form, says in (
        (orders.Result(order="F-000099", done_on=DAY), "no order"),
        (orders.Result(order=number, done_on=DAY + DAYS), "the order is of"),
        (orders.Result(order=number, done_on=DAY - DAYS), "the order is of"),
    ):
        assert says in scene.refused(orders.result, form).reason
    assert "is open" in scene.refused(orders.correct, orders.Correct(order=number, reason="wrong")).reason
    done = scene.act(orders.result, orders.Result(order=number, done_on=DAY, done_by="Gus", found_value=1200))
    assert (done.result.state, done.result.kind) == ("done", "verify")
    for act, form in (
        (orders.result, orders.Result(order=number, done_on=DAY)),
        (orders.move, orders.Move(order=number, due_on=DAY, reason="late")),
        (orders.cancel, orders.Cancel(order=number, reason="late")),
    ):
        assert f"{number} is done" in scene.refused(act, form).reason
    assert "nothing is put right" in scene.refused(orders.correct, orders.Correct(order=number, reason="wrong")).reason
    with scene.desk() as desk:
        view = desk.ask(orders.order, number)
    assert (view.done_on, view.done_by, view.found_value) == (DAY, "Gus", 1200)


def test_an_order_makes_sense_where_it_goes(scene: Scene) -> None:
    def refused(c: Customer, kind: str) -> str:
        form = orders.Create(point=c.point, kind=kind, due_on=DAY)  # type: ignore[arg-type]
        return scene.refused(orders.create, form).reason

    c, bare, gone = (scene.customer() for _ in range(3))
    bill(scene, c, 60_00, DAY - 61 * DAYS)
    with scene.db.writing():
        scene.db.run("UPDATE install SET off_date = ? WHERE meter_id = ?", [DAY.isoformat(), bare.meter_id])
        scene.db.run("UPDATE service_point SET state = 'closed' WHERE id = ?", [gone.point_id])
        scene.db.run("UPDATE service SET to_on = ? WHERE point_id = ?", [DAY.isoformat(), gone.point_id])
    for kind in ("reread", "verify", "test"):
        assert refused(bare, kind) == f"no meter hangs at {bare.point}"
    for kind in ("seal", "exchange", "restore"):
        assert refused(gone, kind) == f"{gone.point} is closed"
    for kind in ("unseal", "seal_check"):
        assert refused(c, kind) == f"{c.point} has no seal on it"
    assert refused(c, "restore") == f"{c.point} was not shut off"
    sent(scene, gone, "verify")
    number = sent(scene, c, "shutoff")
    scene.act(orders.result, orders.Result(order=number, done_on=DAY))
    assert refused(c, "shutoff") == f"{c.point} is shut off already"
    scene.act(orders.result, orders.Result(order=sent(scene, c, "restore"), done_on=DAY))
    assert refused(c, "restore") == f"{c.point} was not shut off", "it is on again"
    scene.act(seals.place, on(c, why="nonpayment", rate="full", effect="never"))
    assert refused(c, "seal") == f"{c.point} is sealed by 9001"
    assert refused(c, "shutoff") == f"{c.point} is locked by seal 9001 already"
    check = sent(scene, c, "seal_check")
    sent(scene, c, "restore")
    scene.act(seals.remove, seals.Remove(point=c.point, removed_on=DAY, reason="paid"))
    with scene.desk() as desk:
        assert desk.ask(orders.order, check).state == "done", "nobody need look at what is off"
    with scene.db.writing():
        scene.db.run("UPDATE service SET to_on = ? WHERE point_id = ?", [DAY.isoformat(), bare.point_id])
    assert refused(bare, "shutoff") == f"{bare.point} serves nobody"


def test_what_hangs_and_seals_at_a_closed_point_is_refused(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE service_point SET state = 'closed' WHERE id = ?", [c.point_id])
    no = scene.refused(installs.exchange, swap(c))
    assert (no.reason, no.cure) == (f"{c.point} is closed", "put it back into service first")
    assert scene.refused(seals.place, on(c)).reason == f"{c.point} is closed"
    asked = seals.Request(point=c.point, kind="seal", asked_by="Owner", order=False)
    assert scene.refused(seals.request, asked).reason == f"{c.point} is closed"


def test_what_is_seen_or_tested_later_stands(scene: Scene) -> None:
    c = scene.customer()
    scene.act(seals.place, on(c, placed_on=DAY - 9 * DAYS))
    scene.act(seals.verify, seals.Verify(point=c.point, verified_on=DAY - DAYS))
    scene.act(seals.verify, seals.Verify(point=c.point, verified_on=DAY - 3 * DAYS, note="from the old list"))
    assert scene.db.value("SELECT verified_on FROM seal") == (DAY - DAYS).isoformat()
    meter = "badger/90001"
    for day in (DAY - DAYS, DAY - 30 * DAYS):
        scene.act(meter_tests.test, meter_tests.Test(meter=meter, tested_on=day))
    assert scene.db.value("SELECT tested_on FROM meter") == (DAY - DAYS).isoformat()
    scene.act(seals.remove, seals.Remove(point=c.point, removed_on=DAY - DAYS, reason="asked for"))
    assert "came off on" in scene.refused(seals.place, on(c, number="7", placed_on=DAY - 2 * DAYS)).reason


def test_what_was_told_first_stays_in_the_audit(scene: Scene) -> None:
    c = scene.customer()
    number = sent(scene, c)
    scene.act(orders.result, orders.Result(order=number, done_on=DAY, found_serial="123", found_size="1"))
    scene.act(orders.correct, orders.Correct(order=number, found_serial="124", reason="read again"))
    assert scene.db.one("SELECT found_serial, found_size FROM field_order") == ("124", "1")
    told = scene.db.value("SELECT body FROM audit_personal WHERE body LIKE '%read again%'")
    assert json.loads(told)["before"] == ["123", "1", None, None, None]


def test_the_record_keeps_orders(scene: Scene) -> None:
    number = sent(scene, scene.customer())
    scene.act(orders.result, orders.Result(order=number, done_on=DAY))
    for sql in (
        "DELETE FROM field_order",
        "UPDATE field_order SET state = 'open', done_on = NULL",
        "UPDATE field_order SET number = 'F-000009'",
    ):
        with pytest.raises(Exception, match=r"kept|stays done|keeps its number"), scene.db.writing():
            scene.db.run(sql)


def test_the_list_goes_by_the_walk(scene: Scene) -> None:
    a, b, c = (scene.customer() for _ in range(3))
    sent(scene, c, due=DAY + DAYS)
    for each in (b, a):
        sent(scene, each)
    scene.act(orders.move, orders.Move(order="F-000003", due_on=DAY, place=2, reason="round trip"))
    scene.act(orders.move, orders.Move(order="F-000002", due_on=DAY, place=1, reason="round trip"))
    with scene.desk() as desk:
        page = desk.ask(listing.first, orders.ORDERS, Query(), 10)
        assert [page.rows[id].cells[0] for id in page.ids] == ["F-000002", "F-000003", "F-000001"]
        scene.act(orders.cancel, orders.Cancel(order="F-000002", reason="no need"))
        assert desk.ask(listing.count, orders.ORDERS, Query()) == 2
        assert desk.ask(listing.count, orders.ORDERS, Query("state:cancelled")) == 1
        assert desk.ask(listing.count, orders.ORDERS, Query("route:R07 alder")) == 2
        assert desk.ask(listing.count, orders.ORDERS, Query(f"account:{a.account}")) == 1


def test_a_crew_brings_results_and_does_no_more(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        scene.db.run("INSERT INTO staff(name, full_name, role) VALUES ('gus', 'Gus Ray', 'field')")
    number = sent(scene, c)
    form = orders.Create(point=c.point, kind="leak", due_on=DAY)
    assert "may not" in scene.refused(orders.create, form, "gus").reason
    done = scene.act(orders.result, orders.Result(order=number, done_on=DAY), "gus")
    assert done.result.state == "done"
    assert scene.db.value("SELECT done_by FROM field_order") == "gus"


def test_hands_off_one_s_own_point(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        scene.db.run(
            "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ana', ?, 'own')",
            [c.account.replace("-", "")],
        )
    form = orders.Create(point=c.point, kind="leak", due_on=DAY)
    assert scene.refused(orders.create, form).rule == "nobody acts on his own or a linked account"
    with scene.db.writing():
        scene.db.insert(
            models.FieldOrder, number="F-000070", kind="leak", point_id=c.point_id, asked_on=DAY - 9 * DAYS,
            asked_by="ben", due_on=DAY - DAYS,
        )  # fmt: skip
    scene.refresh()
    hers = worklist.Dismiss(item="M08:order:F-000070", until=DAY, reason="it is mine")
    assert scene.refused(worklist.dismiss, hers).rule == "nobody acts on his own or a linked account"
    form_ = seals.Place(point=c.point, number="1", placed_on=DAY)
    assert scene.refused(seals.place, form_).rule == "nobody acts on his own or a linked account"


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


# -- exchanges -------------------------------------------------------------------------------------------------


def swap(c: Customer, **more: Any) -> installs.Exchange:
    return installs.Exchange(
        **{"point": c.point, "on": DAY, "maker": "badger", "serial": "777", "reason": "stopped"} | more
    )


def test_both_parts_of_an_exchange_are_kept(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    with scene.db.writing():
        scene.db.run("UPDATE endpoint SET to_on = ?", [DAY.isoformat()])
        scene.db.insert(record.Endpoint, meter_id=c.meter_id, radio="R1", from_on=date(2020, 1, 1))
    number = sent(scene, c, "exchange")
    done = scene.act(installs.exchange, swap(c, removed_value=1222, installed_value=4, radio="R2"))
    assert (done.result.removed, done.result.installed, done.result.usage) == ("badger/90001", "badger/777", 12)
    reads = "SELECT kind, value, usage, days, period FROM read WHERE read_on = ? ORDER BY kind"
    assert scene.db.rows(reads, [DAY.isoformat()]) == [
        ("installation", 4, None, None, "B2/2026-12"), ("removal", 1222, 12, 34, "B2/2026-12"),
    ]  # fmt: skip
    assert scene.db.rows("SELECT off_date FROM install ORDER BY id") == [(DAY.isoformat(),), (None,)]
    radios = scene.db.rows("SELECT radio, to_on FROM endpoint ORDER BY id DESC LIMIT 2")
    assert radios == [("R2", None), ("R1", DAY.isoformat())]
    new = scene.db.one("SELECT dials, unit FROM register WHERE meter_id <> ?", [c.meter_id])
    assert new == (6, "ccf"), "as the old one"
    assert scene.db.value("SELECT state FROM field_order WHERE number = ?", [number]) == "done"
    scene.steady()


def test_the_use_after_an_exchange_begins_with_the_new_meter(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[-2])
    scene.act(installs.exchange, swap(c, on=date(2026, 9, 1), removed_value=1185, installed_value=10))
    register = scene.db.value("SELECT MAX(id) FROM register")
    new = Customer(**{**c.__dict__, "register_id": register})
    scene.read(new, PERIODS[-1], 25, usage=15)
    row = scene.db.one(
        "SELECT prev_value, usage FROM read_summary WHERE register_id = ? AND kind = 'regular'", [register]
    )
    assert row == (10, 15)


def test_an_exchange_right_after_the_read_belongs_to_the_next_bill(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    scene.act(installs.exchange, swap(c, on=date(2026, 10, 25), removed_value=1211))
    assert scene.db.value("SELECT period FROM read WHERE kind = 'removal'") == "B2/2026-12"


def test_a_last_read_below_the_one_before_is_held(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    done = scene.act(installs.exchange, swap(c, removed_value=1200))
    assert done.result.usage is None
    assert scene.db.one("SELECT status, held_code FROM read WHERE kind = 'removal'") == ("held", "below-previous")
    assert [str(key) for key in done.opened] == [f"R09:point:{c.point}@B2/2026-12"]
    scene.steady()


def test_what_exchanges_refuse(scene: Scene) -> None:
    c, other = scene.customer(), scene.customer()
    for form, says in (
        (swap(c, on=DAY + DAYS), "still to come"),
        (swap(c, on=date(2019, 1, 1)), "hangs there since"),
        (swap(c, removed_value=10**6), "does not fit"),
        (swap(c, installed_value=10**6), "does not fit"),
        (swap(c, size="huge"), "no meter size"),
        (swap(c, serial="90001"), "hangs at SP-00001"),
        (swap(c, serial="90002"), "hangs at SP-00002 in the record"),
        (swap(c, from_point=other.point), "no meter badger/777 hangs"),
        (swap(c, unit="furlong"), "the new face"),
        (swap(c, multiplier="1/0"), "the new face"),
        (swap(c, removed_value_2=5), "has one register"),
    ):
        assert says in scene.refused(installs.exchange, form).sentence()
    assert scene.db.value("SELECT COUNT(*) FROM install") == 2


def test_a_meter_is_set_where_none_hangs(scene: Scene) -> None:
    c, bare, other = scene.customer(), scene.customer(), scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE install SET off_date = ?", [(DAY - DAYS).isoformat()])
        scene.db.run("UPDATE install SET point_id = ? WHERE point_id = ?", [other.point_id, bare.point_id])
    assert "like" in scene.refused(installs.exchange, swap(bare, size="1")).reason
    done = scene.act(installs.exchange, swap(bare, size="1", dials=5, unit="kgal", multiplier="10"))
    assert done.result.removed == "" and done.result.usage is None
    scene.act(installs.exchange, swap(c, serial="778"))
    made = scene.db.rows("SELECT dials, mult_num, mult_den, unit FROM register ORDER BY id")[3:]
    assert made == [(5, 10, 1, "kgal"), (6, 1, 1, "ccf")], "as told, and as the last that hung there"
    assert scene.db.value("SELECT COUNT(*) FROM read WHERE kind = 'removal'") == 0


def test_a_compound_meter_gives_two_last_reads(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        second = scene.db.insert(
            record.Register, meter_id=c.meter_id, n=2, dials=5, mult_num=10, mult_den=1, unit="ccf"
        )
        for register, value in ((c.register_id, 100), (second, 20)):
            scene.db.insert(
                read_models.Read, register_id=register, read_on=date(2026, 10, 20), seq=1, point_id=c.point_id,
                period=PERIODS[-1], value=value, kind="regular", source="A", status="released", rolled=0,
                entered_by="import", entered_at=NOW,
            )  # fmt: skip
    done = scene.act(installs.exchange, swap(c, removed_value=105, removed_value_2=23))
    assert done.result.usage == 5 + 30
    faces = scene.db.rows("SELECT n, dials, mult_num FROM register WHERE meter_id <> ? ORDER BY n", [c.meter_id])
    assert faces == [(1, 6, 1), (2, 5, 10)], "the new one is as the old one"


def test_what_tests_and_places_refuse(scene: Scene) -> None:
    c = scene.customer()
    missing = meter_tests.Test(meter="badger/1", tested_on=DAY)
    assert "is installed" in scene.refused(meter_tests.test, missing).reason
    coming = meter_tests.Test(meter="badger/90001", tested_on=DAY + DAYS)
    assert "still to come" in scene.refused(meter_tests.test, coming).reason
    form = locations.Place(point=c.point, location="\u200b\u200b\u200b")
    assert "no place" in scene.refused(locations.place, form).reason


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


# -- rounds ----------------------------------------------------------------------------------------------------

ROUND = ItemKey.parse("M03:run:seal-round/2026-11")


def test_a_round_lists_and_sends_out_by_route(scene: Scene) -> None:
    customers = [scene.customer(rate_code="R1-SEALED") for _ in range(3)]
    with scene.db.writing():
        other = scene.db.insert(record.Route, code="R09", title="Birch")
        scene.db.run("UPDATE service_point SET route_id = ? WHERE id = ?", [other, customers[0].point_id])
        for c in customers:
            scene.db.insert(
                record.Seal, point_id=c.point_id, number=f"S{c.point_id}", lock_state="locked",
                lock_reason="owner_request", rate_status="sealed", placed_on=date(2025, 1, 1),
            )  # fmt: skip
    with scene.desk() as desk:
        of = desk.ask(runs.list_of, ROUND)
        run = runs.run_of(ROUND)
        assert run is not None
        page = desk.ask(listing.first, of, Query(), 10)
        assert [desk.ask(run.opens, id) for id in page.ids] == [
            ("meter", customers[1].point), ("meter", customers[2].point), ("meter", customers[0].point),
        ]  # fmt: skip
        assert desk.ask(listing.count, of, Query("route:R07")) == 2
        form = rounds.SendOut(item=str(ROUND), due_on=DAY, route="R07", most=1)
        done = scene.act(rounds.send_out, form).result
        assert (done.orders, done.had, done.left) == (1, 0, 0)
        with scene.db.writing():
            scene.db.run(
                "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ana', ?, 'own')",
                [customers[0].account.replace("-", "")],
            )
        everywhere = rounds.SendOut(item=str(ROUND), due_on=DAY)
        done = scene.act(rounds.send_out, everywhere).result
        assert (done.orders, done.had, done.left) == (1, 1, 1), "her own seal is another's to have looked at"
        assert scene.refused(rounds.send_out, everywhere).rule == "nobody acts on his own or a linked account"
        assert scene.act(rounds.send_out, everywhere, "ben").result.orders == 1
        assert {row.tone for row in desk.ask(listing.first, of, Query(), 10).rows.values()} == {"dim"}
    bad = rounds.SendOut(item="Q01:run:import/2026-11-01", due_on=DAY)
    assert "no round" in scene.refused(rounds.send_out, bad).reason


@pytest.mark.parametrize("key", ["R04:point:SP-00001", "Q01:run:import/2026-11-01", "M03:run:seal-round/2026-13",
                                 "M10:run:meter-programme/soon"])  # fmt: skip
def test_what_opens_no_list(scene: Scene, key: str) -> None:
    with scene.desk() as desk, pytest.raises(BadValue):
        desk.ask(runs.list_of, ItemKey.parse(key))


def test_owners_are_named_to_those_who_may_see_them(scene: Scene) -> None:
    c = scene.customer(rate_code="R1-SEALED")
    with scene.db.writing():
        scene.db.insert(
            record.Seal, point_id=c.point_id, number="S1", lock_state="locked", lock_reason="vacant",
            rate_status="sealed", placed_on=date(2025, 1, 1),
        )  # fmt: skip
        scene.db.run("INSERT INTO staff(name, full_name, role) VALUES ('gus', 'Gus Ray', 'field')")
    for who, seen in (("ana", True), ("gus", False)):
        with scene.desk(who) as desk:
            page = desk.ask(listing.first, desk.ask(runs.list_of, ROUND), Query(), 5)
            assert ("Owner 1" in page.rows[page.ids[0]].cells) is seen


# -- imports ---------------------------------------------------------------------------------------------------


def test_a_released_file_of_meters_is_judged_at_once(scene: Scene, tmp_path: Path) -> None:
    here, other = scene.customer(), scene.customer()
    with scene.db.writing():
        plot = scene.db.insert(record.Parcel, apn="012345678000", county="Nevada")
        scene.db.run("UPDATE premise SET parcel_id = ?", [plot])
        scene.db.run("UPDATE install SET off_date = ? WHERE point_id = ?", [DAY.isoformat(), here.point_id])
    for count in (1, 1):
        scene.act(rights.set_right, rights.Set(parcel="012345678000", size="5/8", count=count, source="permit"))
    scene.refresh()
    text = (
        "maker,serial,size,dials,unit,point,installed_on\n"
        f"badger,5001,2,6,ccf,{here.point},2016-01-01\n"  # too large for its right, and not tested for ten years
        f"badger,90002,5/8,6,ccf,{here.point},2016-01-01\n"  # hangs at the other point
    )
    with scene.desk() as desk:
        importing.bring(desk, "meters", importing.file(tmp_path, text))
    assert [key for key in scene.items() if key[0] == "M"] == [
        "M02:parcel:012345678000", "M07:meter:badger/90002", "M10:run:meter-programme/2026", "M14:parcel:012345678000",
    ]  # fmt: skip
    scene.steady()
    assert other.point in scene.db.value("SELECT why FROM work_item WHERE code = 'M07'")


def test_a_released_file_of_accounts_counts_its_points(scene: Scene, tmp_path: Path) -> None:
    c = scene.customer()
    with scene.db.writing():
        plot = scene.db.insert(record.Parcel, apn="012345678000", county="Nevada")
        scene.db.run("UPDATE premise SET parcel_id = ?", [plot])
    scene.act(rights.set_right, rights.Set(parcel="012345678000", size="5/8", source="permit"))
    text = (
        "old_number,name,class,cycle,address,apn,route,sequence,rate,opened_on\n"
        "A-1,Ruth Ortiz,residential,B2,1 Alder Ct rear,012-345-678-000,R07,90,R1,2026-01-01\n"
    )
    with scene.desk() as desk:
        importing.bring(desk, "accounts", importing.file(tmp_path, text))
    assert "M01:parcel:012345678000" in scene.items() and c.point
    scene.steady()


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

"""Orders and the rounds they come of: done once, on days that can be, each refusal in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest

from tests.detectors.money import bill
from tests.detectors.scene import DAY, Customer, Scene
from tests.services.test_exchanges import swap
from tests.services.test_field import DAYS, on, sent
from ubtui.db.models import field as models
from ubtui.db.models import record
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.services import (
    installs,
    listing,
    meter_tests,
    orders,
    rounds,
    runs,
    seals,
    worklist,
)
from ubtui.services.listing import Query


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


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

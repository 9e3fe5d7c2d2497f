"""Rights and seals against the services they stand for: found, silent just inside, closed by the acts that fix them."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.detectors.scene import DAY, Customer, Scene
from tests.detectors.test_meters import APN, DAYS, closed, healed, items, opened, parcel, right, sealed
from ubtui.db.models import record
from ubtui.detectors.meters import is_large
from ubtui.domain.sizes import inches
from ubtui.services import installs, orders, points, rights, rounds, seals

# -- rights ----------------------------------------------------------------------------------------------------


def test_m01_more_points_than_verified_rights(scene: Scene) -> None:
    here = [scene.customer() for _ in range(3)]
    plot = parcel(scene, *here)
    scene.refresh()
    assert items(scene) == [], "a parcel whose rights nobody verified is not judged"
    right(scene, plot, 2)
    right(scene, plot, 5, status="presumed")
    scene.refresh()
    assert items(scene) == [f"M01:parcel:{APN}"]
    row = scene.db.one("SELECT why, units, account, role FROM work_item WHERE grp = 'M'")
    assert row == ("3 potable service points, 2 allowed", 1, here[0].account.replace("-", ""), "technician")
    with scene.db.writing():
        scene.db.run("UPDATE service_point SET state = 'inactive' WHERE id = ?", [here[2].point_id])
    assert len(healed(scene, f"parcel:{APN}").closed) == 1
    scene.steady()


def test_m01_counts_by_kind_and_leaves_submeters_out(scene: Scene) -> None:
    house, fire, garden, sub = scene.customer(), scene.customer(kind="fire_line"), scene.customer(kind="irrigation"), scene.customer()  # noqa: E501  # fmt: skip
    plot = parcel(scene, house, fire, garden, sub)
    right(scene, plot)
    with scene.db.writing():
        scene.db.insert(
            record.MeterRelation, meter_id=house.meter_id, other_id=sub.meter_id, kind="master_sub", from_on=DAY
        )
    scene.refresh()
    assert items(scene) == []
    right(scene, plot, kind="irrigation", to_on=DAY)  # its last day
    scene.refresh()
    assert items(scene) == []
    scene.refresh(DAY + DAYS)
    assert items(scene) == [f"M01:parcel:{APN}"]
    assert scene.db.value("SELECT why FROM work_item WHERE grp = 'M'") == "1 irrigation service points, 0 allowed"


def test_m01_is_fixed_by_a_right_and_its_proof(scene: Scene) -> None:
    here = [scene.customer() for _ in range(2)]
    right(scene, parcel(scene, *here))
    scene.refresh()
    form = rights.Set(parcel=APN, size="5/8", status="pending")
    assert closed(scene.act(rights.set_right, form)) == []
    assert "has its paper" in scene.refused(rights.verify, rights.Verify(parcel=APN, source="")).reason
    done = scene.act(rights.verify, rights.Verify(parcel=APN, source="Resolution 2026-14"))
    assert closed(done) == [f"M01:parcel:{APN}"]
    assert done.result.status == "verified"
    scene.steady()
    number = done.result.right
    end = rights.End(parcel=APN, right=number, to_on=DAY - DAYS, reason="given back")
    assert "may not" in scene.refused(rights.end, end).reason
    assert scene.refused(rights.end, end, who="cho").rule
    back = scene.act(rights.end, end.__class__(parcel=APN, right=number, to_on=DAY, reason="given back"), who="ben")
    assert opened(back) == [], "its last day still counts"


def test_m01_a_point_back_in_service_is_counted_at_once(scene: Scene) -> None:
    here = [scene.customer() for _ in range(2)]
    right(scene, parcel(scene, *here))
    with scene.db.writing():
        scene.db.run("UPDATE service_point SET state = 'inactive' WHERE id = ?", [here[1].point_id])
    scene.refresh()
    assert items(scene) == []
    form = points.Activate(point=here[1].point, account=here[1].account, from_on=DAY)
    assert opened(scene.act(points.activate, form)) == [f"M01:parcel:{APN}"]
    scene.steady()


def test_m02_the_largest_meter_needs_the_largest_right(scene: Scene) -> None:
    big, small = scene.customer(), scene.customer()
    plot = parcel(scene, big, small)
    right(scene, plot, size="1")
    right(scene, plot, size="3/4")
    with scene.db.writing():
        scene.db.run("UPDATE meter SET size = '1' WHERE id = ?", [big.meter_id])
    scene.refresh()
    assert scene.items("M02") == []
    with scene.db.writing():
        scene.db.run("UPDATE meter SET size = '1' WHERE id = ?", [small.meter_id])
    scene.refresh()
    assert scene.items("M02") == [f"M02:parcel:{APN}"]
    told = json.loads(scene.db.value("SELECT evidence FROM work_item WHERE code = 'M02'"))
    assert (told["size"], told["allowed"]) == ("1", "3/4")
    form = installs.Exchange(
        point=small.point, on=DAY, removed_value=1200, maker="badger", serial="777", size="3/4", reason="too large"
    )
    done = scene.act(installs.exchange, form)
    assert f"M02:parcel:{APN}" in closed(done)
    scene.steady()


@pytest.mark.parametrize(
    ("text", "found"),
    [("5/8", "5/8"), ('1-1/2"', "3/2"), ("1 1/2", "3/2"), ("1.5 in", "3/2"), ("5/8x3/4", "5/8"), ("2", "2"),
     ("", None), ("large", None), ("1/0", None), ("0", None)],
)  # fmt: skip
def test_sizes_as_people_write_them(text: str, found: str | None) -> None:
    assert (None if found is None else str(inches(text))) == found
    assert found is not None or inches(text) is None


def test_large_is_an_inch_and_a_half_however_it_is_written() -> None:
    assert all(map(is_large, ("1.5", '1-1/2"', "1 1/2", "2", "2.5 in", "10")))
    assert not any(map(is_large, ("5/8x3/4", "3/4", '1"', "1-1/4", "unknown", "")))


# -- seals -----------------------------------------------------------------------------------------------------

ROUND = "M03:run:seal-round/2026-11"
END = date(2026, 11, 30)


def test_m03_one_round_a_month(scene: Scene) -> None:
    due, inside, loose, off = (scene.customer(rate_code="R1-SEALED") for _ in range(4))
    sealed(scene, due, END - 181 * DAYS)
    sealed(scene, inside, END - 400 * DAYS, verified_on=END - 180 * DAYS)
    sealed(scene, loose, lock_state="unlocked", rate_status="sealed")
    sealed(scene, off, removed_on=DAY, rate_status="full", full_from=date(2099, 1, 1))
    scene.refresh()
    assert items(scene) == [ROUND]
    assert scene.db.one("SELECT units, due_on, subject_type FROM work_item WHERE grp = 'M'") == (1, "2026-11-30", "run")
    done = scene.act(seals.verify, seals.Verify(point=due.point, verified_on=DAY))
    assert closed(done) == [ROUND]
    scene.steady()
    scene.policy("M03", days="179")
    scene.refresh()
    assert items(scene) == [ROUND]
    with scene.db.writing():
        scene.db.run("UPDATE seal SET verified_on = ? WHERE removed_on IS NULL", [(DAY - 300 * DAYS).isoformat()])
    later = scene.refresh(date(2026, 12, 1))
    assert opened(later) == ["M03:run:seal-round/2026-12"] and closed(later) == [ROUND]


def test_m03_a_seal_found_missing_is_told_until_it_is_off_the_record(scene: Scene) -> None:
    c = scene.customer(rate_code="R1-SEALED")
    sealed(scene, c)
    scene.refresh()
    gone = seals.Verify(point=c.point, verified_on=DAY, found="missing", value=1200, note="cut")
    done = scene.act(seals.verify, gone)
    assert closed(done) == [ROUND] and opened(done) == [f"M09:point:{c.point}"]
    off = seals.Remove(point=c.point, removed_on=DAY, value=1200, reason="found missing")
    done = scene.act(seals.remove, off)
    assert closed(done) == [f"M09:point:{c.point}"]
    assert opened(done) == [f"M05:point:{c.point}"], "the sealed rate is not due to it any more"
    scene.steady()


def test_m03_the_crews_word_verifies(scene: Scene) -> None:
    c = scene.customer(rate_code="R1-SEALED")
    sealed(scene, c)
    scene.refresh()
    sent = scene.act(rounds.send_out, rounds.SendOut(item=ROUND, due_on=END))
    assert (sent.result.orders, sent.result.had) == (1, 0)
    assert "every row has its order" in scene.refused(rounds.send_out, rounds.SendOut(item=ROUND, due_on=END)).reason
    form = orders.Result(order=sent.result.first, done_on=DAY, found_code="OK", found_value=1000)
    assert closed(scene.act(orders.result, form)) == [ROUND]
    assert scene.db.value("SELECT verified_on FROM seal") == DAY.isoformat()
    scene.steady()


def asked(scene: Scene, c: Customer, kind: str, on: date) -> str:
    form = seals.Request(point=c.point, kind=kind, asked_by="Owner", asked_on=on)  # type: ignore[arg-type]
    return str(scene.act(seals.request, form).result.order)


def test_m04_a_request_that_waits(scene: Scene) -> None:
    late, inside = scene.customer(), scene.customer()
    number = asked(scene, late, "seal", date(2026, 11, 17))  # Tuesday: Monday the 23rd is the fourth office day
    asked(scene, inside, "seal", date(2026, 11, 18))
    assert number.startswith("F-")
    assert items(scene) == [f"M04:point:{late.point}"]
    scene.steady()
    scene.policy("M04", business_days="4")
    scene.refresh()
    assert items(scene) == []


def test_m04_is_settled_by_the_seal_itself(scene: Scene) -> None:
    c = scene.customer()
    number = asked(scene, c, "seal", date(2026, 11, 10))
    form = seals.Place(point=c.point, number="9911", placed_on=DAY, value=1010, effect="next_cycle")
    done = scene.act(seals.place, form)
    assert closed(done) == [f"M04:point:{c.point}"] and opened(done) == []
    assert str(done.result.rate_from) == "2026-12-20", "the next read day of its cycle"
    assert scene.db.value("SELECT state FROM field_order WHERE number = ?", [number]) == "done"
    assert scene.db.one("SELECT state, reason FROM seal_request") == ("done", "seal 9911")
    assert scene.db.value("SELECT requested_by FROM seal") == "Owner"
    scene.steady()
    asked(scene, c, "unseal", date(2026, 11, 10))
    assert items(scene) == [f"M04:point:{c.point}"]
    done = scene.act(seals.remove, seals.Remove(point=c.point, removed_on=DAY, reason="moves in"))
    assert closed(done) == [f"M04:point:{c.point}"]
    scene.steady()


def test_m04_the_owner_takes_it_back(scene: Scene) -> None:
    c = scene.customer()
    number = asked(scene, c, "seal", date(2026, 11, 10))
    done = scene.act(seals.withdraw, seals.Withdraw(point=c.point, kind="seal", reason="sold instead"))
    assert closed(done) == [f"M04:point:{c.point}"]
    assert scene.db.value("SELECT state FROM field_order WHERE number = ?", [number]) == "cancelled"
    scene.steady()


def test_m05_sealed_and_billed_in_full(scene: Scene) -> None:
    full, coming, debt, right_one = scene.customer(), scene.customer(), scene.customer(), scene.customer(rate_code="R1-SEALED")  # noqa: E501  # fmt: skip
    fresh = {"verified_on": DAY}
    sealed(scene, full, rate_from=DAY, **fresh)
    sealed(scene, coming, rate_from=DAY + DAYS, **fresh)
    sealed(scene, debt, lock_reason="nonpayment", rate_status="full", rate_effect="never", **fresh)
    sealed(scene, right_one, **fresh)
    scene.refresh()
    assert items(scene) == [f"M05:point:{full.point}"]
    assert opened(scene.refresh(DAY + DAYS)) == [f"M05:point:{coming.point}"]
    form = points.Rerate(point=full.point, rate="R1-SEALED", from_on=DAY, reason="sealed")
    done = scene.act(points.rerate, form)
    assert closed(done) == [f"M05:point:{full.point}"]
    assert scene.db.rows("SELECT rate_code, to_on FROM service WHERE point_id = ? ORDER BY id", [full.point_id]) == [
        ("R1", DAY.isoformat()), ("R1-SEALED", None),
    ]  # fmt: skip
    scene.refresh()
    scene.steady()


def test_m05_billed_as_sealed_with_no_seal(scene: Scene) -> None:
    never, later, locked = (scene.customer(rate_code="R1-SEALED") for _ in range(3))
    fresh = {"verified_on": DAY}
    sealed(scene, later, removed_on=DAY - 9 * DAYS, full_from=DAY + DAYS, **fresh)
    sealed(scene, locked, lock_reason="nonpayment", rate_status="full", **fresh)
    scene.refresh()
    assert items(scene) == [f"M05:point:{never.point}", f"M05:point:{locked.point}"]
    assert opened(scene.refresh(DAY + DAYS)) == [f"M05:point:{later.point}"]
    scene.refresh()
    done = scene.act(seals.place, seals.Place(point=never.point, number="77", placed_on=DAY, why="vacant"))
    assert closed(done) == [f"M05:point:{never.point}"]
    form = seals.Rate(point=locked.point, rate="sealed", effect="same_day", reason="it was the owner's wish")
    assert closed(scene.act(seals.rate, form)) == [f"M05:point:{locked.point}"]
    scene.steady()

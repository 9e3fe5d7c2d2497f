"""Meters, seals, rights and orders: found at the limit, silent just inside, healed by their own acts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.detectors.scene import DAY, NOW, Customer, Scene
from tests.services import importing
from ubtui.db.models import field as models
from ubtui.db.models import office as office_models
from ubtui.db.models import record
from ubtui.detectors import heal
from ubtui.detectors.meters import is_large
from ubtui.domain.sizes import inches
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.services import installs, listing, locations, meter_tests, orders, points, rights, rounds, runs, seals
from ubtui.services.imports import staged
from ubtui.services.listing import Query

APN = "012345678000"
DAYS = timedelta(days=1)


def healed(scene: Scene, *subjects: str, day: date = DAY) -> heal.Healed:
    with scene.db.writing():
        return heal.heal(scene.db, [Subject.parse(s) for s in subjects], day, NOW, "an.act", "ana")


def parcel(scene: Scene, *customers: Customer, apn: str = APN) -> int:
    """A parcel with these customers' points on it."""
    with scene.db.writing():
        made = scene.db.insert(record.Parcel, apn=apn, county="Nevada", situs="1 Alder Ct")
        for c in customers:
            scene.db.run(
                "UPDATE premise SET parcel_id = ? WHERE id = (SELECT premise_id FROM service_point WHERE id = ?)",
                [made, c.point_id],
            )
            scene.db.insert(record.AccountParcel, account_id=c.account_id, parcel_id=made)
    return made


def right(scene: Scene, parcel_id: int, count: int = 1, size: str = "5/8", **more: Any) -> None:
    columns = {"kind": "potable", "status": "verified", "from_on": date(2000, 1, 1), "source": "permit 12"} | more
    with scene.db.writing():
        if columns["status"] == "verified":
            columns.setdefault("document_id", paper(scene))
        scene.db.insert(models.ParcelRight, parcel_id=parcel_id, size=size, count=count, **columns)


def paper(scene: Scene) -> int:
    """A permit that is kept here."""
    return scene.db.insert(
        office_models.Document, sha256="0" * 64, name="permit.pdf", media="application/pdf", bytes=1, content=b"p",
        added_by="ana", added_at=NOW,
    )  # fmt: skip


def sealed(scene: Scene, c: Customer, on: date = DAY - 400 * DAYS, **facts: Any) -> None:
    columns = {"lock_state": "locked", "lock_reason": "owner_request", "rate_status": "sealed"} | facts
    with scene.db.writing():
        scene.db.insert(record.Seal, point_id=c.point_id, number=f"S{c.point_id}", placed_on=on, **columns)


def ordered(scene: Scene, c: Customer, kind: str = "verify", due: date = DAY, **more: Any) -> str:
    form = orders.Create(point=c.point, kind=kind, due_on=max(due, DAY), **more)  # type: ignore[arg-type]
    number = str(scene.act(orders.create, form).result.order)
    with scene.db.writing():
        scene.db.run(
            "UPDATE field_order SET due_on = ?, asked_on = ? WHERE number = ?",
            [due.isoformat(), (DAY - 30 * DAYS).isoformat(), number],
        )
    return number


def items(scene: Scene) -> list[str]:
    """Open items of meters; what else is wrong with these bare customers is other tests' matter."""
    return [key for key in scene.items() if key[0] == "M"]


def closed(done: Any) -> list[str]:
    return [str(key) for key in done.closed if key.code[0] == "M"]


def opened(done: Any) -> list[str]:
    return [str(key) for key in done.opened if key.code[0] == "M"]


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


# -- meters ----------------------------------------------------------------------------------------------------


def reported(scene: Scene, c: Customer, serial: str, on: date = DAY - DAYS) -> str:
    number = ordered(scene, c)
    scene.act(orders.result, orders.Result(order=number, done_on=on, found_serial=serial))
    return number


def test_m07_a_serial_reported_where_it_is_not(scene: Scene) -> None:
    here, there = scene.customer(), scene.customer()
    number = reported(scene, here, "90002")  # the other's meter
    assert items(scene) == ["M07:meter:badger/90002"]
    scene.steady()
    form = orders.Correct(order=number, found_serial="90001", reason="read at the neighbour's")
    assert closed(scene.act(orders.correct, form)) == ["M07:meter:badger/90002"]
    assert there.meter_id != here.meter_id
    scene.steady()


def test_m07_the_newest_report_speaks(scene: Scene) -> None:
    here, _ = scene.customer(), scene.customer()
    reported(scene, here, "90002", DAY - 2 * DAYS)
    done = reported(scene, here, "90001")
    assert done and items(scene) == []
    reported(scene, here, "55555")  # nobody's
    assert items(scene) == [f"M09:point:{here.point}"], "no other place has it: it is told where it was read"
    scene.steady()


def test_m09_is_settled_by_a_file_that_has_the_meter_elsewhere(scene: Scene, tmp_path: Path) -> None:
    there, here = scene.customer(), scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE install SET off_date = ? WHERE point_id = ?", [DAY.isoformat(), here.point_id])
    reported(scene, there, "5001")
    assert items(scene) == [f"M09:point:{there.point}"]
    text = f"maker,serial,size,dials,unit,point,installed_on\nbadger,5001,5/8,6,ccf,{here.point},{DAY}\n"
    with scene.desk() as desk:
        importing.bring(desk, "meters", importing.file(tmp_path, text))
    assert items(scene) == ["M07:meter:badger/5001"]
    scene.steady()


def test_m07_swapped_meters_are_put_where_they_hang(scene: Scene) -> None:
    a, b = scene.customer(), scene.customer()
    for c in (a, b):
        scene.uses(c, [10])
    reported(scene, a, "90002")
    move = installs.Exchange(
        point=a.point,
        on=DAY,
        removed_value=1011,
        maker="badger",
        serial="90002",
        installed_value=1012,
        reason="swapped",
    )
    assert "hangs at SP-00002" in scene.refused(installs.exchange, move).reason
    done = scene.act(
        installs.exchange,
        installs.Exchange(
            point=a.point, on=DAY, removed_value=1011, maker="badger", serial="90002", installed_value=1012,
            from_point=b.point, reason="swapped",
        ),
    )  # fmt: skip
    assert "M07:meter:badger/90002" in closed(done)
    back = installs.Exchange(
        point=b.point, on=DAY, maker="badger", serial="90001", installed_value=1011, reason="the other of the two"
    )
    scene.act(installs.exchange, back)
    hangs = scene.db.rows("SELECT point_id, meter_id FROM install WHERE off_date IS NULL ORDER BY point_id")
    assert hangs == [(a.point_id, b.meter_id), (b.point_id, a.meter_id)]
    scene.refresh()
    scene.steady()


def test_m07_a_row_that_an_import_kept_back(scene: Scene) -> None:
    scene.customer()
    with scene.db.writing():
        batch = scene.db.insert(
            office_models.Batch, kind="meters", source="meters.csv", profile="generic-meters", sha256="0" * 64,
            created_by="ana", created_at=NOW,
        )  # fmt: skip
        row = scene.db.insert(
            office_models.StagedRow, batch_id=batch, row_no=7, kind="meters", reason="serial-installed",
            sentence="hangs somewhere", raw="[]",
            fields=json.dumps({"maker": "Badger", "serial": "90001", "point": "SP-00044"}),
        )  # fmt: skip
    scene.refresh()
    assert items(scene) == []
    with scene.db.writing():
        scene.db.run("UPDATE batch SET released_at = ?, released_by = 'ana' WHERE id = ?", [NOW, batch])
    assert opened(healed(scene, "meter:badger/90001")) == ["M07:meter:badger/90001"]
    scene.steady()
    done = scene.act(staged.decide, staged.Decide(row=row, decision="drop", reason="the file is old"))
    assert closed(done) == ["M07:meter:badger/90001"]
    scene.steady()


def test_m08_an_order_past_its_day(scene: Scene) -> None:
    late, due = scene.customer(), scene.customer()
    number = ordered(scene, late, due=DAY - DAYS)
    other = ordered(scene, due)
    scene.refresh()
    assert items(scene) == [f"M08:order:{number}"]
    assert scene.db.one("SELECT account, due_on, units FROM work_item WHERE grp = 'M'") == (
        late.account.replace("-", ""), (DAY - DAYS).isoformat(), 1,
    )  # fmt: skip
    done = scene.act(orders.move, orders.Move(order=number, due_on=DAY, reason="truck broke down"))
    assert closed(done) == [f"M08:order:{number}"]
    scene.steady()
    scene.refresh(DAY + DAYS)
    assert items(scene) == [f"M08:order:{number}", f"M08:order:{other}"]
    done = scene.act(orders.cancel, orders.Cancel(order=number, reason="not needed"))
    assert closed(done) == [f"M08:order:{number}"]
    done = scene.act(orders.result, orders.Result(order=other, done_on=DAY, note="all well"))
    assert closed(done) == [f"M08:order:{other}"]
    scene.steady()


PROGRAMME = "M10:run:meter-programme/2026"


def test_m10_small_meters_by_age_large_ones_by_test(scene: Scene) -> None:
    small, young, large, tested = (scene.customer() for _ in range(4))
    with scene.db.writing():
        for c, on, size, test in (
            (small, "2006-12-31", "3/4", None), (young, "2007-01-01", "3/4", None),
            (large, "2022-12-31", "2", None), (tested, "2010-01-01", "1-1/2", "2023-01-01"),
        ):  # fmt: skip
            scene.db.run("UPDATE install SET on_date = ? WHERE meter_id = ?", [on, c.meter_id])
            scene.db.run("UPDATE meter SET size = ?, tested_on = ? WHERE id = ?", [size, test, c.meter_id])
    scene.refresh()
    assert items(scene) == [PROGRAMME]
    assert json.loads(scene.db.value("SELECT evidence FROM work_item WHERE grp = 'M'"))["replace"] == 1
    assert scene.db.value("SELECT units FROM work_item WHERE grp = 'M'") == 2
    scene.act(meter_tests.test, meter_tests.Test(meter="badger/90003", tested_on=DAY, accuracy="99.1 %"))
    assert scene.db.value("SELECT units FROM work_item WHERE grp = 'M'") == 1, "counted anew at once"
    form = installs.Exchange(point=small.point, on=DAY, removed_value=4, maker="badger", serial="1", reason="age")
    assert PROGRAMME in closed(scene.act(installs.exchange, form))
    scene.steady()
    scene.policy("M10", life_years="19")
    scene.refresh()
    assert items(scene) == [PROGRAMME]


def test_m10_larger_meters_are_tested_more_often(scene: Scene) -> None:
    sizes = {"2": "2023-06-01", '3"': "2023-06-01", "4": "2025-06-01", "6": "2025-06-01", "1": "2006-06-01"}
    with scene.db.writing():
        for size, day in sizes.items():
            c = scene.customer()
            scene.db.run("UPDATE install SET on_date = ? WHERE meter_id = ?", [day, c.meter_id])
            scene.db.run("UPDATE meter SET size = ? WHERE id = ?", [size, c.meter_id])

    def due() -> set[str]:
        scene.refresh()
        count = scene.db.value("SELECT units FROM work_item WHERE grp = 'M' AND state IN ('open', 'claimed')") or 0
        with scene.desk() as desk:
            of = desk.ask(runs.list_of, ItemKey.parse(PROGRAMME))
            found = {row.cells[4] for row in desk.ask(listing.first, of, Query(), 20).rows.values()}
        assert len(found) == count, "the item counts what its list shows"
        return found

    assert due() == {"1", '3"', "6"}, "1 inch 20 years, 3 inches every 3, 6 inches each year, 2 and 4 not yet"
    scene.policy("M10", test_years="3 below 4, 5", life_years="25 below 1, 40")
    assert due() == {"2", '3"'}


def test_m10_a_test_that_failed_sends_for_an_exchange(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE meter SET size = '2' WHERE id = ?", [c.meter_id])
    scene.refresh()
    assert items(scene) == [PROGRAMME]
    sent = scene.act(rounds.send_out, rounds.SendOut(item=PROGRAMME, due_on=DAY))
    assert scene.db.value("SELECT kind FROM field_order WHERE number = ?", [sent.result.first]) == "test"
    done = scene.act(meter_tests.test, meter_tests.Test(meter="badger/90001", tested_on=DAY, passed=False))
    assert closed(done) == [] and items(scene) == [PROGRAMME]
    kinds = scene.db.rows("SELECT kind, state FROM field_order ORDER BY id")
    assert kinds == [("test", "done"), ("exchange", "open")]
    assert done.result.order == "F-000002"
    scene.steady()


def test_m13_a_meter_nobody_finds(scene: Scene) -> None:
    lost, idle = scene.customer(), scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE service_point SET location_note = ' '")
        scene.db.run("UPDATE service_point SET state = 'inactive' WHERE id = ?", [idle.point_id])
    scene.refresh()
    assert items(scene) == [f"M13:point:{lost.point}"]
    number = ordered(scene, lost, "locate")
    done = scene.act(locations.place, locations.Place(point=lost.point, location="under the oak by the gate"))
    assert closed(done) == [f"M13:point:{lost.point}"]
    assert scene.db.value("SELECT state FROM field_order WHERE number = ?", [number]) == "done"
    scene.steady()

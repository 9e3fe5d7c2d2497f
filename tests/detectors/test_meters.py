"""Meters and orders: found at the limit, silent just inside, healed by their own acts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.detectors.scene import DAY, NOW, Customer, Scene
from tests.services import importing
from ubtui.db.models import field as models
from ubtui.db.models import office as office_models
from ubtui.db.models import record
from ubtui.detectors import heal
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.services import installs, listing, locations, meter_tests, orders, rounds, runs
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

"""Exchanges, and files of meters: both parts of an exchange are kept, what is released is judged at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from tests.detectors.scene import DAY, NOW, PERIODS, Customer, Scene
from tests.services import importing
from tests.services.test_field import DAYS, sent
from ubtui.db.models import reads as read_models
from ubtui.db.models import record
from ubtui.services import (
    installs,
    locations,
    meter_tests,
    rights,
)
from ubtui.services.verify import uses


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


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


def test_a_radio_that_hangs_elsewhere_is_refused(scene: Scene) -> None:
    c, other = scene.customer(), scene.customer()  # their radios are 890001 and 890002
    scene.uses(c, [30] * 7)
    said = scene.refused(installs.exchange, swap(c, removed_value=1222, radio="890002")).sentence()
    assert f"radio 890002 is on badger/90002, which hangs at {other.point}" in said
    own = (
        "SELECT m.serial, e.to_on FROM endpoint e JOIN meter m ON m.id = e.meter_id WHERE e.radio = '890001' ORDER BY 1"
    )
    scene.act(installs.exchange, swap(c, removed_value=1222, radio="890001"))
    assert scene.db.rows(own) == [("777", None), ("90001", DAY.isoformat())], "the old meter's goes over to the new one"


def test_a_meter_hung_back_on_the_same_day_counts_in_each_of_its_parts(scene: Scene) -> None:
    c = scene.customer(unit="cf")
    scene.uses(c, [0] * 7, start=1210)
    scene.act(installs.exchange, swap(c, removed_value=1250))
    scene.act(installs.exchange, swap(c, serial="90001", removed_value=40, installed_value=1250, reason="hung wrong"))
    back = scene.act(installs.exchange, swap(c, removed_value=1390, installed_value=40, reason="right now"))
    last = scene.act(installs.exchange, swap(c, serial="778", removed_value=155, reason="stopped"))
    reads = "SELECT register_id, kind, value, usage FROM read WHERE read_on = ? ORDER BY register_id, seq"
    registers = sorted({row[0] for row in scene.db.rows(reads, [DAY.isoformat()])})
    assert [[row[1:] for row in scene.db.rows(reads, [DAY.isoformat()]) if row[0] == id] for id in registers] == [
        [("removal", 1250, 0), ("installation", 1250, None), ("removal", 1390, 2)],
        [("installation", 0, None), ("removal", 40, 0), ("installation", 40, None), ("removal", 155, 1)],
        [("installation", 0, None)],
    ], "0.40, 0.40, 1.40 and 1.15 ccf since the last read: 3 whole ones, each where it is reached"
    assert (back.result.usage, last.result.usage) == (2, 1)
    assert list(uses(scene.db)) == []
    scene.steady()


def test_a_known_meter_begins_with_its_last_read_or_is_doubted(scene: Scene) -> None:
    c, other = scene.customer(), scene.customer()
    scene.uses(c, [30] * 7)
    scene.uses(other, [10] * 7)
    new = scene.act(installs.exchange, swap(c, removed_value=1222)).result
    assert (new.first_read, new.doubts) == (0, ())
    again = swap(other, serial="90001", removed_value=1072)
    with scene.desk() as desk:
        tried = desk.perform(installs.exchange, again, dry_run=True)
        assert (tried.result.first_read, tried.result.doubts) == (1222, ())  # type: ignore[union-attr]
    first = "SELECT value FROM read WHERE kind = 'installation' AND register_id = ?"
    done = scene.act(installs.exchange, structs.replace(again, installed_value=0)).result
    assert done.doubts == (f"badger/90001 showed 1,222 on {DAY}, and begins here with 0",)
    assert scene.db.rows(first, [c.register_id]) == [(0,)]


def test_use_held_on_the_day_of_an_exchange_stays_held_when_the_meter_is_hung_again(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 7)
    scene.act(installs.exchange, swap(c, removed_value=1240))
    scene.act(installs.exchange, swap(c, serial="90001", removed_value=300, installed_value=1240, sure=True))
    held = "SELECT value, usage, status, held_code FROM read WHERE status = 'held'"
    before = scene.db.rows(held)
    assert [row[:3] for row in before] == [(300, 300, "held")]
    scene.act(installs.exchange, swap(c, removed_value=1240, installed_value=300))
    assert scene.db.rows(held) == before
    assert list(uses(scene.db)) == []
    scene.steady()


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

"""Meters that changed: each code found, just not found, decided, and healed."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from tests.detectors.scene import DAY, PERIODS, Customer, Scene, read_day
from ubtui.db.models import record
from ubtui.services import faces, installs, points, reads, verify

NEWEST = read_day(PERIODS[-1])


def codes(scene: Scene, *wanted: str) -> list[str]:
    return [key for key in scene.items() if key.partition(":")[0] in wanted]


def swap(c: Customer, on: date, **more: Any) -> installs.Exchange:
    return installs.Exchange(**{"point": c.point, "on": on, "maker": "badger", "serial": "777", "reason": "age"} | more)


def enter(scene: Scene, c: Customer, value: int, on: date = NEWEST, **more: Any) -> None:
    scene.act(reads.enter, reads.Enter(point=c.point, value=value, on=on, **more))


def review(scene: Scene, c: Customer, code: str, on: date = NEWEST, **more: Any) -> None:
    form = {"point": c.point, "read_on": on, "code": code, "decision": "confirmed", "reason": "looked at"} | more
    scene.act(reads.review, reads.Review(**form))


def told(scene: Scene, code: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(scene.db.value("SELECT evidence FROM work_item WHERE code = ?", [code]))
    return found


def read_until(scene: Scene, uses: int = 30, **service: Any) -> Customer:
    """A customer of even use, billed up to the period before the newest."""
    c = scene.customer(**service)
    scene.uses(c, [uses] * 6, last=PERIODS[-2])
    with scene.db.writing():
        scene.db.run("UPDATE read SET status = 'billed' WHERE status = 'released'")
    reads.summarise(scene.db, [c.register_id])
    return c


def test_r19_another_face_than_the_last_bills(scene: Scene) -> None:
    c, same = read_until(scene), read_until(scene)
    scene.act(installs.exchange, swap(c, date(2026, 9, 19), removed_value=1_195, unit="gal", dials=6))
    scene.act(installs.exchange, swap(same, date(2026, 9, 19), removed_value=1_195, serial="778"))
    assert codes(scene, "R19") == [], "its first read is not there"
    enter(scene, c, 11_221)  # 15 ccf
    enter(scene, same, 15)
    assert codes(scene, "R19") == [f"R19:point:{c.point}@{PERIODS[-1]}"]
    evidence = told(scene, "R19")
    assert (evidence["face"], evidence["last_face"]) == ("6 dials, gal", "6 dials, ccf")
    scene.steady()
    review(scene, c, "R19")
    assert codes(scene, "R19") == []
    scene.steady()


def test_r19_a_face_that_was_written_wrong_is_put_right(scene: Scene) -> None:
    c = read_until(scene)
    scene.act(installs.exchange, swap(c, date(2026, 9, 19), removed_value=1_195, multiplier="10"))
    enter(scene, c, 15)
    assert codes(scene, "R19") == [f"R19:point:{c.point}@{PERIODS[-1]}"]
    done = scene.act(faces.face, faces.Face(meter="badger/777", multiplier="1", reason="the dial says so")).result
    assert (done.was, done.now, done.usage_before, done.usage) == ("6 dials, 10 ccf", "6 dials, ccf", 150, 15)
    assert codes(scene, "R19") == []
    scene.steady()
    assert list(verify.uses(scene.db)) == []


@pytest.mark.parametrize(
    ("more", "says"),
    [({"multiplier": "1"}, "that is the face it has"), ({"dials": 3}, "does not fit 3 dials"),
     ({"unit": "furlong"}, "the face"), ({"multiplier": "1/0"}, "the face"), ({"multiplier": "-1"}, "multiplier"),
     ({"meter": "badger/1"}, "hangs anywhere"), ({"register": 2}, "hangs anywhere")],
)  # fmt: skip
def test_what_a_face_refuses(scene: Scene, more: dict[str, Any], says: str) -> None:
    c = scene.customer()
    scene.read(c, PERIODS[-1], 1_200, usage=None)
    form = faces.Face(**{"meter": "badger/90001", "reason": "looked"} | more)
    assert says in scene.refused(faces.face, form).sentence()


def test_a_face_that_a_bill_used_stays(scene: Scene) -> None:
    c = read_until(scene)
    no = scene.refused(faces.face, faces.Face(meter=f"badger/{90000 + scene.count}", dials=7, reason="looked"))
    assert "billed by this face" in no.reason and c.register_id


@pytest.mark.parametrize(
    ("removed", "new", "says"),
    [(1_193, 13, ""), (1_255, 13, "old meter"), (1_193, 31, ""), (1_181, 13, "old meter: only"), (1_195, 0, "")],
)
def test_r20_a_part_that_is_far_from_its_days(scene: Scene, removed: int, new: int, says: str) -> None:
    c = read_until(scene)  # 1,180 on Aug 20
    scene.act(installs.exchange, swap(c, date(2026, 9, 19), removed_value=removed))
    enter(scene, c, new)
    found = codes(scene, "R20")
    if not says:
        high = new > 2 * 15 or new * 100 < 35 * 15
        assert bool(found) is high
    else:
        assert found == [f"R20:point:{c.point}@{PERIODS[-1]}"]
        assert says in scene.db.value("SELECT title || ': ' || why FROM work_item WHERE code = 'R20'")
        on = date.fromisoformat(told(scene, "R20")["read_on"])
        meter = "badger/90001" if on == date(2026, 9, 19) else "badger/777"
        scene.steady()
        review(scene, c, "R20", on, meter=meter)
        assert codes(scene, "R20") == []
    scene.steady()


def test_r20_an_old_meter_that_nobody_could_read(scene: Scene) -> None:
    c = read_until(scene)
    scene.act(installs.exchange, swap(c, date(2026, 9, 19), unreadable=True))
    assert codes(scene, "R20") == [f"R20:point:{c.point}@{PERIODS[-1]}"]
    form = {"decision": "corrected", "value": 1_196, "meter": "badger/90001"}
    review(scene, c, "R20", date(2026, 9, 19), **form)
    assert codes(scene, "R20") == [], "what it showed was found after all"
    scene.steady()


def test_r21_the_first_read_of_a_meter_set_where_none_hung(scene: Scene) -> None:
    c, old = scene.customer(), read_until(scene)
    with scene.db.writing():
        scene.db.run("DELETE FROM endpoint WHERE meter_id = ?", [c.meter_id])
        scene.db.run(
            "UPDATE install SET on_date = '2099-01-01', off_date = '2099-01-01' WHERE meter_id = ?", [c.meter_id]
        )
    scene.act(installs.exchange, swap(c, date(2026, 9, 19), size="1", dials=6, unit="ccf", installed_value=2))
    scene.act(installs.exchange, swap(old, date(2026, 9, 19), serial="778", removed_value=1_195))
    assert codes(scene, "R21") == []
    enter(scene, c, 9)
    enter(scene, old, 9)
    assert codes(scene, "R21") == [f"R21:point:{c.point}@{PERIODS[-1]}"]
    assert told(scene, "R21")["start"] == 2
    scene.steady()
    review(scene, c, "R21")
    assert codes(scene, "R21") == []
    scene.steady()


@pytest.mark.parametrize(
    ("fast", "slow", "found"),
    [(14, 6, False), (20, 0, True), (9, 0, False), (5, 15, True), (9, 11, False), (19, 1, False)],
)
def test_r27_a_compound_meters_sides(scene: Scene, fast: int, slow: int, found: bool) -> None:
    c = scene.customer()
    with scene.db.writing():
        second = scene.db.insert(record.Register, meter_id=c.meter_id, n=2, dials=6, mult_num=1, mult_den=1, unit="ccf")
    low = Customer(**{**c.__dict__, "register_id": second})
    scene.uses(c, [14] * 6, last=PERIODS[-2])
    scene.uses(low, [6] * 6, last=PERIODS[-2])
    enter(scene, c, 1_084 + fast, register=1)
    enter(scene, c, 1_036 + slow, register=2)
    assert codes(scene, "R27") == ([f"R27:point:{c.point}@{PERIODS[-1]}"] if found else [])
    scene.steady()
    if found:
        review(scene, c, "R27", register=2)
        assert codes(scene, "R27") == []
        scene.steady()


def test_m06_a_meter_came_off_and_none_was_set(scene: Scene) -> None:
    here, there, fresh = (scene.customer() for _ in range(3))
    for c, off in ((here, date(2026, 11, 19)), (fresh, date(2026, 11, 20))):
        with scene.db.writing():
            scene.db.run("UPDATE install SET off_date = ? WHERE point_id = ?", [off.isoformat(), c.point_id])
    scene.refresh()
    assert codes(scene, "M06") == [f"M06:point:{here.point}"], "a business day is let pass"
    done = scene.act(installs.exchange, swap(here, DAY, size="1", dials=6, unit="ccf"))
    assert [str(key) for key in done.closed] == [f"M06:point:{here.point}"]
    assert there.point
    scene.steady()


def test_m06_nobody_is_served_at_a_point_that_is_closed(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE install SET off_date = '2026-11-01'")
        scene.db.run("UPDATE service_point SET state = 'inactive'")
    scene.refresh()
    assert codes(scene, "M06") == []
    scene.act(points.activate, points.Activate(point=c.point, account=c.account, from_on=DAY))
    assert codes(scene, "M06") == [f"M06:point:{c.point}"]
    scene.steady()


def test_a_read_that_cannot_be_the_new_meters_is_asked_about(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, start=180_000, last=PERIODS[-2])  # 180,180 on Aug 20
    enter(scene, c, 180_189)
    before = scene.db.rows("SELECT * FROM read ORDER BY register_id, read_on, seq")
    no = scene.refused(installs.exchange, swap(c, date(2026, 10, 1), removed_value=1))
    assert "1 of 2026-10-01 is below 180,180 of 2026-08-20, by the old meter" in no.reason
    assert "180,189 used by the new meter from 2026-10-01 to 2026-10-20 is above the limit of 300" in no.reason
    assert "sure" in no.cure
    assert scene.db.rows("SELECT * FROM read ORDER BY register_id, read_on, seq") == before
    done = scene.act(installs.exchange, swap(c, date(2026, 10, 1), removed_value=1, sure=True)).result
    assert len(done.doubts) == 2 and done.usage is None
    statuses = scene.db.rows("SELECT status FROM read WHERE kind IN ('removal', 'regular') AND read_on > '2026-09-01'")
    assert sorted(statuses) == [("held",), ("held",), ("void",)], "what cannot be is held"
    scene.steady()


@pytest.mark.parametrize(
    ("removed", "says"),
    [(1_175, "1,175 of 2026-09-19 is below 1,180"), (1_900, "720 used by the old meter"), (1_195, "")],
)
def test_an_odd_last_read_alone_is_told_and_held(scene: Scene, removed: int, says: str) -> None:
    c = read_until(scene)
    done = scene.act(installs.exchange, swap(c, date(2026, 9, 19), removed_value=removed)).result
    assert len(done.doubts) == bool(says) and says in "".join(done.doubts)
    assert scene.db.value("SELECT status FROM read WHERE kind = 'removal'") == ("held" if says else "released")
    scene.steady()

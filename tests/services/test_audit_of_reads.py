"""Reads looked at a second time: the draw repeats itself, a control read changes nothing, what it proves is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.detectors.scene import PERIODS, Customer, Scene, read_day
from ubtui.db.models import reads as record
from ubtui.services import reads, verify
from ubtui.services.reads import audit
from ubtui.services.reads.routes import routes, walk

LAST = PERIODS[-1]
ON = read_day(LAST)


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def customer(scene: Scene) -> Customer:
    c = scene.customer()
    scene.uses(c, [30] * len(PERIODS), last=LAST)
    scene.refresh()
    return c


def newest(scene: Scene, c: Customer) -> tuple[date, int]:
    on, value = scene.db.rows(
        "SELECT read_on, value FROM read_summary WHERE register_id = ? AND newest = 1", [c.register_id]
    )[0]
    return date.fromisoformat(on), value


def test_the_same_seed_draws_the_same_meters_in_walk_order(scene: Scene) -> None:
    for _ in range(12):
        customer(scene)
    look = scene.desk().look()
    route = routes(look)[0]
    all_of_it = [stop.register_id for stop in walk(look, route)]
    drawn = [stop.register_id for stop in audit.sample(look, route, 5, "2026-11")]
    assert drawn == [stop.register_id for stop in audit.sample(look, route, 5, "2026-11")]
    assert len(drawn) == min(5, len(all_of_it)) and [id for id in all_of_it if id in drawn] == drawn
    others = {tuple(s.register_id for s in audit.sample(look, route, 5, str(seed))) for seed in range(12)}
    assert len(others) > 3
    assert [s.register_id for s in audit.sample(look, route, 99, "x")] == all_of_it


def test_a_skip_of_an_earlier_window_is_none_of_the_one_that_is_walked(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 4, last=PERIODS[-3])

    def walked() -> tuple[str, str, str]:
        look = scene.desk().look()
        (stop,) = walk(look, routes(look)[0])
        return stop.period, stop.state, stop.why

    def skip(period: str, on: date, why: str) -> None:
        with scene.db.writing():
            scene.db.insert(
                record.ReadSkip, point_id=c.point_id, period=period, skipped_on=on, why=why, note="", by_staff="ana",
                at="2026-11-23T16:00:00.000000Z",
            )  # fmt: skip

    skip(LAST, ON, "dog")
    period, state, why = walked()
    assert (state, why) == ("open", "") and period != LAST
    skip(period, ON + timedelta(days=20), "snow")
    assert walked() == (period, "skipped", "snow")
    skip(PERIODS[-2], ON + timedelta(days=30), "gate")  # brought in late
    assert walked() == (period, "skipped", "snow")


@pytest.mark.parametrize(("more", "off"), [(0, 0), (3, 0), (30, 0), (-1, -1), (-250, -250), (5000, 4970)])
def test_a_control_read_bills_nothing_and_proves_what_it_can(scene: Scene, more: int, off: int) -> None:
    c = customer(scene)
    on, value = newest(scene, c)
    before = scene.db.rows("SELECT * FROM read_summary ORDER BY register_id, read_on, seq")
    form = audit.Control(point=c.point, value=value + more, on=on + timedelta(days=1))
    made = scene.act(audit.control, form, who="ben").result
    assert (made.read_on, made.read, made.control, made.off) == (on, value, value + more, off)
    assert scene.db.rows("SELECT * FROM read_summary ORDER BY register_id, read_on, seq") == before
    scene.steady()
    (row,) = scene.desk().ask(audit.accuracy, date(1900, 1, 1))
    assert (row.controlled, row.wrong, row.share_right) == (1, int(off != 0), "0.0" if off else "100.0")
    assert scene.desk().ask(audit.accuracy, on + timedelta(days=2)) == []
    assert list(verify.uses(scene.db)) == [] and list(verify.summaries(scene.db)) == []


def test_a_later_read_bounds_a_control_read_from_above(scene: Scene) -> None:
    c = customer(scene)
    on, value = newest(scene, c)
    earlier = on - timedelta(days=20)
    made = scene.act(audit.control, audit.Control(point=c.point, value=value + 7, on=earlier), who="ben").result
    assert made.off == 7, "it shows more than the meter showed twenty days later"


def test_nobody_controls_his_own_read(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * (len(PERIODS) - 1), last=PERIODS[-2])
    scene.refresh()
    scene.act(reads.enter, reads.Enter(point=c.point, value=1225, on=ON))
    no = scene.refused(audit.control, audit.Control(point=c.point, value=1226))
    assert "nobody controls his own read" in no.sentence()
    assert scene.db.value("SELECT COUNT(*) FROM read WHERE kind = 'control'") == 0

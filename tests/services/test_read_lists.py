"""The lists behind a route's items: who misses a read, and what was read off its days, in the order of the walk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.detectors.scene import PERIODS, Scene, read_day
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.services import listing, reads, runs
from ubtui.services.listing import Query

LAST = PERIODS[-1]


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def shown(scene: Scene, key: str, query: str = "", sort: str | None = None) -> list[tuple[str, ...]]:
    with scene.desk() as desk:
        of = desk.ask(runs.list_of, ItemKey.parse(key))
        ids = list(desk.ask(listing.ids, of, Query(query, sort)))
        found = desk.ask(listing.rows, of, ids)
        run = runs.run_of(ItemKey.parse(key))
        assert run is not None
        assert [desk.ask(run.opens, id)[0] for id in ids] == ["meter"] * len(ids)
        assert [desk.ask(run.opens, id)[1] for id in ids] == [found[id].cells[1] for id in ids]
    return [found[id].cells for id in ids]


def test_the_missing_reads_of_a_route(scene: Scene) -> None:
    some = [scene.customer() for _ in range(3)]
    for n, c in enumerate(some):
        scene.uses(c, [30] * (7 if n == 1 else 6), last=LAST if n == 1 else PERIODS[-2])
    scene.refresh()
    key = f"R01:route:R07@{LAST}"
    first, third = shown(scene, key)
    assert first == ("1", some[0].point, "1 Alder Ct", "badger/90001", "2026-08-20", "1,180", "", some[0].account)
    assert third[1] == some[2].point
    assert shown(scene, key, "3 Alder") == [third]
    scene.act(reads.skip, reads.Skip(point=some[0].point, why="dog"))
    assert shown(scene, key) == [third]
    scene.act(reads.estimate, reads.Estimate(point=some[2].point, reason="snow"))
    assert shown(scene, key) == []


def test_the_reads_of_a_route_off_its_days(scene: Scene) -> None:
    for n in range(3):
        c = scene.customer()
        scene.uses(c, [30] * 6, last=PERIODS[-2])
        scene.read(c, LAST, 1210, usage=30, on=read_day(PERIODS[-2]) + timedelta(days=75 - 14 * n))
    scene.refresh()
    key = f"R16:route:R07@{LAST}"
    assert [row[3:8] for row in shown(scene, key)] == [
        ("2026-08-20", f"2026-{day}", days, "1,210", "30")
        for day, days in (("11-03", "75"), ("10-20", "61"), ("10-06", "47"))
    ]
    assert [row[5] for row in shown(scene, key, sort="days")] == ["47", "61", "75"]


def test_another_item_of_a_route_opens_no_list(scene: Scene) -> None:
    with scene.desk() as desk, pytest.raises(BadValue, match="opens no list"):
        desk.ask(runs.list_of, ItemKey.parse("Q02:route:R07"))

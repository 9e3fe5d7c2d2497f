"""A route read page by page is the route as it is walked, whatever its length, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.importing import seat, served, training
from ubtui.act import Done
from ubtui.desk import Desk
from ubtui.services import reads
from ubtui.services.reads import routes
from ubtui.services.reads.entering import Enter, Skip

MORE, PAGE = 630, 100  # past the boundary of a page and of a statement's list


@pytest.fixture
def desk(backend: str, tmp_path: Path) -> Iterator[Desk]:
    """A district of three meters on route R1, and of 630 more."""
    training(backend)
    with seat(backend) as at:
        served(at, tmp_path)
        fill(at)
        yield at


def fill(desk: Desk, first: int = 1001, more: int = MORE, route: str = "R1") -> None:
    """More points on a route, numbered on by tens, a meter each; every seventh of two counters, two at the last."""
    db = desk.session
    ((route_id, premise, account),) = db.rows(
        "SELECT p.route_id, p.premise_id, s.account_id FROM service_point p JOIN service s ON s.point_id = p.id"
        " JOIN route t ON t.id = p.route_id WHERE t.code = ? ORDER BY p.id LIMIT 1", [route],
    )  # fmt: skip
    day = "2010-01-01"
    n = range(first, first + more)
    with db.writing():
        db.load("service_point", ["id", "number", "premise_id", "route_id", "sequence"],
                ((i, f"SP-9{i:05d}", premise, route_id, 40 + (i - 1000) * 10) for i in n))  # fmt: skip
        services = ["account_id", "point_id", "kind", "rate_code", "unit", "customer_class", "from_on"]
        db.load("service", services, ((account, i, "potable", "SM", "ccf", "single", day) for i in n))
        meters = [(i, f"{i:06d}", i) for i in n] + [(n[-1] + 1, f"9{n[-1]:05d}", n[-1])]
        db.load("meter", ["id", "maker", "serial", "size"], ((i, "BADGER", serial, "5/8") for i, serial, _ in meters))
        db.load("register", ["meter_id", "n", "dials", "mult_num", "mult_den", "unit"],
                ((i, k, 6, 1, 1, "ccf") for i, _, _ in meters for k in ((1, 2) if i % 7 == 0 else (1,))))  # fmt: skip
        db.load("install", ["meter_id", "point_id", "on_date"], ((i, point, day) for i, _, point in meters))


def test_pages_laid_end_to_end_are_the_walk(desk: Desk) -> None:
    whole = desk.ask(routes.walk, "R1")
    ids = list(desk.ask(routes.ids, "R1"))
    assert [stop.register_id for stop in whole] == ids and len(set(ids)) == len(ids) > MORE + 90
    assert [stop.position for stop in whole] == list(range(1, len(ids) + 1))
    assert [(s.sequence, s.point, s.serial, s.register) for s in whole] == sorted(
        (s.sequence, s.point, s.serial, s.register) for s in whole
    )
    for size in (1, PAGE, 501):
        starts = range(0, len(ids), size) if size > 1 else (0, 99, 100, 101, len(ids) - 1)
        for start in starts:
            assert desk.ask(routes.stops, ids[start : start + size]) == whole[start : start + size]
        assert list(desk.ask(routes.ids, "R1", size)) == ids[:size]
    assert desk.ask(routes.stops, [ids[3], 999_999, ids[1]]) == [whole[3], whole[1]], "in the order asked, none unknown"
    two = [stop for stop in whole if stop.point == whole[-1].point]
    assert desk.ask(routes.at, whole[-1].point) == two and len({stop.serial for stop in two}) == 2


def test_what_is_counted_is_what_the_walk_shows(desk: Desk) -> None:
    def agrees() -> Counter[str]:
        whole, found = desk.ask(routes.walk, "R1"), desk.ask(routes.tally, "R1")
        assert found.states == Counter(stop.state for stop in whole)
        assert found.gaps == sum(stop.jump > 0 for stop in whole)
        assert found.twins == sum(stop.jump < 0 for stop in whole)
        assert set(found.periods) == {stop.period for stop in whole}
        assert found.read_on == min(stop.read_on for stop in whole)
        return found.states

    assert agrees().keys() == {"open"}
    whole = desk.ask(routes.walk, "R1")
    first, last = whole[0], whole[-1]
    assert isinstance(
        desk.perform(reads.skip, Skip(point=last.point, period=last.period, why="dog")), Done
    )  # fmt: skip
    value = (first.prior or 0) + 9
    made = Enter(point=first.point, value=value, meter=f"{first.maker}/{first.serial}")
    assert isinstance(desk.perform(reads.enter, made), Done)
    states = agrees()
    assert states["skipped"] == 3 and states["read"] + states["held"] == 1, "a skip is of all that hangs at its point"
    with desk.session.writing():
        for point, number in (("SP-901100", 3_040), ("SP-901301", 90_000)):
            desk.session.run("UPDATE service_point SET sequence = ? WHERE number = ?", [number, point])
    agrees()
    jumps = {stop.point: stop.jump for stop in desk.ask(routes.walk, "R1") if stop.jump}
    assert jumps == {"SP-901001": 1, "SP-901101": 1, "SP-901300": -1, "SP-901302": 1, "SP-901301": 8_365}


def test_the_next_meter_without_a_read_is_found_over_pages(desk: Desk) -> None:
    ids = desk.ask(routes.ids, "R1")
    assert desk.ask(routes.first_open, ids) == ids[0]
    whole = desk.ask(routes.walk, "R1")
    with desk.session.writing():
        desk.session.load(
            "read_skip", ["point_id", "period", "skipped_on", "why", "by_staff", "at"],
            [
                (point, whole[0].period, "2016-09-20", "dog", "ana", "2016-09-20T16:00:00.000000Z")
                for (point,) in desk.session.rows(
                    "SELECT id FROM service_point WHERE sequence IS NOT NULL AND number <> ?", [whole[-1].point]
                )
            ],
        )  # fmt: skip
    left = [stop.register_id for stop in whole if stop.point == whole[-1].point]
    assert [desk.ask(routes.first_open, ids), desk.ask(routes.first_open, ids[600:])] == [left[0], left[0]]
    assert desk.ask(routes.first_open, ids[:600]) is None
    assert desk.ask(routes.first_open, ids[:0]) is None


def test_a_page_of_a_long_route_asks_as_often_as_one_of_a_short(desk: Desk) -> None:
    asked: list[str] = []
    desk.session.on_statement = asked.append
    counts = []
    for _ in range(2):
        asked.clear()
        ids = desk.ask(routes.ids, "R1", PAGE)
        desk.ask(routes.stops, ids)
        desk.ask(routes.first_open, ids)
        counts.append(len(asked))
        desk.session.on_statement = None
        if len(counts) == 1:
            fill(desk, 1002 + MORE, 4 * MORE)
        desk.session.on_statement = asked.append
    assert counts[0] == counts[1] and len(ids) == PAGE


def test_two_reads_of_one_period_count_their_register_once(desk: Desk) -> None:
    before, ids = desk.ask(routes.tally, "R1").states, desk.ask(routes.ids, "R1")
    columns = ", ".join(reads.SUMMARY)
    later = columns.replace("seq", "seq + 1")
    with desk.session.writing():
        sql = f"INSERT INTO read_summary({columns}) SELECT {later} FROM read_summary WHERE newest = 1"
        assert desk.session.run(sql) == 3
    after = desk.ask(routes.tally, "R1").states
    assert after == before and after.total() == len(ids)

"""A whole bi-monthly cycle, read, checked, held, released and ready to bill: by three commands, and by keys alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.faults.record import assert_clean
from tests.journeys.day import Sitting, shell, sitting
from tests.sample import made
from ubtui.desk import Desk, Seat
from ubtui.services.reads.expecting import limits
from ubtui.services.reads.routes import Stop, routes, walk

CYCLE, PERIOD, READ_DAY = "B2", "B2/2026-12", "2026-12-17"
LOW, HIGH, SKIPPED, LEFT = 0, 1, 2, 3  # places of the walk that go otherwise than the rest


@pytest.fixture(params=["sqlite", "postgres"])
def district(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A sample of sixty accounts on the day its second cycle is read."""
    data = str(tmp_path / "sample") if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    made(data, 60)
    shell(data, "clock", "--to", READ_DAY)
    yield data


class Due(NamedTuple):
    """A meter that is to be read, what is read on it, and what it shows: for most the same, as it is expected."""

    stop: Stop
    value: int
    right: int


def due(data: str) -> list[Due]:
    """Every meter of the cycle in walk order, the ones in trouble first of those with a known use."""
    with Desk(data, Seat("ana")) as desk:
        mine = [each["route"] for each in standing(data)["routes"]]
        stops = [stop for route in mine for stop in desk.ask(walk, route) if stop.period == PERIOD]
        between = {stop.register_id: desk.ask(limits, stop) for stop in stops}
    known = [stop for stop in stops if (between[stop.register_id][1] or 0) > (stop.prior or 0) + 8]
    out = []
    for stop in stops:
        prior, (low, high) = stop.prior or 0, between[stop.register_id]
        value = right = prior + 1 if low is None or high is None else (3 * low + 2 * high) // 5
        if stop is known[LOW]:
            value = prior - 1
        elif stop is known[HIGH]:
            assert high is not None
            value = prior + 5 * (high - prior)
        out.append(Due(stop, value, right))
    troubled = known[: LEFT + 1]
    return sorted(out, key=lambda each: troubled.index(each.stop) if each.stop in troubled else len(troubled))


def standing(data: str, code: int = 1) -> dict[str, Any]:
    """What the cycle has, as a command says it; its exit code is 1 until it may be billed."""
    found: dict[str, Any] = json.loads(shell(data, "reads", "ready", CYCLE, "--format", "json", code=code).out)
    assert found["period"] == PERIOD
    return found


def held(data: str) -> dict[str, dict[str, Any]]:
    """The held reads of the cycle by point."""
    rows = json.loads(shell(data, "reads", "held", f"cycle:{CYCLE}", "--format", "json").out)
    return {row["point"]: row for row in rows}


def test_three_commands(district: str, tmp_path: Path) -> None:
    meters = due(district)
    assert standing(district)["total"]["missing"] == len(meters)
    low, high, skipped = (meters[n].stop.point for n in (LOW, HIGH, SKIPPED))
    file = tmp_path / "reads.csv"
    lines = [
        f"{m.stop.maker},{m.stop.serial},{m.stop.register},{READ_DAY},{m.value},"
        if m.stop.point != skipped
        else f"{m.stop.maker},{m.stop.serial},{m.stop.register},{READ_DAY},,dog"
        for m in meters
    ]
    file.write_text("\n".join(["maker,serial,register,date,value,trouble", *lines]) + "\n", "utf-8")

    shell(district, "import", "reads", str(file))
    now = standing(district)
    assert {low, high} <= set(held(district)) and now["total"]["held"] == len(held(district))
    assert now["total"]["read"] + now["total"]["held"] == len(meters) - 1 and now["total"]["skipped"] == 1

    decide = ("reads", "decide", "release", f"cycle:{CYCLE}", "--else", "estimate", "--reason", "looked at: a leak")
    count = now["total"]["held"]
    careful = shell(district, *decide, "--dry-run", who="ben", code=1).err
    assert f"{high}: extreme use, read {meters[HIGH].value:,}, use " in careful and "extreme left held" in careful
    decide += ("--extremes",)
    told = f"release: {count - 1}, estimate: 1 of {count} held reads"
    assert told in shell(district, *decide, "--dry-run", who="ben").err and len(held(district)) == count
    assert told in shell(district, *decide, who="ben").err and held(district) == {}

    ready = ("reads", "ready", CYCLE, "--estimate", "the dog was loose")
    assert "estimated: 1 of 1" in shell(district, *ready, "--dry-run", who="ben", code=1).err
    said = shell(district, *ready, who="ben").err
    assert f"{PERIOD} is ready to bill, {len(meters)} meters: {len(meters) - 2} read, 2 estimated" in said
    assert standing(district, code=0)["ready"] and held(district) == {}
    assert_clean(district)


def kept(desk: Sitting, text: str) -> None:
    """Type at a meter, see what it would be, keep it."""
    desk.type(text)
    desk.press("enter")
    desk.see("enter keeps it")
    desk.press("enter")


def test_by_keys_alone(district: str) -> None:
    meters = due(district)
    values = {each.stop.point: each.value for each in meters}
    low, high, skipped, left = (meters[n].stop.point for n in (LOW, HIGH, SKIPPED, LEFT))
    route = meters[0].stop.route
    with Desk(district, Seat("ben")) as desk:
        before = desk.ask(routes).index(route)
    with sitting(district, "ben") as ben:
        ben.press("g", "r")
        ben.see(PERIOD, f"{len(meters)} missing", f"{route} ")
        ben.press(*["down"] * before)
        ben.see(f"▸  {route}")
        ben.press("enter")
        ben.see(f"Route {route}", f"{len(meters)} open")
        for stop in sorted((each.stop for each in meters), key=lambda stop: stop.position):
            ben.see(stop.account)
            if stop.point == left:
                ben.press("down")
                continue
            kept(ben, "s dog" if stop.point == skipped else str(values[stop.point]))
            ben.see(f"{stop.point}: ")
        ben.press("escape")
        ben.see(f"{PERIOD}  not ready", "1 missing, 1 skipped")

        ben.press("t")
        ben.see("Estimate what route")
        ben.type("the gate was shut")
        ben.see("2 of " + PERIOD)
        ben.press("f5")
        ben.see("2 estimated.", f"{PERIOD}  not ready")

        # Two are held: the one that stands too low is corrected, the one that is high is right and let go.
        ben.press("h")
        ben.see("Held reads", low, high, "2 of", "filtered")
        assert low in ben.under_cursor()
        ben.press("c")
        ben.see(f"Correct the read of {low}")
        ben.type(str(meters[LOW].right))
        ben.press("tab")
        ben.type("two digits were smudged")
        ben.see("would close")
        ben.press("f5")
        ben.see("Corrected.", "1 of", "filtered")
        assert high in ben.under_cursor()
        ben.press("l")
        ben.see("Release " + high)
        ben.type("a leak, since mended")
        ben.see("would be done", "1 of 1")
        ben.press("f5")
        ben.see("Release: 1 done")

        ben.press("escape")
        ben.see("Read day", f"{PERIOD}  ready, bill", f"{len(meters) - 2} read, 2 estimated")
        ben.press("escape")
        ben.see("Worklist")
        ben.leave()
    assert standing(district, code=0)["ready"]
    assert_clean(district)

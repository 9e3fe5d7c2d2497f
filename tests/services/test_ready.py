"""A cycle's period: what of it is read, what stands in the way, and estimates that the next read puts right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.detectors.scene import PERIODS, Customer, Scene, read_day
from tests.services.importing import bring, file
from ubtui.cli import run_command
from ubtui.domain.errors import BadValue
from ubtui.services import reads, verify
from ubtui.services.installs import Exchange, exchange
from ubtui.services.reads import Enter, Estimate, Review, Skip, estimating, ready
from ubtui.services.reads.routes import Stop, _state, tally, walk

LAST = PERIODS[-1]
ON = read_day(LAST)
NEXT = "B2/2026-12"
WHY = "nobody could read it"


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def customer(scene: Scene, last: str = PERIODS[-2], use: int = 30, **more: Any) -> Customer:
    c = scene.customer(**more)
    scene.uses(c, [use] * (PERIODS.index(last) + 1), last=last)
    return c


def asked(scene: Scene, period: str = "") -> ready.Ready:
    with scene.desk() as desk:
        return desk.ask(ready.cycle, "B2", period)


def counted(found: ready.Counts) -> dict[str, int]:
    return {name: n for name in ready.Counts.__struct_fields__ if (n := getattr(found, name))}


def test_a_period_is_ready_when_nothing_stands_in_the_way(scene: Scene) -> None:
    read, held, skipped, unread = (customer(scene) for _ in range(4))
    off = customer(scene)
    with scene.db.writing():
        scene.db.run("UPDATE service_point SET route_id = NULL WHERE id = ?", [off.point_id])
    scene.refresh()
    scene.act(reads.enter, Enter(point=read.point, value=1210, on=ON))
    scene.act(reads.enter, Enter(point=held.point, value=1179, on=ON))
    scene.act(reads.skip, Skip(point=skipped.point, why="dog"))
    found = asked(scene)
    assert (found.period, found.read_on, found.ready) == (LAST, ON, False)
    assert [(each.route, counted(each)) for each in found.routes] == [
        ("", {"meters": 1, "missing": 1}),
        ("R07", {"meters": 4, "read": 1, "held": 1, "skipped": 1, "missing": 1}),
    ]
    assert counted(found.total) == {"meters": 5, "read": 1, "held": 1, "skipped": 1, "missing": 2}
    assert found.verdict == f"{LAST} is not ready to bill, 5 meters: 1 read; 2 missing, 1 skipped, 1 held"
    assert asked(scene, PERIODS[-2]).ready, "the period before is read"
    with scene.db.writing():
        scene.db.run("UPDATE read SET status = 'billed' WHERE period = ?", [PERIODS[-2]])
    before = asked(scene, PERIODS[-2])
    assert (before.ready, before.billed) == (False, True) and before.verdict.startswith(f"{PERIODS[-2]} is billed, 5")

    done = scene.act(reads.estimate, Estimate(cycle="B2", reason=WHY, skipped=True))
    assert {each.point for each in done.result.reads} == {skipped.point, unread.point}
    assert asked(scene).verdict.endswith("1 read, 2 estimated; 1 missing, 1 held"), "who is on no route is not walked"
    scene.act(reads.estimate, Estimate(point=off.point, reason=WHY))
    form = Review(point=held.point, read_on=ON, code="R09", decision="corrected", value=1207, reason="misread")
    scene.act(reads.review, form)
    found = asked(scene)
    assert found.ready and found.verdict == f"{LAST} is ready to bill, 5 meters: 2 read, 3 estimated"
    scene.steady()


def test_the_shell_estimates_what_nobody_read_and_asks_again(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    skipped, unread = (customer(scene) for _ in range(2))
    new = scene.customer()
    scene.refresh()
    scene.act(reads.skip, Skip(point=skipped.point, why="dog"))
    at = ["reads", "ready", "B2", "--period", LAST, "--data", scene.data, "--as", "ana"]
    assert run_command(at) == 1
    assert "--estimate REASON estimates the 3 that nobody read" in capsys.readouterr().err
    assert run_command([*at, "--estimate", "no"]) == 2 and "Reason: at least 3 letters" in capsys.readouterr().err
    assert run_command([*at, "--estimate", WHY, "--dry-run"]) == 1
    tried = capsys.readouterr()
    assert "estimated: 2 of 3 registers" in tried.err
    assert f"it would be: {LAST} is not ready to bill, 3 meters: 2 estimated; 1 missing" in tried.err
    assert [row.split() for row in tried.out.splitlines()[1:]] == [["R07", "3", "0", "2", "0", "0", "1", "0", "0"]]
    assert counted(asked(scene, LAST).total) == {"meters": 3, "missing": 2, "skipped": 1}
    assert run_command([*at, "--estimate", WHY]) == 1
    said = capsys.readouterr().err
    assert f"{new.point} " in said and "no read stands before" in said
    assert "3 meters: 2 estimated, 1 missing" in said.replace(";", ",")
    assert counted(asked(scene, LAST).total) == {"meters": 3, "estimated": 2, "missing": 1}
    assert unread.point not in said
    assert run_command([*at, "--estimate", WHY]) == 1, "what cannot be estimated is said again"
    assert "no read stands before" in capsys.readouterr().err


def test_a_cycle_is_not_estimated_before_its_read_day(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    c = customer(scene)
    with scene.db.writing():
        scene.db.run("UPDATE meta SET value = ? WHERE key = 'today'", [(ON - timedelta(days=3)).isoformat()])
    for more in ({"cycle": "B2"}, {"route": "R07"}):
        no = scene.refused(reads.estimate, Estimate(period=LAST, reason=WHY, **more))
        assert no.sentence().startswith(f"{LAST} is read on {ON}")
    at = ["reads", "ready", "B2", "--period", LAST, "--data", scene.data, "--as", "ana", "--estimate", WHY]
    assert run_command(at) == 1
    assert f"{LAST} is read on {ON}" in capsys.readouterr().err
    assert counted(asked(scene, LAST).total) == {"meters": 1, "missing": 1}
    assert run_command([*at, "--early"]) == 0
    assert counted(asked(scene, LAST).total) == {"meters": 1, "estimated": 1} and c.point


def test_a_row_that_waits_stands_in_the_way(scene: Scene, tmp_path: Path) -> None:
    c = customer(scene)
    scene.act(reads.enter, Enter(point=c.point, value=1210, on=ON))
    rows = f"serial,date,value\n9{c.register_id:04d}x,{ON},5\n90001,{ON},1300\n"
    with scene.desk() as desk:
        bring(desk, "reads", file(tmp_path, rows))
    found = asked(scene)
    assert not found.ready and found.total.staged == 2 and found.total.read == 1
    assert {each.route: each.staged for each in found.routes} == {"": 1, "R07": 1}


def test_a_held_part_of_a_meter_that_came_off_stands_in_the_way(scene: Scene) -> None:
    c = customer(scene)
    off = Exchange(
        point=c.point, maker="badger", serial="777", on=read_day("B2/2026-09"), removed_value=100, reason="old"
    )
    scene.act(exchange, off)
    scene.act(reads.enter, Enter(point=c.point, value=15, on=ON))
    assert (asked(scene).ready, counted(asked(scene).total)) == (False, {"meters": 1, "held": 1})
    said = Review(
        point=c.point, read_on=read_day("B2/2026-09"), code="R09", decision="corrected", value=1190, reason="misread",
        meter="badger/90001",
    )  # fmt: skip
    scene.act(reads.review, said)
    assert (asked(scene).ready, counted(asked(scene).total)) == (True, {"meters": 1, "read": 1})


def newest_read(scene: Scene, serial: str) -> tuple[str, str, str, str, str]:
    sql = (
        "SELECT r.read_on, r.period, r.status, r.source, r.kind FROM read_summary r JOIN register g"
        " ON g.id = r.register_id JOIN meter m ON m.id = g.meter_id WHERE m.serial = ?"
    )
    (row,) = scene.db.rows(sql, [serial])
    return tuple(row)


@pytest.mark.parametrize("after", [1, -2])
def test_a_point_whose_meter_is_exchanged_after_its_read_is_read(scene: Scene, tmp_path: Path, after: int) -> None:
    c, read_on = customer(scene), ON - timedelta(days=3)
    scene.act(reads.enter, Enter(point=c.point, value=1210, on=read_on))
    on = ON + timedelta(days=after)
    scene.act(exchange, Exchange(point=c.point, maker="badger", serial="777", on=on, removed_value=1215, reason="old"))
    scene.refresh()
    assert scene.items("R01") == []
    assert (asked(scene).ready, counted(asked(scene).total)) == (True, {"meters": 1, "read": 1})
    with scene.desk() as desk:  # the walk is of the next window by now, in which the new meter is due
        assert [(stop.period, stop.state) for stop in desk.ask(walk, "R07")] == [(NEXT, "open")]
    start = newest_read(scene, "777")
    assert [_state(period, *start, skipped=False) for period in (LAST, NEXT)] == ["read", "open"]
    said = scene.refused(reads.enter, Enter(point=c.point, value=3, on=on + timedelta(days=1)))
    assert said.sentence().startswith(f"badger/777 was set on {on}, after the read for {LAST}")
    assert "nothing here can be estimated" in scene.refused(reads.estimate, Estimate(point=c.point, reason=WHY)).reason
    with scene.desk() as desk:
        bring(desk, "reads", file(tmp_path, f"serial,date,value\n777,{on + timedelta(days=1)},3\n"))
        assert desk.session.rows("SELECT reason FROM staged_row") == [("duplicate-read",)]


def test_a_route_shows_the_read_of_the_period_after_an_exchange(scene: Scene) -> None:
    c, held = customer(scene), customer(scene)
    with scene.db.writing():
        scene.db.run("UPDATE meta SET value = ? WHERE key = 'today'", [ON.isoformat()])
    scene.act(reads.enter, Enter(point=c.point, value=1210, on=ON))
    scene.act(reads.enter, Enter(point=held.point, value=1100, on=ON))
    with scene.desk() as desk:
        before, counts = desk.ask(walk, "R07"), desk.ask(tally, "R07").states
    for n, each in enumerate((c, held)):
        form = Exchange(point=each.point, maker="badger", serial=f"77{n}", on=ON, removed_value=1215, reason="old")
        scene.act(exchange, form)
    with scene.desk() as desk:
        after = desk.ask(walk, "R07")
        assert +desk.ask(tally, "R07").states == counts == {"read": 1, "held": 1}

    def shown(stop: Stop) -> tuple[Any, ...]:
        return stop.period, stop.state, stop.value, stop.usage, stop.last_on, stop.prior, stop.why

    assert [stop.serial for stop in after] == ["770", "771"]
    assert [shown(stop) for stop in after] == [shown(stop) for stop in before]
    assert [(stop.state, stop.value) for stop in after] == [("read", 1210), ("held", 1100)]


def test_a_counter_turns_through_once(scene: Scene) -> None:
    c = customer(scene, dials=4)
    said = scene.refused(reads.estimate, Estimate(point=c.point, reason=WHY, use=10_000)).reason
    assert said.endswith("10,000 is more than 4 dials turn through once")
    assert scene.act(reads.estimate, Estimate(point=c.point, reason=WHY, use=9_999)).result.reads[0].usage == 9_999


def test_who_came_after_the_read_day_is_not_looked_for(scene: Scene) -> None:
    customer(scene, LAST)
    fresh = scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE install SET on_date = ? WHERE meter_id = ?", [ON.isoformat(), fresh.meter_id])
    found = asked(scene)
    assert found.ready and found.total.meters == 1
    scene.read(fresh, LAST, 12, usage=12)
    assert asked(scene).total.read == 2, "read all the same it counts"


def test_the_missing_are_those_of_the_item(scene: Scene) -> None:
    some = [customer(scene) for _ in range(3)]
    scene.act(reads.skip, Skip(point=some[0].point, why="dog"))
    scene.refresh()
    said = scene.db.value("SELECT evidence FROM work_item WHERE code = 'R01' AND state = 'open'")
    assert '"missing":2' in said and asked(scene).total.missing == 2


@pytest.mark.parametrize("period", ["B2/2026-11", "B1/2026-10", "B2/oct", "B2/2026-13", "B2/9999-12", "B2/0001-02"])
def test_a_period_that_is_none(scene: Scene, period: str) -> None:
    with pytest.raises(BadValue, match="is no period of cycle B2"):
        asked(scene, period)
    with scene.desk() as desk, pytest.raises(BadValue, match="cycles are B1, B2"):
        desk.ask(ready.cycle, "Z9")


def method(scene: Scene, c: Customer) -> str:
    return str(
        scene.db.value("SELECT estimated_by FROM read WHERE register_id = ? AND source = 'E'", [c.register_id])
    )  # fmt: skip


def test_the_method_is_kept_and_may_be_chosen(scene: Scene) -> None:
    for _ in range(3):
        customer(scene, LAST, use=50)
    yearly, chosen, known, new = customer(scene), customer(scene), customer(scene), scene.customer()
    scene.read(new, "", 100, on=read_day(PERIODS[-2]), kind="opening", status="billed")
    scene.refresh()
    by = [
        (scene.act(reads.estimate, Estimate(point=c.point, reason=WHY, **more)).result.reads[0], c)
        for c, more in ((yearly, {}), (chosen, {"method": "class"}), (known, {"use": 12}), (new, {}))
    ]
    assert [(each.usage, each.method, method(scene, c)) for each, c in by] == [
        (30, "last-year", "last-year"), (50, "class", "class"), (12, "hand", "hand"), (50, "class", "class"),
    ]  # fmt: skip
    assert by[0][0].basis.startswith("30 in 61 days of B2/2025-10")
    assert list(verify.uses(scene.db)) == [] and list(verify.summaries(scene.db)) == []
    scene.steady()


def test_behind_a_seal_nothing_is_guessed(scene: Scene) -> None:
    sealed, late = customer(scene), customer(scene)
    for c, on in ((sealed, read_day(PERIODS[-3])), (late, ON)):
        with scene.db.writing():
            scene.db.run(
                "INSERT INTO seal(point_id, number, lock_state, lock_reason, rate_status, placed_on) VALUES"
                " (?, ?, 'locked', 'vacant', 'sealed', ?)", [c.point_id, f"Z{c.point_id}", on.isoformat()],
            )  # fmt: skip
    done = scene.act(reads.estimate, Estimate(route="R07", reason=WHY))
    assert [(each.usage, each.method) for each in done.result.reads] == [(0, "seal"), (30, "last-year")]
    assert scene.items("R13") == [], "no estimate is use behind a seal"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"use": 12, "route": "R07", "point": ""}, "a use is of one point"),
        ({"use": 12, "method": "class"}, "a use is of one point"),
        ({"use": 10**9 + 1}, "that is no use"),
        ({"period": "B2/0001-02"}, "is no window of cycle B2 that has come"),
        ({"method": "class"}, "fewer than 3 meters of its class were read in B2/2026-10"),
    ],
)
def test_what_no_estimate_is_made_of(scene: Scene, more: dict[str, Any], says: str) -> None:
    c = customer(scene)
    scene.refresh()
    assert says in scene.refused(reads.estimate, Estimate(**{"point": c.point, "reason": WHY} | more)).reason


def test_no_estimate_stands_on_a_held_read(scene: Scene) -> None:
    c = customer(scene, PERIODS[-3])
    scene.read(c, PERIODS[-2], 1100, status="held", held_code="below-previous")
    said = scene.refused(reads.estimate, Estimate(point=c.point, reason=WHY)).reason
    assert f"the read of {read_day(PERIODS[-2])} is held" in said


def test_the_next_read_puts_estimates_right_over_the_whole_span(scene: Scene) -> None:
    c = customer(scene, PERIODS[-4])  # the last actual read: 1120
    for period in PERIODS[-3:-1]:
        scene.act(reads.estimate, Estimate(point=c.point, reason=WHY, use=10, period=period))
    assert asked(scene, PERIODS[-2]).true_ups == ()
    scene.act(reads.enter, Enter(point=c.point, value=1303, on=ON))  # 10 and 10 guessed, 163 left
    [up] = asked(scene).true_ups
    since, ends = read_day(PERIODS[-4]), [read_day(each) for each in PERIODS[-3:]]
    days = [(b - a).days for a, b in zip([since, *ends], ends, strict=False)]
    assert (up.point, up.account, up.since, up.on, up.days, up.total) == (
        c.point, c.account, since, ON, sum(days), 183
    )  # fmt: skip
    assert [each[:3] for each in up.shares] == list(zip(PERIODS[-3:], days, (10, 10, 163), strict=True))
    assert sum(each[3] for each in up.shares) == 183 and min(each[3] for each in up.shares) >= 60
    with scene.desk() as desk:
        found = desk.ask(estimating.spanned, c.register_id, ON)
        assert found is not None and [each.share for each in found.shares] == [each[3] for each in up.shares]
        assert desk.ask(estimating.spanned, c.register_id, ends[0]) is None, "an estimate closes nothing"
    scene.steady()

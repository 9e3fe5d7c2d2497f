"""A read of a file that meets an estimate does what one that is typed does: in whatever order both come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.detectors.scene import PERIODS, Customer, Scene, read_day
from tests.services.importing import bring, file, stage
from ubtui.services import reads, verify
from ubtui.services.imports.release import Release, release
from ubtui.services.imports.stage import Report
from ubtui.services.imports.staged import Decide, Mend, decide, mend, staged
from ubtui.services.reads import Enter, Estimate
from ubtui.services.reads.ready import cycle

LAST, BEFORE = PERIODS[-1], PERIODS[-2]
ON = read_day(LAST)
HEAD = "serial,date,value,estimated\n"


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def customer(scene: Scene, last: str = BEFORE) -> Customer:
    c = scene.customer()
    scene.uses(c, [30] * (PERIODS.index(last) + 1), last=last)
    scene.refresh()
    return c


def serial(scene: Scene, c: Customer) -> str:
    return str(scene.db.value("SELECT serial FROM meter WHERE id = ?", [c.meter_id]))


def line(scene: Scene, c: Customer, on: date, value: int | str, estimated: str = "") -> str:
    return f"{serial(scene, c)},{on},{value},{estimated}\n"


def takes(scene: Scene, folder: Path, text: str, name: str = "late.csv", **more: Any) -> Report:
    with scene.desk() as desk:
        report = bring(desk, "reads", file(folder, HEAD + text, name), **more)
    sound(scene)
    return report


def sound(scene: Scene) -> None:
    scene.steady()
    assert list(verify.uses(scene.db)) == [] and list(verify.summaries(scene.db)) == []


def stand(scene: Scene, c: Customer, since: str = LAST) -> list[Any]:
    return scene.db.rows(
        "SELECT read_on, value, usage, days, source, status, held_code FROM read WHERE register_id = ?"
        " AND period >= ? AND status <> 'void' ORDER BY read_on, seq",
        [c.register_id, since],
    )


def guess(scene: Scene, c: Customer, period: str = "") -> None:
    scene.act(reads.estimate, Estimate(point=c.point, period=period, reason="snow"))


@pytest.mark.parametrize("after", [-3, 0, 4])
@pytest.mark.parametrize("value", [1190, 1225, 1100, 1900])
def test_it_is_what_a_typed_one_is(scene: Scene, tmp_path: Path, after: int, value: int) -> None:
    """In front of the estimate's day, on it and behind it; plain, below the one before, and above the limit."""
    c, typed = customer(scene), customer(scene)
    on = ON + timedelta(days=after)
    for each in (c, typed):
        guess(scene, each)
    report = takes(scene, tmp_path, line(scene, c, on, value))
    scene.act(reads.enter, Enter(point=typed.point, value=value, on=on))
    assert stand(scene, c) == stand(scene, typed) and len(stand(scene, c)) == 1
    assert (report.accepted + report.held, report.staged) == (1, 0)
    sql = "SELECT code, decision, reason FROM read_review WHERE register_id = ? ORDER BY id"
    assert scene.db.rows(sql, [c.register_id]) == scene.db.rows(sql, [typed.register_id])
    assert not scene.items("R15")
    row = scene.db.one("SELECT batch_id, row_no FROM read WHERE register_id = ? AND source = 'A' AND period = ?"
                       " AND status <> 'void'", [c.register_id, LAST])  # fmt: skip
    assert row is not None and row[0] is not None and row[1] == 1
    with scene.desk() as desk:
        assert desk.ask(staged) == ()
        [kept] = desk.ask(staged, state="kept")
        assert kept.why == f"in the place of the estimate of {ON}" or report.held
        ready = desk.ask(cycle, "B2", LAST)
    assert (ready.total.staged, ready.total.estimated) == (0, 0)


def test_a_report_tells_of_it_and_a_dry_run_the_same(scene: Scene, tmp_path: Path) -> None:
    c = customer(scene)
    guess(scene, c)
    before = scene.db.rows("SELECT * FROM read ORDER BY register_id, read_on, seq")
    text = HEAD + line(scene, c, ON + timedelta(days=2), 1225)
    with scene.desk() as desk:
        dry = stage(desk, "reads", file(tmp_path, text), dry_run=True)
        assert scene.db.rows("SELECT * FROM read ORDER BY register_id, read_on, seq") == before
        assert stage(desk, "reads", file(tmp_path, text)) == dry
        assert scene.db.rows("SELECT * FROM read ORDER BY register_id, read_on, seq") == before, "it stands till then"
    assert (dry.accepted, dry.units, dry.reasons) == (1, 45, {"in-place-of-estimate": 1})
    assert dry.examples[0].sentence == f"in the place of the estimate of {ON}"


def test_it_may_come_after_the_next_read(scene: Scene, tmp_path: Path) -> None:
    c = customer(scene, PERIODS[-3])  # 1150
    guess(scene, c, BEFORE)
    takes(scene, tmp_path, line(scene, c, ON, 1230), "first.csv")
    takes(scene, tmp_path, line(scene, c, read_day(BEFORE), 1200))
    assert [row[1:5] for row in stand(scene, c, BEFORE)] == [(1200, 50, 61, "A"), (1230, 30, 61, "A")]


def test_a_file_with_both_periods_in_place_of_both_estimates(scene: Scene, tmp_path: Path) -> None:
    c = customer(scene, PERIODS[-3])
    guess(scene, c, BEFORE)
    guess(scene, c)
    text = line(scene, c, read_day(BEFORE) + timedelta(days=1), 1170) + line(scene, c, ON - timedelta(days=1), 1205)
    assert takes(scene, tmp_path, text).reasons == {"in-place-of-estimate": 2}
    assert [row[1:5] for row in stand(scene, c, BEFORE)] == [(1170, 20, 62, "A"), (1205, 35, 59, "A")]


def test_a_billed_estimate_stays_and_the_row_waits(scene: Scene, tmp_path: Path) -> None:
    c = customer(scene)
    scene.read(c, LAST, 1210, usage=30, source="E", status="billed")
    scene.refresh()
    report = takes(scene, tmp_path, line(scene, c, ON, 1225))
    assert (report.staged, report.reasons) == (1, {"duplicate-read": 1})
    assert "is billed by an estimate" in report.examples[0].sentence
    with scene.desk() as desk:
        [row] = desk.ask(staged)
    no = scene.refused(decide, Decide(row=row.row, decision="keep", reason="it is right"))
    assert "billed" in no.reason
    scene.act(decide, Decide(row=row.row, decision="drop", reason="the next read puts it right"))
    assert [row[1] for row in stand(scene, c)] == [1210]
    sound(scene)


def test_an_estimate_that_is_billed_before_the_release_stays(scene: Scene, tmp_path: Path) -> None:
    c, other = customer(scene), customer(scene)
    for each in (c, other):
        guess(scene, each)
    text = line(scene, c, ON, 1225) + line(scene, other, ON, 1226)
    with scene.desk() as desk:
        report = stage(desk, "reads", file(tmp_path, HEAD + text))
    assert report.accepted == 2
    with scene.db.writing():
        scene.db.run("UPDATE read SET status = 'billed' WHERE register_id = ? AND period = ?", [c.register_id, LAST])
        reads.summarise(scene.db, [c.register_id])
    got = scene.act(release, Release(kind="reads", sha256=report.sha256)).result
    assert (got.accepted, got.staged) == (1, 1)
    assert [row[4] for row in stand(scene, c)] == ["E"] and [row[1] for row in stand(scene, other)] == [1226]
    with scene.desk() as desk:
        [row] = desk.ask(staged)
    assert row.reason == "duplicate-read" and row.sentence.startswith("line 2: B2/2026-10 is billed by an estimate")
    sound(scene)


def test_a_read_typed_before_the_release_stays(scene: Scene, tmp_path: Path) -> None:
    c = customer(scene)
    guess(scene, c)
    with scene.desk() as desk:
        report = stage(desk, "reads", file(tmp_path, HEAD + line(scene, c, ON, 1225)))
    scene.act(reads.enter, Enter(point=c.point, value=1224, on=ON))
    assert scene.act(release, Release(kind="reads", sha256=report.sha256)).result.staged == 1
    assert [row[1] for row in stand(scene, c)] == [1224]
    with scene.desk() as desk:
        assert desk.ask(staged)[0].reason == "duplicate-read"
    sound(scene)


@pytest.mark.parametrize("first", ["E", "A"])
def test_an_estimate_and_a_read_of_one_file(scene: Scene, tmp_path: Path, first: str) -> None:
    c = customer(scene)
    both = [line(scene, c, ON, 1213, "1"), line(scene, c, ON + timedelta(days=3), 1225)]
    text = "".join(both if first == "E" else both[::-1])
    report = takes(scene, tmp_path, text)
    assert [row[1:5] for row in stand(scene, c)] == [(1225, 45, 64, "A")]
    assert report.staged == 0 and not scene.items("R15")
    again = takes(scene, tmp_path, text + "\n", "again.csv")
    assert (again.accepted, again.held) == (0, 0), "what is in changes nothing a second time"
    assert [row[1:5] for row in stand(scene, c)] == [(1225, 45, 64, "A")] and not scene.items("R15")


def test_the_last_of_a_period_by_a_meter_makers_profile(scene: Scene, tmp_path: Path) -> None:
    c = customer(scene)
    guess(scene, c)
    text = "Meter_Manufacturer,Meter_SN,Meter_ID,Endpoint_SN,Read_Time,Raw_Read,Estimated_Flag\n"
    for day, value in ((18, 1220), (22, 1226), (20, 1223)):
        text += f"BADGER,,{serial(scene, c)},,2026-10-{day} 03:59,{value},0\n"
    with scene.desk() as desk:
        report = bring(desk, "reads", file(tmp_path, text), "beacon")
    assert (report.accepted, report.passed) == (1, 2)
    assert [row[:5] for row in stand(scene, c)] == [("2026-10-22", 1226, 46, 63, "A")]
    sound(scene)


@pytest.mark.parametrize(("wrong", "right", "value"), [("12x5", "value=1225", 1225), ("1234567", "value=1225", 1225)])
def test_a_row_with_a_bad_value_is_mended_into_its_place(
    scene: Scene, tmp_path: Path, wrong: str, right: str, value: int
) -> None:
    c = customer(scene)
    guess(scene, c)
    assert takes(scene, tmp_path, line(scene, c, ON + timedelta(days=1), wrong)).staged == 1
    with scene.desk() as desk:
        [row] = desk.ask(staged)
    assert scene.act(mend, Mend(row=row.row, set=(right,))).result.state == "mended"
    assert [each[1:5] for each in stand(scene, c)] == [(value, 45, 62, "A")]
    sound(scene)


def test_a_row_beside_a_read_is_mended_and_then_kept(scene: Scene, tmp_path: Path) -> None:
    c = customer(scene)
    scene.act(reads.enter, Enter(point=c.point, value=1199, on=ON))
    takes(scene, tmp_path, line(scene, c, ON + timedelta(days=1), "12x5"))
    with scene.desk() as desk:
        [row] = desk.ask(staged)
    told = scene.act(mend, Mend(row=row.row, set=("value=1255",))).result
    assert (told.state, told.stay) == ("staged", 1) and "has a read for" in told.because
    scene.steady()
    assert scene.items("R15") == [f"R15:point:{c.point}@{LAST}"], "the two are told now"
    told = scene.act(mend, Mend(row=row.row, set=("value=1225",))).result
    assert (told.state, told.stay) == ("staged", 1)
    scene.act(decide, Decide(row=row.row, decision="keep", reason="the first was another meter's"))
    assert [each[1:5] for each in stand(scene, c)] == [(1225, 45, 62, "A")] and not scene.items("R15")
    sound(scene)


def test_a_row_of_a_free_period_before_a_later_read_is_kept(scene: Scene, tmp_path: Path) -> None:
    c = customer(scene, PERIODS[-3])  # 1150
    takes(scene, tmp_path, line(scene, c, ON, 1230) + line(scene, c, read_day(BEFORE), 1200))
    with scene.desk() as desk:
        [row] = desk.ask(staged)
    assert row.reason == "out-of-order"
    scene.act(decide, Decide(row=row.row, decision="keep", reason="the file was not sorted"))
    assert [each[1:5] for each in stand(scene, c, BEFORE)] == [(1200, 50, 61, "A"), (1230, 30, 61, "A")]
    sound(scene)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.permutations(["guess last", "guess before", "file last", "file before"]),
    days=st.tuples(st.integers(-9, 9), st.integers(-9, 9)), use=st.tuples(st.integers(0, 60), st.integers(0, 60)),
)  # fmt: skip
def test_the_order_of_files_and_estimates_tells_nothing(
    scene: Scene, tmp_path: Path, steps: list[str], days: tuple[int, int], use: tuple[int, int]
) -> None:
    """Both periods read in the end: the same reads as where nothing was estimated at all."""
    c, plain = customer(scene, PERIODS[-3]), customer(scene, PERIODS[-3])
    rows = {
        "before": (read_day(BEFORE) + timedelta(days=days[0]), 1150 + use[0]),
        "last": (ON + timedelta(days=days[1]), 1150 + sum(use)),
    }
    for name in ("before", "last"):
        scene.act(reads.enter, Enter(point=plain.point, value=rows[name][1], on=rows[name][0]))
    for n, step in enumerate(steps):
        what, name = step.split()
        period = {"last": LAST, "before": BEFORE}[name]
        if what == "guess":
            with scene.desk() as desk:  # refused where a read of the period or a later one stands
                desk.perform(reads.estimate, Estimate(point=c.point, period=period, reason="snow"))
        else:
            takes(scene, tmp_path, line(scene, c, *rows[name]), f"{c.point}-{n}.csv")
    with scene.desk() as desk:
        for waiting in desk.ask(staged):
            assert waiting.reason == "out-of-order", waiting.sentence
            scene.act(decide, Decide(row=waiting.row, decision="keep", reason="came late"))
    assert stand(scene, c, BEFORE) == stand(scene, plain, BEFORE)
    sound(scene)

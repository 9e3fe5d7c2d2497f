"""Rows that could not go in, on both databases: kept, mended, dropped; a file goes in whole or not at all, and once."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from tests.scale import SOAK
from tests.services.importing import (
    ACCOUNTS,
    READS,
    ROOT,
    bring,
    counts,
    file,
    refusal,
    seat,
    served,
    stage,
    training,
)
from tests.services.office import DAY, admin, done, refused
from tests.services.test_imports import HEADER, items, use
from ubtui.act import Refused
from ubtui.desk import Desk
from ubtui.domain.dates import FrozenClock
from ubtui.exchange.profile import load
from ubtui.exchange.rows import FileFault
from ubtui.services.imports.release import Release, release, sweep
from ubtui.services.imports.stage import Asked, staging
from ubtui.services.imports.staged import Decide, Mend, decide, mend, staged
from ubtui.services.reads import Review, review


@pytest.fixture
def desk(backend: str) -> Iterator[Desk]:
    training(backend)
    with seat(backend) as at:
        yield at


# Staged rows


def duplicated(desk: Desk, folder: Path) -> int:
    served(desk, folder)
    text = "maker,serial,date,value\nBADGER,1001,2016-07-25,115\n"
    bring(desk, "reads", file(folder, text, "second.csv"))
    assert items(desk)["R15"] == 1
    return desk.ask(staged)[0].row


def test_a_kept_second_read_takes_the_place_of_the_first(desk: Desk, tmp_path: Path) -> None:
    row = duplicated(desk, tmp_path)
    answer = desk.perform(decide, Decide(row=row, decision="keep", reason="the first was keyed wrong"))
    assert done(answer).state == "kept"
    assert "R15" not in items(desk)
    rows = desk.session.rows(
        "SELECT read_on, value, usage, days, status FROM read WHERE register_id ="
        " (SELECT g.id FROM register g JOIN meter m ON m.id = g.meter_id AND m.maker = 'BADGER' AND m.serial = '1001')"
        " ORDER BY read_on"
    )
    assert rows[1:] == [("2016-07-20", 112, 12, 61, "void"), ("2016-07-25", 115, 15, 66, "released")]
    assert desk.session.value("SELECT decision FROM read_review") == "void"


def test_a_dropped_row_closes_its_item_and_stays_with_its_reason(desk: Desk, tmp_path: Path) -> None:
    row = duplicated(desk, tmp_path)
    done(desk.perform(decide, Decide(row=row, decision="drop", reason="read twice by mistake")))
    assert "R15" not in items(desk)
    assert desk.ask(staged) == ()
    (dropped,) = desk.ask(staged, state="dropped")
    assert (dropped.decided_by, dropped.why) == ("ana", "read twice by mistake")


def test_identical_use_is_kept_in_place_of_the_first(desk: Desk, tmp_path: Path) -> None:
    text = HEADER + use(7, "2016-05-01", 1) + use(7, "2016-05-01", 6) + use(7, "2016-05-01", 6)
    bring(desk, "usage", file(tmp_path, text), "santa-monica")
    row = desk.ask(staged)[0]
    assert row.point == "SP-00002"
    done(desk.perform(decide, Decide(row=row.row, decision="keep", reason="this one is right")))
    rows = desk.session.rows(
        "SELECT p.number, r.seq, r.usage, r.status FROM read r JOIN service_point p ON p.id = r.point_id"
        " ORDER BY p.number, r.seq"
    )
    assert rows == [("SP-00001", 1, 1, "released"), ("SP-00002", 1, 6, "void"), ("SP-00002", 2, 6, "released")]
    assert "R15" not in items(desk)


def test_a_mended_row_goes_in(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    bring(desk, "reads", file(tmp_path, "maker,serial,date,value\nBADGER,10x1,2016-09-20,120\n", "one.csv"))
    row = desk.ask(staged)[0].row
    wrong = refused(desk.perform(mend, Mend(row=row, set=("colour=red",))))
    assert "sets no field of reads" in wrong.reason and wrong.bad_input
    wrong = refused(desk.perform(mend, Mend(row=row, set=("value=many",))))
    assert wrong.rule == "bad-value" and wrong.bad_input
    wrong = refused(desk.perform(mend, Mend(row=row, set=("value=121",))))
    assert wrong.rule == "unknown-meter" and not wrong.bad_input
    assert done(desk.perform(mend, Mend(row=row, set=("serial=1001",)))).state == "mended"
    assert desk.session.value("SELECT usage FROM live_read WHERE read_on = '2016-09-20'") == 8


def test_a_field_worker_decides_nothing(backend: str, tmp_path: Path) -> None:
    training(backend)
    with seat(backend) as at:
        row = duplicated(at, tmp_path)
    with seat(backend, "dee") as auditor:
        answer = auditor.perform(decide, Decide(row=row, decision="drop", reason="no right to"))
        assert refused(answer).rule == "permission matrix"
        no = refusal(lambda: stage(auditor, "reads", file(tmp_path, READS + "X,1,2016-01-01,1\n")))
        assert no.rule == "permission matrix"


# Whole or not at all, and once


def test_the_same_content_is_refused_under_any_name(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    again = file(tmp_path, READS, "renamed.csv")
    no = refusal(lambda: stage(desk, "reads", again))
    assert "batch 4 (reads.csv)" in no.reason
    answer = desk.perform(release, Release(kind="reads", sha256=stage_sha(again)), f"reads-{stage_sha(again)}")
    assert not isinstance(answer, type(no)) and answer.replayed


def test_what_came_in_in_the_evening_came_in_on_the_day_of_the_office(desk: Desk, tmp_path: Path) -> None:
    desk._clock = FrozenClock(DAY, f"{DAY + timedelta(days=1)}T05:10:00.000000Z")
    served(desk, tmp_path)
    no = refusal(lambda: stage(desk, "reads", file(tmp_path, READS, "renamed.csv")))
    assert f"batch 4 (reads.csv) brought in on {DAY}: 6 rows" in no.reason


def stage_sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_overlapping_rows_are_refused_one_by_one(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    before = counts(desk)["read"]
    text = READS + "BADGER,1001,2016-09-20,120\n"
    report = bring(desk, "reads", file(tmp_path, text, "overlap.csv"))
    assert (report.accepted, report.reasons) == (1, {"same-read": 6})
    assert counts(desk)["read"] == before + 1
    assert "R15" not in items(desk)


TOTALS = """
title = "With totals"
kind = "usage"
system = "santa-monica"
creates = true
columns = { customer = "c", class = "k", date = "d", usage = "u", charge = "m" }
control = { marker = "TOTAL", rows = 2, units = 3, cents = 4 }
defaults = { cycle = "SM", owner = "o", address = "a", route = "r", size = "s", maker = "m", rate = "SM" }
"""
COUNTED = "c,k,d,u,m\n1,single,2016-05-01,10,20.10\n2,single,2016-05-01,5,1.05\nTOTAL,2,15,21.15,\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (COUNTED.replace("TOTAL,2", "TOTAL,3"), "says it has 3 rows and has 2"),
        (COUNTED.replace("15,21.15", "16,21.15"), "says its units are 16 and they are 15"),
        (COUNTED.replace("21.15", "21.16"), "says it sums to 21.16, but it is 21.15"),
        (COUNTED.replace("TOTAL,2", "TOTAL,x"), "no number in column 2"),
        (COUNTED.partition("TOTAL")[0], "breaks off"),
        (COUNTED[:40], "breaks off"),
        (COUNTED + "3,single,2016-05-01,1,1\n", "behind the totals"),
        (COUNTED.replace("2,single", '2,"single'), "breaks off inside the quoted value that begins on line 3"),
        ("c,k,d,u,m\n", "breaks off"),
        ("a,b\n1,2\n", "no column c"),
    ],
)
def test_a_file_that_fails_changes_nothing(desk: Desk, tmp_path: Path, text: str, why: str) -> None:
    before = counts(desk)
    with pytest.raises(FileFault, match=why):
        stage(desk, "usage", file(tmp_path, text), toml=TOTALS)
    assert counts(desk) == before
    bring(desk, "usage", file(tmp_path, COUNTED), toml=TOTALS)
    assert counts(desk)["read"] == 2


def test_strict_takes_all_or_nothing(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    before = counts(desk)
    text = "maker,serial,date,value\nBADGER,1001,2016-09-20,120\nBADGER,7,2016-09-20,120\n"
    no = refusal(lambda: stage(desk, "reads", file(tmp_path, text), strict=True))
    assert no.rule == "--strict" and "line 3: no meter BADGER/7" in no.reason
    assert counts(desk) == before


def test_nobody_sees_a_batch_before_its_release(desk: Desk, tmp_path: Path) -> None:
    report = stage(desk, "accounts", file(tmp_path, ACCOUNTS.replace("022-540-157", "").replace("022540158", "")))
    db = desk.session
    for view in ("live_account", "live_point", "live_service"):
        assert db.value(f"SELECT COUNT(*) FROM {view}") == 0
    assert desk.ask(staged) == ()
    done(desk.perform(release, Release(kind="accounts", sha256=report.sha256)))
    assert db.value("SELECT COUNT(*) FROM live_account") == 3


def test_an_import_that_is_given_up_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    before = counts(desk)
    text = HEADER + "".join(use(n, "2016-05-01", n % 90) for n in range(1200))
    asked = Asked("usage", file(tmp_path, text), load("santa-monica"), "santa-monica")
    steps = staging(desk.look(), asked)
    while counts(desk)["read"] < 1000:
        next(steps)
    assert counts(desk)["account"] >= 1000 and counts(desk)["route"] == 1
    steps.close()
    assert counts(desk) == before
    assert desk.session.value("SELECT COUNT(*) FROM batch WHERE abandoned_at IS NOT NULL") == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.services.importing import seat
from ubtui.exchange.profile import load
from ubtui.services.imports.stage import Asked, staging
with seat(sys.argv[1]) as desk:
    seen = 0
    def die(sql):
        global seen
        seen += 1
        if seen == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
    steps = staging(desk.look(), Asked("usage", Path(sys.argv[2]), load("santa-monica"), "santa-monica"))
    desk.session.on_statement = die
    for _ in steps: pass
"""


def test_an_import_that_was_killed_is_swept_by_the_next(backend: str, tmp_path: Path) -> None:
    training(backend)
    text = HEADER + "".join(use(n, "2016-05-01", n % 90) for n in range(1, 1101))
    path = file(tmp_path, text)
    dice = random.Random(5)
    with seat(backend) as at:
        before = counts(at)
    for _ in range(3):
        run = [sys.executable, "-c", KILLED, backend, str(path), str(dice.randint(5, 70))]
        ended = subprocess.run(run, cwd=ROOT, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    with seat(backend) as at:
        sweep(at.session, at.look().now, at.look().utc)
        assert counts(at) == before
        report = bring(at, "usage", path, "santa-monica")
        assert (report.accepted, counts(at)["read"]) == (1100, 1100)


RELEASED = """
import os, signal, sys
from tests.services.importing import seat
from ubtui.services.imports.release import Release, release
with seat(sys.argv[1]) as desk:
    seen = 0
    def die(sql):
        global seen
        seen += 1
        if seen == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
    desk.session.on_statement = die
    desk.perform(release, Release(kind="usage", sha256=sys.argv[2]), "usage-release")
    print(seen)
"""


def test_a_release_killed_at_any_statement_is_done_once_by_its_key(backend: str, tmp_path: Path) -> None:
    training(backend)
    text = HEADER + "".join(use(n, f"2016-0{m}-01", n % 90 + m) for n in range(40) for m in (3, 5))
    with seat(backend) as at:
        report = stage(at, "usage", file(tmp_path, text), "santa-monica")
        before = counts(at)
    dice = random.Random(11)
    points = range(1, 60) if SOAK else sorted(dice.sample(range(1, 40), 5))
    for point in points:
        run = [sys.executable, "-c", RELEASED, backend, report.sha256, str(point)]
        ended = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
        if ended.returncode == 0:
            assert point > 10, "the release was killed before its end"
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        with seat(backend) as at:
            assert counts(at) == before
            assert at.session.value("SELECT COUNT(*) FROM live_account") == 0
    with seat(backend) as at:
        first = at.perform(release, Release(kind="usage", sha256=report.sha256), "usage-release")
        again = at.perform(release, Release(kind="usage", sha256=report.sha256), "usage-release")
        assert done(first) == done(again) and not isinstance(again, Refused) and again.replayed
        assert at.session.value("SELECT COUNT(*) FROM live_account") == 40
        assert counts(at)["audit"] == before["audit"] + 1


def test_two_imports_do_not_run_at_once(backend: str, tmp_path: Path) -> None:
    training(backend)
    session = admin(backend)
    with session.writing():
        session.run(
            "INSERT INTO batch(kind, source, profile, sha256, control, created_by, created_at) VALUES"
            " ('usage', 'other.csv', 'p', ?, ?, 'ben', '2016-10-03T00:00:00.000000Z')",
            ["0" * 64, f'{{"host":"{os.uname().nodename}","pid":{os.getppid()},"at":"2999-01-01T00:00:00.000000Z"}}'],
        )
    session.database.close()
    with seat(backend) as at:
        no = refusal(lambda: stage(at, "usage", file(tmp_path, HEADER + use(1, "2016-05-01", 1)), "santa-monica"))
    assert "ben is importing other.csv" in no.reason


def test_a_confirmed_held_read_goes_on(desk: Desk, tmp_path: Path) -> None:
    bring(desk, "usage", file(tmp_path, HEADER + use(7, "2016-05-01", 1) + use(7, "2016-07-01", 1500)), "santa-monica")
    form = Review(point="SP-00001", read_on=date(2016, 7, 1), code="R06", decision="confirmed", reason="pool filled")
    assert done(desk.perform(review, form)).status == "held", "R05 finds it too"
    assert done(desk.perform(review, structs.replace(form, code="R05"))).status == "released"

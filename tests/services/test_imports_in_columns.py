"""A file is judged in columns as row by row; a batch of most of the district leaves the worklist of a small one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.services.importing import bring, file, seat, served, training
from tests.services.office import NOW
from ubtui.desk import Desk
from ubtui.detectors import heal
from ubtui.exchange.profile import load
from ubtui.exchange.rows import Reading, source
from ubtui.services.imports import hanging, stage
from ubtui.services.imports.release import sweep
from ubtui.services.imports.stage import taker
from ubtui.services.imports.taking import Page, Plain, Rows, Taker, Verdict

SERIALS = ("1001", "1002", "1003", " 1001 ", "", "4111 1111 1111 1111")
DAYS = ("2016-09-19", "2016-09-20", "09/21/2016", "2016-07-20", "2016-08-25", "2030-01-01", "")
READS = st.fixed_dictionaries(
    {
        "maker": st.sampled_from(("", "BADGER", "badger", "NEPTUNE", "NOBODY")),
        "serial": st.sampled_from(SERIALS),
        "radio": st.sampled_from(("", "", "9001", "9002", "7")),
        "account": st.sampled_from(("", "", "A-1", "A-2", "A-3", "1-1")),
        "register": st.sampled_from(("", "", "1", "2", "x")),
        "date": st.sampled_from(DAYS),
        "value": st.sampled_from(("", "113", "112", "3102", "960", "1,200", "99", "999999", "1000000", "12x", "0113")),
        "estimated": st.sampled_from(("", "", "E", "A", "?")),
        "trouble": st.sampled_from(("", "", "dog", "x" * 61)),
    }
)
SAID = dict.fromkeys(("radio", "account", "register", "estimated", "trouble"), "") | {
    "maker": "BADGER", "serial": "1001", "date": "2016-09-19", "value": "113",
}  # fmt: skip
USES = st.fixed_dictionaries(
    {
        "cust_id": st.sampled_from(("1", "2", "3", "")),
        "cust_class": st.sampled_from(("RESIDENTIAL_SINGLE", "IRRIGATION", "OTHER")),
        "usage_date": st.sampled_from(("2014-01-01", "2014-03-01", "2030-01-01", "soon")),
        "usage_ccf": st.sampled_from(("0", "12", "12.0", "12.5", "999", "5001", "9999999999", "-1")),
        "commodity_charge": st.sampled_from(("", "1.10", "2.00")),
    }
)


@pytest.fixture
def desk(backend: str, tmp_path: Path) -> Iterator[Desk]:
    training(backend)
    with seat(backend) as at:
        served(at, tmp_path)
        yield at


def written(path: Path, rows: list[dict[str, str]], short: bool) -> Path:
    lines = [",".join(rows[0]), *(",".join(f'"{cell}"' for cell in row.values()) for row in rows)]
    if short:
        lines.insert(2, "1001,2")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def judged(desk: Desk, path: Path, name: str, in_columns: bool, size: int) -> tuple[list[Any], list[Any], list[Any]]:
    """What becomes of a file, nothing written: verdicts that tell something, the reads that go in, the sums."""
    profile, look = load(name), desk.look()
    taking = taker(look, profile.kind, profile)
    found = source(path, profile)
    reading = Reading(found, profile, look.today)
    for block in reading.blocks(size):
        if taking.looks_ahead:
            taking.look_over(Page(block, reading))
    taking.surveyed()
    rows, verdicts, sums = Rows(look.db, 1, "ana", NOW), list[Verdict](), Plain()
    with look.db.writing():
        for block in (reading := Reading(found, profile, look.today)).blocks(size):
            page = Page(block, reading)
            told, plain = (taking.take if in_columns else lambda *given: Taker.take(taking, *given))(page, rows)
            verdicts += told
            sums.rows, sums.units, sums.cents = (
                sums.rows + plain.rows, sums.units + plain.units, sums.cents + plain.cents,
            )  # fmt: skip
            sums.periods |= plain.periods
    taken = [v for v in verdicts if v.state == "accepted"]
    sums.rows, sums.units = sums.rows + len(taken), sums.units + sum(v.units for v in taken)
    sums.cents += sum(v.line.cents for v in taken)
    sums.periods |= {v.period for v in taken if v.period}
    reads = rows.tables.get("read", [])
    ids: dict[Any, int] = {}  # a server gives each try ids of its own
    plain_reads = [(ids.setdefault(r[0], len(ids)), *r[1:3], *r[4:]) for r in sorted(reads, key=lambda r: r[-1])]
    kept = [
        (v.line.row_no, v.state, v.reason, v.sentence, v.field, v.period) for v in verdicts if v.state != "accepted"
    ]
    return kept, plain_reads, [sums.rows, sums.units, sums.cents, sorted(sums.periods), taking.placeholders]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(READS, min_size=1, max_size=12), short=st.booleans(), size=st.sampled_from((1, 3, 500)))
def test_reads_in_columns_are_judged_as_row_by_row(
    desk: Desk, tmp_path: Path, rows: list[dict[str, str]], short: bool, size: int
) -> None:
    path = written(tmp_path / "f.csv", rows, short)
    assert judged(desk, path, "generic-reads", True, size) == judged(desk, path, "generic-reads", False, size)


def written_reads(desk: Desk, path: Path, size: int, kept: int) -> tuple[Any, list[Any]]:
    """What a file leaves before its release, `size` rows at a time, `kept` registers held at hand; then given up."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stage, "CHUNK", size)
        patched.setattr(hanging, "KEPT", kept)
        report, batch = stage.through(
            stage.staging(desk.look(), stage.Asked("reads", path, load("generic-reads"), "generic-reads"))
        )
    sql = "SELECT register_id, read_on, seq, period, value, usage, days, status, held_code, row_no FROM read"
    reads = desk.session.rows(f"{sql} WHERE batch_id = ? ORDER BY row_no", [batch])
    sweep(desk.session, desk.look().now, desk.look().utc, batch)
    return report, reads


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(READS, min_size=2, max_size=12), size=st.sampled_from((1, 3)))
@example(rows=[SAID, SAID | {"date": "2016-09-21", "value": "3102"}], size=1)
def test_a_register_that_is_asked_again_has_the_reads_of_its_own_file(
    desk: Desk, tmp_path: Path, rows: list[dict[str, str]], size: int
) -> None:
    path = written(tmp_path / "f.csv", rows, False)
    report, reads = written_reads(desk, path, size, 0)
    assert (report, reads) == written_reads(desk, path, size, 10_000)
    if rows[0] is SAID:
        assert [read[-1] for read in reads] == [1] and report.reasons == {"duplicate-read": 1}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(USES, min_size=1, max_size=12), short=st.booleans(), size=st.sampled_from((1, 3, 500)))
def test_uses_in_columns_are_judged_as_row_by_row(
    desk: Desk, tmp_path: Path, rows: list[dict[str, str]], short: bool, size: int
) -> None:
    path = written(tmp_path / "f.csv", rows, short)
    assert judged(desk, path, "santa-monica", True, size) == judged(desk, path, "santa-monica", False, size)


def test_a_batch_of_most_points_leaves_the_same_worklist(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "maker,serial,date,value\n"
    monkeypatch.setattr(heal, "_MANY", 1)
    bring(
        desk,
        "reads",
        file(
            tmp_path, head + "BADGER,1001,2016-09-20,400\nBADGER,1002,2016-09-21,3000\nNEPTUNE,1001,2016-09-20,1000\n"
        ),
    )
    sql = "SELECT code, subject_type, subject_key, period, state FROM work_item ORDER BY 1, 2, 3, 4"
    now = desk.session.rows(sql)
    held = desk.session.rows("SELECT register_id, read_on, status, held_code FROM read ORDER BY 1, 2")
    monkeypatch.undo()
    with desk.session.writing():
        gained = heal.refresh(desk.session, desk.look().today, desk.look().now)
    assert (gained.opened, gained.closed) == ((), ()) and {"R04", "R09"} & {row[0] for row in now}
    assert desk.session.rows(sql) == now
    assert desk.session.rows("SELECT register_id, read_on, status, held_code FROM read ORDER BY 1, 2") == held

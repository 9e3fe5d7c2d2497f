"""A disk that is full, at whatever write it happens: a sentence, nothing half done, and on again when there is room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from tests.faults.record import assert_at_rest, assert_clean, counted, look_through
from tests.faults.seats import shell, sit
from tests.faults.test_kill import found_for_usage, imported, usage_file, visible
from tests.scale import SOAK, scaled
from tests.services import office
from ubtui.db.errors import RecordError
from ubtui.desk import Desk
from ubtui.domain.numbers import account_number
from ubtui.services import adjustments

ENDLESS = 4_294_967_294  # SQLite's own limit of pages


@contextmanager
def room(desk: Desk, pages: int) -> Iterator[None]:
    """The file of this desk may grow by so many pages and no more, as on a disk that is nearly full."""
    line = desk.session.database.connection()
    guard, line.authorizer = line.authorizer, None
    count = line.pragma("page_count")
    line.pragma("max_page_count", count + pages)
    line.authorizer = guard
    try:
        yield
    finally:
        line.authorizer = None
        line.pragma("max_page_count", ENDLESS)
        line.authorizer = guard


def test_an_approval_on_a_full_disk(tmp_path: Path) -> None:
    data, rounds = str(tmp_path / "district"), max(30, scaled(1_000))
    office.found(data, rounds + 5)
    look_through(data)
    full = 0
    with office.desk(data) as ana, office.desk(data, "ben") as ben:
        for n in range(6, rounds + 6):
            office.bill(ana, office.account(ana.session, n), 48_600, date(2026, 10, 1))
            ask = adjustments.Propose(
                account=account_number(n), reason="read-correction", amount_cents=4_100, note="the meter reader " * 40
            )
            form = adjustments.Approve(
                proposal=office.done(ana.perform(adjustments.propose, ask)).number, amount_cents=4_100
            )
            before, key = counted(data), f"approve-{n:04d}"
            with room(ben, n % 2):
                try:
                    office.done(ben.perform(adjustments.approve, form, key))
                except RecordError as fault:
                    assert fault.cause == "full"
                    assert "disk is full" in str(fault) and "nothing was written" in str(fault)
                    assert counted(data) == before
                    full += 1
            answer = ben.perform(adjustments.approve, form, key)
            assert office.done(answer).journal_id
    assert 3 <= full < rounds
    assert_clean(data)
    assert_at_rest(data)


def test_an_import_where_files_stop_growing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tmp_path / "district")
    found_for_usage(data)
    stopped = 0
    for n, kilobytes in enumerate(range(20, 400, 2 if SOAK else 24)):
        path, before, seen = usage_file(tmp_path, n), visible(data), counted(data)
        argv = ["import", "usage", str(path), "--profile", "santa-monica", "--data", data]
        seat = sit(data, "ana", tmp_path / f"notes-{n}", shell, argv, kilobytes * 1024)
        assert seat.ended() == 0
        ((code, said),) = seat.acknowledged()
        if code:
            stopped += 1
            assert "Traceback" not in said and "disk" in said, said
            assert code == 4
            assert visible(data) == before
            assert_clean(data)
            code, said = imported(data, path, f"usage-again-{n}", capsys)
        assert code == 0, said
        assert visible(data) > before
        assert counted(data)["batch"] > seen["batch"]
    assert stopped > 5
    assert_clean(data)
    assert_at_rest(data)

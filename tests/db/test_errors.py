"""What goes wrong under the record is named by its cause, in a sentence with the cure."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from tests.db.places import connected
from ubtui.db import connect
from ubtui.db.errors import Busy, RecordError, RuleBroken, explain
from ubtui.db.migrate import migrate
from ubtui.db.session import Session

NOW = "2026-11-23T16:00:00.000000Z"
ROOT = Path(__file__).parent.parent.parent
COUNTERS = "INSERT INTO counter(name, value) VALUES (?, 1)"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "district"
    with connected(str(folder)) as session:
        migrate(session, NOW)
    return folder


@pytest.fixture
def record(backend: str) -> Iterator[Session]:
    with connected(backend) as session:
        migrate(session, NOW)
        yield session


def seat(folder: Path) -> Session:
    return Session(connect.sqlite(folder / "ubtui.db"))


def cause(call: object) -> RecordError:
    with pytest.raises(RecordError) as caught:
        call()  # type: ignore[operator]
    assert str(caught.value), "a sentence"
    return caught.value


def filled(session: Session, size: int = 2000) -> None:
    with session.writing():
        for n in range(size):
            session.run(COUNTERS, [f"{n:06d}" + "x" * 2000])


def test_busy_is_told_when_the_wait_is_over(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "BUSY_SECONDS", 0.2)
    other = apsw.Connection(str(place / "ubtui.db"))
    other.execute("BEGIN IMMEDIATE")
    session = seat(place)
    session.connect()

    def write() -> None:
        with session.writing():
            pass

    found = cause(write)
    assert isinstance(found, Busy) and found.cause == "busy" and "try again" in str(found)
    other.execute("ROLLBACK")
    write()
    session.database.close()
    other.close()


def test_a_lock_of_the_server_is_busy(postgres_url: str) -> None:
    with connected(postgres_url) as one, connected(postgres_url) as two:
        migrate(one, NOW)
        two.execute("SET lock_timeout = '200ms'")
        with one.writing(), pytest.raises(Busy), two.writing():
            raise AssertionError("two writers")
        with two.writing():
            two.run(COUNTERS, ["after"])


def test_a_full_file_is_full_and_nothing_is_half_written(place: Path) -> None:
    with connected(str(place)) as session:
        pages = session.value("PRAGMA page_count")
        session.execute(f"PRAGMA max_page_count = {pages + 20}")
        found = cause(lambda: filled(session))
        assert found.cause == "full" and "free some space" in str(found)
        assert session.value("SELECT COUNT(*) FROM counter") == 0
        session.execute("PRAGMA max_page_count = 1000000")
        filled(session, 50)
        assert session.value("SELECT COUNT(*) FROM counter") == 50


@pytest.mark.skipif(os.getuid() != 0, reason="a small disk is mounted by root only")
def test_a_full_disk_is_full(place: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)], capture_output=True).returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        shutil.copy(place / "ubtui.db", small / "ubtui.db")
        session = seat(small)
        session.connect()
        assert cause(lambda: filled(session)).cause in ("full", "io")
        assert session.value("SELECT COUNT(*) FROM counter") == 0
        session.database.close()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_what_is_no_database_and_what_is_damaged(place: Path) -> None:
    file = place / "ubtui.db"
    whole = file.read_bytes()
    file.write_bytes(b"not a database at all\n" * 500)
    assert cause(lambda: seat(place).connect()).cause == "notadb"
    broken = bytearray(whole)
    broken[4096 * 2 : 4096 * 60] = b"\xff" * (4096 * 58)
    file.write_bytes(bytes(broken))

    def read_all() -> None:
        with connected(str(place), admin=False) as session:
            for (table,) in session.rows("SELECT name FROM sqlite_schema WHERE type = 'table'"):
                session.rows(f"SELECT * FROM {table}")

    found = cause(read_all)
    assert found.cause in ("corrupt", "notadb") and ("backup" in str(found) or "not a database" in str(found))


def test_a_path_that_is_a_folder_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "ubtui.db").mkdir()
    assert cause(lambda: seat(tmp_path).connect()).cause == "cantopen"


# As another user, because root reads and writes everything.
STRANGER = """
import os, sys
from pathlib import Path
from ubtui.db import connect
from ubtui.db.errors import RecordError
from ubtui.db.session import Session
os.setgid(65534); os.setuid(65534)
try:
    session = Session(connect.sqlite(Path(sys.argv[1])))
    session.connect()
    with session.writing():
        session.run("INSERT INTO counter(name, value) VALUES ('x', 1)")
except RecordError as exc:
    print(exc.cause, exc)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(
    ("folder_mode", "mode", "causes"),
    [(0o755, 0o600, {"cantopen"}), (0o755, 0o644, {"readonly", "cantopen"}), (0o700, 0o644, {"cantopen"})],
)
def test_rights_that_are_missing_are_named(folder_mode: int, mode: int, causes: set[str], place: Path) -> None:
    assert pwd.getpwuid(65534)
    temporary = Path(tempfile.gettempdir()).resolve()
    for folder in (place, *place.parents):
        if folder.stat().st_uid == 0 and folder.is_relative_to(temporary) and folder != temporary:
            folder.chmod(folder.stat().st_mode | 0o055)
    place.chmod(folder_mode)
    (place / "ubtui.db").chmod(mode)
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, str(place / "ubtui.db")], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.stdout.split(" ")[0] in causes, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("expected", "sql", "params"),
    [
        ("unique", COUNTERS, ["a"]),
        ("missing", COUNTERS, [None]),
        ("type", "INSERT INTO counter(name, value) VALUES ('b', ?)", ["many"]),
        ("check", "INSERT INTO period(ym, status) VALUES (202601, ?)", ["ajar"]),
        ("rule", "DELETE FROM period WHERE ym = ?", [202512]),
    ],
)
def test_rows_that_are_refused_say_why(record: Session, expected: str, sql: str, params: list[object]) -> None:
    with record.writing():
        record.run(COUNTERS, ["a"])
        record.run("INSERT INTO period(ym) VALUES (202512)")
    with pytest.raises(RuleBroken) as caught, record.writing():
        record.run(sql, params)
    assert caught.value.cause == expected
    assert record.value("SELECT COUNT(*) FROM counter") == 1


def test_a_text_that_the_driver_will_not_send_is_a_bad_value(postgres_url: str) -> None:
    with connected(postgres_url) as session:
        migrate(session, NOW)
        with pytest.raises(RuleBroken, match="wrong kind") as caught, session.writing():
            session.run(COUNTERS, ["a\0b"])
        assert caught.value.cause == "type"
        assert session.value("SELECT COUNT(*) FROM counter") == 0


def test_a_key_that_points_nowhere_is_refused_at_the_end(record: Session) -> None:
    with pytest.raises(RuleBroken) as caught, record.writing():
        record.run("INSERT INTO staff_account(staff, account_number, relation) VALUES ('nobody', '1', 'own')")
    assert caught.value.cause == "foreign"


def test_a_seat_may_not_change_the_schema_nor_the_ledger(place: Path) -> None:
    session = seat(place)
    session.connect()
    for sql in (
        "DROP TRIGGER posting_nd",
        "CREATE TABLE mine(a)",
        "CREATE TEMP TABLE mine(a)",
        "CREATE TEMP TRIGGER t BEFORE INSERT ON posting BEGIN SELECT 1; END",
        "ALTER TABLE posting ADD COLUMN note",
        "UPDATE posting SET cents = 1",
        "DELETE FROM audit",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA ignore_check_constraints = ON",
        "PRAGMA writable_schema = ON",
        "ATTACH ':memory:' AS other",
        "VACUUM INTO '/tmp/never'",
    ):
        assert cause(lambda sql=sql: session.execute(sql)).cause == "refused", sql  # type: ignore[misc]
    session.database.close()


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "postgresql:///x?no-such-word"])
def test_a_server_that_is_not_there(url: str) -> None:
    found = cause(lambda: Session(connect.postgres(url)).connect())
    assert found.cause == "unreachable" and "PostgreSQL" in str(found)


def test_an_unknown_fault_keeps_its_words() -> None:
    found = explain(ValueError("strange"))
    assert (found.cause, str(found)) == ("fault", "ValueError: strange")

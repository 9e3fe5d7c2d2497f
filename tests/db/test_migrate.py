"""Migrations on both databases: run once, resumed after a kill at any statement, refused when they do not fit."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.db.places import connected
from tests.scale import SOAK
from ubtui.db import migrate
from ubtui.db.migrate import SchemaError, pending, schema_digest
from ubtui.desk import Desk, DeskError

ROOT = Path(__file__).parent.parent.parent
NOW = "2026-11-23T16:00:00.000000Z"

# Runs the migrations and dies by signal 9 before statement `argv[2]` (counted over everything executed).
VICTIM = """
import os, signal, sys
from tests.db.places import connected
from ubtui.db.migrate import migrate
n = 0
def count(sql):
    global n
    n += 1
    if n == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
with connected(sys.argv[1]) as session:
    session.on_statement = count
    migrate(session, "2026-11-23T16:00:00.000000Z")
print(n)
"""


def victim(data: str, at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", VICTIM, data, str(at)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )


def test_migrations_run_once(backend: str) -> None:
    with connected(backend) as session:
        names = migrate.migrate(session, NOW)
        assert names == sorted(names) and len(names) >= 5
        digest = schema_digest(session)
        assert migrate.migrate(session, NOW) == [] and pending(session) == []
        assert session.value("SELECT value FROM meta WHERE key = 'schema'") == digest == schema_digest(session)
        assert [row[0] for row in session.rows("SELECT name FROM migration ORDER BY name")] == names


def test_a_kill_at_any_statement_is_resumed(backend: str, tmp_path: Path) -> None:
    """The same schema stands after a kill before every n-th statement (each one in soak) and a second run."""
    with connected(backend) as session:
        migrate.migrate(session, NOW)
        expected = schema_digest(session)
        drop(session)
    total = int(victim(backend, 0).stdout)
    assert total > 100
    step = 1 if SOAK else max(1, total // 8)
    tables = set()
    for at in range(1, total + 1, step):
        done = victim(backend, at)
        assert done.returncode == -signal.SIGKILL, done.stderr
        with connected(backend) as session:
            tables.add(len(session.database.get_tables()))
            migrate.migrate(session, NOW)
            assert schema_digest(session) == expected, f"killed before statement {at}"
            assert pending(session) == []
            drop(session)
    assert len(tables) > 3, "the kills fell at different places"


def drop(session: migrate.Session) -> None:
    """Empty the place."""
    if session.kind == "postgres":
        session.execute("DROP SCHEMA public CASCADE")
        session.execute("CREATE SCHEMA public")
        return
    path = Path(session.database.database)
    session.database.close()
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def test_an_edited_migration_is_refused(backend: str) -> None:
    with connected(backend) as session:
        migrate.migrate(session, NOW)
        session.run("UPDATE migration SET sha256 = 'x' WHERE name = (SELECT MIN(name) FROM migration)")
        with pytest.raises(SchemaError, match="differs from the one that made this database"):
            migrate.migrate(session, NOW)


def test_a_newer_record_is_refused_and_not_touched(backend: str) -> None:
    with connected(backend) as session:
        migrate.migrate(session, NOW)
        session.run("INSERT INTO migration(name, sha256, at) VALUES ('m9999_later', 'x', ?)", [NOW])
        before = schema_digest(session)
        with pytest.raises(SchemaError, match=r"newer than the program.*m9999_later.*update ubtui"):
            migrate.migrate(session, NOW)
        assert schema_digest(session) == before


def test_a_record_that_lacks_a_migration_does_not_open(backend: str) -> None:
    with connected(backend) as session:
        migrate.migrate(session, NOW)
        last = session.value("SELECT MAX(name) FROM migration")
        session.run("DELETE FROM migration WHERE name = ?", [last])
        assert pending(session) == [last]
    with pytest.raises(DeskError, match=f"needs {last}; run `ubtui doctor --upgrade`"):
        Desk(backend)


def test_a_record_whose_set_up_was_broken_off_says_so(backend: str) -> None:
    with connected(backend) as session:
        migrate.migrate(session, NOW)
    with pytest.raises(DeskError, match="run `ubtui init` again"):
        Desk(backend)

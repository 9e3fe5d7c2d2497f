"""What must hold of a record whatever happened to it: clean under verify, and its worklist at rest."""

from __future__ import annotations

from datetime import date
from typing import Any

from ubtui.act import Done
from ubtui.db.session import Session
from ubtui.desk import Desk, Seat, open_session
from ubtui.services import worklist
from ubtui.services.verify import Report


def assert_clean(data: str) -> None:
    """`verify` finds nothing, read by a connection of its own."""
    session = open_session(data)
    session.connect()
    try:
        day = date.fromisoformat(session.value("SELECT value FROM meta WHERE key = 'today'"))
        found = [str(finding) for finding in Report(session, day).findings()]
    finally:
        session.database.close()
    assert not found, "\n".join(found)


def assert_at_rest(data: str) -> None:
    """A full look for trouble now opens and closes nothing: every act healed all it touched."""
    with Desk(data, Seat(as_name="service")) as desk:
        done = desk.perform(worklist.refresh, worklist.Refresh(), dry_run=True)
        assert isinstance(done, Done), done.sentence()
        told = f"a full look opens {[*map(str, done.opened)]}, closes {[*map(str, done.closed)]}"
        assert not done.opened and not done.closed, told


def look_through(data: str) -> None:
    """The nightly look for trouble, after a scene was set outside any act."""
    with Desk(data, Seat(as_name="service")) as desk:
        assert isinstance(desk.perform(worklist.refresh, worklist.Refresh()), Done)


def counts(session: Session) -> dict[str, int]:
    """The number of rows of each table."""
    return {table: session.value(f"SELECT COUNT(*) FROM {table}") for table in sorted(session.database.get_tables())}


def asked(data: str, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Rows of the record, read by a connection of its own."""
    session = open_session(data)
    session.connect()
    try:
        return session.rows(sql, params)
    finally:
        session.database.close()


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """How many rows came to each table that is not as it was."""
    return {table: after[table] - before[table] for table in after if after[table] != before[table]}


def counted(data: str) -> dict[str, int]:
    """The counts, read by a connection of its own."""
    session = open_session(data)
    session.connect()
    try:
        return counts(session)
    finally:
        session.database.close()

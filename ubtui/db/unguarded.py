"""A record that nobody else sees yet is filled without asking its guards row by row; they come back as they were."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from ubtui.db.errors import RecordError
from ubtui.db.migrate import schema_digest
from ubtui.db.session import Session

CACHE_KB = 65_536


@contextmanager
def unguarded(session: Session, tables: Collection[str]) -> Iterator[None]:
    """Set aside, on an admin's SQLite connection, what refuses rows of `tables`, and the checks of foreign keys.

    What keeps derived tables in step stays. Afterwards the schema is the same to the letter and every foreign key is
    checked at once; the caller checks the rules themselves, set by set, before anybody opens the record. On
    PostgreSQL nothing is set aside. Raises RecordError where a key points nowhere.
    """
    if session.kind != "sqlite":
        yield
        return
    before = schema_digest(session)
    marks = ", ".join("?" * len(tables))
    guards = session.rows(
        f"SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ({marks})"
        " AND sql LIKE '% BEFORE INSERT %' ORDER BY name",
        list(tables),
    )
    session.execute("PRAGMA foreign_keys = 0")
    session.execute(f"PRAGMA cache_size = {-CACHE_KB}")
    try:
        for name, _ in guards:
            session.execute(f"DROP TRIGGER {name}")
        yield
    finally:
        for _, sql in guards:
            session.execute(sql)
        session.execute("PRAGMA foreign_keys = 1")
    if schema_digest(session) != before:
        raise RecordError("schema", "the guards of the record did not come back as they were")
    if lost := session.one("PRAGMA foreign_key_check"):
        raise RecordError("foreign", f"a row of {lost[0]} points at something that does not exist")

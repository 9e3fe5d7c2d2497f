"""A record that nobody else sees yet is filled without its guards and indexes; they come back as they were."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from ubtui.db import find
from ubtui.db.errors import RecordError
from ubtui.db.migrate import schema_digest
from ubtui.db.session import Session

CACHE_KB, SORTING_KB = 65_536, 16_384
_PRAGMAS = ("foreign_keys", "synchronous", "journal_mode", "temp_store", "cache_size", "threads")


@contextmanager
def unguarded(session: Session, tables: Collection[str]) -> Iterator[None]:
    """Set aside, on an admin's SQLite connection, all that costs time row by row, while a new record is filled.

    What refuses rows of `tables`, the list of open items, the indexes of `tables` that hold no rule, the find index,
    the checks of foreign keys, and waiting for the disk: the record is whole only when this is left. Then the find
    index is made anew and the schema is the same to the letter; the caller fills `open_item` and checks foreign keys
    (`astray`) and the rules themselves, set by set, before anybody opens the record. On PostgreSQL nothing is set
    aside.
    """
    if session.kind != "sqlite":
        yield
        return
    before = schema_digest(session)
    marks = ", ".join("?" * len(tables))
    aside = session.rows(
        f"SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND ((type = 'trigger' AND ("
        f"(tbl_name IN ({marks}) AND sql LIKE '% BEFORE INSERT %') OR name IN ('open_item_opened', 'open_item_paid')"
        " OR name GLOB 'find_in_*' OR name GLOB 'find_*_in'))"
        f" OR (type = 'index' AND tbl_name IN ({marks}) AND sql NOT LIKE 'CREATE UNIQUE %'))"
        " ORDER BY type, tbl_name, name",
        [*tables, *tables],
    )
    stood = [(name, session.value(f"PRAGMA {name}")) for name in _PRAGMAS]
    for setting in (
        "foreign_keys = 0", "synchronous = 0", "journal_mode = memory", "temp_store = 1", f"cache_size = {-CACHE_KB}",
        "threads = 2",
    ):  # fmt: skip
        session.execute(f"PRAGMA {setting}").fetchall()
    try:
        for kind, name, _ in aside:
            session.execute(f"DROP {kind} {name}")
        session.execute("INSERT INTO find_held(one) VALUES (1)")
        yield
        with session.writing():
            find.rebuild(session)
    finally:
        session.execute(f"PRAGMA cache_size = {-SORTING_KB}")  # each of its threads sorts as much
        for _, _, sql in aside:
            session.execute(sql)
        session.execute("DELETE FROM find_held")
        for name, value in stood:
            session.execute(f"PRAGMA {name} = {value}").fetchall()
    if schema_digest(session) != before:
        raise RecordError("schema", "the guards of the record did not come back as they were")


def astray(session: Session) -> str:
    """What a row says that points at something that does not exist; empty where all keys hold."""
    lost = session.one("PRAGMA foreign_key_check") if session.kind == "sqlite" else None
    return f"a row of {lost[0]} points at something that does not exist" if lost else ""

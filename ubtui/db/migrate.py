"""Numbered migrations, forward only: each with its history row in one transaction, so a kill resumes cleanly."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Iterator

from ubtui.db import migrations
from ubtui.db.dialect import Dialect
from ubtui.db.session import Session


class SchemaError(Exception):
    """The record's schema is not the one this program knows; the sentence says which and what to do."""


def names() -> list[str]:
    """Every migration of this program in order."""
    return sorted(info.name for info in pkgutil.iter_modules(migrations.__path__))


def known() -> Iterator[tuple[str, Callable[[Dialect], list[str]]]]:
    """Every migration of this program in order: its name and what gives its statements."""
    for name in names():
        yield name, importlib.import_module(f"{migrations.__name__}.{name}").statements


def digest(statements: list[str]) -> str:
    """SHA-256 of a migration's statements."""
    return hashlib.sha256("\n;\n".join(statements).encode()).hexdigest()


def migrate(session: Session, now: str) -> list[str]:
    """Bring an admin session's database to today's schema; the names of the migrations run.

    Raises SchemaError when the record is newer than the program or a migration was edited after it ran.
    """
    done: list[str] = []
    with session.writing():
        session.execute(
            session.dialect.ddl(
                "CREATE TABLE IF NOT EXISTS migration(name {text} PRIMARY KEY, sha256 {text} NOT NULL,"
                " at {instant} NOT NULL) {clustered}"
            )[0]
        )
    steps = list(known())
    for name, build in steps:
        statements = build(session.dialect)
        sealed = digest(statements)
        with session.writing():
            ran = session.one("SELECT sha256 FROM migration WHERE name = ?", [name])
            if ran:
                if ran[0] != sealed:
                    raise SchemaError(f"migration {name} differs from the one that made this database")
                continue
            for statement in statements:
                session.execute(statement)
            session.run("INSERT INTO migration(name, sha256, at) VALUES (?, ?, ?)", [name, sealed, now])
            session.run(
                "INSERT INTO meta(key, value) VALUES ('schema', ?) ON CONFLICT(key) DO UPDATE SET"
                " value = excluded.value",
                [schema_digest(session)],
            )
            done.append(name)
    newer = {row[0] for row in session.rows("SELECT name FROM migration")} - {name for name, _ in steps}
    if newer:
        raise SchemaError(f"this record is newer than the program ({', '.join(sorted(newer))}): update ubtui")
    return done


def pending(session: Session) -> list[str]:
    """Migrations this record still lacks."""
    have = {row[0] for row in session.rows("SELECT name FROM migration")}
    return [name for name in names() if name not in have]


def schema_digest(session: Session) -> str:
    """SHA-256 over every table, index, view and trigger as the database states them."""
    if session.kind == "sqlite":
        rows = session.rows(
            "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE"
            " 'sqlite_%' AND name NOT LIKE '\\_litestream%' ESCAPE '\\' ORDER BY type, name"
        )
    else:
        rows = session.rows(
            "SELECT 'trigger', tgrelid::regclass::text || '.' || tgname, pg_get_triggerdef(oid) || tgenabled::text"
            " FROM pg_trigger WHERE NOT tgisinternal"
            " UNION ALL SELECT 'function', proname, md5(prosrc) FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'column', table_name || '.' || column_name, data_type || is_nullable"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " UNION ALL SELECT 'constraint', conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " ORDER BY 1, 2"
        )
    return hashlib.sha256("\n".join("|".join(map(str, row)) for row in rows).encode()).hexdigest()

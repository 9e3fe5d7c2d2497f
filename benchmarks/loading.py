"""Rows loaded in bulk under the rules of the record, beside tables without any: reads, and bills that are posted."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta

import apsw

from benchmarks import district
from benchmarks.table import Row
from ubtui.desk import Desk

_BOOKS = ("journal", "bill", "bill_line", "receivable_item", "posting", "journal_seal")


def inserting(rows: int = 200_000) -> Row:
    """The same read rows into the record (guards, checks, clustered key) and into a bare table by executemany."""
    data = district.empty()
    values = [
        (
            1 + i // 100,
            (date(2000, 1, 1) + timedelta(days=i % 100)).isoformat(),
            1,
            1,
            "B1/2026-11",
            i,
            7,
            61,
            "A",
            "released",
            "ana",
            district.NOW,
        )
        for i in range(rows)
    ]
    columns = [
        "register_id",
        "read_on",
        "seq",
        "point_id",
        "period",
        "value",
        "usage",
        "days",
        "source",
        "status",
        "entered_by",
        "entered_at",
    ]
    with Desk(data) as desk:
        began = time.perf_counter()
        with desk.session.writing():
            desk.session.load("read", columns, values)
        ours = time.perf_counter() - began
    raw = apsw.Connection(os.path.join(tempfile.mkdtemp(), "raw.db"))
    raw.execute("PRAGMA journal_mode=wal; PRAGMA synchronous=FULL").fetchall()
    raw.execute(f"CREATE TABLE read({', '.join(columns)}, PRIMARY KEY(register_id, read_on, seq)) WITHOUT ROWID")
    began = time.perf_counter()
    with raw:
        raw.executemany(f"INSERT INTO read VALUES ({', '.join('?' * len(columns))})", values)
    bare = time.perf_counter() - began
    return Row(
        "insert reads",
        f"{rows / ours:,.0f} rows/s",
        f"raw executemany {rows / bare:,.0f}",
        ours / bare,
        "≤ 2.5",
        f"{rows:,}",
    )


def posting(accounts: int = 20_000) -> list[Row]:
    """Bills of two lines through the ledger, beside their rows in bare tables and under the ledger's own rules alone:
    processor time."""
    data, again = district.empty(), district.empty()
    for place in (data, again):
        district.wide(place, accounts, 1)
    ours = _busy(lambda: district.ledger_of(data, accounts, 1))
    line = apsw.Connection(os.path.join(data, "ubtui.db"), flags=apsw.SQLITE_OPEN_READONLY)
    sets = [
        (table, [row[1] for row in line.execute(f"PRAGMA table_info({table})")],
         line.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall())
        for table in _BOOKS
    ]  # fmt: skip
    raw = apsw.Connection(os.path.join(tempfile.mkdtemp(), "raw.db"))
    raw.execute("PRAGMA journal_mode=wal; PRAGMA synchronous=FULL").fetchall()
    for table, columns, _ in sets:
        raw.execute(f"CREATE TABLE {table}({columns[0]} INTEGER PRIMARY KEY, {', '.join(columns[1:])})")

    def bare() -> None:
        with raw:
            for table, columns, rows in sets:
                raw.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)

    with Desk(again) as desk:

        def guarded() -> None:
            with desk.session.writing():
                for table, columns, rows in sets:
                    desk.session.load(table, columns, rows)

        rules = _busy(guarded)
    plain = _busy(bare)
    told, note = f"{accounts / ours:,.0f} bills/s CPU", f"{accounts:,} bills of two lines"
    return [
        Row("post bills", told, f"their rows in bare tables {accounts / plain:,.0f}", ours / plain, "≤ 2.5", note),
        Row("", "", f"under the ledger's rules {accounts / rules:,.0f}", ours / rules, "", note),
    ]


def _busy(call: Callable[[], object]) -> float:
    """Seconds of processor time of `call`."""
    began = time.process_time()
    call()
    return time.process_time() - began

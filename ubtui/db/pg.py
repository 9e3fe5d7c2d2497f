"""PostgreSQL under Peewee: dates and instants as ISO text, as SQLite gives them; loaded only when used."""

from __future__ import annotations

from typing import Any

import peewee
import psycopg
from psycopg.adapt import Dumper, Loader, PyFormat
from psycopg.types.numeric import IntDumper

vars(peewee)["psycopg"] = psycopg  # the SQLite path hides psycopg from Peewee's import; this path gives it back


class _DayText(Loader):
    def load(self, data: Any) -> str:
        return bytes(data).decode()


class _InstantText(Loader):
    def load(self, data: Any) -> str:
        text = bytes(data).decode().removesuffix("+00")
        day, _, clock = text.partition(" ")
        whole, _, fraction = clock.partition(".")
        return f"{day}T{whole}.{fraction:0<6}Z"


class _Whole(IntDumper):
    def upgrade(self, obj: int, format: PyFormat) -> Dumper:
        return self._int8_dumper if -(1 << 63) <= obj < 1 << 63 else self._int_numeric_dumper


class _Adapter(peewee.Psycopg3Adapter):
    def __init__(self) -> None:
        from psycopg.pq import TransactionStatus
        from psycopg.types.json import Json, Jsonb

        for name, value in (
            ("TransactionStatus", TransactionStatus),
            ("Json_pg3", Json),
            ("Jsonb_pg3", Jsonb),
        ):
            setattr(peewee, name, value)
        super().__init__()


class PgDatabase(peewee.PostgresqlDatabase):
    psycopg3_adapter = _Adapter

    def _connect(self) -> Any:
        conn = super()._connect()  # type: ignore[misc]
        conn.execute(
            "SET TIME ZONE 'UTC'; SET DateStyle = 'ISO, YMD'; SET lock_timeout = '10s';"
            " SET client_min_messages = warning; SET idle_in_transaction_session_timeout = '60s';"
            " SET jit = off"  # compiling a question takes longer than answering it, at a district's size
        )
        # A desk asks some hundred statements all day, and every whole number in them is of one type: planned once each.
        conn.prepare_threshold, conn.prepared_max = 2, 500
        conn.adapters.register_dumper(int, _Whole)
        conn.adapters.register_loader("date", _DayText)
        conn.adapters.register_loader("timestamptz", _InstantText)
        return conn


def open_database(url: str) -> peewee.Database:
    return PgDatabase(url, autoconnect=False, prefer_psycopg3=True)

"""Peewee fields of the record: whole cents, calendar days, UTC instants, short text; STRICT on both databases."""

from __future__ import annotations

from datetime import date
from typing import Any

from peewee import Field


class CentsField(Field):
    """Whole cents; anything but an int is refused (Peewee's own integer field turns 10.5 into 10)."""

    field_type = "INTEGER"

    def db_value(self, value: Any) -> int | None:
        if value is None or type(value) is int:
            return value
        raise TypeError(f"money is whole cents, not {value!r}")


class DayField(Field):
    """A business day: `date` in Python, ISO text or `date` in the database."""

    field_type = "TEXT"

    def db_value(self, value: Any) -> str | None:
        return value.isoformat() if isinstance(value, date) else value

    def python_value(self, value: Any) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class InstantField(Field):
    """A UTC instant as `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""

    field_type = "TEXT"

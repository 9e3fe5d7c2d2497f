"""The models say what the tables are: the same columns, kinds, needed or not, on both databases."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import peewee
import pytest

from tests.db.places import connected
from ubtui.db import models
from ubtui.db.migrate import migrate
from ubtui.db.models.base import Record
from ubtui.db.session import Session

for info in pkgutil.iter_modules(models.__path__):
    importlib.import_module(f"{models.__name__}.{info.name}")


def every(model: type[peewee.Model]) -> Iterator[type[peewee.Model]]:
    for child in model.__subclasses__():
        if child._meta.table_name and not child.__name__.startswith("_"):
            yield child
        yield from every(child)


MODELS = {model._meta.table_name: model for model in every(Record)}


@pytest.fixture
def session(backend: str) -> Iterator[Session]:
    with connected(backend) as made:
        migrate(made, "2026-11-23T16:00:00.000000Z")
        yield made


def test_every_table_has_its_model(session: Session) -> None:
    index = ("find_",)  # asked in SQL alone; FTS5 keeps tables of its own in it
    tables = {name for name in session.database.get_tables() if not name.startswith(index)} - {"migration"}
    assert tables == set(MODELS), tables ^ set(MODELS)


def test_columns_agree(session: Session) -> None:
    wrong = []
    for table, model in sorted(MODELS.items()):
        stands = {c.name: c for c in session.database.get_columns(table)}
        fields = model._meta.columns
        if set(stands) != set(fields):
            wrong.append(f"{table}: {sorted(set(stands) ^ set(fields))} stand on one side only")
            continue
        for name, field in fields.items():
            column = stands[name]
            if not column.primary_key and column.null != field.null:
                wrong.append(f"{table}.{name}: null is {column.null}, the model says {field.null}")
            if (column.data_type.upper() in ("INTEGER", "BIGINT")) != _whole(field):
                wrong.append(f"{table}.{name}: is {column.data_type}, the model says {type(field).__name__}")
    assert wrong == []


def _whole(field: peewee.Field) -> bool:
    """Whether the field, or the key that it points at, is a whole number."""
    while isinstance(field, peewee.ForeignKeyField):
        field = field.rel_field
    return isinstance(field, peewee.IntegerField | peewee.AutoField) or type(field).__name__ == "CentsField"

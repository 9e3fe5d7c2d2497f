"""The base of every model: unbound, because each desk brings its own session."""

from __future__ import annotations

from peewee import Model


class Record(Model):
    """A row of the record; columns keep their database names (`account_id`, not `account`)."""

    class Meta:
        legacy_table_names = False

"""The record: connection, schema, models; nothing above this room knows which database holds it."""

import sys

# Peewee imports psycopg wherever it is installed, which triples the start of an SQLite desk: hide it for that import.
if "peewee" not in sys.modules and "psycopg" not in sys.modules:
    sys.modules["psycopg"] = None  # type: ignore[assignment]
    import peewee  # noqa: F401

    del sys.modules["psycopg"]

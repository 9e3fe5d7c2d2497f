"""A connected admin session on a place that tests are given, with nothing in it yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ubtui.db.session import Session
from ubtui.desk import is_url, open_session


@contextmanager
def connected(data: str, admin: bool = True) -> Iterator[Session]:
    """An open session; the folder is made when it is not there."""
    if not is_url(data):
        Path(data).mkdir(mode=0o700, exist_ok=True)
    session = open_session(data, admin=admin)
    session.connect()
    try:
        yield session
    finally:
        if not session.database.is_closed():
            session.database.close()

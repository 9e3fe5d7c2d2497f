"""A whole copy of an SQLite record while seats go on writing, complete or not there at all."""

from __future__ import annotations

import os
from pathlib import Path

import apsw

from ubtui.db.errors import explain


def copy(source: Path, target: Path) -> None:
    """Copy the database at `source` to `target`, 0600, in one consistent step; never over a file that is there.

    Raises FileExistsError, other OSErrors of the target's folder, or RecordError.
    """
    if target.exists():
        raise FileExistsError(17, "exists already, and a backup is never written over", str(target))
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        reading = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)
        writing = apsw.Connection(str(part), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            reading.set_busy_timeout(10_000)
            # All pages in one step: page by page, another seat's commit would start the copy over, for ever.
            with writing.backup("main", reading, "main") as running:
                running.step(-1)
        finally:
            writing.close()
            reading.close()
        with open(part, "rb") as file:
            os.fsync(file.fileno())
        os.link(part, target)
        _settle(target.parent)
    except apsw.Error as exc:
        raise explain(exc) from exc
    finally:
        part.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Make a new name in `folder` outlive a power cut."""
    at = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(at)
    finally:
        os.close(at)

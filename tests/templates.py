"""Districts made once a run, then copied: the folder of SQLite's as files, PostgreSQL's as a template database."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import postgres
from ubtui.desk import is_url

_kept: list[Path] = []


def keep_in(folder: Path) -> None:
    """Keep this run's templates in `folder`, which its test processes share."""
    _kept[:] = [folder]


def stand(data: str, make: Callable[..., Any], *args: Any) -> None:
    """Leave at `data` what `make(data, *args)` leaves at a new place; it runs once a run for each `args` and database.

    `data` is a folder that is not there, or the URL of an empty database nobody is connected to. `make` must close
    what it opens, and what it makes may depend on nothing but `args`, by their `repr`.
    """
    made = hashlib.sha256(repr((make.__module__, make.__qualname__, args)).encode()).hexdigest()[:16]
    if not is_url(data):
        with _alone(made):
            folder = _folder(_kept[0] / f"template-{made}", make, args)
        shutil.copytree(folder, data)
        return
    server, name = postgres.at(data)
    with _alone(made):
        template = _database(server, f"template_{made}", make, args)
    server.drop(name)
    server.create(template, name)


@contextmanager
def _alone(made: str) -> Iterator[None]:
    """Another process of the run that wants the same waits, then finds it."""
    with (_kept[0] / f"{made}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _folder(folder: Path, make: Callable[..., Any], args: tuple[Any, ...]) -> Path:
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        make(str(part), *args)
        assert not [*part.glob("*-wal")], f"{make.__qualname__} left its district open"
        part.rename(folder)
    return folder


def _database(server: postgres.Server, template: str, make: Callable[..., Any], args: tuple[Any, ...]) -> str:
    if not server.has(template):
        server.create(name=template)
        try:
            make(server.url(template), *args)
            server.execute("ANALYZE", database=template)  # as the server itself soon does of what is filled at once
        except BaseException:
            server.drop(template)
            raise
    return template

"""Database faults in words: which rule refused, and what to do about a busy, full or broken disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final


class RecordError(Exception):
    """The record could not do it; `cause` is a short stable name, the message a sentence with the cure."""

    def __init__(self, cause: str, sentence: str) -> None:
        super().__init__(sentence)
        self.cause = cause


class Busy(RecordError):
    """Another seat held the lock longer than we wait."""


class RuleBroken(RecordError):
    """A trigger, check, key or type of the database refused the row."""


_APSW: Final[dict[int, tuple[str, str]]] = {
    5: ("busy", "another seat is writing: try again"),
    6: ("busy", "another seat is writing: try again"),
    8: ("readonly", "the database cannot be written here: check the folder's owner and rights"),
    9: ("interrupted", "stopped as asked"),
    10: ("io", "the disk failed while reading or writing: check the disk, then run ubtui verify"),
    11: ("corrupt", "the file is damaged: stop, keep it, restore the last verified backup"),
    13: ("full", "the disk is full: nothing was written; free some space and do it again"),
    14: ("cantopen", "the database cannot be opened: check the path and its rights"),
    23: ("refused", "this statement is not allowed from a seat"),
    26: ("notadb", "this file is not a database of this program"),
}
_EXTENDED: Final[dict[int, tuple[str, str]]] = {
    275: ("check", "a value is outside what the record allows"),
    787: ("foreign", "a row points at something that does not exist"),
    1299: ("missing", "a needed value is missing"),
    1555: ("unique", "such a row exists already"),
    2067: ("unique", "such a row exists already"),
    3091: ("type", "a value is of the wrong kind"),
}
_STATES: Final[dict[str, tuple[str, str]]] = {
    "23505": ("unique", "such a row exists already"),
    "23503": ("foreign", "a row points at something that does not exist"),
    "23502": ("missing", "a needed value is missing"),
    "23514": ("check", "a value is outside what the record allows"),
    "22P02": ("type", "a value is of the wrong kind"),
    "22008": ("check", "a value is outside what the record allows"),
    "22007": ("check", "a value is outside what the record allows"),
    "42501": ("refused", "this statement is not allowed from a seat"),
    "53100": ("full", "the disk is full: nothing was written; free some space and do it again"),
    "55P03": ("busy", "another seat is writing: try again"),
    "40001": ("busy", "another seat changed the same rows: try again"),
    "40P01": ("busy", "another seat changed the same rows: try again"),
    "57014": ("interrupted", "stopped as asked"),
    "25P03": ("unreachable", "the PostgreSQL server closed this line after a long pause: do it again"),
    "57P01": ("unreachable", "the PostgreSQL server closed this line: do it again"),
    "57P02": ("unreachable", "the PostgreSQL server closed this line: do it again"),
    "57P03": ("unreachable", "the PostgreSQL server is starting or stopping: do it again in a moment"),
}


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        seen.add(id(exc))
        yield exc
        exc = exc.__cause__ or exc.__context__


def explain(exc: BaseException) -> RecordError:
    """`exc` (Peewee's, APSW's or psycopg's) as a RecordError that names the cause."""
    for link in _chain(exc):
        if isinstance(link, RecordError):
            return link
        code = getattr(link, "extendedresult", None)
        if isinstance(code, int):
            text = str(link).removeprefix("SQLITE_CONSTRAINT_TRIGGER: ")
            if code == 1811:
                return RuleBroken("rule", text)
            cause, sentence = _EXTENDED.get(code) or _APSW.get(code & 0xFF) or ("fault", str(link))
            kind = Busy if cause == "busy" else RuleBroken if code & 0xFF == 19 or cause == "refused" else RecordError
            return kind(cause, f"{sentence} ({text})" if kind is RuleBroken else sentence)
        state = getattr(link, "sqlstate", None)
        if state is None and type(link).__module__.startswith("psycopg"):
            if type(link).__name__ == "DataError":  # the driver's own refusal, before the server saw it
                return RuleBroken("type", f"a value is of the wrong kind ({link})")
            said = " ".join(str(link).split())
            return RecordError("unreachable", f"the PostgreSQL server cannot be used: {said}")
        if isinstance(state, str):
            text = str(link).splitlines()[0]
            if state == "23U01":
                return RuleBroken("rule", text)
            cause, sentence = _STATES.get(state) or ("fault", text)
            kind = Busy if cause == "busy" else RuleBroken if state[:2] in ("22", "23", "42") else RecordError
            return kind(cause, f"{sentence} ({text})" if kind is RuleBroken else sentence)
    return RecordError("fault", f"{type(exc).__name__}: {exc}")

"""What detectors ask while nothing changes: each question once, and together what does not wait for an answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import peewee

from ubtui.db.session import Row, Session

_Question = tuple[str, tuple[Any, ...]]


class _Heard(Exception):
    """A question was heard and is not answered yet."""


class Answers(Session):
    """A session that remembers what it was asked, for as long as nobody changes what the answers are of."""

    def __init__(self, db: Session) -> None:
        super().__init__(db.database)
        self.on_statement = db.on_statement
        self._known: dict[_Question, list[Row]] = {}
        self._heard: dict[_Question, None] | None = None

    def rows(self, sql: str | peewee.Query, params: Sequence[Any] = ()) -> list[Row]:
        if not isinstance(sql, str):
            return super().rows(sql, params)
        question = sql, tuple(params)
        if question not in self._known:
            if self._heard is not None:
                self._heard[question] = None
                raise _Heard
            self._known[question] = super().rows(sql, params)
        return list(self._known[question])

    def ahead(self, asking: Iterable[Callable[[], object]]) -> None:
        """Ask together the first question of each of `asking` that has no answer yet."""
        self._learn(self._first(asking))

    def foresee(self, asking: Iterable[Callable[[], object]]) -> None:
        """Hear the first question of each of `asking`, ask of all together which have an answer at all, then those.

        Most have none where one account or meter is looked at: those need no way to the server of their own.
        """
        if heard := self._first(asking):
            sql = "SELECT " + ", ".join(f"EXISTS({sql})" for sql, _ in heard)
            (some,) = super().rows(sql, [value for _, params in heard for value in params])
            self._known.update((question, []) for question, found in zip(heard, some, strict=True) if not found)
            self._learn([question for question, found in zip(heard, some, strict=True) if found])

    def _first(self, asking: Iterable[Callable[[], object]]) -> list[_Question]:
        self._heard = {}
        for ask in asking:
            with suppress(_Heard):
                if isinstance(found := ask(), Iterator):
                    deque(found, maxlen=0)
        heard, self._heard = list(self._heard), None
        return heard

    def _learn(self, questions: Sequence[_Question]) -> None:
        self._known.update(zip(questions, self.together(questions), strict=True))

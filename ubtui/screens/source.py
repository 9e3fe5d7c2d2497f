"""A list of the record for the list widget: each question goes to the reader's thread, each failure has words."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from ubtui.desk import Desk
from ubtui.screens.base import words
from ubtui.services import listing
from ubtui.services.listing import Column, FirstPage, Listing, Query, Row

P = ParamSpec("P")
T = TypeVar("T")


class NotRead(Exception):
    """A list could not be read; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class DeskSource:
    """One listing of the record. `ready`, where given, answers the first question without waiting; all others wait
    until it is `drawn`."""

    def __init__(
        self,
        desk: Desk,
        of: Listing,
        ready: tuple[Query, FirstPage] | None = None,
        drawn: asyncio.Event | None = None,
    ) -> None:
        self.desk, self.of, self._ready, self._drawn = desk, of, ready, drawn

    @property
    def columns(self) -> tuple[Column, ...]:
        """The listing's columns."""
        return self.of.columns

    async def _ask(self, question: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._drawn is not None:
            await self._drawn.wait()
        try:
            return await self.desk.asking(question, *args, **kwargs)
        except Exception as fault:
            raise NotRead(words(fault)) from fault

    async def first(self, query: Query, n: int) -> FirstPage:
        """The first n rows."""
        ready, self._ready = self._ready, None
        if ready is not None and ready[0] == query:
            return ready[1]
        return await self._ask(listing.first, self.of, query, n)

    async def ids(self, query: Query) -> array[int]:
        """All ids in order."""
        return await self._ask(listing.ids, self.of, query)

    async def rows(self, ids: Sequence[int]) -> Mapping[int, Row]:
        """The rows of these ids."""
        return await self._ask(listing.rows, self.of, ids)

    async def total(self, query: Query) -> int:
        """How many rows there are with no filter: of all states where the query names one."""
        return await self._ask(listing.total, self.of, query)

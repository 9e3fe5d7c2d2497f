"""The list that a run or a programme opens: its rows in order, each opening its account or meter."""

from __future__ import annotations

from typing import Any

from ubtui.act import Look
from ubtui.domain.subjects import ItemKey
from ubtui.screens import evidence, seal_round
from ubtui.screens.base import Place
from ubtui.screens.listed import Listed
from ubtui.screens.stepping import Stepping
from ubtui.services import runs, worklist
from ubtui.services.listing import Listing
from ubtui.widgets.status_bar import StatusBar

SEAL_ROUND = "seal-round/"


class RunScreen(Listed, Stepping):
    """`place.key` is the run's item in words, `place.item` its id."""

    KEYS = "run"
    TITLE_TEXT = "List"
    FILTERS = "route:201 age>365, or words of the row"

    @property
    def key(self) -> ItemKey:
        """The run's item."""
        return ItemKey.parse(self.place.key)

    async def listing(self) -> Listing:
        """The list that the item opens."""
        return await self.ask(runs.list_of, self.key)

    async def opens(self, id: int) -> Place:
        """The account or meter of a row."""
        name, key = await self.ask(_opens, self.key, id)
        return Place(name, key, item=self.place.item)

    def file_name(self) -> str:
        """Kind and date of the run."""
        return self.key.subject.key.replace("/", "-")

    async def tell(self) -> None:
        """Why the run is there, or what became of it."""
        view = await self.ask(_view, self.place.item, self.key)
        self.head(f"{view.title}  {self.key}")
        told = view.why if view.state in ("open", "claimed", "waiting") else f"{view.state}: {view.resolution or ''}"
        if self.key.subject.key.startswith(SEAL_ROUND):
            told = f"{seal_round.WAYS} · {told}"
        self.query_one("#counts", StatusBar).say(told)

    # keys

    def do_run_fix(self) -> None:
        """What can be done about the run as a whole."""
        if self.place.item is not None:
            self.router.go(Place("fix", str(self.place.item), item=self.place.item))

    def do_round_holds(self) -> None:
        """The seals that are marked, or the row's, hold."""
        self._round(True)

    def do_round_differs(self) -> None:
        """They are broken, gone, or others."""
        self._round(False)

    def _round(self, holds: bool) -> None:
        if self.key.subject.key.startswith(SEAL_ROUND):
            self.start(seal_round.bring_in(self, holds))
        else:
            self.say("This list is no round of seals.")

    def do_list_explain(self) -> None:
        """Why the run is on the worklist, and how its priority came about."""
        self.start(self._explained())

    async def _explained(self) -> None:
        view = await self.ask(_view, self.place.item, self.key)
        told = evidence.explanation(view, self.desk.district.zone)
        await self.show_lines(f"Why {view.priority}: {evidence.heading(view)}", told)


def _view(look: Look, id: int | None, key: ItemKey) -> worklist.ItemView:
    return worklist.item(look, key if id is None else id)


def _opens(look: Look, key: ItemKey, id: int) -> tuple[str, str]:
    run: Any = runs.run_of(key)
    place: tuple[str, str] = run.opens(look, id)
    return place

"""The routes: above them whether each cycle may be billed, below what each has to be read and what is left of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Container

from ubtui.act import Done, Form, Look, Refused
from ubtui.domain.dates import format_day
from ubtui.screens.base import Place, news
from ubtui.screens.listed import Listed
from ubtui.screens.rehearsed import carried_out, would
from ubtui.services.forms import fields
from ubtui.services.listing import Listing
from ubtui.services.reads import ready
from ubtui.services.reads.estimating import Estimated
from ubtui.services.reads.ready import Ready
from ubtui.services.reads.routes import ROUTES
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.theme import styles_folder

ASKED: Final = ("reason", "method", "skipped")
FEW: Final = 3
METHOD_FIRST: Final = "the first that can tell"


class RoutesScreen(Listed):
    """All routes, in the order of their codes; the cycles that they are billed in."""

    KEYS = "routes"
    TITLE_TEXT = "Routes"
    EMPTY = "No route has a meter."
    CSS_PATH: ClassVar[Any] = [styles_folder() / "route.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.cycles: tuple[Ready, ...] = ()

    def body(self) -> ComposeResult:
        """The cycles, then the routes."""
        yield StatusBar(id="counts")
        yield Panel(id="cycles")
        yield Container(id="work")

    async def listing(self) -> Listing:
        """The routes."""
        return ROUTES

    async def opens(self, id: int) -> Place:
        """Where its reads are typed."""
        return Place("route", self._route())

    def _route(self) -> str:
        return "" if (row := self.row()) is None else row[1]["route"]

    def do_route_open(self) -> None:
        """Type the reads of the row's route in."""
        self.do_run_open()

    async def field_key(self) -> str:
        """A route is no one point."""
        return ""

    def file_name(self) -> str:
        """What an export is called."""
        return "routes"

    async def tell(self) -> None:
        """What the list is; the cycles are counted beside it, for that takes longer than the first page."""
        self.head("Routes")
        self.start(self._count())

    async def _count(self) -> None:
        """Whether each cycle may be billed, and what stands in the way."""
        self.cycles = await self.ask(_all)
        if self.is_attached:
            self.query_one("#cycles", Panel).show(tuple(_lines(self.cycles, self.router.day)))

    def do_route_held(self) -> None:
        """The held reads of the row's route."""
        if route := self._route():
            self.router.go(Place("held", f"route:{route}"))

    def do_route_estimate(self) -> None:
        """Estimate what the row's route lacks."""
        if (found := self._cycle()) is not None:
            route = self._route()
            self.start(
                self._estimate({"route": route, "period": found.period}, f"Estimate what route {route} lacks")
            )  # fmt: skip

    def do_cycle_estimate(self) -> None:
        """Estimate what the cycle of the row's route lacks."""
        if (found := self._cycle()) is not None:
            known = {"cycle": found.cycle, "period": found.period}
            self.start(self._estimate(known, f"Estimate what {found.period} lacks"))

    def _cycle(self) -> Ready | None:
        """The cycle of the row's route; of several the first that lacks something there. It is said where none is."""
        mine = [(each, of) for each in self.cycles for of in each.routes if of.route == self._route()]
        lacking = [each for each, of in mine if of.missing or of.skipped]
        found = [*lacking, *(each for each, _ in mine)]
        if not found:
            self.say("No cycle is read on this route." if self.cycles else "The cycles are still being counted.")
        return found[0] if found else None

    async def _estimate(self, known: dict[str, str], title: str) -> None:
        """Ask why, show what would be estimated by which method, and do it."""
        specs = {each.name: each for each in fields("read.estimate")}
        methods = tuple((value, words or METHOD_FIRST) for value, words in specs["method"].choices)
        specs["method"] = replace(specs["method"], choices=methods)
        specs["skipped"] = replace(specs["skipped"], value="yes")
        asked = [specs[name] for name in ASKED]
        if any(each.period == known["period"] and each.read_on > self.router.day for each in self.cycles):
            asked.append(specs["early"])

        async def shown(made: Form, answer: Done[Any] | Refused) -> tuple[Line, ...]:
            return would(answer) if isinstance(answer, Refused) else tuple(_would(answer.result))

        done = await carried_out(self, "read.estimate", title, asked, known, shown, do="estimate")
        if done is not None:
            count = len(done.result.reads)
            told = f"{count:,} estimated{f', {len(done.result.left):,} left' if done.result.left else ''}."
            await self.reread()
            self.say(" ".join(filter(None, (told, news(done)))))


def _all(look: Look) -> tuple[Ready, ...]:
    return tuple(ready.cycle(look, code) for code in ready.cycles(look))


def _lines(cycles: Iterable[Ready], today: date) -> Iterator[Line]:
    """A line a cycle: its period and days, how far it is, and the verdict in words and tone."""
    for each in cycles:
        days = f"bill {format_day(each.bill_on, today)}"
        verdict = "billed" if each.billed else f"ready, {days}" if each.ready else f"not ready, {days}"
        tone = None if each.billed else "accent" if each.ready else "warning"
        yield Line(each.period, f"{verdict} · {each.total.told()}", tone)


def _would(found: Estimated) -> Iterator[Line]:
    """What would be estimated, by which method, and what is left."""
    by = Counter(each.method for each in found.reads)
    use = sum(each.usage for each in found.reads)
    yield Line("estimates", f"{len(found.reads):,} of {found.period}, {use:,} used in all")
    yield Line("by", ", ".join(f"{method} {count:,}" for method, count in by.most_common()))
    for each in found.reads[:FEW]:
        yield Line(each.point, f"{each.usage:,}: {each.basis}")
    for left in found.left[:FEW]:
        yield Line(left.point, f"left: {left.why}", "warning")
    if len(found.left) > FEW:
        yield Line("", f"and {len(found.left) - FEW:,} more are left", "warning")

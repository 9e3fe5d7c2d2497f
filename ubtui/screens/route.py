"""A route typed in: each meter in walk order, its read shown and judged by the first enter, kept by the second."""
# Length: one line that is typed, what it shows and what it keeps; the parts would only hand the stop to each other.

from __future__ import annotations

from array import array
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from textual.app import ComposeResult
from textual.widgets import Input

from ubtui.act import Refused
from ubtui.desk import Desk
from ubtui.domain.dates import format_day
from ubtui.domain.errors import BadValue
from ubtui.domain.holds import held_for
from ubtui.screens.base import DeskScreen, Place, news, words
from ubtui.screens.beside import PAUSE_SECONDS
from ubtui.screens.rehearsed import would
from ubtui.screens.source import NotRead
from ubtui.services import orders, reads
from ubtui.services.reads import charging, keyed, routes
from ubtui.services.reads.entering import Enter, Entered, Skip
from ubtui.services.reads.estimating import Estimate
from ubtui.services.reads.expecting import limits
from ubtui.services.reads.routes import STATES, Stop, Tally
from ubtui.widgets.line_input import LineInput, NotTaken
from ubtui.widgets.pages import KEPT, place_in
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column, FirstPage, Query, Row
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.theme import styles_folder

P = ParamSpec("P")
T = TypeVar("T")
COLUMNS = (
    Column("place", "Seq", 6, "right"),
    Column("address", "Address", 14, grow=2),
    Column("serial", "Serial", 11),
    Column("prior", "Prior", 10, "right"),
    Column("read", "Read", 10, "right"),
    Column("use", "Use", 7, "right"),
    Column("state", "State", 9),
    Column("note", "Where", 14, priority=2, grow=1),
)
MOVES = {"down": "list.down", "up": "list.up", "pagedown": "list.page_down", "pageup": "list.page_up"}
TONES = {"held": "warning", "skipped": "dim", "estimated": "accent"}
STILL = "The read before is still being kept."
DONE = "Every meter of the route has a read, an estimate or a skip."
ACTS: dict[type, Any] = {
    Enter: reads.enter, Skip: reads.skip, Estimate: reads.estimate, orders.Create: orders.create,
}  # fmt: skip


class Walk:
    """The registers of a route as a list: the stops of a page are read when it is shown, and known until forgotten."""

    columns = COLUMNS

    def __init__(self, desk: Desk, route: str) -> None:
        self.desk, self.route = desk, route
        self.stops: OrderedDict[int, Stop] = OrderedDict()

    async def first(self, query: Query, n: int) -> FirstPage:
        """The first n rows."""
        ids = await self._ask(routes.ids, self.route, n)
        return FirstPage(ids, await self.rows(ids))

    async def ids(self, query: Query) -> array[int]:
        """All ids in walk order."""
        return await self._ask(routes.ids, self.route)

    async def rows(self, ids: Sequence[int]) -> Mapping[int, Row]:
        """The rows of these ids."""
        stops = await self._ask(routes.stops, ids)
        for stop in stops:
            self.stops[stop.register_id] = stop
            self.stops.move_to_end(stop.register_id)
        while len(self.stops) > 4 * KEPT:
            self.stops.popitem(last=False)
        return {stop.register_id: _row(stop) for stop in stops}

    async def total(self, query: Query) -> int:
        """How many there are: a walk is never filtered."""
        return len(await self.ids(query))

    async def _ask(self, question: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await self.desk.asking(question, *args, **kwargs)
        except Exception as fault:
            raise NotRead(words(fault)) from fault


class RouteScreen(DeskScreen):
    """`place.key` is the route. What is typed stands in one line below the list; the list follows it."""

    KEYS = "route"
    TITLE_TEXT = "Route"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "route.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.source = Walk(self.desk, place.key)
        self._tally: Tally | None = None  # None until it is counted
        self.on: date | None = None
        self._shown: tuple[int, str] | None = None  # stop and text whose outcome stands on the screen
        self._far: date | None = None  # a day far back that was told, and is taken when it is asked for again
        self._limits: tuple[Stop, tuple[int | None, int | None]] | None = None
        self._lost = ""  # what is said of keys that were not taken since the last enter
        self.keys_wait = False  # an enter is under way: what is typed behind it is for the meter that comes after

    @property
    def is_task(self) -> bool:
        """Only a read that is typed and not kept would be lost."""
        return bool(self._text())

    def body(self) -> ComposeResult:
        """The walk, the meter under the cursor, and the line that is typed."""
        yield StatusBar(id="counts")
        yield QueueList(self.source, empty="No meter is read on this route.", id="walk")
        yield Panel(id="stop")
        yield LineInput(placeholder=keyed.HELP, id="typed", takes_rush=True)

    def on_mount(self) -> None:
        """Begin at the first meter that has no read yet."""
        self.query_one("#typed").focus()
        self.start(self._open())

    async def _open(self) -> None:
        await self.walk.wait_settled()
        if self.walk.ids:
            self._to(await self._next_open(after=None))
            await self._counted()

    async def _counted(self) -> None:
        self._tally = await self.ask(routes.tally, self.place.key)
        self._tell()

    def _tell(self) -> None:
        """Say what the route has so far, and of which day the reads are."""
        if (found := self._tally) is None:
            return
        told = [f"{count} {state}" for state in STATES if (count := found.states[state])]
        told += [f"{n} {what}" for n, what in ((found.gaps, "gap"), (found.twins, "number twice")) if n == 1]
        told += [f"{n} {what}" for n, what in ((found.gaps, "gaps"), (found.twins, "numbers twice")) if n > 1]
        self.head(f"Route {self.place.key}  {', '.join(found.periods)}")
        on = format_day(self.on or self.router.day, self.router.day)
        self.query_one("#counts", StatusBar).say(
            "  ".join(told), right=f"read day {format_day(found.read_on, self.router.day)}  typed as of {on}"
        )

    def on_screen_resume(self) -> None:
        """Back from what lay over it: what was done there is in the list."""
        if self._tally is not None:
            self.walk.reload()
            self.start(self._counted())

    @property
    def walk(self) -> QueueList:
        """The list."""
        return self.query_one("#walk", QueueList)

    @property
    def line(self) -> LineInput:
        """The line that is typed."""
        return self.query_one("#typed", LineInput)

    @property
    def stop(self) -> Stop | None:
        """The meter under the cursor, once its row has arrived."""
        id = self.walk.current_id
        return None if id is None else self.source.stops.get(id)

    async def _here(self) -> Stop | None:
        """The meter under the cursor."""
        if self.stop is None:
            await self.walk.wait_settled()
        return self.stop

    def _text(self) -> str:
        found = self.query("#typed")
        return found.first(LineInput).value.strip() if found else ""

    async def _next_open(self, after: int | None) -> int | None:
        """The next meter without a read, from the top again behind the last one."""
        ids = self.walk.ids
        start = 0 if (place := place_in(ids, after)) is None else place + 1
        return await self.ask(routes.first_open, ids[start:] + ids[:start])

    def _to(self, id: int | None) -> None:
        if id is None:
            self.say(DONE)
        elif (place := place_in(self.walk.ids, id)) is not None:
            self.walk.move_to(place)

    def on_queue_list_highlighted(self) -> None:
        """Another meter: what it is, and what its read may be."""
        self._shown, id = None, self.walk.current_id
        self.set_timer(PAUSE_SECONDS, lambda: self._describe_if_there(id))

    def _describe_if_there(self, id: int | None) -> None:
        if self.is_attached and id == self.walk.current_id and self._shown is None:
            self.start(self._described())

    async def _described(self) -> None:
        if (stop := await self._here()) is not None:
            within = await self._within(stop)
            if self.stop == stop and self._shown is None:
                self.query_one("#stop", Panel).show(_about(stop, within, self.router.day))

    async def _within(self, stop: Stop) -> tuple[int | None, int | None]:
        """What the meter may show unasked; asked once while the cursor stands on it."""
        if self._limits is None or self._limits[0] != stop:
            self._limits = stop, await self.ask(limits, stop)
        return self._limits[1]

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was shown or told is not what is typed now."""
        self._far = None
        if self._shown is not None and self._shown[1] != event.value.strip():
            self._shown = None
            self.start(self._described())

    def on_input_submitted(self) -> None:
        """Show what is typed, or keep what is shown; on an empty line go on to the next meter without a read."""
        self.do_route_enter()

    def do_route_enter(self) -> None:
        """Show what is typed, or keep what is shown."""
        if self.keys_wait:
            self.say(STILL)
            return
        self.keys_wait, self._lost = True, ""
        self.line.closed = STILL
        self.start(self._entered())

    async def _entered(self) -> None:
        """Do what an enter is for; lines that came in one rush are taken one after the other.

        Where one is not taken, those behind it were meant for other meters: none of them is, and that is said.
        """
        try:
            await self._enter()
        except Exception as fault:
            self._refuse(words(fault))
            raise
        finally:
            self.keys_wait, self.line.closed = False, ""
        if self._lost:
            self.say(" · ".join(filter(None, (self.said(), self._lost))))

    def _refuse(self, why: str) -> None:
        self.say(why)
        self.line.refuse_rest(why)

    def on_not_taken(self, event: NotTaken) -> None:
        """Keys were not taken: say so, and again behind what is said of the enter that is under way."""
        self._lost = event.sentence
        self.say(event.sentence)

    async def _enter(self) -> None:
        stop, text = await self._here(), self._text()
        if stop is None:
            return
        if not text:
            self._to(await self._next_open(after=stop.register_id))
            return
        try:
            form = keyed.typed(text, stop, self.on, self.router.day)
        except BadValue as fault:
            self._refuse(str(fault))
            return
        if isinstance(form, keyed.Day):
            back = (self.router.day - form.on).days
            if back > keyed.FAR_DAYS and self._far != form.on:
                self._far = form.on
                self._refuse(f"{form.on} lies {back} days back: enter again if the reads are of that day.")
                return
            self.on = form.on
            self._clear()
            self._tell()
            return
        act = ACTS[type(form)]
        if self._shown != (stop.register_id, text):
            await self._show(stop, text, act, form)
            return
        before = await self.ask(routes.at, stop.point)
        if (done := await self.perform(act, form)) is None:
            self._refuse(self.said())
            return
        self._clear()
        await self._became(stop.point, before)
        following = await self._next_open(after=stop.register_id)
        self._to(following)
        if following is None:
            await self._counted()
        await self._described()
        said = f"{stop.point}: {_kept(done.result, text)}", news(done), "" if following else DONE
        self.say(" · ".join(filter(None, said)))

    async def _became(self, point: str, before: Sequence[Stop]) -> None:
        """Show what became of a point's registers, and count them where they are now."""
        after = await self.ask(routes.at, point)
        if (was := self._tally) is not None:
            states = was.states + Counter(stop.state for stop in after) - Counter(stop.state for stop in before)
            self._tally = replace(was, states=states)
        for stop in after:
            self.walk.refresh_row(stop.register_id)
        await self.walk.wait_settled()
        self._tell()

    async def _show(self, stop: Stop, text: str, act: Any, form: Any) -> None:
        answer = await self.desk.performing(act, form, dry_run=True)
        lines: tuple[Line, ...] = would(answer)
        if not isinstance(answer, Refused):
            if isinstance(answer.result, Entered):
                charge = await self._charge(stop, answer.result)
                day = self.on or self.router.day
                lines = tuple(_judged(stop, answer.result, await self._within(stop), day, charge))
            lines = (*lines, Line("", "enter keeps it"))
            self._shown = stop.register_id, text
        else:
            self.line.refuse_rest(answer.sentence())
        self.query_one("#stop", Panel).show(lines)

    async def _charge(self, stop: Stop, found: Entered) -> str:
        """What the use would be charged; "" where that is not said, as of a counter beside another."""
        if found.usage is None or stop.registers > 1:
            return ""
        bill = await self.ask(charging.charged, stop.point, found.usage, found.read_on)
        return "" if bill is None else charging.told(bill)

    def _clear(self) -> None:
        self._shown = None
        self.line.value = ""

    async def account_in_view(self) -> str | None:
        """The account of the meter under the cursor."""
        return self.stop.account if self.stop else None

    def do_route_meter(self) -> None:
        """The history of the meter under the cursor."""
        if self.stop is not None:
            self.router.interrupt(Place("meter", self.stop.point))

    def on_key(self, event: object) -> None:
        """Arrows and pages move in the list while the line keeps the focus."""
        if (id := MOVES.get(getattr(event, "key", ""))) is not None:
            self.action_command(id)


def _row(stop: Stop) -> Row:
    place = "" if stop.sequence is None else str(stop.sequence)
    flag = "=" if stop.jump < 0 else "+" if stop.jump > 0 else ""
    cells = (
        f"{flag}{place}", stop.address, stop.serial + ("" if stop.registers == 1 else f" ·{stop.register}"),
        _figure(stop.prior), _figure(stop.value), _figure(stop.usage), stop.state, stop.note,
    )  # fmt: skip
    return Row(cells, TONES.get(stop.state))


def _figure(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _about(stop: Stop, low_high: tuple[int | None, int | None], today: date) -> Iterator[Line]:
    yield Line("account", f"{stop.account} {stop.name} · {stop.point}")
    yield Line(
        "meter", f"{stop.maker} {stop.serial}, {stop.face.dials} dials × {stop.face.multiplier} {stop.face.unit}"
    )
    before = "none yet" if stop.prior is None else f"{stop.prior:,}"
    on = f" of {format_day(stop.last_on, today)}" if stop.last_on else ""
    expected = "" if low_high[0] is None else f", expected {low_high[0]:,} to {low_high[1]:,}"
    yield Line("before", f"{before}{on}{expected}")
    told = "  ".join(filter(None, (stop.note, f"seal {stop.seal}" if stop.seal else "", stop.why)))
    if told:
        yield Line("there", told, "warning" if stop.seal else None)


def _judged(
    stop: Stop, found: Entered, low_high: tuple[int | None, int | None], on: date, charge: str
) -> Iterator[Line]:
    """What a read would be: its use and charge, whether it is expected, whether it would be held."""
    if found.usage is None:
        yield Line("use", "none can be told" if found.held is None else "not known while it is held")
    else:
        days = (on - stop.last_on).days if stop.last_on else 0
        daily = f", {found.usage / days:.2f} a day in {days} days" if days else ""
        yield Line("use", f"{found.usage:,} {stop.unit}{daily}", "accent")
    if charge:
        yield Line("charge", charge)
    low, high = low_high
    if low is not None and high is not None and not low <= found.value <= high:
        side = "above" if found.value > high else "below"
        yield Line("look", f"{found.value:,} is {side} what is expected, {low:,} to {high:,}", "warning")
    if found.held:
        yield Line("held", f"{held_for(found.held)}: it waits on the worklist and is not billed", "danger")
    if found.replaced is not None:
        yield Line("replaces", f"the estimate of {found.replaced:,}")
    if stop.seal:
        yield Line("sealed", f"seal {stop.seal}: any use is looked at first", "warning")


def _kept(result: object, text: str) -> str:
    if isinstance(result, Entered):
        use = (
            "held: " + held_for(result.held) if result.held else "" if result.usage is None else f"use {result.usage:,}"
        )
        return f"{result.value:,} {use}".strip()
    return text

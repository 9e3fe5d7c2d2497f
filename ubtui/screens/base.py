"""What every screen has: its keys from the registry, its bars, and one way to ask the desk and to do an act."""

# Length: what every screen does alike stands in one class, read together with what it asks of the app.
from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, Protocol, TypeVar, cast

import msgspec
from msgspec import structs
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer
from textual.screen import Screen

from ubtui import keys
from ubtui.act import Act, Actor, Done, Form, Refused
from ubtui.desk import Desk, barred
from ubtui.domain.errors import BadValue
from ubtui.keyfile import NO_KEY
from ubtui.widgets.hint_bar import HintBar
from ubtui.widgets.panel import Line
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.too_small import TooSmall

if TYPE_CHECKING:  # fields and inputs are not needed for the first screen
    from textual.worker import Worker

    from ubtui.services.listing import Query
    from ubtui.services.news import News
    from ubtui.widgets.field import FieldSpec
    from ubtui.widgets.line_input import NotTaken

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Form)
R = TypeVar("R")
LIST_ACTIONS: dict[str, tuple[Any, ...]] = {
    "list.down": ("step", 1),
    "list.up": ("step", -1),
    "list.page_down": ("page", 1),
    "list.page_up": ("page", -1),
    "list.first": ("first",),
    "list.last": ("last",),
    "list.mark": ("mark",),
}
SCROLLS = {
    "list.down": "scroll_down",
    "list.up": "scroll_up",
    "list.page_down": "page_down",
    "list.page_up": "page_up",
    "list.first": "scroll_home",
    "list.last": "scroll_end",
}
CHOOSE = "choose"  # the word of a question that only chooses: nothing is done by it
PATIENCE_SECONDS = 0.4  # after this a person is told what is waited for


class Place(msgspec.Struct, frozen=True):
    """Where to go: the screen's name in the registry, what it shows, and the work item it was opened from."""

    name: str
    key: str = ""
    item: int | None = None
    draft: str = ""


class Ask(msgspec.Struct, frozen=True):
    """A question put over a screen: fields, what is about to happen, and the word for doing it.

    `by_enter`: enter in the last field does it; never so where money moves. `enter_does`: of a question without fields,
    enter does what its lines show; only behind a form that was filled in, so that nothing moves by one key.
    `act` is the act that it is for, whose policy F1 shows. `preview` tells what the fields as typed would do: it is
    shown below them, and nothing is done unseen; a line of danger in it bars the way.
    """

    title: str
    fields: tuple[FieldSpec, ...] = ()
    lines: tuple[Line, ...] = ()
    do: str = "do it"
    by_enter: bool = True
    check: Callable[[dict[str, str]], dict[str, str]] = lambda values: {}
    enter_does: bool = False
    act: str = ""
    preview: Callable[[dict[str, str]], Coroutine[Any, Any, tuple[Line, ...]]] | None = None


class Router(Protocol):
    """What the app does for its screens; it alone pushes and pops them."""

    desk: Desk
    day: date
    commands: tuple[keys.Command, ...]  # the registry with this person's keys
    written: set[Path]  # files that were written from here, which may be written again

    @property
    def parked(self) -> int:
        """How many forms and questions wait below the screen on top."""

    def load_routes(self) -> None:
        """Load what keys open, beside them."""

    def interrupt(self, place: Place) -> None:
        """Open a place over whatever is under way, which is parked: esc comes back to its cursor."""

    def go(self, place: Place, instead: bool = False) -> None:
        """Open a place; `instead` of the screen on top."""

    def back(self) -> None:
        """Leave the screen on top."""

    def look_at(self, query: Query, said: str = "") -> None:
        """Show the worklist under another query, and say so."""

    def looked_at(self) -> Query:
        """What the worklist shows."""

    def step(self, by: int, here: int | None) -> int | None:
        """The item after `here` on the worklist (before it, when negative); None at its end."""

    async def asked(self, question: Ask) -> dict[str, str] | None:
        """Put a question and wait; None when it was cancelled."""

    def began(self, work: Worker[None]) -> None:
        """Something slow began, which the next key waits for, within reason."""

    def heard(self, told: News) -> None:
        """The worklist shows everything up to this event, on this business day."""

    def remember_claim(self, item: str, held: bool) -> None:
        """Know which items this seat holds, to give them back when it leaves."""


def words(fault: BaseException) -> str:
    """A fault in one sentence for the person: the record's own words where it has a cause, else its kind."""
    if isinstance(fault, BadValue | Refused):
        return fault.sentence() if isinstance(fault, Refused) else str(fault)
    cause = getattr(fault, "cause", None)
    if cause == "busy":
        return "Another seat is writing: nothing was changed and nothing is lost. Try again."
    if isinstance(cause, str):
        return f"{fault}"
    return f"This failed ({type(fault).__name__}): nothing was written. Run ubtui doctor if it comes again."


def news(done: Done[Any]) -> str:
    """What an act did to the worklist: "closed 3 items, opened 1"."""
    parts = []
    for verb, count in (("closed", len(done.closed)), ("opened", len(done.opened))):
        if count:
            parts.append(f"{verb} {count} item{'s' if count > 1 else ''}")
    return ", ".join(parts)


class DeskScreen(Screen[None], inherit_bindings=False):
    """A screen over the desk. Subclasses name themselves in KEYS and handle command `a.b` in `do_a_b`."""

    KEYS: ClassVar[str] = "help"
    TITLE_TEXT: ClassVar[str] = ""
    AUTO_FOCUS = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        bindings: list[BindingType] = []
        taken: set[str] = set()
        for each in keys.for_screen(cls.KEYS):
            names = [key for key in each.keys_on(cls.KEYS) if " " not in key] or [NO_KEY]
            taken.update(names)
            action, id = f"command('{each.id}')", f"{cls.KEYS}:{each.id}"
            bindings.append(Binding(",".join(names), action, each.label, False, id=id, tooltip=each.help))
        for key, action in (("tab", "focus_next"), ("shift+tab", "focus_previous")):
            if key not in taken:
                bindings.append(Binding(key, f"app.{action}", action, show=False))
        cls.BINDINGS = [*cls.__dict__.get("BINDINGS", ()), *bindings]
        super().__init_subclass__(**kwargs)

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self._acting = False
        self.failure: Exception | None = None  # of what was started last

    @property
    def router(self) -> Router:
        """The app, as far as a screen may use it."""
        return cast(Router, self.app)

    @property
    def desk(self) -> Desk:
        """The desk."""
        return self.router.desk

    @property
    def actor(self) -> Actor:
        """Who sits here."""
        return self.desk.actor

    def compose(self) -> ComposeResult:
        """The bar on top, the screen's own body, the keys below."""
        yield StatusBar(self.TITLE_TEXT, self.who(), id="top")
        yield from self.body()
        barred = {each.label for each in self._in_footer() if self._barred(each)}
        yield HintBar(keys.hints(self.KEYS, self.router.commands), barred, id="hints")
        yield TooSmall()

    def body(self) -> ComposeResult:
        """What stands between the bars."""
        raise NotImplementedError

    def who(self) -> str:
        """Who sits here, for the bar on top, and how many forms wait below."""
        parked = self.router.parked
        return f"{self.actor.name} · {self.actor.role}" + (f" · {parked} parked" if parked else "")

    @property
    def is_task(self) -> bool:
        """Whether work is under way here that an interruption parks."""
        return self.KEYS in keys.FORMS

    async def account_in_view(self) -> str | None:
        """The number of the account that this screen is about now; None where it is about none."""
        return None

    async def ruled_by(self) -> tuple[str, str]:
        """What F1 tells the policy of: ("item", its id), ("reason", its code), ("account", its number) or ("", "")."""
        if self.place.item is not None and self.KEYS not in ("account", "card"):
            return "item", str(self.place.item)
        account = await self.account_in_view()
        return ("account", account) if account else ("", "")

    def _in_footer(self) -> list[keys.Command]:
        return [each for each in keys.for_screen(self.KEYS, self.router.commands) if each.show]

    def grey_keys(self) -> None:
        """Put the keys of the footer in brackets that cannot act here and now."""
        for bar in self.query("#hints").results(HintBar):
            bar.grey({each.label for each in self._in_footer() if self.why_not(each)})

    def on_queue_list_counted(self, event: QueueList.Counted) -> None:
        """A list without rows has nothing to act on."""
        self.grey_keys()

    def head(self, text: str) -> None:
        """Name what is shown."""
        self.query_one("#top", StatusBar).say(text)

    def say(self, sentence: str | None) -> None:
        """Put a sentence in the place of the keys until the next key; None brings the keys back."""
        for bar in self.query("#hints").results(HintBar):  # none before the screen is composed, or after it went
            bar.say(sentence)

    def said(self) -> str:
        """The sentence that stands in the place of the keys, if any."""
        return next((bar.sentence or "" for bar in self.query("#hints").results(HintBar)), "")

    # doing

    def action_command(self, id: str) -> None:
        """Key or palette: run a command of the registry."""
        if not self.is_mounted:  # a key that came before the screen stands
            return
        if id in LIST_ACTIONS and self._moved(id):
            return
        if why := self.why_not(keys.command(id)):
            self.say(why)
            return
        name = "do_" + id.replace(".", "_")
        handler = getattr(self, name, None) or getattr(self.app, name, None)
        if handler is None:
            self.say(f"{keys.command(id).label}: nothing to do here.")
            return
        handler()

    def why_not(self, command: keys.Command) -> str:
        """Why a command cannot act here and now, in one sentence; "" when it can.

        A screen adds its own reason for command `a.b` in `cannot_a_b`, which answers in the same way.
        """
        if why := self._barred(command):
            return why
        if command.id in keys.ON_ROWS and self.KEYS in keys.LISTS:
            shown = self.shown_list()
            if shown is None:
                return "No list here."
            if not shown.ids:
                return "There is no row here."
        own = getattr(self, "cannot_" + command.id.replace(".", "_"), None)
        return str(own()) if own is not None else ""

    def _barred(self, command: keys.Command) -> str:
        act = keys.ACTS.get(command.id)
        return barred(self.desk.district, self.actor.role, act) if act else ""

    def _moved(self, id: str) -> bool:
        """Move in the list in view, else scroll the text that has the focus."""
        if (shown := self.shown_list()) is not None:
            name, *given = LIST_ACTIONS[id]
            getattr(shown, f"action_{name}")(*given)
        elif isinstance(self.focused, ScrollableContainer) and id in SCROLLS:
            getattr(self.focused, f"action_{SCROLLS[id]}")()
        else:
            return False
        return True

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something slow beside the keys; what goes wrong is said in words."""
        self.router.began(self.run_worker(self._told(work), exit_on_error=False))

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as fault:
            self.failure = fault
            self.log.error(repr(fault))
            self.say(words(fault))

    async def ask(self, question: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer a question on the reader's thread."""
        return await self.desk.asking(question, *args, **kwargs)

    async def perform(
        self, act: Act[F, R], form: F, *, key: str | None = None, dry_run: bool = False, said: str = ""
    ) -> Done[R] | None:
        """Do an act off the keys' path. A refusal or fault is said in its words, and None comes back.

        One act at a time on a screen: a second key while one is under way says so.
        """
        if self._acting:
            self.say("One moment: the last act is still under way.")
            return None
        self._acting = True
        try:
            task = asyncio.ensure_future(self.desk.performing(act, form, key=key, dry_run=dry_run))
            done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
            if not done:
                self.say("Waiting for another seat to finish writing…")
            answer = await task
        except Exception as fault:
            self.say(words(fault))
            return None
        finally:
            self._acting = False
        if isinstance(answer, Refused):
            self.say(answer.sentence())
            return None
        if not dry_run:
            self.say(" · ".join(part for part in (said, news(answer)) if part) or None)
        return answer

    async def until_done(
        self, question: Ask, tried: Callable[[dict[str, str]], Coroutine[Any, Any, T | None]]
    ) -> T | None:
        """Ask until what the answer is tried for is done, or the question is left (None).

        What was typed stands in it again, below the sentence of the refusal.
        """
        lines = question.lines
        while (values := await self.router.asked(question)) is not None:
            self.say(None)
            if (done := await tried(values)) is not None:
                return done
            typed = tuple(dataclasses.replace(each, value=values[each.name]) for each in question.fields)
            told = Line("refused", self.said() or "it was not done", "danger")
            question = structs.replace(question, fields=typed, lines=(*lines, told))
        return None

    # everywhere

    def do_app_back(self) -> None:
        """Go back to where you were."""
        self.router.back()

    def do_policy_show(self) -> None:
        """The policy behind what is shown."""
        self.start(self._show_policy())

    def show_policy_of(self, act: str) -> None:
        """The policy behind a question that was put over this screen; of what is shown where it names no act."""
        self.start(self._show_policy(("act", act) if act else ("", "")))

    async def _show_policy(self, about: tuple[str, str] = ("", "")) -> None:
        from ubtui.services import policies

        found = await self.ask(policies.article, *(about if any(about) else await self.ruled_by()))
        await self.show_lines(f"Policy  {found.title}", tuple(Line(*line) for line in found.lines))

    def do_list_refresh(self) -> None:
        """Read the lists of this screen again."""
        for each in self.query(QueueList):
            each.reload()

    def do_list_sort(self) -> None:
        """Sort by the next column."""
        if (shown := self._sorted_here()) is not None:
            shown.sort()

    def do_list_reverse(self) -> None:
        """Turn the order round."""
        if (shown := self._sorted_here()) is not None:
            shown.reverse()

    def _sorted_here(self) -> QueueList | None:
        """The list in view, where it has columns to sort by; lines that tell one thing stand as they are."""
        shown = self._list_here()
        if shown is not None and sum(bool(column.title) for column in shown.source.columns) < 2:
            self.say("This list keeps its order.")
            return None
        return shown

    def do_list_cell(self) -> None:
        """Show the whole row."""
        if (shown := self._list_here()) is not None and (row := shown.current_row) is not None:
            pairs = zip(shown.source.columns, row.cells, strict=False)
            lines = tuple(Line(column.title or column.key, text) for column, text in pairs)
            self.start(self.show_lines("The whole row", lines))

    async def show_lines(self, title: str, lines: tuple[Line, ...]) -> None:
        await self.router.asked(Ask(title, lines=lines, do=""))

    def do_list_copy(self) -> None:
        """Copy the row to the terminal's clipboard."""
        if (shown := self._list_here()) is not None and (row := shown.current_row) is not None:
            self.app.copy_to_clipboard("\t".join(row.cells))
            self.say("Copied, where the terminal allows it.")

    def do_list_export(self) -> None:
        """Write what is shown, in its order and under its filter, to a file."""
        if (shown := self._list_here()) is not None:
            from ubtui.screens.export import export

            name = "-".join(part.replace("/", "-") for part in (self.KEYS, self.place.key, shown.id or "") if part)
            self.start(export(self, shown, name, "rows"))

    def shown_list(self) -> QueueList | None:
        """The list that has the focus, or the first one; None where there is none."""
        found = self.focused
        return found if isinstance(found, QueueList) else next(iter(self.query(QueueList)), None)

    def _list_here(self) -> QueueList | None:
        """The list in view; without one, or on an empty one, that is said."""
        shown = self.shown_list()
        if shown is None:
            self.say("No list here.")
        elif not shown.ids:
            self.say("There is no row here.")
        return shown

    def on_not_taken(self, event: NotTaken) -> None:
        """A field did not take what came: say why."""
        self.say(event.sentence)

    def on_queue_list_failed(self, event: QueueList.Failed) -> None:
        """A list could not be read: say why."""
        self.log.error(repr(event.fault))
        self.say(words(event.fault))

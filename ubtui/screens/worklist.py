"""The worklist, where the day begins: what is wrong, why it matters, and the keys that put it right."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from ubtui.act import Done, Look
from ubtui.domain.dates import format_day
from ubtui.screens import evidence
from ubtui.screens.base import Place
from ubtui.screens.item_acts import ItemActs
from ubtui.screens.source import DeskSource
from ubtui.services import news, worklist
from ubtui.services.listing import FirstPage, Query
from ubtui.widgets import too_small
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from ubtui.services.worklist.desks import Note

HINT = (
    Line("", "This is the list of what is wrong today, the most urgent first."),
    Line("", "enter opens the item on the line with its fix; esc comes back; ? shows every key here."),
    Line("", "Fixed items leave the list by themselves. q leaves; nothing typed is ever lost."),
)
LOAD_SECONDS = 0.25  # the counts and what the first row says go before what keys open
EVIDENCE_SECONDS = 0.08  # a held-down arrow does not ask for every row it passes


class WorklistScreen(ItemActs):
    """List, counts and the evidence of the row under the cursor."""

    KEYS = "worklist"
    TITLE_TEXT = "Worklist"

    HORIZONTAL_BREAKPOINTS = [*too_small.HORIZONTAL, too_small.BROAD]

    def __init__(self, place: Place, ready: tuple[Query, FirstPage] | None = None) -> None:
        super().__init__(place)
        self._ready = ready
        self._drawn = asyncio.Event()  # the first page; what else is shown comes behind it
        self._asked_for: int | None = None
        self._counts = ""

    def body(self) -> ComposeResult:
        """Counts (or the filter while it is typed), the list, the evidence."""
        yield StatusBar(id="counts")
        with Container(id="work"):
            shown = worklist.worklist_for(self.actor.role, self.desk.district.kind)
            asked = None if self._ready is None else self._ready[0]
            source = DeskSource(self.desk, shown, self._ready, self._drawn)
            yield QueueList(source, asked=asked, empty="Nothing is wrong today.", id="list")
            yield Panel(HINT if getattr(self.app, "hint", False) else (), id="evidence")

    def who(self) -> str:
        """Person, role and district."""
        return f"{self.actor.name} · {self.actor.role} · {self.desk.district.name}"

    def on_mount(self) -> None:
        """Begin on the first row."""
        self.list.focus()
        self.name_day()
        self.call_after_refresh(self._behind)

    def _behind(self) -> None:
        self._drawn.set()
        self.start(self._count())
        self.start(self._announce())
        if not self.app.is_headless:
            self.set_timer(LOAD_SECONDS, self.router.load_routes)

    def name_day(self) -> None:
        """Say which business day it is."""
        day = self.router.day
        self.head(f"Worklist  {day:%a} {format_day(day, day)}")

    # what the app tells

    def healed(self, done: Done[Any]) -> None:
        """An act of this desk was committed: what it closed leaves the list, what it opened comes to it."""
        self.reread()

    def reread(self) -> None:
        """Counts first, then the list: what others change in between is told again rather than never."""
        self.start(self._count())
        self.list.reload()
        self._explain(self._asked_for)  # what the row says may be told otherwise now

    def do_list_refresh(self) -> None:
        """Read the list again."""
        self.reread()

    def changed_elsewhere(self, count: int) -> None:
        """Other seats changed so many items since the list was read."""
        self.list.changed = count

    def step(self, by: int, here: int | None) -> int | None:
        """The item after `here`; where that has left the list, the cursor is on the next one already."""
        if by > 0 and here is not None and self.list.current_id not in (here, None):
            return self.list.current_id
        return self.list.step(by)

    def end_hint(self) -> None:
        """The first key was pressed: the evidence takes the hint's place."""
        self._explain(self._asked_for)

    def filter_closed(self) -> None:
        """The filter line is gone: the row's evidence stands where the offers stood."""
        self._explain(self._asked_for)

    async def ruled_by(self) -> tuple[str, str]:
        """The kind of the row."""
        return ("", "") if self.list.current_id is None else ("item", str(self.list.current_id))

    # what is shown

    async def _announce(self) -> None:
        if not getattr(self.app, "hint", False) and (note := await self.ask(_unread_note)) is not None:
            self.query_one("#evidence", Panel).show(note_lines(note), note_heading(note, self.router.day))
            self.app.hint = True  # type: ignore[attr-defined]  # it stays until the first key, as the first hint does
            await self.desk.saving(_note_read, note.id)
        from ubtui.screens.kept import kept_forms

        if (waiting := await self.ask(kept_forms)) and not self.said():
            more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
            self.say(f"A form waits: {waiting[0].told}{more} — g d opens it.")

    async def _count(self) -> None:
        self.router.heard(await self.ask(news.news, 0))
        counts = await self.ask(worklist.tally)
        plan = await self.ask(worklist.day_plan)
        self._counts = (
            f"Mine {counts.mine}  Team {counts.team}  Waiting {counts.waiting}  Done today {counts.done_today}"
            f"   {plan.said()}"
        )
        self._say_counts()

    def _say_counts(self) -> None:
        self.query_one("#counts", StatusBar).say(self._counts, self.list.counts())

    @on(QueueList.Counted, "#list")
    def _counted(self) -> None:
        self._say_counts()

    @on(QueueList.Highlighted, "#list")
    def _highlighted(self, event: QueueList.Highlighted) -> None:
        self._asked_for = event.id
        if event.id is None:
            if not getattr(self.app, "hint", False):
                self.query_one("#evidence", Panel).show((), "")
        else:
            self.set_timer(EVIDENCE_SECONDS, lambda: self._explain(event.id))

    def _explain(self, id: int | None) -> None:
        if id is not None and id == self._asked_for and self.is_attached:
            self.start(self._show_evidence(id))

    async def _show_evidence(self, id: int) -> None:
        view = await self.ask(worklist.item, id)
        filtering = self.has_class("-filtering")
        if id == self._asked_for and self.is_attached and not filtering and not getattr(self.app, "hint", False):
            self.query_one("#evidence", Panel).show(
                evidence.lines(view, self.router.day, self.desk.district.zone), evidence.heading(view)
            )

    # the desk

    def do_item_kind(self) -> None:
        """The kind of the row: its rule, its limits, and what others would raise."""
        self.start(self._explain_kind())

    async def _explain_kind(self) -> None:
        from ubtui.screens.kind import explain_kind

        if (id := self.list.current_id) is not None:
            await explain_kind(self, (await self.ask(worklist.item, id)).key.code)

    def do_handover_leave(self) -> None:
        """Leave a note for the next person."""
        self.start(self._leave_note())

    async def _leave_note(self) -> None:
        from ubtui.screens.handing import leave_note

        await leave_note(self)

    def do_backup_set(self) -> None:
        """Let a colleague stand in."""
        self.start(self._set_backup())

    async def _set_backup(self) -> None:
        from ubtui.screens.handing import set_backup

        await set_backup(self)

    # keys

    @on(QueueList.Chosen, "#list")
    def _chosen(self, event: QueueList.Chosen) -> None:
        marks = self.list.marks
        self.router.go(Place("fix", " ".join(map(str, marks)) if len(marks) > 1 else "", item=event.id))

    def do_item_open(self) -> None:
        """Open the item with its fix."""
        self.list.action_choose()

    def do_item_next(self) -> None:
        """The next item."""
        self.list.step(1)

    def do_item_previous(self) -> None:
        """The item before."""
        self.list.step(-1)

    def do_item_account(self) -> None:
        """Open the account of the row."""
        self.start(self._open_account("account"))

    def do_item_meter(self) -> None:
        """Open the meter of the row."""
        self.start(self._open_account("meter"))

    def do_item_adjust(self) -> None:
        """Adjust the account of the row."""
        self.start(self._open_account("adjust"))

    async def _open_account(self, name: str) -> None:
        if (id := self.list.current_id) is None:
            return
        view = await self.ask(worklist.item, id)
        key = view.account
        if name == "meter":
            subject = view.key.subject
            own = subject.key if subject.type in ("point", "meter") else view.evidence.get("point")
            key = str(own or view.account or "")
        if key:
            self.router.go(Place(name, key, item=id))
        else:
            self.say("This item is about no account.")

    def do_list_explain(self) -> None:
        """How the priority came about."""
        self.start(self._explain_row())

    async def _explain_row(self) -> None:
        if (id := self.list.current_id) is not None:
            view = await self.ask(worklist.item, id)
            await self.show_lines(
                f"Why {view.priority}: {evidence.heading(view)}", evidence.explanation(view, self.desk.district.zone)
            )

    async def account_in_view(self) -> str | None:
        """The account of the row."""
        return None if (id := self.list.current_id) is None else (await self.ask(worklist.item, id)).account

    # export

    def do_list_export(self) -> None:
        """Write what is shown, in its order and under its filter, to a file."""
        self.start(self._export())

    async def _export(self) -> None:
        from ubtui.screens.export import export
        from ubtui.services.worklist.export import export as items

        query = self.list.asked
        await export(self, self.list, "worklist", "items", lambda look, form, out: items(look, query, form, out))


def _unread_note(look: Look) -> Note | None:
    from ubtui.services.worklist import desks

    return desks.last_note(look, unseen=True)


def _note_read(look: Look, note: int) -> None:
    from ubtui.services.worklist import desks

    desks.saw_note(look, note)


def note_heading(note: Note, today: date) -> str:
    """Who left a note, and when."""
    return f"{note.staff} left this, {format_day(note.day, today)} {note.at}"


def note_lines(note: Note) -> tuple[Line, ...]:
    """A handover note's lines."""
    return tuple(Line("", text) for text in note.body.splitlines())

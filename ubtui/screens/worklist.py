"""The worklist, where the day begins: what is wrong, why it matters, and the keys that put it right."""

# Length: each key of the home screen is a short method; apart they would hide what the screen can do.

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from ubtui.act import Act, Done, Form, Look
from ubtui.domain.calendars import seed
from ubtui.domain.dates import format_day, parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.filters import parse as parse_filter
from ubtui.screens import evidence
from ubtui.screens.base import Ask, DeskScreen, Place
from ubtui.screens.kept import kept_forms
from ubtui.screens.source import DeskSource
from ubtui.services import news, worklist
from ubtui.services.listing import FirstPage, Query
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.status_bar import StatusBar

HINT = (
    Line("", "This is the list of what is wrong today, the most urgent first."),
    Line("", "enter opens the item on the line with its fix; esc comes back; ? shows every key here."),
    Line("", "Fixed items leave the list by themselves. q leaves; nothing typed is ever lost."),
)
SAID = {
    "claim": "Yours for 30 minutes.",
    "release": "Given back.",
    "wait": "Put away until then.",
    "note": "Noted.",
    "forward": "Forwarded.",
    "dismiss": "Dismissed until then.",
}
EVIDENCE_SECONDS = 0.08  # a held-down arrow does not ask for every row it passes


class WorklistScreen(DeskScreen):
    """List, counts and the evidence of the row under the cursor."""

    KEYS = "worklist"
    TITLE_TEXT = "Worklist"

    def __init__(self, place: Place, ready: FirstPage | None = None) -> None:
        super().__init__(place)
        self._ready = None if ready is None else (Query(), ready)
        self._asked_for: int | None = None
        self._counts = ""

    def body(self) -> ComposeResult:
        """Counts (or the filter while it is typed), the list, the evidence."""
        yield StatusBar(id="counts")
        with Container(id="work"):
            source = DeskSource(self.desk, worklist.WORKLIST, self._ready)
            yield QueueList(source, empty="Nothing is wrong today.", id="list")
            yield Panel(HINT if getattr(self.app, "hint", False) else (), id="evidence")

    def who(self) -> str:
        """Person, role and district."""
        return f"{super().who()} · {self.desk.district.name}"

    def on_mount(self) -> None:
        """Begin on the first row."""
        self.list.focus()
        self._name_day()
        self.start(self._count())
        self.start(self._announce())

    @property
    def list(self) -> QueueList:
        """The list."""
        return self.query_one("#list", QueueList)

    def _name_day(self) -> None:
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
        self._name_day()

    def step(self, by: int, here: int | None) -> int | None:
        """The item after `here`; where that has left the list, the cursor is on the next one already."""
        if by > 0 and here is not None and self.list.current_id not in (here, None):
            return self.list.current_id
        return self.list.step(by)

    def end_hint(self) -> None:
        """The first key was pressed: the evidence takes the hint's place."""
        self._explain(self._asked_for)

    # what is shown

    async def _announce(self) -> None:
        if (waiting := await self.ask(kept_forms)) and not self.said():
            more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
            self.say(f"A form waits: {waiting[0].told}{more} — g d opens it.")

    async def _count(self) -> None:
        self.router.heard((await self.ask(news.news, 0)).event)
        counts = await self.ask(worklist.tally)
        self._counts = (
            f"Mine {counts.mine}  Team {counts.team}  Waiting {counts.waiting}  Done today {counts.done_today}"
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
        if id == self._asked_for and self.is_attached and not getattr(self.app, "hint", False):
            self.query_one("#evidence", Panel).show(
                evidence.lines(view, self.router.day, self.desk.district.zone), evidence.heading(view)
            )

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
        key = view.key.subject.key if name == "meter" and view.key.subject.type in ("point", "meter") else view.account
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

    # filter

    def do_list_filter(self) -> None:
        """Type a filter in the place of the counts."""
        self.start(self._open_filter())

    async def _open_filter(self) -> None:
        from ubtui.widgets.line_input import LineInput

        if not self.query("#filter"):
            told = "code:R04 cycle:B2 >90, or words; enter shows, esc leaves it"
            await self.mount(LineInput(placeholder=told, id="filter"), before="#counts")
        self.add_class("-filtering")
        field = self.query_one("#filter", LineInput)
        field.value = self.list.asked.filter
        field.focus()

    def on_input_submitted(self, event: Any) -> None:
        """Enter shows what matches."""
        try:
            parse_filter(event.value)
        except BadValue as fault:
            self.say(str(fault))
            return
        self._close_filter()
        self.list.filter(event.value.strip())

    def _close_filter(self) -> None:
        self.remove_class("-filtering")
        self.list.focus()

    def do_list_clear(self) -> None:
        """Leave the filter line; else take the filter off; else the marks."""
        if self.has_class("-filtering"):
            self._close_filter()
        elif self.list.asked.filter:
            self.list.filter("")
        elif self.list.marks:
            self.list.clear_marks()

    # acts

    def do_item_claim(self) -> None:
        """Claim what is marked, or the row."""
        self._each("claim", worklist.claim, lambda item, values: worklist.OnItem(**item))

    def do_item_release(self) -> None:
        """Give what is marked, or the row, back."""
        self._each("release", worklist.release, lambda item, values: worklist.OnItem(**item))

    def do_item_wait(self) -> None:
        """Put away until a day."""
        tomorrow = seed("OFFICE").add(self.router.day, 1)
        fields = (
            ("reason", "Waiting for", "text", "what has to happen: the owner calls back, the order is done", ""),
            ("until", "Wake on", "day", "the day it comes back to the list", tomorrow.isoformat()),
        )
        self._each(
            "wait",
            worklist.wait,
            lambda item, values: worklist.Wait(**item, until=parse_day(values["until"]), wait_for=values["reason"]),
            fields,
        )

    def do_item_note(self) -> None:
        """Write a note."""
        fields = (("note", "Note", "text", "who said what; it stays with the item", ""),)
        self._each(
            "note", worklist.note, lambda item, values: worklist.Note(item=item["item"], note=values["note"]), fields
        )

    def do_item_forward(self) -> None:
        """Hand to a person or role."""
        fields = (
            ("to", "To", "text", "a person's name, or a role: lead, finance", ""),
            ("note", "A word with it", "optional", "what the other one should know", ""),
        )
        self._each(
            "forward",
            worklist.forward,
            lambda item, values: worklist.Forward(**item, to=values["to"], note=values["note"]),
            fields,
        )

    def do_item_dismiss(self) -> None:
        """Dismiss with a reason and an end."""
        two_months = self.router.day + timedelta(days=61)
        fields = (
            ("reason", "Reason", "text", "why nothing has to be done", ""),
            ("until", "Until", "day", "the last day it stays silent", two_months.isoformat()),
        )
        self._each(
            "dismiss",
            worklist.dismiss,
            lambda item, values: worklist.Dismiss(**item, until=parse_day(values["until"]), reason=values["reason"]),
            fields,
        )

    def do_item_add(self) -> None:
        """Add an item by hand."""
        self.start(self._add())

    async def _add(self) -> None:
        from ubtui.widgets.field import FieldSpec

        row = self.list.current_row
        fields = (
            FieldSpec("title", "To do", required=True, help="what is to be done"),
            FieldSpec("why", "About"),
            FieldSpec("account", "Account", value=row.cells[4] if row else "", help="empty where it is about none"),
            FieldSpec("due", "Due", "day"),
            FieldSpec("priority", "Priority", "int", value="50", help="0 to 100"),
            FieldSpec("to", "Whose", help="a person or a role; empty: my role's"),
        )
        if (values := await self.router.asked(Ask("An item of your own", fields, do="add"))) is None:
            return
        form = worklist.Add(
            title=values["title"],
            why=values["why"],
            account=values["account"].strip() or None,
            due=parse_day(values["due"]) if values["due"].strip() else None,
            priority=int(values["priority"] or 50),
            to=values["to"].strip() or None,
        )
        await self.perform(worklist.add, form, said="Added.")

    def do_worklist_refresh(self) -> None:
        """Run every detector now."""
        self.start(self._refresh())

    async def _refresh(self) -> None:
        self.say("Looking for trouble…")
        done = await self.perform(worklist.refresh, worklist.Refresh())
        if done is not None:
            told = done.result
            self.say(f"Looked through everything: {told.opened} opened, {told.closed} closed, {told.woken} woken.")

    def _each(
        self,
        verb: str,
        act: Act[Any, worklist.Changed],
        form: Callable[[dict[str, Any], dict[str, str]], Form],
        fields: tuple[tuple[str, str, str, str, str], ...] = (),
    ) -> None:
        self.start(self._do_each(verb, act, form, fields))

    async def _do_each(
        self,
        verb: str,
        act: Act[Any, worklist.Changed],
        form: Callable[[dict[str, Any], dict[str, str]], Form],
        fields: tuple[tuple[str, str, str, str, str], ...],
    ) -> None:
        from ubtui.widgets.field import FieldSpec

        here = self.list.current_id
        ids = self.list.marks or (() if here is None else (here,))
        seen = {id: row.version for id in ids if (row := self.list.row(id)) is not None}
        views = await self.ask(_views, ids)
        if not views:
            self.say("There is no row here.")
            return
        values: dict[str, str] = {}
        if fields or len(views) > 1:
            specs = tuple(
                FieldSpec(
                    name, label, "day" if kind == "day" else "text", required=kind != "optional", help=help, value=value
                )
                for name, label, kind, help, value in fields
            )
            title = f"{verb.capitalize()} {len(views)} items" if len(views) > 1 else f"{verb.capitalize()}"
            answer = await self.router.asked(Ask(title, specs, _preview(views), do=verb, by_enter=len(views) == 1))
            if answer is None:
                return
            values = answer
        done = 0
        for view in views:
            item = {"item": str(view.key), "version": seen.get(view.id)}
            answer_of = await self.perform(act, form(item, values), said=SAID[verb])
            if answer_of is None:
                break
            done += 1
            changed = answer_of.result
            mine = changed.state == "claimed" and changed.assignee == self.actor.name
            self.router.remember_claim(changed.item, mine)
            if verb == "claim" and changed.until:
                until = evidence.clock(changed.until, self.desk.district.zone)
                self.say(self.said().replace(SAID["claim"], f"{SAID['claim'][:-1]}, until {until}."))
        if len(views) > 1:
            if done == len(views):
                self.list.clear_marks()
                self.say(f"{verb}: {done} items done.")
            else:
                self.say(f"{verb}: {done} of {len(views)} done, then: {self.said()}")

    # export

    def do_list_export(self) -> None:
        """Write what is shown, in its order and under its filter, to a file."""
        self.start(self._export())

    async def _export(self) -> None:
        from ubtui.screens.export import export
        from ubtui.services.worklist.export import export as items

        query = self.list.asked
        await export(self, self.list, "worklist", "items", lambda look, form, out: items(look, query, form, out))


def _views(look: Look, ids: Sequence[int]) -> list[worklist.ItemView]:
    return [worklist.item(look, id) for id in ids]


def _preview(views: Sequence[worklist.ItemView]) -> tuple[Line, ...]:
    lines = [Line(view.account or str(view.key.subject), f"{view.title}: {view.why}") for view in views[:6]]
    if len(views) > 6:
        lines.append(Line("", f"and {len(views) - 6} more"))
    return tuple(lines)

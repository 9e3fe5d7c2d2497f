"""The fix of an item: its evidence, the acts that take its cause away, what the chosen one would do, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
from textual import events, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from ubtui.act import Done, Look, Refused, new_key
from ubtui.domain.errors import BadValue
from ubtui.screens import evidence
from ubtui.screens.base import Ask, DeskScreen, Place, news, words
from ubtui.services import fixes, worklist
from ubtui.services.fixes import Offer
from ubtui.services.forms import FieldSpec, act_named
from ubtui.widgets.field import Form
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column, ListSource, Row
from ubtui.widgets.theme import styles_folder

COLUMNS = (
    Column("n", "", 1, "right"),
    Column("title", "What can be done", 34),
    Column("likely", "", 6),
    Column("why", "What speaks for it"),
)
# Known from the item itself: shown in its evidence, not asked again.
CONTEXT = {
    "item",
    "point",
    "code",
    "version",
    "meter",
    "register",
    "read_on",
    "seq",
    "draft",
    "proposal",
    "subject",
    "row",
}
# These have a form of their own, with the plan beside it.
ELSEWHERE = ("adjust.propose", "adjust.revise")
REHEARSAL_SECONDS = 0.4


class FixScreen(DeskScreen):
    """`place.item` is the item; `place.key`, where given, the ids of all marked items that get the same act."""

    KEYS = "fix"
    TITLE_TEXT = "Fix"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "fix.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.view: worklist.ItemView | None = None
        self.offers: tuple[Offer, ...] = ()
        self.chosen: Offer | None = None
        self.key = new_key()
        self.done = False
        self._asked = 0

    @property
    def ids(self) -> list[int]:
        """The items that are fixed together."""
        own = [] if self.place.item is None else [self.place.item]
        return [int(id) for id in self.place.key.split()] or own

    def body(self) -> ComposeResult:
        """Evidence, offers, the fields of the chosen one, what it would do."""
        yield Panel(id="evidence")
        yield VerticalScroll(id="offers")
        yield VerticalScroll(id="fields", can_focus=False)
        yield Panel(id="result")

    def on_mount(self) -> None:
        """Read the item and its fixes."""
        self.start(self._open())

    async def _open(self) -> None:
        assert self.place.item is not None
        view, self.offers = await self.ask(_item_and_offers, self.place.item)
        self.view, count = view, len(self.ids)
        self.head(f"Fix  {view.key}" + (f"  and {count - 1} more" if count > 1 else ""))
        heading = f"{view.account or ''}  {view.title}".strip()
        self.query_one("#evidence", Panel).show(evidence.lines(view, self.router.day), heading)
        rows = {
            n: Row(
                (str(n + 1), each.title, "likely" if each.likely else "", each.why), "accent" if each.likely else None
            )
            for n, each in enumerate(self.offers)
        }
        offers = QueueList(ListSource(COLUMNS, rows), empty="Nothing here is yours to do.", id="offer-list")
        await self.query_one("#offers").mount(offers)
        offers.focus()

    @on(QueueList.Highlighted, "#offer-list")
    async def _highlighted(self, event: QueueList.Highlighted) -> None:
        if event.id is not None and not self.done:
            await self._choose(self.offers[event.id])

    async def _choose(self, offer: Offer) -> None:
        self.chosen, self.key = offer, new_key()
        place = self.query_one("#fields")
        await place.remove_children()
        fields = [each for each in offer.fields if not _hidden(each)]
        if fields and offer.act not in ELSEWHERE:
            await place.mount(Form(fields))
        self._rehearse_soon()

    @on(QueueList.Chosen, "#offer-list")
    def _into_fields(self) -> None:
        if self.chosen is not None and self.chosen.act in ELSEWHERE:
            self.do_fix_apply()
        elif forms := self.query(Form):
            form = forms.first()
            wrong = form.problems()
            self.add_class("-typing")
            self.head(f"{self.chosen.title if self.chosen else 'Fix'}  {self.view.key if self.view else ''}")
            form.input(next(iter(wrong)) if wrong else form.fields[0].name).focus()
        else:
            self.say("Press F5 to do it.")

    def on_key(self, event: events.Key) -> None:
        """A digit takes that offer."""
        if event.character and event.character.isdigit() and 0 < int(event.character) <= len(self.offers):
            offers = self.query_one("#offer-list", QueueList)
            offers.move_to(int(event.character) - 1)

    @on(Form.Changed)
    def _rehearse_soon(self) -> None:
        self._asked += 1
        asked = self._asked
        self.set_timer(REHEARSAL_SECONDS, lambda: self.start(self._rehearse(asked)) if asked == self._asked else None)

    @on(Form.Finished)
    def _finished(self) -> None:
        self.say("Press F5 to do it.")

    def _values(self) -> dict[str, str]:
        assert self.chosen is not None
        forms = self.query(Form)
        return {**self.chosen.values(), **(forms.first().values() if forms else {})}

    def _result(self, *lines: Line) -> None:
        if self.is_attached:
            self.query_one("#result", Panel).show(lines)

    async def _rehearse(self, asked: int) -> None:
        if self.done or self.chosen is None or self.view is None:
            return
        if self.chosen.act in ELSEWHERE:
            self._result(Line("", "Enter or F5 opens the adjustment form, filled in from this item."))
            return
        try:
            form = fixes.form(self.chosen.act, self._values())
        except BadValue as fault:
            self._result(Line("still to do", str(fault)))
            return
        act = fixes.guarded(act_named(self.chosen.act), self.view.key.subject)
        try:
            answer = await self.desk.performing(act, form, dry_run=True)
        except Exception as fault:
            answer_lines: Sequence[Line] = (Line("not tried", words(fault), "warning"),)
        else:
            answer_lines = _would(answer)
        if asked == self._asked:
            self._result(*answer_lines)

    # doing

    def do_fix_apply(self) -> None:
        """Do what the form shows."""
        self.start(self._apply())

    async def _apply(self) -> None:
        if self.view is None or self.chosen is None:
            return
        if self.done:
            self.say("That is done: ] goes to the next item, esc back to the list.")
            return
        offer = self.chosen
        if offer.act in ELSEWHERE:
            revised = offer.values().get("proposal", "") if offer.act == "adjust.revise" else ""
            self.router.go(Place("adjust", self.view.account or "", item=self.view.id, draft=revised))
            return
        forms = self.query(Form)
        if forms and not forms.first().check():
            return
        if len(self.ids) > 1:
            await self._apply_all(offer)
            return
        try:
            form = fixes.form(offer.act, self._values())
        except BadValue as fault:
            self.say(str(fault))
            return
        act = fixes.guarded(act_named(offer.act), self.view.key.subject)
        answer = await self.perform(act, form, key=self.key)
        if answer is not None:
            self._end(f"{offer.title}: done", answer)

    async def _apply_all(self, offer: Offer) -> None:
        changed = {name: text for name, text in self._values().items() if text != offer.values().get(name, "")}
        views = await self.ask(_views, self.ids)
        lines = tuple(Line(view.account or str(view.key.subject), f"{view.title}: {view.why}") for view in views[:8])
        more = (Line("", f"and {len(views) - 8} more"),) if len(views) > 8 else ()
        question = Ask(f"{offer.title}: {len(views)} items", lines=(*lines, *more), do=f"do all {len(views)}")
        if await self.router.asked(question) is None:
            return
        done = 0
        for view in views:
            own = await self.ask(fixes.offer, view, offer.act, offer.values())
            try:
                form = fixes.form(offer.act, {**own.values(), **changed})
            except BadValue as fault:
                self.say(f"{done} of {len(views)} done, then {view.key}: {fault}")
                return
            answer = await self.perform(fixes.guarded(act_named(offer.act), view.key.subject), form)
            if answer is None:
                self.say(f"{done} of {len(views)} done, then {view.key}: {self.said()}")
                return
            done += 1
        self._end(f"{offer.title}: {done} items done", None)

    def _end(self, told: str, answer: Done[Any] | None) -> None:
        self.done = True
        self.add_class("-typing")
        self.set_focus(None)
        lines = [Line("done", told, "accent")]
        if answer is not None and (what := news(answer)):
            lines.append(Line("worklist", what))
            lines += [Line("", str(key)) for key in answer.closed[:3]]
        self._result(*lines, Line("", "] goes to the next item, esc back to the list."))

    def do_app_back(self) -> None:
        """From the fields to the offers; from the offers to where you were."""
        if self.has_class("-typing") and not self.done:
            self.remove_class("-typing")
            self.query_one("#offer-list").focus()
        else:
            self.router.back()

    # elsewhere

    def do_item_next(self) -> None:
        """The next item."""
        self._step(1)

    def do_item_previous(self) -> None:
        """The item before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        if (id := self.router.step(by, self.place.item)) is None:
            self.say("There is no further item on the list.")
        else:
            self.router.go(Place("fix", item=id), instead=True)

    def do_item_account(self) -> None:
        """The account, with the form kept as it is."""
        if self.view is not None and self.view.account:
            self.router.go(Place("account", self.view.account, item=self.view.id))
        else:
            self.say("This item is about no account.")

    def do_item_meter(self) -> None:
        """The history of the meter."""
        if self.view is not None:
            subject = self.view.key.subject
            key = subject.key if subject.type in ("point", "meter") else self.view.account
            if key:
                self.router.go(Place("meter", key, item=self.view.id))
            else:
                self.say("This item is about no meter.")

    def do_list_explain(self) -> None:
        """How the priority came about."""
        if self.view is not None:
            self.start(
                self.show_lines(
                    f"Why {self.view.priority}: {evidence.heading(self.view)}", evidence.explanation(self.view)
                )
            )


def _hidden(field: FieldSpec) -> bool:
    return field.name in CONTEXT and (bool(field.value) or not field.required)


def _would(answer: Done[Any] | Refused) -> tuple[Line, ...]:
    """What a rehearsed act would do."""
    if isinstance(answer, Refused):
        return (Line("refused", answer.sentence(), "danger"),)
    plain = msgspec.to_builtins(answer.result, enc_hook=str)
    facts = evidence.told({name: value for name, value in plain.items() if value not in (None, "", [])})
    closed = ", ".join(map(str, answer.closed[:2])) or "nothing"
    lines = [Line("would close", closed + (f" and {len(answer.closed) - 2} more" if len(answer.closed) > 2 else ""))]
    if answer.opened:
        lines.append(Line("would open", ", ".join(map(str, answer.opened[:2])), "warning"))
    return (*lines, Line("result", facts))


def _item_and_offers(look: Look, id: int) -> tuple[worklist.ItemView, tuple[Offer, ...]]:
    view = worklist.item(look, id)
    return view, fixes.offers(look, view)


def _views(look: Look, ids: Sequence[int]) -> list[worklist.ItemView]:
    return [worklist.item(look, id) for id in ids]

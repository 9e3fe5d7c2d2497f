"""The fix of an item: its evidence, the acts that take its cause away, what the chosen one would do, and doing it."""

# Length: choosing, typing, rehearsing and doing share one form and one state; apart they would pass it around.
from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from ubtui.act import Act, Done, Look, Refused, new_key
from ubtui.act import Form as Filled
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.screens import evidence
from ubtui.screens.base import Ask, Place, news, words
from ubtui.screens.money import proposal_lines
from ubtui.screens.rehearsed import would
from ubtui.screens.stepping import Stepping
from ubtui.services import adjustments, documents, drafts, fixes, runs, worklist
from ubtui.services.fixes import Offer
from ubtui.services.forms import FieldSpec, act_named
from ubtui.widgets.field import Form
from ubtui.widgets.line_input import LineInput
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.queue_list import QueueList
from ubtui.widgets.rows import Column, ListSource, Row
from ubtui.widgets.theme import styles_folder

COLUMNS = (
    Column("n", "", 1, "right"),
    Column("title", "What can be done", 40),
    Column("likely", "", 8),
    Column("why", "What speaks for it"),
)
# Known from the item itself: shown in its evidence, not asked again.
CONTEXT = {
    "item",
    "point",
    "code",
    "decision",
    "version",
    "meter",
    "register",
    "read_on",
    "seq",
    "draft",
    "proposal",
    "subject",
    "row",
    "plan",
    "order",
    "parcel",
    "contact",
    "payment",
}
# These have a screen of their own, with before and after beside them.
ELSEWHERE = {
    "adjust.propose": "the adjustment form, filled in from this item",
    "adjust.revise": "the adjustment form, filled in from the proposal",
    "adjust.approve": "the proposal with its before and after, to decide it there",
    "adjust.reject": "the proposal with its before and after, to decide it there",
}
# These are asked for once more, with the proposal before one's eyes.
TWICE = {"adjust.submit": "submit", "adjust.withdraw": "withdraw it"}
REHEARSAL_SECONDS = 0.4
BREATH_SECONDS = 0.5
MOST_OFFERS, TALL = 5, 40  # so many offers are in view, in a window of so many lines twice as many
FORM = "fix"
FIGURES = ("int", "money")  # kinds of fields that begin with a digit and nothing else


class FixScreen(Stepping):
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
        self.mixed = ""
        self._ruled_out: tuple[Line, ...] = ()
        self._asked = 0
        self._typed: dict[int, dict[str, str]] = {}  # what was typed, by the place of its offer
        self._draft, self._version, self._saved = new_key(), 0, ""
        self._keeping = asyncio.Lock()
        self._away = False
        self._digit_at, self._before_digits = float("-inf"), 0
        self._by_digit: int | None = None  # the offer that a digit took last

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
        view, self.offers, standing, codes = await self.ask(_opened, self.place.item, self.ids)
        if not self.place.key and runs.run_of(view.key) is not None:  # its list first; from there F5 comes here
            self.router.go(Place("run", str(view.key), item=view.id), instead=True)
            return
        self.view, count = view, len(self.ids)
        self.mixed = f"Marked are items of several kinds, {', '.join(codes)}: mark one kind." if len(codes) > 1 else ""
        self.head(f"Fix  {evidence.named(view)}" + (f"  and {count - 1} more" if count > 1 else ""))
        heading = f"{view.account or ''}  {view.title}".strip()
        self._ruled_out = tuple(Line("ruled out", told) for told in standing.ruled_out)
        why, *told = evidence.lines(view, self.router.day, self.desk.district.zone)
        lines = (*_standing(standing, self.mixed), why, *_in_short(standing.ruled_out), *told)
        self.query_one("#evidence", Panel).show(lines, heading)
        rows = {
            n: Row(
                (str(n + 1) if n < 9 else "", each.title, each.odds or ("likely" if each.likely else ""), each.why),
                "accent" if each.likely else "dim" if each.odds == "unlikely" else None,
            )
            for n, each in enumerate(self.offers)
        }
        offers = QueueList(ListSource(COLUMNS, rows), empty="Nothing here is yours to do.", id="offer-list")
        offers.styles.height = 1 + min(max(1, len(rows)), MOST_OFFERS if self.size.height < TALL else 2 * MOST_OFFERS)
        place = self.query_one("#offers")
        await place.remove_children()
        await place.mount(offers)
        offers.focus()
        if not self.offers:
            self._nothing(standing.barred)
            return
        await self._restore(offers)

    def _nothing(self, barred: str) -> None:
        """Say that nothing here is this person's to do, and show no key for doing it."""
        self.chosen = None
        self.grey_keys()
        why = barred or f"the role {self.actor.role} decides nothing about it."
        self._result(Line("", f"Nothing here is yours to do: {why}", "warning"))

    async def _restore(self, offers: QueueList) -> None:
        """Put back what was typed into this item's form and not done."""
        waiting = await self.ask(drafts.kept)
        kept = next((each for each in waiting if (each.form, each.subject) == (FORM, self._subject())), None)
        if kept is None:
            return
        self._draft, self._version, self._saved = kept.key, kept.version, kept.body
        left = json.loads(kept.body)
        place = next((n for n, each in enumerate(self.offers) if _which(each) == left["offer"]), None)
        if place is None:
            return
        self._typed[place] = left["typed"]
        await offers.wait_settled()
        offers.move_to(place)
        self.chosen = None  # the first one was chosen before what was typed for it was known
        await self._choose(place)
        self.say(f"This form was kept as you left it ({evidence.moment(kept.saved_at, self.desk.district.zone)}).")

    def _subject(self) -> str:
        return str(self.view.key) if self.view is not None else ""

    def on_screen_resume(self) -> None:
        """Back from the proposal or the adjustment form: the item as it stands now."""
        if self._away:
            self._away = False
            self.start(self._open())

    @on(QueueList.Highlighted, "#offer-list")
    async def _highlighted(self, event: QueueList.Highlighted) -> None:
        if event.id is not None and not self.done:
            await self._choose(event.id)

    async def _choose(self, place: int) -> None:
        offer = self.offers[place]
        if offer is self.chosen:
            return
        self._remember()
        self.chosen, self.key = offer, new_key()
        area = self.query_one("#fields")
        await area.remove_children()
        # What is still needed comes first: on a small screen the rest is below the fold.
        fields = sorted(
            (each for each in offer.fields if not _hidden(each, offer)), key=lambda f: not f.required or bool(f.value)
        )
        typed = self._typed.get(place, {})
        if fields and offer.act not in ELSEWHERE:
            await area.mount(Form([replace(each, value=typed.get(each.name, each.value)) for each in fields]))
        self._rehearse_soon()

    def _remember(self) -> None:
        """Keep in mind what was typed for the offer that is chosen."""
        if self.chosen in self.offers:
            self._typed[self.offers.index(self.chosen)] = self._changed()

    def _changed(self) -> dict[str, str]:
        """What was typed over what the form began with."""
        if self.chosen is None:
            return {}
        began = self.chosen.values()
        return {name: text for name, text in self._values().items() if text != began.get(name, "")}

    async def _keep(self) -> str:
        """Keep what was typed, as a draft of this item; why that failed, else ""."""
        if self.done or self.chosen is None:
            return ""
        async with self._keeping:
            typed = self._changed()
            body = json.dumps({"offer": _which(self.chosen), "typed": typed}) if typed else ""
            if body == self._saved:
                return ""
            try:
                if typed:
                    self._version = await self.desk.saving(
                        drafts.save, self._draft, FORM, self._subject(), body, self._version
                    )
                else:
                    await self._forget()
            except Exception as fault:
                return words(fault)
            self._saved = body
            return ""

    async def _forget(self) -> None:
        if self._version:
            await self.desk.saving(drafts.drop, self._draft)
            self._draft, self._version, self._saved = new_key(), 0, ""

    @on(QueueList.Chosen, "#offer-list")
    def _into_fields(self) -> None:
        if self.chosen is not None and self.chosen.act in ELSEWHERE:
            self.do_fix_apply()
        elif forms := self.query(Form):
            form = forms.first()
            wrong = form.problems()
            form.input(next(iter(wrong)) if wrong else form.fields[0].name).focus()
        else:
            self.say("Press F5 to do it.")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """However a field came to the focus: it needs the room of the offers."""
        if self.view is not None and self.chosen is not None and self.query_one("#fields") in event.widget.ancestors:
            self.add_class("-typing")
            self.head(f"{self.chosen.title}  {evidence.named(self.view)}")

    def on_key(self, event: events.Key) -> None:
        """A digit takes that offer; digits in one breath are a number, for a field that has not the focus yet."""
        if not (event.character and event.character.isdigit()):
            return
        offers = self.query_one("#offer-list", QueueList)
        if self._goes_on(event.character):
            return
        if event.time - self._digit_at < BREATH_SECONDS:
            offers.move_to(self._before_digits)
            self.say("A number goes into a field: press enter first. One digit alone takes an offer.")
        elif 0 < int(event.character) <= len(self.offers):
            self._before_digits = offers.current_id or 0
            offers.move_to(int(event.character) - 1)
            self._by_digit = int(event.character) - 1
        self._digit_at = event.time

    def _goes_on(self, digit: str) -> bool:
        """A digit behind the one that took an offer whose first field waits for a figure begins that figure."""
        forms = self.query(Form)
        if not forms or self.chosen is None or self._by_digit != self.offers.index(self.chosen):
            return False
        form = forms.first()
        first = next((each for each in form.fields if each.name in form.problems()), None)
        if first is None or first.kind not in FIGURES:
            return False
        self._into_fields()
        form.set_value(first.name, digit)
        field = form.input(first.name)
        if isinstance(field, LineInput):
            field.cursor_position = len(field.value)
        return True

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
            self._result(Line("", f"Enter or F5 opens {ELSEWHERE[self.chosen.act]}."))
            return
        if failed := await self._keep():
            self.say(f"Not kept yet: {failed}")
        if missing := self._missing():
            self._result(Line("still to do", " · ".join(missing)))
            return
        if any(each.name in documents.PAPERS for each in self.chosen.fields):
            self._result(*await asyncio.to_thread(_weighed, self._values()))
            return
        try:
            form = fixes.form(self.chosen.act, self._values())
        except BadValue as fault:
            self._result(Line("still to do", str(fault)))
            return
        act = fixes.guarded(act_named(self.chosen.act), self.view)
        try:
            answer = await self.desk.performing(act, form, dry_run=True)
        except Exception as fault:
            answer_lines: Sequence[Line] = (Line("not tried", words(fault), "warning"),)
        else:
            answer_lines = would(answer)
        if asked == self._asked and not self.done:  # a rehearsal that comes late says nothing over what was done
            self._result(*answer_lines)

    def _missing(self) -> list[str]:
        """The labels of the fields that are needed and empty."""
        forms = self.query(Form)
        if not forms:
            return []
        values = forms.first().values()
        needed = [each for each in forms.first().fields if each.required and not values[each.name].strip()]
        return [each.label.partition(" (")[0] for each in needed]

    # doing

    def cannot_fix_apply(self) -> str:
        """Why nothing can be done here."""
        nothing = self.view is not None and not self.offers
        return "Nothing here is yours to do: esc goes back." if nothing else ""

    def do_fix_apply(self) -> None:
        """Do what the form shows."""
        self.start(self._apply())

    async def _apply(self) -> None:
        if self.view is None:
            return
        if self.done:
            self.say("That is done: ] goes to the next item, esc back to the list.")
            return
        if self.chosen is None:
            self.say("Nothing here is yours to do: esc goes back.")
            return
        offer, many = self.chosen, len(self.ids) > 1
        if many and (self.mixed or offer.act in ELSEWHERE):
            self.say(self.mixed or f"{offer.title}: one item at a time; open it without marks.")
            return
        if offer.act in ELSEWHERE:
            self._elsewhere(offer)
            return
        forms = self.query(Form)
        if forms and not forms.first().check():
            return
        if many:
            await self._apply_all(offer)
            return
        try:
            form = await asyncio.to_thread(fixes.form, offer.act, self._values())
        except BadValue as fault:
            self.say(str(fault))
            return
        act = fixes.guarded(act_named(offer.act), self.view)
        if not await self._agreed(offer, act, form):
            return
        answer = await self.perform(act, form, key=self.key)
        if answer is not None:
            await self._end(f"{offer.title}: done", answer)

    def _elsewhere(self, offer: Offer) -> None:
        assert self.view is not None
        self._away = True
        number = offer.values().get("proposal", "")
        if offer.act in ("adjust.approve", "adjust.reject"):
            self.router.go(Place("approval", number, item=self.view.id))
        else:
            revised = number if offer.act == "adjust.revise" else ""
            self.router.go(Place("adjust", self.view.account or "", item=self.view.id, draft=revised))

    async def _agreed(self, offer: Offer, act: Act[Any, Any], form: Filled) -> bool:
        """Rehearse the act; where it would open items, or take back a proposal, it is asked for a second time."""
        tried = await self.perform(act, form, dry_run=True)
        if tried is None:
            return False
        lines = [Line("would open", fixes.named(key), "warning") for key in tried.opened[:6]]
        if len(tried.opened) > 6:
            lines.append(Line("", f"and {len(tried.opened) - 6} more", "warning"))
        if offer.act in TWICE:
            view = await self.ask(adjustments.proposal, offer.values()["proposal"])
            lines += proposal_lines(view, self.router.day, self.desk.district.zone)
        if not lines:
            return True
        title = f"{offer.title}: it opens new trouble" if tried.opened else offer.title
        question = Ask(title, lines=tuple(lines), do=TWICE.get(offer.act, "do it all the same"))
        return await self.router.asked(question) is not None

    async def _apply_all(self, offer: Offer) -> None:
        changed, views = self._changed(), await self.ask(_views, self.ids)
        lines = [Line(view.account or str(view.key.subject), f"{view.title}: {view.why}") for view in views[:8]]
        if len(views) > 8:
            lines.append(Line("", f"and {len(views) - 8} more"))
        for view in views:  # what would be refused or open is said before anything is done
            try:
                tried = await self.desk.performing(*await self._one(view, offer, changed), dry_run=True)
            except Exception as fault:
                lines.append(Line("would fail", f"{view.key}: {words(fault)}", "danger"))
                continue
            if isinstance(tried, Refused):
                lines.append(Line("refused", f"{view.key}: {tried.sentence()}", "danger"))
            else:
                lines += [Line("would open", fixes.named(key), "warning") for key in tried.opened]
        question = Ask(f"{offer.title}: {len(views)} items", lines=tuple(lines), do=f"do all {len(views)}")
        if await self.router.asked(question) is None:
            return
        closed: set[ItemKey] = set()
        for done, view in enumerate(views):
            if view.key in closed:  # one of those before took its cause away too
                continue
            try:
                answer = await self.perform(*await self._one(view, offer, changed))
                told = self.said()
            except Exception as fault:
                answer, told = None, words(fault)
            if answer is None:
                self.say(f"{done} of {len(views)} done, then {view.key}: {told}")
                return
            closed.update(answer.closed)
        await self._end(f"{offer.title}: {len(views)} items done", None)

    async def _one(self, view: worklist.ItemView, offer: Offer, changed: Mapping[str, str]) -> tuple[Any, Filled]:
        """The act and its form for one of several items: its own evidence, and what was typed for all."""
        own = await self.ask(fixes.offer, view, offer.act, offer.values())
        form = await asyncio.to_thread(fixes.form, offer.act, {**own.values(), **changed})
        return fixes.guarded(act_named(offer.act), view), form

    async def _end(self, told: str, answer: Done[Any] | None) -> None:
        self.done = True
        self.add_class("-typing")
        self.set_focus(None)
        lines = [Line("done", told, "accent")]
        if answer is not None and (what := news(answer)):
            lines.append(Line("worklist", what))
            lines += [Line("", str(key)) for key in answer.closed[:3]]
        self._result(*lines, Line("", "] goes to the next item, esc back to the list."))
        await self._forget()

    def do_app_back(self) -> None:
        """From the fields to the offers; from the offers to where you were, after a word about what was typed."""
        if self.has_class("-typing") and not self.done:
            self.remove_class("-typing")
            self.query_one("#offer-list").focus()
        elif not self.done and (self._changed() or any(self._typed.values())):
            self.start(self._leave())
        else:
            self.router.back()

    async def _leave(self) -> None:
        failed = await self._keep()
        told = f"What was typed is not kept: {failed}" if failed else "What was typed is kept for this item."
        line = Line("", told, "danger" if failed else None)
        if await self.router.asked(Ask("Leave this form?", lines=(line,), do="leave")) is not None:
            self.router.back()

    # elsewhere

    @property
    def is_task(self) -> bool:
        """What is typed here, or about to be, waits for the way back."""
        return not self.done and (self.has_class("-typing") or bool(self._changed()) or any(self._typed.values()))

    async def account_in_view(self) -> str | None:
        """The account of the item."""
        return self.view.account if self.view is not None else None

    def on_screen_suspend(self) -> None:
        """Something comes over the form: what was typed is kept at once."""
        if not self.done and self.view is not None:
            self.start(self._kept())

    async def _kept(self) -> None:
        if failed := await self._keep():
            self.say(f"Not kept yet: {failed}")

    async def step(self, by: int) -> None:
        """The next item, once what is typed here is kept."""
        if failed := await self._keep():
            self.say(f"Not kept yet: {failed}")
        else:
            await super().step(by)

    def do_item_account(self) -> None:
        """The account, with the form kept as it is."""
        if self.view is not None and self.view.account:
            self.router.interrupt(Place("account", self.view.account, item=self.view.id))
        else:
            self.say("This item is about no account.")

    def do_item_meter(self) -> None:
        """The history of the meter."""
        if self.view is not None:
            subject = self.view.key.subject
            own = subject.key if subject.type in ("point", "meter") else self.view.evidence.get("point")
            key = str(own or self.view.account or "")
            if key:
                self.router.go(Place("meter", key, item=self.view.id))
            else:
                self.say("This item is about no meter.")

    def do_list_explain(self) -> None:
        """How the priority came about."""
        if self.view is not None:
            self.start(
                self.show_lines(
                    f"Why {self.view.priority}: {evidence.heading(self.view)}",
                    (*self._ruled_out, *evidence.explanation(self.view, self.desk.district.zone)),
                )
            )


def _hidden(field: FieldSpec, offer: Offer) -> bool:
    if offer.act == "read.review" and field.name == "value":
        return not field.required  # only a correction has one
    return field.name in CONTEXT and (bool(field.value) or not field.required)


def _which(offer: Offer) -> list[str]:
    """What tells an offer of an item from its others."""
    values = offer.values()
    return [offer.act, values.get("decision", ""), values.get("row", ""), offer.title]


def _standing(standing: fixes.Standing, mixed: str) -> list[Line]:
    """What must be seen first: whose hands are off, what waits already, the reads to choose from."""
    lines = [Line("not yours", standing.barred, "danger")] if standing.barred else []
    lines += [Line("marked", mixed, "warning")] if mixed else []
    lines += [Line("already", waits, "warning") for waits in standing.waits]
    return lines + [Line("read", told) for told in standing.reads]


def _in_short(ruled_out: Sequence[str]) -> list[Line]:
    """The causes that are ruled out, without what rules each out: that is explained by its key."""
    return [Line("ruled out", " · ".join(told.partition(":")[0] for told in ruled_out))] if ruled_out else []


def _weighed(values: Mapping[str, str]) -> tuple[Line, ...]:
    """What would be attached, by name and size alone: a paper is read when it is sent."""
    paths = [path.strip() for name in documents.PAPERS for path in values.get(name, "").splitlines() if path.strip()]
    if not paths:
        return (Line("still to do", "Name the file of the paper."),)
    try:
        return tuple(Line("would attach", f"{n}, {size:,} bytes") for n, size in map(documents.sized, paths))
    except BadValue as fault:
        return (Line("still to do", str(fault)),)


def _opened(
    look: Look, id: int, ids: Sequence[int]
) -> tuple[worklist.ItemView, tuple[Offer, ...], fixes.Standing, list[str]]:
    view = worklist.item(look, id)
    codes = sorted({worklist.item(look, each).key.code for each in ids})
    return view, fixes.offers(look, view), fixes.standing(look, view), codes


def _views(look: Look, ids: Sequence[int]) -> list[worklist.ItemView]:
    return [worklist.item(look, id) for id in ids]

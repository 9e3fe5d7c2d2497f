"""What is done to items from the worklist: to the row or to all that is marked, shown before, once or again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from ubtui.act import Act, Form, Look, Refused, new_key
from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.domain.subjects import ItemKey
from ubtui.screens import evidence
from ubtui.screens.base import Ask, Place
from ubtui.screens.filtering import Filtering
from ubtui.services import worklist
from ubtui.widgets.panel import Line

Fields = tuple[tuple[str, str, str, str, str], ...]  # name, label, kind (text, day, optional), help, value
Making = Callable[[dict[str, Any], dict[str, str]], Form]
FIRST_FEW = 6
YET = "yet to be said"
SAID = {
    "claim": "Yours for 30 minutes.",
    "release": "Given back.",
    "wait": "Put away until then.",
    "note": "Noted.",
    "forward": "Forwarded.",
    "dismiss": "Dismissed until then.",
    "answer": "Answered.",
}


class Last(msgspec.Struct, frozen=True):
    """What was done last and may be done again: the act, how its form is made, and the words that were typed."""

    verb: str
    act: Act[Any, worklist.Changed]
    form: Making
    values: dict[str, str]


class ItemActs(Filtering):
    """The keys that change items."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._last: Last | None = None

    def do_item_claim(self) -> None:
        """Claim what is marked, or the row."""
        self._each("claim", worklist.claim, lambda item, values: worklist.OnItem(**item))

    def do_item_release(self) -> None:
        """Give what is marked, or the row, back."""
        self._each("release", worklist.release, lambda item, values: worklist.OnItem(**item))

    def do_item_wait(self) -> None:
        """Put away until a day."""
        self.start(self._wait())

    async def _wait(self) -> None:
        tomorrow = await self.ask(worklist.next_office_day)
        fields = (
            ("reason", "Waiting for", "text", "what has to happen: the owner calls back, the order is done", ""),
            ("until", "Wake on", "day", "the day it comes back to the list", tomorrow.isoformat()),
        )
        await self._do_each(
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
            ("question", "Question", "optional", "what they are to answer; the answer brings the item back", ""),
        )
        self._each(
            "forward",
            worklist.forward,
            lambda item, values: worklist.Forward(
                **item, to=values["to"].strip(), note=values["note"], question=values["question"]
            ),
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

        key = new_key()

        async def added(values: dict[str, str]) -> object:
            form = worklist.Add(
                title=values["title"],
                why=values["why"],
                account=values["account"].strip() or None,
                due=parse_day(values["due"]) if values["due"].strip() else None,
                priority=int(values["priority"] or 50),
                to=values["to"].strip() or None,
            )
            return await self.perform(worklist.add, form, key=key, said="Added.")

        await self.until_done(Ask("An item of your own", fields, do="add"), added)

    def do_worklist_refresh(self) -> None:
        """Run every detector now."""
        self.start(self._refresh())

    async def _refresh(self) -> None:
        self.say("Looking for trouble…")
        done = await self.perform(worklist.refresh, worklist.Refresh())
        if done is not None:
            told = done.result
            self.say(f"Looked through everything: {told.opened} opened, {told.closed} closed, {told.woken} woken.")

    def do_item_answer(self) -> None:
        """Answer the question that came with the row."""
        self.start(self._answer())

    async def _answer(self) -> None:
        if (id := self.list.current_id) is None:
            return
        view = await self.ask(worklist.item, id)
        if not view.question:
            self.say("Nobody asks anything about this item.")
            return
        fields = (("answer", "Answer", "text", "the item goes back to who asked", ""),)
        form = lambda item, values: worklist.Answer(**item, answer=values["answer"])  # noqa: E731
        lines = (Line("asked", view.question),)
        await self._do_each("answer", worklist.answer, form, fields, only=(id,), lines=lines)

    def do_item_take(self) -> None:
        """Claim the most urgent item that waits for me, and open its fix."""
        self.start(self._take_next())

    async def _take_next(self) -> None:
        done = await self.perform(worklist.next_item, worklist.Next())
        if done is not None:
            self.router.remember_claim(done.result.item, True)
            view = await self.ask(worklist.item, ItemKey.parse(done.result.item))
            if view.id in self.list.ids:
                self.list.move_to(self.list.ids.index(view.id))
            self.router.go(Place("fix", "", item=view.id))

    def do_item_repeat(self) -> None:
        """Do the last thing again, with the same words, to what is marked or to the row."""
        if self._last is None:
            self.say("Nothing to repeat yet: claim, wait, dismiss or forward something first.")
        else:
            last = self._last
            self.start(self._do_each(last.verb, last.act, last.form, (), given=last.values))

    # one thing to one or many

    def _each(self, verb: str, act: Act[Any, worklist.Changed], form: Making, fields: Fields = ()) -> None:
        self.start(self._do_each(verb, act, form, fields))

    async def _do_each(
        self,
        verb: str,
        act: Act[Any, worklist.Changed],
        form: Making,
        fields: Fields,
        given: dict[str, str] | None = None,
        only: Sequence[int] = (),
        lines: tuple[Line, ...] = (),
    ) -> None:
        """Ask for `fields` (unless `given`), show what it is about where that is more than one, then do it to each."""
        from ubtui.widgets.field import FieldSpec

        here = self.list.current_id
        ids = tuple(only) or self.list.marks or (() if here is None else (here,))
        seen = {id: row.version for id in ids if (row := self.list.row(id)) is not None}
        views = await self.ask(_views, ids)
        if not views:
            self.say("There is no row here.")
            return
        values: dict[str, str] = dict(given or {})
        if fields or len(views) > 1:
            specs = tuple(
                FieldSpec(
                    name, label, "day" if kind == "day" else "text", required=kind != "optional", help=help, value=value
                )
                for name, label, kind, help, value in fields
            )
            title = f"{verb.capitalize()} {len(views)} items" if len(views) > 1 else f"{verb.capitalize()}"
            shown = (*lines, *preview(views, values, self.actor.name))
            one = len(views) == 1
            ahead = self._refusal(act, form, views[0], seen, values) if one and fields else None
            question = Ask(title, specs, shown, do=verb, by_enter=one, act=act.name, preview=ahead)

            async def tried(answer: dict[str, str]) -> object:
                self._last = Last(verb, act, form, {**values, **answer})
                return await self._do_to(views, seen, self._last) or None

            await self.until_done(question, tried)
        else:
            self._last = Last(verb, act, form, values)
            await self._do_to(views, seen, self._last)

    def _refusal(
        self,
        act: Act[Any, worklist.Changed],
        form: Making,
        view: worklist.ItemView,
        seen: Mapping[int, int],
        given: Mapping[str, str],
    ) -> Callable[[dict[str, str]], Coroutine[Any, Any, tuple[Line, ...]]]:
        """What would refuse the act, said while it is typed: before the words for it are lost."""

        async def ahead(values: dict[str, str]) -> tuple[Line, ...]:
            said = {name: text or (YET if name in ("reason", "note") else "") for name, text in values.items()}
            if "to" in said and not said["to"].strip():
                return ()
            try:
                made = form({"item": str(view.key), "version": seen.get(view.id)}, {**given, **said})
                answer = await self.desk.performing(act, made, dry_run=True)
            except BadValue:
                return ()
            return (Line("refused", answer.sentence(), "danger"),) if isinstance(answer, Refused) else ()

        return ahead

    async def _do_to(self, views: Sequence[worklist.ItemView], seen: Mapping[int, int], last: Last) -> int:
        """Do it to each until one is refused; to how many it was done."""
        done = 0
        for view in views:
            item = {"item": str(view.key), "version": seen.get(view.id)}
            answer_of = await self.perform(last.act, last.form(item, last.values), said=SAID[last.verb])
            if answer_of is None:
                break
            done += 1
            changed = answer_of.result
            mine = changed.state == "claimed" and changed.assignee == self.actor.name
            self.router.remember_claim(changed.item, mine)
            if last.verb == "claim" and changed.until:
                until = evidence.clock(changed.until, self.desk.district.zone)
                self.say(self.said().replace(SAID["claim"], f"{SAID['claim'][:-1]}, until {until}."))
        if len(views) > 1:
            if done == len(views):
                self.list.clear_marks()
                self.say(f"{last.verb}: {done} items done.")
            else:
                self.say(f"{last.verb}: {done} of {len(views)} done, then: {self.said()}")
        return done


def _views(look: Look, ids: Sequence[int]) -> list[worklist.ItemView]:
    return [worklist.item(look, id) for id in ids]


def preview(views: Sequence[worklist.ItemView], values: Mapping[str, str], me: str) -> tuple[Line, ...]:
    """What an act on these would be about: counts by kind, money, who has some of them, the words, the first few."""
    lines = []
    if len(views) > 1:
        kinds = Counter(view.key.code for view in views)
        parts = [f"{count} × {code}" for code, count in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))]
        if cents := sum(view.money_cents for view in views):
            parts.append(f"{format_money(cents)} at stake")
        lines.append(Line("in all", " · ".join(parts)))
        held = Counter(view.holder for view in views if view.holder not in (None, me))
        if held:
            names = ", ".join(f"{count} by {name}" for name, count in sorted(held.items()))
            lines.append(Line("held", f"{names}: the first of these ends it", "warning"))
    lines += [Line(name, text) for name, text in values.items() if text]
    lines += [Line(view.account or str(view.key.subject), f"{view.title}: {view.why}") for view in views[:FIRST_FEW]]
    if len(views) > FIRST_FEW:
        lines.append(Line("", f"and {len(views) - FIRST_FEW} more"))
    return tuple(lines)

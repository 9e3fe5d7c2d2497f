"""The adjustment form: a typed reason and an amount, its plan beside it, kept as it is typed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from ubtui.act import Look, Refused, new_key
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.domain.text import has_card_number
from ubtui.screens import evidence
from ubtui.screens.base import Ask, DeskScreen, Place, words
from ubtui.screens.money import plan_lines
from ubtui.services import adjustments, documents, drafts, fixes, worklist
from ubtui.services.adjustments import Plan, ProposalView
from ubtui.services.forms import FieldSpec
from ubtui.services.forms import form as read_form
from ubtui.widgets.field import Form
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.theme import styles_folder

TYPING_SECONDS = 0.3  # after this pause a form is kept and planned again
FORM = "adjust"


class AdjustScreen(DeskScreen):
    """`place.key` is the account, `place.item` the item it settles, `place.draft` the proposal that it revises."""

    KEYS = "adjust"
    TITLE_TEXT = "Adjustment"
    CSS_PATH: ClassVar[Any] = [styles_folder() / "adjust.tcss"]

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.key = new_key()
        self.version = 0
        self.item: str | None = None
        self.plan: Plan | None = None
        self.number = ""
        self._edits, self._merging = 0, False
        self._old: ProposalView | None = None

    @property
    def subject(self) -> str:
        """What the draft is filed under."""
        return f"proposal:{self.place.draft}" if self.place.draft else f"account:{self.place.key}"

    def body(self) -> ComposeResult:
        """Form and plan."""
        with Container(id="work"):
            yield VerticalScroll(id="form", can_focus=False)
            with VerticalScroll(id="plan", can_focus=False):
                yield Panel((Line("", "Choose a reason and type the amount: what it does is shown here."),), id="does")

    def on_mount(self) -> None:
        """Read the account, the item, and the draft that was left."""
        self.start(self._open())

    async def _open(self) -> None:
        values: dict[str, str] = {}
        if self.place.draft:
            old = self._old = await self.ask(adjustments.proposal, self.place.draft)
            self.item = old.item
            values = {
                "reason": old.reason,
                "amount_cents": format_money(old.amount_cents),
                "effective_on": old.effective_on.isoformat(),
                "note": old.note,
            }
        elif self.place.item is not None:
            view, offered = await self.ask(_offered, self.place.item)
            self.item, values = str(view.key), offered
        kept = next((each for each in await self.ask(drafts.kept) if self._is_mine(each)), None)
        told = ""
        if kept is not None:
            self.key, self.version = kept.key, kept.version
            values = {**values, **json.loads(kept.body)}
            when = evidence.moment(kept.saved_at, self.desk.district.zone)
            told = f"This form was kept as you left it ({when}). F8 throws it away."
        self.head(f"Adjustment  {self.place.key}" + (f"  revises {self.place.draft}" if self.place.draft else ""))
        form = Form(self._fields(values), id="fields")
        await self.query_one("#form").mount(form)
        form.input("reason" if not values.get("reason") else "amount_cents").focus()
        if told:
            self.say(told)
        await self._replan(self._edits)

    async def ruled_by(self) -> tuple[str, str]:
        """The reason that is chosen."""
        return "reason", self._texts()["reason"]

    def _is_mine(self, draft: drafts.FormDraft) -> bool:
        return draft.form == FORM and draft.subject == self.subject

    def _fields(self, values: Mapping[str, str]) -> tuple[FieldSpec, ...]:
        reasons = tuple((each.code, each.title) for each in self.desk.district.reasons)
        fields = (
            FieldSpec(
                "reason", "Reason", "choice", reasons, True, help="its letters, digit or arrows; it sets the sign"
            ),
            FieldSpec("amount_cents", "Amount", "money", required=True, help="dollars and cents, above zero"),
            FieldSpec(
                "effective_on", "Counts from", "day", help="today unless given", value=self.router.day.isoformat()
            ),
            FieldSpec("note", "What happened", help="for whoever decides"),
            FieldSpec("documents", "Documents", "multiline", help="paths of files, one a line; F6 adds one"),
        )
        return tuple(replace(each, value=values.get(each.name) or each.value) for each in fields)

    @property
    def is_task(self) -> bool:
        """A form that is not sent yet."""
        return not self.number

    async def account_in_view(self) -> str | None:
        """The account that is adjusted."""
        return self.place.key

    def on_screen_suspend(self) -> None:
        """Something comes over the form: what was typed is kept at once."""
        if self._edits and not self.number and self.query(Form):
            self.start(self._keep())

    # as typed

    @on(Form.Changed)
    def _typed(self) -> None:
        self._edits += 1
        edit = self._edits
        self.set_timer(TYPING_SECONDS, lambda: self.start(self._pause(edit)) if edit == self._edits else None)

    async def _pause(self, edit: int) -> None:
        await self._keep()
        await self._replan(edit)

    async def _keep(self) -> None:
        """Keep the form as typed."""
        if self.number or not self.query(Form):
            return
        body = json.dumps(self.query_one(Form).values())
        try:
            self.version = await self.desk.saving(drafts.save, self.key, FORM, self.subject, body, self.version)
        except Exception as fault:
            if isinstance(fault, Refused) and fault.rule == drafts.ONE_VERSION:
                if not self._merging:
                    self._merging = True
                    try:
                        await self._merge()
                    finally:
                        self._merging = False
                return
            self.say(f"Not kept yet: {words(fault)}")
            cards = [name for name, text in self._texts().items() if has_card_number(text)]
            if cards:
                self.query_one(Form).show_errors(dict.fromkeys(cards, f"Not kept: {words(fault)}"))

    async def _merge(self) -> None:
        """Another window kept this form meanwhile: field by field, choose what counts."""
        from ubtui.screens.merging import merged

        there = next((each for each in await self.ask(drafts.kept) if each.key == self.key), None)
        if there is None:
            self.say("Another window sent this form or threw it away: what is typed here is not kept.")
            return
        form, when = self.query_one(Form), evidence.moment(there.saved_at, self.desk.district.zone)
        chosen = await merged(self, form.fields, form.values(), json.loads(there.body), when)
        if chosen is None:
            self.say("Not kept: another window changed this form as well. Type on to be asked again.")
            return
        self.version = there.version
        for name, value in form.values().items():
            if chosen.get(name, value) != value:
                form.set_value(name, chosen[name])
        body = json.dumps(form.values())
        self.version = await self.desk.saving(drafts.save, self.key, FORM, self.subject, body, self.version)

    async def _replan(self, edit: int) -> None:
        """Show what the form would do now."""
        lines: tuple[Line, ...]
        try:
            form = self._read(self._values())
            self.plan = await self.ask(adjustments.preview, form)
            lines = plan_lines(self.plan, self.router.day)
        except BadValue as fault:
            self.plan, lines = None, (Line("still to do", str(fault)),)
        except Refused as no:
            self.plan, lines = None, (Line("refused", no.sentence(), "danger"),)
        if edit == self._edits and self.is_attached and not self.number:
            self.query_one("#does", Panel).show(lines, "Before and after")

    def _texts(self) -> dict[str, str]:
        return self.query_one(Form).values()

    def _values(self, shown: str = "", papers: bool = False) -> dict[str, str]:
        """The form as it stands, with the hash of the plan that was `shown`; with its papers when it is sent."""
        values = {**self._texts(), "plan": shown}
        if not papers:
            values.pop("documents")
        if self._old is not None:
            return {**values, "proposal": self._old.number}
        return {**values, "account": self.place.key, "item": self.item or ""}

    def _read(self, values: Mapping[str, str]) -> adjustments.Propose | adjustments.Revise:
        """The act's form; its papers are read from their files."""
        found = read_form(adjustments.propose if self._old is None else adjustments.revise, values)
        assert isinstance(found, adjustments.Propose | adjustments.Revise)
        return found

    # keys

    def do_adjust_submit(self) -> None:
        """Send it, after a look at before and after."""
        self.start(self._submit())

    async def _submit(self) -> None:
        if self.number:
            self.say(f"{self.number} is submitted: F9 revises it, F8 withdraws it, esc goes back.")
            return
        form = self.query_one(Form)
        if not form.check():
            return
        await self._keep()
        await self._replan(self._edits)
        if self.plan is None:
            self.say("It cannot be submitted as it stands: see below.")
            return
        if self.plan.needs_document and not self._texts()["documents"].strip() and self._old is None:
            self.say("This reason needs a document: F6 attaches it, or name its path in the last field.")
            return
        shown = self.plan
        decides = " or ".join(shown.approvers)
        told = f"Submit {format_money(shown.amount_cents)} on {self.place.key}" + (
            f" for {decides}?" if decides else "? It posts at once."
        )
        if await self.router.asked(Ask(told, lines=plan_lines(shown, self.router.day), do="submit")) is None:
            return
        values = self._values(shown.hash, papers=True)
        try:
            body = await asyncio.to_thread(self._read, values)
        except BadValue as fault:
            self.say(str(fault))
            return
        act: Any = adjustments.propose if self._old is None else adjustments.revise
        done = await self.perform(act, body, key=self.key)
        if done is None:
            await self._replan(self._edits)  # what moved is shown, to be looked at before it is sent again
            return
        await self.desk.saving(drafts.drop, self.key)
        got = done.result
        self.number = got.number
        told = "posted: the policy decides" if got.journal_id else f"waits for {' or '.join(got.approvers)}"
        self.head(f"Adjustment  {self.place.key}  {got.number}")
        line = Line("submitted", f"{got.number} over {format_money(got.amount_cents)} {told}", "accent")
        self.query_one("#does", Panel).show((line, *plan_lines(shown, self.router.day)))
        self.say(f"{got.number} {told}. esc goes back.")

    def do_adjust_attach(self) -> None:
        """Add the path of a paper."""
        self.start(self._add_paper())

    async def _add_paper(self) -> None:
        def wrong(values: dict[str, str]) -> dict[str, str]:
            try:
                documents.sized(values["path"].strip())
            except BadValue as fault:
                return {"path": str(fault)}
            return {}

        field = FieldSpec("path", "File", required=True, help="the path of the paper on this machine")
        values = await self.router.asked(Ask("Attach a document", (field,), do="attach", check=wrong))
        if values is not None:
            form = self.query_one(Form)
            before = form.values()["documents"].rstrip()
            form.set_value("documents", "\n".join(part for part in (before, values["path"].strip()) if part))

    def do_adjust_withdraw(self) -> None:
        """Throw the form away, or withdraw what was submitted."""
        self.start(self._withdraw())

    async def _withdraw(self) -> None:
        number = self.number
        told = f"Withdraw {number}" if number else "Throw this form away"
        fields = (FieldSpec("reason", "Why", help="for the record"),) if number else ()
        values = await self.router.asked(
            Ask(told, fields, do="withdraw it" if number else "throw it away", by_enter=False)
        )
        if values is None:
            return
        if number:
            form = adjustments.Withdraw(proposal=number, reason=values["reason"])
            if await self.perform(adjustments.withdraw, form) is None:
                return
        else:
            self._edits += 1
            await self.desk.saving(drafts.drop, self.key)
            self.number = "-"
        self.router.back()

    def do_adjust_revise(self) -> None:
        """A new proposal in place of the submitted one."""
        if self.number:
            self.router.go(Place("adjust", self.place.key, self.place.item, self.number), instead=True)
        else:
            self.say("Nothing is submitted yet: change the form as it stands.")

    def do_item_account(self) -> None:
        """The account, with the form kept as it is."""
        self.router.interrupt(Place("account", self.place.key))

    def do_list_explain(self) -> None:
        """Why this tier and these lines."""
        if self.plan is None:
            self.say("There is no plan to explain yet.")
        else:
            self.start(self.show_lines("How this came about", plan_lines(self.plan, self.router.day)))

    def do_app_back(self) -> None:
        """Back; what was typed is kept."""
        self.start(self._leave())

    async def _leave(self) -> None:
        if self._edits and not self.number:
            await self._keep()
        self.router.back()


def _offered(look: Look, id: int) -> tuple[worklist.ItemView, dict[str, str]]:
    view = worklist.item(look, id)
    try:
        return view, fixes.offer(look, view, "adjust.propose").values()
    except BadValue:
        return view, {"note": f"{view.title}: {view.why}"}

"""A question over a screen: fields, what will happen, F5 to do it, esc to cancel."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen

from ubtui import keys
from ubtui.screens.base import CHOOSE, Ask, DeskScreen, Router, words
from ubtui.widgets.field import Form
from ubtui.widgets.line_input import NotTaken
from ubtui.widgets.panel import Line, Panel
from ubtui.widgets.status_bar import StatusBar
from ubtui.widgets.theme import styles_folder
from ubtui.widgets.too_small import TooSmall

INTERRUPTING = ("phone.card", "go.find")
TYPING_SECONDS = 0.25  # after this pause what is typed is tried
DIGITS = 9  # choices that one key takes
FORM_KEYS = "adjust"  # a question is a form: the keys that act in forms act in it


def _handler(command: keys.Command) -> str:
    return "do_" + command.id.replace(".", "_")


class AskScreen(ModalScreen[dict[str, str] | None], inherit_bindings=False):
    """Answers with the fields' values, or None; nothing is done unless F5 (or enter, where allowed) is pressed."""

    AUTO_FOCUS = ""
    CSS_PATH: ClassVar[Any] = [styles_folder() / "ask.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "accept", "do it", show=False),
        Binding("escape", "cancel", "cancel", show=False),
        Binding("enter", "enter", "do it or cancel", show=False),
        Binding("pageup", "lines('page_up')", "lines above", show=False),
        Binding("pagedown", "lines('page_down')", "lines below", show=False),
        Binding("up,k", "lines('up')", "a line up", show=False),
        Binding("down,j", "lines('down')", "a line down", show=False),
        Binding("home", "lines('home')", "the first line", show=False),
        Binding("end", "lines('end')", "the last line", show=False),
        Binding("tab", "app.focus_next", "next", show=False),
        Binding("shift+tab", "app.focus_previous", "previous", show=False),
    ]

    def __init__(self, question: Ask) -> None:
        super().__init__()
        self.question = question
        self._edit, self._previewed, self._barred = 0, -1, False
        self._is_leaving = False  # esc was pressed once over what is typed

    def compose(self) -> ComposeResult:
        """Title, what will happen, the fields, and the two ways out."""
        ask = self.question
        with Vertical(id="ask"):
            yield StatusBar(ask.title)
            if lines := (*ask.lines, *self._choices()):
                with VerticalScroll(id="ask-lines", classes="" if ask.fields else "-alone", can_focus=False):
                    yield Panel(lines)
            if ask.fields:
                yield Form(ask.fields, id="ask-form")
            if ask.preview is not None:
                with VerticalScroll(id="ask-preview", can_focus=False):
                    yield Panel(id="ask-would")
            yield StatusBar(self._ways_out(), id="ask-keys")
        yield TooSmall()

    def _choices(self) -> tuple[Line, ...]:
        """All there is to choose from, with the digit that takes it, where a question only chooses."""
        if not self._only_chooses():
            return ()
        titles = (title for _, title in self.question.fields[0].choices)
        return tuple(Line(str(n) if n <= DIGITS else "", title) for n, title in enumerate(titles, 1))

    def _only_chooses(self) -> bool:
        return self.question.do == CHOOSE and [each.kind for each in self.question.fields] == ["choice"]

    def _ways_out(self) -> str:
        if not self.question.do:
            return "esc back"
        ask = self.question
        enter = "enter" if ask.enter_does or (ask.fields and ask.by_enter) else "F5"
        return f"{enter} {self.question.do}   esc cancel"

    def on_mount(self) -> None:
        """Begin in the first field; say where there is more to read than there is room for."""
        for lines in self.query("#ask-lines"):
            self.watch(lines, "show_vertical_scrollbar", self._more, init=False)
        if self.question.fields:
            self.query_one(Form).input(self.question.fields[0].name).focus()
        if self.question.preview is not None:
            self._begin(self._preview())

    @on(Form.Changed)
    def _edited(self) -> None:
        """Another letter: say what it would do, once the hands rest."""
        if self._is_leaving:
            self._is_leaving = False
            self.say(None)
        if self.question.preview is not None:
            self._edit += 1
            edit = self._edit
            self.set_timer(TYPING_SECONDS, lambda: self._begin(self._preview()) if edit == self._edit else None)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        cast(Router, self.app).began(self.run_worker(work, exit_on_error=False))

    async def _preview(self) -> None:
        """Show what the fields as typed would do."""
        assert self.question.preview is not None
        edit = self._edit
        try:
            lines = await self.question.preview(self.query_one(Form).values())
        except Exception as fault:
            lines = (Line("not tried", words(fault), "warning"),)
        if edit == self._edit and self.is_attached:
            self._previewed, self._barred = edit, any(line.tone == "danger" for line in lines)
            self.query_one("#ask-would", Panel).show(lines)
            self.query_one("#ask-preview").display = bool(lines)

    async def _seen(self, values: dict[str, str]) -> None:
        """Do it where what it would do is seen and nothing bars it; what barred it is asked of the record again."""
        if self._previewed != self._edit or self._barred:
            await self._preview()
        if self._barred:
            self.say("Not as it stands: see above.")
        elif self.is_current:
            self.dismiss(values)

    def _more(self, more: bool) -> None:
        self.query_one("#ask-keys", StatusBar).say(self._ways_out() + ("   pgdn more lines" if more else ""))

    def action_lines(self, where: str) -> None:
        """Key: show other lines; in a field the keys that type or move there are the field's."""
        for lines in self.query("#ask-lines, #ask-preview"):
            getattr(lines, f"scroll_{where}")(animate=False)

    def on_form_finished(self) -> None:
        """Enter in the last field."""
        if self.question.by_enter:
            self.action_accept()
        else:
            self.query_one("#ask-keys", StatusBar).say(f"Press F5 to {self.question.do}, esc to cancel.")

    def on_choice_input_picked(self) -> None:
        """A digit in a question that only chooses is the answer: what is chosen is asked for next, or shown."""
        if self._only_chooses():
            self.action_accept()

    def on_not_taken(self, event: NotTaken) -> None:
        """A field did not take what came: say why."""
        self.query_one("#ask-keys", StatusBar).say(event.sentence)

    def action_accept(self) -> None:
        """Key: do it, once all fields stand."""
        if not self.question.do:
            self.dismiss(None)
            return
        values: dict[str, str] = {}
        if self.question.fields:
            form = self.query_one(Form)
            if not form.check():
                return
            values = form.values()
            if wrong := self.question.check(values):
                form.show_errors(wrong)
                return
        if self.question.preview is not None:
            self._begin(self._seen(values))
        else:
            self.dismiss(values)

    def action_enter(self) -> None:
        """Key, outside fields: do it where the question says so, else leave."""
        if self.question.enter_does:
            self.action_accept()
        else:
            self.dismiss(None)

    @property
    def is_task(self) -> bool:
        """A question with fields is parked by an interruption; one that only shows lines is not."""
        return bool(self.question.fields)

    def say(self, sentence: str | None) -> None:
        """Say why something cannot be done now."""
        for bar in self.query("#ask-keys").results(StatusBar):  # none before the question is composed
            bar.say(sentence if sentence is not None else self._ways_out())

    async def on_key(self, event: events.Key) -> None:
        """The phone rings here too: its card and find act as on any form, with the question parked; so does F1."""
        rule = keys.command("policy.show", cast(Router, self.app).commands)
        if self.question.do and event.key in rule.keys_on(FORM_KEYS):
            event.stop()
            below = next(each for each in reversed(self.app.screen_stack) if isinstance(each, DeskScreen))
            below.show_policy_of(self.question.act)
            return
        for each in cast(Router, self.app).commands:
            if (
                each.id in INTERRUPTING
                and event.key in each.keys_on(FORM_KEYS)
                and (act := getattr(self.app, _handler(each), None)) is not None
            ):
                event.stop()
                act()

    def action_cancel(self) -> None:
        """Key: nothing is done; what was typed is left by a second one alone."""
        if self._is_typed() and not self._is_leaving:
            self._is_leaving = True
            self.say("What is typed is not kept: esc again leaves it.")
        else:
            self.dismiss(None)

    def _is_typed(self) -> bool:
        """Whether a field holds words or figures that it did not begin with; a choice is made again by one key."""
        if not self.question.fields:
            return False
        values = self.query_one(Form).values()
        typed = (each for each in self.question.fields if each.kind not in ("choice", "bool"))
        return any(values[each.name].strip() not in ("", each.value.strip()) for each in typed)

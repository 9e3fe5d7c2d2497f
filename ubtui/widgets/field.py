"""A form made from a list of fields: labels, inputs, a sentence under a field that is wrong, every edit reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money, parse_money
from ubtui.domain.promise import near_day
from ubtui.domain.text import cell_width, clean_text, fit
from ubtui.services.forms import FieldSpec, whole
from ubtui.widgets.choice_input import ChoiceInput
from ubtui.widgets.line_input import PASTE_LIMIT, Burst, LineInput, NotTaken, paste_problem
from ubtui.widgets.money_input import MoneyInput

__all__ = ["FieldSpec", "Form", "problem"]

LABEL_WIDTH, LONGEST_LABEL = 20, 50
YES_NO = (("yes", "yes"), ("no", "no"))


def _whole_number(text: str) -> str:
    return f"{whole(text.strip()):,}"


def _day(text: str, today: date) -> str:
    """A day as the record writes it, where it was typed as people say it: `fri`, `tomorrow`, `+7`."""
    word = text.strip()
    try:
        return near_day(word, today).isoformat() if word.isalpha() or word.startswith("+") else text
    except BadValue:
        return text


# How a kind reads its text: the echo shown while typing, or BadValue.
_READERS: dict[str, Callable[[str], str]] = {
    "money": lambda text: format_money(parse_money(text)),
    "day": lambda text: f"{parse_day(text):%A, %B} {parse_day(text).day}, {parse_day(text).year}",
    "int": _whole_number,
}


def problem(spec: FieldSpec, value: str) -> str | None:
    """Why a value cannot stand, as a sentence; None where it can."""
    if not value.strip():
        return f"{spec.label.partition(' (')[0]} is needed." if spec.required else None
    allowed = [each for each, _ in _choices(spec)]
    if spec.kind in ("choice", "bool") and value not in allowed:
        return f"{spec.label}: choose one of {', '.join(allowed)}."
    try:
        _READERS.get(spec.kind, str)(value)
    except BadValue as fault:
        return str(fault)
    return None


def _choices(spec: FieldSpec) -> tuple[tuple[str, str], ...]:
    return YES_NO if spec.kind == "bool" else spec.choices


class LongText(TextArea):
    """Several lines of clean text, at most 10,000 characters."""

    DEFAULT_CSS = "LongText { height: 4; border: none; padding: 0; }"

    def __init__(self, value: str = "", *, id: str | None = None, burst: Burst | None = None) -> None:
        super().__init__(clean_text(value, limit=PASTE_LIMIT, multiline=True), id=id, soft_wrap=True, compact=True)
        self.cursor_blink = False
        self.highlight_cursor_line = False
        self.burst = burst or Burst()

    async def _on_key(self, event: events.Key) -> None:
        self.burst.key(event.time)
        if event.is_printable and len(self.text) >= PASTE_LIMIT:
            event.stop()
            event.prevent_default()
            self.post_message(NotTaken(self, f"This field is full: it takes {PASTE_LIMIT:,} characters."))

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.burst.paste(event.time)
        told = paste_problem(event.text, one_line=False)
        if told is None and len(self.text) + len(event.text) > PASTE_LIMIT:
            told = f"Nothing was pasted: the field would hold more than {PASTE_LIMIT:,} characters."
        if told is not None:
            self.post_message(NotTaken(self, told))
            return
        pasted = clean_text(event.text, limit=PASTE_LIMIT, multiline=True)
        if edit := self._replace_via_keyboard(pasted, *self.selection):
            self.move_cursor(edit.end_location)


class Form(VerticalScroll, can_focus=False):
    """A form; posts Changed on each edit, so that it is kept as typed, and Finished on enter in its last field.

    No key of a form moves money: that is a command of its screen.
    """

    DEFAULT_CSS = f"""
    Form {{ height: auto; width: 1fr; scrollbar-size-vertical: 1; }}
    Form > Vertical {{ height: auto; }}
    Form Horizontal {{ height: auto; }}
    Form .field--label {{ width: {LABEL_WIDTH}; height: 1; padding: 0 1; }}
    Form .field--wrong {{ display: none; height: auto; padding: 0 1 0 {LABEL_WIDTH}; }}
    Form .field--note {{ height: auto; padding: 0 1 0 {LABEL_WIDTH}; }}
    Form Input {{ width: 1fr; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,enter", "next_field", "next", show=False),
        Binding("up", "previous_field", "previous", show=False),
    ]

    class Changed(Message):
        """One field has another value."""

        def __init__(self, form: Form, name: str, value: str) -> None:
            super().__init__()
            self.form = form
            self.name = name
            self.value = value

        @property
        def control(self) -> Form:
            """The form it comes from."""
            return self.form

    class Finished(Message):
        """Enter was pressed in the last field."""

        def __init__(self, form: Form) -> None:
            super().__init__()
            self.form = form

        @property
        def control(self) -> Form:
            """The form it comes from."""
            return self.form

    def __init__(self, fields: Sequence[FieldSpec], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.fields = tuple(fields)
        self._specs = {spec.name: spec for spec in self.fields}
        self._inputs: dict[str, LineInput | ChoiceInput | LongText] = {}
        self._names: dict[str, str] = {}  # by the id of the input
        self._last = {spec.name: spec.value for spec in self.fields}
        self._errors: dict[str, str] = {}

    @staticmethod
    def _input(spec: FieldSpec, burst: Burst) -> LineInput | ChoiceInput | LongText:
        id = f"field-{spec.name}"
        if spec.kind in ("choice", "bool"):
            return ChoiceInput(_choices(spec), spec.value, id=id)
        if spec.kind == "multiline":
            return LongText(spec.value, id=id, burst=burst)
        if spec.kind == "money":
            return MoneyInput(spec.value, id=id, burst=burst)
        if spec.kind == "day":
            return LineInput(
                spec.value, placeholder="year-month-day, fri or +7", restrict=r"[0-9A-Za-z+-]{0,10}", id=id, burst=burst
            )
        if spec.kind == "int":
            return LineInput(spec.value, restrict=r"-?[0-9]{0,12}", id=id, burst=burst)
        return LineInput(spec.value, id=id, burst=burst)

    def compose(self) -> ComposeResult:
        """A line a field, a hidden line for what is wrong with it, and one line of help below."""
        wide = min(LONGEST_LABEL, max([LABEL_WIDTH, *(cell_width(each.label) + 4 for each in self.fields)]))
        burst = Burst()  # one for all fields, since an enter leads from one to the next
        for spec in self.fields:
            self._inputs[spec.name] = self._input(spec, burst)
            self._names[f"field-{spec.name}"] = spec.name
            words = Text(fit(clean_text(spec.label) + (" *" if spec.required else ""), wide - 2))
            label = Static(words, classes="field--label", markup=False)
            wrong = Static("", id=f"wrong-{spec.name}", classes="field--wrong", markup=False)
            label.styles.width, wrong.styles.padding = wide, (0, 1, 0, wide)
            with Vertical():
                with Horizontal():
                    yield label
                    yield self._inputs[spec.name]
                yield wrong
        self._last = self.values()
        note = Static("", classes="field--note", markup=False)
        note.styles.padding = (0, 1, 0, wide)
        yield note

    # what others may ask and do

    def values(self) -> dict[str, str]:
        """The text of every field as typed; before the form is mounted, what it starts with."""
        typed = {name: each.text if isinstance(each, LongText) else each.value for name, each in self._inputs.items()}
        today = getattr(self.app, "day", None) if self._inputs else None
        days = {n: _day(text, today) for n, text in typed.items() if today and self._specs[n].kind == "day"}
        return {**self._last, **typed, **days}

    def input(self, name: str) -> Widget:
        """The input of a field, to give it the focus."""
        return self._inputs[name]

    def set_value(self, name: str, value: str) -> None:
        """Put a value into a field; it is reported as a change."""
        each = self._inputs[name]
        if isinstance(each, LongText):
            each.text = clean_text(value, limit=PASTE_LIMIT, multiline=True)
        else:
            each.value = value if isinstance(each, ChoiceInput) else clean_text(value)

    def problems(self) -> dict[str, str]:
        """What is wrong with the fields by themselves: needed and empty, or not what their kind is."""
        values = self.values()
        found = {spec.name: problem(spec, values[spec.name]) for spec in self.fields}
        return {name: told for name, told in found.items() if told is not None}

    def check(self) -> bool:
        """Show what is wrong under each field, go to the first, and tell whether all is well."""
        self.show_errors(found := self.problems())
        if found:
            self._inputs[next(iter(found))].focus()
        return not found

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Show a sentence under each field named and none under the others; unknown names go to the line of help."""
        self._errors = {name: clean_text(told) for name, told in errors.items()}
        for name in self._inputs:
            self._show_error(name)
        if rest := [told for name, told in self._errors.items() if name not in self._inputs]:
            self._note(" ".join(rest))

    # inside

    def _show_error(self, name: str) -> None:
        line = self.query_one(f"#wrong-{name}", Static)
        told = self._errors.get(name, "")
        line.display = bool(told)
        line.update(Text(f"! {told}" if told else ""))

    def _note(self, told: str) -> None:
        self.query_one(".field--note", Static).update(Text(clean_text(told)))

    def _name_of(self, widget: Widget | None) -> str | None:
        return self._names.get(widget.id) if widget is not None and widget.id else None

    def _explain(self, name: str) -> None:
        spec, value = self._specs[name], self.values()[name]
        parts = [spec.help] if spec.help else []
        if value.strip() and spec.kind in _READERS:
            try:
                parts.insert(0, f"= {_READERS[spec.kind](value)}")
            except BadValue as fault:
                parts = [str(fault)]
        self._note("  ".join(parts))

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(ChoiceInput.Changed)
    def _edited(self, event: Input.Changed | TextArea.Changed | ChoiceInput.Changed) -> None:
        event.stop()
        name = self._name_of(event.control)
        if name is None or (value := self.values()[name]) == self._last[name]:
            return
        self._last[name] = value
        if self._errors.pop(name, None) is not None:
            self._show_error(name)
        self._explain(name)
        self.post_message(self.Changed(self, name, value))

    def on_mount(self) -> None:
        """What comes or grows beside the form takes room from it: the field one types into stays in view."""
        self.screen.screen_layout_refresh_signal.subscribe(self, self._stay_in_view)

    def _stay_in_view(self, screen: Screen[object]) -> None:
        focused = screen.focused
        if self._name_of(focused) is not None and focused is not None and self in focused.ancestors:
            focused.scroll_visible(animate=False)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Explain the field that has the focus."""
        if (name := self._name_of(event.widget)) is not None:
            self._explain(name)

    @on(NotTaken)
    def _refused(self, event: NotTaken) -> None:
        self._note(event.sentence)  # and on to the screen

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_next_field()

    def action_next_field(self) -> None:
        """Key: the next field; in the last one the form is finished."""
        self._go(1)

    def action_previous_field(self) -> None:
        """Key: the field before."""
        self._go(-1)

    def _go(self, by: int) -> None:
        names = list(self._inputs)
        name = self._name_of(self.screen.focused)
        place = (names.index(name) if name is not None else -1) + by
        if place >= len(names):
            self.post_message(self.Finished(self))
        elif place >= 0:
            self._inputs[names[place]].focus()

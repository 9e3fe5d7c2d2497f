"""Forms: values as typed, each edit reported, what a field refuses, and enter that came in a rush."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from tests.screen_text import screen_styles, screen_text
from tests.widgets.desk_app import HOSTILE, DeskApp
from ubtui.domain.text import clean_text
from ubtui.widgets.field import FieldSpec, Form
from ubtui.widgets.line_input import ENTER_HELD_SECONDS, PASTE_LIMIT, Burst, NotTaken
from ubtui.widgets.money_input import MoneyInput

FIELDS = (
    FieldSpec("reason", "Reason", "choice", (("leak", "Leak"), ("misread", "Misread"), ("bill", "Bill error")), True),
    FieldSpec("amount", "Amount", "money", required=True, help="a credit has a minus"),
    FieldSpec("day", "Effective", "day"),
    FieldSpec("dials", "Dials", "int", value="5"),
    FieldSpec("letter", "Letter", "bool", value="yes"),
    FieldSpec("who", "Called by"),
    FieldSpec("note", "Note", "multiline"),
)


class FormApp(DeskApp):
    """Keeps what the form reports."""

    def __init__(self, form: Form, **more: Any) -> None:
        super().__init__(form, **more)
        self.edits: list[tuple[str, str]] = []
        self.finished = 0

    def on_form_changed(self, message: Form.Changed) -> None:
        self.edits.append((message.name, message.value))

    def on_form_finished(self) -> None:
        self.finished += 1

    def on_money_input_parsed(self, message: MoneyInput.Parsed) -> None:
        self.said.append(message)


async def paste(pilot: Pilot[Any], form: Form, name: str, text: str) -> None:
    form.input(name).focus()
    await pilot.pause()
    form.input(name).post_message(events.Paste(text))
    await pilot.pause()


async def test_a_form_is_filled_by_keyboard_and_reported_as_typed() -> None:
    form = Form(FIELDS)
    app = FormApp(form)
    async with app.run_test(size=(80, 24)) as pilot:
        form.input("reason").focus()
        await pilot.press("2")
        assert form.values()["reason"] == "misread"
        await pilot.press("right", "enter", *"-12.5", "enter", *"2026-11-23")
        assert "= Monday, November 23, 2026" in screen_text(app)
        await pilot.press("down", "6", "down", "space", "down", *"Ortiz", "enter", *"ok", "enter", *"q")
        assert form.values() == {
            "reason": "bill", "amount": "-12.5", "day": "2026-11-23", "dials": "56", "letter": "no", "who": "Ortiz",
            "note": "ok\nq",
        }  # fmt: skip
        assert ("amount", "-12") in app.edits
        assert app.edits[-1] == ("note", "ok\nq")
        assert [message.cents for message in app.heard(MoneyInput.Parsed)][-1] == -1250
        assert len(app.edits) == 2 + 5 + 10 + 1 + 1 + 5 + 4
        assert form.check()


async def test_a_choice_narrows_by_its_letters() -> None:
    kinds = (("reread", "Reread"), ("seal", "Seal"), ("seal_check", "Check seal"), ("shutoff", "Shut off"))
    form = Form([FieldSpec("kind", "Kind", "choice", kinds, True, value="reread")])
    app = FormApp(form)
    async with app.run_test(size=(80, 24)) as pilot:
        form.input("kind").focus()
        await pilot.press("s")
        assert form.values()["kind"] == "seal" and "‹ Seal ›  s…: → Shut off, Check seal" in screen_text(app)
        await pilot.press("right")
        assert form.values()["kind"] == "shutoff"
        await pilot.press(*"ea", "right")
        assert form.values()["kind"] == "seal_check", "only what the letters leave"
        await pilot.press("backspace", "h")
        assert form.values()["kind"] == "reread", "seh is nothing: as before the letters"
        await pilot.press(*"sh")
        assert form.values()["kind"] == "shutoff" and "only this" in screen_text(app)
        await pilot.press("backspace", "backspace")
        assert form.values()["kind"] == "reread"


async def test_a_word_typed_into_a_choice_changes_nothing_and_says_so() -> None:
    form = Form([replace(FIELDS[0], value="misread")])
    app = FormApp(form)
    async with app.run_test(size=(80, 24)) as pilot:
        form.input("reason").focus()
        await pilot.press(*"quack")
        assert form.values()["reason"] == "misread"
        assert app.edits == []
        assert app.heard(NotTaken)[-1].sentence == (
            "No choice has a word that begins with k (Misread): type one's first letters, a digit, 1 to 3, or use ← →."
        )
        await pilot.press("9")
        assert form.values()["reason"] == "misread"
        await pilot.press("²", "½", "٣")
        assert form.values()["reason"] == "bill", "the digit three of another script is one, a figure is none"
        await pilot.press("2")
        await pilot.press("3")
        assert form.values()["reason"] == "bill"


async def test_a_long_label_stands_whole_beside_its_field() -> None:
    told = "Register value (last was 354,925 on Sep 21)"
    app = FormApp(Form([FieldSpec("value", told, "int", required=True, value="7")]))
    async with app.run_test(size=(80, 24)):
        assert f"{told} * 7" in screen_text(app)


async def test_opening_a_draft_reports_no_edit() -> None:
    form = Form([FieldSpec("a", "A", value="typed before"), FieldSpec("m", "M", "money", value="1.00")])
    app = FormApp(form)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.edits == []
        form.set_value("a", "other")
        await pilot.pause()
        assert app.edits == [("a", "other")]


async def test_money_takes_only_what_money_is_made_of() -> None:
    form = Form([FieldSpec("amount", "Amount", "money")])
    app = FormApp(form)
    async with app.run_test(size=(80, 24)) as pilot:
        form.input("amount").focus()
        await pilot.press(*"1a2,b34.5x678e")
        assert form.values() == {"amount": "12,34.56"}
        assert form.problems() != {}
        await pilot.press("ctrl+u", *"$1,234.5")
        assert form.input("amount").cents == 123_450  # type: ignore[attr-defined]
        assert form.problems() == {}


async def test_errors_stand_under_their_fields_until_the_field_is_edited() -> None:
    form = Form(FIELDS)
    app = FormApp(form)
    async with app.run_test(size=(80, 24)) as pilot:
        form.set_value("day", "2026-02-30")
        assert not form.check()
        await pilot.pause()
        shown = screen_text(app)
        assert "! Reason is needed." in shown
        assert "! Amount is needed." in shown
        assert "is not a day of the calendar" in shown
        assert app.focused is form.input("reason")
        await pilot.press("1")
        assert "Reason is needed" not in screen_text(app)
        form.show_errors({"amount": "The period is closed.", "elsewhere": "Nobody may."})
        await pilot.pause()
        assert "! The period is closed." in screen_text(app)
        assert "Nobody may." in screen_text(app)


@pytest.mark.parametrize(
    "text", ["first\nsecond", "a\r\nb\r\nc", "x" * (PASTE_LIMIT + 1), "one\u2028two"], ids=["lf", "crlf", "huge", "ls"]
)
async def test_a_paste_that_would_be_cut_is_refused_aloud(text: str) -> None:
    form = Form([FieldSpec("who", "Who", value="kept"), FieldSpec("next", "Next")])
    app = FormApp(form)
    async with app.run_test(size=(80, 24)) as pilot:
        await paste(pilot, form, "who", text)
        assert form.values()["who"] == "kept"
        [told] = app.heard(NotTaken)
        assert told.sentence.startswith("Nothing was pasted: ")
        assert told.sentence in " ".join(screen_text(app).split())
        await paste(pilot, form, "who", " of one line\n")
        assert form.values()["who"] == "kept of one line"


async def test_a_paste_that_does_not_fit_the_kind_is_refused_aloud() -> None:
    form = Form([FieldSpec("amount", "Amount", "money")])
    app = FormApp(form)
    async with app.run_test(size=(80, 24)) as pilot:
        await paste(pilot, form, "amount", "twelve")
        assert [told.sentence for told in app.heard(NotTaken)] == [
            "Nothing was pasted: the text does not fit this field."
        ]
        await paste(pilot, form, "amount", "1,204.00")
        assert form.values() == {"amount": "1,204.00"}


async def test_several_lines_are_bounded_and_clean() -> None:
    form = Form([FieldSpec("note", "Note", "multiline")])
    app = FormApp(form)
    async with app.run_test(size=(80, 24)) as pilot:
        await paste(pilot, form, "note", "one\ntwo\x1b[2J\x00\u202e")
        assert form.values() == {"note": "one\ntwo[2J"}
        await paste(pilot, form, "note", "x" * PASTE_LIMIT)
        assert len(app.heard(NotTaken)) == 1
        assert form.values() == {"note": "one\ntwo[2J"}


def test_a_rush_of_keys_holds_enter_and_hands_do_not() -> None:
    hands = Burst()
    for at in range(20):
        hands.key(at * 0.05)
    assert not hands.holds(1.0)
    rush = Burst()
    for at in range(4):
        rush.key(at * 0.001)
    assert rush.holds(0.003 + ENTER_HELD_SECONDS - 0.01)
    assert not rush.holds(0.003 + ENTER_HELD_SECONDS + 0.01)


async def test_enter_in_a_rush_does_not_leave_the_field() -> None:
    form = Form([FieldSpec("a", "A"), FieldSpec("b", "B")])
    app = FormApp(form)
    async with app.run_test(size=(80, 24)) as pilot:
        form.input("a").focus()
        await pilot.pause()
        for key in "1234":
            form.input("a").post_message(events.Key(key, key))
        form.input("a").post_message(events.Key("enter", "\r"))
        await pilot.pause()
        assert form.values()["a"] == "1234"
        assert app.focused is form.input("a")
        assert len(app.heard(NotTaken)) == 1
        await pilot.pause(ENTER_HELD_SECONDS)
        await pilot.press("enter")
        assert app.focused is form.input("b")
        await pilot.press("enter")
        assert app.finished == 1


async def test_hostile_text_in_labels_choices_values_and_errors_is_literal() -> None:
    for text in HOSTILE:
        form = Form(
            [
                FieldSpec("a", text, "choice", (("v", text),), value="v"),
                FieldSpec("b", "B", value=text, help=text),
                FieldSpec("c", "C", "multiline", value=text),
            ]
        )
        app = FormApp(form)
        async with app.run_test(size=(80, 24)) as pilot:
            form.show_errors({"a": text, "other": text})
            form.input("b").focus()
            await pilot.pause()
            shown = screen_text(app)
            assert clean_text(text)[:15].split("\n")[0].rstrip() in shown
            assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in shown)
            assert not any("click" in style for style in screen_styles(app))

"""The registry of commands: reachable keys, one meaning each, and a footer that fits."""

import pytest
from msgspec.structs import replace

from ubtui import keys
from ubtui.keys import Command


def test_the_registry_has_no_fault() -> None:
    assert keys.validate() == []


@pytest.mark.parametrize(
    "key", ["ctrl+h", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+[", "ctrl+space", "ctrl+b", "ctrl+a", "ctrl+z", "alt+x",
            "ctrl+shift+p", "g ctrl+h"]
)  # fmt: skip
def test_keys_that_do_not_reach_every_terminal_are_refused(key: str) -> None:
    faults = keys.validate([Command("a.b", (key,), "word", "does it", ("worklist",))])
    assert [fault for fault in faults if "does not reach every terminal" in fault]


def test_one_key_two_meanings_is_a_fault_on_the_same_screen_only() -> None:
    one = Command("a.one", ("c",), "one", "", ("worklist",))
    two = Command("a.two", ("c",), "two", "", ("worklist",))
    assert keys.validate([one, two]) == ["worklist: c means a.one and a.two."]
    assert keys.validate([one, replace(two, where=("account",))]) == []
    prefix = Command("a.g", ("g",), "g", "", ("worklist",))
    go = Command("a.go", ("g w",), "go", "", ("worklist",))
    assert keys.validate([prefix, go]) == ["worklist: g means a.g and begins a.go."]


def test_labels_are_one_word_screens_are_known_and_footers_short() -> None:
    assert keys.validate([Command("a", ("c",), "two words", "")]) != []
    assert keys.validate([Command("a", ("c",), "word", "", ("nowhere",))]) == ["a: no screen is named nowhere."]
    many = [Command(f"a.{key}", (key,), "word", "", ("meter",), show=True) for key in "abcdefg"]
    assert keys.validate(many) == ["meter: 7 keys in the footer, 6 fit."]


def test_in_a_form_nothing_that_could_be_typed_acts() -> None:
    for screen in keys.FORMS:
        for command in keys.for_screen(screen):
            for key in command.keys_on(screen):
                assert len(key) > 1 and key != "space" and " " not in key
    assert keys.command("adjust.submit").keys_on("adjust") == ("f5",)
    assert keys.command("app.help").keys_on("adjust") == ("f10",)
    assert keys.command("app.help").keys_on("worklist") == ("?", "f10")


def test_sequences_and_markdown() -> None:
    assert {letter: command.id for letter, command in keys.sequences().items()} == {
        "w": "go.worklist",
        "a": "go.approvals",
        "f": "go.find",
        "d": "go.draft",
        "c": "go.drawer",
        "o": "go.orders",
        "r": "go.routes",
        "e": "go.held",
        "v": "go.views",
        "b": "go.board",
        "h": "handover.read",
    }
    page = keys.as_markdown()
    for command in keys.COMMANDS:
        assert f"| {command.label} | {command.help} |" in page
    with pytest.raises(KeyError):
        keys.for_screen("nowhere")

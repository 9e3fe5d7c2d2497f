"""Keys of one's own: what may be asked for, what is refused in which words, and whose file goes before whose."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui import keyfile, keys


def own(tmp_path: Path, mine: str = "", theirs: str = "") -> keyfile.OwnKeys:
    """The keys with these two files."""
    folder, config = tmp_path / "district", tmp_path / "config" / "ubtui"
    for place, text in ((folder, theirs), (config, mine)):
        place.mkdir(parents=True, exist_ok=True)
        if text:
            (place / keyfile.NAME).write_text(text, "utf-8")
    return keyfile.load(folder, {"XDG_CONFIG_HOME": str(tmp_path / "config")})


def test_no_file_changes_nothing(tmp_path: Path) -> None:
    found = own(tmp_path)
    assert found == keyfile.OwnKeys() and found.keymap == {}
    assert keyfile.files(None, {}) == []
    assert keyfile.files(None, {"HOME": "/home/ana"}) == [Path("/home/ana/.config/ubtui/keys.toml")]


def test_a_command_gets_its_keys_on_every_screen_it_is_on(tmp_path: Path) -> None:
    found = own(
        tmp_path, '"item.claim" = "t"\nlist.down = ["down", "j", ","]\n"go.approvals" = "g p"\n"item.add" = []\n'
    )
    assert found.faults == ()
    by_id = {each.id: each for each in found.commands}
    assert by_id["item.claim"].keys == ("t",) and by_id["go.approvals"].keys == ("g p",)
    assert found.keymap["worklist:item.claim"] == "t"
    assert found.keymap["list.down"] == found.keymap["meter:list.down"] == "down,j,comma"
    assert found.keymap["worklist:item.add"] == keyfile.NO_KEY
    assert keys.sequences("g", found.commands)["p"].id == "go.approvals"
    assert [each.id for each in found.commands] == [each.id for each in keys.COMMANDS]


def test_letters_leave_the_function_key_and_a_function_key_takes_its_place(tmp_path: Path) -> None:
    letter = own(tmp_path, '"app.help" = "U"\n')
    assert keys.command("app.help", letter.commands).keys_on("adjust") == ("f10",)
    named = own(tmp_path, '"app.help" = ["U", "f9"]\n"adjust.revise" = "F10"\n')
    assert named.faults == ()
    assert keys.command("app.help", named.commands).keys_on("adjust") == ("f9",)
    assert keys.command("adjust.revise", named.commands).keys_on("adjust") == ("f10",)


def test_two_commands_may_change_places(tmp_path: Path) -> None:
    found = own(tmp_path, '"item.claim" = "C"\n"item.release" = "c"\n')
    assert found.faults == ()
    assert (found.keymap["worklist:item.claim"], found.keymap["worklist:item.release"]) == ("C", "c")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"item.clam" = "t"', "item.clam: there is no such command"),
        ('"item.claim" = 5', "item.claim: give a key or a list of keys"),
        ('"item.claim" = ["t", 5]', "item.claim: give a key or a list of keys"),
        ('"item.claim" = "ctrl+h"', "ctrl+h does not reach every terminal"),
        ('"item.claim" = "Ctrl+I"', "ctrl+i does not reach every terminal"),
        ('"item.claim" = "ctrl+m"', "ctrl+m does not reach every terminal"),
        ('"item.claim" = "ctrl+j"', "ctrl+j does not reach every terminal"),
        ('"item.claim" = "ctrl+["', "ctrl+[ does not reach every terminal"),
        ('"item.claim" = "alt+c"', "alt+c does not reach every terminal"),
        ('"item.claim" = "ctrl+shift+c"', "ctrl+shift+c does not reach every terminal"),
        ('"item.claim" = "f11"', "'f11' is no key that every terminal sends"),
        ('"item.claim" = "tt"', "'tt' is no key that every terminal sends"),
        ('"item.claim" = "x y"', "'x y' is no key: two keys are g and a letter"),
        ('"item.claim" = " "', "is no key"),
        ('"item.claim" = "esc"', "esc goes back everywhere and cannot be given away"),
        ('"item.claim" = "enter"', "enter opens and accepts everywhere"),
        ('"item.claim" = "C"', "on the screen worklist: C means"),
        ('"item.claim" = "g"', "on the screen worklist: g means item.claim and begins"),
        ('"adjust.submit" = "s"', "adjust.submit: on adjust, a form, s would be typed; give an F-key."),
        ('"app.help" = []', "app.help: needs a key"),
        ("item.claim = ", "is not TOML"),
        ('"item.claim" = "t"\n"item.claim" = "u"', "is not TOML"),
        ("x" * (keyfile.MOST_BYTES + 1), "is longer than"),
    ],
)
def test_a_fault_is_one_sentence_and_nothing_is_applied(tmp_path: Path, text: str, says: str) -> None:
    found = own(tmp_path, text)
    assert found.commands == keys.COMMANDS and found.keymap == {}
    told = [fault for fault in found.faults if says in fault]
    assert told, found.faults
    assert all(
        "\n" not in fault and str(tmp_path / "config") in fault and fault.endswith(".") for fault in found.faults
    )


def test_every_fault_is_named(tmp_path: Path) -> None:
    found = own(tmp_path, '"item.clam" = "t"\n"item.wait" = "alt+w"\n"item.note" = 3\n')
    assert len(found.faults) == 3


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    own(tmp_path)
    (tmp_path / "config/ubtui/keys.toml").write_bytes(b'"item.claim" = "\xff"')
    assert own(tmp_path).faults[0].endswith("byte 16 is not UTF-8.")


def test_the_districts_file_holds_for_all_and_the_persons_goes_before_it(tmp_path: Path) -> None:
    found = own(tmp_path, '"item.claim" = "t"\n', '"item.claim" = "u"\n"item.wait" = "z"\n')
    assert found.faults == ()
    assert keys.command("item.claim", found.commands).keys == ("t",)
    assert keys.command("item.wait", found.commands).keys == ("z",)
    found = own(tmp_path, '"item.claim" = "z"\n', '"item.wait" = "z"\n')
    assert len(found.faults) == 1 and "z means" in found.faults[0]
    assert keys.command("item.wait", found.commands).keys == ("z",) and "worklist:item.claim" not in found.keymap


IDS = st.sampled_from([each.id for each in keys.COMMANDS])
KEYS = st.sampled_from(["c", "t", "Z", "f5", "f9", "ctrl+o", "ctrl+h", "esc", "g p", "g", "tab", ",", "alt+x", "é"])


@given(st.dictionaries(IDS, st.lists(KEYS, max_size=3), max_size=4))
def test_what_is_applied_has_no_fault(asked: dict[str, list[str]]) -> None:
    text = "\n".join(f'"{id}" = {given!r}' for id, given in asked.items())
    read, wrong = keyfile.read(text.encode())
    laid = keyfile.lay(keys.COMMANDS, read)
    if not wrong and not list(keyfile._faults(laid, read)):
        assert keys.validate(laid) == []
        for each in laid:
            for name in ("worklist", "adjust"):
                assert not any(keys.banned(part) for key in each.keys_on(name) for part in key.split(" "))

"""Keys of one's own: keys.toml, read strictly, laid over the registry; what is wrong with it in one sentence each."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ubtui import keys
from ubtui.domain.text import clean_text
from ubtui.keys import COMMANDS, FORMS, SCREENS, Command

NAME: Final = "keys.toml"
NO_KEY: Final = "f24"  # no terminal of the desk sends it: a command with no key still has a binding to give one to
MOST_BYTES = 100_000
_SPELLED: Final = {"esc": "escape", "pgup": "pageup", "pgdn": "pagedown"}
_NAMED: Final = {
    *("space", "enter", "escape", "tab", "shift+tab", "up", "down", "left", "right"),
    *("home", "end", "pageup", "pagedown", "insert", "delete", "backspace"),
    *(f"f{n}" for n in range(1, 11)),
}
_FIXED: Final = {
    "enter": "opens and accepts",
    "escape": "goes back",
    "ctrl+c": "is kept from closing the desk",
    "ctrl+q": "is kept from closing the desk",
}
_NEEDED: Final = ("app.palette", "app.help")  # without them no other key could be found
PREFIX: Final = "g"

Asked = dict[str, tuple[str, ...]]


class OwnKeys(msgspec.Struct, frozen=True):
    """The registry as this person has it, and the faults of the files that were not applied for them."""

    commands: tuple[Command, ...] = COMMANDS
    faults: tuple[str, ...] = ()

    @property
    def keymap(self) -> dict[str, str]:
        """Textual's keymap: of a binding's id, `screen:command` or a list's own `command`, its keys."""
        found = {}
        for own, shipped in zip(self.commands, COMMANDS, strict=True):
            if own == shipped:
                continue
            found[own.id] = _joined(own.keys)
            for screen in SCREENS:
                if own.on(screen):
                    found[f"{screen}:{own.id}"] = _joined(own.keys_on(screen))
        return found


def _joined(names: tuple[str, ...]) -> str:
    single = ["comma" if name == "," else name for name in names if " " not in name]
    return ",".join(single) or NO_KEY


def files(folder: Path | None, environ: Mapping[str, str]) -> list[Path]:
    """Where keys.toml may stand: in the district's folder, then in the person's own, which goes before it."""
    home = environ.get("HOME")
    base = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    return [*([folder / NAME] if folder is not None else []), *([Path(base) / "ubtui" / NAME] if base else [])]


def load(folder: Path | None, environ: Mapping[str, str] | None = None) -> OwnKeys:
    """The keys of this person at the district in `folder` (None: on a server); `environ` is the machine's unless given.

    A file with a fault is left out whole; where both do not go together, the person's is.
    """
    commands, faults = COMMANDS, list[str]()
    for path in files(folder, os.environ if environ is None else environ):
        try:
            with path.open("rb") as file:
                text = file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            continue
        except OSError as exc:
            faults.append(f"{path}: cannot be read ({exc.strerror}).")
            continue
        asked, wrong = read(text)
        laid = lay(commands, asked) if not wrong else commands
        wrong = wrong or list(_faults(laid, asked))
        if wrong:
            faults += [f"{path}: {clean_text(each, 300)}" for each in wrong]
        else:
            commands = laid
    return OwnKeys(commands, tuple(faults))


def read(text: bytes) -> tuple[Asked, list[str]]:
    """What a keys.toml asks for, and what is wrong with its words: unknown commands and keys that are none."""
    if len(text) > MOST_BYTES:
        return {}, [f"is longer than {MOST_BYTES:,} bytes."]
    try:
        plain = tomllib.loads(text.decode())
    except UnicodeDecodeError as exc:
        return {}, [f"byte {exc.start} is not UTF-8."]
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        return {}, [f"is not TOML: {exc}."]
    known = {each.id for each in COMMANDS}
    asked: Asked = {}
    faults = []
    for id, value in _flat(plain):
        given = [value] if isinstance(value, str) else value
        if id not in known:
            faults.append(f"{id}: there is no such command; `ubtui keys` names them.")
        elif not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            faults.append(f'{id}: give a key or a list of keys, as "t" or ["t", "f9"].')
        else:
            names = tuple(dict.fromkeys(_name(each) for each in given))
            faults += [f"{id}: {told}" for name in names if (told := _no_key(id, name))]
            asked[id] = names
    return asked, faults


def _flat(plain: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """`item.claim = "t"` without quotes is a table in a table: the same name."""
    for name, value in plain.items():
        if isinstance(value, dict) and not before:
            yield from _flat(value, f"{name}.")
        else:
            yield f"{before}{name}", value


def _name(key: str) -> str:
    """The registry's spelling of a key: "F5" is f5, "esc" escape; a letter keeps its case."""
    parts = [part if len(part) == 1 else part.casefold() for part in key.strip().split(" ") if part]
    return " ".join(_SPELLED.get(part, part) for part in parts) if parts else key


def _no_key(id: str, name: str) -> str:
    """Why this key cannot be given to this command, "" when it can."""
    shipped = keys.command(id)
    first, *rest = name.split(" ")
    if rest and (first != PREFIX or len(rest) > 1 or len(rest[0]) != 1 or not rest[0].isalnum()):
        return f"{name!r} is no key: two keys are {PREFIX} and a letter, as {PREFIX!r} then 'p': \"{PREFIX} p\"."
    if keys.banned(name):
        return f"{name} does not reach every terminal."
    if name in _FIXED and name not in (*shipped.keys, shipped.form_key):
        return f"{keys.shown(name)} {_FIXED[name]} everywhere and cannot be given away."
    letter = name.removeprefix("ctrl+")
    combined = letter != name and len(letter) == 1 and letter.isascii() and letter.islower()
    if not (rest or combined or name in _NAMED or (len(name) == 1 and name.isprintable() and not name.isspace())):
        return f"{name!r} is no key that every terminal sends."
    return ""


def lay(commands: tuple[Command, ...], asked: Asked) -> tuple[Command, ...]:
    """The registry with the keys asked for; letters leave the F-key of a command as it is."""
    return tuple(_with(each, asked[each.id]) if each.id in asked else each for each in commands)


def _with(each: Command, names: tuple[str, ...]) -> Command:
    typed_only = bool(names) and all(map(_is_typed, names))
    return replace(each, keys=names, form_key=each.form_key if typed_only else None)


def _is_typed(name: str) -> bool:
    """Whether a form takes this key as text."""
    return len(name) == 1 or " " in name or name == "space"


def _faults(commands: tuple[Command, ...], asked: Asked) -> Iterator[str]:
    """What is wrong with the registry as it would be: two commands on one key, and commands nobody could reach."""
    yield from (f"on the screen {fault}" for fault in keys.validate(commands))
    for each in commands:
        if each.id in asked and each.id in _NEEDED and not asked[each.id]:
            yield f"{each.id}: needs a key: without it no other could be found."
        screens = [name for name in SCREENS if each.on(name)] if asked.get(each.id) else []
        if screens and FORMS.issuperset(screens) and all(map(_is_typed, asked[each.id])):
            yield f"{each.id}: on {screens[0]}, a form, {keys.shown(asked[each.id][0])} would be typed; give an F-key."

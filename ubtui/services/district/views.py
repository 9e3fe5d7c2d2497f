"""The settings in force with where each comes from, the difference that a file makes, and every change there was."""

from __future__ import annotations

import json

from msgspec import Struct

from ubtui.act import Look
from ubtui.detectors.heal import parameters
from ubtui.services.district import allowed, keys
from ubtui.services.district.acts import in_force
from ubtui.services.district.keys import Change
from ubtui.settings import district


class Setting(Struct, frozen=True):
    """A setting, its value, whose it is, and the change that made it so."""

    setting: str
    value: str
    comes_from: str
    since: str = ""


class Difference(Struct, frozen=True):
    """What a file would change: from which settings it was made, which are in force, what would be refused.

    `waits_for` are those of whom one must approve it.
    """

    base: int
    in_force: int
    changes: tuple[Change, ...]
    refused: tuple[str, ...]
    waits_for: tuple[str, ...]
    notes: tuple[str, ...]


class Made(Struct, frozen=True):
    """A change of the settings that was put forward."""

    number: int
    state: str
    maker: str
    made_on: str
    reason: str
    decided_by: str | None
    decided_on: str | None
    why: str
    settings: int | None
    changes: tuple[Change, ...] = ()


def text(look: Look) -> str:
    """The settings in force as a file."""
    found: str = look.db.value("SELECT value FROM meta WHERE key = 'district'")
    return found


def shown(look: Look, beginning: str = "") -> list[Setting]:
    """Every setting, or those of a name's beginning (`staff`, `rates.R1`), in the order of docs/settings.md."""
    kept = text(look)
    own, since = keys.written(kept), _since(look)
    out = []
    for part, fields in keys.of(look.district).items():
        for field, value in fields.items():
            name = keys.named(part, field)
            out.append(
                Setting(
                    name, keys.told(value), "settings" if name in own else "the program's own",
                    since.get(name) or since.get(keys.named(part), ""),
                )
            )  # fmt: skip
    rows = look.db.rows(
        "SELECT kind, version, adopted_on, adopted_by FROM policy WHERE kind LIKE 'detector:%' ORDER BY version"
    )
    adopted = {kind.partition(":")[2]: told for kind, *told in rows}
    for code, limits in sorted(parameters(look.db).items()):
        version, on, by = adopted[code]
        out += [
            Setting(f"limits.{code}.{name}", value, f"limits adopted, version {version}", f"{on} by {by}")
            for name, value in sorted(limits.items())
        ]
    return [each for each in out if not beginning or f"{each.setting}.".startswith(f"{beginning.strip('.')}.")]


def _since(look: Look) -> dict[str, str]:
    """The newest change that made each setting what it is."""
    sql = (
        "SELECT id, changes, maker, decided_by, decided_on FROM settings_change WHERE state = 'in force' ORDER BY makes"
    )
    return {
        each["setting"]: f"{on} by {maker}{'' if by == maker else f' and {by}'} (change {number})"
        for number, body, maker, by, on in look.db.rows(sql)
        for each in json.loads(body)
    }


def compared(look: Look, file: str, base: int) -> Difference:
    """What a file would change of the settings in force, and what would be said to it; SettingsError for a bad file."""
    was, now = look.district, district(file, "settings")
    no = allowed.makers_no(look, was, now)
    return Difference(
        base,
        in_force(look)[0],
        tuple(keys.changes(was, now)),
        (*([no.sentence()] if no else []), *allowed.faults(look, was, now)),
        tuple(allowed.checkers(was, now, look.actor.name)),
        tuple(allowed.notes(look, was, now)),
    )


def history(look: Look, number: int | None = None) -> list[Made]:
    """Every change that was put forward, the newest first; of one number with all that it changes."""
    only, params = (" WHERE id = ?", [number]) if number is not None else ("", [])
    sql = "SELECT id, state, maker, made_on, reason, decided_by, decided_on, why, makes, changes FROM settings_change"
    out = []
    for *facts, body in look.db.rows(f"{sql}{only} ORDER BY id DESC", params):
        named = tuple(Change(**each) for each in json.loads(body)) if number is not None else ()
        out.append(Made(*[*facts, named]))
    return out

"""The settings against the audit chain: what is in force is what was set up or put in force, and staffs the office."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from ubtui.db.session import Session
from ubtui.domain.canonical import sha256_hex
from ubtui.services.finding import Finding
from ubtui.settings import SettingsError, in_force

_CURE: Final = (
    "find out who changed it, put the file right by `ubtui settings apply` or restore the last verified backup"
)


class _Facts(msgspec.Struct):
    settings_sha256: str = ""


class _Event(msgspec.Struct):
    facts: _Facts


def kept(session: Session) -> Iterator[Finding]:
    """Where the settings in force are not those of the newest event, or a person's seat not as they say."""
    text = session.value("SELECT value FROM meta WHERE key = 'district'") or ""
    for seq, body in session.rows(
        "SELECT seq, body FROM audit WHERE outcome = 'done'"
        " AND act IN ('district.init', 'settings.apply', 'settings.approve') ORDER BY seq DESC"
    ):
        try:
            digest = msgspec.json.decode(body, type=_Event).facts.settings_sha256
        except msgspec.DecodeError:
            continue  # the chain's own check names it
        if digest:
            if digest != sha256_hex(text):
                yield Finding("meta", "district", f"the settings are not those that event {seq} put in force", _CURE)
            break
    try:
        people = {p.name: p for p in in_force(text).staff}
    except SettingsError as exc:
        yield Finding("meta", "district", str(exc).splitlines()[0], _CURE)
        return
    for name, role, login, active in session.rows("SELECT name, role, login, active FROM staff ORDER BY name"):
        person = people.pop(name, None)
        if person is None and active and login is not None:
            yield Finding("staff", name, f"has the login {login}, and no settings name him", _CURE)
        elif person is not None and (role, login, active) != (person.role, person.login, 1):
            yield Finding("staff", name, f"is {role if active else 'gone'}; the settings say {person.role}", _CURE)
    for name in people:
        yield Finding("staff", name, "is not there, and the settings name him", _CURE)

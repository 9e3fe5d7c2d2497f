"""Drafts of forms: kept as they are typed, so that a dropped line loses nothing; not part of the record.

A draft is no act: it moves nothing, is nobody's evidence, and one chain event a keystroke would bury the others.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from ubtui.act import Look, Refused, refuse_cards

MOST = 100_000


class FormDraft(msgspec.Struct, frozen=True):
    """A form as typed: `body` is the form's own JSON; `key` becomes the act's key when it is submitted."""

    key: str
    form: str
    subject: str
    body: str
    saved_at: str
    version: int


ONE_VERSION: Final = "one version"  # of a form; the rule of the refusal where two windows changed it
_DRAFT = "SELECT key, form, subject, body, saved_at, version FROM draft WHERE staff = ?"


def save(look: Look, key: str, form: str, subject: str, body: str, version: int = 0) -> int:
    """Keep a form as typed, in the desk's writer (`desk.save`); its new version.

    `version` is the one this form holds, 0 for a form saved the first time. Raises Refused when the draft was
    changed elsewhere since, belongs to another person, is too long, or holds a payment card number.
    """
    refuse_cards(_typed(body))
    if not 8 <= len(key) <= 200 or len(body) > MOST:
        raise Refused("this form is too long to keep", rule="drafts", cure="shorten its text")
    if version == 0:
        new = look.db.run(
            "INSERT INTO draft(key, staff, form, subject, body, saved_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT(key) DO NOTHING",
            [key, look.actor.name, form, subject, body, look.now],
        )
        if new:
            return 1
    changed = look.db.run(
        "UPDATE draft SET body = ?, saved_at = ?, version = version + 1 WHERE key = ? AND staff = ? AND version = ?",
        [body, look.now, key, look.actor.name, version],
    )
    if not changed:
        raise Refused(
            "this form was changed from another window", rule=ONE_VERSION, cure="open it again to see what stands"
        )
    return version + 1


def _typed(body: str) -> Any:
    """The texts of a form as they were typed; what is no JSON is looked at as it stands."""
    try:
        return [body, json.loads(body)]
    except ValueError:
        return body


def drop(look: Look, key: str) -> None:
    """Throw one's draft away (`desk.save`): it was submitted, or is not wanted."""
    look.db.run("DELETE FROM draft WHERE key = ? AND staff = ?", [key, look.actor.name])


def kept(look: Look) -> tuple[FormDraft, ...]:
    """One's drafts, the newest first."""
    return tuple(FormDraft(*row) for row in look.db.rows(f"{_DRAFT} ORDER BY saved_at DESC, key", [look.actor.name]))

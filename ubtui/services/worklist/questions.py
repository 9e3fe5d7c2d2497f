"""Questions that go with an item to somebody else, and the answers that bring it back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta

from ubtui.act import Refused, Work, act
from ubtui.db.models.desk import Question
from ubtui.domain.text import clean_text
from ubtui.services.worklist.items import key_of
from ubtui.services.worklist.life import ACTIVE, Changed, OnItem, begin, change


def ask(work: Work, found: Mapping[str, Any], role: str, person: str | None, text: str) -> None:
    """Keep the question that goes with an item; one that is still open is answered first."""
    if work.db.value("SELECT COUNT(*) FROM question WHERE item_id = ? AND answer IS NULL", [found["id"]]):
        raise Refused(f"{key_of(found)} has a question already", rule="one question", cure="answer it, or add a note")
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{work.key} {found['id']}"))
    work.db.insert(
        Question, key=key, item_id=found["id"], asked_by=work.actor.name, asked_on=work.today, asked_at=work.now,
        role=role, person=person, asked=clean_text(text),
    )  # fmt: skip
    work.touch("text", key)


class Answer(OnItem, frozen=True, kw_only=True):
    """The answer to the question that came with an item."""

    answer: Annotated[str, Meta(min_length=1, max_length=2000, description="what they wanted to know")]


@act("worklist.answer")
def answer(work: Work, form: Answer) -> Changed:
    """Answer the question on an item, which goes back to who asked; what is closed meanwhile keeps the answer only."""
    found = begin(work, form)
    open_one = work.db.one(
        "SELECT id, key, asked_by, version FROM question WHERE item_id = ? AND answer IS NULL", [found["id"]]
    )
    if open_one is None:
        raise Refused(f"nobody asks anything about {key_of(found)}", rule="questions", cure="write a note")
    row_id, key, asker, version = open_one
    if asker == work.actor.name and work.actor.role != "lead":
        raise Refused("you asked this yourself", rule="questions", cure="wait for the answer, or claim the item")
    said = clean_text(form.answer, multiline=True)
    work.db.update(Question, row_id, version=version, answer=said, answered_by=work.actor.name, answered_on=work.today)
    work.touch("text", key)
    if found["state"] not in ACTIVE:
        return change(work, found, "answered", said)
    role, works_here = work.db.rows("SELECT role, active FROM staff WHERE name = ?", [asker])[0]
    return change(
        work, found, "answered", said, state="open", lease_until=None, wake_on=None, wait_for=None, role=role,
        assignee=asker if works_here else None,
    )  # fmt: skip

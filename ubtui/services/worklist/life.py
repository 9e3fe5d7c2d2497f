"""One step of an item's life: the item as it was seen, who holds it, the change, and the event that stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct

from ubtui.act import Form, Refused, Work, linked
from ubtui.db.models.worklist import WorkEvent, WorkItem
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import clean_text
from ubtui.services.worklist.items import key_of, last_change, leased, row_of, taken

Item = Annotated[str, Meta(description="the item, CODE:subject[@period]")]
Version = Annotated[int | None, Meta(description="the version that was seen; a later one refuses")]
Reason = Annotated[str, Meta(min_length=1, max_length=500, description="why, for whoever asks later")]
ACTIVE = ("open", "claimed", "waiting")
FREE: dict[str, Any] = {"assignee": None, "lease_until": None}


class OnItem(Form, frozen=True, kw_only=True):
    """An item, and the version of it that the person saw."""

    item: Item
    version: Version = None


class Changed(Struct, frozen=True):
    """The item as it stands after an act; `until` is the end of a lease, a wait or a dismissal."""

    item: str
    state: str
    version: int
    assignee: str | None = None
    role: str | None = None
    until: str | None = None


def begin(
    work: Work, form: OnItem, free: bool = True, states: tuple[str, ...] = (), hands_off: bool = False
) -> dict[str, Any]:
    """The item's row, seen as the person saw it, held by nobody else (`free`), in one of `states`.

    An item of one's own or a linked account is nobody's to work on; `hands_off` are the steps that only pass it on.
    """
    found = row_of(work, ItemKey.parse(form.item))
    key = key_of(found)
    if not hands_off and (no := linked(work, about(found))) is not None:
        raise no
    if free and leased(work, found) and found["assignee"] != work.actor.name:
        raise taken(work, key, found["id"], found["assignee"])
    if form.version is not None and form.version != found["version"]:
        raise Refused(f"{key} was changed{last_change(work, found)}", rule="one version", cure="look at it again")
    if states and found["state"] not in states:
        raise Refused(f"{key} is {found['state']}", rule="states of an item", cure=f"it must be {' or '.join(states)}")
    return found


def about(found: Mapping[str, Any]) -> list[Subject]:
    """What an item's row concerns: its subject, and its account where it names one."""
    account = [Subject("account", found["account"])] if found["account"] else []
    return [Subject(found["subject_type"], found["subject_key"]), *account]


def change(work: Work, found: Mapping[str, Any], kind: str, note: str = "", **columns: Any) -> Changed:
    """Write the new state by compare-and-set, and its event."""
    if columns and not work.db.update(WorkItem, found["id"], version=found["version"], **columns):
        raise Refused(f"{key_of(found)} was changed meanwhile", rule="one version", cure="look at it again")
    event(work, found["id"], kind, note)
    work.fact(item=str(key_of(found)), was=found["state"], state=columns.get("state", found["state"]))
    now = {**found, **columns}
    until = now["lease_until"] if now["state"] == "claimed" else now["wake_on"] if now["state"] == "waiting" else None
    if now["state"] == "dismissed":
        until = now["dismissed_until"]
    return Changed(
        str(key_of(found)),
        now["state"],
        found["version"] + (1 if columns else 0),
        now["assignee"],
        now["role"],
        until.isoformat() if isinstance(until, date) else until,
    )


def event(work: Work, item_id: int, kind: str, note: str = "", actor: str | None = None) -> None:
    """Append one event to an item's story."""
    work.db.insert(
        WorkEvent,
        item_id=item_id,
        at=work.now,
        actor=actor or work.actor.name,
        kind=kind,
        note=clean_text(note, multiline=True),
    )


def person_or_role(work: Work, to: str) -> tuple[str, str | None]:
    """(role, person or None) of a name that is either."""
    staff: dict[str, str] = dict(work.db.rows("SELECT name, role FROM staff WHERE active = 1 AND role <> 'service'"))
    if to in staff:
        return staff[to], to
    if to in staff.values():
        return to, None
    known = ", ".join([*sorted(staff), *sorted(set(staff.values()))])
    raise Refused(f"nobody here is {to[:40]}", rule="staff", cure=f"name one of {known}", bad_input=True)

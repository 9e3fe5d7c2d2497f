"""One item of the worklist: everything it says, its story, and who has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from msgspec.structs import replace

from ubtui.act import Look, Refused
from ubtui.domain.dates import local
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.services.worklist.queue import kind_title, sees_names


class Event(msgspec.Struct, frozen=True):
    """One step of an item's life."""

    at: str
    actor: str
    kind: str
    note: str


class ItemView(msgspec.Struct, frozen=True):
    """Everything an item says: why it is here, since when, what if nothing is done, by when, and its story.

    `account` is in its printed form; `evidence` a flat object; `holder` who has it by a lease that still runs,
    `since` the instant he took it; money in cents.
    """

    id: int
    key: ItemKey
    group: str
    title: str
    who: str
    place: str
    account: str | None
    account_id: int | None
    point_id: int | None
    why: str
    money_cents: int
    units: int
    consequence: str
    evidence: Mapping[str, Any]
    due_on: date | None
    due_source: str | None
    detected_on: date
    last_seen_at: str
    seen_count: int
    age_days: int
    priority: int
    priority_calc: int
    override_reason: str | None
    role: str
    assignee: str | None
    holder: str | None
    since: str | None
    lease_until: str | None
    state: str
    wait_for: str | None
    wake_on: date | None
    resolved_by: str | None
    resolved_at: str | None
    resolution: str | None
    reopen_count: int
    dismissed_until: date | None
    parent: str | None
    cycle: str | None
    route: str | None
    customer_class: str | None
    raised_by: str
    version: int
    events: tuple[Event, ...]
    backlog: bool = False
    question: str = ""


_VIEW = (
    "id, code, subject_type, subject_key, period, grp, title, who, place, account, account_id, point_id, why,"
    " money_cents, units, consequence, evidence, due_on, due_source, detected_on, last_seen_at, seen_count, priority,"
    " priority_calc, override_reason, role, assignee, lease_until, state, wait_for, wake_on, resolved_by, resolved_at,"
    " resolution, reopen_count, dismissed_until, parent_id, cycle, route, customer_class, raised_by, version, backlog"
)


def item(look: Look, key: ItemKey | int) -> ItemView:
    """One item by its key or its id; BadValue when there is none."""
    found = row_of(look, key)
    events = tuple(
        Event(*row)
        for row in look.db.rows(
            "SELECT at, actor, kind, note FROM work_event WHERE item_id = ? ORDER BY id", [found["id"]]
        )
    )
    parent = look.db.one(f"SELECT {_KEY} FROM work_item w WHERE w.id = ?", [found["parent_id"]])
    live = leased(look, found)
    since = next((e.at for e in reversed(events) if e.kind == "claimed"), None) if live else None
    known = {name: found[name] for name in ItemView.__struct_fields__ if name in found}
    for name in ("due_on", "detected_on", "wake_on", "dismissed_until"):
        known[name] = date.fromisoformat(found[name]) if found[name] else None
    known["account"] = format_account(found["account"]) if found["account"] else None
    asked = look.db.one(
        "SELECT asked_by, asked FROM question WHERE item_id = ? AND answer IS NULL ORDER BY id DESC LIMIT 1",
        [found["id"]],
    )
    known["backlog"] = bool(found["backlog"])
    view = ItemView(
        **{**known, "evidence": json.loads(found["evidence"])},
        question=f"{asked[0]} asks: {asked[1]}" if asked else "",
        key=key_of(found),
        group=found["grp"],
        age_days=(look.today - known["detected_on"]).days,
        holder=found["assignee"] if live else None,
        since=since,
        parent=str(ItemKey(parent[0], Subject(parent[1], parent[2]), parent[3])) if parent else None,
        events=events,
    )
    return view if sees_names(look.actor.role, look.district.kind) else _nameless(view)


def _nameless(view: ItemView) -> ItemView:
    """The item without anything that may name a customer: the words of people and the figures behind it."""
    return replace(
        view, title=kind_title(view.key.code), who="", place="", why="", evidence={}, wait_for=None, resolution=None,
        override_reason=None, question="", events=tuple(replace(event, note="") for event in view.events),
    )  # fmt: skip


_KEY = "w.code, w.subject_type, w.subject_key, w.period"


def row_of(look: Look, key: ItemKey | int) -> dict[str, Any]:
    if isinstance(key, int):
        where: str = "id = ?"
        values: list[Any] = [key]
    else:
        where = "code = ? AND subject_type = ? AND subject_key = ? AND period = ?"
        values = [key.code, key.subject.type, key.subject.key, key.period]
    row = look.db.one(f"SELECT {_VIEW} FROM work_item WHERE {where}", values)
    if row is None:
        raise BadValue(f"Item {key} is not on the worklist: look at `ubtui worklist list`.")
    return dict(zip(_VIEW.split(", "), row, strict=True))


def key_of(found: Mapping[str, Any]) -> ItemKey:
    return ItemKey(found["code"], Subject(found["subject_type"], found["subject_key"]), found["period"])


def leased(look: Look, found: Mapping[str, Any]) -> bool:
    """Whether somebody's lease on the item still runs (in real time)."""
    return bool(found["state"] == "claimed" and found["lease_until"] > look.utc)


def clock_time(look: Look, instant: str) -> str:
    """An instant as the office's clock shows it, `14:05`."""
    return local(instant, look.district.zone).strftime("%H:%M")


def held_by_other(look: Look, subject: Subject, account_id: int | None = None) -> Refused | None:
    """The refusal of a fix on a subject whose item another person has claimed; None where the way is free."""
    row = look.db.one(
        "SELECT id, code, period, assignee FROM work_item WHERE subject_type = ? AND subject_key = ?"
        " AND state = 'claimed' AND assignee <> ? AND lease_until > ? ORDER BY priority DESC, id LIMIT 1",
        [subject.type, subject.key, look.actor.name, look.utc],
    )
    return None if row is None else taken(look, ItemKey(row[1], subject, row[2]), row[0], row[3])


def last_change(look: Look, found: Mapping[str, Any]) -> str:
    """Who changed an item last, when and how, and what it is now: ` by ben at 14:05: resolved; it is resolved now`."""
    last = look.db.one(
        "SELECT actor, at, kind, note FROM work_event WHERE item_id = ? ORDER BY id DESC LIMIT 1", [found["id"]]
    )
    if last is None:
        return ""
    said = f" by {last[0]} at {clock_time(look, last[1])}: {last[2]}{f', {last[3]}' if last[3] else ''}"
    return f"{said}; it is {found['state']} now"


def ended(look: Look, seen: ItemView) -> Refused | None:
    """The refusal of a fix on an item that is closed, or was dismissed after it was seen; None where it may be done."""
    found = row_of(look, seen.id)
    if found["state"] in ("open", "claimed", "waiting"):
        return None
    if found["state"] == "dismissed" and found["version"] == seen.version:  # done all the same, with open eyes
        return None
    said = f"{seen.key} was changed{last_change(look, found)}"
    return Refused(said, rule="one version", cure="nothing was done: look at it again")


def taken(look: Look, key: ItemKey, id: int, holder: str) -> Refused:
    at = look.db.value(
        "SELECT at FROM work_event WHERE item_id = ? AND kind = 'claimed' ORDER BY id DESC LIMIT 1", [id]
    )
    since = f" since {clock_time(look, at)}" if at else ""
    return Refused(f"{holder} has {key}{since}", rule="one person, one item", cure=f"ask {holder} to release it")

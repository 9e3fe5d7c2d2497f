"""Every step of an item's life, from claim to dismissal, each an event that stays; and the nightly refresh."""

# Length: the acts on one item share one row, one check and one way to write; apart they would repeat them.

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from ubtui.act import Form, Refused, Work, act
from ubtui.db.calendars import office
from ubtui.db.models.worklist import WorkEvent, WorkItem
from ubtui.detectors import heal
from ubtui.domain import ranking
from ubtui.domain.dates import format_instant, parse_instant
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import clean_text
from ubtui.services.worklist.items import clock_time, key_of, leased, row_of, taken

LEASE = timedelta(minutes=30)

Item = Annotated[str, Meta(description="the item, CODE:subject[@period]")]
Version = Annotated[int | None, Meta(description="the version that was seen; a later one refuses")]
Reason = Annotated[str, Meta(min_length=1, max_length=500, description="why, for whoever asks later")]


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


def _begin(work: Work, form: OnItem, free: bool = True, states: tuple[str, ...] = ()) -> dict[str, Any]:
    """The item's row, seen as the person saw it, held by nobody else (`free`), in one of `states`."""
    found = row_of(work, ItemKey.parse(form.item))
    key = key_of(found)
    if free and leased(work, found) and found["assignee"] != work.actor.name:
        raise taken(work, key, found["id"], found["assignee"])
    if form.version is not None and form.version != found["version"]:
        last = work.db.one("SELECT actor, at FROM work_event WHERE item_id = ? ORDER BY id DESC LIMIT 1", [found["id"]])
        said = f" by {last[0]} at {clock_time(work, last[1])}" if last else ""
        raise Refused(f"{key} was changed{said}", rule="one version", cure="look at it again")
    if states and found["state"] not in states:
        raise Refused(f"{key} is {found['state']}", rule="states of an item", cure=f"it must be {' or '.join(states)}")
    return found


def _change(work: Work, found: Mapping[str, Any], kind: str, note: str = "", **columns: Any) -> Changed:
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


_FREE: dict[str, Any] = {"assignee": None, "lease_until": None}


@act("worklist.claim")
def claim(work: Work, form: OnItem) -> Changed:
    """Take an item for 30 minutes of real time; claiming again renews, an ended lease may be taken by anybody."""
    found = _begin(work, form, states=("open", "claimed", "waiting"))
    mine = found["state"] == "claimed" and found["assignee"] == work.actor.name
    until = format_instant(parse_instant(work.utc) + LEASE)
    kind = "renewed" if mine and leased(work, found) else "claimed"
    took = work.db.run(
        "UPDATE work_item SET state = 'claimed', assignee = ?, lease_until = ?, wake_on = NULL, wait_for = NULL,"
        " version = version + 1 WHERE id = ? AND version = ? AND state IN ('open','claimed','waiting')"
        " AND (state <> 'claimed' OR assignee = ? OR lease_until <= ?)",
        [work.actor.name, until, found["id"], found["version"], work.actor.name, work.utc],
    )
    if not took:
        raise taken(work, key_of(found), found["id"], found["assignee"] or "another seat")
    note = f"lease of {found['assignee']} had ended" if found["state"] == "claimed" and not mine else ""
    found |= {"state": "claimed", "assignee": work.actor.name, "lease_until": until, "version": found["version"] + 1}
    return _change(work, found, kind, note)


@act("worklist.release")
def release(work: Work, form: OnItem) -> Changed:
    """Give a claimed item back; a lead may release anybody's."""
    found = _begin(work, form, free=work.actor.role != "lead", states=("claimed",))
    return _change(work, found, "released", state="open", **_FREE)


class Wait(OnItem, frozen=True, kw_only=True):
    """Until when an item is put away, and for what."""

    until: Annotated[date, Meta(description="the day it comes back")]
    wait_for: Annotated[str, Meta(min_length=1, max_length=200, description="whom or what it waits for")]


@act("worklist.wait")
def wait(work: Work, form: Wait) -> Changed:
    """Put an item away until a day after today; the nightly refresh brings it back to the same person."""
    found = _begin(work, form, states=("open", "claimed", "waiting"))
    if form.until <= work.today:
        said = f"{form.until} is not after today, {work.today}"
        raise Refused(said, rule="waiting", cure="name a later day", bad_input=True)
    return _change(
        work,
        found,
        "waiting",
        f"until {form.until}: {form.wait_for}",
        state="waiting",
        assignee=work.actor.name,
        lease_until=None,
        wake_on=form.until,
        wait_for=clean_text(form.wait_for),
    )


class Forward(OnItem, frozen=True, kw_only=True):
    """Whom an item goes to."""

    to: Annotated[str, Meta(description="a person's name, or a role")]
    note: Annotated[str, Meta(max_length=500, description="a word with it")] = ""


@act("worklist.forward")
def forward(work: Work, form: Forward) -> Changed:
    """Hand an item to a person or to a role; a lead may forward anybody's."""
    found = _begin(work, form, free=work.actor.role != "lead", states=("open", "claimed", "waiting"))
    role, assignee = _person_or_role(work, form.to)
    note = f"to {form.to}{': ' + form.note if form.note else ''}"
    return _change(
        work, found, "forwarded", note, state="open", lease_until=None, wake_on=None, wait_for=None, role=role,
        assignee=assignee,
    )  # fmt: skip


def _person_or_role(work: Work, to: str) -> tuple[str, str | None]:
    """(role, person or None) of a name that is either."""
    staff: dict[str, str] = dict(work.db.rows("SELECT name, role FROM staff WHERE active = 1 AND role <> 'service'"))
    if to in staff:
        return staff[to], to
    if to in staff.values():
        return to, None
    known = ", ".join([*sorted(staff), *sorted(set(staff.values()))])
    raise Refused(f"nobody here is {to[:40]}", rule="staff", cure=f"name one of {known}", bad_input=True)


class Note(OnItem, frozen=True, kw_only=True):
    """What somebody should know of an item."""

    note: Annotated[str, Meta(min_length=1, max_length=2000, description="what happened, or who said what")]


@act("worklist.note")
def note(work: Work, form: Note) -> Changed:
    """Write a note into an item's story, whoever has it."""
    found = _begin(work, OnItem(item=form.item), free=False)
    return _change(work, found, "note", form.note)


class Dismiss(OnItem, frozen=True, kw_only=True):
    """Why an item is no trouble, and until when this holds."""

    reason: Reason
    until: Annotated[date, Meta(description="the last day it stays away")]


@act("worklist.dismiss")
def dismiss(work: Work, form: Dismiss) -> Changed:
    """Silence (code, subject) until a day; never without a reason and an end, nor against a statutory deadline."""
    found = _begin(work, form, states=("open", "claimed", "waiting"))
    if form.until <= work.today:
        said = f"{form.until} is not after today, {work.today}"
        raise Refused(said, rule="dismissal", cure="name a later day", bad_input=True)
    if (form.until - work.today).days > 400:
        raise Refused("a dismissal ends within 400 days", rule="dismissal", cure="name an earlier day")
    if found["due_source"] == "statute":
        raise Refused(
            f"{key_of(found)} has a statutory deadline, {found['due_on']}",
            rule="dismissal",
            cure="do what the law asks",
        )
    note = f"until {form.until}: {form.reason}"
    wake = {"wake_on": None, "wait_for": None}
    return _change(
        work, found, "dismissed", note, state="dismissed", dismissed_until=form.until, resolution=form.reason,
        **_FREE, **wake,
    )  # fmt: skip


class Reopen(OnItem, frozen=True, kw_only=True):
    """Why an item is looked at again."""

    reason: Reason


@act("worklist.reopen")
def reopen(work: Work, form: Reopen) -> Changed:
    """Take back a dismissal, or a hand-made item's resolution; a cause that is gone meanwhile closes it at once."""
    found = _begin(work, form, states=("dismissed", "resolved"))
    if found["state"] == "resolved" and found["grp"] != "X":
        raise Refused(
            f"the cause of {key_of(found)} is gone", rule="what closes an item", cure="it comes back with its cause"
        )
    work.touch(found["subject_type"], found["subject_key"])
    changed = _change(
        work, found, "reopened", form.reason, state="open", dismissed_until=None, resolution=None, resolved_by=None,
        resolved_at=None, reopen_count=found["reopen_count"] + 1, **_FREE,
    )  # fmt: skip
    # Healed here and not behind the act: the answer tells how the item stands, which may be closed again.
    work.healed = heal.heal(work.db, list(work.subjects), work.today, work.now, "worklist.reopen", work.actor.name)
    now = row_of(work, found["id"])
    work.fact(state=now["state"])
    return replace(changed, state=now["state"], version=now["version"], assignee=now["assignee"], role=now["role"])


class Add(Form, frozen=True, kw_only=True):
    """An item of one's own."""

    title: Annotated[str, Meta(min_length=1, max_length=100, description="what is to be done")]
    why: Annotated[str, Meta(max_length=500, description="what it is about")] = ""
    account: Annotated[str | None, Meta(description="the account it concerns")] = None
    due: Annotated[date | None, Meta(description="the day it is due")] = None
    priority: Annotated[int, Meta(ge=0, le=100, description="how urgent, 0 to 100")] = 50
    to: Annotated[str | None, Meta(description="whose it is: a person, or a role; else my role's")] = None


@act("worklist.add")
def add(work: Work, form: Add) -> Changed:
    """Make an item by hand (X05); the same key makes the same item."""
    subject = Subject("text", str(uuid.uuid5(uuid.NAMESPACE_OID, work.key)))
    about = _about(work, form.account)
    role, assignee = work.actor.role, None
    if form.to:
        role, assignee = _person_or_role(work, form.to)
    late = 0
    if form.due and form.due < work.today:
        late = office(work.db, form.due, work.today).between(form.due, work.today)
    score = ranking.priority("X05", days_past_due=late, typed=form.priority)
    found = {
        "code": "X05", "grp": "X", "subject_type": subject.type, "subject_key": subject.key, "period": "",
        "title": clean_text(form.title), "why": clean_text(form.why), **about,
        "consequence": "somebody waits for it", "evidence": json.dumps({"priority": form.priority}),
        "due_on": form.due, "due_source": "typed" if form.due else None, "detected_on": work.today,
        "detected_at": work.now, "last_seen_at": work.now, "priority": score, "priority_calc": score,
        "role": role, "assignee": assignee, "raised_by": work.actor.name,
    }  # fmt: skip
    item_id = work.db.insert(WorkItem, **found)
    work.healed = heal.Healed(opened=(ItemKey("X05", subject),))  # nothing else is touched
    return _change(work, {**row_of(work, item_id)}, "added", form.why)


def _about(work: Work, account: str | None) -> dict[str, Any]:
    if not account:
        return {}
    number = parse_account(account)
    row = work.db.one(
        "SELECT a.id, a.number, c.code, a.customer_class,"
        " (SELECT p.name FROM account_role r JOIN party p ON p.id = r.party_id WHERE r.account_id = a.id"
        " AND r.role = 'owner' AND r.from_on <= ? AND (r.to_on IS NULL OR r.to_on > ?) ORDER BY r.id LIMIT 1),"
        " (SELECT m.address FROM live_service s JOIN service_point sp ON sp.id = s.point_id"
        " JOIN premise m ON m.id = sp.premise_id WHERE s.account_id = a.id ORDER BY s.id LIMIT 1),"
        " (SELECT t.code FROM live_service s JOIN service_point sp ON sp.id = s.point_id"
        " JOIN route t ON t.id = sp.route_id WHERE s.account_id = a.id ORDER BY s.id LIMIT 1)"
        " FROM live_account a JOIN cycle c ON c.id = a.cycle_id WHERE a.number = ?",
        [work.today.isoformat(), work.today.isoformat(), number],
    )
    if row is None:
        raise Refused(f"account {format_account(number)} is not here", rule="accounts", cure="read the number again")
    return {
        "account_id": row[0], "account": row[1], "cycle": row[2], "customer_class": row[3],
        "who": row[4] or "", "place": row[5] or "", "route": row[6],
    }  # fmt: skip


class Resolve(OnItem, frozen=True, kw_only=True):
    """How a hand-made item was settled."""

    resolution: Annotated[str, Meta(min_length=1, max_length=500, description="how it was settled")]


@act("worklist.resolve")
def resolve(work: Work, form: Resolve) -> Changed:
    """Close a hand-made item; any other closes when its cause goes away, and not before."""
    found = _begin(work, form, states=("open", "claimed", "waiting"))
    if found["grp"] != "X":
        raise Refused(f"the cause of {key_of(found)} stands", rule="what closes an item", cure="fix it or dismiss it")
    work.healed = heal.Healed(closed=(key_of(found),))
    return _change(
        work, found, "resolved", form.resolution, state="resolved", resolved_by=work.actor.name,
        resolved_at=work.now, resolution=clean_text(form.resolution), wake_on=None, wait_for=None, lease_until=None,
    )  # fmt: skip


class Priority(OnItem, frozen=True, kw_only=True):
    """A priority by hand, or none to go back to the computed one."""

    priority: Annotated[Annotated[int, Meta(ge=0, le=100)] | None, Meta(description="none: as computed")] = None
    reason: Reason


@act("worklist.priority")
def set_priority(work: Work, form: Priority) -> Changed:
    """Override an item's priority with a reason; the computed one stays beside it."""
    found = _begin(work, form, free=False, states=("open", "claimed", "waiting"))
    if form.priority is None:
        return _change(
            work, found, "priority", f"as computed: {form.reason}",
            priority=found["priority_calc"], override_reason=None,
        )  # fmt: skip
    note = f"{found['priority']} to {form.priority}: {form.reason}"
    return _change(work, found, "priority", note, priority=form.priority, override_reason=clean_text(form.reason))


class Refresh(Form, frozen=True, kw_only=True):
    """The nightly job; nothing to ask."""


class Refreshed(Struct, frozen=True):
    """What a refresh did: items opened and closed, leases and proposals ended, items woken."""

    opened: int
    closed: int
    lapsed: int
    woken: int
    expired: int


@act("worklist.refresh")
def refresh(work: Work, form: Refresh) -> Refreshed:
    """The nightly job: end leases and proposals, wake what waited, sweep dead imports, run every detector."""
    lapsed = _move(
        work,
        "state = 'claimed' AND lease_until <= ?",
        work.utc,
        "lapsed",
        "state = 'open', assignee = NULL, lease_until = NULL",
    )
    woken = _move(
        work,
        "state = 'waiting' AND wake_on <= ?",
        work.today.isoformat(),
        "woken",
        "state = 'open', wake_on = NULL, wait_for = NULL",
    )
    expired, swept = _expire(work), _sweep(work)
    work.healed = heal.refresh(work.db, work.today, work.now, work.actor.name)
    done = Refreshed(len(work.healed.opened), len(work.healed.closed), lapsed, woken, expired)
    work.fact(opened=done.opened, closed=done.closed, lapsed=lapsed, woken=woken, expired=expired, swept=swept)
    return done


def _expire(work: Work) -> int:
    from ubtui.services import adjustments  # loads the papers' room, which no other act of this one needs

    return adjustments.expire(work)


def _sweep(work: Work) -> int:
    from ubtui.services.imports.release import sweep  # as above

    return sweep(work.db, work.now, work.utc)


def _move(work: Work, where: str, bound: str, kind: str, change: str) -> int:
    """Change the items that `where` finds and append an event to each; their number."""
    found = work.db.rows(f"SELECT id FROM work_item WHERE {where} ORDER BY id", [bound])
    work.db.load(
        "work_event",
        ("item_id", "at", "actor", "kind"),
        [(row[0], work.now, work.actor.name, kind) for row in found],
    )
    if found:
        work.db.run(f"UPDATE work_item SET {change}, version = version + 1 WHERE {where}", [bound])
    return len(found)

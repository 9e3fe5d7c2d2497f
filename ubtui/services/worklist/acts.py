"""Every step of an item's life, from claim to dismissal, each an event that stays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from msgspec import Meta
from msgspec.structs import replace

from ubtui.act import Form, Refused, Work, act, linked
from ubtui.detectors import heal
from ubtui.detectors.registry import CODES
from ubtui.domain.dates import format_instant, parse_instant
from ubtui.domain.text import clean_text
from ubtui.services.worklist import backlog, desks, limits, nightly, own, questions  # noqa: F401 - known with these
from ubtui.services.worklist.items import key_of, leased, row_of, taken
from ubtui.services.worklist.life import ACTIVE, FREE, Changed, OnItem, Reason, about, begin, change, person_or_role
from ubtui.services.worklist.queue import reach, stand_in

LEASE = timedelta(minutes=30)


@act("worklist.claim")
def claim(work: Work, form: OnItem) -> Changed:
    """Take an item for 30 minutes of real time; claiming again renews, an ended lease may be taken by anybody."""
    found = begin(work, form, states=ACTIVE)
    mine = found["state"] == "claimed" and found["assignee"] == work.actor.name
    until = format_instant(parse_instant(work.utc) + LEASE)
    kind = "renewed" if mine and leased(work, found) else "claimed"
    took = work.db.run(
        "UPDATE work_item SET state = 'claimed', assignee = ?, lease_until = ?, wake_on = NULL, wait_for = NULL,"
        " backlog = 0, version = version + 1 WHERE id = ? AND version = ? AND state IN ('open','claimed','waiting')"
        " AND (state <> 'claimed' OR assignee = ? OR lease_until <= ?)",
        [work.actor.name, until, found["id"], found["version"], work.actor.name, work.utc],
    )
    if not took:
        raise taken(work, key_of(found), found["id"], found["assignee"] or "another seat")
    note = f"lease of {found['assignee']} had ended" if found["state"] == "claimed" and not mine else ""
    found |= {"state": "claimed", "assignee": work.actor.name, "lease_until": until, "version": found["version"] + 1}
    return change(work, found, kind, note)


class Next(Form, frozen=True, kw_only=True):
    """Which items may come; nothing: all of them."""

    code: Annotated[str | None, Meta(description="only items of this code")] = None


@act("worklist.next")
def next_item(work: Work, form: Next) -> Changed:
    """Take the most urgent item that waits for me or for anybody of my role, those of people I stand in for too."""
    names = reach(work)
    marks = ", ".join("?" * len(names))
    only, codes = (" AND w.code = ?", [form.code.upper()]) if form.code else ("", [])
    role = work.actor.role
    waiting: list[tuple[Any, ...]] = []
    for where, values in (  # apart, so that an index answers each
        (f"w.state = 'open' AND w.assignee IN ({marks})", [*names]),
        ("w.state = 'open' AND w.assignee IS NULL AND w.role = ?", [role]),
        (
            "w.state = 'claimed' AND w.assignee IS NOT NULL AND w.lease_until <= ?"
            f" AND (w.role = ? OR w.assignee IN ({marks}))",
            [work.utc, role, *names],
        ),
    ):
        waiting += work.db.rows(
            f"SELECT -w.priority, w.code, w.subject_type, w.subject_key, w.period, w.id FROM work_item w"
            f" WHERE {where} AND w.backlog = 0{only}"
            " ORDER BY w.priority DESC, w.code, w.subject_type, w.subject_key, w.period LIMIT 100",
            [*values, *codes],
        )
    for *_, row_id in sorted(waiting):
        found = row_of(work, int(row_id))
        if linked(work, about(found)) is None:
            return claim(work, OnItem(item=str(key_of(found)), version=found["version"]))
    raise Refused("nothing waits for you", rule="next on demand", cure="look at the whole list")


@act("worklist.release")
def release(work: Work, form: OnItem) -> Changed:
    """Give a claimed item back; a lead may release anybody's."""
    found = begin(work, form, free=work.actor.role != "lead", states=("claimed",), hands_off=True)
    return change(work, found, "released", state="open", **FREE)


class Wait(OnItem, frozen=True, kw_only=True):
    """Until when an item is put away, and for what."""

    until: Annotated[date, Meta(description="the day it comes back")]
    wait_for: Annotated[str, Meta(min_length=1, max_length=200, description="whom or what it waits for")]


@act("worklist.wait")
def wait(work: Work, form: Wait) -> Changed:
    """Put an item away until a day after today; the nightly refresh brings it back to the same person."""
    found = begin(work, form, states=ACTIVE)
    if form.until <= work.today:
        said = f"{form.until} is not after today, {work.today}"
        raise Refused(said, rule="waiting", cure="name a later day", bad_input=True)
    return change(
        work,
        found,
        "waiting",
        f"until {form.until}: {form.wait_for}",
        state="waiting",
        assignee=work.actor.name,
        lease_until=None,
        wake_on=form.until,
        wait_for=clean_text(form.wait_for),
        backlog=0,
    )


class Forward(OnItem, frozen=True, kw_only=True):
    """Whom an item goes to; a question with it waits for an answer, which brings the item back."""

    to: Annotated[str, Meta(description="a person's name, or a role")]
    note: Annotated[str, Meta(max_length=500, description="a word with it")] = ""
    question: Annotated[str, Meta(max_length=500, description="what they are to answer, if anything")] = ""


@act("worklist.forward")
def forward(work: Work, form: Forward) -> Changed:
    """Hand an item to a person or to a role; a lead may forward anybody's."""
    found = begin(work, form, free=work.actor.role != "lead", states=ACTIVE, hands_off=True)
    role, assignee = person_or_role(work, form.to)
    away = stand_in(work, assignee) if assignee else None
    to = f"to {form.to}" + (f", for whom {away} stands in" if away else "")
    note = ": ".join(part for part in (to, form.note, form.question) if part)
    if form.question.strip():
        questions.ask(work, found, role, assignee, form.question)
    return change(
        work, found, "forwarded", note, state="open", lease_until=None, wake_on=None, wait_for=None, role=role,
        assignee=assignee, backlog=0,
    )  # fmt: skip


class Note(OnItem, frozen=True, kw_only=True):
    """What somebody should know of an item."""

    note: Annotated[str, Meta(min_length=1, max_length=2000, description="what happened, or who said what")]


@act("worklist.note")
def note(work: Work, form: Note) -> Changed:
    """Write a note into an item's story, whoever has it."""
    found = begin(work, OnItem(item=form.item), free=False, hands_off=True)
    return change(work, found, "note", form.note)


class Dismiss(OnItem, frozen=True, kw_only=True):
    """Why an item is no trouble, and until when this holds."""

    reason: Reason
    until: Annotated[date, Meta(description="the last day it stays away")]


@act("worklist.dismiss")
def dismiss(work: Work, form: Dismiss) -> Changed:
    """Silence (code, subject) until a day; never without a reason and an end.

    Nothing with a statutory deadline, nor what waits for a decision.
    """
    found = begin(work, form, states=ACTIVE)
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
    if CODES[found["code"]].decided:
        raise Refused(f"{key_of(found)} waits for a decision", rule="dismissal", cure="have it approved or rejected")
    note = f"until {form.until}: {form.reason}"
    wake = {"wake_on": None, "wait_for": None}
    if found["grp"] == "R":  # a read that it was about may be held, and its bill is told by itself then
        work.touch(found["subject_type"], found["subject_key"])
    return change(
        work, found, "dismissed", note, state="dismissed", dismissed_until=form.until, resolution=form.reason,
        **FREE, **wake,
    )  # fmt: skip


class Reopen(OnItem, frozen=True, kw_only=True):
    """Why an item is looked at again."""

    reason: Reason


@act("worklist.reopen")
def reopen(work: Work, form: Reopen) -> Changed:
    """Take back a dismissal, or a hand-made item's resolution; a cause that is gone meanwhile closes it at once."""
    found = begin(work, form, states=("dismissed", "resolved"))
    if found["state"] == "resolved" and not CODES[found["code"]].by_hand:
        raise Refused(
            f"the cause of {key_of(found)} is gone", rule="what closes an item", cure="it comes back with its cause"
        )
    work.touch(found["subject_type"], found["subject_key"])
    changed = change(
        work, found, "reopened", form.reason, state="open", dismissed_until=None, resolution=None, resolved_by=None,
        resolved_at=None, reopen_count=found["reopen_count"] + 1, **FREE,
    )  # fmt: skip
    # Healed here and not behind the act: the answer tells how the item stands, which may be closed again.
    work.healed = heal.heal(work.db, list(work.subjects), work.today, work.now, "worklist.reopen", work.actor.name)
    now = row_of(work, found["id"])
    work.fact(state=now["state"])
    return replace(changed, state=now["state"], version=now["version"], assignee=now["assignee"], role=now["role"])


class Priority(OnItem, frozen=True, kw_only=True):
    """A priority by hand, or none to go back to the computed one."""

    priority: Annotated[Annotated[int, Meta(ge=0, le=100)] | None, Meta(description="none: as computed")] = None
    reason: Reason


@act("worklist.priority")
def set_priority(work: Work, form: Priority) -> Changed:
    """Override an item's priority with a reason; the computed one stays beside it."""
    found = begin(work, form, free=False, states=ACTIVE)
    if form.priority is None:
        return change(
            work, found, "priority", f"as computed: {form.reason}",
            priority=found["priority_calc"], override_reason=None,
        )  # fmt: skip
    note = f"{found['priority']} to {form.priority}: {form.reason}"
    return change(work, found, "priority", note, priority=form.priority, override_reason=clean_text(form.reason))

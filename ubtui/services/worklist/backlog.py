"""The backlog: kinds that wait for a day's quota, those that demote themselves because nobody needs them, and back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

from ubtui.act import Form, Refused, Work, act
from ubtui.db.calendars import office
from ubtui.detectors.base import Detector
from ubtui.detectors.registry import CODES
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import clean_text
from ubtui.services.worklist.life import Reason, event
from ubtui.services.worklist.own import put

WINDOW_DAYS = 30
LEAST_RAISED = 10
TOLD_PRIORITY = 50
PROTECTED_GROUPS = frozenset("CPBA")  # statutory, and money
PROTECTED = frozenset({"R13", "R14", "A05", "X06"})  # fraud, and what takes two people


def may_demote(detector: Detector) -> bool:
    """Whether a kind may go to the backlog by itself: never statutory, money or fraud, nor what is there already."""
    return not (
        detector.group in PROTECTED_GROUPS or detector.code in PROTECTED or detector.project or detector.by_hand
    )


def begins_day(work: Work) -> bool:
    """Whether the daily part of the nightly work is still to do: once on each day that the office works."""
    day = work.today
    if work.db.value("SELECT COUNT(*) FROM backlog_day WHERE day >= ?", [day.isoformat()]):
        return False
    return office(work.db, day, day).is_business(day)


def draw(work: Work) -> int:
    """Release the day's quota from the backlog, the most urgent first; how many, which is kept for the day."""
    quota = work.district.worklist.backlog_per_day
    found = work.db.rows(
        "SELECT w.id FROM work_item w WHERE w.state = 'open' AND w.backlog = 1"
        " ORDER BY w.priority DESC, w.code, w.subject_type, w.subject_key, w.period LIMIT ?",
        [quota],
    )
    _move(work, [row[0] for row in found], 0, "drawn", "released from the backlog")
    work.db.run(
        "INSERT INTO backlog_day(day, quota, released) VALUES (?, ?, ?)", [work.today.isoformat(), quota, len(found)]
    )
    return len(found)


def demote(work: Work) -> tuple[list[str], tuple[ItemKey, ...]]:
    """Send kinds to the backlog of which more than half was dismissed; their codes, and the items that tell the lead.

    Judged are the items raised within 30 days, and since the kind was last brought back; at least 10 of them.
    """
    since = (work.today - timedelta(days=WINDOW_DAYS - 1)).isoformat()
    states = {row[0]: row[1:] for row in work.db.rows("SELECT code, state, on_day FROM detector_state")}
    codes, told = [], []
    for code, detected, raised, dismissed in work.db.rows(
        "SELECT w.code, MAX(w.detected_on), COUNT(*), COUNT(*) FILTER (WHERE w.state = 'dismissed') FROM work_item w"
        " LEFT JOIN detector_state s ON s.code = w.code WHERE w.detected_on >= ? AND w.backlog = 0"
        " AND (s.on_day IS NULL OR w.detected_on >= s.on_day) GROUP BY w.code ORDER BY w.code",
        [since],
    ):
        detector = CODES.get(code)
        if detector is None or not detected or not may_demote(detector) or states.get(code, ("",))[0] == "demoted":
            continue
        if raised < LEAST_RAISED or 2 * dismissed <= raised:
            continue
        why = f"{dismissed} of {raised} raised in {WINDOW_DAYS} days were dismissed"
        _mark(work, code, "demoted", "itself", why, int(raised), int(dismissed))
        waiting = work.db.rows(
            "SELECT id FROM work_item WHERE code = ? AND state = 'open' AND assignee IS NULL AND backlog = 0", [code]
        )
        _move(work, [row[0] for row in waiting], 1, "backlog", why)
        subject = Subject("text", str(uuid.uuid5(uuid.NAMESPACE_OID, f"demoted {code} {work.today}")))
        cure = f"change its limits (ubtui worklist whatif {code}), or bring it back (ubtui worklist promote {code})"
        found = put(
            work, subject, f"{code} went to the backlog: {detector.title}", f"{why}: {cure}", TOLD_PRIORITY, "lead",
            None, raised_by="worklist.refresh",
        )  # fmt: skip
        event(work, found["id"], "added", why)
        codes.append(code)
        told.append(ItemKey("X05", subject))
    return codes, tuple(told)


def _mark(work: Work, code: str, state: str, by: str, reason: str, raised: int = 0, dismissed: int = 0) -> None:
    work.db.run(
        "INSERT INTO detector_state(code, state, on_day, by_whom, raised, dismissed, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(code) DO UPDATE SET state = excluded.state,"
        " on_day = excluded.on_day, by_whom = excluded.by_whom, raised = excluded.raised,"
        " dismissed = excluded.dismissed, reason = excluded.reason",
        [code, state, work.today.isoformat(), by, raised, dismissed, clean_text(reason)],
    )


def _move(work: Work, ids: list[int], backlog: int, kind: str, note: str) -> None:
    work.db.load(
        "work_event",
        ("item_id", "at", "actor", "kind", "note"),
        [(each, work.now, work.actor.name, kind, note) for each in ids],
    )
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        work.db.run(
            f"UPDATE work_item SET backlog = ?, version = version + 1 WHERE id IN ({', '.join('?' * len(part))})",
            [backlog, *part],
        )


class Promote(Form, frozen=True, kw_only=True):
    """A kind that is to come to the lists again, and why."""

    code: Annotated[str, Meta(description="the code, as R07")]
    reason: Reason


class Promoted(Struct, frozen=True):
    """The kind, and how many of its items came back from the backlog."""

    code: str
    items: int


@act("worklist.promote")
def promote(work: Work, form: Promote) -> Promoted:
    """Bring a kind that demoted itself back to the lists; from today on it is judged anew."""
    detector = CODES.get(form.code.upper())
    if detector is None:
        raise BadValue(f"Code {form.code[:20]!r} is not on the worklist.")
    code = detector.code
    if work.db.value("SELECT state FROM detector_state WHERE code = ?", [code]) != "demoted":
        raise Refused(f"{code} is not demoted", rule="backlog", cure="look at `ubtui worklist explain CODE`")
    _mark(work, code, "promoted", work.actor.name, form.reason)
    ids = [row[0] for row in work.db.rows("SELECT id FROM work_item WHERE code = ? AND backlog = 1", [code])]
    _move(work, ids, 0, "drawn", f"{code} is back: {form.reason}")
    work.fact(code=code, items=len(ids))
    return Promoted(code, len(ids))

"""Items of one's own: made by hand, settled by hand, while every other closes when its cause is gone."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from msgspec import Meta

from ubtui.act import Form, Refused, Work, act, linked
from ubtui.db.calendars import office
from ubtui.db.models.worklist import WorkItem
from ubtui.detectors import heal
from ubtui.detectors.registry import CODES
from ubtui.domain import ranking
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import clean_text
from ubtui.services.worklist.items import key_of, row_of
from ubtui.services.worklist.life import ACTIVE, Changed, OnItem, begin, change, person_or_role


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
    concerned = _about(work, form.account)
    if concerned and (no := linked(work, [Subject("account", concerned["account"])])) is not None:
        raise no
    role, assignee = work.actor.role, None
    if form.to:
        role, assignee = person_or_role(work, form.to)
    late = 0
    if form.due and form.due < work.today:
        late = office(work.db, form.due, work.today).between(form.due, work.today)
    score = ranking.priority("X05", days_past_due=late, typed=form.priority)
    subject = Subject("text", str(uuid.uuid5(uuid.NAMESPACE_OID, work.key)))
    found = put(
        work, subject, form.title, form.why, score, role, assignee,
        evidence=json.dumps({"priority": form.priority}), due_on=form.due,
        due_source="typed" if form.due else None, raised_by=work.actor.name, **concerned,
    )  # fmt: skip
    work.healed = heal.Healed(opened=(ItemKey("X05", subject),))  # nothing else is touched
    return change(work, found, "added", form.why)


def put(
    work: Work, subject: Subject, title: str, why: str, score: int, role: str, assignee: str | None, **columns: Any
) -> Mapping[str, Any]:
    """Insert an item that no detector found; its row, without an event yet."""
    row = {
        "code": "X05", "grp": "X", "subject_type": subject.type, "subject_key": subject.key, "period": "",
        "title": clean_text(title), "why": clean_text(why), "consequence": "somebody waits for it", "evidence": "{}",
        "detected_on": work.today, "detected_at": work.now, "last_seen_at": work.now, "priority": score,
        "priority_calc": score, "role": role, "assignee": assignee, "raised_by": "itself",
    }  # fmt: skip
    return row_of(work, work.db.insert(WorkItem, **(row | columns)))


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
    found = begin(work, form, states=ACTIVE)
    if not CODES[found["code"]].by_hand:
        raise Refused(f"the cause of {key_of(found)} stands", rule="what closes an item", cure="fix it or dismiss it")
    work.healed = heal.Healed(closed=(key_of(found),))
    return change(
        work, found, "resolved", form.resolution, state="resolved", resolved_by=work.actor.name,
        resolved_at=work.now, resolution=clean_text(form.resolution), wake_on=None, wait_for=None, lease_until=None,
    )  # fmt: skip

"""Requests: promises that fall due, the duties of the district's calendar, a change of its settings that waits."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from datetime import date, timedelta

from ubtui.detectors.base import Ask, Detector, Found, Parameter
from ubtui.domain.duties import due_days
from ubtui.domain.money import format_money
from ubtui.domain.second import checkers

_DUE = (
    "SELECT c.key, c.account_id, c.on_day, c.by_staff, c.with_role, c.text, c.promise_on, c.promise_cents"
    " FROM contact c WHERE c.promise = 'open' AND c.promise_on <= ?"
)


def promise_due(ask: Ask) -> Iterable[Found]:
    """X01: an open promise whose day is here, or `ahead` office days away."""
    if (narrow := ask.only("text", "c.key")) is None:
        return
    only, keys = narrow
    until = ask.add_business(ask.today, ask.whole("ahead")) if ask.whole("ahead") else ask.today
    for key, account, on, by, role, text, promised, cents in ask.db.rows(_DUE + only, [until.isoformat(), *keys]):
        day = date.fromisoformat(promised)
        what = f"{format_money(cents)} promised" if cents else "call back"
        yield Found(
            key, "", "Promised payment due" if cents else "Call back due", f"{what}, {role.replace('_', ' ')}: {text}",
            {"promise_on": promised, "promise_cents": cents, "said_on": on, "taken_by": by, "reads": []},
            account_id=account, money_cents=cents or 0, due_on=day, due_source="promise",
        )  # fmt: skip


def question_waits(ask: Ask) -> Iterable[Found]:
    """X02: a question that went with an item to somebody else, not answered for more than `business_days`."""
    if (narrow := ask.only("text", "q.key")) is None:
        return
    only, keys = narrow
    limit = ask.whole("business_days")
    for key, account, asked_by, asked_on, role, person, asked, title in ask.db.rows(
        "SELECT q.key, w.account_id, q.asked_by, q.asked_on, q.role, q.person, q.asked, w.title FROM question q"
        f" JOIN work_item w ON w.id = q.item_id WHERE q.answer IS NULL{only}",
        keys,
    ):
        day = date.fromisoformat(asked_on)
        days = ask.business_days(day, ask.today)
        if days > limit:
            yield Found(
                key, "", "Question waits for an answer", f"{asked_by} asks {person or role} about {title}: {asked}",
                {"asked_on": asked_on, "asked_by": asked_by, "business_days": days, "limit": limit, "reads": []},
                account_id=account, due_on=ask.add_business(day, limit), due_source="answer term", role=role,
            )  # fmt: skip


def duty_key(code: str) -> str:
    """The subject key of a duty's items."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"duty:{code}"))


def duty_due(ask: Ask) -> Iterable[Found]:
    """X04: a duty of the district's calendar within its lead days of its day, or past it, and not done."""
    keys = ask.keys("text")
    wanted = [each for each in ask.district.duties if keys is None or duty_key(each.code) in keys]
    if not wanted:
        return
    done = {(code, period) for code, period in ask.db.rows("SELECT code, period FROM duty_done")}
    for duty in wanted:
        last = ask.today + timedelta(days=duty.lead_days)
        for day in due_days(duty.every, duty.month, duty.day, duty.since, last):
            period = f"{day:%Y-%m}"
            if (duty.code, period) in done:
                continue
            due = ask.add_business(day + timedelta(days=1), -1)  # a closed office does it the office day before
            yield Found(
                duty_key(duty.code), period, duty.title, f"due {due}" + (f": {duty.rule}" if duty.rule else ""),
                {"duty": duty.code, "every": duty.every, "day": day.isoformat(), "reads": []},
                due_on=due, due_source="calendar of duties", role=duty.role,
            )  # fmt: skip


_SHOWN = 20
_OF_A_PERSON = re.compile(r",? ?(?:own|linked|seat key sha256) ")


def settings_key(number: int) -> str:
    """The subject key of the item on which a change of the settings waits."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"settings/{number}"))


def settings_waits(ask: Ask) -> Iterable[Found]:
    """X06: a change of the settings that another person is to put in force or to reject."""
    keys = ask.keys("text")
    if keys is not None and not keys:
        return
    for number, maker, reason, body in ask.db.rows(
        "SELECT id, maker, reason, changes FROM settings_change WHERE state = 'waiting'"
    ):
        if keys is not None and settings_key(number) not in keys:
            continue
        made = json.loads(body)
        roles = {p.name: p.role for p in ask.district.staff}
        may = checkers(roles, {name for name in roles if _touches(name, made)}, maker)
        evidence: dict[str, str | int] = {"settings change": number, "by": maker}
        for each in made[:_SHOWN]:
            name = each["setting"]
            told = f"{_evident(name, each['before'])} -> {_evident(name, each['after'])}"
            evidence[name.replace("_", " ")] = told
        if len(made) > _SHOWN:
            evidence["more"] = f"{len(made) - _SHOWN}: ubtui settings changes {number}"
        yield Found(
            settings_key(number), "", f"Settings change {number} by {maker} waits for approval", reason, evidence,
            role=roles[may[0]] if may else "",
        )  # fmt: skip


def _touches(name: str, made: list[dict[str, str]]) -> bool:
    own = f"staff.{name}"
    return any(each["setting"] == own or each["setting"].startswith(f"{own}.") for each in made)


def _evident(setting: str, value: str | None) -> str:
    """A value as every desk may see it: not whose accounts are whose, nor what opens a seat."""
    if value is not None and setting.startswith("staff."):
        if setting.endswith((".own", ".linked", ".seat_key_sha256")):
            return "set" if value else "none"
        value = _OF_A_PERSON.split(value)[0]
    return value or "none"


DETECTORS = (
    Detector(
        "X01", "Promise due", ("text",), "an open promise of payment or call whose day is within ahead office days",
        "The customer waits, or a debt ages without an answer.", ("contact.promise",),
        "the promise taken with the contact", promise_due,
        parameters={"ahead": Parameter("0", "office days", "how long before its day a promise comes to the list")},
    ),
    Detector(
        "X02", "Question waits for an answer", ("text",),
        "a question that went with an item to somebody else, unanswered for more than business_days office days",
        "Whoever asked cannot go on.", ("worklist.answer",), "the term for answers between desks", question_waits,
        parameters={"business_days": Parameter("3", "office days", "time that an answer may take")},
    ),
    Detector(
        "X04", "Duty of the calendar due", ("text",),
        "a duty of the district file within its lead_days of its day, or past it, not done",
        "A report or payment that others wait for is late.", ("duty.done",), "the district's calendar of duties",
        duty_due,
    ),
    Detector(
        "X06", "Settings change waits", ("text",),
        "a change of the district's settings put forward, neither put in force nor rejected nor withdrawn",
        "What the board resolved does not hold, and no other change can be put forward.",
        ("settings.approve", "settings.reject", "settings.withdraw"), "two people for money and for the staff list",
        settings_waits, role="finance", decided=True,
    ),
)  # fmt: skip

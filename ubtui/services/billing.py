"""Billing: a service that ended, and a point's place on its route, without which no run bills it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models.record import Service, ServicePoint
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.services import enrolment
from ubtui.services.adjustments.plans import find_account

Why = Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


class Stop(Form, frozen=True, kw_only=True):
    """A service that has ended: it is billed no more."""

    account: Annotated[str, msgspec.Meta(description="account number, as 120440-3")]
    last_on: Annotated[date, msgspec.Meta(description="its last day")]
    point: Annotated[str, msgspec.Meta(description="only at this service point; all of the account's unless given")] = (
        ""
    )
    reason: Why


class Stopped(msgspec.Struct, frozen=True):
    """The account, how many services ended, the points that serve nobody now, and what becomes of its autopay."""

    account: str
    services: int
    idle: tuple[str, ...]
    autopay: str = ""


@act("billing.stop")
def stop(work: Work, form: Stop) -> Stopped:
    """End running services on a day; a point that serves nobody then is inactive, and use there is a finding.

    Not before a day to which they are billed: what was billed too much is credited apart. Where nothing of the account
    runs any more its autopay ends with the final bill.
    """
    account_id, number = find_account(work, form.account)
    if form.last_on > work.today:
        raise Refused(f"{form.last_on} is still to come", rule="services", cure="give today or a day before")
    wanted = form.point.strip().upper()
    running = [
        row
        for row in work.db.rows(
            "SELECT s.id, s.version, s.from_on, p.id, p.number FROM live_service s"
            " LEFT JOIN service_point p ON p.id = s.point_id WHERE s.account_id = ? AND s.to_on IS NULL ORDER BY s.id",
            [account_id],
        )
        if wanted in ("", row[4])
    ]
    shown = format_account(number)
    if not running:
        raise Refused(f"{shown} has no running service {wanted}".rstrip(), rule="services", cure="see its account")
    if (first := max(date.fromisoformat(row[2]) for row in running)) > form.last_on:
        raise Refused(f"a service runs since {first}", rule="services", cure="a later day, or name the point")
    if (billed := _billed_to(work, account_id, [row[0] for row in running])) > form.last_on.isoformat():
        raise Refused(
            f"{shown} is billed to {billed}", rule="a service ends when it is billed to its end",
            cure=f"give {billed} or later; what was billed too much is credited by an adjustment",
        )  # fmt: skip
    for service, version, _, _, _ in running:
        work.db.update(Service, service, version, to_on=form.last_on)
    idle = []
    for point_id, point in {row[3]: row[4] for row in running if row[3] is not None}.items():
        work.touch("point", point)
        if work.db.value("SELECT 1 FROM live_service WHERE point_id = ? AND to_on IS NULL LIMIT 1", [point_id]) is None:
            work.db.update(ServicePoint, point_id, state="inactive")
            idle.append(point)
    work.touch("account", shown)
    work.fact(account=shown, services=len(running), last_on=form.last_on.isoformat())
    work.detail(reason=clean_text(form.reason, 500), idle=idle)
    return Stopped(shown, len(running), tuple(idle), _drafted(work, account_id))


def _billed_to(look: Look, account_id: int, services: list[int]) -> str:
    """The last day that a bill not taken back reaches, of one of these services or of none by name; "" for none."""
    named = ", ".join("?" * len(services))
    sql = (
        "SELECT MAX(b.to_on) FROM bill b WHERE b.account_id = ?"
        " AND NOT EXISTS(SELECT 1 FROM journal j WHERE j.reverses = b.journal_id)"
        " AND (NOT EXISTS(SELECT 1 FROM bill_line l WHERE l.bill_id = b.id AND l.service_id IS NOT NULL)"
        f" OR EXISTS(SELECT 1 FROM bill_line l WHERE l.bill_id = b.id AND l.service_id IN ({named})))"
    )
    return str(look.db.value(sql, [account_id, *services]) or "")


def _drafted(work: Work, account_id: int) -> str:
    """What becomes of an account's autopay when a service of it ended; empty where it has none or another runs."""
    found = enrolment.autopay(work, account_id)
    runs = "SELECT 1 FROM live_service WHERE account_id = ? AND to_on IS NULL LIMIT 1"
    if found is None or work.db.value(runs, [account_id]):
        return ""
    return f"{found.told} is ended" if enrolment.finish(work, account_id) else f"{found.told} ends with the final bill"


class Place(Form, frozen=True, kw_only=True):
    """A point's place on a route."""

    point: Annotated[str, msgspec.Meta(description="service point, SP-00012")]
    route: Annotated[str, msgspec.Meta(description="route code")]
    sequence: Annotated[int, msgspec.Meta(description="its place in the walk", ge=0, le=999_999)]


class Placed(msgspec.Struct, frozen=True):
    """The point, and its place before and now."""

    point: str
    before: str
    now: str


@act("route.place")
def place(work: Work, form: Place) -> Placed:
    """Give a point its place on a route, one that no other point of it has."""
    number = form.point.strip().upper()
    row = work.db.one(
        "SELECT p.id, p.version, r.code, p.sequence FROM live_point p LEFT JOIN route r ON r.id = p.route_id"
        " WHERE p.number = ?",
        [number],
    )
    if row is None:
        raise Refused(f"no service point {number[:40]}", rule="service points", cure="read its number", bad_input=True)
    route = work.db.value("SELECT id FROM route WHERE code = ?", [form.route.strip()])
    if route is None:
        raise Refused(f"no route {form.route[:20]}", rule="routes", cure="use a route's code", bad_input=True)
    other = work.db.value(
        "SELECT number FROM live_point WHERE route_id = ? AND sequence = ? AND id <> ? AND state <> 'closed' LIMIT 1",
        [route, form.sequence, row[0]],
    )
    if other is not None:
        cure = f"{free(work, form.route.strip(), form.sequence)} is free"
        raise Refused(f"{other} has that place", rule="one point, one place", cure=cure)
    work.db.update(ServicePoint, row[0], row[1], route_id=route, sequence=form.sequence)
    work.touch("point", number)
    for code in {form.route.strip(), *([row[2]] if row[2] else [])}:
        work.touch("route", code)
    for (account,) in work.db.rows(
        "SELECT DISTINCT a.number FROM live_service s JOIN account a ON a.id = s.account_id"
        " WHERE s.point_id = ? AND s.to_on IS NULL",
        [row[0]],
    ):
        work.touch("account", format_account(account))
    before = f"{row[2] or '-'}-{'-' if row[3] is None else row[3]}"
    now = f"{form.route.strip()}-{form.sequence}"
    work.fact(point=number, before=before, now=now)
    return Placed(number, before, now)


def free(look: Look, route: str, after: int) -> int:
    """The first place behind `after` on a route that no point has."""
    taken = {
        sequence
        for (sequence,) in look.db.rows(
            "SELECT p.sequence FROM live_point p JOIN route r ON r.id = p.route_id WHERE r.code = ?"
            " AND p.state <> 'closed' AND p.sequence >= ?",
            [route, after],
        )
    }
    return next(n for n in range(after, after + len(taken) + 1) if n not in taken)

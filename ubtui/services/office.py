"""The office: setting up a district from its file, and moving the business day of a sample."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import msgspec

from ubtui.act import Actor, Form, Refused, Work, act, append_event
from ubtui.db.migrate import migrate
from ubtui.db.models import ledger, office, record
from ubtui.db.session import Session
from ubtui.domain import calendars
from ubtui.settings import District, district


def install(session: Session, text: str, day: date, now: str, folder: Path | None = None) -> District:
    """Set up the record of the district that `text` (TOML) describes; a broken-off set-up is finished.

    `session` is an admin's, connected; refuses (ValueError) a record that holds a district already.
    """
    found = district(text)
    if folder is not None:
        os.chmod(folder, 0o700)
        _keep(folder / "district.toml", text)
    migrate(session, now)
    if session.value("SELECT value FROM meta WHERE key = 'district'") is not None:
        raise ValueError(f"this record already holds the district {session.value(_NAME)!r}: choose another place")
    with session.writing():
        _fill(session, found, day)
        for key, value in (("district", text), ("name", found.name), ("kind", found.kind), ("today", day.isoformat())):
            session.run("INSERT INTO meta(key, value) VALUES (?, ?)", [key, value])
        work = Work(session, day, now, now, found, Actor("service", "service", "init"), "init")
        append_event(work, "district.init", "done", {"name": found.name, "kind": found.kind}, {})
    return found


def _keep(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)


_NAME = "SELECT value FROM meta WHERE key = 'name'"


def _fill(session: Session, d: District, day: date) -> None:
    people = {p.name: p for p in d.staff}
    if "service" not in people:
        session.insert(office.Staff, name="service", full_name="Nightly work", role="service")
    for p in d.staff:
        session.insert(
            office.Staff,
            name=p.name,
            full_name=p.full_name,
            role=p.role,
            login=p.login,
            seat_key_sha256=p.seat_key_sha256,
        )
        for relation, numbers in (("own", p.own), ("linked", p.linked)):
            for number in numbers:
                session.insert(
                    record.StaffAccount, staff=p.name, account_number=number.replace("-", ""), relation=relation
                )
    for c in d.cycles:
        session.insert(
            record.Cycle,
            code=c.code,
            title=c.title,
            months=c.months,
            first_month=c.first_month,
            read_day=c.read_day,
            bill_day=c.bill_day,
            due_days=c.due_days,
        )
    funds = {f.code: session.insert(ledger.Fund, code=f.code, title=f.title) for f in d.funds}
    gl = {g.code: session.insert(ledger.GlAccount, code=g.code, title=g.title, kind=g.kind, use=g.use) for g in d.gl}
    for charge in d.charge_codes:
        session.insert(
            ledger.ChargeCode,
            code=charge.code,
            title=charge.title,
            revenue_gl_id=gl[charge.revenue],
            receivable_gl_id=gl[charge.receivable],
            fund_id=funds[charge.fund],
            priority=charge.priority,
            lienable=int(charge.lienable),
            penalty_bearing=int(charge.penalty_bearing),
            taxable=int(charge.taxable),
        )
    for year in range(day.year - 5, day.year + 3):
        session.load("period", ["ym"], [(year * 100 + month,) for month in range(1, 14)])
    for name in ("OFFICE", "LEGAL", "BANK"):
        calendar = calendars.seed(name)
        session.load(
            "calendar_day",
            ["calendar", "day", "title"],
            [(name, d.isoformat(), t) for d, t in calendar.holidays.items()],
        )
        session.load(
            "calendar_year",
            ["calendar", "year"],
            [(name, y) for y in range(calendar.first_year, calendar.last_year + 1)],
        )
    session.insert(
        office.Policy,
        kind="approval",
        version=d.approval.version,
        body=msgspec.json.encode(d.approval).decode(),
        adopted_on=day,
        adopted_by="district file",
    )


class MoveClock(Form, frozen=True, kw_only=True):
    """The business day a sample or training district is to have."""

    to: date


class Moved(msgspec.Struct, frozen=True):
    """The day before and the day now."""

    was: date
    now: date


@act("clock.move")
def move_clock(work: Work, form: MoveClock) -> Moved:
    """Move a sample district's business day forward; nightly work for the days between is the caller's."""
    if work.district.kind == "live":
        raise Refused("a live district's day is the calendar's", rule="clock", cure="use a sample or training district")
    if form.to < work.today:
        raise Refused(f"the day is {work.today} already", rule="clock", cure="the clock moves forward only")
    work.db.run("UPDATE meta SET value = ? WHERE key = 'today'", [form.to.isoformat()])
    work.fact(was=work.today.isoformat(), to=form.to.isoformat())
    return Moved(work.today, form.to)

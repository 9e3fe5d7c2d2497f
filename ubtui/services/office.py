"""The office: setting up a district from its file, and moving the business day of a sample."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import astuple

from ubtui.act import Actor, Form, Refused, Work, act, append_event
from ubtui.db.migrate import migrate
from ubtui.db.models import office, record
from ubtui.db.session import Session
from ubtui.domain import calendars
from ubtui.domain.canonical import sha256_hex
from ubtui.settings import District, district


def install(session: Session, text: str, day: date, now: str, folder: Path | None = None) -> District:
    """Set up the record of the district that `text` (TOML) describes; a broken-off set-up is finished.

    `session` is an admin's, connected; refuses (ValueError) a record that holds a district already.
    """
    found = district(text)
    if folder is not None:
        os.chmod(folder, 0o700)
        keep(folder, text)
    migrate(session, now)
    if session.value("SELECT value FROM meta WHERE key = 'district'") is not None:
        raise ValueError(f"this record already holds the district {session.value(_NAME)!r}: choose another place")
    with session.writing():
        _fill(session, found, day)
        for key, value in (("district", text), ("today", day.isoformat())):
            session.run(_META, [key, value])
        work = Work(session, day, now, now, found, Actor("service", "service", "init"), "init")
        facts = {"name": found.name, "kind": found.kind, "settings_sha256": sha256_hex(text)}
        append_event(work, "district.init", "done", facts, {})
    return found


def keep(folder: Path, text: str) -> None:
    """Write the folder's own copy of the settings, replaced whole; the record's rules, this is for people to read.

    Raises OSError where the folder cannot be written.
    """
    part, name = tempfile.mkstemp(".part", "district.toml.", folder)  # 0600, and no other seat's
    try:
        with os.fdopen(part, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, folder / "district.toml")
    except OSError:
        os.unlink(name)
        raise


_NAME = "SELECT value FROM meta WHERE key = 'name'"
_META = "INSERT INTO meta(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value"
SERVICE = "service"
"""The seat of the nightly work, on every staff list."""


def lay(session: Session, d: District) -> None:
    """Bring the tables that state the settings in step with them, at the start and at every change.

    Whoever no longer works here keeps his row, inactive: what he did names him. Other rows that no setting names
    any more go; the caller has seen that nothing rests on them.
    """
    people = [(p.name, p.full_name, p.login, p.role, 1, p.seat_key_sha256) for p in d.staff]
    if SERVICE not in {p.name for p in d.staff}:
        people.append((SERVICE, "Nightly work", None, "service", 1, None))
    session.run("UPDATE staff SET active = 0")
    _put(session, "staff", ("name", "full_name", "login", "role", "active", "seat_key_sha256"), people)
    session.run("DELETE FROM staff_account")
    for p in d.staff:
        for relation, numbers in (("own", p.own), ("linked", p.linked)):
            for number in numbers:
                session.insert(
                    record.StaffAccount, staff=p.name, account_number=number.replace("-", ""), relation=relation
                )
    cycles = ("code", "title", "months", "first_month", "read_day", "bill_day", "due_days")
    _put(session, "cycle", cycles, [astuple(c) for c in d.cycles])
    _put(session, "fund", ("code", "title"), [astuple(f) for f in d.funds])
    _put(session, "gl_account", ("code", "title", "kind", "use"), [astuple(g) for g in d.gl])
    funds: dict[str, int] = dict(session.rows("SELECT code, id FROM fund"))
    gl: dict[str, int] = dict(session.rows("SELECT code, id FROM gl_account"))
    _put(
        session, "charge_code",
        ("code", "title", "revenue_gl_id", "receivable_gl_id", "fund_id", "priority", "lienable", "penalty_bearing",
         "taxable"),
        [
            (c.code, c.title, gl[c.revenue], gl[c.receivable], funds[c.fund], c.priority, int(c.lienable),
             int(c.penalty_bearing), int(c.taxable))
            for c in d.charge_codes
        ],
    )  # fmt: skip
    # What is named by another table goes after it.
    for table, coded in (("charge_code", d.charge_codes), ("gl_account", d.gl), ("fund", d.funds), ("cycle", d.cycles)):
        gone = {code for (code,) in session.rows(f"SELECT code FROM {table}")} - {each.code for each in coded}
        for code in sorted(gone):
            session.run(f"DELETE FROM {table} WHERE code = ?", [code])
    closed, sql = holidays(d), "SELECT day, title FROM calendar_day WHERE calendar = 'OFFICE'"
    stands: dict[str, str] = {str(day): title for day, title in session.rows(sql)}
    for day in sorted(stands.keys() - closed.keys()):
        session.run("DELETE FROM calendar_day WHERE calendar = 'OFFICE' AND day = ?", [day])
    rows = [("OFFICE", day, title) for day, title in sorted(closed.items()) if stands.get(day) != title]
    for _, day, _ in rows:
        if day in stands:
            session.run("DELETE FROM calendar_day WHERE calendar = 'OFFICE' AND day = ?", [day])
    session.load("calendar_day", ["calendar", "day", "title"], rows)
    for key, value in (("name", d.name), ("kind", d.kind)):
        session.run(_META, [key, value])


def holidays(d: District) -> dict[str, str]:
    """The days on which the office is closed, by their ISO text: the state's holidays and the district's own."""
    out = {day.isoformat(): title for day, title in calendars.seed("OFFICE").holidays.items()}
    for each in d.holidays:
        out.pop(each.day.isoformat(), None)
        if not each.open:
            out[each.day.isoformat()] = each.title
    return out


def _put(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write each row under its first column: a new one, or its other columns anew."""
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    into = f"{table}({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    for row in rows:
        session.run(f"INSERT INTO {into} ON CONFLICT({columns[0]}) DO UPDATE SET {sets}", row)


def _fill(session: Session, d: District, day: date) -> None:
    lay(session, d)
    for year in range(day.year - 5, day.year + 3):
        session.load("period", ["ym"], [(year * 100 + month,) for month in range(1, 14)])
    for name in ("OFFICE", "LEGAL", "BANK"):
        calendar = calendars.seed(name)
        if name != "OFFICE":  # the office's own days are the settings'
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
    adopt(session, d, day, "district file")


def adopt(session: Session, d: District, day: date, by: str) -> None:
    """Keep the approval policy under its version."""
    session.insert(
        office.Policy,
        kind="approval",
        version=d.approval.version,
        body=msgspec.json.encode(d.approval).decode(),
        adopted_on=day,
        adopted_by=by,
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

"""The district's recurring duties: what is due when, and that it was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models.contacts import DutyDone
from ubtui.detectors.requests import duty_key
from ubtui.domain.duties import due_days
from ubtui.domain.text import clean_text

AHEAD_DAYS = 400


@dataclass(frozen=True)
class DutyLine:
    """One occurrence of a duty: its day, its period (year and month), and who did it when."""

    code: str
    title: str
    period: str
    day: date
    role: str
    rule: str
    done_on: date | None
    done_by: str | None
    note: str


def duties(look: Look) -> tuple[DutyLine, ...]:
    """Every occurrence that is open, or was done, up to the next one of each duty; by day."""
    done = {
        (code, period): (date.fromisoformat(on), by, note)
        for code, period, on, by, note in look.db.rows("SELECT code, period, done_on, done_by, note FROM duty_done")
    }
    found = []
    for duty in look.district.duties:
        for day in due_days(duty.every, duty.month, duty.day, duty.since, look.today + timedelta(days=AHEAD_DAYS)):
            on, by, note = done.get((duty.code, f"{day:%Y-%m}"), (None, None, ""))
            found.append(DutyLine(duty.code, duty.title, f"{day:%Y-%m}", day, duty.role, duty.rule, on, by, note))
            if day > look.today and on is None:
                break
    return tuple(sorted(found, key=lambda each: (each.day, each.code)))


class DutyIsDone(Form, frozen=True, kw_only=True):
    """A duty that was done."""

    duty: Annotated[str, Meta(description="the duty's code in the district file")]
    period: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}$", description="year and month it was due, as 2026-11")]
    note: Annotated[str, Meta(max_length=500, description="how: the confirmation, where the paper lies")] = ""


class DutyResult(msgspec.Struct, frozen=True):
    """The duty and its period."""

    duty: str
    period: str
    due_on: date


@act("duty.done")
def done(work: Work, form: DutyIsDone) -> DutyResult:
    """Keep that a duty of the calendar was done; its item closes."""
    duty = next((each for each in work.district.duties if each.code == form.duty), None)
    if duty is None:
        known = ", ".join(each.code for each in work.district.duties) or "none in the district file"
        raise Refused(f"no duty {form.duty[:40]}", rule="calendar of duties", cure=f"use {known}", bad_input=True)
    ahead = work.today + timedelta(days=AHEAD_DAYS)
    days = {f"{d:%Y-%m}": d for d in due_days(duty.every, duty.month, duty.day, duty.since, ahead)}
    day = days.get(form.period)
    if day is None:
        said = f"{duty.code} is not due in {form.period}"
        raise Refused(said, rule="calendar of duties", cure="name a month in which it is", bad_input=True)
    before = work.db.one(
        "SELECT done_on, done_by FROM duty_done WHERE code = ? AND period = ?", [duty.code, form.period]
    )
    if before is not None:
        raise Refused(f"{before[1]} did it on {before[0]}", rule="calendar of duties", cure="nothing is left to do")
    work.db.insert(
        DutyDone, code=duty.code, period=form.period, due_on=day, done_on=work.today, done_by=work.actor.name,
        at=work.now, note=clean_text(form.note, 500),
    )  # fmt: skip
    work.touch("text", duty_key(duty.code))
    work.fact(duty=duty.code, period=form.period)
    return DutyResult(duty.code, form.period, day)

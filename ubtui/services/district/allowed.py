"""What a living district may change: nothing that its record rests on, and nobody his own place on the staff list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from ubtui.act import Look, Refused
from ubtui.domain import second
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import parse_account
from ubtui.services.district import keys
from ubtui.services.office import SERVICE, holidays
from ubtui.settings import District

ALONE: Final = frozenset(["name", "county", "duties", "holidays", "use_limits", "worklist"])
"""How work is laid out: whoever may change it does so alone. All else is money or people, and takes two."""
_PEOPLE: Final = frozenset(["staff", "service_uid", "seat_keys"])
_FIXED: Final = ("kind", "zone", "billing_unit", "fiscal_year_start")
_POSTED: Final = {  # table: what names its rows
    "gl_account": ("gl_id", ("posting", "proposal_leg")),
    "fund": ("fund_id", ("posting", "proposal_leg")),
    "charge_code": ("charge_code_id", ("receivable_item", "posting", "proposal_leg", "bill_line")),
}
_CHECKERS: Final = ("finance", "manager")


def sections(was: District, now: District) -> set[str]:
    """The parts of the settings that differ, by the first word of their names."""
    out = {place.partition(".")[0] for place, _ in keys.differing(was, now) if place}
    top, new = keys.of(was)["", ""], keys.of(now)["", ""]
    return out | {name for name in top if top[name] != new[name]}


def makers_no(look: Look, was: District, now: District) -> Refused | None:
    """Why who sits here may not put these changes forward.

    Roles and logins are an administrator's, who has no money; rates, fees and policy are the lead's. Without an
    administrator the staff list is the lead's as well, behind the same second person.
    """
    wanted = sections(was, now)
    admins = any(p.role == "admin" for p in was.staff)
    people = sorted(wanted & _PEOPLE)
    if people and admins and look.actor.role != "admin":
        return Refused(
            f"{people[0]}: who works here is an administrator's", rule="permission matrix", cure="ask: admin"
        )
    if (other := sorted(wanted - _PEOPLE)) and look.actor.role == "admin":
        return Refused(
            f"{other[0]}: money and policy are no administrator's", rule="permission matrix", cure="ask: lead"
        )
    if look.actor.name in touched(was, now):
        return Refused(
            f"{look.actor.name} would change his own place on the staff list", rule="nobody widens his own role",
            cure="ask a colleague to put it forward",
        )  # fmt: skip
    if several := second.all_touched({p.name: p.role for p in was.staff}, touched(was, now), look.actor.name):
        return Refused(
            f"it changes the places of {' and '.join(several)}, who would decide on it",
            rule="nobody widens his own role", cure="put them forward one by one",
        )  # fmt: skip
    return None


def touched(was: District, now: District) -> set[str]:
    """The people whose place on the staff list differs."""
    return {name for place, name in keys.differing(was, now) if place == "staff"}


def checkers(was: District, now: District, maker: str) -> list[str]:
    """Who may put in force what `maker` put forward. Empty: it needs no second person, or there is none."""
    if sections(was, now) <= ALONE:
        return []
    return second.checkers({p.name: p.role for p in was.staff}, touched(was, now), maker)


def own_place(was: District, now: District, name: str) -> tuple[str, ...]:
    """What is said of a person who is the only one left to decide on his own place."""
    return (f"{name} decides on his own place: nobody else is here",) if name in touched(was, now) else ()


def faults(look: Look, was: District, now: District) -> Iterator[str]:
    """What of the change would break the record or the office, each in one sentence with its cure."""
    for name in _FIXED:
        if getattr(was, name) != getattr(now, name):
            yield f"{name} stays {getattr(was, name)}: the record is kept by it"
    yield from _staff(look, was, now)
    yield from _cycles(look, was, now)
    for section, table, fixed in (
        ("funds", "fund", ()),
        ("gl", "gl_account", ("kind", "use")),
        ("charge_codes", "charge_code", ("revenue", "receivable", "fund")),
    ):
        for code, before, after in _pairs(section, was, now):
            other = [name for name in fixed if after is not None and before[name] != after[name]]
            if (after is None or other) and _is_posted(look, table, code):
                what = f"gets another {' and '.join(other)}" if other else "goes"
                yield f"{section}.{code} {what}, and lines are posted under it: leave it and write a new code"
    yield from _reasons(look, was, now)
    yield from _rates(look, was, now)
    yield from _approval(look, was, now)
    before_days, after_days = holidays(was), holidays(now)
    for day in sorted({**before_days, **after_days}):
        if (day in before_days) != (day in after_days) and day <= look.today.isoformat():
            yield f"holidays.{day}: days up to {look.today} stay as they were counted"


def _pairs(section: str, was: District, now: District) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """Each table of a list that differs and stood before, with what it becomes."""
    a, b = keys.of(was), keys.of(now)
    for part in a:
        if part[0] == section and a[part] != b.get(part):
            yield part[1], a[part], b.get(part)


def _staff(look: Look, was: District, now: District) -> Iterator[str]:
    roles = {p.name: p.role for p in now.staff}
    if roles.get(SERVICE, "service") != "service":
        yield f"staff.{SERVICE} is the seat of the nightly work: give the person another name"
    if any(p.role == "lead" for p in was.staff) and "lead" not in roles.values():
        yield "staff: nobody would be lead any more: name another first"
    if any(p.role in _CHECKERS for p in was.staff) and not set(_CHECKERS) & set(roles.values()):
        yield "staff: nobody would be left to approve: somebody stays finance or manager"
    before_own = {p.name: {*p.own, *p.linked} for p in was.staff}
    for person in now.staff:
        for number in sorted({*person.own, *person.linked} - before_own.get(person.name, set())):
            if not _is_account(look, number):
                yield f"staff.{person.name}: there is no account {number}: read its number again"
    for name, before, after in _pairs("staff", was, now):
        if after is not None and after["role"] == before["role"]:
            continue
        for (day,) in look.db.rows(
            "SELECT day FROM drawer WHERE staff = ? AND counted_at IS NULL ORDER BY day", [name]
        ):
            yield f"staff.{name}: the drawer of {day} is not counted: `ubtui drawer close` first"


def _is_account(look: Look, number: str) -> bool:
    try:
        stored = parse_account(number)
    except BadValue:
        return False
    return look.db.value("SELECT 1 FROM live_account WHERE number = ?", [stored]) is not None


def _cycles(look: Look, was: District, now: District) -> Iterator[str]:
    for code, before, after in _pairs("cycles", was, now):
        accounts = int(
            look.db.value("SELECT COUNT(*) FROM account a JOIN cycle c ON c.id = a.cycle_id WHERE c.code = ?", [code])
        )
        if not accounts:
            continue
        if after is None:
            yield f"cycles.{code} goes, and {accounts:,} accounts are billed by it: leave it"
            continue
        moved = [name for name in ("months", "first_month") if before[name] != after[name]]
        moved += (
            ["read_day"] if (before["read_day"] > before["bill_day"]) != (after["read_day"] > after["bill_day"]) else []
        )
        if moved:
            told = " and ".join(moved)
            yield f"cycles.{code} gets another {told}, and the periods of {accounts:,} accounts are named by it"


def _is_posted(look: Look, table: str, code: str) -> bool:
    column, tables = _POSTED[table]
    row = look.db.value(f"SELECT id FROM {table} WHERE code = ?", [code])
    return any(look.db.value(f"SELECT 1 FROM {each} WHERE {column} = ? LIMIT 1", [row]) for each in tables)


def _reasons(look: Look, was: District, now: District) -> Iterator[str]:
    for code, before, after in _pairs("reasons", was, now):
        if after is None:
            if look.db.value("SELECT 1 FROM proposal WHERE reason = ? LIMIT 1", [code]):
                yield f"reasons.{code} goes, and adjustments were made for it: leave it"
            continue
        waiting = look.db.value(
            "SELECT COUNT(*) FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id"
            " WHERE p.reason = ? AND p.state = 'submitted' AND a.id IS NULL",
            [code],
        )
        if waiting and any(before[name] != after[name] for name in before if name not in ("title", "article")):
            yield f"reasons.{code}: {waiting} of it wait for approval as they were proposed: have them decided first"


def _rates(look: Look, was: District, now: District) -> Iterator[str]:
    billed = look.db.value("SELECT MAX(billed_on) FROM bill")
    changed = sorted(part[1] for part in keys.differing(was, now) if part[0] == "rates")
    for code, _, effective in (each.rpartition("@") for each in changed):
        if billed is not None and date.fromisoformat(effective) <= date.fromisoformat(str(billed)):
            yield f"rates.{code} of {effective}: bills went out to {billed}: write a rate effective after that day"
    for code in sorted({r.code for r in was.rates} - {r.code for r in now.rates}):
        if served := look.db.value("SELECT COUNT(*) FROM live_service WHERE rate_code = ?", [code]):
            yield f"rates.{code} goes, and {served:,} services are billed by it: leave it"


def _approval(look: Look, was: District, now: District) -> Iterator[str]:
    last = int(look.db.value("SELECT COALESCE(MAX(version), 0) FROM policy WHERE kind = 'approval'"))
    if was.approval != now.approval and now.approval.version <= last:
        yield f"approval.version stays {last} though the policy changes: write {last + 1}"


def notes(look: Look, was: District, now: District) -> Iterable[str]:
    """What is no fault and should be known before it is done."""
    waiting = look.db.value(
        "SELECT COUNT(*) FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id"
        " WHERE p.state = 'submitted' AND a.id IS NULL"
    )
    if was.approval.version != now.approval.version and waiting:
        yield f"{waiting} adjustments wait under policy {was.approval.version}: their makers propose them again"
    left = {p.name for p in was.staff} - {p.name for p in now.staff}
    for name in sorted(left):
        drafts = look.db.value(
            "SELECT COUNT(*) FROM proposal p LEFT JOIN approval a ON a.proposal_id = p.id"
            " WHERE p.maker = ? AND a.id IS NULL",
            [name],
        )
        if drafts:
            yield f"{name} leaves {drafts} of his proposals undecided: they are decided by others, or lapse"

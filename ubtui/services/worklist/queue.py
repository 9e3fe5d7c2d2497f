"""The worklist as a list: its columns, orders and fields, and the counts above it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from ubtui.act import Look, permissions
from ubtui.domain.dates import format_instant
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import NAMELESS
from ubtui.services.listing import Column, Field, Listing, Order, Row

USUAL = {"state": "w.state IN ('open','claimed','waiting')", "backlog": "w.backlog = 0"}
LIVE = " AND ".join(USUAL.values())
STATE_LETTER = {"open": "", "claimed": "c", "waiting": "w", "resolved": "r", "dismissed": "d"}


def _shown(look: Look, cells: tuple[Any, ...]) -> Row:
    (priority, detected, state, title, account, who, place, why, money, due, code, cycle, route, assignee, role, units,
     customer_class, version, backlog) = cells  # fmt: skip
    age = (look.today - date.fromisoformat(detected)).days
    letter = "C" if state == "claimed" and assignee == look.actor.name else STATE_LETTER[state]
    letter = letter or ("b" if backlog else "")
    tone: str | None
    if state in ("resolved", "dismissed") or (state == "claimed" and letter == "c"):
        tone = "dim"
    elif letter == "C":
        tone = "accent"
    else:
        tone = "danger" if priority >= 90 else "warning" if priority >= 80 else None
    return Row(
        (
            str(priority), f"{age}d", letter, title, format_account(account or ""),
            " · ".join(part for part in (who, place) if part), why,
            format_money(money) if money else "",
            due or "", code, cycle or "", route or "", assignee or "", role, str(units) if units else "",
            customer_class or "",
        ),
        tone,
        version=version,
    )  # fmt: skip


def _last(sql: str, down: bool = False) -> Order:
    """Order by an expression, rows without it at the end."""
    return ((f"({sql} IS NULL)", False), (sql, down))


_NUMBER = f"CASE WHEN w.subject_type <> '{NAMELESS}' THEN w.subject_key END"
_SUBJECT: Order = (("w.code", False), ("w.subject_type", False), ("w.subject_key", False), ("w.period", False))

WORKLIST = Listing(
    name="the worklist",
    columns=(
        Column("pri", "Pri", 3, "right"),
        Column("age", "Age", 4, "right"),
        Column("state", "St", 2),
        Column("item", "Item", 20, grow=1),
        Column("account", "Account", 8),
        Column("who", "Who / where", 20, grow=2),
        Column("why", "Why", 30, grow=4),
        Column("money", "Money", 10, "right", 1),
        Column("due", "Due", 10, "left", 2),
        Column("code", "Code", 6, "left", 3),
        Column("cycle", "Cycle", 6, "left", 4),
        Column("route", "Route", 6, "left", 5),
        Column("assignee", "By", 8, "left", 6),
        Column("role", "Role", 10, "left", 7),
        Column("units", "Units", 8, "right", 8),
        Column("class", "Class", 12, "left", 9),
    ),
    source="work_item w",
    id="w.id",
    cells="w.priority, w.detected_on, w.state, w.title, w.account, w.who, w.place, w.why, w.money_cents, w.due_on,"
    " w.code, w.cycle, w.route, w.assignee, w.role, w.units, w.customer_class, w.version, w.backlog",
    row=_shown,
    order=(("w.priority", True), *_SUBJECT),
    sorts={
        "pri": (),
        "age": (("w.detected_on", False),),
        "state": (("w.state", False),),
        "item": (("lower(w.title)", False),),
        "account": _last("w.account"),
        "who": (("lower(w.who)", False), ("lower(w.place)", False)),
        "why": (("lower(w.why)", False),),
        "money": (("w.money_cents", True),),
        "due": _last("w.due_on"),
        "code": (("w.code", False),),
        "cycle": _last("w.cycle"),
        "route": _last("w.route"),
        "assignee": _last("w.assignee"),
        "role": (("w.role", False),),
        "units": (("w.units", True),),
        "class": _last("w.customer_class"),
    },
    fields={
        "code": Field("w.code", "exact"),
        "group": Field("w.grp", "exact"),
        "cycle": Field("w.cycle"),
        "route": Field("w.route"),
        "account": Field("w.account", "account"),
        "state": Field("w.state", "exact"),
        "assignee": Field("w.assignee", "person"),
        "role": Field("w.role"),
        "class": Field("w.customer_class"),
        "pri": Field("w.priority", "number"),
        "age": Field("w.detected_on", "age"),
        "due": Field("w.due_on", "day"),
        "money": Field("w.money_cents", "number"),
        "units": Field("w.units", "number"),
        "backlog": Field("CASE w.backlog WHEN 1 THEN 'yes' ELSE 'no' END", "exact"),
    },
    words={
        "title": "w.title",
        "who": "w.who",
        "where": "w.place",
        "why": "w.why",
        "account": "w.account",
        "subject": _NUMBER,
    },
    usual=USUAL,
    me=lambda look: reach(look),
)


def reach(look: Look) -> tuple[str, ...]:
    """Whose items are mine today: my own, and those of the people I stand in for."""
    found = look.db.rows(
        "SELECT person FROM delegation WHERE backup = ? AND from_on <= ? AND to_on >= ? AND ended_at IS NULL"
        " ORDER BY person",
        [look.actor.name, look.today.isoformat(), look.today.isoformat()],
    )
    return tuple(dict.fromkeys([look.actor.name, *(name for (name,) in found)]))


def stand_in(look: Look, person: str) -> str | None:
    """Whom a person's items reach today besides; None where nobody stands in."""
    found: str | None = look.db.value(
        "SELECT backup FROM delegation WHERE person = ? AND from_on <= ? AND to_on >= ? AND ended_at IS NULL"
        " ORDER BY id DESC LIMIT 1",
        [person, look.today.isoformat(), look.today.isoformat()],
    )
    return found


def next_office_day(look: Look) -> date:
    """The next day on which the office works, by the calendar that the office keeps."""
    from ubtui.db.calendars import office  # no list asks for the calendar

    return office(look.db, look.today, look.today).add(look.today, 1)


def sees_names(role: str, kind: str) -> bool:
    """Whether this role sees whom items are about, in a district of that kind."""
    allowed = permissions().get("worklist.names", frozenset())
    return role in allowed or (kind != "live" and f"copy:{role}" in allowed)


def worklist_for(role: str, kind: str) -> Listing:
    """The worklist as this role may see it: without the protected view, kinds and numbers but no names or words."""
    return WORKLIST if sees_names(role, kind) else _NAMELESS


def kind_title(code: str) -> str:
    """What a kind of item is called, whatever its items say of anybody."""
    from ubtui.detectors.registry import CODES  # the first screen of most people does not wait for it

    return CODES[code].title if code in CODES else code


def _shown_nameless(look: Look, cells: tuple[Any, ...]) -> Row:
    row = _shown(look, cells)
    places = {column.key: place for place, column in enumerate(WORKLIST.columns)}
    shown = list(row.cells)
    shown[places["item"]] = kind_title(shown[places["code"]])
    shown[places["who"]] = shown[places["why"]] = ""
    return replace(row, cells=tuple(shown))


_NAMELESS = replace(
    WORKLIST,
    row=_shown_nameless,
    words={"account": "w.account", "subject": _NUMBER},
    sorts={key: order for key, order in WORKLIST.sorts.items() if key not in ("item", "who", "why")},
)


class Tally(msgspec.Struct, frozen=True):
    """The head of the list: what is mine, the team's, put away, and what was resolved today."""

    mine: int
    team: int
    waiting: int
    done_today: int


def tally(look: Look) -> Tally:
    """Counts for the head of the list: mine = assigned to me or to whom I stand in for, team = my role's with nobody.

    Done today are those of the same two that were resolved since the day began, whoever or whatever resolved them.
    """
    mine = team = waiting = 0
    names = reach(look)
    for state, role, assignee, n in look.db.rows(
        f"SELECT w.state, w.role, w.assignee, COUNT(*) FROM work_item w WHERE {LIVE} GROUP BY 1, 2, 3"
    ):
        if state == "waiting":
            waiting += n
        elif assignee in names and (state == "open" or assignee == look.actor.name):
            mine += n
        elif state == "open" and assignee is None and role == look.actor.role:
            team += n
    done = look.db.value(
        "SELECT COUNT(*) FROM work_item WHERE resolved_at >= ?"
        " AND (assignee = ? OR resolved_by = ? OR (assignee IS NULL AND role = ?))",
        [day_began(look), look.actor.name, look.actor.name, look.actor.role],
    )
    return Tally(mine, team, waiting, int(done))


def day_began(look: Look, day: date | None = None) -> str:
    """The first instant of a business day of the district, today's if none is named."""
    return format_instant(datetime.combine(day or look.today, time.min, tzinfo=ZoneInfo(look.district.zone)))

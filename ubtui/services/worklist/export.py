"""The worklist as data: every item of a query with all its fields, in the order that other programs rely on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any, BinaryIO

from ubtui.act import Look
from ubtui.detectors.registry import CODES
from ubtui.domain.numbers import format_account
from ubtui.exchange.tables import Field, Shown, write
from ubtui.services.listing import Query, stream
from ubtui.services.worklist.queue import sees_names, worklist_for

FIELDS = (
    Field("priority", "int"),
    Field("code", "mark"),
    Field("group", "mark"),
    Field("subject"),
    Field("account"),
    Field("who"),
    Field("where"),
    Field("title"),
    Field("why"),
    Field("cycle"),
    Field("period"),
    Field("route"),
    Field("state", "mark"),
    Field("assignee", "mark"),
    Field("role", "mark"),
    Field("class"),
    Field("detected_on", "day"),
    Field("due", "day"),
    Field("age_days", "int"),
    Field("money_cents", "money", "money"),
    Field("units", "int"),
    Field("consequence"),
    Field("fixes", "list"),
    Field("parent"),
    Field("evidence", "json", "evidence_json"),
)
SHOWN = (
    Shown("priority", "Pri", 3, right=True),
    Shown("age_days", "Age", 4, right=True),
    Shown("code", "Code", 4),
    Shown("subject", "Subject", 18),
    Shown("account", "Account", 8),
    Shown("who", "Who", 20),
    Shown("where", "Where", 20),
    Shown("state", "State", 9),
    Shown("assignee", "By", 8),
    Shown("due", "Due", 10),
    Shown("money_cents", "Money", 12, right=True),
    Shown("title", "Item", 24),
    Shown("why", "Why"),
)
_PARENT = (
    "CASE WHEN w.parent_id IS NULL THEN NULL ELSE (SELECT q.code || ':' || q.subject_type || ':' || q.subject_key ||"
    " CASE WHEN q.period = '' THEN '' ELSE '@' || q.period END FROM work_item q WHERE q.id = w.parent_id) END"
)
_CELLS = (
    "w.priority, w.code, w.grp, w.subject_type || ':' || w.subject_key, w.account, w.who, w.place, w.title, w.why,"
    " w.cycle, w.period, w.route, w.state, w.assignee, w.role, w.customer_class, w.detected_on, w.due_on, 0,"
    f" w.money_cents, w.units, w.consequence, w.code, {_PARENT}, w.evidence"
)
_NAMES = [field.name for field in FIELDS]
_ACCOUNT, _CODE, _DETECTED, _AGE, _FIXES = (
    _NAMES.index(name) for name in ("account", "code", "detected_on", "age_days", "fixes")
)
_TITLE, _WHO, _WHERE, _WHY, _EVIDENCE = (_NAMES.index(name) for name in ("title", "who", "where", "why", "evidence"))


_MORE = {"A04": ("adjust.submit",), "X05": ("worklist.resolve",)}  # what follows the fix, or stands in for one


def fixes_of(code: str) -> tuple[str, ...]:
    """The acts that can take away the cause of an item of this code."""
    return (*CODES[code].fixes, *_MORE.get(code, ())) if code in CODES else ()


def records(look: Look, query: Query) -> Iterator[list[Any]]:
    """The values of FIELDS of every item asked for, in the order asked for, one at a time."""
    today = look.today.toordinal()
    fixes = {code: list(fixes_of(code)) for code in CODES}
    account = lru_cache(maxsize=4096)(format_account)
    born = lru_cache(maxsize=4096)(lambda day: today - date.fromisoformat(day).toordinal())
    seen = sees_names(look.actor.role, look.district.kind)
    for row in stream(look, worklist_for(look.actor.role, look.district.kind), query, _CELLS):
        cells = list(row[1:])
        if not seen:
            cells[_TITLE] = CODES[cells[_CODE]].title if cells[_CODE] in CODES else cells[_CODE]
            cells[_WHO] = cells[_WHERE] = cells[_WHY] = ""
            cells[_EVIDENCE] = "{}"
        if cells[_ACCOUNT]:
            cells[_ACCOUNT] = account(cells[_ACCOUNT])
        cells[_AGE] = born(cells[_DETECTED])
        cells[_FIXES] = fixes.get(cells[_CODE], [])
        yield cells


def export(look: Look, query: Query, form: str, out: BinaryIO) -> int:
    """Write the items of `query` to `out` in `form`; their number. Memory does not grow with it."""
    return write(out, form, FIELDS, records(look, query), SHOWN)

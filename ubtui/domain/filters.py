"""The worklist's filter language: what a person types, its meaning as data, and an oracle for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.money import parse_money
from ubtui.domain.subjects import NAMELESS, TYPES
from ubtui.domain.text import fold

Value = str | int | date

STATES = ("open", "claimed", "waiting", "resolved", "dismissed")
ORDER_STATES = ("open", "done", "cancelled")
ROW_KEY = {
    "code": "code",
    "group": "group",
    "cycle": "cycle",
    "route": "route",
    "account": "account",
    "state": "state",
    "assignee": "assignee",
    "role": "role",
    "class": "class",
    "pri": "priority",
    "age": "age_days",
    "due": "due",
    "money": "money_cents",
    "units": "units",
    "backlog": "backlog",
}
"""Each field of the language and the key it reads in an exported work item."""

FIELDS = tuple(ROW_KEY)
ORDERED = ("pri", "age", "due", "money", "units")
SEARCHED = ("title", "who", "where", "why", "account", "subject")

SAYS = {
    "code": "the kind of trouble, as R04",
    "group": "the letter of the kind, as R",
    "cycle": "accounts billed together",
    "route": "the reading route",
    "account": "the account's number",
    "state": ", ".join(STATES),
    "assignee": "who has it; me: mine",
    "role": "whose kind of work it is",
    "class": "the class of customer",
    "pri": "priority: pri:80..100, or just >90",
    "age": "days since it was found",
    "due": "the day it is due",
    "money": "dollars at stake",
    "units": "units of water",
    "backlog": "what waits for a day's quota",
}
"""Each field of the language in a few words."""

CODE = re.compile(r"[A-Za-z][0-9]{2}")
"""How a code is spelled: a bare word that is one finds its kind as well as text."""

_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*")+')
_CLAUSE = re.compile(r"([A-Za-z][A-Za-z0-9_]*|)(:(?:>=|<=|>|<)|:|>=|<=|>|<)(.*)", re.DOTALL)
_LONGEST = 500


class Clause(NamedTuple):
    """One condition. `op` is `in` (values: alternatives), `range` (low, high, both included), one of
    `> >= < <=` (one value), or, with the field `text`, `search` (one folded text)."""

    field: str
    op: str
    values: tuple[Value, ...]
    negated: bool = False


class Filter(NamedTuple):
    """Conditions that must all hold; none at all lets every row through."""

    clauses: tuple[Clause, ...] = ()


def parse(text: str) -> Filter:
    """Read a filter such as `code:R04,R05 -cycle:B2 money>=100 >90 "main st"`; BadValue names the token."""
    if len(text) > _LONGEST:
        raise BadValue(f"Filter of {len(text)} characters is too long: keep it below {_LONGEST}.")
    if text.count('"') % 2:
        raise BadValue(f'Filter {text!r} has a quote that is not closed: end it with ".')
    return Filter(tuple(_clause(token) for token in _TOKEN.findall(text)))


def _clause(token: str) -> Clause:
    negated = token.startswith("-") and len(token) > 1
    body = token[1:] if negated else token
    match = None if body.startswith('"') else _CLAUSE.fullmatch(body)
    if not match:
        words = fold(body.replace('"', ""))
        if not words:
            raise BadValue(f"Filter {token!r} searches for nothing: type a word or {_help()}.")
        return Clause("text", "search", (words,), negated)
    name, op, raw = match[1].casefold(), match[2], match[3].replace('"', "")
    name = name or ("pri" if op[0] in "<>" else "")
    if name not in FIELDS:
        raise BadValue(f"Filter {token!r} has no such field: use {_help()}, or quote it to search.")
    if op != ":":
        if name not in ORDERED:
            raise BadValue(f"Filter {token!r} compares {name}, which has no order: use {name}:value.")
        return Clause(name, op.lstrip(":"), (_value(name, raw, token),), negated)
    if ".." in raw:
        if name not in ORDERED:
            raise BadValue(f"Filter {token!r} has a range of {name}, which has no order: list the values.")
        return _range(name, raw, token, negated)
    return Clause(name, "in", tuple(_value(name, part, token) for part in raw.split(",")), negated)


class Open(NamedTuple):
    """The clause under a cursor as far as it is typed: from `start` to `end` of the text, its field ("" while none
    is named), the values before the one being typed, and what is typed of that one."""

    start: int
    end: int
    negated: bool
    field: str
    before: str
    typed: str


def open_at(text: str, cursor: int) -> Open:
    """The clause of `text` that the cursor stands in or behind; an empty one between clauses."""
    cursor = max(0, min(cursor, len(text)))
    start, quoted = 0, False
    for place, letter in enumerate(text[:cursor]):
        if letter == '"':
            quoted = not quoted
        elif letter.isspace() and not quoted:
            start = place + 1
    token = text[start:cursor]
    negated = token.startswith("-")
    body = token[1:] if negated else token
    name, colon, rest = body.partition(":")
    if not colon or name.casefold() not in FIELDS:
        return Open(start, cursor, negated, "", "", body.replace('"', ""))
    before, comma, typed = rest.rpartition(",")
    return Open(start, cursor, negated, name.casefold(), before + comma, typed.replace('"', ""))


def _range(name: str, raw: str, token: str, negated: bool) -> Clause:
    low, _, high = raw.partition("..")
    if not low and not high:
        raise BadValue(f"Filter {token!r} has a range without ends: write {name}:low..high.")
    if not high:
        return Clause(name, ">=", (_value(name, low, token),), negated)
    if not low:
        return Clause(name, "<=", (_value(name, high, token),), negated)
    ends = (_value(name, low, token), _value(name, high, token))
    if _less(ends[1], ends[0]):
        raise BadValue(f"Filter {token!r} has its range backwards: write the lower end first.")
    return Clause(name, "range", ends, negated)


def _help() -> str:
    return f"a field of {', '.join(FIELDS)}"


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", text):
        raise BadValue("a whole number is needed")
    return int(text)


def _code(text: str) -> str:
    if not CODE.fullmatch(text):
        raise BadValue("a code is a letter and two digits, as R04")
    return text.upper()


def _group(text: str) -> str:
    if not re.fullmatch(r"[A-Z]", text.upper()):
        raise BadValue("a group is one letter, as R")
    return text.upper()


def _state(text: str) -> str:
    if text.casefold() not in (*STATES, *ORDER_STATES):
        raise BadValue(f"a state is one of {', '.join(STATES)}; of an order {', '.join(ORDER_STATES)}")
    return text.casefold()


def _yes_no(text: str) -> str:
    if text.casefold() not in ("yes", "no"):
        raise BadValue("the backlog is yes or no")
    return text.casefold()


def _account(text: str) -> str:
    return text.replace("-", "")


_READERS: dict[str, Callable[[str], Value]] = {
    "code": _code,
    "group": _group,
    "state": _state,
    "account": _account,
    "backlog": _yes_no,
    "pri": _whole,
    "age": _whole,
    "units": _whole,
    "due": parse_day,
    "money": parse_money,
}


def _value(name: str, raw: str, token: str) -> Value:
    if not raw.strip():
        raise BadValue(f"Filter {token!r} lacks a value: write {name}:value; fields are {', '.join(FIELDS)}.")
    try:
        return _READERS.get(name, str.casefold)(raw.strip())
    except BadValue as error:
        raise BadValue(f"Filter {token!r} cannot be read: {error}") from error


def _less(a: Value, b: Value) -> bool:
    if isinstance(a, int) and isinstance(b, int):
        return a < b
    if isinstance(a, date) and isinstance(b, date):
        return a < b
    raise BadValue(f"Filter cannot order {a!r} and {b!r}: compare numbers with numbers and days with days.")


def matches(row: Mapping[str, object], filter: Filter) -> bool:
    """Whether an exported row (keys of `ROW_KEY`, title, who, where, subject) passes; SQL must agree with this.

    A row without a value passes no condition on it, and passes every negated one.
    """
    return all(_holds(row, clause) != clause.negated for clause in filter.clauses)


def _holds(row: Mapping[str, object], clause: Clause) -> bool:
    if clause.op == "search":
        word = str(clause.values[0])
        if any(word in fold(_searched(key, row[key])) for key in SEARCHED if row.get(key) is not None):
            return True
        if row.get("code") is not None and str(row["code"]).casefold() == word:
            return True
        digits = _account(word)
        return digits.isdigit() and digits in _account(str(row.get("account") or ""))
    found = _found(clause.field, row.get(ROW_KEY[clause.field]))
    if found is None:
        return False
    first = clause.values[0]
    if clause.op == "in":
        return found in clause.values
    if clause.op == "range":
        return not _less(found, first) and not _less(clause.values[1], found)
    if clause.op in (">", "<="):
        return _less(first, found) == (clause.op == ">")
    return _less(found, first) == (clause.op == "<")


def _searched(key: str, raw: object) -> str:
    """The text of a searched column; of a subject, `point:SP-00073`, its number, none where people know none."""
    kind, _, number = str(raw).partition(":")
    if key != "subject" or kind not in TYPES:
        return str(raw)
    return "" if kind == NAMELESS else number


def _found(name: str, raw: object) -> Value | None:
    if raw is None:
        return None
    if name == "due":
        return raw if isinstance(raw, date) else parse_day(str(raw))
    if isinstance(raw, int):
        return raw
    if name == "account":
        return _account(str(raw))
    return str(raw).upper() if name in ("code", "group") else str(raw).casefold()

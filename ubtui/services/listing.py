"""The one mechanism behind every list: a query becomes SQL with parameters, answered as ids, pages and streams."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec.structs import replace

from ubtui.domain.errors import BadValue
from ubtui.domain.filters import CODE, ROW_KEY, Clause, Filter, matches, parse
from ubtui.domain.numbers import format_account

if TYPE_CHECKING:  # a widget needs the shapes below and not the record behind them
    from ubtui.act import Look

Align = Literal["left", "right"]
Kind = Literal["exact", "folded", "person", "account", "number", "day", "age"]
PAGE = 500  # ids in one statement


class Column(msgspec.Struct, frozen=True):
    """One column, `width` None for what is left; where room is short the highest `priority` goes first, 0 never.

    `grow`: its share of the room that is left, for a column with a width as for one without (which has 1 unless told).
    """

    key: str
    title: str
    width: int | None = None
    align: Align = "left"
    priority: int = 0
    grow: int = 0


class Row(msgspec.Struct, frozen=True):
    """One row: a text per column, a tone (accent, warning, danger, dim), whether it changed since it was listed,
    and the version that an act on it may name."""

    cells: tuple[str, ...]
    tone: str | None = None
    stale: bool = False
    version: int = 0


class Query(msgspec.Struct, frozen=True):
    """What is asked of a source: a filter, a column key to sort by (None: the source's own order), reversed or not."""

    filter: str = ""
    sort: str | None = None
    reverse: bool = False

    def sorted_by(self, key: str | None) -> Query:
        """The same filter in another order, forwards."""
        return replace(self, sort=key, reverse=False)

    def reversed(self) -> Query:
        """The same list from its other end."""
        return replace(self, reverse=not self.reverse)

    def filtered(self, filter: str) -> Query:
        """The same order under another filter."""
        return replace(self, filter=filter)


class FirstPage(msgspec.Struct, frozen=True):
    """The beginning of a list: ids in order and their rows; fewer than asked for means that this is all of it."""

    ids: Sequence[int]
    rows: Mapping[int, Row]


class Field(msgspec.Struct, frozen=True):
    """A field of the filter language: its SQL expression and how its values compare.

    `exact` text that is stored in one spelling, `folded` text of any case, `person` a name or `me`, `account` without
    hyphens, `number`, `day`, and `age`: days since the day of the expression.
    """

    sql: str
    kind: Kind = "folded"


Order = tuple[tuple[str, bool], ...]  # (expression, descending)


class Listing(msgspec.Struct, frozen=True):
    """One list as SQL: where its rows come from, what can be asked of them, and how a row is shown.

    `source` is a FROM clause and `params` are its and `where`'s parameters, `row` makes a Row of the selected
    `cells`; `usual` are conditions by the field whose naming in a filter lifts them; `words` are the searched columns
    by their oracle's names; `me` gives the names that `me` stands for in a field of kind `person`. `many` makes many
    rows at once, as `row` makes one, where each asks the record for more.
    """

    name: str
    columns: tuple[Column, ...]
    source: str
    id: str
    cells: str
    row: Callable[[Look, tuple[Any, ...]], Row]
    order: Order
    sorts: Mapping[str, Order]
    fields: Mapping[str, Field] = {}
    words: Mapping[str, str] = {}
    where: str = ""
    usual: Mapping[str, str] = {}
    me: Callable[[Look], tuple[str, ...]] = lambda look: (look.actor.name,)
    params: tuple[Any, ...] = ()
    many: Callable[[Look, Sequence[tuple[Any, ...]]], Sequence[Row]] | None = None


def shown(look: Look, listing: Listing, cells: Iterable[Sequence[Any]]) -> Iterator[Row]:
    """The rows of selected cells in their order, made a page at a time where the list makes `many` at once."""
    if listing.many is None:
        yield from (listing.row(look, tuple(each)) for each in cells)
        return
    left = iter(cells)
    while page := [tuple(each) for each in islice(left, PAGE)]:
        yield from listing.many(look, page)


def first(look: Look, listing: Listing, query: Query, n: int) -> FirstPage:
    """The first n rows; in the list's own order an index gives them at once, whatever the number behind."""
    limit = n
    while True:
        got = list(_select(look, listing, query, "", limit))
        ids = [row[0] for row in got if row is not None]
        if len(ids) >= n or len(got) < limit:
            return FirstPage(ids[:n], rows(look, listing, ids[:n]))
        limit *= 4


def ids(look: Look, listing: Listing, query: Query) -> array[int]:
    """All ids in order, one snapshot, eight bytes each."""
    return array("q", (row[0] for row in _select(look, listing, query, "") if row is not None))


def rows(look: Look, listing: Listing, ids: Sequence[int]) -> dict[int, Row]:
    """The rows of these ids; one that is no longer there is left out."""
    found: dict[int, Row] = {}
    for start in range(0, len(ids), PAGE):
        part = list(ids[start : start + PAGE])
        sql = (
            f"SELECT {listing.id}, {listing.cells} FROM {listing.source}"
            f" WHERE {listing.id} IN ({_marks(part)}){_and(listing.where)}"
        )
        split = listing.source.count("?")
        got = look.db.rows(sql, [*listing.params[:split], *part, *listing.params[split:]])
        found.update(zip((id for id, *_ in got), shown(look, listing, (cells for _, *cells in got)), strict=True))
    return found


def count(look: Look, listing: Listing, query: Query) -> int:
    """How many rows the query has, exactly."""
    asked = _ask(look, listing, query)
    if asked.unsure:
        return sum(1 for row in _select(look, listing, query, "") if row is not None)
    return int(look.db.value(f"SELECT COUNT(*) FROM {listing.source} WHERE {asked.where}", asked.params))


def total(look: Look, listing: Listing, query: Query | None = None) -> int:
    """How many rows there are with no filter; of every state where `query` names one, and so of each `usual`."""
    return count(look, replace(listing, usual=_usual(listing, parse(query.filter if query else "").clauses)), Query())


def _usual(listing: Listing, clauses: Sequence[Clause]) -> dict[str, str]:
    """The usual conditions that a filter does not lift by naming their field."""
    named = {clause.field for clause in clauses if not clause.negated}
    return {name: sql for name, sql in listing.usual.items() if name not in named}


def stream(look: Look, listing: Listing, query: Query, cells: str | None = None) -> Iterator[tuple[Any, ...]]:
    """(id, *cells) of all rows in order, in constant memory; `cells` are SQL expressions, the listing's own if None."""
    for row in _select(look, listing, query, listing.cells if cells is None else cells):
        if row is not None:
            yield row


# -- the query as SQL ------------------------------------------------------------------------------------------


class _Asked(msgspec.Struct, frozen=True):
    where: str
    params: list[Any]
    unsure: str  # rows of which only the oracle can tell: text beyond plain ASCII
    proof: Filter  # what the oracle must hold of them
    known: tuple[tuple[str, str], ...]  # the oracle's keys and their expressions


def _select(
    look: Look, listing: Listing, query: Query, cells: str, limit: int | None = None
) -> Iterator[tuple[Any, ...] | None]:
    """(id, *cells) in order; None stands for a row that SQL let through and the oracle did not."""
    asked = _ask(look, listing, query)
    wanted = [listing.id, *([cells] if cells else [])]
    if asked.unsure:
        wanted[1:1] = [f"CASE WHEN {asked.unsure} THEN 1 ELSE 0 END", *(sql for _, sql in asked.known)]
    sql = f"SELECT {', '.join(wanted)} FROM {listing.source} WHERE {asked.where} ORDER BY {_order(listing, query)}"
    sql += f" LIMIT {limit:d}" if limit is not None else ""
    found = look.db.stream(sql, asked.params)
    if not asked.unsure:
        yield from found
        return
    names, after = [name for name, _ in asked.known], 2 + len(asked.known)
    for row in found:
        if row[1]:
            known = dict(zip(names, row[2:after], strict=True))
            if known.get("account"):
                known["account"] = format_account(known["account"])  # the oracle reads what is shown
            if not matches(known, asked.proof):
                yield None
                continue
        yield (row[0], *row[after:])


def _order(listing: Listing, query: Query) -> str:
    keys = listing.order
    if query.sort is not None:
        if query.sort not in listing.sorts:
            raise BadValue(
                f"Column {query.sort[:40]!r} cannot be sorted by: use one of {', '.join(sorted(listing.sorts))}."
            )
        keys = listing.sorts[query.sort] + keys
    keys = (*keys, (listing.id, False))
    return ", ".join(f"{sql}{' DESC' if down != query.reverse else ''}" for sql, down in keys)


def _ask(look: Look, listing: Listing, query: Query) -> _Asked:
    given = _meant(look, listing, parse(query.filter))
    parts, params = ([listing.where] if listing.where else []), list(listing.params)
    parts += _usual(listing, given.clauses).values()
    texts: list[tuple[Clause, str, list[Any]]] = []
    for clause in given.clauses:
        if clause.field != "text" and clause.field not in listing.fields:
            raise BadValue(
                f"Filter: the list of {listing.name} has no {clause.field}: "
                + (f"use {', '.join(listing.fields)}, or " if listing.fields else "")
                + "search by a word."
            )
        sql, values = _clause(look, listing, clause)
        if clause.negated:
            sql = f"NOT ({sql})"
        if clause.field == "text" or listing.fields[clause.field].kind in ("folded", "person"):
            texts.append((clause, sql, values))
        else:
            parts.append(sql)
            params += values
    known: dict[str, str] = {}
    unsure: list[str] = []
    for clause, _, _ in texts:
        if clause.field == "text":
            known.update(listing.words)
            if "code" in listing.fields:
                known["code"] = listing.fields["code"].sql
            unsure.append(_beyond(look, _page(listing)))
            if " " in str(clause.values[0]):
                unsure.append(f"{_page(listing)} LIKE '%  %'")
        else:
            sql = listing.fields[clause.field].sql
            known[ROW_KEY[clause.field]] = sql
            unsure.append(_beyond(look, sql))
    doubt = f"COALESCE({' OR '.join(dict.fromkeys(unsure))}, FALSE)" if unsure else ""
    if texts:
        parts.append(f"(({' AND '.join(sql for _, sql, _ in texts)}) OR {doubt})")
        params += [value for _, _, values in texts for value in values]
    return _Asked(
        " AND ".join(parts) or "1=1", params, doubt, Filter(tuple(c for c, _, _ in texts)), tuple(known.items())
    )


def _meant(look: Look, listing: Listing, given: Filter) -> Filter:
    """The filter with the names that `me` stands for."""
    clauses = []
    for clause in given.clauses:
        if clause.field in listing.fields and listing.fields[clause.field].kind == "person" and "me" in clause.values:
            mine = dict.fromkeys([*(value for value in clause.values if value != "me"), *listing.me(look)])
            clause = clause._replace(values=tuple(mine))
        clauses.append(clause)
    return Filter(tuple(clauses))


_BREAK = "\x1f"  # no text that came in keeps one, so that no word is found across two columns


def _page(listing: Listing) -> str:
    """All searched columns as one text, a line each."""
    return "(" + f" || '{_BREAK}' || ".join(f"COALESCE({sql}, '')" for sql in listing.words.values()) + ")"


def _beyond(look: Look, sql: str) -> str:
    """Whether text holds more than printable ASCII: there SQL's folding differs from the oracle's."""
    return f"{sql} GLOB '*[^ -~{_BREAK}]*'" if look.db.kind == "sqlite" else f"{sql} ~ '[^ -~{_BREAK}]'"


def _clause(look: Look, listing: Listing, clause: Clause) -> tuple[str, list[Any]]:
    """One clause, not negated, that is never NULL."""
    if clause.field == "text":
        return _search(look, listing, str(clause.values[0]))
    asked = listing.fields[clause.field]
    if asked.kind == "age":
        return _age(look.today, asked.sql, clause)
    values: list[Any] = [value.isoformat() if isinstance(value, date) else value for value in clause.values]
    lowered = f"lower({asked.sql})"
    known = {"folded": lowered, "person": lowered, "account": f"replace({asked.sql}, '-', '')"}
    sql = known.get(asked.kind, asked.sql)
    if clause.op == "in":
        said = f"{sql} IN ({_marks(values)})"
    elif clause.op == "range":
        said = f"({sql} >= ? AND {sql} <= ?)"
    else:
        said = f"{sql} {clause.op} ?"
    return f"COALESCE({said}, FALSE)", values


def _search(look: Look, listing: Listing, word: str) -> tuple[str, list[Any]]:
    page = _page(listing) if look.db.kind == "sqlite" else f"lower({_page(listing)})"  # LIKE of SQLite knows no case
    parts, values = [f"{page} LIKE ? ESCAPE '!'"], [f"%{_escaped(word)}%"]
    if "code" in listing.fields and CODE.fullmatch(word):
        parts.append(f"COALESCE({listing.fields['code'].sql} = ?, FALSE)")
        values.append(word.upper())
    account = listing.words.get("account")
    digits = word.replace("-", "")
    if account and (digits.isdigit() or word == "-"):  # numbers are shown 120440-3, and found with or without
        parts.append(f"COALESCE(replace({account}, '-', '') LIKE ? ESCAPE '!', FALSE)")
        values.append(f"%{digits}%" if digits else "_______")
    return f"({' OR '.join(parts)})", values


def _age(today: date, sql: str, clause: Clause) -> tuple[str, list[Any]]:
    """Days since a day, turned into comparisons of that day; ages beyond the calendar are true or false of all."""
    turned = {">": "<", ">=": "<=", "<": ">", "<=": ">="}

    def compare(op: str, age: int) -> tuple[str, list[Any]]:
        ordinal = today.toordinal() - age
        if not 1 <= ordinal <= date.max.toordinal():
            older = ordinal < 1
            holds = (op in ("<", "<=")) if older else (op in (">", ">="))
            return f"({sql} IS NOT NULL AND {'1=1' if holds else '1=0'})", []
        return f"{sql} {turned.get(op, op)} ?", [(today - timedelta(days=age)).isoformat()]

    ages = [value for value in clause.values if isinstance(value, int)]
    if clause.op == "range":
        said = [compare(">=", ages[0]), compare("<=", ages[1])]
        glue = " AND "
    elif clause.op == "in":
        said, glue = [compare("=", age) for age in ages], " OR "
    else:
        said, glue = [compare(clause.op, ages[0])], ""
    return f"COALESCE({glue.join(part for part, _ in said)}, FALSE)", [v for _, values in said for v in values]


def _escaped(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _and(condition: str) -> str:
    return f" AND {condition}" if condition else ""

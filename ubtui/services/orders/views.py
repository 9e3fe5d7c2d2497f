"""Field orders as they are looked at: one, those of an account or a point, and the list that the crew works from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ubtui.act import Look
from ubtui.db.session import Row as Record
from ubtui.detectors.base import marks, parts
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.text import clean_text
from ubtui.services.listing import Column, Field, Listing, Order, Row

KINDS: Final[dict[str, str]] = {
    "reread": "Reread", "verify": "Verify", "seal": "Seal", "unseal": "Unseal", "seal_check": "Check seal",
    "exchange": "Exchange meter", "test": "Test meter", "locate": "Locate", "leak": "Leak", "access": "Access",
    "shutoff": "Shut off", "restore": "Restore", "other": "Other",
}  # fmt: skip
LIVE: Final = "o.state = 'open'"


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with where and whose it is, and what was found."""

    order: str
    kind: str
    state: str
    point: str
    address: str
    route: str
    account: str
    item: str
    asked_on: date
    asked_by: str
    due_on: date
    place: int | None
    instructions: str
    done_on: date | None
    done_by: str
    found_serial: str
    found_size: str
    found_value: int | None
    found_code: str
    note: str
    version: int


_WALK = (  # 12-0340, as everywhere
    "COALESCE(t.code, '') || CASE WHEN p.sequence IS NULL THEN '' WHEN p.sequence < 10 THEN '-000'"
    " WHEN p.sequence < 100 THEN '-00' WHEN p.sequence < 1000 THEN '-0' ELSE '-' END"
    " || COALESCE(CAST(p.sequence AS text), '')"
)
_SOURCE = (
    "field_order o JOIN service_point p ON p.id = o.point_id JOIN premise m ON m.id = p.premise_id"
    " LEFT JOIN route t ON t.id = p.route_id LEFT JOIN account a ON a.id = o.account_id"
)
_VIEW = (
    f"o.number, o.kind, o.state, p.number, m.address, {_WALK}, COALESCE(a.number, ''), o.item, o.asked_on, o.asked_by,"
    " o.due_on, o.place_in_route, o.instructions, o.done_on, COALESCE(o.done_by, ''), COALESCE(o.found_serial, ''),"
    " COALESCE(o.found_size, ''), o.found_value, COALESCE(o.found_code, ''), COALESCE(o.note, ''), o.version"
)


def _view(row: Record) -> OrderView:
    cells: list[Any] = [clean_text(cell) if isinstance(cell, str) else cell for cell in row]
    cells[6] = format_account(cells[6])
    for place in (8, 10, 13):
        cells[place] = date.fromisoformat(cells[place]) if cells[place] else None
    return OrderView(*cells)


def order(look: Look, number: str) -> OrderView:
    """One order by its number. Raises BadValue where there is none."""
    row = look.db.one(f"SELECT {_VIEW} FROM {_SOURCE} WHERE o.number = ?", [number.strip().upper()])
    if row is None:
        raise BadValue(f"There is no order {clean_text(number, 40)!r}: see `ubtui order list`.")
    return _view(row)


def by_ids(look: Look, ids: Sequence[int]) -> list[OrderView]:
    """Orders by their ids, in that order."""
    found: dict[int, OrderView] = {}
    for part in parts(list(ids)):
        sql = f"SELECT o.id, {_VIEW} FROM {_SOURCE} WHERE o.id IN ({marks(part)})"
        found |= {row[0]: _view(row[1:]) for row in look.db.rows(sql, part)}
    return [found[id] for id in ids if id in found]


def of_account(look: Look, account: str) -> tuple[OrderView, ...]:
    """Orders at the points an account is or was served at, open ones first, then the newest. Raises BadValue."""
    rows = look.db.rows(
        f"SELECT {_VIEW} FROM {_SOURCE} WHERE o.point_id IN (SELECT s.point_id FROM live_service s"
        " JOIN account b ON b.id = s.account_id WHERE b.number = ?)"
        " ORDER BY o.state <> 'open', o.due_on DESC, o.id DESC",
        [parse_account(account)],
    )
    return tuple(map(_view, rows))


def open_at(look: Look, point_id: int) -> tuple[OrderView, ...]:
    """Orders that are open at a point, the first due first."""
    sql = f"SELECT {_VIEW} FROM {_SOURCE} WHERE o.point_id = ? AND o.state = 'open' ORDER BY o.due_on, o.id"
    return tuple(map(_view, look.db.rows(sql, [point_id])))


def at_point(look: Look, point: str) -> tuple[OrderView, ...]:
    """All orders at the point of this number, open ones first, then the newest."""
    sql = f"SELECT {_VIEW} FROM {_SOURCE} WHERE p.number = ? ORDER BY o.state <> 'open', o.due_on DESC, o.id DESC"
    return tuple(map(_view, look.db.rows(sql, [point])))


def open_by_number(look: Look, point: str) -> tuple[OrderView, ...]:
    """Orders that are open at the point of this number."""
    found = look.db.value("SELECT id FROM live_point WHERE number = ?", [point])
    return () if found is None else open_at(look, found)


def tally(look: Look) -> tuple[int, int, int]:
    """Orders that are open, of them past their day, and due today."""
    day = look.today.isoformat()
    row = look.db.rows(
        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN due_on < ? THEN 1 ELSE 0 END), 0),"
        " COALESCE(SUM(CASE WHEN due_on = ? THEN 1 ELSE 0 END), 0) FROM field_order WHERE state = 'open'",
        [day, day],
    )[0]
    return int(row[0]), int(row[1]), int(row[2])


def places(look: Look, key: str) -> tuple[tuple[str, str], ...]:
    """The service points an account is served at now, each with its service and address; of a point, itself."""
    sql = (
        "SELECT p.number, m.address, (SELECT MIN(s.kind) FROM live_service s WHERE s.point_id = p.id"
        " AND s.to_on IS NULL) FROM live_point p JOIN premise m ON m.id = p.premise_id WHERE "
    )
    rows = look.db.rows(f"{sql} p.number = ?", [key])
    if not rows and key:
        rows = look.db.rows(
            f"{sql} p.id IN (SELECT s.point_id FROM live_service s JOIN account a ON a.id = s.account_id"
            " WHERE a.number = ? AND s.to_on IS NULL) ORDER BY p.number",
            [parse_account(key)],
        )
    return tuple((number, clean_text(f"{number} {kind or ''} {address}")) for number, address, kind in rows)


def _shown(look: Look, cells: tuple[Any, ...]) -> Row:
    number, kind, state, due, walk, point, address, account, instructions, note, version = cells
    late = (look.today - date.fromisoformat(due)).days if state == "open" else 0
    tone = "dim" if state != "open" else "danger" if late > 5 else "warning" if late > 0 else None
    said = instructions if state == "open" else note or instructions
    return Row(
        (
            number, KINDS[kind], state, due, f"{late}d" if late > 0 else "", walk, point, clean_text(address),
            format_account(account), clean_text(said),
        ),
        tone,
        version=version,
    )  # fmt: skip


_BY_WALK: Order = (
    ("o.due_on", False), ("(o.place_in_route IS NULL)", False), ("o.place_in_route", False), ("t.code", False),
)  # fmt: skip
ORDERS = Listing(
    name="field orders",
    columns=(
        Column("order", "Order", 8),
        Column("kind", "Kind", 14),
        Column("state", "State", 5, priority=5),
        Column("due", "Due", 10),
        Column("late", "Late", 4, "right"),
        Column("route", "Route", 8, priority=1),
        Column("point", "Point", 8),
        Column("address", "Address", 18, grow=2),
        Column("account", "Account", 8, priority=2),
        Column("told", "Instructions", 20, priority=3, grow=3),
    ),
    source=_SOURCE,
    id="o.id",
    cells=f"o.number, o.kind, o.state, o.due_on, {_WALK}, p.number, m.address, COALESCE(a.number, ''), o.instructions,"
    " COALESCE(o.note, ''), o.version",
    row=_shown,
    order=(*_BY_WALK, ("p.sequence", False)),
    sorts={
        "order": (("o.number", False),), "kind": (("o.kind", False),), "state": (("o.state", False),), "due": (),
        "route": (("t.code", False), ("p.sequence", False)), "point": (("p.number", False),),
        "address": (("lower(m.address)", False),), "account": (("a.number", False),),
    },
    fields={
        "state": Field("o.state", "exact"),
        "kind": Field("o.kind", "exact"),
        "route": Field("t.code"),
        "account": Field("a.number", "account"),
        "due": Field("o.due_on", "day"),
        "age": Field("o.asked_on", "age"),
    },
    words={"title": "o.kind || ' ' || p.number", "who": "o.number", "where": "m.address", "account": "a.number"},
    usual={"state": LIVE},
)  # fmt: skip

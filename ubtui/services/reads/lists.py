"""The lists that items about a route's reads open: what is missing, and what was read off its days."""

from __future__ import annotations

from typing import Any, Final

from ubtui.act import Look
from ubtui.detectors.base import marks
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.services.listing import Column, Listing, Row
from ubtui.services.reads.missing import on_route
from ubtui.services.runs import Run

_ACCOUNT: Final = (
    "COALESCE((SELECT MIN(a.number) FROM live_service s JOIN account a ON a.id = s.account_id WHERE s.point_id = p.id"
    " AND s.to_on IS NULL), '')"
)
_WALK = "p.sequence, p.number, m.address"
_BY_WALK = (("p.sequence", False), ("p.number", False))
_PLACE = (
    Column("sequence", "Seq", 5, "right"),
    Column("point", "Point", 8),
    Column("address", "Address", 18, grow=2),
)
_SORTS = {"sequence": _BY_WALK, "point": (("p.number", False),), "address": (("lower(m.address)", False),)}
_WORDS = {"title": "p.number", "where": "m.address"}
_SKIPPED = "COALESCE((SELECT k.why FROM read_skip k WHERE k.point_id = p.id ORDER BY k.skipped_on DESC LIMIT 1), '')"
_METER = (
    "COALESCE((SELECT MIN(e.maker || '/' || e.serial) FROM live_install i JOIN meter e ON e.id = i.meter_id"
    " WHERE i.point_id = p.id AND i.off_date IS NULL), '')"
)
_LAST = "(SELECT MAX(r.{0}) FROM read_summary r WHERE r.point_id = p.id AND r.newest = 1)"


def _figure(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _missing_row(look: Look, cells: tuple[Any, ...]) -> Row:
    sequence, point, address, meter, on, value, skipped, account = cells
    return Row(
        (
            _figure(sequence), point, clean_text(address), clean_text(meter), on or "", _figure(value),
            skipped, format_account(account),
        )
    )  # fmt: skip


def _missing(look: Look, about: str) -> Listing:
    route, _, period = about.rpartition("@")
    numbers = on_route(look, route, period)
    return Listing(
        name="missing reads",
        columns=(
            *_PLACE, Column("meter", "Meter", 16), Column("last", "Last read", 10),
            Column("value", "Value", 9, "right"), Column("skipped", "Last skip", 11, priority=3),
            Column("account", "Account", 8),
        ),
        source="service_point p JOIN premise m ON m.id = p.premise_id", id="p.id",
        cells=f"{_WALK}, {_METER}, {_LAST.format('read_on')}, {_LAST.format('value')}, {_SKIPPED}, {_ACCOUNT}",
        row=_missing_row, order=_BY_WALK, sorts={**_SORTS, "last": ((_LAST.format("read_on"), False),)}, words=_WORDS,
        where=f"p.number IN ({marks(numbers)})" if numbers else "1 = 0", params=tuple(numbers),
    )  # fmt: skip


def _odd_row(look: Look, cells: tuple[Any, ...]) -> Row:
    sequence, point, address, before, on, days, value, use, account = cells
    return Row(
        (
            _figure(sequence), point, clean_text(address), before or "", on, _figure(days), _figure(value),
            _figure(use), format_account(account),
        )
    )  # fmt: skip


def _odd(look: Look, about: str) -> Listing:
    route, _, period = about.rpartition("@")
    return Listing(
        name="reads of the route",
        columns=(
            *_PLACE, Column("before", "Before", 10), Column("read", "Read", 10), Column("days", "Days", 4, "right"),
            Column("value", "Value", 9, "right"), Column("use", "Use", 7, "right"), Column("account", "Account", 8),
        ),
        source="read_summary r JOIN service_point p ON p.id = r.point_id JOIN premise m ON m.id = p.premise_id"
        " JOIN route t ON t.id = p.route_id",
        id="r.register_id", cells=f"{_WALK}, r.prev_on, r.read_on, r.days, r.value, r.usage, {_ACCOUNT}",
        row=_odd_row, order=_BY_WALK, sorts={**_SORTS, "read": (("r.read_on", False),), "days": (("r.days", False),)},
        words=_WORDS,
        where="t.code = ? AND r.period = ? AND r.newest = 1 AND r.kind = 'regular'", params=(route, period),
    )  # fmt: skip


def _at(sql: str) -> Any:
    return lambda look, id: ("meter", str(look.db.value(sql, [id])))


MISSING = Run("Missing reads", _missing, _at("SELECT number FROM service_point WHERE id = ?"))
OFF_DAYS = Run(
    "Reads of the route", _odd,
    _at("SELECT p.number FROM read_summary r JOIN service_point p ON p.id = r.point_id WHERE r.register_id = ?"),
)  # fmt: skip

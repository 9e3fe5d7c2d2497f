"""The month's seal round and the year's meter programme: their lists, and the orders sent out for them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

import msgspec

from ubtui.act import Form, Look, Refused, Work, act, linked
from ubtui.detectors import meters
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account
from ubtui.domain.scales import Scales
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import clean_text
from ubtui.services import listing, orders
from ubtui.services.listing import Column, Field, Listing, Query, Row
from ubtui.services.runs import Run, limits, run_of
from ubtui.services.worklist.queue import sees_names

MOST: Final = 500
_SERVED = (
    "(SELECT MIN(s.account_id) FROM live_service s WHERE s.point_id = p.id AND s.to_on IS NULL)"
)  # fmt: skip
_ACCOUNT = f"COALESCE((SELECT a.number FROM account a WHERE a.id = {_SERVED}), '')"
_OWNER = (
    f"COALESCE((SELECT y.name FROM account_role r JOIN party y ON y.id = r.party_id WHERE r.account_id = {_SERVED}"
    " AND r.to_on IS NULL AND r.role IN ('payer', 'owner') ORDER BY r.role DESC, r.id LIMIT 1), '')"
)
_ORDER = (
    "COALESCE((SELECT MIN(o.number) FROM field_order o WHERE o.point_id = p.id AND o.state = 'open'"
    " AND o.kind IN ({})), '')"
)
_WALK = "COALESCE(t.code, ''), p.sequence, p.number, m.address"
_BY_WALK = (("(t.code IS NULL)", False), ("t.code", False), ("p.sequence", False))
_PLACE = (
    Column("route", "Route", 8),
    Column("point", "Point", 8),
    Column("address", "Address", 18, grow=2),
)
_SORTS = {
    "route": (("t.code", False), ("p.sequence", False)),
    "point": (("p.number", False),),
    "address": (("lower(m.address)", False),),
}
_FIELDS = {"route": Field("t.code")}
_WORDS = {"title": "p.number", "where": "m.address"}


def _walk(route: str, sequence: int | None, point: str, address: str) -> tuple[str, str, str]:
    return f"{route}{'' if sequence is None else f'-{sequence:04d}'}", point, clean_text(address)


def _name(look: Look, owner: str) -> str:
    """The owner's name, for whoever may see names."""
    return clean_text(owner) if sees_names(look.actor.role, look.district.kind) else ""


def _seal(look: Look, cells: tuple[Any, ...]) -> Row:
    *walk, number, seen, account, owner, order, note = cells
    days = (look.today - date.fromisoformat(seen)).days
    return Row(
        (*_walk(*walk), number, seen, f"{days}d", order, format_account(account), _name(look, owner), clean_text(note)),
        "dim" if order else None,
    )


def _seals(look: Look, month: str) -> Listing:
    days = int(limits(look, "M03")["days"])
    try:
        day = date.fromisoformat(f"{month}-01")
    except ValueError as exc:
        raise BadValue(f"{month[:20]!r} is no month: write 2026-11.") from exc
    seen = "COALESCE(z.verified_on, z.placed_on)"
    return Listing(
        name="seal round",
        columns=(
            *_PLACE, Column("seal", "Seal", 10), Column("seen", "Last seen", 10), Column("age", "Days", 5, "right", 1),
            Column("order", "Order", 8), Column("account", "Account", 8, priority=3),
            Column("owner", "Owner", 14, priority=2, grow=1), Column("location", "Location", 14, priority=4, grow=1),
        ),
        source=meters.ROUND, id="z.id",
        cells=f"{_WALK}, z.number, {seen}, {_ACCOUNT}, {_OWNER}, {_ORDER.format(chr(39) + 'seal_check' + chr(39))},"
        " COALESCE(p.location_note, '')",
        row=_seal, order=_BY_WALK,
        sorts={**_SORTS, "seal": (("z.number", False),), "seen": ((seen, False),), "age": ((seen, False),)},
        fields={**_FIELDS, "age": Field(seen, "age")}, words={**_WORDS, "who": "z.number"}, where=meters.ROUND_DUE,
        params=(meters.round_limit(day, days).isoformat(),),
    )  # fmt: skip


def _meter(look: Look, cells: tuple[Any, ...]) -> Row:
    *walk, maker, serial, size, set_on, tested, account, owner, order = cells
    large = meters.is_large(size)
    since = tested if large and tested else set_on
    return Row(
        (
            *_walk(*walk), clean_text(f"{maker}/{serial}"), size, "test" if large else "replace", since,
            f"{look.today.year - int(since[:4])}y", order, format_account(account), _name(look, owner),
        ),
        "dim" if order else None,
    )  # fmt: skip


def _programme(look: Look, year: str) -> Listing:
    known = limits(look, "M10")
    if not (year.isdigit() and len(year) == 4 and year > "0100"):
        raise BadValue(f"{year[:20]!r} is no year: write 2026.")
    life, test = (Scales.among(known, name).base for name in ("life_years", "test_years"))
    where, due = meters.programme_due(look.db, int(year), life, test)
    return Listing(
        name="meter programme",
        columns=(
            *_PLACE, Column("meter", "Meter", 16), Column("size", "Size", 5), Column("todo", "To do", 7),
            Column("since", "Since", 10), Column("age", "Age", 4, "right", 1), Column("order", "Order", 8),
            Column("account", "Account", 8, priority=3), Column("owner", "Owner", 14, priority=2, grow=1),
        ),
        source=meters.PROGRAMME_FROM, id="i.id",
        cells=f"{_WALK}, e.maker, e.serial, e.size, i.on_date, e.tested_on, {_ACCOUNT}, {_OWNER},"
        f" {_ORDER.format(chr(39) + 'exchange' + chr(39) + ', ' + chr(39) + 'test' + chr(39))}",
        row=_meter, order=_BY_WALK,
        sorts={
            **_SORTS, "meter": (("e.serial", False),), "size": (("e.size", False),), "since": (("i.on_date", False),),
            "age": (("i.on_date", False),), "todo": (("e.size", False),),
        },
        fields={**_FIELDS, "age": Field("i.on_date", "age")}, words={**_WORDS, "who": "e.serial"},
        where=where, params=tuple(due),
    )  # fmt: skip


def _at(sql: str) -> Any:
    return lambda look, id: ("meter", str(look.db.value(sql, [id])))


SEAL_ROUND = Run(
    "Seal round", _seals, _at("SELECT p.number FROM seal z JOIN service_point p ON p.id = z.point_id WHERE z.id = ?"),
    ("Seal found", "Reading"),
)  # fmt: skip
PROGRAMME = Run(
    "Meter programme", _programme,
    _at("SELECT p.number FROM install i JOIN service_point p ON p.id = i.point_id WHERE i.id = ?"),
    ("Last read", "New serial", "First read"),
)  # fmt: skip


class SendOut(Form, frozen=True, kw_only=True):
    """Orders for a round or programme, in the order of the walk."""

    item: Annotated[str, msgspec.Meta(description="the round's item, M03:run:seal-round/2026-11")]
    due_on: Annotated[date, msgspec.Meta(description="the day they are due")]
    route: Annotated[str, msgspec.Meta(description="one route alone; empty: all", max_length=20)] = ""
    most: Annotated[int, msgspec.Meta(ge=1, le=MOST, description="at most so many")] = 50


class SentOut(msgspec.Struct, frozen=True):
    """How many orders went out, the first and the last of them, and how many rows had one already.

    `left` counts those that somebody else must send: the sender's own place, or one linked to him.
    """

    orders: int
    first: str
    last: str
    had: int
    left: int = 0


@act("order.round")
def send_out(work: Work, form: SendOut) -> SentOut:
    """Send an order out for every row that has none: seals are checked, large meters tested, small ones exchanged."""
    key = ItemKey.parse(form.item.strip())
    if run_of(key) not in (SEAL_ROUND, PROGRAMME):
        raise Refused(f"{key} is no round of the field", rule="rounds", cure="give the item of a round or programme")
    run = run_of(key)
    assert run is not None
    of = run.listing(work, key.subject.key.partition("/")[2])
    query = Query(f"route:{form.route.strip()}" if form.route.strip() else "")
    todo = "e.size" if run is PROGRAMME else "''"
    made: list[str] = []
    had, left, no = 0, 0, None
    for _, point_id, point, size in list(listing.stream(work, of, query, f"p.id, p.number, {todo}")):
        kind = "seal_check" if run is SEAL_ROUND else "test" if meters.is_large(size) else "exchange"
        if any(each.kind == kind for each in orders.open_at(work, point_id)):
            had += 1
        elif len(made) < form.most and (own := linked(work, [Subject("point", point)])) is not None:
            left, no = left + 1, own
        elif len(made) < form.most:
            made.append(orders.sent(work, point_id, point, kind, form.due_on, run.title, str(key)).order)
    if not made and no is not None:
        raise no
    if not made:
        raise Refused("every row has its order" if had else "the list is empty", rule="rounds", cure="see the list")
    work.fact(run=key.subject.key, orders=len(made), first=made[0], last=made[-1])
    return SentOut(len(made), made[0], made[-1], had, left)

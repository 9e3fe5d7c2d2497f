"""Acts on field orders: sent out, moved, cancelled, and done with by what another act did."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.field import FieldOrder
from ubtui.db.models.record import Meter
from ubtui.db.session import Row
from ubtui.detectors.base import marks
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text
from ubtui.services import points
from ubtui.services.orders.needs import sensible
from ubtui.services.points import Point
from ubtui.services.reads import reason
from ubtui.services.shutoffs import no_shutoff

Kind = Literal[
    "reread", "verify", "seal", "unseal", "seal_check", "exchange", "test", "locate", "leak", "access", "shutoff",
    "restore", "other",
]  # fmt: skip
Number = Annotated[str, msgspec.Meta(description="order, F-000012")]
Instructions = Annotated[str, msgspec.Meta(max_length=500, description="what the crew should know")]
Shown = Annotated[
    Annotated[int, msgspec.Meta(ge=0, lt=10**12)] | None, msgspec.Meta(description="what the meter showed")
]


class Create(Form, frozen=True, kw_only=True):
    """Work for the crew at a service point."""

    point: Point
    kind: Annotated[Kind, msgspec.Meta(description="what is to be done")]
    due_on: Annotated[date, msgspec.Meta(description="the day it is due")]
    instructions: Instructions = ""
    item: Annotated[str, msgspec.Meta(description="worklist item it comes from")] = ""


class Ordered(msgspec.Struct, frozen=True):
    """The order as it stands; `read` says what its reread became, `seal` what became of the seal."""

    order: str
    kind: str
    point: str
    due_on: date
    state: str
    read: str = ""
    seal: str = ""


@act("order.create")
def create(work: Work, form: Create) -> Ordered:
    """Send an order out where its kind makes sense; a point has at most one open order of a kind."""
    point = points.found(work, form.point)
    if form.kind == "shutoff":
        no_shutoff(work, _served(work, point[0])[0])
    return sent(work, point[0], form.point, form.kind, form.due_on, form.instructions, form.item)


def sent(
    work: Work, point_id: int, point: str, kind: str, due_on: date, instructions: str = "", item: str = ""
) -> Ordered:
    """Write a new order, inside any act; refused where its kind makes no sense or one of it is open at the point."""
    if due_on < work.today:
        raise Refused(f"{due_on} is past", rule="field orders", cure="give today or a day to come")
    sensible(work, point_id, point, kind)
    there = work.db.value(
        "SELECT number FROM field_order WHERE point_id = ? AND kind = ? AND state = 'open'", [point_id, kind]
    )
    if there:
        raise Refused(f"{there} is open for the same at {point}", rule="one order of a kind", cure="move or cancel it")
    number = _number(work)
    served = _served(work, point_id)
    work.db.insert(
        FieldOrder, number=number, kind=kind, point_id=point_id, account_id=served[0], meter_id=served[1],
        item=item.strip()[:200], asked_on=work.today, asked_by=work.actor.name, due_on=due_on,
        instructions=clean_text(instructions, 500),
    )  # fmt: skip
    touch(work, number, point)
    work.fact(order=number, kind=kind, point=point, due_on=due_on.isoformat())
    return Ordered(number, kind, point, due_on, "open")


def _served(work: Work, point_id: int) -> Row:
    """The account that a point serves, and the meter that hangs there; None where there is none."""
    return work.db.one(
        "SELECT (SELECT MIN(s.account_id) FROM live_service s WHERE s.point_id = ? AND s.to_on IS NULL),"
        " (SELECT MAX(i.meter_id) FROM live_install i WHERE i.point_id = ? AND i.off_date IS NULL)",
        [point_id, point_id],
    ) or (None, None)


def _number(work: Work) -> str:
    n = work.db.value("UPDATE counter SET value = value + 1 WHERE name = 'order' RETURNING value")
    if n is None:  # orders that came with the record keep their numbers
        last = work.db.value("SELECT MAX(number) FROM field_order")
        n = int(last[2:]) + 1 if last else 1
        work.db.run("INSERT INTO counter(name, value) VALUES ('order', ?)", [n])
    return f"F-{int(n):06d}"


def is_serial_of(serial: str, meter: str) -> bool:
    """Whether what the crew read off a meter, with or without its maker, is a meter's (`maker/serial`)."""
    return serial.strip().casefold() in (meter.casefold(), meter.partition("/")[2].casefold())


def tested(work: Work, meter_id: int, on: date) -> None:
    """Say that a meter was tested well on a day; an older test than the last one changes nothing."""
    last = work.db.value("SELECT tested_on FROM meter WHERE id = ?", [meter_id])
    if last is None or last < on.isoformat():
        work.db.update(Meter, meter_id, tested_on=on)


class Move(Form, frozen=True, kw_only=True):
    """Another day, or another place in the day's walk."""

    order: Number
    due_on: Annotated[date, msgspec.Meta(description="the day it is due now")]
    place: Annotated[Annotated[int, msgspec.Meta(ge=1)] | None, msgspec.Meta(description="place in the walk")] = None
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


@act("order.move")
def move(work: Work, form: Move) -> Ordered:
    """Give an open order another day."""
    why, row = reason(form.reason), open_row(work, form.order)
    if form.due_on < work.today:
        raise Refused(f"{form.due_on} is past", rule="field orders", cure="give today or a day to come")
    place = {} if form.place is None else {"place_in_route": form.place}
    work.db.update(FieldOrder, row[0], row[6], due_on=form.due_on, **place)
    touch(work, row[1], row[3])
    work.fact(order=row[1], due_on=form.due_on.isoformat())
    work.detail(before=row[8], reason=why)
    return Ordered(row[1], row[2], row[3], form.due_on, "open")


class Cancel(Form, frozen=True, kw_only=True):
    """An order that is not needed."""

    order: Number
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


@act("order.cancel")
def cancel(work: Work, form: Cancel) -> Ordered:
    """Take an open order back."""
    why, row = reason(form.reason), open_row(work, form.order)
    work.db.update(FieldOrder, row[0], row[6], state="cancelled", done_on=work.today, done_by=work.actor.name, note=why)
    touch(work, row[1], row[3])
    work.fact(order=row[1], state="cancelled")
    work.detail(reason=why)
    return Ordered(row[1], row[2], row[3], date.fromisoformat(row[8]), "cancelled")


def finish(work: Work, point_id: int, point: str, kind: str, on: date, note: str) -> None:
    """Another act did what open orders of a kind asked for: they are done with it."""
    for id, number, version in work.db.rows(
        "SELECT id, number, version FROM field_order WHERE point_id = ? AND kind = ? AND state = 'open'",
        [point_id, kind],
    ):
        work.db.update(FieldOrder, id, version, state="done", done_on=on, done_by=work.actor.name, note=note)
        touch(work, number, point)


_ROW = (
    "SELECT o.id, o.number, o.kind, p.number, o.point_id, o.asked_on, o.version, o.meter_id, o.due_on, o.state, o.item"
    " FROM field_order o JOIN service_point p ON p.id = o.point_id WHERE o.number = ?"
)


def order_row(work: Work, number: str) -> Row:
    """An order by its number: id, number, kind, point, point_id, asked_on, version, meter_id, due_on, state, item."""
    row = work.db.one(_ROW, [number.strip().upper()])
    if row is None:
        raise Refused(f"no order {number[:40]}", rule="field orders", cure="see ubtui order list", bad_input=True)
    return row


def open_row(work: Work, number: str) -> Row:
    """The same of an order that is open; refused else."""
    row = order_row(work, number)
    if row[9] != "open":
        raise Refused(f"{row[1]} is {row[9]}", rule="field orders", cure="send a new one out")
    return row


def touch_run(work: Work, run: Subject) -> None:
    """A round or programme may have one less."""
    work.touch(run.type, run.key)


def touch(work: Work, number: str, point: str) -> None:
    """An order changed, and what is known of its point."""
    work.touch("order", number)
    work.touch("point", point)


def touch_reported(work: Work, point_id: int, *serials: str) -> None:
    """Meters that the record has live under a serial that the crew reported at a point, or one of `serials`."""
    for maker, serial in work.db.rows(
        "SELECT m.maker, m.serial FROM meter m JOIN live_install i ON i.meter_id = m.id AND i.off_date IS NULL"
        f" WHERE m.serial IN (SELECT o.found_serial FROM field_order o WHERE o.point_id = ?) OR m.serial IN"
        f" ({marks(serials or ('',))})",
        [point_id, *(serials or ("",))],
    ):
        work.touch("meter", f"{maker}/{serial}")

"""Acts on field orders: sent out, moved, done, corrected or cancelled."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.field import FieldOrder
from ubtui.db.models.record import Meter
from ubtui.db.session import Row
from ubtui.detectors.base import marks
from ubtui.detectors.meters import programme, seal_round
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import clean_text
from ubtui.services import points
from ubtui.services.orders.needs import sensible
from ubtui.services.points import Point
from ubtui.services.reads import Enter, reason, reread
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
_FOUND: Final = ("found_serial", "found_size", "found_value", "found_code", "note")


class Create(Form, frozen=True, kw_only=True):
    """Work for the crew at a service point."""

    point: Point
    kind: Annotated[Kind, msgspec.Meta(description="what is to be done")]
    due_on: Annotated[date, msgspec.Meta(description="the day it is due")]
    instructions: Instructions = ""
    item: Annotated[str, msgspec.Meta(description="worklist item it comes from")] = ""


class Ordered(msgspec.Struct, frozen=True):
    """The order as it stands; `read` says what its reread became."""

    order: str
    kind: str
    point: str
    due_on: date
    state: str
    read: str = ""


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
    _touch(work, number, point)
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


class Result(Form, frozen=True, kw_only=True):
    """What the crew did and found."""

    order: Number
    done_on: Annotated[date, msgspec.Meta(description="day of the visit")]
    done_by: Annotated[str, msgspec.Meta(max_length=60, description="who was there")] = ""
    found_value: Shown = None
    found_serial: Annotated[str, msgspec.Meta(max_length=40, description="serial on the meter, where it was read")] = ""
    found_size: Annotated[str, msgspec.Meta(max_length=20, description="size of the meter, where it was seen")] = ""
    found_code: Annotated[str, msgspec.Meta(max_length=40, description="trouble code; ok for a seal that holds")] = ""
    note: Instructions = ""


@act("order.result")
def result(work: Work, form: Result) -> Ordered:
    """Bring an order's result in. A seal that was found holding counts as verified, a meter tested well as tested.

    What the meter showed on an order to read it again is entered as a read, in the place of the one in doubt; what
    another meter showed stays with the result alone.
    """
    row = _open(work, form.order)
    _day(work, form.done_on, date.fromisoformat(row[5]))
    by = clean_text(form.done_by, 60).strip() or work.actor.name
    work.db.update(FieldOrder, row[0], row[6], state="done", done_on=form.done_on, done_by=by, **_texts(form))
    _touch(work, row[1], row[3])
    touch_reported(work, row[4])
    well = form.found_code.strip().casefold() == "ok"
    day = form.done_on.isoformat()
    if row[2] == "seal_check" and well:
        sensible(work, row[4], row[3], "seal_check")
        work.db.run(
            "UPDATE seal SET verified_on = ?, version = version + 1 WHERE point_id = ? AND removed_on IS NULL"
            " AND placed_on <= ? AND COALESCE(verified_on, placed_on) < ?",
            [day, row[4], day, day],
        )
        _touch_run(work, seal_round(work.today))
    if row[2] == "test" and well and row[7] is not None:
        tested(work, row[7], form.done_on)
        _touch_run(work, programme(work.today))
    read = ""
    if row[2] == "reread" and form.found_value is not None:
        read = _reread(work, row, form, "" if well else form.found_code)
    work.fact(order=row[1], kind=row[2], done_on=form.done_on.isoformat())
    work.detail(found={name: getattr(form, name) for name in _FOUND})
    return Ordered(row[1], row[2], row[3], date.fromisoformat(row[8]), "done", read)


def _reread(work: Work, row: Row, form: Result, trouble: str) -> str:
    """Enter what the crew read again, unless it read a meter that does not hang there; what became of it, in words."""
    assert form.found_value is not None
    day, serial = form.done_on.isoformat(), clean_text(form.found_serial, 40).strip()
    rows = work.db.rows(
        "SELECT m.maker || '/' || m.serial FROM live_install i JOIN meter m ON m.id = i.meter_id WHERE i.point_id = ?"
        " AND i.on_date <= ? AND (i.off_date IS NULL OR i.off_date > ?) ORDER BY m.id",
        [row[4], day, day],
    )
    hung = [str(name) for (name,) in rows]
    meant = [meter for meter in hung if is_serial_of(serial, meter)]
    if serial and not meant:
        there = " and ".join(hung) or "no meter"
        return f"{form.found_value:,} is not entered: {serial} was found, and the record has {there} at {row[3]}"
    taken = Enter(
        point=row[3], value=form.found_value, on=form.done_on, trouble=trouble,
        meter=meant[0] if len(meant) == 1 else "",
    )  # fmt: skip
    return reread(work, taken, date.fromisoformat(row[5]), _about(row[10]), row[1])


def _about(item: str) -> tuple[str, str]:
    """Code and period of the item that an order came from, where it is about readings."""
    try:
        key = ItemKey.parse(item)
    except BadValue:
        return "R03", ""
    return (key.code, key.period) if key.code.startswith("R") else ("R03", "")


def is_serial_of(serial: str, meter: str) -> bool:
    """Whether what the crew read off a meter, with or without its maker, is a meter's (`maker/serial`)."""
    return serial.strip().casefold() in (meter.casefold(), meter.partition("/")[2].casefold())


def tested(work: Work, meter_id: int, on: date) -> None:
    """Say that a meter was tested well on a day; an older test than the last one changes nothing."""
    last = work.db.value("SELECT tested_on FROM meter WHERE id = ?", [meter_id])
    if last is None or last < on.isoformat():
        work.db.update(Meter, meter_id, tested_on=on)


class Correct(Form, frozen=True, kw_only=True):
    """A report from the field that was wrong; what is empty stays as it was told."""

    order: Number
    found_serial: Annotated[str, msgspec.Meta(max_length=40, description="the serial that was really there")] = ""
    found_size: Annotated[str, msgspec.Meta(max_length=20, description="the size that was really there")] = ""
    found_value: Shown = None
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


@act("order.correct")
def correct(work: Work, form: Correct) -> Ordered:
    """Put right what was reported of an order that is done; what was told first stays in the audit."""
    why = reason(form.reason)
    row = _row(work, form.order)
    if row[9] != "done":
        raise Refused(f"{form.order} is {row[9]}", rule="field orders", cure="bring its result in")
    told = {name: value for name in _FOUND[:3] if (value := getattr(form, name)) not in ("", None)}
    if not told:
        raise Refused("nothing is put right", rule="field orders", cure="give the serial, size or value")
    before = work.db.one(f"SELECT {', '.join(_FOUND[:3])} FROM field_order WHERE id = ?", [row[0]])
    kept = {name: clean_text(value, 40).strip() if isinstance(value, str) else value for name, value in told.items()}
    work.db.update(FieldOrder, row[0], row[6], **kept)
    assert before is not None
    _touch(work, row[1], row[3])
    touch_reported(work, row[4], before[0] or "")
    work.fact(order=row[1])
    work.detail(before=list(before), after=kept, reason=why)
    return Ordered(row[1], row[2], row[3], date.fromisoformat(row[8]), "done")


class Move(Form, frozen=True, kw_only=True):
    """Another day, or another place in the day's walk."""

    order: Number
    due_on: Annotated[date, msgspec.Meta(description="the day it is due now")]
    place: Annotated[Annotated[int, msgspec.Meta(ge=1)] | None, msgspec.Meta(description="place in the walk")] = None
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


@act("order.move")
def move(work: Work, form: Move) -> Ordered:
    """Give an open order another day."""
    why, row = reason(form.reason), _open(work, form.order)
    if form.due_on < work.today:
        raise Refused(f"{form.due_on} is past", rule="field orders", cure="give today or a day to come")
    place = {} if form.place is None else {"place_in_route": form.place}
    work.db.update(FieldOrder, row[0], row[6], due_on=form.due_on, **place)
    _touch(work, row[1], row[3])
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
    why, row = reason(form.reason), _open(work, form.order)
    work.db.update(FieldOrder, row[0], row[6], state="cancelled", done_on=work.today, done_by=work.actor.name, note=why)
    _touch(work, row[1], row[3])
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
        _touch(work, number, point)


def _texts(form: Result) -> dict[str, Any]:
    said = {name: getattr(form, name) for name in _FOUND}
    return {name: clean_text(v, 500).strip() or None if isinstance(v, str) else v for name, v in said.items()}


def _day(work: Work, on: date, asked: date) -> None:
    if not asked <= on <= work.today:
        raise Refused(f"the order is of {asked}", rule="field orders", cure=f"give a day from then up to {work.today}")


_ROW = (
    "SELECT o.id, o.number, o.kind, p.number, o.point_id, o.asked_on, o.version, o.meter_id, o.due_on, o.state, o.item"
    " FROM field_order o JOIN service_point p ON p.id = o.point_id WHERE o.number = ?"
)


def _row(work: Work, number: str) -> Row:
    row = work.db.one(_ROW, [number.strip().upper()])
    if row is None:
        raise Refused(f"no order {number[:40]}", rule="field orders", cure="see ubtui order list", bad_input=True)
    return row


def _open(work: Work, number: str) -> Row:
    row = _row(work, number)
    if row[9] != "open":
        raise Refused(f"{row[1]} is {row[9]}", rule="field orders", cure="send a new one out")
    return row


def _touch_run(work: Work, run: Subject) -> None:
    work.touch(run.type, run.key)


def _touch(work: Work, number: str, point: str) -> None:
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

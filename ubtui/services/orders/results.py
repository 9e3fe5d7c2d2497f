"""Results of field orders: brought in, each finding where it belongs, and put right where the report was wrong."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.field import FieldOrder
from ubtui.db.models.meters import MeterTest
from ubtui.db.session import Row
from ubtui.detectors.meters import programme
from ubtui.domain.errors import BadValue
from ubtui.domain.seals import Seen
from ubtui.domain.subjects import ItemKey
from ubtui.domain.text import clean_text
from ubtui.services.orders.acts import (
    Instructions,
    Number,
    Ordered,
    Shown,
    is_serial_of,
    open_row,
    order_row,
    tested,
    touch,
    touch_reported,
    touch_run,
)
from ubtui.services.orders.needs import sensible
from ubtui.services.reads import Enter, reason, reread

_TOLD: Final = ("found_serial", "found_size", "found_value", "found_seal", "found_location")
_FOUND: Final = (*_TOLD, "found_code", "note")
_SEEN: Final[dict[str, Seen]] = {
    "ok": "on", "on": "on", "holds": "on", "broken": "broken", "tamper": "broken", "missing": "missing",
    "gone": "missing", "off": "missing", "seal-missing": "missing",
}  # fmt: skip
"""How a seal was found, by the code that the crew gave."""
_WAITS: Final = "; its fee waits for the desk"
Serial = Annotated[str, msgspec.Meta(max_length=40, description="serial on the meter, where it was read")]
Size = Annotated[str, msgspec.Meta(max_length=20, description="size of the meter, where it was seen")]
SealNumber = Annotated[str, msgspec.Meta(max_length=40, description="number on the seal, where it was read")]
Location = Annotated[str, msgspec.Meta(max_length=200, description="where the meter is, where the record is wrong")]


class Result(Form, frozen=True, kw_only=True):
    """What the crew did and found."""

    order: Number
    done_on: Annotated[date, msgspec.Meta(description="day of the visit")]
    done_by: Annotated[str, msgspec.Meta(max_length=60, description="who was there")] = ""
    found_value: Shown = None
    found_serial: Serial = ""
    found_size: Size = ""
    found_seal: SealNumber = ""
    found_location: Location = ""
    found_code: Annotated[
        str, msgspec.Meta(max_length=40, description="trouble code; of a seal: ok, broken or missing")
    ] = ""
    note: Instructions = ""


@act("order.result")
def result(work: Work, form: Result) -> Ordered:
    """Bring an order's result in: how a seal was found, a meter tested well, what was read again.

    An owner's request is done with its order: a seal whose number the crew brings is on, one taken off is off. What
    the meter showed on an order to read it again is entered as a read, in the place of the one in doubt; what another
    meter showed stays with the result alone.
    """
    row = open_row(work, form.order)
    _day(work, form.done_on, date.fromisoformat(row[5]))
    by = clean_text(form.done_by, 60).strip() or work.actor.name
    work.db.update(FieldOrder, row[0], row[6], state="done", done_on=form.done_on, done_by=by, **_texts(form))
    touch(work, row[1], row[3])
    touch_reported(work, row[4])
    well = form.found_code.strip().casefold() == "ok"
    seal = _seal(work, row, form, by, well)
    if row[2] == "test" and well and row[7] is not None:
        tested(work, row[7], form.done_on)
        work.db.insert(
            MeterTest, meter_id=row[7], point_id=row[4], tested_on=form.done_on, tested_by=by, result="passed",
            note=clean_text(f"{row[1]} {form.note}".strip(), 120), entered_by=work.actor.name, entered_at=work.now,
        )  # fmt: skip
        touch_run(work, programme(work.today))
    read = ""
    if row[2] == "reread" and form.found_value is not None:
        read = _reread(work, row, form, "" if well else form.found_code)
    work.fact(order=row[1], kind=row[2], done_on=form.done_on.isoformat())
    work.detail(found={name: getattr(form, name) for name in _FOUND})
    return Ordered(row[1], row[2], row[3], date.fromisoformat(row[8]), "done", read, seal)


def _seal(work: Work, row: Row, form: Result, by: str, well: bool) -> str:
    """Keep what the crew saw of a seal, put on or took off; what became of it, in words."""
    from ubtui.services import seals  # its acts rest on orders, and a result rests on its acts
    from ubtui.services.seals.checked import Look, looked

    kind, point_id, point = row[2], row[4], row[3]
    number, code = clean_text(form.found_seal, 40).strip(), form.found_code.strip().casefold()
    on = work.db.rows(
        "SELECT id, number FROM seal WHERE point_id = ? AND removed_on IS NULL AND placed_on <= ?"
        " ORDER BY placed_on, id",
        [point_id, form.done_on.isoformat()],
    )
    if kind == "seal" and number and not on:
        asked = "SELECT asked_by FROM seal_request WHERE point_id = ? AND kind = 'seal' AND state = 'open'"
        if (who := work.db.value(asked, [point_id])) is None:
            return ""
        put = seals.Place(point=point, number=number, placed_on=form.done_on, value=form.found_value, requested_by=who)
        done = seals.place(work, put)
        return f"{done.seal} is on{_WAITS if done.waits else ''}"
    if kind == "unseal" and well and on:
        named = number if any(number == each[1] for each in on) else ""
        off = seals.Remove(
            point=point, removed_on=form.done_on, value=form.found_value, number=named, reason=f"unsealed by {row[1]}"
        )
        gone = seals.remove(work, off)
        return f"{gone.seal} is off{_WAITS if gone.waits else ''}"
    told = _SEEN.get(code) if kind == "seal_check" else None
    if kind == "seal_check" and told is not None:
        sensible(work, point_id, point, "seal_check")
    if told is None and not number:
        return ""
    meant = [each for each in on if each[1] == number] or (on if kind == "seal_check" or len(on) == 1 else [])
    said, serial, value = [], form.found_serial.strip(), form.found_value
    if serial and not any(is_serial_of(serial, each) for each in _hung(work, point_id, form.done_on)):
        value = None  # another meter showed it
    for id, own in meant:
        look = Look(form.done_on, told or "on", value, number, form.note, by, row[0])
        said.append(f"{own} {looked(work, id, point_id, point, look)}")
    seals.touch_round(work)
    return ", ".join(said)


def _reread(work: Work, row: Row, form: Result, trouble: str) -> str:
    """Enter what the crew read again, unless it read a meter that does not hang there; what became of it, in words."""
    assert form.found_value is not None
    serial, hung = clean_text(form.found_serial, 40).strip(), _hung(work, row[4], form.done_on)
    meant = [meter for meter in hung if is_serial_of(serial, meter)]
    if serial and not meant:
        there = " and ".join(hung) or "no meter"
        return f"{form.found_value:,} is not entered: {serial} was found, and the record has {there} at {row[3]}"
    taken = Enter(
        point=row[3], value=form.found_value, on=form.done_on, trouble=trouble,
        meter=meant[0] if len(meant) == 1 else "",
    )  # fmt: skip
    return reread(work, taken, date.fromisoformat(row[5]), _about(row[10]), row[1])


def _hung(work: Work, point_id: int, on: date) -> list[str]:
    """The meters, maker/serial, that hung at a point on a day."""
    rows = work.db.rows(
        "SELECT m.maker || '/' || m.serial FROM live_install i JOIN meter m ON m.id = i.meter_id WHERE i.point_id = ?"
        " AND i.on_date <= ? AND (i.off_date IS NULL OR i.off_date > ?) ORDER BY m.id",
        [point_id, on.isoformat(), on.isoformat()],
    )
    return [str(name) for (name,) in rows]


def _about(item: str) -> tuple[str, str]:
    """Code and period of the item that an order came from, where it is about readings."""
    try:
        key = ItemKey.parse(item)
    except BadValue:
        return "R03", ""
    return (key.code, key.period) if key.code.startswith("R") else ("R03", "")


class Correct(Form, frozen=True, kw_only=True):
    """A report from the field that was wrong; what is empty stays as it was told."""

    order: Number
    found_serial: Serial = ""
    found_size: Size = ""
    found_value: Shown = None
    found_seal: SealNumber = ""
    found_location: Location = ""
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


@act("order.correct")
def correct(work: Work, form: Correct) -> Ordered:
    """Put right what was reported of an order that is done; what was told first stays in the audit."""
    why = reason(form.reason)
    row = order_row(work, form.order)
    if row[9] != "done":
        raise Refused(f"{form.order} is {row[9]}", rule="field orders", cure="bring its result in")
    told = {name: value for name in _TOLD if (value := getattr(form, name)) not in ("", None)}
    if not told:
        raise Refused("nothing is put right", rule="field orders", cure="give what was really there")
    before = work.db.one(f"SELECT {', '.join(_TOLD)} FROM field_order WHERE id = ?", [row[0]])
    kept = {name: clean_text(value, 200).strip() if isinstance(value, str) else value for name, value in told.items()}
    work.db.update(FieldOrder, row[0], row[6], **kept)
    assert before is not None
    touch(work, row[1], row[3])
    touch_reported(work, row[4], before[0] or "")
    _look_again(work, row, form)
    work.fact(order=row[1])
    work.detail(before=list(before), after=kept, reason=why)
    return Ordered(row[1], row[2], row[3], date.fromisoformat(row[8]), "done")


def _look_again(work: Work, row: Row, form: Correct) -> None:
    """What the order said of a seal is said anew, where it is the seal or the value that was put right."""
    from ubtui.services import seals
    from ubtui.services.seals.checked import Look, looked

    told = work.db.rows(
        "SELECT k.seal_id, k.checked_on, k.found, k.value, COALESCE(k.found_number, z.number), k.note, k.checked_by"
        " FROM seal_check k JOIN seal z ON z.id = k.seal_id AND z.removed_on IS NULL WHERE k.id IN"
        " (SELECT MAX(y.id) FROM seal_check y WHERE y.order_id = ? GROUP BY y.seal_id) ORDER BY k.id",
        [row[0]],
    )
    number = clean_text(form.found_seal, 40).strip()
    for seal_id, on, found, value, other, note, by in told if number or form.found_value is not None else ():
        seen: Seen = "on" if found == "other" else found
        shown = value if form.found_value is None else form.found_value
        look = Look(date.fromisoformat(on), seen, shown, number or other, note, by, row[0])
        looked(work, seal_id, row[4], row[3], look)
        seals.touch_round(work)


def _texts(form: Result) -> dict[str, Any]:
    said = {name: getattr(form, name) for name in _FOUND}
    return {name: clean_text(v, 500).strip() or None if isinstance(v, str) else v for name, v in said.items()}


def _day(work: Work, on: date, asked: date) -> None:
    if not asked <= on <= work.today:
        raise Refused(f"the order is of {asked}", rule="field orders", cure=f"give a day from then up to {work.today}")

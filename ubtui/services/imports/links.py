"""Serials under which files name a meter besides its own: remembered when rows are linked, listed, taken back."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.session import Session
from ubtui.services.imports.hanging import ALIAS
from ubtui.services.reads import reason

_OF: Final = (
    "SELECT x.value, m.maker || '/' || m.serial, m.id FROM external_id x JOIN meter m ON m.id = x.subject_id"
    f" WHERE x.system = '{ALIAS}' AND x.kind = 'meter' AND x.subject_type = 'meter'"
)
_OWN: Final = (
    "SELECT m.maker || '/' || m.serial, EXISTS(SELECT 1 FROM live_install i WHERE i.meter_id = m.id) FROM meter m"
    " WHERE m.serial = ? AND m.id <> ? ORDER BY 2 DESC, 1"
)
_BROUGHT: Final = (
    "SELECT p.number, r.read_on, r.value FROM register g JOIN live_read r ON r.register_id = g.id"
    " JOIN service_point p ON p.id = r.point_id WHERE g.meter_id = ? AND r.status <> 'void' AND r.value IS NOT NULL"
    " AND EXISTS(SELECT 1 FROM linked_row l WHERE l.batch_id = r.batch_id AND l.row_no = r.row_no AND l.serial = ?)"
    " ORDER BY r.read_on, r.register_id"
)


class LinkedSerial(msgspec.Struct, frozen=True):
    """A serial that files use, and the meter that is meant."""

    serial: str
    meter: str


def links(look: Look) -> tuple[LinkedSerial, ...]:
    """All serials that files use for meters of the record, in their order."""
    return tuple(LinkedSerial(row[0], row[1]) for row in look.db.rows(f"{_OF} ORDER BY 1, 2"))


def remember(db: Session, serial: str, meter_id: int, instead: bool) -> None:
    """Take a serial of a file for this meter from now on.

    Refused where it is another meter's own and hangs or hung here, which files mean by it in any case; and, unless
    `instead`, where it stands for another meter or is that of one in store.
    """
    hung = [row[0] for row in db.rows(_OWN, [serial, meter_id]) if row[1]]
    if hung:
        raise Refused(
            f"{serial} is {hung[0]}'s own serial, and a file's is taken for that meter's", rule="linked serials",
            cure="link these rows alone: --once, or always no",
        )  # fmt: skip
    stands = [row[1] for row in db.rows(f"{_OF} AND x.value = ? ORDER BY 2", [serial]) if row[2] != meter_id]
    idle = [row[0] for row in db.rows(_OWN, [serial, meter_id])]
    if (stands or idle) and not instead:
        what = f"stands for {stands[0]} since it was linked" if stands else f"is the serial of {idle[0]} in store"
        raise Refused(
            f"{serial} {what}", rule="linked serials",
            cure="if it means this meter from now on say --yes, or instead yes; else link these rows alone (--once)",
        )  # fmt: skip
    db.run(
        "DELETE FROM external_id WHERE system = ? AND kind = 'meter' AND value = ? AND subject_type = 'meter'",
        [ALIAS, serial],
    )
    db.run(
        "INSERT INTO external_id(system, kind, value, subject_type, subject_id) VALUES (?, 'meter', ?, 'meter', ?)",
        [ALIAS, serial, meter_id],
    )


class Unlink(Form, frozen=True, kw_only=True):
    """A serial that was linked to the wrong meter: files to come are asked about again."""

    serial: Annotated[str, msgspec.Meta(description="the serial that files use", min_length=1, max_length=200)]
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


class Unlinked(msgspec.Struct, frozen=True):
    """The meter that the serial stood for, and its reads that came in by that serial, of rows that were linked and of
    later files: each is to be looked at. `rows` wait on and are asked about again."""

    serial: str
    meter: str
    reads: list[str]
    rows: list[int] = []


@act("staged.unlink")
def unlink(work: Work, form: Unlink) -> Unlinked:
    """Take a linked serial back. Reads that came in by it stay until each is decided: void or moved by its review.
    Rows that wait by it name again what their file did."""
    from ubtui.services.imports.staged import asked_again

    serial, why = form.serial.strip(), reason(form.reason)
    rows = work.db.rows(f"{_OF} AND x.value = ? ORDER BY 2", [serial])
    if not rows:
        raise Refused(
            f"{serial[:60]} is linked to no meter", rule="linked serials", cure="see ubtui import staged links",
            bad_input=True,
        )  # fmt: skip
    work.db.run(
        "DELETE FROM external_id WHERE system = ? AND kind = 'meter' AND value = ? AND subject_type = 'meter'",
        [ALIAS, serial],
    )
    brought = [
        f"{point} {on}: {value:,}"
        for _, _, meter in rows
        for point, on, value in work.db.rows(_BROUGHT, [meter, serial])
    ]
    waiting = [number for _, _, meter in rows for number in asked_again(work, serial, meter)]
    for _, name, _ in rows:
        work.touch("meter", name)
    meters = ", ".join(row[1] for row in rows)
    work.fact(serial=serial, meter=meters)
    work.detail(reason=why, reads=brought, rows=waiting)
    return Unlinked(serial, meters, brought, waiting)

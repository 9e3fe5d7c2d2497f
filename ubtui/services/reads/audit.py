"""Reads looked at a second time: a sample to be drawn again, control reads that never bill, and who reads well."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Final

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.domain.register import Use, may_show
from ubtui.services.reads.entering import read_at
from ubtui.services.reads.placing import add
from ubtui.services.reads.routes import Stop, walk


def sample(look: Look, route: str, size: int, seed: str) -> list[Stop]:
    """Meters of a route picked by a seed, in walk order: the same seed picks the same meters while they hang there."""

    def lot(stop: Stop) -> str:
        return hashlib.sha256(f"{seed}/{stop.maker}/{stop.serial}/{stop.register}".encode()).hexdigest()

    stops = walk(look, route)
    drawn = {stop.register_id for stop in sorted(stops, key=lot)[:size]}
    return [stop for stop in stops if stop.register_id in drawn]


class Control(Form, frozen=True, kw_only=True):
    """A read taken a second time, to see whether reads are right; it never bills."""

    point: Annotated[str, msgspec.Meta(description="service point, SP-00012")]
    value: Annotated[int, msgspec.Meta(ge=0, description="what the register shows, turning digits only")]
    on: Annotated[date | None, msgspec.Meta(description="day on which it was read; empty: today")] = None
    meter: Annotated[str, msgspec.Meta(description="maker/serial, where the point has several meters")] = ""
    register: Annotated[int, msgspec.Meta(description="which counter of a compound meter; 0 where there is one")] = 0


class Controlled(msgspec.Struct, frozen=True):
    """A control read beside the read it looks at; `off` counts it lies out of what that read and the next allow, or,
    where none follows, the most that was ever used between two reads.
    """

    route: str
    point: str
    meter: str
    control_on: date
    control: int
    by: str
    read_on: date | None
    read: int | None
    reader: str
    off: int | None


@act("read.control")
def control(work: Work, form: Control) -> Controlled:
    """Keep a control read: no bill, no check of use and no later read goes by it. Nobody controls his own read."""
    at, on = read_at(work, form.point, form.value, form.on, form.meter, form.register)
    period = at.cycle.period_of(on) or at.cycle.coming(on)[0]
    like = (at.register_id, on.isoformat(), 1, at.point_id, period, None, None, None, "control", "A")
    seq = add(work, like, on.isoformat(), form.value, Use(None))
    made = next(
        each for each in _controls(work, " AND k.register_id = ? AND k.read_on = ? AND k.seq = ?",
                                   [at.register_id, on.isoformat(), seq])
    )  # fmt: skip
    if made.reader == work.actor.name:
        raise Refused(
            f"{made.reader} entered the read of {made.read_on}", rule="nobody controls his own read",
            cure="let somebody else take the control read",
        )  # fmt: skip
    work.touch("point", form.point)
    work.fact(point=form.point, on=on.isoformat(), off=made.off or 0)
    work.detail(value=form.value, read=made.read)
    return made


# The read a control read looks at is the last one taken by then; the one after it bounds it from above.
_CONTROLS: Final = (
    "SELECT t.code, p.number, m.maker, m.serial, g.dials, k.register_id, k.read_on, k.value, k.entered_by, b.read_on,"
    " b.value, b.entered_by, (SELECT n.value FROM live_read n WHERE n.register_id = k.register_id"
    " AND n.read_on > k.read_on"
    " AND {regular} ORDER BY n.read_on, n.seq LIMIT 1) FROM read k JOIN service_point p ON p.id = k.point_id"
    " JOIN register g ON g.id = k.register_id JOIN meter m ON m.id = g.meter_id"
    " LEFT JOIN route t ON t.id = p.route_id LEFT JOIN live_read b ON b.register_id = k.register_id"
    " AND b.read_on <= k.read_on AND {before} AND NOT EXISTS(SELECT 1 FROM live_read n WHERE n.register_id ="
    " k.register_id AND n.read_on <= k.read_on AND {regular} AND (n.read_on > b.read_on OR (n.read_on = b.read_on"
    " AND n.seq > b.seq))) WHERE k.kind = 'control' AND k.status <> 'void'{more}"
    " ORDER BY t.code, p.sequence, p.number, k.read_on, k.seq"
)
_REGULAR: Final = "{0}.status <> 'void' AND {0}.source <> 'E' AND {0}.kind NOT IN ('control', 'reread')"


def _controls(look: Look, more: str, params: list[Any]) -> Iterator[Controlled]:
    sql = _CONTROLS.format(regular=_REGULAR.format("n"), before=_REGULAR.format("b"), more=more)
    for row in look.db.rows(sql, params):
        route, point, maker, serial, dials, register, on, value, by, read_on, read, reader, after = row
        off = None
        if read is not None:
            most = after if after is not None else _most(look, register, read, 10**dials)
            off = 0 if may_show(read, value, most, dials) else min(0, value - read) or value - (most or 0)
        yield Controlled(
            route or "", point, f"{maker}/{serial}", date.fromisoformat(on), value, by,
            date.fromisoformat(read_on) if read_on else None, read, reader or "", off,
        )  # fmt: skip


def _most(look: Look, register: int, read: int, limit: int) -> int | None:
    """What use as large as the meter ever made between two reads would show, past zero from `limit` on."""
    used = look.db.value(
        "SELECT MAX(b.value - a.value) FROM live_read b JOIN live_read a ON a.register_id = b.register_id"
        " AND a.read_on = (SELECT MAX(x.read_on) FROM live_read x WHERE x.register_id = b.register_id"
        " AND x.read_on < b.read_on AND x.status <> 'void' AND x.kind NOT IN ('control', 'reread'))"
        " WHERE b.register_id = ? AND b.status <> 'void' AND b.kind NOT IN ('control', 'reread')"
        " AND a.status <> 'void' AND a.kind NOT IN ('control', 'reread')",
        [register],
    )
    return None if used is None else (read + max(int(used), 1)) % limit


class Accuracy(msgspec.Struct, frozen=True):
    """How many of a reader's reads on a route were controlled, and how many of them cannot be right."""

    reader: str
    route: str
    controlled: int
    wrong: int
    share_right: str


def accuracy(look: Look, since: date) -> list[Accuracy]:
    """By reader and route, from the control reads since a day: the share that agrees, in percent to a tenth."""
    found: dict[tuple[str, str], list[int]] = {}
    for each in controls(look, since):
        if each.off is not None:
            found.setdefault((each.reader, each.route), []).append(each.off)
    return [
        Accuracy(reader, route, len(offs), wrong, f"{1000 * (len(offs) - wrong) // len(offs) / 10:.1f}")
        for (reader, route), offs in sorted(found.items())
        for wrong in [sum(off != 0 for off in offs)]
    ]


def controls(look: Look, since: date) -> list[Controlled]:
    """Every control read since a day, in walk order."""
    return list(_controls(look, " AND k.read_on >= ?", [since.isoformat()]))

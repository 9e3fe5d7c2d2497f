"""What hangs at a service point: a meter comes off, another goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.makers import spellings
from ubtui.db.models import record
from ubtui.db.session import Row
from ubtui.detectors.meters import programme
from ubtui.detectors.readings.summaries import READS, days_between, faces, summarise
from ubtui.domain.errors import BadValue
from ubtui.domain.periods import ReadCycle
from ubtui.domain.register import Use, parse_multiplier
from ubtui.domain.sizes import inches
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit
from ubtui.services import orders, points
from ubtui.services.faces import told
from ubtui.services.points import Point
from ubtui.services.reads import moving, reason
from ubtui.services.reads.placing import add, measured, step

Count = Annotated[int, msgspec.Meta(ge=0, lt=10**12)]


class Exchange(Form, frozen=True, kw_only=True):
    """One meter comes off a point and another goes on, with what both showed."""

    point: Point
    maker: Annotated[str, msgspec.Meta(description="maker of the new meter", min_length=1, max_length=40)]
    serial: Annotated[str, msgspec.Meta(description="serial of the new meter", min_length=1, max_length=40)]
    removed_value: Annotated[Count | None, msgspec.Meta(description="last read of the old meter")] = None
    removed_value_2: Annotated[Count | None, msgspec.Meta(description="of its second register, if it has two")] = None
    unreadable: Annotated[
        bool, msgspec.Meta(description="yes if the old meter cannot be read: its last part is then estimated")
    ] = False
    on: Annotated[date | None, msgspec.Meta(description="day of the exchange; empty: today")] = None
    size: Annotated[str, msgspec.Meta(description="its size; empty: as the old one", max_length=20)] = ""
    model: Annotated[str, msgspec.Meta(description="its model", max_length=40)] = ""
    installed_value: Annotated[
        Count | None, msgspec.Meta(description="its first read; empty: 0, of a known meter its last read")
    ] = None
    dials: Annotated[
        Annotated[int, msgspec.Meta(ge=3, le=12)] | None, msgspec.Meta(description="turning digits; empty: as the old")
    ] = None
    unit: Annotated[str, msgspec.Meta(description="unit of one count; empty: as the old one", max_length=10)] = ""
    multiplier: Annotated[str, msgspec.Meta(description="counts times this; empty: as the old one", max_length=20)] = ""
    radio: Annotated[str, msgspec.Meta(description="number of its endpoint, if it has one", max_length=40)] = ""
    from_point: Annotated[str, msgspec.Meta(description="point it hangs at in the record, if it was swapped")] = ""
    sure: Annotated[
        bool, msgspec.Meta(description="yes if the reads are right though they cannot both be: they are held then")
    ] = False
    reason: Annotated[str, msgspec.Meta(description="why: age, stopped, swapped", min_length=3, max_length=500)]


class Exchanged(msgspec.Struct, frozen=True):
    """Both meters, each part's use in billing units, None where it is not known, and what each face counts.

    `moved` are reads that were entered for the old meter and are the new one's, guesses among them struck;
    `estimated` says that the old meter's last part is one; `doubts` are what of its reads cannot be, and is held, and
    a first read that is another than the last that is known of the meter.
    """

    point: str
    removed: str
    installed: str
    on: date
    usage: int | None
    new_usage: int | None = None
    old_face: str = ""
    new_face: str = ""
    first_read: int = 0
    estimated: bool = False
    moved: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Old:
    """What hangs at the point: its install, meter, and registers as (id, n, dials, zeros, num, den, unit)."""

    install: int
    meter: int
    name: str
    size: str
    since: str
    registers: list[Row]


@act("meter.exchange")
def exchange(work: Work, form: Exchange) -> Exchanged:
    """Exchange a point's meter in one act: last read, end of the old install, the new one, its first read, endpoint.

    Where nothing hangs, a meter is set. A meter that the record has elsewhere is moved here when `from_point` says
    so; that point then waits for its own exchange. An open order to exchange it is done with this. Reads that were
    taken since were of the new meter: they are moved to it and judged again. Refused where they cannot be its own,
    unless somebody is `sure`.
    """
    point, why, on = points.found(work, form.point), reason(form.reason), form.on or work.today
    if on > work.today:
        raise Refused(f"{on} is still to come", rule="exchanges", cure="give today or a day before")
    orders.sensible(work, point[0], form.point, "exchange")
    old = _hanging(work, point[0], form.point)
    if old is not None and on.isoformat() < old.since:
        raise Refused(f"{old.name} hangs there since {old.since}", rule="exchanges", cure="give a later day")
    maker, serial = (" ".join(clean_text(text, 40).split()) for text in (form.maker, form.serial))
    made, makers = spellings(work.db, maker, serial)
    spelled = f"SELECT maker FROM meter WHERE serial = ? AND maker{made} AND placeholder = 0 ORDER BY id DESC LIMIT 1"
    maker = work.db.value(spelled, [serial, *makers]) or maker
    meter, registers = _incoming(work, form, maker, serial, old or _hung(work, point[0]), on)
    dials = work.db.value("SELECT MIN(dials) FROM register WHERE meter_id = ?", [meter])
    if (form.installed_value or 0) >= 10**dials:
        raise Refused(f"{form.installed_value} does not fit {dials} dials", rule="register face", cure="read it again")
    chains = _chains(work, old)
    later = moving.since(work.db, chains, on) if old is not None else ()
    period = later[0][4] if later else _period(work, point[0], on)
    estimated = False
    if old is not None:
        estimated = _removal(work, form, point[0], old, chains, period, on)
        work.db.run("UPDATE install SET off_date = ? WHERE id = ?", [on.isoformat(), old.install])
        work.db.run("UPDATE endpoint SET to_on = ? WHERE meter_id = ? AND to_on IS NULL", [on.isoformat(), old.meter])
        work.touch("meter", old.name)
    work.db.insert(record.Install, meter_id=meter, point_id=point[0], on_date=on)
    _endpoint(work, clean_text(form.radio, 40).strip(), meter, on)
    first, others = _first_reads(work, registers, form.installed_value, f"{maker}/{serial}", on)
    for register, value in first.items():
        like = (register, on.isoformat(), 1, point[0], period, None, None, None, "installation", "A")
        add(work, like, on.isoformat(), value, Use(None))
    gone = [row[0] for row in old.registers] if old else []
    moving.moved(work, later, dict(zip(gone, registers, strict=False)), f"{maker}/{serial}", why)
    step(work.db, registers[0], on.isoformat())
    summarise(work.db, [*registers, *gone])
    last, since = moving.doubts(work, point[0], gone, registers, on)
    if since and not form.sure:
        raise Refused(
            "; ".join((*last, *since)), rule="both parts are billed",
            cure="look at the day, at the last read and at the first; if they are right all the same, say sure",
        )  # fmt: skip
    done = Exchanged(
        form.point, old.name if old else "", f"{maker}/{serial}", on,
        moving.used(work.db, gone, on, "removal"), moving.used(work.db, registers, on, "regular"),
        _face_of(work, old.meter) if old else "", _face_of(work, meter), first[registers[0]], estimated,
        tuple(f"{row[1]}: {moving.told(row)} for {row[4]}" for row in later), (*last, *since, *others),
    )  # fmt: skip
    orders.finish(work, point[0], form.point, "exchange", on, f"{maker}/{serial} set")
    points.touch(work, form.point)
    orders.touch_reported(work, point[0], serial)
    _touch_programme(work)
    work.touch("meter", f"{maker}/{serial}")
    work.fact(point=form.point, removed=old.name if old else "", installed=f"{maker}/{serial}", on=on.isoformat())
    work.detail(
        reason=why, removed_value=form.removed_value, installed_value=done.first_read, usage=done.usage,
        new_usage=done.new_usage, estimated=done.estimated, moved=done.moved, doubts=done.doubts,
    )  # fmt: skip
    return done


def _first_reads(
    work: Work, registers: list[int], told: int | None, meter: str, on: date
) -> tuple[dict[int, int], list[str]]:
    """What each register of a meter that goes on begins with, and where that is another than the record knows last.

    What is not told is the last read up to that day, of a meter that never hung 0.
    """
    begins, doubts = {}, []
    for register in registers:
        known = work.db.rows(READS.format("?"), [register])
        last = next((row for row in reversed(known) if row[5] is not None and row[1] <= on.isoformat()), None)
        begins[register] = told if told is not None else last[5] if last is not None else 0
        if last is not None and begins[register] != last[5]:
            doubts.append(f"{meter} showed {last[5]:,} on {last[1]}, and begins here with {begins[register]:,}")
    return begins, doubts


_CARRIED = (
    "SELECT m.id, m.maker, m.serial, p.number FROM endpoint e JOIN meter m ON m.id = e.meter_id"
    " LEFT JOIN live_install i ON i.meter_id = m.id AND i.off_date IS NULL"
    " LEFT JOIN service_point p ON p.id = i.point_id"
    " WHERE e.radio = ? AND e.to_on IS NULL ORDER BY p.number IS NULL, m.id"
)


def _endpoint(work: Work, radio: str, meter: int, on: date) -> None:
    """Put an endpoint on a meter; Refused where one that hangs somewhere carries it, for a file names both by it."""
    carried = work.db.rows(_CARRIED, [radio]) if radio else []
    other = next((row for row in carried if row[0] != meter and row[3]), None)
    if other is not None:
        raise Refused(
            f"radio {radio} is on {other[1]}/{other[2]}, which hangs at {other[3]}", rule="one radio, one meter",
            cure="read its number again, or leave it empty until that one is put right",
        )  # fmt: skip
    if radio and all(row[0] != meter for row in carried):
        work.db.insert(record.Endpoint, meter_id=meter, radio=radio, from_on=on)


def _touch_programme(work: Work) -> None:
    run = programme(work.today)
    work.touch(run.type, run.key)


def _hanging(work: Work, point_id: int, point: str) -> _Old | None:
    rows = work.db.rows(
        "SELECT i.id, m.id, m.maker, m.serial, m.size, i.on_date FROM live_install i JOIN meter m ON m.id = i.meter_id"
        " WHERE i.point_id = ? AND i.off_date IS NULL ORDER BY i.on_date",
        [point_id],
    )
    if len(rows) > 1:
        names = ", ".join(f"{row[2]}/{row[3]}" for row in rows)
        raise Refused(f"{point} has {names} on it", rule="exchanges", cure="one point, one meter: put the record right")
    if not rows:
        return None
    return _told(work, rows[0])


def _hung(work: Work, point_id: int) -> _Old | None:
    """The meter that hung there last, where none hangs now: what is not told of the new one is as it was."""
    row = work.db.one(
        "SELECT i.id, m.id, m.maker, m.serial, m.size, i.on_date FROM live_install i JOIN meter m ON m.id = i.meter_id"
        " WHERE i.point_id = ? AND i.off_date IS NOT NULL ORDER BY i.off_date DESC, i.id DESC LIMIT 1",
        [point_id],
    )
    return _told(work, row) if row is not None else None


def _told(work: Work, row: Row) -> _Old:
    install, meter, maker, serial, size, since = row
    registers = work.db.rows(
        "SELECT id, n, dials, fixed_zeros, mult_num, mult_den, unit FROM register WHERE meter_id = ? ORDER BY n",
        [meter],
    )
    return _Old(install, meter, f"{maker}/{serial}", size, since, registers)


def _incoming(work: Work, form: Exchange, maker: str, serial: str, old: _Old | None, on: date) -> tuple[int, list[int]]:
    """The meter that goes on, known or new, and its registers."""
    known = work.db.rows(
        "SELECT m.id, p.number, i.id FROM meter m LEFT JOIN live_install i ON i.meter_id = m.id AND i.off_date IS NULL"
        " LEFT JOIN service_point p ON p.id = i.point_id WHERE m.maker = ? AND m.serial = ?"
        " ORDER BY (p.number IS NULL), m.id DESC",
        [maker, serial],
    )
    if known:
        meter, hangs, install = known[0]
        if hangs == form.point:
            raise Refused(f"{maker}/{serial} hangs at {form.point}", rule="exchanges", cure="give the new serial")
        if hangs and hangs != form.from_point.strip():
            raise Refused(
                f"{maker}/{serial} hangs at {hangs} in the record",
                rule="one meter, one place",
                cure=f"read the serial again; if it was swapped, name {hangs} as the point it comes from",
            )
        if hangs:
            work.db.run("UPDATE install SET off_date = ? WHERE id = ?", [on.isoformat(), install])
            points.touch(work, hangs)
        known_faces = work.db.rows("SELECT id FROM register WHERE meter_id = ? ORDER BY n", [meter])
        return int(meter), [row[0] for row in known_faces]
    if form.from_point.strip():
        raise Refused(f"no meter {maker}/{serial} hangs at {form.from_point}", rule="exchanges", cure="leave it empty")
    size = clean_text(form.size, 20).strip() or (old.size if old else "")
    if inches(size) is None:
        raise Refused(f"{size!r} is no meter size", rule="exchanges", cure="write inches: 5/8, 1, 1.5")
    faces_ = _faces(form, old)
    meter = work.db.insert(record.Meter, maker=maker, serial=serial, size=size)
    if named := clean_text(form.model, 40).strip():  # `model` is a word of insert's own
        work.db.run("UPDATE meter SET model = ? WHERE id = ?", [named, meter])
    return meter, [
        work.db.insert(
            record.Register, meter_id=meter, n=n, dials=dials, fixed_zeros=zeros, mult_num=num, mult_den=den, unit=unit
        )
        for n, dials, zeros, num, den, unit in faces_
    ]


def _faces(form: Exchange, old: _Old | None) -> list[tuple[int, int, int, int, int, str]]:
    """The registers of a new meter: as told, and where nothing is told as the old one's."""
    before = [row[1:] for row in old.registers] if old else []
    if not (form.dials or form.unit or form.multiplier) and before:
        faces_ = [tuple(row) for row in before]
    else:
        first = before[0] if before else (1, form.dials, 0, 1, 1, form.unit)
        dials, unit = form.dials or first[1], form.unit.strip() or first[5]
        if dials is None or not unit:
            raise Refused("nothing hung there to be like", rule="exchanges", cure="give dials and unit")
        try:
            ratio = parse_multiplier(form.multiplier) if form.multiplier.strip() else Fraction(first[3], first[4])
            unit = str(Unit.parse(unit))
        except BadValue as exc:
            raise Refused(f"the new face: {exc}", rule="register face", cure="take it from the dial") from exc
        faces_ = [(1, dials, first[2] if not form.dials else 0, ratio.numerator, ratio.denominator, unit)]
    return [(n, d, z, a, b, u) for n, d, z, a, b, u in faces_]


def _chains(work: Work, old: _Old | None) -> dict[int, list[Row]]:
    """The reads of each register of the old meter (rows of READS), oldest first."""
    return {row[0]: work.db.rows(READS.format("?"), [row[0]]) for row in (old.registers if old else ())}


def _removal(
    work: Work, form: Exchange, point_id: int, old: _Old, chains: Mapping[int, list[Row]], period: str, on: date
) -> bool:
    """The old meter's last reads, against those before the exchange; held where one stands lower. If any is a guess."""
    guessed = False
    values = (form.removed_value, form.removed_value_2)
    if len(old.registers) < 2 and form.removed_value_2 is not None:
        raise Refused(f"{old.name} has one register", rule="exchanges", cure="give one last read")
    known = faces(work.db, {row[0]: point_id for row in old.registers})
    for n, row in enumerate(old.registers):
        value, source = values[n] if n < len(values) else None, "A"
        before = [r for r in chains[row[0]] if r[1] <= on.isoformat()]
        prev, (face, unit) = before[-1] if before else None, known[row[0]]
        if value is None and (prev is None or prev[5] is None):
            continue  # nothing was ever read of it that a last read could be measured against
        if value is not None and form.unreadable and n == 0:
            raise Refused("a last read is given", rule="exchanges", cure="say that it cannot be read, or give its read")
        if value is not None and value >= face.limit:
            raise Refused(f"{value} does not fit {face.dials} dials", rule="register face", cure="read it again")
        if value is None:
            if not form.unreadable:
                raise Refused(
                    f"the last read of {old.name}{' register 2' if n else ''} is missing", rule="both parts are billed",
                    cure="give what it showed; if it cannot be read say so, and its last part is estimated",
                )  # fmt: skip
            assert prev is not None
            value, use = moving.guessed(work, prev, face, unit, period, on)
            source, guessed = "E", True
        else:
            use = measured(face, unit, prev, value)
        days = days_between(prev[1], on.isoformat()) if prev else None
        like = (row[0], on.isoformat(), 1, point_id, period, None, None, None, "removal", source)
        add(work, like, on.isoformat(), value, use, days=days)
    return guessed


def _face_of(work: Work, meter: int) -> str:
    """What a meter's registers count, in words: `6 dials, ccf`; `5 dials, 10 gal`."""
    return " and ".join(
        told(*row)
        for row in work.db.rows(
            "SELECT dials, fixed_zeros, mult_num, mult_den, unit FROM register WHERE meter_id = ? ORDER BY n", [meter]
        )
    )


def _period(work: Work, point_id: int, on: date) -> str:
    """The period whose bill takes the reads of an exchange: the next that has no regular read yet."""
    row = work.db.one(
        "SELECT c.code, c.months, c.first_month, c.read_day, c.bill_day FROM live_service s"
        " JOIN account a ON a.id = s.account_id JOIN cycle c ON c.id = a.cycle_id WHERE s.point_id = ?"
        " ORDER BY s.to_on IS NULL DESC, s.from_on DESC, s.id LIMIT 1",
        [point_id],
    )
    if row is None:
        raise Refused("the point was never served", rule="exchanges", cure="begin its service first")
    cycle = ReadCycle(*row)
    near = cycle.period_of(on)
    taken = near is not None and work.db.value(
        "SELECT 1 FROM live_read WHERE point_id = ? AND period = ? AND kind = 'regular' AND status <> 'void'"
        " AND read_on <= ?",
        [point_id, near, on.isoformat()],
    )
    if near is None or not taken:
        return near or cycle.coming(on)[0]
    read_on = cycle.named(near)
    assert read_on is not None
    return cycle.coming(read_on + timedelta(days=1))[0]

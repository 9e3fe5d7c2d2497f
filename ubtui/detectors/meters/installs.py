"""Meters: one serial in two places, old ones, those nobody finds; and orders that are late."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from ubtui.db.makers import spellings
from ubtui.db.session import Session
from ubtui.detectors.base import Ask, Detector, Found, Parameter, marks
from ubtui.domain.scales import Scale
from ubtui.domain.sizes import inches
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text

PROGRAMME = "meter-programme"
LARGE = Fraction(3, 2)
"""Inches from which meters are tested instead of replaced by age (AWWA M6)."""


def programme(day: date) -> Subject:
    """The year's meters to replace and to test."""
    return Subject("run", f"{PROGRAMME}/{day:%Y}")


def serial_twice(ask: Ask) -> Iterable[Found]:
    """M07: the crew, or a row that an import kept back, has a serial where the record has it live elsewhere."""
    keys = ask.keys("meter")
    if keys is not None and not keys:
        return
    serials = None if keys is None else sorted({key.partition("/")[2] for key in keys})
    seen: set[str] = set()
    for key, point, live, why, more in (*_reported(ask, serials), *_staged(ask, serials)):
        if key not in seen and key.isprintable() and (keys is None or key in keys):
            seen.add(key)
            yield Found(key, "", "Serial in two places", why, {"live": live, **more, "reads": []}, point_id=point)


_Twice = tuple[str, int, str, str, dict[str, Any]]


def _reported(ask: Ask, serials: Sequence[str] | None) -> Iterator[_Twice]:
    only = "" if serials is None else f" AND o.found_serial IN ({marks(serials)})"
    newer = (
        "EXISTS(SELECT 1 FROM field_order n WHERE n.point_id = o.point_id AND n.state = 'done'"
        " AND n.found_serial IS NOT NULL AND (n.done_on, n.id) > (o.done_on, o.id))"
    )
    settled = (
        "EXISTS(SELECT 1 FROM live_install j JOIN meter k ON k.id = j.meter_id WHERE j.point_id = o.point_id"
        " AND j.off_date IS NULL AND (k.serial = o.found_serial OR j.on_date > o.done_on))"
    )
    for maker, serial, point, live, order, there, on in ask.db.rows(
        "SELECT m.maker, m.serial, p.id, p.number, o.number, q.number, o.done_on FROM field_order o"
        " JOIN meter m ON m.serial = o.found_serial JOIN live_install i ON i.meter_id = m.id AND i.off_date IS NULL"
        " AND i.point_id <> o.point_id JOIN live_point p ON p.id = i.point_id"
        " JOIN service_point q ON q.id = o.point_id"
        f" WHERE o.state = 'done' AND o.found_serial IS NOT NULL{only} AND NOT {newer} AND NOT {settled}"
        " ORDER BY o.done_on DESC, o.id DESC",
        list(serials or ()),
    ):
        why = f"{order} found {serial} at {there} on {on}; the record has it at {live}"
        yield f"{maker}/{serial}", point, live, why, {"order": order, "found_at": there, "found_on": on}


def _staged(ask: Ask, serials: Sequence[str] | None) -> Iterator[_Twice]:
    rows = ask.db.rows(
        "SELECT s.id, s.fields, b.source, s.row_no FROM staged_row s JOIN batch b ON b.id = s.batch_id"
        " AND b.released_at IS NOT NULL WHERE s.kind = 'meters' AND s.reason = 'serial-installed'"
        " AND s.state = 'staged' ORDER BY s.id"
    )
    for row, texts, source, line in rows:
        said = json.loads(texts)
        maker, serial = str(said.get("maker", "")).strip(), str(said.get("serial", "")).strip()
        if serials is not None and serial not in serials:
            continue
        made, makers = spellings(ask.db, maker, serial) if maker else (" <> ?", [""])
        live = ask.db.one(
            "SELECT m.maker, p.id, p.number FROM meter m JOIN live_install i ON i.meter_id = m.id"
            " AND i.off_date IS NULL JOIN live_point p ON p.id = i.point_id WHERE m.serial = ?"
            f" AND m.maker{made} ORDER BY m.id LIMIT 1",
            [serial, *makers],
        )
        if live is not None:
            there = str(said.get("point") or said.get("account") or "")
            why = f"{source}, row {line}, has {serial} at {clean_text(there, 40)}; the record has it at {live[2]}"
            yield f"{live[0]}/{serial}", live[1], live[2], why, {"row": row, "found_at": there, "source": source}


def order_late(ask: Ask) -> Iterable[Found]:
    """M08: a field order is past its day and nothing came back."""
    if (narrow := ask.only("order", "o.number")) is None:
        return
    only, keys = narrow
    grace = ask.whole("days")
    for number, kind, due, point, where, account, instructions in ask.db.rows(
        "SELECT o.number, o.kind, o.due_on, o.point_id, p.number, o.account_id, o.instructions FROM field_order o"
        f" JOIN service_point p ON p.id = o.point_id WHERE o.state = 'open' AND o.due_on < ?"
        f" AND NOT (o.kind = 'reread' AND o.item LIKE 'R%'){only}",
        [(ask.today - timedelta(days=min(grace, 3650))).isoformat(), *keys],
    ):
        days = (ask.today - date.fromisoformat(due)).days
        what = kind.replace("_", " ")
        yield Found(
            number, "", "Field order late", f"{what} at {where} was due {days} day{'' if days == 1 else 's'} ago",
            {"order": number, "kind": kind, "point": where, "due_on": due, "instructions": instructions, "reads": []},
            point_id=point, account_id=account, units=days, due_on=date.fromisoformat(due), due_source="the order",
        )  # fmt: skip


PROGRAMME_FROM = (
    "live_install i JOIN meter e ON e.id = i.meter_id JOIN live_point p ON p.id = i.point_id"
    " JOIN premise m ON m.id = p.premise_id LEFT JOIN route t ON t.id = p.route_id"
)
_DUE = "i.off_date IS NULL AND e.placeholder = 0 AND p.state = 'active'"


def is_large(size: str) -> bool:
    """Whether meters of a size, as the record spells it, are tested instead of replaced by age."""
    return (inches(size) or 0) >= LARGE


def programme_due(db: Session, year: int, life: Scale, test: Scale) -> tuple[str, list[Any]]:
    """The condition of being due in a year over PROGRAMME_FROM, and its values: scales of years by inches.

    Meters in place, and large ones not tested, for their size's years by the end of the year.
    """
    small, large = (_by_end(db, year, years, of) for years, of in ((life, False), (test, True)))
    told = [(f"i.on_date <= ? AND e.size IN ({marks(sizes)})", end, sizes) for end, sizes in small.items()]
    since = "COALESCE(e.tested_on, i.on_date)"
    told += [(f"{since} <= ? AND e.size IN ({marks(sizes)})", end, sizes) for end, sizes in large.items()]
    any_of = " OR ".join(f"({sql})" for sql, _, _ in told) or "1 = 0"
    return f"{_DUE} AND ({any_of})", [value for _, end, sizes in told for value in (end, *sizes)]


def _by_end(db: Session, year: int, years: Scale, large: bool) -> dict[str, list[str]]:
    """The sizes that the record has, as it spells them, by the last day on which what is due was set or tested."""
    out: dict[str, list[str]] = {}
    for (size,) in db.rows("SELECT DISTINCT size FROM meter ORDER BY size"):
        if is_large(size) is large:
            end = f"{max(1, year - int(years.at(inches(size) or 0))):04d}-12-31"
            out.setdefault(end, []).append(size)
    return out


def meter_age(ask: Ask) -> Iterable[Found]:
    """M10: meters whose year to be replaced, and large ones whose year to be tested, has come: one programme a year."""
    subject = programme(ask.today)
    if not ask.wants(subject):
        return
    life, test = ask.scales("life_years").base, ask.scales("test_years").base
    due = "live_install i CROSS JOIN meter e CROSS JOIN live_point p"
    joined = f"{_DUE} AND e.id = i.meter_id AND p.id = i.point_id"
    small = sum(
        int(ask.db.value(
            f"SELECT COUNT(*) FROM {due} WHERE {joined} AND i.on_date <= ? AND e.size IN ({marks(sizes)})",
            [end, *sizes],
        ))
        for end, sizes in _by_end(ask.db, ask.today.year, life, False).items()
    )  # fmt: skip
    large = sum(
        int(ask.db.value(
            f"SELECT COUNT(*) FROM meter e CROSS JOIN live_install i CROSS JOIN live_point p WHERE {joined}"
            f" AND e.size IN ({marks(sizes)}) AND COALESCE(e.tested_on, i.on_date) <= ?",
            [*sizes, end],
        ))
        for end, sizes in _by_end(ask.db, ask.today.year, test, True).items()
    )  # fmt: skip
    if small or large:
        age = "their size's years" if life.steps else f"{life} years or more"
        told = [f"{small:,} in place {age}"] if small else []
        told += [f"{large:,} large ones not tested in time"] if large else []
        yield Found(
            subject.key, "", "Meter programme", f"{small + large:,} meters due in {ask.today.year}: {', '.join(told)}",
            {"replace": small, "test": large, "life_years": str(life), "test_years": str(test), "reads": []},
            subject_type="run", units=small + large, due_on=date(ask.today.year, 12, 31), due_source="year's programme",
        )  # fmt: skip


def unplaced(ask: Ask) -> Iterable[Found]:
    """M13: nobody wrote down where the meter of an active point is found."""
    if (narrow := ask.only("point", "p.number")) is None:
        return
    only, keys = narrow
    for number, point, address in ask.db.rows(
        "SELECT p.number, p.id, m.address FROM live_point p JOIN premise m ON m.id = p.premise_id"
        f" WHERE p.state = 'active' AND COALESCE(TRIM(p.location_note), '') = ''{only}"
        " AND EXISTS(SELECT 1 FROM live_install i JOIN meter e ON e.id = i.meter_id AND e.placeholder = 0"
        " WHERE i.point_id = p.id AND i.off_date IS NULL)",
        keys,
    ):
        yield Found(
            number, "", "Meter location missing", f"no note says where the meter at {clean_text(address, 60)} is",
            {"address": address, "reads": []}, point_id=point, due_source="data quality",
        )  # fmt: skip


def meters_of_row(db: Session, fields: str, today: date) -> list[Subject]:
    """The live meters of the serial that a staged row of meters names, and the year's programme."""
    serial = str(json.loads(fields).get("serial", "")).strip()
    rows = db.rows(_LIVE + " WHERE m.serial = ?", [serial])
    return [programme(today), *(Subject("meter", f"{maker}/{same}") for maker, same in rows)]


def concerned(db: Session, batch_id: int, today: date) -> Iterator[Subject]:
    """What a released batch of any kind concerns of this room: parcels with rights, meters, rounds and programmes."""
    row = db.one("SELECT kind FROM batch WHERE id = ?", [batch_id])
    kind = row[0] if row else ""
    if kind in ("accounts", "meters"):
        of = "p.batch_id" if kind == "accounts" else "i.batch_id"
        for (apn,) in db.rows(
            "SELECT DISTINCT x.apn FROM parcel x JOIN parcel_right r ON r.parcel_id = x.id JOIN premise m"
            " ON m.parcel_id = x.id JOIN service_point p ON p.premise_id = m.id"
            f" LEFT JOIN install i ON i.point_id = p.id WHERE {of} = ?",
            [batch_id],
        ):
            yield Subject("parcel", apn)
    if kind == "meters":
        yield programme(today)
        reported = "SELECT o.found_serial FROM field_order o WHERE o.found_serial IS NOT NULL"
        for maker, serial in db.rows(f"{_LIVE} WHERE i.batch_id = ? AND m.serial IN ({reported})", [batch_id]):
            yield Subject("meter", f"{maker}/{serial}")
        for (fields,) in db.rows(
            "SELECT fields FROM staged_row WHERE batch_id = ? AND reason = 'serial-installed'", [batch_id]
        ):
            yield from meters_of_row(db, fields, today)[1:]


_LIVE = "SELECT m.maker, m.serial FROM meter m JOIN live_install i ON i.meter_id = m.id AND i.off_date IS NULL"


DETECTORS = (
    Detector(
        "M07", "Serial in two places", ("meter",),
        "the newest report of an order, or a staged row, has a serial at a point, and the record has it live elsewhere",
        "One customer is billed for another's water.", ("meter.exchange", "order.correct", "staged.decide"),
        "meter data imports", serial_twice,
    ),
    Detector(
        "M08", "Field order late", ("order",),
        "an open order is > days past its due day; what a reading's item sent a reader out for is R24's",
        "What waits for the field stays undone.", ("order.result", "order.move", "order.cancel"),
        "the day that the order was given",
        order_late, parameters={"days": Parameter("0", "days", "that an order may be late")},
    ),
    Detector(
        "M10", "Meter programme", ("run",),
        "meters under 1-1/2 inches in place for life_years, larger ones not tested for test_years, by inches, by the"
        " end of the year: one item a year",
        "Old meters give water away.", ("order.round", "meter.exchange", "meter.test"),
        "AWWA M6: small meters are replaced by age, large ones are tested", meter_age,
        parameters={
            "life_years": Parameter("20", "years", "that a small meter stays, by its inches", scale=True),
            "test_years": Parameter(
                "4 below 3, 3 below 4, 2 below 6, 1", "years", "between tests of a large meter, by its inches",
                scale=True,
            ),
        },
    ),
    Detector(
        "M13", "Meter location missing", ("point",), "an active point with a meter has no location note",
        "The crew looks for it at every visit.", ("point.place", "order.create"),
        "audits of districts: meters that cannot be found", unplaced,
        sla_days=30, project=True,
    ),
)  # fmt: skip

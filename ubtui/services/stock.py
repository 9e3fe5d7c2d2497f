"""The meters that the district has: what hangs where and since when, by size and age, and the life of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from ubtui.act import Look
from ubtui.db.makers import spellings
from ubtui.db.session import Row as Record
from ubtui.detectors.base import marks
from ubtui.detectors.meters import is_large
from ubtui.domain.errors import BadValue
from ubtui.domain.scales import Scales
from ubtui.domain.sizes import inches
from ubtui.domain.text import clean_text
from ubtui.services.listing import Column, Field, Listing, Row
from ubtui.services.meter_tests import TestLine, tests
from ubtui.services.runs import limits

BANDS: Final = (5, 10, 15, 20)
"""Years that part the meters by age: below the first, then up to each, then above the last."""


@dataclass(frozen=True, slots=True)
class AgeLine:
    """Meters of one size that hang somewhere, by the years since they were set."""

    size: str
    meters: int
    under_5: int
    under_10: int
    under_15: int
    under_20: int
    older: int
    oldest: date


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a meter: bought, set, tested, removed, a radio, an order."""

    on: date
    what: str
    point: str
    told: str


@dataclass(frozen=True, slots=True)
class Life:
    """A meter from its purchase on; `faces` are its registers in words, `use` what it counted, as text by unit.

    `due` says what the programme does with it and by when, for one that hangs somewhere.
    """

    meter: str
    model: str
    size: str
    state: str
    point: str
    faces: tuple[str, ...]
    use: str
    reads: int
    due: str
    events: tuple[Event, ...]
    tests: tuple[TestLine, ...]


_STATE = (
    "CASE WHEN i.id IS NOT NULL THEN 'set' WHEN EXISTS(SELECT 1 FROM live_install j WHERE j.meter_id = e.id)"
    " THEN 'removed' ELSE 'stock' END"
)


def _row(look: Look, cells: tuple[Any, ...]) -> Row:
    maker, serial, size, model, state, point, route, sequence, on, tested, bought = cells
    age = f"{_years(date.fromisoformat(on), look.today)}y" if on else ""
    walk = f"{route or ''}{'' if sequence is None else f'-{sequence}'}"
    return Row(
        (
            clean_text(f"{maker}/{serial}"), clean_text(size), clean_text(model or ""), state, point or "", walk,
            on or "", age, tested or "", bought or "",
        ),
        None if state == "set" else "dim",
    )  # fmt: skip


METERS = Listing(
    name="meters",
    columns=(
        Column("meter", "Meter", 18, grow=1), Column("size", "Size", 6),
        Column("model", "Model", 12, priority=3, grow=1),
        Column("state", "State", 7), Column("point", "Point", 8), Column("route", "Route", 8, priority=1),
        Column("set", "Set", 10), Column("age", "Age", 4, "right"), Column("tested", "Tested", 10),
        Column("bought", "Bought", 10, priority=2),
    ),
    source="meter e LEFT JOIN live_install i ON i.meter_id = e.id AND i.off_date IS NULL"
    " LEFT JOIN service_point p ON p.id = i.point_id LEFT JOIN route t ON t.id = p.route_id",
    id="e.id",
    cells=f"e.maker, e.serial, e.size, e.model, {_STATE}, p.number, t.code, p.sequence, i.on_date, e.tested_on,"
    " e.bought_on",
    row=_row,
    order=(("e.size", False), ("i.on_date", False), ("e.serial", False)),
    sorts={
        "meter": (("e.serial", False),), "size": (), "model": (("lower(COALESCE(e.model, ''))", False),),
        "state": ((_STATE, False),), "point": (("p.number", False),), "set": (("i.on_date", False),),
        "route": (("t.code", False), ("p.sequence", False)), "age": (("i.on_date", False),),
        "tested": (("e.tested_on", False),), "bought": (("e.bought_on", False),),
    },
    fields={"route": Field("t.code"), "age": Field("i.on_date", "age")},
    words={
        "title": "e.maker || '/' || e.serial || ' ' || e.size", "who": "e.model",
        "where": f"COALESCE(p.number, '') || ' ' || {_STATE}",
    },
    where="e.placeholder = 0",
)  # fmt: skip


def ages(look: Look) -> tuple[AgeLine, ...]:
    """The meters that hang somewhere by size, smallest first, and by years since they were set."""
    found: dict[str, list[date]] = {}
    for size, on in look.db.rows(
        "SELECT e.size, i.on_date FROM live_install i JOIN meter e ON e.id = i.meter_id"
        " WHERE i.off_date IS NULL AND e.placeholder = 0"
    ):
        found.setdefault(clean_text(size), []).append(date.fromisoformat(on))
    out = []
    for size, days in sorted(found.items(), key=lambda each: (inches(each[0]) or Fraction(0), each[0])):
        counts = [0] * (len(BANDS) + 1)
        for day in days:
            counts[sum(_years(day, look.today) >= band for band in BANDS)] += 1
        out.append(AgeLine(size, len(days), counts[0], counts[1], counts[2], counts[3], counts[4], min(days)))
    return tuple(out)


def _years(since: date, today: date) -> int:
    """Full years."""
    return max(0, today.year - since.year - ((today.month, today.day) < (since.month, since.day)))


def life(look: Look, key: str) -> Life:
    """Everything known of one meter (`maker/serial`, or a serial that only one has), the oldest first.

    Raises BadValue where it is not known, or several have that serial.
    """
    meter, maker, serial, model, size, bought, tested = _meter(look, key.strip())
    events: list[tuple[str, int, str, str, str]] = []  # day, place among those of a day, what, point, told
    if bought:
        events.append((bought, 0, "bought", "", ""))
    state, at = "stock", ""
    for on, off, point, reason in look.db.rows(
        "SELECT i.on_date, i.off_date, p.number, m.address FROM live_install i JOIN service_point p"
        " ON p.id = i.point_id JOIN premise m ON m.id = p.premise_id WHERE i.meter_id = ? ORDER BY i.on_date, i.id",
        [meter],
    ):
        events.append((on, 2, "set", point, _shown(look, meter, on, "installation") or clean_text(reason, 60)))
        state, at = ("removed", "") if off else ("set", point)
        if off:
            events.append((off, 1, "removed", point, _shown(look, meter, off, "removal")))
    for radio, on, off in look.db.rows("SELECT radio, from_on, to_on FROM endpoint WHERE meter_id = ?", [meter]):
        events.append((on, 3, "radio", "", clean_text(radio, 40)))
        events += [(off, 4, "radio off", "", clean_text(radio, 40))] if off else []
    for number, kind, on, point, note in look.db.rows(
        "SELECT o.number, o.kind, o.done_on, p.number, o.note FROM field_order o JOIN service_point p"
        " ON p.id = o.point_id WHERE o.meter_id = ? AND o.state = 'done'",
        [meter],
    ):
        what = f"order {kind.replace('_', ' ')}"
        events.append((on, 5, what, point, " ".join(filter(None, (number, clean_text(note or "", 120))))))
    done = tests(look, [meter])
    for test in done:
        measured = ", ".join(f"{each.flow} {each.error}" for each in test.flows)
        told = "; ".join(filter(None, (measured, test.note, f"by {test.tested_by}")))
        events.append(
            (test.tested_on.isoformat(), 6, "passed its test" if test.passed else "failed its test", "", told)
        )
    if tested and all(test.tested_on.isoformat() != tested or not test.passed for test in done):
        events.append((tested, 6, "passed its test", "", "as the record came"))
    faces = look.db.rows(
        "SELECT dials, fixed_zeros, mult_num, mult_den, unit FROM register WHERE meter_id = ? ORDER BY n", [meter]
    )
    use, reads = _use(look, meter)
    return Life(
        clean_text(f"{maker}/{serial}"), clean_text(model or ""), clean_text(size), state, at,
        tuple(_face(face) for face in faces), use, reads, _due(look, meter, size, tested) if state == "set" else "",
        tuple(Event(date.fromisoformat(on), what, point, told) for on, _, what, point, told in sorted(events)), done,
    )  # fmt: skip


def _meter(look: Look, key: str) -> Record:
    maker, slash, serial = key.rpartition("/")
    made, makers = spellings(look.db, maker, serial) if slash else ("", [])
    rows = look.db.rows(
        "SELECT id, maker, serial, model, size, bought_on, tested_on FROM meter WHERE serial = ? AND placeholder = 0"
        + (f" AND maker{made}" if slash else "") + " ORDER BY maker, id DESC",
        [serial, *makers],
    )  # fmt: skip
    if not rows:
        raise BadValue(f"Meter {clean_text(key, 60)!r} is not here: give its serial, or maker/serial.")
    names = list(dict.fromkeys(clean_text(f"{row[1]}/{row[2]}") for row in rows))
    if len(names) > 1:
        raise BadValue(f"Several makers have a meter {clean_text(key, 60)}: name one of {', '.join(names[:8])}.")
    return rows[0]


def _due(look: Look, meter: int, size: str, tested: str | None) -> str:
    """When the programme has it tested or replaced: the end of the year in which its size's years are over."""
    known = limits(look, "M10")
    what, name = ("test", "test_years") if is_large(size) else ("replace", "life_years")
    set_on = look.db.value("SELECT on_date FROM live_install WHERE meter_id = ? AND off_date IS NULL", [meter])
    since = (tested or set_on) if is_large(size) else set_on
    return f"{what} in {int(since[:4]) + int(Scales.among(known, name).base.at(inches(size) or 0))}"


def _shown(look: Look, meter: int, on: str, kind: str) -> str:
    """What its registers showed when it was set or removed."""
    rows = look.db.rows(
        "SELECT r.value, g.unit FROM register g JOIN live_read r ON r.register_id = g.id AND r.read_on = ?"
        " AND r.kind = ? AND r.status <> 'void' WHERE g.meter_id = ? AND r.value IS NOT NULL ORDER BY g.n, r.seq",
        [on, kind, meter],
    )
    return " and ".join(f"at {value:,} {unit}" for value, unit in rows)


def _use(look: Look, meter: int) -> tuple[str, int]:
    """What was billed or may be by its reads, by billing unit, and how many reads of it stand."""
    registers = [row[0] for row in look.db.rows("SELECT id FROM register WHERE meter_id = ?", [meter])]
    if not registers:
        return "", 0
    rows = look.db.rows(
        "SELECT COALESCE((SELECT MIN(s.unit) FROM live_service s WHERE s.point_id = r.point_id), '') AS u,"
        " CAST(COALESCE(SUM(CASE WHEN r.usage > 0 AND r.status <> 'held' THEN r.usage ELSE 0 END), 0) AS bigint),"
        f" COUNT(*) FROM live_read r WHERE r.register_id IN ({marks(registers)}) AND r.status <> 'void' GROUP BY 1",
        registers,
    )
    used = ", ".join(f"{use:,} {unit}".strip() for unit, use, _ in sorted(rows) if use)
    return used, sum(row[2] for row in rows)


def _face(face: Record) -> str:
    dials, zeros, num, den, unit = face
    times = "" if num == den else f" × {Fraction(num, den)}"
    return f"{dials} dials{f', {zeros} fixed zeros' if zeros else ''}{times} {unit}"

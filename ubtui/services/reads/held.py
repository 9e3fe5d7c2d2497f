"""Reads that are held: the list of them, what each is held by, what was expected of it, and its names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from ubtui.act import Look
from ubtui.detectors.base import decimal, marks, parts
from ubtui.detectors.readings.facts import ACCOUNT
from ubtui.detectors.readings.summaries import CLEARS
from ubtui.detectors.registry import CODES
from ubtui.domain.dates import format_day
from ubtui.domain.holds import PRIOR, held_for
from ubtui.domain.numbers import format_account
from ubtui.domain.periods import billed_on
from ubtui.domain.register import BELOW
from ubtui.domain.text import clean_text
from ubtui.services.listing import Column, Field, Listing, Query, Row, stream
from ubtui.services.reads import expecting

BADGE: Final = "R25"  # says that its bill is near, not what holds it
ALL: Final = "ALL"  # a filter that lets every held read through, in so many words
LIVE: Final = "('open', 'claimed', 'waiting')"
_ITEMS: Final = (
    "FROM work_item w WHERE w.subject_type = 'point' AND w.subject_key = p.number AND w.period = r.period"
    f" AND w.grp = 'R' AND w.state IN {LIVE}"
)
# The item that says what holds the read: of the code that does, else the weightiest.
_NAMED: Final = " ".join(
    f"WHEN r.held_code = '{word}' AND w.code IN ({', '.join(map(repr, codes))}) THEN 0"
    for word, codes in CLEARS.items()
)
_FIRST: Final = f"ORDER BY CASE {_NAMED} WHEN w.code = '{BADGE}' THEN 2 ELSE 1 END, w.priority DESC, w.code LIMIT 1"
_SAYS: Final = f"w.code <> '{BADGE}' AND (w.code <> '{PRIOR}' OR r.held_code = '{PRIOR}')"
_FOR: Final = f"COALESCE((SELECT w.code {_ITEMS} AND {_SAYS} {_FIRST}), r.held_code, '')"
# Register, day and number of a read as one number: it goes back to them without asking.
_ID: Final = (
    "(r.register_id * 1000000000000 + CAST(REPLACE(CAST(r.read_on AS text), '-', '') AS bigint) * 10000 + r.seq)"
)
_MONTH: Final = "SUBSTR(r.period, LENGTH(r.period) - 6)"
_SOURCE: Final = (
    "read_summary r JOIN service_point p ON p.id = r.point_id JOIN premise m ON m.id = p.premise_id"
    " JOIN register g ON g.id = r.register_id JOIN meter e ON e.id = g.meter_id LEFT JOIN route t ON t.id = p.route_id"
    f" LEFT JOIN account a ON a.id = {ACCOUNT} LEFT JOIN cycle c ON c.id = a.cycle_id"
)
# Of a counter past zero, as far as can be told, the use from there.
_USE: Final = "COALESCE(r.usage, CASE WHEN r.rollover = 1 THEN r.rollover_use END, r.raw_use)"
_CELLS: Final = (
    f"r.register_id, r.read_on, r.seq, r.period, r.value, {_USE}, r.held_code, p.number, p.sequence,"
    f" m.address, e.maker, e.serial, g.n, t.code, a.number, c.bill_day, {_FOR}"
)


_NAMES: Final = (
    "SELECT r.register_id, r.read_on, r.seq, p.number, g.n, m.maker, m.serial FROM read r JOIN service_point p"
    " ON p.id = r.point_id JOIN register g ON g.id = r.register_id JOIN meter m ON m.id = g.meter_id"
    " WHERE r.register_id IN ({}) AND r.read_on IN ({})"
)


def at(id: int) -> tuple[int, str, int]:
    """The register, day and number of the read behind a row's id."""
    register, rest = divmod(id, 1_000_000_000_000)
    day, seq = divmod(rest, 10_000)
    return register, f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}", seq


def _rows(look: Look, many: Sequence[tuple[Any, ...]]) -> list[Row]:
    known = expecting.of_reads(look, [cells[:3] for cells in many])
    return [_row(look, cells, each) for cells, each in zip(many, known, strict=True)]


def _row(look: Look, cells: tuple[Any, ...], known: expecting.Range) -> Row:
    (_, on, _, period, value, use, held, point, sequence, address, maker, serial, n, route, account, bill_day,
     code) = cells  # fmt: skip
    bill, read_on = billed_on(period, bill_day), date.fromisoformat(on)
    age = (look.today - read_on).days
    late = bill is not None and bill <= look.today
    walk = "" if not route else route if sequence is None else f"{route}-{sequence:04d}"
    span = "" if known.low is None else f"{_figure(known.low)}-{_figure(known.high)}"
    counter = f" {n}" if n > 1 else ""
    return Row(
        (
            walk, point, format_day(read_on, look.today), _figure(value), _figure(use), _figure(known.expected), span,
            code if code in CODES else "held", "" if bill is None else format_day(bill, look.today), f"{age}d",
            f"{clean_text(maker)}/{clean_text(serial)}{counter}", clean_text(address),
            format_account(account) if account else "",
            CODES[code].title if code in CODES else clean_text(held_for(held or "")),
        ),
        "danger" if late else None,
    )  # fmt: skip


def _figure(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


_BY_BILL: Final = ((f"{_MONTH}", False), ("c.bill_day", False))
_BY_WALK: Final = (("t.code", False), ("(p.sequence IS NULL)", False), ("p.sequence", False), ("p.number", False))
HELD: Final = Listing(
    name="held reads",
    columns=(
        Column("walk", "Route", 9), Column("point", "Point", 8), Column("on", "Read", 6),
        Column("value", "Value", 9, "right"), Column("use", "Use", 6, "right"),
        Column("expected", "Expect", 6, "right"), Column("range", "Range", 8, "right"), Column("for", "For", 4),
        Column("bill", "Bills", 6, priority=1), Column("age", "Age", 4, "right", priority=2),
        Column("meter", "Meter", 16, priority=5), Column("address", "Address", 18, grow=2, priority=6),
        Column("account", "Account", 8, priority=4), Column("why", "Held for", 20, grow=1, priority=3),
    ),
    source=_SOURCE,
    id=_ID,
    cells=_CELLS,
    row=lambda look, cells: _rows(look, [cells])[0],
    many=_rows,
    order=(*_BY_BILL, *_BY_WALK),
    sorts={
        "walk": _BY_WALK, "point": (("p.number", False),), "on": (("r.read_on", False),),
        "value": (("r.value", False),),
        "use": ((_USE, False),), "for": ((_FOR, False),), "bill": _BY_BILL,
        "age": (("r.read_on", True),), "meter": (("e.maker", False), ("e.serial", False)),
        "address": (("lower(m.address)", False),), "account": (("a.number", False),),
    },
    fields={
        "code": Field(_FOR, "exact"), "route": Field("t.code"), "cycle": Field("c.code"),
        "account": Field("a.number", "account"), "class": Field("a.customer_class"), "age": Field("r.read_on", "age"),
        "units": Field(f"COALESCE({_USE}, 0)", "number"),
    },
    words={
        "title": "p.number || ' ' || e.maker || '/' || e.serial || ' ' || COALESCE(r.held_code, '')",
        "where": "m.address", "account": "a.number",
    },
    where="r.status = 'held'",
)  # fmt: skip


class Named(NamedTuple):
    """A read by its names, as a form carries it and people read it."""

    point: str
    on: date
    seq: int
    register: int
    meter: str

    def __str__(self) -> str:
        return f"{self.point}/{self.on}/{self.seq}/{self.register}/{self.meter}"


def named(look: Look, ids: Sequence[int]) -> tuple[str, ...]:
    """The reads behind rows of the list, as `read.decide` takes them: POINT/DAY/NUMBER/REGISTER/MAKER/SERIAL."""
    keys = [at(id) for id in ids]
    names = {
        (register, on, seq): (point, n, f"{maker}/{serial}")
        for part in parts(sorted(set(keys)))
        for register, on, seq, point, n, maker, serial in _names(look, part)
    }
    out = []
    for key in keys:
        point, n, meter = names[key]
        out.append(str(Named(point, date.fromisoformat(key[1]), key[2], n, meter)))
    return tuple(out)


def _names(look: Look, keys: Sequence[tuple[int, str, int]]) -> list[tuple[Any, ...]]:
    registers, days = sorted({register for register, _, _ in keys}), sorted({on for _, on, _ in keys})
    return look.db.rows(_NAMES.format(marks(registers), marks(days)), [*registers, *days])


def wanted(look: Look, filter: str) -> tuple[str, ...]:
    """The held reads that a filter lets through (ALL: every one), in the list's order, as `read.decide` takes them."""
    filter = "" if filter.strip() == ALL else filter
    return named(look, [row[0] for row in stream(look, HELD, Query(filter), "r.register_id")])


def item_of(look: Look, id: int) -> int | None:
    """The item that says what holds the read of a row; None where none stands."""
    register, on, seq = at(id)
    found: int | None = look.db.value(
        f"SELECT w.id FROM read_summary r JOIN service_point p ON p.id = r.point_id JOIN work_item w"
        " ON w.subject_type = 'point' AND w.subject_key = p.number AND w.period = r.period AND w.grp = 'R'"
        f" AND w.state IN {LIVE} WHERE r.register_id = ? AND r.read_on = ? AND r.seq = ? {_FIRST}",
        [register, on, seq],
    )
    return found


def correction(look: Look, id: int) -> dict[str, str]:
    """What a correction of a row's read knows already, as `read.review` takes it."""
    point, on, seq, register, meter = named(look, [id])[0].split("/", 4)
    code = look.db.value(f"SELECT {_FOR} FROM {_SOURCE} WHERE {_ID} = ?", [id])
    code = code if code in CODES and code != PRIOR else CLEARS[BELOW][0]
    return {"point": point, "read_on": on, "seq": seq, "meter": meter, "register": register, "code": code}


def explained(look: Look, id: int) -> tuple[tuple[str, str], ...]:
    """What the read of a row was judged by: itself, the read before, what was expected, what holds it."""
    register, on, seq = at(id)
    (period, value, use, past, days, prev_on, prev_value, prev_usage, ly_on, ly_usage, avg, held, unit,
     source) = look.db.rows(
        f"SELECT r.period, r.value, {_USE}, r.usage IS NULL AND r.rollover = 1, r.days, r.prev_on, r.prev_value,"
        " r.prev_usage,"
        " r.ly_on, r.ly_usage, r.avg_milli, r.held_code, (SELECT MIN(x.unit) FROM live_service x"
        " WHERE x.point_id = r.point_id AND x.to_on IS NULL), r.source"
        " FROM read_summary r WHERE r.register_id = ? AND r.read_on = ? AND r.seq = ?",
        [register, on, seq],
    )[0]  # fmt: skip
    known = expecting.of_read(look, register, on, seq)
    unit = unit or look.district.billing_unit
    lines = [
        ("read", f"{_figure(value) or 'no value'} on {on}, period {period}" + (", estimated" if source == "E" else "")),
        ("before", f"{_figure(prev_value) or 'no value'} on {prev_on}, use {_figure(prev_usage) or 'unknown'}"
         if prev_on else "nothing"),
        ("use", f"{_figure(use) or 'unknown'} {unit} in {days or 'unknown'} days" + (", if past zero" if past else "")),
        ("expected", "nothing is known to compare it with" if known.expected is None
         else f"{known.expected:,} {unit}, {_figure(known.low)} to {_figure(known.high)}"),
    ]  # fmt: skip
    if known.low_value is not None:
        lines.append(("so the dial shows", f"{known.low_value:,} to {_figure(known.high_value)}"))
    if ly_on:
        lines.append(("a year ago", f"{_figure(ly_usage)} {unit}, read {ly_on}"))
    if avg is not None:
        lines.append(("average", f"{decimal(avg)} {unit} of actual reads, over as many days"))
    lines.append(("held for", clean_text(held_for(held or "no code"))))
    for code, why in look.db.rows(
        f"SELECT w.code, w.why FROM read_summary r JOIN service_point p ON p.id = r.point_id JOIN work_item w"
        " ON w.subject_type = 'point' AND w.subject_key = p.number AND w.period = r.period AND w.grp = 'R'"
        f" AND w.state IN {LIVE} WHERE r.register_id = ? AND r.read_on = ? AND r.seq = ? ORDER BY w.priority DESC",
        [register, on, seq],
    ):
        lines.append((code, clean_text(why)))
    return tuple(lines)


def tally(look: Look) -> tuple[int, int]:
    """How many reads are held, and of them past the day their period is billed."""
    rows = look.db.rows(f"SELECT r.period, c.bill_day FROM {_SOURCE} WHERE r.status = 'held'")
    bills = (billed_on(period, day) for period, day in rows)
    return len(rows), sum(bill is not None and bill <= look.today for bill in bills)

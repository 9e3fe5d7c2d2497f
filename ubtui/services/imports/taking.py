"""What all kinds of import share: a line of a file, the verdict on it, ids, and rows collected for one bulk write."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from ubtui.act import Look
from ubtui.db.models.record import Route
from ubtui.db.session import Session
from ubtui.exchange import fields
from ubtui.exchange.fields import FieldFault, cards, convert, masked, numbers
from ubtui.exchange.profile import Kind, Layout, Profile
from ubtui.exchange.rows import Block, RawRow, Reading
from ubtui.settings import District

State = Literal["accepted", "held", "staged", "passed"]
CHUNK: Final = 500
"""Rows of a file that are judged and written at once, so that others at their desks come in between."""
_ASKED: Final = 500
LONGEST_RAW: Final = 20_000

# Tables in the order in which their rows may be written, with the columns an import fills.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "parcel": ("id", "apn", "county", "situs", "legal", "batch_id"),
    "county_owner": ("parcel_id", "as_of", "name", "source", "batch_id"),
    "party": (
        *("id", "kind", "name", "search_name", "phone", "email", "mail_line1", "mail_line2", "mail_city"),
        *("mail_state", "mail_zip", "batch_id"),
    ),
    "premise": ("id", "parcel_id", "address", "city", "zip", "customer_class", "batch_id"),
    "service_point": ("id", "number", "premise_id", "route_id", "sequence", "batch_id"),
    "account": ("id", "number", "cycle_id", "customer_class", "opened_on", "batch_id"),
    "account_role": ("id", "account_id", "party_id", "role", "from_on", "batch_id"),
    "account_parcel": ("account_id", "parcel_id"),
    "service": (
        *("id", "account_id", "point_id", "kind", "rate_code", "unit", "customer_class", "from_on", "batch_id"),
    ),
    "meter": ("id", "maker", "serial", "model", "size", "placeholder", "batch_id"),
    "register": ("id", "meter_id", "dials", "mult_num", "mult_den", "unit"),
    "endpoint": ("id", "meter_id", "radio", "from_on"),
    "install": ("id", "meter_id", "point_id", "on_date", "batch_id"),
    "external_id": ("system", "kind", "value", "subject_type", "subject_id"),
    "read": (
        *("register_id", "read_on", "seq", "point_id", "period", "value", "usage", "days", "source", "status"),
        *("held_code", "trouble_code", "entered_by", "entered_at", "batch_id", "row_no"),
    ),
    "staged_row": (
        *("batch_id", "row_no", "kind", "reason", "sentence", "raw", "fields", "point_id", "account_id"),
        *("register_id", "period", "stranger", "cents"),
    ),
    "linked_row": ("batch_id", "row_no", "serial"),
}


@dataclass(slots=True)
class Line:
    """One data row: where it stands, its texts by field, their values, and what is wrong with them."""

    row_no: int
    line: int
    cells: Sequence[str]
    texts: dict[str, str]
    values: dict[str, Any]
    fault: FieldFault | None = None
    cents: int = 0


def line_of(raw: RawRow, reading: Reading) -> Line:
    """A row of a file with its fields read; card numbers in them are masked, and are its fault."""
    assert reading.layout is not None
    if raw.fault:
        return _bad_row(raw, reading.layout)
    texts = reading.layout.texts(raw.cells)
    values, faults = convert(reading.profile, texts)
    if hidden := cards(reading.profile, texts, values):
        texts = {field: masked(text) if field in hidden else text for field, text in texts.items()}
        said = f"{hidden[0]} holds what looks like a payment card number, which is never kept"
        faults = [FieldFault(hidden[0], "card-number", said)]
    line = Line(raw.row_no, raw.line, raw.cells, texts, values, faults[0] if faults else None)
    line.cents = values.get("charge", 0)
    return line


class Page:
    """Rows of a file in columns: their values by field, None where one is empty, and the places of rows that are to be
    looked at alone, as a `Line`."""

    __slots__ = ("block", "odd", "reading", "values")

    def __init__(self, block: Block, reading: Reading) -> None:
        assert reading.layout is not None
        self.block, self.reading = block, reading
        empty = [""] * reading.layout.width
        rows = [empty if n in block.faults else cells for n, cells in enumerate(block.cells)] if block.faults else None
        texts = reading.layout.columns(rows or block.cells)
        self.values, self.odd = fields.columns(reading.profile, texts, len(block))
        self.odd.update(block.faults)

    def __len__(self) -> int:
        return len(self.block)

    def column(self, field: str) -> list[Any]:
        """The values of a field, whether or not the file has it."""
        return self.values.get(field) or [None] * len(self)

    def line(self, place: int) -> Line:
        """One of the rows."""
        return line_of(self.block.row(place), self.reading)

    def lines(self) -> list[Line]:
        """All rows, each alone."""
        return list(map(self.line, range(len(self))))


@dataclass(slots=True)
class Plain:
    """Rows that went in as they stood: how many, what they sum to, their periods."""

    rows: int = 0
    units: int = 0
    cents: int = 0
    periods: set[str] = field(default_factory=set)


def _bad_row(raw: RawRow, layout: Layout) -> Line:
    """A row of another width, its fields as the columns have them for whoever mends it; cells beyond stay in raw."""
    fault = FieldFault("", "bad-row", raw.fault)
    given = layout.texts([*raw.cells, *[""] * layout.width]) if raw.cells else {}
    # Its columns may have moved, so that no field is safe from a card number.
    texts = {field: masked(text) for field, text in given.items()}
    if hidden := [field for field, text in texts.items() if text != given[field]]:
        said = f"{raw.fault}, and {hidden[0]} holds what looks like a payment card number, which is never kept"
        fault = FieldFault(hidden[0], "card-number", said)
    return Line(raw.row_no, raw.line, raw.cells, texts, {}, fault)


@dataclass(slots=True)
class Verdict:
    """What becomes of a line; `goods` is what its kind writes for it, ids are known when it is written."""

    line: Line
    state: State
    reason: str = ""
    sentence: str = ""
    field: str = ""
    point_id: int | None = None
    account_id: int | None = None
    register_id: int | None = None
    period: str | None = None
    units: int = 0
    goods: Any = None
    also: tuple[str, str] | None = None
    """What else is to be told of a row that goes in: a reason and its sentence."""


STRANGE: Final = frozenset(
    {
        *("unknown-meter", "ambiguous-meter", "not-installed", "serial-mismatch", "radio-mismatch"),
        *("wrong-point", "wrong-account", "unknown-account", "no-meter"),
    }
)
"""Reasons for which a row of reads, or of use, stays staged that no meter fits."""


def stranger(kind: Kind, reason: str, texts: Mapping[str, str]) -> str | None:
    """The key of the meter that a row names and no meter fits: the same for every row that names it so."""
    if kind not in ("reads", "usage") or reason not in STRANGE:
        return None
    names = ("serial", "radio", "point", "account", "customer")
    by = next((name for name in names if texts.get(name, "").strip()), "serial")
    said = [texts.get("maker", "") if by == "serial" else "", texts.get(by, "")]
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"meter:{by}:" + "/".join(" ".join(s.split()).casefold() for s in said)))


def refuse(line: Line, reason: str, sentence: str, field: str = "", **where: Any) -> Verdict:
    """A line that stays staged."""
    return Verdict(line, "staged", reason, sentence, field, **where)


def faulty(line: Line) -> Verdict:
    """A line that could not be read stays staged."""
    assert line.fault is not None
    return refuse(line, line.fault.reason, line.fault.sentence, line.fault.field)


class Taker(ABC):
    """How one kind of file goes in. `judge` reads the record and never writes; `write` takes its verdicts."""

    looks_ahead = False
    batch_id: int | None = None
    """The batch of a row that is judged apart from its file: what came with it is no stranger."""

    def __init__(self, look: Look, profile: Profile) -> None:
        self.db: Session = look.db
        self.look, self.profile = look, profile
        self.district: District = look.district
        self.placeholders = 0
        self.routes: dict[str, int] = {}
        self.made_routes: list[str] = []
        self._counted: set[str] = set()

    def survey(self, lines: Sequence[Line]) -> None:  # noqa: B027 - few kinds need it
        """A first pass over the file, where `looks_ahead`: what a verdict takes from the lines behind its own."""

    def look_over(self, page: Page) -> None:
        """The first pass over a page, where `looks_ahead`."""
        self.survey(page.lines())

    def take(self, page: Page, rows: Rows | None) -> tuple[list[Verdict], Plain]:
        """Judge a page and put what goes in among `rows` (None: it is only tried): verdicts in the order of the rows,
        without those of rows that are plainly accepted, which are summed up.
        """
        verdicts = self.judge(page.lines())
        if rows is not None:
            self.write(rows, verdicts)
        return verdicts, Plain()

    def judge(self, lines: Sequence[Line]) -> list[Verdict]:
        """A verdict for each line, in their order; lines with a fault are staged here for every kind."""
        good = [line for line in lines if line.fault is None]
        verdicts = {v.line.row_no: v for v in self.weigh(good)} if good else {}
        return [verdicts[line.row_no] if line.fault is None else faulty(line) for line in lines]

    @abstractmethod
    def weigh(self, lines: Sequence[Line]) -> Iterable[Verdict]:
        """Verdicts of lines that could be read."""

    @abstractmethod
    def write(self, rows: Rows, verdicts: Sequence[Verdict]) -> None:
        """Turn accepted and held verdicts into rows; runs inside a write transaction."""

    def pin(self, line: Line, point_id: int) -> None:  # noqa: B027 - few kinds need it
        """Say that a row is of this point, when it is judged apart from its file."""

    def surveyed(self) -> None:  # noqa: B027 - few kinds need it
        """The first pass is over."""

    def route(self, code: str) -> int:
        """A route by its code, made when it is new (inside a write transaction)."""
        if code not in self.routes:
            known = self.db.value("SELECT id FROM route WHERE code = ?", [code])
            if known is None:
                known = self.db.insert(Route, code=code, title=code)
                self.made_routes.append(code)
            self.routes[code] = int(known)
        return self.routes[code]

    def next_serial(self, name: str, highest: str, n: int) -> int:
        """The first of `n` fresh serial numbers; the first time in an import above what `highest` (SQL) gives."""
        db = self.db
        if name not in self._counted:
            top = int(db.value(highest) or 0)
            db.run("INSERT INTO counter(name, value) VALUES (?, 0) ON CONFLICT(name) DO NOTHING", [name])
            db.run("UPDATE counter SET value = ? WHERE name = ? AND value < ?", [top, name, top])
            self._counted.add(name)
        last = int(db.value("UPDATE counter SET value = value + ? WHERE name = ? RETURNING value", [n, name]))
        return last - n + 1

    def limit(self, customer_class: str) -> int | None:
        """Billing units a period above which a use is held."""
        return self.district.use_limits.get(customer_class, self.profile.limits.get(customer_class))


@dataclass
class Rows:
    """Rows of one chunk, table by table, and the ids they will have."""

    db: Session
    batch_id: int
    actor: str
    now: str
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def add(self, table: str, *row: Any) -> None:
        """One row in the order of `COLUMNS`."""
        self.tables.setdefault(table, []).append(row)

    def ids(self, table: str, n: int) -> Iterator[int]:
        """`n` fresh ids of a table, taken inside the write transaction."""
        if not n:
            return iter(())
        if self.db.kind == "sqlite":
            first = int(self.db.value(f"SELECT COALESCE(MAX(id), 0) + 1 FROM {table}"))
            return iter(range(first, first + n))
        got = self.db.rows(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, ?)", [n])
        return (int(row[0]) for row in got)

    def stage(self, kind: Kind, verdict: Verdict) -> None:
        """Keep a line that could not go in, with its reason; card numbers in it are masked."""
        plain = numbers(kind, verdict.line.texts)
        self.add(
            "staged_row",
            self.batch_id,
            verdict.line.row_no,
            kind,
            verdict.reason,
            f"line {verdict.line.line}: {verdict.sentence}",
            _raw([cell if cell.strip() in plain else masked(cell) for cell in verdict.line.cells]),
            msgspec.json.encode(verdict.line.texts).decode(),
            verdict.point_id,
            verdict.account_id,
            verdict.register_id,
            verdict.period,
            stranger(kind, verdict.reason, verdict.line.texts),
            verdict.line.cents,
        )

    def flush(self) -> None:
        """Write everything, parents first."""
        for table, columns in COLUMNS.items():
            if rows := self.tables.pop(table, None):
                self.db.load(table, columns, rows)


def _raw(cells: list[str]) -> str:
    """Cells as JSON; of a row that is too long for a record each cell keeps its beginning."""
    text = msgspec.json.encode(cells).decode()
    if len(text) > LONGEST_RAW:
        room = max(1, LONGEST_RAW // 2 // len(cells))
        text = msgspec.json.encode([c if len(c) <= room else c[: room - 1] + "…" for c in cells]).decode()
    return text


@lru_cache(maxsize=5_000)
def ordinal(day: str) -> int:
    """The number of a day, to count days between two."""
    return date.fromisoformat(day).toordinal()


def found(db: Session, sql: str, values: Iterable[Any], *before: Any) -> list[tuple[Any, ...]]:
    """Rows of `sql` whose `{marks}` is an IN list over `values`; `before` are the parameters in front of it."""
    wanted = list(dict.fromkeys(values))
    out: list[tuple[Any, ...]] = []
    for at in range(0, len(wanted), _ASKED):
        part = wanted[at : at + _ASKED]
        if len(part) > 50:
            part += part[-1:] * (_ASKED - len(part))  # a statement of one length is planned once
        out += db.rows(sql.format(marks=", ".join("?" * len(part))), [*before, *part])
    return out


HIGHEST_ACCOUNT: Final = "SELECT MAX(CAST(SUBSTR(number, 1, 6) AS bigint)) FROM account WHERE LENGTH(number) = 7"
HIGHEST_POINT: Final = (
    "SELECT MAX(CAST(SUBSTR(number, 4) AS bigint)) FROM service_point WHERE number LIKE 'SP-%'"
    " AND LENGTH(number) BETWEEN 4 AND 12"
)

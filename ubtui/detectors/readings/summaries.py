"""The rows under judgement: what a read is measured by, kept beside it in the transaction that changes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from ubtui.db.session import Row, Session
from ubtui.detectors.base import district_of, marks, parts
from ubtui.domain.register import BELOW, MOST_USE, OVER, RESTART, Register, below, carried, is_rollover
from ubtui.domain.volume import Unit

CHUNK = 500
CLEARS = {
    BELOW: ("R09", "R10", "R11"),
    OVER: ("R06",),
    **{code: (code,) for code in ("R04", "R05", "R06", "R07", "R13", "R17")},
}
"""What holds a read, and the codes whose review lets it go; any other hold goes with any review."""
_MOST_MILLI = MOST_USE * 1000
_MOST_COUNT = 10**15
_YEARS = 3
_AVERAGED = 6
_COLUMNS = (
    "register_id read_on seq newest point_id period value usage days kind source status held_code rolled prev_on"
    " prev_value prev_usage prev_source prev_actual_value raw_use rollover_use rollover ly_on ly_milli ly_usage"
    " avg_milli zero_run before_zero decided prev_status est_run same_run trouble_code prev_trouble"
    " avg_est recent"
)
SUMMARY = _COLUMNS.split()
READS = (
    "SELECT register_id, read_on, seq, point_id, period, value, usage, days, kind, source, status, held_code, rolled,"
    " trouble_code, carry FROM live_read WHERE register_id IN ({}) AND status <> 'void'"
    " AND kind NOT IN ('control', 'reread')"
    " ORDER BY register_id, read_on, seq"
)
# A point's history runs on through an exchange: the registers of meters that hung there before.
EARLIER = (
    "SELECT g.id, h.id, i.point_id FROM register g JOIN live_install i ON i.meter_id = g.meter_id"
    " JOIN live_install j ON j.point_id = i.point_id AND j.meter_id <> i.meter_id AND j.off_date <= i.on_date"
    " JOIN register h ON h.meter_id = j.meter_id AND h.n = g.n WHERE g.id IN ({})"
)
LATER = (
    "SELECT g.id, h.id FROM register g JOIN live_install j ON j.meter_id = g.meter_id AND j.off_date IS NOT NULL"
    " JOIN live_install i ON i.point_id = j.point_id AND i.meter_id <> j.meter_id AND i.on_date >= j.off_date"
    " JOIN register h ON h.meter_id = i.meter_id AND h.n = g.n WHERE g.id IN ({})"
)
_UNITS = (
    "SELECT s.point_id, s.unit FROM live_service s WHERE s.point_id IN ({})"
    " AND s.kind IN ('potable', 'irrigation', 'raw', 'recycled')"
    " ORDER BY s.to_on IS NULL, s.from_on, s.id"
)


def summarise(db: Session, register_ids: Iterable[int]) -> None:
    """Recompute the rows under judgement of these registers, in the caller's transaction.

    A register's newest period and every older held read get a row: previous read, last year's use and own
    average scaled to the row's days (thousandths of billing units), zero periods in a row, and the codes
    reviewed. One code for one register and for a hundred thousand; released reads alone count. Meters that were
    hung after them are told too: a point's history runs on through an exchange.
    """
    ids = sorted(set(register_ids))
    after = (db.rows(LATER.format(marks(part)), part) for part in parts(ids, CHUNK))
    ids = sorted({*ids, *(later for rows in after for _, later in rows)})
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        rows = judged(db, part)
        db.run(f"DELETE FROM read_summary WHERE register_id IN ({marks(part)})", part)
        db.load("read_summary", SUMMARY, rows)


def judged(db: Session, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """The rows under judgement of these registers (in columns SUMMARY) as their reads say now; writes nothing."""
    earlier: dict[int, set[int]] = defaultdict(set)
    at: dict[int, int] = {}
    for register, before, point in db.rows(EARLIER.format(marks(ids)), ids):
        earlier[register].add(before)
        at[register] = point
    reads: dict[int, list[Row]] = defaultdict(list)
    wanted = sorted({*ids, *(b for befores in earlier.values() for b in befores)})
    for row in db.rows(READS.format(marks(wanted)), wanted):
        reads[row[0]].append(row)
    decided: dict[tuple[int, str, int], list[tuple[str, int | None]]] = defaultdict(list)
    for register, on, seq, code, use in db.rows(
        f"SELECT register_id, read_on, seq, code, usage FROM read_review WHERE register_id IN ({marks(ids)})"
        " ORDER BY id",
        ids,
    ):
        decided[register, on, seq].append((code, use))
    lower = [row for i in ids for row in reads[i]] and _lower(reads, ids)
    registers = faces(db, lower) if lower else {}
    out: list[tuple[Any, ...]] = []
    for i in ids:
        chain = reads[i]
        if not chain:
            continue
        past = [row for b in earlier.get(i, ()) for row in reads[b] if row[3] == at[i]]
        history = sorted([*past, *chain], key=lambda row: (row[1], row[2])) if past else chain
        newest = chain[-1][4]
        for n, row in enumerate(chain):
            if row[4] == newest or row[10] == "held":
                out.append(_judged(row, chain, n, history, row[4] == newest, registers, decided))
    return out


class Usual(NamedTuple):
    """What a read is measured by, in thousandths of billing units: last year's use, its own average, the median.

    `estimated` is the share in per cent of the average's history that was estimated.
    """

    last_year: int | None
    average: int | None
    estimated: int = 0
    ratio_ppm: int | None = None

    @property
    def expected(self) -> int | None:
        """The use to expect: last year's, moved by the cycle's median, else the average; None where nothing is known.

        The same to the last thousandth as the detectors' SQL.
        """
        if self.last_year is None:
            return self.average
        return min(_MOST_MILLI, self.last_year * (1_000_000 if self.ratio_ppm is None else self.ratio_ppm) // 1_000_000)


def expected(db: Session, register: int, period: str, on: str) -> int | None:
    """The use to expect of a read on a day, in thousandths of billing units; None where nothing is known."""
    return usual(db, register, period, on)[0].expected


def usual(db: Session, register: int, period: str, on: str) -> tuple[Usual, Row | None]:
    """What a read on a day would be measured by, for the days since the read before; and that read (as READS)."""
    history = past(db, register, on)
    last = next((row for row in reversed(history) if row[0] == register), None)
    days = days_between(last[1], on) if last else None
    ratio = db.value("SELECT ratio_ppm FROM cycle_median WHERE period = ?", [period])
    return Usual(last_year(history, period, days)[2], *mean(_recent(history, len(history)), days), ratio), last


def past(db: Session, register: int, on: str) -> list[Row]:
    """The reads before a day of a register, and of those that hung at its point before it, oldest first, as READS."""
    earlier = db.rows(EARLIER.format("?"), [register])
    wanted = [register, *(before for _, before, _ in earlier)]
    at = {point for _, _, point in earlier}
    rows = db.rows(READS.format(marks(wanted)), wanted)
    return sorted(
        (row for row in rows if row[1] < on and (row[0] == register or row[3] in at)), key=lambda row: (row[1], row[2])
    )


def _lower(reads: dict[int, list[Row]], ids: Sequence[int]) -> dict[int, int]:
    """Registers (and their point) whose counter ever stands below its previous read: they alone need their face."""
    out = {}
    for i in ids:
        last = None
        for row in reads[i]:
            if row[5] is not None:
                if last is not None and row[5] < last:
                    out[i] = row[3]
                last = row[5]
    return out


def faces(db: Session, points: dict[int, int]) -> dict[int, tuple[Register, Unit]]:
    """Register id to its face and the billing unit of the service it serves; `points` gives each one's point."""
    if not points:
        return {}
    ids = list(points)
    at = sorted(set(points.values()))
    default = Unit.parse(district_of(db).billing_unit)
    units = {point: Unit.parse(unit) for point, unit in db.rows(_UNITS.format(marks(at)), at)}
    return {
        i: (Register(dials, zeros, Fraction(num, den), Unit.parse(unit)), units.get(points[i], default))
        for i, dials, zeros, num, den, unit in db.rows(
            f"SELECT id, dials, fixed_zeros, mult_num, mult_den, unit FROM register WHERE id IN ({marks(ids)})", ids
        )
    }


def _judged(
    row: Row,
    chain: list[Row],
    n: int,
    history: list[Row],
    newest: bool,
    registers: dict[int, tuple[Register, Unit]],
    decided: dict[tuple[int, str, int], list[tuple[str, int | None]]],
) -> tuple[Any, ...]:
    register, on, seq, _, period, value, usage, days, kind, _, status, held_code, *_ = row
    prev = chain[n - 1] if n and kind not in RESTART else None
    if prev is not None and days is None:
        days = days_between(prev[1], on)
    actual = None
    if prev is not None:
        before = map(chain.__getitem__, range(n - 1, -1, -1))
        actual = next((r[5] for r in before if r[9] != "E" and r[5] is not None), None)
    place = n + len(history) - len(chain)
    recent = _recent(history, place)
    lower: tuple[int | None, int | None, int] = (None, None, 0)
    if prev is not None and below(prev[5], value, kind):
        face, unit = registers[register]
        # Beyond what any bill can say, on a face nobody makes: cut, so that the row can be kept.
        carry, average = carried(prev[14]), mean(recent, days)[0]
        over = prev[9] == "E" and actual is not None and value >= actual
        use = face.raw_usage(prev[5], value, unit, rolled=True)
        passed = is_rollover(
            prev[5], value, face.dials, use, None if average is None else Fraction(average, 1000), over
        )
        lower = (
            max(-_MOST_COUNT, face.usage(prev[5], value, unit, carry=carry)),
            min(_MOST_COUNT, face.usage(prev[5], value, unit, rolled=True, carry=carry)),
            int(passed),
        )
    zero_run, before_zero = 0, None
    if usage == 0:
        for r in reversed(history[: place + 1]):
            if r[6] is None:
                continue
            if r[6] != 0:
                before_zero = r[6]
                break
            zero_run += 1
    codes = _applying(decided.get((register, on, seq), ()), status, held_code, usage)
    return summary(
        row, newest, days, prev and (prev[1], prev[5], prev[6], prev[9], prev[10], prev[13]), actual, lower,
        last_year(history, period, days), recent, itself(row, _span(history, place)), (zero_run, before_zero),
        _runs(history, place), " ".join(codes),
    )  # fmt: skip


def summary(
    row: Row,
    newest: bool,
    days: int | None,
    prev: Sequence[Any] | None,
    actual: int | None,
    lower: tuple[int | None, int | None, int],
    last_year: tuple[str | None, int | None, int | None],
    recent: Sequence[str],
    own: str,
    zeros: tuple[int, int | None],
    runs: tuple[int, int],
    decided: str = "",
) -> tuple[Any, ...]:
    """A row under judgement in columns SUMMARY of a read (as READS) and of what the reads before it say of it.

    `prev` is its day, value, use, source, status and trouble; `actual` the last value that was read; `lower` the use
    as it stands, past zero, and whether that is it, of one below the one before; `recent` what `mean` takes, and
    `own` what the next read has of this one; `zeros` the zero periods and the use before them; `runs` as `_runs`.
    """
    register, on, seq, point, period, value, usage, _, kind, source, status, held_code, rolled, trouble, _ = row
    prev_on, prev_value, prev_usage, prev_source, prev_status, prev_trouble = prev or (None,) * 6
    ly_on, ly_usage, ly_milli = last_year
    average, estimated = mean(recent, days)
    return (
        register, on, seq, int(newest), point, period, value, usage, days, kind, source, status, held_code, rolled,
        prev_on, prev_value, prev_usage, prev_source, actual, *lower, ly_on, ly_milli, ly_usage, average, *zeros,
        decided, prev_status, *runs, trouble, prev_trouble, estimated, _joined(own, recent),
    )  # fmt: skip


def _runs(history: list[Row], place: int) -> tuple[int, int]:
    """Estimates in a row up to this read; and reads in a row, none estimated, of the same use above nothing."""
    use, estimated, same = history[place][6], 0, 0
    for i in range(place, -1, -1):
        if history[i][9] != "E":
            break
        estimated += 1
    if use and not estimated:
        for i in range(place, -1, -1):
            if history[i][6] != use or history[i][9] == "E":
                break
            same += 1
    return estimated, same


def _applying(
    reviews: Iterable[tuple[str, int | None]], status: str, held_code: str | None, usage: int | None
) -> Iterator[str]:
    """Codes whose review still speaks of the read as it is: of this use; and what holds a read is not settled."""
    open_again = CLEARS.get(held_code or "", ()) if status == "held" else ()
    told = (code for code, use in reviews if code not in open_again and (use is None or use == usage))
    # Of a read below the one before, one decision settles every explanation of it.
    return (each for code in told for each in (CLEARS[BELOW] if code in CLEARS[BELOW] else (code,)))


def days_between(a: str, b: str) -> int:
    return date.fromisoformat(b).toordinal() - date.fromisoformat(a).toordinal()


def _scaled(usage: int, days: int, onto: int | None) -> int:
    """Use in thousandths, brought from `days` onto the days of the read under judgement, rounded; at most the most."""
    if not onto or not days:
        return min(_MOST_MILLI, usage * 1000)
    return min(_MOST_MILLI, (usage * 2000 * onto + days) // (2 * days))


def itself(row: Row, days: int | None) -> str:
    """What later averages have of a read: `use/days` of an actual one, E of an estimate, nothing of a held one."""
    if row[6] is None or row[6] < 0 or row[10] == "held":
        return ""
    return "E" if row[9] == "E" else f"{row[6]}/{days}" if days else ""


def _span(history: Sequence[Row], place: int) -> int:
    """Days since the read before of the same register; 0 where there is none."""
    row, before = history[place], history[place - 1]
    return row[7] or (days_between(before[1], row[1]) if place and before[0] == row[0] else 0)


def _recent(history: Sequence[Row], place: int) -> list[str]:
    """What the average of a read is taken from: `own` of the reads before it, the newest first, to the sixth actual."""
    told: list[str] = []
    actual = 0
    for i in range(place - 1, -1, -1):
        if said := itself(history[i], _span(history, i)):
            told.append(said)
            actual += said != "E"
            if actual == _AVERAGED:
                break
    return told


def _joined(own: str, recent: Sequence[str]) -> str:
    """What the next read's average is taken from, as it is kept with this one: to the sixth actual."""
    told = (own, *recent) if own else recent
    actual = 0
    for at, said in enumerate(told, 1):
        actual += said != "E"
        if actual == _AVERAGED:
            told = told[:at]
            break
    return " ".join(told)


def mean(recent: Sequence[str], days: int | None) -> tuple[int | None, int]:
    """Mean daily use of the six actual reads before, for this many days; estimates and held reads do not count.

    And how many per cent of the reads back to the first of these were estimated.
    """
    total = span = count = guessed = last = 0
    for said in recent:
        if said == "E":
            guessed += 1
            continue
        use, length = _use_and_days(said)
        total, span, count, last = total + use, span + length, count + 1, guessed
    return (_scaled(total, span, days or span // count), 100 * last // (count + last)) if count else (None, 0)


@lru_cache(maxsize=5_000)
def _use_and_days(said: str) -> tuple[int, int]:
    use, _, days = said.partition("/")
    return int(use), int(days)


@lru_cache(maxsize=1000)
def years_before(period: str) -> tuple[str, ...]:
    """The same period of the years before, the newest first; none of what names no month."""
    head, _, month = period.rpartition("/")
    if len(month) != 7 or not month[:4].isdigit():
        return ()
    return tuple(f"{head}/{int(month[:4]) - back:04d}{month[4:]}" for back in range(1, _YEARS + 1))


def last_year(history: Sequence[Row], period: str, days: int | None) -> tuple[str | None, int | None, int | None]:
    """Day, use, and use brought onto this read's days, of the same period a year before.

    Where that was estimated or is held, of the year before it, three years back at most: a guess measures nothing.
    """
    periods = [row[4] for row in history]
    for wanted in years_before(period):
        if wanted not in periods:
            continue
        total, span, on, read = 0, 0, None, False
        for i, row in enumerate(history):
            if row[4] != wanted or row[6] is None:
                continue
            if row[6] < 0 or row[9] == "E" or row[10] == "held":
                read = False
                break
            read, on, total = True, row[1], total + row[6]
            span += _span(history, i)
        if read:
            return on, total, _scaled(total, span, days)
    return None, None, None

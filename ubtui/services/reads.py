"""Reads: the rows under judgement kept beside them, and the review of an unbilled read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.reads import Read, ReadReview
from ubtui.db.session import Row, Session
from ubtui.detectors.base import marks
from ubtui.detectors.heal import district_of, medians, run
from ubtui.detectors.registry import CODES
from ubtui.domain.register import Register, is_rollover
from ubtui.domain.volume import Unit

HELD_BELOW, HELD_OVER = "below-previous", "over-limit"
CLEARS = {HELD_BELOW: ("R09", "R10"), HELD_OVER: ("R06",)}
"""What holds a read, and the codes whose review lets it go; any other hold goes with any review."""

CHUNK = 500
_RESTART = ("opening", "installation")
_COLUMNS = (
    "register_id read_on seq newest point_id period value usage days kind source status held_code rolled prev_on"
    " prev_value prev_source prev_actual_value raw_use rollover_use rollover ly_on ly_milli ly_usage avg_milli zero_run"
    " before_zero decided"
)
SUMMARY = _COLUMNS.split()
_READS = (
    "SELECT register_id, read_on, seq, point_id, period, value, usage, days, kind, source, status, held_code, rolled"
    " FROM live_read WHERE register_id IN ({}) AND status <> 'void' AND kind NOT IN ('control', 'reread')"
    " ORDER BY register_id, read_on, seq"
)
# A point's history runs on through an exchange: the registers of meters that hung there before.
_EARLIER = (
    "SELECT g.id, h.id, i.point_id FROM register g JOIN live_install i ON i.meter_id = g.meter_id"
    " JOIN live_install j ON j.point_id = i.point_id AND j.meter_id <> i.meter_id AND j.off_date <= i.on_date"
    " JOIN register h ON h.meter_id = j.meter_id AND h.n = g.n WHERE g.id IN ({})"
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
    reviewed. One code for one register and for a hundred thousand; released reads alone count.
    """
    ids = sorted(set(register_ids))
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        rows = judged(db, part)
        db.run(f"DELETE FROM read_summary WHERE register_id IN ({marks(part)})", part)
        db.load("read_summary", SUMMARY, rows)


def judged(db: Session, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """The rows under judgement of these registers (in columns SUMMARY) as their reads say now; writes nothing."""
    earlier: dict[int, set[int]] = defaultdict(set)
    at: dict[int, int] = {}
    for register, before, point in db.rows(_EARLIER.format(marks(ids)), ids):
        earlier[register].add(before)
        at[register] = point
    reads: dict[int, list[Row]] = defaultdict(list)
    wanted = sorted({*ids, *(b for befores in earlier.values() for b in befores)})
    for row in db.rows(_READS.format(marks(wanted)), wanted):
        reads[row[0]].append(row)
    decided: dict[tuple[int, str, int], str] = defaultdict(str)
    for register, on, seq, code in db.rows(
        f"SELECT register_id, read_on, seq, code FROM read_review WHERE register_id IN ({marks(ids)}) ORDER BY id", ids
    ):
        decided[register, on, seq] += f" {code}"
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
    decided: dict[tuple[int, str, int], str],
) -> tuple[Any, ...]:
    register, on, seq, point, period, value, usage, days, kind, source, status, held_code, rolled = row
    prev = chain[n - 1] if n and kind not in _RESTART else None
    if prev is not None and days is None:
        days = _days(prev[1], on)
    actual = next((r[5] for r in reversed(chain[:n]) if r[9] != "E" and r[5] is not None), None) if prev else None
    place = n + len(history) - len(chain)
    avg = _average(history, place, days)
    ly_on, ly_usage, ly_milli = _last_year(history, period, days)
    raw_use = rollover_use = None
    rollover = 0
    prev_value = prev[5] if prev else None
    if prev and value is not None and prev_value is not None and value < prev_value:
        face, unit = registers[register]
        raw_use = face.usage(prev_value, value, unit)
        rollover_use = face.usage(prev_value, value, unit, rolled=True)
        over = prev[9] == "E" and actual is not None and value >= actual
        use = face.raw_usage(prev_value, value, unit, rolled=True)
        rollover = int(
            is_rollover(prev_value, value, face.dials, use, None if avg is None else Fraction(avg, 1000), over)
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
    return (
        register, on, seq, int(newest), point, period, value, usage, days, kind, source, status, held_code, rolled,
        prev[1] if prev else None, prev_value, prev[9] if prev else None, actual, raw_use, rollover_use, rollover,
        ly_on, ly_milli, ly_usage, avg, zero_run, before_zero, decided.get((register, on, seq), "").strip(),
    )  # fmt: skip


def _days(a: str, b: str) -> int:
    return date.fromisoformat(b).toordinal() - date.fromisoformat(a).toordinal()


def _scaled(usage: int, days: int, onto: int | None) -> int:
    """Use in thousandths, brought from `days` onto the days of the read under judgement, rounded."""
    if not onto or not days:
        return usage * 1000
    return (usage * 2000 * onto + days) // (2 * days)


def _average(history: list[Row], place: int, days: int | None) -> int | None:
    """Mean daily use of the six actual reads before, for this many days; estimates and held reads do not count."""
    total = span = count = 0
    for i in range(place - 1, -1, -1):
        row = history[i]
        if row[6] is None or row[6] < 0 or row[9] == "E" or row[10] == "held":
            continue
        length = row[7] or (_days(history[i - 1][1], row[1]) if i and history[i - 1][0] == row[0] else 0)
        if not length:
            continue
        total, span, count = total + row[6], span + length, count + 1
        if count == 6:
            break
    return _scaled(total, span, days or span // count) if count else None


def _last_year(history: list[Row], period: str, days: int | None) -> tuple[str | None, int | None, int | None]:
    """Day, use, and use brought onto this read's days, of the same period a year before."""
    head, _, month = period.rpartition("/")
    if len(month) != 7 or not month[:4].isdigit():
        return None, None, None
    wanted = f"{head}/{int(month[:4]) - 1:04d}{month[4:]}"
    total, span, on, found = 0, 0, None, False
    for i, row in enumerate(history):
        if row[4] == wanted and row[6] is not None and row[6] >= 0 and row[10] != "held":
            found, on, total = True, row[1], total + row[6]
            span += row[7] or (_days(history[i - 1][1], row[1]) if i and history[i - 1][0] == row[0] else 0)
    return (on, total, _scaled(total, span, days)) if found else (None, None, None)


def released(work: Work, batch_id: int) -> None:
    """Judge a batch that was just released: summaries, medians of its periods, and the points concerned.

    Call it once, inside the act that releases, after the batch's own row says so. The act's healing is then done.
    """
    db = work.db
    registers = [r[0] for r in db.rows("SELECT DISTINCT register_id FROM read WHERE batch_id = ?", [batch_id])]
    summarise(db, registers)
    moved = medians(db, work.now)
    points = {
        r[0]
        for r in db.rows(
            "SELECT DISTINCT p.number FROM service_point p JOIN read r ON r.point_id = p.id WHERE r.batch_id = ?"
            " UNION SELECT p.number FROM service_point p JOIN staged_row s ON s.point_id = p.id WHERE s.batch_id = ?",
            [batch_id, batch_id],
        )
    }
    if moved:
        points |= {
            r[0]
            for r in db.rows(
                "SELECT DISTINCT p.number FROM read_summary r JOIN service_point p ON p.id = r.point_id"
                f" WHERE r.period IN ({marks(moved)})",
                moved,
            )
        }
    subjects: dict[str, Sequence[str]] = {"point": sorted(points)}
    for subject in work.subjects:
        subjects[subject.type] = sorted({*subjects.get(subject.type, ()), subject.key})
    work.full_refresh = run(db, work.today, work.now, subjects, by="import.release", actor=work.actor.name)


class Review(Form, frozen=True, kw_only=True):
    """A decision on one unbilled read, for one code of the worklist."""

    point: Annotated[str, msgspec.Meta(description="service point, SP-00012")]
    read_on: Annotated[date, msgspec.Meta(description="day of the read")]
    seq: Annotated[int, msgspec.Meta(description="number of the read on its day")] = 1
    code: Annotated[str, msgspec.Meta(description="worklist code that is decided, R04")]
    decision: Annotated[
        Literal["confirmed", "corrected", "rollover", "void"],
        msgspec.Meta(description="confirmed, corrected, rollover or void"),
    ]
    value: Annotated[int | None, msgspec.Meta(description="the right value, when corrected")] = None
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]
    meter: Annotated[str, msgspec.Meta(description="maker/serial, where the point has several meters")] = ""
    register: Annotated[int, msgspec.Meta(description="which counter of a compound meter; 0 where there is one")] = 0


class Reviewed(msgspec.Struct, frozen=True):
    """What the read is now; `usage` in billing units, None while it is held; `next_usage` of the read after it."""

    point: str
    read_on: date
    seq: int
    decision: str
    status: str
    value: int | None
    usage: int | None
    next_usage: int | None


_FIND = (
    "SELECT r.register_id, r.seq, r.period, r.value, r.usage, r.days, r.kind, r.source, r.status, r.held_code,"
    " r.rolled, r.point_id, m.maker, m.serial, g.n, r.read_on FROM live_point p JOIN install i ON i.point_id = p.id"
    " JOIN register g ON g.meter_id = i.meter_id JOIN meter m ON m.id = g.meter_id"
    " JOIN live_read r ON r.register_id = g.id AND r.point_id = p.id WHERE p.number = ? AND r.read_on = ? AND r.seq = ?"
)


@act("read.review")
def review(work: Work, form: Review) -> Reviewed:
    """Confirm, correct, take as a rollover or void an unbilled read; its use and the next read's follow.

    A confirmed read below its previous bills no use; what was billed too much before is an adjustment's matter.
    """
    row = _the_read(work, form)
    register, seq, status, value, usage = row[0], row[1], row[8], row[3], row[4]
    if form.code not in CODES or form.code[0] != "R":
        raise Refused(f"{form.code} is no code of readings", rule="worklist codes", cure="use the item's own code")
    if status == "billed":
        raise Refused("this read is billed", rule="billed reads are fixed", cure="propose an adjustment of the bill")
    if status == "void":
        raise Refused("this read is void", rule="a void read stays void", cure="review the read that replaced it")
    if (form.value is not None) != (form.decision == "corrected"):
        raise Refused(
            "a value goes with a correction, and only with it",
            rule="read review",
            cure="give the right value, or choose another decision",
        )
    chain = work.db.rows(_READS.format("?"), [register])
    place = next((n for n, r in enumerate(chain) if r[1] == row[15] and r[2] == seq), None)
    prev = chain[place - 1] if place else None
    work.db.insert(
        ReadReview,
        register_id=register,
        read_on=form.read_on,
        seq=seq,
        code=form.code,
        decision=form.decision,
        reason=form.reason,
        by_staff=work.actor.name,
        at=work.now,
    )
    face, unit = faces(work.db, {register: row[11]})[register]
    before = {"status": status, "value": value, "usage": usage}
    if form.decision == "confirmed":
        if status == "held" and form.code in CLEARS.get(row[9] or "", (form.code,)):
            status = "released"
            usage = max(0, usage or 0) if usage is not None or prev is None else _use(face, unit, prev, value)
        _set(work.db, register, row[15], seq, status=status, usage=None if usage is None else max(0, usage))
        usage = None if usage is None else max(0, usage)
    elif form.decision == "rollover":
        if prev is None or prev[5] is None or value is None or value >= prev[5]:
            raise Refused(
                "the counter did not pass zero: the read is not below the one before",
                rule="one rollover a period",
                cure="confirm, correct or void it",
            )
        status, usage = "released", face.usage(prev[5], value, unit, rolled=True)
        _set(work.db, register, row[15], seq, status=status, usage=usage, rolled=1)
    else:
        _set(work.db, register, row[15], seq, status="void")
        status, usage, value = "void", None, None
        if form.decision == "corrected":
            seq, status, value, usage = _corrected(work, form, row, prev, face, unit)
    follower = _next(work.db, register, face, unit, row[15], seq)
    summarise(work.db, [register])
    work.touch("point", form.point)
    work.fact(point=form.point, read_on=form.read_on.isoformat(), code=form.code, decision=form.decision)
    work.detail(before=before, after={"status": status, "value": value, "usage": usage}, reason=form.reason)
    return Reviewed(form.point, form.read_on, seq, form.decision, status, value, usage, follower)


def _the_read(work: Work, form: Review) -> Row:
    rows = list(dict.fromkeys(work.db.rows(_FIND, [form.point, form.read_on.isoformat(), form.seq])))
    rows = [r for r in rows if form.meter in ("", f"{r[12]}/{r[13]}") and form.register in (0, r[14])]
    if not rows:
        raise Refused(
            f"{form.point} has no read {form.seq} of {form.read_on}", rule="reads", cure="see ubtui meter history"
        )
    if len(rows) > 1:
        several = ", ".join(f"{r[12]}/{r[13]} register {r[14]}" for r in rows)
        raise Refused(
            f"{form.point} was read {len(rows)} times that day: {several}", rule="reads", cure="name meter and register"
        )
    return rows[0]


def _use(face: Register, unit: Unit, prev: Row | None, value: int | None) -> int | None:
    if prev is None or prev[5] is None or value is None:
        return None
    return max(0, face.usage(prev[5], value, unit))


def _set(db: Session, register: int, on: str, seq: int, **columns: Any) -> None:
    sets = ", ".join(f"{name} = ?" for name in columns)
    db.run(
        f"UPDATE read SET {sets} WHERE register_id = ? AND read_on = ? AND seq = ?",
        [*columns.values(), register, on, seq],
    )


def _corrected(
    work: Work, form: Review, row: Row, prev: Row | None, face: Register, unit: Unit
) -> tuple[int, str, int | None, int | None]:
    """The new read in place of a void one: number, status, value and use."""
    value = form.value
    assert value is not None
    if value < 0 or (row[3] is not None and value >= face.limit):
        raise Refused(
            f"{value} does not fit {face.dials} dials", rule="register face", cure="read the turning digits only"
        )
    if value == (row[3] if row[3] is not None else row[4]):
        raise Refused("that is the value it has", rule="read review", cure="confirm it, or give the right one")
    status, held, usage = "released", None, value if row[3] is None else None
    if row[3] is not None and prev is not None and prev[5] is not None:
        usage = face.usage(prev[5], value, unit)
        if usage < 0 or value < prev[5]:
            status, held, usage = "held", HELD_BELOW, None
    last = work.db.value(
        "SELECT MAX(seq) FROM read WHERE register_id = ? AND read_on = ?", [row[0], form.read_on.isoformat()]
    )
    work.db.insert(
        Read,
        register_id=row[0],
        read_on=form.read_on,
        seq=int(last) + 1,
        point_id=row[11],
        period=row[2],
        value=None if row[3] is None else value,
        usage=usage,
        days=row[5],
        kind=row[6],
        source=row[7],
        status=status,
        held_code=held,
        rolled=0,
        entered_by=work.actor.name,
        entered_at=work.now,
    )
    return int(last) + 1, status, None if row[3] is None else value, usage


def _next(db: Session, register: int, face: Register, unit: Unit, on: str, seq: int) -> int | None:
    """Bring the following unbilled read's use in step; one held for standing lower goes or comes with it."""
    chain = db.rows(_READS.format("?"), [register])
    place = next((n for n, r in enumerate(chain) if (r[1], r[2]) > (on, seq)), None)
    if place is None:
        return None
    row, prev = chain[place], chain[place - 1] if place else None
    if row[5] is None or row[8] in _RESTART or row[10] == "billed" or prev is None or prev[5] is None:
        return int(row[6]) if row[6] is not None else None
    if row[5] < prev[5] and not row[12]:
        _set(db, register, row[1], row[2], status="held", held_code=HELD_BELOW, usage=None)
        return None
    rolled = bool(row[12]) and row[5] < prev[5]
    usage = face.usage(prev[5], row[5], unit, rolled=rolled)
    free = row[10] == "held" and row[11] == HELD_BELOW
    _set(
        db, register, row[1], row[2], status="released" if free else row[10], usage=usage, rolled=int(rolled),
        days=_days(prev[1], row[1]),
    )  # fmt: skip
    return usage

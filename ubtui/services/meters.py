"""The meter's history: what hangs at a point, what hung there before, every read, and two years of use by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from ubtui.act import Look
from ubtui.db.makers import named, spellings
from ubtui.db.session import Row
from ubtui.detectors.base import METERED_KINDS, marks
from ubtui.domain.errors import BadValue
from ubtui.domain.estimating import Taken, span
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.text import clean_text

MONTHS = 24


@dataclass(frozen=True, slots=True)
class Card:
    """A point and what hangs there; `meter` is empty where use comes without a meter. `use_unit` is the billing unit.

    `lock`, `lock_reason` and `seal_rate` are the three facts of the seal that is on, empty without one.
    """

    point: str
    state: str
    address: str
    route: str
    sequence: int | None
    location: str
    account: str
    who: str
    service: str
    rate: str
    seasonal: bool
    meter: str
    model: str
    size: str
    dials: int | None
    fixed_zeros: int | None
    multiplier: str
    meter_unit: str
    use_unit: str
    radio: str
    seal: str
    lock: str
    lock_reason: str
    seal_rate: str
    sealed_on: date | None


@dataclass(frozen=True, slots=True)
class Hung:
    """A meter's time at the point."""

    meter: str
    size: str
    on: date
    off: date | None


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One read; `use` in billing units over `days`, `last_year` the same period's use a year before.

    `kind` regular, final, opening …; `source` A actual, C customer, E estimated, K card; `reviews` are
    `CODE decision` in the order they were made. `estimated_by` is the method of an estimate; `share` what the read's
    period has of the use from one actual read to the next, the one of `span_on`, where estimates lie between them.
    """

    on: date
    seq: int
    period: str
    meter: str
    register: int
    value: int | None
    use: int | None
    days: int | None
    per_day: str
    last_year: int | None
    kind: str
    source: str
    status: str
    held: str
    trouble: str
    rolled: bool
    by: str
    reviews: str
    estimated_by: str = ""
    share: int | None = None
    span_on: date | None = None


@dataclass(frozen=True, slots=True)
class MeterHistory:
    """Card, meters that hung here (newest first), reads (newest first), use of 24 months (oldest first).

    `months` ends with `through`, the month of the newest read; a read's use is shared out over its days.
    """

    card: Card
    installs: tuple[Hung, ...]
    reads: tuple[ReadLine, ...]
    months: tuple[int, ...]
    through: str


def history(look: Look, key: str) -> MeterHistory:
    """The history at a point, a meter (`maker/serial`) or an account with one point. Raises BadValue if unknown."""
    point_id = _point(look, key.strip())
    card = _card(look, point_id)
    hung = look.db.rows(
        "SELECT m.id, m.maker, m.serial, m.size, i.on_date, i.off_date, m.placeholder FROM live_install i"
        " JOIN meter m ON m.id = i.meter_id WHERE i.point_id = ? ORDER BY i.on_date DESC, i.id DESC",
        [point_id],
    )
    lines = _lines(look, point_id, [row[0] for row in hung])
    months, through = _months(lines, look.today)
    installs = tuple(
        Hung("" if row[6] else f"{row[1]}/{row[2]}", row[3], date.fromisoformat(row[4]), _day(row[5])) for row in hung
    )
    return MeterHistory(card, installs, tuple(lines), months, through)


def card(look: Look, key: str) -> Card:
    """What is at a point, a meter or an account with one point, without its reads. Raises BadValue if unknown."""
    return _card(look, _point(look, key.strip()))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _point(look: Look, key: str) -> int:
    """The id of the point that `key` names."""
    found = look.db.rows("SELECT id FROM live_point WHERE number = ?", [key])
    if not found and "/" in key:
        found = _hung(look, key)
    if not found:
        try:
            number = parse_account(key)
        except BadValue:
            number = ""
        rows = look.db.rows(
            "SELECT DISTINCT p.id, p.number FROM live_account a JOIN live_service s ON s.account_id = a.id"
            " JOIN service_point p ON p.id = s.point_id WHERE a.number = ? ORDER BY p.number",
            [number],
        )
        if len(rows) > 1:
            points = ", ".join(row[1] for row in rows[:8])
            raise BadValue(f"Account {format_account(number)} has {len(rows)} service points: name one of {points}.")
        found = rows or _hung(look, key)
    if not found:
        raise BadValue(
            f"Meter {clean_text(key, 60)!r} is not here: give maker/serial, a service point, or an account number."
        )
    return int(found[0][0])


def _hung(look: Look, key: str) -> list[Row]:
    """The point at which the meter of that name hangs, or hung last."""
    maker, serial = named(look.db, key)
    made, makers = spellings(look.db, maker, serial)
    return look.db.rows(
        "SELECT i.point_id FROM meter m JOIN live_install i ON i.meter_id = m.id WHERE m.serial = ?"
        f" AND m.maker{made} ORDER BY i.off_date IS NOT NULL, i.on_date DESC LIMIT 1",
        [serial, *makers],
    )


def _card(look: Look, point_id: int) -> Card:
    p = look.db.rows(
        "SELECT p.number, p.state, m.address, t.code, p.sequence, p.location_note FROM service_point p"
        " JOIN premise m ON m.id = p.premise_id LEFT JOIN route t ON t.id = p.route_id WHERE p.id = ?",
        [point_id],
    )[0]
    s: Row = look.db.one(
        "SELECT a.number, s.kind, s.rate_code, s.unit, s.seasonal, (SELECT y.name FROM party y WHERE y.id ="
        " (SELECT o.party_id FROM account_role o WHERE o.account_id = a.id AND o.to_on IS NULL"
        " AND o.role IN ('payer', 'owner') ORDER BY o.role DESC, o.id LIMIT 1)) FROM live_service s"
        " JOIN live_account a ON a.id = s.account_id WHERE s.point_id = ?"
        f" ORDER BY s.to_on IS NULL DESC, s.kind IN {METERED_KINDS} DESC, s.from_on DESC LIMIT 1",
        [point_id],
    ) or ("", "", "", look.district.billing_unit, 0, "")
    m: Row = look.db.one(
        "SELECT m.maker, m.serial, m.model, m.size, g.dials, g.fixed_zeros, g.mult_num, g.mult_den, g.unit,"
        " (SELECT e.radio FROM endpoint e WHERE e.meter_id = m.id AND e.to_on IS NULL ORDER BY e.id DESC LIMIT 1)"
        " FROM live_install i JOIN meter m ON m.id = i.meter_id JOIN register g ON g.meter_id = m.id"
        " WHERE i.point_id = ? AND i.off_date IS NULL AND m.placeholder = 0 ORDER BY i.on_date DESC, g.n LIMIT 1",
        [point_id],
    ) or (None, None, None, "", None, None, 0, 1, "", None)
    z: Row = look.db.one(
        "SELECT number, lock_state, lock_reason, rate_status, placed_on FROM seal WHERE point_id = ?"
        " AND removed_on IS NULL ORDER BY placed_on DESC LIMIT 1",
        [point_id],
    ) or ("", "", "", "", None)
    return Card(
        point=p[0], state=p[1], address=clean_text(p[2]), route=p[3] or "", sequence=p[4],
        location=clean_text(p[5] or ""), account=format_account(s[0]), who=clean_text(s[5] or ""), service=s[1],
        rate=s[2], seasonal=bool(s[4]), meter=clean_text(f"{m[0]}/{m[1]}") if m[0] is not None else "",
        model=clean_text(m[2] or ""), size=m[3], dials=m[4], fixed_zeros=m[5],
        multiplier=str(Fraction(m[6], m[7])) if m[6] else "", meter_unit=m[8], use_unit=s[3],
        radio=clean_text(m[9] or ""), seal=z[0], lock=z[1], lock_reason=z[2], seal_rate=z[3], sealed_on=_day(z[4]),
    )  # fmt: skip


def _lines(look: Look, point_id: int, meters: Sequence[int]) -> list[ReadLine]:
    """All reads of the registers while they hung at the point, newest first."""
    if not meters:
        return []
    registers = {
        row[0]: row
        for row in look.db.rows(
            "SELECT g.id, g.n, m.maker, m.serial, m.placeholder FROM register g JOIN meter m ON m.id = g.meter_id"
            f" WHERE g.meter_id IN ({marks(meters)})",
            meters,
        )
    }
    ids = list(registers)
    reviews: dict[tuple[int, str, int], list[str]] = defaultdict(list)
    for register, on, seq, code, decision in look.db.rows(
        "SELECT register_id, read_on, seq, code, decision FROM read_review"
        f" WHERE register_id IN ({marks(ids)}) ORDER BY id",
        ids,
    ):
        reviews[register, on, seq].append(f"{code} {decision}")
    rows = look.db.rows(
        "SELECT register_id, read_on, seq, period, value, usage, days, kind, source, status, held_code, trouble_code,"
        f" rolled, entered_by, estimated_by FROM live_read WHERE register_id IN ({marks(ids)}) AND point_id = ?"
        " ORDER BY read_on, register_id, seq",
        [*ids, point_id],
    )
    used: dict[str, int] = defaultdict(int)
    for row in rows:
        if row[9] not in ("void", "held") and row[5] is not None and row[5] >= 0:
            used[row[3]] += row[5]
    last: dict[int, str] = {}
    out = []
    shares = _shares(rows)
    for register, on, seq, period, value, use, days, kind, source, status, held, trouble, rolled, by, method in rows:
        if days is None and register in last:
            days = (date.fromisoformat(on) - date.fromisoformat(last[register])).days
        if status != "void":
            last[register] = on
        _, n, maker, serial, placeholder = registers[register]
        out.append(
            ReadLine(
                date.fromisoformat(on), seq, period, "" if placeholder else clean_text(f"{maker}/{serial}"), n, value,
                use, days, _per_day(use, days), used.get(_year_before(period)), kind, source, status, held or "",
                clean_text(trouble or ""), bool(rolled), clean_text(by),
                ", ".join(reviews.get((register, on, seq), ())), method or "",
                *shares.get((register, on, seq), (None, None)),
            )
        )  # fmt: skip
    return out[::-1]


def _shares(rows: Sequence[Row]) -> dict[tuple[int, str, int], tuple[int, date]]:
    """Of the reads between two actual ones that are not neighbours, each one's share, and the day of the later one."""
    out: dict[tuple[int, str, int], tuple[int, date]] = {}
    chains: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row[9] == "void" or row[7] in ("control", "reread"):
            continue
        chain = chains[row[0]]
        chain.append(row)
        if row[8] == "E":
            continue
        taken = [Taken(date.fromisoformat(each[1]), each[3], each[5], each[8] == "E") for each in chain[1:]]
        closed = span(date.fromisoformat(chain[0][1]), taken) if chain[0][8] != "E" else None
        if closed is not None:
            for each, part in zip(chain[1:], closed.shares, strict=True):
                out[each[0], each[1], each[2]] = part.share, closed.on
        chains[row[0]] = [row]
    return out


def _per_day(use: int | None, days: int | None) -> str:
    """Use per day with two decimals."""
    if use is None or not days:
        return ""
    hundredths = _nearest(use * 100, days)
    return f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def _year_before(period: str) -> str:
    head, _, month = period.rpartition("/")
    return f"{head}/{int(month[:4]) - 1:04d}{month[4:]}" if len(month) == 7 and month[:4].isdigit() else ""


def _months(lines: Sequence[ReadLine], today: date) -> tuple[tuple[int, ...], str]:
    """Use by calendar month, each read's shared out evenly over the days it covers."""
    end = lines[0].on if lines else today
    last = end.year * 12 + end.month - 1
    begin = last - MONTHS + 1
    use: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))  # by month, by days that share it
    for line in lines:
        if line.status == "void" or line.use is None or line.use <= 0:
            continue
        day, left, days = line.on, line.days or 1, line.days or 1
        while left > 0 and (month := day.year * 12 + day.month - 1) >= begin:
            part = min(left, day.day)
            use[month][days] += line.use * part
            left, day = left - part, day.replace(day=1) - timedelta(days=1)
    months = tuple(
        _nearest(*sum((Fraction(shared, days) for days, shared in use[n].items()), Fraction()).as_integer_ratio())
        for n in range(begin, last + 1)
    )
    return months, f"{end.year:04d}-{end.month:02d}"


def _nearest(part: int, whole: int) -> int:
    """`part` of `whole` to the nearest whole number, half away from zero."""
    nearest = (abs(part) * 2 + abs(whole)) // (2 * abs(whole))
    return nearest if (part >= 0) == (whole > 0) else -nearest

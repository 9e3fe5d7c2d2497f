"""The parts of a meter behind its card: each a table of words and figures, and what explains a row of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from ubtui.act import Look
from ubtui.detectors.base import marks
from ubtui.domain.accuracy import thousandths
from ubtui.domain.charts import bar
from ubtui.domain.errors import BadValue
from ubtui.domain.holds import held_for
from ubtui.domain.text import clean_text
from ubtui.services import meter_tests, orders
from ubtui.services.listing import Column, Row
from ubtui.services.meters import MONTHS, MeterHistory, ReadLine
from ubtui.services.neighbours import Beside, Neighbour, beside
from ubtui.services.orders.views import at_point
from ubtui.services.read_figures import read_rows
from ubtui.services.seals.standing import SealView, ledger, standing

Told = tuple[tuple[str, str], ...]
BAR: Final = 16
_NAMES: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True)
class Entry:
    """A row of a part: its cells, what explains it, in (label, told), and the point where it leads, if any."""

    row: Row
    title: str = ""
    told: Told = ()
    point: str = ""


@dataclass(frozen=True)
class Part:
    """One table: its columns, its rows, what is said of it as a whole, and the row to begin on."""

    name: str
    columns: tuple[Column, ...]
    entries: tuple[Entry, ...]
    said: str = ""
    start: int = 0


@dataclass(frozen=True)
class Around:
    """What stands beside the card: the newest test of the meter that hangs there, and open orders in a few words."""

    tested_on: date | None
    passed: bool
    on_bills: str
    orders: tuple[str, ...]


def around(look: Look, history: MeterHistory) -> Around:
    """What stands beside a meter's card."""
    tests = meter_tests.tests(look, _meters(look, history))
    newest = next((each for each in tests if each.meter == history.card.meter), None)
    told = tuple(
        f"{each.order} {orders.KINDS[each.kind].lower()} due {each.due_on}"
        for each in at_point(look, history.card.point)
        if each.state == "open"
    )
    if newest is None:
        return Around(None, True, "", told)
    return Around(newest.tested_on, newest.passed, newest.on_bills, told)


def year_over_year(history: MeterHistory) -> str:
    """The last twelve months beside the twelve before: `12 months 186 ccf, before 171 (+9 %)`."""
    months, unit = history.months, history.card.use_unit
    last, before = sum(months[-12:]), sum(months[:12])
    change = f" ({_nearest((last - before) * 100, before):+d} %)" if before else ""
    return f"12 months {last:,} {unit}, before {before:,}{change}"


def part(look: Look, history: MeterHistory, name: str) -> Part:
    """The part of this name; BadValue where there is none. What explains a read is asked for by `explained`."""
    if name not in PARTS:
        raise BadValue(f"{name[:40]!r} is no part of a meter: use one of {', '.join(PARTS)}.")
    return PARTS[name](look, history)


def explained(look: Look, history: MeterHistory, part: Part, place: int) -> tuple[str, Told]:
    """A title and the lines that explain the row at a place of a part."""
    if part.name == "reads":
        read = history.reads[place]
        return f"Read of {read.on}, period {read.period}", tuple(read_rows(look, history, place))
    entry = part.entries[place]
    return entry.title, entry.told


def _reads(look: Look, history: MeterHistory) -> Part:
    return Part("reads", READ_COLUMNS, tuple(Entry(read_row(each, history.card.point)) for each in history.reads))


def read_row(read: ReadLine, point: str = "") -> Row:
    """A read as a row of a list."""
    status = f"held: {held_for(read.held)}" if read.status == "held" else read.status
    number = [("" if n is None else f"{n:,}") for n in (read.value, read.use, read.days, read.last_year)]
    told = " ".join(filter(None, (status, read.trouble, "rolled" if read.rolled else "", read.reviews)))
    tone = "danger" if read.status == "held" else "dim" if read.status == "void" else None
    return Row((read.on.isoformat(), *number[:3], read.per_day, number[3], read.source, told, read.meter, point), tone)


READ_COLUMNS: Final = (
    Column("on", "Read on", 10),
    Column("value", "Value", 10, "right"),
    Column("use", "Use", 7, "right"),
    Column("days", "Days", 4, "right"),
    Column("day", "A day", 6, "right"),
    Column("ago", "Yr ago", 7, "right"),
    Column("source", "S", 1),
    Column("told", "Status and reviews"),
    Column("meter", "Meter", 18, priority=1),
    Column("point", "Point", 9, priority=2),
)


def _months(look: Look, history: MeterHistory) -> Part:
    """Twelve months beside the same months a year before, the newest first."""
    months, unit = history.months, history.card.use_unit
    end = int(history.through[:4]) * 12 + int(history.through[5:]) - 1
    top = max(months, default=0)
    entries = []
    for n in range(12):
        at, then = months[MONTHS - 1 - n], months[MONTHS - 13 - n]
        year, month = divmod(end - n, 12)
        change = "" if not then else "same" if at == then else f"{_nearest((at - then) * 100, then):+d} %"
        cells = (f"{_NAMES[month]} {year}", bar(at, top, BAR), f"{at:,}", bar(then, top, BAR), f"{then:,}", change)
        told = tuple(_shared(history, year, month + 1)) or (("use", "no read covers it"),)
        entries.append(Entry(Row(cells), f"Use of {_NAMES[month]} {year}", (*told, ("in all", f"{at:,} {unit}"))))
    return Part("months", _MONTHS, tuple(entries))


def _nearest(part: int, whole: int) -> int:
    """`part` of `whole` to the nearest whole number, half away from zero; `whole` above nothing."""
    nearest = (abs(part) * 2 + whole) // (2 * whole)
    return nearest if part >= 0 else -nearest


def _shared(history: MeterHistory, year: int, month: int) -> Iterator[tuple[str, str]]:
    """The reads whose use is shared into a month, each by its days there."""
    first = date(year, month, 1).toordinal()
    last = date(year + month // 12, month % 12 + 1, 1).toordinal() - 1
    for read in history.reads:
        if read.status == "void" or read.use is None or read.use <= 0:
            continue
        days = read.days or 1
        here = min(last, read.on.toordinal()) - max(first, read.on.toordinal() - days + 1) + 1
        if here > 0:
            share = Fraction(read.use * here, days)
            yield f"read of {read.on}", f"{read.use:,} in {days} days, {here} of them here: {_hundredths(share)}"


_MONTHS: Final = (
    Column("month", "Month", 8), Column("bar", "This year", BAR), Column("use", "Use", 8, "right"),
    Column("bar_before", "A year before", BAR), Column("before", "Before", 8, "right"),
    Column("change", "Change", 8, "right"),
)  # fmt: skip


def _neighbours(look: Look, history: MeterHistory) -> Part:
    found = beside(look, history.card.point)
    if found is None:
        return Part("neighbours", _BESIDE, (), "It is on no route, or was never read.")
    middle = "unknown" if found.median is None else f"{_hundredths(found.median)} {found.unit}"
    said = f"{found.period}: median of {found.read} others on route {found.route} {middle} a day"
    here = next(n for n, each in enumerate(found.rows) if each.side == 0)
    return Part("neighbours", _BESIDE, tuple(_beside(each, found) for each in found.rows), said, here)


def _beside(each: Neighbour, found: Beside) -> Entry:
    daily = each.daily
    times = "" if daily is None or not found.median or each.unit != found.unit else (
        f"{_tenths(daily / found.median)} x"
    )  # fmt: skip
    cells = (
        each.walk, each.point, each.address, "" if each.on is None else str(each.on),
        "" if each.use is None else f"{each.use:,}", str(each.days or ""), "" if daily is None else _hundredths(daily),
        times, " ".join(filter(None, ("this" if each.side == 0 else "", "E" if each.source == "E" else "",
                                      each.status if each.status in ("held", "unread") else ""))),
        each.account,
    )  # fmt: skip
    told = [
        ("use", "none is known" if each.use is None else f"{each.use:,} {each.unit} in {each.days or '—'} days"),
        ("a day", "—" if daily is None else f"{_hundredths(daily)} {each.unit}"),
        ("median of route", f"{'—' if found.median is None else _hundredths(found.median)} {found.unit} a day, of"
                            f" {found.read} meters read in {found.period}, not held, not estimated, without this one"),
        ("account", f"{each.account or 'none'}, {each.address}"),
    ]  # fmt: skip
    tone = "accent" if each.side == 0 else "dim" if each.use is None else None
    return Entry(Row(cells, tone), f"{each.point} beside its route", tuple(told), "" if each.side == 0 else each.point)


_BESIDE: Final = (
    Column("walk", "Route", 8), Column("point", "Point", 8), Column("address", "Address", 16, grow=1),
    Column("on", "Read on", 10, priority=1), Column("use", "Use", 6, "right"), Column("days", "Days", 4, "right"),
    Column("day", "A day", 6, "right"), Column("times", "Median", 7, "right"), Column("told", "Note", 9),
    Column("account", "Account", 8, priority=2),
)  # fmt: skip


def _tests(look: Look, history: MeterHistory) -> Part:
    entries = []
    for each in meter_tests.tests(look, _meters(look, history)):
        error = {flow.flow: flow.error for flow in each.flows}
        result = "passed" if each.passed else "failed"
        cells = (
            str(each.tested_on), result, *(error.get(flow, "") for flow in ("low", "mid", "high")), each.on_bills,
            each.meter, each.tested_by,
        )  # fmt: skip
        told = [("result", result)]
        for flow in each.flows:
            counted, ran, gpm, lowest, highest = map(
                thousandths, (flow.registered, flow.standard, flow.gpm, flow.lowest, flow.highest)
            )
            measured = f"{counted} of {ran} at {gpm} gpm: {flow.error}"
            limits = f"{lowest} to {highest} %, {'within' if flow.passed else 'outside'}"
            told.append((f"{flow.flow} flow", f"{measured}; limits {limits}"))
        told += [
            ("on bills", each.on_bills or "not known"), ("note", each.note), ("order", each.order),
            ("proposals", ", ".join(each.proposals)), ("by", f"{each.tested_by}, entered by {each.entered_by}"),
        ]  # fmt: skip
        shown = tuple((label, text) for label, text in told if text)
        entries.append(Entry(Row(cells, None if each.passed else "warning"), f"Test of {each.tested_on}", shown))
    return Part("tests", _TESTS, tuple(entries))


_TESTS: Final = (
    Column("on", "Tested", 10), Column("result", "Result", 6), Column("low", "Low", 9, "right"),
    Column("mid", "Mid", 9, "right"), Column("high", "High", 9, "right"), Column("bills", "On bills", 9, "right"),
    Column("meter", "Meter", 16, priority=1), Column("by", "By", 12, priority=2),
)  # fmt: skip


def _seals(look: Look, history: MeterHistory) -> Part:
    point = look.db.value("SELECT id FROM live_point WHERE number = ?", [history.card.point])
    now = standing(look, point)
    said = f"{now.state.replace('_', ' ')}, billed today at the {now.rate.status} rate" + (
        ", unless the coming read says otherwise" if now.rate.waits else ""
    )
    return Part("seals", _SEALS, tuple(map(_seal, ledger(look, point))), said)


def _seal(each: SealView) -> Entry:
    looks = each.checks[0] if each.checks else None
    last = "" if looks is None else f"{looks.on} {looks.found}"
    cells = (
        each.seal, each.lock, each.why.replace("_", " "), each.rate, str(each.placed_on), str(each.removed_on or ""),
        last, each.requested_by,
    )  # fmt: skip
    told = [
        ("lock", each.lock), ("reason", each.why.replace("_", " ")),
        ("rate", f"{each.rate}, {each.effect.replace('_', ' ')}"
                 + (f", from {each.rate_from}" if each.rate_from else "")
                 + (f", full again from {each.full_from}" if each.full_from else "")),
        ("placed", f"{each.placed_on}, {_value(each.placed_value)}"),
        ("removed", f"{each.removed_on}, {_value(each.removed_value)} {each.removed_reason}".rstrip()
                    if each.removed_on else ""),
        ("asked by", each.requested_by),
        *((f"looked {check.on}", " ".join(filter(None, (
            check.found, _value(check.value), check.other, check.note, f"by {check.by}" if check.by else ""))))
          for check in each.checks),
    ]  # fmt: skip
    shown = tuple((label, text) for label, text in told if text)
    return Entry(Row(cells, None if each.removed_on is None else "dim"), f"Seal {each.seal}", shown)


def _value(value: int | None) -> str:
    return "" if value is None else f"at {value:,}"


_SEALS: Final = (
    Column("seal", "Seal", 10), Column("lock", "Lock", 8), Column("why", "Reason", 13), Column("rate", "Rate", 10),
    Column("placed", "Placed", 10), Column("removed", "Removed", 10), Column("looked", "Last look", 16, priority=1),
    Column("by", "Asked by", 14, priority=2),
)  # fmt: skip


def _orders(look: Look, history: MeterHistory) -> Part:
    entries = []
    for each in at_point(look, history.card.point):
        late = each.state == "open" and each.due_on < look.today
        found = " ".join(filter(None, (each.found_serial, _value(each.found_value), each.found_code, each.note)))
        cells = (
            each.order, orders.KINDS[each.kind], "late" if late else each.state, str(each.due_on),
            str(each.done_on or ""), each.done_by, found or each.instructions,
        )  # fmt: skip
        told = [("what", orders.KINDS[each.kind]), ("asked", f"{each.asked_on} by {each.asked_by}"),
                ("to do", each.instructions), ("due", str(each.due_on)), ("from", each.item),
                ("done", f"{each.done_on} by {each.done_by}" if each.done_on else ""), ("found", found)]  # fmt: skip
        shown = tuple((label, text) for label, text in told if text)
        tone = "warning" if late else None if each.state == "open" else "dim"
        entries.append(Entry(Row(cells, tone), each.order, shown))
    return Part("orders", _ORDERS, tuple(entries))


_ORDERS: Final = (
    Column("order", "Order", 8), Column("kind", "Kind", 14), Column("state", "State", 9), Column("due", "Due", 10),
    Column("done", "Done", 10), Column("by", "By", 8, priority=1), Column("told", "Found, or what to do", grow=2),
)  # fmt: skip


def _installs(look: Look, history: MeterHistory) -> Part:
    entries = []
    faces = {
        clean_text(f"{maker}/{serial}"): f"{dials} dials x {Fraction(num, den)} {unit}"
        + (f", {zeros} fixed" if zeros else "") + (f", {count} counters" if count > 1 else "")
        for maker, serial, dials, zeros, num, den, unit, count in look.db.rows(
            "SELECT m.maker, m.serial, MIN(g.dials), MIN(g.fixed_zeros), MIN(g.mult_num), MIN(g.mult_den), MIN(g.unit),"
            f" COUNT(*) FROM meter m JOIN register g ON g.meter_id = m.id WHERE m.id IN ({marks(found)})"
            " GROUP BY m.id, m.maker, m.serial", found,
        )
    } if (found := _meters(look, history)) else {}  # fmt: skip
    for hung in history.installs:
        own = [each for each in history.reads if each.meter == hung.meter and each.status != "void"]
        used = sum(each.use or 0 for each in own)
        values = [each.value for each in own if each.value is not None]
        span = f"{values[-1]:,} to {values[0]:,}" if values else ""
        cells = (
            hung.meter or "no meter known", hung.size, str(hung.on), str(hung.off or "now"),
            faces.get(hung.meter, ""), span, f"{used:,}",
        )  # fmt: skip
        told = (
            ("hung", f"{hung.on} to {hung.off or 'now'}"), ("face", faces.get(hung.meter, "not known")),
            ("reads", f"{len(own)}, {span}" if span else str(len(own))),
            ("use", f"{used:,} {history.card.use_unit} billed or to be billed by them"),
        )  # fmt: skip
        entries.append(Entry(Row(cells, None if hung.off is None else "dim"), hung.meter or "No meter known", told))
    return Part("installs", _INSTALLS, tuple(entries))


_INSTALLS: Final = (
    Column("meter", "Meter", 18), Column("size", "Size", 5), Column("on", "From", 10), Column("off", "To", 10),
    Column("face", "Face", 16), Column("values", "Read", 16, priority=1), Column("use", "Use", 8, "right"),
)  # fmt: skip


def _meters(look: Look, history: MeterHistory) -> Sequence[int]:
    """The meters that hang or hung at the point."""
    return [
        row[0]
        for row in look.db.rows(
            "SELECT DISTINCT i.meter_id FROM live_install i JOIN live_point p ON p.id = i.point_id"
            " JOIN meter m ON m.id = i.meter_id AND m.placeholder = 0 WHERE p.number = ?",
            [history.card.point],
        )
    ]


def _hundredths(exact: Fraction) -> str:
    """Two decimals, half away from zero."""
    n = _nearest(exact.numerator * 100, exact.denominator)
    return f"{'-' if n < 0 else ''}{abs(n) // 100:,}.{abs(n) % 100:02d}"


def _tenths(exact: Fraction) -> str:
    n = _nearest(exact.numerator * 10, exact.denominator)
    return f"{n // 10:,}.{n % 10}"


PARTS: Final[dict[str, Callable[[Look, MeterHistory], Part]]] = {
    "reads": _reads,
    "months": _months,
    "neighbours": _neighbours,
    "tests": _tests,
    "seals": _seals,
    "orders": _orders,
    "installs": _installs,
}

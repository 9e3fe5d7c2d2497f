"""How the use of one read came about: its counts and what they carry, the parts of its period, estimates before it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from ubtui.act import Look
from ubtui.db.session import Row
from ubtui.detectors.readings.summaries import faces
from ubtui.domain.estimating import Span
from ubtui.domain.holds import held_for
from ubtui.domain.register import Register, carried
from ubtui.domain.volume import Unit
from ubtui.services.meters import MeterHistory, ReadLine
from ubtui.services.reads import expecting
from ubtui.services.reads.estimating import spanned

_WHICH: Final = (
    "SELECT r.register_id, r.point_id, r.carry, r.estimated_by FROM live_read r JOIN register g ON g.id = r.register_id"
    " JOIN meter m ON m.id = g.meter_id JOIN service_point p ON p.id = r.point_id WHERE p.number = ? AND r.read_on = ?"
    " AND r.seq = ? AND g.n = ? AND (? = '' AND m.placeholder = 1 OR m.maker || '/' || m.serial = ?)"
)
BY: Final = {
    "last-year": "the same period a year before", "recent": "its last actual reads", "class": "customers of its class",
    "hand": "by hand", "seal": "nothing, for a seal was on all the while",
}  # fmt: skip
_BESIDE: Final = ("control", "reread")  # they bill nothing


def read_rows(look: Look, history: MeterHistory, place: int) -> Iterator[tuple[str, str]]:
    """How the use of a read came about, in (label, told); `place` counts from the newest."""
    read, card = history.reads[place], history.card
    earlier = _before(history, place)
    before = _kept(look, card.point, earlier) if earlier else None
    found = _kept(look, card.point, read)
    yield "present", "—" if read.value is None else f"{read.value:,} on {read.on}"
    yield "before", "—" if earlier is None else f"{earlier.value:,} on {earlier.on}" + _guessed(earlier)
    unit = Unit.parse(card.use_unit)
    face = faces(look.db, {found[0]: found[1]})[found[0]][0] if found and read.meter else None
    if face is None:
        yield "register", "no meter known: use came as such"
    else:
        zeros = f", {face.fixed_zeros} fixed zeros" if face.fixed_zeros else ""
        yield "register", f"{face.dials} dials{zeros}, x {face.multiplier}, {face.unit}"
        yield from _exact(face, unit, _counted(read, found), None if earlier is None else _counted(earlier, before))
    days = f"over {read.days or '—'} days, {read.per_day} a day" if read.days else "over — days"
    yield "use", "—" if read.use is None else f"{read.use:,} {days}" + (", past zero" if read.rolled else "")
    yield from _parts(history, read)
    if read.source == "E":
        yield "estimated", BY.get(found[3] if found else "", "from earlier use") + "; the next read puts it right"
    if found and (closed := spanned(look, found[0], read.on, read.seq)) is not None:
        yield from _span(closed, card.use_unit)
    yield "last year", "—" if read.last_year is None else f"{read.last_year:,} in the same period"
    if found and read.status != "billed":
        known = expecting.of_read(look, found[0], read.on.isoformat(), read.seq)
        if known.expected is not None:
            yield "expected", f"{known.expected:,} {card.use_unit}, {known.low:,} to {known.high:,}"
    held = held_for(read.held) if read.held else ""
    stands = " ".join(filter(None, (read.kind, read.status, held, read.trouble, read.reviews)))
    yield "stands", stands
    yield "entered by", read.by


class _Counted(NamedTuple):
    """A value with what it carries in billing units; past zero the fraction of the full range is in that."""

    value: int | None
    carry: Fraction
    rolled: bool


def _kept(look: Look, point: str, read: ReadLine) -> Row | None:
    """Register, point, carry and method of a read."""
    return look.db.one(_WHICH, [point, read.on.isoformat(), read.seq, read.register, read.meter, read.meter])


def _counted(read: ReadLine, kept: Row | None) -> _Counted:
    return _Counted(read.value, carried(kept[2]) if kept else Fraction(0), read.rolled)


def _before(history: MeterHistory, place: int) -> ReadLine | None:
    """The read that a read is measured against: the last one of its register that stands and has a value."""
    of = (history.reads[place].meter, history.reads[place].register)
    return next(
        (
            each
            for each in history.reads[place + 1 :]
            if (each.meter, each.register) == of
            and each.value is not None
            and each.status != "void"
            and each.kind not in _BESIDE
        ),
        None,
    )


def _guessed(read: ReadLine) -> str:
    return ", estimated" if read.source == "E" else ""


def _exact(face: Register, unit: Unit, read: _Counted, earlier: _Counted | None) -> Iterator[tuple[str, str]]:
    """What both values stand for in billing units with what they carry, and where it is cut."""
    if read.carry:
        yield "carries", f"{_told(read.carry)} {unit} that a meter before it, zero or a counter beside it left"
    plain = face.unit == unit and face.multiplier * 10**face.fixed_zeros == 1
    if plain and not read.carry and not (earlier and earlier.carry):
        yield "billing unit", f"{unit}: a count is one"
        return
    cut = "each cut to whole units, then subtracted"
    if read.value is None or earlier is None or earlier.value is None:
        yield "billing unit", f"{unit}: reads are {cut}"
        return
    now = face.in_unit(read.value, unit) + read.carry + (face.billed(face.limit, unit) if read.rolled else 0)
    was = face.in_unit(earlier.value, unit) + earlier.carry
    yield "billing unit", f"{unit}: {_told(now)} and before it {_told(was)}, {cut}"


def _told(exact: Fraction) -> str:
    """An exact volume to three decimals, and that there is more of it."""
    milli, rest = divmod(exact * 1000, 1)
    whole, part = divmod(int(milli), 1000)
    return f"{whole:,}" + (f".{part:03d}".rstrip("0") if part or rest else "").rstrip(".") + ("…" if rest else "")


def _parts(history: MeterHistory, read: ReadLine) -> Iterator[tuple[str, str]]:
    """The parts that together are billed for the period: of meters that followed each other, of counters beside it."""
    parts = [
        each
        for each in reversed(history.reads)
        if each.period == read.period
        and each.use is not None
        and each.status != "void"
        and each.kind not in (*_BESIDE, "opening", "installation")
    ]
    if len({(each.meter, each.register) for each in parts}) < 2 or read not in parts:
        return
    for each in parts:
        before = _before(history, history.reads.index(each))
        counted = f" ({before.value:,} to {each.value:,})" if before and before.value is not None and each.value else ""
        here = " · this read" if each == read else ""
        yield f"{each.on} counter {each.register}", f"{each.use:,} by {each.meter}{counted}{here}"
    yield "period in all", f"{sum(each.use or 0 for each in parts):,}"


def _span(closed: Span, unit: str) -> Iterator[tuple[str, str]]:
    """What an actual read puts right of the estimates before it, and each period's share for its tiers."""
    yield (
        "makes up for",
        (f"{closed.total:,} {unit} were really used in the {closed.days} days since {closed.since}; by days:"),
    )
    for each in closed.shares:
        stood = "this read" if each.on == closed.on else "estimated"
        yield f"  to {each.on}", f"{each.share:,} in {each.days} days, {stood} {each.use:,}"

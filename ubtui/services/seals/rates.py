"""By which rate a point is billed while seals come and go: of one day, of the days between two, and from when on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from ubtui.act import Look
from ubtui.domain.periods import ReadCycle
from ubtui.domain.seals import FULL, Effect, Hung, RateOn, Status
from ubtui.domain.seals import rate_on as rate_of

_HUNG = (
    "SELECT z.number, z.rate_status, z.rate_effect, z.placed_on, z.rate_from, z.removed_on, z.full_from FROM seal z"
    " WHERE z.point_id = ? AND (z.batch_id IS NULL OR z.batch_id IN (SELECT b.id FROM batch b"
    " WHERE b.released_at IS NOT NULL)) ORDER BY z.placed_on, z.id"
)
_USES = (
    "SELECT r.register_id, r.read_on, r.usage FROM live_read r WHERE r.point_id = ? AND r.status IN"
    " ('released', 'billed') AND r.kind NOT IN ('control', 'reread') ORDER BY r.register_id, r.read_on, r.seq"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Days with one rate, `from_on` and `to_on` among them; `waits` as in RateOn."""

    from_on: date
    to_on: date
    status: Status
    seal: str
    waits: bool


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _hung(look: Look, point_id: int) -> list[Hung]:
    return [
        Hung(number, rate, effect, date.fromisoformat(placed), _day(starts), _day(off), _day(full))
        for number, rate, effect, placed, starts, off, full in look.db.rows(_HUNG, [point_id])
    ]


_Uses = list[tuple[date, date, int]]


def _uses(look: Look, point_id: int) -> _Uses:
    """What every register showed between one read and the next; what is held is not known yet."""
    found: _Uses = []
    before: tuple[int, date] | None = None
    for register, text, use in look.db.rows(_USES, [point_id]):
        on = date.fromisoformat(text)
        if before is not None and before[0] == register and use is not None:
            found.append((before[1], on, int(use)))
        before = register, on
    return found


def _used(uses: _Uses) -> Callable[[date], bool | None]:
    """Whether water ran between the reads around a day: the read day itself belongs to what comes after it."""

    def used(day: date) -> bool | None:
        around = [use for begin, end, use in uses if begin <= day < end]
        return any(use > 0 for use in around) if around else None

    return used


def rate_on(look: Look, point_id: int, day: date) -> RateOn:
    """The rate status of a point on a day, the seal behind it, and whether the coming read decides it."""
    hung = _hung(look, point_id)
    return rate_of(hung, day, _used(_uses(look, point_id))) if hung else FULL


def rates(look: Look, point_id: int, first: date, last: date) -> tuple[Span, ...]:
    """The rates of the days from `first` to `last`, both among them: a bill's period in pieces of one rate each."""
    hung, uses = _hung(look, point_id), _uses(look, point_id)
    used, cuts = _used(uses), {first}
    for each in hung:
        cuts |= {day for day in each.span() or () if day is not None}
    if any(each.effect == "month_of_use" for each in hung):
        cuts |= {day for begin, end, _ in uses for day in (begin, end)}
    begins = sorted(day for day in cuts if first <= day <= last)
    found: list[Span] = []
    for n, begin in enumerate(begins):
        end = last if n + 1 == len(begins) else date.fromordinal(begins[n + 1].toordinal() - 1)
        now = rate_of(hung, begin, used)
        if found and (found[-1].status, found[-1].seal, found[-1].waits) == (now.status, now.seal, now.waits):
            found[-1] = Span(found[-1].from_on, end, now.status, now.seal, now.waits)
        else:
            found.append(Span(begin, end, now.status, now.seal, now.waits))
    return tuple(found)


def _cycle(look: Look, point_id: int) -> ReadCycle | None:
    row = look.db.one(
        "SELECT c.code, c.months, c.first_month, c.read_day, c.bill_day FROM live_service s"
        " JOIN account a ON a.id = s.account_id JOIN cycle c ON c.id = a.cycle_id WHERE s.point_id = ?"
        " ORDER BY s.to_on IS NULL DESC, s.from_on DESC, s.id LIMIT 1",
        [point_id],
    )
    return None if row is None else ReadCycle(*row)


def starts(look: Look, point_id: int, effect: Effect, day: date) -> date | None:
    """The first day of a seal's rate: that day, the next read day of its cycle, or none that is known."""
    if effect == "never":
        return None
    if effect == "next_cycle" and (cycle := _cycle(look, point_id)) is not None:
        return cycle.coming(day)[1]
    return None if effect == "month_of_use" else day


def ends(look: Look, point_id: int, effect: Effect, day: date) -> date:
    """The first day in full of a point whose seal comes off on `day`, by the district's terms.

    East Boulder County Water District: a service that begins anew is charged from the cycle that runs.
    """
    restart, cycle = look.district.seals.restart, _cycle(look, point_id)
    if restart == "as_placed":
        restart = "next_cycle" if effect == "next_cycle" else "same_day"
    if cycle is None or restart == "same_day":
        return day
    return cycle.coming(day)[1] if restart == "next_cycle" else cycle.newest(day)[1]


def billed(look: Look, point_id: int, begins: date | None) -> str:
    """That another rate begins in what is billed: a bill that went out stays as it is; empty where it does not."""
    to = begins and look.db.value(
        "SELECT MAX(b.to_on) FROM bill b WHERE b.to_on > ? AND b.account_id = (SELECT s.account_id FROM live_service s"
        " WHERE s.point_id = ? ORDER BY s.to_on IS NULL DESC, s.from_on DESC, s.id LIMIT 1)",
        [begins.isoformat(), point_id],
    )
    return f"billed to {to}: the rate from {begins} on is for an adjustment to bring" if to else ""

"""Turns a draft into a story: its points, meters and the reads on their counters, then bills and payments."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from ubtui.domain.numbers import account_number
from ubtui.domain.volume import Unit, convert
from ubtui.services.demo import money, names
from ubtui.services.demo.calendar import READ_DAYS, Almanac, business_day
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.money import RATES, SEALED_RATE, Turn
from ubtui.services.demo.people import roles, situs
from ubtui.services.demo.story import MeterStory, PointStory, ReadStory, SealStory, Story
from ubtui.settings import District

FIRST_ACCOUNT = 120_001
ROUTE_LENGTH = 40
_PERIOD_DAYS = 61


class Teller:
    """Tells stories of one district: its rates and its calendar stand, all else comes with the draft."""

    def __init__(self, district: District, almanac: Almanac) -> None:
        self.almanac = almanac
        self.cycles = [cycle.code for cycle in district.cycles]
        self.due_days = {cycle.code: cycle.due_days for cycle in district.cycles}
        self.priced = money.rates(district)

    def story(self, rng: random.Random, d: Draft) -> Story:
        """The story of a draft; `rng` gives people, counters and payments."""
        route, step = divmod(d.index // len(self.cycles), ROUTE_LENGTH)
        cycle_no = self.cycles.index(d.cycle) + 1
        start = d.opened_at or 0
        turns = self._turns(d, route % READ_DAYS)[start:]
        opened = turns[0].on if d.opened_at is not None else date(2004 + rng.randrange(15), 1 + rng.randrange(12), 9)
        who = random.Random(rng.random())
        address, city, zip_code = situs(route, step, cycle_no)
        points = tuple(
            _point(rng, d, n, f"{cycle_no}{route + 1:02d}", step * 10 + 10 + 5 * n, turns, opened, uses[start:])
            for n, uses in enumerate([d.uses] if d.garden is None else [d.uses, d.garden])
        )
        number = account_number(FIRST_ACCOUNT + d.index)
        made = list(money.bills(self.priced, d, points, turns, number))
        bills, receipts = money.payments(rng, d, made, self.almanac.today, number)
        return Story(
            d.index, number, d.cycle, d.customer_class, opened, d.closed_on, apn(d.index), address, city, zip_code,
            roles(who, d, opened, address, city, zip_code), points, bills, receipts, d.plant, d.twice,
        )  # fmt: skip

    def _turns(self, d: Draft, offset: int) -> list[Turn]:
        """The read days of an account in order; where it closed between two, the final read stands for the later."""
        out: list[Turn] = []
        closed = d.closed_on
        for j, w in enumerate(d.windows):
            on, bill = w.reads[offset], (w.bill_on, w.mailed_on, w.due_on)
            if closed is not None and on >= closed > (out[-1].on if out else date.min):
                out.append(self._final(d, closed, w.period))
                continue
            gone = (closed is not None and on > closed) or (d.ended_at is not None and j > d.ended_at)
            out.append(Turn(on, w.period, False, bill if w.billed and not gone else None))
        if closed is not None and closed > out[-1].on:
            out.append(self._final(d, closed, _after(out[-1].period, 12 // d.a_year)))
        return out

    def _final(self, d: Draft, closed: date, period: str) -> Turn:
        billed = business_day(closed, 2)
        return Turn(closed, period, True, (billed, billed, billed + timedelta(days=self.due_days[d.cycle])))


def _point(
    rng: random.Random,
    d: Draft,
    n: int,
    route: str,
    sequence: int,
    turns: Sequence[Turn],
    opened: date,
    drawn: Sequence[int],
) -> PointStory:
    """The account's first point, or (n = 1) its garden's."""
    garden = n == 1
    customer_class = "irrigation" if garden else d.customer_class
    final = next((j for j, turn in enumerate(turns) if turn.final), None)
    uses = _uses(d, turns, drawn, final)
    face = names.GARDEN_FACE if garden else d.face
    size = rng.choice(names.SIZES[customer_class])
    swap = None if garden else d.exchanged_at
    parts = [(0, len(turns) - 1)] if swap is None else [(0, swap), (swap, len(turns) - 1)]
    meters: list[MeterStory] = []
    for first, last in parts:
        some = turns[first : last + 1]
        reads = tuple(_reads(rng, d, face, some, uses[first:last], bool(meters)))
        on = some[0].on
        if not meters and d.opened_at is None:
            on = min(on, max(opened, date(2004 + d.index % 12, 3, 1)))
        off = some[-1].on if last < len(turns) - 1 else None
        serial = 2 * (2 * d.index + n) + len(meters)
        radio = f"{80_000_000 + serial}" if rng.random() < 0.6 else None
        maker, model, dials, unit, num, den, _ = face
        number = f"{61_000_000 + serial * 37}"
        meters.append(MeterStory(maker, model, number, size, dials, unit, num, den, on, off, radio, reads))
    seal = None
    if d.sealed_at is not None:
        seen = meters[0].reads[d.sealed_at]
        placed = seen.on if d.sealed_at else seen.on - timedelta(days=200 + 37 * (d.index % 40))
        seal = SealStory(f"RV{4_000 + d.index:06d}", placed, seen.value)
    left = d.ended_at is not None or (final is not None and final < len(turns) - 1)
    dry = garden or customer_class == "irrigation"
    return PointStory(
        point_number(d.index, n), route, sequence, rng.choice(names.NOTES), "inactive" if left else "active",
        "irrigation" if dry else "potable", SEALED_RATE if seal else RATES[customer_class], customer_class, dry, opened,
        turns[d.ended_at].on if d.ended_at is not None else d.closed_on, tuple(meters), seal,
    )  # fmt: skip


def _uses(d: Draft, turns: Sequence[Turn], drawn: Sequence[int], final: int | None) -> list[int]:
    """Use of each turn after the first: nothing behind a seal or after the end, a part for the days to the end."""
    uses = list(drawn)
    if len(uses) < len(turns) - 1:  # a final read before the newest window: as in the same period a year ago
        uses.append(uses[-d.a_year])
    for j in range(len(uses)):
        if final is not None and j == final - 1:
            uses[j] = uses[j] * (turns[j + 1].on - turns[j].on).days // _PERIOD_DAYS
        gone = final is not None and j >= final
        # what a plant took from behind the seal came last
        sealed = d.sealed_at is not None and j >= d.sealed_at and not (d.plant and j == len(uses) - 1)
        if gone or sealed:
            uses[j] = 0
    return uses


def _reads(
    rng: random.Random, d: Draft, face: names.Face, turns: Sequence[Turn], uses: Sequence[int], new: bool
) -> Iterator[ReadStory]:
    """The reads of one meter; `uses` in whole billing units, which the counter passes exactly."""
    _, _, dials, unit, num, den, _ = face
    per = convert(Fraction(num, den), Unit(unit), Unit.CCF)
    total = sum(uses)
    units = 0 if new else 20 + int((int(10**dials * per) - total - 20) * (0.05 + 0.5 * rng.random()))
    if d.ends_at is not None:
        units = d.ends_at - total
    value = 0 if new else lowest(units, per)
    kind = "installation" if new else "opening" if d.opened_at is not None else "regular"
    yield ReadStory(turns[0].on, turns[0].period, value, None, None, kind, "released")
    for (before, turn), used in zip(pairwise(turns), uses, strict=True):
        units += used
        value = _value(rng, units, per, value, used, d.creeps and turn is turns[-1])
        usage: int | None = used
        held = "over-limit" if used > d.limit and turn.bill is None else None
        if value >= 10**dials or used < 0:
            value, usage, held = value % 10**dials, None, "below-previous"
        status = "held" if held else "billed" if turn.bill else "released"
        kind = "final" if turn.final else "regular"
        yield ReadStory(turn.on, turn.period, value, usage, (turn.on - before.on).days, kind, status, held)


def _value(rng: random.Random, units: int, per: Fraction, previous: int, used: int, creeps: bool) -> int:
    """What the counter shows at a whole number of billing units: somewhere within the last of them."""
    low, high = lowest(units, per), lowest(units + 1, per) - 1
    if used == 0:
        return min(previous + 9, high) if creeps else previous
    return rng.randint(low, high) if used > 0 else low


def lowest(units: int, per: Fraction) -> int:
    """The lowest counter value that stands for this many whole billing units, `per` of them a count."""
    return -(-units * per.denominator // per.numerator)


def apn(index: int) -> str:
    """A parcel number of twelve digits, written nnn-nnn-nnn-000."""
    return f"{35 + index // 30_000:03d}{index // 30 % 1000:03d}{index % 30 + 1:03d}000"


def point_number(index: int, n: int = 0) -> str:
    """The number of an account's first or second service point."""
    return f"SP-{2 * index + 1 + n:05d}"


def _after(period: str, months: int) -> str:
    """The period that follows another, for a final read before its window."""
    cycle, _, month = period.rpartition("/")
    year, last = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + months, 12)
    return f"{cycle}/{year:04d}-{last + 1:02d}"

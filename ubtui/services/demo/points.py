"""Service points of one account's story: their meters, registers and the reads on them, their seals."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from ubtui.domain.volume import Unit, convert
from ubtui.services.demo import names
from ubtui.services.demo.draft import Draft, garden_of
from ubtui.services.demo.money import OCCASIONAL_RATE, SEALED_RATE, Turn, rate_code
from ubtui.services.demo.story import MeterStory, PointStory, ReadStory, SealStory

PERIOD_DAYS = 61


def points(
    rng: random.Random,
    d: Draft,
    today: date,
    route: str,
    sequence: int,
    turns: Sequence[Turn],
    opened: date,
    start: int,
) -> tuple[PointStory, ...]:
    """The account's points: the house's, then its garden's or its fire line's; uses count from window `start`."""
    found = [_metered(rng, d, today, 0, route, sequence, turns, opened, d.uses[start:])]
    if d.garden is not None:
        found.append(_metered(rng, d, today, 1, route, sequence + 5, turns, opened, garden_of(d)[start:]))
    elif d.fire:
        found.append(_fire_line(rng, d, turns, opened))
    return tuple(found)


def _left(d: Draft, turns: Sequence[Turn]) -> tuple[str, date | None]:
    """State of the account's points and the day their services end."""
    final = next((j for j, turn in enumerate(turns) if turn.final), None)
    gone = d.ended_at is not None or (final is not None and final < len(turns) - 1)
    return "inactive" if gone else "active", turns[d.ended_at].on if d.ended_at is not None else d.closed_on


def _fire_line(rng: random.Random, d: Draft, turns: Sequence[Turn], opened: date) -> PointStory:
    """A line for sprinklers: no meter, no walk, a flat charge."""
    state, ended = _left(d, turns)
    return PointStory(
        point_number(d.index, 1), None, None, rng.choice(names.NOTES), state, "fire_line",
        rate_code("fire_line", d.customer_class, d.monthly), d.customer_class, False, d.fire_since or opened, ended,
        (), None,
    )  # fmt: skip


def _metered(
    rng: random.Random,
    d: Draft,
    today: date,
    n: int,
    route: str,
    sequence: int,
    turns: Sequence[Turn],
    opened: date,
    drawn: Sequence[int],
) -> PointStory:
    """The account's first point, or (n = 1) its garden's."""
    second = n == 1
    garden = second and not d.twin
    customer_class = "irrigation" if garden else d.customer_class
    final = next((j for j, turn in enumerate(turns) if turn.final), None)
    uses = _uses(d, turns, drawn, final)
    face = names.GARDEN_FACE if garden else d.face
    size = d.size or rng.choice(names.SIZES[customer_class])
    compound = d.compound and not second
    if compound:
        size, face = "3", names.LARGE_FACE
    swap = None if second else d.exchanged_at
    parts = [(0, len(turns) - 1)] if swap is None else [(0, swap), (swap, len(turns) - 1)]
    meters: list[MeterStory] = []
    for first, last in parts:
        some, used = turns[first : last + 1], uses[first:last]
        slow = [use * 3 // 10 for use in used] if compound else []
        if compound:
            slow = varied(slow)
            if d.slow_ends is not None:
                slow[-1] = d.slow_ends
            used = [use - low for use, low in zip(used, slow, strict=True)]
        new = bool(meters) or d.first_set
        face = d.new_face or face if meters else face
        reads = _reads(rng, d, face, some, used, new)
        low = tuple(_reads(rng, d, face, some, slow, new)) if compound else ()
        if d.twist is not None and not second:
            reads = d.twist(reads)
        on = some[0].on
        if not meters and d.opened_at is None:
            on = d.hung_on or min(on, max(opened, date(today.year - 18 + d.index % 14, 3, 1)))
        off = some[-1].on if last < len(turns) - 1 else d.off_on
        serial = 2 * (2 * d.index + n) + len(meters)
        radio = f"{80_000_000 + serial}" if rng.random() < 0.6 and not d.by_hand else None
        maker, model, dials, unit, num, den, _ = face
        number = f"{61_000_000 + serial * 37}"
        tested = None
        if (years := names.TESTED.get(size)) is not None:
            tested = min(today, date(today.year - d.index % years, 2 + d.index % 9, 11))
            tested = tested if tested >= on else None
        meters.append(
            MeterStory(
                maker, model, number, size, dials, unit, num, den, on, off, radio, tested, tuple(reads), low
            )
        )  # fmt: skip
    state, ended = _left(d, turns)
    dry = garden or customer_class == "irrigation"
    seal = None if second else _seal(d, meters[0], today)
    kind = "irrigation" if dry else d.kind
    code = rate_code(kind, customer_class, d.monthly)
    if seal is not None:
        code = SEALED_RATE if seal.locked else OCCASIONAL_RATE
    note = rng.choice(names.NOTES)
    return PointStory(
        point_number(d.index, n), route, sequence, note if d.note is None or second else d.note, state, kind,
        (not second and d.rate) or code, customer_class, dry or d.occasional, opened, ended, tuple(meters), seal,
        second and d.master,
    )  # fmt: skip


def _seal(d: Draft, meter: MeterStory, today: date) -> SealStory | None:
    """The seal of a resting point, or the open lock of one that is used now and then."""
    if d.sealed_at is None and not d.occasional:
        return None
    first = meter.reads[d.sealed_at or 0]
    placed = first.on if d.sealed_at else first.on - timedelta(days=200 + 37 * (d.index % 40))
    looked = max(placed, d.looked_on or today - timedelta(days=5 + d.index % 120))
    return SealStory(
        f"RV{4_000 + d.index:06d}", placed, first.value, not d.occasional, looked, d.unsealed_on, d.rate_from
    )


def _uses(d: Draft, turns: Sequence[Turn], drawn: Sequence[int], final: int | None) -> list[int]:
    """Use of each turn after the first: nothing behind a seal or after the end, a part for the days to the end."""
    uses = list(drawn)
    if len(uses) < len(turns) - 1:  # a final read before the newest window: as in the same period a year ago
        uses.append(uses[-d.a_year])
    length = PERIOD_DAYS * 6 // d.a_year
    for j in range(len(uses)):
        if final is not None and j == final - 1:
            uses[j] = uses[j] * min(length, (turns[j + 1].on - turns[j].on).days) // length
        gone = final is not None and j >= final
        # what a plant took from behind the seal came last
        sealed = d.sealed_at is not None and j >= d.sealed_at and not (d.plant and j == len(uses) - 1)
        if gone or sealed:
            uses[j] = 0
    return uses if d.by_hand else varied(uses)


def varied(uses: list[int]) -> list[int]:
    """The same uses, but for a run of three equal ones at the end: nobody's use is that even."""
    if uses[-1] and uses[-3:] == uses[-1:] * 3:
        uses[-2] += 1
    return uses


def _reads(
    rng: random.Random, d: Draft, face: names.Face, turns: Sequence[Turn], uses: Sequence[int], new: bool
) -> list[ReadStory]:
    """The reads of one register; `uses` in whole billing units, which the counter passes exactly."""
    _, _, dials, unit, num, den, _ = face
    per = _per(num, den, unit)
    total = sum(uses)
    units = 0 if new else 20 + int((int(10**dials * per) - total - 20) * (0.05 + 0.5 * rng.random()))
    if d.ends_at is not None:
        units = d.ends_at - total
    value = 0 if new else lowest(units, per)
    kind = "installation" if new else "opening" if d.opened_at is not None else "regular"
    made = [ReadStory(turns[0].on, turns[0].period, value, None, None, kind, "released")]
    for (before, turn), used in zip(pairwise(turns), uses, strict=True):
        units += used
        value = _value(rng, units, per, value, used, d.creeps and turn is turns[-1])
        usage: int | None = used
        held = "over-limit" if used > d.limit and turn.bill is None else None
        if value >= 10**dials or used < 0:
            value, usage, held = value % 10**dials, None, "below-previous"
        status = "held" if held else "billed" if turn.bill else "released"
        kind = "final" if turn.final else "regular"
        made.append(ReadStory(turn.on, turn.period, value, usage, (turn.on - before.on).days, kind, status, held))
    return made


def _value(rng: random.Random, units: int, per: Fraction, previous: int, used: int, creeps: bool) -> int:
    """What the counter shows at a whole number of billing units: somewhere within the last of them."""
    low, high = lowest(units, per), lowest(units + 1, per) - 1
    if used == 0:
        return min(previous + 9, high) if creeps else previous
    return low + int((high - low + 1) * rng.random()) if used > 0 else low


@lru_cache(maxsize=64)
def _per(num: int, den: int, unit: str) -> Fraction:
    """What one count stands for in billing units."""
    return convert(Fraction(num, den), Unit(unit), Unit.CCF)


def lowest(units: int, per: Fraction) -> int:
    """The lowest counter value that stands for this many whole billing units, `per` of them a count."""
    return -(-units * per.denominator // per.numerator)


def point_number(index: int, n: int = 0) -> str:
    """The number of an account's first or second service point."""
    return f"SP-{2 * index + 1 + n:05d}"

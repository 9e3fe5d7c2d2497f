"""What a read is expected to show: the use that last year or the average leads to, and the limits around it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from ubtui.act import Look
from ubtui.detectors.heal import parameters
from ubtui.detectors.readings.facts import METERED
from ubtui.detectors.readings.summaries import Usual, faces, usual
from ubtui.detectors.registry import CODES
from ubtui.domain.register import RESTART, Register, carried
from ubtui.domain.scales import Scales
from ubtui.domain.volume import Unit

if TYPE_CHECKING:
    from ubtui.services.reads.routes import Stop

_CLASS: Final = f"(SELECT MIN(x.customer_class) FROM live_service x WHERE x.point_id = {{}} AND {METERED})"
_JUDGED: Final = (
    "SELECT r.point_id, r.prev_value, r.kind, r.ly_milli, r.avg_milli,"
    " (SELECT m.ratio_ppm FROM cycle_median m WHERE m.period = r.period),"
    " (SELECT z.carry FROM live_read z WHERE z.register_id = r.register_id AND z.read_on = r.prev_on"
    " AND z.status <> 'void' AND z.kind NOT IN ('control', 'reread') AND (z.read_on < r.read_on OR z.seq < r.seq)"
    " ORDER BY z.seq DESC LIMIT 1)"
    " FROM read_summary r"
    " WHERE r.register_id = ? AND r.read_on = ? AND r.seq = ?"
)


class Range(NamedTuple):
    """The use to expect of a read in whole billing units, the least and the most that no detector calls odd.

    `low_value` and `high_value` are the least and the most that the dials may show for it (past zero they begin anew).
    None where nothing is known.
    """

    expected: int | None = None
    low: int | None = None
    high: int | None = None
    low_value: int | None = None
    high_value: int | None = None

    def __str__(self) -> str:
        return "" if self.expected is None else f"expected {self.expected:,}, {self.low:,} to {self.high:,}"


class Bounds(NamedTuple):
    """What calls a use odd, as R04 to R07 have it in force: times what is expected, and from how many units on."""

    high: Scales
    high_least: int
    alone: Scales
    alone_least: int
    extreme: Scales
    extreme_least: int
    low: Scales
    base: int

    def around(self, known: Usual, customer_class: str | None, most: int | None) -> tuple[int | None, int | None]:
        """The least and the most units that none of them finds; `most` is the limit of the class."""
        expected = known.expected
        if expected is None:
            return None, most
        if known.last_year is None:
            tops = [_top(self.alone, expected, customer_class, self.alone_least)]
            low = 0
        else:
            tops = [_top(self.high, expected, customer_class, self.high_least)]
            slow = known.last_year >= self.base
            low = -(-_times(self.low, expected, customer_class) // 1_000_000) if slow else 0
        if known.average is not None:
            tops.append(_top(self.extreme, known.average, customer_class, self.extreme_least))
        high = min([*tops, *([] if most is None else [most])])
        return min(low, high), high


def _times(scales: Scales, milli: int, customer_class: str | None) -> int:
    """What a use in millionths is held against: so many times thousandths of billing units."""
    return max(1, int(scales.at(Fraction(milli, 1000), customer_class) * 1000)) * milli


def _top(scales: Scales, milli: int, customer_class: str | None, least: int) -> int:
    """The most units that are not above so many times, or too few to be looked at."""
    return max(_times(scales, milli, customer_class) // 1_000_000, least - 1)


def expectations(look: Look) -> Bounds:
    """The limits of R04, R05, R06 and R07 as they are in force."""
    own = parameters(look.db)
    high, alone, extreme, low = (CODES[code].values(own.get(code, {})) for code in ("R04", "R05", "R06", "R07"))
    least = (int(Fraction(values["least"])) for values in (high, alone, extreme))
    times = (Scales.among(values, "times") for values in (high, alone, extreme, low))
    pairs = [part for pair in zip(times, (*least, int(Fraction(low["base"]) * 1000)), strict=True) for part in pair]
    return Bounds(*pairs)  # type: ignore[arg-type]


def of_read(look: Look, register_id: int, read_on: str, seq: int = 1, within: Bounds | None = None) -> Range:
    """What is expected of a read that stands: as it is judged, or as its register's reads before it say.

    `within` where it is asked of many. An unknown read gives a Range of nothing.
    """
    row = look.db.one(_JUDGED, [register_id, read_on, seq])
    if row is not None:
        point, prior, kind, *measured, carry = row
        known = Usual(*measured)
    else:
        found = look.db.one(
            "SELECT point_id, period, kind FROM live_read WHERE register_id = ? AND read_on = ? AND seq = ?",
            [register_id, read_on, seq],
        )
        if found is None:
            return Range()
        point, period, kind = found
        known, before = usual(look.db, register_id, period, read_on)
        prior, carry = (before[5], before[14]) if before else (None, None)
    if kind in RESTART or known.expected is None:
        return Range()
    face, unit = faces(look.db, {register_id: point})[register_id]
    customer_class = look.db.value(f"SELECT {_CLASS.format('?')}", [point])
    low, high = (within or expectations(look)).around(
        known, customer_class, look.district.use_limits.get(customer_class or "")
    )
    shown = (n if n is None else n % face.limit for n in _shown(face, unit, prior, carry, low, high))
    return Range((known.expected + 500) // 1000, low, high, *shown)


def limits(look: Look, stop: Stop, within: Bounds | None = None) -> tuple[int | None, int | None]:
    """The lowest and highest value that the next read of a stop may show unasked, not yet begun anew past zero.

    `within` where it is asked of many.
    """
    known, before = usual(look.db, stop.register_id, stop.period, max(stop.read_on, look.today).isoformat())
    if known.expected is None:
        return None, None
    most = look.district.use_limits.get(stop.customer_class)
    low, high = (within or expectations(look)).around(known, stop.customer_class, most)
    return _shown(stop.face, stop.unit, stop.prior, before[14] if before else None, low, high)


def _shown(
    face: Register, unit: Unit, prior: int | None, carry: str | None, low: int | None, high: int | None
) -> tuple[int | None, int | None]:
    """The least and the greatest count after `prior`, and what it carries, that bill these uses."""
    if prior is None or low is None or high is None:
        return None, None
    over = carried(carry)
    return face.reached(prior, low, unit, over), face.reached(prior, high + 1, unit, over) - 1

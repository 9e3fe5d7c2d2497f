"""What a read is expected to show: the use that last year or the average leads to, and the limits around it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from ubtui.act import Look
from ubtui.detectors.base import marks, parts
from ubtui.detectors.heal import parameters
from ubtui.detectors.readings.facts import CARRIED_BEFORE, METERED
from ubtui.detectors.readings.summaries import Usual, faces, usual
from ubtui.detectors.registry import CODES
from ubtui.domain.register import RESTART, Register, carried
from ubtui.domain.scales import Scales
from ubtui.domain.volume import Unit

if TYPE_CHECKING:
    from ubtui.services.reads.routes import Stop

_CLASSES: Final = (
    "SELECT x.point_id, MIN(x.customer_class) FROM live_service x WHERE x.point_id IN ({})"
    f" AND {METERED} GROUP BY x.point_id"
)
_JUDGED: Final = (
    "SELECT r.register_id, r.read_on, r.seq, r.point_id, r.prev_value, r.kind, r.ly_milli, r.avg_milli,"
    f" (SELECT m.ratio_ppm FROM cycle_median m WHERE m.period = r.period), {CARRIED_BEFORE} FROM read_summary r"
    " WHERE r.register_id IN ({})"
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


Key = tuple[int, str, int]
"""Register, day and number of a read."""


def of_read(look: Look, register_id: int, read_on: str, seq: int = 1, within: Bounds | None = None) -> Range:
    """What is expected of a read that stands: as it is judged, or as its register's reads before it say.

    `within` where it is asked of many. An unknown read gives a Range of nothing.
    """
    return of_reads(look, [(register_id, read_on, seq)], within)[0]


def of_reads(look: Look, keys: Sequence[Key], within: Bounds | None = None) -> list[Range]:
    """The same of many reads, in their order; of those under judgement in a few statements for all."""
    found: dict[Key, _Known] = {}
    for part in parts(sorted({register for register, _, _ in keys})):
        for row in look.db.rows(_JUDGED.format(marks(part)), part):
            register, on, seq, point, prior, kind, last_year, average, ratio, carry = row
            usually = Usual(None, None) if kind in RESTART else Usual(last_year, average, ratio_ppm=ratio)
            found[register, on, seq] = _Known(point, prior, usually, carry)
    for key in keys:
        if key not in found:
            found[key] = _behind(look, *key)
    wanted = {key: found[key] for key in keys if found[key].usual.expected is not None}
    if not wanted:
        return [Range()] * len(keys)
    at = {register: known.point for (register, _, _), known in wanted.items()}
    face_of: dict[int, tuple[Register, Unit]] = {}
    class_of: dict[int, str] = {}
    for part in parts(sorted(at)):
        face_of |= faces(look.db, {register: at[register] for register in part})
    for part in parts(sorted(set(at.values()))):
        class_of |= {point: kind or "" for point, kind in look.db.rows(_CLASSES.format(marks(part)), part)}
    within, most = within or expectations(look), look.district.use_limits
    out = {}
    for key, known in wanted.items():
        (face, unit), kind = face_of[key[0]], class_of.get(known.point, "")
        low, high = within.around(known.usual, kind, most.get(kind))
        shown = (n if n is None else n % face.limit for n in _shown(face, unit, known.prior, known.carry, low, high))
        out[key] = Range(whole(known.usual.expected or 0, low, high), low, high, *shown)
    return [out.get(key, Range()) for key in keys]


class _Known(NamedTuple):
    """What a read is judged by: its point, the value before, what measures it, and what the one before carries."""

    point: int
    prior: int | None
    usual: Usual
    carry: str | None


def _behind(look: Look, register_id: int, read_on: str, seq: int) -> _Known:
    """The same of a read that is not under judgement."""
    found = look.db.one(
        "SELECT point_id, period, kind FROM live_read WHERE register_id = ? AND read_on = ? AND seq = ?",
        [register_id, read_on, seq],
    )
    if found is None or found[2] in RESTART:
        return _Known(0, None, Usual(None, None), None)
    known, before = usual(look.db, register_id, found[1], read_on)
    return _Known(found[0], before[5] if before else None, known, before[14] if before else None)


def whole(milli: int, low: int | None, high: int | None) -> int:
    """Thousandths of units as whole ones, the nearest of those that the range holds where it holds the exact use."""
    near = (milli + 500) // 1000
    if high is not None and milli // 1000 <= high < near:
        return high
    return low if low is not None and near < low <= -(-milli // 1000) else near


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

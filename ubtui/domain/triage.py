"""Why a read may stand below the one before: every cause with the use it would give and how likely it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from ubtui.domain.register import NOTHING, Register, is_rollover
from ubtui.domain.volume import Unit

Kind = Literal[
    "rollover", "over-estimate", "prior-misread", "backwards", "exchange", "transposed", "misread", "neighbour",
    "elsewhere",
]  # fmt: skip
Likelihood = Literal["likely", "possible", "unlikely"]
NAMES: Final[dict[Kind, str]] = {
    "rollover": "The counter passed zero",
    "over-estimate": "The estimate before was too high",
    "prior-misread": "The read before was misread",
    "backwards": "The meter is set backwards or swapped",
    "exchange": "Another meter hangs there",
    "transposed": "Two digits were changed round",
    "misread": "One digit is wrong",
    "neighbour": "It is the neighbour's read",
    "elsewhere": "It is another meter's read",
}
_RANK: Final = {"likely": 0, "possible": 1, "unlikely": 2}
NEAR: Final = (Fraction(7, 10), Fraction(14, 10))
WIDE: Final = (Fraction(1, 2), Fraction(2))


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The read of the same period next door, on its own face; `expected` in thousandths of billing units.

    `carry` is what the read before it carries, in billing units.
    """

    point: str
    face: Register
    unit: Unit
    prev: int
    value: int
    expected: int | None
    carry: Fraction = NOTHING


@dataclass(frozen=True, slots=True)
class Other:
    """A meter that has no read of the period: its last value, on its own face; `near` says why it is thought of.

    `expected` in thousandths of billing units, `carry` what its last value carries, in billing units.
    """

    point: str
    near: str
    face: Register
    unit: Unit
    prev: int
    expected: int | None
    carry: Fraction = NOTHING


@dataclass(frozen=True, slots=True)
class Case:
    """A read below the one before, and what is known around it.

    `expected` is the use to expect of the read's `days`, `average` that of six actual reads, both in thousandths of
    billing units, None where nothing is known. `before` is the value two reads back and `before_days` the days since;
    `actual` the last value that was not estimated, `actual_days` the days since; `prev_use` and `prev_days` are of
    the read before. `carry`, `before_carry` and `actual_carry` are what those reads carry, in billing units.
    """

    face: Register
    unit: Unit
    prev: int
    value: int
    days: int | None = None
    expected: int | None = None
    average: int | None = None
    estimated: bool = False
    prev_billed: bool = False
    prev_use: int | None = None
    prev_days: int | None = None
    before: int | None = None
    before_days: int | None = None
    actual: int | None = None
    actual_days: int | None = None
    neighbours: tuple[Neighbour, ...] = ()
    others: tuple[Other, ...] = ()
    carry: Fraction = NOTHING
    before_carry: Fraction = NOTHING
    actual_carry: Fraction = NOTHING


@dataclass(frozen=True, slots=True)
class Cause:
    """One explanation: `use` in billing units if it holds, None where it gives none; `reason` speaks for or against.

    `value` is the right value of the read (of the read before for `prior-misread`), where the cause gives one;
    `point` the neighbour, or the meter elsewhere, whose use the reason tells: here nothing was read then.
    """

    kind: Kind
    likelihood: Likelihood
    use: int | None
    reason: str
    value: int | None = None
    point: str = ""

    @property
    def name(self) -> str:
        """The cause in a few words."""
        return NAMES[self.kind]

    def said(self) -> str:
        """What it would give and what speaks for or against it: `use 30: 28 expected`."""
        return self.reason if self.use is None else f"use {self.use:,}: {self.reason}"


def triage(case: Case) -> tuple[Cause, ...]:
    """All nine causes, the likeliest first; of equals the one whose use is nearest to what is expected."""

    def order(cause: Cause) -> tuple[int, int, int]:
        off = abs((cause.use or 0) * 1000 - (case.expected or 0)) if cause.use is not None else 10**15
        return _RANK[cause.likelihood], off, list(NAMES).index(cause.kind)

    return tuple(sorted((judge(case) for judge in _JUDGES), key=order))


def unswapped(
    face: Register,
    unit: Unit,
    prev: int,
    value: int,
    expected_milli: int,
    low: bool = False,
    carry: Fraction = NOTHING,
) -> int | None:
    """The value with two neighbouring digits changed back, where that and only that makes the use believable.

    `expected_milli` is the use to expect, in thousandths of billing units; believable is 0.7 to 1.4 of it. A use that
    is merely `low` may be true: there the changed value must fit twice as well as the one that was read.
    `carry` is what the read before carries.
    """

    def off(candidate: int) -> int:
        return abs(face.usage(prev, candidate, unit, carry=carry) * 1000 - expected_milli)

    def believable(candidate: int) -> bool:
        return candidate >= prev and within(face.usage(prev, candidate, unit, carry=carry), expected_milli)

    if expected_milli <= 0 or believable(value):
        return None
    digits = str(value).zfill(face.dials)
    swapped = {
        int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :])
        for i in range(len(digits) - 1)
        if digits[i] != digits[i + 1]
    }
    best = min((c for c in swapped if believable(c)), key=lambda c: (off(c), c), default=None)
    return None if best is None or (low and 2 * off(best) > off(value)) else best


def one_digit_off(
    face: Register, unit: Unit, prev: int, value: int, expected_milli: int, carry: Fraction = NOTHING
) -> list[int]:
    """The values with one digit read otherwise that make the use believable, the nearest to what is expected first.

    `expected_milli` and believable as in `unswapped`; of equals the one whose digit is nearest to what was read.
    """
    digits = str(value).zfill(face.dials)
    found = []
    for i, was in enumerate(digits):
        for digit in "0123456789":
            candidate = int(digits[:i] + digit + digits[i + 1 :])
            if digit == was or candidate < prev:
                continue
            if within(use := face.usage(prev, candidate, unit, carry=carry), expected_milli):
                step = abs(int(digit) - int(was))
                found.append((abs(use * 1000 - expected_milli), min(step, 10 - step), candidate))
    return [candidate for _, _, candidate in sorted(found)] if expected_milli > 0 else []


def within(use: int, expected_milli: int | None, band: tuple[Fraction, Fraction] = NEAR) -> bool:
    """Whether a use lies within a band of what is expected (in thousandths); nothing does where nothing is known."""
    if expected_milli is None:
        return False
    return band[0] * expected_milli <= use * 1000 <= band[1] * expected_milli


def _told(expected_milli: int | None) -> str:
    """What a use is to be measured by: `28 expected`."""
    return "nothing to compare it with" if expected_milli is None else f"{(expected_milli + 500) // 1000:,} expected"


def _over(case: Case, days: int | None) -> int | None:
    """What is expected of so many days, in thousandths."""
    if case.expected is None or not days or not case.days:
        return case.expected
    return case.expected * days // case.days


def _rollover(case: Case) -> Cause:
    exact = case.face.raw_usage(case.prev, case.value, case.unit, rolled=True)
    use = case.face.usage(case.prev, case.value, case.unit, rolled=True, carry=case.carry)
    average = None if case.average is None else Fraction(case.average, 1000)
    over = case.estimated and case.actual is not None and case.value >= case.actual
    near_end = case.prev * 10 >= case.face.limit * 9
    if is_rollover(case.prev, case.value, case.face.dials, exact, average, over):
        return Cause(
            "rollover", "likely", use, f"{_told(case.expected)}, and the counter ends at {case.face.limit - 1:,}"
        )
    if over:
        return Cause("rollover", "unlikely", use, "the estimate before it explains the read")
    if (near_end and average is None) or (average is not None and exact <= 3 * average):
        return Cause("rollover", "possible", use, _told(case.expected))
    return Cause("rollover", "unlikely", use, _told(case.expected))


def _over_estimate(case: Case) -> Cause:
    if not case.estimated:
        return Cause("over-estimate", "unlikely", None, "the read before was read, not estimated")
    if case.actual is None:
        return Cause("over-estimate", "possible", None, "nobody ever read this counter before")
    if case.value < case.actual:
        return Cause("over-estimate", "unlikely", None, f"it is below the last actual read, {case.actual:,}, too")
    use = case.face.usage(case.actual, case.value, case.unit, carry=case.actual_carry)
    expected = _over(case, case.actual_days)
    much = expected is not None and use * 1000 > 2 * expected
    return Cause(
        "over-estimate", "possible" if much else "likely", use, f"since the last actual read, {_told(expected)}"
    )


def _prior_misread(case: Case) -> Cause:
    if case.estimated:
        return Cause("prior-misread", "unlikely", None, "the read before was estimated")
    if case.before is None:
        return Cause("prior-misread", "possible", None, "no earlier read to compare with")
    if case.value < case.before:
        return Cause("prior-misread", "unlikely", None, f"it is below {case.before:,}, two reads back, too")
    use = case.face.usage(case.before, case.value, case.unit, carry=case.before_carry)
    expected = _over(case, case.before_days)
    between, high = _over(case, case.prev_days), case.prev_use or 0
    best = unswapped(case.face, case.unit, case.before, case.prev, between or 0, carry=case.before_carry)
    if best is None or not case.before <= best <= case.value:
        total, share = case.before_days or 2, case.prev_days or 1
        best = case.before + (case.value - case.before) * min(share, total) // total
    said = f"over both periods, {_told(expected)}"
    if within(use, expected, WIDE) and between is not None and high * 1000 > 2 * between:
        told = f"{said}; the read before says {high:,}"
        return Cause("prior-misread", "likely", use, told, best)
    fits = expected is None or within(use, expected, WIDE)
    return Cause("prior-misread", "possible" if fits else "unlikely", use, said, best)


def _backwards(case: Case) -> Cause:
    use = case.face.usage(case.value, case.prev, case.unit, carry=case.carry)
    said = f"what it ran down by, {_told(case.expected)}"
    usual = case.prev_use is None or within(case.prev_use, _over(case, case.prev_days), WIDE)
    if within(use, case.expected) and usual and not case.estimated:
        return Cause("backwards", "likely", use, said)
    if case.expected is None or within(use, case.expected, WIDE):
        return Cause("backwards", "possible", use, said)
    return Cause("backwards", "unlikely", use, said)


def _exchange(case: Case) -> Cause:
    use = case.face.usage(0, case.value, case.unit)
    if case.expected is None:
        return Cause("exchange", "possible", use, f"what a new counter shows, {_told(None)}")
    said = f"what a new counter shows, {_told(case.expected)}"
    if use * 1000 <= 2 * case.expected and case.value * 10 <= case.prev and case.prev * 10 < case.face.limit * 9:
        return Cause("exchange", "likely", use, said)
    if use * 1000 <= 6 * case.expected:
        return Cause("exchange", "possible", use, said)
    return Cause("exchange", "unlikely", use, said)


def _transposed(case: Case) -> Cause:
    best = unswapped(case.face, case.unit, case.prev, case.value, case.expected or 0, carry=case.carry)
    if best is None:
        about = "" if case.expected is None else f" of about {(case.expected + 500) // 1000:,}"
        return Cause("transposed", "unlikely", None, f"no two digits changed back make a use{about}")
    use = case.face.usage(case.prev, best, case.unit, carry=case.carry)
    return Cause("transposed", "likely", use, f"{best:,} for {case.value:,}, {_told(case.expected)}", best)


def _misread(case: Case) -> Cause:
    found = one_digit_off(case.face, case.unit, case.prev, case.value, case.expected or 0, case.carry)
    if not found:
        about = "" if case.expected is None else f" of about {(case.expected + 500) // 1000:,}"
        return Cause("misread", "unlikely", None, f"no one digit read otherwise makes a use{about}")
    best, several = found[0], f"; {len(found) - 1} other values would do" if len(found) > 1 else ""
    use = case.face.usage(case.prev, best, case.unit, carry=case.carry)
    said = f"{best:,} for {case.value:,}, {_told(case.expected)}{several}"
    # An estimate that was too high explains the read without anybody's mistake.
    return Cause("misread", "possible" if several or case.estimated else "likely", use, said, best)


def _elsewhere(case: Case) -> Cause:
    fitting = [
        (abs(use * 1000 - (each.expected or 0)), each.point, each, use)
        for each in case.others
        if each.prev <= case.value < each.face.limit
        and within(use := each.face.usage(each.prev, case.value, each.unit, carry=each.carry), each.expected)
    ]
    if not fitting:
        none = (
            "no meter near it that misses a read goes on from here" if case.others else "no meter near it misses a read"
        )
        return Cause("elsewhere", "unlikely", None, none)
    _, _, best, use = min(fitting, key=lambda each: each[:2])
    more = f"; {len(fitting) - 1} others would do" if len(fitting) > 1 else ""
    said = f"{best.point}, {best.near}, misses its read: there {use:,}, {_told(best.expected)}{more}"
    return Cause("elsewhere", "possible" if more else "likely", None, said, case.value, best.point)


def _neighbour(case: Case) -> Cause:
    if not case.neighbours:
        return Cause("neighbour", "unlikely", None, "no neighbour on the route has an unbilled read of the period")
    return min((_swapped(case, n) for n in case.neighbours), key=lambda c: (_RANK[c.likelihood], c.point))


def _swapped(case: Case, n: Neighbour) -> Cause:
    """Both reads told for each other: whether each fits where it would belong, and does not where it stands."""
    if n.value < case.prev or case.value < n.prev or n.value >= case.face.limit or case.value >= n.face.limit:
        return Cause("neighbour", "unlikely", None, f"{n.point} reads {n.value:,}, which does not go on from here")
    ours = case.face.usage(case.prev, n.value, case.unit, carry=case.carry)
    theirs = n.face.usage(n.prev, case.value, n.unit, carry=n.carry)
    said = f"{n.point} reads {n.value:,}, {_told(case.expected)}; there {theirs:,}, {_told(n.expected)}"
    stands = n.value >= n.prev and within(n.face.usage(n.prev, n.value, n.unit, carry=n.carry), n.expected, WIDE)
    both = within(ours, case.expected, WIDE) and within(theirs, n.expected, WIDE)
    if both and not stands:
        return Cause("neighbour", "likely", ours, said, n.value, n.point)
    unknown = case.expected is None or n.expected is None
    possible = (both or unknown) and not stands
    return Cause("neighbour", "possible" if possible else "unlikely", ours, said, n.value, n.point)


_JUDGES: Final[tuple[Callable[[Case], Cause], ...]] = (
    _rollover,
    _over_estimate,
    _prior_misread,
    _backwards,
    _exchange,
    _transposed,
    _misread,
    _neighbour,
    _elsewhere,
)

"""Meters of a point in step: registers that count together and meters that follow each other bill the exact sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ubtui.domain.register import NOTHING, Register, Use, below, left
from ubtui.domain.volume import Unit


@dataclass(frozen=True, slots=True)
class Reading:
    """One read: of which meter in the order they hung there, of which of its registers, and what is known of it.

    `right`: a person said that it is right though it stands lower; `fixed`: it is billed, as this.
    """

    hung: int
    n: int
    face: Register
    value: int | None
    kind: str = "regular"
    rolled: bool = False
    right: bool = False
    fixed: Use | None = None


@dataclass(slots=True)
class _Last:
    """The newest read of a register, and its carry without what the registers beside it left."""

    reading: Reading
    at: int
    carry: Fraction
    own: Fraction

    def exact(self, unit: Unit) -> Fraction:
        assert self.reading.value is not None
        return self.reading.face.in_unit(self.reading.value, unit) + self.own

    def unbilled(self, unit: Unit) -> Fraction:
        """What it counted beyond the whole units that its reads bill."""
        assert self.reading.value is not None
        return self.exact(unit) - self.reading.face.billed(self.reading.value, unit, self.carry)


def in_step(readings: Sequence[Reading], unit: Unit) -> list[Use | None]:
    """What each read bills, oldest first, so that all of them bill the exact sum of what was counted, truncated.

    A meter that is set carries the fraction that the one before it left, each in its own unit. Of a meter with
    several registers each carries what the ones before it have counted and not billed; where that would make a
    use less than nothing, a register beside it gives up the unit. None for a use without a value.
    """
    uses: list[Use | None] = []
    last: dict[int, _Last] = {}
    hung, over = None, NOTHING
    for at, reading in enumerate(readings):
        if reading.hung != hung:
            if last:
                over = left(sum((each.exact(unit) for each in last.values()), NOTHING))
            hung, last = reading.hung, {}
        if reading.value is None:
            uses.append(None)
            continue
        before = [n for n in last if n < reading.n]
        beside = sum((last[n].unbilled(unit) for n in before), NOTHING)
        prev = last.get(reading.n)
        own = prev.own if prev is not None else NOTHING
        if reading.kind == "installation" and not before:
            own = left(over - _began(readings, reading.hung, unit))
        use = reading.fixed
        if use is None:
            stood = prev.reading.value if prev is not None else None
            if reading.rolled and below(stood, reading.value, reading.kind):
                own = reading.face.past_zero(own, unit)
            use = reading.face.between(
                stood, reading.value, unit, reading.kind, reading.rolled, reading.right,
                prev.carry if prev is not None else NOTHING, own + beside,
            )  # fmt: skip
            if use.units is not None and use.units < 0 and (lender := _lender(last, reading.n, uses)) is not None:
                gave = uses[lender.at]
                assert gave is not None and gave.units is not None
                uses[lender.at] = gave._replace(units=gave.units - 1, carry=gave.carry - 1)
                lender.carry, lender.own = lender.carry - 1, lender.own - 1
                use = use._replace(units=use.units + 1, carry=use.carry + 1)
        uses.append(use)
        last[reading.n] = _Last(reading, at, use.carry, use.carry - beside)
    return uses


def _began(readings: Sequence[Reading], hung: int, unit: Unit) -> Fraction:
    """What the registers of a meter showed together when it was set."""
    starts = {r.n: r for r in readings if r.hung == hung and r.kind == "installation" and r.value is not None}
    return sum((r.face.in_unit(r.value, unit) for r in starts.values() if r.value is not None), NOTHING)


def _lender(last: dict[int, _Last], n: int, uses: list[Use | None]) -> _Last | None:
    """The register beside it that was read last, since it or one after it was, is not billed and has a unit to give.

    What stood before such a read was whole, and stays so.
    """
    since = max((each.at for other, each in last.items() if other >= n), default=-1)
    for each in sorted((each for other, each in last.items() if other < n), key=lambda each: -each.at):
        use = uses[each.at]
        if each.at > since and each.reading.fixed is None and use is not None and (use.units or 0) > 0:
            return each
    return None

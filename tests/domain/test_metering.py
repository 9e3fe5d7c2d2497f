"""Meters in step, against an oracle of fractions that knows the water and not the rule."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import floor

from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.metering import Reading, in_step
from ubtui.domain.register import Register, Use
from ubtui.domain.volume import Unit

# Litres, so that no conversion of the program is part of what judges it.
LITRES = {
    Unit.CF: Fraction(1728) * Fraction(254, 10_000) ** 3 * 1000,
    Unit.GAL: Fraction(231) * Fraction(254, 10_000) ** 3 * 1000,
    Unit.M3: Fraction(1000),
    Unit.L: Fraction(1),
}
LITRES |= {Unit.CCF: LITRES[Unit.CF] * 100, Unit.KGAL: LITRES[Unit.GAL] * 1000, Unit.AF: LITRES[Unit.CF] * 43_560}
FACES = st.builds(
    Register,
    st.integers(3, 6),
    st.integers(0, 1),
    st.sampled_from([Fraction(1), Fraction(1, 10), Fraction(10), Fraction(1, 3)]),
    st.sampled_from([Unit.CF, Unit.CCF, Unit.GAL, Unit.KGAL, Unit.M3]),
)
FEET = Register(6, 0, Fraction(1), Unit.CF)
GALLONS = Register(6, 0, Fraction(1), Unit.GAL)
TENTHS = Register(5, 0, Fraction(1, 10), Unit.CCF)


def counted(face: Register, counts: int, unit: Unit) -> Fraction:
    return counts * face.multiplier * 10**face.fixed_zeros * LITRES[face.unit] / LITRES[unit]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Reading], Unit, list[tuple[int, Fraction]]]:
    """Meters one after the other, of one to three registers each; and the water that has run after each read day."""
    unit = draw(st.sampled_from([Unit.CCF, Unit.KGAL, Unit.M3]))
    readings: list[Reading] = []
    ran: list[tuple[int, Fraction]] = []
    total = Fraction(0)
    for hung in range(draw(st.integers(1, 4))):
        faces = draw(st.lists(FACES, min_size=1, max_size=3))
        stands = [draw(st.integers(0, face.limit - 1)) for face in faces]
        if hung == 0:  # nothing was billed before: what it stood at then is where the sum begins
            total = sum((counted(f, v, unit) for f, v in zip(faces, stands, strict=True)), Fraction(0))
        kind = "installation" if hung else draw(st.sampled_from(["installation", "opening", "regular"]))
        if not hung and kind == "installation":
            total = Fraction(0)
        for n, (face, value) in enumerate(zip(faces, stands, strict=True), 1):
            readings.append(Reading(hung, n, face, value, kind))
        ran.append((len(readings), total))
        days = draw(st.integers(0, 5))
        for day in range(days):
            which = range(len(faces))
            if day < days - 1 and len(faces) > 1:  # some day only some of its registers are read
                which = sorted(draw(st.sets(st.sampled_from(which), min_size=1)))
            for i in which:
                face = faces[i]
                most = face.limit - 1 if draw(st.booleans()) else min(40, face.limit - 1)
                counts = draw(st.integers(0, most))
                total += counted(face, counts, unit)
                value = (stands[i] + counts) % face.limit
                rolled = value < stands[i]
                stands[i] = value
                readings.append(Reading(hung, i + 1, face, value, "regular", rolled))
            ran.append((len(readings), total))
    return readings, unit, ran


@given(histories())
def test_whatever_is_read_and_exchanged_the_bills_sum_to_the_exact_total_truncated(
    history: tuple[list[Reading], Unit, list[tuple[int, Fraction]]],
) -> None:
    readings, unit, ran = history
    uses = in_step(readings, unit)
    began = floor(ran[0][1])
    for upto, total in ran:
        billed = sum(use.units or 0 for use in uses[:upto] if use is not None)
        sums_as_they_stand = _only_whole_days(readings, upto)
        if sums_as_they_stand:
            assert billed == floor(total) - began
        assert abs(billed - (floor(total) - began)) <= 2
    assert all(use is not None and use.hold is None for use in uses)


def _only_whole_days(readings: list[Reading], upto: int) -> bool:
    """Whether the last register of the meter was read last, so that its row has taken in what the others left."""
    hung = readings[upto - 1].hung
    return readings[upto - 1].n == max(r.n for r in readings if r.hung == hung)


@given(histories())
def test_no_use_is_less_than_nothing_where_all_registers_are_read_together(
    history: tuple[list[Reading], Unit, list[tuple[int, Fraction]]],
) -> None:
    readings, unit, _ = history
    uses = in_step(readings, unit)
    groups = [list(g) for _, g in itertools.groupby(zip(readings, uses, strict=True), lambda pair: pair[0].hung)]
    for group in groups:
        most = max(r.n for r, _ in group)
        if len(group) % most == 0 and all(r.n == i % most + 1 for i, (r, _) in enumerate(group)):
            assert all(use is not None and (use.units is None or use.units >= 0) for _, use in group)


@given(histories())
def test_each_row_stands_by_itself_with_what_it_carries(
    history: tuple[list[Reading], Unit, list[tuple[int, Fraction]]],
) -> None:
    readings, unit, _ = history
    uses = in_step(readings, unit)
    last: dict[tuple[int, int], tuple[int, Fraction]] = {}
    for r, use in zip(readings, uses, strict=True):
        assert use is not None and r.value is not None
        if r.kind == "regular" and (r.hung, r.n) in last:
            prev, carry = last[r.hung, r.n]
            again = r.face.between(prev, r.value, unit, r.kind, r.rolled, carry=carry, onto=use.carry)
            assert again == use
        last[r.hung, r.n] = r.value, use.carry


@given(histories(), st.data())
def test_what_is_billed_stays_and_the_rest_goes_on_from_it(
    history: tuple[list[Reading], Unit, list[tuple[int, Fraction]]], data: st.DataObject
) -> None:
    readings, unit, ran = history
    upto, _ = data.draw(st.sampled_from(ran))
    bills = in_step(readings[:upto], unit)
    billed = [
        Reading(r.hung, r.n, r.face, r.value, r.kind, r.rolled, r.right, bills[i] if i < upto else None)
        for i, r in enumerate(readings)
    ]
    again = in_step(billed, unit)
    assert again[:upto] == bills
    assert sum(u.units or 0 for u in again if u) == floor(ran[-1][1]) - floor(ran[0][1])


def test_parts_of_an_exchange_are_added_before_they_are_truncated() -> None:
    old, new = TENTHS, Register(6, 0, Fraction(1), Unit.GAL)
    readings = [
        Reading(0, 1, old, 100),
        Reading(0, 1, old, 107, "removal"),  # 0.7 ccf
        Reading(1, 1, new, 0, "installation"),
        Reading(1, 1, new, 599),  # 0.8008 ccf
    ]
    uses = in_step(readings, Unit.CCF)
    assert [u and u.units for u in uses] == [None, 0, None, 1]
    assert uses[2] == Use(None, carry=Fraction(7, 10))


def test_a_compound_meter_bills_the_sum_of_both_sides() -> None:
    days = [(0, 0), (6, 6), (12, 12), (19, 15)]  # tenths: 1.2, 2.4, 3.4 in all
    readings = [Reading(0, n, TENTHS, v) for day in days for n, v in enumerate(day, 1)]
    uses = [use.units for use in in_step(readings, Unit.CCF) if use]
    assert uses == [None, None, 0, 1, 1, 0, 0, 1]


def test_the_side_that_gains_nothing_lends_its_unit() -> None:
    readings = [Reading(0, n, TENTHS, v) for day in ((9, 1), (10, 1)) for n, v in enumerate(day, 1)]
    uses = in_step(readings, Unit.CCF)  # 1.0, then 1.1: nothing is whole, though the first side passed one
    assert [u and u.units for u in uses] == [None, None, 0, 0]
    uses = in_step([*readings, Reading(0, 1, TENTHS, 20), Reading(0, 2, TENTHS, 8)], Unit.CCF)
    assert sum(u.units or 0 for u in uses if u) == 1  # 2.8 in all


def test_what_is_lent_is_of_the_day_and_not_of_an_older_bill() -> None:
    feet, units = Register(3, 0, Fraction(1), Unit.CF), Register(3, 0, Fraction(1), Unit.CCF)
    faces = (feet, units, feet)
    readings = [Reading(0, n, faces[n - 1], v, "installation") for n, v in enumerate((0, 0, 1), 1)]
    readings += [Reading(0, n, faces[n - 1], v) for n, v in ((1, 0), (2, 1), (3, 1), (1, 1), (3, 1))]
    uses = in_step(readings, Unit.CCF)  # 1.00 at the first day, 1.01 at the second
    assert [u and u.units for u in uses[3:]] == [0, 1, 0, 0, 0]


def test_a_range_that_is_no_whole_number_of_units_is_carried_past_zero() -> None:
    turns = [Reading(0, 1, GALLONS, 999_000), *(Reading(0, 1, GALLONS, v, rolled=True) for v in (998_000,) * 1)]
    uses = in_step([*turns, Reading(0, 1, GALLONS, 999_900)], Unit.CCF)
    start, ran = Fraction(999_000), Fraction(999_000 + 1_000_900)
    ccf = LITRES[Unit.GAL] / LITRES[Unit.CCF]
    assert sum(u.units or 0 for u in uses if u) == floor(ran * ccf) - floor(start * ccf)

"""Estimates: the methods in their order, and a span that shares out exactly what was used."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.estimating import METHODS, Alike, Guessed, Method, Past, Taken, before, guess, shared, span
from ubtui.domain.register import Register
from ubtui.domain.volume import Unit

NOW = "B2/2026-10"
ONE = Fraction(1)
HISTORY = [
    Past("B2/2023-10", 50, 61, True), Past("B2/2025-10", 40, 60, True), Past("B2/2026-04", 10, 61, True),
    Past("B2/2026-06", 20, 61, True), Past("B2/2026-08", 33, 61, True),
]  # fmt: skip
ALIKE = Alike(4, 240, 244)


def test_the_methods_in_their_order() -> None:
    assert guess(HISTORY, NOW, 61, Fraction(11, 10), ALIKE) == Guessed(
        45, "last-year", "40 in 60 days of B2/2025-10 × 1.100 of the cycle"  # 40 / 60 × 61 × 1.1 = 44.73
    )  # fmt: skip
    unread = [each._replace(actual=each.period != "B2/2025-10") for each in HISTORY]
    found = guess(unread, NOW, 61, Fraction(11, 10), ALIKE)
    assert found == Guessed(50, "last-year", "50 in 61 days of B2/2023-10"), "of older years no ratio is known"
    recent = guess(HISTORY[2:], NOW, 61, ONE, ALIKE)
    assert recent == Guessed(21, "recent", "63 in 183 days of the last 3 actual reads")
    alone = guess([], NOW, 61, ONE, ALIKE)
    assert alone == Guessed(60, "class", "240 in 244 days of 4 meters of its class")
    told = guess([Past("B2/2026-08", 9, 61, False)], NOW, 61, ONE, Alike(2, 60, 122))
    assert told == (
        "B2/2025-10 was not read, nor the years before; no actual read with a use stands before;"
        " fewer than 3 meters of its class were read in B2/2026-10"
    )


def test_a_period_read_in_two_parts_is_one() -> None:
    parts = [Past("B2/2025-10", 30, 40, True), Past("B2/2025-10", 10, 20, True)]
    assert guess(parts, NOW, 60, ONE, None) == Guessed(40, "last-year", "40 in 60 days of B2/2025-10")
    guessed = [parts[0], parts[1]._replace(actual=False)]
    assert guess(guessed, NOW, 60, ONE, None, ["last-year"]) == "B2/2025-10 was not read, nor the years before"


@pytest.mark.parametrize("method", METHODS)
def test_one_method_alone_is_that_or_a_reason(method: Method) -> None:
    found = guess(HISTORY, NOW, 61, ONE, ALIKE, [method])
    assert isinstance(found, Guessed) and found.method == method
    assert isinstance(guess([], NOW, 61, ONE, None, [method]), str)


pasts = st.lists(
    st.builds(
        Past, st.sampled_from([f"B2/{y}-{m:02d}" for y in range(2023, 2027) for m in (2, 6, 10)]),
        st.integers(0, 10_000), st.integers(1, 70), st.booleans(),
    )
)  # fmt: skip


@given(pasts, st.integers(1, 70), st.fractions(0, 4))
def test_an_estimate_rests_on_actual_reads_alone(past: list[Past], days: int, ratio: Fraction) -> None:
    found = guess(past, NOW, days, ratio, None)
    actual = [each for each in past if each.actual]
    if isinstance(found, str):
        assert not actual
        return
    assert found.use >= 0 and found.method in ("last-year", "recent")
    highest = max(Fraction(each.use, each.days) for each in actual)
    assert found.use <= highest * days * max(ratio, ONE) + Fraction(1, 2), "a mean is never above the highest"
    if found.method == "recent":
        assert found == guess(actual, NOW, days, ratio, None, ["recent"])


def test_periods_before() -> None:
    assert (before(NOW, 1), before(NOW, 3), before("", 1), before("x/y", 1)) == ("B2/2025-10", "B2/2023-10", "", "")


SINCE = date(2026, 2, 20)
ends = st.sets(st.integers(1, 400), min_size=1, max_size=12).map(lambda s: [SINCE + timedelta(n) for n in sorted(s)])


@given(st.data(), st.integers(-1000, 10**9), ends)
def test_shares_are_the_whole_in_any_order(data: st.DataObject, total: int, days: list[date]) -> None:
    found = shared(total, SINCE, days)
    assert sum(found.values()) == total and list(found) == days
    assert found == shared(total, SINCE, data.draw(st.permutations(days)))
    length, last = (days[-1] - SINCE).days, SINCE
    for day in days:
        assert abs(found[day] - Fraction(total * (day - last).days, length)) < 1
        last = day
    kept = sorted({*data.draw(st.lists(st.sampled_from(days))), days[-1]})
    merged = shared(total, SINCE, kept)
    first = SINCE
    for day in kept:
        assert merged[day] == sum(found[each] for each in days if first < each <= day), "neighbours add up"
        first = day


@given(st.lists(st.tuples(st.integers(1, 70), st.integers(0, 5000), st.booleans()), min_size=1, max_size=8))
def test_a_span_is_closed_by_an_actual_read(parts: list[tuple[int, int, bool]]) -> None:
    day, taken = SINCE, []
    for n, (days, use, estimated) in enumerate(parts):
        day += timedelta(days)
        taken.append(Taken(day, f"P{n}", use, estimated))
    found = span(SINCE, taken)
    if taken[-1].estimated or not any(each.estimated for each in taken):
        assert found is None
        return
    assert found is not None and found.on == day and found.days == (day - SINCE).days
    assert sum(each.share for each in found.shares) == found.total == sum(use for _, use, _ in parts)
    assert [(each.days, each.use) for each in found.shares] == [(days, use) for days, use, _ in parts]
    assert span(SINCE, [*taken[:-1], taken[-1]._replace(use=None)]) is None, "what is held tells nothing yet"


faces = st.builds(
    Register, st.integers(4, 9), st.integers(0, 2), st.sampled_from([ONE, Fraction(1, 10)]), st.sampled_from(Unit)
)


@given(faces, st.sampled_from(Unit), st.integers(0, 500), st.lists(st.integers(0, 9), max_size=5), st.integers(0, 9))
def test_estimates_and_the_read_after_them_bill_what_the_counter_showed(
    face: Register, unit: Unit, base: int, guesses: list[int], more: int
) -> None:
    value, billed = base, 0
    for use in guesses:
        reached = face.reached(value, use, unit)
        said = face.between(value, reached, unit).units
        assert said is not None and said >= use
        value, billed = reached, billed + said
    last = face.between(value, value + more, unit).units
    assert last is not None and billed + last == face.usage(base, value + more, unit), "no guess costs or gives a unit"

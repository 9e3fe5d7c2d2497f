"""Each cause of a read below the one before, made on purpose, is found likely with the use that was really used."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from ubtui.domain.register import Register
from ubtui.domain.triage import NAMES, Case, Cause, Neighbour, Other, one_digit_off, triage
from ubtui.domain.volume import Unit

CCF = Unit.parse("ccf")
DIALS = st.integers(4, 9)
USES = st.integers(10, 200)
FACES = st.builds(
    Register, DIALS, st.just(0), st.sampled_from([Fraction(1), Fraction(10), Fraction(1, 10)]),
    st.sampled_from([Unit.parse(unit) for unit in ("ccf", "cf", "gal", "kgal")]),
)  # fmt: skip


def face(dials: int) -> Register:
    return Register(dials, 0, Fraction(1), CCF)


def found(case: Case, kind: str) -> Cause:
    return next(cause for cause in triage(case) if cause.kind == kind)


MAYBE = st.none() | st.integers(0, 500_000)


CARRIES = st.builds(Fraction, st.integers(0, 1_000), st.integers(1_001, 2_000))


@given(data=st.data(), shape=FACES, carries=st.tuples(CARRIES, CARRIES, CARRIES))
def test_every_figure_is_what_the_bill_would_say(
    data: st.DataObject, shape: Register, carries: tuple[Fraction, Fraction, Fraction]
) -> None:
    """The exact volume with what the read before carries, each end truncated: nothing of it is left out."""
    before, actual, value, prev = sorted(data.draw(st.integers(0, shape.limit - 1)) for _ in range(4))
    assume(value < prev)
    case = Case(
        shape, CCF, prev, value, before=before, actual=actual, estimated=True, carry=carries[0],
        before_carry=carries[1], actual_carry=carries[2],
    )  # fmt: skip

    def exact(count: int, carry: Fraction) -> int:
        return (shape.in_unit(count, CCF) + carry).__floor__()

    full = shape.in_unit(shape.limit, CCF)
    own, read = carries[0], carries[2]
    said = {cause.kind: cause.use for cause in triage(case)}
    assert said["over-estimate"] == exact(value, read) - exact(actual, read)
    assert said["backwards"] == exact(prev, own) - exact(value, own)
    assert said["rollover"] == (shape.in_unit(value, CCF) + full + own).__floor__() - exact(prev, own)
    sure = Case(shape, CCF, prev, value, before=before, before_carry=carries[1])
    (misread,) = (cause.use for cause in triage(sure) if cause.kind == "prior-misread")
    assert misread == exact(value, carries[1]) - exact(before, carries[1])


@given(data=st.data(), shape=FACES)
def test_every_cause_is_judged_once_and_the_likelier_come_first(data: st.DataObject, shape: Register) -> None:
    value = data.draw(st.integers(0, shape.limit - 2))
    prev = data.draw(st.integers(value + 1, shape.limit - 1))
    counts = st.none() | st.integers(0, shape.limit - 1)
    days = st.none() | st.integers(1, 400)
    next_door = st.builds(
        Neighbour, st.just("SP-2"), st.just(shape), st.just(CCF), st.integers(0, shape.limit - 1),
        st.integers(0, shape.limit - 1), MAYBE,
    )  # fmt: skip
    far = st.builds(
        Other, st.just("SP-3"), st.just("on this route"), st.just(shape), st.just(CCF), st.integers(0, shape.limit - 1),
        MAYBE,
    )  # fmt: skip
    case = Case(
        shape, CCF, prev, value, data.draw(days), data.draw(MAYBE), data.draw(MAYBE), data.draw(st.booleans()),
        data.draw(st.booleans()), data.draw(st.none() | st.integers(-5, 10**6)), data.draw(days), data.draw(counts),
        data.draw(days), data.draw(counts), data.draw(days), tuple(data.draw(st.lists(next_door, max_size=3))),
        tuple(data.draw(st.lists(far, max_size=3))), *(data.draw(CARRIES) for _ in range(3)),
    )  # fmt: skip
    causes = triage(case)
    assert sorted(c.kind for c in causes) == sorted(NAMES)
    ranks = [("likely", "possible", "unlikely").index(c.likelihood) for c in causes]
    assert ranks == sorted(ranks)
    assert all(c.reason and c.name for c in causes)
    for c in causes:
        assert c.use is None or c.use >= 0, "a cause that holds explains a use, never less than nothing"
        assert c.value is None or 0 <= c.value < shape.limit
        assert c.likelihood == "unlikely" or c.kind != "elsewhere" or (c.value, c.point) == (value, "SP-3")
        assert c.likelihood == "unlikely" or c.kind != "neighbour" or (c.value is not None and c.point == "SP-2")
    assert triage(case) == causes


@given(dials=DIALS, use=USES, back=st.integers(1, 9))
def test_a_counter_past_zero(dials: int, use: int, back: int) -> None:
    limit = 10**dials
    assume(use * 20 < limit)
    prev = limit - max(1, use * back // 10)
    case = Case(face(dials), CCF, prev, (prev + use) % limit, 61, use * 1000, use * 1000)
    assert found(case, "rollover") == triage(case)[0]
    assert (triage(case)[0].likelihood, triage(case)[0].use) == ("likely", use)


@given(start=st.integers(0, 8000), use=USES, extra=st.integers(1, 3000))
def test_an_estimate_that_was_too_high(start: int, use: int, extra: int) -> None:
    case = Case(
        face(6), CCF, start + 2 * use + extra, start + 2 * use, 61, use * 1000, use * 1000, estimated=True,
        prev_use=use + extra, prev_days=61, before=start, before_days=122, actual=start, actual_days=122,
    )  # fmt: skip
    cause = found(case, "over-estimate")
    assert (cause.likelihood, cause.use) == ("likely", 2 * use)
    assert found(case, "prior-misread").likelihood == "unlikely"
    assert found(case, "rollover").likelihood == "unlikely"


@given(start=st.integers(0, 8000), use=USES, extra=st.integers(3, 90))
def test_the_read_before_was_misread_high(start: int, use: int, extra: int) -> None:
    case = Case(
        face(6), CCF, start + use * extra, start + 2 * use, 61, use * 1000, use * 1000, prev_use=use * extra,
        prev_days=61, before=start, before_days=122, actual=start + use * extra, actual_days=61,
    )  # fmt: skip
    cause = found(case, "prior-misread")
    assert (cause.likelihood, cause.use) == ("likely", 2 * use)
    assert cause.value is not None and start <= cause.value <= case.value


@given(prev=st.integers(5000, 89_000), use=USES)
def test_a_meter_set_backwards(prev: int, use: int) -> None:
    case = Case(
        face(5), CCF, prev, prev - use, 61, use * 1000, use * 1000, prev_use=use, prev_days=61, before=prev - use,
        before_days=122,
    )  # fmt: skip
    cause = found(case, "backwards")
    assert (cause.likelihood, cause.use) == ("likely", use)


@given(prev=st.integers(2001, 89_000), use=USES)
def test_an_exchange_that_nobody_wrote_down(prev: int, use: int) -> None:
    case = Case(face(5), CCF, prev, use, 61, use * 1000, use * 1000, prev_use=use, prev_days=61)
    cause = found(case, "exchange")
    assert (cause.likelihood, cause.use) == ("likely", use)
    assert found(case, "rollover").likelihood == "unlikely"


@given(
    rest=st.lists(st.integers(0, 9), min_size=4, max_size=4), high=st.integers(1, 9), low=st.integers(0, 8), use=USES,
    place=st.integers(0, 2),
)  # fmt: skip
def test_two_digits_changed_round(rest: list[int], high: int, low: int, use: int, place: int) -> None:
    low = min(low, high - 1)
    right, wrong = (int("".join(map(str, [*rest[:place], *two, *rest[place:]]))) for two in ((high, low), (low, high)))
    prev = right - use
    assume(prev >= 0)
    case = Case(face(6), CCF, prev, wrong, 61, use * 1000, use * 1000)
    cause = found(case, "transposed")
    assert (cause.likelihood, cause.use, cause.value) == ("likely", use, right)


@given(prev=st.integers(0, 899_000), use=USES, place=st.integers(0, 5), digit=st.integers(0, 9), wide=USES)
def test_one_digit_that_was_read_wrong(prev: int, use: int, place: int, digit: int, wide: int) -> None:
    right = f"{prev + use:06d}"
    wrong = int(f"{right[:place]}{digit}{right[place + 1 :]}")
    assume(str(digit) != right[place])
    found_values = one_digit_off(face(6), CCF, prev, wrong, use * 1000)
    assert found_values[0] == int(right), "the use that was expected comes first"
    for other in found_values:
        apart = [a != b for a, b in zip(f"{other:06d}", f"{wrong:06d}", strict=True)]
        assert sum(apart) == 1 and 7 * use <= 10 * (other - prev) <= 14 * use
    if wrong < prev:
        cause = found(Case(face(6), CCF, prev, wrong, 61, use * 1000, use * 1000), "misread")
        assert (cause.use, cause.value) == (use, int(right))
        assert cause.likelihood == ("likely" if len(found_values) == 1 else "possible")
    assert one_digit_off(face(6), CCF, prev, wrong, 0) == [], "nothing is expected: nothing can be believed"
    far = one_digit_off(face(6), CCF, prev, wrong, wide * 1000)
    assert all(7 * wide <= 10 * (other - prev) <= 14 * wide for other in far)


@given(ours=st.integers(5000, 8000), there=st.integers(0, 4000), use=USES, here=USES, many=st.booleans())
def test_the_read_of_a_meter_elsewhere(ours: int, there: int, use: int, here: int, many: bool) -> None:
    taken = Other("SP-00090", "on this route", face(6), CCF, there, use * 1000)
    twin = Other("SP-00091", "of a serial like 4711", face(6), CCF, there, use * 1000)
    unread = Other("SP-00001", "on this route", face(6), CCF, there + use + 1, None)
    others = (unread, twin, taken) if many else (unread, taken)
    case = Case(face(6), CCF, ours, there + use, 61, here * 1000, here * 1000, others=others)
    cause = found(case, "elsewhere")
    assert (cause.likelihood, cause.point) == ("possible" if many else "likely", "SP-00090")
    assert (cause.use, cause.value) == (None, there + use), "what was used here nobody read"
    assert f"there {use:,}" in cause.reason
    assert found(Case(face(6), CCF, ours, there + use, others=(unread,)), "elsewhere").likelihood == "unlikely"


@given(ours=st.integers(5000, 8000), theirs=st.integers(100, 4000), use=USES, other=USES, prev_use=USES)
def test_the_neighbours_read(ours: int, theirs: int, use: int, other: int, prev_use: int) -> None:
    assume(theirs + other < ours)
    next_door = Neighbour("SP-00044", face(6), CCF, theirs, ours + use, other * 1000)
    far = Neighbour("SP-00045", face(6), CCF, theirs + 7, theirs + 7 + other, other * 1000)
    case = Case(
        face(6), CCF, ours, theirs + other, 61, use * 1000, use * 1000, prev_use=prev_use, prev_days=61,
        neighbours=(far, next_door),
    )  # fmt: skip
    cause = found(case, "neighbour")
    if (ours + use - theirs) > 2 * other:  # next door the wrong read stands out too
        assert (cause.likelihood, cause.use, cause.value, cause.point) == ("likely", use, ours + use, "SP-00044")


def test_what_nothing_speaks_for_is_unlikely_and_says_why() -> None:
    case = Case(
        face(6), CCF, 8412, 6214, 61, 30_000, 30_000, prev_use=31, prev_days=61, before=8381, before_days=122,
        neighbours=(Neighbour("SP-00044", face(6), CCF, 4000, 4030, 30_000),),
    )  # fmt: skip
    assert {c.kind: (c.likelihood, c.reason) for c in triage(case)} == {
        "rollover": ("unlikely", "30 expected"),
        "over-estimate": ("unlikely", "the read before was read, not estimated"),
        "prior-misread": ("unlikely", "it is below 8,381, two reads back, too"),
        "backwards": ("unlikely", "what it ran down by, 30 expected"),
        "exchange": ("unlikely", "what a new counter shows, 30 expected"),
        "transposed": ("unlikely", "no two digits changed back make a use of about 30"),
        "misread": ("unlikely", "no one digit read otherwise makes a use of about 30"),
        "neighbour": ("unlikely", "SP-00044 reads 4,030, which does not go on from here"),
        "elsewhere": ("unlikely", "no meter near it misses a read"),
    }


def test_a_use_that_is_possible_only() -> None:
    case = Case(face(4), CCF, 8950, 20, 61, 500_000, 500_000, before=8500, before_days=122)
    cause = found(case, "rollover")
    assert (cause.likelihood, cause.use) == ("possible", 1070), "not within a tenth of the end, but no more than usual"
    unknown = Case(face(4), CCF, 9990, 20)
    assert found(unknown, "rollover").likelihood == "possible", "nothing to compare with"
    assert found(unknown, "backwards").likelihood == "possible"
    assert found(unknown, "exchange").likelihood == "possible"
    assert found(unknown, "rollover").said() == "use 30: nothing to compare it with"
    assert found(unknown, "over-estimate").said() == "the read before was read, not estimated"

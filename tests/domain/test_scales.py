"""Limits by size: what is written is what holds, for every size, and what cannot be meant is refused in words."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.errors import BadValue
from ubtui.domain.scales import Scale, Scales, class_of

figures = st.integers(0, 10**7).map(lambda milli: Fraction(milli, 1000))
sizes = st.lists(st.integers(1, 10**9), unique=True, max_size=5).map(sorted)


@given(st.data(), sizes, figures, st.integers(0, 2 * 10**6))
def test_a_scale_reads_as_it_was_written(data: st.DataObject, limits: list[int], last: Fraction, milli: int) -> None:
    steps = [(Fraction(limit, 1000), data.draw(figures)) for limit in limits]
    scale = Scale(tuple(steps), last)
    again = Scale.parse(str(scale))
    assert again == scale and str(again) == str(scale)
    size = Fraction(milli, 1000)
    right = last
    for below, figure in reversed(steps):  # told apart from the way it is looked up
        right = figure if size < below else right
    assert again.at(size) == right
    assert again.at(size) in again.figures


@given(figures)
def test_one_figure_holds_for_every_size(figure: Fraction) -> None:
    scale = Scale.parse(f" {float(figure):.3f} ")
    assert (scale.at(0), scale.at(10**12), scale.steps) == (figure, figure, ())


def test_percent_and_classes() -> None:
    scales = Scales.among({"times": "300% below 20, 2", "times/irrigation": "4", "least": "10"}, "times")
    assert str(scales.base) == "3 below 20, 2"
    assert [scales.at(n) for n in (19, 20)] == [3, 2]
    assert scales.at(19, "irrigation") == scales.at(500, "irrigation") == 4
    assert scales.at(19, "single") == 3
    assert set(scales.figures) == {2, 3, 4}
    assert class_of("times/multi-family") == "multi-family"


@pytest.mark.parametrize(
    "text",
    ["", "x", "1/0", "-1", "2 below 20", "3 below 20, 2 below 20, 1", "3 below 200, 2 below 20, 1",
     "3 below 0, 1", "3 below x, 1", "3 above 20, 1", "3 below 20,, 1", "nan", "inf%"],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        Scale.parse(text)


@pytest.mark.parametrize("text", ["1.2345", "2000000000", "2 below 0.0001, 1", "2 below 20, 1.0005"])
def test_what_no_comparison_holds_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        Scale.parse(text).checked()


@given(st.text(max_size=40))
def test_any_text_is_a_scale_or_refused(text: str) -> None:
    try:
        scale = Scale.parse(text)
    except BadValue:
        return
    assert all(figure >= 0 for figure in scale.figures)


@pytest.mark.parametrize("name", ["times/", "times/Irrigation", "times/a'b", "times/a b", "times"])
def test_a_class_is_a_plain_word(name: str) -> None:
    with pytest.raises(BadValue):
        class_of(name)

"""Bars of characters: as long as their value says, and never without their number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.charts import bar, bars

EIGHTHS = {each: n for n, each in enumerate(" ▏▎▍▌▋▊▉█")}


@given(st.integers(-5, 500), st.integers(1, 500), st.integers(1, 60))
def test_a_bar_is_as_long_as_its_value_to_an_eighth(value: int, top: int, width: int) -> None:
    drawn = bar(value, top, width)
    eighths = sum(EIGHTHS[each] for each in drawn)
    assert len(drawn) <= width
    if value <= 0:
        assert drawn == ""
    else:
        assert eighths == max(1, min(value, top) * width * 8 // top)


@given(st.lists(st.tuples(st.text("abc ", min_size=1, max_size=9), st.integers(0, 9999)), max_size=8))
def test_every_line_says_its_number_in_the_width(rows: list[tuple[str, int]]) -> None:
    lines = bars([(name, value, "closed") for name, value in rows], 60)
    assert len(lines) == len(rows)
    for (_, value), line in zip(rows, lines, strict=True):
        assert len(line) <= 60 and line.endswith(f"{value:,} closed")

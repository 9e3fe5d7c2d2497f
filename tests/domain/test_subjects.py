"""Subjects and item keys survive being written and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import TYPES, ItemKey, Subject

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="@"), min_size=1, max_size=30)
PERIODS = st.one_of(st.just(""), st.from_regex(r"[A-Z][0-9]/20[0-9]{2}-[01][0-9]", fullmatch=True), st.just("202611"))
SUBJECTS = st.builds(Subject, st.sampled_from(TYPES), KEYS)


@given(st.from_regex(r"[A-Z][0-9]{2}", fullmatch=True), SUBJECTS, PERIODS)
def test_an_item_key_reads_back(code: str, subject: Subject, period: str) -> None:
    key = ItemKey(code, subject, period)
    assert ItemKey.parse(str(key)) == key
    assert Subject.parse(str(subject)) == subject


def test_the_written_form() -> None:
    key = ItemKey.parse("R04:point:SP-00012@B2/2026-11")
    assert key == ItemKey("R04", Subject("point", "SP-00012"), "B2/2026-11")
    assert str(ItemKey("M07", Subject("meter", "badger/1@home"))) == "M07:meter:badger/1@home"
    assert ItemKey.parse("M07:meter:badger/1@home").period == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("R04", "CODE:type:key"),
        ("r04:point:1", "a letter and two digits"),
        ("R04:point", "write type:key"),
        ("R04:planet:9", "use one of account, point"),
        ("R04:point:", "empty or unprintable"),
        ("R04:point:a\nb", "empty or unprintable"),
    ],
)
def test_a_bad_key_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(BadValue, match=says):
        ItemKey.parse(text)


def test_a_bad_period_is_refused() -> None:
    with pytest.raises(BadValue, match="is not a period"):
        ItemKey("R04", Subject("point", "1"), "November")

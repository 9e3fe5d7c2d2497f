"""Canonical JSON: one spelling for one value."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.canonical import canonical, chain, sha256_hex
from ubtui.domain.errors import BadValue

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_it_reads_back_and_is_its_own_canonical_form(value: object) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


@given(st.dictionaries(TEXT, st.integers(), max_size=6), st.randoms())
def test_the_order_of_keys_does_not_matter(value: dict[str, int], random: object) -> None:
    keys = list(value)
    random.shuffle(keys)  # type: ignore[attr-defined]
    assert canonical({key: value[key] for key in keys}) == canonical(value)


def test_the_spelling() -> None:
    assert canonical({"b": [1, True, None], "a": "é"}) == '{"a":"é","b":[1,true,null]}'


@pytest.mark.parametrize("value", [1.5, {"a": [float("nan")]}, {1: "a"}, b"x", "\ud800", {"a": {1, 2}}])
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(BadValue, match=r"^Canonical value"):
        canonical(value)


def test_the_chain_binds_what_came_before() -> None:
    first = chain("", "one")
    assert sha256_hex("abc") == hashlib.sha256(b"abc").hexdigest()
    assert first == hashlib.sha256(b"\none").hexdigest()
    assert chain(first, "two") != chain(chain("", "One"), "two")

"""Owners' names agree by their words, whatever the order and the legal forms around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.owners import same_owner, tokens

NAMES = "maria ortiz nguyen okafor lee santos alder ruiz"
WORDS = st.lists(st.sampled_from(NAMES.split()), min_size=2, unique=True)


@pytest.mark.parametrize(
    ("ours", "county"),
    [
        ("Maria Ortiz", "ORTIZ MARIA L"),
        ("María Ortiz", "ORTIZ MARIA TRUSTEE"),
        ("Maria Ortiz", "ORTIZ FAMILY REVOCABLE TRUST DATED 1998"),
        ("John & Jane Smith", "SMITH JOHN ET UX"),
        ("O'Brien Patrick", "OBRIEN PATRICK J"),
        ("Alder Creek Vineyards LLC", "ALDER CREEK VINEYARDS"),
        ("Ana Ruiz-Santos", "SANTOS ANA RUIZ"),
        ("Nguyen", "NGUYEN"),
    ],
)
def test_the_same_owner(ours: str, county: str) -> None:
    assert same_owner(ours, county) and same_owner(county, ours)


@pytest.mark.parametrize(
    ("ours", "county"),
    [
        ("Maria Ortiz", "NGUYEN PHUC"),
        ("Maria Ortiz", "ORTIZ PEDRO"),
        ("Ortiz", "ORTIZ PEDRO"),
        ("Smith Family Trust", "JONES FAMILY TRUST"),
        ("Smith Trust", "TRUST OF 1998"),
        ("", "ORTIZ PEDRO"),
    ],
)
def test_another_owner(ours: str, county: str) -> None:
    assert not same_owner(ours, county) and not same_owner(county, ours)


@given(WORDS, st.sampled_from(["", " TRUSTEE", " ET AL", " LLC", " TR U/D/T 2003"]), st.randoms())
def test_order_case_and_legal_forms_say_nothing(words: list[str], form: str, dice: object) -> None:
    other = list(words)
    dice.shuffle(other)  # type: ignore[attr-defined]
    assert same_owner(" ".join(words).title(), " ".join(other).upper() + form)


@given(st.text(max_size=40), st.text(max_size=40))
def test_agreement_goes_both_ways(a: str, b: str) -> None:
    assert same_owner(a, b) == same_owner(b, a)
    assert same_owner(a, a)
    assert all(len(word) > 1 for word in tokens(a))

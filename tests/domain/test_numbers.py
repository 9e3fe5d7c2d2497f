"""Account numbers and their check digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import account_number, check_digit, format_account, parse_account

SERIALS = st.integers(1, 999_999)


def test_published_luhn_numbers() -> None:
    assert check_digit("7992739871") == 3
    assert check_digit("76543210") == 9
    assert account_number(120440) == "1204403"
    assert format_account("1204403") == "120440-3"
    assert account_number(7) == "0000075"


@given(SERIALS)
def test_both_spellings_read_back(n: int) -> None:
    number = account_number(n)
    assert parse_account(number) == parse_account(f" {format_account(number)} ") == number


@given(SERIALS, st.integers(0, 6), st.integers(1, 9))
def test_any_single_wrong_digit_is_caught(n: int, place: int, change: int) -> None:
    number = account_number(n)
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    with pytest.raises(BadValue, match="check digit does not fit"):
        parse_account(wrong)


@given(SERIALS, st.integers(0, 5))
def test_swapped_neighbours_are_caught_except_09_and_90(n: int, place: int) -> None:
    number = account_number(n)
    pair = number[place : place + 2]
    swapped = number[:place] + pair[::-1] + number[place + 2 :]
    if pair[0] != pair[1] and set(pair) != {"0", "9"}:
        with pytest.raises(BadValue):
            parse_account(swapped)


@pytest.mark.parametrize(
    "typed", ["", "120440", "12044-03", "120440--3", "120440 3", "１２０４４０-3", "a", "12044033"]
)
def test_other_shapes_are_refused(typed: str) -> None:
    with pytest.raises(BadValue, match="type six digits"):
        parse_account(typed)


@pytest.mark.parametrize("n", [0, -1, 1_000_000])
def test_a_serial_outside_six_digits_is_refused(n: int) -> None:
    with pytest.raises(BadValue, match="six digits"):
        account_number(n)


def test_a_check_digit_needs_digits() -> None:
    with pytest.raises(BadValue):
        check_digit("12a")

"""Money: rounding, splitting, and what people type."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.errors import BadValue
from ubtui.domain.money import LIMIT_CENTS, format_money, parse_money, rate, round_cents, split_lines

CENTS = st.integers(-LIMIT_CENTS, LIMIT_CENTS)
EXACT = st.fractions(-(10**7), 10**7, max_denominator=100_000)


@given(st.decimals(-(10**9), 10**9, places=6))
def test_rounding_is_half_away_from_zero(amount: Decimal) -> None:
    assert round_cents(Fraction(amount)) == int(amount.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("half", "whole"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("-2.5", -3), ("2.4999", 2)]
)
def test_half_cents_by_hand(half: str, whole: int) -> None:
    assert round_cents(Fraction(half)) == whole


@given(st.lists(EXACT, max_size=12))
def test_lines_sum_to_the_rounded_total_and_each_stays_within_a_cent(exact: list[Fraction]) -> None:
    cents = split_lines(exact)
    assert sum(cents) == round_cents(sum(exact, Fraction(0)))
    assert all(abs(whole - line) < 1 for whole, line in zip(cents, exact, strict=True))
    assert all(whole == line for whole, line in zip(cents, exact, strict=True) if line.denominator == 1)


@given(st.lists(EXACT, min_size=1, max_size=12))
def test_a_cent_goes_to_the_larger_remainder_and_a_tie_to_the_earlier_line(exact: list[Fraction]) -> None:
    cents = split_lines(exact)
    raised = [
        (whole > line, line - line.__floor__(), i) for i, (whole, line) in enumerate(zip(cents, exact, strict=True))
    ]
    for up, remainder, place in raised:
        for other_up, other_remainder, other_place in raised:
            if up and not other_up and other_remainder:
                assert (remainder, -place) > (other_remainder, -other_place)


def test_three_equal_thirds_give_the_spare_cent_to_the_first() -> None:
    assert split_lines([Fraction(100, 3)] * 3) == [34, 33, 33]
    assert split_lines([]) == []


@given(CENTS, st.booleans(), st.booleans())
def test_what_is_written_reads_back(cents: int, sign: bool, comma: bool) -> None:
    assert parse_money(format_money(cents, sign=sign, comma=comma)) == cents


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("1,234.56", 123456),
        ("-12.5", -1250),
        ("$3", 300),
        ("-$3", -300),
        ("$-3", -300),
        (" +7.00 ", 700),
        (".5", 50),
        ("\u22124.10", -410),
        ("999,999,999.99", LIMIT_CENTS),
        ("0000000000001", 100),
    ],
)
def test_accepted_amounts(typed: str, cents: int) -> None:
    assert parse_money(typed) == cents


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "$",
        "-",
        ".",
        "5.",
        "1.234",
        "1e3",
        "NaN",
        "inf",
        "12a",
        "1,23",
        "1,2345",
        "--1",
        "-$-1",
        "1 000",
        "1000000000",
        "٣",
        "１２",
        "1.5\n2",
        "0x1F",
        "1_000",
        "(5.00)",
        ",100",
        "9" * 5000,
    ],
)
def test_refused_amounts_say_what_to_do(typed: str) -> None:
    with pytest.raises(BadValue, match=r"^Amount .*(type|the most)"):
        parse_money(typed)


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_refused(typed: str) -> None:
    try:
        cents = parse_money(typed)
    except BadValue:
        return
    plain = typed.strip().replace("$", "").replace(",", "").replace("\u2212", "-")
    assert cents == Decimal(plain) * 100


def test_written_forms() -> None:
    assert format_money(123456) == "1,234.56"
    assert format_money(-5) == "-0.05"
    assert format_money(5, sign=True) == "+0.05"
    assert format_money(0, sign=True) == "0.00"
    assert format_money(123456789, comma=False) == "1234567.89"


def test_a_rate_is_exact_and_never_passes_through_a_float() -> None:
    assert rate("2.87") == Fraction(287, 100)
    assert rate(" 0.01192 ") == Fraction(149, 12500)
    for bad in ("1e-3", "1/3", "nan", "", "1,000", "2.", "٣", "1" * 40):
        with pytest.raises(BadValue, match="Rate"):
            rate(bad)
    with pytest.raises(BadValue, match="quote the decimal"):
        rate(2.87)  # type: ignore[arg-type]

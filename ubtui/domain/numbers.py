"""Account numbers: six digits and a Luhn check digit, stored as seven digits, printed `120440-3`."""

from __future__ import annotations

import re

from ubtui.domain.errors import BadValue

_ACCOUNT = re.compile(r"([0-9]{6})-?([0-9])")


def check_digit(digits: str) -> int:
    """The Luhn check digit to put behind `digits`."""
    if not re.fullmatch(r"[0-9]+", digits):
        raise BadValue(f"Number {digits[:40]!r} has a check digit only if it is digits throughout.")
    total = 0
    for place, digit in enumerate(reversed(digits)):
        product = int(digit) * (2 if place % 2 == 0 else 1)
        total += product - 9 if product > 9 else product
    return -total % 10


def account_number(n: int) -> str:
    """The stored account number of serial n, 1 to 999,999: 120440 gives `1204403`."""
    if not 1 <= n <= 999_999:
        raise BadValue(f"Account serial {n} does not fit six digits: allocate from 1 to 999999.")
    digits = f"{n:06d}"
    return f"{digits}{check_digit(digits)}"


def parse_account(text: str) -> str:
    """Read `120440-3` or `1204403` as the stored seven digits; the right check digit is not given away."""
    match = _ACCOUNT.fullmatch(text.strip())
    if not match:
        raise BadValue(f"Account {text[:40]!r} is not a number: type six digits and a check digit, 120440-3.")
    if check_digit(match[1]) != int(match[2]):
        raise BadValue(f"Account {text.strip()}: check digit does not fit; read the number again.")
    return match[1] + match[2]


def format_account(number: str) -> str:
    """Print a stored account number: `1204403` as `120440-3`."""
    return f"{number[:-1]}-{number[-1:]}" if re.fullmatch(r"[0-9]{7}", number) else number


def format_apn(digits: str) -> str:
    """A parcel number as people write it: `012-345-678-000`; digits of another length as they are."""
    if not digits.isdigit() or len(digits) % 3 or len(digits) < 6:
        return digits
    return "-".join(digits[i : i + 3] for i in range(0, len(digits), 3))

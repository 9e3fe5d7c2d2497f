"""The demand statement for an escrow: what must be paid, item by item, and what is not billed yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ubtui.domain.money import format_money
from ubtui.domain.text import clean_text, fit

VERSION = "demand/1"
WIDTH = 72


def render(
    district: str, day: date, account: str, place: str, apns: Sequence[str], owner: str, escrow: str, asked_by: str,
    closes: date, good_through: date, items: Sequence[tuple[str, date, int]], credit: int, cents: int,
    expected: Sequence[tuple[str, int]], liens: Sequence[tuple[str, date, int]],
    roll: int = 0,
) -> str:  # fmt: skip
    """The statement as plain text, in cents: `items` are title, due day, open; `expected` what is likely to come.

    `liens` are number, day of recording and what is open of them; `roll` is collected by the county with the taxes;
    `cents` is the sum that is asked for.
    """

    def line(what: str, amount: int) -> str:
        return f"  {fit(clean_text(what), WIDTH - 17, True)} {format_money(amount):>14}"

    out = [clean_text(district, WIDTH), "", f"Demand statement, {day:%B %-d, %Y}", ""]
    out += [f"Escrow {clean_text(escrow)}, {clean_text(asked_by, WIDTH - 20)}", f"Closing {closes:%B %-d, %Y}"]
    out += [f"Account {account}, {clean_text(owner, WIDTH - 24)}", clean_text(place, WIDTH)]
    out += [f"Parcel {', '.join(apns)}"] if apns else []
    out += ["", "To be paid:", ""]
    out += [line(f"{what}, due {due}", open_cents) for what, due, open_cents in items] or ["  nothing is open"]
    out += [line("credit on the account", -credit)] if credit > 0 else []
    out += [line("Demand", cents), "", f"This sum is good through {good_through:%B %-d, %Y}. No charge is added a day."]
    if expected:
        out += ["", "Not billed yet, as it is likely to be by closing; it is not part of the demand:", ""]
        out += [line(what, amount) for what, amount in expected]
    out += ["", "The meter is read at closing; a final bill follows."]
    for number, on, amount in liens:
        out += ["", f"A lien stands recorded as {clean_text(number)} of {on}: {format_money(amount)} of it is open.",
                "It is released when that is paid."]  # fmt: skip
    if roll > 0:
        out += [
            "",
            f"On the county's tax roll: {format_money(roll)}, collected with the taxes, not part of the demand.",
        ]
    return "\n".join([*out, ""])

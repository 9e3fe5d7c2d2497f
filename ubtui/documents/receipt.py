"""The receipt of a payment: what came, what it paid, and what the account owes after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ubtui.domain.money import format_money
from ubtui.domain.text import clean_text, fit

TENDERS = {"money_order": "money order", "ach": "bank transfer"}
WIDTH = 48


def render(
    district: str, number: str, day: date, by: str, account: str, payer: str, tender: str, reference: str, cents: int,
    paid: Sequence[tuple[str, date, int]], credit: int, owes: int, taken_back: bool = False,
) -> str:  # fmt: skip
    """The receipt as plain text: `paid` are what each part is for, its due day and cents; `credit` what is left."""

    def line(what: str, amount: int) -> str:
        return f"{fit(clean_text(what), WIDTH - 14, True)}  {format_money(amount):>12}"

    how = " ".join(filter(None, (TENDERS.get(tender, tender), reference)))
    lines = [clean_text(district, WIDTH), "", f"Receipt {number}", f"{day:%B %-d, %Y}" + (f", by {by}" if by else "")]
    lines += [f"Account {account}", f"Received from {clean_text(payer, WIDTH - 14)}", ""]
    lines += [line(f"{what} due {due}", share) for what, due, share in paid]
    lines += [line("credit for the next bills", credit)] if credit else []
    lines += [
        line(f"Paid, {clean_text(how)}", cents),
        line("Owed after it" if owes >= 0 else "Credit after it", abs(owes)),
    ]
    lines += ["", "TAKEN BACK: this payment does not stand."] if taken_back else []
    return "\n".join([*lines, ""])

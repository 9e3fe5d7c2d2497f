"""The slip of a deposit: what goes to the bank, what it is made of, and every check in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ubtui.domain.drawer import Money
from ubtui.domain.money import format_money
from ubtui.domain.text import clean_text, fit

WIDTH = 52


def render(
    district: str, number: str, day: date, by: str, money: Money, parts: Sequence[tuple[str, Money]],
    checks: Sequence[tuple[str, str, int]],
) -> str:  # fmt: skip
    """The slip as plain text: `parts` are drawers and batches; `checks` number, receipt and cents of each paper.

    Card slips are told apart: their processor settles them, the bank does not get them.
    """

    def line(what: str, cents: int) -> str:
        return f"{fit(clean_text(what), WIDTH - 15, True)} {format_money(cents):>14}"

    lines = [clean_text(district, WIDTH), "", f"Deposit {number}", f"{day:%B %-d, %Y}, made by {by}", ""]
    lines += [line("Cash", money.cash), line("Checks and money orders", money.checks)]
    lines += [line("To the bank", money.cash + money.checks), ""]
    lines += [line(what, each.cash + each.checks) for what, each in parts]
    lines += ["", "Checks and money orders:"] if checks else []
    lines += [line(f"  {reference or 'no number'}  ({receipt})", cents) for reference, receipt, cents in checks]
    if checks:
        lines.append(line(f"  {len(checks)} papers by their receipts", sum(cents for _, _, cents in checks)))
    lines += ["", line("Card slips, not to the bank", money.cards)] if money.cards else []
    return "\n".join([*lines, ""])

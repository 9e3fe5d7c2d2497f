"""The reminder: the first, friendly letter about bills past due; it states the items, never the balance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ubtui.domain.money import format_money
from ubtui.domain.text import clean_text, fit

VERSION = "reminder/1"


def render(
    district: str, day: date, account: str, address: Sequence[str], items: Sequence[tuple[str, date, int]]
) -> str:
    """The letter as plain text: `items` are what each is for, its due day and the open cents."""
    lines = [clean_text(district, 70), "", f"{day:%B %-d, %Y}", ""]
    lines += [clean_text(line, 70) for line in address]
    lines += ["", f"Account {account}", "", "Our records show these charges past their due day:", ""]
    lines += [f"  {fit(clean_text(what), 34, True)} due {on}  {format_money(cents):>12}" for what, on, cents in items]
    total = format_money(sum(cents for _, _, cents in items))
    lines += [f"  {'':34} {'together':>14}  {total:>12}", ""]
    lines += [
        "If you have paid meanwhile, thank you. If you cannot pay at once, please call us: you may ask for",
        "more time or for a plan to pay by instalments, and you may ask us to review the bill.",
        "",
    ]
    return "\n".join(lines)

"""Whom a payment without an account may be meant for: the numbers and the name on it, and who owes just this."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ubtui.act import Look, linked
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import Subject
from ubtui.domain.text import fold
from ubtui.services.payments import Line


@dataclass(frozen=True)
class Guess:
    """An account that a payment may be meant for, and what speaks for it."""

    account: str
    name: str
    points: int
    why: str


_NUMBERS = re.compile(r"[0-9]{6}-?[0-9]|[0-9]{3,}")


def guesses(look: Look, line: Line, most: int = 3) -> tuple[Guess, ...]:
    """The accounts that a payment may be meant for, the likeliest first; none that is linked to the asker.

    A number of the account or an old one of it in what was written is two points; the payer's name, and that just
    this amount is owed, one each. An amount alone is no hint where more than three accounts owe it.
    """
    said: dict[int, list[str]] = {}
    points: dict[int, int] = {}

    def add(rows: Sequence[Sequence[int]], weight: int, why: str) -> None:
        for (account,) in rows:
            points[account] = points.get(account, 0) + weight
            said.setdefault(account, []).append(why)

    written = f"{line.reference} {line.trace or ''} {line.payer}"
    for number in dict.fromkeys(_NUMBERS.findall(written)):
        plain = number.replace("-", "")
        add(look.db.rows("SELECT id FROM live_account WHERE number = ?", [plain]), 2, f"number {number}")
        old = "SELECT subject_id FROM external_id WHERE subject_type = 'account' AND value = ? GROUP BY subject_id"
        add(look.db.rows(old, [number]), 2, f"old number {number}")
    owing = look.db.rows(
        "SELECT account_id FROM open_item GROUP BY account_id HAVING SUM(cents) = ? LIMIT 4", [line.cents]
    )
    if name := fold(line.payer):
        turned = " ".join(name.split()[1:] + name.split()[:1])
        sql = (
            "SELECT DISTINCT o.account_id FROM party q JOIN account_role o ON o.party_id = q.id AND o.to_on IS NULL"
            " WHERE q.search_name IN (?, ?) LIMIT 20"
        )
        add(look.db.rows(sql, [name, turned.replace(",", "")]), 1, "the payer's name")
    if len(owing) > 3:
        exact = "SELECT account_id FROM open_item WHERE account_id = ? GROUP BY account_id HAVING SUM(cents) = ?"
        owing = [row for account in points for row in look.db.rows(exact, [account, line.cents])]
    add(owing, 1, "owes just this")
    best = sorted(points, key=lambda account: (-points[account], account))
    out: list[Guess] = []
    for account in best:
        row = look.db.one(f"SELECT a.number, {_HOLDER} FROM account a WHERE a.id = ?", [account])
        if row is None or linked(look, [Subject("account", format_account(row[0]))]) is not None:
            continue
        out.append(Guess(format_account(row[0]), row[1], points[account], ", ".join(dict.fromkeys(said[account]))))
        if len(out) == most:
            break
    return tuple(out)


_HOLDER = (
    "COALESCE((SELECT MIN(q.name) FROM account_role r JOIN party q ON q.id = r.party_id WHERE r.account_id = a.id"
    " AND r.role = 'owner' AND r.to_on IS NULL), '')"
)

"""Taking a journal back: the plan of a reversal, every leg and application with the other sign."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from ubtui.act import Look, Refused, linked
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import Subject
from ubtui.services import ledger
from ubtui.services.adjustments.plans import Plan, Touched, effective, whole
from ubtui.services.adjustments.tiers import ASKER, Aside
from ubtui.services.ledger import Application, Entry, Item, Leg
from ubtui.settings import Reason

REVERSAL = "reversal"


def reversal(look: Look, journal_id: int, effective_on: date | None = None, aside: Aside = ASKER) -> Plan:
    """What taking back a journal would do: every leg and application as it was, with the other sign. Raises Refused.

    Its paper is the journal it names. A journal is taken back once, and only while what it opened is
    untouched: what came after it goes first. Whoever has to do with an account of it keeps his hands off.
    """
    row = look.db.one("SELECT kind, effective_on, reason FROM journal WHERE id = ?", [journal_id])
    if row is None:
        cure = "take the number from the account's ledger"
        raise Refused(f"no journal {journal_id}", rule="reversals", cure=cure, bad_input=True)
    if row[0] == "REVERSAL":
        raise Refused("a reversal is not reversed", rule="reversals", cure="post the same again")
    if again := look.db.value("SELECT id FROM journal WHERE reverses = ?", [journal_id]):
        raise Refused(f"journal {journal_id} is reversed by journal {again}", rule="a reversal happens once")
    _still_there(look, journal_id)
    if key := look.db.one("SELECT staff, day FROM drawer WHERE journal_id = ?", [journal_id]):
        raise Refused(f"it is the over or short of drawer {key[0]}/{key[1]}", rule="a drawer is closed once")
    legs = _negated(look, journal_id)
    numbers = concerned(look, journal_id)
    if (no := linked(look, [Subject("account", format_account(each)) for each in numbers.values()])) is not None:
        raise no
    items = {item.id: item for account_id in numbers for item in ledger.items(look, account_id)}
    applications, touched = _taken_back(look, journal_id, legs, items)
    credit_code = ledger.chart(look.db).use["credit"]
    for account_id, number in numbers.items():
        spent = sum(leg.cents for leg in legs if leg.gl == credit_code and leg.account_id == account_id)
        if spent > 0 and spent > ledger.balance(look, account_id).credit:
            later = look.db.value(_SPENT, [account_id, journal_id])
            raise Refused(
                f"the credit it left on {format_account(number)} has been used since",
                rule="reversals",
                cure=f"reverse journal {later}, which used it, first" if later else "see what its ledger has since",
            )
        _on_the_roll(look, account_id, number, legs)
    first = next(iter(numbers), None)
    day = effective(look, first, effective_on, date.fromisoformat(row[1]))
    entry = Entry(
        "", "REVERSAL", day, f"reversal of {row[2]}", legs, first, applications=applications, reverses=journal_id
    )
    reason = Reason(code=REVERSAL, title=entry.reason, effect="credit", gl=legs[0].gl, charge_code="")
    cents = sum(leg.cents for leg in legs if leg.cents > 0)
    return whole(look, numbers.get(first or 0, ""), "REVERSAL", reason, cents, entry, touched, aside, row[0])


def _on_the_roll(look: Look, account_id: int, number: str, legs: Iterable[Leg]) -> None:
    """Refuse to take from the county's roll more than is left of the account there."""
    books = ledger.chart(look.db)
    off = -sum(leg.cents for leg in legs if leg.account_id == account_id and books.gl[leg.gl].use == "roll")
    if off > 0 and off > (left := ledger.balance(look, account_id).roll):
        raise Refused(
            f"{format_money(off)} of {format_account(number)} went to the county's roll, {format_money(left)} is there",
            rule="what comes back from the roll",
            cure="reverse what brought it back first",
        )


_SPENT = (
    "SELECT MAX(j.id) FROM posting p JOIN journal j ON j.id = p.journal_id JOIN gl_account g ON g.id = p.gl_id"
    " AND g.use = 'credit' WHERE p.account_id = ? AND p.cents > 0 AND j.id > ? AND j.kind <> 'REVERSAL'"
    " AND NOT EXISTS(SELECT 1 FROM journal v WHERE v.reverses = j.id)"
)


def concerned(look: Look, journal_id: int) -> dict[int, str]:
    """The accounts that a journal has lines of: id and stored number, the first line's first.

    One, or the two that a credit moved between; none where it moves money that is nobody's yet.
    """
    return dict(
        look.db.rows(
            "SELECT a.id, a.number FROM posting p JOIN account a ON a.id = p.account_id WHERE p.journal_id = ?"
            " GROUP BY a.id, a.number ORDER BY MIN(p.id)",
            [journal_id],
        )
    )


def _still_there(look: Look, journal_id: int) -> None:
    """Refuse to undo what brought payments into suspense while one of them has left it, or once it is at the bank."""
    banked = look.db.one(
        "SELECT l.batch_id, d.number FROM suspense_line l JOIN deposit_batch x ON x.batch_id = l.batch_id"
        " JOIN deposit d ON d.id = x.deposit_id WHERE l.journal_id = ? LIMIT 1",
        [journal_id],
    )
    if banked is not None:
        raise Refused(
            f"batch {banked[0]} went to the bank in deposit {banked[1]}",
            rule="what is deposited is taken back item by item",
            cure="return each payment, unpaid where the bank returned it",
        )
    gone = look.db.one(
        "SELECT batch_id, line, state, settled_journal_id FROM suspense_line WHERE journal_id = ?"
        " AND state <> 'suspense' ORDER BY line LIMIT 1",
        [journal_id],
    )
    if gone is not None:
        raise Refused(
            f"payment {gone[0]}/{gone[1]} of it is {gone[2]}",
            rule="reversals",
            cure=f"reverse journal {gone[3]} first",
        )


def _negated(look: Look, journal_id: int) -> list[Leg]:
    return [
        Leg(gl, -cents, account_id, item_id, charge, fund_id=fund)
        for gl, cents, account_id, item_id, charge, fund in look.db.rows(
            "SELECT g.code, p.cents, p.account_id, p.item_id, c.code, p.fund_id FROM posting p"
            " JOIN gl_account g ON g.id = p.gl_id LEFT JOIN charge_code c ON c.id = p.charge_code_id"
            " WHERE p.journal_id = ? ORDER BY p.id",
            [journal_id],
        )
    ]


def _taken_back(
    look: Look, journal_id: int, legs: Iterable[Leg], items: dict[int, Item]
) -> tuple[list[Application], list[Touched]]:
    was = look.db.rows("SELECT id, item_id, cents FROM application WHERE journal_id = ? ORDER BY id", [journal_id])
    applications = [Application(item_id, -cents, reverses=number) for number, item_id, cents in was]
    change: dict[int, int] = defaultdict(int)
    for leg in legs:
        if leg.item_id is not None:
            change[leg.item_id] += leg.cents
    for item_id, cents in change.items():
        item = items[item_id]
        if item.open_cents + cents < 0:
            raise Refused(
                f"{format_money(item.cents - item.open_cents)} has been paid on its {item.charge} item since",
                rule="reversals",
                cure="reverse that payment first",
            )
    opened = {number for (number,) in look.db.rows("SELECT id FROM receivable_item WHERE journal_id = ?", [journal_id])}
    applications += [Application(leg.item_id, -leg.cents) for leg in legs if leg.item_id in opened and leg.item_id]
    touched = [
        Touched(i, items[i].charge, items[i].due_on, items[i].open_cents, items[i].open_cents + cents)
        for i, cents in sorted(change.items())
    ]
    return applications, touched

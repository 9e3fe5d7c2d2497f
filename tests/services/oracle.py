"""A ledger in plain Python, written apart and importing nothing of the product: what should stand after a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

PRIORITY = {"PEN": 1, "SVC": 2, "USE": 3}
OWN_CHARGE = {"read-correction": "USE", "courtesy-waiver": "PEN", "credit-to-refunds-payable": "USE"}
STAFF_ACCOUNTS = {3: "ben", 4: "ana"}
ROLES = {"ana": "technician", "ben": "lead", "cho": "finance", "eve": "manager"}


def dollars(text: str) -> Fraction:
    return Fraction(text)


@dataclass
class Debt:
    """Something an account owes: dollars as fractions."""

    n: int
    charge: str
    due: date
    whole: Fraction
    owing: Fraction


@dataclass
class Holder:
    """An account: what it owes and what it has paid ahead."""

    debts: list[Debt] = field(default_factory=list)
    ahead: Fraction = Fraction(0)

    @property
    def owes(self) -> Fraction:
        return sum((d.owing for d in self.debts), Fraction(0)) - self.ahead


@dataclass
class Deed:
    """A thing done to an account, so that it can be undone: changes of debts, of money ahead, the debt it opened."""

    kind: str
    holder: int
    gross: Fraction
    changes: list[tuple[Debt, Fraction]]
    ahead: Fraction
    opened: Debt | None = None
    undone: bool = False


@dataclass
class Wish:
    """A proposal: what was wished, by whom, and what it would have done when it was handed in."""

    holder: int
    reason: str
    amount: Fraction
    maker: str
    roles: frozenset[str]
    two: bool
    seen: object
    undoes: Deed | None = None
    tier: int = 0
    state: str = "pending"
    automatic: bool = False
    signed: dict[str, str] = field(default_factory=dict)


# What counts as an adjustment when it is taken back.
SUMMED = {"bill", "credit", "debit"}


class Ledger:
    """Every account, deed and wish of a small office in which it is always the same day."""

    def __init__(self, today: date, accounts: int) -> None:
        self.today = today
        self.holders = {n: Holder() for n in range(1, accounts + 1)}
        self.deeds: list[Deed] = []
        self.wishes: list[Wish] = []
        self.count = 0

    # -- what happens without asking -------------------------------------------------------------------------

    def bill(self, holder: int, charge: str, amount: Fraction, due: date) -> None:
        debt = self._debt(holder, charge, amount, due)
        self.deeds.append(Deed("bill", holder, amount, [(debt, amount)], Fraction(0), debt))

    def receive(self, holder: int, amount: Fraction) -> None:
        shares, rest = _spread(amount, sorted(self.holders[holder].debts, key=_order))
        self._do(Deed("receipt", holder, amount, [(d, -s) for d, s in shares], rest))

    def _debt(self, holder: int, charge: str, amount: Fraction, due: date) -> Debt:
        self.count += 1
        debt = Debt(self.count, charge, due, amount, amount)
        self.holders[holder].debts.append(debt)
        return debt

    def _do(self, deed: Deed) -> None:
        for debt, change in deed.changes:
            debt.owing += change
        self.holders[deed.holder].ahead += deed.ahead
        self.deeds.append(deed)

    # -- wishes ------------------------------------------------------------------------------------------------

    def would(self, holder: int, reason: str, amount: Fraction) -> Deed | None:
        """What an adjustment would do now; None when it cannot be."""
        account = self.holders[holder]
        if reason == "credit-to-refunds-payable":
            return None if amount > account.ahead else Deed("refund", holder, amount, [], -amount)
        if reason == "charge-by-hand":
            return Deed("debit", holder, amount, [], Fraction(0))
        own = OWN_CHARGE[reason]
        first, left = _spread(amount, sorted((d for d in account.debts if d.charge == own), key=_order))
        then, left = _spread(left, sorted((d for d in account.debts if d.charge != own), key=_order))
        return Deed("credit", holder, amount, [(d, -s) for d, s in first + then], left)

    def would_undo(self, deed: Deed) -> Deed | None:
        """What taking a deed back would do now; None when it cannot be taken back now or ever."""
        if deed.undone or deed.kind == "undo":
            return None
        if any(debt.owing - change < 0 for debt, change in deed.changes):
            return None
        if deed.ahead > 0 and deed.ahead > self.holders[deed.holder].ahead:
            return None
        return Deed("undo", deed.holder, deed.gross, [(d, -c) for d, c in deed.changes], -deed.ahead)

    def seen(self, deed: Deed) -> object:
        """What a checker has seen of it: if this is different later, the account has moved."""
        return [(d.n, c, d.owing) for d, c in deed.changes], deed.ahead

    def wish(self, holder: int, reason: str, amount: Fraction, maker: str) -> Wish | None:
        deed = self.would(holder, reason, amount)
        if deed is None or STAFF_ACCOUNTS.get(holder) == maker:
            return None
        made = Wish(holder, reason, amount, maker, frozenset(), False, self.seen(deed))
        made.tier, made.roles, made.two = self._need(made)
        roles = made.roles
        self.wishes.append(made)
        if not roles:
            made.automatic, made.state = True, "approved"
            self._grant(deed)
        return made

    def wish_undone(self, deed: Deed, maker: str) -> Wish | None:
        back = self.would_undo(deed)
        waiting = any(w.undoes is deed and w.state == "pending" for w in self.wishes)
        if back is None or waiting or STAFF_ACCOUNTS.get(deed.holder) == maker:
            return None
        made = Wish(deed.holder, "reversal", deed.gross, maker, frozenset(), False, self.seen(back), undoes=deed)
        made.tier, made.roles, made.two = self._need(made)
        self.wishes.append(made)
        return made

    def _need(self, wish: Wish) -> tuple[int, frozenset[str], bool]:
        """Tier, roles and whether two must sign, with what is posted and what was proposed before it and waits."""
        mine = [w for w in self.wishes if w is not wish and w.state in ("pending", "approved")]
        adjusts = wish.undoes is None or wish.undoes.kind in SUMMED
        place = next((n for n, w in enumerate(self.wishes) if w is wish), len(self.wishes))
        earlier = {id(w) for n, w in enumerate(self.wishes) if n < place or w.state == "approved"}
        before = [
            w.amount
            for w in mine
            if w.holder == wish.holder and id(w) in earlier and (w.undoes is None or w.undoes.kind in SUMMED)
        ]
        judged = wish.amount + (sum(before, Fraction(0)) if adjusts else 0)
        refund = wish.reason == "credit-to-refunds-payable" or (
            wish.undoes is not None and wish.undoes.kind == "refund"
        )
        if judged > 10_000:
            return 3, frozenset({"finance", "manager"}), True
        if (refund and judged > 1_000) or wish.holder in STAFF_ACCOUNTS or judged > 2_500:
            return 3, frozenset({"finance"}), False
        if judged > 250:
            return 2, frozenset({"finance"} if refund else {"lead", "finance"}), False
        small = (
            wish.reason == "courtesy-waiver"
            and sum(w.automatic for w in mine if w.maker == wish.maker) < 5
            and sum(w.amount for w in mine if w.automatic and w.maker == wish.maker) + wish.amount <= 100
            and sum(w.automatic for w in mine if w.holder == wish.holder) < 2
        )
        if judged <= 25 and small:
            return 0, frozenset(), False
        return 1, frozenset({"lead", "finance"} if ROLES[wish.maker] == "lead" else {"lead"}), False

    def approve(self, wish: Wish, by: str, typed: Fraction) -> str:
        """posted, signed, or refused; what is posted is done."""
        deed = self._again(wish)
        role = ROLES[by]
        tier, roles, two = self._need(wish)
        if (
            wish.state != "pending"
            or by == wish.maker
            or STAFF_ACCOUNTS.get(wish.holder) == by
            or role not in wish.roles
            or typed != wish.amount
            or deed is None
            or self.seen(deed) != wish.seen
            or tier > wish.tier
            or two > wish.two
            or (tier == wish.tier and role not in roles)
            or (wish.two and role in wish.signed)
        ):
            return "refused"
        if wish.two and not wish.signed:
            wish.signed[role] = by
            return "signed"
        wish.state = "approved"
        if wish.undoes is not None:
            wish.undoes.undone = True
            self._do(deed)
        else:
            self._grant(deed)
        return "posted"

    def reject(self, wish: Wish, by: str) -> bool:
        if (
            wish.state != "pending"
            or by == wish.maker
            or STAFF_ACCOUNTS.get(wish.holder) == by
            or ROLES[by] not in wish.roles
        ):
            return False
        wish.state = "rejected"
        return True

    def _again(self, wish: Wish) -> Deed | None:
        if wish.undoes is not None:
            return self.would_undo(wish.undoes)
        return self.would(wish.holder, wish.reason, wish.amount)

    def _grant(self, deed: Deed) -> None:
        if deed.kind == "debit":
            due = date.fromordinal(self.today.toordinal() + 30)
            deed.opened = self._debt(deed.holder, "USE", deed.gross, due)
            deed.changes = [(deed.opened, deed.gross)]
            self.deeds.append(deed)
        else:
            self._do(deed)


def _order(debt: Debt) -> tuple[date, int, int]:
    return debt.due, PRIORITY[debt.charge], debt.n


def _spread(amount: Fraction, debts: list[Debt]) -> tuple[list[tuple[Debt, Fraction]], Fraction]:
    out = []
    for debt in debts:
        share = min(amount, debt.owing)
        if share > 0:
            out.append((debt, share))
            amount -= share
    return out, amount

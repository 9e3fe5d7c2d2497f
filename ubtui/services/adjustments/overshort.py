"""What a drawer's count leaves over or short: the plan of its posting, and what reversals mean to a drawer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ubtui.act import Look, Refused, Work
from ubtui.db.models.counter import Drawer
from ubtui.domain.drawer import Money
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey
from ubtui.services import ledger
from ubtui.services.adjustments.plans import Plan, whole
from ubtui.services.adjustments.tiers import ASKER, Aside
from ubtui.services.ledger import Entry, Leg
from ubtui.settings import Reason

OVER_SHORT: Final = "over-short"
_KIND: Final = "drawer/"


@dataclass(frozen=True)
class Counted:
    """A drawer of one person's day; `expected` and `counted` are None until it is counted."""

    id: int
    staff: str
    day: date
    receipts: int
    expected: Money | None
    counted: Money | None
    counted_by: str
    reason: str
    proposal: str
    closed_on: date | None

    @property
    def key(self) -> str:
        """What it is called: `ana/2026-11-23`."""
        return f"{self.staff}/{self.day}"

    @property
    def item(self) -> str:
        """The work item about it."""
        return f"P12:run:{_KIND}{self.key}"

    @property
    def difference(self) -> Money:
        """Over (positive) or short, slot by slot; nothing while it is not counted."""
        return self.counted.less(self.expected) if self.counted and self.expected else Money()

    @property
    def waits(self) -> bool:
        """Whether one tender stood for another when its own person counted it: another one counts it again."""
        return self.counted is not None and self.closed_on is None and not self.proposal


_DRAWER = (
    "SELECT id, staff, day, last_n, expected_cash, expected_checks, expected_cards, cash, checks, cards,"
    " COALESCE(counted_by, ''), reason, COALESCE(proposal, ''), closed_on FROM drawer"
)


def drawers(look: Look, where: str, params: list[object]) -> list[Counted]:
    """The drawers of a condition, the oldest first."""
    return [
        Counted(
            row[0], row[1], date.fromisoformat(row[2]), row[3], Money(*row[4:7]) if row[4] is not None else None,
            Money(*row[7:10]) if row[7] is not None else None, row[10], row[11], row[12],
            date.fromisoformat(row[13]) if row[13] else None,
        )
        for row in look.db.rows(f"{_DRAWER} WHERE {where} ORDER BY day, staff", params)
    ]  # fmt: skip


def drawer(look: Look, staff: str, day: date) -> Counted:
    """One person's drawer of a day. Raises Refused where he took nothing then."""
    found = drawers(look, "staff = ? AND day = ?", [staff, day.isoformat()])
    if not found:
        said = f"{staff[:40]} took nothing on {day}"
        raise Refused(said, rule="drawers", cure="see `ubtui drawer list`", bad_input=True)
    return found[0]


def differing(look: Look, item: str, aside: Aside = ASKER, day: date | None = None) -> Plan:
    """What posting a counted drawer's over or short would do: cash against the account for it.

    Within the district's limit the policy decides; above it another person, never the one who counted. Raises Refused.
    """
    found = named(look, item)
    net, limit = found.difference.total, look.district.approval.over_short_cents
    use = ledger.chart(look.db).use
    if "over_short" not in use:
        raise Refused("the district has no account for over and short", rule="chart", cure='gl: use = "over_short"')
    title = f"Drawer {found.key} {'over' if net > 0 else 'short'}"
    legs = [Leg(use["cash"], net), Leg(use["over_short"], -net)]
    entry = Entry("", "ADJ", day or look.today, title.lower(), legs)
    reason = Reason(code=OVER_SHORT, title=title, effect="credit", gl=use["over_short"], charge_code="", policy=True)
    aside = replace(aside, seen=aside.seen or found.difference.largest > limit)
    return whole(look, "", "ADJ", reason, abs(net), entry, (), aside)


def posted(work: Work, item: str, number: str, journal_id: int) -> None:
    """Close the drawer of this item: its over or short is posted by proposal `number`."""
    found = named(work, item)
    work.db.update(Drawer, found.id, closed_on=work.today, journal_id=journal_id, proposal=number)
    work.touch("run", f"{_KIND}{found.key}")


def left(work: Work, journal_id: int) -> None:
    """A counter receipt whose journal is reversed leaves its drawer, while that is not counted yet."""
    work.db.run(
        "UPDATE counter_receipt SET void = 1 WHERE void = 0 AND receipt_id IN"
        " (SELECT id FROM receipt WHERE journal_id = ?)"
        " AND drawer_id IN (SELECT id FROM drawer WHERE counted_at IS NULL)",
        [journal_id],
    )


def named(look: Look, item: str) -> Counted:
    """The drawer that a work item (`P12:run:drawer/ana/2026-11-23`) is about. Raises Refused."""
    try:
        key = ItemKey.parse(item).subject.key.removeprefix(_KIND)
        staff, _, day = key.rpartition("/")
        return drawer(look, staff, date.fromisoformat(day))
    except (BadValue, ValueError) as exc:
        raise Refused(f"{item[:60]} names no drawer", rule="drawers", bad_input=True) from exc

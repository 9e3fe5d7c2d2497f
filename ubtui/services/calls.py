"""What somebody on the phone asks: what is owed, what came in, and why the bill is high."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ubtui.act import Look
from ubtui.domain.dates import format_day
from ubtui.domain.holds import held_for
from ubtui.domain.money import format_money
from ubtui.services import accounts, contacts, meters
from ubtui.services.accounts import AccountView, Bill
from ubtui.services.contacts import ContactLine
from ubtui.services.meters import MeterHistory, ReadLine

MOST_POINTS = 2
SAME_PERCENT = 3  # a change a day below this is none worth a figure
LONGER_DAYS = 3  # a period so much longer than a year ago is worth a word


@dataclass(frozen=True)
class PhoneView:
    """One account at a glance: the account, its measured points with reads, the answer, and the last contact.

    `why` answers why the bill is high, in sentences, the most telling first; empty where nothing is measured.
    """

    account: AccountView
    points: tuple[MeterHistory, ...]
    why: tuple[str, ...]
    promises: tuple[ContactLine, ...]
    last_contact: ContactLine | None


def phone(look: Look, number: str) -> PhoneView:
    """The card of one account. Raises Refused when there is none."""
    view = accounts.account(look, number)
    named = dict.fromkeys(point.point for point in view.points if point.point and point.to_on is None)
    found = [meters.history(look, point) for point in list(named)[:MOST_POINTS]]
    points = tuple(each for each in found if each.reads)
    why = [*(said for each in points for said in _use(each, look.today)), *_bills(look, view)]
    said = contacts.contacts(look, view.id, 1)
    return PhoneView(view, points, tuple(why), contacts.promises(look, view.id), said[0] if said else None)


def _use(found: MeterHistory, today: date) -> Iterator[str]:
    """What the newest read says against last year's, and what explains it."""
    reads = [each for each in found.reads if each.status != "void" and each.kind not in ("control", "reread")]
    newest = next((each for each in reads if each.use is not None), None)
    if newest is None or newest.use is None:
        return
    unit, before = found.card.use_unit, _year_before(newest, reads)
    told = f"{found.card.point}: {_spent(newest, unit)}"
    if before is not None:
        told += f"; a year ago {_spent(before, unit)}{_change(newest, before)}"
    yield told + "."
    earlier = next((each for each in reads[reads.index(newest) + 1 :] if each.value is not None), None)
    if newest.status == "held":
        why = f" ({held_for(newest.held)})" if newest.held else ""
        yield f"That read is held{why} and not billed: it is being looked at."
    if newest.source == "E":
        yield f"The read of {format_day(newest.on, today)} is an estimate: the next actual one corrects it."
    elif earlier is not None and earlier.source == "E":
        yield f"The read before, {format_day(earlier.on, today)}, was an estimate: this one makes up for it."
    if before is not None and newest.days and before.days and newest.days - before.days >= LONGER_DAYS:
        yield f"The period is {newest.days - before.days} days longer than a year ago."
    since = earlier.on if earlier is not None else newest.on
    for hung in found.installs:
        if since < hung.on <= newest.on:
            yield f"The meter was exchanged on {format_day(hung.on, today)}."


def _spent(read: ReadLine, unit: str) -> str:
    days = f" in {read.days} days" if read.days else ""
    return f"{read.use:,} {unit}{days}" + (f" ({read.per_day} a day)" if read.per_day else "")


def _year_before(newest: ReadLine, reads: Sequence[ReadLine]) -> ReadLine | None:
    """The read of the same period a year before, with use; of several, the newest."""
    head, _, month = newest.period.rpartition("/")
    if len(month) != 7 or not month[:4].isdigit():
        return None
    wanted = f"{head}/{int(month[:4]) - 1:04d}{month[4:]}"
    return next((each for each in reads if each.period == wanted and each.use is not None), None)


def _change(newest: ReadLine, before: ReadLine) -> str:
    """How much more or less a day, in whole per cent."""
    if not (newest.use and before.use and newest.days and before.days):
        return ""
    now, then = newest.use * before.days, before.use * newest.days
    percent = (200 * (now - then) + then) // (2 * then)
    if abs(percent) < SAME_PERCENT:
        return ": about the same a day"
    return f": {abs(percent):,} % {'more' if percent > 0 else 'less'} a day"


def _bills(look: Look, view: AccountView) -> Iterator[str]:
    """The last bill beside the one of the same period a year before, charge by charge, and rates that changed."""
    found = accounts.bills(look, view.id)
    if not found:
        return
    last = found[0]
    head, _, month = last.period.rpartition("/")
    wanted = f"{head}/{int(month[:4]) - 1:04d}{month[4:7]}" if month[:4].isdigit() else ""
    before = next((each for each in found if each.period == wanted), None)
    said = f"Last bill {format_day(last.billed_on, look.today)} {format_money(last.total_cents)}"
    if before is None:
        yield f"{said}; there is none of a year before."
        return
    if last.total_cents == before.total_cents:
        yield f"{said}, as a year before."
    else:
        titles = {each.code: each.title.lower() for each in look.district.charge_codes}
        parts = ", ".join(
            f"{titles.get(code, code)} {format_money(cents, sign=True)}" for code, cents in _parts(last, before)
        )
        yield f"{said}, a year before {format_money(before.total_cents)}: {parts}."
    then = {each.label: each.rate for each in before.lines}
    for line in last.lines:
        if line.rate and then.get(line.label, line.rate) != line.rate:
            yield f"{line.label}: {line.rate} now, {then[line.label]} a year before."
            break


def _parts(last: Bill, before: Bill) -> list[tuple[str, int]]:
    """What each charge changed by, the largest first."""
    sums: dict[str, int] = {}
    for bill, sign in ((last, 1), (before, -1)):
        for line in bill.lines:
            sums[line.charge] = sums.get(line.charge, 0) + sign * line.cents
    return sorted(((code, cents) for code, cents in sums.items() if cents), key=lambda part: -abs(part[1]))

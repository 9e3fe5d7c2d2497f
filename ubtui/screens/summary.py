"""The summary of an account: a fact a line, with the figure that `x` explains and the place where enter leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from ubtui.domain.dates import format_day
from ubtui.domain.money import format_money
from ubtui.domain.text import cell_width, clean_text
from ubtui.screens.base import Place
from ubtui.screens.people import people
from ubtui.services.accounts import AccountView, PointLine, ReadLine

READS_OF_ONE, READS_OF_SEVERAL = 4, 2
SOURCES = {"E": "estimated", "C": "customer's", "K": "card"}


@dataclass(frozen=True)
class Fact:
    """A line of the summary; `part` is the tab and `place` the screen that enter opens."""

    label: str
    told: str
    tone: str | None = None
    figure: str = ""
    part: str = ""
    place: Place | None = None


def title(view: AccountView) -> str:
    """What stands above the facts: what kind of account it is, and its numbers in other systems."""
    old = [each.partition(" ")[2] or each for each in view.external]
    was = f" · old number {', '.join(old)}" if old else ""
    return f"{view.state} · {view.customer_class} · held by {view.holder_kind} · cycle {view.cycle}{was}"


def facts(view: AccountView, today: date, room: int) -> Iterator[Fact]:
    """Everything a call about the account needs, in about twenty lines of `room` cells; only what is on record."""
    for n, told in enumerate(packed(view.alerts, room)):
        yield Fact("look" if not n else "", told, "warning")
    for line in people(view):
        yield Fact(line.label, line.value, line.tone, part="History")
    yield from _mail(view)
    yield from _money(view, today, room)
    live = [each for each in view.points if each.to_on is None]
    many = READS_OF_SEVERAL if len(live) > 1 else READS_OF_ONE
    for point in view.points:
        yield from _point(point, today, many if point.to_on is None else 0)
    yield from _around(view, today)
    yield from _work(view)


def _mail(view: AccountView) -> Iterator[Fact]:
    """Where the mail goes: to the mailing party, else the payer, else the owner."""
    now = {each.role: each for each in reversed(view.parties) if each.to_on is None}
    for role in ("mailing", "payer", "owner"):
        if (party := now.get(role)) is not None:
            back = "  (mail came back)" if party.returned else ""
            yield Fact("mail", (", ".join(party.address) or "no address") + back, "warning" if back else None)
            return


def _money(view: AccountView, today: date, room: int) -> Iterator[Fact]:
    owed = view.balance
    parts = (("past due", owed.past_due), ("current", owed.current), ("not due", owed.not_due),
             ("penalty", owed.penalty), ("credit", -owed.credit), ("on the tax roll", owed.roll))  # fmt: skip
    split = " · ".join(f"{name} {format_money(cents)}" for name, cents in parts if cents)
    told = format_money(owed.total) + (f"   {split}" if split else "")
    yield Fact("balance", told, "accent", "balance", part="Items")
    near = [f"due {_near(view.due_on, today)}"] if view.due_on else ["nothing due"]
    near += [f"last bill {_near(view.last_bill, today)}"] if view.last_bill else []
    near += [f"mailed {_near(view.mailed_on, today)}"] if view.mailed_on else []
    yield Fact("due", " · ".join(near), figure="due", part="Bills")
    yield from drafted(view, today)
    ahead = " · ".join(f"{what.removeprefix('next ')} {_near(day, today)}" for what, day in view.coming)
    yield Fact("next", ahead or "nothing more to read or bill", figure="dates")
    paid = [
        f"{_near(each.received_on, today)} {format_money(each.cents)} {each.tender or each.source}"
        + (" reversed" if each.reversed else "")
        for each in view.payments
    ]
    for n, line in enumerate(packed(paid or ["nothing yet"], room)):
        yield Fact("paid" if not n else "", line, figure="receipts" if paid else "", part="Payments")


def drafted(view: AccountView, today: date) -> Iterator[Fact]:
    """When what is drafted next, and where bills are e-mailed to; nothing where neither is so."""
    around = view.around
    if around.autopay is not None:
        when = f"{_near(around.draft_on, today)}, " if around.draft_on else ""
        yield Fact("draft", f"{when}{around.autopay.told}, since {around.autopay.since}")
    if around.ebill:
        yield Fact("e-bill", around.ebill)


def _point(point: PointLine, today: date, reads: int) -> Iterator[Fact]:
    meter = Place("meter", point.point) if point.point else None
    place = " · ".join(filter(None, (point.address, point.apn, point.route_seq)))
    if place:
        yield Fact("place", place, place=meter)
    ended = f" · ended {point.to_on}" if point.to_on else ""
    season = " · rests by season" if point.seasonal else ""
    told = f"{point.service.replace('_', ' ')} {point.rate} · {point.point or 'no service point'} {point.state}"
    yield Fact("service", f"{told.rstrip()}{season}{ended}", place=meter)
    if point.to_on is None and point.point:
        size = clean_text(point.size).rstrip('" ')
        face = f" · {point.dials} dials {point.meter_unit}" if point.meter and point.dials else ""
        told = f'{point.meter} {size}"{face}' if point.meter else "no meter known"
        yield Fact("meter", told, place=meter)
    if point.seal and point.to_on is None:
        why = point.lock_reason.replace("_", " ")
        yield Fact("seal", f"{point.seal} {point.lock_state}, {why} · {point.rate_status} rate", "warning", place=meter)
    for read in point.reads[:reads]:
        yield _read(point, read, today, meter)


def _read(point: PointLine, read: ReadLine, today: date, meter: Place | None) -> Fact:
    value = "—" if read.value is None else f"{read.value:,}"
    use = "—" if read.use is None else f"{read.use:,}"
    ago = f"year ago {read.year_ago:>6,}" if read.year_ago is not None else " " * 15
    special = read.kind if read.kind != "regular" else ""
    kind = " ".join(filter(None, (SOURCES.get(read.source, ""), special, read.status)))
    told = f"{_near(read.read_on, today):<10} {value:>10}  use {use:>6}  {ago}  {kind}"
    tone = "danger" if read.status == "held" else None
    return Fact("read", told, tone, f"read:{point.point}/{read.read_on}", place=meter)


def _around(view: AccountView, today: date) -> Iterator[Fact]:
    around = view.around
    for promise in around.promises[:2]:
        late = promise.promise_on is not None and promise.promise_on <= today
        told = f"{promise.promised(today)} · {promise.text}"
        yield Fact("promise", told, "warning" if late else None, f"contact:{promise.key}", "Contacts")
    yield from standing(view, today)
    for order in around.orders[:2]:
        late = order.due_on < today
        told = f"{order.number} {order.kind.replace('_', ' ')} at {order.point}, due {_near(order.due_on, today)}"
        yield Fact("order", told, "warning" if late else None, part="Orders")


def standing(view: AccountView, today: date) -> Iterator[Fact]:
    """What stands between the account and the next step of collections: its plan, and what bars a shutoff."""
    for lien in view.liens[:2]:
        told = f"{lien.number} recorded {lien.recorded_on} over {format_money(lien.cents)}"
        if lien.released_on is None:
            yield Fact("lien", f"{told} · {lien.left}", "warning")
        else:
            yield Fact("lien", f"{told} · released {lien.released_on}")
    around = view.around
    if (plan := around.plan) is not None:
        told = f"{plan.number} {plan.kind} over {format_money(plan.cents)}"
        told += f" · next {format_money(plan.next_cents)} {_near(plan.next_on, today)}" if plan.next_on else ""
        yield Fact("plan", told)
    for kept in around.protections[:2]:
        until = f"{kept.kind.replace('_', ' ')} until {_near(kept.expires_on, today)}"
        yield Fact("hold", until + (f" · {kept.note}" if kept.note else ""), "warning")


def _work(view: AccountView) -> Iterator[Fact]:
    for item in view.work[:3]:
        fix = Place("fix", item=item.id)
        yield Fact("open", f"{item.priority} {item.title}: {item.why}", figure=f"work:{item.id}", place=fix)
    if len(view.work) > 3:
        yield Fact("", f"and {len(view.work) - 3} more on the worklist")
    for each in view.proposals:
        told = f"{each.number} {each.reason} {format_money(each.amount_cents)} by {each.maker}, {each.standing}"
        yield Fact("proposed", told, place=Place("approval", each.number))


def _near(day: date | None, today: date) -> str:
    return "—" if day is None else format_day(day, today)


def packed(parts: Iterable[str], room: int) -> Iterator[str]:
    """Parts joined by dots on lines of at most `room` cells, none cut where it fits a line by itself."""
    line = ""
    for part in map(clean_text, parts):
        joined = f"{line} · {part}" if line else part
        if line and cell_width(joined) > room:
            yield line
            line = part
        else:
            line = joined
    if line:
        yield line

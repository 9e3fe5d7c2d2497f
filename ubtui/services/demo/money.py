"""Bills of the sample's reads by the tariff, and what came in for them by each account's habit."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from ubtui.domain.money import rate, round_cents
from ubtui.domain.tariff import Line, Tariff
from ubtui.services.demo.calendar import business_day
from ubtui.services.demo.draft import Draft
from ubtui.services.demo.story import BillStory, LineStory, PointStory, ReadStory, ReceiptStory
from ubtui.settings import District

PENALTY_PERCENT = 10
RATES = {
    **{"residential": "R1", "multi": "C1", "commercial": "C1", "institutional": "C1", "irrigation": "IR1"},
    "agency": "AG1",
}
BY_MONTH = ("C1", "IR1", "FL")
"""Rates that have a second one, with an M behind it, for a month's bill."""
_LABELS = {"IR1": ", irrigation", "FL": ", fire line", "HY": ", hydrant", "AG1": ", intertie"}
SEALED_RATE, OCCASIONAL_RATE = "R1-SEALED", "R1-OCC"
_SOURCES = {
    "ach": "Autopay",
    "web": "Web payment",
    "check": "Mail",
    "cash": "Counter",
    "card": "Counter",
    "lockbox": "Lockbox",
}


@dataclass(frozen=True)
class Turn:
    """The end of one period on one account: when it was read, and the days its bill is made, mailed and due."""

    on: date
    period: str
    final: bool
    bill: tuple[date, date, date] | None


def rate_code(kind: str, customer_class: str, monthly: bool) -> str:
    """The rate a service is billed by."""
    code = {"fire_line": "FL", "hydrant": "HY", "irrigation": "IR1"}.get(kind) or RATES[customer_class]
    return f"{code}M" if monthly and code in BY_MONTH else code


def rates(district: District) -> Callable[[str, int], tuple[LineStory, ...]]:
    """The district's rates as one function of rate code and use; the same use is computed once."""
    tariffs = {
        r.code: Tariff(r.code, r.effective, rate(r.fixed), r.tier_starts, tuple(map(rate, r.tier_prices)))
        for r in district.rates
    }

    @lru_cache(maxsize=20_000)
    def lines(code: str, usage: int) -> tuple[LineStory, ...]:
        return tuple(_line(line, code) for line in tariffs[code].bill(usage).lines)

    return lines


def _line(line: Line, code: str) -> LineStory:
    fixed = line.code == "fixed"
    label = "Service charge" if fixed else "Water use"
    if line.label.startswith("Tier"):
        label += f", {line.label.lower()}"
    label += _LABELS.get(code.removesuffix("M"), "")
    return LineStory(0, "SVC" if fixed else "USE", label, line.cents, str(line.quantity), decimal(line.rate))


def bills(
    priced: Callable[[str, int], tuple[LineStory, ...]],
    d: Draft,
    points: Sequence[PointStory],
    turns: Sequence[Turn],
    number: str,
) -> Iterator[BillStory]:
    """One bill a billed turn: each point's service charge and use, line by line."""
    pairs = [_pairs(point) for point in points]
    named = [json.dumps(point.number) for point in points]
    for j, turn in enumerate(turns):
        if not j or turn.bill is None:
            continue
        lines: list[LineStory] = []
        for n, point in enumerate(points):
            if d.fire_since is not None and point.kind == "fire_line":
                continue
            facts, use = f'"point": {named[n]}', 0
            if point.meters:
                (prev, read), *slow = pairs[n][turn.on]
                assert read.usage is not None
                use = read.usage
                facts += f', "from": "{prev.on}", "to": "{read.on}", "previous": {prev.value}, "present": {read.value}'
                for before, low in slow:
                    use += low.usage or 0
                    facts += f', "previous_low": {before.value}, "present_low": {low.value}'
                if behind := sum(
                    pairs[m][turn.on][0][1].usage or 0 for m, p in enumerate(points) if p.behind and not n
                ):
                    use -= behind
                    facts += f', "behind": {behind}'
            code = _in_force(d, point, use, j)
            trace = f'{{{facts}, "use": {use}, "rate": {json.dumps(code)}}}'
            lines += [LineStory(n, *line[1:-1], trace) for line in priced(code, use)]
        yield BillStory(
            f"{number}-{turn.period[-7:-3]}{turn.period[-2:]}", turn.period, turns[j - 1].on, turn.on, *turn.bill,
            tuple(lines),
        )  # fmt: skip


def _in_force(d: Draft, point: PointStory, use: int, turn: int) -> str:
    """The rate of one turn: behind a seal the sealed rate; where use is occasional the full one in periods of use."""
    if point.kind == "potable" and d.sealed_at is not None and turn > d.sealed_at:
        return SEALED_RATE
    if point.kind == "potable" and d.occasional and not use:
        return OCCASIONAL_RATE
    return rate_code(point.kind, point.customer_class, d.monthly)


def _pairs(point: PointStory) -> dict[date, list[tuple[ReadStory, ReadStory]]]:
    """By read day: the reads a bill measures, each with the one before; first the main register's."""
    found: dict[date, list[tuple[ReadStory, ReadStory]]] = {}
    for meter in point.meters:
        for reads in (meter.reads, meter.low):
            for prev, read in pairwise(reads):
                found.setdefault(read.on, []).append((prev, read))
    return found


def payments(
    rng: random.Random, d: Draft, made: Sequence[BillStory], today: date, number: str
) -> tuple[tuple[BillStory, ...], tuple[ReceiptStory, ...]]:
    """What came in for the bills by `today`, oldest first; a bill that finds arrears carries a late penalty."""
    out: list[BillStory] = []
    receipts: list[ReceiptStory] = []
    owed = 0
    for n, bill in enumerate(made):
        last = n == len(made) - 1
        if owed > 500:
            fee = round_cents(Fraction(owed * PENALTY_PERCENT, 100))
            line = LineStory(0, "PEN", "Late penalty", fee, decimal(Fraction(owed, 100)), f"{PENALTY_PERCENT} %")
            bill = replace(bill, lines=(*bill.lines, line))
        out.append(bill)
        owed += bill.cents
        when, cents, how = _payment(rng, d, bill, owed, last)
        if last and d.leaves is not None:
            cents = owed - d.leaves if d.leaves >= 0 else 0
        if cents <= 0 or when > today or (not last and when >= made[n + 1].billed_on):
            continue
        if last:
            cents += d.credit_cents + d.credit_milli * sum(b.cents for b in out[-6:]) // 6_000
        reference = str(1_000 + rng.randrange(9_000)) if how in ("check", "lockbox") else None
        receipts.append(ReceiptStory(f"R{number}-{len(receipts) + 1:03d}", when, cents, _SOURCES[how], how, reference))
        owed -= cents
        if last and d.again_after is not None:
            late = when + timedelta(days=d.again_after)
            receipts.append(ReceiptStory(f"R{number}-{len(receipts) + 1:03d}", late, cents, "Web payment", "web", None))
    if d.extra is not None:
        receipts.append(ReceiptStory(f"R{number}-{len(receipts) + 1:03d}", *d.extra, "Autopay", "ach", None))
    return tuple(out), tuple(receipts)


def _payment(rng: random.Random, d: Draft, bill: BillStory, owed: int, last: bool) -> tuple[date, int, str]:
    """Day, cents and tender of the payment that answers a bill; no cents: none came."""
    how = rng.choice(("web", "web", "check", "lockbox", "lockbox", "card", "cash"))
    part, days = rng.randint(40, 80), rng.randint(4, 24)
    habit = d.habit if d.closed_on is None else "prompt"
    if habit == "autopay":
        return business_day(bill.due_on - timedelta(days=3)), owed, "ach"
    if habit == "late":
        return business_day(bill.due_on + timedelta(days=days // 2)), owed, how
    if habit == "partly":
        return business_day(bill.mailed_on + timedelta(days=days)), owed * part // 100, how
    if habit == "behind" and days % 3:
        return bill.due_on, 0, how
    if last and (d.credit_cents or d.credit_milli or d.again_after or d.leaves is not None):
        return business_day(bill.billed_on + timedelta(days=5)), owed, "check"
    return business_day(bill.mailed_on + timedelta(days=days)), owed, how


def decimal(value: Fraction) -> str:
    """A rate or amount with a finite decimal as text: two places, or four where they are needed."""
    whole, rest = divmod(value * 10_000, 1)
    text = f"{whole // 10_000}.{whole % 10_000:04d}"
    return text[:-2] if text.endswith("00") and not rest else text

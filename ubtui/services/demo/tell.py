"""Turns a draft into a story: reads on a counter, bills by the tariff, payments by habit."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from ubtui.domain.money import rate, round_cents
from ubtui.domain.numbers import account_number
from ubtui.domain.tariff import Bill, Tariff
from ubtui.domain.volume import Unit, convert
from ubtui.services.demo import names
from ubtui.services.demo.calendar import READ_DAYS, Almanac, business_day
from ubtui.services.demo.draft import Draft, Face
from ubtui.services.demo.people import roles, situs
from ubtui.services.demo.story import (
    BillStory,
    MeterStory,
    PointStory,
    ReadStory,
    ReceiptStory,
    SealStory,
    Story,
)
from ubtui.services.ledger import BillLine
from ubtui.settings import District

FIRST_ACCOUNT = 120_001
ROUTE_LENGTH = 40
PENALTY_PERCENT = 10
RATES = {"residential": "R1", "multi": "C1", "commercial": "C1", "institutional": "C1", "irrigation": "IR1"}


@dataclass(frozen=True)
class Turn:
    """The end of one period on one account: when it was read, and when and how it is billed."""

    on: date
    period: str
    final: bool
    bill: tuple[date, date, date] | None


class Teller:
    """Tells stories of one district: its rates and its calendar stand, all else comes with the draft."""

    def __init__(self, district: District, almanac: Almanac) -> None:
        self.almanac = almanac
        self.cycles = [cycle.code for cycle in district.cycles]
        self.due_days = {cycle.code: cycle.due_days for cycle in district.cycles}
        tariffs = {
            r.code: Tariff(r.code, r.effective, rate(r.fixed), r.tier_starts, tuple(map(rate, r.tier_prices)))
            for r in district.rates
        }

        @lru_cache(maxsize=20_000)
        def bill(code: str, usage: int) -> Bill:
            return tariffs[code].bill(usage)

        self.bill = bill

    def story(self, rng: random.Random, d: Draft) -> Story:
        """The story of a draft; `rng` gives people, counters and payments."""
        place = d.index // len(self.cycles)
        route, step = divmod(place, ROUTE_LENGTH)
        cycle_no = self.cycles.index(d.cycle) + 1
        start = d.opened_at or 0
        turns = self._turns(d, route % READ_DAYS)[start:]
        opened = turns[0].on if d.opened_at is not None else date(2004 + rng.randrange(15), 1 + rng.randrange(12), 9)
        who = random.Random(rng.random())
        address, city, zip_code = situs(route, step, cycle_no)
        code = f"{cycle_no}{route + 1:02d}"
        uses = [d.uses[start:]] if d.garden is None else [d.uses[start:], d.garden[start:]]
        points = tuple(
            self._point(rng, d, n, point_number(d.index, n), code, step * 10 + 10 + 5 * n, turns, opened, part)
            for n, part in enumerate(uses)
        )
        bills = tuple(self._bills(d, points, turns, account_number(FIRST_ACCOUNT + d.index)))
        bills, receipts = self._payments(rng, d, bills)
        return Story(
            d.index, account_number(FIRST_ACCOUNT + d.index), d.cycle, d.customer_class, opened, d.closed_on,
            apn(d.index), address, city, zip_code, roles(who, d, opened, address, city, zip_code), points, bills,
            receipts, d.plant, d.twice,
        )  # fmt: skip

    def _turns(self, d: Draft, offset: int) -> list[Turn]:
        """The read days of an account in order; where it closed between two, the final read stands for the later."""
        out: list[Turn] = []
        closed = d.closed_on
        for j, w in enumerate(d.windows):
            on, bill = w.reads[offset], (w.bill_on, w.mailed_on, w.due_on)
            if closed is not None and on >= closed > (out[-1].on if out else date.min):
                out.append(self._final(d, closed, w.period))
                continue
            gone = closed is not None and on > closed or d.ended_at is not None and j > d.ended_at
            out.append(Turn(on, w.period, False, bill if w.billed and not gone else None))
        if closed is not None and closed > out[-1].on:
            out.append(self._final(d, closed, _after(out[-1].period, d.windows)))
        return out

    def _final(self, d: Draft, closed: date, period: str) -> Turn:
        billed = business_day(closed, 2)
        return Turn(closed, period, True, (billed, billed, billed + timedelta(days=self.due_days[d.cycle])))

    def _point(
        self,
        rng: random.Random,
        d: Draft,
        n: int,
        number: str,
        route: str,
        sequence: int,
        turns: Sequence[Turn],
        opened: date,
        uses: Sequence[int],
    ) -> PointStory:
        garden = n == 1
        customer_class = "irrigation" if garden else d.customer_class
        uses = list(uses) + [5] * (len(turns) - 1 - len(uses))
        closed_at = next((j for j, turn in enumerate(turns) if turn.final), None)
        for j in range(len(uses)):
            if closed_at is not None and j >= closed_at:
                uses[j] = 0
            elif d.sealed_at is not None and j >= d.sealed_at and j < len(uses) - 1:
                uses[j] = 0
        if d.sealed_at is not None and not d.plant:
            uses[-1] = 0
        face: Face = ("Badger", "M25", 6, "cf", 1, 1, 1) if garden else d.face
        size = rng.choice(names.SIZES[customer_class])
        swap = d.exchanged_at if not garden else None
        parts = [(0, len(turns) - 1)] if swap is None else [(0, swap), (swap, len(turns) - 1)]
        meters = tuple(
            self._meter(rng, d, face, size, turns, uses, first, last, k, len(parts), 2 * d.index + n, opened)
            for k, (first, last) in enumerate(parts)
        )
        seal = None
        if d.sealed_at is not None:
            reads = meters[0].reads
            at = min(d.sealed_at, len(reads) - 1)
            placed = reads[at].on if d.sealed_at else reads[0].on - timedelta(days=200 + 37 * (d.index % 40))
            seal = SealStory(f"RV{4_000 + d.index:06d}", placed, reads[at].value)
        ended = turns[d.ended_at].on if d.ended_at is not None else d.closed_on
        left = closed_at is not None and closed_at < len(turns) - 1
        state = "inactive" if d.ended_at is not None or left else "active"
        rate_code = "R1-SEALED" if d.sealed_at is not None else RATES[customer_class]
        kind = "irrigation" if customer_class == "irrigation" else "potable"
        note = rng.choice(names.NOTES)
        seasonal = garden or customer_class == "irrigation"
        return PointStory(
            number, route, sequence, note, state, kind, rate_code, customer_class, seasonal, opened,
            ended, meters, seal,
        )  # fmt: skip

    def _meter(
        self,
        rng: random.Random,
        d: Draft,
        face: Face,
        size: str,
        turns: Sequence[Turn],
        uses: Sequence[int],
        first: int,
        last: int,
        k: int,
        parts: int,
        serial: int,
        opened: date,
    ) -> MeterStory:
        maker, model, dials, unit, num, den, _ = face
        per = convert(Fraction(num, den), Unit(unit), Unit.CCF)
        total = sum(uses[first:last])
        room = int(10**dials * per) - total - 20
        units = 0 if k else 20 + int(room * (0.05 + 0.5 * rng.random()))
        if d.ends_at is not None:
            units = d.ends_at - total
        reads: list[ReadStory] = []
        value = 0 if k else lowest(units, per)
        for j in range(first, last + 1):
            turn, days, usage = turns[j], None, None
            status, held, kind = "released", None, "final" if turn.final else "regular"
            if j > first:
                previous = value
                usage, days = uses[j - 1], (turn.on - turns[j - 1].on).days
                units += usage
                value = self._value(rng, units, per, previous, usage, d.creeps and j == last)
                status = "billed" if turn.bill else "released"
                if value >= 10**dials:
                    value, usage, held = value - 10**dials, None, "below-previous"
                elif usage < 0:
                    usage, held = None, "below-previous"
                elif usage > d.limit and turn.bill is None:
                    held = "over-limit"
                if held:
                    status = "held"
            elif k or d.opened_at is not None:
                kind = "installation" if k else "opening"
            reads.append(ReadStory(turn.on, turn.period, value, usage, days, kind, status, held))
        number = 61_000_000 + (serial * 2 + k) * 37
        on = turns[first].on if k or d.opened_at is not None else max(opened, date(2004 + serial % 12, 3, 1))
        off = turns[last].on if k + 1 < parts else None
        radio = f"{80_000_000 + serial * 2 + k}" if rng.random() < 0.6 else None
        return MeterStory(
            maker, model, str(number), size, dials, unit, num, den, min(on, turns[first].on), off, radio, tuple(reads)
        )

    def _value(
        self, rng: random.Random, units: int, per: Fraction, previous: int, usage: int, creeps: bool
    ) -> int:
        """What the counter shows at a whole number of billing units: somewhere within the last of them."""
        low, high = lowest(units, per), lowest(units + 1, per) - 1
        if usage == 0:
            return min(previous + 9, high) if creeps else previous
        return rng.randint(low, high) if usage > 0 else low

    def _bills(
        self, d: Draft, points: Sequence[PointStory], turns: Sequence[Turn], number: str
    ) -> Iterator[BillStory]:
        """One bill a billed turn: each point's service charge and use."""
        for j, turn in enumerate(turns):
            if not j or turn.bill is None:
                continue
            lines: list[tuple[int, BillLine]] = []
            for n, point in enumerate(points):
                prev, read = _pair(point, turns[j - 1].on, turn.on)
                assert read.usage is not None
                code = RATES[point.customer_class]
                if d.sealed_at is not None and j > d.sealed_at:
                    code = "R1-SEALED"
                trace = json.dumps(
                    {
                        "point": point.number, "from": prev.on.isoformat(), "to": read.on.isoformat(),
                        "previous": prev.value, "present": read.value, "use": read.usage, "rate": code,
                    }
                )  # fmt: skip
                for line in self.bill(code, read.usage).lines:
                    fixed = line.code == "fixed"
                    label = "Service charge" if fixed else f"Water use, {line.label.lower()}" if line.label[:4] == "Tier" \
                        else line.label
                    if n:
                        label += ", irrigation"
                    lines.append(
                        (
                            n,
                            BillLine(
                                "SVC" if fixed else "USE", label, line.cents, str(line.quantity),
                                decimal(line.rate), None, trace,
                            ),
                        )  # fmt: skip
                    )
            billed, mailed, due = turn.bill
            yield BillStory(
                f"{number}-{turn.period[-7:-3]}{turn.period[-2:]}", turn.period, turns[j - 1].on, turn.on, billed,
                mailed, due, tuple(lines),
            )  # fmt: skip

    def _payments(
        self, rng: random.Random, d: Draft, bills: Sequence[BillStory]
    ) -> tuple[tuple[BillStory, ...], tuple[ReceiptStory, ...]]:
        """What came in for the bills, oldest first; a bill that finds arrears carries a late penalty."""
        today, out, receipts = self.almanac.today, [], []
        owed, waiting = 0, list(bills)
        number = account_number(FIRST_ACCOUNT + d.index)
        for n, bill in enumerate(waiting):
            following = waiting[n + 1].billed_on if n + 1 < len(waiting) else date.max
            if owed > 500:
                fee = round_cents(Fraction(owed * PENALTY_PERCENT, 100))
                line = BillLine("PEN", "Late penalty", fee, decimal(Fraction(owed, 100)), f"{PENALTY_PERCENT} %")
                bill = BillStory(
                    bill.number, bill.period, bill.from_on, bill.to_on, bill.billed_on, bill.mailed_on, bill.due_on,
                    (*bill.lines, (0, line)),
                )  # fmt: skip
            out.append(bill)
            owed += bill.cents
            when, cents, how = self._payment(rng, d, bill, owed, n == len(waiting) - 1)
            if cents <= 0 or when > today or when >= following:
                continue
            if d.credit_cents and n == len(waiting) - 1:
                cents += d.credit_cents
            source = {"ach": "Autopay", "web": "Web payment", "check": "Mail", "cash": "Counter", "card": "Counter",
                      "lockbox": "Lockbox"}[how]  # fmt: skip
            reference = str(1_000 + rng.randrange(9_000)) if how in ("check", "lockbox") else None
            receipts.append(ReceiptStory(f"R{number}-{len(receipts) + 1:03d}", when, cents, source, how, reference))
            owed -= cents
        return tuple(out), tuple(receipts)

    def _payment(
        self, rng: random.Random, d: Draft, bill: BillStory, owed: int, newest: bool
    ) -> tuple[date, int, str]:
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
        if d.credit_cents and newest:
            return business_day(bill.billed_on + timedelta(days=5)), owed, "check"
        return business_day(bill.mailed_on + timedelta(days=days)), owed, how


def lowest(units: int, per: Fraction) -> int:
    """The lowest counter value that stands for this many whole billing units, `per` of them a count."""
    return -(-units * per.denominator // per.numerator)


def decimal(value: Fraction) -> str:
    """A rate or amount with a finite decimal as text: two places or more."""
    whole, rest = divmod(value * 10_000, 1)
    text = f"{whole // 10_000}.{whole % 10_000:04d}"
    return text[:-2] if text.endswith("00") and not rest else text


def apn(index: int) -> str:
    """A parcel number of twelve digits, written nnn-nnn-nnn-000."""
    return f"{35 + index // 30_000:03d}{index // 30 % 1000:03d}{index % 30 + 1:03d}000"


def point_number(index: int, n: int = 0) -> str:
    """The number of an account's first or second service point."""
    return f"SP-{2 * index + 1 + n:05d}"


def _pair(point: PointStory, before: date, on: date) -> tuple[ReadStory, ReadStory]:
    for meter in point.meters:
        for prev, read in zip(meter.reads, meter.reads[1:], strict=False):
            if read.on == on and prev.on == before:
                return prev, read
    raise LookupError(f"{point.number}: no reads of {before} and {on}")


def _after(period: str, windows: Sequence[object]) -> str:
    """The period that follows the newest one, for a final read before its window."""
    cycle, _, month = period.rpartition("/")
    year, number = int(month[:4]), int(month[5:]) + 2
    return f"{cycle}/{year + (number > 12):04d}-{(number - 1) % 12 + 1:02d}"

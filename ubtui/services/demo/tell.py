"""Turns a draft into a story: its people, points and reads, then bills and payments."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from ubtui.domain.numbers import account_number
from ubtui.services.demo import desk, money
from ubtui.services.demo.calendar import READ_DAYS, Almanac, business_day
from ubtui.services.demo.draft import Draft, step_of
from ubtui.services.demo.money import Turn
from ubtui.services.demo.people import roles, situs
from ubtui.services.demo.points import points
from ubtui.services.demo.story import Story
from ubtui.settings import District

FIRST_ACCOUNT = 120_001
ROUTE_LENGTH = 40


class Teller:
    """Tells stories of one district: its rates and its calendar stand, all else comes with the draft."""

    def __init__(self, district: District, almanac: Almanac) -> None:
        self.almanac = almanac
        self.district = district
        self.due_days = {cycle.code: cycle.due_days for cycle in district.cycles}
        self.priced = money.rates(district)

    def story(self, rng: random.Random, d: Draft) -> Story:
        """The story of a draft; `rng` gives people, counters and payments."""
        cycle_no, place = step_of(self.district, d.index)
        route, step = divmod(place, ROUTE_LENGTH)
        sequence = 10 * (place if d.spur and not d.same_step else 0 if d.same_step else step) + 10
        start = d.opened_at or 0
        turns = self._turns(d, route % READ_DAYS)[start:]
        opened = turns[0].on if d.opened_at is not None else date(2004 + rng.randrange(15), 1 + rng.randrange(12), 9)
        who = random.Random(rng.random())
        address, city, zip_code = situs(route, step, cycle_no)
        sold = d.windows[d.sold_at].reads[0] if d.sold_at is not None else None
        found = points(rng, d, self.almanac.today, walk(self.district, d.index, d.spur), sequence, turns, opened, start)
        people = roles(who, d, opened, sold, address, city, zip_code)
        number = account_number(FIRST_ACCOUNT + d.index)
        made = list(money.bills(self.priced, d, found, turns, number))
        bills, receipts = money.payments(rng, d, made, self.almanac.today, number)
        return Story(
            d.index, number, d.cycle, d.customer_class, opened, d.closed_on, apn(d.index), address, city, zip_code,
            people, found, bills, receipts, d.plant, d.strays,
            tuple((turns[-n].on, turns[-n].period, why) for n, why in d.skips),
            desk.rows(who, d, found, people, opened, self.almanac.today),
            d.plan, d.off_route,
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
            gone = (closed is not None and on > closed) or (d.ended_at is not None and j > d.ended_at)
            out.append(Turn(on, w.period, False, bill if w.billed and not gone else None))
        if d.newest_after is not None:
            out[-1] = replace(out[-1], on=out[-2].on + timedelta(days=d.newest_after))
        if closed is not None and closed > out[-1].on:
            out.append(self._final(d, closed, _after(out[-1].period, 12 // d.a_year)))
        return out

    def _final(self, d: Draft, closed: date, period: str) -> Turn:
        billed = business_day(closed, 2)
        return Turn(closed, period, True, (billed, billed, billed + timedelta(days=self.due_days[d.cycle])))


def walk(district: District, index: int, spur: str = "") -> str:
    """Code of the route on which the account at this place lies."""
    cycle_no, place = step_of(district, index)
    return f"{cycle_no}-{spur}" if spur else f"{cycle_no}{place // ROUTE_LENGTH + 1:02d}"


def apn(index: int) -> str:
    """A parcel number of twelve digits, written nnn-nnn-nnn-000."""
    return f"{35 + index // 30_000:03d}{index // 30 % 1000:03d}{index % 30 + 1:03d}000"


def _after(period: str, months: int) -> str:
    """The period that follows another, for a final read before its window."""
    cycle, _, month = period.rpartition("/")
    year, last = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + months, 12)
    return f"{cycle}/{year:04d}-{last + 1:02d}"

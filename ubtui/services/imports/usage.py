"""Use by customer, class and date, without register values; where the profile says so the record is made from it."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from math import floor
from typing import Any

from ubtui.act import Look, Refused
from ubtui.domain.dates import period
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import account_number
from ubtui.domain.register import MOST_USE
from ubtui.domain.text import fold
from ubtui.domain.volume import Unit, convert
from ubtui.exchange.profile import Profile
from ubtui.services.imports.customers import Customer, Key, Point, Served
from ubtui.services.imports.taking import (
    HIGHEST_ACCOUNT,
    HIGHEST_POINT,
    Line,
    Page,
    Plain,
    Rows,
    Taker,
    Verdict,
    faulty,
    ordinal,
    refuse,
)


class UsageTaker(Taker):
    """A row is a read without a value. Rows of one customer, class and day that differ are different meters."""

    looks_ahead = True

    def __init__(self, look: Look, profile: Profile) -> None:
        super().__init__(look, profile)
        self.unit = profile.unit or Unit(look.district.billing_unit)
        self.today = look.today.isoformat()
        self.served = Served(self.db, profile, self.district.billing_unit)
        self.customers, self.points = self.served.customers, self.served.points
        self.days: dict[Key, array[int]] = {}
        self._ks: array[int] = array("H")
        self._same = bytearray()
        self._first: dict[bytes, int] = {}
        self._counts: dict[tuple[str, str, str], int] = {}
        self._opened: dict[str, int] = {}
        self._cycles: dict[str, int] = {code: id for code, id in self.db.rows("SELECT code, id FROM cycle")}
        if profile.creates and profile.defaults["cycle"] not in self._cycles:
            raise Refused(
                f"this district has no cycle {profile.defaults['cycle']}",
                rule="the profile's cycle",
                cure=f'add a [[cycles]] with code = "{profile.defaults["cycle"]}" to the district file before init',
            )

    def look_over(self, page: Page) -> None:
        said, first = page.values, page.block.first
        keys = zip(said["customer"], said.get("class") or [""] * len(page), said["date"], page.block.cells, strict=True)
        for place, (customer, kind, moment, cells) in enumerate(keys):
            if place not in page.odd:
                self._seen(first + place, customer, kind or "", moment[:10], cells)
            elif (line := page.line(place)).fault is None:
                self.survey([line])

    def survey(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.fault is None:
                self._seen(line.row_no, *_key(line), line.cells)

    def _seen(self, row_no: int, customer: str, kind: str, day: str, cells: Sequence[str]) -> None:
        self._reach(row_no)
        digest = blake2b("\x1f".join(cells).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        k = self._first.get(digest)
        if k is None:
            k = self._counts.get((customer, kind, day), 0) + 1
            if k > 65_000:
                return
            self._first[digest] = self._counts[customer, kind, day] = k
            self.days.setdefault((customer, kind, k), array("l")).append(ordinal(day))
        else:
            self._same[row_no - 1] = 1
        self._ks[row_no - 1] = k

    def _reach(self, row_no: int) -> None:
        """Have a place for each row up to this one."""
        if (more := row_no - len(self._ks)) > 0:
            self._ks.extend([0] * more)
            self._same.extend(bytes(more))

    def pin(self, line: Line, point_id: int) -> None:
        """Say that a row is of this point, when it is judged apart from its file."""
        customer, kind, _ = _key(line)
        self._reach(line.row_no)
        keys = [(customer, kind, k) for k in range(1, 200)]
        self.served.resolve(keys)
        for key in keys:
            if (point := self.points.get(key)) is not None and point.point_id == point_id:
                self._ks[line.row_no - 1] = key[2]
                self.days.pop((customer, kind, 1), None)

    def surveyed(self) -> None:
        """The first pass is over: what served it alone is let go."""
        self._first.clear()
        self._counts.clear()
        for days in self.days.values():
            days[:] = array("l", sorted(set(days)))
        for (customer, _, _), days in self.days.items():
            self._opened[customer] = min(days[0], self._opened.get(customer, days[0]))

    def take(self, page: Page, rows: Rows | None) -> tuple[list[Verdict], Plain]:
        """Judge a page: what any doubt is about as a line, by the one rule below; the rest, most of all, in one go."""
        said, count, odd = page.values, len(page), page.odd
        kinds, charges = said.get("class") or [""] * count, page.column("charge")
        self._reach(page.block.first + count - 1)
        ks = self._ks[page.block.first - 1 : page.block.first - 1 + count]
        same = self._same[page.block.first - 1 : page.block.first - 1 + count]
        keys = [(name or "", kind or "", k or 1) for name, kind, k in zip(said["customer"], kinds, ks, strict=True)]
        self.served.resolve([key for key in dict.fromkeys(keys) if key not in self.points and key[0]])
        # By the volume's identity: to compare fractions costs more than all else.
        uses: dict[tuple[int, str], int | None] = {}
        taken: list[tuple[Any, ...]] = []
        verdicts: list[Verdict] = []
        plain = Plain()
        made: dict[int, Point] = {}
        for place, (key, moment, volume) in enumerate(zip(keys, said["date"], said["usage"], strict=True)):
            if place not in odd and not same[place] and (day := moment[:10]) <= self.today:
                point = self.points.get(key)
                unit = point.unit if point else self.district.billing_unit
                if (use := uses.get((id(volume), unit), -1)) == -1:
                    use = uses[id(volume), unit] = self._whole(volume, unit)
                if use is not None and (point := point or self._made(key)) and self._plainly(point, day, use):
                    if point.point_id is None:
                        made[id(point)] = point
                    period = _period(point.customer.cycle, day)
                    taken.append((point, day, use, self._span(key, point, day), period, place))
                    plain.units += use
                    plain.cents += charges[place] or 0
                    plain.periods.add(period)
                    continue
            line = page.line(place)
            verdicts.append(self._weigh(line, key) if line.fault is None else faulty(line))
        plain.rows = len(taken)
        if rows is not None:
            made |= {id(v.goods[0]): v.goods[0] for v in verdicts if v.goods and v.goods[0].point_id is None}
            self._make(rows, list(made.values()))
            first, actor, now, batch_id = page.block.first, rows.actor, rows.now, rows.batch_id
            rows.tables.setdefault("read", []).extend(
                (
                    point.register_id, day, point.seqs.get(day, 0) + 1, point.point_id, period, None, use, days,
                    "A", "released", None, None, actor, now, batch_id, first + place,
                )
                for point, day, use, days, period, place in taken
            )  # fmt: skip
            self.write(rows, verdicts)
        return verdicts, plain

    def _plainly(self, point: Point, day: str, use: int) -> bool:
        """Whether a use goes in as it stands, without a word; then the point knows it."""
        if day in point.known:
            return False
        limit = self.limit(point.customer_class)
        if limit is not None and use > limit:
            return False
        point.known[day] = use
        return True

    def _whole(self, volume: Fraction, billing: str) -> int | None:
        """A use in whole billing units; None where it is none."""
        if self.unit == billing and volume.denominator != 1:
            return None
        use = whole(volume, self.unit, billing)
        return use if use <= MOST_USE else None

    def _made(self, key: Key) -> Point | None:
        """A point that the record does not have yet, with its customer, where the profile makes them."""
        if not self.profile.creates:
            return None
        customer = self.customers.get(key[0])
        if customer is None:
            customer = self.customers[key[0]] = Customer(key[0], key[1], cycle=self.profile.defaults["cycle"])
            self.placeholders += 1
        point = self.points[key] = Point(customer, key[1], key[2], unit=self.district.billing_unit)
        return point

    def weigh(self, lines: Sequence[Line]) -> Iterator[Verdict]:
        for line in lines:
            self._reach(line.row_no)
        keys = [(*_key(line)[:2], self._ks[line.row_no - 1] or 1) for line in lines]
        self.served.resolve([key for key in keys if key not in self.points])
        for line, key in zip(lines, keys, strict=True):
            yield self._weigh(line, key)

    def _weigh(self, line: Line, key: Key) -> Verdict:
        day = line.values["date"][:10]
        customer = self.customers.get(key[0])
        if customer is None and not self.profile.creates:
            return refuse(line, "unknown-account", f"no account {key[0]}; import its account first", "customer")
        if day > self.today:
            return refuse(line, "future-date", f"{day} lies after today, {self.look.today}", "date")
        point = self.points.get(key)
        if point is None and not self.profile.creates:
            assert customer is not None
            first = self.points.get((key[0], key[1], 1))
            where = {"account_id": customer.account_id, "period": _period(customer.cycle, day)}
            if first is not None and key[2] > 1:
                where |= {"point_id": first.point_id, "register_id": first.register_id}
                return refuse(line, "duplicate-read", f"{key[0]} has no {key[2]}. meter for {day}", "date", **where)
            return refuse(line, "no-meter", f"account {key[0]} has no meter to take a use", "customer", **where)
        billing = point.unit if point else self.district.billing_unit
        volume: Fraction = line.values["usage"]
        if self.unit == billing and volume.denominator != 1:
            said = f"usage {line.texts['usage']} is no whole number of {billing}, and a use is never cut"
            return refuse(line, "fraction", said, "usage")
        use = whole(volume, self.unit, billing)
        if use > MOST_USE:
            said = f"{use:,} is no use: {MOST_USE:,} units are the most between two reads"
            return refuse(line, "bad-value", said, "usage")
        point = point or self._made(key)
        assert point is not None
        in_period = _period(point.customer.cycle, day)
        if self._same[line.row_no - 1] if line.row_no <= len(self._same) else False:
            return self._of(line, point, in_period, "staged", "duplicate-read", f"the same row again for {day}")
        if day in point.known:
            same = point.known[day] == use
            reason = "same-read" if same else "duplicate-read"
            said = f"the use of {day} is in already" + ("" if same else f" as {point.known[day]}, not {use}")
            return self._of(line, point, in_period, "staged", reason, said)
        limit = self.limit(point.customer_class)
        if limit is not None and use > limit:
            said = f"{use:,} {point.unit} is above the limit of {limit:,} for {point.customer_class}"
            verdict = self._of(line, point, in_period, "held", "over-limit", said)
        else:
            verdict = self._of(line, point, in_period, "accepted")
        point.known[day] = use
        verdict.units = use
        verdict.goods = (point, day, use, self._span(key, point, day))
        return verdict

    def _of(self, line: Line, point: Point, in_period: str, state: Any, reason: str = "", said: str = "") -> Verdict:
        return Verdict(line, state, reason, said, "usage", period=in_period, goods=(point,))

    def _span(self, key: Key, point: Point, day: str) -> int:
        """Days since the day before it of this register, in the record or in the file; first_days for the first."""
        here = ordinal(day)
        days = self.days.get(key)
        before = days[at - 1] if days is not None and (at := bisect_left(days, here)) else 0
        for other in point.earlier:
            if before < other < here:
                before = other
        return here - before if before else self.profile.first_days

    # -- writing ------------------------------------------------------------------------------------------------

    def write(self, rows: Rows, verdicts: Sequence[Verdict]) -> None:
        points: dict[int, Point] = {id(v.goods[0]): v.goods[0] for v in verdicts if v.goods}
        self._make(rows, [p for p in points.values() if p.point_id is None])
        for v in verdicts:
            if not v.goods:
                continue
            point = v.goods[0]
            v.point_id, v.register_id, v.account_id = point.point_id, point.register_id, point.customer.account_id
            if v.state in ("accepted", "held"):
                _, day, use, days = v.goods
                status, held = ("held", v.reason) if v.state == "held" else ("released", None)
                rows.add(
                    *(
                        "read",
                        point.register_id,
                        day,
                        point.seqs.get(day, 0) + 1,
                        point.point_id,
                        v.period,
                        None,
                        use,
                        days,
                        "A",
                        status,
                        held,
                    ),
                    *(None, rows.actor, rows.now, rows.batch_id, v.line.row_no),
                )

    def _make(self, rows: Rows, points: list[Point]) -> None:
        """Placeholders for what the file does not say: owner, address, meter; one account a customer."""
        if not points:
            return
        said, batch = self.profile.defaults, rows.batch_id
        route = self.route(said["route"])
        fresh: dict[str, Customer] = {}
        for point in points:
            if point.customer.account_id is None:
                fresh.setdefault(point.customer.key, point.customer)
        starts = {id(p): self._start(self.days[p.customer.key, p.customer_class, p.k][0]) for p in points}
        parties, roles = rows.ids("party", len(fresh)), rows.ids("account_role", len(fresh))
        accounts = rows.ids("account", len(fresh))
        number = self.next_serial("account", HIGHEST_ACCOUNT, len(fresh)) if fresh else 0
        if number + len(fresh) > 999_999:
            raise BadValue("Account numbers are used up: 999,999 is the last.")
        for n, customer in enumerate(fresh.values()):
            customer.account_id, party = next(accounts), next(parties)
            owner = said["owner"].replace("{customer}", customer.key)
            opened = self._start(self._opened[customer.key])
            rows.add("party", party, "placeholder", owner, fold(owner), *(None,) * 7, batch)
            rows.add(
                *("account", customer.account_id, account_number(number + n), self._cycles[customer.cycle]),
                *(customer.customer_class, opened, batch),
            )
            rows.add("account_role", next(roles), customer.account_id, party, "owner", opened, batch)
            rows.add("external_id", self.profile.system, "account", customer.key, "account", customer.account_id)
        n = len(points)
        served = {t: rows.ids(t, n) for t in ("premise", "service_point", "service", "meter", "register", "install")}
        serial = self.next_serial("point", HIGHEST_POINT, n)
        for at, point in enumerate(points):
            one = {table: next(ids) for table, ids in served.items()}
            c, start = point.customer, starts[id(point)]
            name = f"{c.key}/{point.customer_class}/{point.k}"
            point.point_id, point.register_id = one["service_point"], one["register"]
            address = said["address"].replace("{customer}", c.key)
            kind = self.profile.services.get(point.customer_class, "potable")
            rows.add("premise", one["premise"], None, address, "", "", point.customer_class, batch)
            rows.add(
                *("service_point", point.point_id, f"SP-{serial + at:05d}", one["premise"], route, serial + at),
                batch,
            )
            rows.add(
                *("service", one["service"], c.account_id, point.point_id, kind, said["rate"], point.unit),
                *(point.customer_class, start, batch),
            )
            rows.add("meter", one["meter"], said["maker"], name.replace("/", "-"), None, said["size"], 1, batch)
            rows.add("register", one["register"], one["meter"], 6, 1, 1, point.unit)
            rows.add("install", one["install"], one["meter"], point.point_id, start, batch)
            rows.add("external_id", self.profile.system, "point", name, "point", point.point_id)

    def _start(self, day: int) -> str:
        """The day on which the first period of something made begins, from the first day the file has for it."""
        return date.fromordinal(day - self.profile.first_days).isoformat()


@lru_cache(maxsize=20_000)
def whole(volume: Fraction, unit: Unit, billing: str) -> int:
    """A volume of another unit in whole billing units, the rest dropped as it is from reads."""
    return floor(convert(volume, unit, Unit(billing)))


@lru_cache(maxsize=5_000)
def _period(cycle: str, day: str) -> str:
    return period(cycle, date.fromisoformat(day))


def _key(line: Line) -> tuple[str, str, str]:
    return line.values["customer"], line.values.get("class", ""), line.values["date"][:10]

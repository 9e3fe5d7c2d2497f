"""Turns the sample's stories into rows with ids given out beforehand; asks no database, so that it can run apart."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Final

import msgspec

from ubtui.act import Form
from ubtui.domain.canonical import sha256_hex
from ubtui.domain.text import fold
from ubtui.services.demo import books, dunning
from ubtui.services.demo.stories import Stories
from ubtui.services.demo.story import MeterStory, Person, PointStory, ReadStory, Ref, RowStory, Story
from ubtui.services.imports.taking import stranger
from ubtui.settings import District

PART, SLICE = 500, 20
"""Accounts of one act, and of one handful of rows; neighbours at 8 and 9 may have one owner, so both are tens."""
SPLIT_STEP, SPLIT_AT = 97, 13
KEYED: Final = frozenset({"county_owner", "intertie"})
"""Tables beside the accounts whose rows have no number of their own."""

_BOXES: Final = ("concrete 12x20, steel lid", "plastic 10x15", None, "concrete 12x20, steel lid", "plastic 14x19")
_ACCESS: Final = (None, None, "dog in the yard", None, None, None, "gate code at the office", None, None, None, None)

# Tables in the order in which their rows are written.
_COLUMNS: Final = {
    "route": "id code title",
    "parcel": "id apn county situs legal status retired_on",
    "parcel_link": "old_parcel_id new_parcel_id kind on_date share_ppm",
    "party": "id kind name search_name phone email mail_line1 mail_city mail_state mail_zip mail_returned",
    "premise": "id parcel_id address city zip customer_class",
    "service_point": "id number premise_id route_id sequence location_note box access lat_micro lon_micro state",
    "account": "id number cycle_id holder_kind customer_class state opened_on closed_on",
    "account_role": "account_id party_id role from_on to_on vesting scope",
    "account_parcel": "account_id parcel_id",
    "service": "id account_id point_id kind rate_code unit customer_class seasonal from_on to_on",
    "meter": "id maker serial model size bought_on tested_on",
    "meter_test": "id meter_id point_id tested_on tested_by result entered_by entered_at",
    "meter_test_flow": "test_id flow gpm_milli standard_milli registered_milli lowest_milli highest_milli",
    "register": "id meter_id n dials mult_num mult_den unit",
    "endpoint": "meter_id radio from_on",
    "install": "meter_id point_id on_date off_date",
    "meter_relation": "meter_id other_id kind from_on",
    "seal": "point_id number lock_state lock_reason rate_status rate_effect placed_on placed_value requested_by"
    " fee_cents verified_on removed_on rate_from",
    "batch": "id kind source profile sha256 rows_in staged control created_by created_at released_by released_at",
    "read": "register_id read_on point_id period value usage days kind source status held_code trouble_code"
    " entered_by entered_at",
    "read_skip": "point_id period skipped_on why by_staff at",
    "staged_row": "batch_id row_no kind reason sentence state raw fields point_id account_id register_id period"
    " stranger decided_by decided_at why",
}


class Fill(Form, frozen=True, kw_only=True):
    """Which accounts of which sample: the whole of it follows from these."""

    seed: Annotated[int, msgspec.Meta(description="the dice")]
    accounts: Annotated[int, msgspec.Meta(description="accounts of the whole sample")]
    years: Annotated[int, msgspec.Meta(description="years of reads and bills")]
    today: Annotated[date, msgspec.Meta(description="the sample's business day")]
    first: Annotated[int, msgspec.Meta(description="the first account of this part, from 0")]
    count: Annotated[int, msgspec.Meta(ge=1, le=PART, description="accounts of this part")]
    lively: Annotated[bool, msgspec.Meta(description="reads and troubles as they come, no key")] = False
    skip: Annotated[list[str], msgspec.Meta(description="plants left out, as R04.1")] = []


class Facts(msgspec.Struct, frozen=True):
    """What the record says before it is filled: the ids of what stands, and the last one given out in each table."""

    cycles: dict[str, int]
    routes: dict[str, int]
    firms: dict[str, int]
    last: dict[str, int]
    chart: books.Chart
    now: str
    cards: int
    """The paper that proves the rights: the scanned connection cards."""


class Slice(msgspec.Struct, frozen=True):
    """The rows of some accounts, table by table in the order in which they are written."""

    accounts: int
    reads: int
    bills: int
    receipts: int
    years: list[int]
    registers: list[int]
    lost: list[int]
    """Points that lost their place on the walk."""
    tables: list[tuple[str, list[str], list[tuple[Any, ...]]]]


class Maker:
    """Makes rows of the stories, part after part, and knows which ids it gave out."""

    def __init__(self, district: District, facts: Facts) -> None:
        self.district, self.facts = district, facts
        self.last = dict(facts.last)
        self.routes = dict(facts.routes)
        self.firms = dict(facts.firms)
        self.books = books.Books(facts.chart, self.last, facts.now, "service")
        self.letters = dunning.Letters(district, self.new, facts.now)
        self.known: tuple[int, int, int, date, tuple[str, ...], bool] | None = None
        self.stories: Stories
        self.second: list[tuple[Any, ...]] = []

    def new(self, table: str) -> int:
        """The next id of a table."""
        number = self.last[table] = self.last.get(table, 0) + 1
        return number

    def slices(self, form: Fill) -> Iterator[Slice]:
        """The rows of a part, a handful of accounts at a time."""
        known = (form.seed, form.accounts, form.years, form.today, tuple(form.skip), form.lively)
        if self.known != known:
            self.known, self.stories = known, Stories(self.district, *known)
        for first in range(form.first, form.first + form.count, SLICE):
            some = min(SLICE, form.first + form.count - first)
            last = first + some == form.first + form.count
            yield self.slice(self.stories.of(first, some), form.today, form.first // PART + 1 if last else 0)

    def slice(self, told: Iterable[Story], today: date, part: int) -> Slice:
        """The rows of some accounts; the last ones of a `part` bring what its import kept back."""
        made, past = _Rows(self), self.books
        bills, receipts, accounts = past.bills, past.receipts, 0
        for story in told:
            accounts += 1
            account, services = made.account(story)
            owed = past.past(made.rows, account, story.bills, story.receipts, services)
            self.letters.write(made.rows, today, story, account, owed)
        if part and self.second:
            made.staged(part, self.second)
            self.second = []
        columns = {**_COLUMNS, **dict(sorted(made.columns.items())), **books.COLUMNS, **dunning.COLUMNS}
        tables = [(table, names.split(), rows) for table, names in columns.items() if (rows := made.rows.get(table))]
        years = sorted({day.year for day in past.days})
        return Slice(
            accounts, made.reads, past.bills - bills, past.receipts - receipts, years, made.registers, made.lost,
            tables,
        )  # fmt: skip


class _Rows:
    """Rows of some accounts, gathered table by table."""

    def __init__(self, maker: Maker) -> None:
        self.maker, self.new = maker, maker.new
        self.rows: books.Rows = defaultdict(list)
        self.parties: dict[str, int] = {}
        self.registers: list[int] = []
        self.first_meter = 0
        self.lost: list[int] = []
        self.columns: dict[str, str] = {}
        self.refs: dict[Ref, int] = {}
        self.reads = 0

    def add(self, table: str, *values: Any) -> None:
        self.rows[table].append(tuple(v.isoformat() if isinstance(v, date) else v for v in values))

    def account(self, s: Story) -> tuple[int, list[int]]:
        """Gather an account's rows but for its money; its id and the ids of its services."""
        account, premise = self.new("account"), self.new("premise")
        parcel = self.parcel(s)
        self.add("premise", premise, parcel, s.address, s.city, s.zip, s.customer_class)
        state = "closed" if s.closed_on else "active"
        holder = "agency" if s.customer_class == "agency" else "owner"
        self.add(
            "account", account, s.number, self.maker.facts.cycles[s.cycle], holder, s.customer_class, state,
            s.opened_on, s.closed_on,
        )  # fmt: skip
        self.add("account_parcel", account, parcel)
        for role in s.roles:
            party = self.party(role.person)
            self.add("account_role", account, party, role.role, role.from_on, role.to_on, role.vesting, role.scope)
        self.first_meter = 0
        self.refs = {Ref("account"): account, Ref("parcel"): parcel, Ref("cards"): self.maker.facts.cards}
        for role in s.roles:
            self.refs[Ref("person", role.person.key)] = self.known(role.person)
            self.refs.setdefault(Ref("party", role.role), self.known(role.person))
        services = [self.point(s, n, point, account, premise) for n, point in enumerate(s.points)]
        for row in s.rows:
            self.beside(row)
        if s.off_route:
            self.lost.append(self.refs[Ref("point", 0)])
        return account, services

    def beside(self, row: RowStory) -> None:
        """A row beside the account, with the ids of what it refers to."""
        values = {"id": self.new(row.table), **row.values} if row.table not in KEYED else row.values
        if row.name:
            self.refs[Ref(row.table, row.name)] = values["id"]
        known = self.columns.setdefault(row.table, " ".join(values))
        assert known == " ".join(values), f"{row.table}: rows of different columns"
        self.add(row.table, *(self.refs[v] if isinstance(v, Ref) else v for v in values.values()))

    def parcel(self, s: Story) -> int:
        """The parcel of an account; a few came out of a split, the rest of which lies vacant."""
        parcel, county, legal = self.new("parcel"), self.maker.district.county, f"Lot {s.index % 90 + 1}"
        self.add("parcel", parcel, s.apn, county, f"{s.address}, {s.city}", legal, "active", None)
        if s.index % SPLIT_STEP == SPLIT_AT:
            whole, rest = self.new("parcel"), self.new("parcel")
            number = int(s.apn[6:9])
            apns = [f"{s.apn[:6]}{number + more:03d}000" for more in (900, 450)]
            day = date(s.opened_on.year - 1, 1 + s.index % 12, 14)
            self.add("parcel", whole, apns[0], county, f"{s.address}, {s.city}", legal, "retired", day)
            self.add("parcel", rest, apns[1], county, f"behind {s.address}, {s.city}", f"{legal}-B", "active", None)
            share = 300_000 + s.index % 7 * 50_000
            self.add("parcel_link", whole, parcel, "split", day, share)
            self.add("parcel_link", whole, rest, "split", day, 1_000_000 - share)
        return parcel

    def known(self, p: Person) -> int:
        """The id of a party that was met already; firms are met all over the district."""
        return self.maker.firms[p.name] if p.name in self.maker.firms else self.parties[p.key]

    def party(self, p: Person) -> int:
        if p.name in self.maker.firms or p.key in self.parties:
            return self.known(p)
        party = self.new("party")
        if p.key[0] == "a":
            self.maker.firms[p.name] = party
        else:
            self.parties[p.key] = party
        self.add(
            "party", party, p.kind, p.name, fold(p.name), p.phone, p.email, p.line1, p.city, p.state, p.zip, p.returned
        )
        return party

    def route(self, code: str, s: Story) -> int:
        routes = self.maker.routes
        if code not in routes:
            routes[code] = self.new("route")
            self.add("route", routes[code], code, f"{s.city}, {s.address.partition(' ')[2]}")
        return routes[code]

    def point(self, s: Story, n: int, p: PointStory, account: int, premise: int) -> int:
        """Gather a point's rows; the id of its service."""
        point, service = self.new("service_point"), self.new("service")
        self.refs[Ref("point", n)], self.refs[Ref("service", n)] = point, service
        unit = self.maker.district.billing_unit
        route = None if p.route is None else self.route(p.route, s)
        box, access = (said[point % len(said)] if p.note else None for said in (_BOXES, _ACCESS))
        where = (39_180_000 + point * 7_919 % 80_000, -121_090_000 + point * 6_101 % 90_000) if box else (None, None)
        self.add("service_point", point, p.number, premise, route, p.sequence, p.note, box, access, *where, p.state)
        self.add(
            "service", service, account, point, p.kind, p.rate, unit, p.customer_class, int(p.seasonal), p.from_on,
            p.to_on,
        )  # fmt: skip
        for m in p.meters:
            meter = self.new("meter")
            self.first_meter = self.first_meter or meter
            self.refs[Ref("meter", n)] = meter
            self.add("meter", meter, m.maker, m.serial, m.model, m.size, m.on, m.tested_on)
            self.add("install", meter, point, m.on, m.off)
            self.tested(meter, point, m)
            if m.radio:
                self.add("endpoint", meter, m.radio, m.on)
            if p.behind:
                self.add("meter_relation", self.first_meter, meter, "master_sub", m.on)
            for k, counted in enumerate((m.reads, m.low) if m.low else (m.reads,), 1):
                self.register(meter, k, point, m, counted)
        if p.seal:
            asked, locked = s.roles[0].person.name, p.seal.locked
            self.add(
                "seal", point, p.seal.number, "locked" if locked else "unlocked", "owner_request",
                "sealed" if locked else "occasional", "same_day" if locked else "month_of_use", p.seal.placed_on,
                p.seal.placed_value, asked, 2_500, p.seal.verified_on, p.seal.removed_on, p.seal.rate_from,
            )  # fmt: skip
        for day, period, why in s.skips if n == 0 else ():
            self.add("read_skip", point, period, day, why, "service", f"{day}T23:10:00.000000Z")
        for k, stray in enumerate(s.strays if n == 0 else ()):
            newest, face = p.meters[-1].reads[-1], p.meters[-1]
            value = newest.value + 3 + 2 * k if stray.value is None else stray.value
            on = newest.on.isoformat()
            known: tuple[object, ...] = (point, account, self.registers[-1], newest.period)
            if stray.serial:
                seen = ("", stray.serial, "", on, str(value))
                sentence, known = f"no meter {stray.serial} is installed here", (None, None, None, None)
            else:
                seen = (face.maker, face.serial, p.number, on, str(value))
                sentence = f"{p.number} has a regular read for {newest.period} already"
            if stray.reason == "digit-count":
                sentence = f"{value} does not fit {face.dials} dials"
            self.maker.second.append((seen, stray, sentence, known))
        return service

    def tested(self, meter: int, point: int, m: MeterStory) -> None:
        """Gather a meter's last test, which it passed: low flow a little under, the others about right."""
        if m.tested_on is None:
            return
        test, off = self.new("meter_test"), int(m.serial[-3:]) % 19 - 9
        at = f"{m.tested_on}T23:10:00.000000Z"
        self.add("meter_test", test, meter, point, m.tested_on, "Sierra Meter Shop", "passed", "service", at)
        for flow, limits in self.maker.district.meters.limits(m.size).items():
            counted = 100_000 + 100 * (off - 15 if flow == "low" else off)
            self.add("meter_test_flow", test, flow, limits.gpm, 100_000, counted, limits.lowest, limits.highest)

    def register(self, meter: int, n: int, point: int, m: MeterStory, counted: Sequence[ReadStory]) -> None:
        register = self.new("register")
        self.add("register", register, meter, n, m.dials, m.num, m.den, m.unit)
        for r in counted:
            on = r.on.isoformat()
            self.rows["read"].append(
                (
                    register, on, point, r.period, r.value, r.usage, r.days, r.kind, r.source, r.status, r.held,
                    r.trouble, "service", f"{on}T23:10:00.000000Z",
                )
            )  # fmt: skip
        self.reads += len(counted)
        self.registers.append(register)

    def staged(self, part: int, second: Sequence[tuple[Any, ...]]) -> None:
        """Rows of a route's file, kept back by the import that met them."""
        now, batch = self.maker.facts.now, self.new("batch")
        sha = sha256_hex("\n".join(",".join(row[0]) for row in second))
        self.add(
            "batch", batch, "reads", f"rereads-{part}.csv", "generic-reads", sha, len(second), len(second),
            '{"complete": true}', "service", now, "service", now,
        )  # fmt: skip
        for k, (seen, stray, sentence, known) in enumerate(second, 1):
            fields = dict(zip(("maker", "serial", "point", "date", "value"), seen, strict=True))
            by = ("ana", now, "the first one is right") if stray.state == "dropped" else (None, None, None)
            self.add(
                "staged_row", batch, k, "reads", stray.reason, f"line {k + 1}: {sentence}", stray.state,
                json.dumps(list(fields.values())), json.dumps(fields), *known,
                stranger("reads", stray.reason, fields), *by,
            )  # fmt: skip

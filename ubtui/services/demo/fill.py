"""Writes the sample's stories into the record, some hundred accounts at a time, one act for each part."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.office import Batch
from ubtui.domain.canonical import sha256_hex
from ubtui.domain.text import fold
from ubtui.services import ledger, reads
from ubtui.services.demo import names
from ubtui.services.demo.stories import stories
from ubtui.services.demo.story import Person, PointStory, Story

PART = 500


class Fill(Form, frozen=True, kw_only=True):
    """Which accounts of which sample: the whole of it follows from these."""

    seed: Annotated[int, msgspec.Meta(description="the dice")]
    accounts: Annotated[int, msgspec.Meta(description="accounts of the whole sample")]
    years: Annotated[int, msgspec.Meta(description="years of reads and bills")]
    today: Annotated[date, msgspec.Meta(description="the sample's business day")]
    first: Annotated[int, msgspec.Meta(description="the first account of this part, from 0")]
    count: Annotated[int, msgspec.Meta(ge=1, le=PART, description="accounts of this part")]
    skip: Annotated[list[str], msgspec.Meta(description="plants left out, as R04.1")] = []


class Filled(msgspec.Struct, frozen=True):
    """What was written."""

    accounts: int
    reads: int
    bills: int
    receipts: int


# Tables in the order in which their rows are written.
_COLUMNS = {
    "parcel": "id apn county situs legal",
    "party": "id kind name search_name phone email mail_line1 mail_city mail_state mail_zip mail_returned",
    "premise": "id parcel_id address city zip customer_class",
    "service_point": "id number premise_id route_id sequence location_note state",
    "account": "id number cycle_id customer_class state opened_on closed_on",
    "account_role": "account_id party_id role from_on vesting scope",
    "account_parcel": "account_id parcel_id",
    "service": "id account_id point_id kind rate_code unit customer_class seasonal from_on to_on",
    "meter": "id maker serial model size bought_on",
    "register": "id meter_id dials mult_num mult_den unit",
    "endpoint": "meter_id radio from_on",
    "install": "meter_id point_id on_date off_date",
    "seal": "point_id number lock_state lock_reason rate_status placed_on placed_value requested_by fee_cents"
    " verified_on",
    "read": "register_id read_on point_id period value usage days kind source status held_code entered_by entered_at",
    "staged_row": "batch_id row_no kind reason sentence state raw fields point_id account_id register_id period"
    " decided_by decided_at why",
}


@act("sample.fill")
def fill(work: Work, form: Fill) -> Filled:
    """Write a part of the sample: parties, points, meters, reads, bills and receipts. Never in a live district."""
    if work.district.kind != "sample":
        raise Refused(
            f"{work.district.name} is a {work.district.kind} district", rule="samples", cure="use another place"
        )
    told = list(
        stories(work.district, form.seed, form.accounts, form.years, form.today, form.skip, form.first, form.count)
    )
    part = _Part(work, form)
    for story in told:
        part.account(story)
    part.write()
    reads.summarise(work.db, part.registers)
    bills, receipts = part.post(told)
    work.fact(accounts=len(told), reads=part.reads, bills=bills, receipts=receipts)
    return Filled(len(told), part.reads, bills, receipts)


class _Part:
    """The rows of one part, collected with ids given out beforehand, then written table by table."""

    def __init__(self, work: Work, form: Fill) -> None:
        self.work, self.db, self.form = work, work.db, form
        self.rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self.last: dict[str, int] = {}
        self.cycles: dict[str, int] = dict(self.db.rows("SELECT code, id FROM cycle"))
        self.routes: dict[str, int] = dict(self.db.rows("SELECT code, id FROM route"))
        firms: dict[str, int] = dict(
            self.db.rows(
                f"SELECT name, MIN(id) FROM party WHERE name IN ({', '.join('?' * len(names.AGENTS))}) GROUP BY name",
                names.AGENTS,
            )
        )
        self.parties: dict[str, int] = {f"a{n}": firms[name] for n, name in enumerate(names.AGENTS) if name in firms}
        self.accounts: dict[int, int] = {}
        self.services: dict[tuple[int, int], int] = {}
        self.registers: list[int] = []
        self.second: list[tuple[Any, ...]] = []
        self.reads = 0

    def new(self, table: str) -> int:
        if table not in self.last:
            self.last[table] = int(self.db.value(f"SELECT COALESCE(MAX(id), 0) FROM {table}"))
        self.last[table] += 1
        return self.last[table]

    def add(self, table: str, *values: Any) -> None:
        self.rows[table].append(tuple(v.isoformat() if isinstance(v, date) else v for v in values))

    def account(self, s: Story) -> None:
        account, parcel, premise = self.new("account"), self.new("parcel"), self.new("premise")
        self.accounts[s.index] = account
        county, legal = self.work.district.county, f"Lot {s.index % 90 + 1}"
        self.add("parcel", parcel, s.apn, county, f"{s.address}, {s.city}", legal)
        self.add("premise", premise, parcel, s.address, s.city, s.zip, s.customer_class)
        state = "closed" if s.closed_on else "active"
        self.add("account", account, s.number, self.cycles[s.cycle], s.customer_class, state, s.opened_on, s.closed_on)
        self.add("account_parcel", account, parcel)
        for role in s.roles:
            party = self.party(role.person)
            self.add("account_role", account, party, role.role, role.from_on, role.vesting, role.scope)
        for n, point in enumerate(s.points):
            self.point(s, n, point, account, premise)

    def party(self, p: Person) -> int:
        if p.key not in self.parties:
            self.parties[p.key] = self.new("party")
            self.add(
                "party", self.parties[p.key], p.kind, p.name, fold(p.name), p.phone, p.email, p.line1, p.city, p.state,
                p.zip, p.returned,
            )  # fmt: skip
        return self.parties[p.key]

    def route(self, code: str, s: Story) -> int:
        if code not in self.routes:
            title = f"{s.city}, {s.address.partition(' ')[2]}"
            self.routes[code] = int(
                self.db.rows("INSERT INTO route(code, title) VALUES (?, ?) RETURNING id", [code, title])[0][0]
            )
        return self.routes[code]

    def point(self, s: Story, n: int, p: PointStory, account: int, premise: int) -> None:
        point, service = self.new("service_point"), self.new("service")
        self.services[s.index, n] = service
        unit = self.work.district.billing_unit
        self.add("service_point", point, p.number, premise, self.route(p.route, s), p.sequence, p.note, p.state)
        self.add(
            "service", service, account, point, p.kind, p.rate, unit, p.customer_class, int(p.seasonal), p.from_on,
            p.to_on,
        )  # fmt: skip
        for m in p.meters:
            meter, register = self.new("meter"), self.new("register")
            self.add("meter", meter, m.maker, m.serial, m.model, m.size, m.on)
            self.add("register", register, meter, m.dials, m.num, m.den, m.unit)
            self.add("install", meter, point, m.on, m.off)
            if m.radio:
                self.add("endpoint", meter, m.radio, m.on)
            for r in m.reads:
                self.add(
                    "read", register, r.on, point, r.period, r.value, r.usage, r.days, r.kind, "A", r.status, r.held,
                    "service", f"{r.on}T23:10:00.000000Z",
                )  # fmt: skip
            self.reads += len(m.reads)
            self.registers.append(register)
        if p.seal:
            asked = s.roles[0].person.name
            self.add(
                "seal", point, p.seal.number, "locked", "owner_request", "sealed", p.seal.placed_on,
                p.seal.placed_value, asked, 2_500, p.seal.placed_on,
            )  # fmt: skip
        if n == 0 and s.twice:
            newest = p.meters[-1].reads[-1]
            for k, state in enumerate(s.twice):
                on, value = newest.on.isoformat(), newest.value + 3 + 2 * k
                seen = (p.meters[-1].maker, p.meters[-1].serial, p.number, on, value)
                self.second.append((seen, state, point, account, register, newest.period))

    def write(self) -> None:
        if self.second:
            self.staged()
        for table, columns in _COLUMNS.items():
            if rows := self.rows.pop(table, None):
                self.db.load(table, columns.split(), rows)
        if self.db.kind == "postgres":
            for table, last in self.last.items():
                self.db.rows("SELECT setval(pg_get_serial_sequence(?, 'id'), ?)", [table, last])

    def staged(self) -> None:
        """Second reads of a route, kept back by the import that met them."""
        lines = [",".join(map(str, row[0])) for row in self.second]
        batch = self.db.insert(
            Batch, kind="reads", source=f"rereads-{self.form.first // PART + 1}.csv", profile="generic-reads",
            sha256=sha256_hex("\n".join(lines)), rows_in=len(lines), staged=len(lines), control='{"complete": true}',
            created_by="service", created_at=self.work.now, released_by="service", released_at=self.work.now,
        )  # fmt: skip
        for k, (seen, state, point, account, register, period) in enumerate(self.second, 1):
            fields = dict(zip(("maker", "serial", "point", "date", "value"), map(str, seen), strict=True))
            sentence = f"line {k + 1}: {fields['point']} has a regular read for {period} already"
            by = ("ana", self.work.now, "the first one is right") if state == "dropped" else (None, None, None)
            self.add(
                "staged_row", batch, k, "reads", "duplicate-read", sentence, state, json.dumps(list(fields.values())),
                json.dumps(fields), point, account, register, period, *by,
            )  # fmt: skip

    def post(self, told: Sequence[Story]) -> tuple[int, int]:
        """Post bills and receipts month by month, so that each account's ledger runs in the order of its days."""
        bills: dict[str, list[ledger.BillDraft]] = defaultdict(list)
        receipts: dict[str, list[ledger.ReceiptDraft]] = defaultdict(list)
        for s in told:
            account = self.accounts[s.index]
            for bill in s.bills:
                lines = [replace(line, service_id=self.services[s.index, n]) for n, line in bill.lines]
                bills[bill.period[-7:]].append(
                    ledger.BillDraft(
                        f"bill-{bill.number}", bill.number, account, bill.period, bill.from_on, bill.to_on,
                        bill.billed_on, bill.due_on, lines, bill.mailed_on,
                    )
                )  # fmt: skip
            for r in s.receipts:
                before = [bill.period[-7:] for bill in s.bills if bill.billed_on <= r.received_on]
                receipts[before[-1]].append(
                    ledger.ReceiptDraft(
                        f"receipt-{r.number}", r.number, account, r.received_on, r.cents, r.source, r.kind, r.reference
                    )
                )
        count = [0, 0]
        self._months(bill.billed_on for month in bills.values() for bill in month)
        for month in sorted(bills):
            count[0] += ledger.post_bills(self.work, bills[month])
            count[1] += ledger.post_receipts(self.work, receipts[month])
        return count[0], count[1]

    def _months(self, days: Iterable[date]) -> None:
        """Open the ledger's months of years that the set-up did not open."""
        years = {day.year for day in days}
        known = {row[0] // 100 for row in self.db.rows("SELECT ym FROM period")}
        for year in sorted(years - known):
            self.db.load("period", ["ym"], [(year * 100 + month,) for month in range(1, 14)])

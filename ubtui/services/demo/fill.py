"""Writes the sample's stories into the record, some hundred accounts at a time, one act for each part."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db.models.office import Batch
from ubtui.domain.canonical import sha256_hex
from ubtui.domain.text import fold
from ubtui.services import ledger, reads
from ubtui.services.demo import dunning, names
from ubtui.services.demo.stories import stories
from ubtui.services.demo.story import MeterStory, Person, PointStory, ReadStory, ReceiptStory, Ref, RowStory, Story

PART = 500
SPLIT_STEP, SPLIT_AT = 97, 13
KEYED = frozenset({"county_owner"})
"""Tables beside the accounts whose rows have no number of their own."""


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


class Filled(msgspec.Struct, frozen=True):
    """What was written."""

    accounts: int
    reads: int
    bills: int
    receipts: int


# Tables in the order in which their rows are written.
_COLUMNS = {
    "parcel": "id apn county situs legal status retired_on",
    "parcel_link": "old_parcel_id new_parcel_id kind on_date share_ppm",
    "party": "id kind name search_name phone email mail_line1 mail_city mail_state mail_zip mail_returned",
    "premise": "id parcel_id address city zip customer_class",
    "service_point": "id number premise_id route_id sequence location_note state",
    "account": "id number cycle_id holder_kind customer_class state opened_on closed_on",
    "account_role": "account_id party_id role from_on to_on vesting scope",
    "account_parcel": "account_id parcel_id",
    "service": "id account_id point_id kind rate_code unit customer_class seasonal from_on to_on",
    "meter": "id maker serial model size bought_on tested_on",
    "register": "id meter_id n dials mult_num mult_den unit",
    "endpoint": "meter_id radio from_on",
    "install": "meter_id point_id on_date off_date",
    "meter_relation": "meter_id other_id kind from_on",
    "seal": "point_id number lock_state lock_reason rate_status placed_on placed_value requested_by fee_cents"
    " verified_on removed_on rate_from",
    "read": "register_id read_on point_id period value usage days kind source status held_code trouble_code"
    " entered_by entered_at",
    "read_skip": "point_id period skipped_on why by_staff at",
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
        stories(
            work.district,
            form.seed,
            form.accounts,
            form.years,
            form.today,
            form.skip,
            form.first,
            form.count,
            form.lively,
        )
    )
    part = _Part(work, form)
    for story in told:
        part.account(story)
    part.write()
    reads.summarise(work.db, part.registers)
    bills, receipts = part.post(told)
    dunning.write(work, form.today, told, part.accounts)
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
        self.first_meter = 0
        self.lost: list[int] = []
        self.columns: dict[str, str] = {}
        self.refs: dict[Ref, int] = {}
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
        account, premise = self.new("account"), self.new("premise")
        self.accounts[s.index] = account
        parcel = self.parcel(s)
        self.add("premise", premise, parcel, s.address, s.city, s.zip, s.customer_class)
        state = "closed" if s.closed_on else "active"
        holder = "agency" if s.customer_class == "agency" else "owner"
        self.add(
            "account", account, s.number, self.cycles[s.cycle], holder, s.customer_class, state, s.opened_on,
            s.closed_on,
        )  # fmt: skip
        self.add("account_parcel", account, parcel)
        for role in s.roles:
            party = self.party(role.person)
            self.add("account_role", account, party, role.role, role.from_on, role.to_on, role.vesting, role.scope)
        self.first_meter = 0
        self.refs = {Ref("account"): account, Ref("parcel"): parcel}
        for role in s.roles:
            self.refs[Ref("person", role.person.key)] = self.parties[role.person.key]
            self.refs.setdefault(Ref("party", role.role), self.parties[role.person.key])
        for n, point in enumerate(s.points):
            self.point(s, n, point, account, premise)
        for row in s.rows:
            self.beside(row)
        if s.off_route:
            self.lost.append(self.refs[Ref("point", 0)])

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
        parcel, county, legal = self.new("parcel"), self.work.district.county, f"Lot {s.index % 90 + 1}"
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
        self.refs[Ref("point", n)], self.refs[Ref("service", n)] = point, service
        unit = self.work.district.billing_unit
        route = None if p.route is None else self.route(p.route, s)
        self.add("service_point", point, p.number, premise, route, p.sequence, p.note, p.state)
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
                "sealed" if locked else "occasional", p.seal.placed_on, p.seal.placed_value, asked, 2_500,
                p.seal.verified_on, p.seal.removed_on, p.seal.rate_from,
            )  # fmt: skip
        for day, period, why in s.skips if n == 0 else ():
            self.add("read_skip", point, period, day, why, "service", f"{day}T23:10:00.000000Z")
        if n == 0 and s.twice:
            newest = p.meters[-1].reads[-1]
            for k, state in enumerate(s.twice):
                on, value = newest.on.isoformat(), newest.value + 3 + 2 * k
                seen = (p.meters[-1].maker, p.meters[-1].serial, p.number, on, value)
                self.second.append((seen, state, point, account, self.registers[-1], newest.period))

    def register(self, meter: int, n: int, point: int, m: MeterStory, counted: Sequence[ReadStory]) -> None:
        register = self.new("register")
        self.add("register", register, meter, n, m.dials, m.num, m.den, m.unit)
        for r in counted:
            self.add(
                "read", register, r.on, point, r.period, r.value, r.usage, r.days, r.kind, r.source, r.status, r.held,
                r.trouble, "service", f"{r.on}T23:10:00.000000Z",
            )  # fmt: skip
        self.reads += len(counted)
        self.registers.append(register)

    def write(self) -> None:
        """Write what is gathered, each table at once; the tables beside the accounts come last."""
        if self.second:
            self.staged()
        for table, columns in (*_COLUMNS.items(), *sorted(self.columns.items())):
            if rows := self.rows.pop(table, None):
                self.db.load(table, columns.split(), rows)
        for point in self.lost:
            self.db.run("UPDATE service_point SET sequence = NULL WHERE id = ?", [point])
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
        """Post each account's bills and receipts, in the order of their days."""
        self._months(bill.billed_on for s in told for bill in s.bills)
        return ledger.post_history(self.work, (draft for s in told for draft in self.history(s)))

    def history(self, s: Story) -> Iterator[ledger.BillDraft | ledger.ReceiptDraft]:
        account, came = self.accounts[s.index], list(reversed(s.receipts))
        for bill in s.bills:
            while came and came[-1].received_on < bill.billed_on:
                yield self.receipt(account, came.pop())
            lines = [
                ledger.BillLine(
                    line.charge, line.label, line.cents, line.quantity, line.rate, self.services[s.index, line.point],
                    line.trace,
                )
                for line in bill.lines
            ]  # fmt: skip
            yield ledger.BillDraft(
                f"bill-{bill.number}", bill.number, account, bill.period, bill.from_on, bill.to_on, bill.billed_on,
                bill.due_on, lines, bill.mailed_on,
            )  # fmt: skip
        while came:
            yield self.receipt(account, came.pop())

    def receipt(self, account: int, r: ReceiptStory) -> ledger.ReceiptDraft:
        return ledger.ReceiptDraft(
            f"receipt-{r.number}", r.number, account, r.received_on, r.cents, r.source, r.kind, r.reference
        )

    def _months(self, days: Iterable[date]) -> None:
        """Open the ledger's months of years that the set-up did not open."""
        years = {day.year for day in days}
        known = {row[0] // 100 for row in self.db.rows("SELECT ym FROM period")}
        for year in sorted(years - known):
            self.db.load("period", ["ym"], [(year * 100 + month,) for month in range(1, 14)])

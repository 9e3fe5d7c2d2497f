"""One account as one screen shows it: people, place, alerts, money, reads, meter, and what is open on it."""
# Length: one screen, its shapes beside the questions that fill them.

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ubtui.act import Look, Refused
from ubtui.db.session import Row
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account, format_apn
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.services import ledger
from ubtui.services.adjustments.plans import find_account
from ubtui.services.around import Around, around
from ubtui.services.documents import Document, documents
from ubtui.services.ledger import Balance, Item, items, open_items, statement
from ubtui.services.liens import Lien, liens

__all__ = [
    "AccountView",
    "Bill",
    "BillPart",
    "OpenWork",
    "PartyLine",
    "PointLine",
    "ProposalLine",
    "ReadLine",
    "Receipt",
    "account",
    "bills",
    "items",
    "open_items",
    "receipts",
    "statement",
]


@dataclass(frozen=True)
class PartyLine:
    """A party in one of its roles on the account."""

    party_id: int
    role: str
    name: str
    kind: str
    phone: str | None
    email: str | None
    language: str
    address: tuple[str, ...]
    returned: bool
    from_on: date
    to_on: date | None
    version: int


@dataclass(frozen=True)
class ReadLine:
    """A read: value as the register shows it, use in billing units, and the use of the same period last year."""

    read_on: date
    period: str
    value: int | None
    use: int | None
    days: int | None
    kind: str
    source: str
    status: str
    year_ago: int | None


@dataclass(frozen=True)
class PointLine:
    """A service of the account and, where it has one, its service point, meter, seal and last four reads.

    `meter` is empty where none is on record: a stand-in made by an import is none.
    """

    service: str
    rate: str
    unit: str
    seasonal: bool
    from_on: date
    to_on: date | None
    point: str
    state: str
    address: str
    apn: str
    route: str
    sequence: int | None
    note: str
    meter: str
    size: str
    dials: int | None
    meter_unit: str
    seal: str
    lock_state: str
    lock_reason: str
    rate_status: str
    reads: tuple[ReadLine, ...]

    @property
    def route_seq(self) -> str:
        """Route and walking order, as `12-0340`."""
        return f"{self.route}-{self.sequence:04d}" if self.route and self.sequence is not None else self.route


@dataclass(frozen=True)
class Receipt:
    """Money received; `applied_cents` went to items, the rest to customer credit."""

    number: str
    received_on: date
    cents: int
    source: str
    tender: str
    reference: str
    applied_cents: int
    journal_id: int
    reversed: bool


@dataclass(frozen=True)
class BillPart:
    """A line of a bill as printed."""

    label: str
    charge: str
    quantity: str
    rate: str
    cents: int
    trace: str


@dataclass(frozen=True)
class Bill:
    """A posted bill; `open_cents` is what its items still owe."""

    number: str
    period: str
    version: int
    from_on: date
    to_on: date
    billed_on: date
    mailed_on: date | None
    due_on: date
    total_cents: int
    open_cents: int
    journal_id: int | None
    lines: tuple[BillPart, ...]


@dataclass(frozen=True)
class OpenWork:
    """An item of the worklist about this account, its points, or a proposal on it."""

    id: int
    key: ItemKey
    title: str
    why: str
    priority: int
    state: str
    assignee: str | None


@dataclass(frozen=True)
class ProposalLine:
    """A proposal that is not decided yet; its amount is shown but not in the balance."""

    number: str
    standing: str
    reason: str
    amount_cents: int
    maker: str
    created_on: date
    approvers: tuple[str, ...]


@dataclass(frozen=True)
class AccountView:
    """Everything the account screen shows; money in cents."""

    id: int
    number: str
    state: str
    owner: str
    holder_kind: str
    customer_class: str
    cycle: str
    opened_on: date
    closed_on: date | None
    parties: tuple[PartyLine, ...]
    apns: tuple[str, ...]
    points: tuple[PointLine, ...]
    alerts: tuple[str, ...]
    balance: Balance
    due_on: date | None
    last_bill: date | None
    payments: tuple[Receipt, ...]
    coming: tuple[tuple[str, date], ...]
    work: tuple[OpenWork, ...]
    proposals: tuple[ProposalLine, ...]
    documents: tuple[Document, ...]
    external: tuple[str, ...]
    around: Around
    mailed_on: date | None
    liens: tuple[Lien, ...]

    @property
    def named(self) -> str:
        """Whose account it is, with the role in a word: `owner Ann Ortiz`; never a payer taken for the owner."""
        now = [each for each in self.parties if each.to_on is None]
        if any(each.role == "owner" for each in now) or not now:
            return f"owner {self.owner}" if self.owner else "no owner on record"
        return f"{now[0].role.replace('_', ' ')} {now[0].name}"

    @property
    def premise(self) -> str:
        """The first served address."""
        return next((p.address for p in self.points if p.address), "")


def account(look: Look, number: str) -> AccountView:
    """The account of this number, with everything on it. Raises Refused when there is none."""
    account_id, stored = find_account(look, number)
    row = look.db.one(
        "SELECT a.state, a.holder_kind, a.customer_class, c.code, a.opened_on, a.closed_on, c.months, c.first_month,"
        " c.read_day, c.bill_day FROM live_account a JOIN cycle c ON c.id = a.cycle_id WHERE a.id = ?",
        [account_id],
    )
    if row is None:
        raise Refused(f"no account {format_account(stored)}", rule="account numbers")
    parties, points = _parties(look, account_id), _points(look, account_id)
    balance, owed = ledger.balance(look, account_id), open_items(look, account_id)
    proposals = _proposals(look, account_id)
    owners = [p.name for p in parties if p.role == "owner" and p.to_on is None]
    return AccountView(
        account_id,
        format_account(stored),
        row[0],
        " & ".join(owners) or next((p.name for p in parties), ""),
        row[1],
        row[2],
        row[3],
        date.fromisoformat(row[4]),
        _day(row[5]),
        parties,
        _apns(look, account_id, points),
        points,
        _alerts(look, stored, row, parties, points, balance, owed),
        balance,
        min((i.due_on for i in owed), default=None),
        _day(look.db.value("SELECT MAX(billed_on) FROM bill WHERE account_id = ?", [account_id])),
        receipts(look, account_id, 3),
        _coming(look, account_id, row),
        _work(look, account_id, format_account(stored), [p.point for p in points], [p.number for p in proposals]),
        proposals,
        documents(look, str(Subject("account", format_account(stored)))),
        _external(look, account_id),
        around(look, account_id),
        _day(look.db.value("SELECT MAX(mailed_on) FROM bill WHERE account_id = ?", [account_id])),
        liens(look, account_id),
    )


def bills(look: Look, account_id: int) -> tuple[Bill, ...]:
    """The account's bills, the newest first, each with its lines."""
    parts: dict[int, list[BillPart]] = {}
    for bill_id, *part in look.db.rows(
        "SELECT l.bill_id, l.label, c.code, l.quantity, l.rate, l.cents, l.trace FROM bill b"
        " JOIN bill_line l ON l.bill_id = b.id JOIN charge_code c ON c.id = l.charge_code_id"
        " WHERE b.account_id = ? ORDER BY l.bill_id, l.n",
        [account_id],
    ):
        parts.setdefault(bill_id, []).append(BillPart(*part))
    left: dict[int, int] = {}
    for item in open_items(look, account_id):
        if item.bill_line_id is not None:
            left[item.bill_line_id] = item.open_cents
    of_bill: dict[int, int] = {}
    for line_id, bill_id in look.db.rows(
        "SELECT l.id, l.bill_id FROM bill b JOIN bill_line l ON l.bill_id = b.id WHERE b.account_id = ?", [account_id]
    ):
        of_bill[bill_id] = of_bill.get(bill_id, 0) + left.get(line_id, 0)
    return tuple(
        Bill(
            row[1],
            row[2],
            row[3],
            date.fromisoformat(row[4]),
            date.fromisoformat(row[5]),
            date.fromisoformat(row[6]),
            _day(row[7]),
            date.fromisoformat(row[8]),
            row[9],
            of_bill.get(row[0], 0),
            row[10],
            tuple(parts.get(row[0], ())),
        )
        for row in look.db.rows(
            "SELECT id, number, period, version, from_on, to_on, billed_on, mailed_on, due_on, total_cents, journal_id"
            " FROM bill WHERE account_id = ? ORDER BY billed_on DESC, id DESC",
            [account_id],
        )
    )


def receipts(look: Look, account_id: int, most: int = 1000) -> tuple[Receipt, ...]:
    """The account's receipts, the newest first."""
    return tuple(
        Receipt(row[0], date.fromisoformat(row[1]), row[2], row[3], row[4], row[5], row[6], row[7], row[8] is not None)
        for row in look.db.rows(
            "SELECT r.number, r.received_on, r.cents, r.source,"
            " COALESCE((SELECT MIN(t.kind) FROM tender t WHERE t.receipt_id = r.id), ''),"
            " COALESCE((SELECT MIN(t.reference) FROM tender t WHERE t.receipt_id = r.id), ''),"
            " COALESCE((SELECT CAST(SUM(a.cents) AS bigint) FROM application a WHERE a.journal_id = r.journal_id), 0),"
            " r.journal_id, (SELECT j.id FROM journal j WHERE j.reverses = r.journal_id)"
            " FROM receipt r WHERE r.account_id = ? ORDER BY r.received_on DESC, r.id DESC LIMIT ?",
            [account_id, most],
        )
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _coming(look: Look, account_id: int, row: Row) -> tuple[tuple[str, date], ...]:
    """The next read and bill of the account's cycle; where nothing runs any more, a final bill that is owed, or none.

    A final bill is owed while no bill reaches to the day on which the account closed or its last service ended.
    """
    runs, ended, billed = look.db.one(
        "SELECT MAX(CASE WHEN to_on IS NULL THEN 1 ELSE 0 END), MAX(to_on), (SELECT MAX(b.to_on) FROM bill b"
        " WHERE b.account_id = ?) FROM live_service WHERE account_id = ?",
        [account_id, account_id],
    ) or (0, None, None)
    bill_on = _next(look.today, row[6], row[7], row[9])
    if runs and row[5] is None:
        return ("next read", _next(look.today, row[6], row[7], row[8])), ("next bill", bill_on)
    last = row[5] or ended
    return (("final bill", bill_on),) if runs is not None and last and (billed or "") < last else ()


def _next(today: date, months: int, first_month: int, day: int) -> date:
    """The next date, today included, of a cycle's `day` in one of its months."""
    year, month = today.year, today.month
    while (month - first_month) % months or date(year, month, day) < today:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return date(year, month, day)


def _parties(look: Look, account_id: int) -> tuple[PartyLine, ...]:
    rows = look.db.rows(
        "SELECT q.id, r.role, q.name, q.kind, q.phone, q.email, q.language, q.mail_line1, q.mail_line2, q.mail_city,"
        " q.mail_state, q.mail_zip, q.mail_returned, r.from_on, r.to_on, q.version FROM account_role r"
        " JOIN party q ON q.id = r.party_id WHERE r.account_id = ? AND (r.batch_id IS NULL OR r.batch_id IN"
        " (SELECT id FROM batch WHERE released_at IS NOT NULL))"
        " ORDER BY r.to_on IS NOT NULL, CASE r.role WHEN 'owner' THEN 0 WHEN 'payer' THEN 1 WHEN 'occupant' THEN 2"
        " ELSE 3 END, r.from_on, r.id",
        [account_id],
    )
    return tuple(
        PartyLine(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            row[5],
            row[6],
            tuple(filter(None, (row[7], row[8], " ".join(filter(None, row[9:12]))))),
            bool(row[12]),
            date.fromisoformat(row[13]),
            _day(row[14]),
            row[15],
        )
        for row in rows
    )


def _points(look: Look, account_id: int) -> tuple[PointLine, ...]:
    rows = look.db.rows(
        "SELECT s.kind, s.rate_code, s.unit, s.seasonal, s.from_on, s.to_on, p.number, p.state, m.address, m.city,"
        " l.apn, r.code, p.sequence, p.location_note, p.id FROM live_service s"
        " LEFT JOIN live_point p ON p.id = s.point_id LEFT JOIN premise m ON m.id = p.premise_id"
        " LEFT JOIN parcel l ON l.id = m.parcel_id LEFT JOIN route r ON r.id = p.route_id"
        " WHERE s.account_id = ? ORDER BY s.to_on IS NOT NULL, s.id",
        [account_id],
    )
    return tuple(_point(look, row) for row in rows)


def _point(look: Look, row: Row) -> PointLine:
    nothing: Row = ("", "", "", None, "", 0)
    meter = nothing
    seal: Row = ("", "", "", "")
    if row[14]:
        meter = (
            look.db.one(
                "SELECT t.maker, t.serial, t.size, g.dials, g.unit, t.placeholder FROM live_install i"
                " JOIN meter t ON t.id = i.meter_id"
                " LEFT JOIN register g ON g.meter_id = t.id WHERE i.point_id = ? AND i.off_date IS NULL"
                " ORDER BY i.on_date DESC, g.n LIMIT 1",
                [row[14]],
            )
            or meter
        )
        if meter[-1]:  # a stand-in for the meter that a file of uses does not name
            meter = nothing
        seal = (
            look.db.one(
                "SELECT number, lock_state, lock_reason, rate_status FROM seal WHERE point_id = ?"
                " AND removed_on IS NULL ORDER BY placed_on DESC LIMIT 1",
                [row[14]],
            )
            or seal
        )
    return PointLine(
        service=row[0],
        rate=row[1],
        unit=row[2],
        seasonal=bool(row[3]),
        from_on=date.fromisoformat(row[4]),
        to_on=_day(row[5]),
        point=row[6] or "",
        state=row[7] or "",
        address=", ".join(filter(None, (row[8], row[9]))),
        apn=format_apn(row[10] or ""),
        route=row[11] or "",
        sequence=row[12],
        note=row[13] or "",
        meter=f"{meter[0]}/{meter[1]}" if meter[1] else "",
        size=meter[2],
        dials=meter[3],
        meter_unit=meter[4] or "",
        seal=seal[0],
        lock_state=seal[1],
        lock_reason=seal[2],
        rate_status=seal[3],
        reads=_reads(look, row[14]) if row[14] else (),
    )


def _reads(look: Look, point_id: int) -> tuple[ReadLine, ...]:
    """The last four reads, however long ago: a record made from old files shows what it has."""
    here = (
        " FROM live_read d WHERE d.register_id IN (SELECT g.id FROM live_install i JOIN register g"
        " ON g.meter_id = i.meter_id WHERE i.point_id = ?) AND d.point_id = ? AND d.status <> 'void'"
    )
    rows = look.db.rows(
        f"SELECT d.read_on, d.period, d.value, d.usage, d.days, d.kind, d.source, d.status{here}"
        " ORDER BY d.read_on DESC, d.register_id, d.seq DESC LIMIT 4",
        [point_id, point_id],
    )
    before = sorted({_last_year(row[1]) for row in rows})
    uses: dict[str, int] = dict(
        look.db.rows(
            f"SELECT d.period, CAST(SUM(d.usage) AS bigint){here} AND d.usage IS NOT NULL"
            f" AND d.period IN ({', '.join('?' * len(before))}) GROUP BY d.period",
            [point_id, point_id, *before],
        )
        if before
        else ()
    )
    return tuple(ReadLine(date.fromisoformat(row[0]), *(*row[1:], uses.get(_last_year(row[1])))) for row in rows)


def _last_year(period: str) -> str:
    """The period a year before: `B2/2026-11` gives `B2/2025-11`; empty where the period has no year."""
    cycle, _, month = period.rpartition("/")
    return f"{cycle}/{int(month[:4]) - 1}{month[4:]}" if month[:4].isdigit() else ""


def _apns(look: Look, account_id: int, points: tuple[PointLine, ...]) -> tuple[str, ...]:
    rows = look.db.rows(
        "SELECT p.apn FROM account_parcel a JOIN live_parcel p ON p.id = a.parcel_id WHERE a.account_id = ?"
        " ORDER BY p.apn",
        [account_id],
    )
    return tuple(dict.fromkeys([format_apn(apn) for (apn,) in rows] + [p.apn for p in points if p.apn]))


def _alerts(
    look: Look,
    number: str,
    row: Row,
    parties: tuple[PartyLine, ...],
    points: tuple[PointLine, ...],
    balance: Balance,
    owed: tuple[Item, ...],
) -> tuple[str, ...]:
    out = []
    relation = look.db.value(
        "SELECT relation FROM staff_account WHERE staff = ? AND account_number = ?", [look.actor.name, number]
    )
    if relation:
        out.append("your own account: look only" if relation == "own" else "linked to you: look only")
    if row[0] == "closed":
        out.append(f"closed {row[5]}")
        if balance.credit:
            out.append(f"credit of {format_money(balance.credit)} on a closed account")
    if row[1] != "owner":
        out.append(f"held by a {row[1]}")
    current = [p for p in parties if p.to_on is None]
    if any(p.kind == "placeholder" for p in current):
        out.append("owner not known: placeholder from an import")
    if any(p.returned for p in current):
        out.append("mail came back")
    if balance.past_due + balance.penalty:
        late = [i.due_on for i in owed if i.mailed_on is not None and i.due_on < look.today]
        if late:
            out.append(f"past due {(look.today - min(late)).days} days")
    for point in points:
        if point.to_on is None and point.seal:
            out.append(f"{point.point}: seal {point.seal}, {point.lock_state}, {point.lock_reason.replace('_', ' ')}")
        if point.to_on is None and point.state == "inactive":
            out.append(f"{point.point}: inactive")
        if any(read.status == "held" for read in point.reads):
            out.append(f"{point.point}: a read is held")
    return tuple(out)


def _proposals(look: Look, account_id: int) -> tuple[ProposalLine, ...]:
    return tuple(
        ProposalLine(
            row[0],
            "pending" if row[1] == "submitted" else "draft",
            row[2],
            row[3],
            row[4],
            date.fromisoformat(row[5]),
            tuple(filter(None, row[6].split(","))),
        )
        for row in look.db.rows(
            "SELECT p.number, p.state, p.reason, p.amount_cents, p.maker, p.created_on, p.approvers FROM proposal p"
            " LEFT JOIN approval a ON a.proposal_id = p.id WHERE p.account_id = ? AND a.id IS NULL ORDER BY p.id",
            [account_id],
        )
    )


def _work(look: Look, account_id: int, number: str, points: list[str], proposals: list[str]) -> tuple[OpenWork, ...]:
    keys = [("account", number)] + [("point", p) for p in points if p] + [("proposal", p) for p in proposals]
    where = " OR ".join(["(subject_type = ? AND subject_key = ?)"] * len(keys))
    rows = look.db.rows(
        "SELECT id, code, subject_type, subject_key, period, title, why, priority, state, assignee FROM work_item"
        f" WHERE state IN ('open', 'claimed', 'waiting') AND (account_id = ? OR {where})"
        " ORDER BY priority DESC, code, subject_type, subject_key, period",
        [account_id, *(part for key in keys for part in key)],
    )
    return tuple(OpenWork(row[0], ItemKey(row[1], Subject(row[2], row[3]), row[4]), *row[5:]) for row in rows)


def _external(look: Look, account_id: int) -> tuple[str, ...]:
    """Numbers that other systems give the account, as `old:account 4471`."""
    rows = look.db.rows(
        "SELECT system, kind, value FROM external_id WHERE subject_type = 'account' AND subject_id = ?"
        " ORDER BY system, kind, value",
        [account_id],
    )
    return tuple(f"{system}:{kind} {value}" for system, kind, value in rows)

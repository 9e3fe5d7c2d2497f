"""Writes the sample's rows into the record, some hundred accounts at a time, one act for each part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from ubtui.act import Act, Refused, Work, act
from ubtui.db.models.office import Document
from ubtui.db.session import Session
from ubtui.services import ledger, reads
from ubtui.services.demo import books
from ubtui.services.demo.names import AGENTS
from ubtui.services.demo.rows import PART, Facts, Fill, Maker, Slice

__all__ = ["KEPT", "PART", "Fill", "Filled", "facts", "fill", "filling"]

KEPT: Final = "open_item"
"""What the database keeps itself while its triggers stand."""
_COUNTED: Final = (
    *("route", "parcel", "party", "premise", "service_point", "account", "service", "meter", "register", "batch"),
    "meter_test",
    *("journal", "bill", "bill_line", "receivable_item", "receipt", "letter", "arrangement"),
    *("contact", "field_order", "ownership_transfer", "parcel_right", "protection", "returned_mail", "seal_request"),
    "service_request",
    *("autopay", "ebill"),
)
"""Tables whose ids are given out beforehand."""


_CARDS, _SCAN = "connection-cards.txt", b"Connection cards of the district, one a parcel, as they were copied.\n"


class Filled(msgspec.Struct, frozen=True):
    """What was written."""

    accounts: int
    reads: int
    bills: int
    receipts: int


@act("sample.fill")
def fill(work: Work, form: Fill) -> Filled:
    """Write a part of the sample: parties, points, meters, reads, bills and receipts. Never in a live district."""
    _sample(work)
    return _write(work, form, Maker(work.district, facts(work.db, work.now)).slices(form), False)


def filling(slices: Iterator[Slice]) -> Act[Fill, Filled]:
    """The same act over rows that are made elsewhere meanwhile, in a record whose triggers are set aside."""

    def body(work: Work, form: Fill) -> Filled:
        _sample(work)
        return _write(work, form, slices, work.db.kind == "sqlite")

    return Act(fill.name, Fill, Filled, body)


def facts(db: Session, now: str) -> Facts:
    """What the rows to come have to know of the record."""
    known = ledger.chart(db)
    gl = {code: account.id for code, account in known.gl.items()}
    charges = {
        c.code: books.Charge(c.id, c.title, gl[c.revenue], gl[c.receivable], c.fund_id, c.priority)
        for c in known.charges.values()
    }
    return Facts(
        dict(db.rows("SELECT code, id FROM cycle")),
        dict(db.rows("SELECT code, id FROM route")),
        dict(
            db.rows(
                f"SELECT name, MIN(id) FROM party WHERE name IN ({', '.join('?' * len(AGENTS))}) GROUP BY name", AGENTS
            )
        ),
        {table: int(db.value(f"SELECT COALESCE(MAX(id), 0) FROM {table}")) for table in _COUNTED},
        books.Chart(charges, gl[known.use["cash"]], gl[known.use["credit"]], known.fund_id),
        now,
        int(db.value("SELECT COALESCE(MIN(CASE WHEN name = ? THEN id END), MAX(id) + 1, 1) FROM document", [_CARDS])),
    )


def _cards(work: Work) -> None:
    """The district's connection cards, once in a record: the paper that `facts` foretold."""
    if work.db.value("SELECT 1 FROM document WHERE name = ?", [_CARDS]) is None:
        work.db.insert(
            Document, sha256=hashlib.sha256(_SCAN).hexdigest(), name=_CARDS, media="text/plain", bytes=len(_SCAN),
            content=_SCAN, added_by="ana", added_at=work.now,
        )  # fmt: skip


def _sample(work: Work) -> None:
    if work.district.kind != "sample":
        raise Refused(
            f"{work.district.name} is a {work.district.kind} district", rule="samples", cure="use another place"
        )


def _write(work: Work, form: Fill, slices: Iterator[Slice], kept: bool) -> Filled:
    """Write slices until all accounts of the part stand; with `kept` also what triggers keep else."""
    db, total, registers = work.db, [0, 0, 0, 0], []
    last: dict[str, int] = {}
    _cards(work)
    years = {row[0] // 100 for row in db.rows("SELECT ym FROM period")}
    while total[0] < form.count:
        some = next(slices)
        for year in sorted(set(some.years) - years):
            db.load("period", ["ym"], [(year * 100 + month,) for month in range(1, 14)])
            years.add(year)
        for table, columns, rows in some.tables:
            if table == KEPT and not kept:
                continue
            db.load(table, columns, rows)
            if columns[0] == "id":
                last[table] = rows[-1][0]
        for point in some.lost:
            db.run("UPDATE service_point SET sequence = NULL WHERE id = ?", [point])
        registers += some.registers
        total = [a + b for a, b in zip(total, (some.accounts, some.reads, some.bills, some.receipts), strict=True)]
    if db.kind == "postgres":
        for table, given in last.items():
            db.rows("SELECT setval(pg_get_serial_sequence(?, 'id'), ?)", [table, given])
    reads.summarise(db, registers)
    done = Filled(*total)
    work.fact(accounts=done.accounts, reads=done.reads, bills=done.bills, receipts=done.receipts)
    return done

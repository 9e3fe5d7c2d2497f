"""The parts of an account behind its summary: columns, rows, what each row's figure is, and where it leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from ubtui.act import Look
from ubtui.domain.dates import local
from ubtui.domain.money import format_money
from ubtui.screens.base import Place
from ubtui.services import accounts, contacts, history, meters, orders
from ubtui.services.accounts import AccountView
from ubtui.services.contacts import ROLES
from ubtui.services.figures import read_key
from ubtui.services.meter_views import READ_COLUMNS, read_row
from ubtui.widgets.rows import Column, Row

MONEY = 11


@dataclass(frozen=True)
class Entry:
    """A row of a part: its cells, the figure that `x` explains, and where enter leads."""

    row: Row
    figure: str = ""
    place: Place | None = None


Reader = Callable[[Look, AccountView, date], Iterator[Entry]]


def _ledger(look: Look, view: AccountView, today: date) -> Iterator[Entry]:
    for each in accounts.statement(look, view.id)[::-1]:
        told = f"reversed: {each.reason}" if each.reversed_by else each.reason
        cells = (each.effective_on.isoformat(), each.kind, told, each.document, format_money(each.cents),
                 format_money(each.balance), each.posted_by, str(each.journal_id))  # fmt: skip
        yield Entry(Row(cells, "dim" if each.reversed_by or each.reverses else None), f"journal:{each.journal_id}")


def _items(look: Look, view: AccountView, today: date) -> Iterator[Entry]:
    for each in accounts.items(look, view.id)[::-1]:
        late = each.open_cents > 0 and each.due_on < today
        stands = "past due" if late else "open" if each.open_cents else "settled"
        cells = (each.charge, each.due_on.isoformat(), each.mailed_on.isoformat() if each.mailed_on else "—",
                 format_money(each.cents), format_money(each.open_cents), stands)  # fmt: skip
        tone = "warning" if late else None if each.open_cents else "dim"
        yield Entry(Row(cells, tone), f"item:{each.id}")


def _bills(look: Look, view: AccountView, today: date) -> Iterator[Entry]:
    for each in accounts.bills(look, view.id):
        lines = "; ".join(f"{part.label} {format_money(part.cents)}" for part in each.lines)
        cells = (each.number, each.period, each.billed_on.isoformat(), each.due_on.isoformat(),
                 format_money(each.total_cents), format_money(each.open_cents), lines)  # fmt: skip
        yield Entry(Row(cells), f"bill:{each.number}")


def _reads(look: Look, view: AccountView, today: date) -> Iterator[Entry]:
    for point in dict.fromkeys(each.point for each in view.points if each.point):
        for read in meters.history(look, point).reads:
            figure = read_key(point, read.on, read.register, read.seq)
            yield Entry(read_row(read, point), figure, Place("meter", point))


def _payments(look: Look, view: AccountView, today: date) -> Iterator[Entry]:
    for each in accounts.receipts(look, view.id):
        applied = "reversed" if each.reversed else format_money(each.applied_cents)
        cells = (each.received_on.isoformat(), each.number, format_money(each.cents), applied, each.tender,
                 each.source, each.reference)  # fmt: skip
        yield Entry(Row(cells, "dim" if each.reversed else None), f"receipt:{each.number}")


def _orders(look: Look, view: AccountView, today: date) -> Iterator[Entry]:
    for each in orders.of_account(look, view.number):
        late = each.state == "open" and each.due_on < today
        value = f"{each.found_value:,}" if each.found_value is not None else ""
        found = " ".join(filter(None, (each.found_serial, value, each.found_code, each.note)))
        cells = (
            each.order,
            each.kind.replace("_", " "),
            "open late" if late else each.state,
            each.due_on.isoformat(),
            each.done_on.isoformat() if each.done_on else "",
            each.done_by,
            found or each.instructions,
            each.point,
        )
        tone = "warning" if late else None if each.state == "open" else "dim"
        yield Entry(Row(cells, tone), place=Place("meter", each.point))


def _contacts(look: Look, view: AccountView, today: date) -> Iterator[Entry]:
    for each in contacts.contacts(look, view.id):
        who = ROLES[each.with_role]
        cells = (each.on.isoformat(), each.kind, who, each.by, each.text, each.promised(today))
        late = each.promise == "open" and each.promise_on is not None and each.promise_on <= today
        yield Entry(Row(cells, "warning" if late else None), f"contact:{each.key}")


def _documents(look: Look, view: AccountView, today: date) -> Iterator[Entry]:
    for each in view.documents:
        on = local(each.added_at, look.district.zone).date().isoformat()
        cells = (each.name, each.title, f"{each.bytes:,}", each.added_by, on, each.sha256[:12])
        yield Entry(Row(cells))


def _history(look: Look, view: AccountView, today: date) -> Iterator[Entry]:
    for each in history.history(look, view.id):
        yield Entry(Row((each.on.isoformat(), each.kind, each.told, each.by)))


PARTS: dict[str, tuple[tuple[Column, ...], Reader]] = {
    "Ledger": (
        (Column("on", "Counts from", 11), Column("kind", "Kind", 8, priority=1), Column("reason", "What"),
         Column("document", "Paper", 17), Column("cents", "Amount", MONEY, "right"),
         Column("balance", "Balance", MONEY, "right"), Column("by", "By", 8, priority=1),
         Column("journal", "Journal", 7, "right", 2)),
        _ledger,
    ),
    "Items": (
        (Column("charge", "Charge", 8), Column("due", "Due", 10), Column("mailed", "Mailed", 10),
         Column("cents", "Amount", MONEY, "right"), Column("open", "Open", MONEY, "right"),
         Column("stands", "Stands", 8)),
        _items,
    ),
    "Bills": (
        (Column("number", "Bill", 17), Column("period", "Period", 10), Column("on", "Billed", 10, priority=2),
         Column("due", "Due", 10), Column("total", "Total", MONEY, "right"), Column("open", "Open", MONEY, "right"),
         Column("lines", "Lines", priority=1)),
        _bills,
    ),
    "Reads": (READ_COLUMNS, _reads),
    "Payments": (
        (Column("on", "Received", 10), Column("number", "Receipt", 13), Column("cents", "Amount", MONEY, "right"),
         Column("applied", "Applied", MONEY, "right"), Column("tender", "Tender", 8), Column("source", "Source", 11),
         Column("reference", "Ref")),
        _payments,
    ),
    "Orders": (
        (Column("number", "Order", 8), Column("kind", "Kind", 10), Column("state", "State", 9),
         Column("due", "Due", 10), Column("done", "Done", 10), Column("by", "By", 8, priority=1),
         Column("told", "Found, or what to do", grow=2), Column("point", "Point", 9, priority=2)),
        _orders,
    ),
    "Contacts": (
        (Column("on", "On", 10), Column("kind", "How", 7), Column("with", "With", 9), Column("by", "By", 6),
         Column("text", "What was said", grow=3), Column("promise", "Promise", grow=2)),
        _contacts,
    ),
    "Documents": (
        (Column("name", "Name", 28), Column("title", "What it is"), Column("bytes", "Bytes", 10, "right"),
         Column("by", "By", 8), Column("on", "Added", 10), Column("hash", "SHA-256", 12, priority=1)),
        _documents,
    ),
    "History": (
        (Column("on", "On", 10), Column("kind", "What", 9), Column("told", "How it was", grow=2),
         Column("by", "By", 8)),
        _history,
    ),
}  # fmt: skip

"""How each figure of an account came about, row by row: balance, dates, bill, item, payment, ledger line, read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from ubtui.act import Look
from ubtui.domain.dates import local
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money
from ubtui.services import accounts, contacts, meters
from ubtui.services.accounts import AccountView
from ubtui.services.read_figures import read_rows

Rows = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Explanation:
    """A figure in a sentence, and the rows it comes from: (label, told)."""

    title: str
    rows: tuple[tuple[str, str], ...]


def explain(look: Look, account: str, figure: str) -> Explanation:
    """Explain one figure of an account: `balance`, `due`, `dates`, `receipts`, `bill:NUMBER`, `item:ID`,
    `receipt:NUMBER`, `journal:ID`, `contact:KEY`, `read:POINT/DAY[/REGISTER/SEQ]`.

    Raises Refused for an unknown account, BadValue for a figure that it has not.
    """
    view = accounts.account(look, account)
    kind, _, key = figure.partition(":")
    how = _KINDS.get(kind)
    if how is None:
        raise BadValue(f"Figure {figure[:40]!r} is not explained: use one of {', '.join(_KINDS)}.")
    title, rows = how(look, view, key)
    return Explanation(title, tuple(rows))


def _balance(look: Look, view: AccountView, key: str) -> tuple[str, Rows]:
    return f"What {view.number} owes", _owed(look, view)


def _owed(look: Look, view: AccountView) -> Rows:
    titles = {each.code: each.title for each in look.district.charge_codes}
    for item in accounts.open_items(look, view.id):
        age = (look.today - item.due_on).days
        stands = "not mailed yet" if item.mailed_on is None else f"{age} days past due" if age > 0 else "not due yet"
        part = "" if item.open_cents == item.cents else f" open of {format_money(item.cents)}"
        told = f"{format_money(item.open_cents):>12}{part}  due {item.due_on}, {stands}"
        yield titles.get(item.charge, item.charge), told
    b = view.balance
    for name, cents in (("past due", b.past_due), ("current", b.current), ("not due", b.not_due),
                        ("penalties", b.penalty), ("credit", -b.credit)):  # fmt: skip
        if cents:
            yield f"= {name}", f"{format_money(cents):>12}"
    yield "balance", f"{format_money(b.total):>12}"
    if b.roll:
        yield "on the county's tax roll, beside it", f"{format_money(b.roll):>12}"


def _due(look: Look, view: AccountView, key: str) -> tuple[str, Rows]:
    return f"When {view.number} is due", _terms(look, view)


def _terms(look: Look, view: AccountView) -> Rows:
    days = look.db.value(
        "SELECT c.due_days FROM live_account a JOIN cycle c ON c.id = a.cycle_id WHERE a.id = ?", [view.id]
    )
    if view.due_on is None:
        yield "due", "nothing is open"
    else:
        late = (look.today - view.due_on).days
        yield "oldest due", f"{view.due_on}" + (f", {late} days past due" if late > 0 else "")
    for bill in accounts.bills(look, view.id):
        if bill.open_cents:
            mailed = f"mailed {bill.mailed_on}" if bill.mailed_on else "not mailed"
            told = f"{bill.number} billed {bill.billed_on}, {mailed}, due {bill.due_on}"
            yield "bill", f"{told}, open {format_money(bill.open_cents)}"
    yield "rule", f"cycle {view.cycle}: {days} days after the bill"


def _dates(look: Look, view: AccountView, key: str) -> tuple[str, Rows]:
    return f"What comes next on {view.number}", _calendar(look, view)


def _calendar(look: Look, view: AccountView) -> Rows:
    row = look.db.one(
        "SELECT c.title, c.months, c.first_month, c.read_day, c.bill_day, c.due_days FROM live_account a"
        " JOIN cycle c ON c.id = a.cycle_id WHERE a.id = ?",
        [view.id],
    )
    assert row is not None
    title, months, first, read_day, bill_day, due = row
    yield "cycle", f"{view.cycle} {title}: every {months} month{'s' if months > 1 else ''} from month {first}"
    rules = {"next read": f"day {read_day} of its month"}
    for what, day in view.coming:
        yield what, f"{day}: {rules.get(what, f'day {bill_day} of its month, due {due} days later')}"
    if not view.coming:
        yield "next", f"nothing: {f'closed {view.closed_on}' if view.closed_on else 'no service runs'}"


def _bill(look: Look, view: AccountView, key: str) -> tuple[str, Rows]:
    bill = next((each for each in accounts.bills(look, view.id) if each.number == key), None)
    if bill is None:
        raise BadValue(f"Bill {key[:40]!r} is not on {view.number}: take a number from its bills.")

    def rows() -> Rows:
        yield "period", f"{bill.period}, {bill.from_on} to {bill.to_on}, billed {bill.billed_on}"
        yield "mailed, due", f"{bill.mailed_on or 'not mailed'}, {bill.due_on}"
        shown: set[str] = set()
        for part in bill.lines:
            if part.trace and part.trace not in shown:
                shown.add(part.trace)
                yield from _trace(part.trace)
            times = f"{part.quantity} × {part.rate} = " if part.quantity and part.rate else ""
            yield part.label, f"{times}{format_money(part.cents)}"
        yield "total", format_money(bill.total_cents)
        yield "open", format_money(bill.open_cents)

    return f"Bill {bill.number} of {view.number}", rows()


def _trace(text: str) -> Rows:
    """The read behind a bill line, as it was when the bill was made."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        yield "reckoned from", text
        return
    reads = " → ".join(f"{found[name]:,}" for name in ("previous", "present") if isinstance(found.get(name), int))
    use = f"{found['use']:,} used" if isinstance(found.get("use"), int) else ""
    days = f"{found['from']} to {found['to']}" if "from" in found and "to" in found else ""
    rate = f"rate {found['rate']}" if "rate" in found else ""
    yield "reckoned from", " · ".join(filter(None, (str(found.get("point", "")), days, reads, use, rate)))


def _item(look: Look, view: AccountView, key: str) -> tuple[str, Rows]:
    item = next((each for each in accounts.items(look, view.id) if str(each.id) == key), None)
    if item is None:
        raise BadValue(f"Item {key[:40]!r} is not on {view.number}: take one from its items.")

    def rows() -> Rows:
        bill = look.db.one(
            "SELECT b.number, l.label, l.quantity, l.rate FROM bill_line l JOIN bill b ON b.id = l.bill_id"
            " WHERE l.id = ?",
            [item.bill_line_id],
        )
        if bill is not None:
            times = f", {bill[2]} × {bill[3]}" if bill[2] and bill[3] else ""
            yield "from bill", f"{bill[0]}, {bill[1]}{times}"
        yield "counts from", f"{item.effective_on}, due {item.due_on}, mailed {item.mailed_on or 'not yet'}"
        yield "amount", f"{format_money(item.cents):>12}"
        for on, kind, reason, journal, cents in look.db.rows(
            "SELECT j.effective_on, j.kind, j.reason, j.id, a.cents FROM application a"
            " JOIN journal j ON j.id = a.journal_id WHERE a.item_id = ? ORDER BY a.id",
            [item.id],
        ):
            yield f"{kind.lower()} {on}", f"{format_money(-cents, sign=True):>12}  {reason} (journal {journal})"
        yield "open", f"{format_money(item.open_cents):>12}"

    return f"{item.charge} due {item.due_on} on {view.number}", rows()


_WAY = (
    "SELECT c.payer, w.staff, w.day, d.number FROM receipt r JOIN counter_receipt c ON c.receipt_id = r.id"
    " JOIN drawer w ON w.id = c.drawer_id LEFT JOIN deposit_drawer x ON x.drawer_id = w.id"
    " LEFT JOIN deposit d ON d.id = x.deposit_id WHERE r.number = ?"
)


def _receipt(look: Look, view: AccountView, key: str) -> tuple[str, Rows]:
    found = next((each for each in accounts.receipts(look, view.id) if each.number == key), None)
    if found is None:
        raise BadValue(f"Payment {key[:40]!r} is not on {view.number}: take a number from its payments.")

    def rows() -> Rows:
        how = found.tender.replace("_", " ")
        yield "received", f"{found.received_on}, {found.source}, {how} {found.reference}".rstrip()
        yield "amount", f"{format_money(found.cents):>12}"
        for charge, due, cents in look.db.rows(
            "SELECT c.title, i.due_on, a.cents FROM application a JOIN receivable_item i ON i.id = a.item_id"
            " JOIN charge_code c ON c.id = i.charge_code_id WHERE a.journal_id = ? ORDER BY a.id",
            [found.journal_id],
        ):
            yield f"paid {charge.lower()}", f"{format_money(cents):>12}  due {due}"
        if rest := found.cents - found.applied_cents:
            yield "to credit", f"{format_money(rest):>12}"
        if way := look.db.one(_WAY, [found.number]):
            yield from (("from", way[0]),) if way[0] else ()
            yield "drawer", f"{way[1]}/{way[2]}, " + (f"deposit {way[3]}" if way[3] else "not deposited yet")
        if found.reversed:
            yield "reversed", "a later journal took it back"

    return f"Payment {found.number} on {view.number}", rows()


def _receipts(look: Look, view: AccountView, key: str) -> tuple[str, Rows]:
    """The last payments, each with what it paid."""

    def rows() -> Rows:
        for each in view.payments:
            undone = ", reversed" if each.reversed else ""
            yield f"{each.received_on}", f"{format_money(each.cents):>12}  {each.source}, {each.tender}{undone}"
            yield from ((f"  {label}", told) for label, told in _receipt(look, view, each.number)[1] if "paid" in label)

    return f"What came in on {view.number}", rows()


def _journal(look: Look, view: AccountView, key: str) -> tuple[str, Rows]:
    line = next((each for each in accounts.statement(look, view.id) if str(each.journal_id) == key), None)
    if line is None:
        raise BadValue(f"Journal {key[:40]!r} does not touch {view.number}: take one from its ledger.")

    def rows() -> Rows:
        yield "counts from", f"{line.effective_on}, {line.kind.lower()}: {line.reason}"
        yield "by", f"{line.maker}, posted by {line.posted_by} {local(line.posted_at, look.district.zone).date()}"
        for code, title, cents in look.db.rows(
            "SELECT g.code, g.title, p.cents FROM posting p JOIN gl_account g ON g.id = p.gl_id"
            " WHERE p.journal_id = ? AND (p.account_id = ? OR p.account_id IS NULL) ORDER BY p.id",
            [line.journal_id, view.id],
        ):
            yield "ledger", f"{'Dr' if cents > 0 else 'Cr'} {format_money(abs(cents)):>12}  {code} {title}"
        yield "changes by", f"{format_money(line.cents, sign=True):>12}"
        yield "balance", f"{format_money(line.balance):>12} after it"
        for word, other in (("reverses", line.reverses), ("reversed by", line.reversed_by)):
            if other:
                yield word, f"journal {other}"

    return f"Journal {line.journal_id} on {view.number}", rows()


def _contact(look: Look, view: AccountView, key: str) -> tuple[str, Rows]:
    found = contacts.contact(look, key)
    if found.account != view.number:
        raise BadValue(f"Contact {key[:40]!r} is not on {view.number}: take one from its contacts.")

    def rows() -> Rows:
        who = contacts.ROLES[found.with_role] + (f" {found.name}" if found.name else "")
        yield "contact", f"{found.on} {found.kind} with {who}, by {found.by}"
        yield "said", found.text
        if found.promise_on is not None:
            yield "promised", found.promised(look.today)
            if found.promise == "open":
                yield "received", f"{format_money(found.received_cents)} since then"
            else:
                yield "settled", f"{found.settled_on} by {found.settled_by} {found.settled_why or ''}".rstrip()
        if found.item:
            yield "about", found.item

    return f"Contact on {found.account}", rows()


def read_key(point: str, on: date, register: int, seq: int) -> str:
    """The figure of one read."""
    return f"read:{point}/{on}/{register}/{seq}"


def _is(read: meters.ReadLine, wanted: tuple[str, ...]) -> bool:
    """Whether it is the read of that day, register and sequence; what is left empty fits any."""
    own = (read.on.isoformat(), str(read.register), str(read.seq))
    return all(part in ("", mine) for part, mine in zip(wanted, own, strict=True))


def _read(look: Look, view: AccountView, key: str) -> tuple[str, Rows]:
    point, day, register, seq = (key.split("/") + [""] * 4)[:4]
    if point not in {each.point for each in view.points if each.point}:
        raise BadValue(f"Point {point[:40]!r} is not on {view.number}: take a read from its reads.")
    history = meters.history(look, point)
    wanted = (day, register, seq)
    place = next((n for n, each in enumerate(history.reads) if _is(each, wanted)), None)
    if place is None:
        raise BadValue(f"Read {key[:60]!r} is not here: take one from the reads.")
    read = history.reads[place]
    return f"Read of {read.on}, period {read.period}", read_rows(look, history, place)


_KINDS: Final[dict[str, Callable[[Look, AccountView, str], tuple[str, Rows]]]] = {
    "balance": _balance,
    "due": _due,
    "dates": _dates,
    "bill": _bill,
    "item": _item,
    "receipt": _receipt,
    "receipts": _receipts,
    "journal": _journal,
    "contact": _contact,
    "read": _read,
}

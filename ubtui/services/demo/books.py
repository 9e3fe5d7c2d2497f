"""The journals of an account's past as rows: what the ledger posts for its bills and receipts, one by one, in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from ubtui.services.demo.story import BillStory, ReceiptStory

Rows = dict[str, list[tuple[Any, ...]]]

COLUMNS: Final = {
    "journal": "id idem_key kind effective_on period_ym posted_at maker posted_by reason",
    "bill": "id number account_id period version from_on to_on billed_on mailed_on due_on total_cents journal_id",
    "bill_line": "id bill_id n service_id charge_code_id label quantity rate cents trace",
    "receipt": "id number account_id journal_id received_on cents source",
    "tender": "receipt_id kind reference cents",
    "receivable_item": "id journal_id account_id service_id charge_code_id bill_line_id effective_on due_on"
    " mailed_on cents",
    "application": "journal_id item_id account_id cents",
    "posting": "journal_id gl_id account_id item_id charge_code_id fund_id cents",
    "journal_seal": "journal_id n total_dr",
    "open_item": "item_id account_id due_on cents",
}
"""Columns of the ledger's tables, in the order in which their rows are written."""


class Charge(msgspec.Struct, frozen=True):
    """A charge code by the ids of what it posts to."""

    id: int
    title: str
    revenue: int
    receivable: int
    fund: int
    priority: int


class Chart(msgspec.Struct, frozen=True):
    """The chart of accounts by ids: charge codes, cash, customer credit, and the fund of what has no charge."""

    charges: dict[str, Charge]
    cash: int
    credit: int
    fund: int


class Open(NamedTuple):
    """An item that is not paid in full, in the order in which it is paid: by its due day, then its charge's place."""

    due_on: str
    priority: int
    item: int
    cents: int
    charge: Charge


class Books:
    """Journals, items and applications of one account after another, with ids given out beforehand.

    A bill debits the receivable item by item and credits each charge's revenue; a receipt debits cash fund by fund and
    credits the items it pays, the oldest due first, and customer credit with the rest.
    """

    def __init__(self, chart: Chart, last: dict[str, int], now: str, who: str) -> None:
        self.chart, self.last, self.now, self.who = chart, last, now, who
        self.bills = self.receipts = 0
        self.days: dict[date, tuple[str, int]] = {}

    def past(
        self, rows: Rows, account: int, bills: Sequence[BillStory], receipts: Sequence[ReceiptStory],
        services: Sequence[int],
    ) -> list[Open]:  # fmt: skip
        """Gather the rows of an account's bills and receipts by their days; what stays open, oldest due first."""
        owed: list[Open] = []
        came = list(reversed(receipts))
        for bill in bills:
            while came and came[-1].received_on < bill.billed_on:
                owed = self._receipt(rows, account, came.pop(), owed)
            self._bill(rows, account, bill, services, owed)
        while came:
            owed = self._receipt(rows, account, came.pop(), owed)
        owed.sort()
        rows["open_item"] += [(item.item, account, item.due_on, item.cents) for item in owed]
        self.bills += len(bills)
        self.receipts += len(receipts)
        return owed

    def day(self, on: date) -> tuple[str, int]:
        """A day as it is written, and its ledger month."""
        if (known := self.days.get(on)) is None:
            known = self.days[on] = (on.isoformat(), on.year * 100 + on.month)
        return known

    def _bill(self, rows: Rows, account: int, bill: BillStory, services: Sequence[int], owed: list[Open]) -> None:
        last, charges, day = self.last, self.chart.charges, self.day
        (billed, month), (mailed, _), (due, _) = day(bill.billed_on), day(bill.mailed_on), day(bill.due_on)
        number = last["bill"] = last["bill"] + 1
        journal, line_id, item = last["journal"] + 1, last["bill_line"], last["receivable_item"]
        printed, items, postings = rows["bill_line"], rows["receivable_item"], rows["posting"]
        total, first = 0, item
        for n, line in enumerate(bill.lines, 1):
            place, name, label, cents, quantity, price, trace = line
            charge, service = charges[name], services[place]
            code = charge.id
            line_id += 1
            printed.append((line_id, number, n, service, code, label, quantity, price, cents, trace))
            if cents:
                item += 1
                fund = charge.fund
                items.append((item, journal, account, service, code, line_id, billed, due, mailed, cents))
                postings.append((journal, charge.receivable, account, item, code, fund, cents))
                postings.append((journal, charge.revenue, account, None, code, fund, -cents))
                owed.append(Open(due, charge.priority, item, cents, charge))
                total += cents
        last["bill_line"], last["receivable_item"] = line_id, item
        if total:
            last["journal"] = journal
            key, who = bill.number, self.who
            rows["journal"].append((journal, f"bill-{key}", "BILL", billed, month, self.now, who, who, f"bill {key}"))
            rows["journal_seal"].append((journal, 2 * (item - first), total))
        rows["bill"].append(
            (
                number, bill.number, account, bill.period, 1, day(bill.from_on)[0], day(bill.to_on)[0], billed, mailed,
                due, total, journal if total else None,
            )
        )  # fmt: skip

    def _receipt(self, rows: Rows, account: int, receipt: ReceiptStory, owed: list[Open]) -> list[Open]:
        """Gather a receipt's rows; what stays open after it."""
        last, chart, who, postings, applied = self.last, self.chart, self.who, rows["posting"], rows["application"]
        on, month = self.day(receipt.received_on)
        journal = last["journal"] = last["journal"] + 1
        number = last["receipt"] = last["receipt"] + 1
        rows["journal"].append(
            (
                journal, f"receipt-{receipt.number}", "RECEIPT", on, month, self.now, who, who,
                f"{receipt.source} {receipt.number}",
            )
        )  # fmt: skip
        left, stays, credits = receipt.cents, list[Open](), list[tuple[Any, ...]]()
        by_fund: dict[int, int] = {}
        owed.sort()
        for each in owed:
            _, _, item, open_cents, charge = each
            cents = left if left < open_cents else open_cents
            if cents:
                left -= cents
                fund = charge.fund
                by_fund[fund] = by_fund.get(fund, 0) + cents
                credits.append((journal, charge.receivable, account, item, charge.id, fund, -cents))
                applied.append((journal, item, account, cents))
            if cents < open_cents:
                stays.append(each._replace(cents=open_cents - cents) if cents else each)
        postings += [(journal, chart.cash, None, None, None, fund, cents) for fund, cents in sorted(by_fund.items())]
        postings += credits
        legs = len(by_fund) + len(credits)
        if left:
            postings.append((journal, chart.cash, None, None, None, chart.fund, left))
            postings.append((journal, chart.credit, account, None, None, chart.fund, -left))
            legs += 2
        rows["journal_seal"].append((journal, legs, receipt.cents))
        rows["receipt"].append((number, receipt.number, account, journal, on, receipt.cents, receipt.source))
        rows["tender"].append((number, receipt.kind, receipt.reference, receipt.cents))
        return stays

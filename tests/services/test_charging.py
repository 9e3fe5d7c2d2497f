"""What a read would be charged is what the bills of such uses charge."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from pathlib import Path

from tests.sample import made
from tests.services.office import admin
from ubtui.desk import Desk, Seat
from ubtui.services.reads.charging import charged, told

_LINES = (
    "SELECT b.number, b.to_on, l.trace, l.cents, x.rate_code FROM bill b JOIN bill_line l ON l.bill_id = b.id"
    " JOIN service x ON x.id = l.service_id WHERE l.trace LIKE '%\"present\"%' AND l.trace NOT LIKE '%\"behind\"%'"
)


def test_a_charge_is_that_of_a_bill_of_the_same_use(tmp_path: Path) -> None:
    data = made(str(tmp_path / "sample"), 60)
    db = admin(data)
    cents: dict[tuple[str, date, str, int], int] = defaultdict(int)
    for number, on, trace, part, rate in db.rows(_LINES):
        facts = json.loads(trace)
        if facts["rate"] == rate:
            cents[number, date.fromisoformat(on), facts["point"], facts["use"]] += part
    db.database.close()
    compared = 0
    with Desk(data, Seat("ana")) as desk:
        for (_, on, point, use), total in cents.items():
            if (bill := desk.ask(charged, point, use, on)) is not None:
                compared += 1
                assert bill.total == total and told(bill).startswith(
                    f"{total // 100:,}.{total % 100:02d}: fixed charge"
                )
        assert desk.ask(charged, "SP-99999", 5, date(2026, 11, 23)) is None
    assert compared > 400, "nearly all bills are at the full rate"

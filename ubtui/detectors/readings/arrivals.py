"""What files bring and nothing fits: meters that nobody knows here, and values with more digits than dials turn."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from ubtui.db.session import Row, Session
from ubtui.detectors.base import Ask, Detector, Found, marks, parts
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text

_ROWS = (
    "SELECT {}, s.id, s.reason, s.sentence, s.fields, b.source, s.row_no, s.point_id, s.account_id FROM staged_row s"
    " JOIN batch b ON b.id = s.batch_id AND b.released_at IS NOT NULL"
)


def unknown_meter(ask: Ask) -> Iterable[Found]:
    """R18: rows of a file wait because no meter fits what they name it by; one item a meter that is named."""
    keys = ask.keys("text")
    if keys is not None and not keys:
        return
    only = "s.stranger IS NOT NULL" if keys is None else f"s.stranger IN ({marks(keys)})"
    sql = f"{_ROWS.format('s.stranger, s.kind')} WHERE s.state = 'staged' AND {only} ORDER BY s.stranger, s.id"
    waiting: dict[str, list[Row]] = defaultdict(list)
    for row in ask.db.rows(sql, list(keys or ())):
        waiting[row[0]].append(row)
    said = {key: _fields(rows[0][5]) for key, rows in waiting.items()}
    points = _points(ask.db, {fields.get("point", "") for fields in said.values()})
    for key, rows in waiting.items():
        _, kind, first, reason, sentence, _, source, row_no, point, account = rows[0]
        fields = said[key]
        more = f", {len(rows)} rows" if len(rows) > 1 else ""
        yield Found(
            key, "", "No meter fits", f"{_plain(sentence)} ({source}, row {row_no}{more})",
            {
                **{name: clean_text(fields[name], 60) for name in _SHOWN if fields.get(name, "").strip()},
                "kind": kind, "staged": first, "rows": len(rows), "because": reason, "file": source, "row": row_no,
                "reads": [],
            },
            account_id=account, point_id=point or points.get(fields.get("point", "").strip()), due_source="import",
        )  # fmt: skip


_SHOWN = ("maker", "serial", "radio", "point", "account", "customer", "date", "value", "reading", "usage")


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = json.loads(text)
    return fields


def _plain(sentence: str) -> str:
    """What is wrong with a row, without the line it stands in."""
    head, _, rest = sentence.partition(": ")
    return rest if head.startswith("line ") else sentence


def _points(db: Session, numbers: set[str]) -> dict[str, int]:
    """The ids of points that rows name."""
    out: dict[str, int] = {}
    for part in parts(sorted({number.strip() for number in numbers} - {""})):
        out |= dict(db.rows(f"SELECT p.number, p.id FROM live_point p WHERE p.number IN ({marks(part)})", part))
    return out


def strangers(db: Session, batch_id: int) -> Iterator[Subject]:
    """The meters that rows of a batch name and nothing fits."""
    sql = "SELECT DISTINCT stranger FROM staged_row WHERE batch_id = ? AND state = 'staged' AND stranger IS NOT NULL"
    return (Subject("text", key) for (key,) in db.rows(sql, [batch_id]))


def digit_count(ask: Ask) -> Iterable[Found]:
    """R23: a file brings a value with more digits than the register turns; one item a point and period."""
    if (narrow := ask.only("point", "p.number")) is None:
        return
    only, keys = narrow
    columns = "p.number, s.period, g.dials, m.maker, m.serial, g.n"
    sql = (
        f"{_ROWS.format(columns)} JOIN service_point p ON p.id = s.point_id JOIN register g ON g.id = s.register_id"
        " JOIN meter m ON m.id = g.meter_id WHERE s.state = 'staged'"
        f" AND s.kind = 'reads' AND s.reason = 'digit-count' AND s.period IS NOT NULL{only} ORDER BY s.id"
    )
    waiting: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in ask.db.rows(sql, keys):
        waiting[row[0], row[1]].append(row)
    for (number, period), rows in waiting.items():
        _, _, dials, maker, serial, n, first, _, sentence, texts, source, row_no, point, _ = rows[0]
        fields = _fields(texts)
        evidence: dict[str, Any] = {
            "staged": first, "rows": len(rows), "dials": dials, "file": source, "row": row_no,
            "meter": f"{maker}/{serial}", "register": n, "date": clean_text(fields.get("date", ""), 20), "reads": [],
        }  # fmt: skip
        yield Found(
            number, period, "More digits than dials", f"{_plain(sentence)} ({source}, row {row_no})", evidence,
            point_id=point, due_source="bill date",
        )  # fmt: skip


DETECTORS = (
    Detector(
        "R18", "No meter fits", ("text",),
        "rows of reads or use are staged because the meter they name is unknown, several, hung elsewhere or not at all"
        " that day, or is not the one of their other names: one item a meter named",
        "Its reads wait outside, its customer is billed by none or by an estimate.",
        ("staged.link", "staged.decide", "meter.exchange", "order.create"),
        "Oracle: usage that no device was found for", unknown_meter, sla_days=3, stock=True,
    ),
    Detector(
        "R23", "More digits than dials", ("point",),
        "a staged read of the point's period is 10^dials or more; typed values are refused at once",
        "The read waits outside: the period has none, or an estimate.",
        ("staged.mend", "meter.face", "staged.decide", "order.create"),
        "SAP IS-U: the number of places before the decimal point is checked", digit_count,
    ),
)  # fmt: skip

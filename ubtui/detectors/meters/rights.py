"""Connections against rights: more points than a parcel may have, larger meters, rights that no paper proves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ubtui.detectors.base import METERED_KINDS, Ask, Detector, Found
from ubtui.domain.numbers import format_apn
from ubtui.domain.sizes import inches

_SUBMETERS = "(SELECT y.other_id FROM meter_relation y WHERE y.kind = 'master_sub' AND y.to_on IS NULL)"
_SUB = (
    "EXISTS(SELECT 1 FROM live_install i WHERE i.point_id = p.id AND i.off_date IS NULL"
    f" AND i.meter_id IN {_SUBMETERS})"
)
_PAYS = (
    "(SELECT MIN(a.id) FROM account_parcel l JOIN live_account a ON a.id = l.account_id AND a.state = 'active'"
    " WHERE l.parcel_id = x.id)"
)


def over_authorised(ask: Ask) -> Iterable[Found]:
    """M01: more service points of a kind on a parcel than its verified rights allow; without such rights no verdict."""
    if (narrow := ask.only("parcel", "x.apn")) is None:
        return
    only, keys = narrow
    day = ask.today.isoformat()
    points = (
        "(SELECT COUNT(DISTINCT p.id) FROM premise m JOIN live_point p ON p.premise_id = m.id AND p.state = 'active'"
        " JOIN live_service s ON s.point_id = p.id AND s.to_on IS NULL AND s.kind = x.kind WHERE m.parcel_id = x.id"
        f" AND NOT {_SUB})"
    )
    sql = (
        f"SELECT x.apn, x.kind, x.allowed, x.points, {_PAYS}, x.situs FROM (SELECT x.*, {points} AS points FROM"
        " (SELECT x.id, x.apn, x.situs, r.kind, SUM(CASE WHEN r.from_on <= ? AND COALESCE(r.to_on, '9999-12-31') >= ?"
        " THEN r.count ELSE 0 END) AS allowed FROM live_parcel x JOIN parcel_right r ON r.parcel_id = x.id"
        f" AND r.status = 'verified' WHERE x.status = 'active'{only} GROUP BY x.id, x.apn, x.situs, r.kind) x) x"
        " WHERE x.points > x.allowed ORDER BY x.apn, x.kind"
    )
    over: dict[str, list[Any]] = defaultdict(list)
    for row in ask.db.rows(sql, [day, day, *keys]):
        over[row[0]].append(row)
    for apn, rows in over.items():
        told = "; ".join(f"{row[3]} {row[1]} service points, {int(row[2])} allowed" for row in rows)
        yield Found(
            apn, "", "More connections than rights", told,
            {
                "parcel": format_apn(apn), "situs": rows[0][5], "kinds": " ".join(row[1] for row in rows),
                "points": sum(row[3] for row in rows), "allowed": sum(int(row[2]) for row in rows), "reads": [],
            },
            account_id=rows[0][4], units=sum(row[3] - int(row[2]) for row in rows),
        )  # fmt: skip


@lru_cache(maxsize=256)
def _inches(size: str) -> Fraction | None:
    return inches(size)


def oversized(ask: Ask) -> Iterable[Found]:
    """M02: a meter larger than what the parcel's verified rights leave for it, the largest right for the largest."""
    if (narrow := ask.only("parcel", "x.apn")) is None:
        return
    only, keys = narrow
    day = ask.today.isoformat()
    allowed: dict[tuple[str, str], list[tuple[Fraction, str]]] = defaultdict(list)
    for apn, kind, size, count in ask.db.rows(
        "SELECT x.apn, r.kind, r.size, r.count FROM parcel_right r JOIN live_parcel x ON x.id = r.parcel_id"
        " WHERE r.status = 'verified' AND r.from_on <= ? AND COALESCE(r.to_on, '9999-12-31') >= ?"
        f" AND x.status = 'active'{only}",
        [day, day, *keys],
    ):
        if (wide := _inches(size)) is not None:
            allowed[apn, kind] += [(wide, size)] * int(count)
    hung: dict[tuple[str, str], list[tuple[Fraction, str, str]]] = defaultdict(list)
    for apn, kind, size, maker, serial in ask.db.rows(
        "SELECT x.apn, s.kind, e.size, e.maker, e.serial FROM live_parcel x"
        " JOIN premise m ON m.parcel_id = x.id JOIN service_point p ON p.premise_id = m.id AND p.state = 'active'"
        f" JOIN live_service s ON s.point_id = p.id AND s.to_on IS NULL AND s.kind IN {METERED_KINDS}"
        " JOIN live_install i ON i.point_id = p.id AND i.off_date IS NULL JOIN meter e ON e.id = i.meter_id"
        f" WHERE x.id IN (SELECT r.parcel_id FROM parcel_right r WHERE r.status = 'verified'){only}"
        f" AND e.id NOT IN {_SUBMETERS}",
        keys,
    ):
        if (wide := _inches(size)) is not None:
            hung[apn, kind].append((wide, size, f"{maker}/{serial}"))
    told: dict[str, Found] = {}
    for (apn, kind), rights in sorted(allowed.items()):
        meters = sorted(hung[apn, kind], key=lambda one: (-one[0], one[2]))
        widths = sorted(rights, reverse=True)
        for meter, right in zip(meters, widths, strict=False):
            if meter[0] > right[0] and apn not in told:
                why = f"meter {meter[2]} is {meter[1]} in, its {kind} right {right[1]} in"
                evidence = {"parcel": format_apn(apn), "meter": meter[2], "size": meter[1], "allowed": right[1]}
                told[apn] = Found(
                    apn, "", "Meter larger than its right", why, {**evidence, "kind": kind, "reads": []},
                    account_id=ask.db.value(f"SELECT {_PAYS} FROM parcel x WHERE x.apn = ?", [apn]),
                    due_source="data quality",
                )  # fmt: skip
    yield from told.values()


def unproved(ask: Ask) -> Iterable[Found]:
    """M14: a verified right in force whose paper is named and not kept; one item a parcel."""
    if (narrow := ask.only("parcel", "x.apn")) is None:
        return
    only, keys = narrow
    bare: dict[str, list[Any]] = defaultdict(list)
    for row in ask.db.rows(
        f"SELECT x.apn, r.id, r.kind, r.size, r.count, r.source, {_PAYS}, x.situs FROM parcel_right r"
        " JOIN live_parcel x ON x.id = r.parcel_id WHERE r.status = 'verified' AND r.document_id IS NULL"
        f" AND COALESCE(r.to_on, '9999-12-31') >= ?{only} ORDER BY x.apn, r.id",
        [ask.today.isoformat(), *keys],
    ):
        bare[row[0]].append(row)
    for apn, rows in bare.items():
        told = "; ".join(f"{row[4]} {row[2]} at {row[3]} in, by {row[5] or 'no paper named'}" for row in rows)
        yield Found(
            apn, "", "Right without its paper", told,
            {
                "parcel": format_apn(apn), "situs": rows[0][7], "rights": len(rows), "right": rows[0][1],
                "source": rows[0][5], "reads": [],
            },
            account_id=rows[0][6], due_source="data quality",
        )  # fmt: skip


DETECTORS = (
    Detector(
        "M01", "More connections than rights", ("parcel",),
        "active service points of a kind on a parcel, submeters left out, > its verified rights of that kind in force;"
        " a parcel without verified rights of the kind is not judged",
        "Capacity is used that nobody paid for.", ("right.set", "right.verify", "order.create"),
        "capacity charges, GC 66013", over_authorised,
    ),
    Detector(
        "M02", "Meter larger than its right", ("parcel",),
        "the parcel's meters of a kind, largest first, against its verified rights, largest first: one is larger",
        "More capacity is taken than was paid for.", ("right.set", "right.verify", "meter.exchange", "order.create"),
        "capacity charges, GC 66013", oversized, sla_days=30, project=True,
    ),
    Detector(
        "M14", "Right without its paper", ("parcel",),
        "a verified right in force has no document attached",
        "Nobody can show that the connection was granted.", ("right.document", "right.end"),
        "capacity charges, GC 66013; this program's own rule", unproved, sla_days=30, project=True,
    ),
)  # fmt: skip

"""What the crew found against the record: another serial, size or place, a seal that is broken, gone or another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from ubtui.db.session import Row
from ubtui.detectors.base import Ask, Detector, Found, marks, parts
from ubtui.detectors.meters.looks import BASE, LOOKS, newest
from ubtui.domain.money import format_money
from ubtui.domain.register import passed
from ubtui.domain.sizes import inches
from ubtui.domain.subjects import Subject
from ubtui.domain.text import clean_text

_REPORTS = (
    "SELECT p.number, p.id, o.number, o.done_on, o.found_serial, o.found_size, o.found_location, o.found_seal,"
    " p.location_note FROM field_order o JOIN live_point p ON p.id = o.point_id WHERE o.state = 'done'"
    " AND (o.found_serial IS NOT NULL OR o.found_size IS NOT NULL OR o.found_location IS NOT NULL"
    " OR o.found_seal IS NOT NULL){} ORDER BY p.number, o.done_on DESC, o.id DESC"
)
_FEES = (
    "SELECT p.number, p.id, z.number, f.what, f.cents, f.noted_on, f.noted_by FROM seal_fee f"
    " JOIN seal z ON z.id = f.seal_id JOIN live_point p ON p.id = z.point_id WHERE f.settled_on IS NULL{}"
    " ORDER BY p.number, f.id"
)
_SEALS = (
    "SELECT p.number, p.id, z.number, z.placed_on, CASE WHEN i.on_date <= z.placed_on THEN z.placed_value END,"
    f" k.checked_on, k.found, k.value, k.found_number, k.checked_by, {BASE}, g.dials FROM {LOOKS}"
    " LEFT JOIN live_install i ON i.point_id = p.id AND i.off_date IS NULL"
    " LEFT JOIN register g ON g.meter_id = i.meter_id AND g.n = 1"
    f" WHERE k.id = {newest()}{{}} ORDER BY p.number, z.id, i.id"
)


def differs(ask: Ask) -> Iterable[Found]:
    """M09: the newest report from the field does not agree with the record, and nothing was done since."""
    if (narrow := ask.only("point", "p.number")) is None:
        return
    only, some = narrow
    said: dict[tuple[str, int], list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
    looked: dict[str, Row] = {row[2]: row for row in ask.db.rows(_SEALS.format(only), some)}
    for row in looked.values():
        if (seal := _seal(row)) is not None:
            said[row[0], row[1]].append(seal)
    reports: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in ask.db.rows(_REPORTS.format(only), some):
        reports[row[0], row[1]].append(row[2:])
    fees: dict[tuple[str, int], Row] = {}
    for row in ask.db.rows(_FEES.format(only), some):
        fees.setdefault((row[0], row[1]), row[2:])
    hung = _hung(ask, [id for _, id in reports])
    for (number, id), rows in reports.items():
        said[number, id] += _told(ask, id, rows, hung[id])
    for at, fee in fees.items():
        said[at].append(_fee(fee))
    for (number, id), told in sorted(said.items()):
        if told:
            evidence: dict[str, Any] = {}
            for _, _, facts in reversed(told):
                evidence |= facts
            yield Found(
                number, "", told[0][0], "; ".join(why for _, why, _ in told), {**evidence, "reads": []}, point_id=id,
                money_cents=evidence.get("fee_cents", 0),
            )  # fmt: skip


def _fee(row: Row) -> tuple[str, str, dict[str, Any]]:
    """Title, why and facts of a fee of the crew's own work: nobody has charged it yet."""
    seal, what, cents, on, by = row
    why = f"seal {seal} was {what} by {clean_text(by, 60)} on {on}: {format_money(cents)} is not charged"
    return "Seal fee not charged", why, {
        "fee_of": seal, "fee_what": what, "fee_cents": cents, "fee_noted_on": on, "seen_by": clean_text(by, 60),
    }  # fmt: skip


def _seal(row: Row) -> tuple[str, str, dict[str, Any]] | None:
    """Title, why and facts of a look at a seal that was not as the record has it; None where it was."""
    _, _, seal, _, placed_value, on, found, value, other, by, before, dials = row
    facts = {"seal": seal, "found": found, "checked_on": on, "seen_by": clean_text(by, 60), "value": value}
    if found in ("broken", "missing"):
        what = "broken" if found == "broken" else "not there"
        return f"Seal {'broken' if found == 'broken' else 'missing'}", f"seal {seal} was {what} on {on}", facts
    if found == "other" and other != seal:  # else its number was put right since
        read = clean_text(other, 40)
        return "Another seal", f"seal {read} was on instead of {seal} on {on}", {**facts, "found_seal": read}
    base = placed_value if before is None else before
    if value is not None and base is not None and value < base and not passed(base, value, dials):
        why = f"behind seal {seal} the meter showed {value:,} on {on}, {base:,} before"
        return "Sealed meter went back", why, {**facts, "before": base}
    return None


_Hung = tuple[str, str, str, str, int]  # maker, serial, size, hung since, whether its serial is a stand-in


def _hung(ask: Ask, points: Sequence[int]) -> dict[int, list[_Hung]]:
    found: dict[int, list[_Hung]] = defaultdict(list)
    for part in parts(points):
        for point, *meter in ask.db.rows(
            "SELECT i.point_id, m.maker, m.serial, m.size, i.on_date, m.placeholder FROM live_install i"
            f" JOIN meter m ON m.id = i.meter_id WHERE i.off_date IS NULL AND i.point_id IN ({marks(part)})"
            " ORDER BY i.id",
            part,
        ):
            found[point].append((meter[0], meter[1], meter[2], meter[3], meter[4]))
    return found


def _told(
    ask: Ask, point: int, rows: Sequence[Row], hung: Sequence[_Hung]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What the newest report of each kind says against the record."""
    serial = next((row for row in rows if row[2]), None)
    size = next((row for row in rows if row[3]), None)
    place = next((row for row in rows if row[4]), None)
    seal = next((row for row in rows if row[5]), None)
    if serial is not None and _other_serial(ask, point, serial, hung):
        order, on, read = serial[0], serial[1], clean_text(serial[2], 40)
        has = " and ".join(f"{maker}/{own}" for maker, own, *_ in hung)
        why = f"{order} found meter {read} on {on}; the record has {has or 'none'}"
        yield "Another meter", why, {"order": order, "found_on": on, "found_serial": read, "meter": has}
    elif size is not None and hung and _other_size(size, hung):
        order, on, read = size[0], size[1], clean_text(size[3], 20)
        has = " and ".join(dict.fromkeys(each[2] for each in hung))
        why = f"{order} found {read} in on {on}; the record has {has} in"
        facts = {"order": order, "found_on": on, "found_size": read, "size": has}
        yield "Another size", why, {**facts, "meter": f"{hung[0][0]}/{hung[0][1]}"}
    if place is not None and (place[6] or "").strip() and _folded(place[4]) != _folded(place[6]):
        order, on, read, has = place[0], place[1], clean_text(place[4], 200), clean_text(place[6], 200)
        why = f"{order} found it at {read} on {on}; the record has {has}"
        yield "Another place", why, {"order": order, "found_on": on, "found_location": read, "location": has}
    if seal is not None and not ask.db.value(
        # A seal that was on then was looked at by the same report.
        "SELECT 1 FROM seal z WHERE z.point_id = ? AND (z.placed_on >= ? OR z.number = ? OR z.removed_on IS NULL"
        " OR z.removed_on >= ?)",
        [point, seal[1], seal[5], seal[1]],
    ):
        order, on, read = seal[0], seal[1], clean_text(seal[5], 40)
        why = f"{order} found seal {read} on {on}; the record has none"
        yield "A seal nobody knows", why, {"order": order, "found_on": on, "found_seal": read}


def _folded(text: str) -> str:
    return " ".join(clean_text(text, 500).casefold().split())


def _other_serial(ask: Ask, point: int, row: Row, hung: Sequence[_Hung]) -> bool:
    """Whether no meter that hangs has the serial; a meter set since settles it, one that is live elsewhere is M07's."""
    read = row[2].strip().casefold()
    if any(since > row[1] or placeholder for *_, since, placeholder in hung):
        return False
    if any(read in (own.casefold(), f"{maker}/{own}".casefold()) for maker, own, *_ in hung):
        return False
    return not ask.db.value(
        "SELECT 1 FROM meter m JOIN live_install i ON i.meter_id = m.id AND i.off_date IS NULL AND i.point_id <> ?"
        " WHERE m.serial = ?",
        [point, row[2]],
    )


def _other_size(row: Row, hung: Sequence[_Hung]) -> bool:
    """Whether no meter that hung then has the size that was seen."""
    read = _inches(row[3])
    return all(
        since <= row[1]
        and (read != own if read is not None and (own := _inches(size)) is not None else row[3].strip() != size.strip())
        for _, _, size, since, _ in hung
    )


@lru_cache(maxsize=256)
def _inches(size: str) -> Any:
    return inches(size)


def reported(ask: Ask) -> Iterable[Subject]:
    """Points where the crew read the serial of a meter that changed: it may have become, or been, live elsewhere."""
    serials = sorted({key.partition("/")[2] for key in ask.keys("meter") or ()})
    for part in parts(serials):
        for (number,) in ask.db.rows(
            "SELECT DISTINCT p.number FROM field_order o JOIN service_point p ON p.id = o.point_id"
            f" WHERE o.found_serial IN ({marks(part)}) AND o.state = 'done'",
            part,
        ):
            yield Subject("point", number)


DETECTORS = (
    Detector(
        "M09", "Field differs from the record", ("point",),
        "the newest report of an order has a serial, size or place that the record does not have there, or the newest"
        " look at a seal found it broken, gone, with another number or its meter gone back, or a seal that the crew put"
        " on or took off has a fee that nobody charged; a serial that is live elsewhere is M07's",
        "The record is wrong, or somebody helps himself to water.",
        (
            "adjust.propose", "seal.fee", "seal.remove", "seal.replace", "seal.verify", "seal.place", "meter.exchange",
            "point.place", "order.correct", "order.create",
        ),
        "field activity completion: what the crew reports is checked against the record; seal rounds of districts",
        differs, also={"meter": reported},
    ),
)  # fmt: skip

"""A read under judgement as detectors ask for it: its facts by name, and the item that is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from ubtui.db.session import Row
from ubtui.detectors.base import METERED_KINDS, Ask, Found, marks
from ubtui.domain.periods import billed_on
from ubtui.domain.scales import Scale, Scales

Facts = dict[str, Any]
"""A read under judgement by the names of its columns, with the number of its point."""
_NAMES = (
    "register_id read_on seq point_id period value usage days source status held_code prev_on prev_value prev_usage"
    " prev_source prev_actual_value raw_use rollover_use ly_on ly_usage ly_milli avg_milli zero_run before_zero number"
)
_COLUMNS = _NAMES.split()
_FACTS = ", ".join(f"r.{name}" for name in _COLUMNS[:-1]) + ", p.number"
# CROSS JOIN keeps SQLite to this order: from the rows under judgement when all are asked for, else from the points.
ALL = "read_summary r CROSS JOIN service_point p"
SOME = "service_point p CROSS JOIN read_summary r"
JOINED = " AND p.id = r.point_id"
"""Last of all conditions: put first, it makes SQLite go through the rows by their points, a lookup for each."""
METERED = f"x.to_on IS NULL AND x.kind IN {METERED_KINDS}"
CLASS = f"(SELECT MIN(x.customer_class) FROM live_service x WHERE x.point_id = r.point_id AND {METERED})"
ACCOUNT = f"(SELECT MIN(x.account_id) FROM live_service x WHERE x.point_id = r.point_id AND {METERED})"


# What reads carry beyond their own counts, of a row under judgement `r`: the read itself, the one before it, and the
# last before it that somebody read.
_CARRY = (
    "(SELECT z.carry FROM live_read z WHERE z.register_id = r.register_id AND z.status <> 'void'"
    " AND z.kind NOT IN ('control', 'reread') AND {} ORDER BY z.read_on DESC, z.seq DESC LIMIT 1)"
)
CARRIES = _CARRY.format("z.read_on = r.read_on AND z.seq = r.seq")
_BEFORE = "(z.read_on < r.read_on OR (z.read_on = r.read_on AND z.seq < r.seq))"
CARRIED_BEFORE = _CARRY.format(_BEFORE)
CARRIED_READ = _CARRY.format(f"{_BEFORE} AND z.source <> 'E' AND z.value IS NOT NULL")

STAYS = frozenset({"R04", "R05", "R06", "R07"})


def rows(
    ask: Ask,
    code: str,
    where: str,
    params: Sequence[Any],
    more: str = "",
    selected: Sequence[Any] = (),
    sources: tuple[str, str] = (ALL, SOME),
) -> Iterator[tuple[Facts, Row]]:
    """Rows under judgement that fulfil `where` and are not reviewed for `code`: facts by name, then `more`.

    What is held for one of STAYS is found whatever moved since: a person decides.

    `selected` are the parameters of `more`; `sources` are the FROM of all and of some points.
    """
    keys = ask.keys("point")
    if code in STAYS and not ask.anew:
        where = f"({where} OR (r.status = 'held' AND r.held_code = '{code}'))"
    only, source = "", sources[0]
    if keys is not None:
        if not keys:
            return
        only, source = f"p.number IN ({marks(keys)}) AND ", sources[1]
    sql = f"SELECT {_FACTS}{more} FROM {source} WHERE {only}{where} AND r.decided NOT LIKE '%{code}%'{JOINED}"
    for row in ask.db.rows(sql, [*selected, *(keys or ()), *params]):
        yield dict(zip(_COLUMNS, row, strict=False)), row[len(_COLUMNS) :]


def steps(scales: Scales, size: str) -> str:
    """SQL of a scale in thousandths, at a size in thousandths, of the class of the read's point; at least one of them.

    The figures are numbers of our own reading, and so are the words of classes.
    """

    def of(scale: Scale) -> str:
        low = [f"WHEN {size} < {milli(below)} THEN {milli(figure)}" for below, figure in scale.steps]
        return f"CASE {' '.join(low)} ELSE {milli(scale.last)} END" if low else str(milli(scale.last))

    if not scales.of:
        return of(scales.base)
    own = " ".join(f"WHEN '{name}' THEN {of(scale)}" for name, scale in scales.of.items())
    return f"CASE {CLASS} {own} ELSE {of(scales.base)} END"


def milli(figure: Fraction) -> int:
    """A figure in thousandths: at least one of them, and no more than a comparison can hold."""
    return max(1, min(int(figure * 1000), 10**15))


def found_read(ask: Ask, title: str, why: str, r: Facts, units: int, **evidence: Any) -> Found:
    """An item about a read: due the office day before its bill date, the reads concerned as evidence."""
    reads: list[dict[str, Any]] = [{"on": r["read_on"], "value": r["value"], "use": r["usage"]}]
    if r["prev_on"]:
        reads.append({"on": r["prev_on"], "value": r["prev_value"], "use": r["prev_usage"]})
    if r["ly_on"]:
        reads.append({"on": r["ly_on"], "value": None, "use": r["ly_usage"]})
    found = Found(r["number"], r["period"], title, why, {}, point_id=r["point_id"], units=abs(units))
    found.read, found.stands = (r["register_id"], r["read_on"], r["seq"]), (r["status"], r["held_code"])
    found.evidence = {
        "read_on": r["read_on"], "seq": r["seq"], "value": r["value"], "use": r["usage"], "days": r["days"],
        "source": r["source"], **evidence, "reads": reads,
    }  # fmt: skip
    found.due_source = "bill date"
    if r["status"] == "held":
        found.evidence["held"] = r["held_code"] or "held"
    return found


def day(text: str) -> str:
    """A day as the worklist writes it: `Nov 23, 2026`."""
    return date.fromisoformat(text).strftime("%b %-d, %Y")


def due_before_bill(ask: Ask, found: Found, bill_day: int | None) -> None:
    """Give a reading's item its due day, the office day before the bill date of its period."""
    bill = billed_on(found.period, bill_day)
    if bill is None:
        found.due_source = None
        return
    found.due_on = ask.add_business(bill, -1)
    if "held" in found.evidence:
        found.bill_on = bill

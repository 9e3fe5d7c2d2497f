"""Reads that stand below the one before, each explained by one code; and a read whose previous is still held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from ubtui.db.session import Row
from ubtui.detectors.base import Ask, Detector, Found, decimal
from ubtui.detectors.readings.facts import CARRIED_READ, Facts, day, found_read, rows
from ubtui.domain.holds import held_for
from ubtui.domain.register import Register, carried
from ubtui.domain.volume import Unit

_OVER = "r.prev_source = 'E' AND r.prev_actual_value IS NOT NULL AND r.value >= r.prev_actual_value"
_LOW = "r.raw_use IS NOT NULL AND r.rolled = 0"
# A read taken as a rollover is settled for all codes, whatever its average says later.
_WHERE = {
    "R09": f"{_LOW} AND r.rollover = 0 AND NOT ({_OVER})",
    "R10": f"{_LOW} AND r.rollover = 1",
    "R11": f"{_LOW} AND r.rollover = 0 AND {_OVER}",
}


def _below(ask: Ask, code: str, more: str = "") -> Iterator[tuple[Facts, Row]]:
    return rows(ask, code, _WHERE[code], [], more)


def below_previous(ask: Ask) -> Iterable[Found]:
    """R09: lower than the read before, and neither a counter past zero nor an estimate too high explains it."""
    for r, _ in _below(ask, "R09"):
        estimated = "estimate " if r["prev_source"] == "E" else "read "
        why = f"{r['prev_value']:,} → {r['value']:,}, below the {estimated}of {day(r['prev_on'])}"
        yield found_read(
            ask, "Read below previous", why, r, r["raw_use"], previous=r["prev_value"],
            previous_source=r["prev_source"], difference=r["raw_use"],
            if_rollover=r["rollover_use"], average=decimal(r["avg_milli"]),
        )  # fmt: skip


def past_zero(ask: Ask) -> Iterable[Found]:
    """R10: the counter most likely passed zero once."""
    for r, _ in _below(ask, "R10"):
        why = f"{r['prev_value']:,} → {r['value']:,}: {r['rollover_use']:,} if past zero"
        why += f", average {decimal(r['avg_milli'])}"
        yield found_read(
            ask, "Counter past zero?", why, r, r["rollover_use"], previous=r["prev_value"],
            if_rollover=r["rollover_use"], average=decimal(r["avg_milli"]),
        )  # fmt: skip


_FACE = ", ".join(
    f"(SELECT {part} FROM register g WHERE g.id = r.register_id)"
    for part in ("g.dials", "g.fixed_zeros", "g.mult_num", "g.mult_den", "g.unit")
) + ", (SELECT MIN(x.unit) FROM live_service x WHERE x.point_id = r.point_id AND x.to_on IS NULL)"  # fmt: skip


def over_estimated(ask: Ask) -> Iterable[Found]:
    """R11: lower than an estimate, not lower than the last value that somebody read: the estimate was too high."""
    for r, (dials, zeros, num, den, unit, billing, carry) in _below(ask, "R11", f", {_FACE}, {CARRIED_READ}"):
        face = Register(dials, zeros, Fraction(num, den), Unit.parse(unit))
        bills = Unit.parse(billing or ask.district.billing_unit)
        use = face.usage(r["prev_actual_value"], r["value"], bills, carry=carried(carry))
        why = f"{r['value']:,} is below the estimate {r['prev_value']:,} of {day(r['prev_on'])};"
        why += f" {use:,} since the last actual read"
        yield found_read(
            ask, "Estimate was too high", why, r, r["raw_use"], previous=r["prev_value"], previous_source="E",
            last_actual=r["prev_actual_value"], since_actual=use, difference=r["raw_use"],
            average=decimal(r["avg_milli"]),
        )  # fmt: skip


def prior_held(ask: Ask) -> Iterable[Found]:
    """R17: measured against a read that nobody has settled yet; the one that holds up the others is named."""
    more = (
        ", (SELECT COALESCE(z.held_code, '') || '#' || CAST(z.read_on AS text) || '#' || CAST(z.seq AS text)"
        " FROM read_summary z WHERE z.register_id = r.register_id AND z.status = 'held'"
        " AND (z.read_on < r.read_on OR (z.read_on = r.read_on AND z.seq < r.seq))"
        " AND COALESCE(z.held_code, '') <> 'R17' ORDER BY z.read_on DESC, z.seq DESC LIMIT 1)"
    )
    for r, (told,) in rows(ask, "R17", "r.prev_status = 'held' AND r.value IS NOT NULL", [], more):
        held, on, seq = (told or f"#{r['prev_on']}#1").split("#")
        why = f"the read of {day(on)} is still held: {held_for(held)}"
        yield found_read(
            ask, "Read before is held", why, r, r["usage"] or 0, prior_held=held, prior_on=on, prior_seq=int(seq),
        )  # fmt: skip


DETECTORS = (
    Detector(
        "R09", "Read below previous", ("point",),
        "value below the previous value, neither a counter past zero as R10 judges it nor an over-estimate (R11)",
        "The bill cannot be computed.", ("read.review", "read.swap", "order.create"),
        "consumption audits of Tyler: rollover, negative", below_previous,
        holds=True,
    ),
    Detector(
        "R10", "Counter past zero?", ("point",),
        "value below the previous value; previous ≥ 90 % and value ≤ 10 % of the dials' range, use past zero ≤ 3 ×"
        " average, previous read no over-estimate", "The bill cannot be computed.",
        ("read.review", "read.swap", "order.create"),
        "rollover audits of Tyler and Caselle; one in a period, as SAP IS-U has it", past_zero,
        holds=True,
    ),
    Detector(
        "R11", "Estimate was too high", ("point",),
        "value below the previous value, which was estimated, and not below the last actual value",
        "The customer paid for water that was not used, and this bill cannot be computed.",
        ("read.cancel_estimates", "read.review", "read.swap", "order.create", "adjust.propose"),
        "SAP IS-U: assessing of estimated reads", over_estimated,
        holds=True,
    ),
    Detector(
        "R17", "Read before is held", ("point",), "the read before is held, and this one is measured against it",
        "Its use, and every one after it, rests on a value that nobody has settled.", ("read.review",),
        "SAP IS-U: an implausible read holds up the next", prior_held,
        holds=True,
    ),
)  # fmt: skip

"""What waits too long or fades: reads to be taken again, held reads before their bill, large meters."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from fractions import Fraction

from ubtui.detectors.base import Ask, Detector, Found, Parameter, decimal, marks, parameters
from ubtui.detectors.readings import use
from ubtui.detectors.readings.facts import CLASS, day, found_read, milli, rows, steps
from ubtui.detectors.readings.summaries import CLEARS
from ubtui.domain.errors import BadValue
from ubtui.domain.holds import held_for
from ubtui.domain.periods import billed_on
from ubtui.domain.scales import Scales, plain
from ubtui.domain.sizes import inches
from ubtui.domain.subjects import ItemKey

_KINDS = tuple(CLEARS)
_LOW = next(d for d in use.DETECTORS if d.code == "R07")


def bill_days(ask: Ask) -> dict[str, int]:
    """The day of the month on which each cycle is billed."""
    return dict(ask.db.rows("SELECT code, bill_day FROM cycle"))


def bill_on(period: str, days: dict[str, int]) -> date | None:
    """The bill date of a period; None where the period is no cycle's."""
    return billed_on(period, days.get(period.rpartition("/")[0]))


def reread_late(ask: Ask) -> Iterable[Found]:
    """R24: what an item of a read sent a reader out for did not come back, and its bill comes nearer."""
    if (narrow := ask.only("point", "p.number")) is None:
        return
    only, keys = narrow
    found = ask.db.rows(
        "SELECT o.number, o.item, o.due_on, o.asked_on, o.point_id, p.number, o.account_id, o.instructions"
        " FROM field_order o JOIN service_point p ON p.id = o.point_id WHERE o.state = 'open' AND o.kind = 'reread'"
        f" AND o.item LIKE 'R%' AND o.due_on < ?{only} ORDER BY o.due_on, o.id",
        [ask.today.isoformat(), *keys],
    )
    days = bill_days(ask) if found else {}
    before = ask.add_business(ask.today, ask.whole("bill_within")) if found else ask.today
    for number, item, due, asked, point, where, account, instructions in found:
        period = ""
        with suppress(BadValue):
            period = ItemKey.parse(item).period
        bill = bill_on(period, days)
        late = ask.business_days(date.fromisoformat(due), ask.today)
        if late <= ask.whole("days") and (bill is None or bill > before):
            continue
        why = f"order {number} of {day(asked)} was due {day(due)}" + (f"; its bill is of {day(str(bill))}" * bool(bill))
        evidence = {"order": number, "kind": "reread", "due_on": due, "asked_for": item, "instructions": instructions}
        yield Found(
            where, period, "Not read again yet", why, {**evidence, "bill_on": bill and bill.isoformat(), "reads": []},
            point_id=point, account_id=account, units=late, due_on=date.fromisoformat(due), due_source="the order",
        )  # fmt: skip


def held_before_bill(ask: Ask) -> Iterable[Found]:
    """R25: a read is held, its bill is due, and nothing else on the list says so."""
    days: dict[str, int] = {}
    soon = date.min
    # Of a trial, which looks at nothing else, what another kind holds is left to that one.
    word = f" AND COALESCE(r.held_code, '') NOT IN ({marks(_KINDS)})" if ask.anew else ""
    for r, _ in rows(ask, "R25", f"r.status = 'held'{word}", _KINDS if ask.anew else []):
        if not days:
            days, soon = bill_days(ask), ask.add_business(ask.today, ask.whole("within"))
        bill = bill_on(r["period"], days)
        if bill is None or bill > soon:
            continue
        why = f"the bill of {day(str(bill))} waits for the read of {day(r['read_on'])}, held:"
        why += f" {held_for(r['held_code'])}"
        yield found_read(ask, "Held before its bill", why, r, r["usage"] or 0, bill_on=bill.isoformat())


def large_meter_fades(ask: Ask) -> Iterable[Found]:
    """R26: a large meter registers less than expected, though not so little that R07 has it."""
    large = Fraction(ask.parameters["size"])
    keys = ask.keys("point")
    if keys is not None and not keys:
        return
    sql = "SELECT DISTINCT size FROM meter"
    if keys is not None:
        sql = (
            "SELECT DISTINCT e.size FROM service_point p CROSS JOIN install i CROSS JOIN meter e"
            f" WHERE p.number IN ({marks(keys)}) AND i.point_id = p.id AND e.id = i.meter_id"
        )
    found = ask.db.rows(sql, [*(keys or ())])
    sizes = [text for (text,) in found if (inches(text or "") or 0) >= large]
    if not sizes:
        return
    own = _LOW.values(parameters(ask.db).get(_LOW.code, {}))
    scales, low = ask.scales("times"), Scales.among(own, "times")
    size = "(SELECT e.size FROM register g JOIN meter e ON e.id = g.meter_id WHERE g.id = r.register_id)"
    where = (
        f"(r.usage > 0 AND r.ly_milli >= ? AND {use.UNDER.format(milli(max(scales.figures)), use.MOST)}"
        f" AND {use.UNDER.format(steps(scales, use.EXPECTED), use.EXPECTED)}"
        f" AND NOT (r.ly_milli >= ? AND {use.UNDER.format(steps(low, use.EXPECTED), use.EXPECTED)})"
        f" AND {size} IN ({marks(sizes)}))"
        " AND NOT EXISTS(SELECT 1 FROM field_order o WHERE o.point_id = r.point_id AND o.state <> 'cancelled'"
        " AND o.item = 'R26:point:' || p.number || '@' || r.period)"
    )
    kind = CLASS if scales.of else "NULL"
    params = [ask.milli("base"), int(Fraction(own["base"]) * 1000), *sizes]
    for r, (ratio, inch, customer_class) in rows(ask, "R26", where, params, f", {use.MEDIAN}, {size}, {kind}"):
        expected = use.season(r, ratio) or 0
        why = f"{use.against(r, expected)}, by a meter of {inch} in"
        yield found_read(
            ask, "Large meter registers less", why, r, expected // 1000 - (r["usage"] or 0),
            expected=decimal(expected), last_year=r["ly_usage"], size=inch, request="test",
            limit=plain(scales.at(Fraction(expected, 1000), customer_class)),
        )  # fmt: skip


DETECTORS = (
    Detector(
        "R24", "Not read again yet", ("point",),
        "an order to read again that an item of a read asked for is open, its due day is past, and that by more than"
        " days office days, or the bill date is bill_within office days away or nearer",
        "The read stays in doubt, and its bill late.",
        ("order.result", "order.move", "order.cancel", "read.enter", "read.review"),
        "Oracle CC&B: rereads are watched; three days and the bill date are this program's own limits", reread_late,
        parameters={
            "days": Parameter("3", "office days", "after the order's due day"),
            "bill_within": Parameter("2", "office days", "before the bill date a day past due is late"),
        },
    ),
    Detector(
        "R25", "Held before its bill", ("point",),
        "a held read whose bill date is within office days away, or past, and which no item of what holds it is about",
        "The bill goes out late, or without this use.", ("read.review", "order.create"),
        "Oracle CC&B: the next bill date orders the reads in doubt", held_before_bill, alone=True,
        parameters={"within": Parameter("2", "office days", "before the bill date")},
    ),
    Detector(
        "R26", "Large meter registers less", ("point",),
        "a meter of size inches or more: 0 < use < times × last year's use × the cycle's median ratio, and last year's"
        " use ≥ base; not as low as R07 finds it, and no order was made of it",
        "A large meter that slows down gives much water away.", ("order.create", "read.review"),
        "AWWA M6: large meters are tested; a fall by a quarter is a rule of municipal packages", large_meter_fades,
        parameters={
            "size": Parameter("1.5", "inches", "the smallest meter that is looked at"),
            "times": Parameter("0.75", "×", "how far below the expected use", scale=True),
            "base": Parameter("20", "billing units", "last year's use that makes a fall worth a look"),
        },
    ),
)  # fmt: skip

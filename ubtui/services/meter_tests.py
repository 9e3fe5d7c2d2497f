"""Tests of meters: written down flow by flow, judged by the district's limits, with what follows for the bills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Annotated

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.calendars import office
from ubtui.db.makers import spellings
from ubtui.db.models.meters import MeterTest, MeterTestFlow
from ubtui.db.session import Row
from ubtui.detectors.base import marks
from ubtui.detectors.meters import programme
from ubtui.domain.accuracy import FLOWS, Limits, Measured, billing_error, measured, overcharge, percent
from ubtui.domain.errors import BadValue
from ubtui.domain.instalments import later
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.services import adjustments, orders

Flow = Annotated[str, msgspec.Meta(max_length=60)]


class Test(Form, frozen=True, kw_only=True):
    """A meter was tested; where flows were measured they decide."""

    meter: Annotated[str, msgspec.Meta(description="maker/serial, badger/12345678")]
    tested_on: Annotated[date, msgspec.Meta(description="day of the test")]
    passed: Annotated[bool, msgspec.Meta(description="no: it fails, whatever was measured")] = True
    low: Annotated[Flow, msgspec.Meta(description="at low flow: its volume of the standard's, 9.6 of 10")] = ""
    mid: Annotated[Flow, msgspec.Meta(description="at mid flow: 10.1 of 10, or 10.1 of 10 at 2.5 gpm")] = ""
    high: Annotated[Flow, msgspec.Meta(description="at high flow: 101 of 100")] = ""
    tested_by: Annotated[str, msgspec.Meta(description="who tested it, or which shop", max_length=60)] = ""
    accuracy: Annotated[str, msgspec.Meta(description="what else was found", max_length=120)] = ""


class Tested(msgspec.Struct, frozen=True):
    """How the meter did at each flow and on the bills, and what followed: an order, drafted proposals, in words."""

    meter: str
    passed: bool
    tested_on: date
    order: str
    low: str = ""
    mid: str = ""
    high: str = ""
    on_bills: str = ""
    proposals: tuple[str, ...] = ()
    told: str = ""


@dataclass(frozen=True, slots=True)
class FlowLine:
    """One flow of a test, all but `error` in thousandths: gallons a minute, volumes, limits in percent."""

    flow: str
    gpm: int
    registered: int
    standard: int
    lowest: int
    highest: int
    error: str
    passed: bool


@dataclass(frozen=True, slots=True)
class TestLine:
    """One test as it was written down; `on_bills` is what bills were wrong by, empty where that is not known."""

    meter: str
    tested_on: date
    tested_by: str
    passed: bool
    flows: tuple[FlowLine, ...]
    on_bills: str
    note: str
    order: str
    proposals: tuple[str, ...]
    entered_by: str


@dataclass(frozen=True, slots=True)
class _Meter:
    """A meter with where it hangs, or hung last: `off` is None while it does."""

    id: int
    name: str
    size: str
    point_id: int
    point: str
    on: date
    off: date | None


@act("meter.test")
def test(work: Work, form: Test) -> Tested:
    """Write a test down. One that failed sends an order out to exchange the meter, and leaves it due.

    A flow outside its limits fails the test. A meter that counted too much drafts a proposal for each account it was
    billed to: the look-back and the reason are the district's, and nobody's money moves before it is decided. One
    that counted too little is told; nobody is charged for it.
    """
    meter = _meter(work, form.meter)
    if form.tested_on > work.today:
        raise Refused(f"{form.tested_on} is still to come", rule="meters", cure="give today or a day before")
    if form.tested_on < meter.on:
        raise Refused(f"{meter.name} hangs there since {meter.on}", rule="meters", cure="give the day of the test")
    limits = work.district.meters.limits(meter.size)
    flows = _flows(form, meter, limits)
    passed = form.passed and all(each.within(limits[flow]) for flow, each in flows.items())
    error = billing_error(flows)
    said = {flow: percent(each.error) for flow, each in flows.items()}
    note = clean_text(form.accuracy, 120).strip()
    why = ", ".join((*(f"{flow} {text}" for flow, text in said.items()), *filter(None, [note])))
    number, told = "", ""
    proposals: tuple[str, ...] = ()
    if passed:
        orders.tested(work, meter.id, form.tested_on)
    elif meter.off is None and not any(each.kind == "exchange" for each in orders.open_at(work, meter.point_id)):
        due = office(work.db, work.today, work.today).add(work.today, 10)
        number = orders.sent(work, meter.point_id, meter.point, "exchange", due, f"failed its test {why}".strip()).order
    if error is not None and not passed:
        proposals, told = _consequence(work, meter, form.tested_on, error, limits["mid"])
    _kept(work, form, meter, flows, limits, passed, note, number, proposals)
    if meter.off is None:
        orders.finish(
            work, meter.point_id, meter.point, "test", form.tested_on, why or ("passed" if passed else "failed")
        )
    work.touch("meter", meter.name)
    work.touch("point", meter.point)
    run = programme(work.today)
    work.touch(run.type, run.key)
    work.fact(meter=meter.name, passed=int(passed), tested_on=form.tested_on.isoformat())
    work.detail(found=why, consequence=told)
    on_bills = "" if error is None else percent(error)
    at = [said.get(flow, "") for flow in FLOWS]
    return Tested(meter.name, passed, form.tested_on, number, at[0], at[1], at[2], on_bills, proposals, told)


def tests(look: Look, meters: Sequence[int]) -> tuple[TestLine, ...]:
    """Every test of these meters, the newest first."""
    if not meters:
        return ()
    rows = look.db.rows(
        "SELECT t.id, m.maker, m.serial, t.tested_on, t.tested_by, t.result, t.note, t.order_number, t.proposals,"
        f" t.entered_by FROM meter_test t JOIN meter m ON m.id = t.meter_id WHERE t.meter_id IN ({marks(meters)})"
        " ORDER BY t.tested_on DESC, t.id DESC",
        list(meters),
    )
    flows: dict[int, dict[str, tuple[Measured, Limits]]] = defaultdict(dict)
    for test_id, flow, gpm, registered, standard, lowest, highest in look.db.rows(
        "SELECT f.test_id, f.flow, f.gpm_milli, f.registered_milli, f.standard_milli, f.lowest_milli, f.highest_milli"
        f" FROM meter_test_flow f JOIN meter_test t ON t.id = f.test_id WHERE t.meter_id IN ({marks(meters)})",
        list(meters),
    ):
        flows[test_id][flow] = Measured(gpm, registered, standard), Limits(gpm, lowest, highest)
    return tuple(_line(row, flows[row[0]]) for row in rows)


def _line(row: Row, flows: dict[str, tuple[Measured, Limits]]) -> TestLine:
    _, maker, serial, on, by, result, note, order, proposals, entered = row
    lines = tuple(
        FlowLine(
            flow, each.gpm, each.registered, each.standard, limits.lowest, limits.highest, percent(each.error),
            each.within(limits),
        )
        for flow in FLOWS if flow in flows for each, limits in [flows[flow]]
    )  # fmt: skip
    error = billing_error({flow: each for flow, (each, _) in flows.items()})
    return TestLine(
        clean_text(f"{maker}/{serial}"), date.fromisoformat(on), clean_text(by), result == "passed", lines,
        "" if error is None else percent(error), clean_text(note), order, tuple(proposals.split()), entered,
    )  # fmt: skip


def _meter(look: Look, name: str) -> _Meter:
    maker, _, serial = name.strip().partition("/")
    made, makers = spellings(look.db, maker, serial)
    row = look.db.one(
        "SELECT m.id, m.maker, m.serial, m.size, p.id, p.number, i.on_date, i.off_date FROM meter m"
        " JOIN live_install i ON i.meter_id = m.id JOIN service_point p ON p.id = i.point_id"
        f" WHERE m.serial = ? AND m.maker{made} ORDER BY i.off_date IS NOT NULL, i.off_date DESC, i.id DESC"
        " LIMIT 1",
        [serial, *makers],
    )
    if row is None:
        raise Refused(f"no meter {name[:60]} is installed or was", rule="meters", cure="give maker/serial")
    id, maker, serial, size, point_id, point, on, off = row
    return _Meter(
        id, f"{maker}/{serial}", size, point_id, point, date.fromisoformat(on), date.fromisoformat(off) if off else None
    )


def _flows(form: Test, meter: _Meter, limits: dict[str, Limits]) -> dict[str, Measured]:
    """What was measured, by flow. Refused where a flow cannot be judged."""
    told = {flow: getattr(form, flow) for flow in FLOWS if getattr(form, flow).strip()}
    if told and not limits:
        raise Refused(
            f"the district has no limits for tests of {meter.size} in", rule="meters.sizes in the district's settings",
            cure="say whether it passed, and what was measured in words",
        )  # fmt: skip
    try:
        return {flow: measured(text, limits[flow]) for flow, text in told.items()}
    except BadValue as exc:
        raise Refused(str(exc), rule="meter tests", cure="as 9.87 of 10", bad_input=True) from exc


def _consequence(
    work: Work, meter: _Meter, tested_on: date, error: Fraction, limits: Limits
) -> tuple[tuple[str, ...], str]:
    """What a failed test means to the bills: proposals drafted, and that or why there is none in words."""
    if error * 1000 < limits.lowest - 100_000:
        return (), f"bills were {percent(error)}: too little was counted, and nobody is charged for it"
    if error * 1000 <= limits.highest - 100_000:
        return (), f"bills were {percent(error)}: within what is allowed at mid flow, nothing goes back"
    reason = next((r for r in work.district.reasons if r.code == work.district.meters.refund_reason), None)
    if reason is None:
        return (), f"bills were {percent(error)}: the district names no reason for a refund (meters.refund_reason)"
    end = min(tested_on, meter.off or tested_on)
    since = max(later(end, -work.district.meters.refund_months), meter.on)
    made, said = [], []
    for number, cents, bills, first, last in _charged(work, meter, reason.charge_code, since, end):
        account, back = format_account(number), overcharge(cents, error)
        told = f"{account}: {bills} bill{'' if bills == 1 else 's'} of {first} to {last}, {reason.charge_code}"
        told += f" {format_money(cents)}, {format_money(back)} too much"
        if not back:
            said.append(told)
            continue
        note = f"{meter.name} tested on {tested_on}: bills were {percent(error)}. {told} (e / (1 + e) of it)."
        form = adjustments.Propose(account=account, reason=reason.code, amount_cents=back, note=note, draft=True)
        try:
            adjustments.plan(work, form)
        except Refused as no:
            said.append(f"{told}; no proposal is drafted: {no.reason}")
            continue
        made.append(adjustments.propose.body(work, form).number)
        said.append(f"{told}: {made[-1]} is drafted")
    if not said:
        within = f"the {work.district.meters.refund_months} months to {end}"
        said.append(f"no bill of {within} is its use alone, and not given back yet")
    return tuple(made), f"bills were {percent(error)}; {'; '.join(said)}"


_BILLED = (
    "SELECT a.id, a.number, CAST(SUM(l.cents) AS bigint), b.from_on, b.to_on, b.billed_on"
    " FROM service s JOIN bill b ON b.account_id = s.account_id JOIN bill_line l ON l.bill_id = b.id"
    " AND l.service_id = s.id JOIN charge_code c ON c.id = l.charge_code_id JOIN account a ON a.id = b.account_id"
    " WHERE s.point_id = ? AND c.code = ? AND b.to_on > ? AND b.to_on <= ? AND b.from_on >= ?"
    " AND NOT EXISTS(SELECT 1 FROM bill n WHERE n.account_id = b.account_id AND n.replaces = b.id)"
    " AND NOT EXISTS(SELECT 1 FROM journal j WHERE j.reverses = b.journal_id)"
    " GROUP BY a.id, a.number, b.id, b.from_on, b.to_on, b.billed_on ORDER BY a.number, b.to_on, b.id"
)
# What an earlier test of the meter drafted, or a revision of it, unless it came to nothing or was taken back.
_GIVEN = (
    "WITH RECURSIVE chain(tested_on, made_on, id) AS (SELECT t.tested_on, p.created_on, p.id FROM meter_test t"
    " JOIN proposal p ON ' ' || t.proposals || ' ' LIKE '% ' || p.number || ' %'"
    " WHERE t.meter_id = ? AND t.proposals <> ''"
    " UNION ALL SELECT c.tested_on, c.made_on, n.id FROM chain c JOIN proposal n ON n.revises = c.id)"
    " SELECT p.account_id, c.tested_on, c.made_on FROM chain c JOIN proposal p ON p.id = c.id"
    " LEFT JOIN approval v ON v.proposal_id = p.id LEFT JOIN journal j ON j.approval_id = v.id"
    " WHERE (v.id IS NULL OR v.decision = 'approved')"
    " AND NOT EXISTS(SELECT 1 FROM journal z WHERE z.reverses = j.id)"
)


def _charged(work: Work, meter: _Meter, charge: str, since: date, end: date) -> list[tuple[str, int, int, str, str]]:
    """What accounts were billed for this meter's use: number, cents, how many bills, their first and last day.

    Bills that stand and end after `since` and up to `end`. One that began before the meter was set is partly
    another's; one that an earlier test gives back, or has proposed to, is given back once.
    """
    given = work.db.rows(_GIVEN, [meter.id])
    billed: dict[str, list[Row]] = defaultdict(list)
    for account_id, number, cents, first, last, billed_on in work.db.rows(
        _BILLED, [meter.point_id, charge, since.isoformat(), end.isoformat(), meter.on.isoformat()]
    ):
        if not any(id == account_id and last <= tested and billed_on <= made for id, tested, made in given):
            billed[number].append((cents, first, last))
    return [
        (number, cents, len(bills), min(first for _, first, _ in bills), max(last for _, _, last in bills))
        for number, bills in billed.items() if (cents := sum(each for each, _, _ in bills)) > 0
    ]  # fmt: skip


def _kept(
    work: Work, form: Test, meter: _Meter, flows: dict[str, Measured], limits: dict[str, Limits], passed: bool,
    note: str, order: str, proposals: tuple[str, ...],
) -> None:  # fmt: skip
    test_id = work.db.insert(
        MeterTest, meter_id=meter.id, point_id=meter.point_id if meter.off is None else None,
        tested_on=form.tested_on, tested_by=clean_text(form.tested_by, 60).strip() or work.actor.name,
        result="passed" if passed else "failed", note=note, order_number=order, proposals=" ".join(proposals),
        entered_by=work.actor.name, entered_at=work.now,
    )  # fmt: skip
    for flow, each in flows.items():
        work.db.insert(
            MeterTestFlow, test_id=test_id, flow=flow, gpm_milli=each.gpm, standard_milli=each.standard,
            registered_milli=each.registered, lowest_milli=limits[flow].lowest, highest_milli=limits[flow].highest,
        )  # fmt: skip

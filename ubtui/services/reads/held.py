"""Reads that are held: the list of them, and one decision for many of them, each row by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import structs

from ubtui.act import Form, Look, Refused, Work, act, linked
from ubtui.db.calendars import office
from ubtui.db.errors import RuleBroken
from ubtui.detectors.base import decimal
from ubtui.detectors.readings.facts import ACCOUNT
from ubtui.detectors.registry import CODES
from ubtui.domain.dates import format_day
from ubtui.domain.holds import held_for
from ubtui.domain.numbers import format_account
from ubtui.domain.register import BELOW
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import clean_text
from ubtui.services.listing import Column, Field, Listing, Query, Row, stream
from ubtui.services.reads import expecting
from ubtui.services.reads.estimating import Estimate, estimate
from ubtui.services.reads.placing import reason
from ubtui.services.reads.review import Review, review
from ubtui.services.summaries import CLEARS

PRIOR: Final = "R17"  # held because the read before it is: it is let go with that one
BADGE: Final = "R25"  # says that its bill is near, not what holds it
SOON: Final = 3  # office days in which a meter is read again
MOST: Final = 2000
ALL: Final = "ALL"  # a filter that lets every held read through, in so many words
_LIVE: Final = "('open', 'claimed', 'waiting')"
_ITEMS: Final = (
    "FROM work_item w WHERE w.subject_type = 'point' AND w.subject_key = p.number AND w.period = r.period"
    f" AND w.grp = 'R' AND w.state IN {_LIVE}"
)
# The item that says what holds the read: of the code that does, else the weightiest.
_NAMED: Final = " ".join(
    f"WHEN r.held_code = '{word}' AND w.code IN ({', '.join(map(repr, codes))}) THEN 0"
    for word, codes in CLEARS.items()
)
_FIRST: Final = f"ORDER BY CASE {_NAMED} WHEN w.code = '{BADGE}' THEN 2 ELSE 1 END, w.priority DESC, w.code LIMIT 1"
_FOR: Final = f"COALESCE((SELECT w.code {_ITEMS} AND w.code <> '{BADGE}' {_FIRST}), r.held_code, '')"
# Register, day and number of a read as one number: it goes back to them without asking.
_ID: Final = "(r.register_id * 10000000000 + CAST(REPLACE(CAST(r.read_on AS text), '-', '') AS bigint) * 100 + r.seq)"
_MONTH: Final = "SUBSTR(r.period, LENGTH(r.period) - 6)"
_SOURCE: Final = (
    "read_summary r JOIN service_point p ON p.id = r.point_id JOIN premise m ON m.id = p.premise_id"
    " JOIN register g ON g.id = r.register_id JOIN meter e ON e.id = g.meter_id LEFT JOIN route t ON t.id = p.route_id"
    f" LEFT JOIN account a ON a.id = {ACCOUNT} LEFT JOIN cycle c ON c.id = a.cycle_id"
)
_CELLS: Final = (
    "r.register_id, r.read_on, r.seq, r.period, r.value, r.usage, r.raw_use, r.held_code, p.number, p.sequence,"
    f" m.address, e.maker, e.serial, g.n, t.code, a.number, c.bill_day, {_FOR}"
)


def at(id: int) -> tuple[int, str, int]:
    """The register, day and number of the read behind a row's id."""
    register, rest = divmod(id, 10_000_000_000)
    day = str(rest // 100)
    return register, f"{day[:4]}-{day[4:6]}-{day[6:]}", rest % 100


def _bill(period: str, bill_day: int | None) -> date | None:
    """The bill date that a held read of the period blocks."""
    month = period.rpartition("/")[2]
    if bill_day is None or len(month) != 7:
        return None
    return date(int(month[:4]), int(month[5:]), bill_day)


def _row(look: Look, cells: tuple[Any, ...]) -> Row:
    (register, on, seq, period, value, usage, raw_use, held, point, sequence, address, maker, serial, n, route, account,
     bill_day, code) = cells  # fmt: skip
    known = expecting.of_read(look, register, on, seq)
    bill, read_on = _bill(period, bill_day), date.fromisoformat(on)
    use = usage if usage is not None else raw_use
    age = (look.today - read_on).days
    late = bill is not None and bill <= look.today
    walk = "" if not route else route if sequence is None else f"{route}-{sequence:04d}"
    span = "" if known.low is None else f"{_figure(known.low)}-{_figure(known.high)}"
    counter = f" {n}" if n > 1 else ""
    return Row(
        (
            walk, point, format_day(read_on, look.today), _figure(value), _figure(use), _figure(known.expected), span,
            code, "" if bill is None else format_day(bill, look.today), f"{age}d", f"{clean_text(maker)}/"
            f"{clean_text(serial)}{counter}", clean_text(address), format_account(account) if account else "",
            CODES[code].title if code in CODES else clean_text(held_for(held or "")),
        ),
        "danger" if late else None,
    )  # fmt: skip


def _figure(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


_BY_BILL: Final = ((f"{_MONTH}", False), ("c.bill_day", False))
_BY_WALK: Final = (("t.code", False), ("(p.sequence IS NULL)", False), ("p.sequence", False), ("p.number", False))
HELD: Final = Listing(
    name="held reads",
    columns=(
        Column("walk", "Route", 9), Column("point", "Point", 8), Column("on", "Read", 6),
        Column("value", "Value", 9, "right"), Column("use", "Use", 6, "right"),
        Column("expected", "Expect", 6, "right"), Column("range", "Range", 8, "right"), Column("for", "For", 4),
        Column("bill", "Bills", 6, priority=1), Column("age", "Age", 4, "right", priority=2),
        Column("meter", "Meter", 16, priority=5), Column("address", "Address", 18, grow=2, priority=6),
        Column("account", "Account", 8, priority=4), Column("why", "Held for", 20, grow=1, priority=3),
    ),
    source=_SOURCE,
    id=_ID,
    cells=_CELLS,
    row=_row,
    order=(*_BY_BILL, *_BY_WALK),
    sorts={
        "walk": _BY_WALK, "point": (("p.number", False),), "on": (("r.read_on", False),),
        "value": (("r.value", False),),
        "use": (("COALESCE(r.usage, r.raw_use)", False),), "for": ((_FOR, False),), "bill": _BY_BILL,
        "age": (("r.read_on", True),), "meter": (("e.maker", False), ("e.serial", False)),
        "address": (("lower(m.address)", False),), "account": (("a.number", False),),
    },
    fields={
        "code": Field(_FOR, "exact"), "route": Field("t.code"), "cycle": Field("c.code"),
        "account": Field("a.number", "account"), "class": Field("a.customer_class"), "age": Field("r.read_on", "age"),
        "units": Field("COALESCE(r.usage, r.raw_use, 0)", "number"),
    },
    words={
        "title": "p.number || ' ' || e.maker || '/' || e.serial || ' ' || COALESCE(r.held_code, '')",
        "where": "m.address", "account": "a.number",
    },
    where="r.status = 'held'",
)  # fmt: skip


class Named(NamedTuple):
    """A read by its names, as a form carries it and people read it."""

    point: str
    on: date
    seq: int
    register: int
    meter: str

    def __str__(self) -> str:
        return f"{self.point}/{self.on}/{self.seq}/{self.register}/{self.meter}"


def named(look: Look, ids: Sequence[int]) -> tuple[str, ...]:
    """The reads behind rows of the list, as `read.decide` takes them: POINT/DAY/NUMBER/REGISTER/MAKER/SERIAL."""
    out = []
    for id in ids:
        register, on, seq = at(id)
        point, n, maker, serial = look.db.rows(
            "SELECT p.number, g.n, m.maker, m.serial FROM read r JOIN service_point p ON p.id = r.point_id"
            " JOIN register g ON g.id = r.register_id JOIN meter m ON m.id = g.meter_id"
            " WHERE r.register_id = ? AND r.read_on = ? AND r.seq = ?",
            [register, on, seq],
        )[0]
        out.append(str(Named(point, date.fromisoformat(on), seq, n, f"{maker}/{serial}")))
    return tuple(out)


def wanted(look: Look, filter: str) -> tuple[str, ...]:
    """The held reads that a filter lets through (ALL: every one), in the list's order, as `read.decide` takes them."""
    filter = "" if filter.strip() == ALL else filter
    return named(look, [row[0] for row in stream(look, HELD, Query(filter), "r.register_id")])


def item_of(look: Look, id: int) -> int | None:
    """The item that says what holds the read of a row; None where none stands."""
    register, on, seq = at(id)
    found: int | None = look.db.value(
        f"SELECT w.id FROM read_summary r JOIN service_point p ON p.id = r.point_id JOIN work_item w"
        " ON w.subject_type = 'point' AND w.subject_key = p.number AND w.period = r.period AND w.grp = 'R'"
        f" AND w.state IN {_LIVE} WHERE r.register_id = ? AND r.read_on = ? AND r.seq = ? {_FIRST}",
        [register, on, seq],
    )
    return found


def correction(look: Look, id: int) -> dict[str, str]:
    """What a correction of a row's read knows already, as `read.review` takes it."""
    point, on, seq, register, meter = named(look, [id])[0].split("/", 4)
    code = look.db.value(f"SELECT {_FOR} FROM {_SOURCE} WHERE {_ID} = ?", [id])
    code = code if code in CODES and code != PRIOR else CLEARS[BELOW][0]
    return {"point": point, "read_on": on, "seq": seq, "meter": meter, "register": register, "code": code}


def explained(look: Look, id: int) -> tuple[tuple[str, str], ...]:
    """What the read of a row was judged by: itself, the read before, what was expected, what holds it."""
    register, on, seq = at(id)
    (period, value, usage, raw_use, days, prev_on, prev_value, prev_usage, ly_on, ly_usage, avg, held, unit,
     source) = look.db.rows(
        "SELECT r.period, r.value, r.usage, r.raw_use, r.days, r.prev_on, r.prev_value, r.prev_usage,"
        " r.ly_on, r.ly_usage, r.avg_milli, r.held_code, (SELECT MIN(x.unit) FROM live_service x"
        " WHERE x.point_id = r.point_id AND x.to_on IS NULL), r.source"
        " FROM read_summary r WHERE r.register_id = ? AND r.read_on = ? AND r.seq = ?",
        [register, on, seq],
    )[0]  # fmt: skip
    known = expecting.of_read(look, register, on, seq)
    use = usage if usage is not None else raw_use
    unit = unit or look.district.billing_unit
    lines = [
        ("read", f"{_figure(value) or 'no value'} on {on}, period {period}" + (", estimated" if source == "E" else "")),
        ("before", f"{_figure(prev_value) or 'no value'} on {prev_on}, use {_figure(prev_usage) or 'unknown'}"
         if prev_on else "nothing"),
        ("use", f"{_figure(use) or 'unknown'} {unit} in {days or 'unknown'} days"),
        ("expected", "nothing is known to compare it with" if known.expected is None
         else f"{known.expected:,} {unit}, {_figure(known.low)} to {_figure(known.high)}"),
    ]  # fmt: skip
    if known.low_value is not None:
        lines.append(("so the dial shows", f"{known.low_value:,} to {_figure(known.high_value)}"))
    if ly_on:
        lines.append(("a year ago", f"{_figure(ly_usage)} {unit}, read {ly_on}"))
    if avg is not None:
        lines.append(("average", f"{decimal(avg)} {unit} of actual reads, over as many days"))
    lines.append(("held for", clean_text(held_for(held or "no code"))))
    for code, why in look.db.rows(
        f"SELECT w.code, w.why FROM read_summary r JOIN service_point p ON p.id = r.point_id JOIN work_item w"
        " ON w.subject_type = 'point' AND w.subject_key = p.number AND w.period = r.period AND w.grp = 'R'"
        f" AND w.state IN {_LIVE} WHERE r.register_id = ? AND r.read_on = ? AND r.seq = ? ORDER BY w.priority DESC",
        [register, on, seq],
    ):
        lines.append((code, clean_text(why)))
    return tuple(lines)


def tally(look: Look) -> tuple[int, int]:
    """How many reads are held, and of them past the day their period is billed."""
    rows = look.db.rows(f"SELECT r.period, c.bill_day FROM {_SOURCE} WHERE r.status = 'held'")
    bills = (_bill(period, day) for period, day in rows)
    return len(rows), sum(bill is not None and bill <= look.today for bill in bills)


class Decide(Form, frozen=True, kw_only=True):
    """One decision on many held reads."""

    decision: Annotated[
        Literal["release", "estimate", "reread", "defer"],
        msgspec.Meta(description="release, estimate, reread or defer"),
    ]
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=200)]
    filter: Annotated[
        str, msgspec.Meta(max_length=500, description="which: code:R04 route:101 units<40; ALL: every one")
    ] = ""
    reads: Annotated[
        list[str],
        msgspec.Meta(max_length=MOST, description="or the reads by name, POINT/DAY/NUMBER/REGISTER/METER"),
    ] = []
    until: Annotated[
        date | None,
        msgspec.Meta(description="the day a deferred read comes back; the day a meter is to be read again by"),
    ] = None


class Outcome(msgspec.Struct, frozen=True):
    """What became of one read; where nothing could be done, `told` is the reason and nothing of it was changed."""

    read: str
    point: str
    done: bool
    told: str


class Decided(msgspec.Struct, frozen=True):
    """How many reads were decided and how many not, and what became of each."""

    decision: str
    done: int
    left: int
    rows: list[Outcome]


_HELD: Final = (
    "SELECT r.register_id, r.seq, r.status, r.held_code, r.period, COALESCE(s.rollover, 0), s.prev_on, s.raw_use"
    " FROM live_point p JOIN read r ON r.point_id = p.id JOIN register g ON g.id = r.register_id"
    " JOIN meter m ON m.id = g.meter_id LEFT JOIN read_summary s ON s.register_id = r.register_id"
    " AND s.read_on = r.read_on AND s.seq = r.seq WHERE p.number = ? AND r.read_on = ? AND r.seq = ? AND g.n = ?"
    " AND m.maker || '/' || m.serial = ?"
)


class _Held(NamedTuple):
    read: Named
    register_id: int
    status: str
    code: str
    period: str
    past_zero: bool
    prev_on: str | None
    below: bool


@act("read.decide")
def decide(work: Work, form: Decide) -> Decided:
    """Release, estimate, read again or defer held reads: each by itself as the act of its own would, the earliest
    first; what cannot be done is told and changes nothing of that read. Refused where nothing can be done at all.

    A release confirms a read for every code that holds it; one that stands below the one before is released only where
    the counter passed zero, else it is decided by itself.
    """
    why = reason(form.reason)
    if form.decision == "defer" and (form.until is None or form.until <= work.today):
        raise Refused(
            "a deferred read comes back on a day", rule="waiting", cure="name a day after today", bad_input=True
        )
    if form.until is not None and form.decision not in ("defer", "reread"):
        raise Refused("a day goes with a deferral or a reread", rule="held reads", cure="leave it out", bad_input=True)
    if bool(form.filter.strip()) == bool(form.reads):
        raise Refused(
            "say which reads", rule="held reads", cure=f"give a filter ({ALL}: every one), or reads by name",
            bad_input=True,
        )  # fmt: skip
    reads = form.reads or wanted(work, form.filter)
    if not reads or len(reads) > MOST:
        raise Refused(
            f"{len(reads):,} reads are held so", rule="held reads", cure=f"choose 1 to {MOST:,} of them by the filter"
        )
    rows: dict[str, Outcome] = {}
    freed: dict[int, date] = {}  # the newest read of a register that was decided here
    for text in sorted(dict.fromkeys(reads), key=lambda each: (_named(each).on, each)):
        read, alone = _named(text), structs.replace(work, subjects={}, facts={}, details={})
        try:
            with work.db.writing():  # within the act's own transaction: a row that fails is taken back by itself
                found = _held(alone, read, freed)
                follows = found.register_id in freed and (found.status != "held" or found.code == PRIOR)
                told = (
                    f"follows the read of {freed[found.register_id]}"
                    if follows and form.decision in ("release", "estimate")
                    else _DO[form.decision](alone, form, found, why)
                )
        except (Refused, RuleBroken) as no:
            said = no.reason + (f": {no.cure}" if no.cure else "") if isinstance(no, Refused) else str(no)
            rows[text] = Outcome(text, read.point, False, said)
            continue
        freed[found.register_id] = read.on
        rows[text] = Outcome(text, read.point, True, told)
        for subject in alone.subjects:
            work.touch(subject.type, subject.key)
        work.touch("point", read.point)
    out = [rows[text] for text in dict.fromkeys(reads)]
    done = sum(each.done for each in out)
    if not done:
        if len(out) == 1:
            raise Refused(f"{out[0].point} {out[0].told}", rule="held reads")
        first = "; ".join(f"{each.point} {each.told}" for each in out[:3])
        more = f"; and {len(out) - 3} more" if len(out) > 3 else ""
        raise Refused(f"nothing could be done: {first}{more}", rule="held reads")
    work.fact(decision=form.decision, reads=done, left=len(out) - done)
    work.detail(reason=why, rows=out)
    return Decided(form.decision, done, len(out) - done, out)


def _named(text: str) -> Named:
    parts = text.strip().split("/", 4)
    try:
        point, on, seq, register, meter = parts
        return Named(point, date.fromisoformat(on), int(seq), int(register), meter)
    except ValueError:
        raise Refused(
            f"{text[:60]!r} names no read", rule="held reads", cure="give POINT/DAY/NUMBER/REGISTER/METER",
            bad_input=True,
        ) from None  # fmt: skip


def _held(work: Work, read: Named, freed: Mapping[int, date]) -> _Held:
    """The held read of that name, which this person may decide now; or one that was let go with the read before it."""
    from ubtui.services.worklist import held_by_other

    subject = Subject("point", read.point)
    if (no := linked(work, [subject]) or held_by_other(work, subject)) is not None:
        raise no
    row = work.db.one(_HELD, [read.point, read.on.isoformat(), read.seq, read.register, read.meter])
    if row is None:
        raise Refused("has no such read", rule="held reads")
    if row[2] != "held" and not (row[2] == "released" and row[0] in freed):
        raise Refused(f"is not held any more, it is {row[2]}", rule="held reads")
    return _Held(
        read, row[0], row[2], row[3] or "", row[4], bool(row[5]), row[6], row[3] == BELOW or row[7] is not None
    )


def _codes(work: Work, found: _Held) -> list[str]:
    """What holds a read, the code that says so first: of its items those that hold, and what its status names."""
    live = [key.code for key in _items(work, found) if CODES[key.code].holds and key.code != PRIOR]
    own = found.code if found.code in CODES else next(iter(set(CLEARS.get(found.code, ())) & set(live)), "")
    return list(dict.fromkeys([own or CLEARS.get(found.code, ("R09",))[0], *sorted(live)]))


def _items(work: Work, found: _Held) -> Iterator[ItemKey]:
    """The items that stand about a read, those of the read behind it among them."""
    on = found.read.on.isoformat()
    for code, key, period, evidence in work.db.rows(
        "SELECT code, subject_key, period, evidence FROM work_item WHERE subject_type = 'point' AND subject_key = ?"
        f" AND period = ? AND grp = 'R' AND state IN {_LIVE} ORDER BY priority DESC, code",
        [found.read.point, found.period],
    ):
        told = json.loads(evidence)
        if on in (told.get("prior_on"), told.get("read_on", on)) and code in CODES:
            yield ItemKey(code, Subject("point", key), period)


def _which(found: _Held) -> dict[str, Any]:
    read = found.read
    return {
        "point": read.point, "read_on": read.on, "seq": read.seq, "meter": read.meter, "register": read.register,
    }  # fmt: skip


def _release(work: Work, form: Decide, found: _Held, why: str) -> str:
    if found.code == PRIOR:
        raise Refused(f"the read of {found.prev_on} before it is held", rule=PRIOR, cure="decide that one first")
    decision: Literal["confirmed", "rollover"] = "confirmed"
    codes = _codes(work, found)
    if found.below:
        if not found.past_zero:
            raise Refused("stands below the read before it", rule="held reads", cure="decide it by itself")
        decision, codes = "rollover", codes[:1]
    for code in codes:
        got = review(work, Review(code=code, decision=decision, reason=why, **_which(found)))
    return f"released, use {_figure(got.usage)}".strip() + (", past zero" if decision == "rollover" else "")


def _estimate(work: Work, form: Decide, found: _Held, why: str) -> str:
    code = _codes(work, found)[0]
    review(work, Review(code=code, decision="void", reason=why, **_which(found)))
    got = estimate(work, Estimate(point=found.read.point, period=found.period, reason=why))
    return "estimated, " + ", ".join(f"use {each.usage:,}" for each in got.reads)


def _reread(work: Work, form: Decide, found: _Held, why: str) -> str:
    from ubtui.services.orders.acts import Create, create

    due = form.until or office(work.db, work.today, work.today).add(work.today, SOON)
    item = next(map(str, _items(work, found)), "")
    got = create(work, Create(point=found.read.point, kind="reread", due_on=due, instructions=why, item=item))
    return f"{got.order} to read again by {got.due_on}"


def _defer(work: Work, form: Decide, found: _Held, why: str) -> str:
    from ubtui.services.worklist.acts import Wait, wait

    assert form.until is not None
    keys = [str(key) for key in _items(work, found)]
    if not keys:
        raise Refused("no item is about it", rule="held reads", cure="look at the worklist again")
    for key in keys:
        wait(work, Wait(item=key, until=form.until, wait_for=why))
    return f"waits until {form.until}"


_DO: Final = {"release": _release, "estimate": _estimate, "reread": _reread, "defer": _defer}

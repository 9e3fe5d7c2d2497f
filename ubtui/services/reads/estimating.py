"""Reads that nobody could take: estimated by the first method that the history allows, or as somebody chose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.session import Row
from ubtui.detectors.base import marks
from ubtui.detectors.readings.coming import Window
from ubtui.detectors.readings.summaries import READS, days_between, past, summarise
from ubtui.domain.estimating import METHODS, Alike, Guessed, Method, Past, Span, Taken, guess, span
from ubtui.domain.register import MOST_USE
from ubtui.services.reads.entering import Hanging, Period, due_points, hanging
from ubtui.services.reads.placing import add, advanced, billable, reason, stands, step


class Estimate(Form, frozen=True, kw_only=True):
    """A read that nobody could take: of one point, or of all of a route or cycle that miss one."""

    point: Annotated[str, msgspec.Meta(description="service point, SP-00012; empty: the whole route")] = ""
    route: Annotated[str, msgspec.Meta(description="route, where no point is named")] = ""
    cycle: Annotated[str, msgspec.Meta(description="cycle, where neither point nor route is named")] = ""
    period: Period = ""
    method: Annotated[
        Literal["", "last-year", "recent", "class"],
        msgspec.Meta(description="last-year, recent or class; empty: the first of them that can tell"),
    ] = ""
    use: Annotated[
        Annotated[int, msgspec.Meta(ge=0)] | None,
        msgspec.Meta(description="use in billing units, where somebody knows it better than a method"),
    ] = None
    skipped: Annotated[bool, msgspec.Meta(description="yes: also meters noted as skipped in the window")] = False
    early: Annotated[
        bool, msgspec.Meta(description="yes: also before the read day of a route or cycle; no: its readers come first")
    ] = False
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]


class Guess(msgspec.Struct, frozen=True):
    """An estimated read: the counter's value, the use in billing units, the method, and what it rests on."""

    point: str
    meter: str
    value: int | None
    usage: int
    method: str
    basis: str


class Left(msgspec.Struct, frozen=True):
    """A meter that could not be estimated, and why."""

    point: str
    meter: str
    why: str


class Estimated(msgspec.Struct, frozen=True):
    """What was estimated, and what was left."""

    period: str
    reads: list[Guess]
    left: list[Left]


_SEAL = (
    "SELECT z.number FROM seal z WHERE z.point_id = ? AND z.removed_on IS NULL AND z.lock_state = 'locked'"
    " AND z.placed_on <= ? ORDER BY z.placed_on LIMIT 1"
)


@act("read.estimate")
def estimate(work: Work, form: Estimate) -> Estimated:
    """Estimate the missing read of a point, or all that miss on a route or in a cycle: last year's use moved by the
    cycle's median, else the mean of the last three actual reads, else that of the class in the period, and none behind
    a seal; the counter is advanced by it, so that the next actual read puts it right. Many at once wait for the day on
    which they are read, unless `early` says so."""
    why = reason(form.reason)
    if form.use is not None and (form.method or not form.point):
        raise Refused("a use is of one point, and by no method", rule="estimates", cure="name the point alone")
    methods: Sequence[Method] = (form.method,) if form.method else METHODS
    windows = due_points(work, form.point, form.route, form.period, form.cycle, form.skipped)
    soon = next((window for window, _ in windows if window.ended_on > work.today), None)
    if soon is not None and not (form.point or form.early):
        raise Refused(
            f"{soon.period} is read on {soon.ended_on}", rule="estimates",
            cure="wait for that day, or say that they are meant before it: early",
        )  # fmt: skip
    made: list[Guess] = []
    left: list[Left] = []
    alike = _Alike(work)
    for window, points in windows:
        for point in points:
            lacking = [
                at for at in hanging(work, point, window.read_on) if not at.placeholder and not at.taken(window.period)
            ]
            if form.use is not None and len(lacking) > 1:
                raise Refused(f"{point} has {len(lacking)} registers", rule="estimates", cure="use a method")
            for at in lacking:
                done = _estimated(work, at, window, point, methods, alike, form.use)
                if isinstance(done, Guess):
                    made.append(done)
                else:
                    left.append(Left(point, at.meter, done))
            work.touch("point", point)
    if not made:
        raise Refused(
            "nothing here can be estimated" + (f": {left[0].why}" if left else ""), rule="estimates",
            cure="read the meter, or give a use by hand" if left else "every meter has its read: see ubtui reads ready",
        )  # fmt: skip
    period = windows[0][0].period
    work.fact(period=period, reads=len(made), left=len(left))
    work.detail(reason=why, reads=made, left=left)
    return Estimated(period, made, left)


def _estimated(
    work: Work, at: Hanging, window: Window, point: str, methods: Sequence[Method], alike: _Alike, by_hand: int | None
) -> Guess | str:
    """Write an estimate for the window and bring the rest of the register in step; else why there can be none."""
    prev = at.chain[-1] if at.chain else None
    on = window.read_on.isoformat()
    if prev is None or prev[5] is None:
        return "no read stands before: nobody knows what the counter shows"
    if prev[1] >= on:
        return f"a read of {prev[1]} stands already"
    if prev[10] == "held":
        return f"the read of {prev[1]} is held: decide it first"
    days = days_between(prev[1], on)
    seal = work.db.value(_SEAL, [at.point_id, prev[1]]) if len(methods) > 1 else None
    if by_hand is not None:
        use, method, basis = by_hand, "hand", "by hand"
    elif seal is not None:  # what last year used is no guess of what runs behind it
        use, method, basis = 0, "seal", f"none: seal {seal} was on all the while"
    else:
        found = _guessed(work, at, window, days, methods, alike)
        if isinstance(found, str):
            return found
        use, method, basis = found
    use = billable(min(use, MOST_USE) if by_hand is None else use)
    try:
        value, written = advanced(at.face, at.unit, prev, use)
    except Refused as no:
        return no.reason
    like = (at.register_id, on, 1, at.point_id, window.period, None, None, None, "regular", "E")
    seq = add(work, like, on, value, written, days=days, estimated_by=method)
    step(work.db, at.register_id, on)
    summarise(work.db, [at.register_id])
    return Guess(point, at.meter, value, billable(stands(work.db, at.register_id, on, seq)), method, basis)


def _guessed(
    look: Look, at: Hanging, window: Window, days: int, methods: Sequence[Method], alike: _Alike
) -> Guessed | str:
    """What the methods say of a register in a window."""
    ratio = look.db.value("SELECT ratio_ppm FROM cycle_median WHERE period = ?", [window.period])
    before = _past(past(look.db, at.register_id, window.read_on.isoformat()))
    moved = Fraction(1 if ratio is None else int(ratio), 1 if ratio is None else 1_000_000)
    tell = [each for each in methods if each != "class"]
    found = guess(before, window.period, days, moved, None, tell)
    if isinstance(found, str) and "class" in methods:  # asked of the whole cycle: only where nothing nearer tells
        last = guess(before, window.period, days, moved, alike.of(at, window.period), ("class",))
        return last if isinstance(last, Guessed) else "; ".join(filter(None, (found, last)))
    return found


def _past(rows: Sequence[Row]) -> list[Past]:
    """Rows of READS, oldest first, as the methods take them: held ones and those below nothing tell nothing."""
    out = []
    for n, row in enumerate(rows):
        days = row[7] or (days_between(rows[n - 1][1], row[1]) if n and rows[n - 1][0] == row[0] else 0)
        if row[6] is not None and row[6] >= 0 and row[10] != "held" and days > 0:
            out.append(Past(row[4], row[6], days, row[9] != "E"))
    return out


_ALIKE = (
    "SELECT CAST(COUNT(*) AS bigint), CAST(SUM(r.usage) AS bigint), CAST(SUM(r.days) AS bigint) FROM read_summary r"
    " JOIN live_service x ON x.point_id = r.point_id AND x.to_on IS NULL AND x.kind = ? AND x.customer_class = ?"
    " AND x.unit = ? WHERE r.period = ? AND r.newest = 1 AND r.kind = 'regular' AND r.source <> 'E'"
    " AND r.status <> 'held' AND r.usage >= 0 AND r.days > 0"
)


class _Alike:
    """Use of the classes in the periods, asked once each."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.known: dict[tuple[str, str, str, str], Alike] = {}

    def of(self, at: Hanging, period: str) -> Alike:
        """The customers of the register's class and unit who were read in the period."""
        key = (at.kind, at.customer_class, str(at.unit), period)
        if key not in self.known:
            meters, use, days = self.look.db.rows(_ALIKE, list(key))[0]
            self.known[key] = Alike(meters, use or 0, days or 0)
        return self.known[key]


def spans(look: Look, registers: Sequence[int], period: str) -> dict[int, Span]:
    """The span that each of these registers' reads of a period closes, over the estimates before it."""
    chains: dict[int, list[Row]] = {}
    for row in look.db.rows(READS.format(marks(registers)), registers) if registers else ():
        chains.setdefault(row[0], []).append(row)
    found = {}
    for register, chain in chains.items():
        end = next((n for n in range(len(chain) - 1, -1, -1) if chain[n][4] == period), None)
        if end is not None and (closed := _span(chain[: end + 1])) is not None:
            found[register] = closed
    return found


def spanned(look: Look, register_id: int, read_on: date, seq: int = 1) -> Span | None:
    """The span that a read closes, each period's share of it for tiers to be rated anew; None where it closes none."""
    chain = look.db.rows(READS.format("?"), [register_id])
    end = next((n for n, row in enumerate(chain) if (row[1], row[2]) == (read_on.isoformat(), seq)), None)
    return None if end is None else _span(chain[: end + 1])


def _span(chain: Sequence[Row]) -> Span | None:
    """The span that the last of a register's reads closes (rows of READS, oldest first)."""
    start = len(chain) - 2
    while start >= 0 and chain[start][9] == "E":
        start -= 1
    if start < 0:
        return None
    taken = [Taken(date.fromisoformat(r[1]), r[4], r[6], r[9] == "E") for r in chain[start + 1 :]]
    return span(date.fromisoformat(chain[start][1]), taken)

"""A read that did not come by file: entered by hand, or noted as skipped; and which reads are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.calendars import office
from ubtui.db.models.reads import ReadSkip
from ubtui.db.session import Row
from ubtui.detectors.base import METERED_KINDS, Ask
from ubtui.detectors.readings.coming import Window, missing_points
from ubtui.detectors.readings.summaries import READS, days_between, faces, summarise
from ubtui.domain.periods import ReadCycle, later
from ubtui.domain.register import OVER, RESTART, Register, Use
from ubtui.domain.text import clean_text
from ubtui.domain.volume import Unit
from ubtui.services.reads.placing import add, decided, follow, measured, settled, stands, write

Why = Literal["no-access", "locked-gate", "dog", "buried", "snow", "flooded", "not-found", "other"]
Period = Annotated[str, msgspec.Meta(description="read window, B2/2026-11; empty: the newest")]


@dataclass(frozen=True)
class Hanging:
    """A register where it hangs, the cycle it is read in, and the reads it has (rows of READS, oldest first)."""

    meter: str
    register_id: int
    point_id: int
    placeholder: bool
    face: Register
    unit: Unit
    cycle: ReadCycle
    cycle_id: int
    customer_class: str
    kind: str
    chain: tuple[Row, ...]

    def taken(self, period: str) -> Row | None:
        """The regular read that the period has, if it has one; of a period before the meter was set, its first read."""
        for row in reversed(self.chain):
            if later(period, row[4]) if row[8] in RESTART else row[4] == period:
                return row
        return None


_HANGS = (
    "SELECT m.maker, m.serial, g.n, g.id, p.id, m.placeholder FROM live_point p JOIN live_install i"
    " ON i.point_id = p.id JOIN meter m ON m.id = i.meter_id JOIN register g ON g.meter_id = m.id"
    " WHERE p.number = ? AND i.on_date <= ? AND (i.off_date IS NULL OR i.off_date > ?) ORDER BY m.id, g.n"
)
_CYCLE = (
    "SELECT c.id, s.customer_class, s.kind, c.code, c.months, c.first_month, c.read_day, c.bill_day FROM live_service s"
    " JOIN live_account a ON a.id = s.account_id JOIN cycle c ON c.id = a.cycle_id WHERE s.point_id = ?"
    f" AND s.kind IN {METERED_KINDS}"
    " ORDER BY s.to_on IS NOT NULL, s.from_on DESC, s.id DESC LIMIT 1"
)


def hanging(look: Look, point: str, on: date, meter: str = "", register: int = 0) -> list[Hanging]:
    """The registers that hang at a point on a day, all or the named one; Refused where none is to be read."""
    rows = look.db.rows(_HANGS, [point, on.isoformat(), on.isoformat()])
    rows = [r for r in rows if meter in ("", f"{r[0]}/{r[1]}") and register in (0, r[2])]
    if not rows:
        known = look.db.value("SELECT 1 FROM live_point WHERE number = ?", [point])
        what = (
            f"no meter {meter}".rstrip() + f" hangs at {point} on {on}" if known else f"no service point {point[:40]}"
        )
        raise Refused(what, rule="reads", cure="see ubtui meter history")
    cycle = look.db.one(_CYCLE, [rows[0][4]])
    if cycle is None:
        raise Refused(f"nobody was ever served at {point}", rule="reads", cure="put the service in somebody's name")
    registers = faces(look.db, {row[3]: row[4] for row in rows})
    out = []
    for maker, serial, _, id, at, placeholder in rows:
        chain = tuple(look.db.rows(READS.format("?"), [id]))
        out.append(
            Hanging(
                f"{maker}/{serial}", id, at, bool(placeholder), *registers[id], ReadCycle(*cycle[3:]), cycle[0],
                cycle[1], cycle[2], chain,
            )
        )  # fmt: skip
    return out


class Enter(Form, frozen=True, kw_only=True):
    """A read that somebody took or a customer sent in."""

    point: Annotated[str, msgspec.Meta(description="service point, SP-00012")]
    value: Annotated[int, msgspec.Meta(ge=0, description="what the register shows, turning digits only")]
    on: Annotated[date | None, msgspec.Meta(description="day on which it was read; empty: today")] = None
    by_customer: Annotated[bool, msgspec.Meta(description="yes if the customer read it")] = False
    trouble: Annotated[str, msgspec.Meta(description="trouble code of the reader, if any", max_length=40)] = ""
    meter: Annotated[str, msgspec.Meta(description="maker/serial, where the point has several meters")] = ""
    register: Annotated[int, msgspec.Meta(description="which counter of a compound meter; 0 where there is one")] = 0


class Entered(msgspec.Struct, frozen=True):
    """The read as it stands; `usage` in billing units, None while it is held; `replaced` what stood in its place."""

    point: str
    read_on: date
    seq: int
    period: str
    value: int
    usage: int | None
    status: str
    held: str | None
    replaced: int | None


@act("read.enter")
def enter(work: Work, form: Enter) -> Entered:
    """Enter a read by hand: judged as a file's, in the place of an unbilled estimate of its period."""
    at, read_on = read_at(work, form.point, form.value, form.on, form.meter, form.register)
    period = at.cycle.period_of(read_on)
    if period is None:
        raise Refused(
            f"{read_on} lies in no read window of cycle {at.cycle.code}", rule="read windows", cure="check the day"
        )
    return _entered(work, form, at, period, room(at, period), after_all(read_on.isoformat()))


def after_all(on: str) -> tuple[str, str, str]:
    """Why an estimate makes room for the read of a day: code, decision and words of its review."""
    return "R03", "void", f"read on {on} after all"


def reread(work: Work, form: Enter, asked_on: date, about: tuple[str, str], order: str) -> str:
    """Enter what an order to read again brought, inside any act: in the place of the unbilled read it was sent for.

    That is the one of the period in `about` (the item's code and period), else the newest up to the day of asking. It
    is judged as any read, so the item closes, stays or another opens. Where its place is billed or was read since, it
    is kept beside the others. What became of it, in words.
    """
    at, read_on = read_at(work, form.point, form.value, form.on, form.meter, form.register)
    code, period = about
    told = [r for r in at.chain if r[8] == "regular" and r[5] is not None and r[1] <= read_on.isoformat()]
    meant = [r for r in told if (r[4] == period if period else r[1] <= asked_on.isoformat())]
    why = (code, "corrected", f"read again on {read_on}, {order}")
    if meant and meant[-1][10] != "billed":
        return _became(_entered(work, form, at, meant[-1][4], meant[-1], why))
    window = at.cycle.period_of(read_on)
    if window is not None and at.taken(window) is None:
        return _became(_entered(work, form, at, window, None, why))
    beside = window or (told[-1][4] if told else "")
    like = (at.register_id, read_on.isoformat(), 1, at.point_id, beside, None, None, None, "reread", "A")
    add(work, like, read_on.isoformat(), form.value, Use(None), trouble_code=_trouble(form))
    work.touch("point", form.point)
    there = meant[-1] if meant else next((r for r in reversed(told) if r[4] == beside), None)
    what = f"the {'billed ' * (there[10] == 'billed')}read of {there[1]}" if there else "the others"
    return f"{form.value:,} is kept beside {what} and bills nothing"


def _became(made: Entered) -> str:
    stands = f"held, {made.held}" if made.held else "no use yet" if made.usage is None else f"{made.usage:,} used"
    return f"{made.value:,} for {made.period}: {stands}"


def read_at(work: Work, point: str, value: int, on: date | None, meter: str, register: int) -> tuple[Hanging, date]:
    """The one register that a read is of, and its day; Refused where several hang or its dials cannot show it."""
    read_on = on or work.today
    if read_on > work.today:
        raise Refused(f"{read_on} is still to come", rule="reads", cure="give today or a day before")
    found = hanging(work, point, read_on, meter, register)
    if len(found) > 1:
        several = ", ".join(each.meter for each in found)
        raise Refused(f"{point} has {len(found)} registers: {several}", rule="reads", cure="name meter and register")
    at = found[0]
    if value >= at.face.limit:
        raise Refused(
            f"{value} does not fit {at.face.dials} dials", rule="register face", cure="read the turning digits only"
        )
    return at, read_on


def _trouble(form: Enter) -> str | None:
    return clean_text(form.trouble, 40).strip() or None


def _entered(
    work: Work, form: Enter, at: Hanging, period: str, instead: Row | None, why: tuple[str, str, str]
) -> Entered:
    """Write a read of a period in the place of another one, and say how it stands."""
    read_on = form.on or work.today
    on = read_on.isoformat()
    limit = work.district.use_limits.get(at.customer_class)
    seq = put(
        work, at, period, on, form.value, instead, why, limit, source="C" if form.by_customer else "A",
        trouble_code=_trouble(form),
    )  # fmt: skip
    units = stands(work.db, at.register_id, on, seq)
    summarise(work.db, [at.register_id])
    work.touch("point", form.point)
    work.fact(point=form.point, read_on=on, period=period)
    replaced = None if instead is None else instead[5]
    status, held = settled(work, form.point, at.register_id, on, seq)
    work.detail(value=form.value, usage=units, held=held, replaced=replaced)
    return Entered(form.point, read_on, seq, period, form.value, units, status, held, replaced)


def put(
    work: Work, at: Hanging, period: str, on: str, value: int, instead: Row | None, why: tuple[str, str, str],
    limit: int | None, **columns: Any,
) -> int:  # fmt: skip
    """Write a read of a period in the place of another one, or of none, measured against its neighbours; its number.

    The caller summarises. Refused where the read behind it is billed.
    """
    prev, use = weighed(at, instead, on, value, limit)
    if instead is not None:
        write(work.db, at.register_id, instead[1], instead[2], status="void")
        decided(work, instead, *why, None)
    like = (at.register_id, on, 1, at.point_id, period, None, None, None, "regular", "A")
    seq = add(work, like, on, value, use, days=days_between(prev[1], on) if prev else None, **columns)
    follow(work.db, at.register_id, at.face, at.unit, on, seq)
    return seq


def weighed(at: Hanging, instead: Row | None, on: str, value: int, limit: int | None) -> tuple[Row | None, Use]:
    """The read that one of a day comes behind, and what it bills against that; Refused where the next is billed."""
    chain = [r for r in at.chain if instead is None or r[:3] != instead[:3]]
    later = next((r for r in chain if r[1] > on), None)
    if later is not None and later[10] == "billed":
        raise Refused(f"the read of {later[1]} is billed", rule="billed reads are fixed", cure="check the day")
    prev = next((r for r in reversed(chain) if r[1] <= on), None)
    use = measured(at.face, at.unit, prev, value)
    if use.hold is None and use.units is not None and limit is not None and use.units > limit:
        use = use._replace(hold=OVER)
    return prev, use


def room(at: Hanging, period: str) -> Row | None:
    """The unbilled estimate that a read of the period takes the place of, None where the period has no read; Refused
    where it has an actual one, or a billed one."""
    row = at.taken(period)
    if row is None:
        return None
    if row[8] in RESTART:
        raise Refused(
            f"{at.meter} was set on {row[1]}, after the read for {period}", rule="one read a period",
            cure=f"its first read is for {row[4]}",
        )  # fmt: skip
    if row[9] != "E":
        raise Refused(
            f"{at.meter} has a read for {period}, of {row[1]}", rule="one read a period", cure="review that one"
        )
    if row[10] == "billed":
        raise Refused(
            f"{period} is billed by an estimate of {row[1]}", rule="billed reads are fixed",
            cure="it is put right by the next read, or by an adjustment",
        )  # fmt: skip
    return row


class Skip(Form, frozen=True, kw_only=True):
    """Why a meter was not read: of one point, or of all of a route that miss a read."""

    point: Annotated[str, msgspec.Meta(description="service point, SP-00012; empty: the whole route")] = ""
    route: Annotated[str, msgspec.Meta(description="route, where no point is named")] = ""
    period: Period = ""
    on: Annotated[date | None, msgspec.Meta(description="day of the try; empty: the window's read day")] = None
    why: Annotated[Why, msgspec.Meta(description="what kept the reader from the meter")]
    note: Annotated[str, msgspec.Meta(description="what helps the next reader", max_length=300)] = ""


class Skipped(msgspec.Struct, frozen=True):
    """The points noted as skipped in a period."""

    period: str
    points: list[str]


@act("read.skip")
def skip(work: Work, form: Skip) -> Skipped:
    """Note that a meter could not be read in a window, and why; a read that comes after all counts as any other."""
    if form.on is not None and form.on > work.today:
        raise Refused(f"{form.on} is still to come", rule="reads", cure="give today or a day before")
    noted = []
    windows = due_points(work, form.point, form.route, form.period)
    for window, points in windows:
        for point in points:
            found = hanging(work, point, window.read_on)
            if all(at.taken(window.period) is not None for at in found):
                raise Refused(f"{point} has a read for {window.period}", rule="skips", cure="nothing to do")
            at = found[0].point_id
            if work.db.one("SELECT 1 FROM read_skip WHERE point_id = ? AND period = ?", [at, window.period]):
                raise Refused(f"{point} is noted as skipped in {window.period}", rule="skips", cure="nothing to do")
            work.db.insert(
                ReadSkip, point_id=at, period=window.period, skipped_on=form.on or window.read_on, why=form.why,
                note=clean_text(form.note, 300), by_staff=work.actor.name, at=work.now,
            )  # fmt: skip
            work.touch("point", point)
            noted.append(point)
    if not noted:
        raise Refused(f"no read is missing on route {form.route}", rule="skips", cure="nothing to do")
    work.fact(period=windows[0][0].period, points=len(noted), why=form.why)
    work.detail(points=noted, note=form.note)
    return Skipped(windows[0][0].period, noted)


_SKIPPED = (
    "SELECT p.number FROM read_skip k JOIN service_point p ON p.id = k.point_id AND p.state = 'active'"
    " JOIN route t ON t.id = p.route_id WHERE k.period = ?{} ORDER BY t.code, p.sequence, p.number"
)


def due_points(
    look: Look, point: str, route: str, period: str, cycle: str = "", skipped: bool = False
) -> list[tuple[Window, Sequence[str]]]:
    """The windows meant, with the points meant in each: the one named, or those of a route or cycle without a read,
    and with `skipped` those too whose skip says why."""
    if sum(map(bool, (point, route, cycle))) != 1:
        raise Refused("name a service point or a route", rule="reads", cure="give one of both, or a cycle")
    if point:
        at = hanging(look, point, look.today)[0]
        return [(_window(look, at.cycle_id, at.cycle, period), [point])]
    code = cycle or period.rpartition("/")[0]
    cycles = [
        (id, ReadCycle(*rest))
        for id, *rest in look.db.rows("SELECT id, code, months, first_month, read_day, bill_day FROM cycle")
        if code in ("", rest[0])
    ]
    if not cycles:
        raise Refused(f"no cycle is named {code[:20]}", rule="read windows", cure="write the period as B2/2026-11")
    due = [_window(look, id, cycle, period) for id, cycle in cycles]
    routes = {"route": [route]} if route else None
    ask = Ask(look.db, look.today, look.now, look.district, routes, {}, lambda a, b: office(look.db, a, b))
    lacking: dict[int, list[str]] = {w.cycle_id: [] for w in due}
    for _, id, _, number in missing_points(ask, due):
        lacking[id].append(number)
    for w in due if skipped else ():
        only, params = (" AND t.code = ?", [w.period, route]) if route else ("", [w.period])
        lacking[w.cycle_id] += [row[0] for row in look.db.rows(_SKIPPED.format(only), params)]
    return [(w, list(dict.fromkeys(lacking[w.cycle_id]))) for w in due if lacking[w.cycle_id]] or [(due[0], [])]


def _window(look: Look, cycle_id: int, cycle: ReadCycle, period: str) -> Window:
    """The window of a period of the cycle, in which today may lie before its read day; where none is named the newest
    whose read day has come. It is read today at the latest, and ends on its read day.
    """
    named, read_on = cycle.newest(look.today)
    if period and period != named:
        day = cycle.named(period)
        if day is None or (day > look.today and (period, day) != cycle.open_on(look.today)):
            raise Refused(
                f"{period[:20]} is no window of cycle {cycle.code} that has come", rule="read windows",
                cure=f"{named} is the newest",
            )  # fmt: skip
        read_on = day
    return Window(cycle_id, cycle.code, cycle.months, period or named, min(read_on, look.today), read_on)

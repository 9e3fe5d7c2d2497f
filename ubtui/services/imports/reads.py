"""Reads of registers: found by serial, radio or point, placed in their period, judged against the read before."""
# Length: the rule of one row and the way of many at once must say the same; they are read together.

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from math import inf
from typing import Any, Final, NamedTuple

from ubtui.act import Look
from ubtui.domain.periods import ReadCycle
from ubtui.domain.register import BELOW, MOST_USE, OVER, Register
from ubtui.domain.volume import Unit
from ubtui.exchange.profile import Profile
from ubtui.services.imports.taking import Line, Page, Plain, Rows, Taker, Verdict, faulty, found, refuse

NOT_READ: Final = "not-read"


@dataclass(slots=True)
class Hanging:
    """A register where it hangs, and the newest read it has: day, value, period."""

    meter: str
    n: int
    register_id: int
    face: Register
    point_id: int
    on_date: str
    off_date: str | None
    account_id: int | None
    cycle: ReadCycle | None
    customer_class: str
    unit: Unit
    last_on: str = ""
    last_value: int | None = None
    last_period: str = ""
    periods: dict[str, str] | None = None
    """Of its cycle, by day: those asked for so far."""
    limit: int = 0
    most: float = inf


class Plainly(NamedTuple):
    """A read that goes in without a word: the place of its row, and what it says and uses."""

    place: int
    hanging: Hanging
    day: str
    value: int
    period: str
    usage: int | None
    days: int | None


_HANGS = (
    "SELECT {key}, m.maker, m.serial, g.n, g.id, g.dials, g.fixed_zeros, g.mult_num, g.mult_den, g.unit, i.point_id,"
    " i.on_date, i.off_date FROM meter m JOIN register g ON g.meter_id = m.id"
    " JOIN live_install i ON i.meter_id = m.id {more} ORDER BY i.on_date DESC"
)
_OF = "JOIN live_service s ON s.point_id = i.point_id AND s.to_on IS NULL JOIN live_account a ON a.id = s.account_id"
_BY = {
    "serial": _HANGS.format(key="m.serial", more="WHERE m.serial IN ({marks})"),
    "radio": _HANGS.format(
        key="e.radio", more="JOIN endpoint e ON e.meter_id = m.id AND e.to_on IS NULL WHERE e.radio IN ({marks})"
    ),
    "point": _HANGS.format(key="p.number", more="JOIN live_point p ON p.id = i.point_id WHERE p.number IN ({marks})"),
    "account": _HANGS.format(key="a.number", more=f"{_OF} WHERE a.number IN ({{marks}})"),
    "old": _HANGS.format(
        key="x.value",
        more=f"{_OF} JOIN external_id x ON x.subject_type = 'account' AND x.subject_id = a.id AND x.kind = 'account'"
        " WHERE x.value IN ({marks})",
    ),
}
ALIAS: Final = "serial"
"""System of the external ids under which files name a meter by another serial than its own."""
_ALIASES = _HANGS.format(
    key="x.value",
    more=f"JOIN external_id x ON x.subject_type = 'meter' AND x.subject_id = m.id AND x.system = '{ALIAS}'"
    " AND x.kind = 'meter' WHERE x.value IN ({marks})",
)
_SERVED = (
    "SELECT s.point_id, s.account_id, s.customer_class, s.unit, c.code, c.months, c.first_month, c.read_day, c.bill_day"
    " FROM live_service s JOIN live_account a ON a.id = s.account_id JOIN cycle c ON c.id = a.cycle_id"
    " WHERE s.kind IN ('potable', 'irrigation', 'raw', 'recycled') AND s.point_id IN ({marks})"
    " ORDER BY s.to_on IS NULL, s.from_on, s.id"
)
_LAST = (
    "SELECT g.id, r.read_on, r.value, CASE WHEN r.kind IN ('opening', 'installation') THEN '' ELSE r.period END"
    " FROM register g JOIN read r ON r.register_id = g.id"
    " AND r.read_on = (SELECT x.read_on FROM live_read x WHERE x.register_id = g.id AND x.status <> 'void'"
    " AND x.kind NOT IN ('control', 'reread') ORDER BY x.read_on DESC, x.seq DESC LIMIT 1)"
    " WHERE r.status <> 'void' AND r.kind NOT IN ('control', 'reread') AND g.id IN ({marks}) ORDER BY r.seq"
)


class ReadTaker(Taker):
    """Reads go in by date, register by register; what is unclear about one stays staged, what is odd goes in held."""

    def __init__(self, look: Look, profile: Profile) -> None:
        super().__init__(look, profile)
        self.looks_ahead = profile.last_per_period
        self.known: dict[tuple[str, str], list[Hanging]] = {}
        self.registers: dict[tuple[int, str], Hanging] = {}
        self._asked: dict[str, set[str]] = {by: set() for by in _BY}
        self.latest: dict[tuple[Any, str], tuple[str, int]] = {}
        self.alone: dict[str, dict[str, Hanging]] = {by: {} for by in _BY}
        """Names that one register alone has, and no second time."""
        self._cycles: dict[tuple[Any, ...], tuple[ReadCycle, dict[str, str]]] = {}
        self.today = look.today.isoformat()
        self.aliases: set[str] = set()
        self.aliased = self.db.value("SELECT 1 FROM external_id WHERE system = ? LIMIT 1", [ALIAS]) is not None

    def survey(self, lines: Sequence[Line]) -> None:
        good = [line for line in lines if line.fault is None]
        self._resolve(good)
        for line in good:
            key, moment = self._group(line), (line.values["date"], line.row_no)
            if moment > self.latest.get(key, ("", 0)):
                self.latest[key] = moment

    def _group(self, line: Line) -> tuple[Any, str]:
        """The register and period a read belongs to; for an unknown meter what names it, and the month."""
        hanging, _ = self._hanging(line)
        day = line.values["date"][:10]
        if hanging is not None and hanging.cycle is not None:
            return hanging.register_id, hanging.cycle.period_of(date.fromisoformat(day)) or day[:7]
        return tuple(line.values.get(f) for f in ("maker", *_BY, "register")), day[:7]

    def take(self, page: Page, rows: Rows | None) -> tuple[list[Verdict], Plain]:
        """Judge a page: what any doubt is about as a line, by the one rule below; the rest, most of all, in one go."""
        if self.looks_ahead:
            return super().take(page, rows)
        said = page.values
        accounts = set(said.get("account", ())) - {None}
        names: dict[str, set[str]] = {by: set(said.get(by, ())) - {None} for by in ("serial", "radio", "point")}
        self._resolve_names(names | {"account": {name.replace("-", "") for name in accounts}, "old": accounts})
        days, at = [moment[:10] if moment else "" for moment in page.column("date")], self._found(page)
        taken: list[Plainly] = []
        verdicts: list[Verdict] = []
        for place, (hanging, day, value) in enumerate(zip(at, days, page.column("value"), strict=True)):
            plain = None
            if hanging is not None and value is not None and place not in page.odd:
                plain = self._plainly(place, hanging, day, value)
            if plain is not None:
                taken.append(plain)
                continue
            line = page.line(place)
            verdicts.append(self._weigh(line) if line.fault is None else faulty(line))
        if rows is not None:
            self._write_plain(rows, page, taken)
            self.write(rows, verdicts)
        units, periods = sum(one.usage or 0 for one in taken), {one.period for one in taken}
        return verdicts, Plain(len(taken), units, 0, periods)

    def _plainly(self, place: int, hanging: Hanging, day: str, value: int) -> Plainly | None:
        """A read in which nothing is to be told of: what `_weigh` accepts without a word, else None."""
        last_on, last = hanging.last_on, hanging.last_value
        cycle, periods = hanging.cycle, hanging.periods
        if (
            cycle is None
            or periods is None
            or not (last_on < day <= self.today and hanging.on_date <= day)
            or (hanging.off_date is not None and day > hanging.off_date)
            or not (0 if last is None else last) <= value < hanging.limit
        ):
            return None
        if (period := periods.get(day)) is None:
            period = periods[day] = cycle.period_of(date.fromisoformat(day)) or ""
        if not period or period == hanging.last_period:
            return None
        usage, reason, *_ = hanging.face.between(last, value, hanging.unit)
        if reason or (usage is not None and usage > hanging.most):
            return None
        hanging.last_on, hanging.last_value, hanging.last_period = day, value, period
        return Plainly(place, hanging, day, value, period, usage, ordinal(day) - ordinal(last_on) if last_on else None)

    def _found(self, page: Page) -> list[Hanging | None]:
        """The register of each row where all that the row says names it and nothing else; None: look at the row."""
        columns = [(page.values[by], self.alone[by]) for by in ("serial", "radio", "point") if by in page.values]
        if accounts := page.values.get("account"):
            ours, old = self.alone["account"], self.alone["old"]
            both = {name: ours.get(name.replace("-", "")) or old.get(name) for name in set(accounts) - {None}}
            doubtful = {n for n in both if ("account", n.replace("-", "")) in self.known and ("old", n) in self.known}
            columns.append((accounts, {n: h for n, h in both.items() if h is not None and n not in doubtful}))
        if not columns:
            return [None] * len(page)
        names, here = columns[0]
        found: list[Any] = [here.get(name) if name else None for name in names]
        named = names
        for names, here in columns[1:]:
            for place, name in enumerate(names):
                if name:
                    hanging = here.get(name)
                    found[place] = hanging if not named[place] or found[place] is hanging else None
            named = [one or other for one, other in zip(named, names, strict=True)]
        for place, n in enumerate(page.values.get("register", ())):
            if n not in (None, 1):
                found[place] = None
        for place, maker in enumerate(page.values.get("maker", ())):
            if maker and (hanging := found[place]) is not None and not _of(hanging, {"maker": maker}):
                found[place] = None
        return found

    def weigh(self, lines: Sequence[Line]) -> Iterator[Verdict]:
        self._resolve(lines)
        for line in lines:
            if self.profile.last_per_period and self.latest.get(self._group(line), ("", 0))[1] != line.row_no:
                yield Verdict(line, "passed")
            else:
                yield self._weigh(line)

    def _weigh(self, line: Line) -> Verdict:
        said, day = line.values, line.values["date"][:10]
        hanging, no = self._hanging(line)
        if hanging is None:
            assert no is not None
            return no
        where: dict[str, Any] = {
            "point_id": hanging.point_id, "account_id": hanging.account_id, "register_id": hanging.register_id
        }  # fmt: skip
        if hanging.cycle is None:
            return refuse(line, "no-account", f"nobody was ever served by {hanging.meter}", "serial", **where)
        if day > self.look.today.isoformat():
            return refuse(line, "future-date", f"{day} lies after today, {self.look.today}", "date", **where)
        if day < hanging.on_date or (hanging.off_date is not None and day > hanging.off_date):
            return refuse(line, "not-installed", f"{hanging.meter} did not hang there on {day}", "date", **where)
        if "value" not in said and "reading" in said:
            said["value"] = hanging.face.shown(said["reading"], self.profile.unit or hanging.face.unit)
        period = hanging.cycle.period_of(date.fromisoformat(day))
        if "value" not in said:
            return self._unread(line, {**where, "period": period})
        if period is None:
            said_window = f"{day} lies in no read window of cycle {hanging.cycle.code}"
            return refuse(line, "outside-window", said_window, "date", **where)
        where["period"] = period
        if said["value"] >= hanging.face.limit:
            dials = hanging.face.dials
            return refuse(line, "digit-count", f"{said['value']} does not fit {dials} dials", "value", **where)
        if hanging.last_on and day <= hanging.last_on:
            return self._again(line, hanging, day, where)
        if period == hanging.last_period:
            said_first = f"{hanging.meter} has a read for {period}, of {hanging.last_on}"
            return refuse(line, "duplicate-read", said_first, "date", **where)
        return self._taken(line, hanging, day, where)

    def _unread(self, line: Line, where: dict[str, Any]) -> Verdict:
        """A row without a read: with a trouble code it tells why, and becomes a skip when the batch is released."""
        if "trouble" not in line.values:
            return refuse(line, "missing-field", "value is empty, and no trouble code says why", "value", **where)
        return refuse(line, NOT_READ, f"not read: {line.values['trouble']}", "value", **where)

    def _again(self, line: Line, hanging: Hanging, day: str, where: dict[str, Any]) -> Verdict:
        """A read not newer than the newest: the same again, another one for its period, or one that comes too late."""
        sql = (
            "SELECT value FROM live_read WHERE register_id = ? AND {} = ? AND status <> 'void'"
            " AND kind NOT IN ('control', 'reread')"
        )
        values = [row[0] for row in self.db.rows(sql.format("read_on"), [hanging.register_id, day])]
        if day == hanging.last_on:
            values.append(hanging.last_value)
        if line.values["value"] in values:
            return refuse(line, "same-read", f"this read of {day} is in already", "value", **where)
        period = where["period"]
        taken = values or period == hanging.last_period
        if taken or self.db.value(sql.format("period"), [hanging.register_id, period]) is not None:
            return refuse(line, "duplicate-read", f"{hanging.meter} has a read for {period} already", "date", **where)
        later = f"{hanging.meter} has a later read, of {hanging.last_on}; sort the file by date"
        return refuse(line, "out-of-order", later, "date", **where)

    def _taken(self, line: Line, hanging: Hanging, day: str, where: dict[str, Any]) -> Verdict:
        value, before = line.values["value"], hanging.last_value
        days = None
        sentence = ""
        if hanging.last_on:
            days = (date.fromisoformat(day) - date.fromisoformat(hanging.last_on)).days
        usage, reason, *_ = hanging.face.between(before, value, hanging.unit)
        limit = self.limit(hanging.customer_class)
        if reason == BELOW:
            sentence = f"{value} is below {before} of {hanging.last_on}"
        elif reason == OVER:
            sentence = f"{before} to {value} is no use: {MOST_USE:,} {hanging.unit} are the most"
        elif usage is not None and limit is not None and usage > limit:
            reason = OVER
            sentence = f"{usage:,} {hanging.unit} is above the limit of {limit:,} for {hanging.customer_class}"
        hanging.last_on, hanging.last_value, hanging.last_period = day, value, where["period"]
        verdict = Verdict(line, "held" if reason else "accepted", reason or "", sentence, "value", **where)
        verdict.units, verdict.goods = usage or 0, (day, value, usage, days)
        return verdict

    # -- finding the register -----------------------------------------------------------------------------------

    def _hanging(self, line: Line) -> tuple[Hanging | None, Verdict | None]:
        """The register of a row, by serial, else radio, else point, else account; or why there is not just one."""
        said, day = line.values, line.values["date"][:10]
        named = _names(line)
        if not named:
            empty = "serial, radio, point and account are empty; one is needed"
            return None, refuse(line, "missing-field", empty, "serial")
        n = said.get("register", 1)
        for name in named:
            some = self.known.get(name, [])
            if name[0] == "serial" and "maker" in said and name[1] not in self.aliases:
                some = [h for h in some if _of(h, said)]
            some = [h for h in some if h.n == n]
            then = [h for h in some if h.on_date <= day and (h.off_date is None or day <= h.off_date)] or some
            if len({h.register_id for h in then}) > 1:  # two makers may use one serial: the account tells
                there = {h.register_id for h in self._of_account(line)}
                then = [h for h in then if h.register_id in there] or then
            if len({h.register_id for h in then}) > 1:
                several = ", ".join(sorted({h.meter for h in then})[:5])
                return None, refuse(line, "ambiguous-meter", f"{name[1]} may be {several}", name[0])
            if then:
                odd = self._at_odds(line, then[0])
                return (None, odd) if odd else (then[0], None)
        shown = f"{said['maker']}/{said['serial']}" if "maker" in said and "serial" in said else named[0][1]
        return None, refuse(line, "unknown-meter", f"no meter {shown} is installed here", named[0][0])

    def _of_account(self, line: Line) -> list[Hanging]:
        return [h for name in _names(line) if name[0] in ("account", "old") for h in self.known.get(name, ())]

    def _at_odds(self, line: Line, hanging: Hanging) -> Verdict | None:
        """The refusal of a row whose other names are not of the meter found: a swapped, moved or mistyped one.

        A radio that is nowhere known may be new, and a serial beside a known radio the maker's own number; an account
        that is not known may be closed.
        """
        said, meter, where = line.values, hanging.meter, {"point_id": hanging.point_id}

        def named(by: str) -> list[Hanging]:
            return self.known.get((by, said.get(by, "")), [])

        def ours(by: str) -> bool:
            return any(h.meter == meter and h.point_id == hanging.point_id for h in named(by))

        if "serial" in said and not ours("serial") and (named("serial") or not ours("radio")):
            return refuse(line, "serial-mismatch", f"{meter} hangs there, not {said['serial'][:40]}", "serial", **where)
        if named("radio") and not ours("radio"):
            other = f"radio {said['radio']} is {named('radio')[0].meter}'s, not {meter}'s"
            return refuse(line, "radio-mismatch", other, "radio", **where)
        if "point" in said and not any(h.point_id == hanging.point_id for h in named("point")):
            return refuse(line, "wrong-point", f"{meter} does not hang at {said['point'][:40]}", "point", **where)
        there = self._of_account(line)
        if there and not any(h.point_id == hanging.point_id for h in there):
            other = f"{meter} does not hang at account {said['account']}"
            return refuse(line, "wrong-account", other, "account", **where)
        return None

    def _resolve(self, lines: Sequence[Line]) -> None:
        wanted: dict[str, set[str]] = {by: set() for by in _BY}
        for line in lines:
            for by, name in _names(line):
                wanted[by].add(name)
        self._resolve_names(wanted)

    def _resolve_names(self, said: Mapping[str, set[str]]) -> None:
        fresh: dict[int, list[Hanging]] = {}
        several: list[tuple[dict[str, Hanging], str]] = []
        for by, sql in _BY.items():
            wanted = said.get(by, set()) - self._asked[by]
            self._asked[by] |= wanted
            rows = found(self.db, sql, wanted)
            if by == "serial" and self.aliased and (strange := wanted - {row[0] for row in rows}):
                others = found(self.db, _ALIASES, strange)
                self.aliases |= {row[0] for row in others}
                rows += others
            for name, *row in rows:
                made = _made(row, self.district.billing_unit)
                # One register that hung twice is two; under several names it is one, with one newest read.
                hanging = self.registers.setdefault((made.register_id, made.on_date), made)
                if hanging is made:
                    fresh.setdefault(hanging.point_id, []).append(hanging)
                self.known.setdefault((by, name), []).append(hanging)
                if (alone := self.alone[by]).setdefault(name, hanging) is not hanging or hanging.n != 1:
                    several.append((alone, name))
        for alone, name in several:
            alone.pop(name, None)
        for point_id, account_id, customer_class, unit, *named in found(self.db, _SERVED, fresh):
            cycle, periods = self._cycle(*named)
            most = self.limit(customer_class)
            for hanging in fresh[point_id]:
                hanging.account_id, hanging.customer_class = account_id, customer_class
                hanging.unit, hanging.cycle, hanging.periods = _unit(unit), cycle, periods
                hanging.most = inf if most is None else most
        hung: dict[int, list[Hanging]] = {}
        for some in fresh.values():
            for hanging in some:
                hung.setdefault(hanging.register_id, []).append(hanging)
        for register_id, on, value, period in found(self.db, _LAST, hung):
            for hanging in hung[register_id]:
                hanging.last_on, hanging.last_value, hanging.last_period = on, value, period

    def _cycle(self, *named: Any) -> tuple[ReadCycle, dict[str, str]]:
        if named not in self._cycles:
            self._cycles[named] = ReadCycle(*named), {}
        return self._cycles[named]

    def _write_plain(self, rows: Rows, page: Page, taken: Sequence[Plainly]) -> None:
        """Rows of reads that nothing is told of; a read in the place of a void one has the next number."""
        if not taken:
            return
        seqs = self._voided({one.hanging.register_id for one in taken}, min(one.day for one in taken))
        estimated, troubles = page.column("estimated"), page.column("trouble")
        first, actor, now, batch_id = page.block.first, rows.actor, rows.now, rows.batch_id
        rows.tables.setdefault("read", []).extend(
            (
                h.register_id, day, seqs.get((h.register_id, day), 0) + 1, h.point_id, period, value, usage, days,
                "E" if estimated[place] else "A", "released", None, troubles[place], actor, now, batch_id,
                first + place,
            )
            for place, h, day, value, period, usage, days in taken
        )  # fmt: skip

    def _voided(self, registers: Iterable[int | None], since: str) -> dict[tuple[int | None, str], int]:
        """The highest number of void reads by register and day."""
        sql = "SELECT register_id, read_on, MAX(seq) FROM read WHERE read_on >= ? AND status = 'void'"
        more = " AND register_id IN ({marks}) GROUP BY register_id, read_on"
        return {(register_id, on): seq for register_id, on, seq in found(self.db, sql + more, registers, since)}

    def write(self, rows: Rows, verdicts: Sequence[Verdict]) -> None:
        taken = [v for v in verdicts if v.state in ("accepted", "held")]
        seqs = self._voided((v.register_id for v in taken), min((v.goods[0] for v in taken), default=""))
        for v in taken:
            day, value, usage, days = v.goods
            status, held = ("held", v.reason) if v.state == "held" else ("released", None)
            source = "E" if v.line.values.get("estimated") else "A"
            rows.add(
                *(
                    "read",
                    v.register_id,
                    day,
                    seqs.get((v.register_id, day), 0) + 1,
                    v.point_id,
                    v.period,
                    value,
                    usage,
                    days,
                ),
                *(source, status, held, v.line.values.get("trouble"), rows.actor, rows.now, rows.batch_id),
                v.line.row_no,
            )


def _names(line: Line) -> list[tuple[str, str]]:
    """What a row names its meter by, the surest first; an account by our number and by an old one."""
    said = line.values
    names: list[tuple[str, str]] = [(by, said[by]) for by in ("serial", "radio", "point") if by in said]
    if "account" in said:
        names += [("account", said["account"].replace("-", "")), ("old", said["account"])]
    return names


def _of(hanging: Hanging, said: dict[str, Any]) -> bool:
    return hanging.meter.partition("/")[0].casefold() == str(said["maker"]).casefold()


def _made(row: Sequence[Any], unit: str) -> Hanging:
    maker, serial, n, register_id, dials, zeros, num, den, counted, point_id, on_date, off_date = row
    face, billed = _face(dials, zeros, num, den, counted), _unit(unit)
    made = Hanging(f"{maker}/{serial}", n, register_id, face, point_id, on_date, off_date, None, None, "", billed)
    made.limit = face.limit
    return made


@lru_cache(maxsize=1000)
def _face(dials: int, zeros: int, num: int, den: int, counted: str) -> Register:
    return Register(dials, zeros, Fraction(num, den), Unit(counted))


_unit = lru_cache(maxsize=20)(Unit)


@lru_cache(maxsize=5_000)
def ordinal(day: str) -> int:
    """The number of a day, to count days between two."""
    return date.fromisoformat(day).toordinal()

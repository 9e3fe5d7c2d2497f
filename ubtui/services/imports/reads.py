"""Reads of registers: found by serial, radio or point, placed in their period, judged against the read before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from ubtui.act import Look
from ubtui.domain.periods import ReadCycle
from ubtui.domain.register import BELOW, MOST_USE, OVER, Register
from ubtui.domain.volume import Unit
from ubtui.exchange.profile import Profile
from ubtui.services.imports.taking import Line, Rows, Taker, Verdict, found, refuse

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
_SERVED = (
    "SELECT s.point_id, s.account_id, s.customer_class, s.unit, c.code, c.months, c.first_month, c.read_day, c.bill_day"
    " FROM live_service s JOIN live_account a ON a.id = s.account_id JOIN cycle c ON c.id = a.cycle_id"
    " WHERE s.kind IN ('potable', 'irrigation', 'raw', 'recycled') AND s.point_id IN ({marks})"
    " ORDER BY s.to_on IS NULL, s.from_on, s.id"
)
_LAST = (
    "SELECT g.id, r.read_on, r.value, r.period FROM register g JOIN read r ON r.register_id = g.id"
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
        if said["value"] >= hanging.face.limit:
            dials = hanging.face.dials
            return refuse(line, "digit-count", f"{said['value']} does not fit {dials} dials", "value", **where)
        if period is None:
            said_window = f"{day} lies in no read window of cycle {hanging.cycle.code}"
            return refuse(line, "outside-window", said_window, "date", **where)
        where["period"] = period
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
        usage, reason, _ = hanging.face.between(before, value, hanging.unit)
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
            some = [h for h in self.known.get(name, ()) if "maker" not in said or name[0] != "serial" or _of(h, said)]
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
        fresh: dict[int, list[Hanging]] = {}
        for by, sql in _BY.items():
            wanted = {text for line in lines for name, text in _names(line) if name == by} - self._asked[by]
            self._asked[by] |= wanted
            for name, *row in found(self.db, sql, wanted):
                made = _made(row, self.district.billing_unit)
                # One register that hung twice is two; under several names it is one, with one newest read.
                hanging = self.registers.setdefault((made.register_id, made.on_date), made)
                if hanging is made:
                    fresh.setdefault(hanging.point_id, []).append(hanging)
                self.known.setdefault((by, name), []).append(hanging)
        for point_id, account_id, customer_class, unit, *cycle in found(self.db, _SERVED, fresh):
            for hanging in fresh[point_id]:
                hanging.account_id, hanging.customer_class = account_id, customer_class
                hanging.unit, hanging.cycle = Unit(unit), ReadCycle(*cycle)
        hung: dict[int, list[Hanging]] = {}
        for some in fresh.values():
            for hanging in some:
                hung.setdefault(hanging.register_id, []).append(hanging)
        for register_id, on, value, period in found(self.db, _LAST, hung):
            for hanging in hung[register_id]:
                hanging.last_on, hanging.last_value, hanging.last_period = on, value, period

    def write(self, rows: Rows, verdicts: Sequence[Verdict]) -> None:
        taken = [v for v in verdicts if v.state in ("accepted", "held")]
        void = "SELECT register_id, read_on, seq FROM read WHERE status = 'void' AND register_id IN ({marks})"
        seqs: dict[tuple[int | None, str], int] = {}
        for register_id, on, seq in found(self.db, void, (v.register_id for v in taken)):
            seqs[register_id, on] = max(seq, seqs.get((register_id, on), 0))
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
    face = Register(dials, zeros, Fraction(num, den), Unit(counted))
    return Hanging(f"{maker}/{serial}", n, register_id, face, point_id, on_date, off_date, None, None, "", Unit(unit))

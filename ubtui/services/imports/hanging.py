"""Registers as the rows of a file name them: by serial, radio, point or account, a row alone or a page in columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import inf
from typing import Any, Final

from ubtui.db.session import Session
from ubtui.detectors.readings.summaries import READS
from ubtui.domain.periods import ReadCycle
from ubtui.domain.register import Register
from ubtui.domain.text import fold
from ubtui.domain.volume import Unit
from ubtui.services.imports.taking import Line, Page, Verdict, found, refuse


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
    begins: str = ""
    """The period for which it was set, until it has a read."""
    periods: dict[str, str] | None = None
    """Of its cycle, by day: those asked for so far."""
    limit: int = 0
    most: float = inf
    behind: tuple[str, int | None] | None = None
    """Day and value of the read before the newest one, where that is an estimate of the file itself."""

    def took(self, day: str, value: int, period: str, estimated: bool) -> None:
        """The newest read is this one, of the file itself."""
        self.behind = (self.last_on, self.last_value) if estimated else None
        self.last_on, self.last_value, self.last_period, self.begins = day, value, period, ""


_HANGS = (
    "SELECT {key}, m.maker, m.serial, g.n, g.id, g.dials, g.fixed_zeros, g.mult_num, g.mult_den, g.unit, i.point_id,"
    " i.on_date, i.off_date FROM meter m JOIN register g ON g.meter_id = m.id"
    " JOIN live_install i ON i.meter_id = m.id {more} ORDER BY i.on_date DESC"
)
_OF = "JOIN live_service s ON s.point_id = i.point_id AND s.to_on IS NULL JOIN live_account a ON a.id = s.account_id"
BY: Final = {
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
"""How a name finds its registers, the surest first."""
ALIAS: Final = "serial"
"""System of the external ids under which files name a meter by another serial than its own."""
_ALIASES = _HANGS.format(
    key="x.value",
    more=f"JOIN external_id x ON x.subject_type = 'meter' AND x.subject_id = m.id AND x.system = '{ALIAS}'"
    " AND x.kind = 'meter' WHERE x.value IN ({marks})",
)
_IDLE = "SELECT serial, maker FROM meter WHERE serial IN ({marks})"
_SERVED = (
    "SELECT s.point_id, s.account_id, s.customer_class, s.unit, c.code, c.months, c.first_month, c.read_day, c.bill_day"
    " FROM live_service s JOIN live_account a ON a.id = s.account_id JOIN cycle c ON c.id = a.cycle_id"
    " WHERE s.kind IN ('potable', 'irrigation', 'raw', 'recycled') AND s.point_id IN ({marks})"
    " ORDER BY s.to_on IS NULL, s.from_on, s.id"
)
_OURS = (
    "({0}.batch_id IS NULL OR {0}.batch_id = ? OR {0}.batch_id IN (SELECT id FROM batch WHERE released_at IS NOT NULL))"
)
_LAST = (
    "SELECT g.id, r.read_on, r.value, r.period, CASE WHEN r.kind IN ('opening', 'installation') THEN 1 ELSE 0 END"
    " FROM register g JOIN read r ON r.register_id = g.id"
    " AND r.read_on = (SELECT x.read_on FROM read x WHERE x.register_id = g.id AND x.status <> 'void'"
    f" AND x.kind NOT IN ('control', 'reread') AND {_OURS.format('x')} ORDER BY x.read_on DESC, x.seq DESC LIMIT 1)"
    f" WHERE r.status <> 'void' AND r.kind NOT IN ('control', 'reread') AND {_OURS.format('r')}"
    " AND g.id IN ({marks}) ORDER BY r.seq"
)
CHAIN: Final = READS.format("?").replace("FROM live_read WHERE", f"FROM read x WHERE {_OURS.format('x')} AND")
"""All reads of a register (as READS) that an import sees: its batch first, then the register."""
GUESSED: Final = (
    f"SELECT 1 FROM read x WHERE {_OURS.format('x')} AND x.register_id = ? AND x.period = ? AND x.source = 'E'"
    " AND x.status <> 'void' LIMIT 1"
)
"""Whether it sees an estimate of a register for a period: its batch first, then both."""
KEPT: Final = 10_000
"""Registers that an import keeps at hand; of more it asks again, so that a city's file takes no more than a town's."""


class Registers:
    """The registers that an import has asked for so far, each with the newest read it has.

    `limit` gives the most that is used between two reads, by customer class.
    """

    def __init__(self, db: Session, billing_unit: str, limit: Callable[[str], int | None]) -> None:
        self.db, self.billing_unit, self.limit = db, billing_unit, limit
        self.batch_id = 0
        """The import's own batch: what it has written counts, though nobody else sees it yet."""
        self._cycles: dict[tuple[Any, ...], tuple[ReadCycle, dict[str, str]]] = {}
        self.aliased = db.value("SELECT 1 FROM external_id WHERE system = ? LIMIT 1", [ALIAS]) is not None
        self._forget()

    def written(self, batch_id: int) -> None:
        """All that was taken so far stands in the record under this batch: what is at hand may be asked again."""
        self.batch_id = batch_id
        if len(self.registers) > KEPT:
            self._forget()

    def _forget(self) -> None:
        self.known: dict[tuple[str, str], list[Hanging]] = {}
        self.registers: dict[tuple[int, str], Hanging] = {}
        self._asked: dict[str, set[str]] = {by: set() for by in BY}
        self.alone: dict[str, dict[str, Hanging]] = {by: {} for by in BY}
        """Names that one register alone has, and no second time."""
        self.aliases: set[str] = set()
        self.idle: dict[str, set[str]] = {}
        """Serials of meters of the record that hang nowhere, with their makers."""

    def of(self, line: Line) -> tuple[Hanging | None, Verdict | None]:
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

        A radio that is nowhere known may be new, and a serial that is nobody's beside a known radio the maker's own
        number; an account that is not known may be closed.
        """
        said, meter, where = line.values, hanging.meter, {"point_id": hanging.point_id}

        def named(by: str) -> list[Hanging]:
            return self.known.get((by, said.get(by, "")), [])

        def ours(by: str) -> bool:
            return any(h.meter == meter and h.point_id == hanging.point_id for h in named(by))

        if "serial" in said and not ours("serial"):
            makers = self.idle.get(said["serial"], set())
            idle = fold(said["maker"]) in makers if "maker" in said else bool(makers)
            if idle or named("serial") or not ours("radio"):
                known = f"{meter} hangs there, not {said['serial'][:40]}" + (", which hangs nowhere" if idle else "")
                return refuse(line, "serial-mismatch", known, "serial", **where)
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

    def other_serial(self, line: Line, hanging: Hanging) -> str:
        """What a row calls the meter found by its radio, where that is no serial of this record; else empty."""
        serial = str(line.values.get("serial", ""))
        ours = any(h.meter == hanging.meter for h in self.known.get(("serial", serial), ()))
        return "" if ours or not serial or serial == hanging.meter.partition("/")[2] else serial

    def resolve(self, lines: Sequence[Line]) -> None:
        """Look up all that these rows name, at once."""
        wanted: dict[str, set[str]] = {by: set() for by in BY}
        for line in lines:
            for by, name in _names(line):
                wanted[by].add(name)
        self._resolve_names(wanted)

    def _resolve_names(self, said: Mapping[str, set[str]]) -> None:
        fresh: dict[int, list[Hanging]] = {}
        several: list[tuple[dict[str, Hanging], str]] = []
        for by, sql in BY.items():
            wanted = said.get(by, set()) - self._asked[by]
            self._asked[by] |= wanted
            rows = found(self.db, sql, wanted)
            if by == "serial" and (strange := wanted - {row[0] for row in rows}):
                others = found(self.db, _ALIASES, strange) if self.aliased else []
                self.aliases |= {row[0] for row in others}
                rows += others
                for serial, maker in found(self.db, _IDLE, strange):
                    self.idle.setdefault(serial, set()).add(fold(maker))
            for name, *row in rows:
                made = _made(row, self.billing_unit)
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
        for register_id, on, value, period, start in found(self.db, _LAST, hung, self.batch_id, self.batch_id):
            for hanging in hung[register_id]:
                hanging.last_on, hanging.last_value = on, value
                hanging.last_period, hanging.begins = ("", period) if start else (period, "")

    def _cycle(self, *named: Any) -> tuple[ReadCycle, dict[str, str]]:
        if named not in self._cycles:
            self._cycles[named] = ReadCycle(*named), {}
        return self._cycles[named]

    def _resolve_page(self, page: Page) -> None:
        said = page.values
        accounts = set(said.get("account", ())) - {None}
        names: dict[str, set[str]] = {by: set(said.get(by, ())) - {None} for by in ("serial", "radio", "point")}
        self._resolve_names(names | {"account": {name.replace("-", "") for name in accounts}, "old": accounts})

    def in_columns(self, page: Page) -> list[Hanging | None]:
        """The register of each row where all that the row says names it and nothing else; None: look at the row."""
        self._resolve_page(page)
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


def _names(line: Line) -> list[tuple[str, str]]:
    """What a row names its meter by, the surest first; an account by our number and by an old one."""
    said = line.values
    names: list[tuple[str, str]] = [(by, said[by]) for by in ("serial", "radio", "point") if by in said]
    if "account" in said:
        names += [("account", said["account"].replace("-", "")), ("old", said["account"])]
    return names


def _of(hanging: Hanging, said: dict[str, Any]) -> bool:
    ours, theirs = hanging.meter.partition("/")[0], str(said["maker"])
    return ours == theirs or fold(ours) == fold(theirs)


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

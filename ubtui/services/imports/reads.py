"""Reads of registers: placed in their period, judged against the read before; a row alone, or a page in columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from ubtui.act import Look, Refused
from ubtui.detectors.readings.summaries import READS
from ubtui.domain.periods import later
from ubtui.domain.register import BELOW, MOST_USE, OVER
from ubtui.exchange.profile import Profile
from ubtui.services.imports.hanging import BY, CHAIN, GUESSED, Hanging, Registers
from ubtui.services.imports.taking import Line, Page, Plain, Rows, Taker, Verdict, faulty, found, ordinal, refuse
from ubtui.services.reads import entering

NOT_READ: Final = "not-read"
IN_PLACE: Final = "in-place-of-estimate"
"""Why a row waits for the release of its batch: until then the estimate that it takes the place of stands."""


class Between(NamedTuple):
    """A read that goes in among those of its register, in the place of an estimate or where none is: which, when, what.

    Written by the act that lets it in, against the record as it then stands.
    """

    at: entering.Hanging
    day: str
    value: int
    limit: int | None

    def now(self, look: Look) -> entering.Hanging:
        """Its register with the reads that it has now."""
        return dataclasses.replace(self.at, chain=tuple(look.db.rows(READS.format("?"), [self.at.register_id])))


class Plainly(NamedTuple):
    """A read that goes in without a word: the place of its row, and what it says and uses."""

    place: int
    hanging: Hanging
    day: str
    value: int
    period: str
    usage: int | None
    days: int | None


class ReadTaker(Taker):
    """Reads go in by date, register by register; what is unclear about one stays staged, what is odd goes in held."""

    def __init__(self, look: Look, profile: Profile) -> None:
        super().__init__(look, profile)
        self.looks_ahead = profile.last_per_period
        self.registers = Registers(self.db, self.district.billing_unit, self.limit)
        self.latest: dict[tuple[Any, str], tuple[str, int]] = {}
        self.replaced: set[tuple[int, str]] = set()
        """Registers and periods of which a row of this file takes the place of an estimate."""
        self.between = False
        """Whether a read whose period has none goes in before later ones too: of a row that a person looked at."""
        self.today = look.today.isoformat()

    def survey(self, lines: Sequence[Line]) -> None:
        good = [line for line in lines if line.fault is None]
        self.registers.resolve(good)
        for line in good:
            key, moment = self._group(line), (line.values["date"], line.row_no)
            if moment > self.latest.get(key, ("", 0)):
                self.latest[key] = moment

    def _group(self, line: Line) -> tuple[Any, str]:
        """The register and period a read belongs to; for an unknown meter what names it, and the month."""
        hanging, _ = self.registers.of(line)
        day = line.values["date"][:10]
        if hanging is not None and hanging.cycle is not None:
            return hanging.register_id, hanging.cycle.period_of(date.fromisoformat(day)) or day[:7]
        return tuple(line.values.get(f) for f in ("maker", *BY, "register")), day[:7]

    def take(self, page: Page, rows: Rows | None) -> tuple[list[Verdict], Plain]:
        """Judge a page: what any doubt is about as a line, by the one rule below; the rest, most of all, in one go."""
        if rows is not None:
            self.registers.written(rows.batch_id)
        if self.looks_ahead:
            return super().take(page, rows)
        days = [moment[:10] if moment else "" for moment in page.column("date")]
        at, guessed = self.registers.in_columns(page), page.column("estimated")
        taken: list[Plainly] = []
        verdicts: list[Verdict] = []
        for place, (hanging, day, value) in enumerate(zip(at, days, page.column("value"), strict=True)):
            plain = None
            if hanging is not None and value is not None and place not in page.odd:
                plain = self._plainly(place, hanging, day, value, bool(guessed[place]))
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

    def _plainly(self, place: int, hanging: Hanging, day: str, value: int, estimated: bool) -> Plainly | None:
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
        if not period or period == hanging.last_period or later(period, hanging.begins):
            return None
        usage, reason, *_ = hanging.face.between(last, value, hanging.unit)
        if reason or (usage is not None and usage > hanging.most):
            return None
        hanging.took(day, value, period, estimated)
        return Plainly(place, hanging, day, value, period, usage, ordinal(day) - ordinal(last_on) if last_on else None)

    def weigh(self, lines: Sequence[Line]) -> Iterator[Verdict]:
        self.registers.resolve(lines)
        for line in lines:
            if self.profile.last_per_period and self.latest.get(self._group(line), ("", 0))[1] != line.row_no:
                yield Verdict(line, "passed")
            else:
                yield self._weigh(line)

    def _weigh(self, line: Line) -> Verdict:
        said, day = line.values, line.values["date"][:10]
        hanging, no = self.registers.of(line)
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
        behind = bool(hanging.last_on) and day <= hanging.last_on
        if (behind or period == hanging.last_period) and (found := self._between(line, hanging, day, where)):
            return found
        if behind:
            return self._again(line, hanging, day, where)
        if period == hanging.last_period:
            said_first = f"{hanging.meter} has a read for {period}, of {hanging.last_on}"
            return refuse(line, "duplicate-read", said_first, "date", **where)
        if later(period, hanging.begins):
            said_set = f"{hanging.meter} was set on {hanging.last_on}, after the read for {period}"
            return refuse(line, "duplicate-read", said_set, "date", **where)
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

    def _between(self, line: Line, hanging: Hanging, day: str, where: dict[str, Any]) -> Verdict | None:
        """An actual read in the place of the period's unbilled estimate, by the rule of reads that are typed; an
        estimate that comes behind an actual read tells nothing. None: neither of both.
        """
        period, value, estimated = where["period"], line.values["value"], bool(line.values.get("estimated"))
        key, newest = (hanging.register_id, period), period == hanging.last_period
        ours = newest and hanging.behind is not None  # an estimate of this file, which the record does not show yet
        known = [self.registers.batch_id, hanging.register_id]
        if not (ours or estimated or self.between or self.db.one(GUESSED, [*known, period])):
            return None
        assert hanging.cycle is not None
        at = entering.Hanging(
            hanging.meter, hanging.register_id, hanging.point_id, False, hanging.face, hanging.unit, hanging.cycle, 0,
            hanging.customer_class, "", tuple(self.db.rows(CHAIN, known)),
        )  # fmt: skip
        row = at.taken(period)
        if estimated:
            read = newest and not ours if row is None else row[8] == "regular" and row[9] != "E"
            if read or key in self.replaced:
                sentence = f"an estimate, and {hanging.meter} has a read for {period}"
                return Verdict(line, "passed", "estimate-behind-read", sentence, "estimated", **where)
            return None
        if key in self.replaced or not (ours or (self.between if row is None else row[9] == "E")):
            return None
        limit = self.limit(hanging.customer_class)
        try:
            instead = entering.room(at, period)
        except Refused as no:
            return refuse(line, "duplicate-read", f"{no.reason}; {no.cure}", "date", **where)
        try:
            prev, _ = entering.weighed(at, instead, day, value, limit)
        except Refused as no:
            return refuse(line, "out-of-order", f"{no.reason}; {no.cure}", "date", **where)
        before = hanging.behind if ours and hanging.behind else (prev[1], prev[5]) if prev else ("", None)
        if instead is not None or ours:
            self.replaced.add(key)
        verdict = self._measured(line, hanging, day, where, *before)
        verdict.goods = Between(at, day, value, limit)
        if verdict.state == "accepted" and key in self.replaced:
            verdict.reason = IN_PLACE
            verdict.sentence = f"in the place of the estimate of {instead[1] if instead else hanging.last_on}"
        if newest:
            hanging.took(day, value, period, False)
        return verdict

    def _taken(self, line: Line, hanging: Hanging, day: str, where: dict[str, Any]) -> Verdict:
        verdict = self._measured(line, hanging, day, where, hanging.last_on, hanging.last_value)
        hanging.took(day, line.values["value"], where["period"], bool(line.values.get("estimated")))
        return verdict

    def _measured(
        self, line: Line, hanging: Hanging, day: str, where: dict[str, Any], before_on: str, before: int | None
    ) -> Verdict:
        """The verdict on a read that goes in behind another one, by what it uses since."""
        value = line.values["value"]
        days = ordinal(day) - ordinal(before_on) if before_on else None
        sentence = ""
        usage, reason, *_ = hanging.face.between(before, value, hanging.unit)
        limit = self.limit(hanging.customer_class)
        if reason == BELOW:
            sentence = f"{value} is below {before} of {before_on}"
        elif reason == OVER:
            sentence = f"{before} to {value} is no use: {MOST_USE:,} {hanging.unit} are the most"
        elif usage is not None and limit is not None and usage > limit:
            reason = OVER
            sentence = f"{usage:,} {hanging.unit} is above the limit of {limit:,} for {hanging.customer_class}"
        verdict = Verdict(line, "held" if reason else "accepted", reason or "", sentence, "value", **where)
        if called := self.registers.other_serial(line, hanging):
            verdict.also = ("other-serial", f"by its radio it is {hanging.meter}; the file calls it {called[:40]}")
        verdict.units, verdict.goods = usage or 0, (day, value, usage, days)
        return verdict

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
        if linked := self.registers.aliases:
            serials = page.column("serial")
            for one in taken:
                if serials[one.place] in linked:
                    rows.add("linked_row", batch_id, first + one.place, serials[one.place])

    def note(self, rows: Rows, verdict: Verdict) -> None:
        """Keep of a row that goes in by a linked serial by which one: whoever takes the link back is told of it."""
        if (serial := verdict.line.values.get("serial")) in self.registers.aliases:
            rows.add("linked_row", rows.batch_id, verdict.line.row_no, serial)

    def _voided(self, registers: Iterable[int | None], since: str) -> dict[tuple[int | None, str], int]:
        """The highest number of void reads by register and day."""
        sql = "SELECT register_id, read_on, MAX(seq) FROM read WHERE read_on >= ? AND status = 'void'"
        more = " AND register_id IN ({marks}) GROUP BY register_id, read_on"
        return {(register_id, on): seq for register_id, on, seq in found(self.db, sql + more, registers, since)}

    def write(self, rows: Rows, verdicts: Sequence[Verdict]) -> None:
        going = [v for v in verdicts if v.state in ("accepted", "held")]
        for v in going:
            if isinstance(v.goods, Between):
                rows.stage("reads", dataclasses.replace(v, reason=IN_PLACE))
        taken = [v for v in going if not isinstance(v.goods, Between)]
        for v in taken:
            self.note(rows, v)
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

"""A file taken in: looked through once, judged row by row, written unreleased in chunks that let others work."""

from __future__ import annotations

import os
import secrets
import socket
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from ubtui.act import Look, Refused, permissions
from ubtui.db.models.office import Batch
from ubtui.domain.dates import local
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money, parse_money
from ubtui.domain.text import clean_text
from ubtui.exchange.profile import Kind, Profile
from ubtui.exchange.rows import FileFault, Reading, Source, source
from ubtui.services.imports.reads import ReadTaker
from ubtui.services.imports.release import RUNNING, alive, sweep
from ubtui.services.imports.served import AccountTaker, MeterTaker, OwnerTaker, ParcelTaker
from ubtui.services.imports.taking import CHUNK, Page, Plain, Rows, Taker, Verdict
from ubtui.services.imports.usage import UsageTaker

EXAMPLES: Final = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """One import: the kind, the file, the profile and its name; `strict` fails the file for any staged row."""

    kind: Kind
    path: Path
    profile: Profile
    profile_name: str
    strict: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: rows judged of all rows of the file."""

    done: int
    total: int


class Example(msgspec.Struct, frozen=True):
    """A row that did not go straight in: its place, state, reason and sentence."""

    line: int
    column: str
    state: str
    reason: str
    sentence: str


class Report(msgspec.Struct, frozen=True):
    """What became of a file: the same for a dry run and for the import itself but for `held_now`.

    Rows = accepted + held + staged + passed over; cents and units are sums over every row that could be read. `held`,
    told as held first, are rows held by what they say themselves; `held_now` are the reads of the file that are held
    once the checks of the release ran, None before it.
    """

    kind: str
    source: str
    profile: str
    sha256: str
    encoding: str
    rows: int
    accepted: int
    held: int = msgspec.field(name="held_first")
    held_now: int | None
    staged: int
    passed: int
    total_cents: int
    units: int
    placeholders: int
    reasons: dict[str, int]
    examples: list[Example]


def taker(look: Look, kind: Kind, profile: Profile) -> Taker:
    """The taker of a kind of file."""
    takers: dict[Kind, type[Taker]] = {
        "owners": OwnerTaker,
        "parcels": ParcelTaker,
        "accounts": AccountTaker,
        "meters": MeterTaker,
        "reads": ReadTaker,
        "usage": UsageTaker,
    }
    return takers[kind](look, profile)


def staging(look: Look, asked: Asked) -> Generator[Progress, None, tuple[Report, int | None]]:
    """Take a file in up to its release, a chunk at each step; every chunk is a transaction of its own.

    Returns the report and the batch that waits for its release. A dry run writes nothing.
    Raises Refused (same content, not allowed, another import is running, strict), FileFault (the file
    as a whole; nothing of it stays), OSError.
    """
    _may(look, asked)
    seen = source(asked.path, asked.profile)
    _known(look, asked, seen)
    taking = taker(look, asked.kind, asked.profile)
    total = 0
    reading = Reading(seen, asked.profile, look.today)
    for block in reading.blocks(CHUNK):
        if taking.looks_ahead:
            taking.look_over(Page(block, reading))
        total += len(block)
        yield Progress(0, total)
    taking.surveyed()
    _prove(reading, asked, total)
    staged = _Staging(look, asked, taking, seen, total)
    done = False
    try:
        reading = Reading(seen, asked.profile, look.today)
        for block in reading.blocks(CHUNK):
            staged.take(Page(block, reading))
            yield Progress(staged.rows, total)
        staged.finish(reading.totals)
        done = True
    finally:
        if not done:
            staged.abandon()
    return staged.report(), staged.batch_id


def _may(look: Look, asked: Asked) -> None:
    if look.actor.role not in permissions()["import.stage"]:
        raise Refused(
            f"a {look.actor.role} may not import {asked.kind}",
            rule="permission matrix",
            cure="ask: " + ", ".join(sorted(permissions()["import.stage"])),
        )


def _known(look: Look, asked: Asked, seen: Source) -> None:
    known = look.db.one(
        "SELECT id, source, released_at, accepted FROM batch WHERE kind = ? AND sha256 = ? AND released_at IS NOT NULL",
        [asked.kind, seen.sha256],
    )
    if known:
        on = local(known[2], look.district.zone).date()
        raise Refused(
            f"{asked.path.name} holds what batch {known[0]} ({known[1]}) brought in on {on}: {known[3]:,} rows",
            rule="one content, one import",
            cure="nothing is to be done; for newer data export the file again",
        )


def _prove(reading: Reading, asked: Asked, rows: int) -> None:
    """Refuse a file without rows, or whose own count of rows is another."""
    if not rows:
        raise FileFault(f"{asked.path}: has a header and no rows")
    control = asked.profile.control
    if control and control.rows and (said := _total(reading.totals, control.rows, asked)) != rows:
        raise FileFault(f"{asked.path}: says it has {said:,} rows and has {rows:,}; ask for the file again")


def _total(totals: Sequence[str] | None, column: int, asked: Asked, money: bool = False) -> int:
    text = totals[column - 1].strip() if totals and len(totals) >= column else ""
    try:
        if money:
            return parse_money(text)
        if text.isascii() and text.isdigit():
            return int(text[:15])
    except BadValue:
        pass
    raise FileFault(f"{asked.path}: its totals have no number in column {column}")


class _Staging:
    """One running import: its batch, its counts, the rows of the present chunk."""

    def __init__(self, look: Look, asked: Asked, taking: Taker, seen: Source, total: int) -> None:
        self.look, self.asked, self.taking, self.seen, self.total = look, asked, taking, seen, total
        self.db = look.db
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.examples: list[Example] = []
        self.cents = self.units = self.rows = 0
        self.periods: set[str] = set()
        self.batch_id: int | None = None
        self.seq = 0
        self.token = secrets.token_hex(8)
        if not asked.dry_run:
            self._open()

    def _open(self) -> None:
        look, asked = self.look, self.asked
        sweep(self.db, look.now, look.utc)
        with self.db.writing():
            other = self.db.one(
                "SELECT id, source, created_by, control FROM batch WHERE released_at IS NULL AND abandoned_at IS NULL"
                " AND kind <> 'receipts'"  # payments wait for another person, and keep no import waiting
            )
            if other and alive(other[3], look.utc):
                raise Refused(
                    f"{other[2]} is importing {other[1]} (batch {other[0]})",
                    rule="one import at a time",
                    cure="wait until it is done",
                )
            self.seq = int(self.db.value("SELECT COALESCE(MAX(seq), 0) FROM audit"))
            self.batch_id = self.db.insert(
                Batch,
                kind=asked.kind,
                source=clean_text(asked.path.name, 200),
                profile=asked.profile_name,
                sha256=self.seen.sha256,
                control=self._control(False),
                created_by=look.actor.name,
                created_at=look.now,
            )
        RUNNING.add(self.token)

    def _control(self, complete: bool) -> str:
        return msgspec.json.encode(
            {
                "complete": complete,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "at": self.look.utc,
                "token": self.token,
                "seq": self.seq,
                "routes": self.taking.made_routes,
            }
        ).decode()

    def take(self, page: Page) -> None:
        """Judge and write one chunk."""
        if self.asked.dry_run:
            with self.db.transaction():
                self._count(*self.taking.take(page, None))
            return
        assert self.batch_id is not None
        with self.db.writing():
            rows = Rows(self.db, self.batch_id, self.look.actor.name, self.look.now)
            verdicts, plain = self.taking.take(page, rows)
            for verdict in verdicts:
                if verdict.state == "staged":
                    rows.stage(self.asked.kind, verdict)
            rows.flush()
            if self.taking.made_routes:
                self.db.run("UPDATE batch SET control = ? WHERE id = ?", [self._control(False), self.batch_id])
        self._count(verdicts, plain)

    def _count(self, verdicts: Sequence[Verdict], plain: Plain) -> None:
        self.rows += len(verdicts) + plain.rows
        self.counts["accepted"] += plain.rows
        self.cents, self.units = self.cents + plain.cents, self.units + plain.units
        self.periods |= plain.periods
        for v in verdicts:
            self.counts[v.state] += 1
            self.cents += v.line.cents
            self.units += v.units
            if v.period:
                self.periods.add(v.period)
            for reason, sentence in ((v.reason, v.sentence), v.also or ("", "")):
                if reason:
                    self.reasons[reason] += 1
                    if len(self.examples) < EXAMPLES:
                        self.examples.append(Example(v.line.line, v.field, v.state, reason, sentence))

    def finish(self, totals: Sequence[str] | None) -> None:
        """The file is through: prove it against its totals and mark the batch as ready to be released."""
        self._agree(totals)
        if self.asked.strict and self.counts["staged"]:
            first = next((e for e in self.examples if e.state == "staged"), None)
            where = f"; first line {first.line}: {first.sentence}" if first else ""
            raise Refused(
                f"{self.counts['staged']:,} of {self.rows:,} rows of {self.asked.path.name} cannot go in{where}",
                rule="--strict",
                cure="mend the file, or import without --strict",
            )
        if self.batch_id is None:
            return
        cycles = {period.partition("/")[0] for period in self.periods}
        with self.db.writing():
            self.db.update(
                Batch,
                self.batch_id,
                rows_in=self.rows - self.counts["passed"],
                accepted=self.counts["accepted"],
                held=self.counts["held"],
                staged=self.counts["staged"],
                total_cents=self.cents,
                placeholders=self.taking.placeholders,
                cycle=min(cycles) if len(cycles) == 1 else None,
                period=min(self.periods) if len(self.periods) == 1 else None,
                control=self._control(True),
            )

    def _agree(self, totals: Sequence[str] | None) -> None:
        control, asked = self.asked.profile.control, self.asked
        if self.rows != self.total:
            raise FileFault(f"{asked.path}: changed while it was read; try again")
        if control is None:
            return
        if control.units and (said := _total(totals, control.units, asked)) != self.units:
            raise FileFault(f"{asked.path}: says its units are {said:,} and they are {self.units:,}")
        if control.cents and (said := _total(totals, control.cents, asked, money=True)) != self.cents:
            raise FileFault(f"{asked.path}: says it sums to {format_money(said)}, but it is {format_money(self.cents)}")

    def abandon(self) -> None:
        """Leave nothing of an import that did not come to its end."""
        if self.batch_id is not None:
            sweep(self.db, self.look.now, self.look.utc, self.batch_id)

    def report(self) -> Report:
        return Report(
            self.asked.kind,
            self.asked.path.name,
            self.asked.profile_name,
            self.seen.sha256,
            self.seen.encoding,
            self.rows,
            self.counts["accepted"],
            self.counts["held"],
            None,
            self.counts["staged"],
            self.counts["passed"],
            self.cents,
            self.units,
            self.taking.placeholders,
            dict(sorted(self.reasons.items())),
            self.examples,
        )


class Inspected(msgspec.Struct, frozen=True):
    """What a file holds by a profile, judged without a record: where its fields stand, what cannot be read."""

    source: str
    title: str
    encoding: str
    bytes: int
    sha256: str
    rows: int
    readable: int
    total_cents: int
    columns: dict[str, tuple[int, ...]]
    reasons: dict[str, int]
    examples: list[Example]
    records: list[dict[str, str]]


def inspected(path: Path, profile: Profile, most: int = 0) -> Inspected:
    """Read a file through by a profile, with the fields of its first `most` rows; a day without a year is of the time
    it was written.

    Raises FileFault, OSError.
    """
    seen = source(path, profile)
    written_on = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    reading, reasons, examples = Reading(seen, profile, written_on), Counter[str](), list[Example]()
    rows = cents = 0
    records: list[dict[str, str]] = []
    for block in reading.blocks(CHUNK):
        lines = Page(block, reading).lines()
        records += [{"line": str(line.line), **line.texts} for line in lines[: max(0, most - len(records))]]
        for line in lines:
            rows, cents = rows + 1, cents + line.cents
            if line.fault is not None:
                reasons[line.fault.reason] += 1
                if len(examples) < EXAMPLES:
                    fault = line.fault
                    examples.append(Example(line.line, fault.field, "staged", fault.reason, fault.sentence))
    assert reading.layout is not None
    columns = {field: tuple(at + 1 for at in places) for field, places in reading.layout.places}
    readable, name = rows - reasons.total(), path.name
    return Inspected(
        name, profile.title, seen.encoding, seen.size, seen.sha256, rows, readable, cents, columns, dict(reasons),
        examples, records,
    )  # fmt: skip


def through(steps: Generator[Progress, None, Any]) -> Any:
    """Run a staging to its end without looking at its progress."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value

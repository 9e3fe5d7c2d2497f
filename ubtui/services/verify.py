"""Verify: the whole record against its own rules, each finding by table and row; nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Final

import msgspec

from ubtui.db import find, migrate
from ubtui.db.errors import RecordError
from ubtui.db.session import Row, Session
from ubtui.detectors.base import marks
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account
from ubtui.domain.register import RESTART, carried
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.services import chain
from ubtui.services.chain import KEEP, Anchor
from ubtui.services.checks import BOOKS, DECISIONS, PAPERS, PLANS, REVIEW, TRAIL, Check
from ubtui.services.counter_checks import COUNTER
from ubtui.services.district.kept import kept
from ubtui.services.finding import Finding
from ubtui.services.ledger import posted_hash
from ubtui.services.lien_checks import LIENS
from ubtui.services.meter_checks import METERS
from ubtui.services.reads import CHUNK, SUMMARY, faces, judged
from ubtui.services.reads.recomputing import differences

_MADE = re.compile(r"CREATE ((?:VIRTUAL )?TABLE|(?:UNIQUE )?INDEX|VIEW|TRIGGER|FUNCTION) (?:IF NOT EXISTS )?(\w+)")
REMAKE: Final = "find out who changed it, restore the last verified backup, run verify on it"


@dataclass
class Report:
    """What was looked at, counted while the findings stream; `total` is in cents."""

    session: Session
    today: date
    anchors: Sequence[Anchor] = ()
    counts: dict[str, int] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        """Every finding, one consistent look, constant memory. Raises RecordError when nothing can be read."""
        parts: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
            ("schema", lambda: schema(self.session)),
            ("storage", lambda: storage(self.session)),
            ("audit", lambda: chain.links(self.session, self.anchors)),
            ("audit_personal", lambda: chain.sides(self.session)),
            ("meta", lambda: kept(self.session)),
            ("posting", lambda: chain.counted(self.session, self.anchors)),
            ("work_item", lambda: work_items(self.session)),
            ("read_summary", lambda: summaries(self.session)),
            ("read", lambda: uses(self.session)),
            ("bill_line", lambda: billed(self.session)),
            ("journal", lambda: approved(self.session)),
        ]
        for check in (*BOOKS, *DECISIONS, *PLANS, *COUNTER, *LIENS, *METERS, *PAPERS, *TRAIL):
            parts.append((check.table, lambda check=check: broken(self.session, check)))  # type: ignore[misc]
        yield from found(self.session)
        with self.session.transaction():
            for table, part in parts:
                try:
                    with self.session.database.atomic():
                        yield from part()
                except RecordError as exc:
                    yield Finding(table, "all", f"cannot be checked: {exc}", REMAKE)
            for table in ("posting", "audit", "journal", "read"):
                try:
                    self.counts[table] = int(self.session.value(f"SELECT COUNT(*) FROM {table}"))
                except RecordError:
                    self.counts[table] = 0

    def anchor(self) -> Anchor | None:
        """Today's anchor, to be kept where nobody of this machine can write."""
        with self.session.transaction():
            return chain.head(self.session, self.today)


def broken(session: Session, check: Check) -> Iterator[Finding]:
    """The rows that break one rule of the books."""
    for row in session.stream(check.sql):
        yield Finding(check.table, row[0], check.say.format(*row[1:]), check.cure)


def approved(session: Session) -> Iterator[Finding]:
    """Each journal that somebody approved against what the audit chain says was posted then."""
    for seq, body in session.stream(
        "SELECT seq, body FROM audit WHERE outcome = 'done' AND act LIKE 'adjust.%' ORDER BY seq", size=1000
    ):
        try:
            facts = msgspec.json.decode(body, type=_Approved).facts
        except msgspec.DecodeError:
            continue  # the chain's own check names it
        if facts.journal and facts.legs != posted_hash(session, facts.journal):
            yield Finding("journal", facts.journal, f"its postings are not those that event {seq} approved", REMAKE)


class _Facts(msgspec.Struct):
    journal: int = 0
    legs: str = ""


class _Approved(msgspec.Struct):
    facts: _Facts


def schema(session: Session) -> Iterator[Finding]:
    """Every table, index, view and trigger against the statements that make them, by name."""
    wanted: dict[tuple[str, str], str] = {}
    for name, build in migrate.known():
        statements = build(session.dialect)
        row = session.one("SELECT sha256 FROM migration WHERE name = ?", [name])
        if row is None or row[0] != migrate.digest(statements):
            wrong = "was not run" if row is None else "is not the one this program has"
            yield Finding("migration", name, wrong, "run `ubtui doctor --upgrade` or the program that made this record")
        for statement in statements:
            if made := _MADE.match(statement):
                wanted[made[1].split()[-1].lower(), made[2]] = statement
    found = _standing(session)
    for (kind, name), statement in sorted(wanted.items()):
        stands = found.pop((kind, name), None)
        if stands is None:
            yield Finding("schema", name, f"the {kind} is gone", REMAKE)
        elif stands and stands != _essence(session, statement):
            yield Finding("schema", name, f"the {kind} was changed", REMAKE)
    for kind, name in sorted(found):
        if name != "migration":
            yield Finding("schema", name, f"a {kind} that this program did not make", REMAKE)
    if session.value("SELECT value FROM meta WHERE key = 'schema'") != migrate.schema_digest(session):
        yield Finding("meta", "schema", "the sealed digest of the schema is not what stands", REMAKE)


def _standing(session: Session) -> dict[tuple[str, str], str]:
    """Kind and name of what stands, with its text where the database keeps one ('' where it does not)."""
    if session.kind == "sqlite":
        rows = session.rows(
            "SELECT type, name, sql FROM sqlite_schema s WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
            " AND name NOT LIKE '\\_litestream%' ESCAPE '\\' AND NOT EXISTS(SELECT 1 FROM sqlite_schema v"
            " WHERE v.sql LIKE 'CREATE VIRTUAL %' AND s.name LIKE v.name || '\\_%' ESCAPE '\\' AND s.type = 'table')"
        )
        return {(row[0], row[1]): _essence(session, row[2]) for row in rows}
    rows = session.rows(
        "SELECT 'table', relname, '' FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        " UNION ALL SELECT 'view', relname, '' FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind = 'v' UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE"
        " pronamespace = 'public'::regnamespace UNION ALL SELECT 'trigger', tgname, CASE WHEN tgenabled = 'O' THEN ''"
        " ELSE 'disabled' END FROM pg_trigger WHERE NOT tgisinternal UNION ALL SELECT 'index', i.indexname, ''"
        " FROM pg_indexes i WHERE i.schemaname = 'public' AND NOT EXISTS(SELECT 1 FROM pg_constraint k"
        " WHERE k.conname = i.indexname)"
    )
    return {(row[0], row[1]): row[2].strip() for row in rows}


def _essence(session: Session, statement: str) -> str:
    """What of a statement the database gives back: all of it (SQLite), a function's body (PostgreSQL)."""
    if session.kind == "sqlite":
        return " ".join(statement.split())
    return statement.split("$$")[1].strip() if "$$" in statement else ""


def storage(session: Session) -> Iterator[Finding]:
    """The database's own checks: pages, keys, constraints."""
    if session.kind == "sqlite":
        for (said,) in session.rows("PRAGMA integrity_check"):
            if said != "ok":
                yield Finding("file", "database", str(said), KEEP)
        for table, row, parent, _ in session.rows("PRAGMA foreign_key_check"):
            yield Finding(table, "?" if row is None else row, f"points at a row of {parent} that does not exist", KEEP)
        return
    for table, name in session.rows(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE NOT convalidated"
        " AND connamespace = 'public'::regnamespace"
    ):
        yield Finding(table, name, "the constraint is not validated", f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    for table, column, parent, key in session.rows(
        "SELECT k.conrelid::regclass::text, a.attname::text, k.confrelid::regclass::text, b.attname::text"
        " FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
        " JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]"
        " WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace ORDER BY 1, 2"
    ):
        for (value,) in session.rows(
            f"SELECT t.{column} FROM {table} t LEFT JOIN {parent} p ON p.{key} = t.{column}"
            f" WHERE t.{column} IS NOT NULL AND p.{key} IS NULL"
        ):
            yield Finding(table, f"{column} {value}", f"points at a row of {parent} that does not exist", KEEP)


def work_items(session: Session) -> Iterator[Finding]:
    """Items' keys are keys, and their account is the one their number names."""
    cure = "run `ubtui worklist refresh`; if it stays, " + REVIEW
    for row_id, code, kind, key, period, account_id, account, number in session.stream(
        "SELECT w.id, w.code, w.subject_type, w.subject_key, w.period, w.account_id, w.account, a.number"
        " FROM work_item w LEFT JOIN account a ON a.id = w.account_id"
    ):
        try:
            ItemKey(code, Subject(kind, key), period)
        except BadValue as exc:
            yield Finding("work_item", row_id, str(exc), cure)
        if account_id is not None and (number is None or account not in (number, format_account(number))):
            yield Finding("work_item", row_id, f"names account {account}, its account is {number}", cure)


def found(session: Session) -> Iterator[Finding]:
    """The find index against the rows it is of, before the one look: SQLite compares a part under its writer's lock."""
    try:
        with session.transaction():
            differ = list(find.differences(session))
        for key in find.WORDS if session.kind == "sqlite" else ():
            with session.writing():
                differ += find.torn(session, key)
    except RecordError as exc:
        yield Finding("find_key", "all", f"cannot be checked: {exc}", REMAKE)
        return
    for place, wrong in differ:
        yield Finding("find_key", place, wrong, "run `ubtui doctor --reindex`; if it comes again, " + REVIEW)


def summaries(session: Session) -> Iterator[Finding]:
    """Each read under judgement against what its register's reads say today."""
    columns, last = ", ".join(SUMMARY), 0
    cure = "find out who changed the read; a read in doubt is reviewed anew, which mends its row"
    while ids := [
        row[0]
        for row in session.rows(
            "SELECT register_id FROM (SELECT register_id FROM read_summary WHERE register_id > ? UNION"
            " SELECT register_id FROM live_read WHERE register_id > ?) AS both_tables ORDER BY register_id LIMIT ?",
            [last, last, CHUNK],
        )
    ]:
        last = ids[-1]
        says = {row[:3]: row for row in judged(session, ids)}
        stands = {
            tuple(row[:3]): tuple(row)
            for row in session.rows(
                f"SELECT {columns} FROM read_summary WHERE register_id BETWEEN ? AND ?", [ids[0], last]
            )
        }
        for key in sorted(says.keys() | stands.keys()):
            if says.get(key) != stands.get(key):
                differ = [c for c, a, b in zip(SUMMARY, says.get(key, ()), stands.get(key, ()), strict=False) if a != b]
                wrong = f"its reads say otherwise ({', '.join(differ) or 'the row itself'})"
                yield Finding("read_summary", "register {}, {} #{}".format(*key), wrong, cure)


def uses(session: Session) -> Iterator[Finding]:
    """Each read's use against the values it lies between, register by register."""
    cure = "find out who changed the read or the one before it; compare with the last verified backup"
    part: list[Row] = []
    for row in session.stream(
        "SELECT register_id, point_id, read_on, seq, value, usage, rolled, kind, carry FROM live_read"
        " WHERE status <> 'void' AND kind NOT IN ('control', 'reread') ORDER BY register_id, read_on, seq",
        size=5000,
    ):
        if len(part) >= 5000 and row[0] != part[-1][0]:
            yield from _uses(session, part, cure)
            part = []
        part.append(row)
    yield from _uses(session, part, cure)


def billed(session: Session) -> Iterator[Finding]:
    """The use of each bill that stands against its point's reads, from their values alone."""
    cure = "find out who changed bill or reads; bill again, or propose an adjustment"
    for each in differences(session):
        says = "none" if each.reads is None else f"{each.reads:,}"
        wrong = f"bills {each.billed:,} at {each.point}, its reads of {each.period} say {says}"
        yield Finding("bill_line", f"bill {each.bill}", wrong, cure)


def _uses(session: Session, part: list[Row], cure: str) -> Iterator[Finding]:
    if not part:
        return
    registers = faces(session, {row[0]: row[1] for row in part})
    ids = list(registers)
    several = {
        id
        for (id,) in session.rows(
            "SELECT g.id FROM register g JOIN register h ON h.meter_id = g.meter_id AND h.id <> g.id"
            f" WHERE g.id IN ({marks(ids)})",
            ids,
        )
    }
    for before, row in pairwise(part):
        register, _, on, seq, value, usage, rolled, kind, carry = row
        if register != before[0] or None in (before[4], value, usage) or kind in RESTART:
            continue
        face, unit = registers[register]
        # What a counter beside others carries hangs on theirs; of one alone it follows from the read before.
        onto = carried(carry) if register in several else None
        says = face.between(before[4], value, unit, kind, bool(rolled), True, carried(before[8]), onto)
        where = f"register {register}, {on} #{seq}"
        if says.units != usage:
            yield Finding("read", where, f"uses {usage}, its values say {says.units}", cure)
        elif says.carry != carried(carry):
            yield Finding("read", where, f"carries {carry or 0}, the read before it says {says.carry}", cure)

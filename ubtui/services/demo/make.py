"""Makes a sample district at a place: set-up, stories, papers, a refresh, and the key to the trouble planted in it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from ubtui.act import Form, Refused, Work, act
from ubtui.db import connect
from ubtui.db.session import Session
from ubtui.db.unguarded import astray, unguarded
from ubtui.domain.calendars import FIRST_YEAR, LAST_YEAR
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import worklist
from ubtui.services.checks import BOOKS, PAPERS, Check
from ubtui.services.demo import ahead, papers, returns
from ubtui.services.demo.calendar import almanac, read_day
from ubtui.services.demo.desk import ORDERS
from ubtui.services.demo.duties import as_toml
from ubtui.services.demo.fill import PART, Fill, facts, filling
from ubtui.services.demo.office import Office
from ubtui.services.demo.plants import CODES, SAFE, TIMES, Plant, places
from ubtui.services.demo.stories import raised
from ubtui.services.demo.story import Entry
from ubtui.services.demo.tell import FIRST_ACCOUNT
from ubtui.services.office import install
from ubtui.services.verify import broken
from ubtui.settings import District, district

ANSWER_KEY: Final = "answer-key.json"
_DATABASE: Final = "ubtui.db"
_LEDGER: Final = (
    *("journal", "posting", "journal_seal", "receivable_item", "application"),
    *("bill", "bill_line", "receipt", "tender"),
)
LEAST, MOST = 20, 800_000


class Seal(Form, frozen=True, kw_only=True):
    """What a refresh of the sample must find: code, subject and account of each item."""

    entries: list[tuple[str, str, str | None]]

    def recorded(self) -> Any:
        return {"entries": [f"{code}:{subject}" for code, subject, _ in self.entries]}


class Sealed(msgspec.Struct, frozen=True):
    """The number of entries kept."""

    entries: int


@act("sample.seal")
def seal(work: Work, form: Seal) -> Sealed:
    """Keep the answer key in the record. Never in a live district."""
    if work.district.kind != "sample":
        raise Refused(f"{work.district.name} is no sample", rule="samples", cure="use another place")
    accounts = int(work.db.value("SELECT COUNT(*) FROM account"))
    for name, last in (("order", accounts * ORDERS), ("arrangement", accounts), ("service request", accounts)):
        work.db.run("INSERT INTO counter(name, value) VALUES (?, ?)", [name, last])
    work.db.run("INSERT INTO meta(key, value) VALUES ('answer-key', ?)", [_text(form.entries)])
    return Sealed(len(form.entries))


def settings(today: date | None = None, skip: Collection[str] = ()) -> str:
    """The sample district's own settings file; its read and bill days and its duties as they suit a sample of `today`.

    `skip` leaves out duties that are plants, as `X04.1`.
    """
    text = resources.files("ubtui.services.demo").joinpath("district.toml").read_text("utf-8")
    if today is not None:
        read, bill = read_day(today)
        text = text.replace("read_day = 20\nbill_day = 25", f"read_day = {read}\nbill_day = {bill}")
        text += as_toml(today, skip)
    return text


@dataclass(frozen=True)
class Wanted:
    """What sample is to be made: the same figures make the same record but for its salts."""

    today: date
    accounts: int
    years: int
    seed: int
    skip: frozenset[str]
    lively: bool

    def __post_init__(self) -> None:
        if not LEAST <= self.accounts <= MOST:
            raise BadValue(f"--accounts {self.accounts}: a sample has {LEAST} to {MOST:,} accounts.")
        year = self.today.year
        if self.years < 1 or year - self.years - 2 < FIRST_YEAR or year >= LAST_YEAR:
            raise BadValue(
                f"--years {self.years} before {self.today}: one or more, within the office's calendar,"
                f" {FIRST_YEAR + 2} to {LAST_YEAR - 1}."
            )
        if odd := [name for name in self.skip if name.partition(".")[0] not in CODES]:
            raise BadValue(f"No plant {odd[0][:20]!r}: write its code and number, as R04.1.")

    def carrying(self, found: District) -> dict[int, Plant]:
        """Which account carries which plant."""
        return {} if self.lively else places(self.seed, self.accounts, almanac(found, self.today, self.years), found)

    def settings(self) -> str:
        """The district's settings, with the duties that are plants and have room."""
        carried = {plant.name for plant in self.carrying(district(settings(self.today))).values()}
        absent = {f"X04.{time}" for time in TIMES} - carried
        return settings(self.today, self.skip | absent)


def make(
    place: str,
    today: date,
    accounts: int = 300,
    years: int = 2,
    seed: int = 7,
    say: Callable[[str], None] = lambda line: None,
    skip: Collection[str] = (),
    lively: bool = False,
) -> list[Entry]:
    """Make the sample at an empty folder or PostgreSQL database; its answer key, sorted.

    `skip` leaves plants out, as `R04.1`; with `lively` reads vary as reads do and a week's other troubles come by
    chance, so that there is no key. A folder is made beside its place and moved there when it is whole. BadValue: a
    place that holds something, or figures out of bounds.
    """
    wanted = Wanted(today, accounts, years, seed, frozenset(skip), lively)
    if place.startswith(("postgresql://", "postgres://")):
        with closing(Session(connect.postgres(place)).database) as database:
            database.connect()
            tables = Session(database).value("SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema()")
            if tables:
                raise BadValue("This database holds something: make an empty one for the sample.")
        return _made(lambda admin: Session(connect.postgres(place)), None, wanted, say)
    folder = Path(place)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadValue(f"{folder}: holds something already; name an empty or new folder for the sample.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        entries = _made(lambda admin: Session(connect.sqlite(part / _DATABASE, admin, draft=True)), part, wanted, say)
        (part / ANSWER_KEY).write_text(_text([(e.code, e.subject, e.account) for e in entries]), "utf-8")
        _to_disk(part)
        os.replace(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return entries


def _to_disk(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def _made(
    opened: Callable[[bool], Session], folder: Path | None, wanted: Wanted, say: Callable[[str], None]
) -> list[Entry]:
    first_day = papers.first_day(wanted.today)
    session = opened(True)
    with closing(session.database) as database:
        database.connect()
        found = install(session, wanted.settings(), wanted.today, f"{first_day}T15:00:00.000000Z", folder)
        with unguarded(session, _LEDGER):
            _filled(Office(session, found, wanted.seed), first_day, wanted, say)
        if session.kind == "postgres":
            session.execute("ANALYZE")  # the server would in a minute; plans of empty tables take longer
        say("the books are checked")
        with ThreadPoolExecutor(2) as pool:  # the database asks outside the interpreter's lock
            for wrong in pool.map(lambda check: _wrong(session, check), (None, *BOOKS, *PAPERS)):
                if wrong:
                    raise RuntimeError(f"sample: {wrong}")
    session = opened(False)
    with closing(session.database) as database:
        database.connect()
        return _troubled(Office(session, found, wanted.seed), found, wanted, say)


def _wrong(session: Session, check: Check | None) -> str:
    """What breaks a rule of the books (or, without one, points nowhere), asked on this thread's own line."""
    session.connect()
    try:
        if session.kind == "sqlite":
            session.execute("PRAGMA temp_store = 1").fetchall()  # a long past is sorted on the disk
        if check is None:
            return astray(session)
        return "".join(map(str, islice(broken(session, check), 1)))
    finally:
        session.database.close()


def _filled(office: Office, first_day: date, wanted: Wanted, say: Callable[[str], None]) -> None:
    parts = [
        Fill(
            seed=wanted.seed, accounts=wanted.accounts, years=wanted.years, today=wanted.today, first=first,
            count=min(PART, wanted.accounts - first), skip=sorted(wanted.skip), lively=wanted.lively,
        )
        for first in range(0, wanted.accounts, PART)
    ]  # fmt: skip
    known = facts(office.db, f"{first_day}T15:00:00.000000Z")
    with ahead.slices(wanted.settings(), known, parts) as slices:
        fill = filling(slices)
        for part in parts:
            office.does("service", first_day, fill, part)
            say(f"{part.first + part.count:,} of {wanted.accounts:,} accounts")


def _troubled(office: Office, found: District, wanted: Wanted, say: Callable[[str], None]) -> list[Entry]:
    carrying = wanted.carrying(found)
    say("proposals and papers")
    entries = raised(found, carrying, wanted.skip, wanted.today)
    planted = {format_account(account_number(FIRST_ACCOUNT + i)) for i in (*carrying, *SAFE)}
    late, _ = papers.days(wanted.today)
    returns.write(office, late, wanted.today, planted, wanted.accounts, not wanted.lively)
    entries += papers.write(office, carrying, wanted.today, wanted.skip)
    entries.sort(key=lambda e: (e.code, e.subject))
    office.acts = 1_000
    office.does("service", wanted.today, worklist.refresh, worklist.Refresh())
    office.does("service", wanted.today, seal, Seal(entries=[(e.code, e.subject, e.account) for e in entries]))
    say(f"{len(entries)} things are wrong in it")
    return entries


def _text(entries: Sequence[tuple[str, str, str | None]]) -> str:
    rows = [{"code": code, "subject": subject, "account": account} for code, subject, account in entries]
    return json.dumps(rows, indent=1) + "\n"

"""`ubtui init`, `clock`, `backup`, `doctor`: setting up a district and looking after its record."""

from __future__ import annotations

import os
import sys
from datetime import date, timedelta
from pathlib import Path

import click
from msgspec.structs import replace

from ubtui.act import new_key
from ubtui.cli.common import Options, doing, emit, opened, shared
from ubtui.cli.faults import REFUSED, say
from ubtui.cli.verify import tell_finding
from ubtui.desk import DATABASE, DeskError, is_url, open_session, utc_now
from ubtui.domain.dates import FixedDayClock, LiveClock, format_instant, parse_day
from ubtui.domain.errors import BadValue
from ubtui.exchange.tables import RECORD, apart
from ubtui.settings import District, district

FIRST_YEAR, LAST_YEAR = 2010, 2040


@click.command()
@click.argument("file", metavar="DISTRICT.toml", type=click.Path(path_type=Path))
@click.option("--today", metavar="DATE", help="The business day to keep (sample and training districts).")
@shared()
def init(options: Options, file: Path, today: str | None) -> None:
    """Set up the district that DISTRICT.toml describes, in a new folder or an empty PostgreSQL database."""
    from ubtui.services import office

    text = read(file)
    found = district(text, str(file))
    day, now = _start(found, today)
    folder = None if is_url(options.data) else Path(options.data)
    if folder is not None:
        _refuse_foreign(folder)
    if options.dry_run:
        say("dry run: nothing was kept")
    else:
        os.umask(0o077)
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        session = open_session(options.data, admin=True)
        session.connect()
        try:
            tables = set(session.database.get_tables())
            if tables and "migration" not in tables:
                raise DeskError(f"{options.data}: this database holds other tables; name an empty one")
            if "meta" in tables and session.value("SELECT 1 FROM meta WHERE key = 'district'"):
                name = session.value("SELECT value FROM meta WHERE key = 'name'")
                raise DeskError(f"{options.data}: holds the district {name!r} already; name another place")
            office.install(session, text, day, now, folder)
        finally:
            session.database.close()
    emit(options, {"district": found.name, "kind": found.kind, "day": day.isoformat(), "data": options.data})


def read(file: Path) -> str:
    """A settings file's text; `-` is what comes in."""
    try:
        return (sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()).decode("utf-8")
    except UnicodeDecodeError as exc:
        raise BadValue(f"{file}: byte {exc.start} is not UTF-8: save the file as UTF-8.") from None


def _start(found: District, today: str | None) -> tuple[date, str]:
    """The first business day and instant of a district."""
    import pendulum

    if found.kind == "live" and today is not None:
        raise BadValue("--today is for sample and training districts; a live district's day is the calendar's.")
    zone = pendulum.timezone(found.zone)
    day = LiveClock(zone, utc_now).today() if today is None else parse_day(today)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadValue(f"--today {day}: the calendars know {FIRST_YEAR} to {LAST_YEAR}.")
    here = FixedDayClock(day, lambda: utc_now().astimezone(zone))
    return day, format_instant(utc_now()) if found.kind == "live" else here.now()


def _refuse_foreign(folder: Path) -> None:
    """A district gets a folder of its own: its rights are taken away from all others."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise DeskError(f"{folder}: is not a folder; name one of its own")
    others = [path.name for path in folder.iterdir() if path.name not in RECORD] if folder.exists() else []
    if others:
        raise DeskError(f"{folder}: holds other files ({', '.join(sorted(others)[:3])}); name an empty or new folder")


@click.command()
@click.option("--to", "to", required=True, metavar="DATE", help="The business day to move to.")
@shared()
def clock(options: Options, to: str) -> None:
    """Move a sample or training district's business day forward; nightly work runs for each day between."""
    from ubtui.services import office, worklist

    with opened(options) as desk:
        today = desk.ask(lambda look: look.today)
        day = parse_day(to)
        if day.year > LAST_YEAR:
            raise BadValue(f"--to {day}: the calendars know {FIRST_YEAR} to {LAST_YEAR}.")
        key, bare = options.key or new_key(), replace(options, key=None)  # each step has a key of its own
        if options.key is None and not options.dry_run:
            say(f"key {key}")
        steps = (
            [day] if options.dry_run or day <= today else [today + timedelta(n + 1) for n in range((day - today).days)]
        )
        for step in steps:
            moved = doing(desk, bare, office.move_clock, office.MoveClock(to=step), f"{key}/{step}")
            if not options.dry_run:
                say(f"nightly work of {step}")
                doing(desk, bare, worklist.refresh, worklist.Refresh(), f"{key}/{step}/refresh")
        emit(options, {"was": min(today, moved.was).isoformat(), "day": moved.now.isoformat()})


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared()
def backup(options: Options, file: Path) -> None:
    """Copy the record to FILE while seats go on working, then check the copy; exit code 1 when it is not clean."""
    if is_url(options.data):
        say("refused: this record is on PostgreSQL — use pg_dump, then restore it elsewhere and verify it")
        raise click.exceptions.Exit(REFUSED)
    from ubtui.cli.verify import check_file
    from ubtui.db.copy import copy

    apart(file, Path(options.data))
    if file.exists():
        raise BadValue(f"{file}: exists already, and a backup is never written over; name a new file.")
    if not file.resolve().parent.is_dir():
        raise BadValue(f"{file}: there is no such folder.")
    if options.dry_run:
        say("dry run: nothing was kept")
        return
    with opened(options) as desk:
        desk.viewed("record.backup", file=file.name)
        today = desk.ask(lambda look: look.today)
    copy(Path(options.data) / DATABASE, file)
    found, head = check_file(file, today)
    record = {"file": str(file), "bytes": file.stat().st_size, "event": head and head.seq, "findings": found}
    emit(options, {**record, "anchor": str(head) if head else ""})
    if found:
        say("the copy is whole, but the record it was made from is not clean: run `ubtui verify`")
        raise click.exceptions.Exit(REFUSED)


@click.command()
@click.option("--upgrade", is_flag=True, help="Run the migrations this record lacks (make a backup first).")
@click.option("--reindex", is_flag=True, help="Make the index that find looks in anew, from the record's own rows.")
@shared(formats=("text", "jsonl"))
def doctor(options: Options, upgrade: bool, reindex: bool) -> None:
    """Check the machine, the files and the set-up; exit code 1 on findings."""
    import apsw

    from ubtui.db import find
    from ubtui.db.migrate import migrate
    from ubtui.services import doctor as checks

    if (upgrade or reindex) and not options.dry_run:
        open_session(options.data)  # refuses a place without a district before an admin's line would make one
        admin = open_session(options.data, admin=True)
        admin.connect()
        try:
            for name in migrate(admin, format_instant(utc_now())) if upgrade else ():
                say(f"ran {name}")
            if reindex:
                with admin.writing():
                    say(f"{find.rebuild(admin):,} keys to find by")
        finally:
            admin.database.close()
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    found = 0
    for finding in checks.examine(options.data, open_session(options.data), checks.me(), utc_now, version):
        found += 1
        tell_finding(options, finding)
    say(f"{found} finding{'' if found == 1 else 's'}")
    if found:
        raise click.exceptions.Exit(REFUSED)

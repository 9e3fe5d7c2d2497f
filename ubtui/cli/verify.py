"""`ubtui verify`: every sum, seal and link of the record, and the anchors that a cut or rewritten chain cannot meet."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from ubtui.cli.common import Options, shared
from ubtui.cli.faults import REFUSED, say, shown
from ubtui.db import connect
from ubtui.db.session import Session
from ubtui.desk import DeskError, is_url, open_session, utc_now
from ubtui.domain.dates import LiveClock
from ubtui.exchange.tables import apart
from ubtui.services.chain import Anchor, read_anchors
from ubtui.services.finding import Finding
from ubtui.services.verify import Report
from ubtui.settings import district


@click.command()
@click.option("--anchors", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Anchors to meet.")
@shared(formats=("text", "jsonl"))
def verify(options: Options, anchors: Path | None) -> None:
    """Check every sum, seal and link of the record.

    Each finding names its table and row, what is wrong and the cure. With --anchors the chain must also meet every
    anchor of FILE (lines `seq hash postings total date`; keep it where nobody of this machine can write), and a clean
    check adds today's. Exit code 1 on findings.
    """
    if anchors and not is_url(options.data):
        apart(anchors, Path(options.data))
    kept = _read(anchors) if anchors else []
    session = open_session(options.data)
    session.connect()
    try:
        report = Report(session, business_day(session, options.data), kept)
        found = 0
        for finding in report.findings():
            found += 1
            tell_finding(options, finding)
        looked = ", ".join(f"{count:,} {table}" for table, count in report.counts.items())
        say(f"{looked}: {found} finding{'' if found == 1 else 's'}")
        if found:
            raise click.exceptions.Exit(REFUSED)
        anchor = report.anchor()
        if anchors and anchor and not options.dry_run:
            _append(anchors, anchor, kept)
    finally:
        session.database.close()


def tell_finding(options: Options, finding: Finding) -> None:
    """One finding on stdout: a line of text, or one JSON object."""
    as_json = options.format == "jsonl"
    click.echo(shown(json.dumps(asdict(finding), ensure_ascii=False)) if as_json else shown(str(finding)))


def check_file(path: Path, today: date) -> tuple[int, Anchor | None]:
    """Verify the SQLite database at `path`; the number of findings (told on stderr) and its anchor."""
    session = Session(connect.sqlite(path))
    session.connect()
    try:
        report = Report(session, today)
        found = 0
        for finding in report.findings():
            found += 1
            say(str(finding))
        return found, report.anchor()
    finally:
        session.database.close()


def business_day(session: Session, data: str) -> date:
    """The record's business day, without a seat: the district's own clock. Raises DeskError where there is none."""
    if not session.database.table_exists("meta"):
        raise DeskError(f"{data}: this database holds no district; make one with `ubtui init`")
    meta: dict[str, str] = dict(session.rows("SELECT key, value FROM meta WHERE key IN ('kind', 'today', 'district')"))
    if meta.get("kind") != "live" and "today" in meta:
        return date.fromisoformat(meta["today"])
    if "district" not in meta:
        raise DeskError(f"{data}: setting up was broken off; run `ubtui init` again")
    import pendulum

    return LiveClock(pendulum.timezone(district(meta["district"]).zone), utc_now).today()


def _read(path: Path) -> list[Anchor]:
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        say(f"{path}: no anchors yet; the first is written when the record is clean")
        return []
    return read_anchors(lines, str(path))


def _append(path: Path, anchor: Anchor, kept: list[Anchor]) -> None:
    if any((old.seq, old.hash) == (anchor.seq, anchor.hash) for old in kept):
        return
    whole = not path.exists() or path.stat().st_size == 0 or path.read_bytes().endswith(b"\n")
    with open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{'' if whole else chr(10)}{anchor}\n")
        file.flush()
        os.fsync(file.fileno())
    say(f"anchor of event {anchor.seq} added to {path}")

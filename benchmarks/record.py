"""The record: queue, inserts, commits, history, refresh, verify and export, beside raw SQLite in the same run."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import apsw
import xlsxwriter

from benchmarks import district
from benchmarks.line import median
from benchmarks.loading import inserting, posting
from benchmarks.table import Row
from ubtui.desk import Desk
from ubtui.services import listing, meters, reads, verify, worklist
from ubtui.services.listing import Query

_WHOLE = (
    "SELECT priority, code, grp, subject_type || ':' || subject_key, account, who, place, title, why, cycle, period,"
    " route, state, assignee, role, customer_class, detected_on, due_on, 0, money_cents, units, consequence,"
    " 'read.review adjust.propose', NULL, evidence FROM work_item ORDER BY priority DESC, code, subject_key"
)
TRY = 5
MONTHS = 120
"""Reads of a meter that is read every month for ten years."""


def timed(call: Callable[[], object], runs: int = TRY) -> float:
    """Median milliseconds of `call`."""
    out = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        out.append((time.perf_counter() - began) * 1000)
    return median(out)


def megabytes(data: str) -> str:
    return f"{(Path(data) / 'ubtui.db').stat().st_size / 1e6:,.0f} MB"


def opening(small: str, large: str, n_large: int) -> list[Row]:
    """The first page of a queue of 1,000 and of a million; the id snapshot; memory in a process of its own."""
    times = {}
    for name, data in (("small", small), ("large", large)):
        with Desk(data) as desk:
            times[name] = timed(lambda d=desk: d.ask(listing.first, worklist.WORKLIST, Query(), 24), 25)
            times[name + " ids"] = timed(lambda d=desk: d.ask(listing.ids, worklist.WORKLIST, Query()), 3)
    peaks = [_peak(data) for data in (small, large)]
    return [
        Row(
            f"first page of {n_large:,} items",
            f"{times['large']:.2f} ms",
            f"1,000 items {times['small']:.2f}",
            times["large"] / times["small"],
            "≤ 1.1",
            megabytes(large),
        ),
        Row(
            "its ids, in the background",
            f"{times['large ids']:.0f} ms, +{peaks[1] - peaks[0]:.1f} MB",
            "",
            None,
            "≤ 10 MB",
            f"{n_large:,}",
        ),
    ]


_PEAK = """
import sys
from ubtui.desk import Desk
from ubtui.services import listing, worklist
with Desk(sys.argv[1]) as desk:
    desk.ask(listing.first, worklist.WORKLIST, listing.Query(), 24)
    kept = desk.ask(listing.ids, worklist.WORKLIST, listing.Query())
print(int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024)
"""


def _peak(data: str) -> float:
    return float(subprocess.run([sys.executable, "-c", _PEAK, data], check=True, capture_output=True, text=True).stdout)


def committing(data: str) -> Row:
    """One act, audit and healing included, beside a bare durable commit of one row."""
    times = []
    with Desk(data) as desk:
        found = desk.ask(listing.first, worklist.WORKLIST, Query(), 200)
        for n, item in enumerate(list(found.ids) * 3):
            form = worklist.Note(item=str(desk.ask(worklist.item, item).key), note=f"seen {n}")
            began = time.perf_counter()
            desk.perform(worklist.note, form)
            times.append((time.perf_counter() - began) * 1000)
    raw = apsw.Connection(os.path.join(tempfile.mkdtemp(), "raw.db"))
    raw.execute("PRAGMA journal_mode=wal; PRAGMA synchronous=FULL; CREATE TABLE t(a)").fetchall()
    bare = timed(lambda: raw.execute("INSERT INTO t VALUES (1)"), 300)
    times.sort()
    p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
    return Row(
        "one act, durable",
        f"p50 {p50:.2f} ms, p95 {p95:.2f}",
        f"one bare row {bare:.2f}",
        p50 / bare,
        "p95 ≤ 5 ms",
        f"{len(times):,} acts",
    )


def history(data: str, points: int, reads: int) -> Row:
    """One meter's history beside the same rows by an indexed table, filled in the order in which they were read."""
    dice = random.Random(1)
    picked = [dice.randint(1, points) for _ in range(400)]
    folder = tempfile.mkdtemp(prefix="ubtui-bench-")
    raw = apsw.Connection(os.path.join(folder, "raw.db"))
    raw.execute("CREATE TABLE read(id INTEGER PRIMARY KEY, register_id, read_on, value, usage, source, status)")
    raw.execute("ATTACH ? AS ours", (str(Path(data) / "ubtui.db"),))
    columns = "register_id, read_on, value, usage, source, status"
    raw.execute(f"INSERT INTO read({columns}) SELECT {columns} FROM ours.read ORDER BY read_on, register_id")
    raw.execute("CREATE INDEX i ON read(register_id, read_on)")
    raw.execute("DETACH ours")
    bare_sql = f"SELECT {columns} FROM read WHERE register_id = ? ORDER BY read_on"
    with Desk(data) as desk:
        db = desk.session
        ours = _spread(lambda n: desk.ask(meters.history, f"SP-{n:06d}"), picked)
        rows = _spread(lambda n: db.rows(bare_sql, [n]), picked)
    bare = _spread(lambda n: raw.execute(bare_sql, (n,)).fetchall(), picked)
    raw.close()
    shutil.rmtree(folder)
    return Row(
        "history of one meter",
        f"p50 {ours[0]:.2f} ms, p99 {ours[1]:.2f} (its rows {rows[0]:.3f}, {rows[1]:.3f})",
        f"indexed table {bare[0]:.3f}, {bare[1]:.3f}",
        rows[0] / bare[0],
        "≤ 0.35 warm",
        f"{points * reads:,} reads, {megabytes(data)}",
    )


def _spread(call: Callable[[int], object], keys: Sequence[int]) -> tuple[float, float]:
    """Median and 99th of a hundred milliseconds of `call` with each key, each asked once before."""
    out = []
    for _ in range(2):
        out = []
        for key in keys:
            began = time.perf_counter()
            call(key)
            out.append((time.perf_counter() - began) * 1000)
    out.sort()
    return out[len(out) // 2], out[int(len(out) * 0.99)]


_EXPORT = """
import sys
from ubtui.cli import run_command
run_command(sys.argv[1:])
print(int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024)
"""

_WINDOW = """
SELECT COUNT(*) FROM (
  SELECT register_id, usage, AVG(usage) OVER w AS mean,
    LAG(usage, 6) OVER (PARTITION BY register_id ORDER BY read_on) AS ly,
    ROW_NUMBER() OVER (PARTITION BY register_id ORDER BY read_on DESC) AS n FROM read
  WINDOW w AS (PARTITION BY register_id ORDER BY read_on ROWS BETWEEN 6 PRECEDING AND 1 PRECEDING))
WHERE n = 1 AND (usage > 2 * ly OR usage > 5 * mean OR usage = 0 OR usage < 0.35 * ly)
"""


def refreshing(data: str, points: int, reads: int) -> Row:
    """All detectors over the district beside one window query over the raw reads."""
    with Desk(data) as desk:
        desk.perform(worklist.refresh, worklist.Refresh())
        ours = timed(lambda: desk.perform(worklist.refresh, worklist.Refresh()), 3)
        bare = timed(lambda: desk.session.value(_WINDOW), 3)
    return Row(
        "refresh, all detectors",
        f"{ours:,.0f} ms",
        f"window SQL on raw reads {bare:,.0f}",
        ours / bare,
        "faster",
        f"{points:,} points × {reads}",
    )


def verifying(data: str) -> Row:
    """Every check of the record, the file's own integrity apart, beside GROUP BY over the postings."""
    with Desk(data) as desk:
        db = desk.session
        count = int(db.value("SELECT COUNT(*) FROM posting"))
        whole = timed(lambda: list(verify.Report(db, district.TODAY).findings()), 3)
        file = timed(lambda: list(verify.storage(db)), 3)
        bare = timed(
            lambda: db.rows("SELECT journal_id, SUM(cents) FROM posting GROUP BY journal_id HAVING SUM(cents) <> 0"), 3
        )
    return Row(
        "verify",
        f"{whole - file:,.0f} ms (file check {file:,.0f})",
        f"GROUP BY of the postings {bare:,.0f}",
        (whole - file) / bare,
        "",
        f"{count:,} postings, {megabytes(data)}",
    )


_BARE = """
import csv, sys, apsw
rows = apsw.Connection(sys.argv[1], flags=apsw.SQLITE_OPEN_READONLY).execute(sys.argv[2])
with open(sys.argv[3], "w", newline="") as file:
    csv.writer(file).writerows(rows)
"""


def exporting(data: str, rows: int) -> list[Row]:
    """The worklist as CSV and JSON Lines beside a cursor and the csv module: the same columns, each a program that is
    started."""
    folder = Path(tempfile.mkdtemp())
    out = []
    base = os.path.join(data, "ubtui.db")
    raw = apsw.Connection(base, flags=apsw.SQLITE_OPEN_READONLY)
    argv = [sys.executable, "-c", _BARE, base, _WHOLE, str(folder / "raw.csv")]
    plain = timed(lambda: subprocess.run(argv, check=True), 3)
    book = timed(lambda: _bare_book(raw, folder / "raw.xlsx"), 3)
    for form, peer, beside, goal in (
        ("csv", plain, "cursor + csv", "≤ 2"),
        ("jsonl", plain, "cursor + csv", "≤ 2"),
        ("xlsx", book, "cursor + XlsxWriter", "≤ 1.2"),
    ):
        argv = ["--data", data, "worklist", "export", "--format", form, "-o", str(folder / f"out.{form}")]
        peaks: list[float] = []

        def ours(argv: list[str] = argv, peaks: list[float] = peaks) -> None:
            told = subprocess.run(
                [sys.executable, "-c", _EXPORT, *argv], check=True, capture_output=True, text=True
            ).stdout
            peaks.append(float(told.splitlines()[-1]))

        mine = timed(ours, 3)
        peak = max(peaks)
        out.append(
            Row(
                f"export {form}",
                f"{mine:,.0f} ms, {peak:.0f} MB",
                f"{beside} {peer:,.0f}",
                mine / peer,
                goal,
                f"{rows:,} items",
            )
        )
    return out


def _bare_book(raw: apsw.Connection, path: Path) -> None:
    """The same table by XlsxWriter alone, constant memory: every field that the export has, as it is stored."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    for line, row in enumerate(raw.execute(_WHOLE)):
        for place, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(line, place, cell)
            elif cell:
                sheet.write_string(line, place, cell)
    book.close()


def measure(scale: int = 1) -> list[Row]:
    """All rows of the record part; `scale` divides the sizes (a quick look)."""
    big, points = 1_000_000 // scale, 100_000 // scale
    small, large, export, wide = (district.empty() for _ in range(4))
    district.queue(small, 1000)
    district.queue(large, big)
    district.queue(export, 100_000 // scale)
    registers: Sequence[Any] = district.wide(wide, points, 13)
    with Desk(wide) as desk, desk.session.writing():
        reads.summarise(desk.session, registers)
    district.ledger_of(wide, points, 10)
    deep = district.empty()
    district.wide(deep, points, MONTHS, 31)
    histories = history(deep, points, MONTHS)
    shutil.rmtree(deep)
    return [
        *opening(small, large, big),
        inserting(200_000 // scale),
        *posting(20_000 // min(scale, 10)),
        committing(small),
        history(wide, points, 13),
        histories,
        refreshing(wide, points, 13),
        verifying(wide),
        *exporting(export, 100_000 // scale),
    ]

"""Files taken in, whole: looked through, judged, written, released and healed, beside the bare insert of the rows."""

from __future__ import annotations

import csv
import gzip
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import apsw

from benchmarks import district
from benchmarks.table import Row
from ubtui.desk import Desk, open_session
from ubtui.services import office, reads, worklist

USES = Path(__file__).parents[2] / "shared" / "data" / "santa_monica_usage" / "usage_with_bills.csv.gz"
CYCLE = '[[cycles]]\ncode = "SM"\ntitle = "Every two months"\nmonths = 2\nfirst_month = 1\n'
TABLES = (
    *("party", "premise", "service_point", "account", "account_role", "service", "meter", "register", "install"),
    *("external_id", "read", "read_summary", "staged_row"),
)
_TAKE = """
import gc, sys, time
from pathlib import Path
from ubtui.desk import Desk
from ubtui.exchange.profile import load
from ubtui.services.imports.release import Release, release
from ubtui.services.imports.stage import Asked, staging, through
def most():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024
data, kind, path, name = sys.argv[1:]
gc.disable()  # as the shell does for an import
with Desk(data) as desk:
    own = most()
    began = time.process_time()
    report, _ = through(staging(desk.look(), Asked(kind, Path(path), load(name, kind), name)))
    staged = time.process_time()
    desk.perform(release, Release(kind=kind, sha256=report.sha256))
    done = time.process_time()
print(report.rows, report.staged, staged - began, done - staged, most() - own)
"""


def measure(rows: int = 100_000) -> list[Row]:
    """A period's reads of a whole district, and the published use of a city by which its record is made."""
    data = Path(district.empty())
    out = _taken("import reads", data, "reads", _reads(data, rows), "generic-reads")
    out += _histories(rows // 5)
    if not USES.exists():
        return [*out, Row("import use", "", f"{USES.name} is not in ../shared/data beside the checkout", None, "")]
    place = Path(tempfile.mkdtemp(prefix="ubtui-bench-"))
    text = resources.files("ubtui.services.demo").joinpath("district.toml").read_text("utf-8")
    text = text.replace('kind = "sample"', 'kind = "training"').replace("[[cycles]]", CYCLE + "\n[[cycles]]", 1)
    session = open_session(str(place), admin=True)
    session.database.connect()
    office.install(session, text, date(2017, 1, 3), "2017-01-03T16:00:00.000000Z", place)
    session.database.close()
    with gzip.open(USES, "rt", encoding="utf-8") as file:
        lines = [line for n, line in enumerate(file) if n <= rows]
    path = place.with_suffix(".csv")
    path.write_text("".join(lines), "utf-8")
    return out + _taken("import use", place, "usage", path, "santa-monica")


def _histories(rows: int) -> list[Row]:
    """The same file on a record of twenty years of reads, beside one of a single year."""
    seconds = {}
    for had in (6, 120):
        data = Path(district.empty())
        path = _reads(data, rows, had)
        seconds[had] = sorted(_once(data, "reads", path, "generic-reads")[2:4] for _ in range(3))[1]
        shutil.rmtree(data)
    short, long = (sum(seconds[had]) for had in (6, 120))
    told = "staging {:.2f}, release {:.2f}".format(*seconds[120])
    return [
        Row("import reads, 120 a meter", f"{long:.2f} s CPU ({told})", f"6 a meter {short:.2f}", long / short, "alike",
            f"{rows:,} rows"),
    ]  # fmt: skip


def _reads(data: Path, points: int, had: int = 6) -> Path:
    """A file of the next period's reads of `points` meters that `had` so many each: as a year before, one in a thousand
    far too high.
    """
    ids = district.wide(str(data), points, had)
    with Desk(str(data)) as desk:
        with desk.session.writing():
            reads.summarise(desk.session, ids)
        desk.perform(worklist.refresh, worklist.Refresh())
        with desk.session.writing():
            desk.session.run("UPDATE meta SET value = '2027-01-22' WHERE key = 'today'")
        last = desk.session.rows("SELECT register_id, MAX(value) FROM read GROUP BY register_id ORDER BY register_id")
    path = data.with_suffix(".csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["serial", "date", "value", "radio"])
        for i, value in last:
            out.writerow([f"{i:08d}", "2027-01-20", value + 14 + i * 7 % 31 + (400 if i % 997 == 0 else 0), ""])
    return path


def _taken(work: str, data: Path, kind: str, path: Path, profile: str) -> list[Row]:
    """Seconds of processor time of the import in a process of its own, the median of three from the same start; and of
    the bare insert of its reads, of every row it wrote, and of these where every rule of the record looks at them."""
    before = _counts(data)

    def beside(copy: Path) -> list[float]:
        return [_bare(copy, {"read": 0}), _bare(copy, before), _guarded(data, copy, before)]

    told = [_once(data, kind, path, profile, beside) for _ in range(3)]
    rows, staged, taking, release, memory, alone, all_rows, guarded = (
        sorted(column)[1] for column in zip(*told, strict=True)
    )
    whole = taking + release
    ours = f"{whole:.2f} s CPU (staging {taking:.2f}, release {release:.2f}), +{memory:.0f} MB"
    note = f"{rows:,.0f} rows, {staged:,.0f} staged"
    return [
        Row(work, ours, f"bare insert of the reads {alone:.3f}", whole / alone, "≤ 3", note),
        Row("", "", f"of every row it writes {all_rows:.3f}", whole / all_rows, "", note),
        Row("", "", f"of these under the record's rules {guarded:.3f}", whole / guarded, "", note),
    ]


def _once(
    data: Path, kind: str, path: Path, profile: str, after: Callable[[Path], list[float]] = lambda copy: []
) -> list[float]:
    """What one import into a copy of the record told, and what is measured of the copy afterwards."""
    copy = data.with_name(f"{data.name}-copy")
    shutil.copytree(data, copy)
    argv = [sys.executable, "-c", _TAKE, str(copy), kind, str(path), profile]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    told = [*map(float, said.split()), *after(copy)]
    shutil.rmtree(copy)
    return told


def _counts(data: Path) -> dict[str, Any]:
    line = apsw.Connection(str(data / "ubtui.db"), flags=apsw.SQLITE_OPEN_READONLY)
    return {table: line.execute(f"SELECT COUNT(*) FROM {table}").fetchall()[0][0] for table in TABLES}


def _came(line: apsw.Connection, table: str, had: Any) -> tuple[list[str], list[Any]]:
    """The columns of a table and what came: reads by their batch, summaries all anew, others by number."""
    which = {"read": "WHERE batch_id IS NOT NULL", "read_summary": "", "external_id": ""}
    names = [row[1] for row in line.execute(f"PRAGMA table_info({table})")]
    return names, line.execute(f"SELECT * FROM {table} {which.get(table, f'WHERE id > {had}')}").fetchall()


def _guarded(data: Path, done: Path, tables: dict[str, Any]) -> float:
    """Seconds of processor time to insert the same rows into the record as it was, by its own way to load in bulk."""
    line = apsw.Connection(str(done / "ubtui.db"), flags=apsw.SQLITE_OPEN_READONLY)
    place = data.with_name(f"{data.name}-guarded")
    shutil.copytree(data, place)
    with Desk(str(place)) as desk, desk.session.writing():
        db = desk.session
        for table in ("route", "batch"):  # what they stand on
            names, rows = _came(line, table, db.value(f"SELECT COALESCE(MAX(id), 0) FROM {table}"))
            db.load(table, names, rows)
        db.run("DELETE FROM read_summary")
        db.run("DELETE FROM external_id")
        sets = [(table, *_came(line, table, had)) for table, had in tables.items()]
        began = resource.getrusage(resource.RUSAGE_SELF)
        for table, names, rows in sets:
            db.load(table, names, rows)
        ended = resource.getrusage(resource.RUSAGE_SELF)
    shutil.rmtree(place)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def _bare(data: Path, tables: dict[str, Any]) -> float:
    """Seconds of processor time to insert what these tables gained into tables without any rule, keys kept."""
    line = apsw.Connection(str(data / "ubtui.db"), flags=apsw.SQLITE_OPEN_READONLY)
    folder = tempfile.mkdtemp()
    raw = apsw.Connection(os.path.join(folder, "raw.db"))
    raw.execute("PRAGMA journal_mode=wal; PRAGMA synchronous=FULL").fetchall()
    sets: list[tuple[str, list[Any]]] = []
    for table, had in tables.items():
        names, rows = _came(line, table, had)
        if not rows:
            continue
        key = "register_id, read_on, seq" if table in ("read", "read_summary") else names[0] if "id" in names else ""
        more = f", PRIMARY KEY({key})) WITHOUT ROWID" if key else ")"
        raw.execute(f"CREATE TABLE {table}({', '.join(names)}{more}")
        sets.append((f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", rows))
    began = resource.getrusage(resource.RUSAGE_SELF)
    with raw:
        for sql, rows in sets:
            raw.executemany(sql, rows)
    ended = resource.getrusage(resource.RUSAGE_SELF)
    shutil.rmtree(folder)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime

"""A whole district made and asked: how long its making takes, and what its questions cost beside a small one's.

`python -m benchmarks.large [--accounts N] [--years N] [--keep FOLDER] [--beside FOLDER]`: 100,000 accounts and ten
years need 15 GB of disk and some ten minutes. A folder that has a district already is only asked.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.line import median
from benchmarks.record import megabytes, timed
from benchmarks.table import Row, printed
from benchmarks.workday import TODAY
from ubtui.act import Done
from ubtui.desk import DATABASE, Desk
from ubtui.domain.numbers import format_account
from ubtui.services import accounts, find, listing, meters, verify, worklist
from ubtui.services.listing import Query

TRIES = 200
_MAKE = "import sys, datetime; from ubtui.services.demo.make import make\n"
_MAKE += "make(sys.argv[1], datetime.date.fromisoformat(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))"
TABLES = ("account", "read", "bill", "bill_line", "receipt", "journal", "receivable_item", "application", "posting")


def making(place: str, count: int, years: int) -> Row:
    """Make a district in a process of its own; seconds, CPU seconds, and the most memory of it and its child."""
    began, most, before = time.perf_counter(), [0], _cpu_seconds()
    with subprocess.Popen([sys.executable, "-c", _MAKE, place, str(TODAY), str(count), str(years)]) as other:
        watch = threading.Thread(target=_watch, args=(other, most))
        watch.start()
        if other.wait():
            raise SystemExit(f"the district was not made ({other.returncode})")
        watch.join()
    return Row(
        "make a district",
        f"{time.perf_counter() - began:,.0f} s, {most[0] / 1024:.0f} MB",
        f"{_cpu_seconds() - before:,.0f} s CPU",
        None,
        "≤ 600 s, ≤ 250 MB",
        f"{count:,} × {years} years, {megabytes(place)}",
    )


def _cpu_seconds() -> float:
    """Of all processes made so far that are over."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(other: subprocess.Popen[bytes], most: list[int]) -> None:
    """The most kilobytes of memory of its own that a process and its children had together."""
    while other.poll() is None:
        together = 0
        for pid in (other.pid, *_children(other.pid)):
            try:
                told = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            together += sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))
        most[0] = max(most[0], together)
        time.sleep(1)


def _children(pid: int) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def asking(data: str) -> dict[str, tuple[float, str]]:
    """Milliseconds of each question about a district, and how much there is of it."""
    with Desk(data) as desk:
        db = desk.session
        count = int(db.value("SELECT COUNT(*) FROM account"))
        step = max(1, count // TRIES)
        numbers = [
            format_account(number)
            for (number,) in db.rows("SELECT number FROM account WHERE id % ? = 0 ORDER BY id LIMIT ?", [step, TRIES])
        ]
        points = [
            number
            for (number,) in db.rows(
                "SELECT p.number FROM service_point p JOIN install i ON i.point_id = p.id AND i.off_date IS NULL"
                " WHERE p.id % ? = 0 ORDER BY p.id LIMIT ?",
                [step, TRIES],
            )
        ]
        names = [
            name.split()[-1].lower()[:4] + " " + name.split()[0].lower()[:3]
            for (name,) in db.rows("SELECT name FROM party WHERE kind = 'person' AND id % ? = 0 LIMIT ?", [step, TRIES])
        ]
        out: dict[str, tuple[float, str]] = {}
        rows = {table: int(db.value(f"SELECT COUNT(*) FROM {table}")) for table in TABLES}
        items = int(db.value("SELECT COUNT(*) FROM work_item"))
        out["first page of the worklist"] = (
            timed(lambda: desk.ask(listing.first, worklist.WORKLIST, Query(), 24), 25), f"{items:,} items"
        )  # fmt: skip
        out["an account, whole"] = (_each(desk, accounts.account, numbers), f"{count:,} accounts")
        out["find, a name in two pieces"] = (_each(desk, find.find, names), f"{count:,} accounts")
        out["history of one meter"] = (_each(desk, meters.history, points), f"{rows['read']:,} reads")
        out["refresh, all detectors"] = (timed(lambda: _done(desk), 3), f"{count:,} accounts")
        out["verify, without the file's own check"] = (
            timed(lambda: list(verify.Report(db, TODAY).findings()), 1) - timed(lambda: list(verify.storage(db)), 1),
            f"{rows['posting']:,} postings",
        )
        told = ", ".join(f"{table} {n:,}" for table, n in rows.items())
        out["rows"] = (sum(rows.values()), told)
    return out


def _each(desk: Desk, question: object, keys: list[str]) -> float:
    """The median of one question for each key."""
    out = []
    for key in keys:
        began = time.perf_counter()
        desk.ask(question, key)  # type: ignore[arg-type]
        out.append((time.perf_counter() - began) * 1000)
    return median(out)


def _done(desk: Desk) -> None:
    answer = desk.perform(worklist.refresh, worklist.Refresh())
    assert isinstance(answer, Done), answer.sentence()


def main() -> None:
    told = argparse.ArgumentParser()
    told.add_argument("--accounts", type=int, default=100_000)
    told.add_argument("--years", type=int, default=10)
    told.add_argument("--keep", help="where the district is made, or stands; else it goes at the end")
    told.add_argument("--beside", help="a small district to compare with; else one of 2,000 accounts and 3 years")
    given = told.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        large, small = given.keep or f"{folder}/large", given.beside or f"{folder}/small"
        lines = []
        for place, size in ((small, (2_000, 3)), (large, (given.accounts, given.years))):
            if not (Path(place) / DATABASE).exists():
                lines.append(making(place, *size))
        few, many = asking(small), asking(large)
        lines += [
            Row(what, f"{ms:,.2f} ms", f"small district {few[what][0]:,.2f}", ms / few[what][0], "", told_of)
            for what, (ms, told_of) in many.items()
            if what != "rows"
        ]
        print(printed(lines))
        print(f"\n{many['rows'][1]}; {megabytes(large)}")


if __name__ == "__main__":
    main()

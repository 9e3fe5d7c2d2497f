"""Other people's programs on the same rows in the same run; the environment they stand in is made by `make bench`."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks import district
from benchmarks.line import median
from benchmarks.record import timed
from benchmarks.table import Row
from benchmarks.terminal import keys, starts
from ubtui.db.calendars import office
from ubtui.desk import Desk
from ubtui.detectors.base import Ask, district_of, parameters
from ubtui.detectors.registry import DETECTORS
from ubtui.services import chain, reads, verify, worklist
from ubtui.services.checks import BOOKS

HERE = Path(__file__).parent / "peers"
BIN = Path(sys.prefix) / "peers" / "bin"
SUMS = BOOKS[:4]  # every journal sealed, summing to zero, its seal true, nothing gone


def measure(scale: int = 1) -> list[Row]:
    """All rows beside other programs; `scale` divides the sizes."""
    if not BIN.exists():
        return [Row("beside other programs", "", f"nothing stands in {BIN}", None, "")]
    return [*_terminals(100_000 // scale), *_refreshing(100_000 // scale, 13), *_balancing(25_000 // scale, 10)]


def _written(path: Path, head: Sequence[str], rows: Iterator[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(head)
        out.writerows(rows)
    return path


def _terminals(items: int) -> list[Row]:
    data = district.empty()
    district.queue(data, items)
    folder = Path(tempfile.mkdtemp(prefix="ubtui-bench-"))
    with Desk(data) as desk:
        columns = ("priority", "code", "account", "who", "place", "title", "why")
        rows = desk.session.stream(f"SELECT {', '.join(columns)} FROM work_item ORDER BY priority DESC, subject_key")
        table = _written(folder / "worklist.csv", columns, rows)
    ours = [sys.executable, "-m", "ubtui", "--data", data]
    lean = {"UBTUI_LEAN": "1"}
    mine_keys = keys(ours, b"Worklist", lean, (80, 24))
    note = f"{items:,} items, 80x24"
    out = []
    peers: dict[str, tuple[list[str], bytes]] = {
        "visidata": ([str(BIN / "vd"), "--config", os.devnull, str(table)], b"Ortiz"),
        "fastdatatable": ([str(BIN / "python"), str(HERE / "fast.py"), str(table)], b"Ortiz"),
        "harlequin": (
            [str(BIN / "harlequin"), "--locale", "C", "--adapter", "sqlite", os.path.join(data, "ubtui.db")],
            b"Data Catalog",
        ),
    }
    programs = [(ours, b"Worklist", lean), *((argv, marker, {}) for argv, marker in peers.values())]
    (mine, mine_bytes), *measured = starts(programs)
    for (name, (argv, marker)), (theirs, their_bytes) in zip(peers.items(), measured, strict=True):
        out.append(Row("start to first paint", f"{mine:.0f} ms", f"{name} {theirs:,.0f}", mine / theirs, "", note))
        out.append(
            Row(
                "bytes until settled",
                f"{mine_bytes:,} B",
                f"{name} {their_bytes:,}",
                mine_bytes / their_bytes,
                "≤ 4,000 B",
                note,
            )
        )
        if name == "harlequin":
            continue
        their_keys = keys(argv, marker, {}, (80, 24))
        for kind in ("cursor", "scroll"):
            (ms, size), (their_ms, their_size) = mine_keys[kind], their_keys[kind]
            out.append(
                Row(
                    f"{kind} key",
                    f"{ms:.1f} ms, {size:,.0f} B",
                    f"{name} {their_ms:.1f} ms, {their_size:,.0f} B",
                    ms / their_ms,
                    "",
                    note,
                )
            )
    return out


def _refreshing(points: int, count: int) -> Iterator[Row]:
    """Our nightly work, writing included, beside ten predicates over raw reads that are in memory already."""
    data = district.empty()
    registers = district.wide(data, points, count)
    columns = ("register_id", "read_on", "value", "usage", "source")
    with Desk(data) as desk:
        with desk.session.writing():
            reads.summarise(desk.session, registers)
        desk.perform(worklist.refresh, worklist.Refresh())
        ours = timed(lambda: desk.perform(worklist.refresh, worklist.Refresh()), 3)
        found = {group: timed(lambda g=group: _found(desk, g), 3) for group in ("R", "M")}
        rows = desk.session.stream(f"SELECT {', '.join(columns)} FROM live_read ORDER BY register_id, read_on")
        table = _written(Path(tempfile.mkdtemp(prefix="ubtui-bench-")) / "reads.csv", columns, rows)
    for name, program in (("DuckDB", "duck.py"), ("polars", "frame.py")):
        theirs = float(subprocess.check_output([str(BIN / "python"), str(HERE / program), str(table)], text=True))
        note = f"{points:,} points × {count}"
        beside = f"{name}, ten predicates {theirs:,.0f}"
        yield Row("refresh, all detectors", f"{ours:,.0f} ms", beside, ours / theirs, "", note)
        told = f"{sum(found.values()):,.0f} ms (R {found['R']:,.0f}, M {found['M']:,.0f})"
        yield Row("refresh, what R and M find", told, beside, sum(found.values()) / theirs, "< 1", note)


def _found(desk: Desk, group: str) -> int:
    """What the detectors of a group find of the whole district."""
    db = desk.session
    changed, limits = parameters(db), district_of(db)
    return sum(
        1
        for d in DETECTORS
        if d.code.startswith(group) and not d.by_hand
        for _ in d.find(
            Ask(db, district.TODAY, district.NOW, limits, None, d.values(changed.get(d.code, {})), partial(office, db))
        )
    )


def _balancing(accounts: int, bills: int) -> Iterator[Row]:
    """Sums, seals and chain of the books beside programs that balance the same postings from text."""
    data = district.empty()
    district.wide(data, accounts, 1)
    district.ledger_of(data, accounts, bills)
    text = Path(tempfile.mkdtemp(prefix="ubtui-bench-"))
    with Desk(data) as desk:
        db = desk.session

        def ours() -> None:
            found = [f for check in SUMS for f in verify.broken(db, check)]
            found += [*chain.links(db, ()), *chain.sides(db), *chain.counted(db, ())]
            assert not found, found[:3]

        count = int(db.value("SELECT COUNT(*) FROM posting"))
        _journals(desk, text)
        mine = timed(ours, 5)
    peers = {"hledger": (shutil.which("hledger"), ["-f", str(text / "books.journal"), "check"]),
             "bean-check": (str(BIN / "bean-check"), ["--no-cache", str(text / "books.beancount")])}  # fmt: skip
    for name, (program, args) in peers.items():
        if program is None or not Path(program).exists():
            yield Row("verify: sums, seals, chain", f"{mine:,.0f} ms", f"{name} is not installed", None, "≤ 0.02")
            continue
        theirs = _once([program, *args])
        yield Row(
            "verify: sums, seals, chain", f"{mine:,.0f} ms", f"{name} {theirs:,.0f}", mine / theirs, "≤ 0.02",
            f"{count:,} postings",
        )  # fmt: skip


def _once(argv: Sequence[str]) -> float:
    """Milliseconds of one run: these take most of a minute at the full size."""

    def run() -> None:
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return _ms(run)


def _ms(call: Callable[[], None]) -> float:
    began = time.perf_counter()
    call()
    return median([(time.perf_counter() - began) * 1000])


def _journals(desk: Desk, folder: Path) -> None:
    """The postings as the text that both programs read."""
    rows = desk.session.stream(
        "SELECT j.id, j.effective_on, g.code, p.cents FROM posting p JOIN journal j ON j.id = p.journal_id"
        " JOIN gl_account g ON g.id = p.gl_id ORDER BY j.id"
    )
    last = None
    with (folder / "books.journal").open("w") as plain, (folder / "books.beancount").open("w") as bean:
        for code in desk.session.rows("SELECT code FROM gl_account"):
            bean.write(f"2000-01-01 open Assets:A{code[0]} USD\n")
        for journal, on, code, cents in rows:
            if journal != last:
                last = journal
                plain.write(f"\n{on} journal {journal}\n")
                bean.write(f'\n{on} * "journal {journal}"\n')
            amount = f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
            plain.write(f"    assets:a{code}    USD {amount}\n")
            bean.write(f"  Assets:A{code}  {amount} USD\n")

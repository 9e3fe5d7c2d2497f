"""Heal: the worklist brought in step with one service point, in the transaction of its act, on both databases."""

from __future__ import annotations

import tempfile
import time
import uuid
from pathlib import Path

from benchmarks.table import Row
from benchmarks.workday import TODAY
from tests.postgres import at, running
from ubtui.db.session import Session
from ubtui.desk import Desk
from ubtui.detectors.heal import heal
from ubtui.domain.subjects import Subject
from ubtui.services.demo.make import make

NOW = "2026-11-23T16:00:00.000000Z"
YEARS, TRIES = 3, 400


def healed(data: str, tries: int = TRIES) -> tuple[list[float], int, int]:
    """Sorted milliseconds of healing one point each, the points' count, and how often one heal asked at most."""
    times, asked = [], [0]
    with Desk(data) as desk:
        db = desk.session
        points = [number for (number,) in db.rows("SELECT number FROM service_point ORDER BY number")]
        picked = points[:: max(1, len(points) // tries)]
        for number in picked[:20]:  # statements are made ready
            _one(db, number)
        for number in picked:
            times.append(_one(db, number))
        asked = []
        for number in picked[:50]:
            count = [0]
            db.on_statement = lambda sql, count=count: count.__setitem__(0, count[0] + 1)
            _one(db, number)
            asked.append(count[0])
        db.on_statement = None
    return sorted(times), len(points), max(asked)


def _one(db: Session, number: str) -> float:
    with db.writing():
        began = time.perf_counter()
        heal(db, [Subject("point", number)], TODAY, NOW, "read.enter", "ana")
        return (time.perf_counter() - began) * 1000


def measure(accounts: int = 300) -> list[Row]:
    """One row a database: a point of a sample of so many accounts heals."""
    out = []
    with tempfile.TemporaryDirectory(prefix="ubtui-bench-") as folder, running(uuid.uuid4().hex) as server:
        places = {"SQLite": str(Path(folder) / "district"), "PostgreSQL": server.url(server.create())}
        for name, place in places.items():
            make(place, TODAY, accounts, YEARS)
            if name == "PostgreSQL":  # as a server soon does by itself; this one has that turned off
                server.execute("ANALYZE", database=at(place)[1])
            times, points, asked = healed(place)
            p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
            told = f"{points:,} points, asked {asked} times at most"
            out.append(Row(f"heal one point, {name}", f"p50 {p50:.2f} ms, p95 {p95:.2f}", "", None, "≤ 2 ms", told))
    return out

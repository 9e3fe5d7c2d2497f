"""Reads added behind the newest: what a row keeps judges the next read as all its reads would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.detectors.scene import Scene
from tests.services.office import NOW
from ubtui.db.models import reads as read_models
from ubtui.detectors.readings import appended as room
from ubtui.detectors.readings.appended import appended
from ubtui.detectors.readings.summaries import SUMMARY, judged

KINDS = ("regular", "regular", "regular", "regular", "opening", "installation", "control", "final")
READ = st.fixed_dictionaries(
    {
        "after": st.integers(0, 4),  # periods since the read before; with 0 a second read of the same period
        "usage": st.sampled_from((None, -3, 0, 0, 7, 7, 40, 900)),
        "value": st.sampled_from((None, -30, 0, 7, 40)),
        "days": st.sampled_from((None, 0, 30, 61, 61)),
        "kind": st.sampled_from(KINDS),
        "source": st.sampled_from("AAAAEC"),
        "status": st.sampled_from(("released", "released", "billed", "held", "void")),
        "trouble_code": st.sampled_from((None, None, "dog")),
    }
)
EXCHANGED = st.sets(st.integers(0, 13), max_size=2)


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def add(scene: Scene, c: Any, month: int, value: int, said: dict[str, Any]) -> int:
    """One read more, as a batch brings it; the value it shows."""
    year, in_year = 2021 + month // 12, month % 12 + 1
    value = value if said["value"] is None else max(0, value + said["value"])
    on = date(year, in_year, 20)
    last = scene.db.value(
        "SELECT MAX(seq) FROM read WHERE register_id = ? AND read_on = ?", [c.register_id, on.isoformat()]
    )
    unread = said["value"] is None and said["usage"] is not None
    own = {name: said[name] for name in ("usage", "days", "kind", "source", "status", "trouble_code")}
    with scene.db.writing():
        scene.db.insert(
            read_models.Read, register_id=c.register_id, read_on=on, seq=(last or 0) + 1, point_id=c.point_id,
            period=f"B2/{year}-{in_year:02d}", value=None if unread else value,
            rolled=0, entered_by="import", entered_at=NOW, **own,
        )  # fmt: skip
    return value


def stored(scene: Scene, ids: list[int]) -> list[tuple[Any, ...]]:
    sql = f"SELECT {', '.join(SUMMARY)} FROM read_summary WHERE register_id IN ({', '.join('?' * len(ids))})"
    return sorted(scene.db.rows(sql, ids), key=lambda row: row[:3])


PLAIN: dict[str, Any] = {
    "after": 1, "usage": 7, "value": 7, "days": 30, "kind": "regular", "source": "A", "status": "billed",
    "trouble_code": None,
}  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(READ, min_size=1, max_size=14), EXCHANGED, st.integers(1, 3))
@example([PLAIN | {"source": "E"}, *[PLAIN] * 6, PLAIN | {"usage": None, "days": None}], set(), 1)
def test_each_read_more_is_judged_as_from_all_reads(
    scene: Scene, said: list[dict[str, Any]], exchanges: set[int], at_once: int
) -> None:
    c = scene.customer()
    registers, month, value = [c.register_id], 0, 1000
    for n, one in enumerate(said):
        if n in exchanges and month:
            month += 2
            c = scene.exchange(c, date(2021 + month // 12, month % 12 + 1, 1) - timedelta(days=5))
            registers.append(c.register_id)
        month += one["after"]
        value = add(scene, c, month, value, one)
        if n % at_once == 0 or n == len(said) - 1:
            with scene.db.writing():
                appended(scene.db, registers if at_once > 1 else [c.register_id])
    assert stored(scene, registers) == sorted(judged(scene.db, sorted(registers)), key=lambda row: row[:3])


def test_a_long_history_is_not_read_for_one_read_more(scene: Scene) -> None:
    c = scene.customer()
    said = {
        "usage": 12,
        "value": 12,
        "days": 30,
        "kind": "regular",
        "source": "A",
        "status": "billed",
        "trouble_code": None,
    }
    value = 1000
    for month in range(40):
        value = add(scene, c, month, value, said)
    with scene.db.writing():
        appended(scene.db, [c.register_id])
    add(scene, c, 40, value, said | {"usage": 13, "value": 13, "status": "released"})
    with (
        mock.patch.object(room, "summarise", side_effect=AssertionError("all reads were asked for")),
        scene.db.writing(),
    ):
        appended(scene.db, [c.register_id])
    (row,) = stored(scene, [c.register_id])
    told = dict(zip(SUMMARY, row, strict=True))
    assert (told["period"], told["usage"], told["avg_milli"], told["ly_usage"]) == ("B2/2024-05", 13, 12_000, 12)
    assert told["recent"] == "13/30 12/30 12/30 12/30 12/30 12/30"

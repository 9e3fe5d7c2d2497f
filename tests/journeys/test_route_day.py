"""A route day: out to the handheld by one command, back by another, the rest typed in, what is held decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.faults.record import assert_clean
from tests.journeys.day import shell, sitting
from ubtui.desk import Desk, Seat
from ubtui.services.reads.expecting import limits
from ubtui.services.reads.routes import walk

ROUTE = "301"  # monthly: its window is open on the sample's day
MISREAD, SKIPPED, TYPED = 0, 1, 2  # places of the route that go otherwise than the rest


def stops(data: str, route: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shell(data, "reads", "route", route, "--format", "json").out)
    return found


def usual(data: str, route: str) -> dict[tuple[str, int], int]:
    """What each counter of a route will show after a use as it is expected of it, by serial and number."""
    with Desk(data, Seat("ana")) as desk:
        between = {(s.serial, s.register): (s.prior or 0, desk.ask(limits, s)) for s in desk.ask(walk, route)}
    return {
        key: prior + 1 if low is None or high is None else (2 * low + high) // 3
        for key, (prior, (low, high)) in between.items()
    }


def k3_line(out: str, value: int | None, note: str = "") -> str:
    """What the handheld sends back for a line that went out: account, serial, read, day without its year."""
    shown = "" if value is None else f"{value:09}"
    return f"{out[:12]}{out[105:120]}{'':15}M{shown:9}1122{note:2}{out[189:199]}{'':23}"


def test_a_route_day(sample: str, tmp_path: Path) -> None:
    before = [stop for stop in stops(sample, ROUTE) if stop["state"] == "open" and stop["prior"] is not None]
    shows = usual(sample, ROUTE)
    out, back = tmp_path / "out.dat", tmp_path / "back.dat"

    # Out: every meter of the route, one line each.
    shell(sample, "reads", "export", ROUTE, "--profile", "sensus-k3", "-o", str(out))
    lines = {(line[105:120].strip(), int(line[189:199])): line for line in out.read_text("ascii").splitlines()}
    assert {len(line) for line in lines.values()} == {227}

    # Back: one below its last read, one behind a locked gate, one the reader forgot.
    told = []
    for n, stop in enumerate(before):
        if n == TYPED:
            continue
        value = None if n == SKIPPED else shows[stop["serial"], stop["register"]]
        value = stop["prior"] - 1 if n == MISREAD else value
        told.append(k3_line(lines[stop["serial"], stop["register"]], value, "LG" if n == SKIPPED else ""))
    back.write_text("".join(f"{line}\r\n" for line in told), "ascii")
    seen = json.loads(
        shell(sample, "inspect", str(back), "--profile", "sensus-k3", "--rows", "2", "--format", "json").out
    )
    assert (seen["rows"], seen["readable"]) == (len(before) - 1, len(before) - 1)
    assert [row["account"] for row in seen["records"]] == [before[0]["account"], before[1]["account"]]
    report = json.loads(shell(sample, "import", "reads", str(back), "--profile", "sensus-k3", "--format", "json").out)
    assert (report["accepted"], report["held_first"], report["staged"]) == (len(before) - 3, 1, 1)
    assert report["reasons"] == {"below-previous": 1, "not-read": 1}

    after = {(stop["serial"], stop["register"]): stop for stop in stops(sample, ROUTE)}
    states = [after[stop["serial"], stop["register"]]["state"] for stop in before]
    assert states[:3] == ["held", "skipped", "open"] and set(states[3:]) == {"read"}

    # The forgotten one is typed in: the cursor stands on it, a number and two enters.
    with sitting(sample, "ana") as ana:
        ana.press("g", "r")
        ana.see("Read day", "shown")
        ana.press("end")
        ana.see(f"▸  {ROUTE}")
        ana.press("enter")
        ana.see(f"Route {ROUTE}", "1 open")
        ana.see(before[TYPED]["account"])  # the meter under the cursor, told below the list
        ana.type(str(shows[before[TYPED]["serial"], before[TYPED]["register"]]))
        ana.press("enter")
        ana.see("enter keeps it")
        ana.press("enter")
        ana.see(f"{before[TYPED]['point']}: ", "use ", "Every meter", "1 held")

    # The held one is on the worklist, with what may be done about it.
    held = before[MISREAD]
    listed = json.loads(shell(sample, "worklist", "export", "--format", "json", "--filter", "code:R09").out)
    assert f"point:{held['point']}" in [item["subject"] for item in listed]
    assert_clean(sample)

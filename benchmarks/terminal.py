"""Start, bytes, keys and scrolling on a pty, beside a minimal Textual app and a DataTable of the same rows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.line import Line, median
from benchmarks.table import Row

PEERS = Path(__file__).parent / "peers"
DOWN = b"\x1b[B"


Start = tuple[Sequence[str], bytes, dict[str, str]]  # a program, what its first paint shows, its environment


def starts(programs: Sequence[Start], runs: int = 7) -> list[tuple[float, int]]:
    """Of each program, in turn: median milliseconds to the first paint, and bytes until settled.

    The first round is left out, as it may compile modules.
    """
    found: list[list[tuple[float, int]]] = [[] for _ in programs]
    for counted in (False, *[True] * runs):
        for (argv, marker, env), kept in zip(programs, found, strict=True):
            line = Line(argv, env)
            burst = line.started(lambda got, marker=marker: marker in got)  # type: ignore[misc]
            line.close()
            if counted:
                kept.append((burst.first_ms, burst.bytes))
    return [(median([ms for ms, _ in kept]), int(median([size for _, size in kept]))) for kept in found]


def keys(
    argv: Sequence[str], marker: bytes, env: dict[str, str], size: tuple[int, int]
) -> dict[str, tuple[float, float]]:
    """(ms to the echo, bytes until quiet) of a cursor key inside the page, and of keys that scroll (their average)."""
    line = Line(argv, env, size)
    line.started(lambda got: marker in got)
    inside = [line.send(DOWN) for _ in range(6)]
    for _ in range(size[1]):
        line.send(DOWN, quiet=0.05)
    rolling = [line.send(DOWN) for _ in range(size[1])]
    line.close()
    return {
        "cursor": (median([b.first_ms for b in inside]), median([b.bytes for b in inside])),
        "scroll": (sum(b.first_ms for b in rolling) / len(rolling), sum(b.bytes for b in rolling) / len(rolling)),
    }


def measure(data: str, rows: int) -> list[Row]:
    """The rows of the table for the district at `data`, whose worklist holds `rows` items."""
    ours = [sys.executable, "-m", "ubtui", "--data", data]
    peer = [sys.executable, str(PEERS / "table.py"), str(rows)]
    plain: dict[str, str] = {"UBTUI_LEAN": "0"}
    lean: dict[str, str] = {"UBTUI_LEAN": "1"}
    out: list[Row] = []
    least = [sys.executable, str(PEERS / "minimal.py")]
    (minimal, _), (table, table_bytes), (mine, _), (lean_ms, lean_bytes) = starts(
        [(least, b"READY", {}), (peer, b"READY", {}), (ours, b"Worklist", plain), (ours, b"Worklist", lean)]
    )
    note = f"{rows:,} items"
    out.append(
        Row(
            "start to first paint, 80x24",
            f"{mine:.0f} ms",
            f"minimal Textual {minimal:.0f}",
            mine / minimal,
            "≤ 1.2",
            note,
        )
    )
    out.append(Row("start, lean profile", f"{lean_ms:.0f} ms", f"DataTable {table:.0f}", lean_ms / table, "", note))
    out.append(
        Row(
            "bytes to first settled screen",
            f"{lean_bytes:,} B",
            f"DataTable {table_bytes:,}",
            lean_bytes / table_bytes,
            "≤ 4,000 B",
            note,
        )
    )
    for size in ((80, 24), (200, 50)):
        a, b = keys(ours, b"Worklist", lean, size), keys(peer, b"READY", {}, size)
        at = f"{size[0]}x{size[1]}"
        for kind, goal in (
            ("cursor", "≤ 3 ms, ≤ 270 B"),
            ("scroll", "≤ 0.4, ≤ 350 B" if size[0] == 80 else "≤ 0.4, ≤ 700 B"),
        ):
            out.append(
                Row(
                    f"{kind} key, {at}",
                    f"{a[kind][0]:.1f} ms, {a[kind][1]:,.0f} B",
                    f"DataTable {b[kind][0]:.1f} ms, {b[kind][1]:,.0f} B",
                    a[kind][0] / b[kind][0],
                    goal,
                    note,
                )
            )
    return out

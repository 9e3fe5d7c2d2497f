"""Prints the table of PERFORMANCE: `python -m benchmarks [--quick] [terminal|record|heal|import|find|outside]`."""

from __future__ import annotations

import sys

from benchmarks import district
from benchmarks.table import Row, printed


def main(argv: list[str]) -> int:
    scale = 20 if "--quick" in argv else 1
    parts = [a for a in argv if not a.startswith("-")] or ["terminal", "record", "heal", "import", "find", "outside"]
    rows: list[Row] = []
    if "terminal" in parts:
        from benchmarks import terminal

        for items in (1_000, 100_000 // scale):
            data = district.empty()
            district.queue(data, items)
            rows += terminal.measure(data, items)
    if "record" in parts:
        from benchmarks import record

        rows += record.measure(scale)
    if "heal" in parts:
        from benchmarks import healing

        rows += healing.measure()
    if "import" in parts:
        from benchmarks import importing

        rows += importing.measure(100_000 // scale)
    if "find" in parts:
        from benchmarks import finding

        rows += finding.measure(500_000 // scale)
    if "outside" in parts:
        from benchmarks import outside

        rows += outside.measure(scale)
    print(printed(rows))
    return 0


sys.exit(main(sys.argv[1:]))

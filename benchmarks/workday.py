"""What a normal working day brings to the worklist of 10,000 accounts, beside what practice expects of each kind.

`python -m benchmarks.workday [ACCOUNTS]`. Reads vary as reads do and nothing is planted; the newest window of one
cycle is judged, and its items are brought to the 275 reads of a working day.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

from ubtui.desk import open_session
from ubtui.services.demo.make import make

TODAY = date(2026, 11, 23)
READS_A_DAY = 275
# New items of a working day in a district of 10,000 accounts, as practice estimates them.
EXPECTED = {
    **{"R01": 3, "R02": 1, "R03": 0.5, "R04": 5, "R05": 1, "R06": 0, "R07": 2, "R08": 1, "R09": 0.5, "R10": 0.3},
    **{"R11": 0.3, "R12": 0.1, "R13": 0.3, "R14": 0.1, "R15": 0.1, "R16": 0.2, "R17": 0, "R22": 4},
}


def measure(accounts: int, seed: int = 7) -> tuple[dict[str, float], int]:
    """Items a working day by code, and how many reads were judged for it."""
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder) / "district")
        make(place, TODAY, accounts, 1, seed, lambda line: print(line, file=sys.stderr), lively=True)
        session = open_session(place)
        with closing(session.database) as database:
            database.connect()
            period = session.value(
                "SELECT period FROM read_summary WHERE newest = 1 AND status <> 'billed' AND kind = 'regular'"
                " GROUP BY period ORDER BY COUNT(*) DESC LIMIT 1"
            )
            reads = int(session.value("SELECT COUNT(*) FROM read_summary WHERE period = ?", [period]))
            found = Counter(
                code
                for (code,) in session.rows(
                    "SELECT code FROM work_item WHERE period = ? AND state IN ('open', 'claimed', 'waiting')", [period]
                )
            )
    return {code: count * READS_A_DAY / reads for code, count in found.items()}, reads


def printed(found: dict[str, float], reads: int) -> str:
    """The two beside each other, as a Markdown table."""
    lines = [f"{reads:,} reads of one cycle judged; items a working day of {READS_A_DAY} reads", ""]
    lines += ["| Kind | Practice | Sample |", "|---|---:|---:|"]
    codes = sorted({*EXPECTED, *found})
    lines += [f"| {code} | {EXPECTED.get(code, 0):g} | {found.get(code, 0):.1f} |" for code in codes]
    lines.append(f"| all | {sum(EXPECTED.values()):g} | {sum(found.values()):.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(printed(*measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)))
